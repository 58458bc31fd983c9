"""Small logs in every kind of table, and a summary of them written the slow and obvious way."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl

Columns = Mapping[str, Any]


def _duckdb_relation(columns: Columns) -> object:
    frame = _arrow(columns)
    return duckdb.connect().from_arrow(frame)


def _arrow(columns: Columns) -> object:
    return _polars(columns).to_arrow()


def _polars(columns: Columns) -> pl.DataFrame:
    return pl.DataFrame({name: list(values) for name, values in columns.items()}, strict=False)


def _pandas(columns: Columns) -> pd.DataFrame:
    return pd.DataFrame({name: list(values) for name, values in columns.items()})


TABLES: dict[str, Callable[[Columns], Any]] = {
    "pandas": _pandas,
    "polars": _polars,
    "polars lazy": lambda columns: _polars(columns).lazy(),
    "arrow": _arrow,
    "duckdb": _duckdb_relation,
}


def some_log(n: int = 3_000, customers: int = 200, seed: int = 7) -> dict[str, Any]:
    """A year of transactions with refunds, zeros and several rows a day, in cents that are exact."""
    random = np.random.default_rng(seed)
    start = datetime(2025, 1, 1)  # noqa: DTZ001  # local time on purpose
    minutes = random.integers(0, 365 * 24 * 60, n) // 700 * 700
    cents = random.integers(-2_000, 9_000, n) * (random.random(n) > 0.05)
    return {
        "who": [f"c{number:04d}" for number in random.integers(0, customers, n)],
        "when": [start + timedelta(minutes=int(minute)) for minute in minutes],
        "paid": [cent / 100 for cent in cents.tolist()],
        "lines": random.integers(1, 9, n).tolist(),
        "km": np.round(random.gamma(2.0, 7.0, n), 3).tolist(),
        "item": [f"p{number}" if number else None for number in random.integers(0, 30, n)],
    }


NAMES: dict[str, Any] = {"customer": "who", "time": "when", "amount": "paid", "currency": "EUR"}


def shuffled(columns: Columns, seed: int) -> dict[str, Any]:
    """The same rows in another order."""
    order = np.random.default_rng(seed).permutation(len(columns["who"]))
    return {name: [values[at] for at in order] for name, values in columns.items()}


def cents_of(amount: float) -> int:
    """Round half to even, from the product an IEEE machine makes."""
    return round(Fraction(amount * 100.0))


def by_hand(columns: Columns, period: Callable[[date], date] = lambda day: day) -> dict[object, tuple[int, int, int]]:
    """Customer to (purchases, total, repeat) in cents: net by period, purchases are periods above zero or all zero."""
    nets: dict[object, dict[date, list[int]]] = defaultdict(lambda: defaultdict(list))
    for who, when, paid in zip(columns["who"], columns["when"], columns["paid"], strict=True):
        assert isinstance(when, datetime)
        assert isinstance(paid, float)
        nets[who][period(when.date())].append(cents_of(paid))
    result = {}
    for who, periods in nets.items():
        bought = [(at, sum(rows)) for at, rows in sorted(periods.items())
                  if sum(rows) > 0 or not any(rows)]  # fmt: skip
        if bought:
            repeat = sum(net for _, net in bought[1:])
            result[who] = (len(bought), sum(sum(rows) for rows in periods.values()), repeat)
    return result


def raw_cents(columns: Columns) -> int:
    """Sum of all usable amounts in cents."""
    return sum(cents_of(paid) for paid in columns["paid"] if isinstance(paid, float) and math.isfinite(paid))
