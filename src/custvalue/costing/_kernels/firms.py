"""Firms with known true cost: a resource-consumption matrix, pools of resources, error of a costing system."""

from __future__ import annotations

import numpy as np

from custvalue._arrays import FloatArray, IntArray

__all__ = ["consumption", "error_metrics", "pools_at_random", "pools_by_correlation", "pools_by_size", "resource_costs"]


def resource_costs(
    n_resources: int, n_top: int, total: float, top_share: float, rng: np.random.Generator
) -> FloatArray:
    """(n_resources,) costs, of which the first ``n_top`` hold ``top_share`` of the total."""
    top = rng.dirichlet(np.full(n_top, 5.0)) * top_share
    rest = rng.dirichlet(np.full(n_resources - n_top, 5.0)) * (1.0 - top_share)
    return np.asarray(total * np.concatenate([top, rest]))


def consumption(
    units: FloatArray, n_resources: int, density: float, correlation: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """(n_resources, n_objects) quantities; each resource's log correlates with log units as given, zeros by density."""
    own = rng.standard_normal((n_resources, units.size))
    volume = (np.log(units) - np.log(units).mean()) / max(float(np.log(units).std()), 1e-12)
    logs = correlation[:, None] * volume + np.sqrt(1.0 - correlation[:, None] ** 2) * own
    used = rng.random(logs.shape) < density
    used[np.arange(n_resources), rng.integers(0, units.size, n_resources)] = True
    return np.asarray(np.where(used, np.exp(logs), 0.0))


def pools_by_size(cost: FloatArray, n_pools: int) -> IntArray:
    """(n_resources,) pool of each: the largest start one each, the others go to the smallest pool so far."""
    order = np.argsort(-cost, kind="stable")
    pool = np.empty(cost.size, dtype=np.int64)
    size = np.zeros(n_pools)
    for place, resource in enumerate(order):
        pool[resource] = place if place < n_pools else int(np.argmin(size))
        size[pool[resource]] += cost[resource]
    return pool


def pools_at_random(cost: FloatArray, n_pools: int, rng: np.random.Generator) -> IntArray:
    """(n_resources,) pool of each: the largest start one each, the others go anywhere."""
    pool = rng.integers(0, n_pools, cost.size)
    pool[np.argsort(-cost, kind="stable")[:n_pools]] = np.arange(n_pools)
    return np.asarray(pool, dtype=np.int64)


def pools_by_correlation(cost: FloatArray, used: FloatArray, n_pools: int) -> IntArray:
    """(n_resources,) pool of each: the largest start one each, the others join the one they correlate with most."""
    seeds = np.argsort(-cost, kind="stable")[:n_pools]
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = np.nan_to_num(np.atleast_2d(np.corrcoef(used))[:, seeds])
    pool = np.argmax(correlation, axis=1)
    pool[seeds] = np.arange(n_pools)
    return np.asarray(pool, dtype=np.int64)


def error_metrics(true: FloatArray, found: FloatArray) -> tuple[float, float, float, float, float]:
    """Mean absolute % error, Euclidean distance, shares within 5 %, over-costed and under-costed by more than 5 %."""
    relative = np.divide(found - true, true, out=np.zeros_like(true), where=true > 0.0)
    return (
        float(np.abs(relative).mean()),
        float(np.sqrt(((found - true) ** 2).sum())),
        float((np.abs(relative) <= 0.05).mean()),
        float((relative > 0.05).mean()),
        float((relative < -0.05).mean()),
    )
