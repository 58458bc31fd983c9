"""BG/CNBD-k and MBG/CNBD-k: as BG/NBD, but times between purchases are Erlang-k, more regular than at random.

Platzer & Reutterer (2016), Ticking away the moments: timing regularity helps to better predict customer activity,
Marketing
Science 35. A purchase is every k-th event of a Poisson process. Where the literature approximates expectations for
k > 1,
the phase reached since the last purchase is summed out here, and the expectation is exact.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from scipy import special

from custvalue._arrays import FloatArray, IntArray
from custvalue.clv._kernels.beta_mixture import mean_reciprocal
from custvalue.clv._kernels.bg_nbd import beta_geometric_count_terms
from custvalue.clv._kernels.likelihood import Params, Terms, at_distinct
from custvalue.clv._kernels.long_sums import sum_terms
from custvalue.clv._kernels.quadrature import find_hump, integrate_by_halving, panels, shared_rows
from custvalue.clv._kernels.special import (
    at_least,
    gamma_ratio,
    if_alive,
    log_beta_ratio,
    log_negative_binomial,
    softplus,
)

__all__ = ["ErlangGeometric"]

_FIRST_TERMS = 32  # times k: the number of purchases then is spread over six and more
_NEAR, _IN = 0.05, tuple(zip(*panels(1, 5), strict=True))  # about a = 1: a mean of slopes, not a quotient
_LOST = 45.0  # e-folds beyond which nobody's events are counted

_Worth = Callable[[FloatArray, FloatArray, FloatArray], FloatArray]


class ErlangGeometric:
    """Kernel with Erlang-k purchase times; parameters r, alpha, a, b."""

    names = ("r", "alpha", "a", "b")
    time_powers = (0, 1, 0, 0)
    starts = ((0.0, -1.0, 0.0, 0.0), (-1.2, -3.0, -0.7, 0.7), (1.5, 0.0, -2.0, 1.0))
    block_rows = 8_192

    def __init__(self, k: int, *, modified: bool) -> None:
        self.k = k
        self.extra = 1.0 if modified else 0.0
        self.several_maxima = modified

    def count_terms(self, params: Params, x: FloatArray, /) -> Terms:
        """Terms of x alone."""
        return beta_geometric_count_terms(params, x, x + self.extra, self.k)

    def _phases(self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
        """Weight (k, n_rows) of j = 0 ... k - 1 events since the last purchase, if alive; relative to j = 0."""
        r, alpha, *_ = params
        u = (T - t_x) / (alpha + T)
        weights = [np.ones_like(u)]
        for j in range(1, self.k):
            weights.append(weights[-1] * (r + self.k * x + j - 1.0) / j * u)
        return np.stack(weights)

    def _log_odds_gone(self, params: Params, x: FloatArray, gap: FloatArray, log_alive: FloatArray) -> FloatArray:
        r, _, a, b = params
        chances = np.maximum(x + self.extra - 1.0, 0.0)
        d = (r + self.k * x) * gap + np.log(a) - np.log(b + chances) - log_alive
        return d if self.extra else np.where(x > 0, d, -1e300)

    def time_terms(self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, /) -> Terms:
        """All other terms."""
        r, alpha, _, b = params
        shape, at_end, at_last = r + self.k * x, alpha + T, alpha + t_x
        phases = self._phases(params, x, t_x, T)
        total = phases.sum(axis=0)
        log_end = np.log(at_end)
        gap = np.log1p((T - t_x) / at_last)
        d = self._log_odds_gone(params, x, gap, np.log(total))
        value = np.log(total) + softplus(d) - shape * log_end
        gone = special.expit(d)
        alive = 1.0 - gone
        harmonic = np.zeros_like(total)
        slope_r, slope_u = np.zeros_like(total), np.zeros_like(total)
        for j in range(1, self.k):
            harmonic = harmonic + 1.0 / (shape + j - 1.0)
            slope_r += phases[j] / total * harmonic
            slope_u += phases[j] / total * j
        chances = np.maximum(x + self.extra - 1.0, 0.0)
        gradient = np.empty((4, len(x)))
        gradient[0] = r * (alive * slope_r + gone * gap - log_end)
        gradient[1] = -alpha * (alive * (shape + slope_u) / at_end + gone * shape / at_last)
        gradient[2] = gone
        gradient[3] = -b * gone / (b + chances)
        return value, gradient

    def _state(self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray) -> tuple[FloatArray, FloatArray]:
        """P(alive) (n_rows,) and the chances (k, n_rows) of the phases if alive."""
        alpha = params[1]
        phases = self._phases(params, x, t_x, T)
        total = phases.sum(axis=0)
        gap = np.log1p((T - t_x) / (alpha + t_x))
        alive: FloatArray = special.expit(-self._log_odds_gone(params, x, gap, np.log(total)))
        return alive, phases / total

    def _ahead(
        self, worth: _Worth, phase: int, rate: tuple[FloatArray, FloatArray], coin: tuple[FloatArray, FloatArray]
    ) -> FloatArray:
        """Mean of what m purchases to come are worth, were all their coins survived.

        ``rate`` are the shape and the time ahead on its scale, ``coin`` the parameters of the chance to leave.
        """
        (shape, y), (a, b) = rate, coin

        def term(rows: IntArray, m: FloatArray) -> FloatArray:
            chance = self._exactly(self.k * m - phase, shape[rows, None], y[rows, None])
            return chance * worth(a[rows, None], b[rows, None], m)

        most = (shape + np.sqrt(2.0 * _LOST * shape) + _LOST) * y
        most = most + np.sqrt(2.0 * _LOST * most) + _LOST
        return sum_terms(term, most / self.k + 2.0, _FIRST_TERMS * max(self.k, 2))

    def _exactly(self, events: FloatArray, shape: FloatArray, y: FloatArray) -> FloatArray:
        """Chance of so many events, or of more but none of them a purchase."""
        total = np.zeros(np.broadcast_shapes(events.shape, shape.shape))
        for j in range(self.k):
            n = np.maximum(events + j, 0.0)
            total += np.where(events + j >= 0.0, np.exp(log_negative_binomial(n, shape, y)), 0.0)
        return total

    def _phase_weights(self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
        """Chance (k, n_rows) of being alive and in each phase."""
        alive, phases = self._state(params, x, t_x, T)
        return alive * phases

    def probability_alive(
        self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, ahead: float, /
    ) -> FloatArray:
        """Probability of being alive ``ahead`` after T."""
        if ahead == 0.0:
            return self._state(params, x, t_x, T)[0]
        later = self._over_future(_stays, params, x, t_x, T, ahead)
        return np.minimum(later, self._state(params, x, t_x, T)[0])

    def expected_purchases(
        self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, t: float, /
    ) -> FloatArray:
        """Expected purchases in (T, T + t]; exact for every k."""
        return self._over_future(_until_gone, params, x, t_x, T, t)

    def _over_future(
        self, worth: _Worth, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, t: float
    ) -> FloatArray:
        r, alpha, a, b = params

        def ahead(phase: int, x: FloatArray, T: FloatArray) -> FloatArray:
            rate, coin = (r + self.k * x + phase, t / (alpha + T)), (a * np.ones_like(T), b + x + self.extra)
            return self._ahead(worth, phase, rate, coin)

        total = np.zeros_like(T)
        for phase, weight in enumerate(self._phase_weights(params, x, t_x, T)):
            total += weight * at_distinct(partial(ahead, phase), params, x, T)
        return total

    def residual_transactions(
        self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, delta: float, /
    ) -> FloatArray:
        """Expected purchases after T discounted at the continuous rate delta: over the rate, the coin summed out."""
        _, alpha, a, b = params
        if delta == 0.0:
            return if_alive(self._state(params, x, t_x, T)[0], mean_reciprocal(a, b + x + self.extra, 0.0))

        def residual(phase: int, x: FloatArray, T: FloatArray) -> FloatArray:
            coin = (a * np.ones_like(T), b + x + self.extra)
            return self._discounted(self.k - phase, (params[0] + self.k * x + phase, delta * (alpha + T)), coin)

        total = np.zeros_like(T)
        for phase, weight in enumerate(self._phase_weights(params, x, t_x, T)):
            total += weight * at_distinct(partial(residual, phase), params, x, T)
        return total

    def _discounted(
        self, first: int, rate: tuple[FloatArray, FloatArray], coin: tuple[FloatArray, FloatArray]
    ) -> FloatArray:
        """E of q^first E_p[1 / (1 - (1 - p) q^k)], q = w / (w + 1), over w ~ gamma(rate), the rate by the discount."""
        shape, scale = rate
        spread, middle = 1.0 / np.sqrt(shape + first), np.log((shape + first) / scale)
        constant = shape * np.log(scale) - special.gammaln(shape)

        def log_weight(rows: IntArray, v: FloatArray) -> FloatArray:
            value: FloatArray = shape[rows, None] * v - scale[rows, None] * np.exp(v) - first * np.log1p(np.exp(-v))
            return value + constant[rows, None]

        # one concave hump; the coin's part is at least 1 and grows no faster than exp(v)
        low = np.minimum(middle, 0.0) - 12.0 * spread - 60.0 / (shape + first)
        every = np.arange(len(shape))
        low, high = find_hump(lambda v: log_weight(every, v), low, middle + 12.0 * spread + 3.0)
        (a, b), own = np.unique(np.stack(coin), axis=1, return_inverse=True)
        log_purchases = shared_rows(
            lambda some, v: self._log_purchases(a[some, None], b[some, None], v), own, low, high
        )
        return integrate_by_halving(lambda rows, v: log_weight(rows, v) + log_purchases(rows, v), low, high)

    def _log_purchases(self, a: FloatArray, b: FloatArray, v: FloatArray) -> FloatArray:
        """Log of E_p[1 / (1 - (1 - p) q^k)], (n_coins, n_v); analytic where v is within pi/2 of real."""
        log_q = -self.k * np.log1p(np.exp(-v))
        a, b, rate = np.broadcast_arrays(a, b, np.expm1(-log_q))
        value: FloatArray = np.log(mean_reciprocal(a.ravel(), b.ravel(), rate.ravel())).reshape(rate.shape) - log_q
        return value

    def conditional_pmf(
        self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, n: int, t: float, /
    ) -> FloatArray:
        """Probability of n purchases in (T, T + t]."""
        r, alpha, a, b = params
        y, left, count = t / (alpha + T), b + x + self.extra, np.full_like(T, n)
        total = 1.0 - self._state(params, x, t_x, T)[0] if n == 0 else np.zeros_like(T)
        for phase, weight in enumerate(self._phase_weights(params, x, t_x, T)):
            events, shape = self.k * count - phase, r + self.k * x + phase
            exactly, reached = self._exactly(events, shape, y), at_least(events, shape, y)
            total = total + weight * _stays_or_leaves(exactly, reached, count, a, left)
        return total

    def latent_means(self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, /) -> dict[str, FloatArray]:
        """Posterior means of the rate of purchases (events / k) and of the chance to drop out after a purchase."""
        r, alpha, a, b = params
        alive = self._state(params, x, t_x, T)[0]
        events = (1.0 - alive) * (r + self.k * x) / (alpha + t_x)
        for phase, weight in enumerate(self._phase_weights(params, x, t_x, T)):
            events = events + weight * (r + self.k * x + phase) / (alpha + T)
        return {
            "purchase_rate": events / self.k,
            "dropout_probability": (a + 1.0 - alive) / (a + b + x + self.extra),
        }

    def new_purchases(self, params: Params, t: FloatArray, /) -> FloatArray:
        """Expected repeat purchases of a new customer in (0, t]."""
        r, alpha, a, b = params
        stays = b / (a + b) if self.extra else 1.0
        one = np.ones_like(t)
        return stays * self._ahead(_until_gone, 0, (r * one, t / alpha), (a * one, (b + self.extra) * one))

    def new_pmf(self, params: Params, n: FloatArray, t: float, /) -> FloatArray:
        """Probability that a new customer makes n repeat purchases in (0, t]."""
        r, alpha, a, b = params
        one = np.ones_like(n)
        events, y = self.k * n, t / alpha * one
        exactly, reached = self._exactly(events, r * one, y), at_least(events, r * one, y)
        return _stays_or_leaves(exactly, reached, n + self.extra, a, b * one)


def _stays(a: FloatArray, b: FloatArray, m: FloatArray) -> FloatArray:
    """Chance of surviving m coins; :func:`log_beta_ratio` without what cancels there when m is large."""
    return np.exp(gamma_ratio(b, a) - gamma_ratio(b + m, a))


def _until_gone(a: FloatArray, b: FloatArray, m: FloatArray) -> FloatArray:
    """Mean number of purchases of somebody who would make m if no coin were lost: sum of _stays over 0 ... m - 1."""
    off, later = a - 1.0, np.maximum(m - 1.0, 0.0)
    # 1 + b / (a + b) x (a + b) / (a - 1) x [1 - exp(-(a - 1) log_run)]: what follows the first coin, for any a
    near = np.abs(off) < _NEAR
    far = gamma_ratio(b + 1.0 + later, np.where(near, 0.0, off)) - gamma_ratio(b + 1.0, np.where(near, 0.0, off))
    log_run = far / np.where(near, 1.0, off)
    if near.any():
        slope = sum(
            w * (special.digamma(b + 1.0 + later + p * off) - special.digamma(b + 1.0 + p * off)) for p, w in _IN
        )
        log_run = np.where(near, slope, log_run)
    return np.where(m > 0.0, 1.0 + b * log_run * special.exprel(-off * log_run), 0.0)


def _stays_or_leaves(
    exactly: FloatArray, reached: FloatArray, coins: FloatArray, a: FloatArray | float, b: FloatArray
) -> FloatArray:
    """N purchases: exactly so many events and all coins survived, or the last coin lost, whatever came after."""
    before = np.maximum(coins - 1.0, 0.0)
    left = np.exp(log_beta_ratio(a, b, before)) * a / (a + b + before)
    return np.exp(log_beta_ratio(a, b, coins)) * exactly + np.where(coins > 0, left * reached, 0.0)
