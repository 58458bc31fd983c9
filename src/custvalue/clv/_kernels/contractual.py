"""Survival of contracts in discrete time: geometric, discrete Weibull, and both with beta heterogeneity.

Fader and Hardie, "How to project customer retention", *Journal of Interactive Marketing* 21(1), 2007
(shifted-beta-geometric); Fader, Hardie, Liu, Davin and Steenburgh, "'How to project customer retention' revisited:
the role of duration dependence", *Journal of Interactive Marketing* 43, 2018 (beta-discrete-Weibull); Fader and
Hardie, "Customer-base valuation in a contractual setting: the perils of ignoring heterogeneity", *Marketing
Science* 29(1), 2010 (residual value).

Every model is its log survivor function log S(t), t = 0, 1, ..., with its gradient in the parameters; the
likelihood and all predictions are built on that alone. The models with a plain churn probability are the
heterogeneous ones' relatives: S(t) = (1 - theta)^(t^c), and S(t) = B(gamma, delta + t^c) / B(gamma, delta); c = 1
gives the geometric and the shifted-beta-geometric.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from custvalue._arrays import FloatArray

__all__ = [
    "LEAST_RATE",
    "LogSurvival",
    "beta_discrete_weibull",
    "discrete_weibull",
    "log_likelihood",
    "residual_lifetime",
]

LogSurvival = Callable[[FloatArray], FloatArray]

LEAST_RATE = 2e-5
"""Smallest discount rate a period for an endless sum: below, contracts without end have no usable value."""

_MOST_LOG = 300.0
_LEAST_DROP = 1e-100  # of log S in a period, where its digits are lost
_BLOCK = 512
_MAX_BLOCKS = 4096  # _BLOCK x _MAX_BLOCKS x LEAST_RATE = 42 e-folds


def discrete_weibull(theta: float, c: float, t: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return log S(t) and its gradient in (theta, c), (2, n): log S(t) = t^c log(1 - theta)."""
    u = _power(t, c)
    stay = np.log1p(-theta)
    return u * stay, np.stack([-u / (1.0 - theta), u * _log(t) * stay])


def beta_discrete_weibull(gamma: float, delta: float, c: float, t: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return log S(t) and its gradient in (gamma, delta, c), (3, n); Fader et al. (2018), eq. (5)."""
    u = _power(t, c)
    log_s = special.betaln(gamma, delta + u) - special.betaln(gamma, delta)
    both = special.digamma(gamma + delta + u)
    late = special.digamma(delta + u)
    start = special.digamma(gamma + delta)
    gradient = np.stack([start - both, late - both - special.digamma(delta) + start, (late - both) * u * _log(t)])
    gradient[:, t == 0.0] = 0.0
    return np.where(t == 0.0, 0.0, log_s), gradient


def _log(t: FloatArray) -> FloatArray:
    logs: FloatArray = np.log(np.where(t > 0.0, t, 1.0))
    return logs


def _power(t: FloatArray, c: float) -> FloatArray:
    """t^c, held below overflow: nobody survives that long under any parameters."""
    return np.where(t > 0.0, np.exp(np.minimum(c * _log(t), _MOST_LOG)), 0.0)


def log_likelihood(
    log_s: FloatArray, slope: FloatArray, lost: FloatArray, kept: FloatArray
) -> tuple[float, FloatArray]:
    """Return the log-likelihood of renewal counts and its gradient in the parameters of log S.

    ``log_s`` (n + 1,) and ``slope`` (n_params, n + 1) run over t = 0 .. n; ``lost[t - 1]`` contracts ended at
    renewal t, ``kept[t]`` were still running after renewal t when last seen. sum lost log(S(t-1) - S(t)) + sum
    kept log S(t): Fader and Hardie (2007), eq. (B3).
    """
    drop = np.minimum(np.diff(log_s), -_LEAST_DROP)
    gone = -np.expm1(drop)  # 1 - S(t) / S(t - 1)
    log_p = log_s[:-1] + np.log(gone)
    value = float(np.dot(lost, log_p) + np.dot(kept, log_s))
    d_log_p = (slope[:, :-1] - np.exp(drop) * slope[:, 1:]) / gone
    return value, d_log_p @ lost + slope @ kept


def residual_lifetime(log_survival: LogSurvival, renewals: FloatArray, rate: float, n_periods: float) -> FloatArray:
    """Return the discounted expected number of further renewals of a contract that has seen ``renewals`` of them.

    sum_{k=1}^{n} S(m + k) / S(m) (1 + rate)^-(k-1), m = ``renewals``, valued just before the next renewal falls due:
    DERL of Fader and Hardie (2010), eq. (6). An endless sum stops where its remainder, bounded by a geometric one, is
    below rounding; the caller sees to it that ``rate`` is at least :data:`LEAST_RATE` then.
    """
    start = log_survival(renewals)[:, np.newaxis]
    total = np.zeros(renewals.shape[0])
    force = float(np.log1p(rate))
    for block in range(_MAX_BLOCKS if np.isinf(n_periods) else int(np.ceil(n_periods / _BLOCK))):
        first = block * _BLOCK + 1
        k = np.arange(first, min(first + _BLOCK, n_periods + 1), dtype=np.float64)
        ratio = log_survival((renewals[:, np.newaxis] + k).ravel()).reshape(-1, k.size) - start
        piece = np.exp(ratio - (k - 1.0) * force).sum(axis=1)
        total += piece
        if np.isinf(n_periods) and np.all(piece <= -np.expm1(-force * _BLOCK) * 1e-15 * total):
            break
    return total
