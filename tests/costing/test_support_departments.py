"""Support departments: published solutions of all three methods, and services that go round in circles."""

from __future__ import annotations

import numpy as np
import pytest

from custvalue.costing import (
    Cycles,
    Direct,
    Iterative,
    Reciprocal,
    StepDown,
    StepOrder,
    SupportDepartments,
    SupportMethod,
)
from custvalue.data import CostLedger, CostPool
from custvalue.errors import ConvergenceError, InputError, SchemaError


def castleford() -> tuple[CostLedger, dict[str, dict[str, float]]]:
    """Plant maintenance 600,000 and information systems 116,000 serve machining and assembly and each other."""
    pools = [CostPool("PM", 600_000), CostPool("IS", 116_000), CostPool("machining", 0), CostPool("assembly", 0)]
    services: dict[str, dict[str, float]] = {
        "PM": {"IS": 1_600, "machining": 2_400, "assembly": 4_000},
        "IS": {"PM": 200, "machining": 1_600, "assembly": 200},
    }
    return CostLedger(pools=pools, currency="USD"), services


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (Direct(), (32_811_111, 38_788_889)),
        (StepDown(["PM", "IS"]), (38_977_778, 32_622_222)),
        (StepDown(["IS", "PM"]), (32_215_000, 39_385_000)),
        (StepDown(), (38_977_778, 32_622_222)),
        (StepDown(StepOrder.LARGEST_COST), (38_977_778, 32_622_222)),
        (StepDown(StepOrder.FEWEST_RECEIVED), (38_977_778, 32_622_222)),
        (Reciprocal(), (37_987_755, 33_612_245)),
        (Iterative(), (37_987_755, 33_612_245)),
    ],
)
def test_castleford(method: SupportMethod, expected: tuple[int, int]) -> None:
    """Horngren's support-department example, recomputed: direct, both step-down orders, reciprocal."""
    costs, services = castleford()
    after = SupportDepartments(services=services, method=method).redistribute(costs)

    assert tuple(after.ledger.minor(name) for name in after.operating) == expected
    assert after.ledger.total == costs.total


def test_castleford_gross_is_not_cost() -> None:
    """Gross 624,081.63 and 240,816.33 add up to more than there is; what is passed on does not."""
    costs, services = castleford()
    after = SupportDepartments(services=services).redistribute(costs)

    assert after.gross / 100 == pytest.approx([624_081.6327, 240_816.3265], abs=1e-3)
    assert after.gross.sum() > costs.total
    assert after.received.sum() == costs.total
    assert after.spectral_radius == pytest.approx(np.sqrt(0.2 * 0.1))


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (StepDown(["Admin", "Maintenance"]), (45_480, 50_520)),
        (Direct(), (48_450, 47_550)),
        (Reciprocal(), (47_482.76, 48_517.24)),
    ],
)
def test_admin_and_maintenance(method: SupportMethod, expected: tuple[float, float]) -> None:
    """The textbook case of 54,000 and 42,000: the use that is consistent with all three published solutions."""
    names = ("Admin", "Maintenance", "A", "B")
    amounts = (54_000, 42_000, 0, 0)
    costs = CostLedger(pools=[CostPool(*pair) for pair in zip(names, amounts, strict=True)], currency="USD")
    services = {
        "Admin": {"Maintenance": 20, "A": 50, "B": 30},
        "Maintenance": {"Admin": 20, "A": 35, "B": 65},
    }
    after = SupportDepartments(services=services, method=method).redistribute(costs)

    assert [after.ledger.minor(name) / 100 for name in after.operating] == pytest.approx(expected, abs=0.01)


def test_self_use_is_taken_out() -> None:
    """A department that uses a fifth of itself passes on the same as one that does not."""
    costs, services = castleford()
    usual = SupportDepartments(services=services).redistribute(costs)
    services["PM"]["PM"] = 2_000.0

    assert np.array_equal(SupportDepartments(services=services).redistribute(costs).received, usual.received)


def test_closed_set_is_named() -> None:
    """Two departments that only serve each other would keep their cost for ever."""
    pools = [CostPool(name, 10) for name in ("IT", "HR", "legal", "sales")]
    services = {"IT": {"HR": 1}, "HR": {"IT": 1}, "legal": {"sales": 1}}

    with pytest.raises(InputError, match=r"closed set \['IT', 'HR'\]"):
        SupportDepartments(services=services).redistribute(CostLedger(pools=pools, currency="EUR"))


def test_circle_can_be_refused() -> None:
    """Cycles.ERROR names the circle instead of solving it."""
    costs, services = castleford()

    with pytest.raises(InputError, match="PM -> IS -> PM"):
        SupportDepartments(services=services, method=Reciprocal(Cycles.ERROR)).redistribute(costs)


def test_longer_circles_are_solved() -> None:
    """A -> B -> C -> A, which precedence lists cannot untangle: agrees with following the money round by round."""
    pools = [CostPool(name, 100) for name in "ABC"] + [CostPool("out", 0), CostPool("door", 0)]
    services = {"A": {"B": 9, "out": 1}, "B": {"C": 9, "door": 1}, "C": {"A": 9, "out": 1}}
    costs = CostLedger(pools=pools, currency="EUR")
    solved = SupportDepartments(services=services).redistribute(costs)
    flow = dict.fromkeys("ABC", 100.0)
    arrived = {"out": 0.0, "door": 0.0}
    for _ in range(2000):
        following = dict.fromkeys("ABC", 0.0)
        for name, receivers in services.items():
            for receiver, share in receivers.items():
                (arrived if receiver in arrived else following)[receiver] += flow[name] * share / 10
        flow = following

    assert [solved.ledger.minor(name) / 100 for name in ("out", "door")] == pytest.approx(
        list(arrived.values()), abs=0.01
    )


def test_iteration_that_does_not_settle_says_so() -> None:
    """Three rounds are not enough; the error carries what was reached."""
    costs, services = castleford()

    with pytest.raises(ConvergenceError, match="after 3 rounds"):
        SupportDepartments(services=services, method=Iterative(max_rounds=3)).redistribute(costs)


def test_order_sensitivity() -> None:
    """Both orders of Castleford are 67,627.78 apart."""
    costs, services = castleford()
    sensitivity = SupportDepartments(services=services).order_sensitivity(costs)

    assert sensitivity.n_orders == 2
    assert sensitivity.low.tolist() == [32_215_000, 32_622_222]
    assert sensitivity.high.tolist() == [38_977_778, 39_385_000]


def test_dual_rates() -> None:
    """Fixed cost by budgeted use, variable cost by actual use."""
    pools = [CostPool("power", 100), CostPool("north", 0), CostPool("south", 0)]
    departments = SupportDepartments(
        services={"power": {"north": 3, "south": 1}},
        budgeted={"power": {"north": 1, "south": 1}},
        fixed={"power": 0.6},
        method=Direct(),
    )
    after = departments.redistribute(CostLedger(pools=pools, currency="EUR"))

    assert after.received.tolist() == [[30_00 + 30_00, 30_00 + 10_00]]


def test_all_faults_at_once() -> None:
    """Departments that are not pools, and one that serves nobody."""
    costs, _ = castleford()

    with pytest.raises(SchemaError) as caught:
        SupportDepartments(services={"PM": {"moon": 1}, "XY": {}}).redistribute(costs)
    assert len(caught.value.faults) == 3
