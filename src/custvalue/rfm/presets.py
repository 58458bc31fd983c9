"""Threshold tables that ship with custvalue: cut points by industry."""

from __future__ import annotations

from custvalue.data import Horizon, TimeUnit
from custvalue.rfm.binning import Thresholds, above

__all__ = ["CAR_DEALER", "DRUGSTORE"]

_M = TimeUnit.MONTH

CAR_DEALER = Thresholds(
    {"R": (Horizon(48, _M), Horizon(12, _M)), "F": (2, 3), "M": (200_000, above(400_000))}, window=Horizon(60, _M)
)

DRUGSTORE = Thresholds(
    {"R": (Horizon(9, _M), Horizon(3, _M)), "F": (2, 3), "M": (150, above(450))}, window=Horizon(12, _M)
)
