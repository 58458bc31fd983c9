"""The composition: log and costs in, one row a customer out. It reads like a recipe; every step can be swapped."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import NoneType
from typing import Any

import attrs
import numpy as np

from custvalue._arrays import FloatArray
from custvalue.clv import MBGNBD, BuyTillYouDie, CLVModel, GammaGamma, NonPositive, SupportsParts
from custvalue.costing import Allocation, CostAllocator
from custvalue.data import CostLedger, CustomerSummary, DiscountRate, DriverTable, Horizon, TimeUnit, Timing, ValueTable
from custvalue.data._kinds import require_kind
from custvalue.engine import TransactionLog
from custvalue.errors import ConvergenceError, InputError
from custvalue.pipeline._result import CustomerValuation, Facts, cost_origins
from custvalue.pipeline._steps import (
    COST_PREFIX,
    N_PURCHASES,
    PRODUCT_COST,
    LifetimeParts,
    Terms,
    account,
    allocate,
    lifetime,
    margins,
    spread,
)
from custvalue.portfolio import PortfolioClassifier, Pyramid
from custvalue.portfolio._protocol import classified
from custvalue.profitability import ProfitAndLoss
from custvalue.rfm import RFMScorer, RFMScores, segments

__all__ = ["Valuation"]


def _is_a(kind: type | tuple[type, ...], example: str) -> Callable[[object, attrs.Attribute[Any], object], None]:
    """Make a validator that says what a setting must be, with an example."""
    kinds = kind if isinstance(kind, tuple) else (kind,)
    expected = " or ".join("None" if each is NoneType else each.__name__ for each in kinds)

    def check(_: object, field: attrs.Attribute[Any], value: object) -> None:
        if isinstance(value, type) or not isinstance(value, kinds):
            raise InputError(f"Valuation.{field.name}", expected=expected, got=repr(value), hint=f"Write {example}.")

    return check


def _share(value: float | None) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool | str) or not (math.isfinite(value) and value <= 1.0):
        hint = "35 % of revenue left after product cost is written 0.35."
        raise InputError("Valuation.margin", expected="a share of revenue of at most 1", got=repr(value), hint=hint)
    return value


def _ordinary_model() -> CLVModel:
    """MBG/NBD lets customers who bought once be gone; customers who came back for nothing are floored and counted."""
    return BuyTillYouDie(purchases=MBGNBD(), spend=GammaGamma(non_positive=NonPositive.FLOOR))


@attrs.frozen(kw_only=True)
class Valuation:
    """Log and costs to value: profit, behaviour, lifetime value on profit, and what to do.

    Parameters
    ----------
    discount
        Cost of capital for the lifetime value.
    horizon
        How far ahead the lifetime value looks; its unit is the period of discounting.
    margin
        Share of revenue left after product cost. If left out, the log's direct cost is used; a log without one leaves
        all of its revenue, and the notes say so.
    timing
        When, within a period, cash arrives.
    allocation
        An :class:`~custvalue.costing.Allocation` already made, or any object with
        ``allocate(costs, drivers, /)`` to apply to the costs and drivers given to :meth:`run`.
    scorer
        How behaviour is scored.
    model
        The lifetime-value model; None leaves lifetime values out. The default is MBG/NBD with Gamma-Gamma: unlike
        BG/NBD it lets customers who bought once be gone. A model with a margin of spend is told this valuation's
        margin and allocated cost instead of its own.
    classifier
        What decides on the tier.

    Examples
    --------
    >>> import custvalue as cv
    >>> firm = cv.datasets.simulate_firm(n_customers=300, seed=3)
    >>> valuation = cv.Valuation(
    ...     discount=cv.DiscountRate.annual(0.10),
    ...     horizon=cv.Horizon(3, cv.TimeUnit.YEAR),
    ...     margin=0.35,
    ...     allocation=cv.ActivityBased(drivers=firm.cost_drivers),
    ... )
    >>> value = valuation.run(firm.log(), costs=firm.costs, drivers=firm.drivers)
    >>> len(value.customers)
    300
    >>> value.origin("cost_delivery")
    "pool 'delivery' allocated by ActivityBased"
    """

    discount: DiscountRate = attrs.field(validator=_is_a(DiscountRate, "DiscountRate.annual(0.10)"))
    horizon: Horizon = attrs.field(validator=_is_a(Horizon, "Horizon(3, TimeUnit.YEAR)"))
    margin: float | None = attrs.field(default=None, converter=_share)
    timing: Timing = attrs.field(default=Timing.END, validator=_is_a(Timing, "Timing.END"))
    allocation: Allocation | CostAllocator | None = attrs.field(
        default=None, validator=_is_a((Allocation, CostAllocator, NoneType), "ActivityBased(drivers=...)")
    )
    scorer: RFMScorer = attrs.field(
        factory=lambda: RFMScorer(segments=segments.ELEVEN), validator=_is_a(RFMScorer, "RFMScorer()")
    )
    model: CLVModel | None = attrs.field(
        factory=_ordinary_model,
        validator=_is_a((CLVModel, NoneType), "BuyTillYouDie(purchases=BGNBD(), spend=GammaGamma())"),
    )
    classifier: PortfolioClassifier = attrs.field(factory=Pyramid, validator=_is_a(PortfolioClassifier, "Pyramid()"))

    def run(
        self, log: TransactionLog, *, costs: CostLedger | None = None, drivers: DriverTable | None = None
    ) -> CustomerValuation:
        """Value every customer of a log.

        Parameters
        ----------
        log
            The transactions.
        costs
            Cost pools, if ``allocation`` is an allocator.
        drivers
            What each customer used, if ``allocation`` is an allocator. Customers of the log without a row are missing
            drivers to it.

        Returns
        -------
        CustomerValuation
            One row a customer of the log; those without a purchase (refunds only) have no scores and no lifetime value.

        Raises
        ------
        InputError
            If costs, drivers and allocation do not fit together.
        AlignmentError
            If they speak of other customers or another currency than the log.
        ConvergenceError
            If the lifetime-value model cannot be fitted; the message says what to try.
        """
        hint = "TransactionLog.from_frame(orders, customer=..., time=..., amount=..., currency=...)."
        require_kind("Valuation.run", log, TransactionLog, hint=hint)
        money = log.revenue()
        summary = log.summarize(unit=TimeUnit.WEEK)
        allocation = allocate(self.allocation, costs, drivers, money)
        profit = account(money, self.margin, allocation)
        scores = self.scorer.fit(summary).score(summary)
        future = self._lifetime(summary, profit)
        table = self._table(summary, profit, scores, future, allocation)
        return CustomerValuation(
            facts=Facts(
                report=log.report,
                summary=summary,
                like=log.like,
                margin_known=self.margin is not None or "direct_cost" in money,
                terms=self._in_words(costed="direct_cost" in money),
            ),
            account=profit,
            allocation=allocation,
            scores=scores,
            lifetime=future,
            table=table,
            classification=classified(self.classifier.fit(table), table),
        )

    def _lifetime(self, summary: CustomerSummary, profit: ProfitAndLoss) -> LifetimeParts | None:
        if self.model is None:
            return None
        terms = Terms(self.horizon, self.discount, self.timing)
        try:
            return lifetime(self.model, summary, margins(summary, profit, self.margin), terms)
        except (ConvergenceError, InputError) as error:
            error.add_note("Valuation(model=None) values these customers without lifetime values.")
            raise

    def _table(
        self,
        summary: CustomerSummary,
        profit: ProfitAndLoss,
        scores: RFMScores,
        future: LifetimeParts | None,
        allocation: Allocation | None,
    ) -> ValueTable:
        behaviour: dict[str, FloatArray] = {
            N_PURCHASES: summary.n_purchases.astype(np.float64),
            "days_since_last": summary.days_since_last,
        }
        for dimension in scores.dimensions:
            behaviour[f"{dimension.name}_score"] = scores[dimension.code].astype(np.float64)
        if future is not None:
            behaviour |= _predictions(future)
        measures = _account_columns(profit) | spread(behaviour, summary.customers, profit.customers)
        measures[N_PURCHASES] = np.nan_to_num(measures[N_PURCHASES])  # who never bought bought 0 times
        origins = self._origins(future) | (cost_origins(allocation) if allocation else {})
        return ValueTable(
            customers=profit.customers,
            measures=measures,
            origins={name: origins.get(name, f"score learnt by {self.scorer.binning!r}") for name in measures},
        )

    def _in_words(self, *, costed: bool) -> dict[str, str]:
        """What is assumed, as a reader would say it."""
        margin = "revenue less the log's direct cost" if costed else "all of revenue"
        words = {"margin": margin if self.margin is None else f"{100 * self.margin:.6g} % of revenue"}
        if self.model is None:
            return words
        years = f"{self.horizon.n:g} {self.horizon.unit.value}{'' if self.horizon.n == 1 else 's'}"
        rate = f"{100 * self.discount.per(TimeUnit.YEAR):.6g} % a year"
        ahead = f"over {years}, discounted at {rate}, cash at the {self.timing.value} of each period"
        return {**words, "lifetime values": ahead}

    def _origins(self, future: LifetimeParts | None) -> dict[str, str]:
        product = "the log's direct cost" if self.margin is None else f"revenue x (1 - {self.margin:g})"
        fit = future.fit if future else None
        margin_from = future.margin_from if future else ""
        purchases, spend = _parts(fit)
        terms = f"{self.horizon!r}, {self.discount!r}, cash at the {self.timing.value} of each period"
        return {
            "revenue": "sum of the log's amounts, refunds taken off",
            "returns": "sum of the log's negative amounts, as a positive number",
            PRODUCT_COST: product,
            "profit": "revenue - product cost - allocated cost",
            N_PURCHASES: "distinct days with a purchase",
            "days_since_last": "end of the observation window - last purchase",
            "probability_alive": f"{purchases!r}",
            "expected_purchases": f"{purchases!r}, {self.horizon!r}",
            "expected_spend": f"{spend!r}",
            "lifetime_value": f"{type(fit).__name__} on {margin_from}, {terms}",
        }


def _parts(fit: object) -> tuple[object, object]:
    """The purchase and the spend model of a fit; the fit itself where it has no parts."""
    return (fit.purchases, fit.spend) if isinstance(fit, SupportsParts) else (fit, fit)


def _account_columns(profit: ProfitAndLoss) -> dict[str, FloatArray]:
    """The account in major units: revenue, product cost, one column a pool, profit."""
    money, lines = profit.money, profit.lines
    revenue = profit.currency.to_major(lines["gross_sales"] - lines["returns"])
    columns = {"revenue": revenue, "returns": lines.major("returns"), PRODUCT_COST: lines.major(PRODUCT_COST)}
    columns |= {name: lines.major(name) for name in lines.names if name.startswith(COST_PREFIX)}
    return columns | {"profit": money.major("contribution")}


def _predictions(future: LifetimeParts) -> dict[str, FloatArray]:
    parts = {
        "probability_alive": future.probability_alive,
        "expected_purchases": future.purchases,
        "expected_spend": future.spend,
        "lifetime_value": future.value,
    }
    return {name: part.values for name, part in parts.items() if part is not None}
