"""Whole minor units that add up: exact rates and largest remainders."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from custvalue._arrays import FloatArray, IntArray


def exact_rate(rate: float) -> Fraction:
    """Return the decimal number the user wrote: 0.1 is one tenth, not its nearest binary fraction."""
    return Fraction(repr(float(rate)))


def half_even(value: Fraction) -> int:
    """Round to a whole number, halves to even."""
    return round(value)


def scaled(amounts: IntArray, rate: float, ids: NDArray[np.generic]) -> IntArray:
    """Return ``amounts x rate`` in whole units whose sum is the rounded product of the sum.

    Parameters
    ----------
    amounts
        (n,) minor units.
    rate
        The factor.
    ids
        (n,) each customer's id: settles equal remainders, so that the order of rows never matters.

    Notes
    -----
    Whole parts are exact in Python integers where n is small or amounts are large; remainders decide who takes
    the missing units, the largest first.
    """
    factor = exact_rate(rate)
    total = half_even(int(amounts.sum()) * factor)
    whole, remainder = _divide(amounts, factor)
    missing = total - int(whole.sum())
    if missing:
        whole[smallest(missing, -remainder, -amounts, ids)] += 1
    return whole


def smallest(m: int, *keys: NDArray[np.generic]) -> IntArray:
    """Return the positions of the ``m`` smallest rows by the first key, ties by the next; the last key has none.

    Each key is partitioned once, over the rows still tied, and nothing is sorted but what is left for the last one.
    """
    if len(keys) == 1:
        return np.argsort(keys[0], kind="stable")[:m]
    edge = np.partition(keys[0], m - 1)[m - 1]
    below = np.flatnonzero(keys[0] < edge)
    tied = np.flatnonzero(keys[0] == edge)
    left = m - below.size
    if left < tied.size:
        tied = tied[smallest(left, *(key[tied] for key in keys[1:]))]
    return np.concatenate([below, tied])


def _divide(amounts: IntArray, factor: Fraction) -> tuple[IntArray, FloatArray]:
    top, bottom = factor.numerator, factor.denominator
    largest = int(np.abs(amounts).max(initial=0))
    if largest * abs(top) < 2**62 and bottom < 2**62:
        product = amounts * top
        whole = product // bottom
        return whole, (product - whole * bottom) / bottom
    pairs = [divmod(int(amount) * top, bottom) for amount in amounts]
    return np.array([pair[0] for pair in pairs], dtype=np.int64), np.array([pair[1] / bottom for pair in pairs])


def rows_to_totals(parts: FloatArray, totals: IntArray) -> IntArray:
    """Round each row of ``parts`` (n, k) to whole numbers that add up to ``totals`` (n,); largest remainders first.

    Equal remainders go to the earlier column.
    """
    whole = np.floor(parts)
    missing = totals - whole.sum(axis=1).astype(np.int64)
    rank = np.argsort(np.argsort(-(parts - whole), axis=1, kind="stable"), axis=1, kind="stable")
    k = parts.shape[1]
    everywhere, extra = np.divmod(missing, k)
    rounded: IntArray = whole.astype(np.int64) + everywhere[:, None] + (rank < extra[:, None])
    return rounded
