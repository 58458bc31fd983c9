"""Time-driven activity-based costing: what a minute costs, how many minutes everything takes, and what was not used."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from custvalue.costing._builder import driver_builder
from custvalue.costing._result import Allocation
from custvalue.costing.capacity import Capacity
from custvalue.costing.policies import DEFAULT_POLICIES, Idle, OverDriven, Policies
from custvalue.costing.time_equations import TimeEquation, WorkTime
from custvalue.data import CostLedger, DriverTable
from custvalue.errors import UnitError

__all__ = ["TimeDriven"]


def _equations(value: Mapping[str, TimeEquation | WorkTime | float]) -> dict[str, TimeEquation]:
    return {str(event): TimeEquation.of(equation) for event, equation in value.items()}


def _capacity(value: WorkTime) -> WorkTime:
    if getattr(value, "minutes", None) is None:
        hint = "Write minutes(700_000) or hours(11_667)."
        raise UnitError("TimeDriven.practical_capacity", expected="a working time", got=repr(value), hint=hint)
    return value


@attrs.frozen(kw_only=True)
class TimeDriven:
    """Charge one resource by the minutes customers took: capacity cost rate x minutes.

    The rate is the cost of the capacity supplied divided by the practical capacity. Minutes that were not used are
    never charged to customers unless ``idle`` says so; using more than there is is a negative line, never scaled away.

    Parameters
    ----------
    resource
        The pool: a department, a team, a fleet. Other pools of the ledger stay unallocated; `ByPool` joins several.
    practical_capacity
        Working time paid for that can really be used, such as 80 % of the theoretical.
    equations
        Event (the driver that counts it) to the minutes one takes: a number, a time, or an equation of terms. Terms are
        drivers too: their sums over the customer's events.
    idle
        What happens to the cost of minutes not used.
    over
        What happens when more minutes were used than there are.
    policies
        What to do at the other edges; a negative time follows ``negative_driver``.

    References
    ----------
    Kaplan, R. S., and Anderson, S. R. (2004). Time-driven activity-based costing. Harvard Business Review 82(11).

    Examples
    --------
    >>> from custvalue.costing import minutes, term
    >>> from custvalue.data import CostLedger, CostPool, CustomerIndex, DriverTable
    >>> costs = CostLedger(pools=[CostPool("inside sales", 800)], currency="EUR")
    >>> drivers = DriverTable(
    ...     customers=CustomerIndex(["a", "b"]), drivers={"order": [10, 20], "lines": [50, 40], "new": [1, 0]}
    ... )
    >>> sales = TimeDriven(
    ...     resource="inside sales",
    ...     practical_capacity=minutes(1000),
    ...     equations={"order": 5 + 3 * term("lines") + 15 * term("new")},
    ... )
    >>> allocation = sales.allocate(costs, drivers)
    >>> allocation.total.tolist(), allocation.unallocated
    ([17200, 17600], Unallocated(452.00 EUR: idle capacity 452.00 EUR))
    """

    resource: str
    practical_capacity: WorkTime = attrs.field(converter=_capacity)
    equations: Mapping[str, TimeEquation] = attrs.field(converter=_equations, hash=False)
    idle: Idle = Idle.SEPARATE
    over: OverDriven = OverDriven.POST
    policies: Policies = DEFAULT_POLICIES

    def rate(self, costs: CostLedger) -> float:
        """Cost of one minute, in major units."""
        minor = costs.minor(self.resource)
        return minor / costs.currency.scale / self.practical_capacity.minutes

    def allocate(self, costs: CostLedger, drivers: DriverTable, /) -> Allocation:
        """Charge the resource of ``costs`` to the customers of ``drivers``.

        Raises
        ------
        InputError
            If the resource is not in the ledger, a term is not a driver, or a policy says to refuse.
        """
        costs.pool(self.resource)
        capacity = Capacity(self.practical_capacity.minutes, self.idle, self.over)
        builder = driver_builder(costs, drivers, self, self.policies)
        for pool, amount in builder.open_pools().items():
            if pool != self.resource:
                builder.leave(pool, amount)
                continue
            used = {event: builder.source.get(equation.weights(event)) for event, equation in self.equations.items()}
            builder.charge_at(pool, amount, used, capacity)
        return builder.build()
