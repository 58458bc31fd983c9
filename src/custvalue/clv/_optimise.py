"""The machine that maximises a log-likelihood over unbounded (mostly log) parameters.

A model supplies a :class:`Problem`: names, a log-likelihood with its gradient, start values. Everything
else is the same for all: search on a subsample where there is one, Newton finish on the full data with the objective's
own Hessian (else with central differences of its gradient), and a judgement that looks at the gradient and not at an
optimiser's flag.
"""

from __future__ import annotations

import math
from typing import Protocol, runtime_checkable

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize

__all__ = ["FAR", "LOG_BOUND", "Curved", "Density", "Objective", "Optimum", "Problem", "central_hessian", "maximise"]

FloatArray = NDArray[np.float64]

LOG_BOUND = math.log(1e5)
"""No scaled log-parameter leaves ``[-LOG_BOUND, LOG_BOUND]``: a maximum there is reported as a boundary."""

FAR = math.log(1e4)
"""Scaled parameters beyond this are as good as 0 or infinite."""

_STEP = 1e-4  # of the central differences: truncation and rounding both near 1e-9
_FINISHED = 1e-12  # nats still to gain, as the quadratic model sees it
_SETTLED, _SHORT = 1e-6, 1e-2  # nats and log units below which the next step arrives (what is left then squares)
_CONVERGED = 1e-6  # the same, where we are content to call the search successful
_RUNAWAY = 1e-3  # nats a customer and log unit still gained at the bound: no maximum, not even at infinity
_LONGEST = 2.0  # longest Newton step in one log-parameter
_SAME = 0.05  # log units within which two searches have ended at one place
_RIVAL = 2.0  # nats by which a second maximum may be lower and still be worth a word
_TIGHT, _LOOSE = 1e-13, 1e-7  # relative gain at which the first search stops: on the data, and on a subsample


class Objective(Protocol):
    """A log-likelihood (sum over weighted rows) with its gradient, of the parameter vector alone."""

    def __call__(self, theta: FloatArray, /) -> tuple[float, FloatArray]:
        """Value and gradient (n_params,) at ``theta`` (n_params,)."""
        ...


@runtime_checkable
class Curved(Protocol):
    """An objective that also knows its Hessian, at little more than the price of the gradient."""

    def curvature(self, theta: FloatArray, /) -> tuple[float, FloatArray, FloatArray]:
        """Value, gradient (n_params,) and Hessian (n_params, n_params) at ``theta`` (n_params,)."""
        ...


@attrs.frozen(kw_only=True)
class Density:
    """Whose likelihood it is, and of what: numbers of another unit, or of other data, have another density.

    Parameters
    ----------
    model
        The model whose parameters they are.
    of
        The data, with their unit, as "purchase times in weeks". Likelihoods of the same can be compared.
    """

    model: str
    of: str

    def __str__(self) -> str:
        return f"{self.model} ({self.of})"


