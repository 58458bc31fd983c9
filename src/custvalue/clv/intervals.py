"""How sure a prediction is: bounds from the curvature of the likelihood, or from draws of the parameters.

The bounds are about the *expected* value of each customer: what more data of the same kind would settle. What one
customer will really do scatters far wider about it; for that, simulate.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, NamedTuple, Protocol, Self, TypeVar, runtime_checkable

import attrs
import numpy as np
from scipy import special

from custvalue._arrays import BoolArray, FloatArray, IntArray
from custvalue.clv._draws import ParameterDraws
from custvalue.clv._estimate import Estimate
from custvalue.clv._normal import normal_quantile
from custvalue.clv._result import CountProbabilities, CustomerValues, Expectation
from custvalue.data import CustomerIndex, CustomerSummary
from custvalue.errors import ConvergenceError, InputError

__all__ = [
    "DeltaIntervals",
    "DrawIntervals",
    "SupportsIntervals",
    "bounded_counts",
    "bounded_expectation",
    "bounded_values",
    "with_intervals",
]

_STEP = 0.02  # of a difference, in standard errors along an axis
_STEP_LOG = 1e-3  # at most, in any log-parameter
_FAR = 4.0  # standard errors the parameters are moved to see whether a prediction can change its sign
_FAR_LOG = 1.0  # at most, in any log-parameter
_ROUNDING = 8.0 * np.finfo(np.float64).eps  # relative differences of this size say nothing
_BLOCK_VALUES = 4_000_000  # draws x customers held at once


@runtime_checkable
class SupportsIntervals(Protocol):
    """A fitted model whose predictions can have intervals: it has an estimate, and can be moved to other parameters.

    Enough for :func:`with_intervals`, and for bounds of a lifetime value of which it is a part.
    """

    @property
    def estimate(self) -> Estimate:
        """Parameters, covariance and report of the fit."""
        ...

    def with_theta(self, theta: FloatArray, /) -> Self:
        """The same model at other parameters (n_params,), on the estimation scale."""
        ...


FittedT = TypeVar("FittedT", bound=SupportsIntervals)
RowPredictor = Callable[[FittedT, IntArray | None], FloatArray]


class _Moved(NamedTuple):
    """Predictions (n,) with the parameters that many standard errors along an axis, forwards and backwards."""

    above: FloatArray
    below: FloatArray
    errors: float

    @property
    def equal(self) -> BoolArray:
        """Which predictions do not differ by more than rounding; (n,)."""
        with np.errstate(invalid="ignore"):
            apart = np.abs(self.above - self.below)
        equal: BoolArray = np.isfinite(self.below) & (apart <= _ROUNDING * np.abs(self.below))
        return equal


@attrs.frozen(kw_only=True, eq=False)
class DeltaIntervals(Generic[FittedT]):
    """Bounds by the delta method: the slopes of the prediction along the axes of the parameters' covariance.

    Made on the scale the prediction lives on: logs of amounts and counts, logits of probabilities, the plain scale for
    what is zero or may be negative; so bounds stay where they belong. The scale is chosen customer by customer: who
    else is in the call makes no difference. A positive prediction may be negative where it becomes so when the
    parameters move by 4 standard errors along an axis. A prediction that is infinite within .02 standard errors of the
    parameters, such as a mean close to where means end, has no upper bound.

    Parameters
    ----------
    fitted
        The fit.
    predict
        ``predict(fitted, rows)`` gives the predictions of some customers, or of all with ``rows=None``; (n,).
    probability
        Whether the predictions are probabilities.
    """

    fitted: FittedT
    predict: RowPredictor[FittedT]
    probability: bool = False

    @property
    def method(self) -> str:
        """How the bounds are found."""
        return "delta"

    def interval(self, level: float, /) -> tuple[FloatArray, FloatArray]:
        """Lower and upper bounds, each (n_customers,).

        Raises
        ------
        ConvergenceError
            If the data leave a parameter undetermined, so that there is no covariance to use.
        """
        axes = self._axes()
        centre = self.predict(self.fitted, None)
        moved = self._both_ways(axes, _STEP, _STEP_LOG)
        log: BoolArray = np.zeros(centre.shape, dtype=np.bool_)
        if not self.probability:
            plain, _ = self._spread(centre, moved, log)
            log = self._on_logs(centre, plain, axes)
        deviation, endless = self._spread(centre, moved, log)
        half = normal_quantile(0.5 + level / 2.0) * deviation
        middle = self._link(centre, log)
        return self._back(middle - half, log), self._back(np.where(endless, np.inf, middle + half), log)

    def total_interval(self, level: float, /) -> tuple[float, float]:
        """Lower and upper bound of the sum over customers; errors as :meth:`interval`."""
        low, high = attrs.evolve(self, predict=_Sum(predict=self.predict), probability=False).interval(level)
        return float(low[0]), float(high[0])

    def with_draws(self, draws: ParameterDraws, n: int, /) -> DrawIntervals[FittedT]:
        """Bounds of the same ``n`` predictions from draws; errors as :class:`DrawIntervals`."""
        return DrawIntervals(fitted=self.fitted, draws=draws, predict=self.predict, n_customers=n)

    def _axes(self) -> FloatArray:
        estimate = self.fitted.estimate
        if not bool(np.isfinite(estimate.theta_covariance).all()):
            message = (
                "no delta-method interval: the data leave a parameter undetermined; use fit.posterior(...) with a prior"
            )
            raise ConvergenceError(f"{message} ({estimate.report})", fit=self.fitted)
        return estimate.theta_axes

    def _both_ways(self, axes: FloatArray, errors: float, most: float, rows: IntArray | None = None) -> list[_Moved]:
        """Predict with the parameters moved along each axis; no log-parameter by more than ``most``."""
        estimate, found = self.fitted.estimate, []
        for axis in axes.T:
            length = min(errors, most / max(float(np.abs(axis[list(estimate.positive)]).max(initial=0.0)), 1e-300))
            above, below = (
                self.predict(self.fitted.with_theta(estimate.theta + way * length * axis), rows) for way in (1.0, -1.0)
            )
            found.append(_Moved(above, below, length))
        return found

    def _on_logs(self, centre: FloatArray, deviation: FloatArray, axes: FloatArray) -> BoolArray:
        """Tell which predictions are positive and stay so; (n,)."""
        log: BoolArray = centre > 0.0
        doubtful = np.flatnonzero(log & (centre <= _FAR * deviation))
        if doubtful.size:
            for moved in self._both_ways(axes, _FAR, _FAR_LOG, doubtful):
                log[doubtful] &= ~((moved.above < 0.0) | (moved.below < 0.0))
        return log

    def _spread(self, centre: FloatArray, moved: list[_Moved], log: BoolArray) -> tuple[FloatArray, BoolArray]:
        """Give the standard error of each prediction, and whether it is infinite right beside its value; (n,) each."""
        middle = self._link(centre, log)
        variance, endless = np.zeros(centre.shape), np.zeros(centre.shape, dtype=np.bool_)
        for step in moved:
            up, down = self._link(step.above, log), self._link(step.below, log)
            endless |= np.isfinite(middle) & (np.isposinf(up) | np.isposinf(down))
            slope = np.where(step.equal, 0.0, _difference(up, middle, down) / step.errors)
            variance += slope * slope
        return np.sqrt(variance), endless

    def _link(self, values: FloatArray, log: BoolArray) -> FloatArray:
        if self.probability:
            return np.asarray(special.logit(values))
        # a step may end at zero: no slope is known on that side
        usable = np.where(values > 0.0, values, np.nan) if log.any() else values
        return np.log(usable, out=values.copy(), where=log)

    def _back(self, values: FloatArray, log: BoolArray) -> FloatArray:
        if self.probability:
            return np.asarray(special.expit(values))
        with np.errstate(over="ignore"):  # a bound beyond any number is inf
            return np.exp(values, out=values.copy(), where=log)


def _difference(up: FloatArray, middle: FloatArray, down: FloatArray) -> FloatArray:
    """Give the change over one step, of the finite side where there is only one, and 0 where there is none; (n,)."""
    with np.errstate(invalid="ignore"):
        both, ahead, behind = 0.5 * (up - down), up - middle, middle - down
    found = np.where(np.isfinite(both), both, np.where(np.isfinite(ahead), ahead, behind))
    return np.where(np.isfinite(found), found, 0.0)


@attrs.frozen(kw_only=True, eq=False)
class DrawIntervals(Generic[FittedT]):
    """Bounds that are quantiles of the prediction over draws of the parameters.

    Parameters
    ----------
    fitted
        The fit the draws belong to.
    draws
        Posterior or bootstrap draws.
    predict
        ``predict(fitted, rows)`` gives the predictions of some customers, or of all with ``rows=None``; (n,).
    n_customers
        How many customers there are in all.

    Raises
    ------
    InputError
        If the draws are of other parameters, another model, or other data or units than the fit.
    """

    fitted: FittedT
    draws: ParameterDraws
    predict: RowPredictor[FittedT]
    n_customers: int

    def __attrs_post_init__(self) -> None:
        own, others = self.fitted.estimate, self.draws
        if others.names != own.names:
            raise InputError("with_draws", expected=f"draws of {list(own.names)}", got=str(list(others.names)))
        if others.density != own.density:
            hint = "Draw from the fit that predicts: its .posterior(...), .bootstrap(...) or .estimate.draws(...)."
            raise InputError("with_draws", expected=f"draws of {own.density}", got=f"of {others.density}", hint=hint)

    def with_draws(self, draws: ParameterDraws, n: int, /) -> DrawIntervals[FittedT]:
        """Bounds of the same ``n`` predictions from other draws."""
        return attrs.evolve(self, draws=draws, n_customers=n)

    @property
    def method(self) -> str:
        """How the draws were made."""
        return self.draws.method

    def interval(self, level: float, /) -> tuple[FloatArray, FloatArray]:
        """Lower and upper bounds, each (n_customers,); customers are taken in blocks to save memory."""
        tail = 0.5 * (1.0 - level)
        moved = [self.fitted.with_theta(theta) for theta in self.draws.theta]
        block = max(1, _BLOCK_VALUES // len(moved))
        low, high = np.empty(self.n_customers), np.empty(self.n_customers)
        for start in range(0, self.n_customers, block):
            rows = np.arange(start, min(start + block, self.n_customers))
            values = np.array([self.predict(fitted, rows) for fitted in moved])
            # order statistics, not interpolated: an infinite mean among the draws stays infinite
            low[rows], high[rows] = np.quantile(values, [tail, 1.0 - tail], axis=0, method="inverted_cdf")
        return low, high

    def total_interval(self, level: float, /) -> tuple[float, float]:
        """Lower and upper bound of the sum over customers."""
        tail = 0.5 * (1.0 - level)
        sums = [self.predict(self.fitted.with_theta(theta), None).sum() for theta in self.draws.theta]
        low, high = np.quantile(sums, [tail, 1.0 - tail], method="inverted_cdf")
        return float(low), float(high)


@attrs.frozen(kw_only=True, eq=False)
class _Sum(Generic[FittedT]):
    """The sum of a prediction over all customers, as if it were one customer."""

    predict: RowPredictor[FittedT]

    def __call__(self, fitted: FittedT, rows: IntArray | None) -> FloatArray:
        del rows  # there is one row, made of all
        return np.array([self.predict(fitted, None).sum()])


@attrs.frozen(kw_only=True, eq=False)
class _OfSummary(Generic[FittedT]):
    """A prediction for a summary, customer by customer."""

    summary: CustomerSummary
    predict: Callable[[FittedT, CustomerSummary], CustomerValues]

    def __call__(self, fitted: FittedT, rows: IntArray | None) -> FloatArray:
        part = self.summary if rows is None else self.summary.take(rows)
        return self.predict(fitted, part).values


def bounded_values(
    fitted: FittedT, predict: RowPredictor[FittedT], customers: CustomerIndex, measure: str, unit: str
) -> CustomerValues:
    """Predict for each customer, with delta-method bounds."""
    return CustomerValues(
        customers=customers,
        values=predict(fitted, None),
        measure=measure,
        unit=unit,
        intervals=DeltaIntervals(fitted=fitted, predict=predict, probability=unit == "probability"),
    )


def bounded_expectation(fitted: FittedT, predict: RowPredictor[FittedT], measure: str, unit: str) -> Expectation:
    """Predict one number, the only row of ``predict``, with delta-method bounds."""
    bounds = DeltaIntervals(fitted=fitted, predict=predict)
    return Expectation(value=float(predict(fitted, None)[0]), measure=measure, unit=unit, intervals=bounds)


def bounded_counts(fitted: FittedT, predict: RowPredictor[FittedT], measure: str) -> CountProbabilities:
    """Predict the probability of 0, 1, ... purchases, with delta-method bounds."""
    bounds = DeltaIntervals(fitted=fitted, predict=predict, probability=True)
    found = predict(fitted, None)
    return CountProbabilities(probabilities=found, measure=measure, unit="probability", intervals=bounds)


def with_intervals(
    fitted: FittedT, summary: CustomerSummary, predict: Callable[[FittedT, CustomerSummary], CustomerValues]
) -> CustomerValues:
    """Give bounds to a prediction of one's own, made of those of a fitted model.

    The predictions of the models here have them already.

    Parameters
    ----------
    fitted
        A fitted model.
    summary
        The customers.
    predict
        The prediction wanted, of a fitted model and a summary.

    Returns
    -------
    CustomerValues
        Whose ``.interval(level)`` is by the delta method, and whose ``.with_draws(draws)`` takes others; the values
        are those of ``fitted`` itself.
    """
    values = predict(fitted, summary)
    source = DeltaIntervals(
        fitted=fitted,
        predict=_OfSummary(summary=summary, predict=predict),
        probability=values.unit == "probability",
    )
    return attrs.evolve(values, intervals=source)
