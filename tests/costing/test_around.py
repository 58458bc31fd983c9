"""What surrounds allocation: fitting margins, members, measures, intervals, the death spiral."""

from __future__ import annotations

import numpy as np
import pytest

from custvalue.costing import (
    EqualSplit,
    LineCosts,
    MembersOnly,
    Mismatch,
    Outcome,
    Reason,
    TimeDriven,
    VolumeBased,
    allocate_measures,
    cost_intervals,
    death_spiral,
    minutes,
    proportional_fit,
    term,
)
from custvalue.costing.accuracy import FirmSettings, Pooling, SimulatedFirm, bench, design_system
from custvalue.data import Avoidability, CostLedger, CostPool, CustomerIndex, DriverTable
from custvalue.errors import ConvergenceError, InputError

COSTS = CostLedger(pools=[CostPool("service", 100)], currency="EUR")


def test_proportional_fit_golden() -> None:
    """Seed 4 1 1 / 1 3 2 to rows 60, 40 and columns 50, 30, 20 (recomputed); odds ratios stay."""
    seed = np.array([[4.0, 1.0, 1.0], [1.0, 3.0, 2.0]])
    fitted = proportional_fit(seed, [[60, 40], [50, 30, 20]])

    assert fitted == pytest.approx(np.array([[42.349867, 9.470609, 8.179524], [7.650133, 20.529391, 11.820476]]))
    assert fitted[0, 0] * fitted[1, 1] / (fitted[0, 1] * fitted[1, 0]) == pytest.approx(12.0)


def test_proportional_fit_in_three_dimensions() -> None:
    """Customer x product x channel."""
    rng = np.random.default_rng(1)
    seed, target = rng.gamma(1, 1, (4, 3, 2)), rng.gamma(1, 1, (4, 3, 2))
    margins = [target.sum(axis=(1, 2)), target.sum(axis=(0, 2)), target.sum(axis=(0, 1))]
    fitted = proportional_fit(seed, margins)

    for axes, margin in zip(((1, 2), (0, 2), (0, 1)), margins, strict=True):
        assert fitted.sum(axis=axes) == pytest.approx(margin)


def test_proportional_fit_refuses_what_cannot_be() -> None:
    """Other totals, a line of zeros with a target, zeros that make the margins impossible."""
    with pytest.raises(InputError, match="same total"):
        proportional_fit([[1, 1], [1, 1]], [[1, 1], [1, 2]])
    with pytest.raises(InputError, match=r"zeros at \[1\]"):
        proportional_fit([[1, 1], [0, 0]], [[1, 1], [1, 1]])
    with pytest.raises(ConvergenceError, match="zeros"):
        proportional_fit([[1, 0], [1, 1]], [[2, 1], [1, 2]], max_rounds=100)
    with pytest.raises(InputError, match="dimension"):
        proportional_fit([[1, 1]], [[1]])


def test_costs_of_a_member_touch_only_its_lines() -> None:
    """The UK campaign is charged to UK lines; a market without lines is held."""
    pools = [CostPool("uk campaign", 10), CostPool("fr campaign", 5), CostPool("rent", 1)]
    lines = DriverTable(customers=CustomerIndex([1, 2, 3]), drivers={"sales": [1, 2, 3]})
    allocator = MembersOnly("sales", ["uk", "de", "uk"], {"uk campaign": "uk", "fr campaign": "fr"})
    allocation = allocator.allocate(CostLedger(pools=pools, currency="EUR"), lines)

    assert allocation["uk campaign"].tolist() == [2_50, 0, 7_50]
    assert allocation.unallocated["fr campaign", Reason.ZERO_DRIVER] == 5_00
    assert allocation.unallocated["rent", Reason.NOT_ASSIGNED] == 1_00
    with pytest.raises(InputError, match="3 labels"):
        MembersOnly("sales", ["uk"], {}).allocate(COSTS, lines)


def test_cuts_over_no_lines_and_wrong_dimensions() -> None:
    """An empty log has a total of zero; a dimension of another length or name is refused."""
    nobody = DriverTable(customers=CustomerIndex([]), drivers={"x": []})
    charged = LineCosts(allocation=VolumeBased("x").allocate(COSTS, nobody), dimensions={"product": []})

    assert charged.by().total.tolist() == [0]
    assert charged.by("product").total.size == 0
    with pytest.raises(InputError, match="some of"):
        charged.by("moon")
    with pytest.raises(InputError, match="0 lines"):
        LineCosts(allocation=charged.allocation, dimensions={"product": ["a"]})


