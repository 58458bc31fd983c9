"""Exact sums, exact means and exact shares of whole minor units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import combinations
from math import factorial

from custvalue._arrays import IntArray

SAFE = 2**62


def total(amounts: IntArray) -> int:
    """Add whole numbers without ever overflowing."""
    if amounts.size == 0:
        return 0
    largest = max(abs(int(amounts.max())), abs(int(amounts.min())))
    return int(amounts.sum()) if largest * amounts.size < SAFE else sum(amounts.tolist())


def rounded(amount: Fraction) -> int:
    """Round to the nearest whole number, halves to the even one."""
    return round(amount)


def whole_parts(parts: Sequence[Fraction]) -> list[int]:
    """Round parts whose sum is whole so that the whole parts have that sum (largest remainder, ties to the first)."""
    floors = [part.__floor__() for part in parts]
    left = int(sum(parts)) - sum(floors)
    by_remainder = sorted(range(len(parts)), key=lambda at: (floors[at] - parts[at], at))
    for at in by_remainder[:left]:
        floors[at] += 1
    return floors


def shapley(n_drivers: int, worth: Callable[[frozenset[int]], int]) -> list[Fraction]:
    """Give each driver the mean of what its change adds over all orders of changing them (Shapley 1953), exactly."""
    drivers = range(n_drivers)
    known = {
        changed: worth(changed)
        for size in range(n_drivers + 1)
        for changed in map(frozenset, combinations(drivers, size))
    }
    shares = []
    for driver in drivers:
        share = Fraction(0)
        for changed, before in known.items():
            if driver not in changed:
                orders = factorial(len(changed)) * factorial(n_drivers - len(changed) - 1)
                share += Fraction(orders, factorial(n_drivers)) * (known[changed | {driver}] - before)
        shares.append(share)
    return shares
