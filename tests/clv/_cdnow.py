"""CDNOW as weighted patterns and as a summary of customers; facts from ``tests/data/cdnow_patterns.json``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import attrs
import numpy as np

from custvalue.data import Currency, CustomerIndex, CustomerSummary, PurchasePatterns, TimeUnit

DATA = Path(__file__).parents[1] / "data" / "cdnow_patterns.json"
ENDS = {"weeks_37": "1997-09-17", "weeks_39": "1997-09-30", "weeks_78": "1998-06-30"}


@cache
def _table() -> dict[str, list[list[int]]]:
    table: dict[str, list[list[int]]] = json.loads(DATA.read_text(encoding="utf-8"))
    return table


def columns(period: str) -> np.ndarray:
    """Columns x, t_x (days), T (days), customers."""
    return np.array(_table()[period]).T


def patterns(period: str = "weeks_39", unit: TimeUnit = TimeUnit.WEEK) -> PurchasePatterns:
    """CDNOW patterns with ages in a unit."""
    x, t_x, T, weights = columns(period)
    return PurchasePatterns(x=x, t_x=t_x / unit.days, T=T / unit.days, weights=weights, unit=unit)


def make_patterns(
    x: Sequence[float], t_x: Sequence[float], T: Sequence[float], weights: Sequence[float] | None = None
) -> PurchasePatterns:
    """Patterns from plain lists, ages in weeks."""
    columns = (np.array(c, dtype=np.float64) for c in (x, t_x, T, [1.0] * len(x) if weights is None else weights))
    return PurchasePatterns(**dict(zip(("x", "t_x", "T", "weights"), columns, strict=True)), unit=TimeUnit.WEEK)


def rows(*histories: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns x, t_x, T of some histories."""
    x, t_x, T = np.array(histories, dtype=np.float64).T
    return x, t_x, T


def make_summary(
    x: np.ndarray, t_x: np.ndarray, T: np.ndarray, *, unit: TimeUnit = TimeUnit.WEEK, end: str = "1997-09-30"
) -> CustomerSummary:
    """One customer a row, ages in whole days."""
    until = np.datetime64(end, "us")
    first = until - np.asarray(T).astype("timedelta64[D]")
    return CustomerSummary(
        customers=CustomerIndex(np.arange(len(x))),
        first_at=first,
        last_at=first + np.asarray(t_x).astype("timedelta64[D]"),
        n_purchases=np.asarray(x) + 1,
        observed_until=until,
        currency=Currency.of("USD"),
        unit=unit,
    )


def summary(period: str = "weeks_39", unit: TimeUnit = TimeUnit.WEEK) -> CustomerSummary:
    """All 2,357 customers, in the order of the patterns."""
    x, t_x, T, weights = columns(period)
    return make_summary(*(np.repeat(c, weights) for c in (x, t_x, T)), unit=unit, end=ENDS[period])


def one_customer(x: int, t_x: int, T: int, unit: TimeUnit = TimeUnit.WEEK) -> CustomerSummary:
    """A single customer, ages in days."""
    return make_summary(np.array([x]), np.array([t_x]), np.array([T]), unit=unit)


def repeated(summary: CustomerSummary, rows: np.ndarray) -> CustomerSummary:
    """Customers of a summary, some of them several times under new ids."""
    return attrs.evolve(
        summary,
        customers=CustomerIndex(np.arange(rows.size)),
        first_at=summary.first_at[rows],
        last_at=summary.last_at[rows],
        n_purchases=summary.n_purchases[rows],
        total_amount=None,
        repeat_amount=None,
    )
