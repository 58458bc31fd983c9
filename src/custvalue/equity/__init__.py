"""Customer equity: what the base is worth, why that changed, and what to spend on it."""

from custvalue.equity._judgement import Finding, Judgement, Verdict
from custvalue.equity._result import Line, LineName
from custvalue.equity.decomposition import EquityBridge, MeanStructure, decompose, mean_and_structure
from custvalue.equity.statement import EquityStatement

__all__ = [
    "EquityBridge",
    "EquityStatement",
    "Finding",
    "Judgement",
    "Line",
    "LineName",
    "MeanStructure",
    "Verdict",
    "decompose",
    "mean_and_structure",
]
