"""How accurate a costing system is, measured on simulated firms whose true cost is known."""

from __future__ import annotations

import enum
from collections.abc import Mapping

import attrs
import numpy as np
from numpy.typing import ArrayLike

from custvalue._arrays import ArrayHolder, FloatArray, as_floats, float_array
from custvalue._frames import Column, FrameKind, build_frame
from custvalue.costing._combine import charged, exact_major
from custvalue.costing._kernels import firms as kernel
from custvalue.costing._protocol import CostAllocator
from custvalue.costing.activity_based import ActivityBased
from custvalue.costing.volume_based import VolumeBased
from custvalue.data import CostLedger, CostPool, CustomerIndex, DriverTable
from custvalue.errors import InputError

__all__ = ["Bench", "CostErrors", "FirmSettings", "Pooling", "SimulatedFirm", "bench", "cost_errors", "design_system"]


@attrs.frozen(kw_only=True)
class FirmSettings:
    """What simulated firms look like; ranges are drawn from anew for each firm.

    Parameters
    ----------
    n_customers
        Cost objects.
    n_resources
        Resources, each with a true consumption of its own.
    n_top
        Resources that hold ``top_share`` of the cost.
    top_share
        Range of that share.
    density
        Range of the part of customers that use a resource.
    correlation
        Range of the correlation of a resource's consumption with units sold.
    total
        Cost of the firm, major units.

    References
    ----------
    Anand, V., Balakrishnan, R., and Labro, E. (2019). A framework for conducting numerical experiments on cost system
    design. Journal of Management Accounting Research 31(1).
    """

    n_customers: int = 50
    n_resources: int = 50
    n_top: int = 10
    top_share: tuple[float, float] = (0.4, 0.7)
    density: tuple[float, float] = (0.4, 0.7)
    correlation: tuple[float, float] = (-0.2, 0.8)
    total: int = 1_000_000


@attrs.frozen(kw_only=True, eq=False, repr=False)
class SimulatedFirm(ArrayHolder):
    """A firm whose true cost of every customer is known.

    Parameters
    ----------
    costs
        One pool a resource.
    drivers
        Units sold, and the true consumption of every resource under its name.
    true_cost
        (n_customers,) major units.
    """

    costs: CostLedger
    drivers: DriverTable
    true_cost: FloatArray = float_array()

    @classmethod
    def simulate(cls, settings: FirmSettings | None = None, *, seed: int = 0) -> SimulatedFirm:
        """Make a firm.

        Parameters
        ----------
        settings
            What it looks like.
        seed
            Of the random numbers.

        Examples
        --------
        >>> SimulatedFirm.simulate(FirmSettings(n_customers=20), seed=1)
        SimulatedFirm(20 customers, 50 resources)
        """
        wanted = settings or FirmSettings()
        rng = np.random.default_rng(seed)
        units = np.asarray(np.round(np.exp(rng.normal(5.0, 1.0, wanted.n_customers))) + 1.0, dtype=np.float64)
        share = rng.uniform(*wanted.top_share)
        money = kernel.resource_costs(wanted.n_resources, wanted.n_top, wanted.total * 100.0, share, rng)
        correlation = np.asarray(rng.uniform(*wanted.correlation, wanted.n_resources), dtype=np.float64)
        used = kernel.consumption(units, wanted.n_resources, rng.uniform(*wanted.density), correlation, rng)
        names = [f"resource {number}" for number in range(1, wanted.n_resources + 1)]
        cents = np.rint(money).astype(np.int64).tolist()
        bare = CostLedger(pools=[CostPool(name, 0) for name in names], currency="USD")
        pools = [CostPool(name, exact_major(bare.currency, cent)) for name, cent in zip(names, cents, strict=True)]
        drivers = {"units": units, **dict(zip(names, used, strict=True))}
        customers = CustomerIndex(np.arange(wanted.n_customers))
        true = (np.array(cents)[:, None] / 100.0 * used / used.sum(axis=1, keepdims=True)).sum(axis=0)
        return cls(
            costs=attrs.evolve(bare, pools=pools),
            drivers=DriverTable(customers=customers, drivers=drivers),
            true_cost=true,
        )

    def __repr__(self) -> str:
        """One line."""
        return f"SimulatedFirm({len(self.drivers.customers):,} customers, {len(self.costs.pools)} resources)"


@attrs.frozen(kw_only=True)
class CostErrors:
    """How far a costing system is from the truth.

    Parameters
    ----------
    mean_absolute
        Mean absolute error relative to the true cost: 0.1 is 10 %.
    distance
        Euclidean distance, major units.
    within_5_percent, over_costed, under_costed
        Shares of customers within 5 % of the truth, charged more than 5 % too much, and too little.
    """

    mean_absolute: float
    distance: float
    within_5_percent: float
    over_costed: float
    under_costed: float


