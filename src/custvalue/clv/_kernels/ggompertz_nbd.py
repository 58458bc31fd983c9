"""GGompertz/NBD: Poisson purchases while alive, Gompertz lifetimes with gamma-distributed scale.

Bemmaor & Glady (2012), Modeling purchasing behavior with sudden "death": a flexible customer lifetime model,
Management
Science 58; conditional expectation after the erratum of Adler (2022), Comment on "Modeling purchasing behavior ...".
"""

from __future__ import annotations

import numpy as np

from custvalue._arrays import FloatArray
from custvalue.clv._kernels.gamma_lifetime import GammaLifetime
from custvalue.clv._kernels.likelihood import Params

__all__ = ["GGOMPERTZ_NBD"]


class _Gompertz:
    """Gompertz time: G(tau) = exp(b tau) - 1."""

    def scale(self, alpha: FloatArray | float, life: Params, /) -> FloatArray | float:
        """Give the shortest of the scales of purchases, aging and its onset."""
        b, _, beta = life
        shorter: FloatArray = np.minimum(alpha, np.minimum(np.log1p(beta), 1.0) / b)
        return shorter

    def _log_share(self, life: Params, start: FloatArray) -> FloatArray:
        """Log of exp(b start) / (beta + G(start))."""
        return np.asarray(life[0] * start - self.log_sum(life, start))

    def growth(self, life: Params, start: FloatArray, g: FloatArray, /) -> FloatArray:
        """Log of (beta + G(start + g)) / (beta + G(start))."""
        log_share = self._log_share(life, start)
        advance = life[0] * g
        near: FloatArray = np.log1p(np.exp(log_share) * np.expm1(np.minimum(advance, 30.0)))
        if advance.size and advance.max() < 30.0:
            return near
        far = log_share + advance + np.log1p(np.expm1(-log_share) * np.exp(-np.maximum(advance, 30.0)))
        return np.where(advance < 30.0, near, far)

    def course(self, life: Params, start: FloatArray, g: FloatArray, /) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Growth, exp(-growth), and the log of G'(start + g) / (beta + G(start))."""
        aging = self.growth(life, start, g)
        log_speed: FloatArray = np.log(life[0]) + self._log_share(life, start) + life[0] * g
        return aging, np.exp(-aging), log_speed

    def until(self, life: Params, start: FloatArray, growth: FloatArray, /) -> FloatArray:
        """Invert growth."""
        log_share = self._log_share(life, start)
        # log1p(expm1(growth) / share), without overflow
        small = np.log1p(np.expm1(np.minimum(growth, 30.0)) * np.exp(-log_share))
        large = np.maximum(growth, 30.0) - log_share
        value: FloatArray = np.where(growth < 30.0, small, large) / life[0]
        return value

    def log_sum(self, life: Params, tau: FloatArray, /) -> FloatArray:
        """Log of beta + exp(b tau) - 1."""
        b, _, beta = life
        advance = b * tau
        near: FloatArray = np.log(beta + np.expm1(np.minimum(advance, 1.0)))
        if advance.size and advance.max() < 1.0:
            return near
        far = advance + np.log1p((beta - 1.0) * np.exp(-np.maximum(advance, 1.0)))
        return np.where(advance < 1.0, near, far)

    def clock_slope(self, life: Params, tau: FloatArray, log_sum: FloatArray, /) -> tuple[FloatArray, FloatArray]:
        """D log(beta + G) / d log b and d log G' / d log b."""
        advance = life[0] * tau
        return advance * np.exp(advance - log_sum), 1.0 + advance


GGOMPERTZ_NBD = GammaLifetime(
    _Gompertz(),
    names=("r", "alpha", "b", "s", "beta"),
    time_powers=(0, 1, -1, 0, 0),
    starts=((0.0, 0.0, 0.0, 0.0, 0.0), (-1.0, -1.5, -4.0, -0.5, -5.0), (0.0, 0.0, 1.5, -1.0, 2.0)),
    rule=(16, 16),
)
