"""Pareto/NBD: Poisson purchases while alive, exponential lifetimes, gamma rates of both.

Schmittlein, Morrison & Colombo (1987), Counting your customers, Management Science 33; Fader & Hardie (2005), A
note on
deriving the Pareto/NBD model; Fader, Hardie & Lee (2005), RFM and CLV, Journal of Marketing Research 42 (DERT).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from scipy import special

from custvalue._arrays import FloatArray
from custvalue.clv._kernels.gamma_lifetime import EndOfLife, GammaLifetime
from custvalue.clv._kernels.likelihood import Curvature, Params
from custvalue.clv._kernels.pareto_pairs import UPPER, Pairs, SharedEnds
from custvalue.clv._kernels.quadrature import discounted_power
from custvalue.clv._kernels.special import trigamma_ratio

__all__ = ["PARETO_NBD"]

_SHARED_ROWS = 8_192


class _Ordinary:
    """Ordinary time: G(tau) = tau."""

    def scale(self, alpha: FloatArray | float, life: Params, /) -> FloatArray | float:
        """Give the shorter of the two gamma scales."""
        shorter: FloatArray = np.minimum(alpha, life[-1])
        return shorter

    def growth(self, life: Params, start: FloatArray, g: FloatArray, /) -> FloatArray:
        """Log of (beta + start + g) / (beta + start)."""
        value: FloatArray = np.log1p(g / (life[-1] + start))
        return value

    def course(self, life: Params, start: FloatArray, g: FloatArray, /) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Growth, exp(-growth), and the log of 1 / (beta + start)."""
        at = life[-1] + start
        ratio = 1.0 + g / at
        return np.log(ratio), 1.0 / ratio, -np.log(at)

    def until(self, life: Params, start: FloatArray, growth: FloatArray, /) -> FloatArray:
        """Invert growth, up to 600 e-folds of time."""
        value: FloatArray = (life[-1] + start) * np.expm1(np.minimum(growth, 600.0))
        return value

    def log_sum(self, life: Params, tau: FloatArray, /) -> FloatArray:
        """Log of beta + tau."""
        value: FloatArray = np.log(life[-1] + tau)
        return value

    def clock_slope(self, _life: Params, tau: FloatArray, _log_sum: FloatArray, /) -> tuple[FloatArray, FloatArray]:
        """Ordinary time has no parameter of its own: no slope."""
        return np.zeros_like(tau), np.zeros_like(tau)


class _ParetoNBD(GammaLifetime):
    """Closed forms where the exponential lifetime has them, and second derivatives."""

    def count_curvature(self, params: Params, x: FloatArray, weights: FloatArray, /) -> FloatArray:
        """Hessian of the weighted sum of the terms of x alone."""
        r = float(params[0])
        slope = self.count_terms(params, x)[1] @ weights
        hessian = np.zeros((4, 4))
        hessian[0, 0] = slope[0] + r * r * float(weights @ trigamma_ratio(r, x))
        hessian[0, 1] = hessian[1, 0] = slope[1]
        return hessian

    def weighted_time_terms(
        self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, weights: FloatArray, /, *, curved: bool
    ) -> Curvature:
        """Weighted sum of the time terms, gradient and Hessian."""
        end = EndOfLife(self, params, x, t_x, T, order=2 if curved else 1)
        return self.summed(end, params, (x, t_x, T), weights)

    def over_pairs(
        self, x: FloatArray, t_x: FloatArray, T: FloatArray, weights: FloatArray, /
    ) -> Callable[[Params, bool], Iterator[Curvature]] | None:
        """Give the same, block by block, by integrals that rows share; None where that does not pay."""
        pairs = Pairs.of(x, t_x, T)
        if pairs is None:
            return None

        def summed(params: Params, curved: bool) -> Iterator[Curvature]:
            integrals = pairs.integrals(self, params, 2 if curved else 1)
            for first in range(0, len(x), _SHARED_ROWS):
                rows = slice(first, first + _SHARED_ROWS)
                some = (x[rows], t_x[rows], T[rows])
                end = SharedEnds(params, some, (pairs.last[rows], pairs.end[rows]), integrals)
                yield self.summed(end, params, some, weights[rows])

        return summed

    def summed(
        self, end: EndOfLife, params: Params, columns: tuple[FloatArray, FloatArray, FloatArray], weights: FloatArray, /
    ) -> Curvature:
        """Weighted sum, gradient and, where the integrals have products, Hessian."""
        x, t_x, T = columns
        value, gradient = self.terms_at(end, params, x, t_x, T)
        total, slope = float(weights @ value), gradient @ weights
        if not end.products.size:
            return total, slope, np.zeros((4, 4))
        return total, slope, _hessian(end, [float(value) for value in params], (x, t_x), weights, gradient)

    def time_left(self, life: Params, T: FloatArray, t: float, delta: float) -> FloatArray:
        """Discounted time to live within t, or without end."""
        s, at = life[-2], life[-1] + T
        if np.isinf(t):
            return at * discounted_power(delta * at, s * np.ones_like(T))
        log_ratio = np.log1p(t / at)
        value: FloatArray = at * log_ratio * special.exprel(-(s - 1.0) * log_ratio)
        return value


