"""Expectations over a beta-distributed chance to drop out, all terms positive.

The closed forms of the BG/NBD family are Gauss hypergeometric functions that overflow, cancel, or divide by a - 1.
Here p ~ Beta(a, b) is integrated in u = logit p instead; the two tails, where everything but a power of p (or of
1 - p) is constant, are exact.
Arguments: ``n = r + x`` the shape of the purchase rate, ``y = t / (alpha + T)`` the horizon on its scale.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from custvalue._arrays import FloatArray
from custvalue.clv._kernels.quadrature import discounted_power, integrate_hump
from custvalue.clv._kernels.special import gamma_ratio

__all__ = ["discounted_purchases", "mean_purchases", "mean_reciprocal", "mean_survival"]

Column = FloatArray | float
LogKernel = Callable[[FloatArray, FloatArray, FloatArray], FloatArray]

_ROWS = 400
_TAIL = 30.0  # e^-30 = 1e-13: how close to a pure power the tails are


def mean_survival(a: Column, b: Column, n: Column, y: Column) -> FloatArray:
    """E[(1 + p y)^-n]: the chance to be still there at the horizon."""
    return _expect(lambda p, n, y: -n * np.log1p(p * y), a, b, n, y)


def mean_purchases(a: Column, b: Column, n: Column, y: Column) -> FloatArray:
    """E[(1 - (1 + p y)^-n) / p]: purchases up to the horizon; (a + b - 1) / (a - 1) or inf as y grows without end."""

    def log_purchases(p: FloatArray, n: FloatArray, y: FloatArray) -> FloatArray:
        value: FloatArray = np.log(-np.expm1(-n * np.log1p(p * y))) - np.log(p)
        return value

    return _expect(log_purchases, a, b, n, y)


def discounted_purchases(a: Column, b: Column, n: Column, zeta: Column) -> FloatArray:
    """E[n x integral of exp(-zeta v) (1 + p v)^-(n+1) over v >= 0]: all to come, discounted at zeta / (alpha + T)."""

    def log_discounted(p: FloatArray, n: FloatArray, zeta: FloatArray) -> FloatArray:
        value: FloatArray = np.log(n / p * discounted_power(zeta / p, n + 1.0))
        return value

    a, b, n, zeta = (np.asarray(value, dtype=np.float64) for value in (a, b, n, zeta))
    with np.errstate(divide="ignore", invalid="ignore"):
        forever = np.where(a > 1.0, (a + b - 1.0) / (a - 1.0), np.inf)
    discounted = _expect(log_discounted, a, b, n, np.where(zeta > 0.0, zeta, 1.0), inverted=True)
    return np.where(zeta > 0.0, discounted, forever)


def mean_reciprocal(a: Column, b: Column, rate: Column) -> FloatArray:
    """E[1 / (rate + p)]; (a + b - 1) / (a - 1) or inf at rate 0."""
    a, b, rate = (np.asarray(value, dtype=np.float64) for value in (a, b, rate))
    with np.errstate(divide="ignore", invalid="ignore"):
        forever = np.where(a > 1.0, (a + b - 1.0) / (a - 1.0), np.inf)
    positive = np.where(rate > 0.0, rate, 1.0)
    value = _expect(lambda p, _n, rate: -np.log(rate + p), a, b, 0.0, positive, inverted=True)
    return np.where(rate > 0.0, value, forever)


def _log_beta(a: FloatArray, b: FloatArray) -> FloatArray:
    small, large = np.minimum(a, b), np.maximum(a, b)
    value: FloatArray = special.gammaln(small) - gamma_ratio(large, small)
    return value


def _expect(log_kernel: LogKernel, a: Column, b: Column, n: Column, y: Column, *, inverted: bool = False) -> FloatArray:
    """E[exp(log_kernel(p))] for p ~ Beta(a, b), in blocks of rows; p matters on the scale 1 / y, or y if inverted."""
    columns = [np.atleast_1d(np.asarray(v, dtype=np.float64)) for v in np.broadcast_arrays(a, b, n, y)]
    total = np.empty(len(columns[0]))
    for first in range(0, len(total), _ROWS):
        block = [column[first : first + _ROWS] for column in columns]
        total[first : first + _ROWS] = _expect_block(log_kernel, *block, inverted=inverted)
    return total


def _expect_block(
    log_kernel: LogKernel, a: FloatArray, b: FloatArray, n: FloatArray, y: FloatArray, *, inverted: bool
) -> FloatArray:
    log_norm = _log_beta(a, b)
    low = -_TAIL - np.log(1.0 + a + b + (n + 1.0) * (1.0 / y if inverted else y))
    high = _TAIL + np.log(1.0 + a + b + n)

    def log_integrand(u: FloatArray) -> FloatArray:
        e = np.exp(-np.abs(u))
        both = np.log(1.0 + e)
        log_p, log_q = np.minimum(u, 0.0) - both, np.minimum(-u, 0.0) - both
        value: FloatArray = (
            a[:, None] * log_p
            + b[:, None] * log_q
            - log_norm[:, None]
            + log_kernel(np.exp(log_p), n[:, None], y[:, None])
        )
        return value

    edge = special.expit(np.stack([low, high], axis=1))
    at_edge = log_kernel(edge, n[:, None], y[:, None])
    left = np.exp(a * low - log_norm + at_edge[:, 0] - np.log(a))
    right = np.exp(-b * high - log_norm + at_edge[:, 1] - np.log(b))
    return left + right + integrate_hump(log_integrand, low, high)
