"""Gamma purchase rates and an unobserved lifetime: what Pareto/NBD and GGompertz/NBD share.

The lifetime has survival ``(beta / (beta + G(tau)))**s`` for an increasing clock G with G(0) = 0. The likelihood of
a row is an
integral over the unobserved end of life, all terms positive, taken relative to its value at t_x; the same
Gauss-Legendre nodes
give the four or five derivatives, P(alive) and the posterior means.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from scipy import special

from custvalue._arrays import FloatArray, IntArray
from custvalue.clv._kernels.likelihood import Params, Terms, once_a_run
from custvalue.clv._kernels.quadrature import integrate_by_halving, panels
from custvalue.clv._kernels.special import gamma_ratio, if_alive, log_negative_binomial

__all__ = ["Clock", "EndOfLife", "GammaLifetime"]

_BLOCK_NODES = 32_000  # rows times nodes whose temporaries stay in cache
_LOST = 50.0  # e-folds after which the integrand counts as gone
# nodes for 3e-11, by e-folds lost and by the stretch in log time (both measured against 128 nodes)
_EFOLDS, _WIDTHS = (6.0, 10.0, 30.0, 45.0), (1.5, 3.0, 6.0, 8.0, 9.0)
_RULES = ((1, 8), (1, 12), (1, 16), (1, 24), (1, 32), (2, 32))


def _of_rows(value: FloatArray | float, rows: IntArray | slice) -> FloatArray | float:
    """Per-row values of some rows; a scalar stays what it is."""
    return value[rows] if isinstance(value, np.ndarray) and value.ndim else value


def _column(value: FloatArray | float) -> FloatArray | float:
    """Per-row values as a column beside the nodes."""
    return value[:, None] if isinstance(value, np.ndarray) and value.ndim == 1 else value


class Clock(Protocol):
    """The lifetime's own time; ``life`` are the lifetime parameters, (s, beta) or (b, s, beta)."""

    def scale(self, alpha: FloatArray | float, life: Params, /) -> FloatArray | float:
        """Give the shortest time on which anything changes at the origin."""
        ...

    def growth(self, life: Params, start: FloatArray, g: FloatArray, /) -> FloatArray:
        """Log of (beta + G(start + g)) / (beta + G(start))."""
        ...

    def course(self, life: Params, start: FloatArray, g: FloatArray, /) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Growth, exp(-growth), and the log of G'(start + g) / (beta + G(start)), beside the nodes."""
        ...

    def until(self, life: Params, start: FloatArray, growth: FloatArray, /) -> FloatArray:
        """Solve ``growth(start, g) = growth`` for g; a growth of any size has a finite answer."""
        ...

    def log_sum(self, life: Params, tau: FloatArray, /) -> FloatArray:
        """Log of beta + G(tau)."""
        ...

    def clock_slope(self, life: Params, tau: FloatArray, log_sum: FloatArray, /) -> tuple[FloatArray, FloatArray]:
        """Slopes of log(beta + G) and of log G' in the clock's own log-parameter, where it has one."""
        ...