def cost_errors(true: ArrayLike, found: ArrayLike) -> CostErrors:
    """Compare reported with true cost.

    Parameters
    ----------
    true
        (n_customers,) true cost.
    found
        (n_customers,) reported cost in the same unit.

    Raises
    ------
    InputError
        If lengths differ or there is nobody.

    Examples
    --------
    >>> cost_errors([100, 100], [110, 96])
    CostErrors(mean_absolute=0.07, distance=10.77..., within_5_percent=0.5, over_costed=0.5, under_costed=0.0)
    """
    truth, reported = as_floats(true), as_floats(found)
    if truth.size != reported.size or truth.size == 0:
        raise InputError("cost_errors", expected="two arrays of one length", got=f"{truth.size} and {reported.size}")
    mean, distance, within, over, under = kernel.error_metrics(truth, reported)
    return CostErrors(
        mean_absolute=mean, distance=distance, within_5_percent=within, over_costed=over, under_costed=under
    )


class Pooling(enum.Enum):
    """How resources are put into pools; each pool starts with one of the largest."""

    RANDOM = "at random"
    SIZE = "to the smallest pool"
    CORRELATION = "to the pool they correlate with"


def design_system(
    firm: SimulatedFirm, n_pools: int, *, pooling: Pooling = Pooling.SIZE, n_indexed: int = 1, seed: int = 0
) -> ActivityBased:
    """Design an activity-based system for a firm: fewer pools than resources, imperfect drivers.

    Parameters
    ----------
    firm
        The firm.
    n_pools
        Activity pools.
    pooling
        How resources are put together.
    n_indexed
        How many of a pool's largest resources make up its driver; 1 is the usual "driver of the biggest".
    seed
        Of random pooling.
    """
    names = firm.costs.names
    if not 1 <= n_pools <= len(names):
        raise InputError("design_system(n_pools)", expected=f"1 to {len(names)}", got=str(n_pools))
    cost = np.array([firm.costs.minor(name) for name in names], dtype=np.float64)
    used = np.array([firm.drivers[name] for name in names])
    if pooling is Pooling.RANDOM:
        pool = kernel.pools_at_random(cost, n_pools, np.random.default_rng(seed))
    elif pooling is Pooling.SIZE:
        pool = kernel.pools_by_size(cost, n_pools)
    else:
        pool = kernel.pools_by_correlation(cost, used, n_pools)
    drivers: dict[str, Mapping[str, float]] = {}
    for number in range(n_pools):
        members = np.flatnonzero(pool == number)
        largest = members[np.argsort(-cost[members], kind="stable")[:n_indexed]]
        drivers[f"activity {number + 1}"] = {names[at]: 1.0 / float(used[at].sum()) for at in largest}
    resources = {name: {f"activity {pool[at] + 1}": 1.0} for at, name in enumerate(names)}
    return ActivityBased(drivers=drivers, resources=resources)


@attrs.frozen(kw_only=True, repr=False)
class Bench:
    """Mean error of several costing systems over many firms.

    Parameters
    ----------
    errors
        System to its mean absolute relative error.
    n_firms
        How many firms.
    """

    errors: Mapping[str, float]
    n_firms: int

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a system: system, mean_absolute_error."""
        columns: dict[str, Column] = {"system": list(self.errors), "mean_absolute_error": list(self.errors.values())}
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        best = min(self.errors, key=lambda name: self.errors[name])
        return f"Bench({len(self.errors)} systems, {self.n_firms} firms; best {best}: {self.errors[best]:.1%})"


def bench(*, n_firms: int = 50, settings: FirmSettings | None = None, seed: int = 0) -> Bench:
    """Compare volume-based costing with activity-based systems of several qualities.

    Parameters
    ----------
    n_firms
        How many firms to simulate.
    settings
        What they look like.
    seed
        Of the first firm.
    """
    sums: dict[str, float] = {}
    for number in range(n_firms):
        firm = SimulatedFirm.simulate(settings, seed=seed + number)
        systems: dict[str, CostAllocator] = {"volume, by units": VolumeBased("units")}
        for n_indexed in (1, 3):
            for n_pools in (1, 3, 10, 20):
                name = f"activity, {n_pools} pools, driver of {n_indexed}"
                systems[name] = design_system(firm, n_pools, n_indexed=n_indexed)
        for name, system in systems.items():
            found = firm.costs.currency.to_major(charged(system, firm.costs, firm.drivers).total)
            sums[name] = sums.get(name, 0.0) + cost_errors(firm.true_cost, found).mean_absolute
    return Bench(errors={name: value / n_firms for name, value in sums.items()}, n_firms=n_firms)
