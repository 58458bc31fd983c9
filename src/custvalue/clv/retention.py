"""Lifetime value from a constant margin and a constant retention."""

from __future__ import annotations

import attrs
import numpy as np

from custvalue._arrays import BoolArray, FloatArray
from custvalue.clv._kernels.retention import margin_multiple as multiple_kernel
from custvalue.clv._result import CustomerValues
from custvalue.clv._settings import (
    FirstMargin,
    PerCustomer,
    check_finite,
    check_retention,
    lifetime_values,
    per_customer,
    values_of,
    whole_periods,
)
from custvalue.data import CustomerMargin, CustomerSummary, DiscountRate, Horizon, TimeUnit, Timing
from custvalue.data._kinds import require_discount
from custvalue.errors import InputError

__all__ = ["FittedRetention", "HistoricalMargin", "RetentionCLV", "RetentionFromSilence"]


@attrs.frozen
class HistoricalMargin:
    """Margin a period as each customer's own history shows it: profit so far over age.

    Parameters
    ----------
    margin
        What is left of a purchase: a share of spend, or a :class:`~custvalue.data.CustomerMargin`.

    Raises
    ------
    InputError
        If the share is not a finite number.
    """

    margin: float | CustomerMargin = 1.0

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.margin, CustomerMargin):
            check_finite("HistoricalMargin.margin", self.margin)

    def per_period(self, summary: CustomerSummary, period: TimeUnit, /) -> FloatArray:
        """Profit per ``period`` of age, (n_customers,); an age below one period counts as one.

        Raises
        ------
        AlignmentError
            If the margin speaks of other customers.
        """
        age = np.maximum(summary.in_unit(period).T, 1.0)
        return self.earned(summary) / age

    def per_purchase(self, summary: CustomerSummary, /) -> FloatArray:
        """Profit of a purchase, (n_customers,), in major units."""
        return self.earned(summary) / summary.n_purchases

    def earned(self, summary: CustomerSummary, /) -> FloatArray:
        """Profit of all purchases so far, (n_customers,), in major units."""
        spend = summary.currency.to_major(summary.require("total_amount"))
        if not isinstance(self.margin, CustomerMargin):
            return self.margin * spend
        customers = self.margin.customers
        ratio = CustomerValues(customers=customers, values=self.margin.ratio)
        cost = CustomerValues(customers=customers, values=self.margin.cost_per_purchase)
        where = "HistoricalMargin"
        kept = per_customer(ratio, summary.customers, where) * spend
        return kept - per_customer(cost, summary.customers, where) * summary.n_purchases


@attrs.frozen
class RetentionFromSilence:
    """Estimate retention by calling a customer lost who has been silent for longer than a stated time.

    The estimate is the maximum-likelihood one of a constant churn probability: 1 - lost / periods under
    observation, where a lost customer counts up to the period after its last purchase and an active one up to
    today. Customers called lost have no future value.

    Parameters
    ----------
    silence
        How long without a purchase before a customer counts as lost.
    """

    silence: Horizon

    def active(self, summary: CustomerSummary, /) -> BoolArray:
        """Tell who is still counted as a customer, (n_customers,)."""
        return np.asarray(summary.days_since_last <= self.silence.days, dtype=np.bool_)

    def estimate(self, summary: CustomerSummary, period: TimeUnit, /) -> float:
        """Retention a period.

        Raises
        ------
        InputError
            If nobody has been seen long enough to tell, or nobody was lost.
        """
        ages = summary.in_unit(period)
        active = self.active(summary)
        renewals = np.floor(np.where(active, ages.T, ages.recency))
        n_lost = int(np.count_nonzero(~active))
        exposure = float(renewals.sum()) + n_lost
        if n_lost == 0:
            hint = "Shorten the silence, observe longer, or state the retention yourself."
            raise InputError("RetentionFromSilence", expected="some customers lost", got="none", hint=hint)
        return 1.0 - n_lost / exposure


