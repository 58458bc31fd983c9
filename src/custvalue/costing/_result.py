"""`Allocation`: what every allocator returns, exact to the minor unit or not at all."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import attrs
import numpy as np
from numpy.typing import ArrayLike

from custvalue._arrays import ArrayHolder, IntArray, int_array, locked
from custvalue._frames import FrameKind, build_frame
from custvalue.costing._balance import Balance, TieOut, Unallocated
from custvalue.costing._kernels.rounding import Weighed, add_shares
from custvalue.costing._line import Held, Line, Method, Note, Noted, Reason
from custvalue.costing._trace import PoolTrace, RateCard, Trace, TraceRow
from custvalue.data import Amount, CostLedger, CustomerIndex, MoneyTable
from custvalue.errors import ConservationError, InputError

__all__ = ["Allocation"]

_GIVEN = Method("given")


def _as_held(value: Iterable[Held]) -> tuple[Held, ...]:
    return tuple(value)


def _as_lines(value: Iterable[Line]) -> tuple[Line, ...]:
    return tuple(value)


def _as_notes(value: Iterable[Note]) -> tuple[Note, ...]:
    return tuple(value)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Allocation(ArrayHolder):
    """Costs charged to customers, to the minor unit, with the way every cent took.

    Parameters
    ----------
    customers
        (n_customers,).
    costs
        The ledger that was charged.
    amounts
        (n_customers, n_pools) minor units, pools in the ledger's order.
    held
        Money no customer was charged, with its reason.
    lines
        The ways money took: pool, activity, driver, rate.
    notes
        What policies did.
    method
        Which allocator, with its settings.

    Raises
    ------
    ConservationError
        If charged + unallocated differs from a pool by so much as one minor unit. No such object can exist.

    Examples
    --------
    >>> from custvalue.data import CostLedger, CostPool, CustomerIndex
    >>> costs = CostLedger(pools=[CostPool("delivery", 100)], currency="EUR")
    >>> allocation = Allocation.from_shares(costs, CustomerIndex(["a", "b", "c"]), {"delivery": [1, 1, 1]})
    >>> allocation.total.tolist()
    [3334, 3333, 3333]
    >>> allocation.unallocated
    Unallocated(0.00 EUR)
    """

    customers: CustomerIndex
    costs: CostLedger
    amounts: IntArray = int_array(ndim=2)
    held: tuple[Held, ...] = attrs.field(default=(), converter=_as_held)
    lines: tuple[Line, ...] = attrs.field(default=(), converter=_as_lines)
    notes: tuple[Note, ...] = attrs.field(default=(), converter=_as_notes)
    method: Method = _GIVEN

    def __attrs_post_init__(self) -> None:
        shape = (len(self.customers), len(self.costs.pools))
        if self.amounts.shape != shape:
            raise InputError("Allocation.amounts", expected=f"shape {shape}", got=f"shape {self.amounts.shape}")
        balance = self.balance()
        off = np.flatnonzero(balance.remainder)
        if off.size:
            text = self.costs.currency.format
            parts = [f"{self.costs.names[row]}: {text(int(balance.remainder[row]))}" for row in off]
            raise ConservationError(f"charged and unallocated do not add up to the pool; missing {', '.join(parts)}")

    @classmethod
    def from_shares(
        cls, costs: CostLedger, customers: CustomerIndex, shares: Mapping[str, ArrayLike], *, method: str = "shares"
    ) -> Allocation:
        """Charge each pool in proportion to given weights.

        Parameters
        ----------
        costs
            The pools.
        customers
            (n_customers,).
        shares
            Pool name to (n_customers,) weights of 0 or more, or booleans. A pool that is not named stays unallocated
            (``not assigned``), one whose weights are all zero too (``zero driver``).
        method
            Name of the method, for the record.

        Raises
        ------
        InputError
            If a pool is not in the ledger, or weights are negative, missing or of another length.
        """
        from custvalue.costing._builder import allocate_shares  # noqa: PLC0415  # the builder makes allocations

        return allocate_shares(costs, customers, shares, Method(method))

    @property
    def total(self) -> IntArray:
        """Minor units charged to each customer, shape (n_customers,)."""
        return locked(self.amounts.sum(axis=1))

    @property
    def unallocated(self) -> Unallocated:
        """Minor units no customer was charged, per pool and reason."""
        amounts = np.zeros((len(self.costs.pools), len(Reason)), dtype=np.int64)
        reasons = list(Reason)
        for held in self.held:
            amounts[self.costs.names.index(held.pool), reasons.index(held.reason)] += held.amount
        return Unallocated(pools=self.costs.names, amounts=amounts, currency=self.costs.currency)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader must know before using the costs, a sentence each; empty if there is nothing to say."""
        text = self.costs.currency.format
        below = ", ".join(f"{name}: {text(self.costs.minor(name))}" for name in self.costs.credits)
        return (f"pools below zero count as credits and raise profit ({below})",) if below else ()

    def __getitem__(self, pool: str) -> IntArray:
        """Minor units of one pool charged to each customer, shape (n_customers,)."""
        self.costs.pool(pool)
        return self.amounts[:, self.costs.names.index(pool)]

    def to_money(self) -> MoneyTable:
        """Cost per customer, one line a pool."""
        columns = {name: self.amounts[:, column] for column, name in enumerate(self.costs.names)}
        return MoneyTable(customers=self.customers, amounts=columns, currency=self.costs.currency)

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer: customer, one column a pool, total; major units.

        Raises
        ------
        InputError
            If a pool is called like one of the other columns.
        """
        taken = {"customer", "total"} & set(self.costs.names)
        if taken:
            raise InputError("Allocation.to_frame", expected="other pool names", got=f"{sorted(taken)}")
        major = self.costs.currency.to_major
        columns = {name: major(self.amounts[:, column]) for column, name in enumerate(self.costs.names)}
        return build_frame({"customer": self.customers.ids, **columns, "total": major(self.total)}, like)

    def trace(self, customer: str | int) -> Trace:
        """Say why one customer was charged what it was charged; takes milliseconds at any size.

        Parameters
        ----------
        customer
            The id.

        Raises
        ------
        InputError
            If there is no such customer.
        """
        position = _position(self.customers, customer)
        scale = self.costs.currency.scale
        rows = []
        for line in self.lines:
            amount, quantity = line.share(position, customer), line.quantity(position)
            if amount or (quantity and not math.isnan(quantity)):
                pool = self.costs.minor(line.pool)
                share = amount / pool if pool else 0.0
                row = (line.pool, line.activity, line.driver, quantity, line.total, line.rate / scale, amount, share)
                rows.append(TraceRow(*row))
        return Trace(customer=customer, rows=tuple(rows), currency=self.costs.currency)

    def trace_pool(self, pool: str) -> PoolTrace:
        """Say where the money of one pool went: activities, drivers, and what stayed behind."""
        return PoolTrace(
            pool=pool,
            amount=self.costs.minor(pool),
            lines=tuple(line for line in self.lines if line.pool == pool),
            held=tuple(held for held in self.held if held.pool == pool),
            currency=self.costs.currency,
        )

    def rates(self) -> RateCard:
        """Tell what one unit of each driver costs."""
        return RateCard.of(self.lines, self.costs.currency)

    def by_activity(self) -> MoneyTable:
        """Cost per customer, one line an activity; pools charged without one stand under their own name."""
        amounts: dict[str, IntArray] = {}
        for line in self.lines:
            out = amounts.setdefault(line.activity or line.pool, np.zeros(len(self.customers), dtype=np.int64))
            _replay(line, self.customers, out)
        return MoneyTable(customers=self.customers, amounts=amounts, currency=self.costs.currency)

    def balance(self) -> Balance:
        """Show what came in, what was charged, and what stayed, pool by pool."""
        names = self.costs.names
        notes = {what: np.zeros(len(names), dtype=np.int64) for what in Noted}
        for note in self.notes:
            notes[note.what][names.index(note.pool)] += note.value
        return Balance(
            pools=names,
            amount=np.array([self.costs.minor(name) for name in names], dtype=np.int64),
            charged=self.amounts.sum(axis=0),
            held=self.unallocated.amounts.sum(axis=1),
            by_fallback=notes[Noted.FALLBACK],
            n_missing=notes[Noted.MISSING],
            n_negative=notes[Noted.NEGATIVE],
            currency=self.costs.currency,
        )

    def tie_out(self, ledger_total: Amount, *, tolerance: Amount = 0) -> TieOut:
        """Compare charged + unallocated with a total of the general ledger.

        Parameters
        ----------
        ledger_total
            Major units.
        tolerance
            Largest difference accepted, major units.
        """
        currency = self.costs.currency
        return TieOut(
            expected=currency.to_minor(ledger_total, where="ledger_total"),
            pools=int(self.amounts.sum()) + self.unallocated.total,
            tolerance=currency.to_minor(tolerance, where="tolerance"),
            currency=currency,
        )

    def __repr__(self) -> str:
        """One line."""
        text = self.costs.currency.format
        return (
            f"Allocation({len(self.customers):,} customers, {len(self.costs.pools)} pools, "
            f"{text(int(self.amounts.sum()))} charged, {text(self.unallocated.total)} unallocated; {self.method.id})"
        )


def _position(customers: CustomerIndex, customer: str | int) -> int:
    ids = customers.ids
    if isinstance(customer, str) == (ids.dtype.kind == "U") and ids.size:
        guess = int(np.searchsorted(ids, customer))  # right at once where ids are in order
        if guess < ids.size and ids[guess] == customer:
            return guess
        found = np.flatnonzero(ids == customer)
        if found.size:
            return int(found[0])
    raise InputError("customer", expected=f"one of {len(customers):,} customers", got=repr(customer))


def _replay(line: Line, customers: CustomerIndex, out: IntArray) -> None:
    """Add one line's charges to ``out`` again."""
    if line.weights is not None and line.split.total:
        if line.split.half_up:
            positions = np.flatnonzero(line.weights)
            ids = customers.ids
            out[positions] += [line.share(at, ids[at].item()) for at in positions.tolist()]
            return
        weighed = Weighed(line.weights, line.split.factor, line.split.total, 0.0)
        add_shares(line.split.amount, weighed, customers.ids, out)
    if line.special is not None:
        out[_position(customers, line.special[0])] += line.extra
