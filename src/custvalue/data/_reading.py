"""Tables of one row a customer from a frame in memory, with all their faults at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, SupportsFloat

import attrs
from numpy.typing import NDArray

from custvalue._frames import read_columns
from custvalue.data._customers import CustomerIndex
from custvalue.errors import Fault, InputError, SchemaError

__all__ = ["customer_columns", "finite_decimal", "is_amount"]


def customer_columns(
    frame: object, customer: str, names: Sequence[str], *, what: str
) -> tuple[CustomerIndex, dict[str, NDArray[Any]]]:
    """Read ids and columns of numbers.

    Raises
    ------
    SchemaError
        With every fault at once: missing columns; or ids missing or twice, text for numbers.
    """
    columns = read_columns(frame, [customer, *names], what=what)
    faults = [*_id_faults(customer, columns[customer])]
    faults += [fault for name in names for fault in _numeric_faults(name, columns[name])]
    SchemaError.raise_for(what, faults)
    return CustomerIndex(columns[customer]), {name: columns[name] for name in names}


def finite_decimal(value: object) -> Decimal | None:
    """Read a number exactly as it is written; None if it is not a finite one."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def is_amount(value: object) -> bool:
    """Whether something is a number, or text that is one."""
    return not isinstance(value, bool) and isinstance(value, SupportsFloat | str) and finite_decimal(value) is not None


def _id_faults(name: str, column: NDArray[Any]) -> Iterable[Fault]:
    """What makes a column no index of customers, under the column's own name."""
    try:
        CustomerIndex(column)
    except SchemaError as error:
        yield from (attrs.evolve(fault, where=f"column {name!r}") for fault in error.faults)
    except InputError as error:
        yield Fault(f"column {name!r}", error.expected, error.got, error.hint)


def _numeric_faults(name: str, column: NDArray[Any]) -> Iterable[Fault]:
    """Rows that are no numbers; all of them where numbers came as text."""
    if column.dtype.kind in "iufb":
        return
    items = list(enumerate(column.tolist()))
    other = [(row, item) for row, item in items if item is not None and not isinstance(item, int | float)]
    if not other:
        return
    strange = [(row, item) for row, item in other if not is_amount(item)]
    shown, got, hint = (
        (strange, "something else", "") if strange else (other, f"type {column.dtype}", "Convert it first.")
    )
    rows = [f"row {row}: {item!r}" for row, item in shown[:20]]
    yield Fault(f"column {name!r}", "numbers", got, hint, rows, len(shown))
