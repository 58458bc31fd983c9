"""Draws from the purchase and spend models, on plain arrays.

A purchase process is the same for all the models: gaps between purchases until the window
closes, the customer leaves, or the customer has bought for the last time. A model supplies
the rate, the moment of leaving and the number of purchases allowed, each one per customer.
"""

import numpy as np

from custvalue._arrays import BoolArray, FloatArray, IntArray

__all__ = [
    "beta_geometric_limits",
    "bgbb_opportunities",
    "gamma_gamma_amounts",
    "gompertz_lifetimes",
    "lognormal_amounts",
    "normal_amounts",
    "pareto_lifetimes",
    "purchase_ages",
    "purchase_rates",
]

Column = FloatArray | float
"""One parameter for all customers, or one for each."""


def purchase_rates(r: float, alpha: Column, n: int, rng: np.random.Generator) -> FloatArray:
    """Draw ``n`` purchase rates, gamma with shape ``r`` and rate ``alpha``."""
    return rng.standard_gamma(r, n) / alpha


def pareto_lifetimes(s: float, beta: Column, n: int, rng: np.random.Generator) -> FloatArray:
    """Draw exponential lifetimes whose rates are gamma (s, beta); Schmittlein et al. (1987)."""
    rates = np.maximum(rng.standard_gamma(s, n), np.finfo(float).tiny)
    return rng.standard_exponential(n) * beta / rates


def gompertz_lifetimes(b: float, s: float, beta: Column, n: int, rng: np.random.Generator) -> FloatArray:
    """Draw Gompertz lifetimes with gamma (s, beta) rates; Bemmaor and Glady (2012), eq. (1)."""
    rates = np.maximum(rng.standard_gamma(s, n), np.finfo(float).tiny)
    return np.log1p(rng.standard_exponential(n) * beta / rates) / b


def beta_geometric_limits(a: Column, b: float, n: int, rng: np.random.Generator, *, at_start: bool) -> FloatArray:
    """Draw how many repeat purchases a customer makes before leaving.

    Leaving is tossed for after each repeat purchase (BG/NBD: at least one is made) and, with
    ``at_start`` (MBG/NBD), once after the first purchase as well.
    """
    leave = np.clip(rng.beta(a, b, n), 1e-300, 1.0)
    survived = rng.standard_exponential(n) / -np.log1p(-np.minimum(leave, 1.0 - 1e-16))
    return np.floor(np.minimum(survived, 1e15)) + (0.0 if at_start else 1.0)


def purchase_ages(
    rates: FloatArray,
    lifetimes: FloatArray,
    limits: FloatArray,
    ages: FloatArray,
    rng: np.random.Generator,
    *,
    gap_shape: int = 1,
) -> tuple[IntArray, FloatArray]:
    """Return (owner, age) of each repeat purchase up to ``min(ages, lifetimes)``.

    Gaps are Erlang with shape ``gap_shape`` and the customer's rate. Rows are ordered by
    owner, then by age.
    """
    ends = np.minimum(ages, lifetimes)
    owners, times = [np.empty(0, dtype=np.int64)], [np.empty(0)]
    active = np.arange(rates.size, dtype=np.int64)
    clock = np.zeros(rates.size)
    made = 0
    scale = 1.0 / np.maximum(rates, 1e-300)
    while active.size:
        active = active[made < limits[active]]
        clock[active] += rng.standard_gamma(gap_shape, active.size) * scale[active]
        active = active[clock[active] <= ends[active]]
        owners.append(active)
        times.append(clock[active])
        made += 1
    owner, time = np.concatenate(owners), np.concatenate(times)
    order = np.lexsort((time, owner))
    return owner[order], time[order]


def bgbb_opportunities(
    alpha: float,
    beta: float,
    gamma: float,
    delta: float,
    n_opportunities: IntArray,
    rng: np.random.Generator,
) -> BoolArray:
    """Return whether each customer bought at each opportunity; Fader, Hardie and Shang (2010).

    Shape (n_customers, the most opportunities); False past a customer's own number.
    """
    n, most = n_opportunities.size, int(n_opportunities.max(initial=0))
    buys = rng.random((n, most)) < rng.beta(alpha, beta, n)[:, None]
    leaves = rng.random((n, most)) < rng.beta(gamma, delta, n)[:, None]
    alive = ~np.logical_or.accumulate(leaves, axis=1)
    return buys & alive & (np.arange(most) < n_opportunities[:, None])


def gamma_gamma_amounts(
    p: float, q: float, scale: float, owner: IntArray, n: int, rng: np.random.Generator
) -> FloatArray:
    """Draw one amount for each purchase; Fader and Hardie (2013), note 025, assumptions (i)-(ii)."""
    rates = rng.standard_gamma(q, n) / scale
    return rng.standard_gamma(p, owner.size) / rates[owner]


def normal_amounts(
    mean: float, between: float, within: float, owner: IntArray, n: int, rng: np.random.Generator
) -> FloatArray:
    """Draw one margin for each purchase about the customer's own normal mean."""
    own = rng.normal(mean, between, n)
    return own[owner] + within * rng.standard_normal(owner.size)


def lognormal_amounts(
    location: float, between: float, within: float, owner: IntArray, n: int, rng: np.random.Generator
) -> FloatArray:
    """Draw one amount for each purchase; the customer's *mean* is log-normal (location, between)."""
    log_mean = rng.normal(location, between, n)
    noise = within * rng.standard_normal(owner.size) - 0.5 * within**2
    return np.exp(log_mean[owner] + noise)
