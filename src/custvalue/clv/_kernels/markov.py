"""Customers as a Markov chain with rewards.

Pfeifer and Carraway, "Modeling customer relationships as Markov chains", *Journal of Interactive Marketing* 14(2),
2000, 43-55; Sobel, "The variance of discounted Markov decision processes", *Journal of Applied Probability* 19,
1982, for the variance; Howard, *Dynamic Programming and Markov Processes*, 1960, for policy iteration.

``transition`` is (n_states, n_states), rows summing to 1; ``reward`` (n_states,) is what a period spent in a state
yields.
"""

from __future__ import annotations

import numpy as np

from custvalue._arrays import BoolArray, FloatArray, IntArray

__all__ = ["occupancy", "policy_iteration", "reaches", "recency_matrix", "value_means", "value_moments"]

_MAX_POLICIES = 1000


def recency_matrix(probability: FloatArray) -> FloatArray:
    """Return the chain of Pfeifer and Carraway (2000), eq. (1).

    From cell k a customer buys and goes to cell 1, or waits and goes one cell down; the last state is the lost
    customer.
    """
    n_cells = probability.shape[0]
    transition = np.zeros((n_cells + 1, n_cells + 1))
    cells: IntArray = np.arange(n_cells)
    transition[cells, 0] = probability
    transition[cells, cells + 1] += 1.0 - probability
    transition[n_cells, n_cells] = 1.0
    return transition


def occupancy(transition: FloatArray, n_periods: int) -> FloatArray:
    """Return P^0 .. P^n: (n_periods + 1, n_states, n_states), the chance of each state after each number of periods."""
    n_states = transition.shape[0]
    powers = np.empty((n_periods + 1, n_states, n_states))
    powers[0] = np.eye(n_states)
    for k in range(n_periods):
        powers[k + 1] = powers[k] @ transition
    return powers


def value_moments(
    transition: FloatArray, reward: FloatArray, rate: float, n_periods: float, shift: float, moves_first: int
) -> tuple[FloatArray, FloatArray]:
    """Return mean and variance, by starting state, of the discounted reward of ``n_periods`` periods.

    Period k = 1 .. n is rewarded at time k - 1 + ``shift``, by the state after k - 1 + ``moves_first``
    transitions. With shift 0 and ``moves_first`` 0 this is V_T of Pfeifer and Carraway (2000), eq. (2), T = n - 1;
    infinite n is their eq. (4).
    """
    v = 1.0 / (1.0 + rate)
    if np.isinf(n_periods):
        mean, variance = _endless(transition, reward, v)
    else:
        mean, variance = _finite(transition, reward, v, int(n_periods))
    if moves_first:
        mean, variance = _one_move(transition, mean, variance)
    scale = v**shift
    return scale * mean, scale * scale * variance


def _one_move(transition: FloatArray, mean: FloatArray, variance: FloatArray) -> tuple[FloatArray, FloatArray]:
    ahead = transition @ mean
    spread = transition @ (variance + mean * mean) - ahead * ahead
    return ahead, np.maximum(spread, 0.0)


def _finite(transition: FloatArray, reward: FloatArray, v: float, n_periods: int) -> tuple[FloatArray, FloatArray]:
    mean = np.zeros_like(reward)
    variance = np.zeros_like(reward)
    for _ in range(n_periods):
        ahead, spread = _one_move(transition, mean, variance)
        mean, variance = reward + v * ahead, v * v * spread
    return mean, variance


def _endless(transition: FloatArray, reward: FloatArray, v: float) -> tuple[FloatArray, FloatArray]:
    live = reaches(transition, reward != 0.0)  # states that earn nothing ever after are worth 0, discounted or not
    mean = np.zeros_like(reward)
    variance = np.zeros_like(reward)
    if live.any():
        inner = transition[np.ix_(live, live)]
        identity = np.eye(inner.shape[0])
        mean[live] = np.linalg.solve(identity - v * inner, reward[live])
        ahead = transition @ mean
        source = v * v * np.maximum(transition @ (mean * mean) - ahead * ahead, 0.0)
        variance[live] = np.linalg.solve(identity - v * v * inner, source[live])
    return mean, np.maximum(variance, 0.0)


def value_means(
    transitions: FloatArray, reward: FloatArray, rate: float, n_periods: float, shift: float, moves_first: int
) -> FloatArray:
    """Return the means of :func:`value_moments` for many matrices (n_draws, n_states, n_states) of one pattern."""
    v = 1.0 / (1.0 + rate)
    mean = np.zeros((*transitions.shape[:2], 1))
    if np.isinf(n_periods):
        live = reaches(transitions.max(axis=0), reward != 0.0)
        inner = transitions[:, live][:, :, live]
        rewards = np.broadcast_to(reward[live, np.newaxis], (inner.shape[0], inner.shape[1], 1))
        mean[:, live] = np.linalg.solve(np.eye(inner.shape[1]) - v * inner, rewards)
    else:
        for _ in range(int(n_periods)):
            mean = reward[:, np.newaxis] + v * (transitions @ mean)
    if moves_first:
        mean = transitions @ mean
    result: FloatArray = v**shift * mean[:, :, 0]
    return result


def reaches(transition: FloatArray, target: BoolArray) -> BoolArray:
    """Return which states can get to any state of ``target`` in some number of moves (none counts)."""
    found = target.copy()
    while True:
        wider = found | ((transition[:, found] > 0.0).any(axis=1))
        if np.array_equal(wider, found):
            return found
        found = wider


def policy_iteration(transition: FloatArray, reward: FloatArray, rate: float) -> tuple[BoolArray, FloatArray, int]:
    """Return the states worth keeping, their values under that rule, and the rounds it took.

    Keeping earns the reward and one move; dropping earns nothing for ever. Values are those of period 1 on, paid
    at its start. Ties go to dropping, so a state that never earns is dropped.
    """
    v = 1.0 / (1.0 + rate)
    keep: BoolArray = np.ones(reward.shape[0], dtype=np.bool_)
    for rounds in range(1, _MAX_POLICIES):
        value = np.zeros_like(reward)
        if keep.any():
            inner = transition[np.ix_(keep, keep)]
            value[keep] = np.linalg.solve(np.eye(inner.shape[0]) - v * inner, reward[keep])
        gain = reward + v * (transition @ value)
        better = gain > 1e-12 * (1.0 + np.abs(reward))
        if np.array_equal(better, keep):
            return keep, value, rounds
        keep = better
    return keep, value, _MAX_POLICIES
