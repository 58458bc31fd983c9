"""Bootstrap refits: spread like the standard errors, customers kept together, failures counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.clv._cdnow_spend import cdnow
from tests.clv.test_buy_till_you_die import EvenPurchases

from custvalue.clv._estimate import LogNormalPrior
from custvalue.clv.bg_nbd import BGNBD
from custvalue.clv.buy_till_you_die import BuyTillYouDie
from custvalue.clv.gamma_gamma import GammaGamma
from custvalue.clv.processes import BGNBDProcess, GammaGammaAmounts
from custvalue.clv.resampling import Resampling
from custvalue.clv.simulate import simulate_log
from custvalue.data import CustomerSummary, DiscountRate, Horizon, ObservationWindow, TimeUnit
from custvalue.errors import ConvergenceError, InputError

PROCESS = BGNBDProcess(r=0.6, alpha=4.0, a=0.8, b=2.5)


@pytest.fixture(scope="module")
def summary() -> CustomerSummary:
    """400 customers of a known process, observed for a year."""
    window = ObservationWindow("2025-01-01", "2025-12-31")
    spend = GammaGammaAmounts(6.0, 4.0, 15.0)
    return simulate_log(PROCESS, spend, n_customers=400, window=window, seed=11).summary()


@pytest.mark.parametrize("model", [BGNBD(), GammaGamma()])
@pytest.mark.parametrize("resampling", list(Resampling))
def test_refits_spread_like_the_standard_errors(
    model: BGNBD | GammaGamma, resampling: Resampling, summary: CustomerSummary
) -> None:
    """30 refits to data the model is true of, about the fit."""
    fit = model.fit(summary)
    draws = fit.bootstrap(summary, 30, resampling=resampling, seed=1)
    expected = np.sqrt(np.diag(fit.estimate.theta_covariance))

    assert len(draws) == 30
    assert draws.theta.std(axis=0) / expected == pytest.approx(np.ones(expected.size), abs=0.5)
    assert (draws.theta.mean(axis=0) - fit.estimate.theta) / expected == pytest.approx(np.zeros(expected.size), abs=0.8)
    assert draws.method == f"bootstrap ({resampling.value})"


def test_weights_have_mean_one() -> None:
    """Exponential or counts."""
    rng = np.random.default_rng(0)
    for kind in (Resampling.WEIGHTED, Resampling.REPLACEMENT):
        weights = kind.weights(np.ones(20_000), rng)
        assert weights.mean() == pytest.approx(1.0, abs=0.03)
        assert weights.var() == pytest.approx(1.0, abs=0.06)


def test_joint_refits_carry_into_lifetime_value(summary: CustomerSummary) -> None:
    """Bounds from refits hold the value and widen with the level."""
    model = BuyTillYouDie(BGNBD(), GammaGamma(), margin=0.3)
    fitted = model.fit(summary)
    draws = fitted.bootstrap(summary, 25, seed=2)
    part = summary.take(np.arange(0, 400, 80))
    value = fitted.lifetime_value(part, horizon=Horizon(1, TimeUnit.YEAR), discount=DiscountRate.annual(0.1))
    drawn = value.with_draws(draws)
    narrow, wide = drawn.interval(0.5), drawn.interval(0.95)

    assert draws.names == fitted.estimate.names
    assert (wide.lower <= narrow.lower).all()
    assert (narrow.upper <= wide.upper).all()
    assert ((wide.lower < value.values) & (value.values < wide.upper)).all()


def test_draws_of_other_parameters_are_refused(summary: CustomerSummary) -> None:
    """Those of one part are not those of the whole."""
    fitted = BuyTillYouDie(BGNBD(), GammaGamma()).fit(summary)
    value = fitted.lifetime_value(summary, horizon=Horizon(1, TimeUnit.YEAR), discount=DiscountRate.annual(0.1))
    with pytest.raises(InputError, match="draws of"):
        value.with_draws(GammaGamma().fit(summary).bootstrap(summary, 5, seed=1))


def test_kinds_of_draws_are_told_apart_in_words(summary: CustomerSummary) -> None:
    """A text for a kind of resampling, no prior, a posterior for its draws: as without a type checker."""
    fit = BGNBD().fit(summary)
    kind: Any = "weighted"
    nothing: Any = None
    posterior: Any = fit.posterior(summary, LogNormalPrior(), 100, seed=1)
    with pytest.raises(InputError, match="expected Resampling, got str 'weighted'"):
        fit.bootstrap(summary, 5, resampling=kind, seed=1)
    with pytest.raises(InputError, match=r"LogNormalPrior\(\) is weak"):
        fit.posterior(summary, nothing, seed=1)
    with pytest.raises(InputError, match=r"The \.draws of a posterior"):
        fit.probability_alive(summary).with_draws(posterior)


def test_a_part_without_likelihood_is_refused(summary: CustomerSummary) -> None:
    """An outsider's model predicts, but cannot be refitted by us."""
    fitted = BuyTillYouDie(EvenPurchases(), GammaGamma()).fit(summary)
    with pytest.raises(InputError, match="a likelihood to draw from"):
        fitted.bootstrap(summary, 5, seed=1)


def test_refits_that_fail_are_counted() -> None:
    """Three customers, one of whom came back: resamples without that one, 8 of 27, are no data to fit to."""
    summary = cdnow().take(np.array([0, 2000, 2001]))
    fit = BGNBD(prior=LogNormalPrior()).fit(summary)
    rng = np.random.default_rng(1)
    missed = sum(rng.multinomial(3, np.full(3, 1 / 3))[0] == 0 for _ in range(20))

    assert summary.frequency.tolist() == [2.0, 0.0, 0.0]
    with pytest.raises(ConvergenceError, match=f"^{missed} of 20 bootstrap refits did not reach a maximum") as refused:
        fit.bootstrap(summary, 20, resampling=Resampling.REPLACEMENT, seed=1)
    assert refused.value.fit is fit
    assert len(fit.bootstrap(summary, 20, resampling=Resampling.WEIGHTED, seed=1)) == 20
