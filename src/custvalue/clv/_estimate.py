"""What every fit carries: parameters, their uncertainty, criteria, and an honest report about itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Protocol, Self, TypeVar, runtime_checkable

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, FloatArray, IntArray, float_array, locked, strings
from custvalue.clv._draws import ParameterDraws, checked_level, natural_values
from custvalue.clv._normal import normal_quantile
from custvalue.clv._optimise import Density, Objective, Optimum, Problem, maximise
from custvalue.clv._report import BY_HAND, FitReport, judged
from custvalue.errors import ConvergenceError, InputError, UnitError

__all__ = ["Estimate", "Fitted", "LogNormalPrior", "Prior", "checked", "estimate"]

_PRIOR = "prior=LogNormalPrior()"


def _own_copy(value: Mapping[str, float]) -> Mapping[str, float]:
    return dict(value)


@attrs.frozen(kw_only=True)
class LogNormalPrior:
    """An independent log-normal prior on each positive parameter.

    Parameters
    ----------
    sd
        Standard deviation of the log-parameter. The default 3 is weak: a parameter 400 times larger or smaller than
        its centre is still within two of them.
    centres
        Median of the prior, by parameter name, in the unit of the data. A parameter not named is centred on 1, and
        on the mean age (mean spend, ...) if it is a time (an amount), so that the fitted model is the same in days,
        weeks and years. A parameter that may be negative has a normal prior, whose deviation is ``sd`` times that of
        the data it is a mean of (1 for a mean of logs), or, for a coefficient, ``sd`` per deviation of its column.

    Examples
    --------
    >>> LogNormalPrior(sd=1.0, centres={"a": 0.8}).sd
    1.0
    """

    sd: float = attrs.field(default=3.0)
    centres: Mapping[str, float] = attrs.field(factory=dict, converter=_own_copy)

    def __attrs_post_init__(self) -> None:
        if not (self.sd > 0 and math.isfinite(self.sd)):
            raise InputError("LogNormalPrior.sd", expected="a positive number", got=str(self.sd))
        wrong = {name: value for name, value in self.centres.items() if not math.isfinite(value)}
        if wrong:
            raise InputError("LogNormalPrior.centres", expected="finite medians", got=str(wrong))

    def penalty(self, problem: Problem, /) -> Objective:
        """Log-density (with constant) and gradient in the problem's scaled parameters."""
        unknown = sorted(set(self.centres) - set(problem.names))
        if unknown:
            raise InputError("LogNormalPrior.centres", expected=f"parameters among {problem.names}", got=str(unknown))
        middle = np.zeros(len(problem.names))
        for i, name in enumerate(problem.names):
            if name in self.centres:
                theta = _to_theta("LogNormalPrior.centres", name, self.centres[name], positive=problem.log_scaled[i])
                middle[i] = (theta - problem.shift[i]) / problem.factors[i]
        constant = -len(middle) * (math.log(self.sd) + 0.5 * math.log(2 * math.pi))

        def log_prior(theta: FloatArray, /) -> tuple[float, FloatArray]:
            z = (theta - middle) / self.sd
            return constant - 0.5 * float(z @ z), -z / self.sd

        return log_prior


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Estimate(ArrayHolder):
    """A maximum-likelihood (or posterior-mode) estimate.

    Parameters
    ----------
    density
        The model, and what its likelihood is a density of.
    names
        Parameter names, in the literature's order.
    theta
        (n_params,) parameters on the scale they were estimated: logs, except for those that can be negative.
    log_likelihood
        At ``theta``, without any prior; NaN where the parameters were set by hand.
    hessian
        (n_params, n_params) of the log-likelihood plus log-prior, in ``theta``; NaN where set by hand.
    n_observations
        Number of customers (total weight).
    report
        How the fit went.
    log_prior
        Log-density of the prior at ``theta``; 0 without one.
    positive
        Which parameters are positive, hence logs in ``theta``.
    """

    density: Density
    names: tuple[str, ...] = attrs.field(converter=strings)
    theta: FloatArray = float_array()
    log_likelihood: float
    hessian: FloatArray = float_array(ndim=2)
    n_observations: float
    report: FitReport
    log_prior: float = 0.0
    positive: tuple[bool, ...] = attrs.field(
        default=attrs.Factory(lambda self: (True,) * len(self.names), takes_self=True)
    )

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={value:.6g}" for name, value in self.params.items())
        height = f"log-likelihood {self.log_likelihood:.4f}; " if self.fitted else ""
        return f"{shown}; {height}{self.report}"

    def __repr__(self) -> str:
        return f"Estimate({self})"

    @property
    def fitted(self) -> bool:
        """Whether these are parameters of a fit; False for those set by hand."""
        return not math.isnan(self.log_likelihood)

    @property
    def values(self) -> FloatArray:
        """(n_params,) parameters on their natural scale."""
        return natural_values(self.theta, self.positive)

    @property
    def params(self) -> dict[str, float]:
        """Parameters by name, on their natural scale and in the unit of the data."""
        return dict(zip(self.names, self.values.tolist(), strict=True))

    @property
    def theta_axes(self) -> FloatArray:
        """(n_params, n_axes) axes of the covariance in ``theta``, one standard error long each; no flat ones."""
        return self._axes[0]

    @property
    def theta_covariance(self) -> FloatArray:
        """(n_params, n_params) covariance in ``theta``; infinite variances where the data determine nothing.

        Raises
        ------
        InputError
            If parameters were set by hand: the data were not asked about them.
        """
        half, lost = self._axes
        covariance: FloatArray = half @ half.T
        covariance[lost, :] = covariance[:, lost] = np.nan
        covariance[lost, lost] = np.inf
        return covariance

    @property
    def _axes(self) -> tuple[FloatArray, IntArray]:
        """The axes along which the data determine something, and the parameters which some flat axis leaves open."""
        if not self.fitted:
            hint = "Fit the model, or give a prediction draws of yours: .with_draws(fit.estimate.draws(theta, method))."
            got = "parameters set by hand, whose uncertainty is not known"
            raise InputError("standard errors and delta-method intervals", expected="a fit", got=got, hint=hint)
        # logs have a unit of their own; any other parameter is measured by its own curvature
        own = np.sqrt(np.abs(np.diag(self.hessian)))
        unit = np.where(np.array(self.positive) | (own == 0.0), 1.0, own)
        curvature, axes = np.linalg.eigh(-self.hessian / np.outer(unit, unit))
        flat = curvature <= max(1e-13 * float(np.abs(curvature).max()), 1e-300)
        half: FloatArray = axes[:, ~flat] / np.sqrt(curvature[~flat]) / unit[:, None]
        return half, np.flatnonzero((np.abs(axes[:, flat]) > 1e-3).any(axis=1))

    @property
    def covariance(self) -> FloatArray:
        """(n_params, n_params) covariance of the natural parameters (delta method)."""
        slope = np.where(self.positive, self.values, 1.0)
        natural: FloatArray = self.theta_covariance * np.outer(slope, slope)
        return natural

    @property
    def correlation(self) -> FloatArray:
        """(n_params, n_params) correlation of the estimates on the ``theta`` scale."""
        covariance = self.theta_covariance
        sd = np.sqrt(np.diag(covariance))
        ratio: FloatArray = covariance / np.where(np.isfinite(sd), np.outer(sd, sd), np.nan)
        return ratio

    @property
    def standard_errors(self) -> dict[str, float]:
        """Standard errors by name, natural scale; infinite where the data do not determine the parameter."""
        return dict(zip(self.names, np.sqrt(np.diag(self.covariance)).tolist(), strict=True))

    def confidence_intervals(self, level: float = 0.95) -> dict[str, tuple[float, float]]:
        """Wald intervals by name, made on the ``theta`` scale: those of positive parameters stay positive."""
        half = normal_quantile(0.5 + checked_level(level) / 2) * np.sqrt(np.diag(self.theta_covariance))
        low, high = (natural_values(edge, self.positive) for edge in (self.theta - half, self.theta + half))
        return {name: (float(a), float(b)) for name, a, b in zip(self.names, low, high, strict=True)}

    @property
    def aic(self) -> float:
        """Akaike's criterion, 2 k - 2 log L."""
        return 2.0 * len(self.names) - 2.0 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion, k log n - 2 log L."""
        return len(self.names) * math.log(self.n_observations) - 2.0 * self.log_likelihood

    def at(self, theta: FloatArray, /) -> Self:
        """The same model at other parameters; nothing is known there of likelihood, criteria and standard errors."""
        unknown = locked(np.full(self.hessian.shape, np.nan))
        return attrs.evolve(
            self, theta=theta, log_likelihood=math.nan, hessian=unknown, report=BY_HAND, log_prior=math.nan
        )

    def start_in(self, problem: Problem, /) -> FloatArray:
        """Where to start in other data of the same kind and unit, in the problem's scaled parameters.

        Raises
        ------
        UnitError
            If the data are of another kind or unit: the parameters would mean something else.
        """
        if problem.density != self.density:
            raise UnitError("data", expected=f"those of {self.density}", got=f"those of {problem.density}")
        return problem.to_scaled(self.theta)

    def draws(self, theta: FloatArray, method: str) -> ParameterDraws:
        """Make draws of these parameters, however found, into what a prediction takes.

        Parameters
        ----------
        theta
            (n_draws, n_params) on the scale of :attr:`theta`.
        method
            How they were made, for the reader of the intervals.
        """
        return ParameterDraws(
            density=self.density, names=self.names, theta=theta, positive=self.positive, method=method
        )


class SupportsEstimate(Protocol):
    """Anything fitted by this machine."""

    @property
    def estimate(self) -> Estimate:
        """The estimate behind the fit."""
        ...


FittedT = TypeVar("FittedT", bound=SupportsEstimate)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Fitted(ArrayHolder):
    """What all fitted likelihood models share; each adds its predictions."""

    estimate: Estimate

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.estimate})"

    @property
    def params(self) -> dict[str, float]:
        """Parameters by name, in the unit of the data."""
        return self.estimate.params

    @property
    def standard_errors(self) -> dict[str, float]:
        """Standard errors by name."""
        return self.estimate.standard_errors

    @property
    def log_likelihood(self) -> float:
        """Log-likelihood at the estimate, prior not included; NaN where the parameters were set by hand."""
        return self.estimate.log_likelihood

    @property
    def diagnostics(self) -> FitReport:
        """How the fit went and what to make of it."""
        return self.estimate.report

    @property
    def aic(self) -> float:
        """Akaike's criterion."""
        return self.estimate.aic

    @property
    def bic(self) -> float:
        """Schwarz's criterion."""
        return self.estimate.bic

    def with_theta(self, theta: FloatArray, /) -> Self:
        """The same model at another parameter vector (n_params,) on the estimation scale; see :meth:`with_params`."""
        return attrs.evolve(self, estimate=self.estimate.at(theta))

    def with_params(self, params: Mapping[str, float], /) -> Self:
        """The same model at other natural parameters, for example published ones, in the unit of the fit; others stay.

        It predicts, but it is no fit: it has neither log-likelihood (AIC and BIC are NaN) nor standard errors.
        """
        unknown = sorted(set(params) - set(self.estimate.names))
        if unknown:
            raise InputError("with_params", expected=f"parameters among {self.estimate.names}", got=str(unknown))
        theta = np.array(self.estimate.theta)
        for i, name in enumerate(self.estimate.names):
            if name in params:
                theta[i] = _to_theta("with_params", name, params[name], positive=self.estimate.positive[i])
        return self.with_theta(theta)


