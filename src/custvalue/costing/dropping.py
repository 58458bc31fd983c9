"""What happens when unprofitable customers are dropped: once, and again and again."""

from __future__ import annotations

import enum

import attrs
import numpy as np
from numpy.typing import ArrayLike

from custvalue._arrays import ArrayHolder, BoolArray, IntArray, as_ints, bool_array, int_array
from custvalue._frames import FrameKind, build_frame
from custvalue.costing._combine import charged, exact_major
from custvalue.costing._protocol import CostAllocator
from custvalue.costing._result import Allocation
from custvalue.data import Avoidability, CostLedger, Currency, CustomerIndex, DriverTable
from custvalue.errors import InputError

__all__ = ["DeathSpiral", "Dropped", "Outcome", "death_spiral", "drop_customers"]


@attrs.frozen(kw_only=True, repr=False)
class Dropped:
    """What dropping customers does to the profit of the firm.

    Parameters
    ----------
    margin
        Minor units of margin lost.
    charged
        Minor units of cost the customers were charged.
    avoided
        Minor units of it that really go away.
    currency
        Of the amounts.
    """

    margin: int
    charged: int
    avoided: int
    currency: Currency

    @property
    def change(self) -> int:
        """Change of the firm's profit, minor units."""
        return self.avoided - self.margin

    @property
    def break_even(self) -> float:
        """Part of the charged cost that must be avoidable for dropping to pay; NaN if nothing was charged."""
        return self.margin / self.charged if self.charged else float("nan")

    def __repr__(self) -> str:
        """One line."""
        text = self.currency.format
        return f"Dropped(profit changes by {text(self.change)}; break-even at {self.break_even:.1%} avoidable)"


def _charged(allocation: Allocation, rows: IntArray | BoolArray, kinds: set[Avoidability]) -> int:
    columns = [at for at, pool in enumerate(allocation.costs.pools) if pool.avoidable in kinds]
    return int(allocation.amounts[rows][:, columns].sum())


AVOIDABLE = {Avoidability.VARIABLE, Avoidability.ON_EXIT}


def drop_customers(allocation: Allocation, margins: ArrayLike, customers: CustomerIndex) -> Dropped:
    """Tell what dropping customers does: their margin goes, only avoidable cost goes with it.

    Parameters
    ----------
    allocation
        Costs as charged; ``CostPool.avoidable`` says what goes away.
    margins
        (n_customers,) margin before these costs, minor units.
    customers
        Whom to drop.

    Raises
    ------
    InputError
        If someone is not among the customers.

    Examples
    --------
    >>> from custvalue.data import CostPool
    >>> pools = [CostPool("picking", 60, avoidable=Avoidability.VARIABLE), CostPool("hall", 40)]
    >>> allocation = Allocation.from_shares(
    ...     CostLedger(pools=pools, currency="EUR"), CustomerIndex(["a", "b"]), {"picking": [1, 1], "hall": [1, 1]}
    ... )
    >>> drop_customers(allocation, [10_000, 4_000], CustomerIndex(["b"]))
    Dropped(profit changes by -10.00 EUR; break-even at 80.0% avoidable)
    """
    rows = allocation.customers.positions(customers.ids)
    if (rows < 0).any():
        strangers = customers.ids[rows < 0][:20].tolist()
        raise InputError("drop_customers", expected="customers of the allocation", got=f"{strangers}")
    return Dropped(
        margin=int(as_ints(margins)[rows].sum()),
        charged=_charged(allocation, rows, set(Avoidability)),
        avoided=_charged(allocation, rows, AVOIDABLE),
        currency=allocation.costs.currency,
    )


class Outcome(enum.Enum):
    """Where dropping the unprofitable ends."""

    EQUILIBRIUM = "equilibrium"
    """All that are left are profitable."""
    EMPTY = "empty"
    """Nobody is left: a death spiral."""