class EndOfLife:
    """Integrals over the unobserved end of life of each row, relative to the last purchase.

    ``sums`` (5 or 6, n_rows) are those of the density itself and of the density times: the log of the purchase
    clock's
    run, its inverse, the same two of the lifetime's clock, and the slope in the latter's parameter. ``products``
    (4, 4, n_rows) are those of the density times two of the four; the lower triangle is empty. Of ``order`` 0 there is
    the density alone, of order 1 there are sums and no products.
    """

    def __init__(
        self,
        kernel: GammaLifetime,
        params: Params,
        x: FloatArray,
        t_x: FloatArray,
        T: FloatArray,
        *,
        order: int = 1,
    ) -> None:
        r, alpha, *life = params
        self.clock, self.alpha, self.life, self.t_x = kernel.clock, alpha, life, t_x
        s = life[-2]
        self.at_last, span, self.shape = alpha + t_x, T - t_x, r + x
        scale = self.clock.scale(alpha, life)
        self.bare = np.ndim(scale) == 0 and bool(np.all(alpha <= scale))
        self.short = scale + t_x
        by_purchases = self.at_last * np.expm1(np.minimum(_LOST / self.shape, 600.0))
        by_lifetime = self.clock.until(life, t_x, _LOST / s * np.ones_like(t_x))
        self.width = np.log1p(np.minimum(np.minimum(by_purchases, by_lifetime), span) / self.short)
        self.delay_end = np.log1p(span / self.at_last)
        self.aging_end = self.clock.growth(life, t_x, span)
        self.log_end = -self.shape * self.delay_end - s * self.aging_end
        self.order = order
        self.sums = np.empty((len(life) + 3 if order else 1, len(x)))
        self.products = np.zeros((4, 4, len(x) if order == 2 else 0))
        for rule, rows in kernel.rules_for(self.width, -self.log_end):
            self._integrate(rule, rows)
        self.total = np.exp(self.log_end) + self.sums[0]
        self.log_total = np.log(self.total)
        self.alive = np.exp(self.log_end - self.log_total)

    def _integrate(self, rule: tuple[int, int], rows: IntArray | slice) -> None:
        """Sum over the nodes (first axis) of some rows (second axis)."""
        node, weight = (column[:, None] for column in panels(*rule))
        life = [_of_rows(value, rows) for value in self.life]
        t_x, width, short = self.t_x[rows], self.width[rows], self.short[rows]
        v = node * width
        run = np.exp(v)
        gap = short * (run - 1.0)
        ratio = run if self.bare else 1.0 + gap / self.at_last[rows]
        delay = v if self.bare else np.log(ratio)
        aging, fade, log_speed = self.clock.course(life, t_x, gap)
        density = np.exp(v - self.shape[rows] * delay - (life[-2] + 1.0) * aging + log_speed)
        density *= weight * (width * short * life[-2])
        self.sums[0, rows] = density.sum(axis=0)
        if not self.order:
            return
        pieces = (delay, 1.0 / ratio, aging, fade)
        sums = [np.einsum("ij,ij->j", density, piece) for piece in pieces]
        if self.order == 2:
            for k, piece in enumerate(pieces):
                weighted = density * piece
                for m in range(k, 4):
                    self.products[k, m, rows] = np.einsum("ij,ij->j", weighted, pieces[m])
        if len(life) == 3:
            tau = t_x + gap
            log_sum, log_pace = self.clock.clock_slope(life, tau, self.clock.log_sum(life, tau))
            sums.append(np.einsum("ij,ij->j", density, log_pace - (life[-2] + 1.0) * log_sum))
        self.sums[1:, rows] = sums

    def mean(self, at_end: FloatArray, of_sum: int, factor: FloatArray | float = 1.0) -> FloatArray:
        """Posterior mean of something that is ``at_end`` if alive, and one of the sums (times a factor) if gone."""
        value: FloatArray = self.alive * at_end + self.sums[of_sum] / self.total * factor
        return value


