"""Counts of moves between classes, probabilities with intervals, and where the chain settles."""

from __future__ import annotations

import numpy as np
from scipy import special

from custvalue._arrays import FloatArray, IntArray


def tally(before: IntArray, after: IntArray, n_states: int) -> IntArray:
    """Count moves, (n_states, n_states), from the row's state to the column's."""
    counts = np.bincount(before * n_states + after, minlength=n_states * n_states)
    return counts.reshape(n_states, n_states).astype(np.int64)


def totals(before: IntArray, after: IntArray, values: FloatArray, n_states: int) -> FloatArray:
    """Sum values by move, (n_states, n_states)."""
    sums = np.bincount(before * n_states + after, weights=values, minlength=n_states * n_states)
    return sums.astype(np.float64).reshape(n_states, n_states)


def wilson(counts: IntArray, level: float) -> tuple[FloatArray, FloatArray]:
    """Wilson (1927) score interval of each probability of a row; NaN for a row without counts."""
    n = counts.sum(axis=1, keepdims=True).astype(np.float64)
    z = special.ndtri(0.5 + level / 2)
    there = np.where(n > 0, n, np.nan)
    p = counts / there
    centre = (p + z**2 / (2 * there)) / (1 + z**2 / there)
    half = z / (1 + z**2 / there) * np.sqrt(p * (1 - p) / there + z**2 / (4 * there**2))
    return np.clip(centre - half, 0.0, 1.0), np.clip(centre + half, 0.0, 1.0)


def long_run(transition: FloatArray, start: FloatArray) -> FloatArray:
    """Give the long-run distribution of a chain from ``start``: the Cesaro limit, also for cycles and several ends.

    The lazy chain (P + I) / 2 has the same limit and no cycles; it is squared 64 times.
    """
    lazy = (transition + np.eye(transition.shape[0])) / 2
    for _ in range(64):
        lazy = lazy @ lazy
        lazy /= lazy.sum(axis=1, keepdims=True)
    settled: FloatArray = start @ lazy
    return settled
