"""Equal split: every customer, or everyone who did anything, carries the same."""

from __future__ import annotations

import attrs
import numpy as np

from custvalue._arrays import locked
from custvalue.costing._builder import driver_builder
from custvalue.costing._quantity import prepare
from custvalue.costing._result import Allocation
from custvalue.costing.policies import DEFAULT_POLICIES, Policies
from custvalue.data import CostLedger, DriverTable

__all__ = ["EqualSplit"]


@attrs.frozen
class EqualSplit:
    """Charge each customer the same part of every pool.

    Parameters
    ----------
    active
        Driver that says who takes part: customers above zero. Everybody by default.
    policies
        What to do at the edges.

    Examples
    --------
    >>> from custvalue.data import CostLedger, CostPool, CustomerIndex, DriverTable
    >>> costs = CostLedger(pools=[CostPool("rent", 10)], currency="EUR")
    >>> drivers = DriverTable(customers=CustomerIndex(["a", "b", "c"]), drivers={"orders": [4, 0, 1]})
    >>> EqualSplit().allocate(costs, drivers).total.tolist()
    [334, 333, 333]
    >>> EqualSplit(active="orders").allocate(costs, drivers).total.tolist()
    [500, 0, 500]
    """

    active: str | None = None
    policies: Policies = DEFAULT_POLICIES

    def allocate(self, costs: CostLedger, drivers: DriverTable, /) -> Allocation:
        """Charge the pools of ``costs`` to the customers of ``drivers``."""
        builder = driver_builder(costs, drivers, self, self.policies)
        quantity = builder.source.even()
        if self.active is not None:
            used = builder.source.get(self.active).weighed.weights > 0
            name = f"(even, where {self.active} > 0)"
            quantity = prepare(name, locked(used.astype(np.float64)), drivers.customers.ids, self.policies, 0.0)
        for pool, amount in builder.open_pools().items():
            builder.charge(pool, amount, quantity)
        return builder.build()
