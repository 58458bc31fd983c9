"""Expectations over a beta-distributed chance to drop out, all terms positive.

The closed forms of the BG/NBD family are Gauss hypergeometric functions that overflow, cancel, or divide by a - 1.
Up to a moderate horizon their power series is summed, with the a - 1 divided out beforehand, and its cancellation
measured. Everywhere else p ~ Beta(a, b) is integrated in u = logit p; the two tails, where everything but a power of p
(or of 1 - p) is constant, are exact.
Arguments: ``n = r + x`` the shape of the purchase rate, ``y = t / (alpha + T)`` the horizon on its scale.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from custvalue._arrays import FloatArray, IntArray
from custvalue.clv._kernels.quadrature import LOST, discounted_power, integrate_by_halving
from custvalue.clv._kernels.special import gamma_ratio

__all__ = ["discounted_on_grid", "discounted_purchases", "mean_purchases", "mean_reciprocal", "mean_survival"]

Column = FloatArray | float
LogKernel = Callable[[FloatArray, FloatArray, FloatArray], FloatArray]

_ROWS = 400
_TAIL = 30.0  # e^-30 = 1e-13: how close to a pure power the tails are
_STEP, _GRID_TO = 0.25, 100.0  # of the trapezoid sums; largest a they are used for
_SERIES_TO, _SERIES_TERMS = 0.9, 600.0  # largest argument of the power series, and terms by which it must end


@np.errstate(over="ignore", invalid="ignore")
def mean_survival(a: Column, b: Column, n: Column, y: Column) -> FloatArray:
    """E[(1 + p y)^-n]: the chance to be still there at the horizon."""
    a, b, n, y = _columns(a, b, n, y)
    series, size = _power_series(a + b - n, a, a + b, y)
    stays = np.exp(-a * np.log1p(y))
    value, lost = stays * (1.0 + a * series), stays * (1.0 + a * size)
    return _where_safe(value, lost, lambda *row: _expect(lambda p, n, y: -n * np.log1p(p * y), *row), a, b, n, y)


@np.errstate(over="ignore", invalid="ignore")
def mean_purchases(a: Column, b: Column, n: Column, y: Column) -> FloatArray:
    """E[(1 - (1 + p y)^-n) / p]: purchases up to the horizon; (a + b - 1) / (a - 1) or inf as y grows without end."""

    def log_purchases(p: FloatArray, n: FloatArray, y: FloatArray) -> FloatArray:
        value: FloatArray = np.log(-np.expm1(-n * np.log1p(p * y))) - np.log(p)
        return value

    a, b, n, y = _columns(a, b, n, y)
    # C [1 - (1 - z)^(a-1) 2F1(C - n, a - 1; C; z)] / (a - 1), the a - 1 divided out of both factors
    c, log_rest = a + b - 1.0, -np.log1p(y)
    series, size = _power_series(c - n, a - 1.0, c, y)
    power = (a - 1.0) * log_rest
    first, factor = -log_rest * special.exprel(power), np.exp(power)
    value, lost = c * (first - factor * series), c * (first + factor * size)
    return _where_safe(value, lost, lambda *row: _expect(log_purchases, *row), a, b, n, y)


def _columns(*values: Column) -> tuple[FloatArray, ...]:
    return tuple(np.atleast_1d(np.asarray(v, dtype=np.float64)) for v in np.broadcast_arrays(*values))


def _power_series(c: FloatArray, e: FloatArray, d: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Sum [2F1(c, e; d; z) - 1] / e at z = y / (1 + y), and the sum of the sizes of its terms.

    The sizes are infinite where the series is not to be had: many terms, or a pole in d.
    """
    z = y / (1.0 + y)
    total, size = np.zeros_like(z), np.full_like(z, np.inf)
    rows = np.flatnonzero((z <= _SERIES_TO) & (d > 0.0) & (np.abs(c) < _SERIES_TERMS) & (e < _SERIES_TERMS))
    c, e, d, z = c[rows], e[rows], d[rows], z[rows]
    term = c * z / d
    own_total, own_size, k = term.copy(), np.abs(term), 1.0
    while k < _SERIES_TERMS:
        for _ in range(16):
            term = term * ((c + k) * (e + k) * z / ((d + k) * (k + 1.0)))
            own_total += term
            own_size += np.abs(term)
            k += 1.0
        done = np.abs(term) <= 1e-18 * (1.0 - z) * (own_size + z)
        if done.any():
            total[rows[done]], size[rows[done]] = own_total[done], own_size[done]
            rows = rows[~done]
            c, e, d, z, term, own_total, own_size = np.stack([c, e, d, z, term, own_total, own_size])[:, ~done]
        if not len(rows):
            break
    return total, size


def _where_safe(
    value: FloatArray, lost: FloatArray, otherwise: Callable[..., FloatArray], *columns: FloatArray
) -> FloatArray:
    """Keep a value where no more than two digits of ``lost`` cancelled in it; compute it otherwise elsewhere."""
    rows = np.flatnonzero(~((value > 0.0) & (lost <= 100.0 * value) & np.isfinite(lost)))
    if len(rows):
        value[rows] = otherwise(*(column[rows] for column in columns))
    return value


def discounted_purchases(a: Column, b: Column, n: Column, zeta: Column) -> FloatArray:
    """E[n x integral of exp(-zeta v) (1 + p v)^-(n+1) over v >= 0]: all to come, discounted at zeta / (alpha + T)."""

    def log_discounted(p: FloatArray, n: FloatArray, zeta: FloatArray) -> FloatArray:
        value: FloatArray = np.log(n / p * discounted_power(zeta / p, n + 1.0))
        return value

    a, b, n, zeta = (np.asarray(value, dtype=np.float64) for value in (a, b, n, zeta))
    with np.errstate(divide="ignore", invalid="ignore"):
        forever = np.where(a > 1.0, (a + b - 1.0) / (a - 1.0), np.inf)
    discounted = _expect(log_discounted, a, b, n, np.where(zeta > 0.0, zeta, 1.0), inverted=True)
    return np.where(zeta > 0.0, discounted, forever)


