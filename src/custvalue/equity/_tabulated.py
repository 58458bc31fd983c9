"""From tabulated numbers and means to the lines of a statement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias

from custvalue._frames import read_columns
from custvalue.data import Amount, Currency
from custvalue.data._reading import finite_decimal
from custvalue.equity._kernels import exact
from custvalue.equity._result import Line, LineName
from custvalue.errors import Fault, SchemaError

Row: TypeAlias = tuple[int, Amount]
_TABLE = ("opening", "lost", "won", "risen", "fallen")
_KNOWN = (*_TABLE, "reactivated")
_WHAT = "equity table"


def tabulated(table: Mapping[str, Row] | object, currency: Currency) -> list[Line]:
    """Make the lines; risen and fallen carry their new value, all others the mean of the subtotal.

    Raises
    ------
    SchemaError
        Naming every fault of the table.
    """
    rows = _checked(_rows(table))
    counts = {name: rows[name][0] if name in rows else 0 for name in _KNOWN}
    amounts = {name: _product(rows[name], currency) if name in rows else 0 for name in _KNOWN}
    kept = counts["opening"] - counts["lost"], amounts["opening"] - amounts["lost"]
    subtotal = tuple(kept[at] + came["reactivated"] + came["won"] for at, came in enumerate((counts, amounts)))
    moved = counts["risen"] + counts["fallen"]
    same = subtotal[0] - moved
    _require_enough(counts, subtotal[0])
    unchanged = exact.rounded(Fraction(subtotal[1] * same, subtotal[0])) if subtotal[0] else 0
    rest = subtotal[1] - (unchanged if moved else subtotal[1])
    unchanged = unchanged if moved else subtotal[1]
    risen = exact.rounded(Fraction(rest * counts["risen"], moved)) if moved else 0
    closing = amounts["risen"] + amounts["fallen"] + unchanged
    n = LineName
    return [
        Line(n.OPENING, counts["opening"], amounts["opening"], amounts["opening"]),
        Line(n.LOST, counts["lost"], amounts["lost"], amounts["lost"]),
        Line(n.KEPT, kept[0], kept[1], kept[1]),
        Line(n.REACTIVATED, counts["reactivated"], amounts["reactivated"], amounts["reactivated"]),
        Line(n.WON, counts["won"], amounts["won"], amounts["won"]),
        Line(n.SUBTOTAL, subtotal[0], subtotal[1], subtotal[1]),
        Line(n.RISEN, counts["risen"], amounts["risen"], risen),
        Line(n.FALLEN, counts["fallen"], amounts["fallen"], rest - risen),
        Line(n.UNCHANGED, same, unchanged, unchanged),
        Line(n.CLOSING, subtotal[0], closing, closing),
    ]


def _rows(table: object) -> list[tuple[str, object, object]]:
    """Line, customers and mean as they came."""
    if not isinstance(table, Mapping):
        columns = read_columns(table, ["line", "customers", "mean"], what=_WHAT)
        triples = zip(*(columns[name].tolist() for name in ("line", "customers", "mean")), strict=True)
        return [(str(line), customers, mean) for line, customers, mean in triples]
    faults = [
        Fault(f"line {name!r}", "number of customers and mean", repr(row))
        for name, row in table.items()
        if not isinstance(row, Sequence) or isinstance(row, str) or len(row) != 2
    ]
    SchemaError.raise_for(_WHAT, faults)
    return [(name, *row) for name, row in table.items()]


def _checked(rows: Sequence[tuple[str, object, object]]) -> dict[str, tuple[int, Fraction]]:
    """Turn what came into whole counts and exact means, or name all that cannot be."""
    times = Counter(name for name, _, _ in rows)
    faults = [Fault(f"line {name!r}", "to be in the table", "nothing") for name in _TABLE if name not in times]
    unknown = [name for name in times if name not in _KNOWN]
    faults += [Fault(f"line {name!r}", f"one of {list(_KNOWN)}", "an unknown line") for name in unknown]
    faults += [Fault(f"line {name!r}", "to be there once", f"{n} times") for name, n in times.items() if n > 1]
    found = {}
    for name, customers, mean in rows:
        count, value = finite_decimal(customers), finite_decimal(mean)
        if count is None or count < 0 or count % 1 != 0:
            faults.append(Fault(f"line {name!r}", "a whole number of customers, 0 customers or more", str(customers)))
        if value is None:
            hint = "Write a number, or text such as '5.00' with a point; 0 for a line without customers."
            faults.append(Fault(f"line {name!r}", "a finite mean", str(mean), hint))
        if count is not None and value is not None:
            found[name] = int(count), Fraction(value)
    SchemaError.raise_for(_WHAT, faults)
    return found


def _require_enough(counts: Mapping[str, int], subtotal: int) -> None:
    """Refuse to lose or move more customers than there are.

    Raises
    ------
    SchemaError
        Naming both faults if there are two.
    """
    faults = []
    if counts["lost"] > counts["opening"]:
        faults.append(Fault("line 'lost'", f"at most {counts['opening']} customers", str(counts["lost"])))
    moved = counts["risen"] + counts["fallen"]
    if moved > subtotal:
        faults.append(Fault("risen and fallen", f"at most {subtotal} customers", str(moved)))
    SchemaError.raise_for(_WHAT, faults)


def _product(row: tuple[int, Fraction], currency: Currency) -> int:
    customers, mean = row
    return exact.rounded(mean * customers * currency.scale)
