"""The one interface every purchase kernel has, and the weighted log-likelihood built on it.

A row's log-likelihood splits in two: terms of the count x alone (gamma and beta functions) and terms of (x, t_x,
T). The first are
computed once per distinct x, the second in blocks that stay in cache; customers who never came back fold into a
histogram of T.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np

from custvalue._arrays import FloatArray, IntArray

__all__ = [
    "CurvedLikelihood",
    "Params",
    "PatternLikelihood",
    "PurchaseKernel",
    "SupportsCurvature",
    "Terms",
    "at_distinct",
    "coded",
    "fold_counts",
    "once_a_run",
    "pattern_likelihood",
    "row_log_likelihood",
]

Params: TypeAlias = Sequence[FloatArray | float]
"""Natural parameters in the literature's order; each a scalar or one value a row."""

Terms: TypeAlias = tuple[FloatArray, FloatArray]
"""Values (n_rows,) and their gradient (n_params, n_rows) in log-parameters."""

PILOT_ROWS = 4_000


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
    def several_maxima(self) -> bool:
        """Whether the likelihood may have more than one maximum."""
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


Curvature: TypeAlias = tuple[float, FloatArray, FloatArray]
"""Value, gradient (n_params,) and Hessian (n_params, n_params) in log-parameters."""


@runtime_checkable
class SupportsCurvature(Protocol):
    """A kernel that sums its terms over weighted rows, faster than row by row, with second derivatives if wanted."""

    def count_curvature(self, params: Params, x: FloatArray, weights: FloatArray, /) -> FloatArray:
        """Hessian (n_params, n_params) of the weighted sum of the count terms, in log-parameters."""
        ...

    def weighted_time_terms(
        self, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, weights: FloatArray, /, *, curved: bool
    ) -> Curvature:
        """Weighted sum of the time terms, gradient, and Hessian; the last is zeros unless ``curved``."""
        ...


@runtime_checkable
class SupportsPairs(Protocol):
    """A kernel whose rows can share the costly part of their time terms."""

    def over_pairs(
        self, x: FloatArray, t_x: FloatArray, T: FloatArray, weights: FloatArray, /
    ) -> Callable[[Params, bool], Iterator[Curvature]] | None:
        """Give a function of parameters and whether to curve that yields weighted sums; None if it does not pay."""
        ...


class CurvedKernel(PurchaseKernel, SupportsCurvature, Protocol):
    """A kernel with everything."""


def row_log_likelihood(
    kernel: PurchaseKernel, params: Params, x: FloatArray, t_x: FloatArray, T: FloatArray
) -> FloatArray:
    """Log-likelihood (n_rows,) of each row."""
    return kernel.count_terms(params, x)[0] + kernel.time_terms(params, x, t_x, T)[0]


