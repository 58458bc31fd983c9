"""Levels, cells and distances on a grid of cut points. NaN has a level of its own, the last one of its axis."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from custvalue._arrays import FloatArray, IntArray

BLOCK = 16_384
MANY_CUTS = 12

Evaluate = Callable[[Sequence[FloatArray]], IntArray]


def levels(column: FloatArray, cuts: Sequence[float], *, tie_is_high: bool) -> NDArray[np.integer]:
    """Give the level of each value: 0 below the first cut, ``len(cuts)`` above the last, one more for NaN."""
    if len(cuts) > MANY_CUTS:
        found = np.searchsorted(np.asarray(cuts), column, side="right" if tie_is_high else "left")
        found[np.isnan(column)] = len(cuts) + 1
        return found
    level = np.zeros(column.shape, np.uint8)
    for cut in cuts:
        above = column >= cut if tie_is_high else column > cut
        level += above.view(np.uint8)
    missing = column != column  # noqa: PLR0124  # NaN is the one value unequal to itself; isnan is no faster here
    if missing.any():
        level[missing] = len(cuts) + 1
    return level


def cell_classes(
    columns: Sequence[FloatArray], cuts: Sequence[Sequence[float]], lookup: IntArray, *, tie_is_high: Sequence[bool]
) -> IntArray:
    """Find the class of each row: its levels, folded to one cell number, looked up.

    ``lookup`` is flat over the levels of the axes, first axis slowest, each axis with
    ``len(cuts) + 2`` levels (the last is NaN). Rows are taken in blocks so that temporaries stay in cache.
    """
    n = columns[0].shape[0]
    out = np.empty(n, np.int64)
    for start in range(0, n, BLOCK):
        stop = min(start + BLOCK, n)
        cell = np.zeros(stop - start, np.intp)
        for column, points, is_high in zip(columns, cuts, tie_is_high, strict=True):
            cell *= len(points) + 2
            cell += levels(column[start:stop], points, tie_is_high=is_high)
        np.take(lookup, cell, out=out[start:stop], mode="clip")
    return out


def threshold_distance(
    evaluate: Evaluate,
    columns: Sequence[FloatArray],
    thresholds: Sequence[tuple[int, float, float]],
    codes: IntArray,
) -> FloatArray:
    """Find the smallest change of one single column, in units of its scale, that changes the class.

    Parameters
    ----------
    evaluate
        Columns to classes.
    columns
        The axis values, (n_customers,) each.
    thresholds
        (column number, threshold, scale).
    codes
        The classes at the values as they are.

    Returns
    -------
    ndarray
        (n_customers,), inf where no single threshold changes the class.
    """
    nearest = np.full(codes.shape, np.inf)
    for position, threshold, scale in thresholds:
        column = columns[position]
        gap = np.abs(column - threshold) / scale
        for side in (-np.inf, np.inf):
            moved = list(columns)
            moved[position] = np.where(np.isnan(column), np.nan, math.nextafter(threshold, side))
            changes = evaluate(moved) != codes
            nearest[changes] = np.minimum(nearest[changes], gap[changes])
    return nearest
