"""Iterative proportional fitting: a table with given margins that keeps the odds ratios of a seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from custvalue._arrays import FloatArray

__all__ = ["rake"]


def rake(
    seed: FloatArray, margins: Sequence[FloatArray], tolerance: float, max_rounds: int
) -> tuple[FloatArray, float, int]:
    """Scale axis after axis, x <- x * target / sum (Deming and Stephan 1940).

    Returns the table, the largest relative miss of a margin, and the rounds taken.
    """
    table = seed.astype(np.float64)
    axes = range(table.ndim)
    miss = np.inf
    for done in range(1, max_rounds + 1):
        for axis, target in enumerate(margins):
            total = table.sum(axis=tuple(other for other in axes if other != axis))
            scale = np.divide(target, total, out=np.zeros_like(total), where=total > 0.0)
            table = table * scale.reshape([-1 if other == axis else 1 for other in axes])
        sums = [table.sum(axis=tuple(other for other in axes if other != axis)) for axis in axes]
        size = max(float(margins[0].sum()), np.finfo(float).tiny)
        miss = max(float(np.abs(got - want).max()) for got, want in zip(sums, margins, strict=True)) / size
        if miss <= tolerance:
            return table, miss, done
    return table, miss, max_rounds
