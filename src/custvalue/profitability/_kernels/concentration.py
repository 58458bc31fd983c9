"""Concentration of values sorted from the largest to the smallest; ``y`` is (n,) and already sorted descending."""

from __future__ import annotations

import numpy as np

from custvalue._arrays import FloatArray, IntArray


def cumulative(y: FloatArray) -> FloatArray:
    """Return the curve's heights, (n + 1,), from 0 to the total."""
    curve = np.empty(y.size + 1)
    curve[0] = 0.0
    np.cumsum(y, out=curve[1:])
    return curve


def cumulative_whole(y: IntArray) -> IntArray:
    """Return the curve's heights in whole minor units, (n + 1,), from 0 to the total; nothing is rounded."""
    curve = np.zeros(y.size + 1, dtype=np.int64)
    np.cumsum(y, out=curve[1:])
    return curve


def height_at(curve: FloatArray, share: float) -> float:
    """Return the height of the piecewise-linear curve at a share of the customers in [0, 1]."""
    n = curve.size - 1
    place = share * n
    left = min(int(place), n - 1)
    return float(curve[left] + (place - left) * (curve[left + 1] - curve[left]))


def first_share_reaching(curve: FloatArray, height: float) -> float:
    """Return the smallest share of customers at which the curve reaches ``height``; NaN if it never does.

    The curve is concave, so it rises up to its highest point and the search stops there.
    """
    peak = int(np.argmax(curve))
    tolerance = 1e-12 * abs(float(curve[peak]))
    if height > curve[peak] + tolerance:
        return float("nan")
    at = int(np.searchsorted(curve[: peak + 1], height - tolerance, side="left"))
    if at == 0:
        return 0.0
    step = curve[at] - curve[at - 1]
    inside = min(1.0, (height - curve[at - 1]) / step) if step > 0 else 1.0
    return float((at - 1 + inside) / (curve.size - 1))


def mean_difference(y: FloatArray) -> float:
    """Return the sum of |y_i - y_j| over ordered pairs, from the sorted values in one pass."""
    n = y.size
    rank = np.arange(n - 1, -n, -2, dtype=np.float64)  # n-1, n-3, ..., -(n-1)
    return 2.0 * float(rank @ y)


def gini(y: FloatArray) -> float:
    """Return sum |y_i - y_j| / (2 n sum y): the textbook coefficient; NaN with a negative value or a total of 0."""
    total = float(y.sum())
    if y.size == 0 or y[-1] < 0 or total <= 0:
        return float("nan")
    return mean_difference(y) / (2.0 * y.size * total)


def gini_normalised(y: FloatArray) -> float:
    """Return sum |y_i - y_j| / (2 (n - 1) (T+ + T-)), in [0, 1], defined with losses (Raffinetti et al. 2015)."""
    gross = float(np.abs(y).sum())
    if y.size < 2 or gross == 0:
        return float("nan")
    return min(1.0, max(0.0, mean_difference(y) / (2.0 * (y.size - 1) * gross)))


def herfindahl(y: FloatArray) -> float:
    """Return the sum of squared shares of the positive part, in [1 / n, 1]; NaN if nothing is positive."""
    positive = y[y > 0]
    total = float(positive.sum())
    return float(np.square(positive / total).sum()) if total > 0 else float("nan")


def area_above_diagonal(curve: FloatArray) -> float:
    """Return the area between the curve and the straight line to its end, customers on a unit axis."""
    n = curve.size - 1
    area = float((curve[:-1] + curve[1:]).sum()) / (2.0 * n)
    return area - 0.5 * float(curve[-1])
