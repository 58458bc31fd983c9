"""What a base is worth at one date, from whatever holds it, in whole minor units."""

from __future__ import annotations

from typing import Protocol, TypeAlias, runtime_checkable

import attrs
import numpy as np

from custvalue._arrays import IntArray
from custvalue.data import Currency, CustomerIndex, MoneyTable, ObservationWindow, ValueTable
from custvalue.data._kinds import require_kind
from custvalue.errors import InputError

__all__ = ["Valuated", "Valued", "dated", "require_comparable"]

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


class Windowed(Protocol):
    """A report that knows the window of its log."""

    @property
    def window(self) -> ObservationWindow:
        """First and last day."""


@runtime_checkable
class Reported(Valuated, Protocol):
    """A valuation that knows which window it looked at."""

    @property
    def report(self) -> Windowed:
        """What the log said of itself."""


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
        If it is no table of values, the name of the value or the currency is missing, or a value does not fit minor
        units.
    """
    hint = "A frame becomes a table by ValueTable.from_frame(frame, customer=...)."
    require_kind("EquityStatement.between", source, MoneyTable, ValueTable, Valuated, hint=hint)
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


def require_comparable(opening: Valued, closing: Valued, amount: str | None) -> None:
    """Insist that two valuations stand in the order of their dates and were made on the same terms.

    Tables that know neither are taken as they are; a table taken from a valuation still knows its terms.

    Raises
    ------
    InputError
        If the opening looks at a later window than the closing, or both say where their lifetime value comes from and
        differ: in the model, the margin, the horizon, the discount or the timing.
    """
    where = "EquityStatement.between"
    if isinstance(opening, Reported) and isinstance(closing, Reported):
        ends = [str(each.report.window.end)[:10] for each in (opening, closing)]
        if ends[0] > ends[1]:
            got = f"windows to {ends[0]} and to {ends[1]}"
            raise InputError(where, expected="the earlier valuation first", got=got, hint="Exchange the two.")
    terms = [_terms(each, amount) for each in (opening, closing)]
    if None not in terms and terms[0] != terms[1]:
        hint = "Value both dates with the same settings; what differs would pass for a change of the customers."
        raise InputError(
            where, expected="lifetime values on the same terms", got=f"{terms[0]}; and {terms[1]}", hint=hint
        )


def _terms(source: Valued, amount: str | None) -> str | None:
    """Where a lifetime value comes from, in the words of the valuation; None where nothing is known of it."""
    if isinstance(source, MoneyTable):
        return None
    table = source if isinstance(source, ValueTable) else source.table
    text = table.origins.get(USUAL) if (amount or _name(table.names, None)) == USUAL else None
    by_hand = isinstance(source, ValueTable) and text is not None and "Horizon(" not in text
    return None if by_hand else text


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
