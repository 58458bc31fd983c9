"""Tiers and matrices against hand-worked and published numbers."""

from __future__ import annotations

import numpy as np
import pytest
from tests.portfolio._tables import table

from custvalue.portfolio import (
    Blend,
    CutRule,
    Fixed,
    Floored,
    MatrixClassifier,
    Mean,
    Median,
    NaturalBreaks,
    ParetoABC,
    Pyramid,
    Quantiles,
    Scaling,
    Tie,
    TierClassifier,
    TopShare,
    TwoTier,
    ValueShare,
    difference,
    models,
    presets,
)

#: Horngren, Datar and Rajan, Spring Distribution: net price and cost to serve a case; operating income (ABC).
SPRING = table(
    "PQRST",
    net_price=[14.40, 14.16, 13.20, 13.92, 12.96],
    cost_to_serve=[2980 / 2080, 7355 / 8750, 34240 / 60800, 19200 / 31800, 7090 / 3900],
    profit=[2012, 11545, 38720, 41856, -3346],
)


def test_shapiro_puts_the_spring_customers_where_the_hand_worked_matrix_does() -> None:
    matrix = MatrixClassifier(x="net_price", y="cost_to_serve", cuts=Median(), cells=presets.SHAPIRO)
    found = matrix.fit(SPRING).classify(SPRING)

    assert found.labels.tolist() == ["carriage trade", "carriage trade", "bargain basement", "passive", "aggressive"]
    assert found.cuts[0].at == (13.92,)
    assert found.cuts[1].at[0] == pytest.approx(0.84, abs=0.001)


def test_the_iso_profit_cut_parts_customers_by_price_less_cost() -> None:
    """Cost is high where it leaves less than the stated profit a case: 12.00 product cost, 1.40 wanted."""
    iso = difference("cost_to_serve", "net_price")
    matrix = MatrixClassifier(x="net_price", y=iso, cuts=(Median(), Fixed((-13.0,))), cells=presets.SHAPIRO)
    found = matrix.fit(SPRING).classify(SPRING)

    # price - cost: P 12.97, Q 13.32, R 12.64, S 13.32, T 11.14
    assert found.labels.tolist() == ["carriage trade", "passive", "aggressive", "passive", "aggressive"]


def test_the_pyramid_of_the_spring_customers_has_the_loser_in_lead() -> None:
    found = Pyramid(platinum=0.2, gold=0.2).fit(SPRING).classify(SPRING)

    assert found.labels.tolist() == ["iron", "iron", "gold", "platinum", "lead"]
    assert found.cuts[0].at == (0.0, 38720.0, 41856.0)


def test_the_pyramid_never_calls_a_loss_gold() -> None:
    losers = table(range(10), profit=[-9, -8, -7, -6, -5, -4, -3, -2, -1, 0])

    assert Pyramid(platinum=0.3, gold=0.3).fit(losers).classify(losers).labels.tolist() == ["lead"] * 9 + ["iron"]


def test_two_tiers_by_rank_and_by_value() -> None:
    values = table(range(10), profit=[100, 60, 20, 5, 4, 4, 3, 2, 1, 1])  # total 200

    assert TwoTier().fit(values).classify(values).labels.tolist() == ["gold"] * 2 + ["iron"] * 8
    by_value = TwoTier(cuts=ValueShare(0.9)).fit(values).classify(values)
    assert by_value.labels.tolist() == ["gold"] * 3 + ["iron"] * 7


@pytest.mark.parametrize("cuts", [TopShare(0.2), TopShare(0.9), ValueShare(0.8), Median(), Fixed(-5)], ids=str)
def test_two_tiers_never_call_a_loss_gold(cuts: CutRule) -> None:
    tiers = TwoTier(cuts=cuts)
    for losses in ([-5.0], [-1.0, -2.0, -3.0], [0.0, -1.0]):
        values = table(range(len(losses)), profit=losses)
        assert tiers.fit(values).classify(values).labels.tolist() == ["iron"] * len(losses)
    mixed = table(range(5), profit=[1.0, -1.0, -2.0, -3.0, -4.0])

    assert "gold" not in tiers.fit(mixed).classify(mixed).labels[1:].tolist()


def test_two_tiers_of_a_measure_without_a_zero_have_no_floor() -> None:
    values = table(range(5), index=[-1.0, -2.0, -3.0, -4.0, -5.0])
    tiers = TwoTier(measure="index", floor=-np.inf).fit(values)

    assert tiers.classify(values).labels.tolist() == ["gold"] + ["iron"] * 4


