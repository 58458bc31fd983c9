"""BG/BB: at each opportunity a living customer buys with chance p; before each, dies with chance theta.

Fader, Hardie & Shang (2010), Customer-base analysis in a discrete-time noncontractual setting, Marketing Science 29.
Opportunities are whole numbers, so every gamma-function ratio is a running sum of logs: no special function, no
cancellation.
"""

from __future__ import annotations

import attrs
import numpy as np
from scipy import special

from custvalue._arrays import FloatArray, IntArray
from custvalue.clv._kernels.beta_mixture import mean_reciprocal
from custvalue.clv._kernels.special import gamma_ratio

__all__ = [
    "NAMES",
    "OpportunityLikelihood",
    "alive_and_gone",
    "conditional_pmf",
    "expected_purchases",
    "latent_means",
    "new_pmf",
    "probability_alive",
    "residual_transactions",
    "row_log_likelihood",
    "survivals",
]

NAMES = ("alpha", "beta", "gamma", "delta")
Params = tuple[float, ...]

_BLOCK_CELLS = 100_000


@attrs.frozen(eq=False)
class _Rising:
    """Log of the rising factorial (z)_k for k = 0, 1, ..., and its slope in log z."""

    log: FloatArray
    slope: FloatArray

    @classmethod
    def table(cls, z: float, size: int) -> _Rising:
        factors = z + np.arange(size, dtype=np.float64)
        log = np.concatenate([[0.0], np.cumsum(np.log(factors))])
        return cls(log, np.concatenate([[0.0], np.cumsum(z / factors)]))


class _Tables:
    """The five rising factorials a set of rows needs."""

    def __init__(self, params: Params, size: int) -> None:
        alpha, beta, gamma, delta = params
        self.params = params
        self.alpha, self.beta = _Rising.table(alpha, size), _Rising.table(beta, size)
        self.both = _Rising.table(alpha + beta, size)
        self.delta, self.life = _Rising.table(delta, size), _Rising.table(gamma + delta, size)

    def purchases(self, x: IntArray, misses: IntArray) -> tuple[FloatArray, FloatArray]:
        """Log of B(alpha + x, beta + misses) / B(alpha, beta) and its slopes in log alpha, log beta."""
        alpha, beta = self.params[:2]
        shared = self.both.slope[x + misses] / (alpha + beta)
        value = self.alpha.log[x] + self.beta.log[misses] - self.both.log[x + misses]
        return value, np.stack([self.alpha.slope[x] - alpha * shared, self.beta.slope[misses] - beta * shared])

    def survives(self, k: IntArray) -> tuple[FloatArray, FloatArray]:
        """Log of B(gamma, delta + k) / B(gamma, delta) and its slopes in log gamma, log delta."""
        gamma, delta = self.params[2:]
        shared = self.life.slope[k] / (gamma + delta)
        return self.delta.log[k] - self.life.log[k], np.stack([-gamma * shared, self.delta.slope[k] - delta * shared])

    def dies(self, k: IntArray) -> tuple[FloatArray, FloatArray]:
        """Log of B(gamma + 1, delta + k) / B(gamma, delta) and its slopes."""
        gamma, delta = self.params[2:]
        shared = self.life.slope[k + 1] / (gamma + delta)
        value = np.log(gamma) + self.delta.log[k] - self.life.log[k + 1]
        return value, np.stack([1.0 - gamma * shared, self.delta.slope[k] - delta * shared])


