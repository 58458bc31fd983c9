"""Types of arguments, looked at where they come in, so that a frame or a list is refused in words."""

from __future__ import annotations

from typing import Any

import attrs

from custvalue.data._customers import CustomerIndex
from custvalue.errors import InputError

__all__ = ["is_index", "require_kind"]


def require_kind(where: str, value: object, kinds: type | tuple[type, ...], hint: str) -> None:
    """Insist on the type of an argument, at the door and in words.

    Raises
    ------
    InputError
        If it is of another.
    """
    if not isinstance(value, kinds):
        names = [kind.__name__ for kind in (kinds if isinstance(kinds, tuple) else (kinds,))]
        got = repr(value) if isinstance(value, str | int | float | list | tuple) else type(value).__name__
        raise InputError(where, expected=" or ".join(names), got=got[:100], hint=hint)


def is_index(holder: object, field: attrs.Attribute[Any], value: object) -> None:
    """Validate an attrs field that holds the customers: a plain list of ids is refused."""
    require_kind(f"{type(holder).__name__}.{field.name}", value, CustomerIndex, "Write CustomerIndex([...]).")
