"""Customer portfolios: which class a customer is in, why, how safely, and what to do about it."""

from custvalue.portfolio import models, presets
from custvalue.portfolio._protocol import FittedClassifier, MeasuredClassifier, PortfolioClassifier
from custvalue.portfolio._result import Boundary, Classification, Cut, Stability
from custvalue.portfolio._scheme import AxisLevels, Cells, Policy, Scheme
from custvalue.portfolio.axes import Blend, FittedAxis, Scaling, difference
from custvalue.portfolio.clusters import ClusterClassifier, FittedClusters
from custvalue.portfolio.cuts import (
    Above,
    CutRule,
    Fixed,
    Floored,
    Mean,
    Median,
    NaturalBreaks,
    Quantiles,
    TopShare,
    ValueShare,
    WeightedMean,
)
from custvalue.portfolio.matrix import FittedGrid, MatrixClassifier, Tie
from custvalue.portfolio.movement import ABSENT, Movement
from custvalue.portfolio.per_segment import FittedPerSegment, PerSegment, SegmentPortfolio
from custvalue.portfolio.risk import Frontier, SegmentReturns, SegmentRisk, risk_adjusted_value
from custvalue.portfolio.rules import Comparison, Condition, FittedRules, Rule, RuleAudit, RuleClassifier
from custvalue.portfolio.series import EarlyWarnings, class_series, early_warnings, series_measures
from custvalue.portfolio.stability import ClassChanges, bootstrap_stability, compare_allocators
from custvalue.portfolio.tiers import ParetoABC, Pyramid, TierClassifier, TwoTier

__all__ = [
    "ABSENT",
    "Above",
    "AxisLevels",
    "Blend",
    "Boundary",
    "Cells",
    "ClassChanges",
    "Classification",
    "ClusterClassifier",
    "Comparison",
    "Condition",
    "Cut",
    "CutRule",
    "EarlyWarnings",
    "FittedAxis",
    "FittedClassifier",
    "FittedClusters",
    "FittedGrid",
    "FittedPerSegment",
    "FittedRules",
    "Fixed",
    "Floored",
    "Frontier",
    "MatrixClassifier",
    "Mean",
    "MeasuredClassifier",
    "Median",
    "Movement",
    "NaturalBreaks",
    "ParetoABC",
    "PerSegment",
    "Policy",
    "PortfolioClassifier",
    "Pyramid",
    "Quantiles",
    "Rule",
    "RuleAudit",
    "RuleClassifier",
    "Scaling",
    "Scheme",
    "SegmentPortfolio",
    "SegmentReturns",
    "SegmentRisk",
    "Stability",
    "Tie",
    "TierClassifier",
    "TopShare",
    "TwoTier",
    "ValueShare",
    "WeightedMean",
    "bootstrap_stability",
    "class_series",
    "compare_allocators",
    "difference",
    "early_warnings",
    "models",
    "presets",
    "risk_adjusted_value",
    "series_measures",
]
