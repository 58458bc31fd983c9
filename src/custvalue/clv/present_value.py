"""Present value of a forecast stream of profits, and payback, CLV:CAC and rate of return read off it."""

from __future__ import annotations

import math

import attrs
import numpy as np
from numpy.typing import ArrayLike

from custvalue._arrays import ArrayHolder, FloatArray, IntArray, check_lengths, float_array
from custvalue._frames import FrameKind, build_frame
from custvalue.clv._kernels import present_value as kernel
from custvalue.clv._result import CustomerValues
from custvalue.clv._settings import PerCustomer, check_finite, lifetime_values, per_customer, whole_periods
from custvalue.data import Currency, CustomerIndex, CustomerSummary, DiscountRate, Horizon, TimeUnit, Timing
from custvalue.errors import InputError

__all__ = [
    "Appraisal",
    "DiscountedStream",
    "FittedPresentValue",
    "PresentValue",
    "ProfitStream",
    "clv_to_cac",
]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ProfitStream(ArrayHolder):
    """What each customer is forecast to earn, period by period.

    Parameters
    ----------
    customers
        (n_customers,).
    profits
        (n_customers, n_periods) profit of each period before acquisition cost, in major units.
    acquisition
        (n_customers,) cost of winning the customer, 0 or more; carried by the first period's profit.
    currency
        Of all amounts.
    period
        Length of a period.

    Raises
    ------
    InputError
        If shapes differ, a profit is missing or an acquisition cost is negative.

    Examples
    --------
    >>> stream = ProfitStream.of([100, 100, 100, 100], currency="EUR")
    >>> stream.net.tolist()
    [[100.0, 100.0, 100.0, 100.0]]
    """

    customers: CustomerIndex
    profits: FloatArray = float_array(2)
    acquisition: FloatArray = float_array()
    currency: Currency
    period: TimeUnit = TimeUnit.YEAR

    def __attrs_post_init__(self) -> None:
        check_lengths("ProfitStream", len(self.customers), {"profits": self.profits, "acquisition": self.acquisition})
        if self.profits.shape[1] == 0:
            raise InputError("ProfitStream.profits", expected="at least one period", got="none")
        check_finite("ProfitStream.profits", self.profits)
        check_finite("ProfitStream.acquisition", self.acquisition, least=0.0)

    @classmethod
    def of(
        cls, profits: ArrayLike, *, currency: str | Currency, acquisition: float = 0.0, period: TimeUnit = TimeUnit.YEAR
    ) -> ProfitStream:
        """Take one stream (n_periods,) of one customer, named ``"stream"``."""
        row = np.atleast_2d(np.asarray(profits, dtype=np.float64))
        one = CustomerIndex(["stream"])
        won = np.array([acquisition], dtype=np.float64)
        return cls(customers=one, profits=row, acquisition=won, currency=Currency.of(currency), period=period)

    @classmethod
    def from_costs(
        cls,
        customers: CustomerIndex,
        *,
        revenue: ArrayLike,
        product: ArrayLike = 0.0,
        service: ArrayLike = 0.0,
        relationship: ArrayLike = 0.0,
        acquisition: ArrayLike = 0.0,
        currency: str | Currency,
        period: TimeUnit = TimeUnit.YEAR,
    ) -> ProfitStream:
        """Subtract product, service and relationship cost from revenue, period by period.

        Parameters
        ----------
        customers
            (n_customers,).
        revenue, product, service, relationship
            (n_customers, n_periods), or anything that broadcasts to the shape of the revenue.
        acquisition
            (n_customers,), or one number for all.
        currency, period
            See :class:`ProfitStream`.

        Raises
        ------
        InputError
            If a cost does not fit the shape of the revenue.
        """
        income = np.asarray(revenue, dtype=np.float64)
        try:
            costs = [np.broadcast_to(cost, income.shape) for cost in (product, service, relationship)]
            won = np.broadcast_to(np.asarray(acquisition, dtype=np.float64), (len(customers),))
        except ValueError as error:
            expected = f"costs of shape {income.shape} and acquisition of shape ({len(customers)},)"
            raise InputError("ProfitStream.from_costs", expected=expected, got=str(error)) from error
        profits = income - np.add.reduce(costs)
        money = Currency.of(currency)
        return cls(customers=customers, profits=profits, acquisition=won, currency=money, period=period)

    @property
    def net(self) -> FloatArray:
        """Profits with the acquisition cost in the first period, (n_customers, n_periods)."""
        net = self.profits.copy()
        net[:, 0] -= self.acquisition
        return net

    def __repr__(self) -> str:
        """One line."""
        n_customers, n_periods = self.profits.shape
        return f"ProfitStream({n_customers:,} customers x {n_periods} {self.period.value}s, {self.currency.code})"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class DiscountedStream(ArrayHolder):
    """A profit stream next to its present values.

    Parameters
    ----------
    stream
        What was discounted.
    factors
        (n_periods,) discount factors.
    """

    stream: ProfitStream
    factors: FloatArray = float_array()

    @property
    def present_values(self) -> FloatArray:
        """Present value of each period's profit, acquisition cost in the first: (n_customers, n_periods)."""
        return self.stream.net * self.factors

    @property
    def total(self) -> CustomerValues:
        """Lifetime value of each customer."""
        return CustomerValues(
            customers=self.stream.customers,
            values=self.present_values.sum(axis=1),
            measure="lifetime_value",
            unit=self.stream.currency.code,
        )

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer and period: customer, period (from 1), profit, factor, present_value."""
        n_customers, n_periods = self.stream.profits.shape
        columns = {
            "customer": np.repeat(self.stream.customers.ids, n_periods),
            "period": np.tile(np.arange(1, n_periods + 1), n_customers),
            "profit": self.stream.net.ravel(),
            "factor": np.tile(self.factors, n_customers),
            "present_value": self.present_values.ravel(),
        }
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        return f"DiscountedStream({self.stream!r}, worth {self.total.total:,.2f} now)"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Appraisal(ArrayHolder):
    """Whether the customer was worth winning.

    Acquisition cost is spent now, at time 0; profits follow, period by period.

    Parameters
    ----------
    customers
        (n_customers,).
    lifetime_value
        (n_customers,) present value of the profits before acquisition cost.
    acquisition
        (n_customers,) acquisition cost.
    payback, discounted_payback
        (n_customers,) periods until the profits, or their present values, have first repaid it; ``inf`` if never. A
        customer won for nothing has paid back at time 0, even if a loss of the first period comes after.
    internal_rate
        (n_customers,) rate a period at which the customer is worth exactly its acquisition cost; NaN where
        there is no such rate or more than one.
    period
        Length of a period.
    """

    customers: CustomerIndex
    lifetime_value: FloatArray = float_array()
    acquisition: FloatArray = float_array()
    payback: FloatArray = float_array()
    discounted_payback: FloatArray = float_array()
    internal_rate: FloatArray = float_array()
    period: TimeUnit = TimeUnit.YEAR

    @property
    def clv_to_cac(self) -> FloatArray:
        """Lifetime value over acquisition cost, (n_customers,); NaN where nothing was spent."""
        return _ratio(self.lifetime_value, self.acquisition)

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer: customer, the two amounts, CLV:CAC, both paybacks and the internal rate."""
        columns = {
            "customer": self.customers.ids,
            "lifetime_value": self.lifetime_value,
            "acquisition": self.acquisition,
            "clv_to_cac": self.clv_to_cac,
            "payback": self.payback,
            "discounted_payback": self.discounted_payback,
            "internal_rate": self.internal_rate,
        }
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        n_never = int(np.isinf(self.payback).sum())
        return f"Appraisal({len(self.customers):,} customers, {n_never:,} never pay back, {self.period.value}s)"


