"""What an allocator is. Nobody has to subclass anything: an object with this method will do."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from custvalue.costing._result import Allocation
from custvalue.data import CostLedger, DriverTable

__all__ = ["CostAllocator"]


@runtime_checkable
class CostAllocator(Protocol):
    """Charges the pools of a ledger to customers."""

    def allocate(self, costs: CostLedger, drivers: DriverTable, /) -> Allocation:
        """Charge the pools of ``costs`` to the customers of ``drivers``."""