def test_variation_at_a_border_of_abc_xyz_is_the_steadier_class() -> None:
    """X up to 0.5 and Y up to 1.0, both included; who crosses the value share is in the upper class."""
    above = [np.nextafter(0.5, 1), np.nextafter(1.0, 2)]
    values = table(range(6), profit=[40, 40, 15, 3, 1, 1], variation=[0.5, above[0], 1.0, above[1], 0.2, np.nan])
    found = models.ABC_XYZ.fit(values).classify(values)

    assert found.labels.tolist() == ["AX", "AY", "BY", "CZ", "CX", "missing"]
    assert [cut.ties for cut in found.cuts] == ["high", "low"]


def test_abc_xyz_parts_off_who_brings_nothing_or_costs_money() -> None:
    values = table(range(6), profit=[80, 15, 5, 0, -3, -90], variation=[0.1, 0.1, 0.1, 0.1, 0.7, 3.0])
    found = models.ABC_XYZ.fit(values).classify(values)

    assert found.labels.tolist() == ["AX", "BX", "CX", "D", "D", "D"]
    assert found.scheme.policy("D").strategy == "reprice or let go"
    losers = table("ab", profit=[-1.0, 0.0], variation=[0.1, 2.0])
    assert models.ABC_XYZ.fit(losers).classify(losers).labels.tolist() == ["D", "D"]


def test_pareto_classes_give_the_crossing_customer_to_the_upper_class() -> None:
    values = table(range(6), profit=[70, 15, 10, 5, 0, -20])

    assert ParetoABC().fit(values).classify(values).labels.tolist() == ["A", "A", "B", "C", "D", "D"]


def test_a_tie_is_high_by_default_and_low_when_asked() -> None:
    values = table("ab", profit=[10.0, 9.0])
    high = TierClassifier(measure="profit", cuts=Fixed(10), tiers=presets.TWO_TIER)
    low = TierClassifier(measure="profit", cuts=Fixed(10), tiers=presets.TWO_TIER, tie=Tie.LOW)

    assert high.fit(values).classify(values).labels.tolist() == ["gold", "iron"]
    assert low.fit(values).classify(values).labels.tolist() == ["iron", "iron"]


@pytest.mark.parametrize(
    ("rule", "values", "expected"),
    [
        (Median(), [4, 1, 3, 2], (2.5,)),
        (Mean(), [1, 2, 6], (3.0,)),
        (Quantiles(3), [0, 1, 2, 3], (1.0, 2.0)),
        (TopShare((0.25, 0.5)), [1, 2, 3, 4], (3.0, 4.0)),
        (TopShare(0.3), [1, 2, 3, 4], (3.0,)),  # 1.2 customers: rounded up to whole ones
        (ValueShare((0.5,)), [10, 10, 10, 10], (10.0,)),
        (ValueShare((0.5,)), [-1, -2], (np.inf,)),
        (NaturalBreaks(3), [1, 2, 1, 50, 51, 200], (26.0, 125.5)),
        (NaturalBreaks(3), [5, 5, 5], (5.0, 5.0)),
        (Floored(Median(), floor=0), [-4, -3, -2], (0.0, 5e-324)),
    ],
    ids=str,
)
def test_cut_rules_by_hand(rule: Median, values: list[float], expected: tuple[float, ...]) -> None:
    assert rule.learn(np.array(values, dtype=np.float64)) == pytest.approx(expected)


def test_natural_breaks_beat_every_other_break() -> None:
    """Brute force over all pairs of breaks of twelve values."""
    values = np.random.default_rng(3).gamma(1.0, 10.0, 12)
    ordered = np.sort(values)

    def scatter(breaks: tuple[int, int]) -> float:
        return sum(float(((part - part.mean()) ** 2).sum()) for part in np.split(ordered, breaks))

    best = min(((i, j) for i in range(1, 11) for j in range(i + 1, 12)), key=scatter)
    expected = [(ordered[at - 1] + ordered[at]) / 2 for at in best]
    assert NaturalBreaks(3).learn(values) == pytest.approx(expected)


def test_natural_breaks_of_many_values_lie_between_the_clouds() -> None:
    rng = np.random.default_rng(5)
    values = np.concatenate([rng.normal(centre, 1.0, 4_000) for centre in (0.0, 50.0, 100.0)])

    assert NaturalBreaks(3).learn(values) == pytest.approx((25.0, 75.0), abs=3.0)


