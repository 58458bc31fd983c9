"""Spark: the engine of logs that live on a cluster; the same code as elsewhere, over Spark SQL expressions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs
import narwhals.stable.v2 as nw
from numpy.typing import NDArray

from custvalue.data import TimeUnit
from custvalue.engine import _columns as c
from custvalue.engine._columns import Column, Kind, Plan
from custvalue.engine._protocol import Arrays, Rows
from custvalue.errors import InputError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["Spark"]

_EPOCH = "DATE '1970-01-01'"


@attrs.frozen
class Spark:
    """The dialect; each method is one projection in Spark SQL, everything else goes through narwhals."""

    def canonical(self, raw: Rows, plan: Plan, /, *, keep: bool = False) -> Rows:
        """Make the canonical columns."""
        parts = [(_ids(plan.customer), c.CUSTOMER), *_days(plan.time, *plan.clock)]
        if plan.amounts:
            scaled = f"({_product(plan.amounts)} * {plan.scale}D)"
            parts.append((_minor(scaled), c.MINOR))
            parts.append((f"CAST(rint(({scaled} - {_minor(scaled)}) * 10000D) AS BIGINT)", c.RESIDUAL))
        if plan.cost is not None:
            parts.append((_minor(f"({_product((plan.cost,))} * {plan.scale}D)"), c.COST))
        parts += [(_number(column), c.number_column(column.name)) for column in plan.numbers]
        parts += [(_quoted(column.name), c.label_column(part)) for part, column in plan.labels.items()]
        named = [f"{sql} AS {_quoted(name)}" for sql, name in parts]
        return _lazy(_native(raw).selectExpr(*(["*", *named] if keep else named)))

    def numbered(self, raw: Rows, /) -> Rows:
        """Add the row number; rows of a cluster have an order only within their files."""
        number = f"row_number() OVER (ORDER BY monotonically_increasing_id()) - 1 AS {c.ROW}"
        return _lazy(_native(raw).selectExpr("*", number))

    def with_period(self, rows: Rows, unit: TimeUnit, name: str, /) -> Rows:
        """Add the calendar period of each day."""
        sql = _PERIODS[unit].format(day=c.DAY, date=f"date_add({_EPOCH}, CAST({c.DAY} AS INT))")
        return _lazy(_native(rows).selectExpr("*", f"CAST({sql} AS BIGINT) AS {_quoted(name)}"))

    def beside(self, rows: Rows, columns: Mapping[str, NDArray[Any]], /) -> Rows:
        """Put a small table on the same session."""
        session = _native(rows).sparkSession
        listed = list(zip(*(column.tolist() for column in columns.values()), strict=True))
        return _lazy(session.createDataFrame(listed, list(columns)))

    def distinct(self, raw: Rows, /) -> Rows:
        """Keep one of equal rows."""
        return _lazy(_native(raw).distinct())

    def not_numbers(self, raw: Rows, name: str, /) -> Rows:
        """Keep the rows whose text is no number."""
        column = _quoted(name)
        return _lazy(_native(raw).where(f"{column} IS NOT NULL AND TRY_CAST({column} AS DOUBLE) IS NULL"))

    def collect(self, rows: Rows, /) -> Arrays:
        """Run a query."""
        table = _native(rows).toArrow()
        return {name: table.column(name).to_numpy() for name in table.column_names}


_PERIODS = {
    TimeUnit.DAY: "{day}",
    TimeUnit.WEEK: "floor(({day} + 3) / 7D)",
    TimeUnit.MONTH: "(year({date}) - 1970) * 12 + month({date}) - 1",
    TimeUnit.QUARTER: "(year({date}) - 1970) * 4 + quarter({date}) - 1",
    TimeUnit.YEAR: "year({date}) - 1970",
}


def _native(rows: Rows) -> DataFrame:
    frame: DataFrame = rows.to_native()
    return frame


def _lazy(frame: DataFrame) -> Rows:
    rows: Rows = nw.from_native(frame)
    return rows


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _raw(text: str) -> str:
    """Write a pattern or a zone as a raw literal; ours hold no quotes."""
    return f"r'{text}'"


def _ids(column: Column | None) -> str:
    if column is None:
        return "CAST(0 AS BIGINT)"
    name = _quoted(column.name)
    if column.kind is Kind.INTEGER:
        return f"CAST({name} AS BIGINT)"
    if column.kind is Kind.FLOAT:
        number = f"CAST({name} AS DOUBLE)"
        return f"CASE WHEN abs({number}) <= {c.EXACT} AND {number} = rint({number}) THEN CAST({number} AS BIGINT) END"
    text = f"CAST({name} AS STRING)"
    return f"CASE WHEN btrim({text}, {c.BLANKS!r}) <> '' THEN {text} END"


def _days(column: Column | None, zone: str, text_format: str) -> list[tuple[str, str]]:
    if column is None:
        return [("CAST(0 AS BIGINT)", c.DAY)]
    name = _quoted(column.name)
    if column.kind is not Kind.TEXT:
        moment = name
        if column.kind is Kind.AWARE:  # through UTC, so that the zone of the session plays no part
            utc = f"(TIMESTAMP_NTZ '1970-01-01 00:00:00' + make_dt_interval(0, 0, 0, unix_micros({name}) / 1000000))"
            moment = f"convert_timezone('UTC', {_raw(zone)}, {utc})"
        return [(_day(f"CAST({moment} AS DATE)"), c.DAY)]
    if text_format:
        hint = "Convert the column first with pyspark.sql.functions.to_timestamp."
        raise InputError("Times.format", expected="no text format on Spark", got=repr(text_format), hint=hint)
    date = _day(f"TRY_CAST(substr({name}, 1, 10) AS DATE)")
    return [
        (f"CASE WHEN {name} RLIKE {_raw(c.ISO)} THEN {date} END", c.DAY),
        (f"coalesce({name} RLIKE {_raw(c.OFFSET_TEXT)}, false)", c.OFFSET),
    ]


def _day(date: str) -> str:
    return f"CAST(datediff({date}, {_EPOCH}) AS BIGINT)"


def _product(columns: tuple[Column, ...]) -> str:
    return "(" + " * ".join(f"CAST({_quoted(column.name)} AS DOUBLE)" for column in columns) + ")"


def _minor(scaled: str) -> str:
    # rint rounds half to even; NaN sorts above every number here, so it fails the comparison.
    return f"CASE WHEN abs({scaled}) <= {c.EXACT} THEN CAST(rint({scaled}) AS BIGINT) END"


def _number(column: Column) -> str:
    name = _quoted(column.name)
    if column.kind is Kind.INTEGER:
        return f"CAST({name} AS BIGINT)"
    number = f"CAST({name} AS DOUBLE)"
    return f"CASE WHEN abs({number}) < double('infinity') THEN {number} END"
