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
    try:
        ahead = _closed_form(a if a != 1 else a + mpf(10) ** -25, b + m, r + x, mpf(t) / (alpha + T + t))
    except ValueError:  # mpmath gives 2F1 up where several arguments are large
        ahead = _over_the_coin(a, b + m, r + x, mpf(t) / (alpha + T))
    return float(log_rate + log_stays + mpmath.log(alive + gone)), float(chance), float(ahead * chance)


def _closed_form(a: Number, b: Number, n: Number, z: Number) -> Number:
    C = a + b - 1
    hyper = mpmath.hyp2f1(C - n, a - 1, C, z, maxterms=10**6)
    return C * (1 - (1 - z) ** (a - 1) * hyper) / (a - 1)


def _over_the_coin(a: Number, b: Number, n: Number, y: Number) -> Number:
    """E[(1 - (1 + p y)^-n) / p] for p ~ Beta(a, b), a and b large: a narrow hump in logit p."""
    middle, spread = mpmath.log(a / b), mpmath.sqrt((a + b) / (a * b))

    def weighted(u: Number) -> tuple[Number, Number]:
        p = 1 / (1 + mpmath.exp(-u))
        return mpmath.exp(a * mpmath.log(p) + b * mpmath.log1p(-p) - top), p

    p_top = a / (a + b)
    top = a * mpmath.log(p_top) + b * mpmath.log1p(-p_top)
    edges = [middle + spread * k for k in range(-40, 41)]
    mass = mpmath.quad(lambda u: weighted(u)[0], edges, method="gauss-legendre")

    def bought(u: Number) -> Number:
        weight, p = weighted(u)
        return -weight * mpmath.expm1(-n * mpmath.log1p(p * y)) / p

    return mpmath.quad(bought, edges, method="gauss-legendre") / mass


def pareto(
    params: Sequence[float], history: Sequence[float], t: float, delta: float
) -> tuple[float, float, float, float]:
    """Log-likelihood, P(alive), expected purchases, DERT: Fader & Hardie (2005), the integral taken as such."""
    r, alpha, s, beta = (mpf(v) for v in params)
    x, t_x, T = (mpf(v) for v in history)
    n = r + x

    gone = s * _ends(n, alpha, s, beta, t_x, T) if t_x < T else mpf(0)
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
