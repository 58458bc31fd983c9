"""Shared costs by cooperative games: what a customer adds to the cost of those already there, on average."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, FloatArray, IntArray, float_array, locked
from custvalue._frames import FrameKind, build_frame
from custvalue.costing._builder import driver_builder
from custvalue.costing._kernels import games as kernel
from custvalue.costing._quantity import prepare
from custvalue.costing._result import Allocation
from custvalue.costing.policies import DEFAULT_POLICIES, NegativeDriver, Policies
from custvalue.data import CostLedger, CustomerIndex, DriverTable
from custvalue.errors import InputError

__all__ = [
    "AirportGame",
    "CoalitionGame",
    "CostGame",
    "GameShares",
    "Nucleolus",
    "SeparableCost",
    "Shapley",
    "core_gap",
]

MOST_EXACT = 15


class CostGame(Protocol):
    """What any group of customers would cost if it were served alone."""

    def cost(self, drivers: DriverTable, members: IntArray, /) -> float:
        """Cost of the customers at positions ``members``, in order; zero for nobody."""


@attrs.frozen
class AirportGame:
    """A group costs as much as its most demanding member: a runway, a truck, a contract minimum.

    Parameters
    ----------
    driver
        What each customer needs.
    """

    driver: str

    def cost(self, drivers: DriverTable, members: IntArray, /) -> float:
        """Cost of the customers at positions ``members``."""
        return float(drivers[self.driver][members].max(initial=0.0))


@attrs.frozen
class CoalitionGame:
    """A group costs what a function of yours says: the length of a joint tour, the price of a joint campaign.

    Parameters
    ----------
    function
        Drivers and positions of the group, in order, to its cost.
    """

    function: Callable[[DriverTable, IntArray], float]

    def cost(self, drivers: DriverTable, members: IntArray, /) -> float:
        """Cost of the customers at positions ``members``."""
        return float(self.function(drivers, members)) if members.size else 0.0


@attrs.frozen(kw_only=True, eq=False, repr=False)
class GameShares(ArrayHolder):
    """What a game charges each customer.

    Parameters
    ----------
    customers
        (n_customers,).
    values
        (n_customers,) in the unit of the game; they add up to the cost of all.
    standard_errors
        (n_customers,) of sampled values; zeros where the value is exact.
    """

    customers: CustomerIndex
    values: FloatArray = float_array()
    standard_errors: FloatArray = float_array()

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer: customer, value, standard_error."""
        columns = {"customer": self.customers.ids, "value": self.values, "standard_error": self.standard_errors}
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        worst = float(self.standard_errors.max(initial=0.0))
        return f"GameShares({len(self.customers):,} customers; largest standard error {worst:.3g})"


def _table(game: CostGame, drivers: DriverTable, most: int = MOST_EXACT) -> FloatArray:
    """Cost of every coalition, (2**n,)."""
    n = len(drivers.customers)
    if n > most:
        hint = "Group customers first, by channel or route."
        raise InputError("game", expected=f"at most {most} customers", got=f"{n:,}", hint=hint)
    return np.array([game.cost(drivers, np.flatnonzero(row)) for row in kernel.membership(n)])


def _allocate(strategy: Shapley | SeparableCost | Nucleolus, costs: CostLedger, drivers: DriverTable) -> Allocation:
    """Charge every pool in proportion to the shares of the game."""
    policies = attrs.evolve(strategy.policies, negative_driver=NegativeDriver.AS_IS)
    builder = driver_builder(costs, drivers, strategy, policies)
    values = locked(np.array(strategy.shares(drivers).values))
    name = f"({type(strategy).__name__} shares)"
    quantity = prepare(name, values, drivers.customers.ids, policies, 0.0)
    for pool, amount in builder.open_pools().items():
        builder.charge(pool, amount, quantity)
    return builder.build()


