"""Plugins by name: found lazily through entry points, duplicates refused, listed by :func:`plugins`."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import TYPE_CHECKING

import attrs

from custvalue.errors import InputError, PluginError

if TYPE_CHECKING:
    from collections.abc import Mapping

GROUPS = ("custvalue.allocators", "custvalue.clv_models", "custvalue.classifiers")


@attrs.frozen
class Plugin:
    """One entry point: where it is registered, under which name, and what it points to.

    Parameters
    ----------
    group
        One of ``custvalue.allocators``, ``custvalue.clv_models``, ``custvalue.classifiers``.
    name
        The name users type.
    target
        ``module:attribute``.
    distribution
        The installed package that registers it.
    """

    group: str
    name: str
    target: str
    distribution: str


def plugins(group: str | None = None) -> tuple[Plugin, ...]:
    """List installed plugins without importing any of them.

    Parameters
    ----------
    group
        Only this entry-point group; all three by default.

    Raises
    ------
    InputError
        If there is no such group.
    PluginError
        If two packages register one name, naming both.

    Examples
    --------
    >>> import custvalue as cv
    >>> isinstance(cv.plugins(), tuple)
    True
    """
    groups = GROUPS if group is None else (_known(group),)
    return tuple(_plugin(item, point) for item in groups for point in _points(item).values())


def load_plugin(group: str, name: str) -> object:
    """Import and return what a plugin name points to.

    Raises
    ------
    PluginError
        If no plugin has that name, naming those that exist, or if importing it fails.
    """
    points = _points(_known(group))
    if name not in points:
        raise PluginError(f"{group}: no plugin named {name!r}; installed: {sorted(points) or 'none'}")
    try:
        loaded: object = points[name].load()
    except (ImportError, AttributeError) as error:
        plugin = _plugin(group, points[name])
        raise PluginError(f"{plugin.distribution}: {plugin.target} cannot be loaded: {error}") from error
    return loaded


def _known(group: str) -> str:
    if group not in GROUPS:
        raise InputError("plugins(group)", expected=f"one of {list(GROUPS)}", got=repr(group))
    return group


@cache
def _points(group: str) -> Mapping[str, EntryPoint]:
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=group):
        if point.name in found and found[point.name].value != point.value:
            first, second = _plugin(group, found[point.name]), _plugin(group, point)
            raise PluginError(
                f"{group}: the name {point.name!r} is registered by {first.distribution} ({first.target}) "
                f"and by {second.distribution} ({second.target}); uninstall one of them"
            )
        found[point.name] = point
    return MappingProxyType(dict(sorted(found.items())))


def _plugin(group: str, point: EntryPoint) -> Plugin:
    return Plugin(group, point.name, point.value, point.dist.name if point.dist else "unknown")
