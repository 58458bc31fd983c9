"""How good was a forecast: error, ranking and calibration measures on plain arrays."""

import numpy as np

from custvalue._arrays import FloatArray, IntArray, equal_but_for_rounding

__all__ = [
    "average_by_group",
    "calibration_line",
    "captured_share",
    "group_of_rank",
    "normalised_gini",
]


def _mean_over_ties(actual: FloatArray, predicted: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return (sizes, sums of ``actual``) of the distinct predictions, largest first."""
    _, place, sizes = np.unique(-predicted, return_inverse=True, return_counts=True)
    return sizes.astype(np.float64), np.bincount(place, weights=actual).astype(np.float64)


def _gini(actual: FloatArray, predicted: FloatArray) -> float:
    """Return the area between the gain curve of ``predicted`` and the diagonal.

    Customers with one prediction share their sum evenly, so the order of rows is immaterial.
    """
    sizes, sums = _mean_over_ties(actual, predicted)
    reached = np.concatenate([[0.0], np.cumsum(sums)]) / sums.sum()
    widths = sizes / actual.size
    return float(widths @ (reached[1:] + reached[:-1]) / 2.0 - 0.5)


def normalised_gini(actual: FloatArray, predicted: FloatArray) -> float:
    """Return the gain area of the forecast over that of the perfect ranking.

    1 for the true order, 0 for no information, negative for a reversed one; NaN if the actual
    values do not differ or do not add up to a positive number.
    """
    if actual.size == 0 or actual.sum() <= 0 or np.ptp(actual) == 0:
        return float("nan")
    return _gini(actual, predicted) / _gini(actual, actual)


def captured_share(actual: FloatArray, predicted: FloatArray, share: float) -> float:
    """Return the share of all actual value held by the top ``share`` of the forecast.

    A tie across the cut counts in proportion.
    """
    sizes, sums = _mean_over_ties(actual, predicted)
    wanted = share * actual.size
    before = np.cumsum(sizes) - sizes
    taken = np.clip((wanted - before) / sizes, 0.0, 1.0)
    total = sums.sum()
    return float(taken @ sums / total) if total != 0 else float("nan")


def group_of_rank(predicted: FloatArray, n_groups: int) -> IntArray:
    """Return the group of each row, 0 for the largest forecasts, by its mid-rank.

    Equal forecasts fall into one group, whatever the order of rows.
    """
    _, place, sizes = np.unique(-predicted, return_inverse=True, return_counts=True)
    middle = np.cumsum(sizes) - sizes / 2.0
    group = np.floor(middle / predicted.size * n_groups).astype(np.int64)
    return np.minimum(group, n_groups - 1)[place]


def average_by_group(group: IntArray, n_groups: int, values: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return (counts, means) per group; the mean of an empty group is NaN."""
    counts = np.bincount(group, minlength=n_groups)
    sums = np.bincount(group, weights=values, minlength=n_groups)
    means = np.full(n_groups, np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return counts, means


def calibration_line(actual: FloatArray, predicted: FloatArray) -> tuple[float, float]:
    """Return (intercept, slope) of the least-squares line of actual on predicted.

    (0, 1) is perfect; a slope under 1 says the forecasts are too spread out. NaN if the
    forecasts do not differ.
    """
    if equal_but_for_rounding(predicted):
        return float("nan"), float("nan")
    centred = predicted - predicted.mean()
    slope = float(centred @ actual / (centred @ centred))
    return float(actual.mean() - slope * predicted.mean()), slope
