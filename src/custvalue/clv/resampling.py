"""Refits that show how far the estimates would move with other customers of the same kind.

Three ways: the weighted-likelihood bootstrap gives each customer a random weight (smooth, never loses a rare kind of
customer), resampling draws customers with replacement, and the parametric bootstrap draws new customers from the
fitted model itself.
"""

from __future__ import annotations

import enum

import attrs
import numpy as np

from custvalue._arrays import FloatArray
from custvalue.clv._drawing import (
    SupportsPatternProblem,
    SupportsProblem,
    SupportsWeightedProblem,
    drawable,
    joined,
    joint_draws,
)
from custvalue.clv._estimate import Fitted
from custvalue.clv._kernels.simulation import purchase_ages
from custvalue.clv._optimise import Problem, maximise
from custvalue.clv.buy_till_you_die import BuyTillYouDie, FittedBuyTillYouDie
from custvalue.clv.intervals import ParameterDraws
from custvalue.clv.simulate import PurchaseProcess
from custvalue.data import CustomerSummary, PurchasePatterns
from custvalue.errors import ConvergenceError, InputError

__all__ = ["Resampling", "bootstrap", "joint_bootstrap", "parametric_bootstrap"]

_MAY_FAIL = 0.05  # share of refits that may end away from a maximum


class Resampling(enum.Enum):
    """How customers are drawn again.

    ``WEIGHTED`` gives each an exponential weight (Newton and Raftery, 1994); ``REPLACEMENT`` draws as many as there
    are, with replacement.
    """

    WEIGHTED = "weighted"
    REPLACEMENT = "replacement"

    def weights(self, n_customers: int, rng: np.random.Generator) -> FloatArray:
        """Draw a weight for each customer; their mean is 1."""
        if self is Resampling.REPLACEMENT:
            return np.bincount(rng.integers(0, n_customers, n_customers), minlength=n_customers).astype(np.float64)
        return rng.standard_exponential(n_customers)


def bootstrap(
    model: SupportsProblem,
    summary: CustomerSummary,
    /,
    *,
    n_draws: int = 200,
    resampling: Resampling = Resampling.WEIGHTED,
    seed: int | np.random.Generator,
) -> ParameterDraws:
    """Refit a model to customers drawn again.

    Parameters
    ----------
    model
        A purchase or spend model of this room.
    summary
        The customers.
    n_draws
        Refits.
    resampling
        How customers are drawn again.
    seed
        A number, or a numpy generator.

    Returns
    -------
    ParameterDraws
        One row a refit that reached a maximum.

    Raises
    ------
    InputError
        If the model cannot be fitted to the summary at all.
    ConvergenceError
        If more than one refit in twenty fails.

    References
    ----------
    Newton, M. A. and Raftery, A. E. (1994), "Approximate Bayesian Inference with the Weighted Likelihood Bootstrap",
    Journal of the Royal Statistical Society B 56(1).
    """
    rng = np.random.default_rng(seed)
    fitted, part = model.fit(summary), _Refits(model, summary)
    thetas = [part.refit(fitted, resampling.weights(len(summary), rng)) for _ in range(n_draws)]
    return _draws(fitted, thetas, f"bootstrap ({resampling.value})")


def joint_bootstrap(
    model: BuyTillYouDie,
    summary: CustomerSummary,
    /,
    *,
    n_draws: int = 200,
    resampling: Resampling = Resampling.WEIGHTED,
    seed: int | np.random.Generator,
) -> tuple[FittedBuyTillYouDie, ParameterDraws]:
    """Refit both parts of a lifetime-value model to the same customers drawn again.

    Each refit uses one set of weights for both parts, so whatever ties purchases to spend in the data is kept.

    Parameters
    ----------
    model
        Whose parts are models of this room.
    summary, n_draws, resampling, seed
        As for :func:`bootstrap`.

    Returns
    -------
    tuple
        The fit, and draws for :meth:`FittedBuyTillYouDie.with_draws`.

    Raises
    ------
    InputError
        If a part has no likelihood.
    ConvergenceError
        If more than one refit in twenty fails.
    """
    rng = np.random.default_rng(seed)
    models = [drawable(part) for part in (model.purchases, model.spend)]
    fits = [part.fit(summary) for part in models]
    refits = [_Refits(part, summary) for part in models]
    rows: list[tuple[FloatArray | None, FloatArray | None]] = []
    for _ in range(n_draws):
        weights = resampling.weights(len(summary), rng)
        rows.append((refits[0].refit(fits[0], weights), refits[1].refit(fits[1], weights)))
    good = [(first, second) for first, second in rows if first is not None and second is not None]
    _require_most(fits[0], len(good), n_draws)
    fitted = joined(model, fits[0], fits[1])
    purchases, spend = (np.array(column) for column in zip(*good, strict=True))
    return fitted, joint_draws(fitted, purchases, spend, f"bootstrap ({resampling.value})")


