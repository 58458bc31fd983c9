"""What a base is worth at one date, from whatever holds it, in whole minor units."""

from __future__ import annotations

from typing import Protocol, TypeAlias, runtime_checkable

import attrs
import numpy as np

from custvalue._arrays import IntArray
from custvalue.data import Currency, CustomerIndex, MoneyTable, ValueTable
from custvalue.errors import InputError

__all__ = ["Valuated", "Valued", "dated"]

USUAL = "lifetime_value"


@runtime_checkable
class Valuated(Protocol):
    """A valuation: a table of values and their currency."""

    @property
    def table(self) -> ValueTable:
        """The values, in major units."""

    @property
    def currency(self) -> Currency:
        """Their currency."""


Valued: TypeAlias = MoneyTable | ValueTable | Valuated


@attrs.frozen
class Dated:
    """Customers and what each is worth in minor units."""

    customers: CustomerIndex
    amounts: IntArray
    currency: Currency


def dated(source: Valued, amount: str | None, currency: str | Currency | None) -> Dated:
    """Read one date.

    Raises
    ------
    InputError
        If the name of the value or the currency is missing, or a value does not fit minor units.
    """
    if isinstance(source, MoneyTable):
        return Dated(source.customers, source[_name(source.names, amount)], source.currency)
    table = source if isinstance(source, ValueTable) else source.table
    known = currency if isinstance(source, ValueTable) else source.currency
    if known is None:
        hint = "Write currency='EUR'."
        raise InputError("EquityStatement.between", expected="a currency for a ValueTable", got="none", hint=hint)
    money = Currency.of(known)
    values = table[_name(table.names, amount)]
    there = ~np.isnan(values)
    minor = np.rint(values[there] * money.scale)
    if not np.all(np.abs(minor) < 2.0**63):
        got = f"{int((np.abs(minor) >= 2.0**63).sum())} that are not"
        raise InputError("EquityStatement.between", expected="values that fit 64-bit minor units", got=got)
    customers = table.customers if there.all() else table.customers.take(np.flatnonzero(there))
    return Dated(customers, minor.astype(np.int64), money)


def _name(names: tuple[str, ...], amount: str | None) -> str:
    if amount is not None:
        return amount
    if len(names) == 1:
        return names[0]
    if USUAL in names:
        return USUAL
    hint = "Write amount='...'."
    raise InputError(
        "EquityStatement.between", expected="the name of the value to compare", got=f"none, of {list(names)}", hint=hint
    )
