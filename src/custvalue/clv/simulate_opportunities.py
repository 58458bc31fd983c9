"""Donors, subscribers and fair-goers drawn from the BG/BB model: one yes or no at each opportunity to buy."""

from __future__ import annotations

import math

import attrs
import numpy as np

from custvalue._arrays import IntArray
from custvalue.clv._kernels.simulation import bgbb_opportunities
from custvalue.clv.opportunities import Opportunities
from custvalue.data import CustomerIndex
from custvalue.errors import InputError

__all__ = ["BGBBProcess", "draw_opportunities", "simulate_opportunities"]


@attrs.frozen
class BGBBProcess:
    """A beta (alpha, beta) chance to buy at each opportunity, a beta (gamma, delta) chance to leave before it."""

    alpha: float
    beta: float
    gamma: float
    delta: float

    def __attrs_post_init__(self) -> None:
        wrong = {name: v for name, v in attrs.asdict(self).items() if not (math.isfinite(v) and v > 0)}
        if wrong:
            raise InputError("BGBBProcess", expected="finite parameters above 0", got=str(wrong))


def simulate_opportunities(
    process: BGBBProcess, *, n_customers: int, n_opportunities: int, seed: int | np.random.Generator
) -> Opportunities:
    """Draw what customers do with their opportunities.

    Parameters
    ----------
    process
        How they buy and leave.
    n_customers
        How many.
    n_opportunities
        Opportunities of each, after the one that made them customers.
    seed
        A number, or a numpy generator.

    References
    ----------
    Fader, P. S., Hardie, B. G. S. and Shang, J. (2010), "Customer-Base Analysis in a Discrete-Time Noncontractual
    Setting", Marketing Science 29(6), assumptions (i) to (v).

    Examples
    --------
    >>> simulate_opportunities(BGBBProcess(1.2, 0.75, 0.66, 2.8), n_customers=100, n_opportunities=6, seed=1)
    Opportunities(100 customers, up to 6 opportunities)
    """
    if n_customers < 1 or n_opportunities < 1:
        got = f"{n_customers} customers, {n_opportunities} opportunities"
        raise InputError("simulate_opportunities", expected="1 or more of each", got=got)
    return draw_opportunities(process, np.full(n_customers, n_opportunities), np.random.default_rng(seed))


def draw_opportunities(process: BGBBProcess, n: IntArray, rng: np.random.Generator) -> Opportunities:
    """Draw what customers with ``n`` (n_customers,) opportunities do with them."""
    bought = bgbb_opportunities(process.alpha, process.beta, process.gamma, process.delta, n, rng)
    last = np.where(bought, np.arange(1, bought.shape[1] + 1), 0).max(axis=1)
    return Opportunities(customers=CustomerIndex(np.arange(n.size)), x=bought.sum(axis=1), t_x=last, n=n)
