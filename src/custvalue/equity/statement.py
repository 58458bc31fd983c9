"""The customer equity statement: from the value of the base at one date to its value at another, exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs
import numpy as np

from custvalue._arrays import BoolArray, IntArray
from custvalue._frames import Column, FrameKind, build_frame
from custvalue.data import Currency, CustomerIndex
from custvalue.data._currency import as_currency
from custvalue.data._kinds import require_kind
from custvalue.equity._dated import Valued, dated, require_comparable
from custvalue.equity._judgement import Judgement, judge
from custvalue.equity._kernels import exact
from custvalue.equity._result import Line, LineName, check_reconciles
from custvalue.equity._tabulated import Row, tabulated
from custvalue.errors import AlignmentError, InputError

__all__ = ["EquityStatement"]


def _lines(value: Iterable[Line]) -> tuple[Line, ...]:
    return tuple(value)


@attrs.frozen(kw_only=True, repr=False)
class EquityStatement:
    """Opening, lost, won, reactivated, risen, fallen, unchanged, closing: customers, mean value, amount.

    It cannot exist unless it reconciles, in customers and in minor units:
    opening - lost + reactivated + won = subtotal; risen, fallen and unchanged were carried at the subtotal and
    make up the closing. Build it with :meth:`between` or :meth:`from_table`.

    Parameters
    ----------
    lines
        One of each :class:`LineName`, in order.
    currency
        Of all amounts.

    Raises
    ------
    ConservationError
        If a sum does not hold.

    References
    ----------
    Wiesel, T., Skiera, B. and Villanueva, J. (2008), Customer equity: an integral part of financial reporting,
    Journal of Marketing 72(2).

    Examples
    --------
    >>> from custvalue.data import MoneyTable
    >>> spring = MoneyTable(customers=CustomerIndex(["a", "b", "c"]), amounts={"clv": [500, 300, 200]}, currency="EUR")
    >>> autumn = MoneyTable(customers=CustomerIndex(["b", "c", "d"]), amounts={"clv": [350, 200, 400]}, currency="EUR")
    >>> statement = EquityStatement.between(spring, autumn)
    >>> statement
    EquityStatement(3 customers, 10.00 EUR -> 3 customers, 9.50 EUR)
    >>> statement["lost"].amount, statement["won"].amount, statement["risen"].change
    (500, 400, 50)
    """

    lines: tuple[Line, ...] = attrs.field(converter=_lines)
    currency: Currency = attrs.field(converter=as_currency)

    def __attrs_post_init__(self) -> None:
        names = [line.name for line in self.lines]
        if names != list(LineName):
            raise InputError("EquityStatement", expected=f"the lines {[name.value for name in LineName]}",
                             got=str([name.value for name in names]))  # fmt: skip
        check_reconciles({line.name: line for line in self.lines})

    @classmethod
    def between(
        cls,
        opening: Valued,
        closing: Valued,
        *,
        amount: str | None = None,
        currency: str | Currency | None = None,
        former: CustomerIndex | None = None,
        lost: CustomerIndex | None = None,
    ) -> EquityStatement:
        """Compare two dated valuations customer by customer.

        Parameters
        ----------
        opening, closing
            Value of every customer of the base at the two dates: a :class:`~custvalue.data.MoneyTable`, exact as it
            stands; a :class:`~custvalue.data.ValueTable` in major units, each value rounded to the minor unit and
            customers without one (NaN) not part of the base; or a valuation with such a table. Customers are matched
            by id: who is only in the opening is lost, who is only in the closing is won, or reactivated if he is one
            of ``former``.
        amount
            Name of the value in both tables; if left out, the only one there is, or ``"lifetime_value"``.
        currency
            Of a table that does not say it.
        former
            Customers lost in earlier periods.
        lost
            Customers to count as lost although the closing still lists them, at a value of 0.

        Raises
        ------
        AlignmentError
            If the currencies differ, or customers are numbers at one date and texts at the other.
        InputError
            If the name of the value or the currency is missing, a value is infinite, a lost customer still has a
            value, or a former one is in the opening; if valuations stand in the wrong order of their windows, or their
            lifetime values were made on different terms (model, margin, horizon, discount, timing).

        Examples
        --------
        >>> from custvalue.data import MoneyTable
        >>> spring = MoneyTable(customers=CustomerIndex(["a"]), amounts={"clv": [500]}, currency="EUR")
        >>> autumn = MoneyTable(customers=CustomerIndex(["a", "z"]), amounts={"clv": [500, 90]}, currency="EUR")
        >>> EquityStatement.between(spring, autumn, former=CustomerIndex(["z"]))["reactivated"].amount
        90
        """
        for name, some in (("former", former), ("lost", lost)):
            if some is not None:
                hint = "Write CustomerIndex([...])."
                require_kind(f"EquityStatement.between {name}", some, CustomerIndex, hint=hint)
        first, second = dated(opening, amount, currency), dated(closing, amount, currency)
        require_comparable(opening, closing, amount)
        if first.currency != second.currency:
            got = f"{first.currency.code} and {second.currency.code}"
            raise AlignmentError("EquityStatement.between", expected="one currency", got=got)
        for others in (second.customers, former, lost):
            if others is not None:
                first.customers.require_comparable(others, where="EquityStatement.between")
        old, new = first.amounts, second.amounts
        gone = _marked(second.customers, lost)
        if np.any(new[gone] != 0):
            got = f"{int((new[gone] != 0).sum())} with a value"
            raise InputError("EquityStatement.between lost", expected="a value of 0 for each lost customer", got=got)
        known = _marked(first.customers, former)
        if known.any():
            got = f"{int(known.sum())} of them in the opening"
            raise InputError("EquityStatement.between former", expected="customers lost before the opening", got=got)
        customers = second.customers
        if gone.any():
            customers, new = customers.take(np.flatnonzero(~gone)), new[~gone]
        at = customers.positions(first.customers.ids)
        kept_old, kept_new = old[at >= 0], new[at[at >= 0]]
        is_new = np.ones(new.size, np.bool_)
        is_new[at[at >= 0]] = False
        back = is_new & _marked(customers, former)
        facts = _Facts(old, old[at < 0], kept_old, kept_new, new[back], new[is_new & ~back])
        return cls(lines=facts.lines(), currency=first.currency)

    @classmethod
    def from_table(cls, table: Mapping[str, Row] | object, *, currency: str | Currency) -> EquityStatement:
        """Build from tabulated numbers and means, where values a customer are not at hand.

        Risen and fallen carry their new value; all others are unchanged and carry the mean of the subtotal. Amounts
        are rounded to the minor unit.

        Parameters
        ----------
        table
            Line to (number of customers, mean value in major units), or a frame with columns ``line``, ``customers``
            and ``mean``. Lines, each once: opening, lost, won, risen, fallen; reactivated if there are any. Numbers
            are whole, means finite; both may be text such as ``"282.00"``.
        currency
            Of the means.

        Raises
        ------
        SchemaError
            Naming every line that is missing, unknown, there twice, not a number or not possible, all at once.

        Examples
        --------
        >>> statement = EquityStatement.from_table(
        ...     {
        ...         "opening": (100_000, "282.00"),
        ...         "lost": (15_000, "343.00"),
        ...         "won": (20_000, "294.00"),
        ...         "risen": (15_000, "305.00"),
        ...         "fallen": (15_000, "182.00"),
        ...     },
        ...     currency="EUR",
        ... )
        >>> statement
        EquityStatement(100,000 customers, 28,200,000.00 EUR -> 105,000 customers, 27,972,857.14 EUR)
        """
        money = Currency.of(currency)
        return cls(lines=tabulated(table, money), currency=money)

    def __getitem__(self, name: str | LineName) -> Line:
        """One line by name.

        Raises
        ------
        InputError
            If there is no such line.
        """
        for line in self.lines:
            if name in (line.name, line.name.value):
                return line
        raise InputError("line", expected=f"one of {[line.name.value for line in self.lines]}", got=repr(name))

    @property
    def change(self) -> int:
        """Closing less opening, in minor units."""
        return self[LineName.CLOSING].amount - self[LineName.OPENING].amount

    def judge(self) -> Judgement:
        """Judge the work of the period: winning, keeping and developing customers."""
        return judge({line.name: line for line in self.lines})

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a line: line, customers, mean, amount, change (major units).

        With the shares of the structure: share_customers and share_amount of the opening (up to the subtotal kept)
        or of the closing, and mean_to_opening, the mean relative to that of the opening.
        """
        n = LineName
        opening, closing = self[n.OPENING], self[n.CLOSING]
        means = np.array([np.nan if line.mean is None else float(line.mean) for line in self.lines])
        base = [opening if line.name in {n.OPENING, n.LOST, n.KEPT} else closing for line in self.lines]
        customers = np.array([line.customers for line in self.lines], np.int64)
        columns: dict[str, Column] = {
            "line": [line.name.value for line in self.lines],
            "customers": customers,
            "mean": means / self.currency.scale,
            "amount": self.currency.to_major([line.amount for line in self.lines]),
            "change": self.currency.to_major([line.change for line in self.lines]),
            "share_customers": _ratio(customers, [line.customers for line in base]),
            "share_amount": _ratio([line.amount for line in self.lines], [line.amount for line in base]),
            "mean_to_opening": _ratio(means, [means[0]] * len(self.lines)),
        }
        return build_frame(columns, like)

    def _repr_html_(self) -> str:
        right = "style='text-align:right'"
        rows = "".join(
            f"<tr><td>{line.name.value}</td><td {right}>{line.customers:,}</td>"
            f"<td {right}>{'' if line.mean is None else self.currency.format(exact.rounded(line.mean))}</td>"
            f"<td {right}>{self.currency.format(line.amount)}</td></tr>"
            for line in self.lines
        )
        head = "<tr><th>line</th><th>customers</th><th>mean</th><th>amount</th></tr>"
        return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"

    def __repr__(self) -> str:
        """One line."""
        ends = [self[LineName.OPENING], self[LineName.CLOSING]]
        shown = [f"{line.customers:,} customers, {self.currency.format(line.amount)}" for line in ends]
        return f"EquityStatement({shown[0]} -> {shown[1]})"


