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
    """Log-likelihood, P(alive), expected purchases, DERT: Fader & Hardie (2005), the integral taken as such."""
    r, alpha, s, beta = (mpf(v) for v in params)
    x, t_x, T = (mpf(v) for v in history)
    n = r + x

    gone = s * _ends(n, alpha, s, beta, t_x, T) if T > t_x else mpf(0)
    alive = (alpha + T) ** -n * (beta + T) ** -s
    log_likelihood = mpmath.loggamma(n) - mpmath.loggamma(r) + r * mpmath.log(alpha) + s * mpmath.log(beta)
    chance = alive / (alive + gone)
    s_off = s if s != 1 else s + mpf(10) ** -25
    time_left = (beta + T) / (s_off - 1) * (1 - ((beta + T) / (beta + T + t)) ** (s_off - 1))
    residual = chance * n * (beta + T) / (alpha + T) * _discounted(delta * (beta + T), s)
    ahead = chance * n / (alpha + T) * time_left
    return float(log_likelihood + mpmath.log(alive + gone)), float(chance), float(ahead), float(residual)


def _ends(n: Number, alpha: Number, s: Number, beta: Number, t_x: Number, T: Number) -> Number:
    """Integral of (alpha + tau)^-n (beta + tau)^-(s + 1) over [t_x, T], in pieces that lose about two e-folds each.

    The closed form with two 2F1 needs thousands of digits when n + s is large.
    """
    unit, span = min(alpha, beta) + t_x, T - t_x
    lost = n * mpmath.log1p(span / (alpha + t_x)) + (s + 1) * mpmath.log1p(span / (beta + t_x))
    width = mpmath.log1p(span / unit)
    n_pieces = int(min(max(lost / 2, width * 2), 400)) + 2
    if lost > 150:  # beyond 150 e-folds nothing is left of it
        rate = n / (alpha + t_x) + (s + 1) / (beta + t_x)
        knee = 2 / rate
        edges = [mpf(0), *(knee * mpmath.expm1(k * mpmath.log1p(span / knee) / 200) for k in range(1, 201))]
    else:
        edges = [unit * mpmath.expm1(k * width / n_pieces) for k in range(n_pieces + 1)]
    log_start = -n * mpmath.log(alpha + t_x) - (s + 1) * mpmath.log(beta + t_x)

    def relative(g: Number) -> Number:
        return mpmath.exp(-n * mpmath.log1p(g / (alpha + t_x)) - (s + 1) * mpmath.log1p(g / (beta + t_x)))

    return mpmath.exp(log_start) * mpmath.quad(relative, edges, method="gauss-legendre", maxdegree=4)


def _discounted(z: Number, s: Number) -> Number:
    """e^z E_s(z)."""
    return mpmath.exp(z) * mpmath.expint(s, z)
