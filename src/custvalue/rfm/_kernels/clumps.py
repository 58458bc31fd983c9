"""Clumpiness of event times (Zhang, Bradlow and Small 2013)."""

from __future__ import annotations

import numpy as np

from custvalue._arrays import FloatArray, IntArray


def clumpiness(times: FloatArray, starts: IntArray, n_periods: int) -> FloatArray:
    """Return C = 1 + sum x_i ln x_i / ln(n + 1) for each customer, in [0, 1]; NaN for a customer without events.

    Parameters
    ----------
    times
        (n_events,) period of each event, in 1 .. n_periods, ascending within a customer.
    starts
        (n_customers + 1,) where each customer's events begin.
    n_periods
        N, the number of periods watched.

    Notes
    -----
    The n + 1 gaps are t_1, t_2 - t_1, ..., N + 1 - t_n, each divided by N + 1 (eq. 1 of the paper); a gap of
    zero contributes zero.
    """
    n = np.diff(starts)
    inner = np.diff(times, prepend=0.0)
    first = starts[:-1][n > 0]
    inner[first] = times[first]
    total = np.zeros(n.size)
    np.add.at(total, np.repeat(np.arange(n.size), n), _x_ln_x(inner / (n_periods + 1)))
    last = times[starts[1:][n > 0] - 1]
    total[n > 0] += _x_ln_x((n_periods + 1 - last) / (n_periods + 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        value = 1.0 + total / np.log(n + 1.0)
    return np.where(n > 0, np.clip(value, 0.0, 1.0), np.nan)


def _x_ln_x(x: FloatArray) -> FloatArray:
    return x * np.log(np.where(x > 0, x, 1.0))
