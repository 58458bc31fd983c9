"""Customers drawn from the models: to try an analysis where the truth is known, and to test the fits.

A purchase process and a spend process, each a model with parameters, go into :func:`simulate_log`; out comes a log of
transactions with its summary. ``BGNBDProcess(unit=fit.unit, **fit.params)`` continues from a fit.
"""

from __future__ import annotations

import math
from typing import Protocol, TypeAlias

import attrs
import numpy as np

from custvalue._arrays import (
    ArrayHolder,
    DateArray,
    FloatArray,
    IntArray,
    check_lengths,
    date_array,
    float_array,
    int_array,
)
from custvalue._frames import FrameKind, build_frame
from custvalue.clv._kernels import simulation as kernel
from custvalue.data import Currency, CustomerIndex, CustomerSummary, Holdout, ObservationWindow, TimeUnit
from custvalue.errors import InputError

__all__ = [
    "BGCNBDkProcess",
    "BGNBDProcess",
    "GGompertzNBDProcess",
    "GammaGammaAmounts",
    "Latent",
    "LognormalAmounts",
    "MBGCNBDkProcess",
    "MBGNBDProcess",
    "NBDProcess",
    "NormalAmounts",
    "ParetoNBDProcess",
    "PurchaseProcess",
    "SimulatedLog",
    "SpendProcess",
    "simulate_log",
]

Seed: TypeAlias = int | np.random.Generator
_DAY = np.timedelta64(1, "D")
_DAY_US = 86_400_000_000
_MOST = 2.0**62  # minor units; a mean that does not exist draws more


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
        lifetimes: FloatArray | None = None,
        limits: FloatArray | None = None,
        gap_shape: int = 1,
    ) -> Latent:
        never = np.full(n_customers, np.inf)
        return Latent(
            rates=kernel.purchase_rates(self.r, self.alpha, n_customers, rng),
            lifetimes=never if lifetimes is None else lifetimes,
            limits=never if limits is None else limits,
            gap_shape=gap_shape,
        )


@attrs.frozen
class NBDProcess(_GammaRates):
    """Random buying at gamma (r, alpha) rates; nobody ever leaves."""

    def draw(self, n_customers: int, rng: np.random.Generator, /) -> Latent:
        """Draw rates."""
        return self._latent(n_customers, rng)


@attrs.frozen
class ParetoNBDProcess(_GammaRates):
    """Random buying at gamma (r, alpha) rates until an exponential lifetime with gamma (s, beta) rate ends."""

    s: float = _parameter
    beta: float = _parameter

    def draw(self, n_customers: int, rng: np.random.Generator, /) -> Latent:
        """Draw rates and lifetimes."""
        return self._latent(n_customers, rng, lifetimes=kernel.pareto_lifetimes(self.s, self.beta, n_customers, rng))


@attrs.frozen
class GGompertzNBDProcess(_GammaRates):
    """Random buying at gamma (r, alpha) rates until a Gompertz lifetime with gamma (s, beta) rate ends."""

    b: float = _parameter
    s: float = _parameter
    beta: float = _parameter

    def draw(self, n_customers: int, rng: np.random.Generator, /) -> Latent:
        """Draw rates and lifetimes."""
        lifetimes = kernel.gompertz_lifetimes(self.b, self.s, self.beta, n_customers, rng)
        return self._latent(n_customers, rng, lifetimes=lifetimes)


@attrs.frozen
class BGNBDProcess(_GammaRates):
    """Random buying at gamma (r, alpha) rates; after each repeat purchase a beta (a, b) chance to leave."""

    a: float = _parameter
    b: float = _parameter

    def draw(self, n_customers: int, rng: np.random.Generator, /) -> Latent:
        """Draw rates and last purchases."""
        limits = kernel.beta_geometric_limits(self.a, self.b, n_customers, rng, at_start=False)
        return self._latent(n_customers, rng, limits=limits)


@attrs.frozen
class MBGNBDProcess(_GammaRates):
    """As :class:`BGNBDProcess`, with one more chance to leave right after the first purchase."""

    a: float = _parameter
    b: float = _parameter

    def draw(self, n_customers: int, rng: np.random.Generator, /) -> Latent:
        """Draw rates and last purchases."""
        limits = kernel.beta_geometric_limits(self.a, self.b, n_customers, rng, at_start=True)
        return self._latent(n_customers, rng, limits=limits)