def _hessian(
    end: EndOfLife,
    params: list[float],
    columns: tuple[FloatArray, FloatArray],
    weights: FloatArray,
    gradient: FloatArray,
) -> FloatArray:
    """Given the end of life, alive at T or gone at tau, slopes and second derivatives have closed forms.

    The Hessian is the mean of the second derivatives plus the covariance of the slopes (constants of a row left out).
    """
    (r, alpha, s, beta), (x, t_x), slope = params, columns, gradient @ weights
    shape, share, life_share = r + x, alpha / (alpha + t_x), beta / (beta + t_x)
    one = np.ones_like(x)
    gone = np.stack([-r * one, -shape * share, -s * one, -(s + 1.0) * life_share])
    faded = np.exp(-end.aging_end)
    alive = np.stack(
        [
            -r * end.delay_end,
            -shape * share * np.exp(-end.delay_end),
            -s * end.aging_end - 1.0,
            -s * life_share * faded,
        ]
    )
    mean = end.alive * alive + gone * end.sums[1:] / end.total
    hessian = (weights * end.alive * alive) @ alive.T - (weights * mean) @ mean.T
    weighted = gone * (weights / end.total)
    for k, m in UPPER:
        hessian[k, m] += float((weighted[k] * gone[m]) @ end.products[k, m])
    mean_square = end.alive * alive[1] ** 2 + gone[1] ** 2 * end.products[1, 1] / end.total
    life_square = end.alive * alive[3] ** 2 / s + gone[3] ** 2 * end.products[3, 3] / end.total / (s + 1.0)
    left = life_share * (end.alive * faded + end.sums[4] / end.total)
    hessian[0, 0] += slope[0]
    hessian[0, 1] += r * float((weights / shape) @ gradient[1])
    hessian[1, 1] += slope[1] + float((weights / shape) @ mean_square)
    hessian[2, 2] += slope[2] - float(weights @ (1.0 - end.alive))
    hessian[2, 3] += s * float(weights @ (1.0 - left))
    hessian[3, 3] += slope[3] + float(weights @ (life_square - s))
    whole: FloatArray = np.triu(hessian) + np.triu(hessian, 1).T
    return whole


PARETO_NBD = _ParetoNBD(
    _Ordinary(),
    names=("r", "alpha", "s", "beta"),
    time_powers=(0, 1, 0, 1),
    starts=((0.0, 0.0, 0.0, 0.0), (-1.0, -1.5, -0.5, -1.0), (1.5, 0.5, -2.0, 1.0), (-0.2, -2.0, -6.0, -4.0)),
    rule=(1, 32),
)
