"""Portfolios drawn per segment: right against a loop by hand, cuts kept, small and empty segments said."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.portfolio._tables import table

from custvalue.data import ValueTable
from custvalue.errors import InputError, SchemaError
from custvalue.portfolio import (
    Blend,
    ClusterClassifier,
    Fixed,
    MatrixClassifier,
    Median,
    PerSegment,
    Pyramid,
    Rule,
    RuleClassifier,
    Scaling,
    TwoTier,
    WeightedMean,
    models,
    presets,
)
from custvalue.portfolio.rules import Condition

#: Two markets. The first grew from 400 to 500 (25 %), the second from 20 to 21 (5 %).
MARKETS = table(
    ["big", "rising", "small", "shrinking", "leader", "follower", "unknown"],
    segment=[1, 1, 1, 1, 2, 2, np.nan],
    sales=[240, 130, 100, 30, 12, 9, 50],
    sales_before=[240, 90, 30, 40, 10, 10, 50],
    growth=[0.0, 40 / 90, 70 / 30, -0.25, 0.2, -0.1, 0.0],
)


def test_growth_share_by_hand() -> None:
    found = models.GROWTH_SHARE.fit(MARKETS).classify(MARKETS)

    assert found.axes["relative_share"][:6] == pytest.approx([1, 130 / 240, 100 / 240, 30 / 240, 1, 9 / 12])
    assert found.labels.tolist() == ["cash cow", "star", "question mark", "dog", "star", "cash cow", "missing"]
    assert {(cut.segment, cut.measure): cut.at for cut in found.cuts} == {
        ("1", "relative_share"): (0.5,),
        ("1", "growth"): pytest.approx((0.25,)),
        ("2", "relative_share"): (0.5,),
        ("2", "growth"): pytest.approx((0.05,)),
    }


def test_one_portfolio_for_all_would_say_otherwise() -> None:
    together = models.GROWTH_SHARE.classifier.fit(MARKETS).classify(MARKETS)

    assert together.labels[4] == "dog"  # a leader in its own segment


def test_what_was_learnt_is_kept_for_later() -> None:
    fitted = models.GROWTH_SHARE.fit(MARKETS)
    later = table(
        ["new", "elsewhere", "nowhere"], segment=[2, 3, np.nan], sales=[6.5, 500, 500], growth=[0.04, 0.5, 0.5]
    )

    assert fitted.classify(later).labels.tolist() == ["cash cow", "missing", "missing"]


def test_each_segment_is_what_it_would_be_alone() -> None:
    rng = np.random.default_rng(5)
    values = table(range(120), profit=rng.normal(50, 80, 120), segment=rng.integers(0, 5, 120))
    found = PerSegment(classifier=Pyramid()).fit(values).classify(values)

    for segment in range(5):
        rows = np.flatnonzero(values["segment"] == segment)
        alone = values.take(rows)
        expected = Pyramid().fit(alone).classify(alone)
        assert found.labels[rows].tolist() == expected.labels.tolist()
        assert found.boundary_distance[rows] == pytest.approx(expected.boundary_distance)


def test_distance_is_measured_within_the_segment() -> None:
    values = table("abcd", profit=[900.0, 800.0, 9.0, 8.0], segment=[1, 1, 2, 2])
    found = PerSegment(classifier=TwoTier(cuts=Median(), floor=-np.inf)).fit(values).classify(values)

    assert found.boundary_distance == pytest.approx([1.0, 1.0, 1.0, 1.0])  # medians 850, 8.5; deviations 50, 0.5


def test_a_segment_without_the_measure_is_said_and_labelled_missing() -> None:
    values = table("abc", profit=[5.0, 1.0, np.nan], segment=[1, 1, 7])
    fitted = PerSegment(classifier=TwoTier()).fit(values)

    assert fitted.classify(values).labels.tolist() == ["gold", "iron", "missing"]
    ((segment, why),) = fitted.unlearnt
    assert segment == 7
    assert "only missing values" in why


def test_frames_say_the_segment() -> None:
    found = models.GROWTH_SHARE.fit(MARKETS).classify(MARKETS)

    cuts, frame = found.cuts_frame(), found.to_frame()
    assert cuts["segment"].tolist() == ["1", "1", "2", "2"]  # type: ignore[index]  # a frame of any library
    assert frame["axis_segment"].tolist()[:6] == [1, 1, 1, 1, 2, 2]  # type: ignore[index]  # the same


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (table("ab", profit=[1.0, 2.0]), "segment"),
        (table("ab", segment=[1, 2]), "profit"),
        (table("ab", profit=[1.0, 2.0], segment=[np.nan, np.nan]), "no customer with a segment"),
        (table("ab", profit=[np.nan, np.nan], segment=[1, 2]), "only missing values"),
    ],
)
def test_refuses_where_nothing_can_be_learnt(values: ValueTable, message: str) -> None:
    with pytest.raises(InputError, match=message):
        PerSegment(classifier=TwoTier()).fit(values)


def test_refuses_segments_with_different_classes() -> None:
    points = [0.0, 0.1, 10.0, 10.1, 0.0, 0.1, 10.0, 10.1, 20.0, 20.1, 30.0, 30.2]
    values = table(range(12), a=points, segment=[1] * 4 + [2] * 8)
    with pytest.raises(InputError, match="the same classes in every segment"):
        PerSegment(classifier=ClusterClassifier(features=["a"], n_clusters=(2, 4))).fit(values)


# -- the weighted mean and shares of the largest


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(st.floats(-1e6, 1e6), st.floats(0, 1e6) | st.just(float("nan"))), min_size=1, max_size=20
    ).filter(lambda rows: sum(weight for _, weight in rows if weight == weight) > 1e-3)  # noqa: PLR0124  # not NaN
)
def test_weighted_mean_is_the_sum_of_products_over_the_sum(rows: list[tuple[float, float]]) -> None:
    known = [(value, weight) for value, weight in rows if not np.isnan(weight)]
    expected = sum(value * weight for value, weight in known) / sum(weight for _, weight in known)
    values, weights = (np.array(column) for column in zip(*rows, strict=True))

    assert WeightedMean("w").learn_weighted(values, weights)[0] == pytest.approx(expected, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("weights", [[1.0, -1.0], [0.0, 0.0], [np.nan, np.nan], [np.inf, 1.0]])
def test_weights_must_weigh(weights: list[float]) -> None:
    values = table("ab", growth=[0.1, 0.2], w=weights, sales=[1.0, 2.0])
    classifier = MatrixClassifier(
        x="sales", y="growth", cuts=(Median(), WeightedMean("w")), cells=presets.CURRENT_GROWTH
    )
    with pytest.raises(InputError, match="weights of 0 or more"):
        classifier.fit(values)


def test_weights_are_asked_for_by_name_and_reach_a_rule_inside_another() -> None:
    values = table("abc", profit=[1.0, 2.0, 5.0], w=[3.0, 0.0, 1.0])
    with pytest.raises(SchemaError, match="'w'"):
        TwoTier(cuts=WeightedMean("w")).fit(table("ab", profit=[1.0, 2.0]))
    found = TwoTier(cuts=WeightedMean("w")).fit(values).classify(values)

    assert found.cuts[0].at == (2.0,)  # (3 x 1 + 1 x 5) / 4
    assert found.labels.tolist() == ["iron", "gold", "gold"]
    with pytest.raises(InputError, match="weights too"):
        WeightedMean("w").learn(np.array([1.0]))


def test_rules_can_have_a_weighted_threshold() -> None:
    rules = RuleClassifier(
        scheme=presets.GRADES, rules=[Rule("A", Condition.at_least("growth", WeightedMean("w")))], otherwise="C"
    )
    values = table("abc", growth=[0.0, 0.3, 1.0], w=[3.0, 0.0, 1.0])

    assert rules.fit(values).classify(values).labels.tolist() == ["C", "A", "A"]  # mean 0.25


def test_shares_of_the_largest_need_one_above_zero() -> None:
    values = table("ab", sales=[0.0, -3.0])
    with pytest.raises(InputError, match="a value above 0"):
        Blend("share", {"sales": 1.0}, Scaling.LARGEST).fit(values)


# -- models of the same literature


def test_campbell_and_cunningham_by_hand() -> None:
    accounts = table(
        ["special", "tomorrow", "regular", "yesterday", "regular too", "special too"],
        sales=[100, 10, 50, 5, 40, 90],
        share_of_purchases=[0.9, 0.1, 0.4, 0.3, 0.4, 0.8],
        strategic_resources=[80, 90, 30, 5, 40, 20],
        age=[12, 1, 6, 15, 7, 2],
    )
    labels = models.CAMPBELL_CUNNINGHAM_STEP_1.fit(accounts).classify(accounts).labels.tolist()

    assert labels == [
        "today's special", "tomorrow's", "today's regular", "yesterday's", "today's regular", "today's special",
    ]  # fmt: skip


def test_power_and_common_interest_give_six_modes() -> None:
    partners = table("abcdef", power=[-1, 0, 1, -1, 0, 1], interest_commonality=[5, 5, 5, 1, 1, 1])
    labels = models.KRAPFEL_MODES.fit(partners).classify(partners).labels.tolist()

    assert labels == ["accommodation", "collaboration", "administration", "submission", "negotiation", "domination"]


def test_loyalty_splits_current_and_potential_value() -> None:
    values = table("abcd", current_value=[9, 9, 1, 1], potential_value=[9, 1, 9, 1], loyalty=[1, 0, 0, 1])

    assert models.HWANG.fit(values).classify(values).labels.tolist() == [
        "invest, loyal", "maintain, may leave", "grow, may leave", "minimise, loyal",
    ]  # fmt: skip


def test_the_same_variation_is_judged_by_the_trade() -> None:
    values = table("abc", profit=[100.0, 100.0, 100.0], variation=[0.10, 0.25, 0.26])

    assert [label[1] for label in models.ABC_XYZ.fit(values).classify(values).labels] == ["X", "X", "X"]
    assert [label[1] for label in models.ABC_XYZ_STEADY.fit(values).classify(values).labels] == ["X", "Y", "Z"]


def test_one_measure_of_risk_against_value() -> None:
    values = table("abcd", expected_value=[9, 9, 1, 1], risk=[0.1, 0.9, 0.1, 0.9])

    assert models.VALUE_RISK_MATRIX.fit(values).classify(values).labels.tolist() == [
        "high value, low risk", "high value, high risk", "low value, low risk", "low value, high risk",
    ]  # fmt: skip


def test_the_growth_that_counts_as_high_can_be_stated() -> None:
    matrix = MatrixClassifier(
        x=Blend("relative_share", {"sales": 1.0}, Scaling.LARGEST),
        y="growth",
        cuts=(Fixed(0.5), Fixed(0.4)),
        cells=presets.GROWTH_SHARE,
    )
    found = attrs.evolve(models.GROWTH_SHARE, classifier=matrix).fit(MARKETS).classify(MARKETS)

    assert found.labels.tolist() == ["cash cow", "star", "question mark", "dog", "cash cow", "cash cow", "missing"]
