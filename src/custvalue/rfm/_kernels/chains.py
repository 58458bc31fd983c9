"""Movement between states as a Markov chain."""

from __future__ import annotations

import numpy as np

from custvalue._arrays import BoolArray, FloatArray, IntArray


def count_moves(before: IntArray, after: IntArray, n_states: int) -> IntArray:
    """Return the (n_states, n_states) number of moves from row to column."""
    counts: IntArray = np.bincount(before * n_states + after, minlength=n_states * n_states)
    return counts.reshape(n_states, n_states)


def row_shares(counts: IntArray) -> FloatArray:
    """Return counts divided by their row sums; a row nobody started in stays where it is."""
    sums = counts.sum(axis=1, keepdims=True)
    shares: FloatArray = counts / np.maximum(sums, 1)
    empty = np.flatnonzero(sums[:, 0] == 0)
    shares[empty, empty] = 1.0
    return shares


def long_run(transition: FloatArray, start: FloatArray) -> FloatArray:
    """Return the average share of time spent in each state, for ever, from the distribution ``start``.

    The limit of the averages of start x P^t exists for every chain, periodic or in several closed parts. Each closed
    part carries its own stationary distribution, weighted by the chance of ending there.
    """
    reach = _reachable(transition)
    closed = _closed_parts(reach)
    n = transition.shape[0]
    share = np.zeros(n)
    inside = np.zeros(n, dtype=bool)
    for part in closed:
        inside[part] = True
    outside = np.flatnonzero(~inside)
    # expected visits to the transient states, then where the chain leaves them to
    visits = np.linalg.solve(np.eye(outside.size) - transition[np.ix_(outside, outside)].T, start[outside])
    arrival = start + visits @ transition[outside]
    for part in closed:
        share[part] = arrival[part].sum() * _stationary(transition[np.ix_(part, part)])
    return share


def _stationary(p: FloatArray) -> FloatArray:
    n = p.shape[0]
    system = np.vstack([(p.T - np.eye(n))[:-1], np.ones(n)])
    target = np.zeros(n)
    target[-1] = 1.0
    solution: FloatArray = np.linalg.solve(system, target).astype(np.float64)
    return solution


def _reachable(transition: FloatArray) -> BoolArray:
    n = transition.shape[0]
    reach = (transition > 0) | np.eye(n, dtype=bool)
    for middle in range(n):
        reach |= reach[:, [middle]] & reach[[middle], :]
    return reach


def _closed_parts(reach: BoolArray) -> list[IntArray]:
    both = reach & reach.T
    seen = np.zeros(reach.shape[0], dtype=bool)
    parts = []
    for state in range(reach.shape[0]):
        if not seen[state]:
            part = np.flatnonzero(both[state])
            seen[part] = True
            if not (reach[part].any(axis=0) & ~both[state]).any():
                parts.append(part)
    return parts
