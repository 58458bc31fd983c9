"""Plugins are found by name, and a name means one thing."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from custvalue import _registry
from custvalue.errors import InputError, PluginError


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[EntryPoint]:
    """A list that stands for what is installed."""
    points: list[EntryPoint] = []
    monkeypatch.setattr(_registry, "entry_points", lambda group: [p for p in points if p.group == group])
    _registry._points.cache_clear()
    return points


def test_plugins_are_listed_without_importing_them(installed: list[EntryPoint]) -> None:
    installed.append(EntryPoint("per_capita", "no_such_module:PerCapita", "custvalue.allocators"))

    (plugin,) = _registry.plugins()

    assert (plugin.name, plugin.target, plugin.group) == (
        "per_capita",
        "no_such_module:PerCapita",
        "custvalue.allocators",
    )


def test_a_plugin_is_loaded_by_name(installed: list[EntryPoint]) -> None:
    installed.append(EntryPoint("half", "fractions:Fraction", "custvalue.allocators"))

    assert _registry.load_plugin("custvalue.allocators", "half").__name__ == "Fraction"  # type: ignore[attr-defined]  # a class


def test_two_plugins_of_one_name_are_refused_naming_both(installed: list[EntryPoint]) -> None:
    installed.append(EntryPoint("same", "one:A", "custvalue.allocators"))
    installed.append(EntryPoint("same", "two:B", "custvalue.allocators"))

    with pytest.raises(PluginError, match=r"one:A.*two:B"):
        _registry.plugins()


def test_an_unknown_name_is_refused_naming_those_there_are(installed: list[EntryPoint]) -> None:
    installed.append(EntryPoint("half", "fractions:Fraction", "custvalue.allocators"))

    with pytest.raises(PluginError, match=r"'other'.*\['half'\]"):
        _registry.load_plugin("custvalue.allocators", "other")


def test_a_plugin_that_cannot_be_imported_says_so(installed: list[EntryPoint]) -> None:
    installed.append(EntryPoint("broken", "no_such_module:X", "custvalue.clv_models"))

    with pytest.raises(PluginError, match="cannot be loaded"):
        _registry.load_plugin("custvalue.clv_models", "broken")


def test_an_unknown_group_is_refused() -> None:
    with pytest.raises(InputError, match=r"custvalue\.allocators"):
        _registry.plugins("custvalue.nothing")
