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
from custvalue.clv.evaluation import (
    Accuracy,
    Evaluation,
    GroupTable,
    HoldoutEvaluation,
    accuracy,
    by_frequency,
    evaluate,
    evaluate_purchases,
    evaluate_spend,
    naive_purchases,
)
from custvalue.clv.gamma_gamma import FittedGammaGamma, GammaGamma
from custvalue.clv.ggompertz_nbd import FittedGGompertzNBD, GGompertzNBD
from custvalue.clv.intervals import ParameterDraws, with_intervals
from custvalue.clv.lognormal_spend import FittedLognormalSpend, LognormalSpend
from custvalue.clv.nbd import NBD, FittedNBD
from custvalue.clv.normal_margin import FittedNormalMargin, NormalMargin
from custvalue.clv.opportunities import Acquisition, Opportunities, OpportunityPatterns
from custvalue.clv.pareto_nbd import FittedParetoNBD, ParetoNBD
from custvalue.clv.posterior import JointPosterior, Posterior, sample_joint_posterior, sample_posterior
from custvalue.clv.regularity import Regularity, estimate_regularity
from custvalue.clv.resampling import Resampling, bootstrap, joint_bootstrap, parametric_bootstrap
from custvalue.clv.simulate import (
    BGCNBDkProcess,
    BGNBDProcess,
    GammaGammaAmounts,
    GGompertzNBDProcess,
    Latent,
    LognormalAmounts,
    MBGCNBDkProcess,
    MBGNBDProcess,
    NBDProcess,
    NormalAmounts,
    ParetoNBDProcess,
    PurchaseProcess,
    SimulatedLog,
    SpendProcess,
    simulate_log,
)
from custvalue.clv.tracking import Tracking, track

__all__ = [
    "BGBB",
    "BGNBD",
    "MBGNBD",
    "NBD",
    "Accuracy",
    "Acquisition",
    "BGCNBDk",
    "BGCNBDkProcess",
    "BGNBDProcess",
    "BuyTillYouDie",
    "CLVModel",
    "Comparison",
    "CustomerValues",
    "Estimate",
    "Evaluation",
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
    "GGompertzNBDProcess",
    "GammaGamma",
    "GammaGammaAmounts",
    "GroupTable",
    "HoldoutEvaluation",
    "Independence",
    "Interval",
    "IntervalSource",
    "JointPosterior",
    "Latent",
    "LikelihoodRatioTest",
    "LogNormalPrior",
    "LognormalAmounts",
    "LognormalSpend",
    "MBGCNBDk",
    "MBGCNBDkProcess",
    "MBGNBDProcess",
    "NBDProcess",
    "NonPositive",
    "NormalAmounts",
    "NormalMargin",
    "Opportunities",
    "OpportunityPatterns",
    "ParameterDraws",
    "ParetoNBD",
    "ParetoNBDProcess",
    "Posterior",
    "PurchaseModel",
    "PurchaseProcess",
    "Regularity",
    "Resampling",
    "SimulatedLog",
    "SpendModel",
    "SpendProcess",
    "SupportsMargin",
    "SupportsParts",
    "SupportsResidual",
    "TimedSummary",
    "Tracking",
    "accuracy",
    "bootstrap",
    "by_frequency",
    "compare",
    "estimate_regularity",
    "evaluate",
    "evaluate_purchases",
    "evaluate_spend",
    "joint_bootstrap",
    "likelihood_ratio_test",
    "naive_purchases",
    "parametric_bootstrap",
    "sample_joint_posterior",
    "sample_posterior",
    "simulate_log",
    "track",
    "with_intervals",
]