@attrs.frozen
class PresentValue:
    """Lifetime value as the present value of a forecast stream of profits.

    Parameters
    ----------
    stream
        The forecast.

    References
    ----------
    Berger and Nasr, "Customer lifetime value: marketing models and applications", *Journal of Interactive
    Marketing* 12(1), 1998, eq. (1); Brealey, Myers and Allen, *Principles of Corporate Finance*, ch. 2.

    Examples
    --------
    >>> from custvalue.data import DiscountRate
    >>> worth = PresentValue(ProfitStream.of([100, 100, 100, 100], currency="EUR"))
    >>> schedule = worth.schedule(discount=DiscountRate.annual(0.10))
    >>> schedule.present_values.round().astype(int).tolist(), round(schedule.total.total, 2)
    ([[91, 83, 75, 68]], 316.99)
    """

    stream: ProfitStream

    def fit(self, summary: CustomerSummary, /) -> FittedPresentValue:
        """Check that the forecast knows every customer of the summary; nothing is estimated.

        Raises
        ------
        AlignmentError
            If it does not.
        InputError
            If its currency is another.
        """
        if summary.currency != self.stream.currency:
            got = f"{self.stream.currency.code} against {summary.currency.code}"
            raise InputError("PresentValue.fit", expected="one currency", got=got)
        fitted = FittedPresentValue(stream=self.stream)
        _rows(self.stream, summary.customers)
        return fitted

    def schedule(self, *, discount: DiscountRate, timing: Timing = Timing.END) -> DiscountedStream:
        """Present value of each period, without a summary."""
        rate = discount.per(self.stream.period)
        factors = kernel.discount_factors(self.stream.profits.shape[1], rate, timing.offset)
        return DiscountedStream(stream=self.stream, factors=factors)

    def appraise(self, *, discount: DiscountRate, timing: Timing = Timing.END) -> Appraisal:
        """Payback, CLV:CAC and internal rate of return of winning each customer.

        Parameters
        ----------
        discount
            For the lifetime value and the discounted payback.
        timing
            When in a period its profit comes; the acquisition cost is spent at time 0 whatever it says.
        """
        stream = self.stream
        n_periods = stream.profits.shape[1]
        factors = kernel.discount_factors(n_periods, discount.per(stream.period), timing.offset)
        times = np.concatenate(([0.0], np.arange(n_periods) + timing.offset))
        spent = -stream.acquisition[:, np.newaxis]
        cash = np.hstack([spent, stream.profits])
        discounted = np.hstack([spent, stream.profits * factors])
        return Appraisal(
            customers=stream.customers,
            lifetime_value=(stream.profits * factors).sum(axis=1),
            acquisition=stream.acquisition,
            payback=kernel.payback(cash, times),
            discounted_payback=kernel.payback(discounted, times),
            internal_rate=kernel.internal_rate(cash, times),
            period=stream.period,
        )


