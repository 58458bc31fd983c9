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
from custvalue.clv._result import CustomerValues
from custvalue.clv._settings import per_customer
from custvalue.data import CustomerSummary, Horizon, TimeUnit
from custvalue.data._time import DAY_US
from custvalue.errors import InputError

__all__ = ["SupportsNewCustomers", "Tracking", "track"]

_DAY = np.timedelta64(1, "D")


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
    given each one's history. Ages run from the first day of a customer to the end of the last day of a period: by then
    they are one day more than the T of a summary collapsed by day, which counts from day to day.

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
    ages = (last_days[:, None] + _DAY - births[None, :]).astype(np.int64)
    distinct, place = np.unique(np.maximum(ages, 0), return_inverse=True)
    of_age = _Expected(fitted=fitted, summary=summary, born=born, counts=counts)
    each = np.array([of_age(int(age)) for age in distinct])
    reached = each[place.reshape(ages.shape), np.arange(births.size)].sum(axis=1)
    return Tracking(last_days=last_days, expected=np.diff(reached, prepend=0.0), actual=actual)


@attrs.frozen(kw_only=True, eq=False)
class _Expected:
    """Purchases expected of the customers of each first day, (n_births,), when they are of an age."""

    fitted: SupportsNewCustomers
    summary: CustomerSummary
    born: IntArray
    counts: IntArray

    def __call__(self, age_us: int) -> FloatArray:
        if age_us == 0:
            return np.zeros(self.counts.size)
        found = self.fitted.new_customer_purchases(Horizon(age_us / DAY_US, TimeUnit.DAY))
        if not isinstance(found, CustomerValues):
            each = float(found)
            return each * self.counts.astype(np.float64)
        own = per_customer(found, self.summary.customers, "track")
        return np.bincount(self.born, weights=own, minlength=self.counts.size).astype(np.float64)
