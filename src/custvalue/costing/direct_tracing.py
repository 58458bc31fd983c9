"""Direct tracing: a cost that carries a customer's name is not shared with anybody."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from custvalue.costing._builder import driver_builder
from custvalue.costing._kernels.rounding import Weighed, integer_total
from custvalue.costing._result import Allocation
from custvalue.costing.policies import DEFAULT_POLICIES, Policies
from custvalue.data import CostLedger, DriverTable

__all__ = ["DirectTracing"]


@attrs.frozen
class DirectTracing:
    """Charge customers what is known to be theirs, and nothing else.

    A pool with a ``customer`` goes to that customer. A pool named in ``amounts`` is known per customer, as a column of
    amounts in major units (an intensity driver): each is charged its own, and the difference to the pool stays
    unallocated (``not assigned``, or ``over-driven`` if more was traced than there is). Other pools stay unallocated.

    Parameters
    ----------
    amounts
        Pool name to the driver that holds the amounts.
    policies
        What to do at the edges.

    Examples
    --------
    >>> from custvalue.data import CostLedger, CostPool, CustomerIndex, DriverTable
    >>> costs = CostLedger(pools=[CostPool("freight", 100), CostPool("visit", 30, customer="b")], currency="EUR")
    >>> drivers = DriverTable(customers=CustomerIndex(["a", "b"]), drivers={"freight_bill": [60.5, 35]})
    >>> allocation = DirectTracing({"freight": "freight_bill"}).allocate(costs, drivers)
    >>> allocation.total.tolist(), allocation.unallocated.total
    ([6050, 6500], 450)
    """

    amounts: Mapping[str, str] = attrs.field(factory=dict, hash=False)
    policies: Policies = DEFAULT_POLICIES

    def allocate(self, costs: CostLedger, drivers: DriverTable, /) -> Allocation:
        """Charge the pools of ``costs`` to the customers of ``drivers``."""
        for name in self.amounts:
            costs.pool(name)
        builder = driver_builder(costs, drivers, self, self.policies)
        scale = float(costs.currency.scale)
        for pool, amount in builder.open_pools().items():
            if pool not in self.amounts:
                builder.leave(pool, amount)
                continue
            quantity = builder.source.get(self.amounts[pool])
            weights = quantity.weighed.weights
            cents = Weighed(weights, scale, integer_total(weights, scale), quantity.weighed.top)
            builder.charge_exactly(pool, amount, attrs.evolve(quantity, weighed=cents))
        return builder.build()
