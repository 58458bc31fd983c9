"""Influence over a network of customers.

Hubbell, "An input-output approach to clique identification", *Sociometry* 28(4), 1965, 377-399; used for customers
by Kumar, Bhaskaran, Mirchandani and Shah, "Creating a measurable social media marketing strategy", *Marketing
Science* 32(2), 2013.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.sparse import linalg as sparse_linalg

from custvalue._arrays import FloatArray, IntArray

__all__ = ["growth_bound", "hubbell", "network_matrix"]

_POWER_STEPS = 500
_SERIES_STEPS = 5000
_SMALLEST = 1e-200  # components die out at different speeds


def network_matrix(source: IntArray, target: IntArray, weight: FloatArray, n: int) -> sparse.csr_array:
    """Return the (n, n) matrix of ties, ``weight`` from ``source`` to ``target``; repeated ties add up."""
    return sparse.csr_array(sparse.coo_array((weight, (source, target)), shape=(n, n)))


def hubbell(ties: sparse.csr_array, beta: float) -> FloatArray:
    """Return e = (I - beta W)^-1 1, Hubbell (1965), eq. (3).

    Summed as 1 + beta W 1 + beta^2 W^2 1 + ..., which needs no fill-in; solved directly where the series is slow.
    """
    n = ties.shape[0]
    step = beta * ties
    term: FloatArray = np.ones(n)
    standing = term.copy()
    for _ in range(_SERIES_STEPS):
        term = np.asarray(step @ term)
        standing += term
        if np.abs(term).max() <= 1e-17 * max(1.0, float(np.abs(standing).max())):
            return standing
    system = sparse.csc_array(sparse.eye_array(n, format="csc") - step)
    return np.asarray(sparse_linalg.spsolve(system, np.ones(n)), dtype=np.float64)


def growth_bound(ties: sparse.csr_array) -> float:
    """Return the spectral radius of |W|, from above.

    Ties between strongly connected components cannot feed back and are set aside; within each component, power
    iteration on |W| + I (which cannot oscillate) with the Collatz-Wielandt bound, never below the true radius.
    """
    edges = sparse.coo_array(abs(ties))
    _, component = csgraph.connected_components(ties, directed=True, connection="strong")
    inner = component[edges.row] == component[edges.col]
    loops = sparse.csr_array((edges.data[inner], (edges.row[inner], edges.col[inner])), shape=ties.shape)
    vector = np.ones(ties.shape[0])
    bound = 0.0
    for _ in range(_POWER_STEPS):
        ahead = loops @ vector + vector
        bound = float(np.max(ahead / vector)) - 1.0
        vector = np.maximum(ahead / ahead.max(), _SMALLEST)
    return bound
