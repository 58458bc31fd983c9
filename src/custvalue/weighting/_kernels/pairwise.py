"""Priorities from a positive reciprocal matrix; ``a`` is (n, n), NaN where two criteria were not compared."""

from __future__ import annotations

import numpy as np

from custvalue._arrays import BoolArray, FloatArray


def eigenvector(a: FloatArray) -> tuple[FloatArray, float]:
    """Return the principal eigenvector (sum 1) and its eigenvalue; missing comparisons as Harker (1987) does.

    Harker's matrix has 0 for a missing comparison and 1 + (number missing in the row) on the diagonal.
    """
    missing = np.isnan(a)
    b = np.where(missing, 0.0, a)
    np.fill_diagonal(b, 1.0 + missing.sum(axis=1))
    values, vectors = np.linalg.eig(b)
    best = int(np.argmax(values.real))
    w = np.abs(vectors[:, best].real)
    return w / w.sum(), float(values[best].real)


def geometric_mean(a: FloatArray) -> FloatArray:
    """Return the row geometric means (sum 1); with missing comparisons the logarithmic least squares that they are.

    Minimises, over compared pairs of (ln a_ij - y_i + y_j)^2 (Crawford and Williams 1985): L y = row sums of ln a.
    """
    n = a.shape[0]
    known = ~np.isnan(a)
    logs = np.where(known, np.log(np.where(known, a, 1.0)), 0.0)
    off = known & ~np.eye(n, dtype=bool)
    laplacian = np.diag(off.sum(axis=1)).astype(np.float64) - off
    y = np.linalg.solve(laplacian + 1.0 / n, logs.sum(axis=1))  # the constant fixes the free level
    w = np.exp(y - y.max())
    normalised: FloatArray = w / w.sum()
    return normalised


def column_mean(a: FloatArray) -> FloatArray:
    """Return the mean of the columns scaled to sum 1: the textbook approximation; needs a complete matrix."""
    mean: FloatArray = (a / a.sum(axis=0)).mean(axis=1)
    return mean


def estimated_eigenvalue(a: FloatArray, w: FloatArray) -> float:
    """Return the mean of (A w)_i / w_i; a missing a_ij counts as w_i / w_j."""
    filled = np.where(np.isnan(a), w[:, None] / w[None, :], a)
    return float(np.mean(filled @ w / w))


def column_eigenvalue(a: FloatArray, w: FloatArray) -> float:
    """Return sum_j (sum_i a_ij) w_j: the textbooks' companion of the column mean."""
    return float(a.sum(axis=0) @ w)


def misfit(a: FloatArray, w: FloatArray) -> FloatArray:
    """Return |ln(a_ij w_j / w_i)|, (n, n), 0 where not compared: how far each judgement is from the weights."""
    with np.errstate(invalid="ignore"):
        gap = np.abs(np.log(a) - np.log(w[:, None] / w[None, :]))
    return np.where(np.isnan(gap), 0.0, gap)


def connected(known: BoolArray) -> bool:
    """Tell whether comparisons link all criteria."""
    n = known.shape[0]
    reached = np.zeros(n, dtype=bool)
    reached[:1] = True
    for _ in range(n):
        reached |= known[reached].any(axis=0)
    return bool(reached.all())
