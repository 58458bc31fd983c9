"""What each customer leaves: accounts, concentration, comparison, bridges and what-ifs."""

from custvalue.profitability.concentration import (
    PARETO_80_20,
    SHERDEN_80_20_30,
    ConcentrationCurve,
    RuleOfThumb,
    RuleResult,
)
from custvalue.profitability.pareto_classes import Crossing, ParetoClasses, ParetoResult, ParetoTies
from custvalue.profitability.profit_and_loss import Base, ProfitAndLoss, TieOut
from custvalue.profitability.waterfall import CapitalCharge, Tax, Waterfall

__all__ = [
    "PARETO_80_20",
    "SHERDEN_80_20_30",
    "Base",
    "CapitalCharge",
    "ConcentrationCurve",
    "Crossing",
    "ParetoClasses",
    "ParetoResult",
    "ParetoTies",
    "ProfitAndLoss",
    "RuleOfThumb",
    "RuleResult",
    "Tax",
    "TieOut",
    "Waterfall",
]
