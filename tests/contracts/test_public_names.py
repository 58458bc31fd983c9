"""What users can type is pinned: a name that comes or goes shows up here."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

import custvalue as cv

ROOT = Path(__file__).resolve().parents[2]
PINNED = (Path(__file__).parent / "public_names.txt").read_text().split()
ROOMS = [
    "data", "engine", "costing", "profitability", "rfm", "clv", "portfolio", "equity", "weighting",
    "pipeline", "plotting", "datasets", "report", "cli", "testing", "presets", "segments",
]  # fmt: skip


def test_the_names_of_the_library_are_the_pinned_ones() -> None:
    """To change them on purpose, change tests/contracts/public_names.txt too."""
    assert [name for name in dir(cv) if name != "__version__"] == PINNED


@pytest.mark.parametrize("name", PINNED)
def test_every_name_can_be_loaded_and_is_documented(name: str) -> None:
    assert getattr(cv, name).__doc__


def test_the_type_checker_sees_the_same_names() -> None:
    tree = ast.parse((ROOT / "src/custvalue/__init__.py").read_text())
    (checked,) = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {alias.asname: (node.module, alias.name) for node in checked.body if isinstance(node, ast.ImportFrom)
            for alias in node.names}  # fmt: skip

    assert sorted(name for name in seen if name) == PINNED
    for name, (module, attribute) in seen.items():
        assert getattr(importlib.import_module(str(module)), attribute) is getattr(cv, str(name))


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_lists_its_names(room: str) -> None:
    module = importlib.import_module(f"custvalue.{room}")

    assert module.__doc__
    assert all(hasattr(module, name) for name in module.__all__)
    assert len(set(module.__all__)) == len(module.__all__)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="BGNDB"):
        _ = cv.BGNDB
