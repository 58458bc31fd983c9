"""Pareto/NBD: Poisson purchases while alive, exponential lifetimes, gamma rates of both.

Schmittlein, Morrison & Colombo (1987), Counting your customers, Management Science 33; Fader & Hardie (2005), A
note on
deriving the Pareto/NBD model; Fader, Hardie & Lee (2005), RFM and CLV, Journal of Marketing Research 42 (DERT).
"""

from __future__ import annotations

import numpy as np
from scipy import special

from custvalue._arrays import FloatArray
from custvalue.clv._kernels.gamma_lifetime import GammaLifetime
from custvalue.clv._kernels.likelihood import Params
from custvalue.clv._kernels.quadrature import discounted_power

__all__ = ["PARETO_NBD"]


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
    """Closed forms where the exponential lifetime has them."""

    def time_left(self, life: Params, T: FloatArray, t: float, delta: float) -> FloatArray:
        """Discounted time to live within t, or without end."""
        s, at = life[-2], life[-1] + T
        if np.isinf(t):
            return at * discounted_power(delta * at, s * np.ones_like(T))
        log_ratio = np.log1p(t / at)
        value: FloatArray = at * log_ratio * special.exprel(-(s - 1.0) * log_ratio)
        return value


PARETO_NBD = _ParetoNBD(
    _Ordinary(),
    names=("r", "alpha", "s", "beta"),
    time_powers=(0, 1, 0, 1),
    starts=((0.0, 0.0, 0.0, 0.0), (-1.0, -1.5, -0.5, -1.0), (1.5, 0.5, -2.0, 1.0)),
    rule=(1, 32),
)
