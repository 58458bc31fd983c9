"""Activity-based costing: resources to activities, activities to customers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

import attrs

from custvalue.costing._builder import Builder, divide, driver_builder
from custvalue.costing._percentages import settle
from custvalue.costing._result import Allocation
from custvalue.costing.capacity import Budget, Capacity
from custvalue.costing.policies import DEFAULT_POLICIES, Percentages, Policies
from custvalue.data import CostLedger, DriverTable
from custvalue.errors import Fault, InputError, SchemaError

__all__ = ["ActivityBased", "bill_of_activities"]

Driver = str | Mapping[str, float]


@attrs.frozen
class ActivityBased:
    """Charge pools to activities by resource drivers, and activities to customers by activity drivers.

    The rate of an activity is its cost divided by the quantity of its driver. Every step is exact to the minor unit, so
    that the result can be read by pool (``allocation.to_money()``), by activity (``allocation.by_activity()``), by
    customer and by any mix of them (``allocation.trace(customer)``), always with the same sum.

    Parameters
    ----------
    drivers
        Activity to driver name, or to a weighted sum of drivers: ``{"lines": 1, "pallets": 5}``. A pool without an
        entry in ``resources`` is its own activity.
    resources
        Pool to the shares of the activities it serves, adding up to 1; use `by_quantity` for heads or square metres. An
        activity may itself pass its cost on to others, over as many stages as needed, without going round in circles.
    basis
        Activity to `Capacity` or `Budget`, where the rate does not rest on the quantity actually used.
    policies
        What to do at the edges.

    References
    ----------
    Cooper, R., and Kaplan, R. S. (1991). Profit priorities from activity-based costing. Harvard Business Review 69(3).

    Examples
    --------
    >>> from custvalue.data import CostLedger, CostPool, CustomerIndex, DriverTable
    >>> costs = CostLedger(pools=[CostPool("salaries", 100)], currency="EUR")
    >>> drivers = DriverTable(customers=CustomerIndex(["a", "b"]), drivers={"lines": [30, 10], "orders": [1, 3]})
    >>> allocation = ActivityBased(
    ...     resources={"salaries": {"picking": 0.6, "packing": 0.4}},
    ...     drivers={"picking": "lines", "packing": "orders"},
    ... ).allocate(costs, drivers)
    >>> allocation.total.tolist()
    [5500, 4500]
    >>> allocation.rates()["picking"], allocation.rates()["packing"]
    (1.5, 10.0)
    >>> allocation.trace("a").by_activity()
    {'picking': 4500, 'packing': 1000}
    """

    drivers: Mapping[str, Driver] = attrs.field(hash=False)
    resources: Mapping[str, Mapping[str, float]] = attrs.field(factory=dict, hash=False)
    basis: Mapping[str, Capacity | Budget] = attrs.field(factory=dict, hash=False)
    policies: Policies = DEFAULT_POLICIES

    def allocate(self, costs: CostLedger, drivers: DriverTable, /) -> Allocation:
        """Charge the pools of ``costs`` to the customers of ``drivers``.

        Raises
        ------
        SchemaError
            Naming pools and activities without a driver, and drivers of activities nobody pays for, all at once.
        InputError
            If activities pass cost round in a circle, shares do not add up, or a policy says to refuse.
        """
        builder = driver_builder(costs, drivers, self, self.policies)
        pools = builder.open_pools()
        stages = {pool: _final_shares(pool, self.resources, self.policies.percentages) for pool in pools}
        SchemaError.raise_for("ActivityBased", self._faults(costs, stages))
        for pool, amount in pools.items():
            self._charge(builder, pool, amount, stages[pool])
        return builder.build()

    def _charge(self, builder: Builder, pool: str, amount: int, shares: Mapping[str, Fraction]) -> None:
        rest = 1 - sum(shares.values(), Fraction(0))
        amounts = divide(amount, [*shares.values(), rest])
        for activity, part in zip(shares, amounts, strict=False):
            quantity = builder.source.get(self.drivers[activity])
            name = "" if activity == pool else activity
            if activity in self.basis:
                builder.charge_at(pool, part, {name: quantity}, self.basis[activity])
            else:
                builder.charge(pool, part, quantity, name)
        builder.leave(pool, amounts[-1])

    def _faults(self, costs: CostLedger, stages: Mapping[str, Mapping[str, Fraction]]) -> Iterable[Fault]:
        reached = {activity: pool for pool, shares in stages.items() for activity in shares}
        for activity, pool in reached.items():
            if activity not in self.drivers:
                what = f"pool {pool!r}" if activity == pool else f"activity {activity!r} of pool {pool!r}"
                hint = f"Add drivers={{{activity!r}: ...}}."
                yield Fault(what, f"a driver, such as one of {sorted(self.drivers)}", "none", hint)
        known = {*reached, *costs.names}
        for what, names in (("drivers", self.drivers), ("basis", self.basis)):
            for activity in names:
                if activity not in known:
                    yield Fault(
                        f"{what}[{activity!r}]", f"an activity or pool: {sorted(known)}", "a name nothing leads to"
                    )


def _final_shares(
    start: str, resources: Mapping[str, Mapping[str, float]], policy: Percentages, path: tuple[str, ...] = ()
) -> dict[str, Fraction]:
    """Follow the stages from a pool to the activities that end at customers; exact shares of the pool."""
    if start in path:
        circle = " -> ".join([*path[path.index(start) :], start])
        hint = "Activities that serve one another are support departments: use SupportDepartments first."
        raise InputError("resources", expected="stages that lead onwards", got=f"the circle {circle}", hint=hint)
    if start not in resources:
        return {start: Fraction(1)}
    total: dict[str, Fraction] = {}
    shares, _ = settle(f"resources[{start!r}]", resources[start], policy)
    for name, share in shares.items():
        for activity, part in _final_shares(name, resources, policy, (*path, start)).items():
            total[activity] = total.get(activity, Fraction(0)) + share * part
    return total


def bill_of_activities(bill: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Turn bills of activities (what one order of each kind takes) into drivers for `ActivityBased`.

    Parameters
    ----------
    bill
        Driver (a kind of order, visit, claim) to activity to how many units of the activity one takes.

    Returns
    -------
    dict
        Activity to weighted sum of drivers.

    Examples
    --------
    >>> bill_of_activities({"standard": {"picking": 1, "packing": 1}, "rush": {"picking": 1, "packing": 2}})
    {'picking': {'standard': 1, 'rush': 1}, 'packing': {'standard': 1, 'rush': 2}}
    """
    drivers: dict[str, dict[str, float]] = {}
    for driver, activities in bill.items():
        for activity, quantity in activities.items():
            drivers.setdefault(activity, {})[driver] = quantity
    return drivers
