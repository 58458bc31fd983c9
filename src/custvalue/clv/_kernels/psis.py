"""Pareto-smoothed importance weights on plain arrays.

Vehtari, Simpson, Gelman, Yao and Gabry, "Pareto Smoothed Importance Sampling" (Journal of
Machine Learning Research 25(72), 2024); the tail fit is Zhang and Stephens, "A New and
Efficient Estimation Method for the Generalized Pareto Distribution" (Technometrics 51(3),
2009).
"""

import math

import numpy as np

from custvalue._arrays import FloatArray

__all__ = ["effective_draws", "k_hat_limit", "pareto_fit", "smoothed_log_weights"]


def k_hat_limit(n_draws: int) -> float:
    """Return the largest k-hat that ``n_draws`` can carry; section 3.2.4, eq. (13)."""
    return min(1.0 - 1.0 / math.log10(n_draws), 0.7)


def pareto_fit(excess: FloatArray) -> tuple[float, float]:
    """Return (k, sigma) of a generalised Pareto fitted to sorted positive excesses.

    Zhang and Stephens (2009), section 3, with the weak prior on k of Vehtari et al., appendix C.
    """
    n = excess.size
    n_grid = 30 + int(np.sqrt(n))
    quartile = excess[int(n / 4 + 0.5) - 1]
    grid = 1.0 / excess[-1] + (1.0 - np.sqrt(n_grid / (np.arange(1, n_grid + 1) - 0.5))) / (3.0 * quartile)
    shapes = np.log1p(-np.outer(grid, excess)).mean(axis=1)
    profile = n * (np.log(-grid / shapes) - shapes - 1.0)
    weights = np.exp(profile - profile.max())
    centre = float(grid @ weights / weights.sum())
    shape = float(np.log1p(-centre * excess).mean())
    return (n * shape + 5.0) / (n + 10.0), -shape / centre


def _pareto_quantiles(k: float, sigma: float, n: int) -> FloatArray:
    probabilities = (np.arange(1, n + 1) - 0.5) / n
    if abs(k) < 1e-12:
        return -sigma * np.log1p(-probabilities)
    return sigma * np.expm1(-k * np.log1p(-probabilities)) / k


def smoothed_log_weights(log_ratios: FloatArray) -> tuple[FloatArray, float]:
    """Return normalised log weights (their exponentials add up to 1) and k-hat; Algorithm 1.

    With a tail too short or too flat to fit (fewer than 5 distinct draws) the raw weights
    come back and k-hat is infinite unless all weights are equal, when it is 0.
    """
    n = log_ratios.size
    weights = np.exp(log_ratios - log_ratios.max())
    order = np.argsort(weights, kind="stable")
    n_tail = int(np.ceil(min(0.2 * n, 3.0 * np.sqrt(n))))
    tail = order[-n_tail:]
    cutoff = weights[order[-n_tail - 1]]
    excess = weights[tail] - cutoff
    flat = bool(np.ptp(weights) <= 1e-12)
    if n_tail < 5 or excess[int(n_tail / 4 + 0.5) - 1] <= 0.0:
        k_hat = 0.0 if flat else np.inf
    else:
        k_hat, sigma = pareto_fit(excess)
        weights[tail] = np.minimum(cutoff + _pareto_quantiles(k_hat, sigma, n_tail), 1.0)
    with np.errstate(divide="ignore"):
        logs = np.log(weights / weights.sum())
    return logs, float(k_hat)


def effective_draws(log_weights: FloatArray) -> float:
    """Return 1 / sum of squared normalised weights."""
    return float(1.0 / np.exp(2.0 * log_weights).sum())
