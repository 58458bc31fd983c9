"""Cooperative cost games. A coalition is a bit mask; ``c`` (2**n,) is the cost of each, ``c[0] = 0``."""

from __future__ import annotations

from collections.abc import Callable
from math import factorial

import numpy as np
from scipy import optimize

from custvalue._arrays import BoolArray, FloatArray, IntArray

__all__ = ["airport", "core_excess", "membership", "nucleolus", "separable_cost", "shapley", "shapley_sampled"]

TIGHT = 1e-9


def membership(n: int) -> BoolArray:
    """(2**n, n) whether player j is in coalition i."""
    return np.asarray((np.arange(1 << n)[:, None] >> np.arange(n)) & 1, dtype=bool)


def shapley(c: FloatArray, n: int) -> FloatArray:
    """phi_i = sum over S without i of |S|! (n-|S|-1)! / n! [c(S + i) - c(S)]  (Shapley 1953)."""
    member = membership(n)
    sizes = member.sum(axis=1)
    weight = np.array([factorial(size) * factorial(n - size - 1) / factorial(n) for size in range(n)])
    phi = np.empty(n)
    for i in range(n):
        without = np.flatnonzero(~member[:, i])
        phi[i] = weight[sizes[without]] @ (c[without | (1 << i)] - c[without])
    return phi


def shapley_sampled(
    cost: Callable[[IntArray], float], n: int, n_samples: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Mean marginal costs over random orders, each taken forwards and backwards; and their standard errors."""
    means = np.empty((n_samples, n))
    for sample in range(n_samples):
        order = rng.permutation(n)
        both = np.empty((2, n))
        for way, players in enumerate((order, order[::-1])):
            before = 0.0
            for place in range(n):
                after = cost(np.sort(players[: place + 1]))
                both[way, players[place]] = after - before
                before = after
        means[sample] = both.mean(axis=0)
    error = means.std(axis=0, ddof=1) / np.sqrt(n_samples) if n_samples > 1 else np.full(n, np.nan)
    return means.mean(axis=0), error


def airport(need: FloatArray) -> FloatArray:
    """Shapley value of c(S) = max need in S: each step is shared by all who need it (Littlechild and Owen 1973)."""
    order = np.argsort(need, kind="stable")
    sizes = need[order]
    steps = np.diff(sizes, prepend=0.0) / np.arange(need.size, 0, -1)
    phi = np.empty(need.size)
    phi[order] = np.cumsum(steps)
    return phi


def separable_cost(c: FloatArray, n: int) -> FloatArray:
    """Separable cost c(N) - c(N - i), the rest by remaining benefit c(i) - separable cost."""
    everybody = (1 << n) - 1
    alone = c[1 << np.arange(n)]
    separable = c[everybody] - c[everybody - (1 << np.arange(n))]
    benefit = np.maximum(alone - separable, 0.0)
    rest = c[everybody] - separable.sum()
    share = benefit / benefit.sum() if benefit.sum() > 0.0 else np.full(n, 1.0 / n)
    return np.asarray(separable + rest * share)


def core_excess(c: FloatArray, x: FloatArray) -> FloatArray:
    """(2**n,) what each coalition is charged beyond what it would cost alone; the core has none above zero."""
    return np.asarray(membership(x.size) @ x - c)


def nucleolus(c: FloatArray, n: int) -> FloatArray:
    """Lexicographically smallest excesses, by a sequence of linear programs (Schmeidler 1969; Kopelowitz 1967)."""
    member = membership(n).astype(np.float64)
    open_sets = np.arange(1, (1 << n) - 1)
    fixed_rows, fixed_values = [member[-1]], [float(c[-1])]
    x = np.full(n, c[-1] / n)
    while open_sets.size and np.linalg.matrix_rank(np.array(fixed_rows)) < n:
        rows = np.column_stack([member[open_sets], -np.ones(open_sets.size)])
        found = optimize.linprog(
            np.r_[np.zeros(n), 1.0],
            A_ub=rows,
            b_ub=c[open_sets],
            A_eq=np.column_stack([fixed_rows, np.zeros(len(fixed_rows))]),
            b_eq=fixed_values,
            bounds=(None, None),
            method="highs",
        )
        solution = np.asarray(found.x)
        x, excess = solution[:n], solution[n]
        binding = found.ineqlin.marginals < -TIGHT
        for at in open_sets[binding]:
            fixed_rows.append(member[at])
            fixed_values.append(float(c[at] + excess))
        open_sets = open_sets[~binding]
    return np.asarray(x)
