"""The ``custvalue`` command: ``custvalue value LOG``, ``custvalue demo``."""

from __future__ import annotations

import sys

from custvalue.errors import MissingDependencyError

__all__ = ["main"]


def main() -> None:
    """Run the command line; ends the process with its exit code."""
    try:
        from custvalue.cli._app import run  # noqa: PLC0415  # typer and rich are optional
    except ModuleNotFoundError as error:
        if error.name not in {"typer", "rich", "click"}:
            raise
        missing = MissingDependencyError(str(error.name), extra="cli", purpose="The command line")
        sys.exit(str(missing))
    sys.exit(run())
