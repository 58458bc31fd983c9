"""Polars: the engine of logs that come as Polars frames, eager or lazy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import narwhals.stable.v2 as nw
import polars as pl
from numpy.typing import NDArray

from custvalue.data import TimeUnit
from custvalue.engine import _columns as c
from custvalue.engine._columns import Column, Kind, Plan
from custvalue.engine._protocol import Arrays, Rows

__all__ = ["Polars"]


@attrs.frozen
class Polars:
    """The dialect; expressions are native, everything else goes through narwhals."""

    def canonical(self, raw: Rows, plan: Plan, /, *, keep: bool = False) -> Rows:
        """Make the canonical columns."""
        parts = [_ids(plan.customer), *_days(plan.time, *plan.clock)]
        if plan.amounts:
            scaled = _product(plan.amounts) * plan.scale
            minor = _minor(scaled)
            residual = ((scaled - minor) * 10_000).round(mode="half_to_even").cast(pl.Int64, strict=False)
            parts += [minor.alias(c.MINOR), residual.alias(c.RESIDUAL)]
        if plan.cost is not None:
            parts.append(_minor(_product((plan.cost,)) * plan.scale).alias(c.COST))
        parts += [_number(column).alias(c.number_column(column.name)) for column in plan.numbers]
        parts += [pl.col(column.name).alias(c.label_column(part)) for part, column in plan.labels.items()]
        frame = _native(raw)
        return nw.from_native(frame.with_columns(parts) if keep else frame.select(parts))

    def numbered(self, raw: Rows, /) -> Rows:
        """Add the row number."""
        return nw.from_native(_native(raw).with_row_index(c.ROW))

    def with_period(self, rows: Rows, unit: TimeUnit, name: str, /) -> Rows:
        """Add the calendar period of each day."""
        period = _period(unit).cast(pl.Int64)
        return nw.from_native(_native(rows).with_columns(period.alias(name)))

    def beside(self, rows: Rows, columns: Mapping[str, NDArray[Any]], /) -> Rows:  # noqa: ARG002  # one dialect
        """Make a small lazy frame."""
        small = {name: column.tolist() if column.dtype.kind in "UO" else column for name, column in columns.items()}
        return nw.from_native(pl.LazyFrame(small))

    def distinct(self, raw: Rows, /) -> Rows:
        """Keep one of equal rows."""
        return nw.from_native(_native(raw).unique())

    def not_numbers(self, raw: Rows, name: str, /) -> Rows:
        """Keep the rows whose text is no number."""
        text = pl.col(name)
        return nw.from_native(_native(raw).filter(text.is_not_null() & text.cast(pl.Float64, strict=False).is_null()))

    def collect(self, rows: Rows, /) -> Arrays:
        """Run a query."""
        frame = _native(rows).collect(engine="streaming")
        return {name: frame.get_column(name).to_numpy() for name in frame.columns}


def _native(rows: Rows) -> pl.LazyFrame:
    frame: pl.LazyFrame = rows.to_native()
    return frame


def _period(unit: TimeUnit) -> pl.Expr:
    day = pl.col(c.DAY)
    if unit is TimeUnit.DAY:
        return day
    if unit is TimeUnit.WEEK:
        return (day + 3).floordiv(7)
    date = day.cast(pl.Int32).cast(pl.Date)
    years = date.dt.year().cast(pl.Int64) - 1970
    if unit is TimeUnit.YEAR:
        return years
    if unit is TimeUnit.QUARTER:
        return years * 4 + date.dt.quarter().cast(pl.Int64) - 1
    return years * 12 + date.dt.month().cast(pl.Int64) - 1


def _ids(column: Column | None) -> pl.Expr:
    if column is None:
        return pl.lit(0, dtype=pl.Int64).alias(c.CUSTOMER)
    value = pl.col(column.name)
    if column.kind is Kind.INTEGER:
        return value.cast(pl.Int64).alias(c.CUSTOMER)
    if column.kind is Kind.FLOAT:
        number = value.cast(pl.Float64)
        whole = (number.abs() <= c.EXACT) & (number == number.floor())
        return pl.when(whole).then(number.cast(pl.Int64, strict=False)).alias(c.CUSTOMER)
    text = value.cast(pl.String)
    return pl.when(text.str.strip_chars(c.BLANKS) != "").then(text).alias(c.CUSTOMER)


def _days(column: Column | None, zone: str, text_format: str) -> list[pl.Expr]:
    if column is None:
        return [pl.lit(0, dtype=pl.Int64).alias(c.DAY)]
    value = pl.col(column.name)
    if column.kind is Kind.AWARE:
        value = value.dt.convert_time_zone(zone).dt.replace_time_zone(None)
    if column.kind is not Kind.TEXT:
        return [value.dt.epoch("d").cast(pl.Int64).alias(c.DAY)]
    if text_format:
        date = value.str.to_date(text_format, strict=False)
        return [date.dt.epoch("d").cast(pl.Int64).alias(c.DAY)]
    date = value.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    day = pl.when(value.str.contains(c.ISO)).then(date.dt.epoch("d").cast(pl.Int64))
    return [day.alias(c.DAY), value.str.contains(c.OFFSET_TEXT).fill_null(value=False).alias(c.OFFSET)]


def _product(columns: tuple[Column, ...]) -> pl.Expr:
    product = pl.col(columns[0].name).cast(pl.Float64)
    for column in columns[1:]:
        product = product * pl.col(column.name).cast(pl.Float64)
    return product


def _minor(scaled: pl.Expr) -> pl.Expr:
    # NaN sorts above every number here, so it fails the comparison.
    whole = scaled.round(mode="half_to_even").cast(pl.Int64, strict=False)
    return pl.when(scaled.abs() <= c.EXACT).then(whole)


def _number(column: Column) -> pl.Expr:
    value = pl.col(column.name)
    if column.kind is Kind.INTEGER:
        return value.cast(pl.Int64)
    number = value.cast(pl.Float64)
    return pl.when(number.is_finite()).then(number)
