"""Gamma purchase rates and an unobserved lifetime: what Pareto/NBD and GGompertz/NBD share.

The lifetime has survival ``(beta / (beta + G(tau)))**s`` for an increasing clock G with G(0) = 0. The likelihood of
a row is an
integral over the unobserved end of life, all terms positive, taken relative to its value at t_x; the same
Gauss-Legendre nodes
give the four or five derivatives, P(alive) and the posterior means.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from scipy import special

from custvalue._arrays import FloatArray
from custvalue.clv._kernels.likelihood import Params, Terms
from custvalue.clv._kernels.quadrature import integrate_hump, panels
from custvalue.clv._kernels.special import gamma_ratio, log_negative_binomial

__all__ = ["Clock", "GammaLifetime"]

_LOST = 50.0  # e-folds after which the integrand counts as gone


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

    def log_speed(self, life: Params, start: FloatArray, g: FloatArray, /) -> FloatArray:
        """Log of G'(start + g) / (beta + G(start))."""
        ...

    def until(self, life: Params, start: FloatArray, growth: FloatArray, /) -> FloatArray:
        """Solve ``growth(start, g) = growth`` for g."""
        ...

    def log_sum(self, life: Params, tau: FloatArray, /) -> FloatArray:
        """Log of beta + G(tau)."""
        ...

    def clock_slope(self, life: Params, tau: FloatArray, log_sum: FloatArray, /) -> Terms | None:
        """D log(beta + G) and d log G' in the clock's own log-parameter; None if it has none."""
        ...


