"""What each customer is worth: cost, profit, behaviour, lifetime value, portfolio and equity in one typed chain.

``import custvalue as cv`` is all that is needed; names are loaded when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from custvalue.__about__ import __version__ as __version__

if TYPE_CHECKING:  # the same names, as the type checker sees them
    from custvalue import cli as cli
    from custvalue import clv as clv
    from custvalue import costing as costing
    from custvalue import data as data
    from custvalue import datasets as datasets
    from custvalue import engine as engine
    from custvalue import equity as equity
    from custvalue import errors as errors
    from custvalue import pipeline as pipeline
    from custvalue import plotting as plotting
    from custvalue import portfolio as portfolio
    from custvalue import presets as presets
    from custvalue import profitability as profitability
    from custvalue import report as report
    from custvalue import rfm as rfm
    from custvalue import segments as segments
    from custvalue import testing as testing
    from custvalue import weighting as weighting
    from custvalue._persist import load as load
    from custvalue._persist import save as save
    from custvalue._registry import Plugin as Plugin
    from custvalue._registry import load_plugin as load_plugin
    from custvalue._registry import plugins as plugins
    from custvalue.clv import BGBB as BGBB
    from custvalue.clv import BGNBD as BGNBD
    from custvalue.clv import MBGNBD as MBGNBD
    from custvalue.clv import NBD as NBD
    from custvalue.clv import BetaDiscreteWeibull as BetaDiscreteWeibull
    from custvalue.clv import BGCNBDk as BGCNBDk
    from custvalue.clv import BuyTillYouDie as BuyTillYouDie
    from custvalue.clv import CLVModel as CLVModel
    from custvalue.clv import ComponentsCLV as ComponentsCLV
    from custvalue.clv import ContractualCLV as ContractualCLV
    from custvalue.clv import CustomerValues as CustomerValues
    from custvalue.clv import GammaGamma as GammaGamma
    from custvalue.clv import GGompertzNBD as GGompertzNBD
    from custvalue.clv import LogNormalPrior as LogNormalPrior
    from custvalue.clv import LognormalSpend as LognormalSpend
    from custvalue.clv import MarkovChain as MarkovChain
    from custvalue.clv import MarkovCLV as MarkovCLV
    from custvalue.clv import MBGCNBDk as MBGCNBDk
    from custvalue.clv import NonPositive as NonPositive
    from custvalue.clv import NormalMargin as NormalMargin
    from custvalue.clv import ParetoNBD as ParetoNBD
    from custvalue.clv import PresentValue as PresentValue
    from custvalue.clv import ProfitStream as ProfitStream
    from custvalue.clv import PurchaseCycleCLV as PurchaseCycleCLV
    from custvalue.clv import PurchaseModel as PurchaseModel
    from custvalue.clv import RecencyCells as RecencyCells
    from custvalue.clv import RenewalCounts as RenewalCounts
    from custvalue.clv import RetentionCLV as RetentionCLV
    from custvalue.clv import RiskAdjustedCLV as RiskAdjustedCLV
    from custvalue.clv import ShiftedBetaGeometric as ShiftedBetaGeometric
    from custvalue.clv import SpendModel as SpendModel
    from custvalue.clv import StaticCovariates as StaticCovariates
    from custvalue.clv import ThreeParts as ThreeParts
    from custvalue.clv import WithCovariates as WithCovariates
    from custvalue.clv import compare as compare
    from custvalue.clv import simulate_log as simulate_log
    from custvalue.costing import ActivityBased as ActivityBased
    from custvalue.costing import Allocation as Allocation
    from custvalue.costing import CostAllocator as CostAllocator
    from custvalue.costing import CostHierarchy as CostHierarchy
    from custvalue.costing import Direct as Direct
    from custvalue.costing import DirectTracing as DirectTracing
    from custvalue.costing import EqualSplit as EqualSplit
    from custvalue.costing import FixedShares as FixedShares
    from custvalue.costing import Policies as Policies
    from custvalue.costing import Reciprocal as Reciprocal
    from custvalue.costing import StepDown as StepDown
    from custvalue.costing import SupportDepartments as SupportDepartments
    from custvalue.costing import TimeDriven as TimeDriven
    from custvalue.costing import VolumeBased as VolumeBased
    from custvalue.costing import hours as hours
    from custvalue.costing import minutes as minutes
    from custvalue.costing import term as term
    from custvalue.data import Collapse as Collapse
    from custvalue.data import CostLedger as CostLedger
    from custvalue.data import CostPool as CostPool
    from custvalue.data import Currency as Currency
    from custvalue.data import Customer as Customer
    from custvalue.data import CustomerIndex as CustomerIndex
    from custvalue.data import CustomerMargin as CustomerMargin
    from custvalue.data import CustomerSummary as CustomerSummary
    from custvalue.data import DiscountRate as DiscountRate
    from custvalue.data import DriverTable as DriverTable
    from custvalue.data import Holdout as Holdout
    from custvalue.data import Horizon as Horizon
    from custvalue.data import MoneyTable as MoneyTable
    from custvalue.data import ObservationWindow as ObservationWindow
    from custvalue.data import PurchasePatterns as PurchasePatterns
    from custvalue.data import PurchaseTimes as PurchaseTimes
    from custvalue.data import TimeUnit as TimeUnit
    from custvalue.data import Timing as Timing
    from custvalue.data import Transaction as Transaction
    from custvalue.data import ValueSeries as ValueSeries
    from custvalue.data import ValueTable as ValueTable
    from custvalue.data import Weights as Weights
    from custvalue.engine import BornBefore as BornBefore
    from custvalue.engine import DataPolicies as DataPolicies
    from custvalue.engine import Duplicates as Duplicates
    from custvalue.engine import IdentityMap as IdentityMap
    from custvalue.engine import LogReport as LogReport
    from custvalue.engine import MissingIds as MissingIds
    from custvalue.engine import OutsideWindow as OutsideWindow
    from custvalue.engine import Refunds as Refunds
    from custvalue.engine import Times as Times
    from custvalue.engine import TransactionLog as TransactionLog
    from custvalue.engine import UnlistedAccounts as UnlistedAccounts
    from custvalue.engine import UnusableAmounts as UnusableAmounts
    from custvalue.engine import UnusableTimes as UnusableTimes
    from custvalue.engine import ZeroAmounts as ZeroAmounts
    from custvalue.engine import count as count
    from custvalue.engine import max as max
    from custvalue.engine import mean as mean
    from custvalue.engine import n_unique as n_unique
    from custvalue.engine import sum as sum
    from custvalue.engine import summary_from_btyd as summary_from_btyd
    from custvalue.equity import EquityStatement as EquityStatement
    from custvalue.errors import AlignmentError as AlignmentError
    from custvalue.errors import ConservationError as ConservationError
    from custvalue.errors import ConvergenceError as ConvergenceError
    from custvalue.errors import CustvalueError as CustvalueError
    from custvalue.errors import Fault as Fault
    from custvalue.errors import InputError as InputError
    from custvalue.errors import MissingDependencyError as MissingDependencyError
    from custvalue.errors import PluginError as PluginError
    from custvalue.errors import SchemaError as SchemaError
    from custvalue.errors import UnitError as UnitError
    from custvalue.pipeline import CustomerValuation as CustomerValuation
    from custvalue.pipeline import Valuation as Valuation
    from custvalue.portfolio import Classification as Classification
    from custvalue.portfolio import ClusterClassifier as ClusterClassifier
    from custvalue.portfolio import MatrixClassifier as MatrixClassifier
    from custvalue.portfolio import Median as Median
    from custvalue.portfolio import Movement as Movement
    from custvalue.portfolio import PortfolioClassifier as PortfolioClassifier
    from custvalue.portfolio import Pyramid as Pyramid
    from custvalue.portfolio import RuleClassifier as RuleClassifier
    from custvalue.portfolio import TierClassifier as TierClassifier
    from custvalue.profitability import CapitalCharge as CapitalCharge
    from custvalue.profitability import ConcentrationCurve as ConcentrationCurve
    from custvalue.profitability import ParetoClasses as ParetoClasses
    from custvalue.profitability import ProfitAndLoss as ProfitAndLoss
    from custvalue.profitability import ProfitBridge as ProfitBridge
    from custvalue.profitability import Tax as Tax
    from custvalue.profitability import Waterfall as Waterfall
    from custvalue.profitability import compare_groups as compare_groups
    from custvalue.rfm import Monetary as Monetary
    from custvalue.rfm import NestedQuantiles as NestedQuantiles
    from custvalue.rfm import Quantiles as Quantiles
    from custvalue.rfm import RFMClusterer as RFMClusterer
    from custvalue.rfm import RFMScorer as RFMScorer
    from custvalue.rfm import RFMScores as RFMScores
    from custvalue.rfm import SegmentMap as SegmentMap
    from custvalue.rfm import SegmentRule as SegmentRule
    from custvalue.rfm import Thresholds as Thresholds
    from custvalue.weighting import AHP as AHP
    from custvalue.weighting import Comparisons as Comparisons
    from custvalue.weighting import Direction as Direction
    from custvalue.weighting import EntropyWeights as EntropyWeights
    from custvalue.weighting import Topsis as Topsis

_ROOMS = (
    "cli",
    "clv",
    "costing",
    "data",
    "datasets",
    "engine",
    "equity",
    "errors",
    "pipeline",
    "plotting",
    "portfolio",
    "presets",
    "profitability",
    "report",
    "rfm",
    "segments",
    "testing",
    "weighting",
)

_HOMES = {
    "Collapse": "data",
    "CostLedger": "data",
    "CostPool": "data",
    "Currency": "data",
    "Customer": "data",
    "CustomerIndex": "data",
    "CustomerMargin": "data",
    "CustomerSummary": "data",
    "DiscountRate": "data",
    "DriverTable": "data",
    "Holdout": "data",
    "Horizon": "data",
    "MoneyTable": "data",
    "ObservationWindow": "data",
    "PurchasePatterns": "data",
    "PurchaseTimes": "data",
    "TimeUnit": "data",
    "Timing": "data",
    "Transaction": "data",
    "ValueSeries": "data",
    "ValueTable": "data",
    "Weights": "data",
    "AlignmentError": "errors",
    "ConservationError": "errors",
    "ConvergenceError": "errors",
    "CustvalueError": "errors",
    "Fault": "errors",
    "InputError": "errors",
    "MissingDependencyError": "errors",
    "PluginError": "errors",
    "SchemaError": "errors",
    "UnitError": "errors",
    "Plugin": "_registry",
    "load_plugin": "_registry",
    "plugins": "_registry",
    "load": "_persist",
    "save": "_persist",
    "BornBefore": "engine",
    "DataPolicies": "engine",
    "Duplicates": "engine",
    "IdentityMap": "engine",
    "LogReport": "engine",
    "MissingIds": "engine",
    "OutsideWindow": "engine",
    "Refunds": "engine",
    "Times": "engine",
    "TransactionLog": "engine",
    "UnlistedAccounts": "engine",
    "UnusableAmounts": "engine",
    "UnusableTimes": "engine",
    "ZeroAmounts": "engine",
    "count": "engine",
    "max": "engine",
    "mean": "engine",
    "n_unique": "engine",
    "sum": "engine",
    "summary_from_btyd": "engine",
    "ActivityBased": "costing",
    "Allocation": "costing",
    "CostAllocator": "costing",
    "CostHierarchy": "costing",
    "Direct": "costing",
    "DirectTracing": "costing",
    "EqualSplit": "costing",
    "FixedShares": "costing",
    "Policies": "costing",
    "Reciprocal": "costing",
    "StepDown": "costing",
    "SupportDepartments": "costing",
    "TimeDriven": "costing",
    "VolumeBased": "costing",
    "hours": "costing",
    "minutes": "costing",
    "term": "costing",
    "CapitalCharge": "profitability",
    "ConcentrationCurve": "profitability",
    "ParetoClasses": "profitability",
    "ProfitAndLoss": "profitability",
    "ProfitBridge": "profitability",
    "Tax": "profitability",
    "Waterfall": "profitability",
    "compare_groups": "profitability",
    "Monetary": "rfm",
    "NestedQuantiles": "rfm",
    "Quantiles": "rfm",
    "RFMClusterer": "rfm",
    "RFMScorer": "rfm",
    "RFMScores": "rfm",
    "SegmentMap": "rfm",
    "SegmentRule": "rfm",
    "Thresholds": "rfm",
    "BGBB": "clv",
    "BGCNBDk": "clv",
    "BGNBD": "clv",
    "BetaDiscreteWeibull": "clv",
    "BuyTillYouDie": "clv",
    "CLVModel": "clv",
    "ComponentsCLV": "clv",
    "ContractualCLV": "clv",
    "CustomerValues": "clv",
    "GGompertzNBD": "clv",
    "GammaGamma": "clv",
    "LogNormalPrior": "clv",
    "LognormalSpend": "clv",
    "MBGCNBDk": "clv",
    "MBGNBD": "clv",
    "MarkovCLV": "clv",
    "MarkovChain": "clv",
    "NBD": "clv",
    "NonPositive": "clv",
    "NormalMargin": "clv",
    "ParetoNBD": "clv",
    "PresentValue": "clv",
    "ProfitStream": "clv",
    "PurchaseCycleCLV": "clv",
    "PurchaseModel": "clv",
    "RecencyCells": "clv",
    "RenewalCounts": "clv",
    "RetentionCLV": "clv",
    "RiskAdjustedCLV": "clv",
    "ShiftedBetaGeometric": "clv",
    "SpendModel": "clv",
    "StaticCovariates": "clv",
    "ThreeParts": "clv",
    "WithCovariates": "clv",
    "compare": "clv",
    "simulate_log": "clv",
    "Classification": "portfolio",
    "ClusterClassifier": "portfolio",
    "MatrixClassifier": "portfolio",
    "Median": "portfolio",
    "Movement": "portfolio",
    "PortfolioClassifier": "portfolio",
    "Pyramid": "portfolio",
    "RuleClassifier": "portfolio",
    "TierClassifier": "portfolio",
    "EquityStatement": "equity",
    "AHP": "weighting",
    "Comparisons": "weighting",
    "Direction": "weighting",
    "EntropyWeights": "weighting",
    "Topsis": "weighting",
    "CustomerValuation": "pipeline",
    "Valuation": "pipeline",
}


def __getattr__(name: str) -> object:
    """Load a room or a public name when it is first used."""
    if name in _ROOMS:
        return importlib.import_module(f"custvalue.{name}")
    if name in _HOMES:
        found: object = getattr(importlib.import_module(f"custvalue.{_HOMES[name]}"), name)
        globals()[name] = found
        return found
    message = f"module 'custvalue' has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(["__version__", *_ROOMS, *_HOMES])
