"""How regular purchases are, from the gaps between them, on plain arrays."""

import numpy as np
from scipy import optimize, special

from custvalue._arrays import FloatArray, IntArray

__all__ = ["adjacent_shares", "conditional_shape", "wheat_morrison_shape"]


def adjacent_shares(owner: IntArray, gaps: FloatArray) -> FloatArray:
    """Return first / (first + second) of each pair of a customer's gaps: 1 and 2, 3 and 4, ...

    No gap is used twice, so the shares are independent; no draw decides which pairs are used.
    """
    starts = np.flatnonzero(np.append(True, owner[1:] != owner[:-1]))
    place = np.arange(owner.size) - np.repeat(starts, np.diff(np.append(starts, owner.size)))
    first = np.flatnonzero((place[:-1] % 2 == 0) & (owner[1:] == owner[:-1]))
    shares: FloatArray = gaps[first] / (gaps[first] + gaps[first + 1])
    return shares


def wheat_morrison_shape(shares: FloatArray) -> float:
    """Return k from the variance of the shares, beta (k, k); Wheat and Morrison (1990), eq. (3).

    Infinite for no variance; their variance is taken about 1/2, its known mean.
    """
    variance = float(((shares - 0.5) ** 2).mean())
    return (1.0 - 4.0 * variance) / (8.0 * variance) if variance > 0 else float("inf")


def conditional_shape(owner: IntArray, gaps: FloatArray) -> tuple[float, float]:
    """Return the k of gamma gaps with a rate for each customer, and the standard error of log k.

    Given the sum of a customer's n gaps the rate drops out: shares of the sum are Dirichlet (k, ..., k). The
    likelihood of the shares is maximised in log k between 1e-3 and 1e6.
    """
    _, place, counts = np.unique(owner, return_inverse=True, return_counts=True)
    sums = np.bincount(place, weights=gaps)
    logs = float(np.log(gaps / sums[place]).sum())
    sizes, repeats = np.unique(counts, return_counts=True)

    def slope(log_k: float) -> float:
        k = float(np.exp(log_k))
        return k * float(repeats @ (sizes * special.digamma(k * sizes)) - gaps.size * special.digamma(k) + logs)

    low, high = np.log(1e-3), np.log(1e6)
    if slope(low) <= 0:
        return 1e-3, float("inf")
    if slope(high) >= 0:
        # there the likelihood is that of a gamma variance, k ** (freedom / 2) exp(-k c): its curvature has this limit
        return float("inf"), float(np.sqrt(2.0 / (gaps.size - counts.size)))
    log_k = float(optimize.brentq(slope, low, high, xtol=1e-12))
    step = 1e-4
    curvature = (slope(log_k + step) - slope(log_k - step)) / (2 * step)
    return float(np.exp(log_k)), float(1.0 / np.sqrt(-curvature))
