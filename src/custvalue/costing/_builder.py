"""Charging pools line by line: the one place where edge policies are applied and cents are dealt out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from custvalue._arrays import IntArray, as_floats, locked
from custvalue.costing._kernels.rounding import MAX_AMOUNT, Split, Weighed, add_rounded, add_shares, largest_quota
from custvalue.costing._line import Held, Line, Method, Note, Noted, Reason
from custvalue.costing._quantity import Preparer, Quantity, prepare
from custvalue.costing._result import Allocation
from custvalue.costing.capacity import Budget, Capacity
from custvalue.costing.policies import (
    Fallback,
    Idle,
    NegativePool,
    OverDriven,
    Policies,
    Rounding,
    UnknownCustomer,
    ZeroDriver,
    ZeroPool,
)
from custvalue.data import CostLedger, CostPool, CustomerIndex, DriverTable
from custvalue.errors import AlignmentError, InputError

__all__ = ["Builder", "allocate_shares", "divide", "driver_builder"]

TRACED = "(traced)"
NO_SPLIT = Split(0, 1.0, 0, 0, 0, None)


class Builder:
    """Collects the charges of one ledger and builds the `Allocation`."""

    def __init__(self, costs: CostLedger, source: Preparer, method: Method) -> None:
        self.costs = costs
        self.customers = source.drivers.customers
        self.source = source
        self.policies = source.policies
        self.method = method
        self.amounts = np.empty((len(self.customers), len(costs.pools)), dtype=np.int64, order="F")
        self._fresh = set(range(len(costs.pools)))  # columns nothing was written to yet
        self._scratch = np.empty(len(self.customers), dtype=np.uint16)
        self.lines: list[Line] = []
        self.held: list[Held] = []
        self.notes: list[Note] = []

    def open_pools(self) -> dict[str, int]:
        """Settle the pools that need no driver; return the others with their minor units.

        Traced pools go to their customer, pools above the customer level are held, zero and negative pools follow
        their policies.
        """
        still_open: dict[str, int] = {}
        for pool in self.costs.pools:
            amount = self.costs.minor(pool.name)
            self._check_pool(pool, amount)
            if pool.customer is not None:
                self.trace(pool, amount)
            elif pool.level.above_customer or (amount < 0 and self.policies.negative_pool is NegativePool.HOLD):
                self.hold(pool.name, amount, Reason.HELD_AT_LEVEL)
            else:
                still_open[pool.name] = amount
        return still_open

    def _check_pool(self, pool: CostPool, amount: int) -> None:
        where = f"pool {pool.name!r}"
        if amount == 0 and self.policies.zero_pool is ZeroPool.ERROR:
            raise InputError(where, expected="an amount other than zero", got="0", hint="ZeroPool.KEEP accepts it.")
        if amount < 0 and self.policies.negative_pool is NegativePool.ERROR:
            hint = "NegativePool.ALLOCATE shares a credit, HOLD keeps it."
            raise InputError(where, expected="an amount of zero or more", got=f"{pool.amount}", hint=hint)
        if abs(amount) >= MAX_AMOUNT:
            hint = "Split the pool, or keep the ledger in a coarser unit: Currency('kEUR', 2)."
            raise InputError(where, expected=f"below {MAX_AMOUNT} minor units", got=f"{amount}", hint=hint)

    def trace(self, pool: CostPool, amount: int) -> None:
        """Charge a whole pool to the customer whose id it carries."""
        position = int(self.customers.positions([pool.customer])[0])
        if position < 0:
            if self.policies.unknown_customer is UnknownCustomer.ERROR:
                raise InputError(f"pool {pool.name!r}", expected="a known customer", got=repr(pool.customer))
            self.hold(pool.name, amount, Reason.UNKNOWN_CUSTOMER)
            return
        ident = self.customers.ids[position].item()
        self._out(pool.name)[position] += amount
        line = Line(pool=pool.name, activity="", driver=TRACED, split=NO_SPLIT, total=0.0, basis=amount,
                    special=(ident, amount))  # fmt: skip
        self.lines.append(line)

    def hold(self, pool: str, amount: int, reason: Reason, activity: str = "") -> None:
        """Keep money of a pool unallocated; nothing is noted for zero."""
        if amount:
            self.held.append(Held(pool, reason, amount, activity))

    def leave(self, pool: str, amount: int) -> None:
        """Keep money unallocated because nothing says who carries it."""
        self.hold(pool, amount, Reason.NOT_ASSIGNED)

    def charge_exactly(self, pool: str, amount: int, quantity: Quantity) -> None:
        """Charge each customer its own amount, given on the scale of minor units; the difference is a line."""
        self._note(pool, quantity)
        traced = quantity.weighed.total
        self._deal(pool, traced, quantity, "", total=quantity.used, basis=traced)
        unknown = round(quantity.unknown * quantity.weighed.factor)
        self.hold(pool, unknown, Reason.UNKNOWN_CUSTOMER)
        rest = amount - traced - unknown
        self.hold(pool, rest, Reason.NOT_ASSIGNED if rest * amount >= 0 else Reason.OVER_DRIVEN)

    def charge(self, pool: str, amount: int, quantity: Quantity, activity: str = "") -> None:
        """Share money of a pool by actual use: the rate is money divided by all that was used."""
        self._note(pool, quantity)
        if self.policies.unknown_customer is UnknownCustomer.SPREAD and quantity.weighed.total:
            parts, total = [amount, 0, 0], quantity.used
        elif quantity.all_used == 0.0:
            self._charge_zero(pool, amount, quantity, activity)
            return
        else:
            shared = quantity.unknown != 0.0 or quantity.held != 0.0
            parts = divide(amount, [quantity.used, quantity.unknown, quantity.held]) if shared else [amount, 0, 0]
            total = quantity.all_used
        self.hold(pool, parts[1], Reason.UNKNOWN_CUSTOMER, activity)
        self.hold(pool, parts[2], Reason.MISSING_DRIVER, activity)
        self._deal(pool, parts[0], quantity, activity, total=total, basis=amount)

    def _charge_zero(self, pool: str, amount: int, quantity: Quantity, activity: str) -> None:
        """Do what the policy says when nobody used the driver."""
        policy = self.policies.zero_driver
        if policy is ZeroDriver.ERROR:
            hint = "ZeroDriver.HOLD keeps the pool unallocated; Fallback('orders') shares by another driver."
            raise InputError(
                f"driver {quantity.name!r} of pool {pool!r}", expected="a use above zero", got="0", hint=hint
            )
        instead = None
        if isinstance(policy, Fallback):
            instead = self.source.get(policy.driver)
        elif policy is ZeroDriver.EVEN:
            instead = self.source.even()
        if instead is None or instead.weighed.total == 0:
            self.hold(pool, amount, Reason.ZERO_DRIVER, activity)
            return
        self.notes.append(Note(pool, Noted.FALLBACK, amount))
        self.charge(pool, amount, instead, activity)

    def charge_at(self, pool: str, amount: int, quantities: Mapping[str, Quantity], basis: Capacity | Budget) -> None:
        """Charge activities at the rate of a given capacity or budget; the difference to use is a line of its own.

        ``quantities`` are those of the activities that use the capacity, by name.
        """
        capacity = basis if isinstance(basis, Capacity) else Capacity(basis.quantity)
        limit = _exact(capacity.quantity)
        used = {activity: _exact(quantity.all_used) for activity, quantity in quantities.items()}
        left = limit - sum(used.values(), Fraction(0))
        reason = Reason.VOLUME_VARIANCE if isinstance(basis, Budget) else None
        if left < 0:
            charged = self._charged_over(pool, amount, float(limit - left), capacity)
            self.hold(pool, amount - charged, reason or Reason.OVER_DRIVEN)
            parts = divide(charged, [*used.values(), Fraction(0)])
        else:
            spread = capacity.idle is Idle.SPREAD and left < limit
            parts = divide(amount, [*used.values(), Fraction(0) if spread else left])
        for (activity, quantity), part in zip(quantities.items(), parts, strict=False):
            if used[activity] or part:
                self.charge(pool, part, quantity, activity)
        self._settle_idle(pool, parts[-1], quantities, capacity.idle, reason)

    def _charged_over(self, pool: str, amount: int, used: float, capacity: Capacity) -> int:
        """Decide what is charged when more was used than there is."""
        if capacity.over is OverDriven.ERROR:
            hint = "Correct the practical capacity or the quantities, or choose OverDriven.POST or CAP."
            raise InputError(
                f"capacity of {pool!r}", expected=f"{used:g} or more", got=f"{capacity.quantity:g}", hint=hint
            )
        if capacity.over is OverDriven.CAP:
            return amount
        return round(amount * _exact(used) / _exact(capacity.quantity))

    def _settle_idle(
        self, pool: str, amount: int, quantities: Mapping[str, Quantity], idle: Idle, reason: Reason | None
    ) -> None:
        if idle is Idle.SPREAD_EVEN:
            users = np.zeros(len(self.customers))
            for quantity in quantities.values():
                users[quantity.weighed.weights > 0] = 1.0
            even = prepare("(even over users)", locked(users), self.customers.ids, self.policies, 0.0)
            self.charge(pool, amount, even)
            return
        usual = Reason.HELD_AT_LEVEL if idle is Idle.TO_LEVEL else Reason.IDLE_CAPACITY
        self.hold(pool, amount, reason or usual)

    def _deal(self, pool: str, amount: int, quantity: Quantity, activity: str, *, total: float, basis: int) -> None:
        weighed = quantity.weighed
        if weighed.total == 0:
            return
        if largest_quota(amount, weighed) >= MAX_AMOUNT:
            hint = "Positive and negative quantities cancel out; choose NegativeDriver.ZERO or ABSOLUTE."
            raise InputError(
                f"driver {quantity.name!r}", expected="a sum well above zero", got="almost zero", hint=hint
            )
        special = None
        if self.policies.rounding is Rounding.LARGEST_REMAINDER:
            column = self._column(pool)
            fresh = column in self._fresh
            out = self.amounts[:, column]
            split = add_shares(amount, weighed, self.customers.ids, out, fresh=fresh, scratch=self._scratch)
            self._fresh.discard(column)
        else:
            out = self._out(pool)
            split, rest = add_rounded(amount, weighed, out)
            special = self._settle(pool, rest, weighed, out, activity)
        line = Line(pool=pool, activity=activity, driver=quantity.name, split=split, weights=weighed.weights,
                    total=total, basis=basis, special=special)  # fmt: skip
        self.lines.append(line)

    def _settle(
        self, pool: str, rest: int, weighed: Weighed, out: IntArray, activity: str
    ) -> tuple[str | int, int] | None:
        """Place what rounding half up left over, as the policy says."""
        if rest == 0:
            return None
        if self.policies.rounding is Rounding.HOLD:
            self.hold(pool, rest, Reason.ROUNDING, activity)
            return None
        weights = weighed.weights
        highest = self.policies.rounding is Rounding.TO_HIGHEST
        target = weights.max() if highest else weights[weights > 0].min()
        ids = self.customers.ids
        ident = np.sort(ids[weights == target])[0]
        out[np.flatnonzero(ids == ident)] += rest
        return ident.item(), rest

    def _note(self, pool: str, quantity: Quantity) -> None:
        for what, value in ((Noted.MISSING, quantity.n_missing), (Noted.NEGATIVE, quantity.n_negative)):
            if value:
                self.notes.append(Note(pool, what, value))

    def _column(self, pool: str) -> int:
        return self.costs.names.index(pool)

    def _out(self, pool: str) -> IntArray:
        """Return the column of a pool, zeroed if nothing was written to it yet."""
        column = self._column(pool)
        out = self.amounts[:, column]
        if column in self._fresh:
            out[:] = 0
            self._fresh.discard(column)
        return out

    def build(self) -> Allocation:
        """Build the allocation; it checks itself."""
        for name in self.costs.names:
            self._out(name)
        return Allocation(
            customers=self.customers,
            costs=self.costs,
            amounts=locked(self.amounts),
            held=self.held,
            lines=self.lines,
            notes=self.notes,
            method=self.method,
        )


def _exact(value: float | Fraction) -> Fraction:
    """Read a float as it prints: 0.1 is one tenth."""
    return value if isinstance(value, Fraction) else Fraction(repr(float(value)))


def divide(amount: int, parts: Sequence[float | Fraction]) -> list[int]:
    """Split an amount over a few parts by largest remainder; ties to the larger, then to the earlier part."""
    exact = [_exact(part) for part in parts]
    total = sum(exact, Fraction(0))
    quotas = [abs(amount) * part / total for part in exact]
    whole = [quota.numerator // quota.denominator for quota in quotas]
    order = sorted(range(len(parts)), key=lambda at: (whole[at] - quotas[at], -quotas[at], at))
    for at in order[: abs(amount) - sum(whole)]:
        whole[at] += 1
    return [-share for share in whole] if amount < 0 else whole


def driver_builder(costs: CostLedger, drivers: DriverTable, strategy: object, policies: Policies) -> Builder:
    """Open a builder for a strategy.

    Raises
    ------
    AlignmentError
        If costs and drivers both state their period and the periods differ.
    """
    if costs.period and drivers.period and costs.period != drivers.period:
        hint = "Take costs and drivers of the same period."
        raise AlignmentError("allocate", expected=f"drivers of {costs.period}", got=f"of {drivers.period}", hint=hint)
    return Builder(costs, Preparer(drivers, policies), Method.of(strategy))


def allocate_shares(
    costs: CostLedger, customers: CustomerIndex, shares: Mapping[str, ArrayLike], method: Method
) -> Allocation:
    """Charge each pool in proportion to given weights; see `Allocation.from_shares`."""
    for pool in shares:
        costs.pool(pool)
    weights = {pool: as_floats(values) for pool, values in shares.items()}
    table = DriverTable(customers=customers, drivers=weights)
    builder = Builder(costs, Preparer(table, Policies()), method)
    for pool in costs.names:
        if pool in weights:
            builder.charge(pool, costs.minor(pool), builder.source.get(pool))
        else:
            builder.leave(pool, costs.minor(pool))
    return builder.build()
