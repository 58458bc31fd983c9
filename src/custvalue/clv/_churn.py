"""What all models of contracts share: the likelihood of renewal counts, survival curves, residual life."""

from __future__ import annotations

import abc
import math
from collections.abc import Callable, Mapping
from typing import Protocol, Self, TypeVar, runtime_checkable

import attrs
import numpy as np
from numpy.typing import ArrayLike

from custvalue._arrays import ArrayHolder, FloatArray, IntArray, as_floats, float_array
from custvalue._frames import FrameKind, build_frame
from custvalue.clv._estimate import Estimate, Fitted, LogNormalPrior, checked, estimate
from custvalue.clv._kernels import contractual as kernel
from custvalue.clv._optimise import Density, Problem
from custvalue.clv._settings import whole_periods
from custvalue.clv.intervals import DeltaIntervals
from custvalue.clv.renewals import RenewalCounts
from custvalue.data import DiscountRate, Horizon, TimeUnit
from custvalue.errors import InputError

__all__ = ["ChurnModel", "FittedChurn", "FittedSurvival", "SurvivalCurve", "fit_churn"]

Survival = Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]
"""(natural parameters, times) to log S (n,) and its gradient (n_params, n)."""


@attrs.frozen(kw_only=True, eq=False, repr=False)
class SurvivalCurve(ArrayHolder):
    """Share of a new cohort left, renewal by renewal.

    Parameters
    ----------
    survival
        (n + 1,) share left after 0, 1, ..., n renewals.
    lower, upper
        (n + 1,) bounds that hold it with probability ``level``.
    level
        Of the bounds.
    period
        Time between renewals.
    """

    survival: FloatArray = float_array()
    lower: FloatArray = float_array()
    upper: FloatArray = float_array()
    level: float = 0.95
    period: TimeUnit = TimeUnit.YEAR

    @property
    def retention(self) -> FloatArray:
        """Share of those due who renew, at renewal 1, ..., n: (n,)."""
        rates: FloatArray = self.survival[1:] / self.survival[:-1]
        return rates

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a renewal, from 0: renewal, survival, lower, upper, retention (NaN at 0)."""
        columns = {
            "renewal": np.arange(self.survival.size),
            "survival": self.survival,
            "lower": self.lower,
            "upper": self.upper,
            "retention": np.concatenate(([np.nan], self.retention)),
        }
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        last = self.survival.size - 1
        return f"SurvivalCurve({self.survival[-1]:.1%} left after {last} renewals, one a {self.period.value})"


@runtime_checkable
class FittedSurvival(Protocol):
    """A fitted model of how long contracts last."""

    @property
    def period(self) -> TimeUnit:
        """Time between renewals."""
        ...

    @property
    def estimate(self) -> Estimate:
        """Parameters, covariance and report of the fit."""
        ...

    def with_theta(self, theta: FloatArray, /) -> Self:
        """The same model at other parameters, on the estimation scale."""
        ...

    def expected_residual_renewals(
        self, renewals: ArrayLike, /, *, horizon: Horizon | None = None, discount: DiscountRate
    ) -> FloatArray:
        """Discounted renewals to expect after so many renewals."""
        ...


@runtime_checkable
class ChurnModel(Protocol):
    """A model of how long contracts last: settings that can be fitted to renewal counts."""

    def fit(self, counts: RenewalCounts, /) -> FittedSurvival:
        """Learn from the counts; returns a new object."""
        ...


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FittedChurn(Fitted):
    """What a fitted model of contracts can tell; each model adds its log survivor function.

    Parameters
    ----------
    estimate
        Parameters and how they were found.
    period
        Time between renewals.
    """

    period: TimeUnit

    def log_survival(self, t: FloatArray, /) -> FloatArray:
        """Log of the share of a new cohort left after ``t`` renewals, (n,)."""
        return self._survival(self.estimate.values, t)[0]

    @abc.abstractmethod
    def _survival(self, params: FloatArray, t: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Log of the share left after ``t`` renewals (n,), and its gradient in the parameters (n_params, n)."""

    def curve(self, n_renewals: int, *, level: float = 0.95) -> SurvivalCurve:
        """Survival and retention of a new cohort, with bounds by the delta method (NaN at parameters set by hand).

        Parameters
        ----------
        n_renewals
            How far; 1 or more.
        level
            Probability the bounds are meant to hold.

        Raises
        ------
        InputError
            If ``n_renewals`` is below 1 or ``level`` not between 0 and 1.
        ConvergenceError
            If the data leave a parameter undetermined, so that there are no bounds.
        """
        if n_renewals < 1 or not 0.0 < level < 1.0:
            got = f"{n_renewals} and {level}"
            raise InputError("curve", expected="1 renewal or more and a level between 0 and 1", got=got)
        times = np.arange(1.0, n_renewals + 1.0)
        lower = upper = np.full(n_renewals, np.nan)
        if self.estimate.fitted:
            lower, upper = DeltaIntervals(
                fitted=self, predict=lambda fit, rows: np.exp(fit.log_survival(_some(times, rows))), probability=True
            ).interval(level)
        start = np.ones(1)
        return SurvivalCurve(
            survival=np.concatenate([start, np.exp(self.log_survival(times))]),
            lower=np.concatenate([start, lower]),
            upper=np.concatenate([start, upper]),
            level=level,
            period=self.period,
        )

    def expected_residual_renewals(
        self, renewals: ArrayLike, /, *, horizon: Horizon | None = None, discount: DiscountRate
    ) -> FloatArray:
        """Discounted expected residual lifetime (DERL) in renewals, just before the next one falls due.

        Parameters
        ----------
        renewals
            (n,) renewals the contracts have seen, 0 or more.
        horizon
            How far to count; None is without end.
        discount
            Above 0 where there is no horizon.

        Returns
        -------
        numpy.ndarray
            (n,): the next renewal counts undiscounted, the one after it with one period's discount ...

        References
        ----------
        Fader and Hardie, "Customer-base valuation in a contractual setting: the perils of ignoring heterogeneity",
        *Marketing Science* 29(1), 2010, eq. (6).

        Raises
        ------
        InputError
            If a number of renewals is negative, or there is neither horizon nor discount.
        """
        seen = as_floats(renewals)
        where = f"{type(self).__name__}.expected_residual_renewals"
        if not bool(np.all(np.isfinite(seen) & (seen >= 0.0))):
            raise InputError(where, expected="renewals of 0 or more", got=f"{seen[:5].tolist()}")
        n_periods = whole_periods(horizon, self.period, f"{where}(horizon)")
        rate = discount.per(self.period)
        if math.isinf(n_periods) and rate < kernel.LEAST_RATE:
            hint = "Give a horizon: some of these customers never leave."
            got = f"{rate:g} a {self.period.value}"
            raise InputError(
                where, expected=f"a discount of {kernel.LEAST_RATE:g} a period or more", got=got, hint=hint
            )
        distinct, place = np.unique(seen, return_inverse=True)
        lives = kernel.residual_lifetime(self.log_survival, distinct, rate, n_periods)
        result: FloatArray = lives[place]
        return result


