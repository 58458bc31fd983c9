"""The deterministic, Markov and contractual models through the kit we ship for any lifetime-value model."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from tests.clv._firm import subscribers

from custvalue.clv._protocol import CLVModel
from custvalue.clv.berger_nasr import BergerNasr, BergerNasrProfit
from custvalue.clv.components import ComponentsCLV, LifeCycleComponent
from custvalue.clv.contractual import ContractualCLV
from custvalue.clv.dwyer import AlwaysAShare, LostForGood
from custvalue.clv.markov import MarkovCLV
from custvalue.clv.markov_chain import MarkovChain
from custvalue.clv.markov_states import RecencyCells
from custvalue.clv.purchase_cycle import PurchaseCycleCLV
from custvalue.clv.renewals import ContractStates
from custvalue.clv.retention import HistoricalMargin, RetentionCLV, RetentionFromSilence
from custvalue.clv.three_parts import ShareOfWalletGap, ThreeParts
from custvalue.data import CustomerIndex, CustomerSummary, DiscountRate, Horizon, TimeUnit
from custvalue.testing._clv_models import CLV_MODEL_CHECKS
from custvalue.testing._purchase_models import example_summary

YEAR = TimeUnit.YEAR
PLAIN = RetentionCLV(margin=100.0, retention=0.8)
CHAIN = MarkovChain.from_counts(RecencyCells(1).states, [[60.0, 40.0], [10.0, 90.0]])
QUIET = RetentionFromSilence(Horizon(3, TimeUnit.MONTH))

MODELS: dict[str, CLVModel] = {
    "RetentionCLV": RetentionCLV(HistoricalMargin(), QUIET),
    "PurchaseCycleCLV": PurchaseCycleCLV(),
    "BergerNasr": BergerNasr(contribution=50.0, promotion=5.0, retention=0.7),
    "BergerNasrProfit": BergerNasrProfit(profit=lambda t: 50.0 + 5.0 * t, retention=0.7),
    "LostForGood": LostForGood(retention=(0.6, 0.7, 0.8, 0.85, 0.9), margin=(50.0, 60.0, 70.0, 75.0, 80.0)),
    "AlwaysAShare": AlwaysAShare(probability=(0.4, 0.2), contribution=40.0, promotion=1.0),
    "MarkovCLV": MarkovCLV(chain=CHAIN, rewards=(40.0, 0.0), states=RecencyCells(1)),
    "ComponentsCLV": ComponentsCLV({LifeCycleComponent.BASE: PLAIN, LifeCycleComponent.REFERRAL: PLAIN}),
    "ThreeParts": ThreeParts(PLAIN, ShareOfWalletGap(0.5)),
}


@pytest.fixture(scope="module")
def summary() -> CustomerSummary:
    """A year of 200 customers."""
    return example_summary(n_customers=200)


@pytest.mark.parametrize("check", CLV_MODEL_CHECKS)
@pytest.mark.parametrize("name", MODELS)
def test_our_plain_models_conform(name: str, check: str, summary: CustomerSummary) -> None:
    """One test a model and check."""
    CLV_MODEL_CHECKS[check](MODELS[name], summary)


@pytest.mark.parametrize("check", CLV_MODEL_CHECKS)
def test_contracts_conform(check: str) -> None:
    """On customers who pay once a year."""
    CLV_MODEL_CHECKS[check](
        ContractualCLV(margin=HistoricalMargin(), contracts=ContractStates(YEAR)), subscribers(300, 4, YEAR)
    )


def test_two_hundred_thousand_customers() -> None:
    """Every plain model fits and values them; the values are numbers."""
    one = subscribers(2000, 4, YEAR)
    who = CustomerIndex(np.arange(200_000))
    rows = np.arange(len(who)) % len(one)
    columns = {name: getattr(one, name)[rows] for name in ("first_at", "last_at", "n_purchases", "total_amount")}
    many = attrs.evolve(one, customers=who, repeat_amount=None, **columns)
    for model in MODELS.values():
        value = model.fit(many).lifetime_value(many, horizon=Horizon(5, YEAR), discount=DiscountRate.annual(0.1))
        assert np.isfinite(value.values).all()
