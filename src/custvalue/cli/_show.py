"""What is printed: progress while it works, a readable summary at the end, errors without a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from custvalue.cli._wording import as_options
from custvalue.engine import LogReport
from custvalue.errors import CustvalueError
from custvalue.pipeline import CustomerValuation

if TYPE_CHECKING:
    import pandas as pd


class _Screen(Console):
    """A console whose reader may leave early (``| head``): the work goes on, only the printing stops."""

    def on_broken_pipe(self) -> None:
        """Print no more."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


out = _Screen()
err = Console(stderr=True)


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show a spinner with the time passed while something long runs."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        progress.add_task(what, total=None)
        yield


def show_report(report: LogReport) -> None:
    """Print what became of every row."""
    out.print(Text(repr(report)), soft_wrap=True)


def show_value(value: CustomerValuation) -> None:
    """Print the figures a reader wants first."""
    table = Table(title="Summary", show_header=False, title_justify="left")
    table.add_column()
    table.add_column(justify="right")
    for name, text in value.highlights().items():
        table.add_row(Text(name), Text(text))
    out.print(table)
    _show_frame("Tiers", value.tier_summary(), columns=("tier", "customers", "revenue", "profit", "lifetime_value"))
    _show_frame("First customers", value.to_frame("pandas"), rows=5, columns=_PREVIEW)
    for text in value.notes:
        show_note(text)


def show_note(text: str) -> None:
    """Print a fact the reader must know."""
    out.print(Text("note: ", style="bold") + Text(as_options(text)), soft_wrap=True)


_PREVIEW = ("customer", "revenue", "profit", "segment", "lifetime_value", "tier")


def _show_frame(title: str, frame: object, *, rows: int | None = None, columns: tuple[str, ...] | None = None) -> None:
    data: pd.DataFrame = frame  # type: ignore[assignment]  # asked for as pandas
    names = [name for name in data.columns if columns is None or name in columns]
    table = Table(title=title, title_justify="left")
    numbers = {name: data[name].dtype.kind in "if" for name in names}
    for name in names:
        table.add_column(Text(name), justify="right" if numbers[name] else "left")
    for row in data[names].head(len(data) if rows is None else rows).itertuples(index=False):
        table.add_row(
            *(Text(str(value) if name == "customer" else _cell(value)) for name, value in zip(names, row, strict=True))
        )
    out.print(table)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def show_error(error: CustvalueError) -> None:
    """Print an error's sentence, not its traceback."""
    err.print(Text("error: ", style="bold red") + Text(as_options(str(error))), soft_wrap=True)
    for note in getattr(error, "__notes__", ()):
        err.print(Text("note: ", style="bold") + Text(as_options(note)), soft_wrap=True)
