"""Learning cut points and counting how many a value has passed; values are oriented so that larger is better."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from custvalue._arrays import BoolArray, FloatArray, IntArray

LevelArray: TypeAlias = NDArray[np.int8]
Values: TypeAlias = FloatArray | IntArray

DENSE_RANGE = 1 << 16  # whole numbers within this range are counted, not sorted
BLOCK = 1 << 17  # rows worked on at a time, so that temporaries stay in cache


def quantile_ranks(n: int, k: int) -> IntArray:
    """Return the 0-based ranks of the k - 1 cut values of n sorted values: ceil(n j / k) - 1, without fractions."""
    j = np.arange(1, k, dtype=np.int64)
    return np.maximum(-(-n * j // k) - 1, 0)


def quantile_cuts(values: Values, k: int) -> FloatArray:
    """Return the k - 1 values at the ranks ceil(n j / k) (the inverse of the empirical distribution function).

    A cut is always a value that occurs: no interpolation, so no dependence on the unit of the values.
    """
    ranks = quantile_ranks(values.size, k)
    if values.dtype.kind == "i":
        low, high = int(values.min()), int(values.max())
        if high - low < DENSE_RANGE:
            counts = np.bincount(values - low, minlength=high - low + 1)
            return (np.searchsorted(np.cumsum(counts), ranks, side="right") + low).astype(np.float64)
    return np.partition(values, np.unique(ranks))[ranks].astype(np.float64)


def passed(values: Values, cuts: FloatArray, inclusive: BoolArray) -> LevelArray:
    """Return how many cuts each value has passed: value > cut, or value >= cut where the cut is inclusive."""
    levels = np.zeros(values.size, dtype=np.int8)
    for start in range(0, values.size, BLOCK):
        block = values[start : start + BLOCK]
        level = levels[start : start + BLOCK]
        for cut, includes in zip(cuts.tolist(), inclusive.tolist(), strict=True):
            level += (block >= cut) if includes else (block > cut)
    return levels


def passed_by_cell(values: Values, cuts: FloatArray, cell: IntArray) -> LevelArray:
    """Return how many of the cuts of its own cell each value has passed; ``cuts`` is (n_cells, m)."""
    if cuts.shape[0] == 1:
        return passed(values, cuts[0], np.zeros(cuts.shape[1], dtype=bool))
    levels = np.zeros(values.size, dtype=np.int8)
    for start in range(0, values.size, BLOCK):
        rows = slice(start, start + BLOCK)
        for column in cuts.T:
            levels[rows] += values[rows] > column[cell[rows]]
    return levels


def cuts_by_cell(values: Values, cell: IntArray, n_cells: int, k: int) -> FloatArray:
    """Return quantile cuts within each cell, (n_cells, k - 1).

    An empty cell takes the cuts of the cells that share its leading levels (cell // k), and so on up to everybody.
    """
    if n_cells == 1:
        return quantile_cuts(values, k)[None, :]
    cuts = np.full((n_cells, k - 1), np.nan)
    for index, members in enumerate(_members(cell, n_cells)):
        if members.size:
            cuts[index] = quantile_cuts(values[members], k)
    if np.isnan(cuts[:, 0]).any():
        parents = cuts_by_cell(values, cell // k, n_cells // k, k)
        empty = np.flatnonzero(np.isnan(cuts[:, 0]))
        cuts[empty] = parents[empty // k]
    return cuts


def _members(cell: IntArray, n_cells: int) -> list[IntArray]:
    small = cell.astype(np.int16) if n_cells < 1 << 15 else cell  # two-byte keys are sorted by counting
    order = np.argsort(small, kind="stable")
    return np.split(order, np.cumsum(np.bincount(cell, minlength=n_cells))[:-1])


def shares_below(values: Values, cuts: FloatArray) -> FloatArray:
    """Return, per cut, the share of the values equal to it that must stay below it to fill the quantile exactly."""
    n, k = values.size, cuts.size + 1
    wanted = quantile_ranks(n, k) + 1
    less = np.array([np.count_nonzero(values < cut) for cut in cuts])
    equal = np.array([np.count_nonzero(values == cut) for cut in cuts])
    share: FloatArray = np.clip((wanted - less) / np.maximum(equal, 1), 0.0, 1.0)
    return share


def split_ties(levels: LevelArray, values: Values, cuts: FloatArray, shares: FloatArray, rank: IntArray) -> LevelArray:
    """Move the later of the customers tied on a cut above it, in the order of ``rank`` (the rank of their ids).

    ``levels`` counts strictly passed cuts; the first ``share`` of the tied stay.
    """
    out = levels.copy()
    for cut in np.unique(cuts):
        tied = np.flatnonzero(values == cut)
        tied = tied[np.argsort(rank[tied], kind="stable")]
        place = (np.arange(tied.size) + 0.5) / max(tied.size, 1)
        for share in shares[cuts == cut]:
            out[tied] += place > share
    return out


def cell_index(levels: list[LevelArray], sizes: tuple[int, ...], n: int) -> IntArray:
    """Return the cell number of each row, the first dimension counting most."""
    cell = np.zeros(n, dtype=np.int64)
    for level, size in zip(levels, sizes, strict=True):
        cell *= size
        cell += level
    return cell


def look_up(table: NDArray[np.int16], levels: list[LevelArray], sizes: tuple[int, ...], n: int) -> NDArray[np.int16]:
    """Return the entry of ``table`` (one a combination of levels) for each row, block by block."""
    found = np.empty(n, dtype=np.int16)
    for start in range(0, n, BLOCK):
        rows = slice(start, min(start + BLOCK, n))
        table.take(
            cell_index([level[rows] for level in levels], sizes, rows.stop - start), out=found[rows], mode="clip"
        )
    return found