def test_a_blend_scales_as_learnt_and_keeps_the_scale() -> None:
    first = table("abc", volume=[0, 50, 100], prestige=[1, 3, 5])
    axis = Blend("importance", {"volume": 0.5, "prestige": 0.5}, Scaling.RANGE).fit(first)
    later = table("d", volume=[200], prestige=[1])

    assert axis.column(first).tolist() == [0.0, 0.5, 1.0]
    assert axis.column(later).tolist() == [1.0]
    z = Blend("z", {"volume": 1.0}, Scaling.Z).fit(first).column(first)
    assert z == pytest.approx([-np.sqrt(1.5), 0.0, np.sqrt(1.5)])


def test_marcus_cuts_at_the_means() -> None:
    values = table("abcd", purchases=[10, 1, 9, 2], average=[100, 90, 10, 12])
    found = MatrixClassifier(x="purchases", y="average", cuts=Mean(), cells=presets.MARCUS).fit(values)

    assert found.classify(values).labels.tolist() == ["best", "spender", "frequent", "uncertain"]


def test_direct_and_indirect_value_make_the_five_classes() -> None:
    cells = presets.DIRECT_INDIRECT

    assert cells.label("high", "low") == "profitable key account"
    assert cells.label("low", "high") == "loyal long-standing"
    assert cells.label("medium", "low") == "growth potential"
    assert cells.label("low", "medium") == "strategic"
    assert cells.label("low", "low") == "low value"
    loyal = cells.scheme.policy("loyal long-standing")
    assert (loyal.relationship, loyal.strategy, loyal.focus) == ("partnership", "keep", "participation, communication")


def test_boundary_distance_is_the_smallest_change_of_class() -> None:
    values = table("abcd", profit=[4.0, 10.0, 13.0, 25.0])
    cuts = Fixed((0.0, 10.0, 20.0))
    found = TierClassifier(measure="profit", cuts=cuts, tiers=presets.PYRAMID).fit(values).classify(values)
    spread = np.std([4.0, 10.0, 13.0, 25.0])

    assert found.boundary_distance == pytest.approx(np.array([4.0, 0.0, 3.0, 5.0]) / spread)


def test_a_border_between_cells_of_one_class_is_no_boundary() -> None:
    values = table("ab", direct=[90.0, 90.0], indirect=[1.0, 49.0])
    matrix = MatrixClassifier(x="direct", y="indirect", cuts=Fixed((30, 60)), cells=presets.DIRECT_INDIRECT)
    found = matrix.fit(values).classify(values)

    assert found.labels.tolist() == ["profitable key account"] * 2
    assert found.boundary_distance == pytest.approx([30.0, 30.0])  # no spread: the scale is 1


def test_who_refers_nobody_is_not_called_a_referrer() -> None:
    """Most refer nobody, so the median is 0; a value of 0 must not count as high for being at the median."""
    values = table("abcdef", lifetime_value=[90, 80, 70, 3, 2, 1], referral_value=[0, 5, 0, 0, 9, 0])

    assert models.CLV_REFERRAL.fit(values).classify(values).labels.tolist() == [
        "affluents", "champions", "affluents", "misers", "advocates", "misers",
    ]  # fmt: skip


def test_indirect_value_of_nothing_does_not_stand_out() -> None:
    values = table(range(9), direct_value=range(1, 10), indirect_value=[0, 0, 0, 0, 0, 0, 0, 4, 8])
    labels = models.DIRECT_INDIRECT.fit(values).classify(values).labels.tolist()

    assert labels[:3] == ["low value"] * 3
    assert "loyal long-standing" not in labels


def test_equal_customers_are_never_parted_and_a_class_may_hold_more_than_its_share() -> None:
    """Ties by hand: all ten equal are at the top; of a tie across the border of the top fifth all are gold."""
    equal = table(range(10), profit=[7.0] * 10)
    assert Pyramid().fit(equal).classify(equal).labels.tolist() == ["platinum"] * 10
    assert TwoTier().fit(equal).classify(equal).labels.tolist() == ["gold"] * 10
    assert ParetoABC().fit(equal).classify(equal).labels.tolist() == ["A"] * 10
    tied = table(range(10), profit=[9.0, 5.0, 5.0, 5.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    assert TwoTier().fit(tied).classify(tied).labels.tolist() == ["gold"] * 4 + ["iron"] * 6