def _some(values: FloatArray, rows: IntArray | None) -> FloatArray:
    return values if rows is None else values[rows]


FittedT = TypeVar("FittedT", bound=FittedChurn)


def fit_churn(
    fitted: type[FittedT],
    counts: RenewalCounts,
    survival: Survival,
    starts: Mapping[str, tuple[float, ...]],
    prior: LogNormalPrior | None,
) -> FittedT:
    """Fit a model of contracts, given by its log survivor function, to renewal counts.

    Parameters
    ----------
    fitted
        Class of the result.
    counts
        The data.
    survival
        Log survivor function and gradient.
    starts
        Parameter to its start values, one for each start; in the order ``survival`` takes them.
    prior
        Prior, or None.

    Raises
    ------
    InputError
        If no contract was lost, or none renewed.
    ConvergenceError
        If the search ends away from a maximum.
    """
    density = Density(model=fitted.__name__.removeprefix("Fitted"), of=f"renewals once a {counts.period.value}")
    found = estimate(_problem(density, counts, survival, starts), prior)
    return checked(fitted(estimate=found, period=counts.period))


def _problem(
    density: Density, counts: RenewalCounts, survival: Survival, starts: Mapping[str, tuple[float, ...]]
) -> Problem:
    if counts.lost.sum() <= 0.0:
        hint = "Observe longer; a retention of 1 is not something data can show."
        raise InputError("renewal counts", expected="some contracts lost", got="none", hint=hint)
    if counts.lost[0] >= counts.n_contracts - counts.kept[0]:
        hint = "There is no customer base to value."
        raise InputError("renewal counts", expected="some contracts renewed", got="none", hint=hint)
    times = np.arange(counts.kept.size, dtype=np.float64)

    def objective(theta: FloatArray, /) -> tuple[float, FloatArray]:
        params = np.exp(theta)
        log_s, slope = survival(params, times)
        if not bool(np.isfinite(log_s).all()):
            return -math.inf, np.zeros_like(theta)
        value, gradient = kernel.log_likelihood(log_s, slope, counts.lost, counts.kept)
        return value, gradient * params

    return Problem(
        density=density,
        names=tuple(starts),
        objective=objective,
        starts=tuple(np.log(start) for start in zip(*starts.values(), strict=True)),
        shift=np.zeros(len(starts)),
        offset=0.0,
        weight=counts.n_contracts,
    )
