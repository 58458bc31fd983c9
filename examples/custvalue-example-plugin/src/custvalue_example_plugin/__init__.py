"""Delivery cost by stops and kilometres: an allocator for custvalue in a package of its own."""

from __future__ import annotations

import attrs
import numpy as np

import custvalue as cv

__all__ = ["StopAndDistance"]


@attrs.frozen
class StopAndDistance:
    """Share every pool by stops and by kilometres, as hauliers do.

    Parameters
    ----------
    stops
        Driver that counts stops.
    distance
        Driver of kilometres.
    stop_part
        Part of the cost that goes by stops, 0 to 1.

    Examples
    --------
    >>> costs = cv.CostLedger(pools=[cv.CostPool("delivery", 100)], currency="EUR")
    >>> drivers = cv.DriverTable(
    ...     customers=cv.CustomerIndex(["near", "far"]), drivers={"orders": [5, 5], "km": [10, 90]}
    ... )
    >>> StopAndDistance().allocate(costs, drivers).total.tolist()
    [2600, 7400]
    """

    stops: str = "orders"
    distance: str = "km"
    stop_part: float = 0.4

    def allocate(self, costs: cv.CostLedger, drivers: cv.DriverTable, /) -> cv.Allocation:
        """Charge the pools of ``costs`` to the customers of ``drivers``."""
        share = self.stop_part * self._share(drivers, self.stops)
        share += (1 - self.stop_part) * self._share(drivers, self.distance)
        shares = dict.fromkeys(costs.names, share)
        return cv.Allocation.from_shares(costs, drivers.customers, shares, method="stop and distance")

    @staticmethod
    def _share(drivers: cv.DriverTable, name: str) -> np.ndarray:
        quantity = drivers[name]
        total = np.sort(quantity).sum()  # sorted: the last bit must not depend on the order of the rows
        return quantity / total if total > 0 else quantity
