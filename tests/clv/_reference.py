"""The purchase models once more in mpmath, from the papers' formulas, and the densities of spend, row by row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import mpmath
import numpy as np
from mpmath import mpf
from scipy import special, stats

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
    rate, most = mpf(t) / (alpha + T), (r + x) * mpf(t) / (alpha + T)
    try:
        ahead = _closed_form(a if a != 1 else a + mpf(10) ** -25, b + m, r + x, mpf(t) / (alpha + T + t))
    except ValueError:  # mpmath gives 2F1 up where several arguments are large
        ahead = mpf(-1)
    if not 0 <= ahead <= most:  # or gets it wrong: more than somebody sure to stay would buy
        ahead = _over_the_coin(a, b + m, r + x, rate)
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


def ggompertz(
    params: Sequence[float], history: Sequence[float], t: float, delta: float
) -> tuple[float, float, float, float]:
    """Log-likelihood, P(alive), expected purchases, DERT: Bemmaor & Glady (2012), Adler (2022), integrals as such."""
    r, alpha, b, s, beta = (mpf(v) for v in params)
    x, t_x, T = (mpf(v) for v in history)
    n = r + x

    def sooner(start: Number, g: Number) -> Number:
        return mpmath.log1p(mpmath.exp(b * start) * mpmath.expm1(b * g) / (beta + mpmath.expm1(b * start)))

    def until(start: Number, e_folds: Number) -> Number:
        share = mpmath.exp(b * start) / (beta + mpmath.expm1(b * start))
        return mpmath.log1p(mpmath.expm1(e_folds) / share) / b

    def ends(g: Number) -> Number:
        speed = s * b * mpmath.exp(b * (t_x + g)) / (beta + mpmath.expm1(b * t_x))
        return speed * mpmath.exp(-n * mpmath.log1p(g / (alpha + t_x)) - (s + 1) * sooner(t_x, g))

    def time_left(force: Number, longest: Number) -> Number:
        fine = until(T, min(1 / s, mpf(1)))
        fine, last = (min(fine, 1 / force), min(150 / force, longest)) if force else (fine, longest)
        last = min(last, until(T, 150 / s))
        return _over_scales(lambda g: mpmath.exp(-force * g - s * sooner(T, g)), fine, last)

    fine = min((alpha + t_x) / n, until(t_x, min(1 / (s + 1), mpf(1))))
    last = min(T - t_x, until(t_x, 150 / s), (alpha + t_x) * mpmath.expm1(150 / n))
    gone = _over_scales(ends, fine, last) if t_x < T else mpf(0)
    alive = mpmath.exp(-n * mpmath.log1p((T - t_x) / (alpha + t_x)) - s * sooner(t_x, T - t_x))
    log_likelihood = mpmath.loggamma(n) - mpmath.loggamma(r) + r * mpmath.log(alpha) - n * mpmath.log(alpha + t_x)
    log_likelihood += mpmath.log(alive + gone) - s * sooner(mpf(0), t_x)
    rate, chance = n / (alpha + T), alive / (alive + gone)
    ahead, residual = chance * rate * time_left(mpf(0), mpf(t)), chance * rate * time_left(mpf(delta), mpmath.inf)
    return float(log_likelihood), float(chance), float(ahead), float(residual)


def _over_scales(integrand: Callable[[Number], Number], fine: Number, last: Number) -> Number:
    """Integral over [0, last] in pieces twice as long one after the other, the first well within the finest scale."""
    edges = [last]
    while edges[-1] > fine / 4:
        edges.append(edges[-1] / 2)
    return mpmath.quad(integrand, [mpf(0), *reversed(edges)], method="gauss-legendre", maxdegree=5)


def lifetime_pmf(params: Sequence[float], history: Sequence[float], n: int, t: float) -> float:
    """P(n purchases within t) of somebody alive at T; Pareto/NBD (four parameters) and GGompertz/NBD (five)."""
    r, alpha, *life = (mpf(v) for v in params)
    x, _, T = (mpf(v) for v in history)
    s, beta, b = life[-2], life[-1], life[0] if len(life) == 3 else None
    share = 1 / (beta + T) if b is None else mpmath.exp(b * T) / (beta + mpmath.expm1(b * T))

    def sooner(g: Number) -> Number:
        return mpmath.log1p(share * (g if b is None else mpmath.expm1(b * g)))

    def gone(g: Number) -> Number:
        speed = s * share * (1 if b is None else b * mpmath.exp(b * g))
        return speed * mpmath.exp(-(s + 1) * sooner(g)) * _events(mpf(n), r + x, g / (alpha + T))

    def until(growth: Number) -> Number:
        return mpmath.expm1(growth) / share if b is None else mpmath.log1p(mpmath.expm1(growth) / share) / b

    fine = min(until(min(1 / (s + 1), mpf(1))), (alpha + T) / (r + x), alpha + T)
    last = min(mpf(t), until(150 / s))
    stays = mpmath.exp(-s * sooner(mpf(t))) * _events(mpf(n), r + x, mpf(t) / (alpha + T))
    edges = [last]
    while edges[-1] > fine / 4:
        edges.extend([edges[-1] * mpf(6 - i) / 6 for i in range(1, 4)])
    left = mpmath.quad(gone, [mpf(0), *reversed(edges)], method="gauss-legendre", maxdegree=6)
    return float(stays + left)


def _events(n: Number, shape: Number, y: Number) -> Number:
    """P(n events) within y scales of a gamma rate."""
    ways = mpmath.loggamma(shape + n) - mpmath.loggamma(shape) - mpmath.loggamma(n + 1)
    return mpmath.exp(ways - shape * mpmath.log1p(y)) * (y / (1 + y)) ** n


def erlang(
    params: Sequence[float], history: Sequence[float], t: float, n: int, k: int, *, modified: bool
) -> tuple[float, float, float, float, float]:
    """Log-likelihood, P(alive) now and ahead, expected purchases, P(n purchases) of BG/CNBD-k: event by event."""
    r, alpha, a, b = (mpf(v) for v in params)
    x, t_x, T = (mpf(v) for v in history)
    shape, m = r + k * x, x + (1 if modified else 0)
    log_stays = mpmath.loggamma(b + m) - mpmath.loggamma(b) + mpmath.loggamma(a + b) - mpmath.loggamma(a + b + m)
    phases = [mpmath.rf(shape, j) / mpmath.factorial(j) * ((T - t_x) / (alpha + T)) ** j for j in range(k)]
    gone = a / (b + m - 1) * ((alpha + T) / (alpha + t_x)) ** shape if m > 0 else mpf(0)
    total = sum(phases) + gone
    value = mpmath.loggamma(shape) - mpmath.loggamma(r) + r * mpmath.log(alpha) + log_stays
    value += mpmath.log(total) - shape * mpmath.log(alpha + T)
    later, ahead, chance = mpf(0), mpf(0), gone if n == 0 else mpf(0)
    for j, weight in enumerate(phases):
        found = _by_events(shape + j, mpf(t) / (alpha + T), (a, b + m), n, (k, j))
        later, ahead, chance = later + weight * found[0], ahead + weight * found[1], chance + weight * found[2]
    alive = sum(phases) / total
    return float(value), float(alive), float(later / total), float(ahead / total), float(chance / total)


def _by_events(
    shape: Number, y: Number, coin: tuple[Number, Number], n: int, habit: tuple[int, int]
) -> tuple[Number, Number, Number]:
    """P(still there), expected purchases, P(n purchases), summed over the number of events to come."""
    (a, b), (k, phase), z = coin, habit, y / (1 + y)
    event, so_far = (1 + y) ** -shape, mpf(0)
    stays, bought, m, here = mpf(1), mpf(0), 0, mpf(0)  # of somebody with m purchases' worth of events
    later, ahead, reached = mpf(0), mpf(0), mpf(0) if n else mpf(1)
    lost = mpf(0)  # P(the n-th coin was the one lost)
    i = 0
    while so_far < 1 - mpf(10) ** -30:
        if (i + phase) // k > m:
            bought, lost = bought + stays, stays * a / (a + b + m) if m + 1 == n else lost
            stays, m = stays * (b + m) / (a + b + m), m + 1
        later, ahead = later + stays * event, ahead + bought * event
        here, reached = here + (stays * event if m == n else 0), reached + (event if n and m >= n else 0)
        so_far, event, i = so_far + event, event * (shape + i) / (i + 1) * z, i + 1
    return later, ahead, here + lost * reached


def gamma_gamma_rows(p: float, q: float, scale: float, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Log density of each mean spend over x purchases: Fader and Hardie (2013), eq. (1a), as a beta prime density."""
    log_ratio = np.log(x) + np.log(z) - np.log(scale)
    shares = p * x * special.log_expit(log_ratio) + q * special.log_expit(-log_ratio)
    density: np.ndarray = shares - special.betaln(p * x, q) - np.log(z)
    return density


def lognormal_rows(location: float, between: float, within: float, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Log density of each mean spend: log-normal with the mean and variance of a mean of x log-normal amounts."""
    noise = np.log1p(np.expm1(within**2) / x)
    density: np.ndarray = stats.norm.logpdf(np.log(z), location - 0.5 * noise, np.sqrt(between**2 + noise)) - np.log(z)
    return density


def normal_rows(mean: float, between: float, within: float, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Log density of each mean margin."""
    return np.asarray(stats.norm.logpdf(z, mean, np.sqrt(between**2 + within**2 / x)))
