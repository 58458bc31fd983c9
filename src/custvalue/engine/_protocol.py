"""What this room asks of an engine; everything else is written once, over narwhals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import attrs
from numpy.typing import NDArray

from custvalue._frames import FrameKind
from custvalue.data import TimeUnit
from custvalue.engine._columns import Plan
from custvalue.errors import Fault

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw

__all__ = ["Arrays", "Dialect", "Rows", "Source"]

Rows: TypeAlias = "nw.LazyFrame[Any]"
Arrays: TypeAlias = dict[str, NDArray[Any]]


class Dialect(Protocol):
    """The handful of things engines do differently, each done natively."""

    def canonical(self, raw: Rows, plan: Plan, /, *, keep: bool = False) -> Rows:
        """Make the canonical columns: ids, whole day numbers, whole minor units. ``keep`` keeps the caller's too."""

    def numbered(self, raw: Rows, /) -> Rows:
        """Add the row number, from 0."""

    def with_period(self, rows: Rows, unit: TimeUnit, name: str, /) -> Rows:
        """Add the number of the calendar period of each day, counted from the one of 1970-01-01."""

    def beside(self, rows: Rows, columns: Mapping[str, NDArray[Any]], /) -> Rows:
        """Put a small table next to a large one, ready to be joined."""

    def distinct(self, raw: Rows, /) -> Rows:
        """Keep one of equal rows."""

    def not_numbers(self, raw: Rows, name: str, /) -> Rows:
        """Keep the rows whose text is no number."""

    def collect(self, rows: Rows, /) -> Arrays:
        """Run a query and give its columns."""


@attrs.frozen
class Source:
    """A table as it came.

    Parameters
    ----------
    raw
        The table, lazy.
    dialect
        Its engine.
    where
        What it is, for messages.
    like
        Frame library of the caller.
    zones
        Column to the zone it names, where the engine would lose that.
    columns
        All column names, where ``raw`` has only those that will be read.
    broken
        Columns that cannot be used whatever their part, and why.
    """

    raw: Rows
    dialect: Dialect
    where: str
    like: FrameKind = "pandas"
    zones: Mapping[str, str] = attrs.field(factory=dict)
    columns: tuple[str, ...] = ()
    broken: Mapping[str, Fault] = attrs.field(factory=dict)