@attrs.frozen(kw_only=True, eq=False)
class Problem:
    """What a model has to say about itself to be fitted.

    Parameters
    ----------
    density
        The model, and what its likelihood is a density of.
    names
        Parameter names in the literature's order.
    objective
        Weighted log-likelihood and gradient in *scaled* parameters.
    starts
        Start vectors in scaled parameters; the second and later ones are tried only when the first one fails, unless
        ``every_start`` is set.
    shift
        Added to a scaled vector to give the reported one (``log(scale)`` for a parameter that is a time or a money
        amount, else 0).
    offset
        Added to the objective to give the reported log-likelihood (the Jacobian of the scaling).
    weight
        Total weight of the rows: the number of customers.
    pilot
        The objective of a subsample, weighted up to ``weight``; None when the data are small.
    positive
        Which parameters are logs of positive numbers; None means all of them.
    factor
        Multiplies a scaled parameter before ``shift`` is added; for an amount that may be negative. None means 1.
    carry
        (n_params, n_params): at the end ``carry @ theta`` is added to the reported vector, as the means of centred
        columns are to an intercept. Only parameters that receive nothing give (``carry @ carry`` is 0). None means 0.
    every_start
        Whether the likelihood may have several maxima, so that all starts are searched and the best end is taken.
    """

    density: Density
    names: tuple[str, ...]
    objective: Objective
    starts: tuple[FloatArray, ...]
    shift: FloatArray
    offset: float
    weight: float
    pilot: Objective | None = None
    positive: tuple[bool, ...] | None = None
    factor: FloatArray | None = None
    carry: FloatArray | None = None
    every_start: bool = False

    def reported(self, theta: FloatArray, /) -> tuple[float, FloatArray]:
        """Log-likelihood and gradient at a parameter vector in the reported unit."""
        value, gradient = self.objective(self.to_scaled(theta))
        slope = gradient / self.factors
        return value + self.offset, slope if self.carry is None else slope - self.carry.T @ slope

    @property
    def factors(self) -> FloatArray:
        """:attr:`factor`, spelled out."""
        return self.factor if self.factor is not None else np.ones(len(self.names))

    def to_scaled(self, theta: FloatArray, /) -> FloatArray:
        """A vector in the reported unit, scaled."""
        parts = theta if self.carry is None else theta - self.carry @ theta
        scaled: FloatArray = (parts - self.shift) / self.factors
        return scaled

    def to_reported(self, scaled: FloatArray, /) -> FloatArray:
        """A scaled vector in the reported unit."""
        theta: FloatArray = scaled * self.factors + self.shift
        return theta if self.carry is None else theta + self.carry @ theta

    def reported_hessian(self, hessian: FloatArray, /) -> FloatArray:
        """A Hessian (n_params, n_params) in scaled parameters, in the reported ones."""
        reported: FloatArray = hessian / np.outer(self.factors, self.factors)
        if self.carry is None:
            return reported
        half = reported - self.carry.T @ reported
        return half - half @ self.carry

    @property
    def log_scaled(self) -> tuple[bool, ...]:
        """Which parameters are logs, spelled out."""
        return self.positive if self.positive is not None else (True,) * len(self.names)


@attrs.frozen(kw_only=True, eq=False)
class Optimum:
    """Where :func:`maximise` ended, in scaled parameters.

    ``drift`` is the Newton step still wanted: near zero at an interior maximum, of order one along a parameter that
    runs to a boundary. ``rivals`` are other interior maxima hardly lower than this one, where all starts were searched.
    """

    theta: FloatArray
    value: float
    penalty: float
    gradient: FloatArray
    hessian: FloatArray
    drift: FloatArray
    weight: float
    n_evaluations: int
    rivals: tuple[Optimum, ...] = ()

    @property
    def decrement(self) -> float:
        """Log-likelihood still to gain, as the quadratic model sees it."""
        return 0.5 * abs(float(self.gradient @ self.drift))

    @property
    def converged(self) -> bool:
        """Whether next to nothing is left to gain; a hundredth of a nat will do on the way to a boundary."""
        if not np.isfinite(self.value) or self.runaway.any():
            return False
        far = float(np.abs(self.theta).max()) >= FAR
        return self.decrement <= max(_CONVERGED, 1e-12 * abs(self.value), 1e-2 if far else 0.0)

    @property
    def runaway(self) -> NDArray[np.bool_]:
        """Parameters at the bound, beyond which the likelihood keeps growing: there is no maximum at all."""
        outwards = self.gradient * np.sign(self.theta) > _RUNAWAY * self.weight
        held: NDArray[np.bool_] = (np.abs(self.theta) >= LOG_BOUND - 1e-9) & outwards
        return held

    @property
    def interior(self) -> bool:
        """Whether this is a maximum away from every boundary."""
        return self.converged and float(np.abs(self.drift).max()) < 1e-2 and float(np.abs(self.theta).max()) < FAR


