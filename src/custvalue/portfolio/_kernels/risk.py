"""Covariance with shrinkage, and portfolios of least variance within bounds."""

from __future__ import annotations

import numpy as np
from scipy import optimize

from custvalue._arrays import BoolArray, FloatArray

ACTIVE = 1e-7


def ledoit_wolf(returns: FloatArray) -> tuple[FloatArray, float]:
    """Shrink the covariance (divisor n) towards a multiple of the identity; give it and the intensity.

    Ledoit and Wolf (2004), A well-conditioned estimator, J. Multivariate Analysis 88, lemmas 3.2 to 3.5.
    """
    n, k = returns.shape
    centred = returns - returns.mean(axis=0)
    sample = centred.T @ centred / n
    mu = np.trace(sample) / k
    d2 = ((sample - mu * np.eye(k)) ** 2).sum() / k
    b2_bar = (((centred**2).sum(axis=1) ** 2).sum() / n - (sample**2).sum()) / (n * k)
    b2 = min(max(b2_bar, 0.0), d2)
    intensity = float(b2 / d2) if d2 > 0 else 0.0
    return intensity * mu * np.eye(k) + (1 - intensity) * sample, intensity


def highest_return(mean: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Weights of the highest mean return within bounds: fill the best segments first."""
    weights = low.copy()
    left = 1.0 - low.sum()
    for at in np.argsort(-mean, kind="stable"):
        step = min(high[at] - low[at], left)
        weights[at] += step
        left -= step
    return weights


def least_variance(
    covariance: FloatArray, low: FloatArray, high: FloatArray, mean: FloatArray, target: float | None
) -> tuple[FloatArray, float]:
    """Weights of least variance that add up to 1, within bounds, with a given mean return if there is a target.

    Gives the weights and the multiplier of the target: half the slope of the variance along the frontier.
    """
    rows = [np.ones(mean.size)] + ([] if target is None else [mean])
    values = np.array([1.0] + ([] if target is None else [target]))
    equalities = np.array(rows)
    size = float(np.trace(covariance)) / mean.size or 1.0

    def half_variance(w: FloatArray) -> float:
        return float(0.5 * w @ covariance @ w / size)

    def gradient(w: FloatArray) -> FloatArray:
        return np.asarray(covariance @ w / size)

    found = optimize.minimize(
        half_variance,
        _start(low, high, mean, target),
        jac=gradient,
        bounds=optimize.Bounds(low, high),
        constraints=optimize.LinearConstraint(equalities, values, values),
        method="SLSQP",
        tol=1e-15,
    )
    rough = np.clip(found.x, low, high)
    free = (rough > low + ACTIVE) & (rough < high - ACTIVE)
    return _polished(covariance, rough, free, equalities, values, (low, high))


def _start(low: FloatArray, high: FloatArray, mean: FloatArray, target: float | None) -> FloatArray:
    top, bottom = highest_return(mean, low, high), highest_return(-mean, low, high)
    reach = float(mean @ top - mean @ bottom)
    share = 0.5 if target is None or reach <= 0 else (target - float(mean @ bottom)) / reach
    return np.asarray(bottom + np.clip(share, 0.0, 1.0) * (top - bottom))


def _polished(
    covariance: FloatArray,
    rough: FloatArray,
    free: BoolArray,
    equalities: FloatArray,
    values: FloatArray,
    bounds: tuple[FloatArray, FloatArray],
) -> tuple[FloatArray, float]:
    """Solve the optimality conditions exactly with the weights at their bounds held there."""
    held = ~free
    inner, rim = covariance[np.ix_(free, free)], covariance[np.ix_(free, held)]
    lines = equalities[:, free]
    n, m = int(free.sum()), lines.shape[0]
    system = np.block([[inner, -lines.T], [lines, np.zeros((m, m))]])
    right = np.concatenate([-rim @ rough[held], values - equalities[:, held] @ rough[held]])
    solved, *_ = np.linalg.lstsq(system, right, rcond=None)
    weights = rough.copy()
    weights[free] = solved[:n]
    low, high = bounds
    inside = np.all(weights >= low - 1e-9) and np.all(weights <= high + 1e-9)
    exact = np.allclose(equalities @ weights, values, rtol=0.0, atol=1e-9)
    multiplier = float(solved[n + 1]) if m > 1 else 0.0
    return (np.clip(weights, low, high), multiplier) if inside and exact else (rough, multiplier)
