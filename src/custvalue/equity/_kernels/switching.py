"""Brand switching: logit choice, and the expected value of future purchases."""

from __future__ import annotations

import numpy as np

from custvalue._arrays import FloatArray


def logit_matrices(utilities: FloatArray, inertia: FloatArray) -> FloatArray:
    """Give switching matrices (n, J, J): row k is the choice after brand k, whose utility then has the inertia added.

    Rust, Lemon and Zeithaml (2004), equation 1 and 2.
    """
    n_brands = utilities.shape[1]
    u = utilities[:, None, :] + inertia[:, None, None] * np.eye(n_brands)
    weights = np.exp(u - u.max(axis=2, keepdims=True))
    matrices: FloatArray = weights / weights.sum(axis=2, keepdims=True)
    return matrices


def discounted_purchases(matrices: FloatArray, start: FloatArray, steps: FloatArray, factor: FloatArray) -> FloatArray:
    """Give the discounted expected number of purchases of each brand, (n, J).

    Sum over t = 0 .. steps of factor^t x (start A^t), equation 4 with volume and margin taken out.
    """
    total = np.zeros_like(start)
    state, weight = start.copy(), np.ones(start.shape[0])
    for t in range(int(steps.max(initial=0.0)) + 1):
        total += np.where(t <= steps, weight, 0.0)[:, None] * state
        state = np.einsum("nj,njk->nk", state, matrices)
        weight = weight * factor
    return total
