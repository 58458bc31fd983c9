"""Gauss-Legendre rules on the unit interval, and a rule that finds where a one-humped integrand lives."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from scipy import special

from custvalue._arrays import FloatArray, IntArray, locked

__all__ = ["LOST", "discounted_power", "find_hump", "integrate_by_halving", "panels", "shared_rows"]

_FRACTION_FROM, _FRACTION_TERMS = (2.0, 4.0, 10.0, 30.0, 100.0), (85, 45, 24, 12, 7, 5)
LOST = 42.0  # e-folds after which an integrand counts as gone: e^-42 = 6e-19
_FIRST_PANELS, _HALVINGS, _AGREED = 4, 15, 1e-9  # halves that agree so well with their whole are right to 1e-13
_BLOCK_ROWS = 1_000
_CHEBYSHEV, _LOOKS = 16, 400  # points a unit; values an integral takes


@cache
def panels(n_panels: int, n_nodes: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of a composite Gauss-Legendre rule on [0, 1]."""
    node, weight = special.roots_legendre(n_nodes)
    left = np.arange(n_panels)[:, None]
    nodes = ((left + 0.5 * (node + 1.0)) / n_panels).ravel()
    weights = np.tile(0.5 * weight / n_panels, n_panels)
    return locked(nodes), locked(weights)


def integrate_by_halving(
    log_integrand: Callable[[IntArray, FloatArray], FloatArray], low: FloatArray, high: FloatArray
) -> FloatArray:
    """Integrate ``exp(log_integrand(rows, u))`` over [low, high], (n_rows,); rows first, nodes last.

    Panels of 16 nodes over the stretch within 42 e-folds of the top are halved until halves and whole agree.
    """
    total = np.zeros(len(low))
    for start in range(0, len(low), _BLOCK_ROWS):
        block = np.arange(start, min(start + _BLOCK_ROWS, len(low)))
        total[block] = _by_halving(log_integrand, block, low[block], high[block])
    return total


def _by_halving(
    log_integrand: Callable[[IntArray, FloatArray], FloatArray], block: IntArray, low: FloatArray, high: FloatArray
) -> FloatArray:
    nodes, weights = panels(1, 16)

    def panel(place: IntArray, left: FloatArray, right: FloatArray) -> FloatArray:
        width = right - left
        value = np.exp(log_integrand(block[place], left[:, None] + width[:, None] * nodes))
        found: FloatArray = value @ weights * width
        return found

    low, high = find_hump(lambda u: log_integrand(block, u), low, high)
    edges = low[:, None] + (high - low)[:, None] * np.linspace(0.0, 1.0, _FIRST_PANELS + 1)
    place = np.repeat(np.arange(len(block)), _FIRST_PANELS)
    left, right = edges[:, :-1].ravel(), edges[:, 1:].ravel()
    whole = panel(place, left, right)
    total = np.zeros(len(block))
    for _ in range(_HALVINGS):
        middle = 0.5 * (left + right)
        halves = np.stack([panel(place, left, middle), panel(place, middle, right)])
        both = halves.sum(axis=0)
        size = total + np.bincount(place, weights=both, minlength=len(block))
        off = np.abs(both - whole) > _AGREED * size[place]
        total += np.bincount(place[~off], weights=both[~off], minlength=len(block))
        if not off.any():
            break
        left, right = np.stack([left[off], middle[off]]).ravel(), np.stack([middle[off], right[off]]).ravel()
        place, whole = np.tile(place[off], 2), halves[:, off].ravel()
    else:
        total += np.bincount(place, weights=whole, minlength=len(block))
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


def shared_rows(
    function: Callable[[IntArray, FloatArray], FloatArray], own: IntArray, low: FloatArray, high: FloatArray
) -> Callable[[IntArray, FloatArray], FloatArray]:
    """Give ``function(own[rows], u)`` as a function of rows and u, tabulated where many rows share few functions.

    16 Chebyshev points a unit of u give 1e-13 of functions that are analytic within pi/2 of the real line.

    Parameters
    ----------
    function
        Values (n_some, n_points) of some functions (n_some,) at points (n_some, n_points), or (n_points,).
    own
        (n_rows,) which function is whose, 0, 1, 2, ...
    low, high
        (n_rows,) where each row asks for it.
    """
    start, units, n_functions = low.min(), int(high.max() - low.min()) + 1, int(own.max()) + 1
    if n_functions * units * _CHEBYSHEV > _LOOKS * len(own):
        return lambda rows, u: function(own[rows], u)
    angle = (np.arange(_CHEBYSHEV) + 0.5) * np.pi / _CHEBYSHEV
    points = start + np.arange(units)[:, None] + 0.5 * (1.0 + np.cos(angle))
    values = function(np.arange(n_functions), points.ravel()).reshape(-1, _CHEBYSHEV)
    to_terms = np.cos(np.arange(_CHEBYSHEV)[:, None] * angle) * (2.0 / _CHEBYSHEV)
    to_terms[0] *= 0.5
    terms = to_terms @ values.T

    def tabulated(rows: IntArray, u: FloatArray) -> FloatArray:
        unit = np.clip((u - start).astype(np.int64), 0, units - 1)
        twice, place = 4.0 * (u - start - unit) - 2.0, own[rows, None] * units + unit
        last, before = np.zeros_like(u), np.zeros_like(u)
        for term in terms[:0:-1]:  # Clenshaw's recurrence
            last, before = twice * last - before + term[place], last
        value: FloatArray = 0.5 * twice * last - before + terms[0][place]
        return value

    return tabulated


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
