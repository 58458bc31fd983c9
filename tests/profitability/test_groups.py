"""Group comparison: published intervals, the card example by hand, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.typing import ArrayLike
from scipy import stats

from custvalue.data import CustomerIndex, ValueTable
from custvalue.errors import InputError, SchemaError
from custvalue.profitability import CARD_METRICS, Everyone, Flag, Measure, Metric, compare_groups
from custvalue.profitability._kernels import intervals


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_published(successes: int, trials: int, low: float, high: float) -> None:
    """Newcombe 1998, Statistics in Medicine 17, table I, method 3."""
    got = intervals.wilson(np.array([float(successes)]), np.array([float(trials)]), 0.95)

    assert (got[0][0], got[1][0]) == pytest.approx((low, high), abs=5.1e-5)


def test_mean_is_the_students_interval() -> None:
    """With a denominator of one customer each: mean and t interval, by scipy.stats."""
    x = np.array([3.0, 5.0, 9.0, 1.0, 2.0])
    table = ValueTable(customers=CustomerIndex(np.arange(5)), measures={"spend": x})
    compared = compare_groups(table, ["a"] * 5, metrics=(Metric("mean", Measure("spend")),), level=0.9)
    low, high = stats.t.interval(0.9, 4, loc=x.mean(), scale=stats.sem(x))

    assert compared["mean"].tolist() == [4.0]
    assert (compared.low[0, 0], compared.high[0, 0]) == pytest.approx((low, high))


def cards() -> tuple[ValueTable, list[str]]:
    """Six card holders: four from the branch, two from the web."""
    measures = {
        "transactions": [5.0, 0, 2, 1, 9, 0],
        "max_days_overdue": [0.0, 0, 30, 91, 0, 100],
        "volume": [1200.0, 0, 300, 100, 600, 0],
        "months_held": [12.0, 12, 3, 1, 6, 0],
        "cash_volume": [0.0, 0, 150, 10, 60, 0],
    }
    return ValueTable(customers=CustomerIndex(np.arange(6)), measures=measures), ["branch"] * 4 + ["web"] * 2


def test_card_metrics_by_hand() -> None:
    """Active 3/4 and 1/2; overdue 2/3 and 0; default 1/3; volume a month 300/4 and 100/2; cash 160/1600 and 1/10."""
    table, source = cards()
    compared = compare_groups(table, source, metrics=CARD_METRICS)

    assert compared.groups == ("branch", "web")
    assert compared.n_customers.tolist() == [4, 2]
    assert compared["active rate"] == pytest.approx([0.75, 0.5])
    assert compared["overdue rate"] == pytest.approx([2 / 3, 0.0])
    assert compared["default rate"] == pytest.approx([1 / 3, 0.0])
    assert compared["monthly volume"] == pytest.approx([75.0, 50.0])
    assert compared["cash ratio"] == pytest.approx([0.1, 0.1])
    assert (compared.low[:, :3] >= 0).all()
    assert (compared.high[:, :3] <= 1).all()


def test_ratio_interval_by_definition() -> None:
    """Residuals a - R b, in plain loops."""
    rng = np.random.default_rng(4)
    b = rng.uniform(1, 5, 40)
    a = 0.3 * b + rng.normal(0, 0.2, 40)
    table = ValueTable(customers=CustomerIndex(np.arange(40)), measures={"a": a, "b": b})
    compared = compare_groups(table, ["g"] * 40, metrics=(Metric("ratio", Measure("a"), Measure("b")),))

    ratio = sum(a) / sum(b)
    squares = sum((x - ratio * y) ** 2 for x, y in zip(a, b, strict=True))
    half = stats.t.ppf(0.975, 39) * np.sqrt(40 / 39 * squares) / sum(b)
    assert (compared.low[0, 0], compared.high[0, 0]) == pytest.approx((ratio - half, ratio + half))


def test_too_few_and_nobody() -> None:
    """One customer has a mean and no interval; a denominator of zero has neither, and is not infinite."""
    table = ValueTable(customers=CustomerIndex(["a"]), measures={"x": [4.0], "none": [0.0]})
    metrics = (
        Metric("mean", Measure("x")),
        Metric("ratio", Measure("x"), Measure("none")),
        Metric("rate", Flag("x"), Flag("none")),
    )
    compared = compare_groups(table, ["g"], metrics=metrics)

    assert compared.estimate[0, 0] == 4.0
    assert np.isnan(compared.estimate[0, 1:]).all()
    assert np.isnan(compared.low).all()
    assert np.isnan(compared.high).all()


def test_missing_group_and_frame() -> None:
    """Customers without an attribute are a group of their own; the schema is pinned."""
    table = ValueTable(customers=CustomerIndex([1, 2, 3]), measures={"x": [1.0, 0.0, 1.0]})
    compared = compare_groups(
        table, np.array(["m", None, float("nan")], dtype=object), metrics=(Metric("rate", Flag("x")),)
    )
    frame = compared.to_frame()

    assert compared.groups == ("(missing)", "m")
    assert isinstance(frame, pd.DataFrame)
    columns = ["group", "metric", "customers", "numerator", "denominator", "estimate", "low", "high"]
    assert frame.columns.tolist() == columns
    assert frame["estimate"].tolist() == [0.5, 1.0]


@pytest.mark.parametrize(
    ("groups", "names"),
    [
        (pd.Series(["x", pd.NA, "y"], dtype="string"), ("(missing)", "x", "y")),
        (pd.Series(["x", None, "y"], dtype="object"), ("(missing)", "x", "y")),
        (pd.Series(["x", None, "y"]), ("(missing)", "x", "y")),
        (pd.Series(["x", None, "y"], dtype="category"), ("(missing)", "x", "y")),
        (pd.Series([1, pd.NA, 2], dtype="Int64"), None),
        (pd.Series([pd.Timestamp("2026-01-01"), pd.NaT, pd.Timestamp("2026-01-02")], dtype="object"), None),
        (pl.Series(["x", None, "y"]), ("(missing)", "x", "y")),
        (np.array([1.0, np.nan, 2.0]), ("(missing)", "1.0", "2.0")),
        (np.array(["2026-01-01", "NaT", "2026-01-02"], dtype="datetime64[D]"), None),
        (["x", None, "y"], ("(missing)", "x", "y")),
    ],
    ids=["string", "object", "str", "category", "Int64", "NaT", "polars", "NaN", "datetime64", "list"],
)
def test_missing_groups_of_every_kind(groups: ArrayLike, names: tuple[str, ...] | None) -> None:
    """Whatever a frame calls missing is one group of that name."""
    table = ValueTable(customers=CustomerIndex([1, 2, 3]), measures={"x": [1.0, 0.0, 1.0]})
    compared = compare_groups(table, groups, metrics=(Metric("rate", Flag("x")),))

    assert compared.groups[0] == "(missing)"
    assert len(compared.groups) == 3
    assert names in (None, compared.groups)
    assert compared["rate"].tolist() == [0.0, 1.0, 1.0]


@pytest.mark.parametrize("shift", [0.0, 1e8, 1e9, 1e12])
def test_interval_far_from_zero(shift: float) -> None:
    """Five values one apart: the width does not depend on where they stand."""
    x = np.arange(5.0)
    table = ValueTable(customers=CustomerIndex(np.arange(5)), measures={"spend": shift + x})
    compared = compare_groups(table, ["a"] * 5, metrics=(Metric("mean", Measure("spend")),))

    half = stats.t.ppf(0.975, 4) * stats.sem(x)
    assert compared.high[0, 0] - compared["mean"][0] == pytest.approx(half, rel=1e-3)


def test_group_refusals() -> None:
    """Measures that are not there or not known, listed at once; groups of another length."""
    table, source = cards()
    holes = table.with_measures({"volume": np.full(6, np.nan)})
    bare = ValueTable(customers=holes.customers, measures={"volume": holes["volume"]})

    with pytest.raises(SchemaError) as caught:
        compare_groups(bare, source, metrics=CARD_METRICS)
    assert len(caught.value.faults) == 5
    with pytest.raises(InputError, match="one a customer"):
        compare_groups(table, ["a"], metrics=CARD_METRICS)
    with pytest.raises(InputError, match="dimension"):
        compare_groups(table, np.array([[None, "x"]] * 6, dtype=object), metrics=CARD_METRICS)
    with pytest.raises(InputError, match="level"):
        compare_groups(table, source, metrics=CARD_METRICS, level=95)
    with pytest.raises(InputError, match="one metric"):
        compare_groups(table, source, metrics=())
    with pytest.raises(InputError, match="one of"):
        _ = compare_groups(table, source, metrics=(Metric("n", Everyone()),))["m"]