def parametric_bootstrap(
    model: SupportsProblem,
    process: PurchaseProcess,
    summary: CustomerSummary,
    /,
    *,
    n_draws: int = 200,
    seed: int | np.random.Generator,
) -> ParameterDraws:
    """Refit a purchase model to customers drawn from a process, as old as those of the summary.

    Parameters
    ----------
    model
        A purchase model.
    process
        The fitted model as a process: ``BGNBDProcess(unit=fit.unit, **fit.params)``.
    summary
        The customers; only their ages T count.
    n_draws
        Refits.
    seed
        A number, or a numpy generator.

    Raises
    ------
    ConvergenceError
        If more than one refit in twenty fails.
    """
    rng = np.random.default_rng(seed)
    fitted, ages = model.fit(summary), summary.in_unit(process.unit).T
    part = _Refits(model, summary)
    thetas = [part.refit_patterns(fitted, _drawn_patterns(process, ages, rng)) for _ in range(n_draws)]
    return _draws(fitted, thetas, "bootstrap (parametric)")


def _drawn_patterns(process: PurchaseProcess, ages: FloatArray, rng: np.random.Generator) -> PurchasePatterns:
    latent = process.draw(ages.size, rng)
    owner, age = purchase_ages(latent.rates, latent.lifetimes, latent.limits, ages, rng, gap_shape=latent.gap_shape)
    last = np.zeros(ages.size)
    last[owner] = age  # rows are ordered by age within an owner: the last one stays
    counts = np.bincount(owner, minlength=ages.size).astype(np.float64)
    return PurchasePatterns(x=counts, t_x=last, T=ages, weights=np.ones(ages.size), unit=process.unit)


class _Refits:
    """Refits of one model, each started from the fit to all customers."""

    def __init__(self, model: SupportsProblem, summary: CustomerSummary) -> None:
        self.model = model
        self.summary = summary
        self.patterns = summary.patterns()

    def refit(self, fitted: Fitted, weights: FloatArray) -> FloatArray | None:
        """Fit to weighted customers; None if the search failed."""
        if isinstance(self.model, SupportsWeightedProblem):
            return _restart(self.model.weighted_problem(self.summary, weights), fitted)
        inverse = self.patterns.inverse
        by_pattern = np.bincount(inverse, weights=weights, minlength=len(self.patterns)).astype(np.float64)
        return self.refit_patterns(fitted, attrs.evolve(self.patterns, weights=by_pattern))

    def refit_patterns(self, fitted: Fitted, patterns: PurchasePatterns) -> FloatArray | None:
        """Fit to patterns; None if the search failed."""
        model: object = self.model
        if not isinstance(model, SupportsPatternProblem):
            raise InputError("bootstrap", expected="a model with .problem(patterns)", got=repr(model))
        return _restart(model.problem(patterns), fitted)


def _restart(problem: Problem, fitted: Fitted) -> FloatArray | None:
    start = problem.to_scaled(fitted.estimate.theta)
    optimum = maximise(attrs.evolve(problem, starts=(start, *problem.starts), pilot=None))
    return problem.to_reported(optimum.theta) if optimum.converged else None


def _draws(fitted: Fitted, thetas: list[FloatArray | None], method: str) -> ParameterDraws:
    good = [theta for theta in thetas if theta is not None]
    _require_most(fitted, len(good), len(thetas))
    estimate = fitted.estimate
    return ParameterDraws(names=estimate.names, theta=np.array(good), positive=estimate.positive, method=method)


def _require_most(fitted: Fitted, n_good: int, n_draws: int) -> None:
    if n_good < max(1.0, (1.0 - _MAY_FAIL) * n_draws):
        message = (
            f"{n_draws - n_good} of {n_draws} bootstrap refits did not reach a maximum: the data hardly determine the "
            "parameters; use a prior and sample_posterior()"
        )
        raise ConvergenceError(message, fit=fitted)
