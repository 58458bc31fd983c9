"""Posterior draws: against exact integrals and MCMC, joint draws, refusals."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from tests.clv._cdnow_spend import cdnow

from custvalue.clv._estimate import LogNormalPrior
from custvalue.clv._kernels import psis
from custvalue.clv.bg_nbd import BGNBD
from custvalue.clv.buy_till_you_die import BuyTillYouDie
from custvalue.clv.gamma_gamma import GammaGamma
from custvalue.clv.normal_margin import NormalMargin
from custvalue.data import CustomerSummary, DiscountRate, Horizon, TimeUnit
from custvalue.errors import ConvergenceError, InputError

Model = BGNBD | GammaGamma


def small(n_customers: int = 60) -> CustomerSummary:
    """Few customers, so that the posterior is far from normal; repeat buyers among them."""
    summary = cdnow()
    rows = np.random.default_rng(8).permutation(len(summary))
    back = rows[summary.frequency[rows] > 0][: n_customers // 2]
    gone = rows[summary.frequency[rows] == 0][: n_customers // 2]
    return summary.take(np.append(back, gone))


def metropolis(model: Model, summary: CustomerSummary, prior: LogNormalPrior, n: int, seed: int) -> np.ndarray:
    """Random-walk Metropolis on the log-parameters: slow, plain and independent of our sampler."""
    problem, log_prior = model.problem(summary), prior.penalty(model.problem(summary))
    fitted = attrs.evolve(model, prior=prior).fit(summary)
    rng = np.random.default_rng(seed)
    step = np.linalg.cholesky(fitted.estimate.theta_covariance) * 2.0 / np.sqrt(len(problem.names))

    def log_posterior(theta: np.ndarray) -> float:
        return problem.objective(theta)[0] + log_prior(theta)[0]

    here = problem.to_scaled(fitted.estimate.theta)
    value = log_posterior(here)
    chain = np.empty((n, here.size))
    for at in range(n):
        there = here + step @ rng.standard_normal(here.size)
        proposed = log_posterior(there)
        if np.log(rng.random()) < proposed - value:
            here, value = there, proposed
        chain[at] = problem.to_reported(here)
    return chain[n // 10 :]


def test_posterior_of_cdnow_is_centred_on_the_maximum_likelihood() -> None:
    """2,357 customers: means within a third of a standard error, deviations within 15 %, k-hat small."""
    fit = BGNBD().fit(cdnow())
    result = fit.posterior(cdnow(), LogNormalPrior(), seed=1)
    deviation = np.sqrt(np.diag(fit.estimate.theta_covariance))

    assert result.k_hat < 0.5
    assert result.rounds == 1
    assert result.effective > 2_000
    assert (np.abs(result.draws.theta.mean(axis=0) - fit.estimate.theta) < deviation / 3).all()
    assert result.draws.theta.std(axis=0) / deviation == pytest.approx(np.ones(4), abs=0.15)


def test_posterior_mean_equals_a_sum_over_a_grid() -> None:
    """Three parameters integrated on 21 points each, with a prior tight enough to end inside the grid."""
    summary = small(40)
    prior = LogNormalPrior(sd=0.5)  # the grid reaches four of them
    model = GammaGamma(prior=prior)
    problem, log_prior = model.problem(summary), prior.penalty(model.problem(summary))
    result = model.fit(summary).posterior(summary, prior, 3_000, seed=3)
    axes = [np.linspace(-2.0, 2.0, 21)] * 3
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    centre = problem.to_scaled(result.fitted.estimate.theta)
    points = centre + grid
    logs = np.array([problem.objective(point)[0] + log_prior(point)[0] for point in points])
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    mean = weights @ points
    deviation = np.sqrt(weights @ (points - mean) ** 2)
    drawn = result.draws.theta - problem.shift

    assert drawn.mean(axis=0) == pytest.approx(mean, abs=0.07 * deviation.max())
    assert drawn.std(axis=0) == pytest.approx(deviation, rel=0.05)


def test_weak_data_take_more_rounds() -> None:
    """A handful of customers: the first proposal does not do, a later one does."""
    summary = small(12)
    result = NormalMargin().fit(summary).posterior(summary, LogNormalPrior(), seed=1)

    assert result.rounds > 1
    assert result.k_hat <= 0.7


def test_weights_that_cannot_be_trusted_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the limit: the last round is judged too, and what it came to is said."""
    summary = small()
    fit = GammaGamma().fit(summary)
    monkeypatch.setattr(psis, "k_hat_limit", lambda _: -1.0)
    with pytest.raises(ConvergenceError, match=r"k-hat -?[0-9.]+ after 4 rounds"):
        fit.posterior(summary, LogNormalPrior(), seed=1)


