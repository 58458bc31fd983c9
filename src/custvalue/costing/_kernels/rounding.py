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

from custvalue._arrays import BoolArray, FloatArray, IntArray

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
SMALLEST = 2.0**-900  # if no weight is larger, all count as nothing
HALF_UP = (1 << 63) - 1
DECIMAL_FACTORS = (1.0, 1e2, 1e4, 1e6, 1e9)
SAMPLE = 512


class Weighed(NamedTuple):
    """Weights, the factor that makes them whole numbers with a sum above zero, that sum, and the largest |weight|."""

    weights: FloatArray
    factor: float
    total: int
    top: float


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


def _whole_total(weights: FloatArray, factor: float, top: float) -> int | None:
    """Sum weights times factor as integers; None if some weight is not whole on that scale."""
    total = 0
    exact_in_floats = top * factor * BLOCK < 2.0**52
    for block in _blocks(weights.size):
        part = weights[block]
        if factor == 1.0:
            whole = np.rint(part)
            same = whole == part
        else:
            whole = np.rint(part * factor)
            same = whole / factor == part
        if not same.all():
            return None
        total += int(whole.sum() if exact_in_floats else whole.astype(np.int64).sum())
    return total


def _bound(weights: FloatArray, top: float) -> float:
    """Bound the sum of |weights| from above; an integer sum, so that the order of rows cannot change it."""
    scale = 2.0**30 / top
    total = weights.size
    for block in _blocks(weights.size):
        parts = (weights[block] * scale).astype(np.int64)
        total += int(np.abs(parts, out=parts).sum())
    return total / scale


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
    """Put weights on an integer scale; negative and positive together, as long as they do not cancel out.

    The scale is the first decimal one on which all weights are whole, else a binary one; the sum stays below 2**60.
    """
    top = max(float(weights.max()), -float(weights.min()))
    if top < SMALLEST:
        return Weighed(weights, 1.0, 0, 0.0)
    for factor in DECIMAL_FACTORS:
        if top * factor * weights.size >= 2.0**TOTAL_BITS and _bound(weights, top) * factor >= 2.0**TOTAL_BITS:
            break
        if _whole_total(weights[:SAMPLE], factor, top) is not None:
            total = _whole_total(weights, factor, top)
            if total is not None:
                return _positive(weights, factor, total, top)
    _, exponent = np.frexp(_bound(weights, top))
    factor = float(np.ldexp(1.0, TOTAL_BITS - 1 - int(exponent)))
    return _positive(weights, factor, integer_total(weights, factor), top)


def _positive(weights: FloatArray, factor: float, total: int, top: float) -> Weighed:
    return Weighed(weights, -factor, -total, top) if total < 0 else Weighed(weights, factor, total, top)


def largest_quota(amount: int, weighed: Weighed) -> float:
    """Return the largest quota in absolute value; it must stay below `MAX_AMOUNT`."""
    return abs(amount) * weighed.top * abs(weighed.factor) / weighed.total


def largest_remainder(amount: int, weights: FloatArray, ids: NDArray[Any]) -> IntArray:
    """Split ``amount`` in proportion to ``weights``; see `add_shares`."""
    out = np.empty(weights.size, dtype=np.int64)
    add_shares(amount, weigh(weights), ids, out, fresh=True)
    return out


def add_shares(
    amount: int,
    weighed: Weighed,
    ids: NDArray[Any],
    out: IntArray,
    *,
    fresh: bool = False,
    scratch: NDArray[np.uint16] | None = None,
) -> Split:
    """Add each row's share of ``amount`` to ``out``; the shares sum to ``amount`` exactly.

    With ``fresh``, ``out`` is written and not read: memory never touched before costs a page fault once, not twice.
    ``scratch`` is (n,) space that may be overwritten.

    Units left over by rounding down go to the largest remainders, ties to the larger weight, then to the smaller id. A
    negative amount is split as its absolute value and negated.
    """
    weights, factor, total, _ = weighed
    size = abs(amount)
    shift = max(0, total.bit_length() - BUCKET_BITS)
    buckets = np.empty(weights.size, dtype=np.uint16) if scratch is None else scratch
    counts = np.zeros((total >> shift) + 1, dtype=np.int64)
    given = 0
    for block in _blocks(weights.size):
        quotas, rest = _floor_divide(size, weights[block], factor, total)
        given += int(quotas.sum())
        if fresh:
            out[block] = 0 if amount < 0 else quotas
        if amount < 0 or not fresh:
            _add(quotas, amount, out[block])
        rest >>= shift
        buckets[block] = rest
        counts += np.bincount(rest, minlength=counts.size)
    if size == given:
        return Split(amount, factor, total, total, 0, None)
    bucket, need = _last_bucket(counts, size - given)
    near = []
    for block in _blocks(weights.size):
        _add(buckets[block] > bucket, amount, out[block])
        near.append(np.flatnonzero(buckets[block] == bucket) + block.start)
    rows = np.concatenate(near)
    _, rest = _floor_divide(size, weights[rows], factor, total)
    chosen, last = _choose(need, rows, rest, _integers(weights[rows], factor), ids)
    out[chosen] += -1 if amount < 0 else 1
    return Split(amount, factor, total, *last)


def _add(quotas: IntArray | BoolArray, amount: int, out: IntArray) -> None:
    """Add to ``out``, with the sign of ``amount``."""
    if amount < 0:
        np.subtract(out, quotas, out=out)
    else:
        np.add(out, quotas, out=out)


def add_rounded(amount: int, weighed: Weighed, out: IntArray) -> tuple[Split, int]:
    """Add each row's share of ``amount``, rounded half up, to ``out``; also return what is left of ``amount``."""
    weights, factor, total, _ = weighed
    given = 0
    for block in _blocks(weights.size):
        quotas, rest = _floor_divide(abs(amount), weights[block], factor, total)
        quotas += rest >= (total + 1) // 2
        given += int(quotas.sum())
        _add(quotas, amount, out[block])
    split = Split(amount, factor, total, (total - 1) // 2, HALF_UP, None)
    return split, amount + given if amount < 0 else amount - given


def _blocks(size: int) -> Iterator[slice]:
    return (slice(start, min(start + BLOCK, size)) for start in range(0, size, BLOCK))


def _floor_divide(amount: int, weights: FloatArray, factor: float, total: int) -> tuple[IntArray, IntArray]:
    """Return floor(amount * weight / total) and the remainder, exactly; see the head of this module."""
    whole = _integers(weights, factor)
    guess = weights * (amount * factor / total)
    quotas = np.floor(guess, out=guess).astype(np.int64)
    rest = np.multiply(whole, np.int64(amount), out=whole)
    rest -= quotas * np.int64(total)
    if rest.min(initial=0) < 0:
        low = rest < 0
        quotas -= low
        rest += low * np.int64(total)
    if rest.max(initial=0) >= total:
        high = rest >= total
        quotas += high
        rest -= high * np.int64(total)
    return quotas, rest


def _last_bucket(counts: IntArray, left: int) -> tuple[int, int]:
    """Find the bucket of the last of the ``left`` largest remainders, and how many of that bucket are among them."""
    from_top = np.cumsum(counts[::-1])
    position = int(np.searchsorted(from_top, left))
    bucket = counts.size - 1 - position
    return bucket, left - int(from_top[position] - counts[bucket])


def _choose(
    need: int, rows: IntArray, remainders: IntArray, weights: IntArray, ids: NDArray[Any]
) -> tuple[IntArray, tuple[int, int, Any]]:
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
    return np.concatenate(chosen), (cuts[0], cuts[1], cut_id)


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
