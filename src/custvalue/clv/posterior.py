"""The posterior of the parameters without MCMC.

It is drawn from its Laplace approximation, widened to a t distribution, and the draws are weighted by how far the
approximation is off (Pareto-smoothed importance sampling). k-hat measures whether the weights can be trusted; where
they cannot, the approximation is fitted to the weighted draws and the step repeated, and if that does not help the
answer is an error.
"""

from __future__ import annotations

from typing import Generic, TypeVar

import attrs
import numpy as np
from scipy import linalg

from custvalue._arrays import ArrayHolder, FloatArray
from custvalue.clv._case_weights import systematic
from custvalue.clv._draws import ParameterDraws
from custvalue.clv._estimate import Estimate, Fitted, Prior
from custvalue.clv._kernels import psis
from custvalue.clv._optimise import LOG_BOUND, Problem
from custvalue.errors import ConvergenceError, InputError

__all__ = ["Posterior", "sample_posterior"]

_DEGREES = 5.0  # of the t proposal: tails heavier than any posterior met
_ROUNDS = 4
_PER_DRAW = 4  # proposals for each draw wanted

FitT = TypeVar("FitT", bound=Fitted)
FitT_co = TypeVar("FitT_co", bound=Fitted, covariant=True)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Posterior(ArrayHolder, Generic[FitT_co]):
    """A posterior sample and how good it is; made by the ``posterior`` of a fit.

    Parameters
    ----------
    fitted
        The fit at the posterior mode.
    draws
        Equally weighted draws, for ``prediction.with_draws(...)``.
    k_hat
        Shape of the tail of the importance weights: under .5 excellent, up to .7 usable.
    effective
        Independent draws the weighted sample was worth, before resampling.
    n_proposals
        Draws proposed in the last round.
    rounds
        How often the approximation was made; 1 if the first was good enough.
    """

    fitted: FitT_co
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


def sample_posterior(
    mode: FitT, problem: Problem, prior: Prior, n_draws: int, seed: int | np.random.Generator
) -> Posterior[FitT]:
    """Draw from the posterior of a problem, given the fit at its mode and its prior; see :meth:`Drawable.posterior`."""
    if n_draws < 100:
        raise InputError("posterior(n_draws)", expected="100 or more", got=repr(n_draws))
    rng = np.random.default_rng(seed)
    sample = _sample(mode.estimate, problem, prior, _PER_DRAW * n_draws, rng)
    if sample.k_hat > psis.k_hat_limit(_PER_DRAW * n_draws):
        message = (
            f"the posterior is too far from its approximation: k-hat {sample.k_hat:.2f} after {sample.rounds} rounds; "
            "use a stronger prior, a simpler model, or fit.bootstrap(...)"
        )
        raise ConvergenceError(message, fit=mode)
    picked = rng.permutation(systematic(np.exp(sample.log_weights), n_draws, rng))
    theta = np.array([problem.to_reported(row) for row in sample.theta[picked]])
    return Posterior(
        fitted=mode,
        draws=mode.estimate.draws(theta, "posterior"),
        k_hat=sample.k_hat,
        effective=psis.effective_draws(sample.log_weights),
        n_proposals=_PER_DRAW * n_draws,
        rounds=sample.rounds,
    )


@attrs.frozen(kw_only=True, eq=False)
class _Sample:
    """Weighted draws in scaled parameters."""

    theta: FloatArray
    log_weights: FloatArray
    k_hat: float
    rounds: int


def _sample(mode: Estimate, problem: Problem, prior: Prior, n_proposals: int, rng: np.random.Generator) -> _Sample:
    """Propose, weigh, and fit the proposal again while k-hat is too large."""
    log_prior = prior.penalty(problem)

    def log_posterior(theta: FloatArray) -> float:
        if bool((np.abs(theta[np.array(problem.log_scaled)]) > LOG_BOUND).any()):
            return -np.inf
        value = problem.objective(theta)[0] + log_prior(theta)[0]
        return value if np.isfinite(value) else -np.inf

    centre = problem.to_scaled(mode.theta)
    slope = _slope(problem)
    covariance = _inverse(-slope.T @ mode.hessian @ slope)
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


def _slope(problem: Problem) -> FloatArray:
    """Slope (n_params, n_params) of the reported parameters in the scaled ones, in which they are linear."""
    origin = np.zeros(len(problem.names))
    columns: FloatArray = np.stack([problem.to_reported(unit) for unit in np.eye(origin.size)], axis=1)
    return columns - problem.to_reported(origin)[:, None]


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
