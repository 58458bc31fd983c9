"""Ways to pass the cost of support departments on: direct, step-down, reciprocal, iterated."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Protocol

import attrs
import numpy as np

from custvalue._arrays import FloatArray, IntArray
from custvalue.costing._kernels import departments as kernel
from custvalue.costing.policies import Cycles
from custvalue.errors import ConvergenceError, InputError

__all__ = ["Direct", "Iterative", "Network", "Reciprocal", "StepDown", "StepOrder", "SupportMethod"]


@attrs.frozen(kw_only=True, eq=False)
class Network:
    """Who serves whom, as shares.

    Parameters
    ----------
    departments
        Names of the n support departments.
    own_cost
        (n,) minor units.
    services
        (n, n) share of department i used by department j; self-use already taken out.
    final
        (n, m) share of department i used by final object j.
    """

    departments: tuple[str, ...]
    own_cost: FloatArray
    services: FloatArray
    final: FloatArray


class SupportMethod(Protocol):
    """A way to pass the cost of support departments on."""

    def shares(self, network: Network, /) -> FloatArray:
        """Return (n, m) shares of each department's own cost that end at each final object."""


@attrs.frozen
class Direct:
    """Ignore what departments do for one another."""

    def shares(self, network: Network, /) -> FloatArray:
        """Return (n, m) shares of each department's own cost that end at each final object."""
        return kernel.direct(network.final)


class StepOrder(enum.Enum):
    """Which department closes first."""

    MOST_SERVICE = "most service to other departments"
    LARGEST_COST = "largest own cost"
    FEWEST_RECEIVED = "least service received from other departments"


def _order(value: StepOrder | Sequence[str]) -> StepOrder | tuple[str, ...]:
    return value if isinstance(value, StepOrder) else tuple(value)


@attrs.frozen
class StepDown:
    """Close departments one after another; a closed one receives nothing any more.

    Parameters
    ----------
    order
        A rule, or the names of all departments, first to close first. Ties of a rule go by name.

    Examples
    --------
    >>> StepDown(["PM", "IS"]).order
    ('PM', 'IS')
    """

    order: StepOrder | tuple[str, ...] = attrs.field(default=StepOrder.MOST_SERVICE, converter=_order)

    def shares(self, network: Network, /) -> FloatArray:
        """Return (n, m) shares of each department's own cost that end at each final object.

        Raises
        ------
        InputError
            If the order does not name each department once.
        """
        return kernel.step_down(network.services, network.final, self.positions(network))

    def positions(self, network: Network, /) -> IntArray:
        """Return the positions of the departments in the order they close."""
        names = network.departments
        if not isinstance(self.order, StepOrder):
            if sorted(self.order) != sorted(names):
                raise InputError("StepDown.order", expected=f"each of {sorted(names)} once", got=f"{list(self.order)}")
            return np.array([names.index(name) for name in self.order], dtype=np.int64)
        keys = {
            StepOrder.MOST_SERVICE: -network.services.sum(axis=1),
            StepOrder.LARGEST_COST: -network.own_cost,
            StepOrder.FEWEST_RECEIVED: network.services.sum(axis=0),
        }[self.order]
        order = sorted(range(len(names)), key=lambda at: (round(float(keys[at]), 12), names[at]))
        return np.array(order, dtype=np.int64)


@attrs.frozen
class Reciprocal:
    """Solve the simultaneous equations of departments that serve one another.

    Parameters
    ----------
    cycles
        Whether services in a circle are solved or refused.
    """

    cycles: Cycles = Cycles.SOLVE

    def shares(self, network: Network, /) -> FloatArray:
        """Return (n, m) shares of each department's own cost that end at each final object.

        Raises
        ------
        InputError
            If departments serve one another in a circle and ``cycles`` says to refuse.
        """
        circle = kernel.cycle(network.services)
        if circle.size and self.cycles is Cycles.ERROR:
            names = [network.departments[at] for at in circle]
            hint = "Cycles.SOLVE solves it; StepDown cuts it."
            raise InputError("services", expected="no circle", got=" -> ".join([*names, names[0]]), hint=hint)
        return kernel.reciprocal(network.services, network.final)


@attrs.frozen
class Iterative:
    """Reach the reciprocal solution round by round; for large networks in which each serves few.

    Parameters
    ----------
    tolerance
        Largest change of a share in the last round, above zero.
    max_rounds
        How often to try.
    """

    tolerance: float = 1e-12
    max_rounds: int = 10_000

    def shares(self, network: Network, /) -> FloatArray:
        """Return (n, m) shares of each department's own cost that end at each final object.

        Raises
        ------
        ConvergenceError
            If the rounds do not settle.
        """
        shares, change = kernel.iterate(network.services, network.final, self.tolerance, self.max_rounds)
        if change > self.tolerance:
            message = f"after {self.max_rounds} rounds shares still change by {change:.3g}; use Reciprocal()"
            raise ConvergenceError(message, shares)
        return shares
