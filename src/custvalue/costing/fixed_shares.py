"""Fixed shares: agreed percentages per customer."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np

from custvalue._arrays import locked
from custvalue.costing._builder import divide, driver_builder
from custvalue.costing._percentages import settle
from custvalue.costing._quantity import prepare
from custvalue.costing._result import Allocation
from custvalue.costing.policies import DEFAULT_POLICIES, Policies, UnknownCustomer
from custvalue.data import CostLedger, DriverTable
from custvalue.errors import Fault, SchemaError

__all__ = ["FixedShares"]


@attrs.frozen
class FixedShares:
    """Charge each pool by agreed percentages.

    Parameters
    ----------
    shares
        Customer id to share, adding up to 1. Customers not named carry nothing.
    policies
        What to do at the edges: shares that do not add up, ids not among the customers.

    Examples
    --------
    >>> from custvalue.data import CostLedger, CostPool, CustomerIndex, DriverTable
    >>> costs = CostLedger(pools=[CostPool("platform", 100)], currency="EUR")
    >>> drivers = DriverTable(customers=CustomerIndex(["a", "b"]), drivers={})
    >>> FixedShares({"a": 0.7, "b": 0.3}).allocate(costs, drivers).total.tolist()
    [7000, 3000]
    """

    shares: Mapping[str, float] | Mapping[int, float] | Mapping[str | int, float] = attrs.field(hash=False)
    policies: Policies = DEFAULT_POLICIES

    def allocate(self, costs: CostLedger, drivers: DriverTable, /) -> Allocation:
        """Charge the pools of ``costs`` to the customers of ``drivers``.

        Raises
        ------
        InputError
            If the shares do not add up and the policy says to refuse.
        SchemaError
            If ids are unknown and the policy says to refuse.
        """
        ids: list[str | int] = list(self.shares)
        positional = {str(position): share for position, share in enumerate(self.shares.values())}
        exact, rest = settle("FixedShares", positional, self.policies.percentages)
        at = drivers.customers.positions(ids) if ids else np.empty(0, dtype=np.int64)
        self._check_known([ident for ident, position in zip(ids, at, strict=True) if position < 0])
        values = np.array([float(share) for share in exact.values()])
        known = at >= 0
        weights = np.zeros(len(drivers.customers))
        weights[at[known]] = values[known]
        unknown = sum(share for share, inside in zip(exact.values(), known, strict=True) if not inside)
        builder = driver_builder(costs, drivers, self, self.policies)
        quantity = prepare("(fixed shares)", locked(weights), drivers.customers.ids, self.policies, float(unknown))
        for pool, amount in builder.open_pools().items():
            charged, left = divide(amount, [1 - rest, rest])
            builder.charge(pool, charged, quantity)
            builder.leave(pool, left)
        return builder.build()

    def _check_known(self, strangers: list[str | int]) -> None:
        if strangers and self.policies.unknown_customer is UnknownCustomer.ERROR:
            fault = Fault("FixedShares", "known customers", "unknown ids", "", strangers, len(strangers))
            raise SchemaError("FixedShares", [fault])
