"""The named models, ready to use: each one a shape over a preset, all settings readable and replaceable.

``attrs.evolve(models.SHAPIRO, x="my_price")`` changes one setting; the measure names are only suggestions.

Examples
--------
>>> from custvalue.portfolio import models
>>> models.MARCUS.x, str(models.MARCUS.cuts)
('n_purchases', 'mean')
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from custvalue.portfolio import presets
from custvalue.portfolio._protocol import PortfolioClassifier
from custvalue.portfolio.axes import Blend, difference
from custvalue.portfolio.cuts import Fixed, Mean, Median, Quantiles, TopShare, ValueShare
from custvalue.portfolio.matrix import MatrixClassifier, Tie
from custvalue.portfolio.rules import Condition, Rule, RuleClassifier
from custvalue.portfolio.tiers import ParetoABC, Pyramid, TwoTier

__all__ = ["NAMED"]

TWO_TIER = TwoTier()
TWO_TIER_BY_VALUE = TwoTier(cuts=ValueShare(0.8))
PYRAMID = Pyramid()
PARETO_ABC = ParetoABC()

#: ``variation`` as :func:`custvalue.portfolio.series_measures` gives it. X up to 0.5, Y up to 1.0; for steady
#: trades ``Fixed((0.10, 0.25))`` is in use as well. D brings nothing or costs money, however steadily.
ABC_XYZ = MatrixClassifier(
    x="profit",
    y="variation",
    cuts=(ValueShare((0.8, 0.95), positive_only=True), Fixed((0.5, 1.0))),
    cells=presets.ABC_XYZ,
    tie=(Tie.HIGH, Tie.LOW),
)

_IMPORTANCE = Blend(
    "importance",
    dict.fromkeys(("volume", "potential", "prestige", "market_leadership", "desirability"), 0.2),
)
_DIFFICULTY = Blend(
    "difficulty", dict.fromkeys(("product_difficulty", "customer_difficulty", "competition_difficulty"), 1 / 3)
)
FIOCCA_STEP_1 = MatrixClassifier(x=_IMPORTANCE, y=_DIFFICULTY, cells=presets.FIOCCA_IMPORTANCE)
#: For the key accounts of step 1 only.
FIOCCA_STEP_2 = MatrixClassifier(
    x="business_attractiveness", y="relationship_strength", cuts=Quantiles(3), cells=presets.FIOCCA_RELATIONSHIP
)
IMPORTANCE_DIFFICULTY = MatrixClassifier(x=_IMPORTANCE, y=_DIFFICULTY, cells=presets.IMPORTANCE_DIFFICULTY)
YORKE_DROUSSIOTIS = MatrixClassifier(
    x="profit", y="relationship_strength", cuts=(Fixed(0.0), Median()), cells=presets.YORKE_DROUSSIOTIS
)

SHAPIRO = MatrixClassifier(x="net_price", y="cost_to_serve", cells=presets.SHAPIRO)
#: Cost counts as high where it is more than the net price leaves: the diagonal price = cost.
SHAPIRO_ISO_PROFIT = MatrixClassifier(
    x="net_price",
    y=difference("cost_to_serve", "net_price"),
    cuts=(Median(), Fixed(0.0)),
    cells=presets.SHAPIRO,
)
TURNBULL_ZOLKIEWSKI = MatrixClassifier(
    x="net_price", y="cost_to_serve", more=("relationship_value",), cells=presets.TURNBULL_ZOLKIEWSKI
)

CURRENT_GROWTH = MatrixClassifier(x="current_value", y="growth_value", cells=presets.CURRENT_GROWTH)
CURRENT_POTENTIAL = MatrixClassifier(x="current_value", y="potential_value", cells=presets.CURRENT_POTENTIAL)
VALUE_CAPABILITY = MatrixClassifier(x="value", y="capability", cuts=TopShare(0.5), cells=presets.VALUE_CAPABILITY)
RESIDUAL_POTENTIAL = MatrixClassifier(
    x="residual_income", y="potential_value", cuts=(Fixed(0.0), Median()), cells=presets.RESIDUAL_POTENTIAL
)
DIRECT_INDIRECT = MatrixClassifier(
    x="direct_value", y="indirect_value", cuts=Quantiles(3), cells=presets.DIRECT_INDIRECT
)
#: Relative share from :func:`custvalue.portfolio.relative_share`: 1 is the largest customer of its segment; half of
#: that counts as high, and a growth of 10 % a period.
GROWTH_SHARE = MatrixClassifier(
    x="relative_share", y="growth", cuts=(Fixed(0.5), Fixed(0.10)), cells=presets.GROWTH_SHARE
)
MARCUS = MatrixClassifier(x="n_purchases", y="average_amount", cuts=Mean(), cells=presets.MARCUS)
REINARTZ_KUMAR = MatrixClassifier(x="profit", y="expected_lifetime", cells=presets.REINARTZ_KUMAR)
CLV_REFERRAL = MatrixClassifier(x="lifetime_value", y="referral_value", cells=presets.CLV_REFERRAL)
LRFM = MatrixClassifier(
    x="length", y="recentness", more=("frequency", "monetary_value"), cuts=Mean(), cells=presets.LRFM
)
KRAPFEL = MatrixClassifier(
    x=Blend("relationship_value", dict.fromkeys(("criticality", "quantity", "replaceability", "slack"), 0.25)),
    y="interest_commonality",
    cells=presets.KRAPFEL,
)

#: Scores of 1 to 5; cut at thirds of the scale.
DIRECTIONAL_POLICY = MatrixClassifier(
    x=Blend(
        "attractiveness",
        dict.fromkeys(
            (
                "market_size",
                "growth",
                "competitor_weakness",
                "unmet_needs",
                "ability_to_pay",
                "stability",
                "safety",
            ),
            1 / 7,
        ),
    ),
    y=Blend(
        "fit",
        dict.fromkeys(
            (
                "image",
                "goals",
                "resources",
                "channels",
                "investment",
                "lasting_advantage",
                "reachability",
            ),
            1 / 7,
        ),
    ),
    cuts=Fixed((1 + 4 / 3, 1 + 8 / 3)),
    cells=presets.DIRECTIONAL_POLICY,
)

#: Measures from :func:`custvalue.portfolio.series_measures`; every threshold may be replaced.
VALUE_RISK = RuleClassifier(
    scheme=presets.VALUE_RISK,
    rules=[
        Rule("high value, high risk", [Condition.at_least("level", Median()), Condition.at_most("trend", -0.05)]),
        Rule("high value, high risk", [Condition.at_least("level", Median()), Condition.at_least("volatility", 0.5)]),
        Rule("high value, low risk", Condition.at_least("level", Median())),
        Rule("low value, high risk", Condition.at_most("trend", -0.05)),
        Rule("low value, high risk", Condition.at_least("volatility", 0.5)),
    ],
    otherwise="low value, low risk",
)

#: Periods count in the unit of the series; every threshold may be replaced.
LIFE_CYCLE = RuleClassifier(
    scheme=presets.LIFE_CYCLE,
    rules=[
        Rule("prospect", Condition.at_most("active_periods", 0)),
        Rule("lost", Condition.at_least("silence", 3)),
        Rule("new", Condition.at_most("age", 3)),
        Rule("at risk", Condition.at_least("silence", 1.5)),
        Rule("at risk", Condition.at_most("recent_change", -0.3)),
        Rule("fluctuating", Condition.at_least("volatility", 0.5)),
        Rule("growing", Condition.at_least("trend", 0.05)),
        Rule("at risk", Condition.at_most("trend", -0.05)),
    ],
    otherwise="stable",
)

#: Yearly sales of a million settle grade A whatever the index says.
WEIGHTED_INDEX = RuleClassifier(
    scheme=presets.GRADES,
    blends=Blend("index", {"industry": 0.4, "rank_in_industry": 0.3, "public_awareness": 0.3}),
    rules=[
        Rule("A", Condition.at_least("yearly_sales", 1_000_000), veto=True),
        Rule("A", Condition.at_least("index", 4)),
        Rule("B", Condition.at_least("index", 2.5)),
    ],
    otherwise="C",
)

#: Every named model, by name.
NAMED: Mapping[str, PortfolioClassifier] = MappingProxyType(
    {
        "80/20": TWO_TIER,
        "80/20 by value": TWO_TIER_BY_VALUE,
        "pyramid": PYRAMID,
        "Pareto ABC": PARETO_ABC,
        "ABC-XYZ": ABC_XYZ,
        "Fiocca step 1": FIOCCA_STEP_1,
        "Fiocca step 2": FIOCCA_STEP_2,
        "importance x difficulty": IMPORTANCE_DIFFICULTY,
        "profitability x strength of relationship": YORKE_DROUSSIOTIS,
        "revenue x cost to serve": SHAPIRO,
        "revenue x cost to serve, iso-profit": SHAPIRO_ISO_PROFIT,
        "cost to serve x net price x relationship value": TURNBULL_ZOLKIEWSKI,
        "current x growth value": CURRENT_GROWTH,
        "current x potential value": CURRENT_POTENTIAL,
        "value x capability": VALUE_CAPABILITY,
        "residual income x potential": RESIDUAL_POTENTIAL,
        "direct x indirect value": DIRECT_INDIRECT,
        "growth-share": GROWTH_SHARE,
        "purchase frequency x amount": MARCUS,
        "loyalty x profitability": REINARTZ_KUMAR,
        "CLV x referral": CLV_REFERRAL,
        "LRFM": LRFM,
        "relationship value x interest commonality": KRAPFEL,
        "directional policy": DIRECTIONAL_POLICY,
        "value x risk": VALUE_RISK,
        "life-cycle stage": LIFE_CYCLE,
        "weighted index with veto": WEIGHTED_INDEX,
    }
)
