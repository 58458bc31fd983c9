"""Shares that should add up to 100 %, read exactly: 0.6 and 0.4 are six and four tenths."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from custvalue.costing.policies import Percentages
from custvalue.errors import InputError

__all__ = ["by_quantity", "settle"]

TOLERANCE = Fraction(1, 10**9)


def by_quantity(quantities: Mapping[str, float]) -> dict[str, float]:
    """Turn resource-driver quantities (heads, square metres, hours) into shares that add up to 1.

    Parameters
    ----------
    quantities
        Name to quantity of zero or more, not all zero.

    Raises
    ------
    InputError
        If a quantity is negative or all are zero.

    Examples
    --------
    >>> by_quantity({"picking": 12, "packing": 8})
    {'picking': 0.6, 'packing': 0.4}
    """
    exact = {name: Fraction(repr(float(quantity))) for name, quantity in quantities.items()}
    total = sum(exact.values(), Fraction(0))
    if total <= 0 or min(exact.values()) < 0:
        raise InputError("by_quantity", expected="quantities of zero or more, not all zero", got=f"{dict(quantities)}")
    return {name: float(quantity / total) for name, quantity in exact.items()}


def settle(where: str, shares: Mapping[str, float], policy: Percentages) -> tuple[dict[str, Fraction], Fraction]:
    """Read shares as exact fractions; return them and the part left to nobody.

    Raises
    ------
    InputError
        If a share is negative, or they do not add up to 1 and the policy does not say what to do.
    """
    exact = {name: Fraction(repr(float(share))) for name, share in shares.items()}
    total = sum(exact.values(), Fraction(0))
    if not exact or min(exact.values()) < 0 or total <= 0:
        raise InputError(where, expected="shares of zero or more, not all zero", got=f"{dict(shares)}")
    if abs(total - 1) <= TOLERANCE or policy is Percentages.RENORMALISE:
        return {name: share / total for name, share in exact.items()}, Fraction(0)
    if policy is Percentages.HOLD and total < 1:
        return exact, 1 - total
    hint = "Correct them, or choose Percentages.RENORMALISE; Percentages.HOLD keeps what is missing unallocated."
    raise InputError(where, expected="shares that add up to 1", got=f"a sum of {float(total):g}", hint=hint)
