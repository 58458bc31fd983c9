"""BG/CNBD-k and MBG/CNBD-k: as BG/NBD, but times between purchases are Erlang-k, more regular than at random.

Platzer & Reutterer (2016), Ticking away the moments: timing regularity helps to better predict customer activity,
Marketing
Science 35. A purchase is every k-th event of a Poisson process. Where the literature approximates expectations for
k > 1,
the phase reached since the last purchase is summed out here, and the expectation is exact.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import special

from custvalue._arrays import FloatArray
from custvalue.clv._kernels.beta_mixture import mean_reciprocal
from custvalue.clv._kernels.bg_nbd import beta_geometric_count_terms
from custvalue.clv._kernels.likelihood import Params, Terms
from custvalue.clv._kernels.quadrature import find_hump, panels
from custvalue.clv._kernels.special import log_beta_ratio, log_negative_binomial, softplus

__all__ = ["ErlangGeometric"]

_MOST_TERMS = 200_000
_NEGLIGIBLE = 1e-17


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

    def _reached(
        self, shape: FloatArray, z: FloatArray, phase: FloatArray, a: FloatArray | float, b: FloatArray
    ) -> Iterator[tuple[FloatArray, FloatArray]]:
        """For i = 1, 2, ...: chance of events enough for the i-th purchase, and of having survived i - 1 coins."""
        survives = np.ones_like(shape)
        for i in range(1, _MOST_TERMS):
            events = self.k * i - phase
            reached: FloatArray = np.asarray(special.betainc(events, shape, z), dtype=np.float64)
            yield reached, survives
            if bool((reached * survives).max() < _NEGLIGIBLE):
                return
            survives = survives * (b + i - 1.0) / (a + b + i - 1.0)

    def _over_phases(
        self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray
    ) -> Iterator[tuple[FloatArray, FloatArray, FloatArray]]:
        """Weight of each phase (with P(alive) in it), its number of events, and the shape of the rate in it."""
        alive, phases = self._state(params, x, t_x, T)
        for j in range(self.k):
            yield alive * phases[j], np.full_like(x, j), params[0] + self.k * x + j

    def probability_alive(
        self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, ahead: float, /
    ) -> FloatArray:
        """Probability of being alive ``ahead`` after T."""
        _, alpha, a, b = params
        if ahead == 0.0:
            return self._state(params, x, t_x, T)[0]
        total = np.zeros_like(T)
        z, left = ahead / (alpha + T + ahead), b + x + self.extra
        for weight, phase, shape in self._over_phases(params, x, t_x, T):
            lost = np.zeros_like(T)
            for i, (reached, survives) in enumerate(self._reached(shape, z, phase, a, left)):
                lost += reached * survives * a / (a + left + i)
            total += weight * (1.0 - lost)
        return total

    def expected_purchases(
        self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, t: float, /
    ) -> FloatArray:
        """Expected purchases in (T, T + t]: the chance of each further purchase, summed; exact for every k."""
        _, alpha, a, b = params
        total = np.zeros_like(T)
        z, left = t / (alpha + T + t), b + x + self.extra
        for weight, phase, shape in self._over_phases(params, x, t_x, T):
            for reached, survives in self._reached(shape, z, phase, a, left):
                total += weight * reached * survives
        return total

    def residual_transactions(
        self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, delta: float, /
    ) -> FloatArray:
        """Expected purchases after T discounted at the continuous rate delta: over the rate, the coin summed out."""
        _, alpha, a, b = params
        total = np.zeros_like(T)
        for weight, phase, shape in self._over_phases(params, x, t_x, T):
            for i in range(len(T)):
                ahead = self._discounted(delta, self.k - phase[i], (shape[i], alpha + T[i]), (a, b + x[i] + self.extra))
                total[i] += weight[i] * ahead
        return total

    def _discounted(
        self, delta: float, first: float, rate: tuple[float, float], coin: tuple[FloatArray | float, float]
    ) -> float:
        """E over lambda ~ gamma(rate) of q^first E_p[1 / (1 - (1 - p) q^k)], q = lambda / (lambda + delta)."""
        if delta == 0.0:
            return float(mean_reciprocal(coin[0], coin[1], 0.0)[()])
        shape, scale = rate
        spread = 1.0 / np.sqrt(shape + first)
        middle = np.log((shape + first) / scale)

        def log_weight(u: FloatArray) -> FloatArray:
            log_density = shape * (u + np.log(scale)) - scale * np.exp(u) - special.gammaln(shape)
            return np.asarray(log_density - first * np.log1p(delta * np.exp(-u)))

        # one concave hump; the coin's part is at least 1 and grows no faster than exp(u)
        start = min(middle, np.log(delta)) - 12.0 * spread - 60.0 / (shape + first)
        low, high = find_hump(log_weight, np.array([start]), np.array([middle + 12.0 * spread + 3.0]))
        node, weight = panels(_panels_for(high[0] - low[0]), 16)
        u = low + (high - low) * node
        log_Q = -self.k * np.log1p(delta * np.exp(-u))
        sums = np.exp(-log_Q) * mean_reciprocal(coin[0], coin[1], np.expm1(-log_Q))
        return float(np.exp(log_weight(u)) * sums @ weight * (high - low)[0])

    def _chance(
        self, n: FloatArray, phase: FloatArray, shape: FloatArray, z: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Chance of exactly, and of at least, n purchases' worth of events from a phase."""
        first = self.k * n - phase
        exactly = np.zeros_like(shape)
        for j in range(self.k):
            events = first + j
            exactly += np.where(events >= 0, np.exp(log_negative_binomial(np.maximum(events, 0.0), shape, z)), 0.0)
        return exactly, np.where(first > 0, special.betainc(np.maximum(first, 1.0), shape, z), 1.0)

    def conditional_pmf(
        self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, n: int, t: float, /
    ) -> FloatArray:
        """Probability of n purchases in (T, T + t]."""
        _, alpha, a, b = params
        z, left, count = t / (alpha + T + t), b + x + self.extra, np.full_like(T, n)
        total = 1.0 - self._state(params, x, t_x, T)[0] if n == 0 else np.zeros_like(T)
        for weight, phase, shape in self._over_phases(params, x, t_x, T):
            exactly, reached = self._chance(count, phase, shape, z)
            total = total + weight * _stays_or_leaves(exactly, reached, count, a, left)
        return total

    def latent_means(self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, /) -> dict[str, FloatArray]:
        """Posterior means of the rate of purchases (events / k) and of the chance to drop out after a purchase."""
        r, alpha, a, b = params
        alive = self._state(params, x, t_x, T)[0]
        events = (1.0 - alive) * (r + self.k * x) / (alpha + t_x)
        for weight, _, shape in self._over_phases(params, x, t_x, T):
            events = events + weight * shape / (alpha + T)
        return {
            "purchase_rate": events / self.k,
            "dropout_probability": (a + 1.0 - alive) / (a + b + x + self.extra),
        }

    def new_purchases(self, params: Params, t: FloatArray, /) -> FloatArray:
        """Expected repeat purchases of a new customer in (0, t]."""
        r, alpha, a, b = params
        stays = b / (a + b) if self.extra else 1.0
        one = np.ones_like(t)
        total = np.zeros_like(t)
        for reached, survives in self._reached(r * one, t / (alpha + t), 0.0 * one, a, (b + self.extra) * one):
            total += stays * reached * survives
        return total

    def new_pmf(self, params: Params, n: FloatArray, t: float, /) -> FloatArray:
        """Probability that a new customer makes n repeat purchases in (0, t]."""
        r, alpha, a, b = params
        one = np.ones_like(n)
        exactly, reached = self._chance(n, 0.0 * one, r * one, t / (alpha + t) * one)
        return _stays_or_leaves(exactly, reached, n + self.extra, a, b * one)


def _panels_for(width: float) -> int:
    """Panels of a hump: six, or more where it stretches over many e-folds of the rate."""
    return int(np.clip(np.ceil(width / 3.0), 6, 60))


def _stays_or_leaves(
    exactly: FloatArray, reached: FloatArray, coins: FloatArray, a: FloatArray | float, b: FloatArray
) -> FloatArray:
    """N purchases: exactly so many events and all coins survived, or the last coin lost, whatever came after."""
    before = np.maximum(coins - 1.0, 0.0)
    left = np.exp(log_beta_ratio(a, b, before)) * a / (a + b + before)
    return np.exp(log_beta_ratio(a, b, coins)) * exactly + np.where(coins > 0, left * reached, 0.0)
