"""Level, volatility, trend and silence of many short series, (n_customers, n_periods) each. NaN counts as nothing."""

from __future__ import annotations

import numpy as np

from custvalue._arrays import BoolArray, FloatArray


def relationship(values: FloatArray) -> BoolArray:
    """Mark the periods from the first one with a value other than 0 to the last of the table."""
    active = (values != 0) & ~np.isnan(values)
    running: BoolArray = np.logical_or.accumulate(active, axis=1)
    return running


def masked_mean(values: FloatArray, mask: BoolArray) -> FloatArray:
    """Mean over the marked periods; NaN where none is."""
    n = mask.sum(axis=1)
    total = np.where(mask, values, 0.0).sum(axis=1)
    return np.asarray(np.where(n > 0, total / np.maximum(n, 1), np.nan))


def significant(values: FloatArray, digits: int) -> FloatArray:
    """Round to significant digits, so that equal sums taken in another order stay equal."""
    there = np.isfinite(values) & (values != 0)
    size = np.floor(np.log10(np.abs(np.where(there, values, 1.0))))
    scale = 10.0 ** np.clip(digits - 1 - size, -300, 300)
    return np.asarray(np.where(there, np.rint(values * scale) / scale, values))


def masked_deviation(values: FloatArray, mask: BoolArray) -> FloatArray:
    """Standard deviation (divisor n) over the marked periods; NaN where none is."""
    deviation = np.where(mask, values - masked_mean(values, mask)[:, None], 0.0)
    n = mask.sum(axis=1)
    return np.asarray(np.where(n > 0, np.sqrt((deviation**2).sum(axis=1) / np.maximum(n, 1)), np.nan))


def line_fit(values: FloatArray, mask: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Least-squares slope a period, and residual standard deviation (n - 2); NaN below three periods."""
    n = mask.sum(axis=1)
    time = np.arange(values.shape[1], dtype=np.float64)
    mean_time = masked_mean(np.broadcast_to(time, values.shape), mask)
    mean_value = masked_mean(values, mask)
    dt = np.where(mask, time - mean_time[:, None], 0.0)
    dv = np.where(mask, values - mean_value[:, None], 0.0)
    enough = n >= 3
    slope = np.where(enough, (dt * dv).sum(axis=1) / np.where(enough, (dt**2).sum(axis=1), 1.0), np.nan)
    residual = np.where(mask, dv - slope[:, None] * dt, 0.0)
    spread = np.sqrt((residual**2).sum(axis=1) / np.where(enough, n - 2, 1))
    return slope, np.asarray(np.where(enough, spread, np.nan))


def silence(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Periods since the last active one, and the customer's own mean gap between active periods (at least 1)."""
    active = (values != 0) & ~np.isnan(values)
    n_active = active.sum(axis=1)
    n_periods = values.shape[1]
    first = np.argmax(active, axis=1)
    last = n_periods - 1 - np.argmax(active[:, ::-1], axis=1)
    gap = np.where(n_active > 1, (last - first) / np.maximum(n_active - 1, 1), 1.0)
    since = np.where(n_active > 0, (n_periods - 1 - last).astype(np.float64), np.nan)
    return np.asarray(since), np.asarray(np.maximum(gap, 1.0))


def recent_fall(values: FloatArray, mask: BoolArray, recent: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean of the last periods, mean of those before, and their difference in standard errors of the latter's spread.

    NaN where nothing lies before; the score also with one period before, whose spread nobody knows. Without spread it
    is -inf, 0 or inf by sign.
    """
    late = mask.copy()
    late[:, : max(values.shape[1] - recent, 0)] = False
    early = mask & ~late
    n_early, n_late = early.sum(axis=1), late.sum(axis=1)
    mean_late, mean_early = masked_mean(values, late), masked_mean(values, early)
    deviation = np.where(early, values - mean_early[:, None], 0.0)
    spread = np.sqrt((deviation**2).sum(axis=1) / np.maximum(n_early - 1, 1))
    error = spread * np.sqrt(1 / np.maximum(n_early, 1) + 1 / np.maximum(n_late, 1))
    change = mean_late - mean_early
    certain = np.select([change < 0, change > 0], [-np.inf, np.inf], 0.0)
    score = np.where(error > 0, change / np.where(error > 0, error, 1.0), certain)
    return mean_late, mean_early, np.asarray(np.where(np.isnan(change) | (n_early < 2), np.nan, score))