@attrs.frozen
class RetentionCLV:
    """Lifetime value of a customer who yields a margin a period and stays with a constant probability.

    Period k = 1, 2, ... yields margin x (1 + growth)^(k-1) if the customer is still there; when in the period
    the cash comes is the ``timing`` given to ``lifetime_value``. Without a horizon and with the defaults this is
    the margin multiple margin x r / (1 + d - r (1 + g)).

    Parameters
    ----------
    margin
        Margin a period in major units: for all, for each customer, or read off history.
    retention
        Probability of staying one more period, in [0, 1): for all, for each customer, or estimated.
    growth
        Growth of the margin a period, above -1.
    first_margin
        Whether the first period's margin already depends on a renewal.
    period
        Period of margin, retention and growth.

    Raises
    ------
    InputError
        If the retention is not in [0, 1), the growth not above -1, or a margin missing.

    References
    ----------
    Gupta and Lehmann, *Managing Customers as Investments*, 2005, ch. 2.

    Examples
    --------
    >>> from custvalue.data import Currency, CustomerIndex, DiscountRate
    >>> summary = CustomerSummary(
    ...     customers=CustomerIndex(["a", "b"]), first_at=["2025-01-01", "2025-02-01"],
    ...     last_at=["2025-06-01", "2025-02-01"], n_purchases=[3, 1], observed_until="2025-12-31",
    ...     currency=Currency.of("EUR"))
    >>> fit = RetentionCLV(margin=120.0, retention=0.8).fit(summary)
    >>> fit.lifetime_value(summary, discount=DiscountRate.annual(0.12)).values.round(2).tolist()
    [300.0, 300.0]
    """

    margin: PerCustomer | HistoricalMargin
    retention: PerCustomer | RetentionFromSilence
    growth: float = 0.0
    first_margin: FirstMargin = FirstMargin.IF_RETAINED
    period: TimeUnit = TimeUnit.YEAR

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.margin, HistoricalMargin):
            check_finite("RetentionCLV.margin", values_of(self.margin))
        if not isinstance(self.retention, RetentionFromSilence):
            check_retention("RetentionCLV.retention", self.retention)
        check_finite("RetentionCLV.growth", self.growth)
        if self.growth <= -1.0:
            raise InputError("RetentionCLV.growth", expected="a growth above -1", got=repr(self.growth))

    def with_margin(self, margin: float | CustomerMargin, /) -> RetentionCLV:
        """Read the margin off history with another share of spend; with a margin stated in money, this very model."""
        if isinstance(self.margin, HistoricalMargin):
            return attrs.evolve(self, margin=HistoricalMargin(margin))
        return self

    def fit(self, summary: CustomerSummary, /) -> FittedRetention:
        """Estimate the retention where it is not given.

        Raises
        ------
        InputError
            If it cannot be estimated.
        """
        rule = self.retention
        if not isinstance(rule, RetentionFromSilence):
            return FittedRetention(model=self, retention=rule)
        return FittedRetention(model=self, retention=rule.estimate(summary, self.period))


@attrs.frozen
class FittedRetention:
    """A retention model with its retention known.

    Parameters
    ----------
    model
        The settings.
    retention
        Retention a period, given or estimated.
    """

    model: RetentionCLV
    retention: PerCustomer

    def lifetime_value(
        self,
        summary: CustomerSummary,
        /,
        *,
        horizon: Horizon | None = None,
        discount: DiscountRate,
        timing: Timing = Timing.END,
    ) -> CustomerValues:
        """Present value of each customer's margins within the horizon (None: without end).

        Raises
        ------
        UnitError
            If the horizon is not a whole number of periods.
        InputError
            If without a horizon the margin grows as fast as it is discounted.
        """
        model = self.model
        where = "RetentionCLV.lifetime_value"
        n_periods = whole_periods(horizon, model.period, f"{where}(horizon)")
        require_discount(f"{where}(discount)", discount)
        retention = per_customer(self.retention, summary.customers, "RetentionCLV.retention")
        multiple = multiple_kernel(
            retention,
            discount.per(model.period),
            model.growth,
            n_periods,
            timing.offset,
            model.first_margin.renewals,
        )
        if np.isinf(multiple).any():
            hint = "Give a horizon, or a growth below (1 + discount) / retention - 1."
            got = f"retention {float(retention.max()):g} and growth {model.growth:g} at {discount}"
            raise InputError(where, expected="1 + discount above retention x (1 + growth)", got=got, hint=hint)
        return lifetime_values(summary, self._margins(summary) * multiple * self._counted(summary))

    def _margins(self, summary: CustomerSummary) -> FloatArray:
        margin = self.model.margin
        if isinstance(margin, HistoricalMargin):
            return margin.per_period(summary, self.model.period)
        return per_customer(margin, summary.customers, "RetentionCLV.margin")

    def _counted(self, summary: CustomerSummary) -> FloatArray:
        rule = self.model.retention
        if isinstance(rule, RetentionFromSilence):
            return rule.active(summary).astype(np.float64)
        return np.ones(len(summary))