@attrs.frozen(kw_only=True, eq=False, repr=False)
class DeathSpiral(ArrayHolder):
    """Round after round of dropping whoever shows a loss.

    Parameters
    ----------
    customers
        (n_customers,).
    stays
        (n_customers,) who is left at the end.
    n_active, profit
        (n_rounds + 1,) customers and profit of the firm (minor units), before the first drop and after each.
    outcome
        How it ended.
    currency
        Of the profit.
    """

    customers: CustomerIndex
    stays: BoolArray = bool_array()
    n_active: IntArray = int_array()
    profit: IntArray = int_array()
    outcome: Outcome
    currency: Currency

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a round: round, n_active, profit (major units)."""
        columns = {
            "round": np.arange(self.n_active.size),
            "n_active": self.n_active,
            "profit": self.currency.to_major(self.profit),
        }
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        text = self.currency.format
        return (
            f"DeathSpiral({self.outcome.value}; rounds: {self.n_active.size - 1}; {self.n_active[0]} -> "
            f"{self.n_active[-1]} customers, profit {text(int(self.profit[0]))} -> {text(int(self.profit[-1]))})"
        )


def death_spiral(allocator: CostAllocator, costs: CostLedger, drivers: DriverTable, margins: ArrayLike) -> DeathSpiral:
    """Drop whoever shows a loss, charge the committed cost to the survivors, and look again.

    Parameters
    ----------
    allocator
        Charges the costs in each round.
    costs
        Pools; of avoidable ones goes what dropped customers were charged, committed ones stay whole.
    drivers
        Of all customers.
    margins
        (n_customers,) margin before these costs, minor units.

    Raises
    ------
    InputError
        If there is not one margin a customer.

    Examples
    --------
    >>> from custvalue.costing import EqualSplit
    >>> from custvalue.data import CostPool
    >>> costs = CostLedger(pools=[CostPool("plant", 90)], currency="EUR")
    >>> drivers = DriverTable(customers=CustomerIndex(["a", "b", "c"]), drivers={})
    >>> death_spiral(EqualSplit(), costs, drivers, [2_000, 4_000, 8_000])
    DeathSpiral(empty; rounds: 3; 3 -> 0 customers, profit 50.00 EUR -> -90.00 EUR)
    """
    before = as_ints(margins)
    n = len(drivers.customers)
    if before.size != n:
        raise InputError("death_spiral(margins)", expected=f"{n} customers", got=f"{before.size} values")
    active = np.ones(n, dtype=np.bool_)
    ledger = costs
    counts, profits = [n], [int(before.sum()) - costs.total]
    while active.any():
        rows = np.flatnonzero(active)
        columns = {name: drivers[name][rows] for name in drivers.names}
        table = attrs.evolve(drivers, customers=drivers.customers.take(rows), drivers=columns)
        allocation = charged(allocator, ledger, table)
        loses = before[rows] < allocation.total
        if not loses.any():
            break
        ledger = _without(ledger, allocation, loses)
        active[rows[loses]] = False
        counts.append(int(active.sum()))
        profits.append(int(before[active].sum()) - ledger.total)
    return DeathSpiral(
        customers=drivers.customers,
        stays=active,
        n_active=np.array(counts),
        profit=np.array(profits),
        outcome=Outcome.EQUILIBRIUM if active.any() else Outcome.EMPTY,
        currency=costs.currency,
    )


def _without(ledger: CostLedger, allocation: Allocation, dropped: BoolArray) -> CostLedger:
    """Take what dropped customers were charged off the pools that are avoidable."""
    pools = []
    for column, pool in enumerate(ledger.pools):
        gone = int(allocation.amounts[dropped, column].sum()) if pool.avoidable in AVOIDABLE else 0
        pools.append(attrs.evolve(pool, amount=exact_major(ledger.currency, ledger.minor(pool.name) - gone)))
    return attrs.evolve(ledger, pools=pools)
