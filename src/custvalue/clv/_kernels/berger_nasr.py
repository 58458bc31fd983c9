"""The five cases of Berger and Nasr.

Berger and Nasr, "Customer lifetime value: marketing models and applications", *Journal of Interactive Marketing*
12(1), 1998, 17-30.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from custvalue._arrays import FloatArray, IntArray
from custvalue.clv._kernels.present_value import discount_factors, geometric_sum

__all__ = ["active_customers", "continuous_value", "cycle_value", "expected_purchasers", "profit_value"]

_NODES = 16  # Gauss-Legendre nodes a panel; a smooth profit curve is exact to rounding


def cycle_value(
    contribution: FloatArray,
    promotion: FloatArray,
    retention: FloatArray,
    rate: float,
    n_cycles: float,
    years: float,
    shift: float,
) -> FloatArray:
    """Return cases 1, 2a and 2b: one sale a cycle of ``years``, promotion ``shift`` of a cycle after each sale.

    GC sum_{i=0}^n (r v)^i - M sum_{i=1}^n r^(i-1) v^(i-1+shift), v = (1 + rate)^-years; eqs. (1) to (3) have shift
    = 1/2. ``rate`` is a year's, ``retention`` a cycle's.
    """
    log_v = -years * np.log1p(rate)
    q = retention * np.exp(log_v)
    sales = contribution * geometric_sum(q, n_cycles + 1.0)
    reminders = promotion * np.exp(shift * log_v) * geometric_sum(q, n_cycles)
    value: FloatArray = sales - reminders
    return value


def profit_value(
    profit: Callable[[FloatArray], FloatArray], retention: FloatArray, rate: float, n_cycles: int, years: float
) -> FloatArray:
    """Return case 3: sum_{i=0}^n profit(t_i) (r v)^i with t_i = i ``years``; eq. (4)."""
    steps = np.arange(n_cycles + 1, dtype=np.float64)
    weight = discount_factors(n_cycles + 1, np.expm1(years * np.log1p(rate)), 0.0)
    kept = np.asarray(retention, dtype=np.float64)[..., np.newaxis] ** steps
    value: FloatArray = np.sum(profit(steps * years) * kept * weight, axis=-1)
    return value


def continuous_value(
    profit: Callable[[FloatArray], FloatArray], retention: FloatArray, rate: float, years: float, panels: int
) -> FloatArray:
    """Return case 4: integral over [0, years] of profit(t) (r / (1 + rate))^t dt; eq. (5)."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    width = years / panels
    t = ((np.arange(panels)[:, np.newaxis] + 0.5 * (nodes + 1.0)) * width).ravel()
    mass = np.tile(0.5 * width * weights, panels) * profit(t) * np.exp(-t * np.log1p(rate))
    value: FloatArray = np.sum(mass * np.asarray(retention, dtype=np.float64)[..., np.newaxis] ** t, axis=-1)
    return value


def expected_purchasers(probability: FloatArray, n_periods: int, recency: int = 1) -> FloatArray:
    """Return case 5: C_0 .. C_n, the expected purchases in each period of one customer now in cell ``recency``.

    C_i = sum_{j=1}^{J} C_{i-j} P_j prod_{k<j} (1 - P_k), eq. (8), for a customer who bought in period 0 (recency
    1). One who last bought ``recency - 1`` periods earlier has C_0 = 0 and its own first purchase before the
    recursion takes over.
    """
    again = first_purchase(probability, 1)
    own = first_purchase(probability, recency)
    c = np.zeros(n_periods + 1)
    c[0] = 1.0 if recency == 1 else 0.0
    for i in range(1, n_periods + 1):
        c[i] = own[i - 1] if i <= own.shape[0] and recency != 1 else 0.0
        reach = min(i, again.shape[0])
        c[i] += np.dot(c[i - reach : i][::-1], again[:reach])
    return c


def first_purchase(probability: FloatArray, recency: int) -> FloatArray:
    """Return the probabilities that the next purchase comes after 1, 2, ... periods, from cell ``recency`` on."""
    p = probability[recency - 1 :]
    return p * np.concatenate(([1.0], np.cumprod(1.0 - p)[:-1]))


def active_customers(probability: FloatArray, purchasers: FloatArray, recency: int = 1) -> FloatArray:
    """Return the probability, period by period, that the customer is still in one of the recency cells."""
    n_periods = purchasers.shape[0]
    silent = np.concatenate(([1.0], np.cumprod(1.0 - probability)[:-1]))
    active = np.convolve(purchasers, silent)[:n_periods]
    if recency > 1:
        waiting = np.concatenate(([1.0], np.cumprod(1.0 - probability[recency - 1 :])[:-1]))
        ages: IntArray = np.arange(min(n_periods, waiting.shape[0]))
        active[ages] += waiting[ages]
    return active
