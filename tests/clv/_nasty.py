"""Data sets that break fits: each a function of nothing, reproducible, as weekly patterns one row a customer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from custvalue.data import PurchasePatterns, TimeUnit

Columns = tuple[np.ndarray, np.ndarray, np.ndarray]


def _patterns(x: np.ndarray, t_x: np.ndarray, T: np.ndarray) -> PurchasePatterns:
    x, t_x, T = (np.asarray(c, dtype=np.float64) for c in (x, t_x, T))
    return PurchasePatterns(x=x, t_x=t_x, T=T, weights=np.ones_like(x), unit=TimeUnit.WEEK)


def simulated(  # noqa: PLR0913  # the four parameters of the model, and the ages
    n: int,
    r: float,
    alpha: float,
    a: float,
    b: float,
    *,
    seed: int,
    longest: float = 60.0,
    shortest: float = 10.0,
    gamma: bool = True,
) -> Columns:
    """BG/NBD customers, ages uniform between shortest and longest; a = 0 means that nobody leaves."""
    rng = np.random.default_rng(seed)
    T = rng.uniform(shortest, longest, n)
    rate = rng.gamma(r, 1.0 / alpha, n) if gamma else np.full(n, r / alpha)
    leave = rng.beta(a, b, n) if a > 0 else np.zeros(n)
    x, t_x, at = np.zeros(n), np.zeros(n), np.zeros(n)
    alive = np.ones(n, dtype=bool)
    while alive.any():
        at = at + rng.exponential(1.0, n) / np.maximum(rate, 1e-300)
        alive &= at < T
        x, t_x = np.where(alive, x + 1, x), np.where(alive, at, t_x)
        alive &= rng.random(n) >= leave
    return x, np.minimum(t_x, T), T


def _extended(base: Columns, *rows: tuple[float, float, float]) -> Columns:
    extra = np.array(rows).T
    x, t_x, T = (np.concatenate([c, e]) for c, e in zip(base, extra, strict=True))
    return x, t_x, T


def _usual(seed: int, n: int = 2000) -> Columns:
    return simulated(n, 0.3, 4.5, 0.8, 2.4, seed=seed)


def _seconds(factor: float) -> Columns:
    x, t_x, T = _usual(7)
    return x, t_x * factor, T * factor


def _all_on_the_last_day() -> Columns:
    x, _, T = _usual(8)
    return np.maximum(x, 1), T, T


def _constant_x() -> Columns:
    rng = np.random.default_rng(9)
    T = rng.uniform(20, 60, 500)
    return np.full(500, 3.0), T * rng.uniform(0.2, 1.0, 500), T


def _zero_or_one() -> Columns:
    x, t_x, T = _usual(10)
    kept = x <= 1
    return x[kept], t_x[kept], T[kept]


def _repeats_at_once() -> Columns:
    x, t_x, T = _usual(11, 500)
    return x, np.zeros_like(t_x), T


NASTY: dict[str, Callable[[], Columns]] = {
    "one customer": lambda: (np.array([3.0]), np.array([20.0]), np.array([30.0])),
    "ten customers": lambda: simulated(10, 0.8, 4.5, 0.8, 2.4, seed=1),
    "ten customers, one came back": lambda: _extended(
        (np.zeros(9), np.zeros(9), np.linspace(20, 40, 9)), (1.0, 5.0, 30.0)
    ),
    "one whale": lambda: _extended(_usual(2, 5000), (10_000.0, 50.0, 50.5)),
    "fifty identical whales": lambda: _extended(_usual(3), *([(800.0, 50.0, 50.5)] * 50)),
    "long and heavy": lambda: _extended(_usual(4, 500), (2000.0, 2990.0, 3000.0), (1500.0, 1000.0, 3000.0)),
    "nobody leaves": lambda: simulated(2000, 0.8, 4.5, 0.0, 1.0, seed=5),
    "x only 0 or 1": _zero_or_one,
    "homogeneous rate": lambda: simulated(2000, 1.0, 4.5, 0.8, 2.4, seed=6, gamma=False),
    "r = .005": lambda: simulated(5000, 0.005, 4.5, 0.8, 2.4, seed=12),
    "seconds": lambda: _seconds(604_800.0),
    "years": lambda: _seconds(7 / 365.25),
    "one cohort": lambda: simulated(2000, 0.3, 4.5, 0.8, 2.4, seed=13, shortest=52.0, longest=52.0),
    "repeats at once": _repeats_at_once,
    "rows with T = 0": lambda: _extended(_usual(14), *([(0.0, 0.0, 0.0)] * 300)),
    "bought on the last day": _all_on_the_last_day,
    "business customers": lambda: simulated(200, 20.0, 1.0, 0.5, 500.0, seed=15),
    "constant x": _constant_x,
    "hardly any dropout": lambda: simulated(2000, 0.8, 4.5, 0.05, 20.0, seed=16),
    "very fast dropout": lambda: simulated(2000, 0.8, 4.5, 20.0, 1.0, seed=17),
}


def nasty(name: str) -> PurchasePatterns:
    """Give one of the data sets."""
    return _patterns(*NASTY[name]())
