"""Volume-based costing: one base for everything. Cheap and coarse; it hides who is expensive to serve."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from custvalue.costing._builder import Builder, divide, driver_builder
from custvalue.costing._percentages import settle
from custvalue.costing._result import Allocation
from custvalue.costing.policies import DEFAULT_POLICIES, Policies
from custvalue.data import CostLedger, DriverTable

__all__ = ["VolumeBased"]


@attrs.frozen
class VolumeBased:
    """Charge every pool in proportion to a base: pool x base(c) / sum of base.

    Parameters
    ----------
    base
        Driver name (revenue, units, orders, direct cost ...), or several with the part of each pool that goes by each:
        ``{"revenue": 0.5, "orders": 0.5}``, adding up to 1.
    by_pool
        Pool name to another base for that pool.
    policies
        What to do at the edges.

    See Also
    --------
    ActivityBased : charges by what customers made the firm do.

    Examples
    --------
    Three segments sell 100 each; management cost follows direct cost, selling cost follows sales:

    >>> from custvalue.data import CostLedger, CostPool, CustomerIndex, DriverTable
    >>> costs = CostLedger(pools=[CostPool("management", 50), CostPool("selling", 60)], currency="EUR")
    >>> drivers = DriverTable(
    ...     customers=CustomerIndex([1, 2, 3]), drivers={"sales": [100, 100, 100], "direct": [20, 30, 50]}
    ... )
    >>> allocation = VolumeBased(base="sales", by_pool={"management": "direct"}).allocate(costs, drivers)
    >>> allocation["management"].tolist(), allocation["selling"].tolist()
    ([1000, 1500, 2500], [2000, 2000, 2000])
    """

    base: str | Mapping[str, float]
    by_pool: Mapping[str, str | Mapping[str, float]] = attrs.field(factory=dict, hash=False)
    policies: Policies = DEFAULT_POLICIES

    def allocate(self, costs: CostLedger, drivers: DriverTable, /) -> Allocation:
        """Charge the pools of ``costs`` to the customers of ``drivers``.

        Raises
        ------
        InputError
            If a base is not in the table, a pool of ``by_pool`` not in the ledger, or a policy says to refuse.
        """
        for name in self.by_pool:
            costs.pool(name)
        builder = driver_builder(costs, drivers, self, self.policies)
        for pool, amount in builder.open_pools().items():
            _charge(builder, pool, amount, self.by_pool.get(pool, self.base))
        return builder.build()


def _charge(builder: Builder, pool: str, amount: int, base: str | Mapping[str, float]) -> None:
    if isinstance(base, str):
        builder.charge(pool, amount, builder.source.get(base))
        return
    parts, rest = settle(f"base of pool {pool!r}", base, builder.policies.percentages)
    amounts = divide(amount, [*parts.values(), rest])
    for name, part in zip(parts, amounts, strict=False):
        builder.charge(pool, part, builder.source.get(name))
    builder.leave(pool, amounts[-1])