@attrs.frozen
class FittedPresentValue:
    """A forecast ready to be valued.

    Parameters
    ----------
    stream
        The forecast.
    """

    stream: ProfitStream

    def lifetime_value(
        self,
        summary: CustomerSummary,
        /,
        *,
        horizon: Horizon | None = None,
        discount: DiscountRate,
        timing: Timing = Timing.END,
    ) -> CustomerValues:
        """Present value of each customer's profits within the horizon (None: of the whole forecast).

        Raises
        ------
        AlignmentError
            If the forecast does not know a customer.
        InputError
            If the horizon is longer than the forecast.
        """
        available = self.stream.profits.shape[1]
        wanted = whole_periods(horizon, self.stream.period, "PresentValue.lifetime_value(horizon)")
        if math.isfinite(wanted) and wanted > available:
            expected = f"at most the {available} {self.stream.period.value}s forecast"
            raise InputError("PresentValue.lifetime_value(horizon)", expected=expected, got=f"{wanted:g}")
        n_periods = int(min(wanted, available))
        factors = kernel.discount_factors(n_periods, discount.per(self.stream.period), timing.offset)
        rows = _rows(self.stream, summary.customers)
        return lifetime_values(summary, self.stream.net[rows, :n_periods] @ factors)


def _rows(stream: ProfitStream, customers: CustomerIndex) -> IntArray:
    positions = CustomerValues(customers=stream.customers, values=np.arange(len(stream.customers), dtype=np.float64))
    return per_customer(positions, customers, "PresentValue").astype(np.int64)


def clv_to_cac(value: CustomerValues, acquisition: PerCustomer) -> CustomerValues:
    """Lifetime value over acquisition cost, from any model; NaN where nothing was spent.

    Parameters
    ----------
    value
        Lifetime values, before acquisition cost.
    acquisition
        Acquisition cost, for all or for each customer.

    Examples
    --------
    >>> from custvalue.data import CustomerIndex
    >>> value = CustomerValues(customers=CustomerIndex(["a"]), values=[300.0])
    >>> clv_to_cac(value, 100.0).values.tolist()
    [3.0]
    """
    cost = per_customer(acquisition, value.customers, "clv_to_cac(acquisition)")
    check_finite("clv_to_cac(acquisition)", cost, least=0.0)
    ratio = _ratio(value.values, cost)
    return CustomerValues(customers=value.customers, values=ratio, measure="clv_to_cac", unit="ratio")


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    result = np.full(above.shape, np.nan)
    np.divide(above, below, out=result, where=below > 0.0)
    return result
