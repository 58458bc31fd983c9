"""Present values of equally spaced cash, and what is read off such a stream.

Cash of period ``k`` (1, 2, ...) falls at time ``k - 1 + shift``: shift 0 is the start of the period, 0.5 the
middle, 1 the end. Brealey, Myers and Allen, *Principles of Corporate Finance*, ch. 2 (present value) and ch. 5
(payback, rate of return).
"""

from __future__ import annotations

import numpy as np

from custvalue._arrays import BoolArray, FloatArray, IntArray

__all__ = ["discount_factors", "geometric_sum", "internal_rate", "payback", "sign_changes"]

_LOG_BRACKET = 50.0  # of x = 1 / (1 + rate): rates from -1 + e^-50 to e^50
_BISECTIONS = 64  # a bracket of 100 halved 64 times is below the spacing of doubles


def discount_factors(n_periods: int, rate: FloatArray | float, shift: float) -> FloatArray:
    """Return ``(1 + rate)^-(k - 1 + shift)`` for k = 1 .. n_periods, on a last axis added to ``rate``."""
    times = np.arange(n_periods, dtype=np.float64) + shift
    factors: FloatArray = np.exp(-times * np.log1p(np.asarray(rate, dtype=np.float64))[..., np.newaxis])
    return factors


def geometric_sum(ratio: FloatArray, n_terms: float) -> FloatArray:
    """Return ``1 + q + ... + q^(n_terms - 1)``; ``n_terms`` may be infinite, the sum then is too where q >= 1."""
    q = np.asarray(ratio, dtype=np.float64)
    if np.isinf(n_terms):
        return np.where(q < 1.0, 1.0 / np.where(q < 1.0, 1.0 - q, 1.0), np.inf)
    if n_terms == 0:
        return np.zeros_like(q)
    log_q = np.log(np.where(q > 0.0, q, 1.0))
    slope = np.expm1(log_q)
    total = np.where(slope == 0.0, n_terms, np.expm1(n_terms * log_q) / np.where(slope == 0.0, 1.0, slope))
    return np.where(q > 0.0, total, 1.0)


def payback(cash: FloatArray, times: FloatArray) -> FloatArray:
    """Return when the running total of ``cash`` (n, n_times) first reaches zero; ``inf`` where it never does.

    Between two times cash is taken to flow evenly, as in the usual payback rule. A stream that starts at or above
    zero has paid back at its first time.
    """
    running = np.cumsum(cash, axis=1)
    reached = running >= 0.0
    first = np.argmax(reached, axis=1)
    rows = np.arange(cash.shape[0])
    before = np.maximum(first - 1, 0)
    amount = cash[rows, first]
    share = np.where(amount > 0.0, -running[rows, before] / np.where(amount > 0.0, amount, 1.0), 0.0)
    when = np.where(first == 0, times[0], times[before] + share * (times[first] - times[before]))
    return np.where(reached.any(axis=1), when, np.inf)


def sign_changes(cash: FloatArray) -> IntArray:
    """Return how often the sign of each row of ``cash`` changes, zeros skipped.

    Descartes: a bound on the number of rates of return.
    """
    changes = np.zeros(cash.shape[0], dtype=np.int64)
    last = np.zeros(cash.shape[0])
    for column in cash.T:
        sign = np.sign(column)
        changes += (sign * last) < 0.0
        last = np.where(sign != 0.0, sign, last)
    return changes


def internal_rate(cash: FloatArray, times: FloatArray) -> FloatArray:
    """Return the rate a period at which each row of ``cash`` is worth nothing.

    NaN unless the row changes sign exactly once: only then is the rate unique (Descartes' rule of signs). Solved by
    bisection in ``log x``, ``x = 1 / (1 + rate)``, each power scaled by the largest so that none overflows.
    """
    unique: BoolArray = sign_changes(cash) == 1
    rates = np.full(cash.shape[0], np.nan)
    rows = cash[unique]
    low = np.full(rows.shape[0], -_LOG_BRACKET)
    high = np.full(rows.shape[0], _LOG_BRACKET)
    early_sign = _first_sign(rows)
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        exponent = times * middle[:, np.newaxis]
        worth = np.sum(rows * np.exp(exponent - exponent.max(axis=1, keepdims=True)), axis=1)
        above = worth * early_sign > 0.0  # early cash still outweighs late cash: x is too small
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    rates[unique] = np.expm1(-0.5 * (low + high))
    return rates


def _first_sign(rows: FloatArray) -> FloatArray:
    first = np.argmax(rows != 0.0, axis=1)
    signs: FloatArray = np.sign(rows[np.arange(rows.shape[0]), first])
    return signs
