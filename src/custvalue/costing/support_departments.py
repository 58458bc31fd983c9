"""Support departments: pass their cost on to operating departments before any customer is charged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import permutations
from math import factorial

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, FloatArray, IntArray, float_array, int_array, locked, strings
from custvalue._frames import Column, FrameKind, build_frame
from custvalue.costing._builder import divide
from custvalue.costing._combine import exact_major
from custvalue.costing._kernels import departments as kernel
from custvalue.costing._percentages import by_quantity
from custvalue.costing.support_methods import Network, Reciprocal, StepDown, SupportMethod
from custvalue.data import CostLedger
from custvalue.errors import ConservationError, Fault, InputError, SchemaError

__all__ = ["OrderSensitivity", "Redistribution", "SupportDepartments"]

MOST_ORDERS = factorial(6)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Redistribution(ArrayHolder):
    """Cost of support departments passed on to operating ones, exact to the minor unit.

    Parameters
    ----------
    departments, operating
        Names of the n support and m operating departments.
    received
        (n, m) minor units of department i's own cost that ended at j.
    ledger
        The ledger afterwards: operating departments with own and received cost.
    gross
        (n,) minor units: own cost and all that passed through. Its sum counts money more than once; never report it as
        cost.
    spectral_radius
        Of the services between departments: 0 if none serves another, 1 if cost goes round for ever.
    """

    departments: tuple[str, ...] = attrs.field(converter=strings)
    operating: tuple[str, ...] = attrs.field(converter=strings)
    received: IntArray = int_array(ndim=2)
    ledger: CostLedger
    gross: FloatArray = float_array()
    spectral_radius: float

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row an operating department: department, one column a support department, total; major units."""
        major = self.ledger.currency.to_major
        columns: dict[str, Column] = {"department": list(self.operating)}
        columns |= {name: major(self.received[row]) for row, name in enumerate(self.departments)}
        columns["total"] = major([self.ledger.minor(name) for name in self.operating])
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        text = self.ledger.currency.format
        return (
            f"Redistribution({len(self.departments)} support -> {len(self.operating)} operating departments, "
            f"{text(int(self.received.sum()))} passed on)"
        )