@attrs.frozen
class BGCNBDkProcess(BGNBDProcess):
    """As :class:`BGNBDProcess`, with more regular gaps: Erlang with shape ``k``."""

    k: int = attrs.field(kw_only=True, validator=_whole)

    def draw(self, n_customers: int, rng: np.random.Generator, /) -> Latent:
        """Draw rates and last purchases."""
        return attrs.evolve(super().draw(n_customers, rng), gap_shape=self.k)


@attrs.frozen
class MBGCNBDkProcess(MBGNBDProcess):
    """As :class:`MBGNBDProcess`, with more regular gaps: Erlang with shape ``k``."""

    k: int = attrs.field(kw_only=True, validator=_whole)

    def draw(self, n_customers: int, rng: np.random.Generator, /) -> Latent:
        """Draw rates and last purchases."""
        return attrs.evolve(super().draw(n_customers, rng), gap_shape=self.k)


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


@attrs.frozen(kw_only=True, eq=False, repr=False)
class SimulatedLog(ArrayHolder):
    """Transactions drawn from known models.

    Parameters
    ----------
    customers
        (n_customers,).
    owner
        (n_transactions,) position of each transaction's customer; increasing, and by time within a customer.
    time
        (n_transactions,) datetime64.
    amount
        (n_transactions,) minor units.
    window
        The days simulated.
    currency
        Of the amounts.
    """

    customers: CustomerIndex
    owner: IntArray = int_array()
    time: DateArray = date_array()
    amount: IntArray = int_array()
    window: ObservationWindow
    currency: Currency

    def __attrs_post_init__(self) -> None:
        check_lengths("SimulatedLog", self.owner.size, {"time": self.time, "amount": self.amount})

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a transaction: customer_id, ordered_at, amount (major units)."""
        columns = {
            "customer_id": self.customers.ids[self.owner],
            "ordered_at": self.time,
            "amount": self.currency.to_major(self.amount),
        }
        return build_frame(columns, like)

    def summary(
        self, *, until: str | np.datetime64 | None = None, unit: TimeUnit = TimeUnit.WEEK, exact: bool = False
    ) -> CustomerSummary:
        """Summarise the customers acquired by a day.

        Parameters
        ----------
        until
            The last day observed; the end of the window by default.
        unit
            Unit of ages.
        exact
            False: purchases of one day count once and ages are whole days, as in a log of real orders. True: every
            purchase counts and ages are continuous, as the models are written.

        Raises
        ------
        InputError
            If nobody has bought by then.
        """
        last_day = self._day(until)
        rows = self.time < last_day + _DAY
        owner, time = self.owner[rows], self.time[rows]
        moment = time if exact else time.astype("datetime64[D]").astype("datetime64[us]")
        if not owner.size:
            raise InputError("SimulatedLog.summary", expected="a day with customers before it", got=str(last_day)[:10])
        new = np.ones(owner.size, dtype=bool)
        new[1:] = (owner[1:] != owner[:-1]) | (moment[1:] != moment[:-1])
        starts = np.flatnonzero(np.append(True, owner[1:] != owner[:-1]))
        ends = np.append(starts[1:], owner.size) - 1
        amount = self.amount[rows]
        total = np.add.reduceat(amount, starts)
        first = moment[starts]
        on_first = (moment == np.repeat(first, ends - starts + 1)).astype(np.int64)
        return CustomerSummary(
            customers=self.customers.take(owner[starts]),
            first_at=first,
            last_at=moment[ends],
            n_purchases=np.add.reduceat(new.astype(np.int64), starts),
            total_amount=total,
            repeat_amount=total - np.add.reduceat(amount * on_first, starts),
            observed_until=last_day + _DAY if exact else last_day,
            currency=self.currency,
            unit=unit,
        )

    def holdout(self, after: str | np.datetime64) -> Holdout:
        """Tell what the customers acquired by a day did after it, to the end of the window; purchase days counted."""
        day = self._day(after)
        later = self.time >= day + _DAY
        known = np.unique(self.owner[~later])
        n_all = len(self.customers)
        owner, days = self.owner[later], self.time[later].astype("datetime64[D]")
        new = np.ones(owner.size, dtype=bool)
        new[1:] = (owner[1:] != owner[:-1]) | (days[1:] != days[:-1])
        amounts = np.zeros(n_all, dtype=np.int64)
        np.add.at(amounts, owner, self.amount[later])
        return Holdout(
            customers=self.customers.take(known),
            n_purchases=np.bincount(owner[new], minlength=n_all)[known],
            total_amount=amounts[known],
            starts=day + _DAY,
            ends=self.window.end,
            currency=self.currency,
            n_new_customers=int(np.setdiff1d(owner, known).size),
        )

    def _day(self, value: str | np.datetime64 | None) -> np.datetime64:
        day = self.window.end if value is None else _as_day(value)
        if not self.window.start <= day <= self.window.end:
            raise InputError("SimulatedLog", expected=f"a day of {self.window}", got=str(value))
        return day

    def __repr__(self) -> str:
        """One line."""
        return f"SimulatedLog({self.owner.size:,} transactions of {len(self.customers):,} customers, {self.window})"


def simulate_log(
    purchases: PurchaseProcess,
    spend: SpendProcess | None = None,
    *,
    n_customers: int,
    window: ObservationWindow,
    acquired_until: str | np.datetime64 | None = None,
    currency: str | Currency = "EUR",
    seed: Seed,
) -> SimulatedLog:
    """Draw customers and everything they buy within a window.

    Parameters
    ----------
    purchases
        How they buy and leave.
    spend
        What a purchase brings, the first one included; None for 1 minor unit each.
    n_customers
        How many.
    window
        First and last day.
    acquired_until
        First purchases are spread evenly from the start of the window to the end of this day; None for all at the
        start of the first day.
    currency
        Of the amounts.
    seed
        A number, or a numpy generator.

    Examples
    --------
    >>> log = simulate_log(
    ...     BGNBDProcess(r=0.25, alpha=4.4, a=0.8, b=2.4), GammaGammaAmounts(p=6.2, q=3.7, gamma=15.4),
    ...     n_customers=100, window=ObservationWindow("2026-01-01", "2026-12-31"), acquired_until="2026-03-31", seed=1,
    ... )
    >>> log.summary(until="2026-09-30")
    CustomerSummary(100 customers, ..., observed until 2026-09-30, unit=week, EUR)
    """
    if n_customers < 1:
        raise InputError("simulate_log(n_customers)", expected="1 or more", got=repr(n_customers))
    rng = np.random.default_rng(seed)
    money = Currency.of(currency)
    births = _births(window, acquired_until, n_customers, rng)
    unit_us = purchases.unit.days * _DAY_US
    ages = (window.end + _DAY - births).astype(np.int64) / unit_us
    latent = purchases.draw(n_customers, rng)
    owner, age = kernel.purchase_ages(
        latent.rates, latent.lifetimes, latent.limits, ages, rng, gap_shape=latent.gap_shape
    )
    everyone = np.arange(n_customers, dtype=np.int64)
    owner, age = np.append(everyone, owner), np.append(np.zeros(n_customers), age)
    order = np.lexsort((age, owner))
    owner, age = owner[order], age[order]
    offsets = np.minimum(np.floor(age * unit_us), np.floor(ages[owner] * unit_us) - 1.0)
    minor = np.ones(owner.size) if spend is None else spend.draw(owner, n_customers, rng) * money.scale
    return SimulatedLog(
        customers=CustomerIndex(everyone),
        owner=owner,
        time=births[owner] + offsets.astype("timedelta64[us]"),
        amount=np.round(np.clip(minor, -_MOST, _MOST)).astype(np.int64),
        window=window,
        currency=money,
    )


def _as_day(value: str | np.datetime64) -> np.datetime64:
    return ObservationWindow(value, value).start


def _births(
    window: ObservationWindow, acquired_until: str | np.datetime64 | None, n_customers: int, rng: np.random.Generator
) -> DateArray:
    if acquired_until is None:
        return np.full(n_customers, window.start)
    last = _as_day(acquired_until)
    if not window.start <= last <= window.end:
        raise InputError("simulate_log(acquired_until)", expected=f"a day of {window}", got=str(acquired_until))
    width = (last + _DAY - window.start).astype(np.int64)
    births: DateArray = window.start + np.floor(rng.random(n_customers) * width).astype("timedelta64[us]")
    return births