def _ratio(part: np.typing.ArrayLike, whole: np.typing.ArrayLike) -> np.typing.NDArray[np.float64]:
    below = np.asarray(whole, np.float64)
    return np.asarray(np.asarray(part, np.float64) / np.where(below != 0, below, np.nan))


@attrs.frozen
class _Facts:
    """Values in minor units by what happened to the customers."""

    opening: IntArray
    lost: IntArray
    kept_old: IntArray
    kept_new: IntArray
    reactivated: IntArray
    won: IntArray

    def lines(self) -> list[Line]:
        n, total = LineName, exact.total
        came = [(self.reactivated.size, total(self.reactivated)), (self.won.size, total(self.won))]
        kept = (self.kept_old.size, total(self.kept_old))
        subtotal = (kept[0] + came[0][0] + came[1][0], kept[1] + came[0][1] + came[1][1])
        up, down = self.kept_new > self.kept_old, self.kept_new < self.kept_old
        moved = [self._line(n.RISEN, up), self._line(n.FALLEN, down)]
        rest = subtotal[0] - sum(line.customers for line in moved), subtotal[1] - sum(line.carried for line in moved)
        closing = total(self.kept_new) + came[0][1] + came[1][1]
        return [
            *(
                Line(name, customers, amount, amount)
                for name, (customers, amount) in (
                    (n.OPENING, (self.opening.size, total(self.opening))),
                    (n.LOST, (self.lost.size, total(self.lost))),
                    (n.KEPT, kept),
                    (n.REACTIVATED, came[0]),
                    (n.WON, came[1]),
                    (n.SUBTOTAL, subtotal),
                )
            ),
            *moved,
            Line(n.UNCHANGED, rest[0], rest[1], rest[1]),
            Line(n.CLOSING, subtotal[0], closing, closing),
        ]

    def _line(self, name: LineName, which: BoolArray) -> Line:
        amount, carried = exact.total(self.kept_new[which]), exact.total(self.kept_old[which])
        return Line(name, int(which.sum()), amount, carried)


def _marked(customers: CustomerIndex, some: CustomerIndex | None) -> BoolArray:
    mask = np.zeros(len(customers), np.bool_)
    if some is not None and len(some):
        at = customers.positions(some.ids)
        mask[at[at >= 0]] = True
    return mask
