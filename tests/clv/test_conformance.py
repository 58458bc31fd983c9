"""Our own models through the kits we ship, and outsiders' models that the kits must find out."""

from __future__ import annotations

from typing import Literal

import attrs
import numpy as np
import pytest

from custvalue.clv import (
    BGNBD,
    MBGNBD,
    NBD,
    BGCNBDk,
    BuyTillYouDie,
    CLVModel,
    CustomerValues,
    GammaGamma,
    LogNormalPrior,
    LognormalSpend,
    MBGCNBDk,
    NormalMargin,
    ParetoNBD,
    PurchaseModel,
    StaticCovariates,
    WithCovariates,
)
from custvalue.data import CustomerSummary, Horizon
from custvalue.testing._clv_models import CLV_MODEL_CHECKS, check_clv_model
from custvalue.testing._purchase_models import PURCHASE_MODEL_CHECKS, check_purchase_model, example_summary

MODELS: dict[str, PurchaseModel] = {
    "NBD": NBD(),
    "BGNBD": BGNBD(),
    "MBGNBD": MBGNBD(),
    "BGCNBDk": BGCNBDk(k=2),
    "MBGCNBDk": MBGCNBDk(k=3),
    "ParetoNBD": ParetoNBD(prior=LogNormalPrior()),
}
VALUES: dict[str, CLVModel] = {
    "MBGNBD x GammaGamma": BuyTillYouDie(MBGNBD(), GammaGamma(), margin=0.3),
    "BGNBD x LognormalSpend": BuyTillYouDie(BGNBD(), LognormalSpend(prior=LogNormalPrior())),
    "NBD x NormalMargin": BuyTillYouDie(NBD(), NormalMargin()),
}


@pytest.fixture(scope="module")
def summary() -> CustomerSummary:
    """Small, so that a hundred fits take seconds."""
    return example_summary(n_customers=120)


@pytest.mark.parametrize("check", PURCHASE_MODEL_CHECKS)
@pytest.mark.parametrize("name", MODELS)
def test_our_purchase_models_conform(name: str, check: str, summary: CustomerSummary) -> None:
    """One test a model and check."""
    if name == "NBD" and check == "doubts_the_silent":
        assert np.all(MODELS[name].fit(summary).probability_alive(summary).values == 1)
    PURCHASE_MODEL_CHECKS[check](MODELS[name], summary)


def test_covariates_conform_but_for_customers_they_do_not_know(summary: CustomerSummary) -> None:
    """Two checks ask about customers with new ids; alone and in a lifetime value everything else holds."""
    web = StaticCovariates.from_columns(summary.customers, {"web": np.arange(len(summary)) % 2})
    model = WithCovariates(model=MBGNBD(), covariates=web, purchase=("web",))
    unknown = dict.fromkeys(("ignores_order_and_ids", "doubts_the_silent"), "customers are found by id")
    check_purchase_model(model, summary, expected_failures=unknown)
    worth = BuyTillYouDie(model, GammaGamma(), margin=0.3)
    check_clv_model(worth, summary, expected_failures={"ignores_order_and_ids": "customers are found by id"})


@pytest.mark.parametrize("check", CLV_MODEL_CHECKS)
@pytest.mark.parametrize("name", VALUES)
def test_our_compositions_conform(name: str, check: str, summary: CustomerSummary) -> None:
    """One test a model and check."""
    CLV_MODEL_CHECKS[check](VALUES[name], summary)


@attrs.frozen
class Crowded:
    """A faulty model: a customer's purchases depend on who else is asked about, as in BTYDplus' CNBD-k."""

    def fit(self, summary: CustomerSummary, /) -> Crowded:  # noqa: ARG002  # the protocol gives it
        """Nothing to learn."""
        return self

    def probability_alive(self, summary: CustomerSummary, /, at: Horizon | Literal[0] = 0) -> CustomerValues:
        """Rises with time: also faulty."""
        later = 0.4 if isinstance(at, Horizon) else 0.0
        return CustomerValues(customers=summary.customers, values=np.full(len(summary), 0.5 + later))

    def expected_purchases(self, summary: CustomerSummary, horizon: Horizon, /) -> CustomerValues:
        """Share of all days."""
        values = np.full(len(summary), horizon.days / max(len(summary), 1))
        return CustomerValues(customers=summary.customers, values=values, measure="purchases")


def test_faults_are_found_and_told_together(summary: CustomerSummary) -> None:
    """Two faults, both named."""
    with pytest.raises(AssertionError, match=r"(?s)does_not_revive.*predicts_each_alone"):
        check_purchase_model(Crowded(), summary)


def test_expected_failures_are_accepted_and_must_fail(summary: CustomerSummary) -> None:
    """With reasons they pass; one that does not fail is told, and so is one that does not exist."""
    known = {"does_not_revive": "a demonstration", "predicts_each_alone": "a demonstration"}
    check_purchase_model(Crowded(), summary, expected_failures=known)
    with pytest.raises(AssertionError, match="passes, although"):
        check_purchase_model(Crowded(), summary, expected_failures={**known, "is_repeatable": "no"})
    with pytest.raises(AssertionError, match="no such check"):
        check_purchase_model(Crowded(), summary, expected_failures={**known, "is_blue": "no"})


@attrs.frozen
class Rounded:
    """A faulty lifetime value: cash of a whole period at its end, whatever the timing; NaN for one customer."""

    inner: CLVModel

    def fit(self, summary: CustomerSummary, /) -> Rounded:  # noqa: ARG002  # faulty on purpose
        """Fit what is inside."""
        return Rounded(self.inner)

    def lifetime_value(self, summary: CustomerSummary, /, **terms: object) -> CustomerValues:  # noqa: ARG002  # faulty on purpose
        """The same for all terms."""
        values = np.arange(len(summary), dtype=float)
        values[0] = np.nan
        return CustomerValues(
            customers=summary.customers, values=values, measure="lifetime_value", unit=summary.currency.code
        )


def test_faulty_values_are_found(summary: CustomerSummary) -> None:
    """NaN, timing, and an exception without customers, all told at once."""
    with pytest.raises(AssertionError, match=r"(?s)gives_numbers.*times_cash.*values_nobody: IndexError"):
        check_clv_model(Rounded(VALUES["NBD x NormalMargin"]), summary)
