"""Our own allocators pass the kit we ship, and the kit catches allocators that cheat."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from custvalue.costing import (
    ActivityBased,
    Allocation,
    Budget,
    ByPool,
    Capacity,
    CostAllocator,
    CostHierarchy,
    DirectTracing,
    EqualSplit,
    FixedShares,
    Policies,
    Rounding,
    TimeDriven,
    VolumeBased,
    bill_of_activities,
    minutes,
    term,
)
from custvalue.data import CostLedger, DriverTable
from custvalue.testing import (
    ALLOCATOR_CHECKS,
    check_allocator,
    driver_tables,
    example_costs,
    example_drivers,
    ledgers,
)

SAME = "everybody carries the same"
RATE = "the rate is fixed beforehand"
ABC = ActivityBased(
    resources={"order handling": {"picking": 0.6, "packing": 0.4}},
    drivers={"picking": "lines", "packing": {"orders": 1, "lines": 0.25}, "delivery": "km", "sales visits": "visits"},
)
TIME = TimeDriven(
    resource="order handling", practical_capacity=minutes(5_000), equations={"orders": 5 + 3 * term("lines")}
)
OURS: dict[str, tuple[CostAllocator, Mapping[str, str]]] = {
    "volume": (VolumeBased("revenue"), {}),
    "volume mixed": (VolumeBased({"revenue": 0.5, "orders": 0.5}), {}),
    "activity": (ABC, {}),
    "activity, capacity": (attrs.evolve(ABC, basis={"picking": Capacity(5_000)}), {"ignores_scale": RATE}),
    "activity, budget": (attrs.evolve(ABC, basis={"delivery": Budget(900)}), {"ignores_scale": RATE}),
    "bills": (
        ActivityBased(
            drivers=bill_of_activities(
                {"orders": {"order handling": 1, "delivery": 2}, "visits": {"sales visits": 1, "delivery": 1}}
            )
        ),
        {},
    ),
    "time": (TIME, {"ignores_scale": RATE}),
    "by pool": (ByPool({"delivery": VolumeBased("km")}, otherwise=VolumeBased("orders")), {}),
    "hierarchy": (CostHierarchy(VolumeBased("orders")), {}),
    "traced": (DirectTracing({"delivery": "km"}), {"ignores_scale": RATE, "adds_pools_up": RATE}),
    "even": (EqualSplit(), {"charges_nothing_for_nothing": SAME, "merges_customers": SAME}),
    "even among active": (EqualSplit(active="orders"), {"merges_customers": SAME}),
    "half up": (VolumeBased("orders", policies=Policies(rounding=Rounding.HOLD)), {}),
}


@pytest.mark.parametrize("check", ALLOCATOR_CHECKS)
@pytest.mark.parametrize("name", OURS)
def test_our_allocators_conform(name: str, check: str) -> None:
    """Every check of the kit, one by one; what an allocator knowingly does otherwise is declared."""
    allocator, expected_failures = OURS[name]
    costs, drivers = example_costs(), example_drivers()
    if check in expected_failures:
        with pytest.raises(AssertionError):
            ALLOCATOR_CHECKS[check](allocator, costs, drivers)
    else:
        ALLOCATOR_CHECKS[check](allocator, costs, drivers)


def test_fixed_shares_conform_where_they_can() -> None:
    """Agreed shares do not follow drivers, but conserve, trace and ignore order like all others."""
    drivers = example_drivers()
    shares = dict.fromkeys(drivers.customers.ids[:4].tolist(), 0.25)
    allocator = FixedShares(shares, policies=Policies())
    failing = {"charges_one_customer", "charges_nothing_for_nothing", "charges_more_for_more", "merges_customers"}

    for name, check in ALLOCATOR_CHECKS.items():
        if name not in failing:
            check(allocator, example_costs(), drivers)


@attrs.frozen
class Leaky:
    """Rounds in floats, by position, and charges who did nothing."""

    def allocate(self, costs: CostLedger, drivers: DriverTable, /) -> Allocation:
        """Charge the pools by position."""
        weights = np.arange(1.0, len(drivers.customers) + 1.0)
        return Allocation.from_shares(costs, drivers.customers, dict.fromkeys(costs.names, weights))


def test_the_kit_catches_cheats() -> None:
    """An allocator that goes by position is told everything it does wrong at once."""
    with pytest.raises(AssertionError) as caught:
        check_allocator(Leaky(), proportional=True)

    for name in ("ignores_order", "charges_nothing_for_nothing", "merges_customers"):
        assert name in str(caught.value)
    with pytest.raises(AssertionError, match="although expected to fail"):
        check_allocator(VolumeBased("orders"), expected_failures={"ignores_order": "said so"})


LAWS = [name for name in ALLOCATOR_CHECKS if name != "has_pinned_frame"]


def obey(allocator: CostAllocator, costs: CostLedger, drivers: DriverTable) -> None:
    """All laws I1 to I9 at once."""
    for name in LAWS:
        ALLOCATOR_CHECKS[name](allocator, costs, drivers)


PROPORTIONAL = VolumeBased("revenue", by_pool={"delivery": "km"})
MIXED = ByPool({"delivery": VolumeBased({"km": 0.3, "orders": 0.7})}, otherwise=VolumeBased("revenue"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ledgers(), driver_tables())
def test_laws_hold_on_generated_cases(costs: CostLedger, drivers: DriverTable) -> None:
    """I1 to I9 on a few generated ledgers and drivers; thousands in the long run."""
    obey(MIXED, costs, drivers)


@pytest.mark.long
@settings(max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ledgers(), driver_tables())
def test_laws_hold_on_ten_thousand_cases(costs: CostLedger, drivers: DriverTable) -> None:
    """I1 to I9 on 10,000 generated ledgers and drivers."""
    obey(PROPORTIONAL, costs, drivers)


@pytest.mark.long
@settings(max_examples=3_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ledgers(("order handling", "delivery", "sales visits")), driver_tables())
def test_laws_hold_for_two_stages(costs: CostLedger, drivers: DriverTable) -> None:
    """I1 to I9 on 3,000 generated cases of two-stage activity-based costing."""
    obey(ABC, costs, drivers)
