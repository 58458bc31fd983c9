"""Types of arguments, looked at where they come in, so that a frame or a list is refused in words."""

from __future__ import annotations

from numbers import Real
from typing import Any

import attrs

from custvalue.data._customers import CustomerIndex
from custvalue.data._time import DiscountRate, Horizon
from custvalue.errors import InputError

__all__ = ["is_index", "is_number", "require_discount", "require_horizon", "require_kind"]


def require_kind(where: str, value: object, *kinds: type, hint: str = "") -> None:
    """Insist on an argument of one of some types, at the door and in words.

    Raises
    ------
    InputError
        If it is of another.
    """
    if not isinstance(value, kinds):
        names = [kind.__name__ for kind in kinds]
        expected = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
        got = repr(value) if isinstance(value, list | tuple) else type(value).__name__
        got += f" {value!r}" if isinstance(value, str | int | float) else ""
        raise InputError(where, expected=expected, got=got[:100], hint=hint)


def is_number(value: object) -> bool:
    """Whether something is a real number, numpy's included; text is none."""
    return isinstance(value, Real)


def require_horizon(where: str, horizon: Horizon) -> Horizon:
    """Insist on a horizon: a bare number has no unit."""
    require_kind(where, horizon, Horizon, hint="Write Horizon(39, TimeUnit.WEEK).")
    return horizon


def require_discount(where: str, discount: DiscountRate) -> DiscountRate:
    """Insist on a rate that says over what time it is earned."""
    require_kind(where, discount, DiscountRate, hint="Write DiscountRate.annual(0.10).")
    return discount


def is_index(holder: object, field: attrs.Attribute[Any], value: object) -> None:
    """Validate an attrs field that holds the customers: a plain list of ids is refused."""
    require_kind(f"{type(holder).__name__}.{field.name}", value, CustomerIndex, hint="Write CustomerIndex([...]).")
