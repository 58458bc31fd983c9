"""What fits share whose parameters can be drawn again: from their posterior, or by fitting to customers drawn again."""

from __future__ import annotations

import abc
from collections.abc import Callable
from functools import partial
from typing import Generic, Protocol, Self, TypeVar, runtime_checkable

import attrs
import numpy as np

from custvalue._arrays import FloatArray
from custvalue.clv._case_weights import CaseWeights
from custvalue.clv._draws import ParameterDraws
from custvalue.clv._estimate import Estimate, Fitted, Prior, checked, estimate
from custvalue.clv._optimise import Objective, Problem
from custvalue.clv.posterior import Posterior, sample_posterior
from custvalue.clv.resampling import Resampling, gathered, refit
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

    A fit does not remember its data, so each verb takes the data it was fitted to, and the case weights.

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

    @property
    def _notes(self) -> tuple[str, ...]:
        """What the fit says of its data; nothing where the parameters were set by hand."""
        report = self.estimate.report
        return report.notes if report.n_evaluations else ()

    @abc.abstractmethod
    def case_weights(self, data: DataT, /, *, weights: FloatArray | None = None) -> CaseWeights:
        """Give the likelihood of the data as a function of the weights of its rows; ``weights`` as in the fit."""

    @abc.abstractmethod
    def redrawn(self, data: DataT, rng: np.random.Generator, /, *, weights: FloatArray | None = None) -> Problem:
        """Give the likelihood of customers like those of the data, drawn from this fit; ``weights`` as in the fit."""

    def posterior(
        self,
        data: DataT,
        /,
        prior: Prior,
        n_draws: int = 1_000,
        *,
        weights: FloatArray | None = None,
        seed: Seed,
    ) -> Posterior[Self]:
        """Draw from the posterior of the parameters: Laplace approximation and Pareto-smoothed importance sampling.

        Parameters
        ----------
        data
            What the model was fitted to.
        prior
            The prior; ``LogNormalPrior()`` is weak.
        n_draws
            Draws wanted, 100 or more.
        weights
            Case weights of the fit, as given to ``fit(..., weights=...)``.
        seed
            A number, or a numpy generator.

        Returns
        -------
        Posterior
            With ``draws`` for ``prediction.with_draws(...)``, and its k-hat.

        Raises
        ------
        InputError
            If data and weights do not weigh what those of the fit did, or fewer than 100 draws are wanted: k-hat
            could not be judged.
        UnitError
            If the data are in another currency than the fit; ages are converted.
        ConvergenceError
            If k-hat stays too large after four rounds.

        References
        ----------
        Vehtari, A., Simpson, D., Gelman, A., Yao, Y. and Gabry, J. (2024), "Pareto Smoothed Importance Sampling",
        Journal of Machine Learning Research 25(72).
        """
        return self._posterior(self.case_weights(data, weights=weights), prior, n_draws, seed)

    def bootstrap(
        self,
        data: DataT,
        /,
        n_draws: int = 200,
        *,
        resampling: Resampling = Resampling.WEIGHTED,
        weights: FloatArray | None = None,
        seed: Seed,
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
        weights
            Case weights of the fit, as given to ``fit(..., weights=...)``: one of weight 3 is three customers.
        seed
            A number, or a numpy generator.

        Returns
        -------
        ParameterDraws
            One row a refit that reached a maximum, for ``prediction.with_draws(...)``.

        Raises
        ------
        InputError
            If data and weights do not weigh what those of the fit did.
        ConvergenceError
            If more than one refit in twenty fails.

        References
        ----------
        Newton, M. A. and Raftery, A. E. (1994), "Approximate Bayesian Inference with the Weighted Likelihood
        Bootstrap", Journal of the Royal Statistical Society B 56(1).
        """
        rng = np.random.default_rng(seed)
        redraw = partial(self.redrawn, data, rng, weights=weights)
        return self._bootstrap(self.case_weights(data, weights=weights), redraw, n_draws, resampling, rng)

    def _posterior(self, rows: CaseWeights, prior: Prior, n_draws: int, seed: Seed) -> Posterior[Self]:
        """Draw from the posterior, given the likelihood."""
        require_kind("posterior(prior)", prior, Prior, hint="LogNormalPrior() is weak.")
        problem = rows.of(self.estimate)
        start = self.estimate.start_in(problem)
        whole = self._with_own(prior)
        found = self._estimated(attrs.evolve(problem, starts=(start, *problem.starts), pilot=None), whole)
        mode = checked(attrs.evolve(self, estimate=found))
        return sample_posterior(mode, problem, whole, n_draws, seed)

    def _bootstrap(
        self,
        rows: CaseWeights,
        redraw: Callable[[], Problem],
        n_draws: int,
        resampling: Resampling,
        rng: np.random.Generator,
    ) -> ParameterDraws:
        """Refit, given the likelihood of the rows and that of customers drawn from this fit."""
        require_kind("bootstrap(resampling)", resampling, Resampling)
        rows.of(self.estimate)

        def again() -> Problem:
            if resampling is Resampling.PARAMETRIC:
                return redraw()
            return rows.problem(resampling.weights(rows.counts, rng))

        thetas = [refit(self.estimate, again, self.prior) for _ in range(n_draws)]
        return gathered(self, thetas, resampling.method)

    def _estimated(self, problem: Problem, prior: Prior) -> Estimate:
        """Maximise the likelihood of the data with a prior; what was to say of the data is said again."""
        return estimate(problem, prior, notes=self._notes)

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

    def case_weights(self, data: CustomerSummary, /, *, weights: FloatArray | None = None) -> CaseWeights:
        """Give the likelihood of the data as a function of the weights of its rows."""
        ...

    def redrawn(
        self, data: CustomerSummary, rng: np.random.Generator, /, *, weights: FloatArray | None = None
    ) -> Problem:
        """Give the likelihood of customers like those of the data, drawn from this fit."""
        ...

    def posterior(
        self,
        data: CustomerSummary,
        /,
        prior: Prior,
        n_draws: int = 1_000,
        *,
        weights: FloatArray | None = None,
        seed: Seed,
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
