"""Putting allocations of different pools of one ledger together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

import attrs
import numpy as np

from custvalue._arrays import locked
from custvalue.costing._line import Held, Method, Reason
from custvalue.costing._protocol import CostAllocator
from custvalue.costing._result import Allocation
from custvalue.data import CostLedger, Currency, CustomerIndex, DriverTable
from custvalue.errors import AlignmentError, InputError

__all__ = ["charged", "combine", "exact_major", "only"]

_COMBINED = Method("combined")


def exact_major(currency: Currency, minor: int) -> Decimal:
    """Write minor units in major units, without rounding."""
    return Decimal(minor).scaleb(-currency.exponent)


def only(costs: CostLedger, names: Iterable[str]) -> CostLedger:
    """Take some pools of a ledger, in its order."""
    wanted = set(names)
    return attrs.evolve(costs, pools=[pool for pool in costs.pools if pool.name in wanted])


def combine(
    costs: CostLedger, customers: CustomerIndex, parts: Sequence[Allocation], method: Method = _COMBINED
) -> Allocation:
    """Join allocations that each charged other pools of one ledger; pools nobody charged stay unallocated.

    Raises
    ------
    AlignmentError
        If a part is of other customers, another currency or another period.
    InputError
        If two parts charged the same pool.
    """
    amounts = np.zeros((len(customers), len(costs.pools)), dtype=np.int64, order="F")
    taken: set[str] = set()
    for part in parts:
        _check(costs, customers, part, taken)
        taken.update(part.costs.names)
        for column, name in enumerate(part.costs.names):
            amounts[:, costs.names.index(name)] = part.amounts[:, column]
    left = [Held(name, Reason.NOT_ASSIGNED, costs.minor(name)) for name in costs.names if name not in taken]
    return Allocation(
        customers=customers,
        costs=costs,
        amounts=locked(amounts),
        held=[*(held for part in parts for held in part.held), *left],
        lines=[line for part in parts for line in part.lines],
        notes=[note for part in parts for note in part.notes],
        method=method,
    )


def charged(allocator: CostAllocator, costs: CostLedger, drivers: DriverTable) -> Allocation:
    """Let an allocator charge a ledger, and insist on what allocators give back.

    Raises
    ------
    InputError
        If it gave back something else, such as a bare array.
    """
    done: object = allocator.allocate(costs, drivers)
    if not isinstance(done, Allocation):
        hint = "End it with Allocation.from_shares(costs, drivers.customers, {pool: weights})."
        got = f"{type(done).__name__} from {type(allocator).__name__}"
        raise InputError("allocate", expected="an Allocation", got=got, hint=hint)
    return done


def _check(costs: CostLedger, customers: CustomerIndex, part: Allocation, taken: set[str]) -> None:
    customers.require_same(part.customers, where="combine")
    for what, ours, theirs in (
        ("currency", costs.currency.code, part.costs.currency.code),
        ("period", costs.period, part.costs.period),
    ):
        if ours != theirs:
            raise AlignmentError("combine", expected=f"one {what}", got=f"{ours!r} and {theirs!r}")
    twice = sorted(taken & set(part.costs.names))
    if twice:
        raise InputError("combine", expected="each pool charged once", got=f"{twice} charged twice")
