"""What each customer leaves: accounts, concentration, comparison, bridges and what-ifs."""

from custvalue.profitability.bridge import EFFECTS, BridgePeriod, ProfitBridge
from custvalue.profitability.concentration import (
    PARETO_80_20,
    SHERDEN_80_20_30,
    ConcentrationCurve,
    RuleOfThumb,
    RuleResult,
)
from custvalue.profitability.delivered_value import BENEFITS, SACRIFICES, DeliveredValue
from custvalue.profitability.groups import (
    CARD_METRICS,
    Everyone,
    Flag,
    GroupComparison,
    Measure,
    Metric,
    PerUnit,
    compare_groups,
)
from custvalue.profitability.pareto_classes import Crossing, ParetoClasses, ParetoResult, ParetoTies
from custvalue.profitability.profit_and_loss import Base, ProfitAndLoss, TieOut
from custvalue.profitability.repurchase import RepurchaseRate
from custvalue.profitability.waterfall import CapitalCharge, Tax, Waterfall
from custvalue.profitability.what_if import WhatIf, drop, re_serve, reprice

__all__ = [
    "BENEFITS",
    "CARD_METRICS",
    "EFFECTS",
    "PARETO_80_20",
    "SACRIFICES",
    "SHERDEN_80_20_30",
    "Base",
    "BridgePeriod",
    "CapitalCharge",
    "ConcentrationCurve",
    "Crossing",
    "DeliveredValue",
    "Everyone",
    "Flag",
    "GroupComparison",
    "Measure",
    "Metric",
    "ParetoClasses",
    "ParetoResult",
    "ParetoTies",
    "PerUnit",
    "ProfitAndLoss",
    "ProfitBridge",
    "RepurchaseRate",
    "RuleOfThumb",
    "RuleResult",
    "Tax",
    "TieOut",
    "Waterfall",
    "WhatIf",
    "compare_groups",
    "drop",
    "re_serve",
    "reprice",
]
