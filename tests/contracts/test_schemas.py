"""The columns of every frame are pinned, in order: downstream code names them."""

from __future__ import annotations

from typing import Any

import attrs
import pandas as pd
import pytest
from tests.pipeline._logs import LEDGER, TERMS, dirty_orders, log_of

import custvalue as cv
from custvalue.pipeline import CustomerValuation

MARCH = cv.MoneyTable(customers=cv.CustomerIndex(["a", "b"]), amounts={"clv": [500, 300]}, currency="EUR")
APRIL = cv.MoneyTable(customers=cv.CustomerIndex(["b", "c"]), amounts={"clv": [350, 400]}, currency="EUR")

MEASURES = "mae rmse bias total_ratio gini intercept slope top_1% top_10% top_20%"

SCHEMAS = {
    "summary": "customer first_at last_at n_purchases frequency recency T total_amount repeat_amount monetary_value",
    "patterns": "x t_x T weight",
    "holdout": "customer n_purchases total_amount",
    "series": "customer period amount",
    "drivers": "customer orders lines revenue",
    "revenue": "customer gross_amount net_amount refunds",
    "report": "item rows amount",
    "curve": "customer value cumulative customer_share value_share",
    "scores": "customer recency_score frequency_score monetary_score code segment",
    "prediction": "customer probability_alive",
    "interval": "customer lower upper",
    "classification": "customer class relationship strategy focus axis_profit boundary_distance",
    "equity": "line customers mean amount change share_customers share_amount mean_to_opening",
    "valuation": (
        "customer revenue returns product_cost cost_orders cost_lines profit n_purchases days_since_last recency_score "
        "frequency_score monetary_score probability_alive expected_purchases expected_spend lifetime_value segment "
        "tier relationship strategy focus"
    ),
    "tiers": "tier customers revenue profit lifetime_value strategy",
    "comparison": "model n_params log_likelihood aic bic aic_weight converged boundary",
    "counts": "n_purchases probability",
    "draws": "r alpha a b",
    "evaluation": f"method {MEASURES}",
    "rolling": f"origin n_customers method {MEASURES}",
    "groups": "group n_customers predicted actual lift",
    "tracking": "last_day expected cumulative_expected",
}


@pytest.fixture(scope="module")
def frames() -> dict[str, Any]:
    """One frame of each kind."""
    log = log_of(dirty_orders())
    drivers = log.drivers(orders=cv.count(), lines=cv.sum("lines"))
    allocator = cv.ActivityBased(drivers={"orders": "orders", "lines": "lines"})
    value: CustomerValuation = attrs.evolve(TERMS, allocation=allocator).run(log, costs=LEDGER, drivers=drivers)
    assert value.lifetime is not None
    assert value.lifetime.probability_alive is not None
    calibration, holdout = log.split("2025-06-30")
    return {
        "summary": calibration.summarize().to_frame(),
        "patterns": calibration.patterns().to_frame(),
        "purchase times": log.purchase_times().to_frame(),
        "holdout": holdout.to_frame(),
        "series": log.series(cv.TimeUnit.MONTH).to_frame(),
        "drivers": drivers.to_frame(),
        "revenue": log.revenue().to_frame(),
        "report": log.report.to_frame(),
        "curve": value.concentration().to_frame(),
        "scores": value.scores.to_frame(),
        "prediction": value.lifetime.probability_alive.to_frame(),
        "interval": value.lifetime.probability_alive.interval(0.9).to_frame(),
        "classification": value.classification.to_frame(),
        "equity": cv.EquityStatement.between(MARCH, APRIL).to_frame(),
        "valuation": value.to_frame(),
        "tiers": value.tier_summary(),
    }


@pytest.fixture(scope="module")
def judged() -> dict[str, Any]:
    """What a fitted purchase model and its judges give."""
    year = cv.ObservationWindow("2025-01-01", "2025-12-31")
    log = cv.simulate_log(cv.clv.BGNBDProcess(0.6, 5.0, 0.8, 2.4), n_customers=300, window=year, seed=1)
    summary, holdout = log.summary(until="2025-06-30"), log.holdout("2025-06-30")
    fit = cv.BGNBD().fit(summary)
    rolled = cv.clv.rolling_origin(cv.BGNBD(), [(summary, holdout)])
    return {
        "comparison": cv.compare([fit]).to_frame(),
        "counts": fit.new_customer_pmf(3, cv.Horizon(26, cv.TimeUnit.WEEK)).to_frame(),
        "draws": fit.bootstrap(summary, 3, seed=1).to_frame(),
        "evaluation": rolled.evaluations[0].to_frame(),
        "rolling": rolled.to_frame(),
        "groups": rolled.evaluations[0].deciles.to_frame(),
        "tracking": cv.clv.track(fit, summary, start="2025-01-01", n_periods=4).to_frame(),
    }


@pytest.mark.parametrize("name", SCHEMAS)
def test_columns_are_the_pinned_ones(
    name: str, frames: dict[str, pd.DataFrame], judged: dict[str, pd.DataFrame]
) -> None:
    assert list((frames | judged)[name].columns) == SCHEMAS[name].split()
