"""BG/NBD and MBG/NBD: Poisson purchases, a coin after each purchase decides whether the customer stays.

Fader, Hardie & Lee (2005), "Counting your customers the easy way", Marketing Science 24; Batislam, Denizel &
Filiztekin (2007), International Journal of Research in Marketing 24 (the modified model, whose coin is also thrown
after the first purchase).
"""

from __future__ import annotations

import numpy as np
from scipy import special

from custvalue._arrays import FloatArray
from custvalue.clv._kernels.beta_mixture import discounted_on_grid, discounted_purchases, mean_purchases, mean_survival
from custvalue.clv._kernels.likelihood import Curvature, Params, Terms, at_distinct, coded, once_a_run
from custvalue.clv._kernels.special import (
    at_least,
    gamma_ratio,
    if_alive,
    log_beta_ratio,
    log_negative_binomial,
    trigamma_ratio,
)

__all__ = ["BG_NBD", "MBG_NBD", "BetaGeometric", "beta_geometric_count_terms"]


def beta_geometric_count_terms(params: Params, x: FloatArray, m: FloatArray, k: int = 1) -> Terms:
    """Terms of x alone, for k events a purchase and m survived chances to drop out, with gradient."""
    r, alpha, a, b = params
    events = k * x
    value = gamma_ratio(r, events) + r * np.log(alpha) + log_beta_ratio(a, b, m)
    both = special.digamma(np.asarray(a) + b) - special.digamma(np.asarray(a) + b + m)
    gradient = np.empty((4, len(x)))
    gradient[0] = r * (special.digamma(r + events) - special.digamma(r) + np.log(alpha))
    gradient[1] = r
    gradient[2] = a * both
    gradient[3] = b * (special.digamma(b + m) - special.digamma(b) + both)
    return value, gradient


