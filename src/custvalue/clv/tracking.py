"""Repeat purchases of all customers period by period: what the model says against what came in."""

from __future__ import annotations

from typing import Protocol, SupportsFloat, runtime_checkable

import attrs
import numpy as np

from custvalue._arrays import (
    ArrayHolder,
    DateArray,
    FloatArray,
    IntArray,
    as_floats,
    check_lengths,
    date_array,
    float_array,
)
from custvalue._frames import Column, FrameKind, build_frame
from custvalue.clv._periods import FEW, sampled, shares
from custvalue.clv._purchases import FittedHistories
from custvalue.clv._result import CustomerValues
from custvalue.clv._settings import per_customer
from custvalue.data import CustomerSummary, Horizon, TimeUnit
from custvalue.data._time import DAY_US
from custvalue.errors import InputError

__all__ = ["SupportsNewCustomers", "Tracking", "track"]

_DAY = np.timedelta64(1, "D")
_BLOCK = 65_536  # entries: temporaries stay small


@runtime_checkable
class SupportsNewCustomers(Protocol):
    """A fitted purchase model that knows what a new customer will do."""

    def new_customer_purchases(self, horizon: Horizon, /) -> SupportsFloat | CustomerValues:
        """Repeat purchases to expect within the horizon from somebody who becomes a customer now.

        Or from each of the customers it knows, if it tells them apart.
        """
        ...


