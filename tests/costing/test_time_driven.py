"""Time-driven costing: published numbers, capacity at its edges, typed equations."""

from __future__ import annotations

import pytest

from custvalue.costing import ActivityBased, Idle, OverDriven, Reason, TimeDriven, hours, minutes, term
from custvalue.data import CostLedger, CostPool, CustomerIndex, DriverTable
from custvalue.errors import InputError, UnitError

HBR_COSTS = CostLedger(pools=[CostPool("customer service", 560_000)], currency="USD")


def hbr(orders: int, inquiries: int, checks: int) -> DriverTable:
    """Two customers that share the period's events."""
    events = {"order": orders, "inquiry": inquiries, "credit": checks}
    halves = {name: [number // 2, number - number // 2] for name, number in events.items()}
    return DriverTable(customers=CustomerIndex(["a", "b"]), drivers=halves)


def service(**settings: Idle | OverDriven) -> TimeDriven:
    """28 people with 25,000 practical minutes; 8, 44 and 50 minutes an event."""
    return TimeDriven(
        resource="customer service",
        practical_capacity=minutes(28 * 25_000),
        equations={"order": 8, "inquiry": 44, "credit": minutes(50)},
        **settings,  # type: ignore[arg-type]  # a shorthand of the test
    )


@pytest.mark.parametrize(
    ("events", "assigned", "unused"),
    [((49_000, 1_400, 2_500), 462_880, 97_120), ((51_000, 1_150, 2_700), 474_880, 85_120)],
)
def test_kaplan_anderson_2004(events: tuple[int, int, int], assigned: int, unused: int) -> None:
    """Kaplan and Anderson, HBR November 2004: rate 0.80, assigned and unused cost of two periods."""
    allocation = service().allocate(HBR_COSTS, hbr(*events))

    assert service().rate(HBR_COSTS) == 0.8
    assert [service().rate(HBR_COSTS) * unit for unit in (8, 44, 50)] == pytest.approx([6.40, 35.20, 40.00])
    assert allocation.total.sum() == assigned * 100
    assert allocation.unallocated[Reason.IDLE_CAPACITY] == unused * 100
    assert allocation.unallocated.total == unused * 100
    assert allocation.rates()["order"] == pytest.approx(0.8)


def test_kaplan_anderson_2004_traditional_rates() -> None:
    """The same paper's conventional rates from a survey of 70, 10 and 20 %: 8.00, 40.00 and 44.80."""
    abc = ActivityBased(
        resources={"customer service": {"orders": 0.7, "inquiries": 0.1, "credits": 0.2}},
        drivers={"orders": "order", "inquiries": "inquiry", "credits": "credit"},
    ).allocate(HBR_COSTS, hbr(49_000, 1_400, 2_500))

    assert [abc.rates()[name] for name in ("orders", "inquiries", "credits")] == [8.0, 40.0, 44.8]
    assert abc.unallocated.total == 0


def test_hunter_time_equation() -> None:
    """HBS working paper 04-045, Hunter Company, inside sales: 15 new + 5 + 3 lines + 10 rush."""
    equation = 15 * term("new") + 5 + 3 * term("lines") + 10 * term("rush")

    assert equation.per_event({"new": [0, 1, 0], "lines": [1, 10, 4], "rush": [0, 1, 1]}).tolist() == [8, 60, 27]


def test_equations_with_categories_and_interactions() -> None:
    """A category is a flag; a product is evaluated event by event; hours are sixty minutes."""
    equation = hours(1) * term("audit") + 2 * term("lines") * term("channel", equals="phone")
    columns: dict[str, list[int] | list[str]] = {"audit": [1, 0], "lines": [3, 4], "channel": ["web", "phone"]}

    assert equation.per_event(columns).tolist() == [60, 8]
    assert equation.weights("call") == {"audit": 60.0, "channel=phone*lines": 2.0}
    assert (term("a") + 1) * (term("b") + 2) == 2 * term("a") + term("a") * term("b") + term("b") + 2


def test_more_used_than_there_is() -> None:
    """Over-use is a negative line; capped or refused only on request."""
    table = hbr(87_500, 0, 0)  # exactly 700,000 minutes
    over = hbr(105_000, 0, 0)  # 840,000 minutes, 672,000 at the rate
    allocation = service().allocate(HBR_COSTS, over)

    assert service().allocate(HBR_COSTS, table).unallocated.total == 0
    assert allocation.total.sum() == 672_000_00
    assert allocation.unallocated[Reason.OVER_DRIVEN] == -112_000_00
    assert service(over=OverDriven.CAP).allocate(HBR_COSTS, over).total.sum() == 560_000_00
    with pytest.raises(InputError, match="practical capacity"):
        service(over=OverDriven.ERROR).allocate(HBR_COSTS, over)


@pytest.mark.parametrize("idle", list(Idle))
def test_idle_capacity_has_four_ends(idle: Idle) -> None:
    """Separate line, held at level, spread by use, spread evenly: always the pool in all."""
    allocation = service(idle=idle).allocate(HBR_COSTS, hbr(49_000, 1_400, 2_500))
    unallocated = allocation.unallocated
    expected = {Idle.SEPARATE: Reason.IDLE_CAPACITY, Idle.TO_LEVEL: Reason.HELD_AT_LEVEL}

    assert allocation.total.sum() + unallocated.total == 560_000_00
    if idle in expected:
        assert unallocated[expected[idle]] == 97_120_00
    else:
        assert unallocated.total == 0


def test_capacity_needs_a_unit() -> None:
    """A bare number is not a time."""
    with pytest.raises(UnitError, match="minutes"):
        TimeDriven(resource="x", practical_capacity=700_000, equations={})  # type: ignore[arg-type]  # refused
