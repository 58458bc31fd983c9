"""Importing custvalue loads nothing that is not needed yet."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROBE = "import custvalue, sys; print(' '.join(sorted({name.partition('.')[0] for name in sys.modules})))"
NOT_AT_IMPORT = (
    "duckdb", "polars", "pyspark", "sklearn", "matplotlib", "jinja2", "typer", "rich", "openpyxl", "pyarrow",
)  # fmt: skip


def loaded_by(code: str) -> set[str]:
    """Top-level packages loaded after running ``code`` in a new interpreter."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603  # our own code
    return set(done.stdout.split())


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """Packages loaded by ``import custvalue``."""
    return loaded_by(PROBE)


@pytest.mark.parametrize("package", NOT_AT_IMPORT)
def test_import_leaves_optional_and_heavy_packages_alone(package: str, loaded: set[str]) -> None:
    assert package not in loaded


def test_the_probe_sees_what_is_loaded() -> None:
    """The test above can fail: a package imported by hand is seen."""
    assert "duckdb" in loaded_by("import duckdb; " + PROBE)
