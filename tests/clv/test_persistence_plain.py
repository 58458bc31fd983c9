"""Settings and fits of the plain models come back from JSON and from pickle as what they were."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from tests.clv._firm import subscribers

from custvalue._persist import load, save
from custvalue.clv import (
    BergerNasr,
    BetaDiscreteWeibull,
    CLVModel,
    ComponentsCLV,
    ContractStates,
    ContractualCLV,
    HistoricalMargin,
    LifeCycleComponent,
    MarkovChain,
    MarkovCLV,
    PurchaseCycleCLV,
    RecencyCells,
    RetentionCLV,
    RetentionFromSilence,
    RiskAdjustedCLV,
    RiskAdjustment,
    ShareOfWalletGap,
    ThreeParts,
)
from custvalue.data import DiscountRate, Horizon, TimeUnit

PAYING = subscribers(200)
MONTH, YEAR = TimeUnit.MONTH, TimeUnit.YEAR
PLAIN = RetentionCLV(margin=100.0, retention=0.8)
CHAIN = MarkovChain.from_counts(RecencyCells(1).states, [[60.0, 40.0], [10.0, 90.0]])
RISK = RiskAdjustment.from_cuts(PAYING.customers, np.linspace(0.0, 1.0, 200), low=0.3, high=0.6)

MODELS: dict[str, CLVModel] = {
    "retention": RetentionCLV(HistoricalMargin(0.3), RetentionFromSilence(Horizon(3, MONTH))),
    "purchase cycle": PurchaseCycleCLV(0.3),
    "Berger-Nasr": BergerNasr(contribution=50.0, promotion=5.0, retention=0.7, cycle=Horizon(6, MONTH)),
    "Markov": MarkovCLV(chain=CHAIN, rewards={"recency 1": 40.0, "lost": 0.0}, states=RecencyCells(1)),
    "sBG": ContractualCLV(margin=5.0, contracts=ContractStates(MONTH)),
    "BdW": ContractualCLV(margin=HistoricalMargin(0.5), churn=BetaDiscreteWeibull(), contracts=ContractStates(MONTH)),
    "components": ComponentsCLV({LifeCycleComponent.BASE: PLAIN, LifeCycleComponent.REFERRAL: PLAIN}),
    "three parts": ThreeParts(PLAIN, ShareOfWalletGap(0.5)),
    "risk-adjusted": RiskAdjustedCLV(PLAIN, RISK),
}


def worth(model: CLVModel) -> list[float]:
    """Values under a fresh fit."""
    fit = model.fit(PAYING)
    value = fit.lifetime_value(PAYING, horizon=Horizon(2, YEAR), discount=DiscountRate.annual(0.1))
    return [float(one) for one in value.values]


@pytest.mark.parametrize("name", MODELS)
def test_models_and_fits_come_back(name: str, tmp_path: Path) -> None:
    model = MODELS[name]
    fit = model.fit(PAYING)
    save(model, tmp_path / "model.json")
    save(fit, tmp_path / "fit.json")
    ahead = {"horizon": Horizon(2, YEAR), "discount": DiscountRate.annual(0.1)}

    assert worth(load(tmp_path / "model.json")) == worth(model)
    again = load(tmp_path / "fit.json").lifetime_value(PAYING, **ahead)
    assert again.values.tolist() == worth(model)
    copied = pickle.loads(pickle.dumps(fit))  # noqa: S301  # what we pickled ourselves
    assert copied.lifetime_value(PAYING, **ahead).values.tolist() == worth(model)


def test_values_with_intervals_survive_pickling() -> None:
    contract = MODELS["sBG"].fit(PAYING)
    value = contract.lifetime_value(PAYING, horizon=Horizon(2, YEAR), discount=DiscountRate.annual(0.1))
    copied = pickle.loads(pickle.dumps(value))  # noqa: S301  # what we pickled ourselves

    assert copied.interval(0.9).lower.tolist() == value.interval(0.9).lower.tolist()
    assert copied.unit == "EUR"
