"""Reading the cost of a customer by value-chain stage, relationship stage, level, or what would go away with it."""

from __future__ import annotations

import enum
from collections.abc import Callable

import numpy as np

from custvalue._arrays import IntArray
from custvalue.costing._result import Allocation
from custvalue.data import CostPool, MoneyTable

__all__ = ["by_avoidability", "by_level", "by_relationship", "by_value_chain"]

NOT_STATED = "not stated"


def by_value_chain(allocation: Allocation) -> MoneyTable:
    """Cost per customer, one line a value-chain stage, in the order of `ValueChainStage`.

    Examples
    --------
    >>> from custvalue.data import CostLedger, CostPool, CustomerIndex, RelationshipStage, ValueChainStage
    >>> pools = [
    ...     CostPool("ads", 10, chain=ValueChainStage.SELLING, relationship=RelationshipStage.ACQUISITION),
    ...     CostPool("helpdesk", 6, chain=ValueChainStage.SERVICE, relationship=RelationshipStage.KEEPING),
    ... ]
    >>> costs = CostLedger(pools=pools, currency="EUR")
    >>> allocation = Allocation.from_shares(costs, CustomerIndex(["a"]), {"ads": [1], "helpdesk": [1]})
    >>> {name: by_value_chain(allocation).total(name) for name in by_value_chain(allocation).names}
    {'selling': 1000, 'service': 600}
    >>> {name: by_relationship(allocation).total(name) for name in by_relationship(allocation).names}
    {'acquisition': 1000, 'keeping': 600}
    """
    return _cut(allocation, lambda pool: pool.chain)


def by_relationship(allocation: Allocation) -> MoneyTable:
    """Cost per customer, one line a relationship stage: acquisition, provision, service, keeping."""
    return _cut(allocation, lambda pool: pool.relationship)


def by_level(allocation: Allocation) -> MoneyTable:
    """Cost per customer, one line a level of the cost hierarchy."""
    return _cut(allocation, lambda pool: pool.level)


def by_avoidability(allocation: Allocation) -> MoneyTable:
    """Cost per customer, one line for what is variable, ends when the customer leaves, or is committed."""
    return _cut(allocation, lambda pool: pool.avoidable)


def _cut(allocation: Allocation, key: Callable[[CostPool], enum.Enum | None]) -> MoneyTable:
    """Add the pools of each stage up; stages in the order of their enumeration, pools without one last."""
    sums: dict[str, IntArray] = {}
    found = {pool.name: key(pool) for pool in allocation.costs.pools}
    stages = [stage for kind in {type(stage) for stage in found.values() if stage is not None} for stage in kind]
    for wanted in (*stages, None):
        columns = [column for column, name in enumerate(allocation.costs.names) if found[name] is wanted]
        if columns:
            name = NOT_STATED if wanted is None else str(wanted.value)
            sums[name] = allocation.amounts[:, columns].sum(axis=1, dtype=np.int64)
    return MoneyTable(customers=allocation.customers, amounts=sums, currency=allocation.costs.currency)
