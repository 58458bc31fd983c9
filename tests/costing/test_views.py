"""Every result: pinned columns of its frame, one line of text, and refusals in words."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import pytest

from custvalue.costing import (
    ActivityBased,
    AirportGame,
    Allocation,
    Budget,
    Capacity,
    EqualSplit,
    LineCosts,
    NegativeDriver,
    Policies,
    Reason,
    Shapley,
    StepDown,
    SupportDepartments,
    VolumeBased,
    allocate_measures,
    bench,
    by_quantity,
    compare,
    contribution_tree,
    core_gap,
    cost_errors,
    cost_intervals,
    death_spiral,
    drop_customers,
    minutes,
    term,
)
from custvalue.costing.accuracy import FirmSettings, Pooling, SimulatedFirm, design_system
from custvalue.data import CostLedger, CostPool, CustomerIndex, DriverTable
from custvalue.errors import InputError, SchemaError

COSTS = CostLedger(pools=[CostPool("one", 100), CostPool("two", "0.05")], currency="EUR", period="2026")
DRIVERS = DriverTable(customers=CustomerIndex([7, 3, 5]), drivers={"x": [1, 2, 4], "y": [0, 1, 1]}, unknown={"x": 1})
ALLOCATION = VolumeBased("x").allocate(COSTS, DRIVERS)
SMALL = FirmSettings(n_customers=10, n_resources=20, n_top=4)


class HasFrame(Protocol):
    """Anything with to_frame."""

    def to_frame(self) -> object:
        """Make a frame."""


def departments() -> SupportDepartments:
    """One support department."""
    return SupportDepartments(services={"two": {"one": 1}})


RESULTS: list[tuple[HasFrame, list[str], str]] = [
    (ALLOCATION, ["customer", "one", "two", "total"], "Allocation(3 customers, 2 pools, 87.54 EUR charged, 12.51 EUR"),
    (
        ALLOCATION.unallocated,
        ["pool", *(reason.value for reason in Reason), "unallocated"],
        "Unallocated(12.51 EUR: unk",
    ),
    (
        ALLOCATION.balance(),
        ["pool", "amount", "charged", "unallocated", "remainder", "by_fallback", "n_missing", "n_negative"],
        "Balance(100.05 EUR = 87.54 EUR charged + 12.51 EUR unallocated; remainders 0)",
    ),
    (
        ALLOCATION.trace(5),
        ["pool", "activity", "driver", "quantity", "driver_total", "rate", "amount", "share_of_pool"],
        "Trace(5: 50.02 EUR on 2 lines)",
    ),
    (ALLOCATION.trace_pool("one"), ["activity", "destination", "amount", "share_of_pool"], "PoolTrace('one': 100.00"),
    (ALLOCATION.rates(), ["activity", "driver", "cost", "quantity", "rate"], "RateCard(2 rates, EUR)"),
    (departments().redistribute(COSTS), ["department", "two", "total"], "Redistribution(1 support -> 1 operating"),
    (
        departments().order_sensitivity(COSTS),
        ["department", "low", "high", "spread"],
        "OrderSensitivity(1 orders; up to 0 minor",
    ),
    (
        contribution_tree(ALLOCATION, np.array([1, 1, 1]), groups=["a", "b", "a"]),
        ["level", "name", "amount"],
        "ContributionTree(2 groups, profit -100.02 EUR)",
    ),
    (
        compare({"a": ALLOCATION, "b": EqualSplit().allocate(COSTS, DRIVERS)}),
        ["customer", "cost a", "rank a", "cost b", "rank b"],
        "Comparison(3 customers; a, b)",
    ),
    (Shapley(AirportGame("x")).shares(DRIVERS), ["customer", "value", "standard_error"], "GameShares(3 customers;"),
    (
        LineCosts(allocation=ALLOCATION, dimensions={"shop": ["n", "s", "n"]}).by("shop"),
        ["shop", "one", "two", "total"],
        "Cut(shop: 2 cells)",
    ),
    (
        allocate_measures({"cost": EqualSplit()}, {"cost": COSTS}, DRIVERS),
        ["customer", "cost [EUR]"],
        "MeasureSet(3 customers; cost)",
    ),
    (
        cost_intervals(VolumeBased("x"), COSTS, DRIVERS, errors={"x": 0.1}, n_draws=3),
        ["customer", "cost", "low", "high", "loss_probability"],
        "CostIntervals(3 customers, 90%)",
    ),
    (
        death_spiral(EqualSplit(), COSTS, DRIVERS, [9_000, 9_000, 9_000]),
        ["round", "n_active", "profit"],
        "DeathSpiral(equilibrium; rounds: 0; 3 -> 3",
    ),
    (bench(n_firms=1, settings=SMALL), ["system", "mean_absolute_error"], "Bench(9 systems, 1 firms; best"),
]


@pytest.mark.parametrize(("result", "columns", "text"), RESULTS, ids=lambda item: type(item).__name__)
def test_frames_and_texts_are_pinned(result: HasFrame, columns: list[str], text: str) -> None:
    """Columns in order, and one line of text that begins as it should."""
    assert list(result.to_frame().columns) == columns  # type: ignore[attr-defined]  # pandas
    assert repr(result).startswith(text)
    assert "\n" not in repr(result)


def test_one_number_of_many() -> None:
    """Sums by pool, by reason, by both; rates, measures and methods by name; unknown names are refused."""
    unallocated = ALLOCATION.unallocated
    both = compare({"a": ALLOCATION, "b": EqualSplit().allocate(COSTS, DRIVERS)}, profit_before=[1, 1, 1])

    assert unallocated["one"] == unallocated["one", Reason.UNKNOWN_CUSTOMER] == 12_50
    assert unallocated[Reason.IDLE_CAPACITY] == 0
    assert both.difference("a", "b").sum() == both.cost[:, 0].sum() - both.cost[:, 1].sum()
    assert repr(ALLOCATION.lines[0]) == "Line(one -> x: 8750 minor units)"
    for ask in (lambda: unallocated["moon"], lambda: both.difference("a", "moon"), lambda: ALLOCATION["moon"]):
        with pytest.raises(InputError, match="one of"):
            ask()
    with pytest.raises(KeyError, match="moon"):
        ALLOCATION.rates()["moon"]
    with pytest.raises(InputError, match="one of"):
        allocate_measures({"cost": EqualSplit()}, {"cost": COSTS}, DRIVERS)["moon"]


@pytest.mark.parametrize("customer", [99, "7", -1])
def test_tracing_a_stranger_is_refused(customer: int | str) -> None:
    """Also an id of the other kind: 7 is a customer, "7" is not."""
    with pytest.raises(InputError, match="one of 3 customers"):
        ALLOCATION.trace(customer)


def test_a_pool_called_like_a_column_has_no_frame() -> None:
    """A wide frame cannot have two columns called total."""
    costs = CostLedger(pools=[CostPool("total", 1)], currency="EUR")

    with pytest.raises(InputError, match="other pool names"):
        Allocation.from_shares(costs, DRIVERS.customers, {"total": [1, 1, 1]}).to_frame()


def test_reports_for_one_method_only() -> None:
    """With a single customer ranks correlate trivially."""
    one = DriverTable(customers=CustomerIndex([1]), drivers={})
    both = compare({name: EqualSplit().allocate(COSTS, one) for name in "ab"})

    assert both.rank_correlation.tolist() == [[1.0, 1.0], [1.0, 1.0]]


@pytest.mark.parametrize("quantity", [0.0, -1.0, float("nan"), float("inf")])
def test_capacity_is_a_quantity_above_zero(quantity: float) -> None:
    """Neither zero nor NaN can be divided by."""
    for kind in (Capacity, Budget):
        with pytest.raises(InputError, match="above zero"):
            kind(quantity)


def test_settings_that_make_no_sense() -> None:
    """One refusal each, in words."""
    with pytest.raises(InputError, match="not all zero"):
        by_quantity({"a": 0.0})
    with pytest.raises(InputError, match="not all zero"):
        VolumeBased("x", by_pool={"one": {}}).allocate(COSTS, DRIVERS)
    with pytest.raises(InputError, match="at least one driver"):
        ActivityBased(drivers={"one": {}, "two": "x"}).allocate(COSTS, DRIVERS)
    with pytest.raises(InputError, match="without"):
        term("a*b")
    with pytest.raises(InputError, match="column 'lines'"):
        (2 * term("lines")).per_event({"rush": [1]})
    with pytest.raises(InputError, match="each of"):
        SupportDepartments(services={"two": {"one": 1}}, method=StepDown(["moon"])).redistribute(COSTS)
    with pytest.raises(InputError, match="from 0 to 1"):
        SupportDepartments(services={"two": {"one": 1}}, fixed={"two": 2}).redistribute(COSTS)
    with pytest.raises(SchemaError, match="at least one support department"):
        SupportDepartments(services={}).redistribute(COSTS)
    with pytest.raises(InputError, match="one length"):
        cost_errors([1, 2], [1])
    with pytest.raises(InputError, match="3 customers"):
        compare(dict.fromkeys("ab", ALLOCATION), profit_before=[1])
    with pytest.raises(InputError, match="3 customers"):
        contribution_tree(ALLOCATION, np.array([1]), groups=["a"])
    with pytest.raises(InputError, match="3 customers"):
        death_spiral(EqualSplit(), COSTS, DRIVERS, [1])
    with pytest.raises(InputError, match="3 customers"):
        cost_intervals(VolumeBased("x"), COSTS, DRIVERS, errors={}, profit_before=[1])
    with pytest.raises(InputError, match="customers of the allocation"):
        drop_customers(ALLOCATION, [1, 1, 1], CustomerIndex([99]))


def test_all_poolings_make_every_pool() -> None:
    """At random, by size, by correlation: each pool has a driver, and the ledger is charged in full."""
    firm = SimulatedFirm.simulate(SMALL, seed=2)
    for pooling in Pooling:
        allocation = design_system(firm, 5, pooling=pooling).allocate(firm.costs, firm.drivers)
        assert allocation.total.sum() == firm.costs.total


def test_returns_are_an_activity_of_their_own() -> None:
    """The best answer to negative quantities: count returns, positively, and let revenue net."""
    costs = CostLedger(pools=[CostPool("picking", 90), CostPool("returns", 30)], currency="EUR")
    drivers = DriverTable(
        customers=CustomerIndex(["a", "b"]), drivers={"net units": [50, -5], "shipped": [60, 30], "returned": [10, 35]}
    )
    with pytest.raises(SchemaError, match="activity of their own"):
        VolumeBased("net units").allocate(costs, drivers)
    netted = VolumeBased("net units", policies=Policies(negative_driver=NegativeDriver.AS_IS)).allocate(costs, drivers)
    apart = VolumeBased("shipped", by_pool={"returns": "returned"}).allocate(costs, drivers)

    assert netted.total[1] < 0
    assert apart.total.tolist() == [60_00 + 6_67, 30_00 + 23_33]


def test_core_of_a_single_customer_and_times_add_up() -> None:
    """Small things: nobody to object, and times are times."""
    one = DriverTable(customers=CustomerIndex([1]), drivers={"x": [3]})

    assert core_gap(AirportGame("x"), one, np.array([3.0])) == 0.0
    assert minutes(30) + minutes(15) == minutes(45)
    assert minutes(5) + term("x") - 2 == 3 + term("x")
