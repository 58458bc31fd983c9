"""Rows folded by the number of purchases: all that a normal likelihood needs of them."""

import numpy as np

from custvalue._arrays import FloatArray

__all__ = ["fold", "normal_log_likelihood"]

Groups = tuple[FloatArray, FloatArray, FloatArray, FloatArray]
_LOG_2PI = np.log(2.0 * np.pi)


def fold(x: FloatArray, y: FloatArray, weights: FloatArray) -> Groups:
    """Return, per distinct ``x``: ``x``, total weight, weighted mean of ``y``, squares about it."""
    counts, place = np.unique(x, return_inverse=True)
    mass = np.bincount(place, weights=weights).astype(np.float64)
    sums = np.bincount(place, weights=weights * y).astype(np.float64)
    means = np.divide(sums, mass, out=np.zeros_like(sums), where=mass > 0)
    scatter = np.bincount(place, weights=weights * (y - means[place]) ** 2).astype(np.float64)
    return counts, mass, means, scatter


def normal_log_likelihood(
    groups: Groups, centre: FloatArray, variance: FloatArray
) -> tuple[float, FloatArray, FloatArray]:
    """Return the log-likelihood of ``y ~ N(centre, variance)`` and its slopes in both, per group."""
    _, mass, means, scatter = groups
    off = means - centre
    squares = scatter + mass * off**2
    value = -0.5 * (mass @ (_LOG_2PI + np.log(variance)) + (squares / variance).sum())
    return float(value), mass * off / variance, 0.5 * (squares / variance - mass) / variance
