"""How sure a customer's cost is when drivers are measured with error, and who is likely to make a loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs
import numpy as np
from numpy.typing import ArrayLike

from custvalue._arrays import ArrayHolder, FloatArray, IntArray, as_ints, float_array, locked
from custvalue._frames import FrameKind, build_frame
from custvalue.costing._combine import charged
from custvalue.costing._protocol import CostAllocator
from custvalue.data import CostLedger, Currency, CustomerIndex, DriverTable
from custvalue.errors import InputError

__all__ = ["CostIntervals", "cost_intervals"]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class CostIntervals(ArrayHolder):
    """Interval of each customer's cost, and the probability that it makes a loss.

    Parameters
    ----------
    customers
        (n_customers,).
    cost, low, high
        (n_customers,) mean and ends of the interval, minor units.
    loss_probability
        (n_customers,) share of draws with a loss, 0 to 1; NaN if no profit was given.
    level
        Probability of the interval.
    currency
        Of the amounts.
    """

    customers: CustomerIndex
    cost: FloatArray = float_array()
    low: FloatArray = float_array()
    high: FloatArray = float_array()
    loss_probability: FloatArray = float_array()
    level: float
    currency: Currency

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer: customer, cost, low, high (major units), loss_probability."""
        major = self.currency.to_major
        columns = {
            "customer": self.customers.ids,
            "cost": major(self.cost),
            "low": major(self.low),
            "high": major(self.high),
            "loss_probability": self.loss_probability,
        }
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        return f"CostIntervals({len(self.customers):,} customers, {self.level:.0%})"


def cost_intervals(
    allocator: CostAllocator | Callable[[np.random.Generator], CostAllocator],
    costs: CostLedger,
    drivers: DriverTable,
    *,
    errors: Mapping[str, float],
    profit_before: ArrayLike | None = None,
    level: float = 0.9,
    n_draws: int = 500,
    seed: int = 0,
) -> CostIntervals:
    """Allocate many times with drivers as they might really have been.

    Parameters
    ----------
    allocator
        The method; or a function of a random generator that makes one, for uncertain settings such as minutes an order.
    costs
        The pools.
    drivers
        As measured.
    errors
        Driver to the relative standard error of a customer's quantity; errors are lognormal with mean 1.
    profit_before
        (n_customers,) profit before these costs, minor units, for the probability of a loss.
    level
        Probability of the interval, between 0 and 1.
    n_draws
        How many allocations, 2 or more.
    seed
        Of the random numbers. They follow customers by the order of their ids, not of their rows.

    Raises
    ------
    InputError
        If a driver is not in the table, or a setting is out of range.

    Examples
    --------
    >>> from custvalue.costing import VolumeBased
    >>> from custvalue.data import CostPool
    >>> costs = CostLedger(pools=[CostPool("service", 100)], currency="EUR")
    >>> drivers = DriverTable(customers=CustomerIndex(["a", "b"]), drivers={"calls": [60, 40]})
    >>> found = cost_intervals(
    ...     VolumeBased("calls"), costs, drivers, errors={"calls": 0.2}, profit_before=[10_000, 3_500]
    ... )
    >>> bool(found.low[0] < 6000 < found.high[0]), bool(found.loss_probability[1] > 0.5)
    (True, True)
    """
    n = len(drivers.customers)
    if not 0.0 < level < 1.0 or n_draws < 2 or any(error < 0 for error in errors.values()):
        got = f"level {level}, n_draws {n_draws}, errors {dict(errors)}"
        expected = "level between 0 and 1, two or more draws, errors of zero or more"
        raise InputError("cost_intervals", expected=expected, got=got)
    before = None if profit_before is None else as_ints(profit_before)
    if before is not None and before.size != n:
        raise InputError("cost_intervals(profit_before)", expected=f"{n} customers", got=f"{before.size} values")
    rng = np.random.default_rng(seed)
    rank = np.empty(n, dtype=np.int64)
    rank[np.argsort(drivers.customers.ids, kind="stable")] = np.arange(n)
    draws = np.empty((n_draws, n))
    for draw in range(n_draws):
        method = allocator if isinstance(allocator, CostAllocator) else allocator(rng)
        draws[draw] = charged(method, costs, _disturbed(drivers, errors, rank, rng)).total
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
    loss = np.full(n, np.nan) if before is None else (draws > before).mean(axis=0)
    return CostIntervals(
        customers=drivers.customers,
        cost=draws.mean(axis=0),
        low=low,
        high=high,
        loss_probability=loss,
        level=level,
        currency=costs.currency,
    )


def _disturbed(
    drivers: DriverTable, errors: Mapping[str, float], rank: IntArray, rng: np.random.Generator
) -> DriverTable:
    columns = dict(drivers.drivers)
    for name, error in errors.items():
        spread = np.sqrt(np.log1p(error * error))
        noise = np.exp(spread * rng.standard_normal(rank.size) - spread * spread / 2)
        columns[name] = locked(drivers[name] * noise[rank])
    return attrs.evolve(drivers, drivers=columns)
