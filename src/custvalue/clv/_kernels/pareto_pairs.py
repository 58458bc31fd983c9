"""The Pareto/NBD likelihood of many patterns from few integrals.

A row's integral over the end of life in [t_x, T] is one from t_x less one from T, both up to the last age there is.
These depend on (x, t_x) and on (x, T) alone, of which millions of customers have but thousands. The difference is
harmless: what is subtracted is at most the chance to be alive at T, which the likelihood adds again.
"""

from __future__ import annotations

import numpy as np

from custvalue._arrays import FloatArray, IntArray
from custvalue.clv._kernels.gamma_lifetime import EndOfLife, GammaLifetime
from custvalue.clv._kernels.likelihood import Params, coded

__all__ = ["UPPER", "Pairs", "SharedEnds"]

_PAYS = 3  # rows a pair from which the detour pays
UPPER = tuple((k, m) for k in range(4) for m in range(k, 4))
"""Pairs of the four pieces of an integrand."""


class Pairs:
    """Distinct (x, age) among the last purchases and the ends of some rows, and where each row's two are."""

    def __init__(self, pairs: tuple[FloatArray, FloatArray], last: IntArray, end: IntArray, horizon: float) -> None:
        self.x, self.age = pairs
        self.last, self.end, self.horizon = last, end, horizon

    @classmethod
    def of(cls, x: FloatArray, t_x: FloatArray, T: FloatArray) -> Pairs | None:
        """Find the pairs; None where they are too many to pay."""
        counts, count = coded(x)
        ages, age = coded(np.concatenate([T, t_x]))
        code = age * len(counts) + np.tile(count, 2)
        if len(ages) * len(counts) > 10 * len(x):
            return None
        there = np.zeros(len(ages) * len(counts), dtype=bool)
        there[code] = True
        pairs = np.flatnonzero(there)
        if _PAYS * len(pairs) > len(x):
            return None
        end, last = (np.cumsum(there) - 1)[code].reshape(2, -1)
        return cls((counts[pairs % len(counts)], ages[pairs // len(counts)]), last, end, float(ages[-1]))

    def integrals(self, kernel: GammaLifetime, params: Params, order: int) -> tuple[FloatArray, FloatArray]:
        """Sums (5, n_pairs) and products (4, 4, n_pairs) from each pair's age up to the horizon."""
        sums = np.empty((5, len(self.x)))
        products = np.empty((4, 4, len(self.x) if order == 2 else 0))
        for first in range(0, len(self.x), kernel.block_rows):
            rows = slice(first, first + kernel.block_rows)
            age = self.age[rows]
            found = EndOfLife(kernel, params, self.x[rows], age, np.full_like(age, self.horizon), order=order)
            sums[:, rows] = found.sums
            if order == 2:
                products[:, :, rows] = found.products
        return sums, products


class SharedEnds(EndOfLife):
    """The end of life of each row, from the integrals of its two pairs."""

    def __init__(
        self,
        params: Params,
        columns: tuple[FloatArray, FloatArray, FloatArray],
        places: tuple[IntArray, IntArray],
        integrals: tuple[FloatArray, FloatArray],
    ) -> None:
        r, alpha, s, beta = params
        (x, t_x, T), (last, end), (sums, products) = columns, places, integrals
        self.delay_end = np.log1p((T - t_x) / (alpha + t_x))
        self.aging_end = np.log1p((T - t_x) / (beta + t_x))
        self.log_end = -(r + x) * self.delay_end - s * self.aging_end
        stays = np.exp(self.log_end)
        beyond = [stays * column[end] for column in sums]
        # a piece of the integrand counted from the last purchase is one counted from T, moved or multiplied
        moved = (self.delay_end, 0.0, self.aging_end, 0.0)
        times = (1.0, np.exp(-self.delay_end), 1.0, np.exp(-self.aging_end))
        self.sums = np.stack([column[last] for column in sums])
        self.sums[0] = np.maximum(self.sums[0] - beyond[0], 0.0)
        for k in range(4):
            self.sums[k + 1] -= moved[k] * beyond[0] + times[k] * beyond[k + 1]
        self.products = np.zeros((4, 4, len(x) if products.size else 0))
        for k, m in UPPER if products.size else ():
            self.products[k, m] = products[k, m][last] - (
                moved[k] * (moved[m] * beyond[0] + times[m] * beyond[m + 1])
                + times[k] * (moved[m] * beyond[k + 1] + times[m] * (stays * products[k, m][end]))
            )
        self.total = stays + self.sums[0]
        self.log_total = np.log(self.total)
        self.alive = stays / self.total
