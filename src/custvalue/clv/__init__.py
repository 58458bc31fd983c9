"""Customer lifetime value: deterministic, retention and buy-till-you-die models behind one small protocol."""

from custvalue.clv._estimate import Estimate, FitReport, LogNormalPrior
from custvalue.clv._protocol import (
    CLVModel,
    FittedCLV,
    FittedPurchases,
    FittedSpend,
    PurchaseModel,
    SpendModel,
    SupportsMargin,
    SupportsResidual,
)
from custvalue.clv._purchases import FirstPurchase
from custvalue.clv._result import CustomerValues, Interval, IntervalSource
from custvalue.clv.bg_nbd import BGNBD, MBGNBD, FittedBGNBD, FittedMBGNBD

__all__ = [
    "BGNBD",
    "MBGNBD",
    "CLVModel",
    "CustomerValues",
    "Estimate",
    "FirstPurchase",
    "FitReport",
    "FittedBGNBD",
    "FittedCLV",
    "FittedMBGNBD",
    "FittedPurchases",
    "FittedSpend",
    "Interval",
    "IntervalSource",
    "LogNormalPrior",
    "PurchaseModel",
    "SpendModel",
    "SupportsMargin",
    "SupportsResidual",
]
