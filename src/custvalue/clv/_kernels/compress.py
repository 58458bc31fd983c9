"""Compression of customers to distinct (x, t_x, T) for fitting, by sorting one whole number a customer."""

from __future__ import annotations

import numpy as np

from custvalue._arrays import FloatArray, IntArray

__all__ = ["count_distinct"]

_ROOM = 2**62


def count_distinct(x: IntArray, t_x: IntArray, T: IntArray) -> tuple[IntArray, IntArray, IntArray, FloatArray] | None:
    """Distinct rows of three columns of whole numbers of 0 or more, and how often each occurs; None if out of room.

    The three are packed into one integer, as narrow as they allow: one sort of a flat array, and no bookkeeping of
    who is who, which fitting does not need.
    """
    if not len(x):
        return None
    base_x, base_t = int(x.max()) + 1, int(t_x.max()) + 1
    size = base_x * base_t * (int(T.max()) + 1)
    if size >= _ROOM:
        return None
    key = (T * base_t + t_x) * base_x + x
    if size < 2**31:
        key = key.astype(np.int32)
    key.sort()
    starts = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    counts = np.diff(np.append(starts, len(key))).astype(np.float64)
    rest, count = np.divmod(key[starts].astype(np.int64), base_x)
    age, last = np.divmod(rest, base_t)
    return count, last, age, counts
