"""What a log says of each customer: the summary, its weighted patterns, periodic values, and a hold-out's actuals."""

from __future__ import annotations

from functools import cached_property

import attrs
import numpy as np

from custvalue._arrays import (
    ArrayHolder,
    DateArray,
    FloatArray,
    IntArray,
    as_ints,
    check_lengths,
    date_array,
    float_array,
    int_array,
    locked,
)
from custvalue._frames import FrameKind, build_frame
from custvalue.data._compress import distinct_rows
from custvalue.data._currency import Currency, as_currency
from custvalue.data._customers import CustomerIndex
from custvalue.data._kinds import is_index
from custvalue.data._time import DAY_US, Collapse, TimeUnit
from custvalue.errors import InputError

__all__ = ["CustomerSummary", "Holdout", "PurchasePatterns", "PurchaseTimes", "ValueSeries"]


def _optional_ints(value: object) -> IntArray | None:
    return None if value is None else as_ints(value)  # type: ignore[arg-type]  # checked by numpy


def _moment(value: object) -> np.datetime64:
    return np.datetime64(value, "us")  # type: ignore[call-overload,no-any-return]  # numpy checks it


@attrs.frozen(kw_only=True, eq=False, repr=False)
class CustomerSummary(ArrayHolder):
    """Facts about each customer up to one moment, nothing ambiguous.

    "Recency" means two opposite things in the literature; the facts here do not. :attr:`frequency`, :attr:`recency`,
    :attr:`T` and :attr:`monetary_value` are the buy-till-you-die reading of them (ages in :attr:`unit`);
    :attr:`days_since_last` is the RFM reading.

    Parameters
    ----------
    customers
        (n_customers,).
    first_at, last_at
        (n_customers,) datetime64: day of the first and of the last purchase.
    n_purchases
        (n_customers,) 1 or more: distinct collapse periods with a purchase.
    total_amount
        (n_customers,) minor units of all transactions, or None where not known. Refunds and days that net to zero or
        less are in it, so it may be below ``repeat_amount``, or negative.
    repeat_amount
        (n_customers,) minor units spent in all but the first purchase period, or None where not known.
    observed_until
        The last moment observed, the same for all.
    currency
        Of the amounts.
    settings
        Unit of ages and grain of collapse.

    Raises
    ------
    InputError
        If lengths differ, a first purchase is after a last one, or a last one after the end.
    """

    customers: CustomerIndex
    first_at: DateArray = date_array()
    last_at: DateArray = date_array()
    n_purchases: IntArray = int_array()
    total_amount: IntArray | None = attrs.field(default=None, converter=_optional_ints)
    repeat_amount: IntArray | None = attrs.field(default=None, converter=_optional_ints)
    observed_until: np.datetime64 = attrs.field(converter=_moment)
    currency: Currency = attrs.field(converter=as_currency)
    unit: TimeUnit = TimeUnit.WEEK
    collapse: Collapse = Collapse.DAY

    def __attrs_post_init__(self) -> None:
        columns = {"first_at": self.first_at, "last_at": self.last_at, "n_purchases": self.n_purchases}
        amounts = {"total_amount": self.total_amount, "repeat_amount": self.repeat_amount}
        known = {name: value for name, value in amounts.items() if value is not None}
        check_lengths("CustomerSummary", len(self.customers), {**columns, **known})
        self._require(self.n_purchases >= 1, "n_purchases", "1 or more")
        self._require(self.first_at <= self.last_at, "last_at", "on or after first_at")
        self._require(self.last_at <= self.observed_until, "last_at", f"on or before {self.observed_until}")
        self._require((self.n_purchases > 1) | (self.first_at == self.last_at), "last_at", "first_at for one purchase")

    def _require(self, fine: np.ndarray, column: str, expected: str) -> None:
        if not bool(np.all(fine)):
            wrong = np.flatnonzero(~fine)
            names = self.customers.ids[wrong[:5]].tolist()
            got = f"otherwise for {wrong.size:,} customers, e.g. {names}"
            raise InputError(f"CustomerSummary.{column}", expected=expected, got=got)

    def __len__(self) -> int:
        """Count the customers."""
        return len(self.customers)

    @property
    def frequency(self) -> FloatArray:
        """Repeat purchases x, shape (n_customers,): :attr:`n_purchases` less one."""
        return locked(self.n_purchases.astype(np.float64) - 1.0)

    @property
    def recency(self) -> FloatArray:
        """Age at the last purchase t_x in :attr:`unit`, shape (n_customers,); 0 without a repeat purchase."""
        return self._age(self.last_at)

    @property
    def T(self) -> FloatArray:  # noqa: N802  # the literature's name
        """Age at the end of observation in :attr:`unit`, shape (n_customers,)."""
        return self._age(self.observed_until)

    @property
    def monetary_value(self) -> FloatArray:
        """Mean spend of a repeat purchase in major units, shape (n_customers,); NaN without a repeat purchase.

        Raises
        ------
        InputError
            If amounts are not known.
        """
        amount = self.currency.to_major(self.require("repeat_amount"))
        repeats = self.frequency
        result = np.full(len(self), np.nan)
        np.divide(amount, repeats, out=result, where=repeats > 0)
        return locked(result)

    @property
    def days_since_last(self) -> FloatArray:
        """Days from the last purchase to the end of observation, shape (n_customers,)."""
        return locked((self.observed_until - self.last_at).astype(np.int64) / DAY_US)

    def require(self, amount: str) -> IntArray:
        """Give ``total_amount`` or ``repeat_amount`` in minor units.

        Raises
        ------
        InputError
            If it is not known.
        """
        value: IntArray | None = getattr(self, amount)
        if value is None:
            hint = "Summarise a TransactionLog; a frame of frequency, recency and T holds no total."
            raise InputError(f"CustomerSummary.{amount}", expected="amounts", got="none in this summary", hint=hint)
        return value

    def in_unit(self, unit: TimeUnit) -> CustomerSummary:
        """Express ages in another unit; the facts stay as they are."""
        return self if unit is self.unit else attrs.evolve(self, unit=unit)

    def take(self, order: object) -> CustomerSummary:
        """Select or reorder customers by position or mask."""
        at = np.arange(len(self))[np.asarray(order)]
        return attrs.evolve(
            self,
            customers=self.customers.take(at),
            first_at=self.first_at[at],
            last_at=self.last_at[at],
            n_purchases=self.n_purchases[at],
            total_amount=None if self.total_amount is None else self.total_amount[at],
            repeat_amount=None if self.repeat_amount is None else self.repeat_amount[at],
        )

    def patterns(self, *, members: bool = True) -> PurchasePatterns:
        """Compress to unique (x, t_x, T) with counts; lossless.

        Parameters
        ----------
        members
            Whether to say which customer has which pattern (:attr:`PurchasePatterns.inverse`); kept for the next call.
            Fitting does without, several times faster.
        """
        return self._members if members else self._compressed(members=False)

    @cached_property
    def _members(self) -> PurchasePatterns:
        return self._compressed(members=True)

    def _compressed(self, *, members: bool) -> PurchasePatterns:
        return PurchasePatterns.from_rows(
            x=self.n_purchases - 1,
            t_x=(self.last_at - self.first_at).view(np.int64),
            T=(self.observed_until - self.first_at).view(np.int64),
            unit=self.unit,
            members=members,
        )

    def _age(self, at: DateArray | np.datetime64) -> FloatArray:
        days = (at - self.first_at).astype(np.int64) / DAY_US
        return locked(days / self.unit.days)

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer: customer, first_at, last_at, n_purchases, frequency, recency, T and amounts.

        Parameters
        ----------
        like
            ``"pandas"``, ``"polars"`` or ``"arrow"``.
        """
        columns = {
            "customer": self.customers.ids,
            "first_at": self.first_at,
            "last_at": self.last_at,
            "n_purchases": self.n_purchases,
            "frequency": self.frequency,
            "recency": self.recency,
            "T": self.T,
        }
        for name in ("total_amount", "repeat_amount"):
            if getattr(self, name) is not None:
                columns[name] = self.currency.to_major(getattr(self, name))
        if self.repeat_amount is not None:
            columns["monetary_value"] = self.monetary_value
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        repeaters = int(np.count_nonzero(self.n_purchases > 1))
        return (
            f"CustomerSummary({len(self):,} customers, {repeaters:,} with repeat purchases, "
            f"observed until {str(self.observed_until)[:10]}, unit={self.unit.value}, {self.currency.code})"
        )


@attrs.frozen(kw_only=True, eq=False, repr=False)
class PurchasePatterns(ArrayHolder):
    """Unique (x, t_x, T) with how many customers share each: all a purchase model needs.

    Parameters
    ----------
    x
        (n_patterns,) repeat purchases, whole numbers of 0 or more.
    t_x, T
        (n_patterns,) ages in ``unit``; 0 <= t_x <= T.
    weights
        (n_patterns,) customers, or case weights, 0 or more.
    unit
        Unit of the ages.
    inverse
        (n_customers,) pattern of each customer, empty where the customers are not known.
    """

    x: FloatArray = float_array()
    t_x: FloatArray = float_array()
    T: FloatArray = float_array()
    weights: FloatArray = float_array()
    unit: TimeUnit = TimeUnit.WEEK
    inverse: IntArray = attrs.field(factory=lambda: np.zeros(0, dtype=np.int64), converter=as_ints)

    def __attrs_post_init__(self) -> None:
        check_lengths("PurchasePatterns", self.x.size, {"t_x": self.t_x, "T": self.T, "weights": self.weights})
        fine = (self.x >= 0) & (self.x < np.inf) & (self.weights >= 0) & (self.weights < np.inf)
        fine &= self.x == np.floor(self.x)
        fine &= (self.t_x >= 0) & (self.t_x <= self.T) & np.isfinite(self.T) & ((self.x > 0) | (self.t_x == 0))
        if not bool(np.all(fine)):
            at = int(np.flatnonzero(~fine)[0])
            got = f"row {at}: x={self.x[at]!r}, t_x={self.t_x[at]!r}, T={self.T[at]!r}, weight={self.weights[at]!r}"
            expected = "whole x >= 0, 0 <= t_x <= T (t_x = 0 where x = 0), weights >= 0"
            raise InputError("PurchasePatterns", expected=expected, got=got)

    @classmethod
    def from_rows(
        cls, *, x: IntArray, t_x: IntArray, T: IntArray, unit: TimeUnit, members: bool = True
    ) -> PurchasePatterns:
        """Compress one row a customer; ages in microseconds.

        Parameters
        ----------
        x
            (n_customers,) repeat purchases.
        t_x, T
            (n_customers,) ages in whole microseconds, so that equal ages are equal numbers.
        unit
            Unit the ages are expressed in.
        members
            Whether to keep which customer has which pattern.
        """
        found = distinct_rows(x, t_x, T, members=members)
        return cls(
            x=locked(found.x.astype(np.float64)),
            t_x=locked(found.t_x / DAY_US / unit.days),
            T=locked(found.T / DAY_US / unit.days),
            weights=locked(found.counts),
            unit=unit,
            inverse=locked(found.inverse),
        )

    @property
    def n_customers(self) -> float:
        """Sum of the weights."""
        return float(self.weights.sum())

    def __len__(self) -> int:
        """Count the patterns."""
        return int(self.x.size)

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a pattern: x, t_x, T, weight."""
        return build_frame({"x": self.x, "t_x": self.t_x, "T": self.T, "weight": self.weights}, like)

    def __repr__(self) -> str:
        """One line."""
        return f"PurchasePatterns({len(self):,} patterns of {self.n_customers:,.0f} customers, unit={self.unit.value})"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Holdout(ArrayHolder):
    """What customers did after a split: the truth forecasts are judged by.

    Parameters
    ----------
    customers
        (n_customers,) the customers of the calibration period, in its order.
    n_purchases
        (n_customers,) distinct collapse periods with a purchase after the split.
    total_amount
        (n_customers,) minor units spent after the split.
    starts, ends
        First and last day of the hold-out.
    currency
        Of the amounts.
    collapse
        The grain purchases were counted in.
    n_new_customers
        Customers first seen after the split; they are in no forecast and are counted here.
    """

    customers: CustomerIndex
    n_purchases: IntArray = int_array()
    total_amount: IntArray = int_array()
    starts: np.datetime64 = attrs.field(converter=_moment)
    ends: np.datetime64 = attrs.field(converter=_moment)
    currency: Currency = attrs.field(converter=as_currency)
    collapse: Collapse = Collapse.DAY
    n_new_customers: int = 0

    def __attrs_post_init__(self) -> None:
        columns = {"n_purchases": self.n_purchases, "total_amount": self.total_amount}
        check_lengths("Holdout", len(self.customers), columns)
        if self.ends < self.starts:
            raise InputError("Holdout", expected="an end on or after its start", got=f"{self.starts} > {self.ends}")

    @property
    def days(self) -> float:
        """Length in days, both ends counted."""
        return float((self.ends - self.starts) / np.timedelta64(1, "D")) + 1.0

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer: customer, n_purchases, total_amount."""
        amount = self.currency.to_major(self.total_amount)
        columns = {"customer": self.customers.ids, "n_purchases": self.n_purchases, "total_amount": amount}
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        return (
            f"Holdout({len(self.customers):,} customers, {str(self.starts)[:10]} to {str(self.ends)[:10]}, "
            f"{int(self.n_purchases.sum()):,} purchases)"
        )


@attrs.frozen(kw_only=True, eq=False, repr=False)
class PurchaseTimes(ArrayHolder):
    """When customers bought: one row a purchase.

    Parameters
    ----------
    customers
        (n_customers,) who bought.
    owner
        (n_purchases,) whose each purchase is, as a position in ``customers``.
    at
        (n_purchases,) datetime64: when.

    Examples
    --------
    >>> times = PurchaseTimes(customers=CustomerIndex(["a", "b"]), owner=[0, 0, 1], at=["2026-01-01"] * 3)
    >>> times
    PurchaseTimes(3 purchases of 2 customers)
    """

    customers: CustomerIndex = attrs.field(validator=is_index)
    owner: IntArray = int_array()
    at: DateArray = date_array()

    def __attrs_post_init__(self) -> None:
        check_lengths("PurchaseTimes", self.owner.size, {"at": self.at})
        if self.owner.size and not 0 <= int(self.owner.min()) <= int(self.owner.max()) < len(self.customers):
            expected = f"positions among {len(self.customers):,} customers"
            raise InputError("PurchaseTimes.owner", expected=expected, got="others")

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a purchase: customer, at."""
        return build_frame({"customer": self.customers.ids[self.owner], "at": self.at}, like)

    def __repr__(self) -> str:
        """One line."""
        return f"PurchaseTimes({self.owner.size:,} purchases of {len(self.customers):,} customers)"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ValueSeries(ArrayHolder):
    """One value a customer and period: a table of paths.

    Parameters
    ----------
    customers
        (n_customers,).
    periods
        (n_periods,) datetime64: first day of each period, increasing.
    values
        (n_customers, n_periods) in major units, or counts.
    measure
        What the values are.
    cut_off
        Whether the observation ended within the last period, so that its values are those of a part of it.

    Examples
    --------
    >>> series = ValueSeries(
    ...     customers=CustomerIndex(["a"]), periods=["2026-01-01", "2026-02-01"], values=[[30.0, 4.0]], cut_off=True
    ... )
    >>> series
    ValueSeries(amount: 1 customers x 2 periods, the last cut off)
    >>> series.whole.values.tolist()
    [[30.0]]
    """

    customers: CustomerIndex = attrs.field(validator=is_index)
    periods: DateArray = date_array()
    values: FloatArray = float_array(2)
    measure: str = "amount"
    cut_off: bool = False

    def __attrs_post_init__(self) -> None:
        shape = (len(self.customers), self.periods.size)
        if self.values.shape != shape:
            raise InputError("ValueSeries.values", expected=f"shape {shape}", got=f"shape {self.values.shape}")
        if self.periods.size > 1 and not bool(np.all(self.periods[1:] > self.periods[:-1])):
            raise InputError("ValueSeries.periods", expected="increasing dates", got="others")
        if self.cut_off and not self.periods.size:
            raise InputError("ValueSeries.cut_off", expected="a last period", got="no periods")

    @property
    def whole(self) -> ValueSeries:
        """The periods that were observed to their end: without the last one where that is cut off."""
        if not self.cut_off:
            return self
        return attrs.evolve(self, periods=self.periods[:-1], values=self.values[:, :-1], cut_off=False)

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer and period: customer, period and the measure."""
        n_customers, n_periods = self.values.shape
        columns = {
            "customer": np.repeat(self.customers.ids, n_periods),
            "period": np.tile(self.periods, n_customers),
            self.measure: self.values.ravel(),
        }
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        end = ", the last cut off" if self.cut_off else ""
        return f"ValueSeries({self.measure}: {len(self.customers):,} customers x {self.periods.size} periods{end})"
