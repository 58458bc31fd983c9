"""The one interface every purchase kernel has, and the weighted log-likelihood built on it.

A row's log-likelihood splits in two: terms of the count x alone (gamma and beta functions) and terms of (x, t_x,
T). The first are
computed once per distinct x, the second in blocks that stay in cache; customers who never came back fold into a
histogram of T.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np

from custvalue._arrays import FloatArray

__all__ = [
    "Params",
    "PatternLikelihood",
    "PurchaseKernel",
    "SupportsWeightedTerms",
    "Terms",
    "at_distinct",
    "fold_counts",
    "row_log_likelihood",
]

Params: TypeAlias = Sequence[FloatArray | float]
"""Natural parameters in the literature's order; each a scalar or one value a row."""

Terms: TypeAlias = tuple[FloatArray, FloatArray]
"""Values (n_rows,) and their gradient (n_params, n_rows) in log-parameters."""

PILOT_ROWS = 12_000


class PurchaseKernel(Protocol):
    """Functions of plain arrays that make a purchase model over (x, t_x, T)."""

    @property
    def names(self) -> tuple[str, ...]:
        """Parameter names."""
        ...

    @property
    def time_powers(self) -> tuple[int, ...]:
        """Power of time in each parameter's unit: 1 for a time, -1 for a rate, 0 for a shape."""
        ...

    @property
    def starts(self) -> tuple[tuple[float, ...], ...]:
        """Start values of the log-parameters with the mean age as the unit of time."""
        ...

    @property
    def block_rows(self) -> int:
        """Rows a block: few enough for the temporaries to stay in cache."""
        ...

    def count_terms(self, params: Params, x: FloatArray, /) -> Terms:
        """Terms of the row log-likelihood that depend on x alone."""
        ...

    def time_terms(self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, /) -> Terms:
        """All other terms."""
        ...

    def probability_alive(
        self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, ahead: float, /
    ) -> FloatArray:
        """Probability of being alive ``ahead`` after T."""
        ...

    def expected_purchases(
        self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, t: float, /
    ) -> FloatArray:
        """Expected purchases in (T, T + t]."""
        ...

    def residual_transactions(
        self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, delta: float, /
    ) -> FloatArray:
        """Expected purchases after T, each discounted at the continuous rate delta."""
        ...

    def conditional_pmf(
        self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, n: int, t: float, /
    ) -> FloatArray:
        """Probability of n purchases in (T, T + t]."""
        ...

    def latent_means(self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, /) -> dict[str, FloatArray]:
        """Posterior means of the latent traits of each customer."""
        ...

    def new_purchases(self, params: Params, t: FloatArray, /) -> FloatArray:
        """Expected repeat purchases of a new customer in (0, t]."""
        ...

    def new_pmf(self, params: Params, n: FloatArray, t: float, /) -> FloatArray:
        """Probability that a new customer makes n repeat purchases in (0, t]."""
        ...


@runtime_checkable
class SupportsWeightedTerms(Protocol):
    """A kernel that can sum its time terms faster than row by row."""

    def weighted_time_terms(
        self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, weights: FloatArray, /
    ) -> tuple[float, FloatArray]:
        """Weighted sum of the time terms, and its gradient (n_params,) in log-parameters."""
        ...


def row_log_likelihood(
    kernel: PurchaseKernel, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray
) -> FloatArray:
    """Log-likelihood (n_rows,) of each row."""
    return kernel.count_terms(params, x)[0] + kernel.time_terms(params, x, t_x, T)[0]


def fold_counts(x: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Distinct counts and the weight on each."""
    whole = x.astype(np.int64)
    if whole.max() <= 1_000_000 and bool((whole == x).all()):
        mass: FloatArray = np.bincount(whole, weights=weights).astype(np.float64)
        seen = np.flatnonzero(np.bincount(whole))
        return seen.astype(np.float64), mass[seen]
    distinct, place = np.unique(x, return_inverse=True)
    return distinct, np.bincount(place, weights=weights, minlength=len(distinct)).astype(np.float64)


def at_distinct(
    function: Callable[[FloatArray, FloatArray], FloatArray], params: Params, x: FloatArray, T: FloatArray
) -> FloatArray:
    """Evaluate a costly function of (x, T) once for each distinct pair, where the parameters are the same for all."""
    if any(np.ndim(value) for value in params):
        return function(x, T)
    age = np.unique(T, return_inverse=True)[1]
    counts, count = np.unique(x, return_inverse=True)
    _, first, place = np.unique(age * len(counts) + count, return_index=True, return_inverse=True)
    return function(x[first], T[first])[place]


class PatternLikelihood:
    """Weighted log-likelihood of patterns and its gradient in log-parameters."""

    def __init__(
        self, kernel: PurchaseKernel, x: FloatArray, t_x: FloatArray, T: FloatArray, weights: FloatArray
    ) -> None:
        self.kernel = kernel
        self.summed = kernel if isinstance(kernel, SupportsWeightedTerms) else None
        self.counts, self.count_weights = fold_counts(x, weights)
        self.columns = (x, t_x, T)
        self.weights = weights

    def pilot(self, n_rows: int = PILOT_ROWS) -> PatternLikelihood | None:
        """The same likelihood of a random subsample weighted up to the whole; None where it would not pay."""
        if len(self.weights) < 3 * n_rows:
            return None
        # chances proportional to the weights, heavy rows for certain
        total, share = float(self.weights.sum()), n_rows / float(self.weights.sum())
        for _ in range(4):
            chance = np.minimum(1.0, share * self.weights)
            share *= n_rows / float(chance.sum())
        rows = np.flatnonzero(np.random.default_rng(2005).random(len(chance)) < chance)
        weights = self.weights[rows] / chance[rows]
        x, t_x, T = (column[rows] for column in self.columns)
        return PatternLikelihood(self.kernel, x, t_x, T, weights * (total / weights.sum()))

    def __call__(self, theta: FloatArray, /) -> tuple[float, FloatArray]:
        """Value and gradient (n_params,) at log-parameters ``theta``."""
        params = [float(value) for value in np.exp(theta)]
        by_count, count_slope = self.kernel.count_terms(params, self.counts)
        total = float(self.count_weights @ by_count)
        gradient: FloatArray = count_slope @ self.count_weights
        step = self.kernel.block_rows
        for first in range(0, len(self.weights), step):
            rows = slice(first, first + step)
            x, t_x, T = (column[rows] for column in self.columns)
            weights = self.weights[rows]
            if self.summed is not None:
                value, slope = self.summed.weighted_time_terms(params, x, t_x, T, weights)
                total, gradient = total + value, gradient + slope
                continue
            by_time, time_slope = self.kernel.time_terms(params, x, t_x, T)
            total += float(weights @ by_time)
            gradient = gradient + time_slope @ weights
        return total, gradient
