"""Ordered rules in three-valued logic: true, false, or unknown because a number is missing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from custvalue._arrays import BoolArray, FloatArray, IntArray

AT_LEAST, ABOVE, AT_MOST, BELOW = range(4)
Test = tuple[int, int, float]  # column number, comparison, threshold


def holds(column: FloatArray, comparison: int, threshold: float) -> BoolArray:
    """Compare a column with a threshold; NaN compares false."""
    if comparison == AT_LEAST:
        result: BoolArray = column >= threshold
    elif comparison == ABOVE:
        result = column > threshold
    elif comparison == AT_MOST:
        result = column <= threshold
    else:
        result = column < threshold
    return result


def truth(columns: Sequence[FloatArray], tests: Sequence[Test]) -> tuple[BoolArray, BoolArray]:
    """Tell where all tests hold, and where it cannot be told: none is false and one is unknown."""
    n = columns[0].shape[0]
    true, unknown, possible = np.ones(n, np.bool_), np.zeros(n, np.bool_), np.ones(n, np.bool_)
    for position, comparison, threshold in tests:
        column = columns[position]
        passed, missing = holds(column, comparison, threshold), np.isnan(column)
        true &= passed
        unknown |= missing
        possible &= passed | missing
    return true, unknown & possible


def decide(
    columns: Sequence[FloatArray],
    vetoes: Sequence[tuple[Sequence[Test], int]],
    rules: Sequence[tuple[Sequence[Test], int]],
    otherwise: int,
    missing: int,
) -> IntArray:
    """Give each row the class of its first veto that holds, else of its first rule, else ``otherwise``.

    A veto that holds settles the class whatever is missing elsewhere. Where none holds and one cannot be told, or
    a rule cannot be told before one holds, the class is ``missing``.
    """
    n = columns[0].shape[0]
    codes = np.full(n, otherwise, np.int64)
    is_open, unclear = np.ones(n, np.bool_), np.zeros(n, np.bool_)
    for tests, code in vetoes:
        true, unknown = truth(columns, tests)
        codes[is_open & true] = code
        is_open &= ~true
        unclear |= unknown
    codes[is_open & unclear] = missing
    is_open &= ~unclear
    for tests, code in rules:
        true, unknown = truth(columns, tests)
        codes[is_open & true] = code
        codes[is_open & unknown] = missing
        is_open &= ~(true | unknown)
    return codes
