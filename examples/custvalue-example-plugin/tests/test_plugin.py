"""The plugin is found by name, and its allocator conforms."""

from __future__ import annotations

import pytest
from custvalue_example_plugin import StopAndDistance

import custvalue as cv


def test_it_is_found_by_name() -> None:
    """Installed once, ``stop_and_distance`` is listed and loads."""
    names = {plugin.name: plugin.distribution for plugin in cv.plugins("custvalue.allocators")}

    assert names["stop_and_distance"] == "custvalue-example-plugin"
    assert cv.costing.load_allocator("stop_and_distance") is StopAndDistance


@pytest.mark.parametrize("stop_part", [0.0, 0.4, 1.0])
def test_it_conforms(stop_part: float) -> None:
    """The kit of custvalue, including proportionality."""
    cv.testing.check_allocator(StopAndDistance(stop_part=stop_part), proportional=True)
