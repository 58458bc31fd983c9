"""Drawings of results with matplotlib; numbers are computed in their rooms. Needs the ``plot`` extra."""

from custvalue.plotting._customers import distribution, rfm_map, segment_sizes, tiers
from custvalue.plotting._equity import equity_bridge
from custvalue.plotting._profit import lorenz_curve, waterfall, whale_curve

__all__ = [
    "distribution",
    "equity_bridge",
    "lorenz_curve",
    "rfm_map",
    "segment_sizes",
    "tiers",
    "waterfall",
    "whale_curve",
]
