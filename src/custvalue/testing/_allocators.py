"""Conformance of cost allocators: plain named checks that any allocator, ours or yours, must pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

import attrs
import numpy as np

from custvalue._arrays import IntArray
from custvalue.costing import Allocation, CostAllocator
from custvalue.data import CostLedger, CostPool, CustomerIndex, DriverTable
from custvalue.errors import MissingDependencyError
from custvalue.testing._kit import run_checks

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["ALLOCATOR_CHECKS", "check_allocator", "driver_tables", "example_costs", "example_drivers", "ledgers"]

Check = Callable[[CostAllocator, CostLedger, DriverTable], None]
DRIVERS = ("orders", "lines", "km", "visits", "revenue")


def example_costs() -> CostLedger:
    """Three pools with amounts that do not divide evenly.

    Examples
    --------
    >>> example_costs().names
    ('order handling', 'delivery', 'sales visits')
    """
    pools = [CostPool("order handling", "240000.01"), CostPool("delivery", "4100.37"), CostPool("sales visits", "0.07")]
    return CostLedger(pools=pools, currency="EUR", period="2026")


def example_drivers(*, n_customers: int = 60, seed: int = 11) -> DriverTable:
    """Skewed drivers with ties; some customers have none of anything, ids are out of order.

    Examples
    --------
    >>> example_drivers(n_customers=5)
    DriverTable(5 customers; orders, lines, km, visits, revenue)
    """
    rng = np.random.default_rng(seed)
    ids = [f"C{number:04d}" for number in rng.permutation(n_customers)]
    active = rng.random(n_customers) < 0.85
    drivers = {name: np.where(active, rng.integers(0, 9, n_customers), 0).astype(np.float64) for name in DRIVERS[:4]}
    drivers["km"] = np.round(drivers["km"] * rng.gamma(1.0, 7.5, n_customers), 1)
    drivers["revenue"] = np.where(active, np.round(rng.gamma(0.7, 900.0, n_customers), 2), 0.0)
    return DriverTable(customers=CustomerIndex(ids), drivers=drivers, period="2026")


def _take(drivers: DriverTable, order: IntArray) -> DriverTable:
    columns = {name: drivers[name][order] for name in drivers.names}
    return attrs.evolve(drivers, customers=drivers.customers.take(order), drivers=columns)


def _steps(allocation: Allocation) -> int:
    """How many times money was cut into cents: the most by which rounding can move one customer."""
    return len(allocation.lines) + len(allocation.costs.pools)


def satisfies_protocol(allocator: CostAllocator, costs: CostLedger, drivers: DriverTable) -> None:
    """There is ``allocate(costs, drivers)``, and it returns an Allocation of those customers and pools."""
    assert isinstance(allocator, CostAllocator), "allocate(costs, drivers) is missing"
    allocation = allocator.allocate(costs, drivers)
    assert isinstance(allocation, Allocation), "allocate must return an Allocation"
    assert allocation.customers == drivers.customers, "the customers are not those of the drivers"
    assert allocation.costs.names == costs.names, "the pools are not those of the ledger"


def conserves_every_pool(allocator: CostAllocator, costs: CostLedger, drivers: DriverTable) -> None:
    """Charged and unallocated add up to each pool, to the minor unit (I1)."""
    allocation = allocator.allocate(costs, drivers)
    for column, name in enumerate(costs.names):
        charged = sum(allocation.amounts[:, column].tolist())
        held = sum(item.amount for item in allocation.held if item.pool == name)
        assert charged + held == costs.minor(name), f"pool {name!r} does not balance"


def charges_nobody_less_than_nothing(allocator: CostAllocator, costs: CostLedger, drivers: DriverTable) -> None:
    """Costs and drivers of zero or more give charges of zero or more (I2)."""
    assert not np.any(allocator.allocate(costs, drivers).amounts < 0), "a customer was credited"


def charges_nothing_for_nothing(allocator: CostAllocator, costs: CostLedger, drivers: DriverTable) -> None:
    """A customer whose drivers are all zero carries nothing, not even a cent of rounding (I3)."""
    idle = ~np.any([drivers[name] != 0 for name in drivers.names], axis=0)
    assert not np.any(allocator.allocate(costs, drivers).amounts[idle]), "a customer without any driver was charged"


def ignores_scale(allocator: CostAllocator, costs: CostLedger, drivers: DriverTable) -> None:
    """Drivers in other units (eight times, a quarter of everything) change nothing (I4)."""
    expected = allocator.allocate(costs, drivers).amounts
    for factor in (8.0, 0.25):
        columns = {name: drivers[name] * factor for name in drivers.names}
        got = allocator.allocate(costs, attrs.evolve(drivers, drivers=columns)).amounts
        assert np.array_equal(expected, got), f"drivers times {factor:g} changed the result"


def adds_pools_up(allocator: CostAllocator, costs: CostLedger, drivers: DriverTable) -> None:
    """Doubling the ledger doubles every charge, to rounding (I5)."""
    twice = [attrs.evolve(pool, amount=2 * costs.currency.to_minor(pool.amount)) for pool in costs.pools]
    cents = attrs.evolve(costs, pools=twice, currency=attrs.evolve(costs.currency, exponent=0))
    once, double = allocator.allocate(costs, drivers), allocator.allocate(cents, drivers)
    gap = np.abs(double.amounts - 2 * once.amounts).max(initial=0)
    assert gap <= 2 * _steps(once), f"twice the cost is not twice the charge: {gap} minor units apart"


def ignores_order(allocator: CostAllocator, costs: CostLedger, drivers: DriverTable) -> None:
    """Permuting the customers permutes the result, cents included (I6)."""
    expected = allocator.allocate(costs, drivers).amounts
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(drivers.customers))
        got = allocator.allocate(costs, _take(drivers, order)).amounts
        assert np.array_equal(expected[order], got), "the order of the customers moved money"


def merges_customers(allocator: CostAllocator, costs: CostLedger, drivers: DriverTable) -> None:
    """Two customers merged into one, drivers added up, carry the sum of what they carried, to rounding (I7)."""
    n = len(drivers.customers)
    if n < 2:
        return
    apart = allocator.allocate(costs, drivers)
    kept, gone = np.argsort(-sum(drivers[name] for name in drivers.names))[:2]
    columns = {name: drivers[name].copy() for name in drivers.names}
    for column in columns.values():
        column[kept] += column[gone]
    rows = np.delete(np.arange(n), gone)
    merged = allocator.allocate(costs, _take(attrs.evolve(drivers, drivers=columns), rows))
    together = merged.amounts[np.flatnonzero(rows == kept)[0]]
    gap = np.abs(together - apart.amounts[[kept, gone]].sum(axis=0)).max(initial=0)
    assert gap <= 2 * _steps(apart), f"the merged customer is {gap} minor units away from its parts"


def charges_more_for_more(allocator: CostAllocator, costs: CostLedger, drivers: DriverTable) -> None:
    """Who has more of every driver is charged no less, but for a minor unit where quotas are equal (I8)."""
    allocation = allocator.allocate(costs, drivers)
    amounts = allocation.amounts
    columns = np.array([drivers[name] for name in drivers.names])
    for row in range(min(len(drivers.customers), 40)):
        more = np.all(columns > columns[:, [row]], axis=0)
        assert np.all(amounts[more] >= amounts[row] - _steps(allocation)), (
            "a customer with more of every driver is charged less"
        )


def traces_to_the_cent(allocator: CostAllocator, costs: CostLedger, drivers: DriverTable) -> None:
    """The trace of each customer, asked alone, adds up to its charge, pool by pool (I9)."""
    allocation = allocator.allocate(costs, drivers)
    for row in range(min(len(drivers.customers), 40)):
        by_pool = allocation.trace(drivers.customers.ids[row].item()).by_pool()
        expected = dict(zip(costs.names, allocation.amounts[row].tolist(), strict=True))
        assert all(by_pool.get(name, 0) == amount for name, amount in expected.items()), "a trace does not add up"


def charges_one_customer(allocator: CostAllocator, costs: CostLedger, drivers: DriverTable) -> None:
    """A population of one works, and still conserves."""
    if len(drivers.customers):
        alone = allocator.allocate(costs, _take(drivers, np.zeros(1, dtype=np.int64)))
        assert int(alone.amounts.sum()) + alone.unallocated.total == costs.total, "one customer does not balance"


def charges_nobody(allocator: CostAllocator, costs: CostLedger, drivers: DriverTable) -> None:
    """Without customers everything stays unallocated, with a reason."""
    empty = allocator.allocate(costs, _take(drivers, np.zeros(0, dtype=np.int64)))
    assert empty.unallocated.total == costs.total, "without customers money went somewhere"


def is_repeatable(allocator: CostAllocator, costs: CostLedger, drivers: DriverTable) -> None:
    """Twice the same input is twice the same output, and inputs and settings stay what they were."""
    settings = repr(allocator)
    before = {name: drivers[name].copy() for name in drivers.names}
    first, second = allocator.allocate(costs, drivers), allocator.allocate(costs, drivers)
    assert np.array_equal(first.amounts, second.amounts), "two runs on one input differ"
    assert first.held == second.held, "two runs on one input hold different amounts"
    assert repr(allocator) == settings, "allocate changed the settings"
    same = all(np.array_equal(before[name], drivers[name], equal_nan=True) for name in drivers.names)
    assert same, "allocate changed the drivers"


def has_pinned_frame(allocator: CostAllocator, costs: CostLedger, drivers: DriverTable) -> None:
    """The frame has customer, one column a pool, and total."""
    columns = [str(name) for name in getattr(allocator.allocate(costs, drivers).to_frame(), "columns", ())]
    assert columns == ["customer", *costs.names, "total"], f"the frame has {columns}"


ALLOCATOR_CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        check.__name__: check
        for check in (
            satisfies_protocol,
            conserves_every_pool,
            charges_nobody_less_than_nothing,
            charges_nothing_for_nothing,
            ignores_scale,
            adds_pools_up,
            ignores_order,
            merges_customers,
            charges_more_for_more,
            traces_to_the_cent,
            charges_one_customer,
            charges_nobody,
            is_repeatable,
            has_pinned_frame,
        )
    }
)


def check_allocator(
    allocator: CostAllocator,
    costs: CostLedger | None = None,
    drivers: DriverTable | None = None,
    *,
    expected_failures: Mapping[str, str] = MappingProxyType({}),
    proportional: bool = False,
) -> None:
    """Run every check of a cost allocator.

    Parameters
    ----------
    allocator
        An object with ``allocate(costs, drivers)``.
    costs
        Pools with amounts of zero or more; `example_costs` by default.
    drivers
        Quantities of zero or more, none missing; `example_drivers` (orders, lines, km, visits, revenue) by default.
    expected_failures
        Check name to reason, for what an allocator knowingly does otherwise; one that passes all the same is told.

    proportional
        Also insist that two customers merged into one carry the sum of both, which holds for rules in proportion to
        drivers, and not for equal shares or Shapley values.

    Raises
    ------
    AssertionError
        Naming every check that failed, and why.

    Examples
    --------
    >>> from custvalue.costing import EqualSplit, VolumeBased
    >>> check_allocator(VolumeBased("revenue"), proportional=True)
    >>> check_allocator(EqualSplit(active="orders"))
    >>> check_allocator(EqualSplit(), expected_failures={"charges_nothing_for_nothing": "everybody carries the same"})
    """
    ledger = example_costs() if costs is None else costs
    table = example_drivers() if drivers is None else drivers
    wanted = {name: check for name, check in ALLOCATOR_CHECKS.items() if proportional or check is not merges_customers}
    run_checks(
        allocator,
        {name: partial(check, allocator, ledger, table) for name, check in wanted.items()},
        expected_failures,
    )


def ledgers(names: tuple[str, ...] = ("order handling", "delivery")) -> SearchStrategy[CostLedger]:
    """Hypothesis strategy: ledgers with these pools, any amounts of zero or more, currencies of 0, 2 and 3 decimals.

    Parameters
    ----------
    names
        Names of the pools.
    """
    try:
        from hypothesis import strategies as st  # noqa: PLC0415  # optional
    except ImportError as error:
        raise MissingDependencyError("hypothesis", extra="test", purpose="Generating ledgers") from error

    def build(currency: str, amounts: list[int]) -> CostLedger:
        pools = [CostPool(name, amount) for name, amount in zip(names, amounts, strict=True)]
        return CostLedger(pools=pools, currency=currency)

    amounts = st.one_of(st.integers(0, 100), st.integers(0, 10**9))
    several = st.lists(amounts, min_size=len(names), max_size=len(names))
    return st.builds(build, st.sampled_from(["JPY", "EUR", "BHD"]), several)


def driver_tables(names: tuple[str, ...] = DRIVERS, *, max_customers: int = 12) -> SearchStrategy[DriverTable]:
    """Hypothesis strategy: tables with many zeros and ties, whole numbers, decimals and awkward floats.

    Parameters
    ----------
    names
        Names of the drivers.
    max_customers
        Largest population; the smallest is empty.
    """
    try:
        from hypothesis import strategies as st  # noqa: PLC0415  # optional
    except ImportError as error:
        raise MissingDependencyError("hypothesis", extra="test", purpose="Generating driver tables") from error

    def build(ids: list[int], rows: list[list[float]]) -> DriverTable:
        columns = {name: [row[at] for row in rows[: len(ids)]] for at, name in enumerate(names)}
        return DriverTable(customers=CustomerIndex([f"c{number}" for number in ids]), drivers=columns)

    quantity = st.one_of(
        st.just(0.0),
        st.integers(0, 4).map(float),
        st.integers(0, 10**6).map(lambda value: value / 100),
        st.floats(1e-9, 1e6),
    )
    ids = st.lists(st.integers(0, 999), unique=True, max_size=max_customers)
    row = st.lists(quantity, min_size=len(names), max_size=len(names))
    return st.builds(build, ids, st.lists(row, min_size=max_customers, max_size=max_customers))
