"""The posterior of the parameters without MCMC.

It is drawn from its Laplace approximation, widened to a t distribution, and the draws are weighted by how far the
approximation is off (Pareto-smoothed importance sampling). k-hat measures whether the weights can be trusted; where
they cannot, the approximation is fitted to the weighted draws and the step repeated, and if that does not help the
answer is an error.
"""

from __future__ import annotations

import attrs
import numpy as np
from scipy import linalg

from custvalue._arrays import ArrayHolder, FloatArray, IntArray
from custvalue.clv._drawing import SupportsProblem, drawable, joined, joint_draws, with_prior
from custvalue.clv._estimate import Fitted, LogNormalPrior
from custvalue.clv._kernels import psis
from custvalue.clv._optimise import LOG_BOUND, Problem
from custvalue.clv.buy_till_you_die import BuyTillYouDie, FittedBuyTillYouDie
from custvalue.clv.intervals import ParameterDraws
from custvalue.data import CustomerSummary
from custvalue.errors import ConvergenceError, InputError

__all__ = ["JointPosterior", "Posterior", "sample_joint_posterior", "sample_posterior"]

_DEGREES = 5.0  # of the t proposal: tails heavier than any posterior met
_ROUNDS = 4
_PER_DRAW = 4  # proposals for each draw wanted


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Posterior(ArrayHolder):
    """A posterior sample and how good it is.

    Parameters
    ----------
    fitted
        The fit at the posterior mode.
    draws
        Equally weighted draws.
    k_hat
        Shape of the tail of the importance weights: under .5 excellent, up to .7 usable.
    effective
        Independent draws the weighted sample was worth, before resampling.
    n_proposals
        Draws proposed in the last round.
    rounds
        How often the approximation was made; 1 if the first was good enough.
    """

    fitted: Fitted
    draws: ParameterDraws
    k_hat: float
    effective: float
    n_proposals: int
    rounds: int

    def __repr__(self) -> str:
        """One line."""
        return (
            f"Posterior({len(self.draws):,} draws of {', '.join(self.draws.names)}; k-hat {self.k_hat:.2f}, "
            f"worth {self.effective:,.0f} of {self.n_proposals:,} proposals, round {self.rounds})"
        )


@attrs.frozen(kw_only=True, eq=False, repr=False)
class JointPosterior(ArrayHolder):
    """A posterior sample of both parts of a lifetime-value model.

    Parameters
    ----------
    fitted
        The fit at the posterior mode.
    draws
        Equally weighted joint draws, for :meth:`FittedBuyTillYouDie.with_draws`.
    purchases, spend
        The samples of the parts, with their k-hats.
    """

    fitted: FittedBuyTillYouDie
    draws: ParameterDraws
    purchases: Posterior
    spend: Posterior

    def __repr__(self) -> str:
        """One line."""
        return f"JointPosterior(purchases={self.purchases!r}, spend={self.spend!r})"


def sample_posterior(
    model: SupportsProblem,
    summary: CustomerSummary,
    /,
    *,
    prior: LogNormalPrior | None = None,
    n_draws: int = 1_000,
    seed: int | np.random.Generator,
) -> Posterior:
    """Draw from the posterior of a model's parameters.

    Parameters
    ----------
    model
        A purchase or spend model of this room.
    summary
        The customers.
    prior
        The prior; by default that of the model, or the weak :class:`LogNormalPrior` if it has none.
    n_draws
        Draws wanted, 100 or more; four times as many are proposed.
    seed
        A number, or a numpy generator.

    Returns
    -------
    Posterior
        With equally weighted draws.

    Raises
    ------
    InputError
        If fewer than 100 draws are wanted: k-hat could not be judged.
    ConvergenceError
        If k-hat stays too large after four rounds.

    References
    ----------
    Vehtari, A., Simpson, D., Gelman, A., Yao, Y. and Gabry, J. (2024), "Pareto Smoothed Importance Sampling", Journal
    of Machine Learning Research 25(72).
    """
    if n_draws < 100:
        raise InputError("sample_posterior(n_draws)", expected="100 or more", got=repr(n_draws))
    chosen = prior or model.prior or LogNormalPrior()
    fitted, problem = with_prior(model, chosen).fit(summary), model.problem(summary)
    rng = np.random.default_rng(seed)
    sample = _sample(fitted, problem, chosen, _PER_DRAW * n_draws, rng)
    if sample.k_hat > psis.k_hat_limit(_PER_DRAW * n_draws):
        message = (
            f"the posterior is too far from its approximation: k-hat {sample.k_hat:.2f} after {sample.rounds} rounds; "
            "use a stronger prior, a simpler model, or bootstrap()"
        )
        raise ConvergenceError(message, fit=fitted)
    picked = _systematic(np.exp(sample.log_weights), n_draws, rng)
    draws = ParameterDraws(
        names=problem.names,
        theta=problem.to_reported(sample.theta[picked]),
        positive=problem.log_scaled,
        method="posterior",
    )
    return Posterior(
        fitted=fitted,
        draws=draws,
        k_hat=sample.k_hat,
        effective=psis.effective_draws(sample.log_weights),
        n_proposals=_PER_DRAW * n_draws,
        rounds=sample.rounds,
    )