def fold_counts(x: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Distinct counts and the weight on each."""
    distinct, place = coded(x)
    return distinct, np.bincount(place, weights=weights, minlength=len(distinct)).astype(np.float64)


def coded(values: FloatArray) -> tuple[FloatArray, IntArray]:
    """Distinct values in order, and which one each is; no sorting where they are sorted, or few on a lattice."""
    if bool((values[1:] >= values[:-1]).all()):
        new = np.concatenate([[True], values[1:] != values[:-1]])
        return values[new], np.cumsum(new) - 1
    step = _lattice(values)
    if step > 0.0 and values.min() >= 0.0 and values.max() <= 1_000_000 * step:
        whole = np.rint(values / step).astype(np.int64)
        seen, place = _coded_whole(whole, int(whole.max()) + 1)
        distinct = np.empty(len(seen))
        distinct[place] = values
        if bool((distinct[place] == values).all()):
            return distinct, place
    distinct, place = np.unique(values, return_inverse=True)
    return distinct, place


def _lattice(values: FloatArray) -> float:
    """Guess the step of a lattice the values are on: the smallest difference among a few."""
    few = np.unique(values[:10_000])
    return float(np.diff(few).min(initial=np.inf))


def _coded_whole(values: IntArray, size: int) -> tuple[IntArray, IntArray]:
    """The same for whole numbers from 0 to below ``size``."""
    there = np.zeros(size, dtype=bool)
    there[values] = True
    return np.flatnonzero(there), (np.cumsum(there) - 1)[values]


def once_a_run(function: Callable[[FloatArray], FloatArray], column: FloatArray) -> FloatArray:
    """Evaluate an elementwise function once for each run of equal values, as sorted patterns have them."""
    starts = np.flatnonzero(np.concatenate([[True], column[1:] != column[:-1]]))
    return np.repeat(function(column[starts]), np.diff(np.append(starts, len(column))))


def at_distinct(
    function: Callable[[FloatArray, FloatArray], FloatArray], params: Params, x: FloatArray, T: FloatArray
) -> FloatArray:
    """Evaluate a costly function of (x, T) once for each distinct pair, where the parameters are the same for all."""
    if any(np.ndim(value) for value in params) or not len(x):
        return function(x, T)
    (counts, count), (ages, age) = coded(x), coded(T)
    code, size = age * len(counts) + count, len(ages) * len(counts)
    if size <= 10 * len(x):
        pairs, place = _coded_whole(code, size)
    else:
        pairs, place = np.unique(code, return_inverse=True)
    return function(counts[pairs % len(counts)], ages[pairs // len(counts)])[place]


class PatternLikelihood:
    """Weighted log-likelihood of patterns and its gradient in log-parameters."""

    def __init__(
        self, kernel: PurchaseKernel, x: FloatArray, t_x: FloatArray, T: FloatArray, weights: FloatArray
    ) -> None:
        self.kernel = kernel
        self.counts, self.count_weights = fold_counts(x, weights)
        self.columns = (x, t_x, T)
        self.weights = weights

    def pilot(self, n_rows: int = PILOT_ROWS) -> PatternLikelihood | None:
        """The same likelihood of a sample of customers weighted up to the whole; None where it would not pay.

        Every n-th customer in the order of the patterns: where they are sorted, all ages are represented.
        """
        if len(self.weights) < 3 * n_rows:
            return None
        edges = np.cumsum(self.weights)
        marks = (np.arange(n_rows) + 0.5) * (edges[-1] / n_rows)
        rows, times = np.unique(np.searchsorted(edges, marks), return_counts=True)
        x, t_x, T = (column[rows] for column in self.columns)
        return pattern_likelihood(self.kernel, x, t_x, T, times * (edges[-1] / n_rows))

    def __call__(self, theta: FloatArray, /) -> tuple[float, FloatArray]:
        """Value and gradient (n_params,) at log-parameters ``theta``."""
        params = [float(value) for value in np.exp(theta)]
        total, gradient = self._count_terms(params)
        for x, t_x, T, weights in self._blocks():
            by_time, time_slope = self.kernel.time_terms(params, x, t_x, T)
            total += float(weights @ by_time)
            gradient = gradient + time_slope @ weights
        return total, gradient

    def _count_terms(self, params: Params) -> tuple[float, FloatArray]:
        by_count, count_slope = self.kernel.count_terms(params, self.counts)
        return float(self.count_weights @ by_count), count_slope @ self.count_weights

    def _blocks(self) -> Iterator[tuple[FloatArray, ...]]:
        for first in range(0, len(self.weights), self.kernel.block_rows):
            rows = slice(first, first + self.kernel.block_rows)
            yield (*(column[rows] for column in self.columns), self.weights[rows])


class CurvedLikelihood(PatternLikelihood):
    """The same for a kernel that sums over weighted rows and knows its second derivatives."""

    def __init__(
        self, kernel: CurvedKernel, x: FloatArray, t_x: FloatArray, T: FloatArray, weights: FloatArray
    ) -> None:
        super().__init__(kernel, x, t_x, T, weights)
        self.summed: SupportsCurvature = kernel
        self.shared = kernel.over_pairs(x, t_x, T, weights) if isinstance(kernel, SupportsPairs) else None

    def __call__(self, theta: FloatArray, /) -> tuple[float, FloatArray]:
        """Value and gradient (n_params,) at log-parameters ``theta``."""
        return self._summed(theta, curved=False)[:2]

    def curvature(self, theta: FloatArray, /) -> Curvature:
        """Value, gradient (n_params,) and Hessian (n_params, n_params) at log-parameters ``theta``."""
        return self._summed(theta, curved=True)

    def _summed(self, theta: FloatArray, *, curved: bool) -> Curvature:
        params = [float(value) for value in np.exp(theta)]
        total, gradient = self._count_terms(params)
        hessian = np.zeros((len(theta), len(theta)))
        if curved:
            hessian = self.summed.count_curvature(params, self.counts, self.count_weights)
        for value, slope, bend in self._time_terms(params, curved=curved):
            total, gradient, hessian = total + value, gradient + slope, hessian + bend
        return total, gradient, hessian

    def _time_terms(self, params: Params, *, curved: bool) -> Iterator[Curvature]:
        if self.shared is not None:
            yield from self.shared(params, curved)
            return
        for x, t_x, T, weights in self._blocks():
            yield self.summed.weighted_time_terms(params, x, t_x, T, weights, curved=curved)


def pattern_likelihood(
    kernel: PurchaseKernel, x: FloatArray, t_x: FloatArray, T: FloatArray, weights: FloatArray
) -> PatternLikelihood:
    """Give the likelihood of weighted patterns with all that the kernel offers."""
    if isinstance(kernel, SupportsCurvature):
        return CurvedLikelihood(kernel, x, t_x, T, weights)
    return PatternLikelihood(kernel, x, t_x, T, weights)
