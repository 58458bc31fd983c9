"""Splitting an integer amount in proportion to weights, to the last unit, whatever the order of the rows.

A weight is a float. It is first turned into an integer on a scale common to all rows, exactly as it is written: 12.5 is
twelve and a half, 0.1 is one tenth. Where no decimal scale fits, it is the binary fraction it is, to some 60 bits. From
there everything is integer arithmetic. The quota of a row is ``amount * weight / total``; a first guess comes from
floats, and the remainder ``amount * weight - guess * total`` is computed modulo 2**64. As the guess is off by at most
one and ``total < 2**60``, the true remainder fits into 63 bits, so the wrapped result *is* the true one, although the
product itself does not fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from custvalue._arrays import FloatArray, IntArray

__all__ = [
    "MAX_AMOUNT",
    "Split",
    "Weighed",
    "add_rounded",
    "add_shares",
    "largest_quota",
    "largest_remainder",
    "share_of",
    "weigh",
]

BLOCK = 1 << 15
BUCKET_BITS = 12
TOTAL_BITS = 60
MAX_AMOUNT = 1 << 50
HALF_UP = (1 << 63) - 1
DECIMAL_FACTORS = (1.0, 1e2, 1e4, 1e6, 1e9)
SAMPLE = 512


class Weighed(NamedTuple):
    """Weights, the factor that makes them whole numbers with a sum above zero, and that sum."""

    weights: FloatArray
    factor: float
    total: int


class Split(NamedTuple):
    """All that is needed to say what any one row received, without looking at the others.

    ``factor`` and ``total`` are those of `Weighed`; the row ``(remainder, weight, id)`` is the last one that received
    an extra unit.
    """

    amount: int
    factor: float
    total: int
    cut_remainder: int
    cut_weight: int
    cut_id: Any

    @property
    def half_up(self) -> bool:
        """Whether shares were rounded one by one instead."""
        return self.cut_weight == HALF_UP


def common_factor(weights: FloatArray) -> float:
    """Find the factor that makes the weights whole numbers whose sum stays below 2**60."""
    top = max(float(weights.max()), -float(weights.min()))
    if top == 0.0:
        return 1.0
    for factor in DECIMAL_FACTORS:
        if top * factor * weights.size >= 2.0**TOTAL_BITS and _bound(weights, top) * factor >= 2.0**TOTAL_BITS:
            break
        if _is_whole(weights[:SAMPLE], factor) and all(
            _is_whole(weights[start : start + BLOCK], factor) for start in range(0, weights.size, BLOCK)
        ):
            return factor
    _, exponent = np.frexp(_bound(weights, top))
    return float(np.ldexp(1.0, TOTAL_BITS - 1 - int(exponent)))


def _is_whole(weights: FloatArray, factor: float) -> bool:
    if factor == 1.0:
        return bool((np.rint(weights) == weights).all())
    return bool((np.rint(weights * factor) / factor == weights).all())


def _bound(weights: FloatArray, top: float) -> float:
    """Bound the sum of |weights| from above; an integer sum, so that the order of rows cannot change it."""
    scale = 2.0**30 / top
    total = 0
    for start in range(0, weights.size, BLOCK):
        total += int(np.ceil(np.abs(weights[start : start + BLOCK]) * scale).astype(np.int64).sum())
    return (total + 1) * top / 2.0**30


def _integers(weights: FloatArray, factor: float) -> IntArray:
    if factor == 1.0:
        return weights.astype(np.int64)
    return np.rint(weights * factor).astype(np.int64)


def integer_total(weights: FloatArray, factor: float) -> int:
    """Sum the weights as integers."""
    total = 0
    for start in range(0, weights.size, BLOCK):
        total += int(_integers(weights[start : start + BLOCK], factor).sum())
    return total


def weigh(weights: FloatArray) -> Weighed:
    """Put weights on an integer scale; negative and positive together, as long as they do not cancel out."""
    factor = common_factor(weights)
    total = integer_total(weights, factor)
    return Weighed(weights, -factor, -total) if total < 0 else Weighed(weights, factor, total)


def largest_quota(amount: int, weighed: Weighed) -> float:
    """Return the largest quota in absolute value; it must stay below `MAX_AMOUNT`."""
    top = max(float(weighed.weights.max()), -float(weighed.weights.min()))
    return abs(amount) * top * abs(weighed.factor) / weighed.total


def largest_remainder(amount: int, weights: FloatArray, ids: NDArray[Any]) -> IntArray:
    """Split ``amount`` in proportion to ``weights``; see `add_shares`."""
    out = np.zeros(weights.size, dtype=np.int64)
    add_shares(amount, weigh(weights), ids, out)
    return out


def add_shares(amount: int, weighed: Weighed, ids: NDArray[Any], out: IntArray) -> Split:
    """Add each row's share of ``amount`` to ``out``; the shares sum to ``amount`` exactly.

    Units left over by rounding down go to the largest remainders, ties to the larger weight, then to the smaller id. A
    negative amount is split as its absolute value and negated.
    """
    weights, factor, total = weighed
    size = abs(amount)
    direction = -1 if amount < 0 else 1
    remainders = np.empty(weights.size, dtype=np.int64)
    shift = max(0, total.bit_length() - BUCKET_BITS)
    buckets = np.zeros((total >> shift) + 1, dtype=np.int64)
    given = 0
    for block in _blocks(weights.size):
        quotas, rest = _floor_divide(size, _integers(weights[block], factor), total)
        given += int(quotas.sum())
        out[block] += direction * quotas
        remainders[block] = rest
        buckets += np.bincount(rest >> shift, minlength=buckets.size)
    if size == given:
        return Split(amount, factor, total, total, 0, None)
    rows, last = _receivers(size - given, remainders, buckets, shift, weighed, ids)
    out[rows] += direction
    return Split(amount, factor, total, *last)


def add_rounded(amount: int, weighed: Weighed, out: IntArray) -> tuple[Split, int]:
    """Add each row's share of ``amount``, rounded half up, to ``out``; also return what is left of ``amount``."""
    weights, factor, total = weighed
    direction = -1 if amount < 0 else 1
    given = 0
    for block in _blocks(weights.size):
        quotas, rest = _floor_divide(abs(amount), _integers(weights[block], factor), total)
        quotas += rest >= (total + 1) // 2
        given += int(quotas.sum())
        out[block] += direction * quotas
    split = Split(amount, factor, total, (total - 1) // 2, HALF_UP, None)
    return split, amount - direction * given


def _blocks(size: int) -> Iterator[slice]:
    return (slice(start, min(start + BLOCK, size)) for start in range(0, size, BLOCK))


def _floor_divide(amount: int, weights: IntArray, total: int) -> tuple[IntArray, IntArray]:
    """Return floor(amount * weight / total) and the remainder, exactly; see the head of this module."""
    quotas = np.floor(weights * (amount / total)).astype(np.int64)
    rest = weights * np.int64(amount) - quotas * np.int64(total)
    if rest.min(initial=0) < 0:
        low = rest < 0
        quotas -= low
        rest += low * np.int64(total)
    if rest.max(initial=0) >= total:
        high = rest >= total
        quotas += high
        rest -= high * np.int64(total)
    return quotas, rest


def _receivers(
    left: int, remainders: IntArray, buckets: IntArray, shift: int, weighed: Weighed, ids: NDArray[Any]
) -> tuple[IntArray, tuple[int, int, Any]]:
    """Find the rows of the ``left`` largest remainders, and the key of the last of them.

    The histogram says in which bucket the last one lies; only that bucket is looked at closely.
    """
    from_top = np.cumsum(buckets[::-1])
    position = int(np.searchsorted(from_top, left))
    bucket = buckets.size - 1 - position
    need = left - int(from_top[position] - buckets[bucket])
    low, high = bucket << shift, (bucket + 1) << shift
    sure, near = [], []
    for block in _blocks(remainders.size):
        rest = remainders[block]
        sure.append(np.flatnonzero(rest >= high) + block.start)
        near.append(np.flatnonzero((rest >= low) & (rest < high)) + block.start)
    rows = np.concatenate(near)
    chosen, last = _choose(need, rows, remainders[rows], _integers(weighed.weights[rows], weighed.factor), ids)
    return np.concatenate([*sure, *chosen]), last


def _choose(
    need: int, rows: IntArray, remainders: IntArray, weights: IntArray, ids: NDArray[Any]
) -> tuple[list[IntArray], tuple[int, int, Any]]:
    """Choose ``need`` rows by (remainder desc, weight desc, id asc); return them and the key of the last one."""
    chosen: list[IntArray] = []
    cuts: list[int] = []
    keys = remainders
    while len(cuts) < 2:
        cut = int(keys.min())
        if cut != int(keys.max()):
            cut = int(np.partition(keys, keys.size - need)[keys.size - need])
            chosen.append(rows[keys > cut])
            need -= chosen[-1].size
            tied = keys == cut
            rows, weights = rows[tied], weights[tied]
        cuts.append(cut)
        keys = weights
    tied_ids = ids[rows]
    cut_id = _smallest(need, tied_ids)
    chosen.append(rows[tied_ids <= cut_id])
    return chosen, (cuts[0], cuts[1], cut_id)


def _smallest(need: int, ids: NDArray[Any]) -> Any:  # noqa: ANN401  (an id is an integer or a string)
    """Return the ``need``-th smallest id; rows in order of id, the usual case, are not sorted again."""
    ordered = ids if bool((ids[1:] > ids[:-1]).all()) else np.partition(ids, need - 1)
    return ordered[need - 1].item()


def share_of(split: Split, weight: float, ident: Any) -> int:  # noqa: ANN401  (an id is an integer or a string)
    """Recompute what one row was given, in unbounded integers."""
    whole = round(weight * split.factor)
    quota, rest = divmod(abs(split.amount) * whole, split.total)
    cut = (split.cut_remainder, split.cut_weight)
    if (rest, whole) > cut or ((rest, whole) == cut and ident <= split.cut_id):
        quota += 1
    return -quota if split.amount < 0 else quota
