"""k-means made reproducible: greedy seeding from a seed, Lloyd steps on sorted rows, empty clusters refilled."""

from __future__ import annotations

import numpy as np

from custvalue._arrays import FloatArray, IntArray

SILHOUETTE_ROWS = 2_000


def squared_distances(points: FloatArray, centres: FloatArray) -> FloatArray:
    """Give squared distances, (n_points, n_centres), by differences, so that equal points are at 0 exactly."""
    out = np.empty((points.shape[0], centres.shape[0]))
    for number, centre in enumerate(centres):
        out[:, number] = ((points - centre) ** 2).sum(axis=1)
    return out


def seeds(points: FloatArray, k: int, rng: np.random.Generator) -> FloatArray:
    """Choose k starting centres far apart (k-means++, Arthur and Vassilvitskii 2007)."""
    chosen = [points[int(rng.integers(points.shape[0]))]]
    nearest = ((points - chosen[0]) ** 2).sum(axis=1)
    for _ in range(1, k):
        total = nearest.sum()
        at = int(np.searchsorted(np.cumsum(nearest), rng.random() * total)) if total > 0 else 0
        chosen.append(points[min(at, points.shape[0] - 1)])
        nearest = np.minimum(nearest, ((points - chosen[-1]) ** 2).sum(axis=1))
    return np.array(chosen)


def lloyd(points: FloatArray, centres: FloatArray, max_steps: int = 300) -> tuple[FloatArray, IntArray, float]:
    """Move centres to the means of their points until the assignment stays; give centres, codes and inertia."""
    codes = np.full(points.shape[0], -1, np.int64)
    for _ in range(max_steps):
        distances = squared_distances(points, centres)
        assigned = distances.argmin(axis=1)
        if np.array_equal(assigned, codes):
            break
        codes = assigned
        centres = _means(points, codes, centres, distances.min(axis=1))
    distances = squared_distances(points, centres)
    codes = distances.argmin(axis=1)
    return centres, codes, float(distances.min(axis=1).sum())


def _means(points: FloatArray, codes: IntArray, centres: FloatArray, nearest: FloatArray) -> FloatArray:
    k = centres.shape[0]
    counts = np.bincount(codes, minlength=k)
    sums = np.stack([np.bincount(codes, weights=column, minlength=k) for column in points.T], axis=1)
    moved = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], centres)
    farthest = np.argsort(-nearest, kind="stable")
    for place, empty in enumerate(np.flatnonzero(counts == 0)):
        moved[empty] = points[farthest[place]]
    return np.asarray(moved)


def kmeans(points: FloatArray, k: int, n_starts: int, seed: int) -> tuple[FloatArray, float]:
    """Find the best of several starts. Rows are sorted first, so that their order does not matter."""
    ordered = points[np.lexsort(points.T[::-1])]
    rng = np.random.default_rng(seed)
    runs = [lloyd(ordered, seeds(ordered, k, rng)) for _ in range(n_starts)]
    centres, _, inertia = min(runs, key=lambda run: run[2])
    return centres, inertia


def silhouette(points: FloatArray, centres: FloatArray, seed: int) -> float:
    """Mean silhouette (Rousseeuw 1987) of up to 2,000 rows drawn at random from the sorted rows."""
    ordered = points[np.lexsort(points.T[::-1])]
    if ordered.shape[0] > SILHOUETTE_ROWS:
        rows = np.random.default_rng(seed).choice(ordered.shape[0], SILHOUETTE_ROWS, replace=False)
        ordered = ordered[np.sort(rows)]
    codes = squared_distances(ordered, centres).argmin(axis=1)
    k = centres.shape[0]
    counts = np.bincount(codes, minlength=k)
    distances = np.sqrt(squared_distances(ordered, ordered))
    sums = np.stack([distances[:, codes == number].sum(axis=1) for number in range(k)], axis=1)
    own = np.arange(codes.size)
    inside = sums[own, codes] / np.maximum(counts[codes] - 1, 1)
    others = np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)
    others[own, codes] = np.inf
    outside = others.min(axis=1)
    width = np.where(counts[codes] > 1, (outside - inside) / np.maximum(np.maximum(inside, outside), 1e-300), 0.0)
    return float(width.mean())
