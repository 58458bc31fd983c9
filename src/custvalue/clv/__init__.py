"""Customer lifetime value: deterministic, retention and buy-till-you-die models behind one small protocol."""

from custvalue.clv._churn import ChurnModel, FittedSurvival, SurvivalCurve
from custvalue.clv._drawing import SupportsDraws
from custvalue.clv._draws import ParameterDraws
from custvalue.clv._estimate import Estimate, LogNormalPrior
from custvalue.clv._optimise import Density
from custvalue.clv._protocol import (
    CLVModel,
    FittedCLV,
    FittedPurchases,
    FittedSpend,
    PurchaseModel,
    SpendModel,
    SupportsMargin,
    SupportsNewSpend,
    SupportsParts,
    SupportsResidual,
)
from custvalue.clv._purchases import FirstPurchase
from custvalue.clv._report import FitReport
from custvalue.clv._result import CountProbabilities, CustomerValues, Expectation, Interval, IntervalSource
from custvalue.clv._settings import FirstMargin, PerCustomer
from custvalue.clv._spend import Independence, NonPositive
from custvalue.clv.at_opportunities import AtOpportunities, FittedAtOpportunities
from custvalue.clv.berger_nasr import BergerNasr, BergerNasrContinuous, BergerNasrProfit, expected_purchasers
from custvalue.clv.beta_discrete_weibull import BetaDiscreteWeibull, FittedBetaDiscreteWeibull
from custvalue.clv.bg_bb import BGBB, FittedBGBB
from custvalue.clv.bg_nbd import BGNBD, MBGNBD, FittedBGNBD, FittedMBGNBD
from custvalue.clv.buy_till_you_die import BuyTillYouDie, FittedBuyTillYouDie, JointPosterior
from custvalue.clv.cnbd_k import BGCNBDk, FittedCNBDk, MBGCNBDk, TimedSummary
from custvalue.clv.comparison import Comparison, LikelihoodRatioTest, compare, likelihood_ratio_test
from custvalue.clv.components import ComponentsCLV, FittedComponents, LifeCycleComponent, ValueComponents
from custvalue.clv.contractual import ContractualCLV, FittedContractual, RetentionBias, retention_bias
from custvalue.clv.covariates import FittedWithCovariates, StaticCovariates, WithCovariates
from custvalue.clv.discrete_weibull import DiscreteWeibull, FittedDiscreteWeibull
from custvalue.clv.dwyer import AlwaysAShare, LostForGood
from custvalue.clv.engagement import EngagementValue, engagement_value
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
from custvalue.clv.geometric import FittedGeometric, Geometric
from custvalue.clv.ggompertz_nbd import FittedGGompertzNBD, GGompertzNBD
from custvalue.clv.indicators import (
    NON_MONETARY,
    FittedIndicators,
    IndicatorScores,
    IndicatorSystem,
    Scaling,
    knowledge_score,
)
from custvalue.clv.influence import HubbellInfluence, InfluenceNetwork
from custvalue.clv.intervals import SupportsIntervals, with_intervals
from custvalue.clv.lognormal_spend import FittedLognormalSpend, LognormalSpend
from custvalue.clv.margin_multiple import MarginMultiple, MultipleTable
from custvalue.clv.markov import FittedMarkov, MarkovCLV, StateValues, StoppingRule, optimal_stopping
from custvalue.clv.markov_chain import MarkovChain
from custvalue.clv.markov_states import GivenStates, PathRule, RecencyCells, StateRule, ValueTiers, mean_rewards
from custvalue.clv.nbd import NBD, FittedNBD
from custvalue.clv.normal_margin import FittedNormalMargin, NormalMargin
from custvalue.clv.opportunities import Acquisition, Opportunities, OpportunityPatterns
from custvalue.clv.pareto_nbd import FittedParetoNBD, ParetoNBD
from custvalue.clv.posterior import Posterior
from custvalue.clv.present_value import (
    Appraisal,
    DiscountedStream,
    FittedPresentValue,
    PresentValue,
    ProfitStream,
    clv_to_cac,
)
from custvalue.clv.processes import (
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
    SpendProcess,
    UnevenProcess,
)
from custvalue.clv.purchase_cycle import FittedPurchaseCycle, OneTimers, PurchaseCycleCLV
from custvalue.clv.referral import CreditedValue, Referrals, customer_referral_value, reference_value
from custvalue.clv.regularity import Regularity, estimate_regularity
from custvalue.clv.renewals import ContractStates, RenewalCounts
from custvalue.clv.resampling import Resampling
from custvalue.clv.retention import FittedRetention, HistoricalMargin, RetentionCLV, RetentionFromSilence
from custvalue.clv.risk_adjusted import FittedRiskAdjusted, RiskAdjustedCLV, RiskAdjustment, RiskLevel
from custvalue.clv.rolling import RollingEvaluation, rolling_origin
from custvalue.clv.shifted_beta_geometric import FittedShiftedBetaGeometric, ShiftedBetaGeometric
from custvalue.clv.simulate import SimulatedLog, simulate_log
from custvalue.clv.simulate_opportunities import BGBBProcess, simulate_opportunities
from custvalue.clv.three_parts import (
    CrossSellPotential,
    ExpectedGrowth,
    FittedThreeParts,
    Outlook,
    PotentialEstimator,
    ShareOfWalletGap,
    ThreeParts,
    ValueParts,
)
from custvalue.clv.tracking import Tracking, track

