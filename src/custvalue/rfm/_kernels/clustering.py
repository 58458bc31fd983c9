"""Preparing clusters and judging their number; ``x`` is (n, d) and already scaled and weighted."""

from __future__ import annotations

import numpy as np

from custvalue._arrays import FloatArray, IntArray

PAIRS_AT_ONCE = 1 << 22


def silhouette(x: FloatArray, labels: IntArray, k: int) -> float:
    """Return the mean silhouette (b - a) / max(a, b) (Rousseeuw 1987); a customer alone in a cluster counts 0."""
    n = x.shape[0]
    sizes = np.bincount(labels, minlength=k).astype(np.float64)
    members = np.eye(k)[labels]
    squares = (x * x).sum(axis=1)
    total = 0.0
    step = max(1, PAIRS_AT_ONCE // n)
    for start in range(0, n, step):
        rows = slice(start, min(start + step, n))
        apart = np.sqrt(np.maximum(squares[rows, None] + squares[None, :] - 2.0 * x[rows] @ x.T, 0.0))
        sums = apart @ members
        own = labels[rows]
        here = np.arange(own.size)
        a = sums[here, own] / np.maximum(sizes[own] - 1.0, 1.0)
        means = sums / np.maximum(sizes, 1.0)
        means[:, sizes == 0] = np.inf
        means[here, own] = np.inf
        b = means.min(axis=1)
        score = (b - a) / np.maximum(np.maximum(a, b), 1e-300)
        total += float(np.where(sizes[own] > 1, score, 0.0).sum())
    return float(total / n)


def calinski_harabasz(x: FloatArray, labels: IntArray, centres: FloatArray) -> float:
    """Return (between / (k - 1)) / (within / (n - k)) (Calinski and Harabasz 1974)."""
    n, k = x.shape[0], centres.shape[0]
    sizes = np.bincount(labels, minlength=k)
    between = float((sizes * ((centres - x.mean(axis=0)) ** 2).sum(axis=1)).sum())
    within = float(((x - centres[labels]) ** 2).sum())
    if within == 0.0:
        return float("inf")
    return float((between / (k - 1)) / (within / (n - k))) if n > k else float("nan")


def nearest(x: FloatArray, centres: FloatArray) -> IntArray:
    """Return the nearest centre of each row; equal distances go to the smaller number."""
    best = np.zeros(x.shape[0], dtype=np.int64)
    least = ((x - centres[0]) ** 2).sum(axis=1)
    for at in range(1, centres.shape[0]):
        apart = ((x - centres[at]) ** 2).sum(axis=1)
        closer = apart < least
        best[closer] = at
        least[closer] = apart[closer]
    return best
