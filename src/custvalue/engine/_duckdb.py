"""DuckDB: the embedded engine behind pandas, Arrow, files and databases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from custvalue._frames import build_pandas
from custvalue.data import TimeUnit
from custvalue.engine import _columns as c
from custvalue.engine._columns import Column, Kind, Plan
from custvalue.engine._protocol import Arrays, Rows
from custvalue.errors import InputError

if TYPE_CHECKING:
    import duckdb

__all__ = ["DuckDB", "literal", "quoted", "said"]

_EPOCH = "DATE '1970-01-01'"


def quoted(name: str) -> str:
    """Write an identifier so that any name is safe in SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Write a string so that any text is safe in SQL."""
    return "'" + text.replace("'", "''") + "'"


def said(error: Exception) -> str:
    """What the engine says is wrong, without its advice and settings."""
    first = str(error).split("\n\n", maxsplit=1)[0]
    return " ".join(first.split())


@attrs.frozen
class DuckDB:
    """The dialect; each method is one projection in SQL, everything else goes through narwhals."""

    def canonical(self, raw: Rows, plan: Plan, /, *, keep: bool = False) -> Rows:
        """Make the canonical columns."""
        parts = [*_ids(plan.customer), *_days(plan.time, *plan.clock)]
        if plan.amounts:
            scaled = f"({_product(plan.amounts)} * {plan.scale})"
            parts.append((_minor(scaled), c.MINOR))
            parts.append((f"CAST(({scaled} - {_minor(scaled)}) * 10000 AS BIGINT)", c.RESIDUAL))
        if plan.cost is not None:
            parts.append((_minor(f"({_product((plan.cost,))} * {plan.scale})"), c.COST))
        parts += [(_number(column), c.number_column(column.name)) for column in plan.numbers]
        parts += [(quoted(column.name), c.label_column(part)) for part, column in plan.labels.items()]
        return _project(raw, [f"{sql} AS {quoted(name)}" for sql, name in parts], keep=keep)

    def numbered(self, raw: Rows, /) -> Rows:
        """Add the row number."""
        return _project(raw, [f"row_number() OVER () - 1 AS {c.ROW}"], keep=True)

    def with_period(self, rows: Rows, unit: TimeUnit, name: str, /) -> Rows:
        """Add the calendar period of each day."""
        sql = _PERIODS[unit].format(day=c.DAY, date=f"({_EPOCH} + CAST({c.DAY} AS INTEGER))")
        return _project(rows, [f"CAST({sql} AS BIGINT) AS {quoted(name)}"], keep=True)

    def beside(self, rows: Rows, columns: Mapping[str, NDArray[Any]], /) -> Rows:
        """Put a small table on the same connection."""
        relation = _native(rows)
        # DuckDB finds the frame by the name of the variable, unless the owner has a table of that name.
        cv_small_frame = build_pandas(columns)  # noqa: F841  # read by name
        return nw.from_native(relation.query("cv_rows", "SELECT * FROM cv_small_frame"))

    def distinct(self, raw: Rows, /) -> Rows:
        """Keep one of equal rows."""
        return nw.from_native(_native(raw).distinct())

    def not_numbers(self, raw: Rows, name: str, /) -> Rows:
        """Keep the rows whose text is no number."""
        column = quoted(name)
        return nw.from_native(_native(raw).filter(f"{column} IS NOT NULL AND TRY_CAST({column} AS DOUBLE) IS NULL"))

    def collect(self, rows: Rows, /) -> Arrays:
        """Run a query."""
        import duckdb  # noqa: PLC0415  # loaded when a log is made

        try:
            found = _native(rows).fetchnumpy()
        except duckdb.OutOfMemoryException as error:
            hint = "Raise memory_limit, or free disk space for what spills."
            raise InputError("DuckDB", expected="enough memory", got=said(error), hint=hint) from error
        except duckdb.ConversionException as error:
            hint = "Turn the column into text, or into numbers of 64 bits."
            raise InputError("log", expected="values a column can hold", got=said(error), hint=hint) from error
        except duckdb.Error as error:
            hint = "Is the file whole, and did it stay where it was?"
            raise InputError(
                "DuckDB", expected="a table that can be read to its end", got=said(error), hint=hint
            ) from error
        return {name: np.ma.getdata(column) for name, column in found.items()}


_PERIODS = {
    TimeUnit.DAY: "{day}",
    TimeUnit.WEEK: "floor(({day} + 3) / 7.0)",
    TimeUnit.MONTH: "(year({date}) - 1970) * 12 + month({date}) - 1",
    TimeUnit.QUARTER: "(year({date}) - 1970) * 4 + quarter({date}) - 1",
    TimeUnit.YEAR: "year({date}) - 1970",
}


def _native(rows: Rows) -> duckdb.DuckDBPyRelation:
    relation: duckdb.DuckDBPyRelation = rows.to_native()
    return relation


def _project(rows: Rows, columns: list[str], *, keep: bool) -> Rows:
    chosen = ["*", *columns] if keep else columns
    return nw.from_native(_native(rows).project(", ".join(chosen)))


def _ids(column: Column | None) -> list[tuple[str, str]]:
    if column is None:
        return [("CAST(0 AS BIGINT)", c.CUSTOMER)]
    name = quoted(column.name)
    if column.kind is Kind.INTEGER:
        return [(f"CAST({name} AS BIGINT)", c.CUSTOMER)]
    if column.kind is Kind.FLOAT:
        number = f"CAST({name} AS DOUBLE)"
        whole = f"isfinite({number}) AND {number} = trunc({number}) AND abs({number}) <= {c.EXACT}"
        return [(f"CASE WHEN {whole} THEN CAST({number} AS BIGINT) END", c.CUSTOMER)]
    text = f"CAST({name} AS VARCHAR)"
    return [(f"CASE WHEN trim({text}, {literal(c.BLANKS)}) <> '' THEN {text} END", c.CUSTOMER)]


def _days(column: Column | None, zone: str, text_format: str) -> list[tuple[str, str]]:
    if column is None:
        return [("CAST(0 AS BIGINT)", c.DAY)]
    name = quoted(column.name)
    if column.kind is not Kind.TEXT:
        moment = f"timezone({literal(zone)}, {name})" if column.kind is Kind.AWARE else name
        return [(f"CAST({moment} AS DATE) - {_EPOCH}", c.DAY)]
    if text_format:
        date = f"CAST(try_strptime({name}, {literal(text_format)}) AS DATE)"
        return [(f"{date} - {_EPOCH}", c.DAY)]
    date = f"TRY_CAST(substr({name}, 1, 10) AS DATE)"
    iso = f"regexp_matches({name}, {literal(c.ISO)})"
    return [
        (f"CASE WHEN {iso} THEN {date} - {_EPOCH} END", c.DAY),
        (f"coalesce(regexp_matches({name}, {literal(c.OFFSET_TEXT)}), false)", c.OFFSET),
    ]


def _product(columns: tuple[Column, ...]) -> str:
    return "(" + " * ".join(f"CAST({quoted(column.name)} AS DOUBLE)" for column in columns) + ")"


def _minor(scaled: str) -> str:
    # A cast to BIGINT rounds half to even; NaN sorts above every number here, so it fails the comparison.
    return f"CASE WHEN abs({scaled}) <= {c.EXACT} THEN CAST({scaled} AS BIGINT) END"


def _number(column: Column) -> str:
    name = quoted(column.name)
    if column.kind is Kind.INTEGER:
        return f"CAST({name} AS BIGINT)"
    return f"CASE WHEN isfinite(CAST({name} AS DOUBLE)) THEN CAST({name} AS DOUBLE) END"
