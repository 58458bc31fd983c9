"""Everything wrong with a table, found row by row; runs only when something is wrong."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals.stable.v2 as nw
import numpy as np

from custvalue.data import Currency
from custvalue.engine import _columns as c
from custvalue.engine._columns import Column, Kind, Mapped, Plan
from custvalue.engine._protocol import Dialect, Rows, Source
from custvalue.engine._reasons import Reason
from custvalue.engine.identity import IdentityMap
from custvalue.errors import Fault

__all__ = ["currency_faults", "duplicate_faults", "identity_faults", "row_faults", "text_faults"]

_SHOWN = 20


def currency_faults(source: Source, currency: Currency | str) -> tuple[Currency, list[Fault]]:
    """Read the currency from its column if one is named; several currencies are a fault."""
    if isinstance(currency, Currency) or currency not in source.raw.collect_schema():
        return Currency.of(currency), []
    counted = source.raw.group_by(nw.col(currency).cast(nw.String).fill_null("").alias("code"))
    found = source.dialect.collect(counted.agg(nw.len().alias("rows")))
    codes = sorted(zip(found["code"].tolist(), found["rows"].tolist(), strict=True))
    named = [str(code) for code, _ in codes if code]
    if len(codes) == len(named) == 1:
        return Currency.of(named[0]), []
    shown = [f"{code or 'missing'}: {rows:,} rows" for code, rows in codes[:_SHOWN]]
    hint = "Convert to one currency, or make one log for each."
    fault = Fault(f"currency={currency!r}", "one currency in every row", ", ".join(shown) or "no row", hint)
    return Currency("XXX"), [fault]


def text_faults(source: Source, mapped: Mapped) -> list[Fault]:
    """Put the rows that are no numbers to the faults of columns that should be numbers and are text."""
    schema = source.raw.collect_schema()
    faults = []
    for fault in mapped.faults:
        argument, _, name = fault.where.partition("=")
        column = name.strip("'")
        text = argument in {"amount", "quantity", "unit_price", "direct_cost", "extra"}
        if not text or column not in schema or c.kind_of(schema[column]) is not Kind.TEXT:
            faults.append(fault)
            continue
        wrong = source.dialect.not_numbers(source.dialect.numbered(source.raw), column)
        rows, n_rows = _sample(source.dialect, wrong)
        values = _values(source.dialect, wrong if rows else source.raw, column)
        if not values:
            continue  # no row to tell the type by; that there is none is a fault of its own
        got = f"text such as {values}"
        faults.append(Fault(fault.where, fault.expected, got, fault.hint, rows, n_rows))
    return faults


def identity_faults(plan: Plan, identity: IdentityMap | None) -> list[Fault]:
    """Say if the accounts of the log and of the map cannot be compared."""
    if identity is None or plan.customer is None or len(identity) == 0:
        return []
    whole = plan.customer.kind in {Kind.INTEGER, Kind.FLOAT}
    listed = identity.accounts.dtype.kind == "i"
    if whole == listed:
        return []
    kinds = {True: "whole numbers", False: "text"}
    got = f"{kinds[listed]} on the map"
    return [Fault("identity", f"accounts that are {kinds[whole]}, as in the log", got, "Cast one of them.")]


def duplicate_faults(source: Source, n_rows: int) -> list[Fault]:
    """List the first rows that come again."""
    if n_rows == 0:
        return []
    names = list(source.raw.collect_schema())
    grouped = source.dialect.numbered(source.raw).group_by(*names).agg(
        nw.len().alias("cv_rows"), nw.col(c.ROW).min().alias(c.ROW)
    )  # fmt: skip
    rows, _ = _sample(source.dialect, grouped.filter(nw.col("cv_rows") > 1))
    hint = "Type policies=DataPolicies(duplicates=Duplicates.DROP) to keep the first of equal rows, or Duplicates.KEEP."
    return [Fault("rows", "no two rows equal in every column", f"{n_rows:,} repeated", hint, rows, n_rows)]


def row_faults(dialect: Dialect, numbered: Rows, plan: Plan, why: Sequence[Reason]) -> list[Fault]:
    """Look at every refused reason by itself, so that a row with two faults shows both."""
    faults = []
    for reason in why:
        if not reason.refused:
            continue
        wrong = numbered.filter(reason.condition)
        rows, n_rows = _sample(dialect, wrong)
        if n_rows:
            got = f"{n_rows:,} row{'s' if n_rows != 1 else ''}: {reason.words}"
            column = _shown_column(plan, reason)
            values = [] if column is None else _values(dialect, wrong, column.name)
            got += f", such as {values}" if values else ""
            faults.append(Fault(reason.where, reason.expected, got, reason.hint, rows, n_rows))
    return faults


def _shown_column(plan: Plan, reason: Reason) -> Column | None:
    if reason.where.startswith("kind="):
        return plan.labels["kind"]
    return plan.time if reason.where.startswith("time=") else None


def _sample(dialect: Dialect, wrong: Rows) -> tuple[list[int], int]:
    """Numbers of the first offending rows, and how many there are."""
    n_rows = int(dialect.collect(wrong.select(nw.len().alias("rows")))["rows"][0])
    if n_rows == 0:
        return [], 0
    numbers = dialect.collect(wrong.select(nw.col(c.ROW).cast(nw.Int64)).sort(c.ROW).head(_SHOWN))
    return [int(number) for number in numbers[c.ROW]], n_rows


def _values(dialect: Dialect, rows: Rows, name: str) -> list[str]:
    """Up to three different values, as text, in alphabetical order."""
    text = nw.col(name).cast(nw.String).alias("cv_text")
    found = dialect.collect(rows.select(text).filter(~nw.col("cv_text").is_null()).unique().sort("cv_text").head(3))
    return [str(value) for value in np.asarray(found["cv_text"]).tolist()]
