"""Log-likelihood with covariates: each row has its own parameters, log-linear in what is known of it."""

from __future__ import annotations

import numpy as np

from custvalue._arrays import FloatArray, IntArray
from custvalue.clv._kernels.likelihood import PurchaseKernel

__all__ = ["CovariateLikelihood", "own_params"]


def own_params(base: FloatArray, shifts: FloatArray, loads: IntArray) -> list[FloatArray | float]:
    """Natural parameters, those named in ``loads`` (param, process, sign) moved by the process's linear predictor.

    ``base`` (n_base,) are logs; ``shifts`` (2, n_rows) the linear predictors of purchases and dropout.
    """
    moved = set(loads[:, 0].tolist())  # a base parameter far from all rows may be beyond any number: only sums count
    params: list[FloatArray | float] = [0.0 if i in moved else float(np.exp(log)) for i, log in enumerate(base)]
    for param, process, sign in loads.tolist():
        params[param] = np.exp(base[param] + sign * shifts[process])
    return params


class CovariateLikelihood:
    """Weighted log-likelihood and gradient in (log base parameters, coefficients).

    Parameters
    ----------
    kernel
        The model.
    columns
        x, t_x, T of each row.
    weights
        (n_rows,).
    designs
        (2, n_rows, n_coefficients): what multiplies each coefficient in the predictors of purchases and of dropout.
    loads
        Which base parameter each process moves, and with what sign.
    """

    def __init__(
        self,
        kernel: PurchaseKernel,
        columns: tuple[FloatArray, FloatArray, FloatArray],
        weights: FloatArray,
        designs: FloatArray,
        loads: IntArray,
    ) -> None:
        self.kernel = kernel
        self.columns = columns
        self.weights = weights
        self.designs = designs
        self.loads = loads

    def pilot(self, n_rows: int = 12_000) -> CovariateLikelihood | None:
        """The same likelihood of some rows, weighted up to all; None where it would not pay."""
        if len(self.weights) < 3 * n_rows:
            return None
        rows = np.random.default_rng(2007).choice(len(self.weights), n_rows, replace=False)
        weights = self.weights[rows] * (float(self.weights.sum()) / float(self.weights[rows].sum()))
        x, t_x, T = (column[rows] for column in self.columns)
        return CovariateLikelihood(self.kernel, (x, t_x, T), weights, self.designs[:, rows], self.loads)

    def __call__(self, theta: FloatArray, /) -> tuple[float, FloatArray]:
        """Value and gradient (n_params,)."""
        n_base = len(self.kernel.names)
        total, gradient = 0.0, np.zeros_like(theta)
        for first in range(0, len(self.weights), self.kernel.block_rows):
            rows = slice(first, first + self.kernel.block_rows)
            designs, weights = self.designs[:, rows], self.weights[rows]
            params = own_params(theta[:n_base], designs @ theta[n_base:], self.loads)
            x, t_x, T = (column[rows] for column in self.columns)
            by_count, count_slope = self.kernel.count_terms(params, x)
            by_time, time_slope = self.kernel.time_terms(params, x, t_x, T)
            total += float(weights @ (by_count + by_time))
            slope = (count_slope + time_slope) * weights
            gradient[:n_base] += slope.sum(axis=1)
            for param, process, sign in self.loads.tolist():
                gradient[n_base:] += sign * (slope[param] @ designs[process])
        return total, gradient
