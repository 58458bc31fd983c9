"""Arguments of another kind are refused at the door, in words that name the argument and what to write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest
from tests.clv._cdnow_spend import cdnow, cdnow_holdout

from custvalue.clv import (
    BGNBD,
    BuyTillYouDie,
    GammaGamma,
    RetentionCLV,
    StaticCovariates,
    WithCovariates,
    evaluate_purchases,
)
from custvalue.data import CustomerSummary, DiscountRate, Horizon, TimeUnit
from custvalue.errors import InputError

YEAR, RATE = Horizon(1, TimeUnit.YEAR), DiscountRate.annual(0.1)


@pytest.fixture(scope="module")
def summary() -> CustomerSummary:
    """Every tenth customer of CDNOW."""
    return cdnow().take(np.arange(0, 2357, 10))


@pytest.fixture(scope="module")
def fit(summary: CustomerSummary) -> Any:  # arguments are wrong on purpose
    """A purchase model."""
    return BGNBD().fit(summary)


CALLS: dict[str, tuple[str, Callable[[Any, CustomerSummary], object]]] = {
    "weeks": (
        r"expected_purchases\(horizon\): expected Horizon, got int 39. Write",
        lambda f, s: f.expected_purchases(s, 39),
    ),
    "pmf weeks": (r"purchase_pmf\(horizon\)", lambda f, s: f.purchase_pmf(s, 1, 39)),
    "new weeks": (r"new_customer_purchases\(horizon\)", lambda f, _: f.new_customer_purchases(39)),
    "new pmf weeks": (r"new_customer_pmf\(horizon\)", lambda f, _: f.new_customer_pmf(3, 39)),
    "first": (r"first_purchase\): expected FirstPurchase", lambda f, _: f.new_customer_purchases(YEAR, True)),
    "rate": (
        r"discount\): expected DiscountRate, got float 0.1",
        lambda f, s: f.expected_residual_transactions(s, 0.1),
    ),
    "count": (r"purchase_pmf\(n\): expected a whole number", lambda f, s: f.purchase_pmf(s, "2", YEAR)),
    "level": (r"interval\(level\): expected a prob", lambda f, s: f.expected_purchases(s, YEAR).interval("95%")),
    "parameter level": ("expected a probability", lambda f, _: f.estimate.confidence_intervals(95)),
    "model": (
        "evaluate_purchases: .* Pass what model.fit",
        lambda _, s: evaluate_purchases(cast("Any", BGNBD()), s, cdnow_holdout()),
    ),
}


@pytest.mark.parametrize("call", CALLS)
def test_purchase_models(call: str, fit: Any, summary: CustomerSummary) -> None:  # wrong on purpose
    """What somebody used to other libraries types first."""
    words, ask = CALLS[call]
    with pytest.raises(InputError, match=words):
        ask(fit, summary)


@pytest.mark.parametrize(
    ("words", "terms"),
    [
        (r"lifetime_value\(horizon\): expected Horizon", {"horizon": 12, "discount": RATE}),
        (r"lifetime_value\(discount\): expected DiscountRate", {"horizon": YEAR, "discount": 0.1}),
    ],
)
def test_lifetime_values(words: str, terms: Any, summary: CustomerSummary) -> None:  # wrong on purpose
    """A composition and a formula."""
    composed = BuyTillYouDie(BGNBD(), GammaGamma(), margin=0.3).fit(summary)
    with pytest.raises(InputError, match=words):
        composed.lifetime_value(summary, **terms)
    with pytest.raises(InputError, match=words.replace("lifetime", "new_customer")):
        composed.new_customer_value(**terms)
    with pytest.raises(InputError, match="expected FirstPurchase"):
        composed.new_customer_value(horizon=YEAR, discount=RATE, first_purchase=cast("Any", True))
    with pytest.raises(InputError, match="expected Horizon" if "horizon" in words else words):
        RetentionCLV(margin=1.0, retention=0.8).fit(summary).lifetime_value(summary, **terms)


def test_covariates(summary: CustomerSummary) -> None:
    """Ragged columns, and the terms of new customers."""
    odd = {"a": np.ones(len(summary)), "b": np.ones(3)}
    with pytest.raises(InputError, match=r"rows \{'b': 3\}"):
        StaticCovariates.from_columns(summary.customers, odd)
    group = StaticCovariates.from_columns(summary.customers, {"group": np.arange(len(summary)) % 2})
    fit: Any = WithCovariates(model=BGNBD(), covariates=group, purchase=("group",)).fit(summary)
    with pytest.raises(InputError, match=r"new_customer_purchases\(horizon\)"):
        fit.new_customer_purchases(39)
    with pytest.raises(InputError, match=r"new_customer_pmf\(horizon\)"):
        fit.new_customer_pmf(1, 39)
