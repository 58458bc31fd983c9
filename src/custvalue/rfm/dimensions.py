"""What customers are scored on: recency, frequency, money and their relatives."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import TypeAlias

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, FloatArray, IntArray, locked
from custvalue.data import CustomerIndex, CustomerSummary, ValueTable
from custvalue.data._time import DAY_US
from custvalue.errors import InputError

__all__ = [
    "AMOUNT",
    "CLUMPINESS",
    "FREQUENCY",
    "INTERVAL",
    "LENGTH",
    "LRFM",
    "MONETARY",
    "RECENCY",
    "RFA",
    "RFM",
    "RFMC",
    "RFMT",
    "Dimension",
    "DimensionTable",
    "Monetary",
]

Column: TypeAlias = FloatArray | IntArray


class Monetary(enum.Enum):
    """What the monetary dimension is."""

    MEAN = "mean"  # spend per purchase
    TOTAL = "total"  # spend in all


@attrs.frozen
class Dimension:
    """One thing customers are scored on.

    Parameters
    ----------
    code
        One capital letter or a short code, for rules and columns.
    name
        Its name; the score column is called ``<name>_score``.
    measure
        What it is measured by: ``days_since_last``, ``n_purchases``, ``monetary``, ``length_days``, ``mean_gap_days``
        (all from the summary), or any measure of the table passed along with it.
    higher_is_better
        Whether larger numbers earn higher scores; for days since the last purchase they do not.

    Examples
    --------
    >>> Dimension("S", "satisfaction", "nps").higher_is_better
    True
    """

    code: str
    name: str
    measure: str
    higher_is_better: bool = True


RECENCY = Dimension("R", "recency", "days_since_last", higher_is_better=False)
FREQUENCY = Dimension("F", "frequency", "n_purchases")
MONETARY = Dimension("M", "monetary", "monetary")
AMOUNT = Dimension("A", "amount", "quantity")
LENGTH = Dimension("L", "length", "length_days")
INTERVAL = Dimension("T", "interval", "mean_gap_days", higher_is_better=False)
CLUMPINESS = Dimension("C", "clumpiness", "clumpiness")

RFM = (RECENCY, FREQUENCY, MONETARY)
RFA = (RECENCY, FREQUENCY, AMOUNT)
LRFM = (LENGTH, RECENCY, FREQUENCY, MONETARY)
RFMT = (RECENCY, FREQUENCY, MONETARY, INTERVAL)
RFMC = (RECENCY, FREQUENCY, MONETARY, CLUMPINESS)


def _locked_columns(value: Iterable[Column]) -> tuple[Column, ...]:
    return tuple(locked(column.copy()) if column.flags.writeable else column for column in value)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class DimensionTable(ArrayHolder):
    """The columns to be scored, turned so that larger is better.

    Parameters
    ----------
    customers
        (n_customers,).
    dimensions
        What each column is.
    columns
        One (n_customers,) column a dimension: the measure, negated where smaller is better. Whole days and counts
        stay whole numbers.
    observed_until
        The day the recency counts from.
    """

    customers: CustomerIndex
    dimensions: tuple[Dimension, ...]
    columns: tuple[Column, ...] = attrs.field(converter=_locked_columns)
    observed_until: np.datetime64

    @classmethod
    def of(
        cls,
        summary: CustomerSummary,
        dimensions: tuple[Dimension, ...],
        monetary: Monetary,
        measures: ValueTable | None = None,
    ) -> DimensionTable:
        """Take the columns from a summary, and from a table for measures a summary does not have.

        Raises
        ------
        AlignmentError
            If the table speaks of other customers.
        InputError
            If a measure is nowhere to be found, or a value of it is missing.
        """
        if measures is not None:
            summary.customers.require_same(measures.customers, where="measures")
        columns = [_column(summary, dimension, monetary, measures) for dimension in dimensions]
        return cls(
            customers=summary.customers,
            dimensions=dimensions,
            columns=tuple(columns),
            observed_until=summary.observed_until,
        )


def _column(summary: CustomerSummary, dimension: Dimension, monetary: Monetary, measures: ValueTable | None) -> Column:
    column = _measured(summary, dimension, monetary, measures)
    if column.dtype.kind == "f" and np.isnan(column).any():
        missing = int(np.count_nonzero(np.isnan(column)))
        hint = "Decide what a missing value is worth, or leave those customers out."
        raise InputError(
            dimension.measure, expected="a value for every customer", got=f"{missing:,} missing", hint=hint
        )
    return locked(column if dimension.higher_is_better else -column)


def _measured(
    summary: CustomerSummary, dimension: Dimension, monetary: Monetary, measures: ValueTable | None
) -> Column:
    name = dimension.measure
    if measures is not None and name in measures:
        return measures[name]
    if name == "days_since_last":
        return _whole_days(summary.observed_until - summary.last_at)
    if name == "n_purchases":
        return summary.n_purchases
    if name == "monetary":
        return _spend(summary, monetary)
    if name == "length_days":
        return _whole_days(summary.last_at - summary.first_at)
    if name == "mean_gap_days":
        return _mean_gap(summary)
    hint = "Pass a ValueTable with this measure as measures=..."
    known = "a measure of the summary or of measures=..."
    raise InputError(f"dimension {dimension.code!r}", expected=known, got=repr(name), hint=hint)


def _whole_days(span: np.ndarray) -> IntArray:
    days: IntArray = span.astype(np.int64) // DAY_US
    return days


def _spend(summary: CustomerSummary, monetary: Monetary) -> FloatArray:
    amount = summary.require("total_amount")
    if monetary is Monetary.TOTAL:
        return summary.currency.to_major(amount)
    # one division, so that a mean of exactly 150.00 is exactly 150.0
    mean: FloatArray = amount / (summary.n_purchases * summary.currency.scale)
    return mean


def _mean_gap(summary: CustomerSummary) -> FloatArray:
    # days between purchases, (last - first) / (purchases - 1); who never came back waits for ever
    gap = np.full(len(summary), np.inf)
    length = _whole_days(summary.last_at - summary.first_at)
    np.divide(length, summary.n_purchases - 1, out=gap, where=summary.n_purchases > 1)
    return gap
