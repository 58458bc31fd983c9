"""Stable elementary pieces shared by the purchase kernels."""

from __future__ import annotations

import numpy as np
from scipy import special

from custvalue._arrays import FloatArray

__all__ = [
    "at_least",
    "gamma_ratio",
    "if_alive",
    "log_beta_ratio",
    "log_negative_binomial",
    "softplus",
    "trigamma_ratio",
]

_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360)


def softplus(d: FloatArray) -> FloatArray:
    """Evaluate ``log(1 + exp(d))`` without overflow."""
    value: FloatArray = np.maximum(d, 0.0) + np.log(1.0 + np.exp(-np.abs(d)))
    return value


def _stirling_tail(z: FloatArray) -> FloatArray:
    """Remainder of Stirling's series for log-gamma, good to 1e-16 from z = 15 on."""
    inverse = 1.0 / z
    square = inverse * inverse
    total = np.zeros_like(inverse)
    for coefficient in reversed(_STIRLING):
        total = total * square + coefficient
    return total * inverse


def gamma_ratio(z: FloatArray | float, n: FloatArray | float) -> FloatArray:
    """Evaluate ``log(Gamma(z + n) / Gamma(z))`` for z > 0, n >= 0 without the cancellation of two large log-gammas."""
    z, n = np.broadcast_arrays(np.asarray(z, dtype=np.float64), np.asarray(n, dtype=np.float64))
    plain = special.gammaln(z + n) - special.gammaln(z)
    large = z >= 15.0
    if not large.any():
        return np.asarray(plain)
    big, step = np.where(large, z, 15.0), np.where(large, n, 0.0)
    # log Gamma(z+n) - log Gamma(z) = (z+n-1/2) log1p(n/z) + n log z - n + tail(z+n) - tail(z)
    series = (
        (big + step - 0.5) * np.log1p(step / big)
        + step * (np.log(big) - 1.0)
        + (_stirling_tail(big + step) - _stirling_tail(big))
    )
    return np.where(large, series, plain)


def trigamma_ratio(z: FloatArray | float, n: FloatArray | float) -> FloatArray:
    """Second derivative of :func:`gamma_ratio` in z: trigamma(z + n) - trigamma(z)."""
    base = np.asarray(z, dtype=np.float64)
    return np.asarray(special.zeta(2.0, base + n) - special.zeta(2.0, base))


def if_alive(alive: FloatArray, ahead: FloatArray | float) -> FloatArray:
    """Give what is ahead of the living, by the chance to be one; an infinite mean stays so at any chance."""
    alive, ahead = np.broadcast_arrays(alive, ahead)
    return np.multiply(alive, ahead, out=np.array(ahead, dtype=np.float64), where=np.isfinite(ahead))


def log_beta_ratio(a: FloatArray | float, b: FloatArray | float, m: FloatArray | float) -> FloatArray:
    """Evaluate ``log(B(a, b + m) / B(a, b))``, the log-probability of surviving m chances to drop out."""
    return gamma_ratio(b, m) - gamma_ratio(np.asarray(a) + b, m)


def log_negative_binomial(n: FloatArray, r: FloatArray | float, y: FloatArray | float) -> FloatArray:
    """Log-probability of n Poisson events when the rate is gamma(r, alpha), up to a time ``y = t / alpha``."""
    n, r, y = np.broadcast_arrays(n, np.asarray(r, dtype=np.float64), np.asarray(y, dtype=np.float64))
    # Gamma(r + n) / (Gamma(r) n!) from the larger of the two: no cancellation of large log-gammas
    many = n > r
    ways = gamma_ratio(np.where(many, n + 1.0, r), np.where(many, r - 1.0, n))
    ways -= special.gammaln(np.where(many, r, n + 1.0))
    with np.errstate(divide="ignore"):
        waits = np.where(n > 0, n * np.log1p(1.0 / y), 0.0)
    value: FloatArray = ways - r * np.log1p(y) - waits
    return value


def at_least(n: FloatArray, r: FloatArray | float, y: FloatArray | float) -> FloatArray:
    """Chance of n or more such events; n need not be whole."""
    some = np.maximum(n, 1e-300)
    # the smaller of y / (1 + y) and its rest is the one known to all digits
    chance = np.where(
        np.asarray(y) < 1.0, special.betainc(some, r, y / (1.0 + y)), special.betaincc(r, some, 1.0 / (1.0 + y))
    )
    return np.where(n > 0, chance, 1.0)
