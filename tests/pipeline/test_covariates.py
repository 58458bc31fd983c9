"""A valuation whose purchase model knows covariates: customers are found by id."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue import clv
from custvalue.errors import AlignmentError

TERMS = {"discount": 0.1, "margin": 0.35}
HORIZON = cv.Horizon(2, cv.TimeUnit.YEAR)


@pytest.fixture(scope="module")
def log() -> cv.TransactionLog:
    """300 customers with names, a year of orders."""
    frame = clv.simulate_log(
        clv.MBGNBDProcess(0.6, 5.0, 0.8, 2.4),
        clv.GammaGammaAmounts(6.0, 4.0, 15.0),
        n_customers=300,
        window=cv.ObservationWindow("2025-01-01", "2025-12-31"),
        acquired_until="2025-03-31",
        seed=5,
    ).to_frame()
    assert isinstance(frame, pd.DataFrame)
    named = frame.assign(customer_id="C" + frame["customer_id"].astype(str))
    return cv.TransactionLog.from_frame(
        named, customer="customer_id", time="ordered_at", amount="amount", currency="EUR"
    )


def valued(log: cv.TransactionLog, model: cv.BuyTillYouDie) -> pd.DataFrame:
    """The table of a valuation, by customer."""
    value = cv.Valuation(
        discount=cv.DiscountRate.annual(TERMS["discount"]), horizon=HORIZON, margin=TERMS["margin"], model=model
    ).run(log)
    table = value.to_frame()
    assert isinstance(table, pd.DataFrame)
    return table.set_index("customer")


def test_covariates_travel_with_the_model(log: cv.TransactionLog) -> None:
    """Known in another order than the log's; the table holds what the model itself says."""
    summary = log.summarize()
    order = np.random.default_rng(0).permutation(len(summary))
    known = cv.StaticCovariates.from_columns(summary.customers.take(order), {"web": order % 2})
    purchases = cv.WithCovariates(model=cv.MBGNBD(), covariates=known, purchase=("web",))
    table = valued(log, cv.BuyTillYouDie(purchases, cv.GammaGamma()))
    fit = cv.BuyTillYouDie(purchases, cv.GammaGamma(), margin=TERMS["margin"]).fit(summary)
    expected = fit.lifetime_value(summary, horizon=HORIZON, discount=cv.DiscountRate.annual(TERMS["discount"]))

    found = table.loc[list(summary.customers), "lifetime_value"].to_numpy()
    np.testing.assert_allclose(found, expected.values, rtol=1e-9)
    fewer = known.of(known.customers.take(np.arange(10)))
    with pytest.raises(AlignmentError, match="290 customers it does not hold"):
        valued(
            log,
            cv.BuyTillYouDie(
                cv.WithCovariates(model=cv.MBGNBD(), covariates=fewer, purchase=("web",)), cv.GammaGamma()
            ),
        )