def _optional_floats(value: FloatArray | None) -> FloatArray | None:
    return None if value is None else as_floats(value)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Tracking(ArrayHolder):
    """Repeat purchases per period, expected and, where known, actual.

    Parameters
    ----------
    last_days
        (n_periods,) last day of each period.
    expected
        (n_periods,) expected repeat purchases in the period.
    actual
        (n_periods,) those that came in, or None.
    """

    last_days: DateArray = date_array()
    expected: FloatArray = float_array()
    actual: FloatArray | None = attrs.field(default=None, converter=_optional_floats)

    def __attrs_post_init__(self) -> None:
        columns = {"expected": self.expected}
        known = {} if self.actual is None else {"actual": self.actual}
        check_lengths("Tracking", self.last_days.size, {**columns, **known})

    @property
    def cumulative_expected(self) -> FloatArray:
        """(n_periods,) expected repeat purchases so far."""
        return np.cumsum(self.expected)

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a period: last_day, expected, cumulative_expected and, where known, actual, cumulative_actual."""
        columns: dict[str, Column] = {
            "last_day": self.last_days,
            "expected": self.expected,
            "cumulative_expected": self.cumulative_expected,
        }
        if self.actual is not None:
            columns |= {"actual": self.actual, "cumulative_actual": np.cumsum(self.actual)}
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        came = "" if self.actual is None else f", {self.actual.sum():,.0f} came in"
        return f"Tracking({self.last_days.size} periods, {self.expected.sum():,.1f} repeat purchases expected{came})"


def track(
    fitted: SupportsNewCustomers,
    summary: CustomerSummary,
    /,
    *,
    start: str | np.datetime64,
    n_periods: int,
    period: TimeUnit = TimeUnit.WEEK,
    actual: FloatArray | None = None,
) -> Tracking:
    """Expect the repeat purchases of all customers of a summary in each period of the calendar.

    Nothing but the day of the first purchase is used of a customer: this is the fit seen from outside, not a forecast
    given each one's history. Ages run from the first day of a customer to the end of the last day of a period: a day
    more than :attr:`~custvalue.data.CustomerSummary.T`, which counts from day to day, so that what is expected until
    the end of observation is a little more than the sum of the expectations of customers of their T.

    Parameters
    ----------
    fitted
        A fitted purchase model.
    summary
        The customers; periods may reach past its end.
    start
        First day of the first period.
    n_periods
        How many.
    period
        Their length.
    actual
        (n_periods,) repeat purchases that came in.

    Raises
    ------
    InputError
        If there is not one period, or ``actual`` has another length.
    """
    if n_periods < 1:
        raise InputError("track(n_periods)", expected="1 or more", got=repr(n_periods))
    first_day = np.datetime64(start).astype("datetime64[D]").astype("datetime64[us]")
    ends = np.round(np.arange(1, n_periods + 1) * period.days).astype(np.int64)
    last_days = first_day + (ends - 1) * _DAY
    births, born, counts = np.unique(summary.first_at, return_inverse=True, return_counts=True)
    ages = np.maximum((last_days[:, None] + _DAY - births[None, :]).astype(np.int64), 0)
    expected = _Expected(fitted=fitted, summary=summary, born=born, counts=counts)
    reached = _Reached.of(ages).total(expected, smooth=isinstance(fitted, FittedHistories))
    return Tracking(last_days=last_days, expected=np.diff(reached, prepend=0.0), actual=actual)


@attrs.frozen(kw_only=True, eq=False)
class _Expected:
    """Purchases expected of the customers of each first day, (n_births,), when they are of an age."""

    fitted: SupportsNewCustomers
    summary: CustomerSummary
    born: IntArray
    counts: IntArray

    def __call__(self, age_us: float) -> FloatArray:
        found = self.fitted.new_customer_purchases(Horizon(age_us / DAY_US, TimeUnit.DAY))
        if not isinstance(found, CustomerValues):
            each = float(found)
            return each * self.counts.astype(np.float64)
        own = per_customer(found, self.summary.customers, "track")
        return np.bincount(self.born, weights=own, minlength=self.counts.size).astype(np.float64)


@attrs.frozen(kw_only=True, eq=False)
class _Reached:
    """The age (n_entries,) at which customers of a birth reach the end of a period, youngest first.

    ``distinct`` (n_ages,) are the ages, ``edges`` (n_ages + 1,) where the entries of each begin.
    """

    ages: IntArray
    period: IntArray
    birth: IntArray
    n_periods: int
    distinct: IntArray
    edges: IntArray

    @classmethod
    def of(cls, ages: IntArray) -> _Reached:
        """Sort the ages (n_periods, n_births) of customers already born."""
        order = np.argsort(ages, axis=None)[np.count_nonzero(ages <= 0) :]
        ordered = ages.ravel()[order]
        period, birth = np.divmod(order, ages.shape[1])
        distinct, first = np.unique(ordered, return_index=True)
        edges = np.append(first, ordered.size)
        n_periods = ages.shape[0]
        return cls(ages=ordered, period=period, birth=birth, n_periods=n_periods, distinct=distinct, edges=edges)

    def total(self, expected: _Expected, *, smooth: bool) -> FloatArray:
        """Purchases (n_periods,) expected of all up to the end of each period.

        Expectations are smooth in the age, so over a stretch that at most doubles it a polynomial stands for all its
        ages; where a check says it does not, the stretch is halved, in the end down to single ages.
        """
        total = np.zeros(self.n_periods)
        stretches = [(0, self.distinct.size)]
        while stretches:
            first, last = stretches.pop()
            ages = self.distinct[first:last]
            doubles = bool(ages.size) and ages[-1] > 2 * ages[0]
            if not smooth or ages.size <= FEW:
                for i in range(first, last):
                    own = slice(self.edges[i], self.edges[i + 1])
                    self._add(total, own, expected(float(self.distinct[i]))[self.birth[own]])
            elif not doubles and (found := sampled(expected, float(ages[0]), float(ages[-1]))):
                for start in range(self.edges[first], self.edges[last], _BLOCK):
                    own = slice(start, min(start + _BLOCK, int(self.edges[last])))
                    at = shares(found[0], self.ages[own].astype(np.float64))
                    self._add(total, own, np.einsum("ij,ji->i", at, found[1][:, self.birth[own]]))
            else:
                middle = first + (int(np.searchsorted(ages, 0.5 * ages[-1])) if doubles else ages.size // 2)
                stretches += [(first, middle), (middle, last)]
        return total

    def _add(self, total: FloatArray, own: slice, each: FloatArray) -> None:
        """Add what each of some entries is worth to its period."""
        total += np.bincount(self.period[own], weights=each, minlength=self.n_periods)