def _to_theta(where: str, name: str, value: float, *, positive: bool) -> float:
    if not math.isfinite(value) or (positive and value <= 0):
        expected = "a positive number" if positive else "a number"
        raise InputError(f"{where}: parameter {name}", expected=expected, got=str(value))
    return math.log(value) if positive else float(value)


@runtime_checkable
class Prior(Protocol):
    """Anything that adds a log-density of the parameters to a likelihood."""

    def penalty(self, problem: Problem, /) -> Objective:
        """Log-density and gradient in the problem's scaled parameters."""
        ...


def estimate(
    problem: Problem,
    prior: Prior | None = None,
    *,
    notes: tuple[str, ...] = (),
    extra_advice: Callable[[Optimum], tuple[str, ...]] | None = None,
    remedy: str = _PRIOR,
) -> Estimate:
    """Maximise a problem and judge the result. Does not raise: pass the fitted model through :func:`checked`.

    ``remedy`` is the setting the report advises where the data alone do not do.
    """
    optimum = maximise(problem, None if prior is None else prior.penalty(problem))
    report = judged(problem, optimum, notes, remedy, has_prior=prior is not None)
    if extra_advice is not None:
        report = attrs.evolve(report, advice=report.advice + extra_advice(optimum))
    return Estimate(
        density=problem.density,
        names=problem.names,
        theta=problem.to_reported(optimum.theta),
        log_likelihood=optimum.value + problem.offset,
        hessian=problem.reported_hessian(optimum.hessian),
        n_observations=problem.weight,
        report=report,
        log_prior=optimum.penalty,
        positive=problem.log_scaled,
    )


def checked(fitted: FittedT) -> FittedT:
    """Return the fit if its search succeeded.

    Raises
    ------
    ConvergenceError
        If not; the fit travels with the error as ``error.fit``.
    """
    report = fitted.estimate.report
    if not report.converged:
        model = type(fitted).__name__.removeprefix("Fitted")
        text = f"{model}: the search for the maximum likelihood did not end at a maximum: {report}"
        raise ConvergenceError(text, fit=fitted)
    return fitted
