"""Scaling of criteria, weights from their own spread, distances to ideals; ``x`` is (n_alternatives, n_criteria)."""

from __future__ import annotations

import numpy as np

from custvalue._arrays import BoolArray, FloatArray


def entropy(x: FloatArray) -> FloatArray:
    """Return E_j = -sum_i p_ij ln p_ij / ln n with p_ij = x_ij / sum_i x_ij and 0 ln 0 = 0; 1 for a column of zeros."""
    n = x.shape[0]
    sums = x.sum(axis=0)
    p = np.where(sums > 0, x / np.where(sums > 0, sums, 1.0), 1.0 / n)
    e = -(p * np.log(np.where(p > 0, p, 1.0))).sum(axis=0) / np.log(n)
    clipped: FloatArray = np.clip(e, 0.0, 1.0)
    return clipped


def critic(y: FloatArray) -> FloatArray:
    """Return C_j = s_j sum_k (1 - r_jk) of criteria scaled to 0..1 (Diakoulaki et al. 1995); 0 for a constant one."""
    centred = y - y.mean(axis=0)
    spread = np.sqrt((centred**2).sum(axis=0) / max(y.shape[0] - 1, 1))
    safe = np.where(spread > 0, spread, 1.0)
    r = (centred / safe).T @ (centred / safe) / max(y.shape[0] - 1, 1)
    varying = spread > 0
    conflict = np.where(np.outer(varying, varying), 1.0 - r, 0.0).sum(axis=1)
    c: FloatArray = spread * conflict
    return c


def normalised(w: FloatArray) -> FloatArray:
    """Return w / sum w; equal weights if the sum is 0."""
    total = float(w.sum())
    return w / total if total > 0 else np.full(w.size, 1.0 / w.size)


def min_max(x: FloatArray, cost: BoolArray) -> FloatArray:
    """Return 0 for the worst and 1 for the best of each criterion; 1 throughout a constant one."""
    low, high = x.min(axis=0), x.max(axis=0)
    span = high - low
    up = (x - low) / np.where(span > 0, span, 1.0)
    return np.where(span > 0, np.where(cost, 1.0 - up, up), 1.0)


def z_score(x: FloatArray, cost: BoolArray) -> FloatArray:
    """Return deviations from the mean in (population) standard deviations, turned for costs; 0 for a constant one."""
    spread = x.std(axis=0)
    z = (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    turned: FloatArray = np.where(cost, -z, z)
    return turned


def rank(x: FloatArray, cost: BoolArray) -> FloatArray:
    """Return the share of the alternatives not better, ties at their middle, in (0, 1)."""
    turned = np.where(cost, -x, x)
    ordered = np.sort(turned, axis=0)
    columns = range(x.shape[1])
    below = np.stack([np.searchsorted(ordered[:, j], turned[:, j], side="left") for j in columns], axis=1)
    upto = np.stack([np.searchsorted(ordered[:, j], turned[:, j], side="right") for j in columns], axis=1)
    middle: FloatArray = (below + upto) / (2.0 * x.shape[0])
    return middle


def share_of_best(x: FloatArray, cost: BoolArray) -> FloatArray:
    """Return x / max x, and min x / x for costs, of positive values: 1 for the best."""
    share: FloatArray = np.where(cost, x.min(axis=0) / x, x / x.max(axis=0))
    return share


def vector(x: FloatArray) -> FloatArray:
    """Return x over the root of the sum of squares of its column; 0 for a column of zeros. Costs are not turned."""
    length = np.sqrt((x * x).sum(axis=0))
    unit: FloatArray = x / np.where(length > 0, length, 1.0)
    return unit


def closeness(v: FloatArray, cost: BoolArray) -> FloatArray:
    """Return TOPSIS closeness d- / (d+ + d-) of weighted criteria (Hwang and Yoon 1981); NaN if all are identical."""
    best = np.where(cost, v.min(axis=0), v.max(axis=0))
    worst = np.where(cost, v.max(axis=0), v.min(axis=0))
    to_best = np.sqrt(((v - best) ** 2).sum(axis=1))
    to_worst = np.sqrt(((v - worst) ** 2).sum(axis=1))
    both = to_best + to_worst
    result = np.full(v.shape[0], np.nan)
    np.divide(to_worst, both, out=result, where=both > 0)
    return result