def sample_joint_posterior(
    model: BuyTillYouDie,
    summary: CustomerSummary,
    /,
    *,
    prior: LogNormalPrior | None = None,
    n_draws: int = 1_000,
    seed: int | np.random.Generator,
) -> JointPosterior:
    """Draw from the posterior of both parts of a lifetime-value model together.

    The parts share no parameters and their likelihoods multiply, so the joint posterior is the pairing of both samples.

    Parameters
    ----------
    model
        Whose parts are models of this room.
    summary, prior, n_draws, seed
        As for :func:`sample_posterior`.

    Raises
    ------
    InputError
        If a part has no likelihood to draw from.
    ConvergenceError
        As for :func:`sample_posterior`.
    """
    rng = np.random.default_rng(seed)
    purchases, spend = (
        sample_posterior(drawable(part), summary, prior=prior, n_draws=n_draws, seed=rng)
        for part in (model.purchases, model.spend)
    )
    fitted = joined(model, purchases.fitted, spend.fitted)
    draws = joint_draws(fitted, purchases.draws.theta, spend.draws.theta, "posterior")
    return JointPosterior(fitted=fitted, draws=draws, purchases=purchases, spend=spend)


@attrs.frozen(kw_only=True, eq=False)
class _Sample:
    """Weighted draws in scaled parameters."""

    theta: FloatArray
    log_weights: FloatArray
    k_hat: float
    rounds: int


def _sample(
    fitted: Fitted, problem: Problem, prior: LogNormalPrior, n_proposals: int, rng: np.random.Generator
) -> _Sample:
    """Propose, weigh, and fit the proposal again while k-hat is too large."""
    log_prior = prior.penalty(problem)

    def log_posterior(theta: FloatArray) -> float:
        if bool((np.abs(theta[np.array(problem.log_scaled)]) > LOG_BOUND).any()):
            return -np.inf
        value = problem.objective(theta)[0] + log_prior(theta)[0]
        return value if np.isfinite(value) else -np.inf

    centre = problem.to_scaled(fitted.estimate.theta)
    covariance = _inverse(-fitted.estimate.hessian * np.outer(problem.factors, problem.factors))
    limit = psis.k_hat_limit(n_proposals)
    rounds = 0
    while True:
        rounds += 1
        theta, log_density = _propose(centre, covariance, n_proposals, rng)
        log_ratios = np.array([log_posterior(row) for row in theta]) - log_density
        log_weights, k_hat = psis.smoothed_log_weights(log_ratios)
        if k_hat <= limit or rounds == _ROUNDS:
            return _Sample(theta=theta, log_weights=log_weights, k_hat=k_hat, rounds=rounds)
        weights = np.exp(log_weights)
        centre = weights @ theta
        spread = theta - centre
        # a few dominant draws understate the spread: never below half of what was proposed
        covariance = 0.5 * covariance + (weights[:, None] * spread).T @ spread


def _propose(
    centre: FloatArray, covariance: FloatArray, n: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Draw from a multivariate t, and give its log density up to a constant."""
    n_params = centre.size
    normal = rng.standard_normal((n, n_params))
    mixing = rng.chisquare(_DEGREES, n) / _DEGREES
    theta = centre + (normal / np.sqrt(mixing)[:, None]) @ linalg.cholesky(covariance)
    distance = (normal**2).sum(axis=1) / mixing
    return theta, -0.5 * (_DEGREES + n_params) * np.log1p(distance / _DEGREES)


def _inverse(curvature: FloatArray) -> FloatArray:
    """Invert a curvature, directions that are flat (or bent upwards) kept to a standard deviation of 3."""
    values, axes = linalg.eigh(curvature)
    inverse: FloatArray = (axes / np.maximum(values, 1.0 / 9.0)) @ axes.T
    return inverse


def _systematic(weights: FloatArray, n: int, rng: np.random.Generator) -> IntArray:
    """Resample ``n`` rows in proportion to their weights with the least noise, in random order."""
    edges = np.cumsum(weights)
    marks = (np.arange(n) + rng.random()) / n * edges[-1]
    return rng.permutation(np.minimum(np.searchsorted(edges, marks), weights.size - 1))
