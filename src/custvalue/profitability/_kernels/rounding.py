"""Whole minor units that add up: exact rates and largest remainders."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from custvalue._arrays import FloatArray, IntArray


def exact_rate(rate: float) -> Fraction:
    """Return the decimal number the user wrote: 0.1 is one tenth, not its nearest binary fraction."""
    return Fraction(repr(float(rate)))


def half_even(value: Fraction) -> int:
    """Round to a whole number, halves to even."""
    return round(value)


def scaled(amounts: IntArray, rate: float, order: IntArray) -> IntArray:
    """Return ``amounts x rate`` in whole units whose sum is the rounded product of the sum.

    Parameters
    ----------
    amounts
        (n,) minor units.
    rate
        The factor.
    order
        (n,) rank of each customer's id: settles equal remainders, so that the order of rows never matters.

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
        winners = np.lexsort((order, -amounts, -remainder))[:missing]
        whole[winners] += 1
    return whole


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
