"""The layer map of the house is executed, not promised."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_room_stands_in_the_layer_map() -> None:
    """A new folder under src/custvalue must be given a place in the map."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract for contract in contracts if contract["type"] == "layers")
    mapped = {room.strip() for layer in layers["layers"] for room in layer.split("|")}
    mapped |= set(layers["exhaustive_ignores"])

    present = {
        path.stem
        for path in (ROOT / "src" / "custvalue").iterdir()
        if (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").exists()
    }

    assert mapped == present


def test_no_file_is_longer_than_500_lines() -> None:
    """A file a reader cannot hold in mind is split."""
    long = {
        str(path.relative_to(ROOT)): lines
        for path in (ROOT / "src").rglob("*.py")
        if (lines := len(path.read_text().splitlines())) > 500
    }

    assert long == {}
