"""What a way of binning must offer; nobody has to subclass anything."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from custvalue.rfm._kernels.cutting import LevelArray
from custvalue.rfm.dimensions import DimensionTable

__all__ = ["Binning", "FittedBinning"]


@runtime_checkable
class FittedBinning(Protocol):
    """Cut points, learnt or given, ready to be used on any date."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many levels each dimension has."""

    @property
    def base(self) -> int:
        """The lowest level, 0 or 1."""

    def assign(self, table: DimensionTable, /) -> tuple[LevelArray, ...]:
        """Give one (n_customers,) int8 column of levels a dimension, counted from 0, the best highest."""


@runtime_checkable
class Binning(Protocol):
    """A way of turning measures into levels."""

    def fit(self, table: DimensionTable, /) -> FittedBinning:
        """Learn the cut points from a population."""
