"""Support departments: where each department's own cost ends up.

``S`` (n, n) is the share of department i used by department j, ``D`` (n, m) the share used by final object j; the rows
of ``[S D]`` sum to 1. Most functions return ``F`` (n, m), the share of department i's own cost that ends at final j.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from custvalue._arrays import FloatArray, IntArray

__all__ = ["closed_set", "direct", "gross_cost", "iterate", "reciprocal", "spectral_radius", "step_down"]


def without_self_use(S: FloatArray, D: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give what a department uses of itself to the others, in proportion."""
    others = 1.0 - np.diag(S)
    scale = np.where(others > 0.0, 1.0 / np.where(others > 0.0, others, 1.0), 0.0)[:, None]
    off_diagonal = S - np.diag(np.diag(S))
    return off_diagonal * scale, D * scale


def direct(D: FloatArray) -> FloatArray:
    """Ignore services between departments: rows of D, renormalised."""
    used = D.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(D, used, out=np.zeros_like(D), where=used > 0.0))


def step_down(S: FloatArray, D: FloatArray, order: IntArray) -> FloatArray:
    """Close departments one after another into those still open."""
    n = order.size
    F = np.zeros_like(D)
    for place in range(n - 1, -1, -1):
        i = order[place]
        later = order[place + 1 :]
        used = S[i, later].sum() + D[i].sum()
        if used > 0.0:
            F[i] = (D[i] + S[i, later] @ F[later]) / used
    return F


def reciprocal(S: FloatArray, D: FloatArray) -> FloatArray:
    """Solve F = D + S F: final = D' (I - S')^-1 A for every A at once."""
    return np.asarray(np.linalg.solve(np.eye(S.shape[0]) - S, D))


def iterate(S: FloatArray, D: FloatArray, tolerance: float, max_rounds: int) -> tuple[FloatArray, float]:
    """Pass cost on round after round, F <- D + S F, with S sparse; also return the last change."""
    services = sparse.csr_array(S)
    F = D.copy()
    change = np.inf
    for _ in range(max_rounds):
        following = D + services @ F
        change = float(np.abs(following - F).max(initial=0.0))
        F = following
        if change <= tolerance:
            break
    return F, change


def gross_cost(S: FloatArray, A: FloatArray) -> FloatArray:
    """Own cost plus all that passes through: X = (I - S')^-1 A. Its sum counts money more than once."""
    return np.asarray(np.linalg.solve(np.eye(S.shape[0]) - S.T, A))


def spectral_radius(S: FloatArray) -> float:
    """Largest absolute eigenvalue of S; below 1 the rounds of `iterate` end."""
    return float(np.abs(np.linalg.eigvals(S)).max(initial=0.0))


def closed_set(S: FloatArray, D: FloatArray) -> IntArray:
    """Departments whose cost can never reach a final object."""
    reaches = D.sum(axis=1) > 0.0
    for _ in range(S.shape[0]):
        reaches = reaches | ((S > 0.0) @ reaches)
    return np.flatnonzero(~reaches)


def cycle(S: FloatArray) -> IntArray:
    """Return departments that serve one another in a circle, or none."""
    n = S.shape[0]
    state = np.zeros(n, dtype=np.int64)  # 0 new, 1 on the path, 2 done
    for start in range(n):
        path = [start] if state[start] == 0 else []
        while path:
            here = path[-1]
            state[here] = 1
            onwards = np.flatnonzero((S[here] > 0.0) & (state < 2))
            if onwards.size == 0:
                state[here] = 2
                path.pop()
            elif state[onwards].max() == 1:
                first = int(onwards[state[onwards] == 1][0])
                return np.array(path[path.index(first) :], dtype=np.int64)
            else:
                path.append(int(onwards[0]))
    return np.empty(0, dtype=np.int64)