class BetaGeometric:
    """BG/NBD (``modified=False``) or MBG/NBD kernel; parameters r, alpha, a, b."""

    names = ("r", "alpha", "a", "b")
    time_powers = (0, 1, 0, 0)
    starts = (
        (0.0, 0.0, 0.0, 0.0),
        (-1.2, -2.3, -0.7, 0.7),
        (1.5, 0.5, -2.0, 1.0),
        (-0.2, -2.0, -6.0, -0.2),
    )
    block_rows = 8_192

    def __init__(self, *, modified: bool) -> None:
        self.extra = 1.0 if modified else 0.0
        self.several_maxima = modified  # few who buy again may mean that most left at once, or that most buy seldom

    def count_terms(self, params: Params, x: FloatArray, /) -> Terms:
        """Terms of x alone."""
        return beta_geometric_count_terms(params, x, x + self.extra)

    def time_terms(self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, /) -> Terms:
        """All other terms: eq. (6) of Fader, Hardie & Lee, the survival term factored out."""
        r, alpha, *_ = params
        at_end, at_last = alpha + T, alpha + t_x
        shape = r + x
        log_end = np.log(at_end)
        gap = log_end - np.log(at_last)
        log_odds, slope_b = self._coin(params, x)
        d = shape * gap + log_odds
        e = np.exp(-np.abs(d))
        value = np.maximum(d, 0.0) + np.log(1.0 + e) - shape * log_end
        gone = np.where(d >= 0.0, 1.0, e) / (1.0 + e)
        gradient = np.empty((4, len(x)))
        gradient[0] = r * (gone * gap - log_end)
        # the weights on 1/(alpha+T) and 1/(alpha+t_x) are P(alive) and P(gone)
        gradient[1] = -alpha * shape * ((1.0 - gone) / at_end + gone / at_last)
        gradient[2] = gone
        gradient[3] = slope_b * gone
        return value, gradient

    def count_curvature(self, params: Params, x: FloatArray, weights: FloatArray, /) -> FloatArray:
        """Hessian of the weighted sum of the terms of x alone."""
        r, _, a, b = (float(value) for value in params)
        slope, m, both = self.count_terms(params, x)[1] @ weights, x + self.extra, a + b
        hessian = np.zeros((4, 4))
        hessian[0, 0] = slope[0] + r * r * float(weights @ trigamma_ratio(r, x))
        hessian[0, 1] = hessian[1, 0] = slope[1]
        shared = float(weights @ trigamma_ratio(both, m))
        hessian[2:, 2:] = -shared * np.outer([a, b], [a, b])
        hessian[2, 2] += slope[2]
        hessian[3, 3] += slope[3] + b * b * float(weights @ trigamma_ratio(b, m))
        return hessian

    def weighted_time_terms(
        self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, weights: FloatArray, /, *, curved: bool
    ) -> Curvature:
        """Weighted sum of :meth:`time_terms`, gradient and Hessian, without making the rows of the gradient."""
        r, alpha, *_ = (float(value) for value in params)
        at_end, at_last = alpha + T, alpha + t_x
        shape = r + x
        log_end = once_a_run(np.log, at_end)
        gap = log_end - np.log(at_last)
        log_odds, slope_b = self._coin(params, x)
        d = shape * gap
        d += log_odds
        e = np.exp(-np.abs(d))
        lifted = 1.0 + e
        gone = np.where(d >= 0.0, weights, weights * e)
        gone /= lifted
        np.maximum(d, 0.0, out=d)
        d += np.log(lifted)
        by_shape, gone_by_shape = weights * shape, gone * shape
        # shares of the scale in the time at the end and at the last purchase, and how much the gap shrinks with it
        end, last = alpha / at_end, alpha / at_last
        shrinks = last - end
        value = float(weights @ d) - float(by_shape @ log_end)
        slope_r = r * (float(gone @ gap) - float(weights @ log_end))
        slope_alpha = -float(by_shape @ end) - float(gone_by_shape @ shrinks)
        gradient = np.array([slope_r, slope_alpha, float(gone.sum()), float(gone @ slope_b)])
        hessian = np.zeros((4, 4))
        if curved:
            # d's own slopes, times the variance of being gone; then d's second derivatives
            slopes = np.stack([r * gap, -shape * shrinks, np.ones_like(d), slope_b])
            hessian = (slopes * (weights * e / lifted**2)) @ slopes.T
            hessian[0, 0] += slope_r
            hessian[0, 1] -= r * (float(weights @ end) + float(gone @ shrinks))
            hessian[1, 0] = hessian[0, 1]
            hessian[1, 1] -= float(by_shape @ (end - end * end))
            hessian[1, 1] -= float(gone_by_shape @ (shrinks * (1.0 - end - last)))
            hessian[3, 3] += float(gone @ (slope_b + slope_b * slope_b))
        return value, gradient, hessian

    def _coin(self, params: Params, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Log-odds of having lost the last coin at t_x = T, and their slope in log b; a table where counts repeat."""
        _, _, a, b = params
        most = int(x.max(initial=0.0))
        if np.ndim(a) == 0 and np.ndim(b) == 0 and most < len(x):
            table = self._coin((0.0, 0.0, np.full(most + 1, a), b), np.arange(most + 1.0))
            place = x.astype(np.intp)
            return table[0][place], table[1][place]
        at = b + np.maximum(x + (self.extra - 1.0), 0.0)
        log_odds = np.log(a) - np.log(at)
        return log_odds if self.extra else np.where(x > 0, log_odds, -1e300), -b / at

    def _alive(self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
        r, alpha, _, _ = params
        power = (r + x) * np.log1p((T - t_x) / (alpha + t_x))
        return np.asarray(special.expit(-self._coin(params, x)[0] - power))

    def probability_alive(
        self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, ahead: float, /
    ) -> FloatArray:
        """Probability of being alive ``ahead`` after T."""
        r, alpha, a, b = params
        alive = self._alive(params, x, t_x, T)
        if ahead == 0.0:
            return alive
        return alive * at_distinct(
            lambda x, T: mean_survival(a, b + x + self.extra, r + x, ahead / (alpha + T)), params, x, T
        )

    def expected_purchases(
        self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, t: float, /
    ) -> FloatArray:
        """Expected purchases in (T, T + t]."""
        r, alpha, a, b = params
        alive = self._alive(params, x, t_x, T)
        return alive * at_distinct(
            lambda x, T: mean_purchases(a, b + x + self.extra, r + x, t / (alpha + T)), params, x, T
        )

    def residual_transactions(
        self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, delta: float, /
    ) -> FloatArray:
        """Expected purchases after T discounted at the continuous rate delta."""
        r, alpha, a, b = params

        def residual(x: FloatArray, T: FloatArray) -> FloatArray:
            if delta == 0.0 or any(np.ndim(value) for value in params):
                return discounted_purchases(a, b + x + self.extra, r + x, delta * (alpha + T))
            (counts, count), (ages, age) = coded(x), coded(T)
            zeta = delta * (float(alpha) + ages)
            return discounted_on_grid(float(a), b + counts + self.extra, r + counts, zeta, count, age)

        return if_alive(self._alive(params, x, t_x, T), at_distinct(residual, params, x, T))

    def conditional_pmf(
        self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, n: int, t: float, /
    ) -> FloatArray:
        """Probability of n purchases in (T, T + t]."""
        r, alpha, a, b = params
        alive = self._alive(params, x, t_x, T)
        count = np.full_like(T, n)
        chance = _pmf(count, count, r + x, t / (alpha + T), a, b + x + self.extra)
        return alive * chance + ((1.0 - alive) if n == 0 else 0.0)

    def latent_means(self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, /) -> dict[str, FloatArray]:
        """Posterior means of the purchase rate and of the chance to drop out after a purchase."""
        r, alpha, a, b = params
        alive = self._alive(params, x, t_x, T)
        rate = (r + x) * (alive / (alpha + T) + (1.0 - alive) / (alpha + t_x))
        return {"purchase_rate": rate, "dropout_probability": (a + 1.0 - alive) / (a + b + x + self.extra)}

    def new_purchases(self, params: Params, t: FloatArray, /) -> FloatArray:
        """Expected repeat purchases of a new customer in (0, t]: eq. (9) of Fader, Hardie & Lee."""
        r, alpha, a, b = params
        stays = b / (a + b) if self.extra else 1.0
        return stays * mean_purchases(a, b + self.extra, r, t / alpha)

    def new_pmf(self, params: Params, n: FloatArray, t: float, /) -> FloatArray:
        """Probability that a new customer makes n repeat purchases in (0, t]: eq. (8) of Fader, Hardie & Lee."""
        r, alpha, a, b = params
        return _pmf(n, n + self.extra, r, t / alpha, a, b)


def _pmf(
    n: FloatArray,
    m: FloatArray,
    r: FloatArray | float,
    y: FloatArray | float,
    a: FloatArray | float,
    b: FloatArray | float,
) -> FloatArray:
    """N purchases and still there, or gone at the n-th; m chances to drop out so far."""
    stayed = np.exp(log_beta_ratio(a, b, m) + log_negative_binomial(n, r, y))
    # B(a + 1, b + m - 1) / B(a, b) = B(a, b + m - 1) / B(a, b) x a / (a + b + m - 1)
    before = np.maximum(m - 1.0, 0.0)
    left = np.exp(log_beta_ratio(a, b, before)) * np.asarray(a) / (np.asarray(a) + b + before)
    return stayed + np.where(m > 0, left * at_least(n, r, y), 0.0)


BG_NBD = BetaGeometric(modified=False)
MBG_NBD = BetaGeometric(modified=True)
