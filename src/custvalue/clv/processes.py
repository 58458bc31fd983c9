"""How customers buy and leave, and what purchases bring, as something to draw from: the models seen from inside."""

from __future__ import annotations

import math
from typing import Protocol, TypeAlias

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, FloatArray, IntArray, check_lengths, float_array
from custvalue.clv._kernels import simulation as kernel
from custvalue.data import TimeUnit
from custvalue.errors import InputError

__all__ = [
    "BGCNBDkProcess",
    "BGNBDProcess",
    "GGompertzNBDProcess",
    "GammaGammaAmounts",
    "Latent",
    "LeavingProcess",
    "LognormalAmounts",
    "MBGCNBDkProcess",
    "MBGNBDProcess",
    "NBDProcess",
    "NormalAmounts",
    "ParetoNBDProcess",
    "PurchaseProcess",
    "SpendProcess",
    "UnevenProcess",
]

Factor: TypeAlias = FloatArray | float


def _positive(instance: object, attribute: attrs.Attribute[float], value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        where = f"{type(instance).__name__}.{attribute.name}"
        raise InputError(where, expected="a finite number above 0", got=repr(value))


def _whole(instance: object, attribute: attrs.Attribute[int], value: int) -> None:
    if value < 1 or value != int(value):
        where = f"{type(instance).__name__}.{attribute.name}"
        raise InputError(where, expected="a whole number of 1 or more", got=repr(value))


_parameter = attrs.field(converter=float, validator=_positive)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Latent(ArrayHolder):
    """What a process draws for each customer.

    Parameters
    ----------
    rates
        (n_customers,) rate of the gaps between purchases.
    lifetimes
        (n_customers,) age at which the customer leaves; ``inf`` where that is not how one leaves.
    limits
        (n_customers,) repeat purchases after which the customer leaves; ``inf`` where that is not how one leaves.
    gap_shape
        Shape of the Erlang gaps; 1 is purely random buying.
    """

    rates: FloatArray = float_array()
    lifetimes: FloatArray = float_array()
    limits: FloatArray = float_array()
    gap_shape: int = 1


class PurchaseProcess(Protocol):
    """How customers buy and leave."""

    @property
    def unit(self) -> TimeUnit:
        """Unit of time of the parameters."""
        ...

    def draw(self, n_customers: int, rng: np.random.Generator, /) -> Latent:
        """Draw what makes each customer the one he or she is."""
        ...


class LeavingProcess(PurchaseProcess, Protocol):
    """A process some of whose customers may buy faster or leave sooner than others."""

    def draw(
        self, n_customers: int, rng: np.random.Generator, /, *, faster: Factor = 1.0, sooner: Factor = 1.0
    ) -> Latent:
        """Draw with factors, for all or for each, on the mean purchase rate, and on the rate or odds of leaving."""
        ...


class SpendProcess(Protocol):
    """What purchases bring."""

    def draw(self, owner: IntArray, n_customers: int, rng: np.random.Generator, /) -> FloatArray:
        """Draw the amount of each purchase, major units; ``owner`` (n_purchases,) says whose it is."""
        ...


@attrs.frozen
class _GammaRates:
    """Buying at rates that are gamma (r, alpha) over customers."""

    r: float = _parameter
    alpha: float = _parameter
    unit: TimeUnit = attrs.field(default=TimeUnit.WEEK, kw_only=True)

    def _latent(
        self,
        n_customers: int,
        rng: np.random.Generator,
        *,
        faster: Factor = 1.0,
        lifetimes: FloatArray | None = None,
        limits: FloatArray | None = None,
    ) -> Latent:
        never = np.full(n_customers, np.inf)
        return Latent(
            rates=kernel.purchase_rates(self.r, self.alpha / faster, n_customers, rng),
            lifetimes=never if lifetimes is None else lifetimes,
            limits=never if limits is None else limits,
        )


@attrs.frozen
class NBDProcess(_GammaRates):
    """Random buying at gamma (r, alpha) rates; nobody ever leaves."""

    def draw(
        self, n_customers: int, rng: np.random.Generator, /, *, faster: Factor = 1.0, sooner: Factor = 1.0
    ) -> Latent:
        """Draw rates."""
        del sooner  # nobody leaves
        return self._latent(n_customers, rng, faster=faster)


@attrs.frozen
class ParetoNBDProcess(_GammaRates):
    """Random buying at gamma (r, alpha) rates until an exponential lifetime with gamma (s, beta) rate ends."""

    s: float = _parameter
    beta: float = _parameter

    def draw(
        self, n_customers: int, rng: np.random.Generator, /, *, faster: Factor = 1.0, sooner: Factor = 1.0
    ) -> Latent:
        """Draw rates and lifetimes."""
        lifetimes = kernel.pareto_lifetimes(self.s, self.beta / sooner, n_customers, rng)
        return self._latent(n_customers, rng, faster=faster, lifetimes=lifetimes)


@attrs.frozen
class GGompertzNBDProcess(_GammaRates):
    """Random buying at gamma (r, alpha) rates until a Gompertz lifetime with gamma (s, beta) rate ends."""

    b: float = _parameter
    s: float = _parameter
    beta: float = _parameter

    def draw(
        self, n_customers: int, rng: np.random.Generator, /, *, faster: Factor = 1.0, sooner: Factor = 1.0
    ) -> Latent:
        """Draw rates and lifetimes."""
        lifetimes = kernel.gompertz_lifetimes(self.b, self.s, self.beta / sooner, n_customers, rng)
        return self._latent(n_customers, rng, faster=faster, lifetimes=lifetimes)


@attrs.frozen
class BGNBDProcess(_GammaRates):
    """Random buying at gamma (r, alpha) rates; after each repeat purchase a beta (a, b) chance to leave."""

    a: float = _parameter
    b: float = _parameter

    def draw(
        self, n_customers: int, rng: np.random.Generator, /, *, faster: Factor = 1.0, sooner: Factor = 1.0
    ) -> Latent:
        """Draw rates and last purchases."""
        limits = kernel.beta_geometric_limits(self.a * sooner, self.b, n_customers, rng, at_start=False)
        return self._latent(n_customers, rng, faster=faster, limits=limits)


@attrs.frozen
class MBGNBDProcess(_GammaRates):
    """As :class:`BGNBDProcess`, with one more chance to leave right after the first purchase."""

    a: float = _parameter
    b: float = _parameter

    def draw(
        self, n_customers: int, rng: np.random.Generator, /, *, faster: Factor = 1.0, sooner: Factor = 1.0
    ) -> Latent:
        """Draw rates and last purchases."""
        limits = kernel.beta_geometric_limits(self.a * sooner, self.b, n_customers, rng, at_start=True)
        return self._latent(n_customers, rng, faster=faster, limits=limits)


@attrs.frozen
class BGCNBDkProcess(BGNBDProcess):
    """As :class:`BGNBDProcess`, with more regular gaps: Erlang with shape ``k``."""

    k: int = attrs.field(kw_only=True, validator=_whole)

    def draw(
        self, n_customers: int, rng: np.random.Generator, /, *, faster: Factor = 1.0, sooner: Factor = 1.0
    ) -> Latent:
        """Draw rates and last purchases."""
        return attrs.evolve(super().draw(n_customers, rng, faster=faster, sooner=sooner), gap_shape=self.k)


@attrs.frozen
class MBGCNBDkProcess(MBGNBDProcess):
    """As :class:`MBGNBDProcess`, with more regular gaps: Erlang with shape ``k``."""

    k: int = attrs.field(kw_only=True, validator=_whole)

    def draw(
        self, n_customers: int, rng: np.random.Generator, /, *, faster: Factor = 1.0, sooner: Factor = 1.0
    ) -> Latent:
        """Draw rates and last purchases."""
        return attrs.evolve(super().draw(n_customers, rng, faster=faster, sooner=sooner), gap_shape=self.k)


@attrs.frozen(eq=False)
class UnevenProcess(ArrayHolder):
    """A process whose customers differ by what is known of them: the simulated side of :class:`WithCovariates`.

    Parameters
    ----------
    process
        Of a customer whose factors are 1.
    faster
        (n_customers,) factor on each one's mean purchase rate: exp(coefficient x covariate).
    sooner
        (n_customers,) factor on each one's rate of leaving (Pareto/NBD), hazard scale (GGompertz/NBD) or odds of
        leaving a / b (BG/NBD, MBG/NBD).

    Examples
    --------
    >>> from custvalue.clv import simulate_log
    >>> from custvalue.data import ObservationWindow
    >>> web = np.arange(100) % 2
    >>> process = UnevenProcess(ParetoNBDProcess(0.8, 4.0, 0.9, 20.0), np.exp(0.5 * web), np.exp(0.3 * web))
    >>> simulate_log(process, n_customers=100, window=ObservationWindow("2026-01-01", "2026-12-31"), seed=1)
    SimulatedLog(... transactions of 100 customers, ...)
    """

    process: LeavingProcess
    faster: FloatArray = float_array()
    sooner: FloatArray = float_array()

    def __attrs_post_init__(self) -> None:
        check_lengths("UnevenProcess", self.faster.size, {"sooner": self.sooner})
        if not bool(
            (np.isfinite(self.faster) & (self.faster > 0) & np.isfinite(self.sooner) & (self.sooner > 0)).all()
        ):
            raise InputError("UnevenProcess", expected="finite factors above 0", got="others")

    @property
    def unit(self) -> TimeUnit:
        """Unit of time of the parameters."""
        return self.process.unit

    def draw(self, n_customers: int, rng: np.random.Generator, /) -> Latent:
        """Draw what makes each customer; there must be as many as factors."""
        if n_customers != self.faster.size:
            raise InputError("UnevenProcess", expected=f"{self.faster.size:,} customers", got=f"{n_customers:,}")
        return self.process.draw(n_customers, rng, faster=self.faster, sooner=self.sooner)


@attrs.frozen
class GammaGammaAmounts:
    """Amounts gamma with shape p about a customer's mean; the customers' rates gamma (q, gamma)."""

    p: float = _parameter
    q: float = _parameter
    gamma: float = _parameter

    def draw(self, owner: IntArray, n_customers: int, rng: np.random.Generator, /) -> FloatArray:
        """Draw one amount a purchase."""
        return kernel.gamma_gamma_amounts(self.p, self.q, self.gamma, owner, n_customers, rng)


@attrs.frozen
class LognormalAmounts:
    """Log-normal amounts about a customer's mean, whose log is normal (location, between) over customers."""

    location: float
    between: float = _parameter
    within: float = _parameter

    def draw(self, owner: IntArray, n_customers: int, rng: np.random.Generator, /) -> FloatArray:
        """Draw one amount a purchase."""
        return kernel.lognormal_amounts(self.location, self.between, self.within, owner, n_customers, rng)


@attrs.frozen
class NormalAmounts:
    """Margins normal about a customer's mean, itself normal (mean, between) over customers; any sign."""

    mean: float
    between: float = _parameter
    within: float = _parameter

    def draw(self, owner: IntArray, n_customers: int, rng: np.random.Generator, /) -> FloatArray:
        """Draw one margin a purchase."""
        return kernel.normal_amounts(self.mean, self.between, self.within, owner, n_customers, rng)
