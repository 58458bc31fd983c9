"""Plugins are refused at the door, by name, with what is wrong."""

from __future__ import annotations

import pytest

from custvalue.costing import EqualSplit, _plugins, load_allocator
from custvalue.errors import PluginError


@pytest.mark.parametrize(("found", "message"), [(int, "no allocate"), ("text", "expected a class or function")])
def test_what_is_no_allocator_is_refused(found: object, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A class without allocate, and something that cannot be called."""
    monkeypatch.setattr(_plugins, "load_plugin", lambda _group, _name: found)

    with pytest.raises(PluginError, match=message):
        load_allocator("odd")


def test_classes_and_functions_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Either makes an allocator."""
    for found in (EqualSplit, lambda: EqualSplit()):  # noqa: PLW0108  # a function is what is tested
        monkeypatch.setattr(_plugins, "load_plugin", lambda _group, _name, it=found: it)
        assert isinstance(load_allocator("fine")(), EqualSplit)
