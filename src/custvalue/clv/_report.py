"""How a fit went: what an optimum means, in numbers and in words."""

from __future__ import annotations

import math

import attrs
import numpy as np

from custvalue._arrays import FloatArray
from custvalue.clv._draws import natural_values
from custvalue.clv._optimise import FAR, Optimum, Problem

__all__ = ["BY_HAND", "FitReport", "judged"]

_BY_HAND = "parameters set by hand, not fitted"
_DRIFTING = 0.05  # a Newton step this long with nothing left to gain: the parameter runs away
_NO_MAXIMUM = (
    "the likelihood has no maximum inside the parameter space; fit again with {remedy}, a simpler model, "
    "or a longer observation period"
)
_FLAT = 1e-4  # curvature (nats per squared log unit) below which a direction is called unidentified
_ROUNDING = 1e-12  # share of the largest curvature below which one is nothing but rounding


@attrs.frozen(kw_only=True)
class FitReport:
    """How a fit went, in numbers and in words.

    Parameters
    ----------
    converged
        Whether the gradient says that a maximum was reached (a maximum on a boundary counts; it is named in
        ``boundary``).
    gradient_norm
        Largest absolute gradient a customer, in log-parameters.
    hessian_condition
        Ratio of the largest to the smallest curvature; infinite where a direction is flat.
    n_evaluations
        Passes over the full data; 0 where nothing was fitted.
    boundary
        Parameters whose best value is 0 or infinity, as ``"a -> 0"``; coefficients may run to ``-infinity`` too.
    unidentified
        The direction the data say nothing about, as ``"r and alpha together"``; empty if there is none.
    notes
        What the reader must know about the assumptions.
    advice
        What to try next.
    """

    converged: bool
    gradient_norm: float
    hessian_condition: float
    n_evaluations: int
    boundary: tuple[str, ...] = ()
    unidentified: str = ""
    notes: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = ["converged" if self.converged else "NOT converged" if self.n_evaluations else _BY_HAND]
        parts += [f"on a boundary: {', '.join(self.boundary)}"] if self.boundary else []
        parts += [f"not identified: {self.unidentified}"] if self.unidentified else []
        return "; ".join([*parts, *self.notes, *self.advice])


BY_HAND = FitReport(
    converged=False,
    gradient_norm=math.nan,
    hessian_condition=math.nan,
    n_evaluations=0,
)
"""What there is to report where nothing was fitted."""


def judged(problem: Problem, optimum: Optimum, notes: tuple[str, ...], remedy: str, *, has_prior: bool) -> FitReport:
    """Turn an optimum into words."""
    curvature, axes = np.linalg.eigh(-optimum.hessian)
    known = axes[:, np.abs(curvature) > _ROUNDING * np.abs(curvature).max()]
    boundary = _boundaries(problem, optimum.theta, known @ (known.T @ optimum.drift))
    # weights may add up to less than one customer: flat is what would be so for a whole one
    flat = curvature[0] < _FLAT * min(1.0, problem.weight)
    if problem.weight < 1.0 - 1e-9:
        notes += (f"case weights add up to {problem.weight:.3g}, less than one customer: standard errors are as wide",)
    advice: tuple[str, ...] = ()
    if (boundary or flat) and not has_prior:
        advice = (_NO_MAXIMUM.format(remedy=remedy),)
    if optimum.runaway.any():
        names = ", ".join(name for name, runs in zip(problem.names, optimum.runaway, strict=True) if runs)
        why = "too few customers, histories or amounts that are all alike, or impossible ages (repeats at age 0)"
        tighter = "; a tighter prior, such as LogNormalPrior(sd=1), may hold it" if has_prior else ""
        advice += (f"the likelihood grows without limit in {names}: {why}{tighter}",)
    elif not optimum.converged:
        advice += (f"try {remedy}, or look for customers far outside the bulk of the data",)
    return FitReport(
        converged=optimum.converged,
        gradient_norm=float(np.abs(optimum.gradient).max() / problem.weight),
        hessian_condition=float(curvature[-1] / curvature[0]) if curvature[0] > 0 else math.inf,
        n_evaluations=optimum.n_evaluations,
        boundary=boundary,
        unidentified=_direction(problem.names, axes[:, 0]) if flat else "",
        notes=notes + tuple(_rival(problem, optimum, other) for other in optimum.rivals),
        advice=advice,
    )


def _rival(problem: Problem, best: Optimum, other: Optimum) -> str:
    """Name a second maximum."""
    natural = natural_values(problem.to_reported(other.theta), problem.log_scaled)
    place = ", ".join(f"{name} {value:.4g}" for name, value in zip(problem.names, natural, strict=True))
    less = best.value + best.penalty - other.value
    return f"a second maximum lies {less:.2f} nats lower, at {place}: standard errors are about the first alone"


def _boundaries(problem: Problem, theta: FloatArray, drift: FloatArray) -> tuple[str, ...]:
    """Parameters that have gone far, or still run away with nothing left to gain."""
    logs = np.array(problem.log_scaled)
    bound = np.full(theta.shape, FAR)
    if problem.carry is not None:
        # of a coefficient: so far apart are customers a standard deviation either side of the mean
        bound[~logs] = FAR / 2.0
        loose = ~logs & ((np.abs(theta) >= bound) | (np.abs(drift) > _DRIFTING))
        # a runaway coefficient takes the mean customer along: look at the one it does not concern
        taken = problem.carry * np.where(loose, problem.factors, 0.0)
        theta, drift = theta + taken @ theta, drift + taken @ drift
    far = np.abs(theta) >= bound
    upwards = np.where(far, theta, drift) > 0.0
    return tuple(
        f"{problem.names[i]} -> {'infinity' if upwards[i] else '0' if logs[i] else '-infinity'}"
        for i in np.flatnonzero(far | (np.abs(drift) > _DRIFTING))
    )


def _direction(names: tuple[str, ...], axis: FloatArray) -> str:
    """Say which parameters move along a flat direction, and whether together or against each other."""
    weights = axis / axis[np.abs(axis).argmax()]
    with_it = [name for name, share in zip(names, weights, strict=True) if share > 0.1]
    against = [name for name, share in zip(names, weights, strict=True) if share < -0.1]
    text = " and ".join(with_it) + (" together" if len(with_it) > 1 else "")
    return f"{text} against {' and '.join(against)}" if against else text
