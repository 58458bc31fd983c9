"""Bad input is refused in words; results keep what they promise; what is saved comes back."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from tests.portfolio._tables import table

import custvalue as cv
from custvalue.data import CustomerIndex
from custvalue.errors import AlignmentError, InputError, SchemaError
from custvalue.portfolio import (
    AxisLevels,
    Blend,
    Cells,
    Classification,
    ClusterClassifier,
    Fixed,
    MatrixClassifier,
    Mean,
    Median,
    Policy,
    PortfolioClassifier,
    Pyramid,
    Quantiles,
    Scheme,
    SegmentRisk,
    Stability,
    Tie,
    TierClassifier,
    TopShare,
    TwoTier,
    ValueShare,
    models,
    presets,
)

VALUES = table("abcd", profit=[40.0, np.nan, 5.0, -3.0], orders=[3, 2, 1, 9])
TWO = SegmentRisk(segments=["A", "B"], mean=np.array([0.1, 0.06]), covariance=np.diag([0.04, 0.01]))
MATRIX = MatrixClassifier(x="profit", y="orders", cells=presets.MARCUS)


def test_all_missing_measures_are_named_at_once() -> None:
    with pytest.raises(SchemaError) as caught:
        models.SHAPIRO.fit(VALUES)

    assert "net_price" in str(caught.value)
    assert "cost_to_serve" in str(caught.value)
    with pytest.raises(SchemaError, match="orders"):
        MATRIX.fit(VALUES).classify(table("a", profit=[1.0]))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Fixed((2.0, 1.0)),
        lambda: Fixed(()),
        lambda: Fixed(float("nan")),
        lambda: TopShare((0.5, 0.2)),
        lambda: TopShare(0.0),
        lambda: ValueShare(1.5),
        lambda: Quantiles(1),
        lambda: Pyramid(platinum=0.9, gold=0.2),
        lambda: Pyramid(platinum=0.0),
        lambda: MatrixClassifier(x="a", y="b", more=("c",), cells=presets.MARCUS),
        lambda: MatrixClassifier(x="a", y="b", more="c", cells=presets.TURNBULL_ZOLKIEWSKI),
        lambda: MatrixClassifier(x="a", y="b", cuts=(Median(),), cells=presets.MARCUS),
        lambda: MatrixClassifier(x="a", y="b", tie=(Tie.LOW,), cells=presets.MARCUS),
        lambda: TierClassifier(measure="a", cuts=Median(), tiers=presets.MARCUS),
        lambda: Scheme("twice", [Policy("a"), Policy("a")]),
        lambda: presets.MARCUS.with_policies(Policy("nobody")),
        lambda: presets.MARCUS.renamed({"bestt": "Beste"}),
        lambda: presets.LIFE_CYCLE.renamed({"gone": "verloren"}),
        lambda: models.LIFE_CYCLE.renamed({"gone": "verloren"}),
        lambda: TWO.frontier(bounds=([0.1, 0.1, 0.1], 1.0)),
        lambda: TWO.minimum_variance(bounds=([0.1], [0.9, 0.9])),
        lambda: TWO.tangency(bounds=np.array([0.1, 0.1, 0.9])),  # type: ignore[arg-type]  # the mistake of the test
        lambda: presets.MARCUS.label("high"),
        lambda: Cells(
            scheme=Scheme("s", [Policy("a")]), axes=[AxisLevels("x")], grid=[(("low",), "a"), (("top",), "b")]
        ),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: object) -> None:
    assert callable(wrong)
    with pytest.raises(InputError):
        wrong()


def test_a_faulty_grid_is_told_in_full() -> None:
    with pytest.raises(SchemaError) as caught:
        Cells(scheme=Scheme("s", [Policy("a")]), axes=[AxisLevels("x")], grid=[(("low",), "a"), (("top",), "b")])

    assert len(caught.value.faults) == 3  # ("high",) is missing, ("top",) is unknown, "b" has no policy


def test_a_rule_with_the_wrong_number_of_cuts_is_refused() -> None:
    with pytest.raises(InputError, match="1 for levels"):
        MatrixClassifier(x="profit", y="orders", cuts=Quantiles(3), cells=presets.MARCUS).fit(VALUES)
    with pytest.raises(InputError, match="only missing values"):
        Pyramid().fit(table("a", profit=[np.nan]))


def test_missing_measures_are_labelled_and_have_no_distance() -> None:
    found = MATRIX.fit(VALUES).classify(VALUES)

    assert found.labels.tolist()[1] == "missing"
    assert found.is_missing.tolist() == [False, True, False, False]
    assert np.isnan(found.boundary_distance[1])
    assert found.policy("missing").strategy == ""


def test_a_classification_of_other_customers_is_refused() -> None:
    with pytest.raises(InputError, match="class codes 0 to 2"):
        Classification(customers=VALUES.customers, codes=np.arange(4), scheme=presets.TWO_TIER.scheme, axes=VALUES)
    with pytest.raises(AlignmentError):
        Classification(
            customers=CustomerIndex(["a"]), codes=np.zeros(1, np.int64), scheme=presets.TWO_TIER.scheme, axes=VALUES
        )
    found = TwoTier().fit(VALUES).classify(VALUES)
    other = Stability(customers=CustomerIndex(["x"]), agreement=np.ones(1), against="bootstrap", n_repetitions=1)
    with pytest.raises(AlignmentError):
        found.with_stability(other)
    with pytest.raises(InputError, match="one of"):
        Classification.from_labels(VALUES, ["gold", "iron", "gold", "tin"], presets.TWO_TIER.scheme)


def test_the_frames_have_their_pinned_columns() -> None:
    found = MATRIX.fit(VALUES).classify(VALUES)
    frame, summary, cuts = found.to_frame(), found.summary(), found.cuts_frame()
    assert isinstance(frame, pd.DataFrame)
    assert isinstance(summary, pd.DataFrame)
    assert isinstance(cuts, pd.DataFrame)

    texts = ["relationship", "strategy", "focus"]
    assert list(frame.columns) == ["customer", "class", *texts, "axis_profit", "axis_orders", "boundary_distance"]
    assert list(summary.columns) == ["class", "n_customers", "share", *texts, "mean_profit", "mean_orders"]
    assert list(cuts.columns) == ["segment", "measure", "at", "rule", "n_learnt", "ties"]
    assert summary["n_customers"].sum() == 4
    assert cuts["n_learnt"].tolist() == [3, 4]
    assert isinstance(found.to_frame("polars"), pl.DataFrame)


def test_labels_are_escaped_in_notebooks() -> None:
    cells = presets.MARCUS.renamed({"best": "<b>best</b>"})
    page = MatrixClassifier(x="profit", y="orders", cells=cells).fit(VALUES).classify(VALUES)._repr_html_()

    assert "&lt;b&gt;best" in page
    assert "<b>" not in page


def test_results_are_locked_and_stay_locked_after_pickling() -> None:
    found = pickle.loads(pickle.dumps(MATRIX.fit(VALUES).classify(VALUES)))  # noqa: S301  # our own bytes

    with pytest.raises(ValueError, match="read-only"):
        found.codes[0] = 1
    assert found.labels.tolist()[3] == "spender"


@pytest.mark.parametrize(
    "thing",
    [
        Pyramid(),
        models.SHAPIRO_ISO_PROFIT,
        models.ABC_XYZ,
        TwoTier(floor=-np.inf),
        models.VALUE_RISK,
        models.WEIGHTED_INDEX,
        MATRIX.fit(VALUES),
        ClusterClassifier(features=["orders"], n_clusters=2).fit(VALUES),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_settings_and_fits_survive_plain_json(thing: object, tmp_path: object) -> None:
    path = f"{tmp_path}/thing.json"
    cv.save(thing, path)
    back = cv.load(path)

    if hasattr(thing, "classify"):
        expected = thing.classify(VALUES)
        assert back.classify(VALUES).labels.tolist() == expected.labels.tolist()
        assert back.classify(VALUES).boundary_distance == pytest.approx(expected.boundary_distance, nan_ok=True)
    else:
        assert back == thing


@pytest.mark.parametrize(
    "classifier",
    [
        MatrixClassifier(x="profit", y="orders", cuts=Mean(), cells=presets.MARCUS),
        MatrixClassifier(
            x=Blend("both", {"profit": 1.0, "orders": 1.0}), y="orders", cuts=Fixed(1), cells=presets.MARCUS
        ),
        Pyramid(),
    ],
)
def test_infinite_values_are_not_learnt_from_and_their_customers_are_named(classifier: PortfolioClassifier) -> None:
    values = table(["fine", "never ordered", "too"], profit=[5.0, -np.inf, 2.0], orders=[1, 0, 2])
    with pytest.raises(SchemaError, match=r"1 infinite.*make it NaN.*never ordered"):
        classifier.fit(values)


def test_stated_cuts_take_infinite_values_as_they_are() -> None:
    values = table("abc", profit=[np.inf, -np.inf, 1.0])
    fitted = TierClassifier(measure="profit", cuts=Fixed(5), tiers=presets.TWO_TIER).fit(values)

    assert fitted.classify(values).labels.tolist() == ["gold", "iron", "iron"]


def test_infinite_values_that_cancel_later_are_missing() -> None:
    both = Blend("both", {"profit": 1.0, "orders": 1.0})
    fitted = MatrixClassifier(x=both, y="orders", cells=presets.MARCUS).fit(table("ab", profit=[1, 2], orders=[1, 2]))
    later = table("cd", profit=[np.inf, np.inf], orders=[-np.inf, 3.0])

    assert fitted.classify(later).labels.tolist() == ["missing", "best"]