class _Counted:
    """An objective plus an optional penalty, counting its calls; not finite means minus infinity."""

    def __init__(self, objective: Objective, penalty: Objective | None) -> None:
        self.objective = objective
        self.penalty = penalty
        self.calls = 0

    def __call__(self, theta: FloatArray, /) -> tuple[float, FloatArray]:
        self.calls += 1
        return self._penalised(theta, *self.objective(theta))

    def point(self, theta: FloatArray, /) -> _Point:
        """Look at one place, with the curvature there if the objective gives it."""
        if not isinstance(self.objective, Curved):
            return _Point(theta, *self(theta), None)
        self.calls += 1
        value, gradient, hessian = self.objective.curvature(theta)
        if self.penalty is not None:
            hessian = hessian + central_hessian(self.penalty, theta)
        curved = hessian if np.isfinite(hessian).all() else central_hessian(self, theta)
        return _Point(theta, *self._penalised(theta, value, gradient), curved)

    def _penalised(self, theta: FloatArray, value: float, gradient: FloatArray) -> tuple[float, FloatArray]:
        if self.penalty is not None:
            extra, slope = self.penalty(theta)
            value, gradient = value + extra, gradient + slope
        if not (math.isfinite(value) and np.isfinite(gradient).all()):
            return -math.inf, np.zeros_like(theta)
        return value, gradient


@attrs.frozen(eq=False)
class _Point:
    """A place on the way to the maximum; no Hessian where the objective has none of its own."""

    theta: FloatArray
    value: float
    gradient: FloatArray
    hessian: FloatArray | None


def maximise(problem: Problem, penalty: Objective | None = None) -> Optimum:
    """Maximise the problem's objective plus a log-prior ``penalty`` (both in scaled parameters)."""
    full = _Counted(problem.objective, penalty)
    pilot = None if problem.pilot is None else _Counted(problem.pilot, penalty)
    reached: list[FloatArray] = []
    found: list[Optimum] = []
    for start in problem.starts:
        if found and _best(found).interior and not problem.every_start:
            break
        theta = _search(full if pilot is None else pilot, start, problem.weight, _TIGHT if pilot is None else _LOOSE)
        if any(_near(theta, other) for other in reached):
            continue
        reached.append(theta)
        borrowed = None if pilot is None or isinstance(problem.objective, Curved) else central_hessian(pilot, theta)
        found.append(_finish(full, theta, borrowed, problem.weight))
    best = _best(found)
    extra = 0.0 if penalty is None else penalty(best.theta)[0]
    return attrs.evolve(
        best,
        value=best.value - extra,
        penalty=extra,
        n_evaluations=full.calls,
        rivals=tuple(other for other in found if other.interior and _rivals(other, best)),
    )


def _best(found: list[Optimum]) -> Optimum:
    """The highest of several ends, the first of those that are equal but for rounding."""
    best = found[0]
    for other in found[1:]:
        if other.value > best.value + 1e-9 * abs(best.value):
            best = other
    return best


def _rivals(other: Optimum, best: Optimum) -> bool:
    return other.value > best.value - _RIVAL and not _near(other.theta, best.theta)


def _near(one: FloatArray, other: FloatArray) -> bool:
    return float(np.abs(one - other).max()) < _SAME


def central_hessian(objective: Objective, theta: FloatArray) -> FloatArray:
    """Hessian (n_params, n_params) by central differences of the gradient, made symmetric."""
    n_params = len(theta)
    columns = np.empty((n_params, n_params))
    for i in range(n_params):
        up, down = theta.copy(), theta.copy()
        up[i] += _STEP
        down[i] -= _STEP
        columns[i] = (objective(up)[1] - objective(down)[1]) / (2 * _STEP)
    hessian: FloatArray = 0.5 * (columns + columns.T)
    return hessian


def _search(objective: Objective, start: FloatArray, weight: float, tolerance: float) -> FloatArray:
    """L-BFGS-B from one start; where it stops matters, what it says about itself does not."""

    def downhill(theta: FloatArray) -> tuple[float, FloatArray]:
        value, gradient = objective(theta)
        return (-value / weight, -gradient / weight) if math.isfinite(value) else (1e300, gradient)

    result = optimize.minimize(
        downhill,
        np.clip(start, -LOG_BOUND, LOG_BOUND),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-LOG_BOUND, LOG_BOUND)] * len(start),
        options={"ftol": tolerance, "gtol": 1e-7, "maxiter": 400, "maxcor": 20},
    )
    found: FloatArray = np.asarray(result.x, dtype=np.float64)
    return found