def discounted_on_grid(
    a: float, b: FloatArray, n: FloatArray, zeta: FloatArray, row: IntArray, column: IntArray
) -> FloatArray:
    """Make :func:`discounted_purchases` at pairs (row of b and n, column of zeta > 0), for one ``a``.

    Trapezoid sums in log v and in logit p, which converge as exp(-pi^2 / step): E[(1 + p v)^-(n+1)] is had once for
    each row and v, exp(-zeta v) once for each column. Beyond the first node of a grid its integrand is a pure power.
    """
    if a > _GRID_TO:
        return discounted_purchases(a, b[row], n[row], zeta[column])
    low, high = -_TAIL / 1.5 - np.log(zeta.max() + n.max() + 1.0), np.log((LOST + 5.0) / zeta.min())
    v = np.exp(np.arange(np.floor(low / _STEP), np.ceil(high / _STEP) + 1.0) * _STEP)
    step = min(_STEP, 0.4 / np.sqrt(a))  # narrow humps take more of |Gamma(a + 2 pi i / step)| / Gamma(a)
    left = -_TAIL - 5.0 - np.log1p(b.max() + (n.max() + 1.0) * v[-1])
    u = np.arange(np.floor(left / step), np.ceil((_TAIL + 5.0 + np.log1p(a + n.max())) / step) + 1.0) * step
    p = special.expit(u)
    log_run = np.log1p(p[:, None] * v)
    table = np.empty((len(b), len(v)))
    for i in range(len(b)):
        weight = _beta_weights(a, float(b[i]), u, step)
        # what each p may add to the sum, for the smallest and the largest zeta
        felt = weight / (p + np.array([[zeta.min()], [zeta.max()]]) / n[i])
        kept = (felt > 1e-17 * felt.max(axis=1, keepdims=True)).any(axis=0)
        table[i] = n[i] * (weight[kept] @ np.exp(-(n[i] + 1.0) * log_run[kept]))
    table *= _STEP * v
    table[:, 0] /= -np.expm1(-_STEP)
    total = np.empty(len(row))
    for first in range(0, len(row), 10 * _ROWS):
        some = slice(first, first + 10 * _ROWS)
        used, place = np.unique(column[some], return_inverse=True)
        fades = np.exp(-zeta[used, None] * v)
        total[some] = np.einsum("ij,ij->i", fades[place], table[row[some]])
    return total


def _beta_weights(a: float, b: float, u: FloatArray, step: float) -> FloatArray:
    """Trapezoid weights of Beta(a, b) in logit p, each tail heaped on its last node."""
    log_p, log_q = special.log_expit(u), special.log_expit(-u)
    weight: FloatArray = step * np.exp(a * log_p + b * log_q - _log_beta(np.asarray(a), np.asarray(b)))
    weight[0] /= -np.expm1(-a * step)
    weight[-1] /= -np.expm1(-b * step)
    return weight


def mean_reciprocal(a: Column, b: Column, rate: Column) -> FloatArray:
    """E[1 / (rate + p)]; (a + b - 1) / (a - 1) or inf at rate 0."""
    a, b, rate = (np.asarray(value, dtype=np.float64) for value in (a, b, rate))
    with np.errstate(divide="ignore", invalid="ignore"):
        forever = np.where(a > 1.0, (a + b - 1.0) / (a - 1.0), np.inf)
    positive = np.where(rate > 0.0, rate, 1.0)
    value = _expect(lambda p, _n, rate: -np.log(rate + p), a, b, 0.0, positive, inverted=True)
    return np.where(rate > 0.0, value, forever)


def _log_beta(a: FloatArray, b: FloatArray) -> FloatArray:
    small, large = np.minimum(a, b), np.maximum(a, b)
    value: FloatArray = special.gammaln(small) - gamma_ratio(large, small)
    return value


def _expect(log_kernel: LogKernel, a: Column, b: Column, n: Column, y: Column, *, inverted: bool = False) -> FloatArray:
    """E[exp(log_kernel(p))] for p ~ Beta(a, b); p matters on the scale 1 / y, or y if inverted."""
    a, b, n, y = _columns(a, b, n, y)
    log_norm = _log_beta(a, b)
    low = -_TAIL - np.log(1.0 + a + b + (n + 1.0) * (1.0 / y if inverted else y))
    high = _TAIL + np.log(1.0 + a + b + n)

    def log_integrand(rows: IntArray, u: FloatArray) -> FloatArray:
        e = np.exp(-np.abs(u))
        both = np.log(1.0 + e)
        log_p, log_q = np.minimum(u, 0.0) - both, np.minimum(-u, 0.0) - both
        value: FloatArray = (
            a[rows, None] * log_p
            + b[rows, None] * log_q
            - log_norm[rows, None]
            + log_kernel(np.exp(log_p), n[rows, None], y[rows, None])
        )
        return value

    edge = special.expit(np.stack([low, high], axis=1))
    at_edge = log_kernel(edge, n[:, None], y[:, None])
    left = np.exp(a * low - log_norm + at_edge[:, 0] - np.log(a))
    right = np.exp(-b * high - log_norm + at_edge[:, 1] - np.log(b))
    return left + right + integrate_by_halving(log_integrand, low, high)
