"""The summary's facts, and the two dialects read from them."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from custvalue.data import CustomerIndex, CustomerSummary, PurchasePatterns, TimeUnit, ValueSeries
from custvalue.errors import InputError

DAY = 86_400_000_000


def summary(**changes: Any) -> CustomerSummary:
    """Three customers: one purchase, two, and four."""
    facts: dict[str, Any] = {
        "customers": CustomerIndex(["a", "b", "c"]),
        "first_at": np.array(["1997-01-01", "1997-01-01", "1997-02-01"], dtype="datetime64[us]"),
        "last_at": np.array(["1997-01-01", "1997-08-02", "1997-09-30"], dtype="datetime64[us]"),
        "n_purchases": np.array([1, 2, 4]),
        "total_amount": np.array([1000, 3000, 8000]),
        "repeat_amount": np.array([0, 2000, 7500]),
        "observed_until": np.datetime64("1997-09-30"),
        "currency": "USD",
    }
    return CustomerSummary(**{**facts, **changes})


def test_the_buy_till_you_die_reading() -> None:
    """Customer b is CDNOW's customer 1: t_x = 30.4286 and T = 38.8571 weeks (Fader & Hardie)."""
    view = summary()

    assert view.frequency.tolist() == [0, 1, 3]
    assert view.recency[1] == pytest.approx(30.428571428571427, rel=1e-15)
    assert view.T[1] == pytest.approx(38.857142857142854, rel=1e-15)
    assert view.recency[0] == 0.0
    np.testing.assert_array_equal(view.monetary_value, [np.nan, 20.0, 25.0])


def test_the_rfm_reading_is_the_opposite_recency() -> None:
    assert summary().days_since_last.tolist() == [272.0, 59.0, 0.0]


def test_units_change_the_view_not_the_facts() -> None:
    weeks, days = summary(), summary().in_unit(TimeUnit.DAY)

    np.testing.assert_allclose(days.T, weeks.T * 7, rtol=1e-15)
    assert days.first_at is weeks.first_at or np.array_equal(days.first_at, weeks.first_at)


def test_amounts_that_are_not_known_are_not_invented() -> None:
    bare = summary(total_amount=None, repeat_amount=None)

    with pytest.raises(InputError, match="repeat_amount"):
        _ = bare.monetary_value
    assert "total_amount" not in set(bare.to_frame().columns)  # type: ignore[attr-defined]  # a pandas frame


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"n_purchases": np.array([0, 2, 4])}, "n_purchases"),
        ({"observed_until": np.datetime64("1997-09-01")}, "last_at"),
        ({"n_purchases": np.array([1, 1, 4])}, "last_at"),
        ({"first_at": np.array(["1997-01-02"] * 3, dtype="datetime64[us]")}, "last_at"),
        ({"n_purchases": np.array([1, 2])}, "rows"),
    ],
)
def test_impossible_facts_are_refused(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(InputError, match=place):
        summary(**changes)


def test_taking_reorders_everything() -> None:
    taken = summary().take([2, 0])

    assert taken.customers.ids.tolist() == ["c", "a"]
    assert taken.n_purchases.tolist() == [4, 1]
    assert taken.require("total_amount").tolist() == [8000, 1000]


@pytest.mark.parametrize(("step", "far"), [(DAY, 0), (DAY // 24, 0), (5 * DAY, 2**52)])
@given(
    x=hnp.arrays(np.int64, st.integers(1, 60), elements=st.integers(0, 3)),
    random=st.randoms(use_true_random=False),
)
def test_patterns_lose_nothing(x: np.ndarray, random: Any, step: int, far: int) -> None:
    """Ages in days and in hours; counts small, and too large to be packed with their ages beside a position."""
    x = np.where(x == 3, x + far, x)
    t_x = np.where(x > 0, np.array([random.randint(0, 2) for _ in x]), 0) * step
    age = t_x + np.array([random.randint(0, 2) for _ in x]) * step

    patterns = PurchasePatterns.from_rows(x=x, t_x=t_x, T=age, unit=TimeUnit.DAY)

    np.testing.assert_array_equal(patterns.x[patterns.inverse], x)
    np.testing.assert_array_equal(np.rint(patterns.t_x[patterns.inverse] * DAY), t_x)
    np.testing.assert_array_equal(np.rint(patterns.T[patterns.inverse] * DAY), age)
    assert patterns.n_customers == x.size
    assert len({*zip(patterns.x, patterns.t_x, patterns.T, strict=True)}) == len(patterns)

    alone = PurchasePatterns.from_rows(x=x, t_x=t_x, T=age, unit=TimeUnit.DAY, members=False)

    assert alone.inverse.size == 0
    for name in ("x", "t_x", "T", "weights"):
        np.testing.assert_array_equal(getattr(alone, name), getattr(patterns, name))


def test_patterns_with_their_members_are_found_once() -> None:
    """Scores share them; a copy in another unit, or a pickled one, finds its own."""
    here = summary()
    again = pickle.loads(pickle.dumps(here))  # noqa: S301  # our own bytes

    assert here.patterns() is here.patterns()
    assert here.in_unit(here.unit).patterns() is here.patterns()
    assert again.patterns() is not here.patterns()
    np.testing.assert_allclose(here.in_unit(TimeUnit.DAY).patterns().T, here.patterns().T * 7, rtol=1e-15)


@pytest.mark.parametrize(
    "row",
    [(1.5, 2, 4, 1), (1, 5, 4, 1), (-1, 0, 4, 1), (0, 2, 4, 1), (1, np.nan, 4, 1), (1, 2, np.inf, 1), (1, 2, 3, -1)],
)
def test_impossible_patterns_are_refused(row: tuple[float, float, float, float]) -> None:
    x, t_x, age, weight = (np.array([float(value)]) for value in row)
    with pytest.raises(InputError, match="row 0"):
        PurchasePatterns(x=x, t_x=t_x, T=age, weights=weight)


def test_a_series_is_a_table_of_paths() -> None:
    periods = np.array(["2020-01-01", "2020-02-01"], dtype="datetime64[us]")
    series = ValueSeries(customers=CustomerIndex(["a"]), periods=periods, values=np.array([[1.0, 2.0]]))

    assert series.to_frame().shape == (2, 3)  # type: ignore[attr-defined]  # a pandas frame
    with pytest.raises(InputError, match="shape"):
        ValueSeries(customers=CustomerIndex(["a"]), periods=periods, values=np.zeros((1, 3)))
    with pytest.raises(InputError, match="increasing"):
        ValueSeries(customers=CustomerIndex(["a"]), periods=periods[::-1], values=np.zeros((1, 2)))