@attrs.frozen(kw_only=True, eq=False, repr=False)
class OrderSensitivity(ArrayHolder):
    """How much the order of step-down matters.

    Parameters
    ----------
    operating
        Names of the m operating departments.
    low, high
        (m,) least and most minor units each ends with, own cost included, over the orders tried.
    n_orders
        How many orders were tried; all of them up to six departments.
    """

    operating: tuple[str, ...] = attrs.field(converter=strings)
    low: IntArray = int_array()
    high: IntArray = int_array()
    n_orders: int

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row an operating department: department, low, high, spread; minor units."""
        columns: dict[str, Column] = {"department": list(self.operating), "low": self.low, "high": self.high}
        columns["spread"] = self.high - self.low
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        worst = int((self.high - self.low).max(initial=0))
        return f"OrderSensitivity({self.n_orders} orders; up to {worst} minor units apart)"


@attrs.frozen(kw_only=True)
class SupportDepartments:
    """Pass the cost of support departments on to the operating departments they serve.

    Parameters
    ----------
    services
        Support department to the departments it serves, with shares, hours or any other quantity. Departments are pools
        of the ledger; those that serve nobody are operating ones.
    method
        `Direct`, `StepDown`, `Reciprocal` or `Iterative`. What a department uses of itself is taken out.
    budgeted
        The same as ``services`` for budgeted use, if fixed cost goes by it (dual rates).
    fixed
        Support department to the fixed part of its cost, 0 to 1, which goes by ``budgeted``.

    References
    ----------
    Horngren, C. T., Datar, S. M., and Rajan, M. V. Cost Accounting, chapter on support departments.

    Examples
    --------
    >>> from custvalue.data import CostLedger, CostPool
    >>> costs = CostLedger(
    ...     pools=[CostPool("IT", 100), CostPool("HR", 50), CostPool("picking", 0), CostPool("delivery", 0)],
    ...     currency="EUR",
    ... )
    >>> services = {"IT": {"HR": 1, "picking": 2, "delivery": 1}, "HR": {"picking": 10, "delivery": 30}}
    >>> after = SupportDepartments(services=services).redistribute(costs)
    >>> [(pool.name, pool.amount) for pool in after.ledger.pools]
    [('picking', Decimal('68.75')), ('delivery', Decimal('81.25'))]
    """

    services: Mapping[str, Mapping[str, float]] = attrs.field(hash=False)
    method: SupportMethod = attrs.field(factory=Reciprocal)
    budgeted: Mapping[str, Mapping[str, float]] | None = attrs.field(default=None, hash=False)
    fixed: Mapping[str, float] = attrs.field(factory=dict, hash=False)

    def redistribute(self, costs: CostLedger, /) -> Redistribution:
        """Pass support cost on; the ledger afterwards has the same total.

        Raises
        ------
        SchemaError
            Naming departments that are not pools, and services that serve nobody, all at once.
        InputError
            Naming departments that only serve one another, so that their cost can never leave.
        """
        network = self._network(costs, self.services)
        shares = self.method.shares(network)
        by_budget = shares
        if self.budgeted is not None:
            by_budget = self.method.shares(self._network(costs, self.budgeted))
        received = np.zeros(shares.shape, dtype=np.int64)
        for row, name in enumerate(network.departments):
            fixed = self._fixed(name)
            amounts = divide(costs.minor(name), [fixed, 1.0 - fixed])
            for amount, part in zip(amounts, (by_budget[row], shares[row]), strict=True):
                if amount:
                    received[row] += divide(amount, np.maximum(part, 0.0).tolist())
        return _result(costs, network, received)

    def order_sensitivity(self, costs: CostLedger, /, *, seed: int = 0) -> OrderSensitivity:
        """Run step-down in every order (up to six departments) or in 720 random ones, and compare.

        Parameters
        ----------
        costs
            The ledger.
        seed
            Of the random orders.
        """
        network = self._network(costs, self.services)
        n = len(network.departments)
        names = np.array(network.departments)
        if factorial(n) <= MOST_ORDERS:
            orders = [list(order) for order in permutations(network.departments)]
        else:
            rng = np.random.default_rng(seed)
            orders = [rng.permutation(names).tolist() for _ in range(MOST_ORDERS)]
        finals = []
        for order in orders:
            after = attrs.evolve(self, method=StepDown(order)).redistribute(costs)
            finals.append([after.ledger.minor(name) for name in after.operating])
        low, high = np.min(finals, axis=0), np.max(finals, axis=0)
        return OrderSensitivity(operating=_operating(costs, network), low=low, high=high, n_orders=len(orders))

    def _fixed(self, name: str) -> float:
        fixed = self.fixed.get(name, 0.0)
        if not 0.0 <= fixed <= 1.0:
            raise InputError(f"fixed[{name!r}]", expected="a part from 0 to 1", got=repr(fixed))
        return fixed

    def _network(self, costs: CostLedger, services: Mapping[str, Mapping[str, float]]) -> Network:
        SchemaError.raise_for("SupportDepartments", _faults(costs, services, self.fixed))
        departments = tuple(services)
        operating = [name for name in costs.names if name not in services]
        shares = [by_quantity(receivers) for receivers in services.values()]
        S = np.array([[float(row.get(name, 0)) for name in departments] for row in shares]).reshape(
            len(departments), -1
        )
        D = np.array([[float(row.get(name, 0)) for name in operating] for row in shares]).reshape(len(departments), -1)
        S, D = kernel.without_self_use(S, D)
        trapped = kernel.closed_set(S, D)
        if trapped.size:
            names = [departments[at] for at in trapped]
            hint = "Let at least one of them serve an operating department."
            raise InputError("services", expected="a way out for every cost", got=f"the closed set {names}", hint=hint)
        own = np.array([costs.minor(name) for name in departments], dtype=np.float64)
        return Network(departments=departments, own_cost=own, services=S, final=D)


def _faults(
    costs: CostLedger, services: Mapping[str, Mapping[str, float]], fixed: Mapping[str, float]
) -> Iterable[Fault]:
    if not services:
        yield Fault("services", "at least one support department", "none")
    for name, receivers in services.items():
        for department in (name, *receivers):
            if department not in costs.names:
                hint = f"Add CostPool({department!r}, 0) if it has no cost of its own."
                yield Fault(f"services[{name!r}]", f"pools of the ledger: {list(costs.names)}", repr(department), hint)
        if not receivers:
            yield Fault(f"services[{name!r}]", "departments it serves", "none")
    for name in fixed:
        if name not in services:
            yield Fault(f"fixed[{name!r}]", f"a support department: {list(services)}", "another name")


def _operating(costs: CostLedger, network: Network) -> tuple[str, ...]:
    return tuple(name for name in costs.names if name not in network.departments)


def _result(costs: CostLedger, network: Network, received: IntArray) -> Redistribution:
    operating = _operating(costs, network)
    currency = costs.currency
    totals = received.sum(axis=0)
    pools = [
        attrs.evolve(costs.pool(name), amount=exact_major(currency, costs.minor(name) + int(total)))
        for name, total in zip(operating, totals, strict=True)
    ]
    ledger = attrs.evolve(costs, pools=pools)
    if ledger.total != costs.total:
        raise ConservationError(f"{costs.total} minor units before the support departments, {ledger.total} after")
    return Redistribution(
        departments=network.departments,
        operating=operating,
        received=locked(received),
        ledger=ledger,
        gross=kernel.gross_cost(network.services, network.own_cost),
        spectral_radius=kernel.spectral_radius(network.services),
    )
