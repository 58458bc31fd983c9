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
from custvalue.clv.bg_bb import BGBB, FittedBGBB
from custvalue.clv.bg_nbd import BGNBD, MBGNBD, FittedBGNBD, FittedMBGNBD
from custvalue.clv.buy_till_you_die import BuyTillYouDie, FittedBuyTillYouDie
from custvalue.clv.cnbd_k import BGCNBDk, FittedCNBDk, MBGCNBDk, TimedSummary
from custvalue.clv.comparison import Comparison, LikelihoodRatioTest, compare, likelihood_ratio_test
from custvalue.clv.gamma_gamma import FittedGammaGamma, GammaGamma
from custvalue.clv.ggompertz_nbd import FittedGGompertzNBD, GGompertzNBD
from custvalue.clv.intervals import ParameterDraws, with_intervals
from custvalue.clv.lognormal_spend import FittedLognormalSpend, LognormalSpend
from custvalue.clv.nbd import NBD, FittedNBD
from custvalue.clv.normal_margin import FittedNormalMargin, NormalMargin
from custvalue.clv.opportunities import Acquisition, Opportunities, OpportunityPatterns
from custvalue.clv.pareto_nbd import FittedParetoNBD, ParetoNBD

__all__ = [
    "BGBB",
    "BGNBD",
    "MBGNBD",
    "NBD",
    "Acquisition",
    "BGCNBDk",
    "BuyTillYouDie",
    "CLVModel",
    "Comparison",
    "CustomerValues",
    "Estimate",
    "FirstPurchase",
    "FitReport",
    "FittedBGBB",
    "FittedBGNBD",
    "FittedBuyTillYouDie",
    "FittedCLV",
    "FittedCNBDk",
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
    "LikelihoodRatioTest",
    "LogNormalPrior",
    "LognormalSpend",
    "MBGCNBDk",
    "NonPositive",
    "NormalMargin",
    "Opportunities",
    "OpportunityPatterns",
    "ParameterDraws",
    "ParetoNBD",
    "PurchaseModel",
    "SpendModel",
    "SupportsMargin",
    "SupportsParts",
    "SupportsResidual",
    "TimedSummary",
    "compare",
    "likelihood_ratio_test",
    "with_intervals",
]
