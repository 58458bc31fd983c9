"""Confidence intervals of rates, means and ratios, from sums alone; every array is (n_groups,)."""

from __future__ import annotations

import numpy as np
from scipy import special

from custvalue._arrays import FloatArray


def wilson(successes: FloatArray, trials: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    """Return Wilson's score interval of a proportion; NaN where there are no trials."""
    z = float(special.ndtri(0.5 + level / 2.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        p = successes / trials
        centre = (p + z * z / (2 * trials)) / (1 + z * z / trials)
        half = z / (1 + z * z / trials) * np.sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials))
        low = np.where(successes == 0, 0.0, centre - half)
        high = np.where(successes == trials, 1.0, centre + half)
    none = trials == 0
    return np.where(none, np.nan, low), np.where(none, np.nan, high)


def ratio_of_sums(
    n: FloatArray, sums: tuple[FloatArray, FloatArray], residual: FloatArray, level: float
) -> tuple[FloatArray, FloatArray]:
    """Return the linearised interval of (sum of a) / (sum of b), Student's t with n - 1 degrees of freedom.

    Parameters
    ----------
    n
        Customers in the group.
    sums
        Sum of a, sum of b.
    residual
        Sum of (a - R b)^2, where R = sum a / sum b.
    level
        Confidence level in (0, 1).

    Notes
    -----
    With b = 1 this is the usual interval of a mean. With e = a - R b,
    Var(R) = n / (n - 1) x sum e^2 / (sum b)^2 (Cochran 1977, eq. 2.39 without the finite-population factor).
    """
    a, b = sums
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = a / b
        error = np.sqrt(n / (n - 1) * residual) / np.abs(b)
        half = special.stdtrit(np.maximum(n - 1, 1), 0.5 + level / 2.0) * error
    undefined = (n < 2) | (b == 0)
    return np.where(undefined, np.nan, ratio - half), np.where(undefined, np.nan, ratio + half)
