"""Gauss-Legendre rules on the unit interval, and a rule that finds where a one-humped integrand lives."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from scipy import special

from custvalue._arrays import FloatArray, locked

__all__ = ["LOST", "discounted_power", "find_hump", "integrate_hump", "panels"]

_FRACTION_FROM, _FRACTION_TERMS = (2.0, 4.0, 10.0, 30.0, 100.0), (85, 45, 24, 12, 7, 5)
LOST = 42.0  # e-folds after which an integrand counts as gone: e^-42 = 6e-19


@cache
def panels(n_panels: int, n_nodes: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of a composite Gauss-Legendre rule on [0, 1]."""
    node, weight = special.roots_legendre(n_nodes)
    left = np.arange(n_panels)[:, None]
    nodes = ((left + 0.5 * (node + 1.0)) / n_panels).ravel()
    weights = np.tile(0.5 * weight / n_panels, n_panels)
    return locked(nodes), locked(weights)


def integrate_hump(
    log_integrand: Callable[[FloatArray], FloatArray], low: FloatArray, high: FloatArray, *, n_panels: int = 20
) -> FloatArray:
    """Integrate ``exp(log_integrand(u))``, one hump a row, over [low, high]; rows first, nodes last.

    Two looks at 64 points find the stretch within 42 e-folds of the top; a composite rule of 16 nodes a panel does
    it.
    """
    low, high = find_hump(log_integrand, low, high)
    nodes, weights = panels(n_panels, 16)
    value = log_integrand(low[:, None] + (high - low)[:, None] * nodes)
    total: FloatArray = (np.exp(value) @ weights) * (high - low)
    return total


def find_hump(
    log_integrand: Callable[[FloatArray], FloatArray], low: FloatArray, high: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Ends (n_rows,) of the stretch within 42 e-folds of the top, by two looks at 64 points."""
    look = np.linspace(0.0, 1.0, 64)
    for _ in range(2):
        value = log_integrand(low[:, None] + (high - low)[:, None] * look)
        alive = value >= value.max(axis=1, keepdims=True) - LOST
        first = np.maximum(alive.argmax(axis=1) - 1, 0)
        last = np.minimum(64 - alive[:, ::-1].argmax(axis=1), 63)
        width = high - low
        low, high = low + width * look[first], low + width * look[last]
    return low, high


def discounted_power(z: FloatArray, s: FloatArray) -> FloatArray:
    """Evaluate the integral of ``exp(-z v) (1 + v)**-s`` over v >= 0, for z >= 0 and any s; inf where it diverges."""
    z, s = (np.array(value, dtype=np.float64) for value in np.broadcast_arrays(z, s))
    total = np.full(z.shape, np.inf)
    finite = (z > 0.0) | (s > 1.0)
    by_fraction = finite & ((z >= 1.0) | (s >= 100.0))
    by_nodes = finite & ~by_fraction
    total[by_fraction] = _continued_fraction(z[by_fraction], s[by_fraction])
    total[by_nodes] = _by_nodes(z[by_nodes], s[by_nodes])
    return total


def _continued_fraction(z: FloatArray, s: FloatArray) -> FloatArray:
    """Backward evaluation of the continued fraction of e^z E_s(z) (Abramowitz & Stegun 5.1.22, even part).

    Its error falls as exp(-4 sqrt(z j)) with the number of terms j.
    """
    value = np.empty_like(z)
    level = np.searchsorted(_FRACTION_FROM, z)
    for i, n_terms in enumerate(_FRACTION_TERMS):
        rows = np.flatnonzero(level == i)
        at, shape = z[rows], s[rows]
        tail = np.zeros_like(at)
        for j in range(n_terms, 0, -1):
            tail = j * (shape + j - 1.0) / (at + shape + 2.0 * j - tail)
        value[rows] = 1.0 / (at + shape - tail)
    return value


def _by_nodes(z: FloatArray, s: FloatArray) -> FloatArray:
    """Composite Gauss-Legendre in log(1 + v), up to where discount or decay have left nothing."""
    by_discount = np.log1p((LOST + 20.0) / np.maximum(z, 1e-300))
    by_power = np.where(s > 1.0, LOST / np.maximum(s - 1.0, 1e-300), np.inf)
    end = np.where(z > 0.0, np.minimum(by_discount, by_power), by_power)
    total = np.empty_like(z)
    for rows, rule in ((np.flatnonzero(end < 9.0), (4, 16)), (np.flatnonzero(~(end < 9.0)), (8, 24))):
        nodes, weights = panels(*rule)
        for first in range(0, len(rows), 1000):
            some = rows[first : first + 1000]
            v = end[some, None] * nodes
            log_value = -z[some, None] * np.expm1(v) - (s[some, None] - 1.0) * v
            total[some] = (np.exp(log_value) @ weights) * end[some]
    return total
