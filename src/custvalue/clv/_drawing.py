"""What fits share whose parameters can be drawn again: from their posterior, or by fitting to customers drawn again."""

from __future__ import annotations

import abc
from typing import Generic, Protocol, Self, TypeVar, runtime_checkable

import attrs
import numpy as np

from custvalue._arrays import FloatArray
from custvalue.clv._draws import ParameterDraws
from custvalue.clv._estimate import Estimate, Fitted, Prior, checked, estimate
from custvalue.clv._optimise import Objective, Problem
from custvalue.clv.posterior import Posterior, sample_posterior
from custvalue.clv.resampling import CaseWeights, Resampling, gathered, refit
from custvalue.data import CustomerSummary
from custvalue.data._kinds import require_kind
from custvalue.errors import InputError

__all__ = ["BothPriors", "Drawable", "SupportsDraws", "drawable"]

DataT = TypeVar("DataT")
Seed = int | np.random.Generator


class SupportsPrior(Protocol):
    """A model that may have a prior."""

    @property
    def prior(self) -> Prior | None:
        """The prior of a posterior-mode fit; None for maximum likelihood."""
        ...


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Drawable(Fitted, Generic[DataT]):
    """A fit that can say how sure it is beyond the curvature of its likelihood.

    A fit does not remember its data, so each verb takes the data it was fitted to.

    Parameters
    ----------
    estimate
        Parameters and their uncertainty.
    settings
        The model.
    """

    settings: SupportsPrior

    @property
    def prior(self) -> Prior | None:
        """The prior of the fit; None for maximum likelihood."""
        return self.settings.prior

    @abc.abstractmethod
    def case_weights(self, data: DataT, /) -> CaseWeights:
        """Give the likelihood of the data as a function of the weights of its rows."""

    @abc.abstractmethod
    def redrawn(self, data: DataT, rng: np.random.Generator, /) -> Problem:
        """Give the likelihood of customers like those of the data, drawn from this fit."""

    def posterior(self, data: DataT, /, prior: Prior, n_draws: int = 1_000, *, seed: Seed) -> Posterior[Self]:
        """Draw from the posterior of the parameters: Laplace approximation and Pareto-smoothed importance sampling.

        Parameters
        ----------
        data
            What the model was fitted to.
        prior
            The prior; ``LogNormalPrior()`` is weak.
        n_draws
            Draws wanted, 100 or more.
        seed
            A number, or a numpy generator.

        Returns
        -------
        Posterior
            With ``draws`` for ``prediction.with_draws(...)``, and its k-hat.

        Raises
        ------
        InputError
            If fewer than 100 draws are wanted: k-hat could not be judged.
        UnitError
            If the data are in another currency than the fit; ages are converted.
        ConvergenceError
            If k-hat stays too large after four rounds.

        References
        ----------
        Vehtari, A., Simpson, D., Gelman, A., Yao, Y. and Gabry, J. (2024), "Pareto Smoothed Importance Sampling",
        Journal of Machine Learning Research 25(72).
        """
        require_kind("posterior(prior)", prior, Prior, hint="LogNormalPrior() is weak.")
        rows = self.case_weights(data)
        problem = rows.problem(rows.counts)
        start = self.estimate.start_in(problem)
        whole = self._with_own(prior)
        found = estimate(attrs.evolve(problem, starts=(start, *problem.starts), pilot=None), whole)
        mode = checked(attrs.evolve(self, estimate=found))
        return sample_posterior(mode, problem, whole, n_draws, seed)

    def bootstrap(
        self, data: DataT, /, n_draws: int = 200, *, resampling: Resampling = Resampling.WEIGHTED, seed: Seed
    ) -> ParameterDraws:
        """Fit again and again to customers drawn again.

        Parameters
        ----------
        data
            What the model was fitted to.
        n_draws
            Refits.
        resampling
            How customers are drawn again.
        seed
            A number, or a numpy generator.

        Returns
        -------
        ParameterDraws
            One row a refit that reached a maximum, for ``prediction.with_draws(...)``.

        Raises
        ------
        ConvergenceError
            If more than one refit in twenty fails.

        References
        ----------
        Newton, M. A. and Raftery, A. E. (1994), "Approximate Bayesian Inference with the Weighted Likelihood
        Bootstrap", Journal of the Royal Statistical Society B 56(1).
        """
        require_kind("bootstrap(resampling)", resampling, Resampling)
        rng = np.random.default_rng(seed)
        if resampling is Resampling.PARAMETRIC:
            drawn = (self.redrawn(data, rng) for _ in range(n_draws))
        else:
            rows = self.case_weights(data)
            drawn = (rows.problem(resampling.weights(rows.counts, rng)) for _ in range(n_draws))
        thetas = [refit(self.estimate, problem, self.prior) for problem in drawn]
        return gathered(self, thetas, resampling.method)

    def _with_own(self, prior: Prior) -> Prior:
        """Give the prior to draw with; fits whose own one is part of the model add it."""
        return prior


@runtime_checkable
class SupportsDraws(Protocol):
    """A fit to a summary whose parameters can be drawn again."""

    @property
    def estimate(self) -> Estimate:
        """Parameters, covariance and report of the fit."""
        ...

    @property
    def prior(self) -> Prior | None:
        """The prior of the fit; None for maximum likelihood."""
        ...

    def case_weights(self, data: CustomerSummary, /) -> CaseWeights:
        """Give the likelihood of the data as a function of the weights of its rows."""
        ...

    def redrawn(self, data: CustomerSummary, rng: np.random.Generator, /) -> Problem:
        """Give the likelihood of customers like those of the data, drawn from this fit."""
        ...

    def posterior(
        self, data: CustomerSummary, /, prior: Prior, n_draws: int = 1_000, *, seed: Seed
    ) -> Posterior[Fitted]:
        """Draw from the posterior of the parameters."""
        ...


def drawable(part: object) -> SupportsDraws:
    """Insist on a fit whose parameters can be drawn again.

    Raises
    ------
    InputError
        If they cannot.
    """
    if not isinstance(part, SupportsDraws):
        expected = "fits with a likelihood to draw from (.case_weights, .redrawn, .posterior)"
        raise InputError("BuyTillYouDie", expected=expected, got=type(part).__name__)
    return part


@attrs.frozen
class BothPriors:
    """Two priors that multiply."""

    first: Prior
    second: Prior

    def penalty(self, problem: Problem, /) -> Objective:
        """Sum of both log-densities and gradients."""
        one, other = self.first.penalty(problem), self.second.penalty(problem)

        def log_density(theta: FloatArray, /) -> tuple[float, FloatArray]:
            (value, slope), (more, steeper) = one(theta), other(theta)
            return value + more, slope + steeper

        return log_density
