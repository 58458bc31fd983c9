"""Small tables for the tests of this room."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from custvalue.data import CustomerIndex, ValueSeries, ValueTable


def table(ids: Iterable[object], **measures: ArrayLike) -> ValueTable:
    """Build a table in one line."""
    columns = {name: np.asarray(values, dtype=np.float64) for name, values in measures.items()}
    return ValueTable(customers=CustomerIndex(list(ids)), measures=columns)


def paths(ids: Iterable[object], values: ArrayLike) -> ValueSeries:
    """Build monthly paths in one line."""
    rows = np.asarray(values, dtype=np.float64)
    periods = np.datetime64("2026-01", "M") + np.arange(rows.shape[1])
    return ValueSeries(customers=CustomerIndex(list(ids)), periods=periods, values=rows)
