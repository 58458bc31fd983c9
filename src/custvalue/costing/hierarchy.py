"""The cost hierarchy: a cost is charged at the level that causes it, and not pushed below unless asked."""

from __future__ import annotations

import enum
from collections.abc import Mapping

import attrs
import numpy as np
from numpy.typing import ArrayLike

from custvalue._arrays import IntArray, as_ints, as_labels, strings
from custvalue._frames import Column, FrameKind, build_frame
from custvalue.costing._combine import charged, combine, only
from custvalue.costing._line import Held, Method, Reason
from custvalue.costing._protocol import CostAllocator
from custvalue.costing._result import Allocation
from custvalue.costing.volume_based import VolumeBased
from custvalue.data import CostLedger, CostLevel, Currency, DriverTable
from custvalue.errors import ConservationError, InputError

__all__ = ["ContributionTree", "CostHierarchy", "Spread", "Treatment", "contribution_tree"]


class Treatment(enum.Enum):
    """What happens to the pools of a level."""

    ATTRIBUTE = "attribute"
    """Charged by the allocator, like any customer cost."""
    HOLD = "hold"
    """Stays at its level, unallocated, reason ``held at level``."""


@attrs.frozen
class Spread:
    """Spread the pools of a level over customers by a driver; a decision, not a finding.

    Parameters
    ----------
    driver
        Name of the driver, such as revenue.
    """

    driver: str


_USUAL: Mapping[CostLevel, Treatment] = {
    level: Treatment.HOLD if level.above_customer else Treatment.ATTRIBUTE for level in CostLevel
}


@attrs.frozen
class CostHierarchy:
    """Treat the pools of each level of the hierarchy in its own way.

    Parameters
    ----------
    allocator
        Charges the pools of levels that are attributed.
    levels
        Level to `Treatment` or `Spread`. Unit, order and customer level are attributed, product, channel and business
        level held, unless this says otherwise.

    References
    ----------
    Cooper, R., and Kaplan, R. S. (1991). Profit priorities from activity-based costing. Harvard Business Review 69(3).

    Examples
    --------
    >>> from custvalue.data import CostLedger, CostPool, CustomerIndex, DriverTable
    >>> costs = CostLedger(
    ...     pools=[CostPool("orders", 40), CostPool("head office", 60, level=CostLevel.BUSINESS)], currency="EUR"
    ... )
    >>> drivers = DriverTable(customers=CustomerIndex(["a", "b"]), drivers={"orders": [1, 3], "revenue": [5, 1]})
    >>> CostHierarchy(VolumeBased("orders")).allocate(costs, drivers).unallocated
    Unallocated(60.00 EUR: held at level 60.00 EUR)
    >>> full = CostHierarchy(VolumeBased("orders"), {CostLevel.BUSINESS: Spread("revenue")})
    >>> full.allocate(costs, drivers).total.tolist()
    [6000, 4000]
    """

    allocator: CostAllocator
    levels: Mapping[CostLevel, Treatment | Spread] = attrs.field(factory=dict, hash=False)

    def allocate(self, costs: CostLedger, drivers: DriverTable, /) -> Allocation:
        """Charge the pools of ``costs`` to the customers of ``drivers``."""
        treatments = {**_USUAL, **self.levels}
        groups: dict[Treatment | Spread, list[str]] = {}
        for pool in costs.pools:
            groups.setdefault(treatments[pool.level], []).append(pool.name)
        parts = [self._treat(only(costs, names), drivers, treatment) for treatment, names in groups.items()]
        return combine(costs, drivers.customers, parts, Method.of(self))

    def _treat(self, costs: CostLedger, drivers: DriverTable, treatment: Treatment | Spread) -> Allocation:
        if treatment is Treatment.HOLD:
            return Allocation(
                customers=drivers.customers,
                costs=costs,
                amounts=np.zeros((len(drivers.customers), len(costs.pools)), dtype=np.int64),
                held=[Held(name, Reason.HELD_AT_LEVEL, costs.minor(name)) for name in costs.names],
            )
        lowered = attrs.evolve(costs, pools=[attrs.evolve(pool, level=CostLevel.CUSTOMER) for pool in costs.pools])
        allocator = VolumeBased(treatment.driver) if isinstance(treatment, Spread) else self.allocator
        return charged(allocator, lowered, drivers)


