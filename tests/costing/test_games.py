"""Cooperative games: published values, the axioms, and agreement of closed form, enumeration and sampling."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from custvalue._arrays import IntArray
from custvalue.costing import AirportGame, CoalitionGame, Nucleolus, SeparableCost, Shapley, core_gap
from custvalue.data import CostLedger, CostPool, CustomerIndex, DriverTable
from custvalue.errors import InputError
from custvalue.testing import check_allocator


def players(*need: float) -> DriverTable:
    """Customers with one need each."""
    return DriverTable(customers=CustomerIndex(list(range(len(need)))), drivers={"need": list(need)})


def by_max(drivers: DriverTable, members: IntArray) -> float:
    """The airport game without its closed form."""
    return float(drivers["need"][members].max())


@pytest.mark.parametrize(
    ("need", "expected"), [((8, 11, 13, 18), [2, 3, 4, 9]), ((6, 12, 42), [2, 5, 35])], ids=["airport", "taxi"]
)
def test_airport_games(need: tuple[float, ...], expected: list[float]) -> None:
    """Airport 8/11/13/18 and taxi 6/12/42 of the literature, by closed form and by enumeration."""
    drivers = players(*need)

    assert Shapley(AirportGame("need")).shares(drivers).values == pytest.approx(expected)
    assert Shapley(CoalitionGame(by_max)).shares(drivers).values == pytest.approx(expected)


LEMAIRE = {(0,): 46125.0, (1,): 17437.5, (2,): 5812.5, (0, 1): 69187.5, (0, 2): 53812.5, (1, 2): 30750.0,
           (0, 1, 2): 90000.0}  # fmt: skip


def lemaire(_: DriverTable, members: IntArray) -> float:
    """Lemaire (1984): what coalitions of three investors earn."""
    return LEMAIRE[tuple(members.tolist())]


def test_lemaire() -> None:
    """Lemaire (1984) as in the R package GameTheory: Shapley 51,750 / 25,875 / 12,375."""
    values = Shapley(CoalitionGame(lemaire)).shares(players(1, 1, 1)).values

    assert values.tolist() == pytest.approx([51_750, 25_875, 12_375])


def test_nucleolus_of_lemaire() -> None:
    """The game earns, so it is turned round as a cost; the excesses are smaller, in order, than any neighbour's."""
    game = CoalitionGame(lambda drivers, members: -lemaire(drivers, members))
    found = -Nucleolus(game).shares(players(1, 1, 1)).values

    def excesses(x: np.ndarray) -> list[float]:
        return sorted((value - sum(x[list(group)]) for group, value in LEMAIRE.items() if len(group) < 3), reverse=True)

    assert found.sum() == pytest.approx(90_000)
    for step in ([50, -50, 0], [0, 50, -50], [-50, 0, 50], [-50, 50, 0], [0, -50, 50], [50, 0, -50], [50, 50, -100]):
        assert excesses(found) < [excess + 1e-6 for excess in excesses(found + np.array(step))]
    assert found == pytest.approx([52_687.5, 24_468.75, 12_843.75])


def test_axioms_against_all_orders() -> None:
    """A game with a dummy and two equals: Shapley by its definition, efficiency, symmetry, dummy, core."""
    drivers = players(3, 3, 0, 7)

    def cost(table: DriverTable, members: IntArray) -> float:
        return float(np.sqrt(table["need"][members].sum()))

    game = CoalitionGame(cost)
    found = Shapley(game).shares(drivers).values
    slow = np.zeros(4)
    for order in permutations(range(4)):
        before = 0.0
        for place, player in enumerate(order):
            after = game.cost(drivers, np.sort(np.array(order[: place + 1])))
            slow[player] += (after - before) / 24
            before = after

    assert found == pytest.approx(slow)
    assert found.sum() == pytest.approx(np.sqrt(13))
    assert found[0] == pytest.approx(found[1])
    assert found[2] == pytest.approx(0)
    assert core_gap(game, drivers, found) <= 1e-12


def test_separable_cost() -> None:
    """Three towns: separable costs 2, 3, 4 of 20 and remaining benefits 6, 5, 4 share the other 11."""
    table = {(0,): 8.0, (1,): 8.0, (2,): 8.0, (0, 1): 16.0, (0, 2): 17.0, (1, 2): 18.0, (0, 1, 2): 20.0}
    game = CoalitionGame(lambda _, members: table[tuple(members.tolist())])
    values = SeparableCost(game).shares(players(1, 1, 1)).values

    assert values == pytest.approx([2 + 11 * 6 / 15, 3 + 11 * 5 / 15, 4 + 11 * 4 / 15])


def test_sampling_agrees_within_its_errors() -> None:
    """Twenty customers: sampled values lie within five standard errors of the closed form, and add up."""
    need = np.random.default_rng(3).gamma(2.0, 5.0, 20)
    drivers = players(*need)
    sampled = Shapley(CoalitionGame(by_max), n_samples=300).shares(drivers)
    exact = Shapley(AirportGame("need")).shares(drivers).values

    assert np.all(np.abs(sampled.values - exact) <= 5 * sampled.standard_errors + 1e-12)
    assert sampled.values.sum() == pytest.approx(need.max())


def test_too_many_players_are_refused_in_words() -> None:
    """A nucleolus of 11 customers would need thousands of linear programs' rows."""
    with pytest.raises(InputError, match="at most 10 customers"):
        Nucleolus(CoalitionGame(by_max)).shares(players(*range(11)))


def test_games_are_drop_in_allocators() -> None:
    """A pool is charged in full, to the cent, in proportion to the game; a held level stays held."""
    costs = CostLedger(pools=[CostPool("tour", "100.01")], currency="EUR")
    for strategy in (Shapley, SeparableCost, Nucleolus):
        allocation = strategy(AirportGame("need")).allocate(costs, players(8, 11, 13, 18))
        assert allocation.total.sum() == 10_001
    total = Shapley(AirportGame("need")).allocate(costs, players(8, 11, 13, 18)).total
    assert total.tolist() == [1111, 1667, 2222, 5001]  # 1111.22, 1666.83, 2222.44, 5000.50


def test_airport_game_conforms() -> None:
    """The kit passes; only merging customers changes a game."""
    check_allocator(Shapley(AirportGame("km")))