def test_measures_need_both_sides() -> None:
    """A ledger without an allocator; ledgers of two periods only if asked for."""
    drivers = DriverTable(customers=CustomerIndex(["a"]), drivers={})
    with pytest.raises(InputError, match="carbon"):
        allocate_measures({"cost": EqualSplit()}, {"cost": COSTS, "carbon": COSTS}, drivers)
    ledgers = {name: CostLedger(pools=COSTS.pools, currency="EUR", period=name) for name in ("2025", "2026")}
    both = allocate_measures(dict.fromkeys(ledgers, EqualSplit()), ledgers, drivers, mismatch=Mismatch.SEPARATE)
    assert both["2025"].total.tolist() == both["2026"].total.tolist() == [100_00]


def test_intervals_do_not_depend_on_the_order_of_rows() -> None:
    """Random errors follow the customers' ids; more error, wider intervals; costs stay 100 in all."""
    ids, calls = np.array(["d", "a", "c", "b"]), np.array([5.0, 10.0, 20.0, 40.0])
    order = np.array([2, 0, 3, 1])
    tables = [DriverTable(customers=CustomerIndex(ids[at]), drivers={"calls": calls[at]}) for at in (range(4), order)]
    one, other = (
        cost_intervals(VolumeBased("calls"), COSTS, item, errors={"calls": 0.3}, n_draws=50) for item in tables
    )
    wide = cost_intervals(VolumeBased("calls"), COSTS, tables[0], errors={"calls": 0.6}, n_draws=50)

    assert np.array_equal(one.low[order], other.low)
    assert one.cost.sum() == pytest.approx(100_00)
    assert np.all(wide.high - wide.low > one.high - one.low)
    assert np.isnan(one.loss_probability).all()


def test_intervals_of_uncertain_settings() -> None:
    """Minutes an order that nobody measured well: the method itself is drawn."""
    drivers = DriverTable(customers=CustomerIndex(["a", "b"]), drivers={"order": [10, 10], "lines": [10, 50]})

    def draw(rng: np.random.Generator) -> TimeDriven:
        equation = 5 + float(rng.uniform(1, 5)) * term("lines")
        return TimeDriven(resource="service", practical_capacity=minutes(500), equations={"order": equation})

    found = cost_intervals(draw, COSTS, drivers, errors={}, profit_before=[2_000, 3_000], n_draws=200)

    assert np.all(found.low < found.high)
    assert 0.0 < found.loss_probability[1] < 1.0
    with pytest.raises(InputError, match="level between"):
        cost_intervals(VolumeBased("lines"), COSTS, drivers, errors={}, level=1.5)


def test_death_spiral_ends_in_nothing_or_in_balance() -> None:
    """Committed cost drives everybody out one by one; avoidable cost goes with who leaves."""
    drivers = DriverTable(customers=CustomerIndex(["a", "b", "c"]), drivers={})
    margins = [20_00, 40_00, 80_00]
    committed = CostLedger(pools=[CostPool("plant", 90)], currency="EUR")
    avoidable = CostLedger(pools=[CostPool("plant", 90, avoidable=Avoidability.ON_EXIT)], currency="EUR")
    spiral = death_spiral(EqualSplit(), committed, drivers, margins)
    calm = death_spiral(EqualSplit(), avoidable, drivers, margins)

    assert spiral.outcome is Outcome.EMPTY
    assert spiral.n_active.tolist() == [3, 2, 1, 0]
    assert spiral.profit.tolist() == [50_00, 30_00, -10_00, -90_00]
    assert calm.outcome is Outcome.EQUILIBRIUM
    assert calm.stays.tolist() == [False, True, True]
    assert calm.profit.tolist() == [50_00, 60_00]


def test_simulated_firms_know_their_cost() -> None:
    """True cost adds up to the ledger; a system with a pool a resource and full drivers finds it."""
    firm = SimulatedFirm.simulate(FirmSettings(n_customers=30, n_resources=12, n_top=3), seed=4)
    perfect = design_system(firm, 12, pooling=Pooling.CORRELATION)

    assert firm.true_cost.sum() == pytest.approx(firm.costs.total / 100)
    assert perfect.allocate(firm.costs, firm.drivers).total / 100 == pytest.approx(firm.true_cost, abs=0.2)
    with pytest.raises(InputError, match="1 to 12"):
        design_system(firm, 13)


@pytest.mark.long
def test_bench_ranks_systems_as_the_literature_does() -> None:
    """More pools and richer drivers help; one pool driven by one resource is worse than volume."""
    errors = bench(n_firms=40).errors

    assert errors["activity, 1 pools, driver of 1"] > errors["volume, by units"]
    for pools in (1, 3, 10, 20):
        assert errors[f"activity, {pools} pools, driver of 3"] < errors[f"activity, {pools} pools, driver of 1"]