@attrs.frozen(kw_only=True, repr=False)
class ContributionTree:
    """From the contribution of customers down to the profit of the firm, each level's own cost taken off once.

    Parameters
    ----------
    groups
        Channels, or whatever customers were grouped by.
    customers, group_cost
        (n_groups,) minor units: contribution of the group's customers, and the cost of the group itself.
    held
        Minor units of cost that belong to the whole.
    currency
        Of all amounts.
    """

    groups: tuple[str, ...] = attrs.field(converter=strings)
    customers: tuple[int, ...]
    group_cost: tuple[int, ...]
    held: int
    currency: Currency

    @property
    def group_margin(self) -> tuple[int, ...]:
        """Contribution of each group after its own cost, minor units."""
        return tuple(own - cost for own, cost in zip(self.customers, self.group_cost, strict=True))

    @property
    def profit(self) -> int:
        """What is left of the whole, minor units."""
        return sum(self.group_margin) - self.held

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a line: level, name, amount (major units); the last line is the profit."""
        rows = [
            (level, name, amount)
            for level, amounts in (("customers", self.customers), ("group cost", [-cost for cost in self.group_cost]))
            for name, amount in zip(self.groups, amounts, strict=True)
        ]
        rows += [("whole", "held", -self.held), ("whole", "profit", self.profit)]
        columns: dict[str, Column] = {
            "level": [row[0] for row in rows],
            "name": [row[1] for row in rows],
            "amount": self.currency.to_major([row[2] for row in rows]),
        }
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        return f"ContributionTree({len(self.groups)} groups, profit {self.currency.format(self.profit)})"


def contribution_tree(
    allocation: Allocation, margins: IntArray, *, groups: ArrayLike, group_pools: Mapping[str, str] | None = None
) -> ContributionTree:
    """Take each level's cost off where it arises: customers, then channels, then the whole.

    Parameters
    ----------
    allocation
        With channel and business cost held at its level.
    margins
        (n_customers,) gross margin in minor units, before the costs of the ledger.
    groups
        (n_customers,) channel or other group of each customer.
    group_pools
        Pool to the group whose cost it is; what is held of other pools belongs to the whole.

    Raises
    ------
    InputError
        If lengths differ or a pool belongs to a group without customers.
    """
    labels = as_labels(groups)
    before = as_ints(margins)
    if not labels.size == before.size == len(allocation.customers):
        sizes = (labels.size, before.size)
        raise InputError("contribution_tree", expected=f"{len(allocation.customers)} customers", got=f"{sizes} values")
    names, inverse = np.unique(labels, return_inverse=True)
    after = np.zeros(names.size, dtype=np.int64)
    np.add.at(after, inverse, before - allocation.total)
    own = dict.fromkeys(names.tolist(), 0)
    held = 0
    for item in allocation.held:
        group = (group_pools or {}).get(item.pool)
        if group is None:
            held += item.amount
        elif group in own:
            own[group] += item.amount
        else:
            raise InputError(f"group_pools[{item.pool!r}]", expected=f"one of {sorted(own)}", got=repr(group))
    tree = ContributionTree(
        groups=names.tolist(),
        customers=tuple(after.tolist()),
        group_cost=tuple(own[name] for name in names.tolist()),
        held=held,
        currency=allocation.costs.currency,
    )
    if tree.profit != int(before.sum()) - allocation.costs.total:
        raise ConservationError("the contribution tree does not end at margins less costs")
    return tree
