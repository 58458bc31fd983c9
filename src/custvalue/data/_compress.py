"""Compression of customers to distinct (x, t_x, T), by sorting one whole number a customer if ages are whole days."""

from __future__ import annotations

import attrs
import numpy as np

from custvalue._arrays import BoolArray, FloatArray, IntArray
from custvalue.data._time import DAY_US

__all__ = ["Distinct", "distinct_rows"]


@attrs.frozen(eq=False)
class Distinct:
    """Distinct rows in the order of (T, t_x, x), how often each occurs, and which one each row is (or nothing)."""

    x: IntArray
    t_x: IntArray
    T: IntArray
    counts: FloatArray
    inverse: IntArray


def distinct_rows(x: IntArray, t_x: IntArray, T: IntArray, *, members: bool) -> Distinct:
    """Find the distinct rows of counts and ages in microseconds; without ``members`` the inverse stays empty."""
    last_day, end_day = t_x // DAY_US, T // DAY_US
    base_x, base_t = (int(column.max(initial=0)) + 1 for column in (x, last_day))
    size = base_x * base_t * (int(end_day.max(initial=0)) + 1)
    whole = bool((last_day * DAY_US == t_x).all()) and bool((end_day * DAY_US == T).all())
    natural = all(int(column.min(initial=0)) >= 0 for column in (x, t_x, T))
    if not (whole and natural and size < 2**62):
        return _by_columns(x, t_x, T, members=members)
    key = (end_day * base_t + last_day) * base_x + x
    if members:
        key, order = _sorted_with_order(key, size)
    else:
        key = key.astype(np.uint32) if size <= 2**32 else key
        key.sort()
        order = np.zeros(0, dtype=np.int64)
    new = _changes(key)
    ages, count = np.divmod(key[new], base_x)
    end, last = np.divmod(ages, base_t)
    x, t_x, T = (column.astype(np.int64) * unit for column, unit in ((count, 1), (last, DAY_US), (end, DAY_US)))
    return Distinct(x, t_x, T, _lengths(new), _places(new, order))


def _sorted_with_order(key: IntArray, size: int) -> tuple[IntArray, IntArray]:
    """Sort keys below ``size``, and say where each came from: as one number each if there is room, which is faster."""
    bits = max(len(key) - 1, 1).bit_length()
    if size << bits >= 2**63:
        order = np.argsort(key, kind="stable")
        return key[order], order
    both = (key << bits) | np.arange(len(key))
    both.sort()
    return both >> bits, both & ((1 << bits) - 1)


def _by_columns(x: IntArray, t_x: IntArray, T: IntArray, *, members: bool) -> Distinct:
    order = np.lexsort((x, t_x, T))
    new = _changes(x[order]) | _changes(t_x[order]) | _changes(T[order])
    rows = order[new]
    return Distinct(x[rows], t_x[rows], T[rows], _lengths(new), _places(new, order[: len(order) if members else 0]))


def _changes(ordered: IntArray) -> BoolArray:
    """Where a new value starts."""
    new = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return new


def _lengths(new: BoolArray) -> FloatArray:
    return np.diff(np.append(np.flatnonzero(new), len(new))).astype(np.float64)


def _places(new: BoolArray, order: IntArray) -> IntArray:
    """The pattern of each row, from the sorted order; empty for an empty order."""
    inverse = np.empty(len(order), dtype=np.int64)
    if len(order):
        inverse[order] = np.cumsum(new) - 1
    return inverse