class _EndOfLife:
    """Nodes over the unobserved end of life of each row, with posterior weights."""

    def __init__(self, kernel: GammaLifetime, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray) -> None:
        r, alpha, *life = params
        clock, s = kernel.clock, life[-2]
        at_last, span, shape = alpha + t_x, T - t_x, r + x
        short = clock.scale(alpha, life) + t_x
        by_purchases = at_last * np.expm1(np.minimum(_LOST / shape, 600.0))
        by_lifetime = clock.until(life, t_x, np.minimum(_LOST / s, 600.0) * np.ones_like(t_x))
        width = np.log1p(np.minimum(np.minimum(by_purchases, by_lifetime), span) / short)
        node, weight = panels(*kernel.rule)
        v = width[:, None] * node
        self.gap = short[:, None] * np.expm1(v)
        start = t_x[:, None]
        wide = [_column(value) for value in life]
        self.delay = np.log1p(self.gap / at_last[:, None])
        self.aging = clock.growth(wide, start, self.gap)
        log_density = clock.log_speed(wide, start, self.gap) - _column(shape) * self.delay
        log_density += v - (_column(s) + 1.0) * self.aging
        mass = np.exp(log_density) * weight
        mass *= (width * short * s)[:, None]
        self.delay_end = np.log1p(span / at_last)
        self.aging_end = clock.growth(life, t_x, span)
        self.log_end = -shape * self.delay_end - s * self.aging_end
        total = np.exp(self.log_end) + mass.sum(axis=1)
        self.log_total = np.log(total)
        self.alive = np.exp(self.log_end - self.log_total)
        self.gone = mass / total[:, None]

    def mean(self, at_end: FloatArray, at_nodes: FloatArray) -> FloatArray:
        """Posterior mean of something that is ``at_end`` if alive and ``at_nodes`` at each end of life."""
        value: FloatArray = self.alive * at_end + np.einsum("ij,ij->i", self.gone, at_nodes)
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
        self.block_rows = 32_000 // (rule[0] * rule[1])

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
        r, alpha, *life = params
        s, beta = life[-2:]
        shape, at_last = r + x, alpha + t_x
        end = _EndOfLife(self, params, x, t_x, T)
        log_last = self.clock.log_sum(life, t_x)
        log_at_last = np.log(at_last)
        value = end.log_total - shape * log_at_last + s * (np.log(beta) - log_last)
        gradient = np.empty((len(self.names), len(x)))
        gradient[0] = -r * (log_at_last + end.mean(end.delay_end, end.delay))
        rate = np.exp(-end.delay_end), np.exp(-end.delay)  # (alpha + t_x) / (alpha + tau)
        gradient[1] = -alpha * shape / at_last * end.mean(*rate)
        dead = 1.0 - end.alive
        gradient[-2] = s * (np.log(beta) - log_last - end.mean(end.aging_end, end.aging)) + dead
        hazard = s * np.exp(-end.aging_end), (_column(s) + 1.0) * np.exp(-end.aging)
        gradient[-1] = s - np.exp(np.log(beta) - log_last) * end.mean(*hazard)
        if len(life) == 3:
            gradient[2] = self._clock_gradient(life, t_x, T, end)
        return value, gradient

    def _clock_gradient(self, life: Params, t_x: FloatArray, T: FloatArray, end: _EndOfLife) -> FloatArray:
        """Gradient in the clock's own log-parameter."""
        s = life[-2]
        wide = [_column(value) for value in life]
        tau = t_x[:, None] + end.gap
        at_end = self.clock.clock_slope(life, T, self.clock.log_sum(life, T))
        at_nodes = self.clock.clock_slope(wide, tau, self.clock.log_sum(wide, tau))
        assert at_end is not None  # noqa: S101 - a clock with three parameters has a slope
        assert at_nodes is not None  # noqa: S101 - the same
        return end.mean(-s * at_end[0], at_nodes[1] - (_column(s) + 1.0) * at_nodes[0])

    def _end_of_life(self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray) -> tuple[FloatArray, ...]:
        """P(alive), mean purchase rate, mean hazard parameter; in blocks."""
        parts = []
        for first in range(0, len(x), self.block_rows):
            rows = slice(first, first + self.block_rows)
            own = [value[rows] if isinstance(value, np.ndarray) and value.ndim else value for value in params]
            r, alpha, *life = own
            end = _EndOfLife(self, own, x[rows], t_x[rows], T[rows])
            pace = (r + x[rows]) / (alpha + t_x[rows]) * end.mean(np.exp(-end.delay_end), np.exp(-end.delay))
            s = life[-2]
            hazard = end.mean(s * np.exp(-end.aging_end), (_column(s) + 1.0) * np.exp(-end.aging))
            parts.append((end.alive, pace, hazard * np.exp(-self.clock.log_sum(life, t_x[rows]))))
        return tuple(np.concatenate(part) for part in zip(*parts, strict=True))

    def probability_alive(
        self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, ahead: float, /
    ) -> FloatArray:
        """Probability of being alive ``ahead`` after T."""
        alive = self._end_of_life(params, x, t_x, T)[0]
        life = params[2:]
        survives: FloatArray = alive * np.exp(-life[-2] * self.clock.growth(life, T, np.full_like(T, ahead)))
        return survives

    def latent_means(self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, /) -> dict[str, FloatArray]:
        """Posterior means of the purchase rate while alive and of the scale of the hazard to leave."""
        _, pace, hazard = self._end_of_life(params, x, t_x, T)
        return {"purchase_rate": pace, "dropout_rate": hazard}

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
        alive = self._end_of_life(params, x, t_x, T)[0]
        left: FloatArray = alive * (r + x) / (alpha + T) * self.time_left(life, T, t, delta)
        return left

    def time_left(self, life: Params, T: FloatArray, t: float, delta: float) -> FloatArray:
        """Discounted time to live within t of somebody alive at T: integral of exp(-delta u) S(T + u) / S(T)."""
        s = life[-2]
        one = np.ones_like(T)
        short = self.clock.until(life, T, np.minimum(1.0 / s, 600.0) * one)
        end = np.minimum(t, self.clock.until(life, T, np.minimum(_LOST / s, 600.0) * one))
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
        alive = self._end_of_life(params, x, t_x, T)[0]
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
        wide = [_column(value) for value in life]
        low = np.minimum(np.log(t), np.log(self.clock.scale(alpha, life) * np.ones_like(n))) - _LOST
        high = np.full_like(n, np.log(t))

        def log_integrand(u: FloatArray) -> FloatArray:
            g = np.exp(u)
            purchases = log_negative_binomial(n[:, None], r[:, None], g / (alpha[:, None] + g))
            speed = self.clock.log_speed(wide, T[:, None], g) + np.log(_column(s))
            value: FloatArray = u + purchases + speed - (_column(s) + 1.0) * self.clock.growth(wide, T[:, None], g)
            return value

        stays = np.exp(
            log_negative_binomial(n, r, t / (alpha + t)) - s * self.clock.growth(life, T, np.full_like(n, t))
        )
        return stays + integrate_hump(log_integrand, low, high)
