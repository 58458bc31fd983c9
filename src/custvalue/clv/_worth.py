"""What purchases to come are worth: expected purchases, discounted, times what a purchase leaves."""

from __future__ import annotations

from functools import partial
from typing import Protocol

import attrs
import numpy as np

from custvalue._arrays import FloatArray, IntArray
from custvalue.clv._periods import period_weights, weighted_sum
from custvalue.clv._protocol import FittedPurchases, SupportsNewSpend, SupportsParts, SupportsResidual
from custvalue.clv._purchases import FittedHistories
from custvalue.clv._result import CustomerValues
from custvalue.clv.tracking import SupportsNewCustomers
from custvalue.data import CustomerMargin, CustomerSummary, DiscountRate, Horizon, TimeUnit, Timing
from custvalue.errors import InputError

__all__ = ["NewWorth", "Terms", "Worth"]

_FEW = 100  # customers not worth compressing


class Composed(SupportsParts, Protocol):
    """A fitted purchase model and a fitted spend model, with a margin."""

    @property
    def margin(self) -> float | CustomerMargin:
        """What is left of it."""
        ...


@attrs.frozen(kw_only=True)
class Terms:
    """What a present value is asked for."""

    horizon: Horizon | None
    discount: DiscountRate
    timing: Timing


@attrs.frozen(kw_only=True, eq=False)
class Worth:
    """The lifetime value of the customers of a summary, or of some of them."""

    summary: CustomerSummary
    terms: Terms

    def __call__(self, fitted: Composed, rows: IntArray | None) -> FloatArray:
        summary = self.summary if rows is None else self.summary.take(rows)
        purchases = _discounted_purchases(fitted.purchases, summary, self.terms)
        profit = self._profit(fitted.margin, fitted.spend.expected_spend(summary).values, rows)
        # no purchases are worth nothing, whatever the spend: 0 x inf is not a number
        value: FloatArray = np.multiply(purchases, profit, out=np.zeros(profit.shape), where=purchases > 0)
        return value

    def _profit(self, margin: float | CustomerMargin, spend: FloatArray, rows: IntArray | None) -> FloatArray:
        if not isinstance(margin, CustomerMargin):
            return margin * spend if margin != 0 else np.zeros(spend.shape)
        margin.customers.require_same(self.summary.customers, where="lifetime_value (margin against summary)")
        at = slice(None) if rows is None else rows
        ratio = margin.ratio[at]
        earned = np.multiply(ratio, spend, out=np.zeros(spend.shape), where=ratio != 0)
        profit: FloatArray = earned - margin.cost_per_purchase[at]
        return profit


@attrs.frozen(kw_only=True, eq=False)
class NewWorth:
    """The lifetime value of a new customer; shape (1,)."""

    ends: FloatArray
    weights: FloatArray
    unit: TimeUnit
    terms: tuple[float, float]

    def __call__(self, fitted: Composed, rows: IntArray | None) -> FloatArray:
        del rows  # there is one
        purchases, spend = fitted.purchases, fitted.spend
        if not (isinstance(purchases, SupportsNewCustomers) and isinstance(spend, SupportsNewSpend)):
            got = f"{type(purchases).__name__} and {type(spend).__name__}"
            raise InputError("new_customer_value", expected="parts that know new customers", got=got)

        def until(end: float) -> FloatArray:
            found = purchases.new_customer_purchases(Horizon(end, self.unit))
            if isinstance(found, CustomerValues):
                hint = "It tells customers apart: fit.with_covariates(...).new_customer_purchases(horizon)."
                raise InputError("new_customer_value", expected="one new customer", got="covariates", hint=hint)
            return np.array([float(found)])

        smooth = isinstance(purchases, FittedHistories)
        repeats = weighted_sum(until, self.ends, self.weights, smooth=smooth)
        margin, first = self.terms
        if margin == 0.0:  # even of a spend without a mean
            return np.zeros(1)
        profit: FloatArray = (first + repeats) * float(spend.new_customer_spend()) * margin
        return profit


def _discounted_purchases(fitted: FittedPurchases, summary: CustomerSummary, terms: Terms) -> FloatArray:
    """Expected purchases, each worth its discount factor; (n_customers,)."""
    if terms.horizon is None:
        if not isinstance(fitted, SupportsResidual):
            hint = "Pass a horizon, or use ParetoNBD."
            got = f"horizon=None with {type(fitted).__name__}"
            raise InputError("lifetime_value", expected="a horizon", got=got, hint=hint)
        return fitted.expected_residual_transactions(summary, terms.discount).values
    one_each, inverse = _one_of_each_pattern(fitted, summary)
    ends, weights = period_weights(terms.horizon, terms.discount, terms.timing)
    ahead = partial(_purchases_until, fitted, one_each, terms.horizon.unit)
    total = weighted_sum(ahead, ends, weights, smooth=isinstance(fitted, FittedHistories))
    return total if inverse is None else total[inverse]


def _purchases_until(fitted: FittedPurchases, summary: CustomerSummary, unit: TimeUnit, end: float) -> FloatArray:
    return fitted.expected_purchases(summary, Horizon(end, unit)).values


def _one_of_each_pattern(fitted: FittedPurchases, summary: CustomerSummary) -> tuple[CustomerSummary, IntArray | None]:
    """Take one customer of each distinct history, and the history of every customer, for models that tell them."""
    if not isinstance(fitted, FittedHistories) or len(summary) < _FEW:
        return summary, None
    histories = fitted.histories(summary)
    return summary.take(histories.examples), histories.inverse
