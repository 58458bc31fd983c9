"""Customer equity: what the base is worth, why that changed, and what to spend on it."""

from custvalue.equity._dated import Valuated
from custvalue.equity._judgement import Finding, Judgement, Verdict
from custvalue.equity._result import Line, LineName
from custvalue.equity.acquisition_retention import BlattbergDeighton, ResponseCurve, SpendPlan
from custvalue.equity.decomposition import EquityBridge, MeanStructure, decompose, mean_and_structure
from custvalue.equity.firm import CorporateValue, CustomerProjection, GrowthCurve, GuptaLehmannStuart, margin_multiple
from custvalue.equity.statement import EquityStatement
from custvalue.equity.switching import BrandEquity, SwitchingModel, return_on_investment

__all__ = [
    "BlattbergDeighton",
    "BrandEquity",
    "CorporateValue",
    "CustomerProjection",
    "EquityBridge",
    "EquityStatement",
    "Finding",
    "GrowthCurve",
    "GuptaLehmannStuart",
    "Judgement",
    "Line",
    "LineName",
    "MeanStructure",
    "ResponseCurve",
    "SpendPlan",
    "SwitchingModel",
    "Valuated",
    "Verdict",
    "decompose",
    "margin_multiple",
    "mean_and_structure",
    "return_on_investment",
]
