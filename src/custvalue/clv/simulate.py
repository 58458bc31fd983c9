"""Customers drawn from the models: to try an analysis where the truth is known, and to test the fits.

A purchase process and a spend process, each a model with parameters, go into :func:`simulate_log`; out comes a log of
transactions with its summary. ``fit.process`` continues from a fit.
"""

from __future__ import annotations

from typing import TypeAlias

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, DateArray, IntArray, check_lengths, date_array, int_array
from custvalue._frames import FrameKind, build_frame
from custvalue.clv._kernels import simulation as kernel
from custvalue.clv.processes import PurchaseProcess, SpendProcess
from custvalue.data import Currency, CustomerIndex, CustomerSummary, Holdout, ObservationWindow, TimeUnit
from custvalue.data._time import DAY_US
from custvalue.errors import InputError

__all__ = ["SimulatedLog", "simulate_log"]

Seed: TypeAlias = int | np.random.Generator
_DAY = np.timedelta64(1, "D")
_MOST = 2.0**62  # minor units; a mean that does not exist draws more


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

    def holdout(self, after: str | np.datetime64, *, until: str | np.datetime64 | None = None) -> Holdout:
        """Tell what the customers acquired by a day did after it, to the end of the window or of another day.

        Purchase days are counted.
        """
        day, last_day = self._day(after), self._day(until)
        later = (self.time >= day + _DAY) & (self.time < last_day + _DAY)
        known = np.unique(self.owner[self.time < day + _DAY])
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
            ends=last_day,
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
    >>> from custvalue.clv import BGNBDProcess, GammaGammaAmounts
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
    unit_us = purchases.unit.days * DAY_US
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
