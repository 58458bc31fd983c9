"""The steps of a valuation, each a function from facts to the next table."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np

from custvalue._arrays import FloatArray, IntArray
from custvalue.clv import CLVModel, CustomerValues, FitReport, FittedCLV, SupportsMargin, SupportsParts
from custvalue.costing import Allocation, CostAllocator
from custvalue.costing._combine import charged
from custvalue.data import (
    CostLedger,
    CustomerIndex,
    CustomerMargin,
    CustomerSummary,
    DiscountRate,
    DriverTable,
    Horizon,
    MoneyTable,
    Timing,
)
from custvalue.data._kinds import require_kind
from custvalue.errors import AlignmentError, InputError
from custvalue.profitability import ProfitAndLoss, Waterfall

PRODUCT_COST = "product_cost"
COST_PREFIX = "cost_"
N_PURCHASES = "n_purchases"
_CERTAIN = 0.999


@attrs.frozen
class Terms:
    """How the future is weighed.

    Parameters
    ----------
    horizon
        How far ahead.
    discount
        Cost of capital.
    timing
        When, within a period, cash arrives.
    """

    horizon: Horizon
    discount: DiscountRate
    timing: Timing


@attrs.frozen(kw_only=True, eq=False)
class LifetimeParts:
    """The lifetime value and what it was made of.

    Parameters
    ----------
    fit
        The fitted model.
    value
        Present value of future profit.
    probability_alive, purchases, spend
        The model's parts, or None if it has none.
    margin_from
        In words: which margin the model used.
    notes
        What the fits say a reader must know: parameters on a boundary, doubtful assumptions, what to try.
    """

    fit: FittedCLV
    value: CustomerValues
    probability_alive: CustomerValues | None = None
    purchases: CustomerValues | None = None
    spend: CustomerValues | None = None
    margin_from: str = ""
    notes: tuple[str, ...] = ()


def allocate(
    allocation: Allocation | CostAllocator | None,
    costs: CostLedger | None,
    drivers: DriverTable | None,
    money: MoneyTable,
) -> Allocation | None:
    """Charge the costs, or check an allocation already made.

    Raises
    ------
    InputError
        If an allocator has no costs or drivers to work on, or costs have no allocator.
    AlignmentError
        If the allocation speaks of other customers or another currency than the log.
    """
    if allocation is None:
        if costs is not None or drivers is not None:
            hint = "Valuation(allocation=cv.ActivityBased(...)).run(log, costs=..., drivers=...)."
            raise InputError("Valuation.allocation", expected="an allocator for the costs", got="None", hint=hint)
        return None
    done = allocation if isinstance(allocation, Allocation) else _charge(allocation, costs, drivers, money)
    if done.costs.currency != money.currency:
        got = f"costs in {done.costs.currency.code}, log in {money.currency.code}"
        raise AlignmentError("Valuation.run", expected="costs and log in one currency", got=got)
    money.customers.require_same(done.customers, where="Valuation.run: log and allocation")
    return done


def _charge(
    allocator: CostAllocator, costs: CostLedger | None, drivers: DriverTable | None, money: MoneyTable
) -> Allocation:
    if costs is None or drivers is None:
        missing = [name for name, given in (("costs", costs), ("drivers", drivers)) if given is None]
        hint = "Valuation(allocation=...).run(log, costs=ledger, drivers=log.drivers(...))."
        raise InputError("Valuation.run", expected="costs and drivers", got=f"no {' and no '.join(missing)}", hint=hint)
    return charged(allocator, costs, drivers.on(money.customers))


def account(money: MoneyTable, margin: float | None, allocation: Allocation | None) -> ProfitAndLoss:
    """Each customer's profit and loss: revenue, product cost, allocated cost.

    Parameters
    ----------
    money
        Lines ``gross_amount``, ``refunds`` (negative), ``net_amount`` and, where the log has it, ``direct_cost``.
    margin
        Share of revenue left after product cost, or None to take direct cost from the log (or, without it, nothing).
    allocation
        Allocated cost, or None.
    """
    product = _product_cost(money, margin)
    lines = MoneyTable(
        customers=money.customers,
        amounts={"gross_sales": money["gross_amount"], "returns": -money["refunds"], PRODUCT_COST: product},
        currency=money.currency,
    )
    if allocation is None:
        layout = Waterfall(list_sales="gross_sales", returns="returns", product_cost=PRODUCT_COST)
        return ProfitAndLoss.from_lines(lines, layout=layout)
    pools = {COST_PREFIX + name: allocation[name] for name in allocation.costs.names}
    charged = MoneyTable(customers=money.customers, amounts=pools, currency=money.currency)
    layout = Waterfall(
        list_sales="gross_sales", returns="returns", product_cost=PRODUCT_COST, cost_to_serve=tuple(pools)
    )
    return ProfitAndLoss.from_lines(lines, charged, layout=layout)


def _product_cost(money: MoneyTable, margin: float | None) -> IntArray:
    if margin is None:
        return money["direct_cost"] if "direct_cost" in money else np.zeros(len(money.customers), dtype=np.int64)
    cost: IntArray = np.rint(money["net_amount"] * (1.0 - margin)).astype(np.int64)
    return cost


def margins(summary: CustomerSummary, profit: ProfitAndLoss, margin: float | None) -> CustomerMargin:
    """What a purchase leaves, customer by customer: a share of spend less the allocated cost of serving one purchase.

    The share is ``margin``, or else one minus direct cost over revenue of all customers together (a customer's own
    ratio would divide by revenues near zero). The cost is what was charged to the customer over the log, divided by
    its purchases in the log.
    """
    at = profit.customers.positions(summary.customers.ids)
    if margin is None:
        cost = float(profit.row("product_cost").sum())
        revenue = float(profit.gross_margin.sum()) + cost
        margin = 1.0 - cost / revenue if revenue > 0 else 1.0
    served = profit.currency.to_major(profit.row("cost_to_serve")[at])
    return CustomerMargin(
        customers=summary.customers,
        ratio=np.full(len(summary), margin),
        cost_per_purchase=served / summary.n_purchases,
    )


def lifetime(model: CLVModel, summary: CustomerSummary, margin: CustomerMargin, terms: Terms) -> LifetimeParts:
    """Fit the model and value every customer with a purchase."""
    priced = model.with_margin(margin) if isinstance(model, SupportsMargin) else model
    fit: object = priced.fit(summary)
    if not isinstance(fit, FittedCLV):
        hint = "A purchase model alone knows no money: BuyTillYouDie(purchases=..., spend=GammaGamma())."
        got = f"{type(model).__name__}, whose fit has no lifetime_value"
        raise InputError("Valuation.model", expected="a lifetime-value model", got=got, hint=hint)
    given = fit.lifetime_value(summary, horizon=terms.horizon, discount=terms.discount, timing=terms.timing)
    value = _checked(given, fit)
    source = "margin less allocated cost per purchase" if priced is not model else "the model's own margin"
    if not isinstance(fit, SupportsParts):
        return LifetimeParts(fit=fit, value=value, margin_from=source, notes=_doubts(fit))
    alive = fit.purchases.probability_alive(summary)
    return LifetimeParts(
        fit=fit,
        value=value,
        probability_alive=alive,
        purchases=fit.purchases.expected_purchases(summary, terms.horizon),
        spend=fit.spend.expected_spend(summary),
        margin_from=source,
        notes=_nobody_left(alive) + _doubts(fit.purchases) + _doubts(fit.spend),
    )


def _checked(value: CustomerValues, fit: object) -> CustomerValues:
    """What a lifetime-value model gave, if it is a finite number for everybody."""
    where = f"Valuation.model: {type(fit).__name__}.lifetime_value"
    hint = "CustomerValues(customers=summary.customers, values=..., measure='lifetime_value')."
    require_kind(where, value, CustomerValues, hint=hint)
    wrong = np.flatnonzero(~np.isfinite(value.values))
    if wrong.size:
        got = f"{wrong.size:,} others, such as {value.values[wrong[0]]} for {value.customers.ids[wrong[0]]!s}"
        raise InputError(where, expected="a finite number for every customer", got=got)
    return value


def _nobody_left(alive: CustomerValues) -> tuple[str, ...]:
    """Say it if the model holds everybody for a customer still, which a reader of lifetime values must know."""
    least = float(np.min(alive.values, initial=1.0))
    if least < _CERTAIN or not len(alive.values):
        return ()
    text = (
        f"P(alive) is at least {least:.4f} for everybody: the model saw nobody leave, so all are taken to buy on over "
        "the whole horizon, and lifetime values are at the upper end. A log too short for leaving to show does that; "
        "RetentionCLV(margin=..., retention=...) takes a retention you know instead"
    )
    return (text,)


def _doubts(fit: object) -> tuple[str, ...]:
    """What a fit's report says beyond "converged", a sentence each."""
    report = getattr(fit, "diagnostics", None)
    if not isinstance(report, FitReport):
        return ()
    name = type(fit).__name__.removeprefix("Fitted")
    at = [f"best values on a boundary: {', '.join(report.boundary)}"] if report.boundary else []
    flat = [f"the data do not tell {report.unidentified} apart"] if report.unidentified else []
    return tuple(f"{name}: {text}" for text in (*at, *flat, *report.notes, *report.advice))


def spread(values: Mapping[str, FloatArray], on: CustomerIndex, all_customers: CustomerIndex) -> dict[str, FloatArray]:
    """Widen columns of some customers to all of them; NaN for the others."""
    at = all_customers.positions(on.ids)
    wide = {name: np.full(len(all_customers), np.nan) for name in values}
    for name, column in values.items():
        wide[name][at] = column
    return wide
