"""Another method for each pool: minutes for the call centre, kilometres for delivery, Shapley for the shared truck."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from custvalue.costing._combine import charged, combine, only
from custvalue.costing._line import Method
from custvalue.costing._protocol import CostAllocator
from custvalue.costing._result import Allocation
from custvalue.data import CostLedger, DriverTable

__all__ = ["ByPool"]


@attrs.frozen
class ByPool:
    """Charge each pool by its own allocator.

    Parameters
    ----------
    allocators
        Pool name to allocator. Pools with the same allocator object are charged together.
    otherwise
        Allocator of the other pools; they stay unallocated if there is none.

    Examples
    --------
    >>> from custvalue.costing import EqualSplit, VolumeBased
    >>> from custvalue.data import CostLedger, CostPool, CustomerIndex, DriverTable
    >>> costs = CostLedger(pools=[CostPool("rent", 10), CostPool("freight", 10), CostPool("tax", 5)], currency="EUR")
    >>> drivers = DriverTable(customers=CustomerIndex(["a", "b"]), drivers={"km": [1, 3]})
    >>> allocation = ByPool({"rent": EqualSplit(), "freight": VolumeBased("km")}).allocate(costs, drivers)
    >>> allocation.total.tolist(), allocation.unallocated
    ([750, 1250], Unallocated(5.00 EUR: not assigned 5.00 EUR))
    """

    allocators: Mapping[str, CostAllocator] = attrs.field(hash=False)
    otherwise: CostAllocator | None = None

    def allocate(self, costs: CostLedger, drivers: DriverTable, /) -> Allocation:
        """Charge the pools of ``costs`` to the customers of ``drivers``.

        Raises
        ------
        InputError
            If a named pool is not in the ledger.
        """
        for name in self.allocators:
            costs.pool(name)
        groups: dict[int, tuple[CostAllocator, list[str]]] = {}
        for name in costs.names:
            allocator = self.allocators.get(name, self.otherwise)
            if allocator is not None:
                groups.setdefault(id(allocator), (allocator, []))[1].append(name)
        parts = [charged(allocator, only(costs, names), drivers) for allocator, names in groups.values()]
        return combine(costs, drivers.customers, parts, Method.of(self))
