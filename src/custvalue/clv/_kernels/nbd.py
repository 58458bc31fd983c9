"""NBD: Poisson purchases at gamma rates, and nobody ever leaves. The baseline all others must beat.

Ehrenberg (1959), The pattern of consumer purchases, Applied Statistics 8; conditional expectation after Morrison &
Schmittlein
(1988), Journal of Business & Economic Statistics 6.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from custvalue._arrays import FloatArray
from custvalue.clv._kernels.likelihood import Curvature, Params, Terms
from custvalue.clv._kernels.special import gamma_ratio, log_negative_binomial, trigamma_ratio

__all__ = ["NBD_KERNEL", "NegativeBinomial"]


class NegativeBinomial:
    """NBD kernel; parameters r, alpha."""

    names = ("r", "alpha")
    time_powers = (0, 1)
    starts = ((0.0, 0.0), (-1.5, -2.0))
    block_rows = 8_192
    several_maxima = False

    def count_terms(self, params: Params, x: FloatArray, /) -> Terms:
        """Terms of x alone."""
        r, alpha = params
        value = gamma_ratio(r, x) + r * np.log(alpha)
        slope = r * (special.digamma(r + x) - special.digamma(r) + np.log(alpha))
        return value, np.stack([slope, r * np.ones_like(x)])

    def time_terms(self, params: Params, x: FloatArray, _t_x: FloatArray, T: FloatArray, /) -> Terms:
        """All other terms; when the last purchase was does not matter."""
        r, alpha = params
        log_end = np.log(alpha + T)
        return -(r + x) * log_end, np.stack([-r * log_end, -alpha * (r + x) / (alpha + T)])

    def count_curvature(self, params: Params, x: FloatArray, weights: FloatArray, /) -> FloatArray:
        """Hessian of the weighted sum of the terms of x alone."""
        r = float(params[0])
        slope = self.count_terms(params, x)[1] @ weights
        return np.array([[slope[0] + r * r * float(weights @ trigamma_ratio(r, x)), slope[1]], [slope[1], 0.0]])

    def weighted_time_terms(
        self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, weights: FloatArray, /, *, curved: bool
    ) -> Curvature:
        """Weighted sum of the other terms, gradient and Hessian."""
        r, alpha = (float(value) for value in params)
        value, gradient = self.time_terms(params, x, t_x, T)
        slope, share = gradient @ weights, alpha / (alpha + T)
        hessian = np.zeros((2, 2))
        if curved:
            both = -r * float(weights @ share)
            bend = slope[1] + float((weights * (r + x)) @ (share * share))
            hessian = np.array([[slope[0], both], [both, bend]])
        return float(weights @ value), slope, hessian

    def probability_alive(
        self, _params: Params, x: FloatArray, _t_x: FloatArray, _T: FloatArray, _ahead: float, /
    ) -> FloatArray:
        """One: nobody leaves."""
        return np.ones_like(x)

    def expected_purchases(
        self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, t: float, /
    ) -> FloatArray:
        """Expected purchases in (T, T + t]."""
        return self.latent_means(params, x, t_x, T)["purchase_rate"] * t

    def residual_transactions(
        self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, delta: float, /
    ) -> FloatArray:
        """Expected purchases after T discounted at the continuous rate delta; without end at 0."""
        rate = self.latent_means(params, x, t_x, T)["purchase_rate"]
        return rate / delta if delta > 0 else np.full_like(rate, np.inf)

    def conditional_pmf(
        self, params: Params, x: FloatArray, _t_x: FloatArray, T: FloatArray, n: int, t: float, /
    ) -> FloatArray:
        """Probability of n purchases in (T, T + t]."""
        r, alpha = params
        return np.exp(log_negative_binomial(np.full_like(T, n), r + x, t / (alpha + T)))

    def latent_means(self, params: Params, x: FloatArray, _t_x: FloatArray, T: FloatArray, /) -> dict[str, FloatArray]:
        """Posterior mean of the purchase rate."""
        r, alpha = params
        return {"purchase_rate": np.asarray((r + x) / (alpha + T))}

    def new_purchases(self, params: Params, t: FloatArray, /) -> FloatArray:
        """Expected repeat purchases of a new customer in (0, t]."""
        r, alpha = params
        return np.asarray(r / alpha * t)

    def new_pmf(self, params: Params, n: FloatArray, t: float, /) -> FloatArray:
        """Probability that a new customer makes n repeat purchases in (0, t]."""
        r, alpha = params
        return np.exp(log_negative_binomial(n, r, t / alpha))


NBD_KERNEL = NegativeBinomial()
