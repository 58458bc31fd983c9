"""Sums of positive terms that may run to billions: the first one by one, the rest as an integral.

Euler and Maclaurin's formula about the midpoint before the first term left out (Abramowitz & Stegun 23.1.30 and its
midpoint form): from some index on the terms of the sums here change little from one to the next.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from custvalue._arrays import FloatArray, IntArray, locked
from custvalue.clv._kernels.quadrature import integrate_by_halving

__all__ = ["sum_terms"]

Term = Callable[[IntArray, FloatArray], FloatArray]

_CHUNK, _NEGLIGIBLE, _BLOCK_ROWS = 16, 1e-17, 4_000
_BERNOULLI = {1: 1 / 24, 3: -7 / 5760, 5: 31 / 967_680, 7: -127 / 154_828_800}  # of the odd derivatives


def _correction() -> tuple[FloatArray, FloatArray]:
    """Where eight terms are taken, from the midpoint, and their weights in the sum of derivatives."""
    steps = np.arange(-3.5, 4.0)
    powers, factorials = np.arange(8), np.cumprod([1.0, *range(1, 8)])
    wanted = np.array([_BERNOULLI.get(int(order), 0.0) for order in powers])
    return locked(steps), locked(np.linalg.solve(steps ** powers[:, None] / factorials[:, None], wanted))


_STEPS, _WEIGHTS = _correction()


def sum_terms(term: Term, last: FloatArray, n_first: int) -> FloatArray:
    """Sum ``term(rows, m)`` (n_rows, n_terms) over m = 0, 1, 2, ...

    Parameters
    ----------
    term
        Positive, with one hump, and smooth in m from ``n_first`` on; rows first, m last.
    last
        (n_rows,) m after which nothing is left.
    n_first
        Terms added one by one.
    """
    total = np.zeros(len(last))
    for first in range(0, len(last), _BLOCK_ROWS):
        _add_terms(term, last, n_first, total, np.arange(first, min(first + _BLOCK_ROWS, len(last))))
    return total


def _add_terms(term: Term, last: FloatArray, n_first: int, total: FloatArray, rows: IntArray) -> None:
    for start in range(0, n_first, _CHUNK):
        value = term(rows, np.arange(start, start + _CHUNK, dtype=np.float64)[None, :])
        total[rows] += value.sum(axis=1)
        over = (value[:, -1] <= _NEGLIGIBLE * total[rows]) & (total[rows] > 0.0)
        rows = rows[~over & (last[rows] > start + _CHUNK)]
        if not rows.size:
            return
    total[rows] += _rest(term, rows, start + _CHUNK - 0.5, last[rows])


def _rest(term: Term, rows: IntArray, middle: float, last: FloatArray) -> FloatArray:
    def log_integrand(some: IntArray, u: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore"):
            return np.asarray(u + np.log(term(rows[some], np.exp(u))))

    low, high = np.full(len(rows), np.log(middle)), np.log(np.maximum(last, middle + 1.0))
    at_start = term(rows, middle + _STEPS[None, :]) @ _WEIGHTS
    rest: FloatArray = np.maximum(integrate_by_halving(log_integrand, low, high) + at_start, 0.0)
    return rest
