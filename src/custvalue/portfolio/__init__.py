"""Customer portfolios: which class a customer is in, why, how safely, and what to do about it."""

from custvalue.portfolio import presets
from custvalue.portfolio._protocol import FittedClassifier, PortfolioClassifier
from custvalue.portfolio._result import Boundary, Classification, Cut, Stability
from custvalue.portfolio._scheme import AxisLevels, Cells, Policy, Scheme
from custvalue.portfolio.axes import Blend, FittedAxis, Scaling, difference
from custvalue.portfolio.cuts import (
    CutRule,
    Fixed,
    Floored,
    Mean,
    Median,
    NaturalBreaks,
    Quantiles,
    TopShare,
    ValueShare,
)
from custvalue.portfolio.matrix import FittedGrid, MatrixClassifier, Tie
from custvalue.portfolio.tiers import ParetoABC, Pyramid, TierClassifier, TwoTier

__all__ = [
    "AxisLevels",
    "Blend",
    "Boundary",
    "Cells",
    "Classification",
    "Cut",
    "CutRule",
    "FittedAxis",
    "FittedClassifier",
    "FittedGrid",
    "Fixed",
    "Floored",
    "MatrixClassifier",
    "Mean",
    "Median",
    "NaturalBreaks",
    "ParetoABC",
    "Policy",
    "PortfolioClassifier",
    "Pyramid",
    "Quantiles",
    "Scaling",
    "Scheme",
    "Stability",
    "Tie",
    "TierClassifier",
    "TopShare",
    "TwoTier",
    "ValueShare",
    "difference",
    "presets",
]
