"""Traps other people's code and texts fell into, one named test each."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

import custvalue.costing
from custvalue.costing import (
    ActivityBased,
    Allocation,
    Capacity,
    CostAllocator,
    EqualSplit,
    LineCosts,
    Reason,
    SupportDepartments,
    VolumeBased,
    allocate_measures,
    combine,
    cost_errors,
    drop_customers,
)
from custvalue.costing.accuracy import SimulatedFirm, design_system
from custvalue.data import Avoidability, CostLedger, CostPool, CustomerIndex, DriverTable
from custvalue.errors import AlignmentError

NAMESPACES = CustomerIndex(["ns1", "ns2", "ns3"])


def test_sharing_idle_and_shared_cost_together_keeps_the_total() -> None:
    """OpenCost's comment: 28/36/18 with idle 20/10; sharing ns1 and the idle over-counted by 4.896 there.

    Here idle and shared cost are pools of their own, so that sharing both in any order is sharing 112 once.
    """
    idle = [14.688, 10.312, 5.000]
    pools = [CostPool("idle", 30), CostPool("ns1", 28), CostPool("own", 54)]
    costs = CostLedger(pools=pools, currency="USD")
    drivers = DriverTable(customers=CustomerIndex(["ns2", "ns3"]), drivers={"own": [36, 18], "idle": idle[1:]})
    allocation = VolumeBased("own").allocate(costs, drivers)

    assert sum(idle) == pytest.approx(30)
    assert allocation.total.sum() == 112_00
    assert allocation.total.tolist() == [74_67, 37_33]  # not 74.771 for ns2 with 4.896 too much in all
    assert allocation.unallocated.total == 0


def test_cost_does_not_vanish_when_all_weights_are_zero() -> None:
    """OpenCost PR 883: 27 dollars of idle GPU disappeared because nobody used one."""
    costs = CostLedger(pools=[CostPool("gpu", 27)], currency="USD")
    drivers = DriverTable(customers=NAMESPACES, drivers={"gpu hours": [0, 0, 0]})
    allocation = VolumeBased("gpu hours").allocate(costs, drivers)

    assert allocation.total.sum() == 0
    assert allocation.unallocated["gpu", Reason.ZERO_DRIVER] == 27_00


def test_negative_idle_is_posted_not_clamped() -> None:
    """OpenCost PR 3393 clamped negative idle to zero, and allocated + idle no longer was the total."""
    costs = CostLedger(pools=[CostPool("node", 100)], currency="USD")
    drivers = DriverTable(customers=NAMESPACES, drivers={"hours": [60, 30, 30]})
    model = ActivityBased(drivers={"node": "hours"}, basis={"node": Capacity(100)})
    allocation = model.allocate(costs, drivers)

    assert allocation.total.sum() == 120_00
    assert allocation.unallocated[Reason.OVER_DRIVEN] == -20_00


def test_drill_down_equals_roll_up() -> None:
    """Kubecost 2164: the sum of the details was not the total of the overview."""
    rng = np.random.default_rng(0)
    lines = DriverTable(
        customers=CustomerIndex(np.arange(500)),
        drivers={"units": rng.integers(1, 9, 500), "weight": rng.gamma(1, 1, 500)},
    )
    costs = CostLedger(pools=[CostPool("picking", "1234.57"), CostPool("freight", "99.99")], currency="EUR")
    dimensions = {name: rng.integers(0, size, 500) for name, size in (("customer", 40), ("product", 7), ("channel", 3))}
    allocation = ActivityBased(drivers={"picking": "units", "freight": "weight"}).allocate(costs, lines)
    charged = LineCosts(allocation=allocation, dimensions=dimensions)
    fine = charged.by("customer", "product", "channel")

    for names in ((), ("customer",), ("product", "channel"), ("channel",)):
        assert np.array_equal(charged.by(*names).amounts.sum(axis=0), allocation.amounts.sum(axis=0))
    for channel, amount in zip(charged.by("channel").keys["channel"], charged.by("channel").total, strict=True):
        assert fine.total[fine.keys["channel"] == channel].sum() == amount


def test_nothing_is_split_evenly_in_silence() -> None:
    """The package cloud-cost-allocation: a sum of keys of zero silently became an equal split."""
    costs = CostLedger(pools=[CostPool("db", 100)], currency="USD")
    drivers = DriverTable(customers=NAMESPACES, drivers={"queries": [0, 0, 0]})

    assert not VolumeBased("queries").allocate(costs, drivers).total.any()


def test_other_currencies_and_periods_are_refused_not_skipped() -> None:
    """The package cloud-cost-allocation: rows of another currency or date were skipped with a line in a log."""
    drivers = DriverTable(customers=NAMESPACES, drivers={"x": [1, 1, 1]}, period="2026-01")
    euros, dollars = (CostLedger(pools=[CostPool("p", 1)], currency=code, period="2026-01") for code in ("EUR", "USD"))
    later = CostLedger(pools=[CostPool("p", 1)], currency="EUR", period="2026-02")
    allocator = EqualSplit()

    with pytest.raises(AlignmentError, match="one currency"):
        combine(euros, NAMESPACES, [allocator.allocate(dollars, drivers)])
    with pytest.raises(AlignmentError, match="2026-02"):
        allocator.allocate(later, drivers)
    with pytest.raises(AlignmentError, match="one period"):
        allocate_measures({"a": allocator, "b": allocator}, {"a": euros, "b": later}, drivers)


def test_cycles_are_solved_not_dropped() -> None:
    """The package cloud-cost-allocation drops the edges of A -> B -> C -> A; here every unit of cost arrives."""
    pools = [CostPool(name, 100) for name in "ABC"] + [CostPool("out", 0)]
    services = {"A": {"B": 1, "out": 1}, "B": {"C": 1, "out": 1}, "C": {"A": 1, "out": 1}}
    after = SupportDepartments(services=services).redistribute(CostLedger(pools=pools, currency="USD"))

    assert after.ledger.minor("out") == 300_00


def test_no_eval_anywhere() -> None:
    """The package cloud-cost-allocation runs selectors from a CSV through eval; we never evaluate text."""
    root = Path(custvalue.costing.__file__).parent
    for path in root.rglob("*.py"):
        calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        names = {func.id for func in calls if isinstance(func, ast.Name)}
        assert not names & {"eval", "exec", "compile", "__import__"}, path


def test_over_costed_is_not_called_under_costed() -> None:
    """EAD labels reported cost above the truth as under-costed; the names are swapped there."""
    errors = cost_errors([100, 100, 100, 100], [120, 130, 80, 100])

    assert errors.over_costed == 0.5
    assert errors.under_costed == 0.25
    assert errors.within_5_percent == 0.25


def test_money_is_split_by_claim_not_by_position() -> None:
    """MoneyPHP and dinero: 5 cents by 70/30 is 4 and 1, by 30/70 it is 2 and 3; the order decided."""
    for weights, expected in (([70, 30], [4, 1]), ([30, 70], [1, 4])):
        costs = CostLedger(pools=[CostPool("p", "0.05")], currency="USD")
        allocation = Allocation.from_shares(costs, CustomerIndex(["x", "y"]), {"p": weights})
        assert allocation.total.tolist() == expected


def test_gross_cost_of_departments_is_not_reported_as_cost() -> None:
    """Reciprocal gross cost counts what passes through; four departments show 4.24 M of 2.73 M if it is added up."""
    pools = [CostPool(name, 500_000) for name in "ABCD"] + [CostPool("out", 730_000)]
    services = {name: {other: 1 for other in "ABCD" if other != name} | {"out": 2} for name in "ABCD"}
    after = SupportDepartments(services=services).redistribute(CostLedger(pools=pools, currency="USD"))

    assert after.gross.sum() > 2_730_000_00
    assert after.ledger.total == 2_730_000_00


def test_activity_costing_with_bad_drivers_is_worse_than_volume() -> None:
    """One pool driven by its largest resource is less accurate than sharing by units; better drivers help most."""
    firms = [SimulatedFirm.simulate(seed=seed) for seed in range(12)]

    def of(system: CostAllocator, firm: SimulatedFirm) -> float:
        return cost_errors(firm.true_cost, system.allocate(firm.costs, firm.drivers).total / 100).mean_absolute

    def error(n_pools: int, n_indexed: int) -> float:
        return float(np.mean([of(design_system(firm, n_pools, n_indexed=n_indexed), firm) for firm in firms]))

    volume = float(np.mean([of(VolumeBased("units"), firm) for firm in firms]))

    assert error(1, 1) > volume
    assert error(10, 3) < error(10, 1) < volume
    assert error(50, 1) == pytest.approx(0.0, abs=1e-4)


def test_dropping_spring_distributions_t() -> None:
    """Horngren ch. 14: dropping T costs 3,744 if nothing is avoidable, gains 3,346 if all is; break-even 52.8 %."""
    customers = CustomerIndex(["P", "Q", "R", "S", "T"])
    cost, margin = np.array([2980, 7355, 34240, 19200, 7090]), np.array([4992, 18900, 72960, 61056, 3744]) * 100
    t = CustomerIndex(["T"])

    def dropped(kind: Avoidability) -> int:
        costs = CostLedger(pools=[CostPool("cost to serve", 70_865, avoidable=kind)], currency="USD")
        return drop_customers(Allocation.from_shares(costs, customers, {"cost to serve": cost}), margin, t).change

    assert dropped(Avoidability.COMMITTED) == -3_744_00
    assert dropped(Avoidability.VARIABLE) == 3_346_00
    costs = CostLedger(pools=[CostPool("cost to serve", 70_865)], currency="USD")
    allocation = Allocation.from_shares(costs, customers, {"cost to serve": cost})
    assert drop_customers(allocation, margin, t).break_even == pytest.approx(0.528, abs=5e-4)