def _newton_step(hessian: FloatArray, gradient: FloatArray, theta: FloatArray) -> FloatArray:
    """Ascent step with the curvature made negative definite; what would cross its bound stops there."""
    held = ((theta >= LOG_BOUND) & (gradient > 0)) | ((theta <= -LOG_BOUND) & (gradient < 0))
    step = np.zeros_like(theta)
    for _ in range(len(theta)):
        free = np.flatnonzero(~held)
        if not len(free):
            break
        pull = gradient[free] + hessian[np.ix_(free, np.flatnonzero(held))] @ step[held]
        step[free] = _ascent(hessian[np.ix_(free, free)], pull)
        out = ~held & (np.abs(theta + step) > LOG_BOUND)
        if not out.any():
            break
        step[out] = np.copysign(LOG_BOUND, theta[out]) - theta[out]
        held |= out
    return step


def _ascent(hessian: FloatArray, gradient: FloatArray) -> FloatArray:
    """Newton's step, no longer than two log units in any parameter."""
    curvature, axes = linalg.eigh(-hessian)
    floor = max(1e-14 * float(np.abs(curvature).max()), 1e-12)
    step: FloatArray = axes @ ((axes.T @ gradient) / np.maximum(np.abs(curvature), floor))
    return step * min(1.0, _LONGEST / max(float(np.abs(step).max()), 1e-300))


def _finish(objective: _Counted, theta: FloatArray, hessian: FloatArray | None, weight: float) -> Optimum:
    """Newton steps on the full objective; a Hessian that had to be borrowed is renewed when it stops helping."""
    here = objective.point(theta)
    exact = hessian is None
    hessian = _hessian_at(objective, here) if hessian is None else hessian
    left = math.inf
    for _ in range(40):
        step = _newton_step(hessian, here.gradient, here.theta)
        before, left = left, 0.5 * float(here.gradient @ step)
        longest = float(np.abs(step).max())
        drifting = left < 0.01 * _CONVERGED and longest > 0.1
        if drifting or left < (_SETTLED if exact and longest < _SHORT else _FINISHED):
            break
        if left > 0.2 * before and not exact:
            hessian, exact = _hessian_at(objective, here), True
            step = _newton_step(hessian, here.gradient, here.theta)
        moved = _line_search(objective, here, step)
        if moved is None:
            break
        here, exact = moved, moved.hessian is not None
        hessian = hessian if here.hessian is None else here.hessian
    return _optimum(here, hessian if exact else _hessian_at(objective, here), weight)


def _optimum(here: _Point, hessian: FloatArray, weight: float) -> Optimum:
    """Where the search ended; a last step too short to be worth another look is taken on trust."""
    drift = _newton_step(hessian, here.gradient, here.theta)
    left = 0.5 * float(here.gradient @ drift)
    trusted = 0.0 <= left < _SETTLED and float(np.abs(drift).max()) < _SHORT
    return Optimum(
        theta=here.theta + drift if trusted else here.theta,
        value=here.value + left if trusted else here.value,
        penalty=0.0,
        gradient=here.gradient,
        hessian=hessian,
        drift=drift,
        weight=weight,
        n_evaluations=0,
    )


def _hessian_at(objective: _Counted, here: _Point) -> FloatArray:
    return central_hessian(objective, here.theta) if here.hessian is None else here.hessian


def _line_search(objective: _Counted, here: _Point, step: FloatArray) -> _Point | None:
    """The first of a few shrinking steps that does not lose ground; None if all do."""
    slack = 1e-13 * abs(here.value)
    for shrink in (1.0, 0.25, 0.05, 0.005):
        there = objective.point(np.clip(here.theta + shrink * step, -LOG_BOUND, LOG_BOUND))
        if there.value >= here.value - slack:
            return there
    return None
