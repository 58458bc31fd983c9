"""Time with its unit in the type: units, horizons, discount rates, timing of cash, observation windows."""

from __future__ import annotations

import enum
import math
from datetime import UTC, date, datetime

import attrs
import numpy as np

from custvalue.errors import InputError

__all__ = ["Collapse", "DiscountRate", "Horizon", "ObservationWindow", "TimeUnit", "Timing"]

DAYS_PER_YEAR = 365.25
DAY_US = 86_400_000_000


class TimeUnit(enum.Enum):
    """A unit of time. Months, quarters and years are mean Gregorian ones: 365.25 days a year.

    Examples
    --------
    >>> TimeUnit.MONTH.days
    30.4375
    """

    SECOND = "second"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    @property
    def days(self) -> float:
        """Length in days."""
        return _DAYS[self]


_DAYS = {
    TimeUnit.SECOND: 1.0 / 86_400.0,
    TimeUnit.DAY: 1.0,
    TimeUnit.WEEK: 7.0,
    TimeUnit.MONTH: DAYS_PER_YEAR / 12.0,
    TimeUnit.QUARTER: DAYS_PER_YEAR / 4.0,
    TimeUnit.YEAR: DAYS_PER_YEAR,
}


class Timing(enum.Enum):
    """When, within a period, its cash arrives: the exponent of the discount factor is k, k + 1/2 or k + 1."""

    START = "start"
    MIDDLE = "middle"
    END = "end"

    @property
    def offset(self) -> float:
        """Share of the period that has passed when the cash arrives."""
        return {"start": 0.0, "middle": 0.5, "end": 1.0}[self.value]


class Collapse(enum.Enum):
    """Within which calendar period several transactions of one customer count as one purchase.

    Weeks start on Monday. The grain of collapse is not the unit of ages: ages stay in days and are only
    expressed in another unit.
    """

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@attrs.frozen
class Horizon:
    """A length of time ahead.

    Parameters
    ----------
    n
        How many units, above 0; may be a fraction.
    unit
        The unit; also the period of discounting where cash is discounted by period.

    Examples
    --------
    >>> Horizon(3, TimeUnit.YEAR).to(TimeUnit.MONTH)
    36.0
    """

    n: float
    unit: TimeUnit

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.unit, TimeUnit):
            raise InputError(
                "Horizon.unit", expected="a TimeUnit", got=repr(self.unit), hint="Horizon(52, TimeUnit.WEEK)."
            )
        if not (math.isfinite(self.n) and self.n > 0):
            raise InputError("Horizon.n", expected="a finite number above 0", got=repr(self.n))

    @property
    def days(self) -> float:
        """Length in days."""
        return self.n * self.unit.days

    def to(self, unit: TimeUnit) -> float:
        """Length in another unit."""
        return self.n if unit is self.unit else self.days / unit.days


@attrs.frozen
class DiscountRate:
    """A discount rate, whatever the period: one effective annual rate and the conversions from it.

    Build it with :meth:`annual`, :meth:`periodic` or :meth:`continuous`.

    Parameters
    ----------
    daily_force
        Force of interest a day: the natural logarithm of one plus the effective daily rate.

    Examples
    --------
    >>> rate = DiscountRate.annual(0.10)
    >>> round(rate.per(TimeUnit.YEAR), 12)
    0.1
    >>> round(rate.factor(2, TimeUnit.YEAR), 6)
    0.826446
    """

    daily_force: float

    def __attrs_post_init__(self) -> None:
        if not (math.isfinite(self.daily_force) and self.daily_force >= 0.0):
            raise InputError(
                "DiscountRate", expected="a rate of 0 or more", got=f"a daily force of {self.daily_force!r}"
            )

    @classmethod
    def annual(cls, rate: float) -> DiscountRate:
        """Take an effective annual rate: 0.10 is 10 % a year."""
        return cls.periodic(rate, TimeUnit.YEAR)

    @classmethod
    def periodic(cls, rate: float, per: TimeUnit) -> DiscountRate:
        """Take an effective rate for another period: ``periodic(0.01, TimeUnit.MONTH)`` is 1 % a month.

        Raises
        ------
        InputError
            If the rate is negative or not finite.
        """
        if not (math.isfinite(rate) and rate >= 0.0):
            hint = "10 % is written 0.10."
            raise InputError("DiscountRate", expected="a finite rate of 0 or more", got=repr(rate), hint=hint)
        return cls(math.log1p(rate) / per.days)

    @classmethod
    def continuous(cls, delta: float, per: TimeUnit) -> DiscountRate:
        """Take a continuously compounded rate: ``continuous(0.0027, TimeUnit.WEEK)``."""
        return cls(delta / per.days)

    def per(self, unit: TimeUnit) -> float:
        """Effective rate for one ``unit``."""
        return math.expm1(self.daily_force * unit.days)

    def force(self, per: TimeUnit) -> float:
        """Continuously compounded rate for one ``per``."""
        return self.daily_force * per.days

    def factor(self, n: float, unit: TimeUnit) -> float:
        """Present value of 1 received after ``n`` units."""
        return math.exp(-self.daily_force * n * unit.days)

    def __repr__(self) -> str:
        """Show the effective annual rate."""
        return f"DiscountRate.annual({self.per(TimeUnit.YEAR):.6g})"


def _moment(value: date | datetime | str | np.datetime64) -> np.datetime64:
    if isinstance(value, datetime) and value.tzinfo is not None:
        value = value.astimezone(UTC).replace(tzinfo=None)
    try:
        moment: np.datetime64 = np.array([value], dtype="datetime64[us]")[0]
    except ValueError as error:
        raise InputError("date", expected="a date such as '1997-09-30'", got=repr(value)) from error
    if np.isnat(moment):
        raise InputError("date", expected="a date such as '1997-09-30'", got="no date (NaT)")
    return moment


@attrs.frozen
class ObservationWindow:
    """The days a log speaks about, both ends included.

    Parameters
    ----------
    start, end
        First and last day observed; dates, datetimes (their day counts) or ISO strings. The end is what is known,
        not the day of the last purchase.
    end_is_last_row
        True when the end was not stated and the last row of the log was taken for it.

    Examples
    --------
    >>> ObservationWindow("1997-01-01", "1997-09-30").n_days
    273
    """

    start: np.datetime64 = attrs.field(converter=_moment)
    end: np.datetime64 = attrs.field(converter=_moment)
    end_is_last_row: bool = False

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "start", self.start.astype("datetime64[D]").astype("datetime64[us]"))
        object.__setattr__(self, "end", self.end.astype("datetime64[D]").astype("datetime64[us]"))
        if self.end < self.start:
            raise InputError("ObservationWindow", expected="start on or before end", got=f"{self.start} > {self.end}")

    @property
    def n_days(self) -> int:
        """Days in the window, both ends counted."""
        return int((self.end - self.start) / np.timedelta64(1, "D")) + 1

    def __repr__(self) -> str:
        """Show both days."""
        note = ", end_is_last_row=True" if self.end_is_last_row else ""
        return f"ObservationWindow({str(self.start)[:10]!r}, {str(self.end)[:10]!r}{note})"