class GammaLifetime:
    """Kernel of a purchase model with gamma rates and a lifetime on ``clock``; parameters r, alpha, the lifetime's."""

    def __init__(
        self,
        clock: Clock,
        names: tuple[str, ...],
        time_powers: tuple[int, ...],
        starts: tuple[tuple[float, ...], ...],
        rule: tuple[int, int],
    ) -> None:
        self.clock = clock
        self.names = names
        self.time_powers = time_powers
        self.starts = starts
        self.rule = rule
        self.block_rows = _BLOCK_NODES // (rule[0] * rule[1])
        self.several_maxima = False

    def rules_for(self, width: FloatArray, lost: FloatArray) -> list[tuple[tuple[int, int], IntArray | slice]]:
        """Quadrature rule for each row: fewer nodes where the integrand loses few e-folds over a short stretch."""
        if self.rule[0] > 1:
            return [(self.rule, slice(None))]
        level = np.maximum(np.searchsorted(_EFOLDS, lost), np.searchsorted(_WIDTHS, width))
        groups = [(rule, np.flatnonzero(level == i)) for i, rule in enumerate(_RULES)]
        return [(rule, rows) for rule, rows in groups if len(rows)]

    def count_terms(self, params: Params, x: FloatArray, /) -> Terms:
        """Terms of x alone."""
        r, alpha, *_ = params
        value = gamma_ratio(r, x) + r * np.log(alpha)
        gradient = np.zeros((len(self.names), len(x)))
        gradient[0] = r * (special.digamma(r + x) - special.digamma(r) + np.log(alpha))
        gradient[1] = r
        return value, gradient

    def time_terms(self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, /) -> Terms:
        """All other terms, with gradient."""
        return self.terms_at(EndOfLife(self, params, x, t_x, T), params, x, t_x, T)

    def terms_at(self, end: EndOfLife, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, /) -> Terms:
        """Make :meth:`time_terms` from the integrals."""
        r, alpha, *life = params
        s, beta = life[-2:]
        shape, at_last = r + x, alpha + t_x
        log_last = self.clock.log_sum(life, t_x)
        log_at_last = np.log(at_last)
        value = end.log_total - shape * log_at_last + s * (np.log(beta) - log_last)
        gradient = np.empty((len(self.names), len(x)))
        gradient[0] = -r * (log_at_last + end.mean(end.delay_end, 1))
        # the second sum is the posterior mean of 1 / ratio
        gradient[1] = -alpha * shape / at_last * end.mean(np.exp(-end.delay_end), 2)
        gradient[-2] = s * (np.log(beta) - log_last - end.mean(end.aging_end, 3)) + 1.0 - end.alive
        gradient[-1] = s - np.exp(np.log(beta) - log_last) * end.mean(s * np.exp(-end.aging_end), 4, s + 1.0)
        if len(life) == 3:
            at_end = self.clock.clock_slope(life, T, self.clock.log_sum(life, T))[0]
            gradient[2] = end.mean(-s * at_end, 5)
        return value, gradient

    def _ends(
        self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, order: int
    ) -> Iterator[tuple[EndOfLife, Params, FloatArray, FloatArray]]:
        """Integrals, parameters, x and t_x, block by block."""
        for first in range(0, len(x), self.block_rows):
            rows = slice(first, first + self.block_rows)
            own = [_of_rows(value, rows) for value in params]
            yield EndOfLife(self, own, x[rows], t_x[rows], T[rows], order=order), own, x[rows], t_x[rows]

    def _alive(self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
        return np.concatenate([end.alive for end, *_ in self._ends(params, x, t_x, T, 0)])

    def probability_alive(
        self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, ahead: float, /
    ) -> FloatArray:
        """Probability of being alive ``ahead`` after T."""
        alive = self._alive(params, x, t_x, T)
        life = params[2:]
        survives: FloatArray = alive * np.exp(-life[-2] * self.clock.growth(life, T, np.full_like(T, ahead)))
        return survives

    def latent_means(self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, /) -> dict[str, FloatArray]:
        """Posterior means of the purchase rate while alive and of the scale of the hazard to leave."""
        pace, hazard = [], []
        for end, (r, alpha, *life), count, last in self._ends(params, x, t_x, T, 1):
            s = life[-2]
            pace.append((r + count) / (alpha + last) * end.mean(np.exp(-end.delay_end), 2))
            pull = end.mean(s * np.exp(-end.aging_end), 4, s + 1.0)
            hazard.append(pull * np.exp(-self.clock.log_sum(life, last)))
        return {"purchase_rate": np.concatenate(pace), "dropout_rate": np.concatenate(hazard)}

    def expected_purchases(
        self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, t: float, /
    ) -> FloatArray:
        """Expected purchases in (T, T + t]."""
        return self._future(params, x, t_x, T, t, 0.0)

    def residual_transactions(
        self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, delta: float, /
    ) -> FloatArray:
        """Expected purchases after T discounted at the continuous rate delta."""
        return self._future(params, x, t_x, T, np.inf, delta)

    def _future(
        self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, t: float, delta: float
    ) -> FloatArray:
        r, alpha, *life = params
        alive = self._alive(params, x, t_x, T)
        if any(np.ndim(value) for value in life):
            ahead = self.time_left(life, T, t, delta)
        else:
            ahead = once_a_run(lambda ages: self.time_left(life, ages, t, delta), T)
        return if_alive(alive * (r + x) / (alpha + T), ahead)

    def time_left(self, life: Params, T: FloatArray, t: float, delta: float) -> FloatArray:
        """Discounted time to live within t of somebody alive at T: integral of exp(-delta u) S(T + u) / S(T)."""
        s = life[-2]
        one = np.ones_like(T)
        # The finest scale: one e-fold of survival, or the onset of aging, which small s hides.
        short = self.clock.until(life, T, np.minimum(1.0 / s, 1.0) * one)
        end = np.minimum(t, self.clock.until(life, T, _LOST / s * one))
        if delta > 0.0:
            short, end = np.minimum(short, 1.0 / delta), np.minimum(end, _LOST / delta)
        width = np.log1p(end / short)
        node, weight = panels(12, 16)
        v = width[:, None] * node
        u = short[:, None] * np.expm1(v)
        log_value = v - _column(s) * self.clock.growth([_column(value) for value in life], T[:, None], u) - delta * u
        total: FloatArray = (np.exp(log_value) @ weight) * width * short
        return total

    def new_purchases(self, params: Params, t: FloatArray, /) -> FloatArray:
        """Expected repeat purchases of a new customer in (0, t]: r / alpha times the expected time alive."""
        r, alpha, *life = params
        return np.array([r / alpha * self.time_left(life, np.zeros(1), float(end), 0.0)[0] for end in t])

    def conditional_pmf(
        self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, n: int, t: float, /
    ) -> FloatArray:
        """Probability of n purchases in (T, T + t]."""
        r, alpha, *life = params
        alive = self._alive(params, x, t_x, T)
        chance = self._pmf_from(np.full_like(T, n), r + x, alpha + T, life, T, t)
        return alive * chance + ((1.0 - alive) if n == 0 else 0.0)

    def new_pmf(self, params: Params, n: FloatArray, t: float, /) -> FloatArray:
        """Probability that a new customer makes n repeat purchases in (0, t]."""
        r, alpha, *life = params
        one = np.ones_like(n)
        return self._pmf_from(n, r * one, alpha * one, life, np.zeros_like(n), t)

    def _pmf_from(
        self, n: FloatArray, r: FloatArray, alpha: FloatArray, life: Params, T: FloatArray, t: float
    ) -> FloatArray:
        """N purchases within t of somebody alive at T with rate gamma(r, alpha): alive throughout, or gone at u."""
        s = life[-2]
        low = np.minimum(np.log(t), np.log(self.clock.scale(alpha, life) * np.ones_like(n))) - _LOST
        high = np.full_like(n, np.log(t))

        def log_integrand(rows: IntArray, u: FloatArray) -> FloatArray:
            own = [_column(_of_rows(value, rows)) for value in life]
            g = np.exp(u)
            purchases = log_negative_binomial(n[rows, None], r[rows, None], g / alpha[rows, None])
            aging, _, log_speed = self.clock.course(own, T[rows, None], g)
            value: FloatArray = u + purchases + log_speed + np.log(own[-2]) - (own[-2] + 1.0) * aging
            return value

        stays = np.exp(log_negative_binomial(n, r, t / alpha) - s * self.clock.growth(life, T, np.full_like(n, t)))
        chance: FloatArray = np.minimum(stays + integrate_by_halving(log_integrand, low, high), 1.0)
        return chance
