"""Lifetime value in its oldest form: average purchase over average cycle, times lifetime."""

from __future__ import annotations

import enum

import attrs
import numpy as np

from custvalue._arrays import FloatArray
from custvalue.clv._kernels.present_value import discount_factors
from custvalue.clv._result import CustomerValues
from custvalue.clv._settings import finite_periods, lifetime_values
from custvalue.clv.retention import HistoricalMargin
from custvalue.data import CustomerMargin, CustomerSummary, DiscountRate, Horizon, TimeUnit, Timing
from custvalue.errors import InputError

__all__ = ["FittedPurchaseCycle", "OneTimers", "PurchaseCycleCLV"]


class OneTimers(enum.Enum):
    """What to take for a customer who bought once and shows no cycle.

    POPULATION_CYCLE
        The mean cycle of all repeat purchases.
    NO_VALUE
        Worth nothing from here on.
    """

    POPULATION_CYCLE = "population_cycle"
    NO_VALUE = "no_value"


@attrs.frozen
class PurchaseCycleCLV:
    """Lifetime value (s / t) x T: profit a purchase over days a cycle, times the lifetime, which is the horizon.

    The cycle t is each customer's own: time between first and last purchase over the number of repeat purchases.
    Profits are spread evenly over the lifetime and discounted period by period; at a discount of 0 the value is (s /
    t) x T. Nobody is ever lost in this form: it is an upper bound beside the other models.

    Parameters
    ----------
    margin
        What is left of a purchase: a share of spend, or a :class:`~custvalue.data.CustomerMargin`.
    one_timers
        What to take for customers with one purchase.
    period
        Period of discounting.

    References
    ----------
    Methods of database marketing before 1990; e.g. Dwyer, "Customer lifetime valuation to support marketing decision
    making", *Journal of Direct Marketing* 3(4), 1989, on its limits.

    Examples
    --------
    >>> from custvalue.data import Currency, CustomerIndex
    >>> summary = CustomerSummary(
    ...     customers=CustomerIndex(["a"]), first_at=["2024-01-01"], last_at=["2024-12-31"], n_purchases=[6],
    ...     total_amount=[60_000], observed_until="2024-12-31", currency=Currency.of("EUR"))
    >>> fit = PurchaseCycleCLV().fit(summary)              # 100 every 73 days, for 3 years
    >>> three_years = Horizon(3, TimeUnit.YEAR)
    >>> fit.lifetime_value(summary, horizon=three_years, discount=DiscountRate.annual(0.0)).values.round(1).tolist()
    [1501.0]
    """

    margin: float | CustomerMargin = 1.0
    one_timers: OneTimers = OneTimers.POPULATION_CYCLE
    period: TimeUnit = TimeUnit.YEAR

    def __attrs_post_init__(self) -> None:
        HistoricalMargin(self.margin)  # refuses what is no margin

    def with_margin(self, margin: float | CustomerMargin, /) -> PurchaseCycleCLV:
        """The same model with another margin."""
        return attrs.evolve(self, margin=margin)

    def fit(self, summary: CustomerSummary, /) -> FittedPurchaseCycle:
        """Find the mean cycle of the population.

        Raises
        ------
        InputError
            If nobody has bought twice.
        """
        repeats = summary.n_purchases - 1
        days = float(summary.in_unit(TimeUnit.DAY).recency.sum())
        if not repeats.any() or days <= 0.0:
            hint = "Observe longer; without a repeat purchase there is no cycle."
            raise InputError("PurchaseCycleCLV.fit", expected="some repeat purchases", got="none", hint=hint)
        return FittedPurchaseCycle(model=self, population_cycle=days / float(repeats.sum()))


@attrs.frozen
class FittedPurchaseCycle:
    """A purchase-cycle model with the population's cycle known.

    Parameters
    ----------
    model
        The settings.
    population_cycle
        Mean days between purchases, over all repeat purchases.
    """

    model: PurchaseCycleCLV
    population_cycle: float

    def cycles(self, summary: CustomerSummary, /) -> FloatArray:
        """Days between purchases of each customer, (n_customers,); ``inf`` for one who is taken never to buy again."""
        repeats = summary.frequency
        lapse = summary.in_unit(TimeUnit.DAY).recency
        others = self.population_cycle if self.model.one_timers is OneTimers.POPULATION_CYCLE else np.inf
        cycle = np.full(len(summary), others)
        np.divide(lapse, repeats, out=cycle, where=(repeats > 0) & (lapse > 0.0))
        return cycle

    def lifetime_value(
        self,
        summary: CustomerSummary,
        /,
        *,
        horizon: Horizon,
        discount: DiscountRate,
        timing: Timing = Timing.END,
    ) -> CustomerValues:
        """Present value of the purchases of each customer if the cycle goes on through the horizon.

        Raises
        ------
        UnitError
            If the horizon is not a whole number of periods.
        """
        period = self.model.period
        n_periods = finite_periods(horizon, period, "PurchaseCycleCLV.lifetime_value(horizon)")
        profit = HistoricalMargin(self.model.margin).per_purchase(summary)
        per_period = profit * period.days / self.cycles(summary)
        annuity = float(discount_factors(n_periods, discount.per(period), timing.offset).sum())
        return lifetime_values(summary, per_period * annuity)
