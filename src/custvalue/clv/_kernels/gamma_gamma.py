"""Gamma-Gamma spend: likelihood, gradient and conditional mean on plain arrays.

Fader and Hardie, "The Gamma-Gamma Model of Monetary Value" (2013), note 025. With
``u = x z / (scale + x z)`` the density of a customer's mean spend is that of a beta
prime variable, ``u^(px) (1 - u)^q / (z B(px, q))``: the same as their eq. (1a), and it
keeps its digits where the gamma functions written one by one would cancel.
"""

import numpy as np
from scipy import special

from custvalue._arrays import FloatArray

__all__ = ["expected_spend", "log_likelihood_gradient", "spend_variance"]

_BLOCK = 8_192  # rows: temporaries stay in cache, and BLAS does not start threads for a dot product


def _log_shares(log_ratio: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return ``log u`` and ``log(1 - u)`` from ``log(x z / scale)``, without forming ``1 - u``."""
    soft = np.log1p(np.exp(-np.abs(log_ratio)))
    return np.minimum(log_ratio, 0.0) - soft, -np.maximum(log_ratio, 0.0) - soft


def log_likelihood_gradient(
    log_params: FloatArray,
    x: FloatArray,
    log_total: FloatArray,
    weights: FloatArray,
    groups: tuple[FloatArray, FloatArray],
) -> tuple[float, FloatArray]:
    """Return the weighted log-likelihood and its gradient in (log p, log q, log scale).

    ``log_total`` is ``log(x z)``; ``groups`` the distinct ``x`` and the weight on each, for the
    gamma terms depend on ``x`` alone. The constant ``-sum(weights log z)`` is left out.
    """
    p, q, _ = np.exp(log_params)
    sums = np.zeros(4)
    for start in range(0, x.size, _BLOCK):
        rows = slice(start, start + _BLOCK)
        log_u, log_rest = _log_shares(log_total[rows] - log_params[2])
        weight = weights[rows]
        own = weight * x[rows]
        sums += [own @ log_u, weight @ log_rest, weight @ np.exp(log_u), own @ np.exp(log_rest)]
    counts, mass = groups
    joint = special.digamma(p * counts + q)
    value = p * sums[0] + q * sums[1] - mass @ special.betaln(p * counts, q)
    by_p = sums[0] - mass @ (counts * (special.digamma(p * counts) - joint))
    by_q = sums[1] - mass.sum() * special.digamma(q) + mass @ joint
    return float(value), np.array([p * by_p, q * by_q, q * sums[2] - p * sums[3]])


def expected_spend(p: float, q: float, scale: float, x: FloatArray, z: FloatArray) -> FloatArray:
    """Return the conditional mean spend per purchase; eq. (5).

    ``p (scale + x z) / (p x + q - 1)``; infinite, never negative, where ``p x + q <= 1``.
    ``z`` is not read where ``x`` is 0.
    """
    seen = np.where(x > 0, x * np.where(x > 0, z, 0.0), 0.0)
    below = p * x + q - 1.0
    mean = np.full(x.shape, np.inf)
    np.divide(p * (scale + seen), below, out=mean, where=below > 0)
    return mean


def spend_variance(p: float, q: float, scale: float, x: FloatArray, z: FloatArray) -> FloatArray:
    """Return the posterior variance of the customer's mean spend; infinite if ``p x + q <= 2``.

    The customer's rate is gamma with shape ``p x + q`` and rate ``scale + x z`` (eq. (4)), so
    the mean ``p / rate`` is inverse gamma.
    """
    mean = expected_spend(p, q, scale, x, z)
    below = p * x + q - 2.0
    variance = np.full(x.shape, np.inf)
    np.divide(mean**2, below, out=variance, where=below > 0)
    return variance