def alive_and_gone(
    tables: _Tables, x: IntArray, t_x: IntArray, n: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log-likelihood (n_rows,), its gradient (4, n_rows) and log P(alive at n): eq. (4) of the paper."""
    bought, bought_slope = tables.purchases(x, n - x)
    lives, lives_slope = tables.survives(n)
    alive = bought + lives
    most = int((n - t_x).max()) if len(n) else 0
    steps = np.arange(most)
    inside = steps < (n - t_x)[:, None]
    last = np.where(inside, t_x[:, None] + steps, t_x[:, None])
    before, before_slope = tables.purchases(np.broadcast_to(x[:, None], last.shape), last - x[:, None])
    death, death_slope = tables.dies(last)
    gone = np.where(inside, before + death, -np.inf)
    top = np.maximum(alive, gone.max(axis=1, initial=-np.inf))
    weight_alive, weight_gone = np.exp(alive - top), np.exp(gone - top[:, None])
    total = weight_alive + weight_gone.sum(axis=1)
    weight_alive, weight_gone = weight_alive / total, weight_gone / total[:, None]
    gradient = np.concatenate([bought_slope, lives_slope]) * weight_alive
    gradient += np.einsum("ij,pij->pi", weight_gone, np.concatenate([before_slope, death_slope]))
    log_likelihood = top + np.log(total)
    return log_likelihood, gradient, alive - log_likelihood


def _in_blocks(params: Params, x: IntArray, t_x: IntArray, n: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    tables = _Tables(params, int(n.max()) + 2 if len(n) else 2)
    step = max(1, _BLOCK_CELLS // (int(n.max()) + 1 if len(n) else 1))
    parts = [
        alive_and_gone(tables, x[i : i + step], t_x[i : i + step], n[i : i + step]) for i in range(0, len(n), step)
    ]
    value, gradient, alive = zip(*parts, strict=True)
    return np.concatenate(value), np.concatenate(gradient, axis=1), np.concatenate(alive)


class OpportunityLikelihood:
    """Weighted log-likelihood of opportunity patterns and its gradient in log-parameters."""

    def __init__(self, x: IntArray, t_x: IntArray, n: IntArray, weights: FloatArray) -> None:
        self.columns = (x, t_x, n)
        self.weights = weights

    def __call__(self, theta: FloatArray, /) -> tuple[float, FloatArray]:
        """Value and gradient (4,) at log-parameters ``theta``."""
        value, gradient, _ = _in_blocks(tuple(np.exp(theta).tolist()), *self.columns)
        return float(self.weights @ value), gradient @ self.weights


def row_log_likelihood(params: Params, x: IntArray, t_x: IntArray, n: IntArray) -> FloatArray:
    """Log-likelihood (n_rows,)."""
    return _in_blocks(params, x, t_x, n)[0]


def survivals(params: Params, n: FloatArray, steps: int) -> FloatArray:
    """P(alive at n + i | alive at n) for i = 1 ... steps, shape (n_rows, steps)."""
    _, _, gamma, delta = params
    at = n[:, None] + np.arange(steps, dtype=np.float64)
    return np.asarray(np.cumprod((delta + at) / (gamma + delta + at), axis=1), dtype=np.float64)


def probability_alive(params: Params, x: IntArray, t_x: IntArray, n: IntArray, ahead: int) -> FloatArray:
    """Probability of being alive at opportunity n + ahead."""
    _, _, gamma, delta = params
    alive = np.exp(_in_blocks(params, x, t_x, n)[2])
    seen = n.astype(np.float64)
    stays = np.exp(gamma_ratio(delta + seen, float(ahead)) - gamma_ratio(gamma + delta + seen, float(ahead)))
    return np.asarray(alive * stays)


def expected_purchases(params: Params, x: IntArray, t_x: IntArray, n: IntArray, periods: int) -> FloatArray:
    """Expected purchases at the next opportunities: eq. (13) as its defining sum, without the pole at gamma = 1."""
    alpha, beta, _, _ = params
    alive = np.exp(_in_blocks(params, x, t_x, n)[2])
    distinct, place = np.unique(n, return_inverse=True)
    lives = survivals(params, distinct.astype(np.float64), periods).sum(axis=1)[place]
    value: FloatArray = alive * (alpha + x) / (alpha + beta + n) * lives
    return value


def residual_transactions(params: Params, x: IntArray, t_x: IntArray, n: IntArray, rate: float) -> FloatArray:
    """All purchases to come, the i-th opportunity ahead discounted by (1 + rate)^i: eq. (14)."""
    alpha, beta, gamma, delta = params
    alive = np.exp(_in_blocks(params, x, t_x, n)[2])
    distinct, place = np.unique(n.astype(np.float64), return_inverse=True)
    stays = (delta + distinct) / (gamma + delta + distinct)
    ahead = (stays * mean_reciprocal(gamma, delta + distinct + 1.0, rate))[place]
    value: FloatArray = alive * (alpha + x) / (alpha + beta + n) * ahead
    return value


def new_pmf(params: Params, count: IntArray, periods: int) -> FloatArray:
    """Probability that a new customer buys at ``count`` of ``periods`` opportunities: eq. (7)."""
    return np.array([_pmf_one(params, int(k), periods) for k in count])


def _pmf_one(params: Params, count: int, periods: int) -> float:
    """Alive to the end, or dead after i opportunities."""
    if count > periods:
        return 0.0
    tables = _Tables(params, periods + 2)
    i = np.arange(count, periods + 1)
    bought = tables.purchases(np.full_like(i, count), i - count)[0]
    ways = special.gammaln(i + 1.0) - special.gammaln(count + 1.0) - special.gammaln(i - count + 1.0)
    fate = np.append(tables.dies(i[:-1])[0], tables.survives(i[-1:])[0])
    return float(np.exp(bought + ways + fate).sum())


def conditional_pmf(params: Params, x: IntArray, t_x: IntArray, n: IntArray, count: int, periods: int) -> FloatArray:
    """Probability of ``count`` purchases at the next ``periods`` opportunities."""
    alpha, beta, gamma, delta = params
    alive = np.exp(_in_blocks(params, x, t_x, n)[2])
    chance = np.array(
        [
            _pmf_one((alpha + bought, beta + seen - bought, gamma, delta + seen), count, periods)
            for bought, seen in zip(x.tolist(), n.tolist(), strict=True)
        ]
    )
    return np.asarray(alive * chance + ((1.0 - alive) if count == 0 else 0.0))


def latent_means(params: Params, x: IntArray, t_x: IntArray, n: IntArray) -> dict[str, FloatArray]:
    """Posterior means of the chances to buy and to die: ratios of likelihoods."""
    alpha, beta, gamma, delta = params
    base = row_log_likelihood(params, x, t_x, n)
    buy = row_log_likelihood((alpha + 1.0, beta, gamma, delta), x, t_x, n)
    die = row_log_likelihood((alpha, beta, gamma + 1.0, delta), x, t_x, n)
    return {
        "purchase_probability": alpha / (alpha + beta) * np.exp(buy - base),
        "dropout_probability": gamma / (gamma + delta) * np.exp(die - base),
    }
