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
    SupportsParts,
    SupportsResidual,
)
from custvalue.clv._purchases import FirstPurchase
from custvalue.clv._result import CustomerValues, Interval, IntervalSource
from custvalue.clv._spend import Independence, NonPositive
from custvalue.clv.bg_nbd import BGNBD, MBGNBD, FittedBGNBD, FittedMBGNBD
from custvalue.clv.buy_till_you_die import BuyTillYouDie, FittedBuyTillYouDie
from custvalue.clv.gamma_gamma import FittedGammaGamma, GammaGamma
from custvalue.clv.ggompertz_nbd import FittedGGompertzNBD, GGompertzNBD
from custvalue.clv.intervals import ParameterDraws, with_intervals
from custvalue.clv.lognormal_spend import FittedLognormalSpend, LognormalSpend
from custvalue.clv.nbd import NBD, FittedNBD
from custvalue.clv.normal_margin import FittedNormalMargin, NormalMargin
from custvalue.clv.pareto_nbd import FittedParetoNBD, ParetoNBD

__all__ = [
    "BGNBD",
    "MBGNBD",
    "NBD",
    "BuyTillYouDie",
    "CLVModel",
    "CustomerValues",
    "Estimate",
    "FirstPurchase",
    "FitReport",
    "FittedBGNBD",
    "FittedBuyTillYouDie",
    "FittedCLV",
    "FittedGGompertzNBD",
    "FittedGammaGamma",
    "FittedLognormalSpend",
    "FittedMBGNBD",
    "FittedNBD",
    "FittedNormalMargin",
    "FittedParetoNBD",
    "FittedPurchases",
    "FittedSpend",
    "GGompertzNBD",
    "GammaGamma",
    "Independence",
    "Interval",
    "IntervalSource",
    "LogNormalPrior",
    "LognormalSpend",
    "NonPositive",
    "NormalMargin",
    "ParameterDraws",
    "ParetoNBD",
    "PurchaseModel",
    "SpendModel",
    "SupportsMargin",
    "SupportsParts",
    "SupportsResidual",
    "with_intervals",
]
