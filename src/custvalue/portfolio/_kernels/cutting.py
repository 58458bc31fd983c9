"""Cut points learnt from a column. Columns are free of NaN and not empty."""

from __future__ import annotations

import numpy as np

from custvalue._arrays import FloatArray, IntArray

MAX_BINS = 1_000


def top_share(values: FloatArray, share: float) -> float:
    """Give the value of the last customer inside the top ``share`` by rank (rounded up to a whole customer)."""
    n = values.shape[0]
    rank = min(max(int(np.ceil(share * n - 1e-9)), 1), n)
    return float(np.partition(values, n - rank)[n - rank])


def value_share(values: FloatArray, share: float) -> float:
    """Give the value of the customer whose amount carries the cumulative total over ``share``.

    Customers are taken from the largest down; only amounts above zero count. inf if there is none.
    """
    positive = np.sort(values[values > 0])[::-1]
    if positive.size == 0:
        return float("inf")
    cumulative = np.cumsum(positive)
    crossing = int(np.searchsorted(cumulative, share * cumulative[-1] * (1 - 1e-12), side="left"))
    return float(positive[min(crossing, positive.size - 1)])


def natural_breaks(values: FloatArray, n_classes: int) -> tuple[float, ...]:
    """Find the breaks of least within-class squared deviation (Fisher 1958; Jenks 1967), exact in one dimension.

    More than 1,000 distinct values are first put into 1,000 bins of equal count, and the breaks found are then
    moved to a local optimum of the values themselves. Each break is half-way between the values it parts.
    """
    points, counts = np.unique(values, return_counts=True)
    k = min(n_classes, points.size)
    if points.size <= MAX_BINS:
        starts = np.array(_best_starts(points, counts.astype(np.float64), k)[1:], np.int64)
        return _halfway(points, starts)
    ordered = np.sort(values)
    middle, weights = _binned(ordered)
    starts = (np.array(_best_starts(middle, weights, k)[1:]) * ordered.size) // MAX_BINS
    return _halfway(ordered, _settled(ordered, starts))


def _halfway(ordered: FloatArray, starts: IntArray) -> tuple[float, ...]:
    return tuple(float(point) for point in (ordered[starts - 1] + ordered[starts]) / 2)


def _settled(ordered: FloatArray, starts: IntArray) -> IntArray:
    """Move breaks half-way between the means of their neighbours until they stay (Lloyd in one dimension)."""
    total = np.concatenate([[0.0], np.cumsum(ordered)])
    for _ in range(100):
        edges = np.concatenate([[0], starts, [ordered.size]])
        means = np.diff(total[edges]) / np.diff(edges)
        moved = np.searchsorted(ordered, (means[1:] + means[:-1]) / 2).astype(np.int64)
        if np.array_equal(moved, starts):
            break
        starts = moved
    return starts


def _binned(ordered: FloatArray) -> tuple[FloatArray, FloatArray]:
    edges = (np.arange(MAX_BINS + 1) * ordered.size) // MAX_BINS
    counts = np.diff(edges)
    return np.add.reduceat(ordered, edges[:-1]) / counts, counts.astype(np.float64)


def _best_starts(points: FloatArray, weights: FloatArray, k: int) -> list[int]:
    n = points.size
    centred = points - np.average(points, weights=weights)
    w = np.concatenate([[0.0], np.cumsum(weights)])
    wx = np.concatenate([[0.0], np.cumsum(weights * centred)])
    wxx = np.concatenate([[0.0], np.cumsum(weights * centred**2)])
    best = np.append(np.inf, _scatter(w, wx, wxx, np.zeros(n, np.int64), np.arange(1, n + 1)))
    back = np.zeros((k, n + 1), np.int64)
    for level in range(1, k):
        now = np.full(n + 1, np.inf)
        for end in range(level + 1, n + 1):
            starts = np.arange(level, end)
            cost = best[starts] + _scatter(w, wx, wxx, starts, np.full(starts.size, end))
            chosen = int(np.argmin(cost))
            now[end], back[level, end] = cost[chosen], starts[chosen]
        best = now
    found, end = [], n
    for level in range(k - 1, 0, -1):
        end = int(back[level, end])
        found.append(end)
    return [0, *reversed(found)]


def _scatter(w: FloatArray, wx: FloatArray, wxx: FloatArray, start: IntArray, end: IntArray) -> FloatArray:
    """Give the squared deviation of rows start..end-1 from their own mean."""
    mass = w[end] - w[start]
    scatter: FloatArray = np.maximum(wxx[end] - wxx[start] - (wx[end] - wx[start]) ** 2 / mass, 0.0)
    return scatter