@attrs.frozen
class Shapley:
    """Charge each customer its average marginal cost over all orders of arrival.

    Exact for an `AirportGame` of any size and for other games of up to 15 customers, sampled with standard errors
    beyond. Pools are shared in proportion, so that they are charged in full whatever the unit of the game.

    Parameters
    ----------
    game
        What groups cost.
    n_samples
        Random orders where the value is sampled, each taken forwards and backwards.
    seed
        Of the random orders.
    policies
        What to do at the edges. Negative shares are credits.

    References
    ----------
    Shapley, L. S. (1953). A value for n-person games. Littlechild, S. C., and Owen, G. (1973). A simple expression for
    the Shapley value in a special case. Management Science 20(3), 370-372.

    Examples
    --------
    >>> from custvalue.data import CostLedger, CostPool, CustomerIndex, DriverTable
    >>> drivers = DriverTable(customers=CustomerIndex(["a", "b", "c"]), drivers={"trip": [6, 12, 42]})
    >>> costs = CostLedger(pools=[CostPool("shared taxi", 42)], currency="EUR")
    >>> Shapley(AirportGame("trip")).allocate(costs, drivers).total.tolist()
    [200, 500, 3500]
    """

    game: CostGame
    n_samples: int = 1000
    seed: int = 0
    policies: Policies = DEFAULT_POLICIES

    def shares(self, drivers: DriverTable, /) -> GameShares:
        """Shapley value of each customer."""
        customers = drivers.customers
        n = len(customers)
        if isinstance(self.game, AirportGame):
            need = drivers[self.game.driver]
            return GameShares(customers=customers, values=kernel.airport(need), standard_errors=np.zeros(n))
        if n <= MOST_EXACT:
            values = kernel.shapley(_table(self.game, drivers), n)
            return GameShares(customers=customers, values=values, standard_errors=np.zeros(n))
        order = np.argsort(customers.ids)  # sampled by rank of id: the order of the rows does not matter
        rng = np.random.default_rng(self.seed)
        game, positions = self.game, order
        means, errors = kernel.shapley_sampled(
            lambda members: game.cost(drivers, np.sort(positions[members])), n, self.n_samples, rng
        )
        values, spread = np.empty(n), np.empty(n)
        values[order], spread[order] = means, errors
        return GameShares(customers=customers, values=values, standard_errors=spread)

    def allocate(self, costs: CostLedger, drivers: DriverTable, /) -> Allocation:
        """Charge the pools of ``costs`` to the customers of ``drivers``."""
        return _allocate(self, costs, drivers)


@attrs.frozen
class SeparableCost:
    """Charge what each customer adds to the others' cost, and the rest by remaining benefit; up to 15 customers.

    Parameters
    ----------
    game
        What groups cost.
    policies
        What to do at the edges.
    """

    game: CostGame
    policies: Policies = DEFAULT_POLICIES

    def shares(self, drivers: DriverTable, /) -> GameShares:
        """Separable cost and share of the rest, per customer."""
        n = len(drivers.customers)
        values = kernel.separable_cost(_table(self.game, drivers), n) if n else np.zeros(0)
        return GameShares(customers=drivers.customers, values=values, standard_errors=np.zeros(n))

    def allocate(self, costs: CostLedger, drivers: DriverTable, /) -> Allocation:
        """Charge the pools of ``costs`` to the customers of ``drivers``."""
        return _allocate(self, costs, drivers)


@attrs.frozen
class Nucleolus:
    """Charge so that the unhappiest group is as happy as can be, then the next; up to 10 customers.

    Parameters
    ----------
    game
        What groups cost.
    policies
        What to do at the edges.

    References
    ----------
    Schmeidler, D. (1969). The nucleolus of a characteristic function game. SIAM J. Applied Mathematics 17(6).
    """

    game: CostGame
    policies: Policies = DEFAULT_POLICIES

    def shares(self, drivers: DriverTable, /) -> GameShares:
        """Nucleolus, per customer."""
        n = len(drivers.customers)
        values = kernel.nucleolus(_table(self.game, drivers, 10), n) if n else np.zeros(0)
        return GameShares(customers=drivers.customers, values=values, standard_errors=np.zeros(n))

    def allocate(self, costs: CostLedger, drivers: DriverTable, /) -> Allocation:
        """Charge the pools of ``costs`` to the customers of ``drivers``."""
        return _allocate(self, costs, drivers)


def core_gap(game: CostGame, drivers: DriverTable, values: FloatArray) -> float:
    """Tell by how much the worst-off group is charged more than it would cost alone; 0 or less is in the core.

    Parameters
    ----------
    game
        What groups cost.
    drivers
        Of up to 15 customers.
    values
        (n_customers,) charges in the unit of the game.

    Examples
    --------
    >>> from custvalue.data import CustomerIndex, DriverTable
    >>> drivers = DriverTable(customers=CustomerIndex(["a", "b"]), drivers={"trip": [6, 12]})
    >>> game = AirportGame("trip")
    >>> core_gap(game, drivers, np.array([3.0, 9.0])), core_gap(game, drivers, np.array([7.0, 5.0]))
    (-3.0, 1.0)
    """
    excess = kernel.core_excess(_table(game, drivers), values)
    return float(excess[1:-1].max(initial=-np.inf)) if excess.size > 2 else 0.0
