"""Allocators by name, registered by other packages under the entry point ``custvalue.allocators``."""

from __future__ import annotations

from collections.abc import Callable

from custvalue._registry import load_plugin
from custvalue.costing._protocol import CostAllocator
from custvalue.errors import PluginError

__all__ = ["load_allocator"]


def load_allocator(name: str) -> Callable[..., CostAllocator]:
    """Find an allocator another package registered.

    Parameters
    ----------
    name
        The name it is registered under; ``custvalue.plugins("custvalue.allocators")`` lists them.

    Returns
    -------
    callable
        The class, or a function, that makes the allocator from its settings.

    Raises
    ------
    PluginError
        If there is none of that name, it cannot be loaded, or what it points to has no ``allocate``.

    Examples
    --------
    >>> load_allocator("carrier pigeon")
    Traceback (most recent call last):
    ...
    custvalue.errors.PluginError: custvalue.allocators: no plugin named 'carrier pigeon'; installed: ...
    """
    found = load_plugin("custvalue.allocators", name)
    if not callable(found):
        raise PluginError(f"custvalue.allocators: {name!r} is a {type(found).__name__}, expected a class or function")
    if isinstance(found, type) and not callable(getattr(found, "allocate", None)):
        raise PluginError(
            f"custvalue.allocators: {name!r} is {found.__qualname__}, which has no allocate(costs, drivers)"
        )
    return found
