"""Clumpiness: published shapes, slow formula, refusals."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custvalue.data import CustomerIndex, CustomerSummary, ObservationWindow, ValueTable
from custvalue.errors import InputError
from custvalue.rfm import RFMC, Quantiles, RFMScorer, clumpiness

WINDOW = ObservationWindow("2026-01-01", "2026-04-09")  # 99 days
START = np.datetime64("2026-01-01")


def of_days(*customers: list[int]) -> list[float]:
    """Measure customers who bought on these days of the window, counted from 1."""
    ids = np.repeat(np.arange(len(customers)), [len(days) for days in customers])
    times = START + np.array([day - 1 for days in customers for day in days], dtype=np.int64)
    return list(clumpiness(CustomerIndex(np.arange(len(customers))), ids, times, window=WINDOW).values)


def test_published_shapes() -> None:
    """N = 99 (Zhang, Bradlow and Small 2013, recomputed): even 0, a burst .861196, three and one .43676."""
    even, burst, mixed = of_days([20, 40, 60, 80], [1, 2, 3, 4], [10, 11, 12, 80])

    assert even == pytest.approx(0.0, abs=1e-12)
    assert burst == pytest.approx(0.861196, abs=5e-7)
    assert mixed == pytest.approx(0.43676, abs=5e-6)


@given(st.lists(st.sets(st.integers(1, 99), max_size=20), min_size=1, max_size=8))
def test_against_slow_formula(customers: list[set[int]]) -> None:
    """Plain loops over the gaps; a customer without purchases is missing."""

    def slow(days: list[int]) -> float:
        if not days:
            return math.nan
        gaps = [b - a for a, b in zip([0, *days], [*days, 100], strict=True)]
        return 1 + sum(g / 100 * math.log(g / 100) for g in gaps if g) / math.log(len(days) + 1)

    given_days = [sorted(days) for days in customers]
    assert of_days(*given_days) == pytest.approx([slow(days) for days in given_days], abs=1e-12, nan_ok=True)


def test_order_strangers_and_double_days() -> None:
    """Rows in any order, a day bought twice counted once, ids not asked for left out."""
    customers = CustomerIndex(["a", "b"])
    times = START + np.array([3, 0, 2, 1, 1, 50], dtype=np.int64)
    result = clumpiness(customers, ["a", "a", "a", "a", "a", "z"], times, window=WINDOW)

    assert result.values[0] == pytest.approx(0.861196, abs=5e-7)
    assert np.isnan(result.values[1])


def test_critical_value() -> None:
    """A burst is beyond chance, an even spread is not; the same seed gives the same value."""
    result = clumpiness(CustomerIndex([1]), [1], [START], window=WINDOW)
    critical = result.critical_value(4, draws=2_000)

    assert 0.2 < critical < 0.861196
    assert critical == result.critical_value(4, draws=2_000)
    with pytest.raises(InputError, match="level"):
        result.critical_value(4, level=1.5)


def test_scored_as_a_dimension(build: Callable[..., CustomerSummary]) -> None:
    """RFMC takes it as a measure."""
    summary = build([1, 1], [4, 4], [9, 9], ids=["a", "b"])
    burst = ValueTable(customers=summary.customers, measures={"clumpiness": [0.1, 0.9]})

    scores = (
        RFMScorer(binning=Quantiles(2), dimensions=RFMC).fit(summary, measures=burst).score(summary, measures=burst)
    )
    assert scores["C"].tolist() == [1, 2]


def test_clumpiness_refusals() -> None:
    """Purchases outside the window, lengths that differ."""
    with pytest.raises(InputError, match="1 outside"):
        clumpiness(CustomerIndex([1]), [1], ["2025-12-31"], window=WINDOW)
    with pytest.raises(InputError, match="one time"):
        clumpiness(CustomerIndex([1]), [1, 1], ["2026-01-01"], window=WINDOW)
