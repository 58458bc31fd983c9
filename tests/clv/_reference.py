"""The purchase models once more in mpmath, from the papers' formulas, as slow and plain as possible."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mpmath
from mpmath import mpf

Number = Any  # mpmath has no types


def bg(params: Sequence[float], history: Sequence[float], t: float, *, modified: bool) -> tuple[float, float, float]:
    """Log-likelihood, P(alive), expected purchases: Fader, Hardie & Lee (2005), Batislam et al. (2007)."""
    r, alpha, a, b = (mpf(v) for v in params)
    x, t_x, T = (mpf(v) for v in history)
    m = x + (1 if modified else 0)
    log_stays = mpmath.loggamma(b + m) - mpmath.loggamma(b) + mpmath.loggamma(a + b) - mpmath.loggamma(a + b + m)
    alive = (alpha + T) ** -(r + x)
    gone = a / (b + m - 1) * (alpha + t_x) ** -(r + x) if m > 0 else mpf(0)
    log_rate = mpmath.loggamma(r + x) - mpmath.loggamma(r) + r * mpmath.log(alpha)
    chance = alive / (alive + gone)
    C, z = a + b + m - 1, mpf(t) / (alpha + T + t)
    if a == 1:
        a = a + mpf(10) ** -25
        C = a + b + m - 1
    hyper = mpmath.hyp2f1(C - r - x, a - 1, C, z, maxterms=10**6)
    ahead = C * (1 - (1 - z) ** (a - 1) * hyper) / (a - 1)
    return float(log_rate + log_stays + mpmath.log(alive + gone)), float(chance), float(ahead * chance)


def pareto(
    params: Sequence[float], history: Sequence[float], t: float, delta: float
) -> tuple[float, float, float, float]:
    """Log-likelihood, P(alive), expected purchases, DERT: Fader & Hardie (2005), with 2F1 at 1 - 1 / ratio."""
    r, alpha, s, beta = (mpf(v) for v in params)
    x, t_x, T = (mpf(v) for v in history)
    n = r + x

    def tail(u: Number) -> Number:
        """Integral of (alpha + tau)^-n (beta + tau)^-(s + 1) from u to infinity."""
        if alpha >= beta:
            hyper = mpmath.hyp2f1(n + s, s + 1, n + s + 1, (alpha - beta) / (alpha + u), maxterms=10**6)
            return (alpha + u) ** -(n + s) * hyper / (n + s)
        hyper = mpmath.hyp2f1(n + s, n, n + s + 1, (beta - alpha) / (beta + u), maxterms=10**6)
        return (beta + u) ** -(n + s) * hyper / (n + s)

    gone = s * (tail(t_x) - tail(T)) if T > t_x else mpf(0)
    alive = (alpha + T) ** -n * (beta + T) ** -s
    log_likelihood = mpmath.loggamma(n) - mpmath.loggamma(r) + r * mpmath.log(alpha) + s * mpmath.log(beta)
    chance = alive / (alive + gone)
    s_off = s if s != 1 else s + mpf(10) ** -25
    time_left = (beta + T) / (s_off - 1) * (1 - ((beta + T) / (beta + T + t)) ** (s_off - 1))
    residual = chance * n * (beta + T) / (alpha + T) * _discounted(delta * (beta + T), s)
    ahead = chance * n / (alpha + T) * time_left
    return float(log_likelihood + mpmath.log(alive + gone)), float(chance), float(ahead), float(residual)


def _discounted(z: Number, s: Number) -> Number:
    """e^z E_s(z)."""
    return mpmath.exp(z) * mpmath.expint(s, z)