def test_the_same_seed_gives_the_same_draws() -> None:
    """Reproducible, and different with another seed."""
    summary = small()
    fit, prior = GammaGamma().fit(summary), LogNormalPrior()
    first, again, other = (fit.posterior(summary, prior, 100, seed=seed) for seed in (1, 1, 2))

    assert first.draws.theta.tolist() == again.draws.theta.tolist()
    assert first.draws.theta.tolist() != other.draws.theta.tolist()


def test_too_few_draws_are_refused() -> None:
    """k-hat cannot be judged on 50."""
    with pytest.raises(InputError, match="100 or more"):
        GammaGamma().fit(small()).posterior(small(), LogNormalPrior(), 50, seed=1)


def test_the_unit_of_time_does_not_change_the_posterior() -> None:
    """Draws in days are the draws in weeks (pymc-marketing's default priors depend on the unit)."""
    weeks = small()
    days, prior = weeks.in_unit(TimeUnit.DAY), LogNormalPrior()
    in_weeks = BGNBD().fit(weeks).posterior(weeks, prior, 200, seed=4).draws.values
    in_days = BGNBD().fit(days).posterior(days, prior, 200, seed=4).draws.values

    assert in_days / in_weeks == pytest.approx(np.tile([1, 7, 1, 1], (200, 1)), rel=1e-4)


def test_joint_draws_give_intervals_like_the_delta_method_where_data_are_many() -> None:
    """Lifetime value of CDNOW customers: both kinds of bounds within 12 % of the value."""
    summary = cdnow()
    fitted = BuyTillYouDie(BGNBD(), GammaGamma(), margin=0.3).fit(summary)
    joint = fitted.posterior(summary, LogNormalPrior(), 200, seed=2)
    part = summary.take(np.arange(0, len(summary), 400))
    value = fitted.lifetime_value(part, horizon=Horizon(2, TimeUnit.QUARTER), discount=DiscountRate.annual(0.15))
    delta, drawn = value.interval(0.9), value.with_draws(joint.draws).interval(0.9)

    assert (delta.method, drawn.method) == ("delta", "posterior")
    assert drawn.lower / value.values == pytest.approx(delta.lower / value.values, abs=0.12)
    assert drawn.upper / value.values == pytest.approx(delta.upper / value.values, abs=0.12)
    assert joint.draws.names == fitted.estimate.names


@pytest.mark.long
@pytest.mark.parametrize("model", [BGNBD(), GammaGamma()])
def test_posterior_agrees_with_a_reference_mcmc_run(model: Model) -> None:
    """60 customers, 200,000 Metropolis steps: means within .1 deviations, deviations and quantiles within 7 %."""
    summary, prior = small(), LogNormalPrior(sd=1.5)
    result = model.fit(summary).posterior(summary, prior, 4_000, seed=1)
    chain = metropolis(model, summary, prior, 200_000, seed=2)
    deviation = chain.std(axis=0)
    ours = result.draws.theta
    print(f"{model}: k-hat {result.k_hat:.2f}, {(ours.mean(axis=0) - chain.mean(axis=0)) / deviation} sd apart")  # noqa: T201  # the figure is the point of the run

    assert (ours.mean(axis=0) - chain.mean(axis=0)) / deviation == pytest.approx(np.zeros(deviation.size), abs=0.1)
    assert ours.std(axis=0) / deviation == pytest.approx(np.ones(deviation.size), abs=0.07)
    for level in (0.025, 0.975):
        apart = (np.quantile(ours, level, axis=0) - np.quantile(chain, level, axis=0)) / deviation
        assert apart == pytest.approx(np.zeros(deviation.size), abs=0.15)