__all__ = [
    "BGBB",
    "BGNBD",
    "MBGNBD",
    "NBD",
    "NON_MONETARY",
    "Accuracy",
    "Acquisition",
    "AlwaysAShare",
    "Appraisal",
    "AtOpportunities",
    "BGBBProcess",
    "BGCNBDk",
    "BGCNBDkProcess",
    "BGNBDProcess",
    "BergerNasr",
    "BergerNasrContinuous",
    "BergerNasrProfit",
    "BetaDiscreteWeibull",
    "BuyTillYouDie",
    "CLVModel",
    "ChurnModel",
    "Comparison",
    "ComponentsCLV",
    "ContractStates",
    "ContractualCLV",
    "CountProbabilities",
    "CreditedValue",
    "CrossSellPotential",
    "CustomerValues",
    "Density",
    "DiscountedStream",
    "DiscreteWeibull",
    "EngagementValue",
    "Estimate",
    "Evaluation",
    "Expectation",
    "ExpectedGrowth",
    "FirstMargin",
    "FirstPurchase",
    "FitReport",
    "FittedAtOpportunities",
    "FittedBGBB",
    "FittedBGNBD",
    "FittedBetaDiscreteWeibull",
    "FittedBuyTillYouDie",
    "FittedCLV",
    "FittedCNBDk",
    "FittedComponents",
    "FittedContractual",
    "FittedDiscreteWeibull",
    "FittedGGompertzNBD",
    "FittedGammaGamma",
    "FittedGeometric",
    "FittedIndicators",
    "FittedLognormalSpend",
    "FittedMBGNBD",
    "FittedMarkov",
    "FittedNBD",
    "FittedNormalMargin",
    "FittedParetoNBD",
    "FittedPresentValue",
    "FittedPurchaseCycle",
    "FittedPurchases",
    "FittedRetention",
    "FittedRiskAdjusted",
    "FittedShiftedBetaGeometric",
    "FittedSpend",
    "FittedSurvival",
    "FittedThreeParts",
    "FittedWithCovariates",
    "GGompertzNBD",
    "GGompertzNBDProcess",
    "GammaGamma",
    "GammaGammaAmounts",
    "Geometric",
    "GivenStates",
    "GroupTable",
    "HistoricalMargin",
    "HoldoutEvaluation",
    "HubbellInfluence",
    "Independence",
    "IndicatorScores",
    "IndicatorSystem",
    "InfluenceNetwork",
    "Interval",
    "IntervalSource",
    "JointPosterior",
    "Latent",
    "LifeCycleComponent",
    "LikelihoodRatioTest",
    "LogNormalPrior",
    "LognormalAmounts",
    "LognormalSpend",
    "LostForGood",
    "MBGCNBDk",
    "MBGCNBDkProcess",
    "MBGNBDProcess",
    "MarginMultiple",
    "MarkovCLV",
    "MarkovChain",
    "MultipleTable",
    "NBDProcess",
    "NonPositive",
    "NormalAmounts",
    "NormalMargin",
    "OneTimers",
    "Opportunities",
    "OpportunityPatterns",
    "Outlook",
    "ParameterDraws",
    "ParetoNBD",
    "ParetoNBDProcess",
    "PathRule",
    "PerCustomer",
    "Posterior",
    "PotentialEstimator",
    "PresentValue",
    "ProfitStream",
    "PurchaseCycleCLV",
    "PurchaseModel",
    "PurchaseProcess",
    "RecencyCells",
    "Referrals",
    "Regularity",
    "RenewalCounts",
    "Resampling",
    "RetentionBias",
    "RetentionCLV",
    "RetentionFromSilence",
    "RiskAdjustedCLV",
    "RiskAdjustment",
    "RiskLevel",
    "RollingEvaluation",
    "Scaling",
    "ShareOfWalletGap",
    "ShiftedBetaGeometric",
    "SimulatedLog",
    "SpendModel",
    "SpendProcess",
    "StateRule",
    "StateValues",
    "StaticCovariates",
    "StoppingRule",
    "SupportsDraws",
    "SupportsIntervals",
    "SupportsMargin",
    "SupportsNewSpend",
    "SupportsParts",
    "SupportsResidual",
    "SurvivalCurve",
    "ThreeParts",
    "TimedSummary",
    "Tracking",
    "UnevenProcess",
    "ValueComponents",
    "ValueParts",
    "ValueTiers",
    "WithCovariates",
    "accuracy",
    "by_frequency",
    "clv_to_cac",
    "compare",
    "customer_referral_value",
    "engagement_value",
    "estimate_regularity",
    "evaluate",
    "evaluate_purchases",
    "evaluate_spend",
    "expected_purchasers",
    "knowledge_score",
    "likelihood_ratio_test",
    "mean_rewards",
    "naive_purchases",
    "optimal_stopping",
    "reference_value",
    "retention_bias",
    "rolling_origin",
    "simulate_log",
    "simulate_opportunities",
    "track",
    "with_intervals",
]
