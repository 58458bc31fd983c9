"""Levels, stages, methods side by side: every cut adds up to the same ledger."""

from __future__ import annotations

import numpy as np
import pytest

from custvalue.costing import (
    ByPool,
    CostHierarchy,
    EqualSplit,
    Reason,
    Spread,
    Treatment,
    VolumeBased,
    by_avoidability,
    by_level,
    by_relationship,
    by_value_chain,
    combine,
    compare,
    contribution_tree,
)
from custvalue.data import (
    CostLedger,
    CostLevel,
    CostPool,
    CustomerIndex,
    DriverTable,
    RelationshipStage,
    ValueChainStage,
)
from custvalue.errors import AlignmentError, InputError

LEDGER = CostLedger(
    pools=[
        CostPool("picking", "100.01", CostLevel.ORDER, ValueChainStage.LOGISTICS, RelationshipStage.PROVISION),
        CostPool("visits", "55.55", CostLevel.CUSTOMER, ValueChainStage.SELLING, RelationshipStage.KEEPING),
        CostPool("web shop", "30", CostLevel.CHANNEL, ValueChainStage.SELLING, RelationshipStage.ACQUISITION),
        CostPool("board", "70.07", CostLevel.BUSINESS),
    ],
    currency="EUR",
    period="2026",
)
DRIVERS = DriverTable(
    customers=CustomerIndex(["a", "b", "c"]),
    drivers={"orders": [3, 1, 3], "revenue": [10, 20, 70]},
    period="2026",
)


def test_costs_above_the_customer_are_held_by_default() -> None:
    """No allocator pushes channel or business cost down in silence."""
    allocation = VolumeBased("orders").allocate(LEDGER, DRIVERS)

    assert allocation.unallocated["web shop", Reason.HELD_AT_LEVEL] == 30_00
    assert allocation.unallocated["board", Reason.HELD_AT_LEVEL] == 70_07
    assert allocation.amounts[:, 2:].sum() == 0


def test_hierarchy_spreads_and_holds_level_by_level() -> None:
    """Channel cost by revenue, business cost attributed, customer cost held: each level its own treatment."""
    levels: dict[CostLevel, Treatment | Spread] = {
        CostLevel.CHANNEL: Spread("revenue"),
        CostLevel.BUSINESS: Treatment.ATTRIBUTE,
        CostLevel.CUSTOMER: Treatment.HOLD,
    }
    allocation = CostHierarchy(VolumeBased("orders"), levels).allocate(LEDGER, DRIVERS)

    assert allocation["web shop"].tolist() == [3_00, 6_00, 21_00]
    assert allocation["board"].tolist() == [30_03, 10_01, 30_03]
    assert allocation.unallocated["visits", Reason.HELD_AT_LEVEL] == 55_55
    assert allocation.trace("c").total == allocation.total[2]


def test_stages_add_up() -> None:
    """Value chain, relationship, level and avoidability are cuts of one cost."""
    allocation = VolumeBased("orders").allocate(LEDGER, DRIVERS)

    for cut in (by_value_chain, by_relationship, by_level, by_avoidability):
        table = cut(allocation)
        assert np.array_equal(sum(table[name] for name in table.names), allocation.total)
    assert by_value_chain(allocation).names == ("selling", "logistics", "not stated")
    assert by_relationship(allocation).names == ("acquisition", "provision", "keeping", "not stated")


def test_contribution_tree_ends_at_the_profit_of_the_firm() -> None:
    """Customers, then channels, then the whole: margins less the ledger, to the cent."""
    allocation = VolumeBased("orders").allocate(LEDGER, DRIVERS)
    margins = np.array([90_00, 40_00, 250_00])
    tree = contribution_tree(allocation, margins, groups=["web", "shop", "web"], group_pools={"web shop": "web"})

    assert tree.groups == ("shop", "web")
    assert tree.group_cost == (0, 30_00)
    assert tree.held == 70_07
    assert tree.profit == 380_00 - LEDGER.total
    with pytest.raises(InputError, match="one of"):
        contribution_tree(allocation, margins, groups=["a", "a", "a"], group_pools={"board": "moon"})


def test_by_pool_and_combine_refuse_what_does_not_belong_together() -> None:
    """Another currency, another period, other customers, a pool charged twice."""
    part = EqualSplit().allocate(LEDGER, DRIVERS)
    dollars = CostLedger(pools=LEDGER.pools, currency="USD", period="2026")
    earlier = CostLedger(pools=LEDGER.pools, currency="EUR", period="2025")

    with pytest.raises(AlignmentError, match="one currency"):
        combine(dollars, DRIVERS.customers, [part])
    with pytest.raises(AlignmentError, match="one period"):
        combine(earlier, DRIVERS.customers, [part])
    with pytest.raises(AlignmentError, match="customers"):
        combine(LEDGER, CustomerIndex(["x"]), [part])
    with pytest.raises(InputError, match="charged twice"):
        combine(LEDGER, DRIVERS.customers, [part, part])
    with pytest.raises(AlignmentError, match="drivers of 2025"):
        EqualSplit().allocate(earlier, DRIVERS)


def test_compare_three_methods() -> None:
    """Differences, ranks, signs and cross-subsidy of the three-segment example of the methods paper."""
    customers = CustomerIndex([1, 2, 3])
    costs = CostLedger(pools=[CostPool("management", 50), CostPool("selling", 60)], currency="EUR")
    drivers = DriverTable(
        customers=customers,
        drivers={"sales": [1, 1, 1], "direct": [20, 30, 50], "decisions": [5, 2, 3], "visits": [2, 1, 1]},
    )
    vbc = ByPool({"management": VolumeBased("direct"), "selling": VolumeBased("sales")}).allocate(costs, drivers)
    abc = ByPool({"management": VolumeBased("decisions"), "selling": VolumeBased("visits")}).allocate(costs, drivers)
    even = EqualSplit().allocate(costs, drivers)
    both = compare({"volume": vbc, "activity": abc, "even": even}, profit_before=[80_00, 70_00, 50_00])

    assert both.profit[:, 0].tolist() == [50_00, 35_00, 5_00]
    assert both.profit[:, 1].tolist() == [25_00, 45_00, 20_00]
    assert both.ranks[:, 0].tolist() == [1, 2, 3]
    assert both.ranks[:, 1].tolist() == [2, 1, 3]
    assert both.difference("activity", "volume").tolist() == [25_00, -10_00, -15_00]
    assert both.rank_change("activity", "volume").tolist() == [1, -1, 0]
    assert both.cross_subsidy("activity", "volume") == 25_00
    assert both.sign_changes("activity", "volume").tolist() == []
    assert both.unprofitable_under.tolist() == [0, 0, 0]
    assert both.rank_correlation[0, 1] == pytest.approx(0.5)
    assert list(both.to_frame().columns)[:4] == ["customer", "cost volume", "profit volume", "rank volume"]  # type: ignore[attr-defined]  # pandas


def test_compare_needs_the_same_costs() -> None:
    """Two ledgers with different totals are not two methods."""
    small = CostLedger(pools=[CostPool("picking", 1)], currency="EUR", period="2026")
    one, other = EqualSplit().allocate(LEDGER, DRIVERS), EqualSplit().allocate(small, DRIVERS)

    with pytest.raises(AlignmentError, match="total cost"):
        compare({"one": one, "other": other})
    with pytest.raises(InputError, match="two or more"):
        compare({"one": one})
