"""The named models, ready to use: each one a shape over a preset, all settings readable and replaceable.

``attrs.evolve(models.SHAPIRO, x="my_price")`` changes one setting; the measure names are only suggestions.

Examples
--------
>>> from custvalue.portfolio import models
>>> models.MARCUS.x, str(models.MARCUS.cuts)
('n_purchases', 'mean')
>>> models.MARCUS.measures, models.NAMED["growth-share"].measures
(('n_purchases', 'average_amount'), ('segment', 'sales', 'growth', 'sales_before'))
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import attrs

from custvalue.portfolio import presets
from custvalue.portfolio._protocol import MeasuredClassifier
from custvalue.portfolio.axes import Blend, Scaling, difference
from custvalue.portfolio.cuts import Above, Fixed, Mean, Median, Quantiles, TopShare, ValueShare, WeightedMean
from custvalue.portfolio.matrix import MatrixClassifier, Tie
from custvalue.portfolio.per_segment import PerSegment
from custvalue.portfolio.rules import Condition, Rule, RuleClassifier
from custvalue.portfolio.tiers import ParetoABC, Pyramid, TwoTier

__all__ = ["NAMED"]

#: The median, but nobody who brings nothing or costs money stands high, however few bring anything.
_HIGH = Above(Median())
_UPPER_THIRD, _LOWER_THIRD = TopShare(1 / 3), TopShare(2 / 3)

TWO_TIER = TwoTier()
TWO_TIER_BY_VALUE = TwoTier(cuts=ValueShare(0.8))
PYRAMID = Pyramid()
PARETO_ABC = ParetoABC()

_BY_VALUE = ValueShare((0.8, 0.95), positive_only=True)
#: ``variation`` as :func:`custvalue.portfolio.series_measures` gives it. X up to 0.5, Y up to 1.0. D brings nothing or
#: costs money, however steadily.
ABC_XYZ = MatrixClassifier(
    x="profit",
    y="variation",
    cuts=(_BY_VALUE, Fixed((0.5, 1.0))),
    cells=presets.ABC_XYZ,
    tie=(Tie.HIGH, Tie.LOW),
)

#: The same for steady trades: X up to 0.10, Y up to 0.25.
ABC_XYZ_STEADY = attrs.evolve(ABC_XYZ, cuts=(_BY_VALUE, Fixed((0.10, 0.25))))


def _mean_of(name: str, *measures: str) -> Blend:
    """Make an axis of scores that weigh the same."""
    return Blend(name, dict.fromkeys(measures, 1 / len(measures)))


FIOCCA_STEP_1 = MatrixClassifier(
    x=_mean_of("importance", "volume", "potential", "prestige", "market_leadership", "desirability"),
    y=_mean_of("difficulty", "product_difficulty", "customer_difficulty", "competition_difficulty"),
    cells=presets.FIOCCA_IMPORTANCE,
)
#: For the key accounts of step 1 only.
FIOCCA_STEP_2 = MatrixClassifier(
    x="business_attractiveness", y="relationship_strength", cuts=Quantiles(3), cells=presets.FIOCCA_RELATIONSHIP
)
#: ``market_role``: part the customer plays in defending or entering markets.
IMPORTANCE_DIFFICULTY = MatrixClassifier(
    x=_mean_of("importance", "volume", "potential", "prestige", "market_position", "market_role", "technology"),
    y=_mean_of("difficulty", "product_difficulty", "customer_difficulty", "market_difficulty"),
    cells=presets.IMPORTANCE_DIFFICULTY,
)
YORKE_DROUSSIOTIS = MatrixClassifier(
    x="profit", y="relationship_strength", cuts=(Fixed(0.0), Median()), cells=presets.YORKE_DROUSSIOTIS
)

SHAPIRO = MatrixClassifier(x="net_price", y="cost_to_serve", cuts=_HIGH, cells=presets.SHAPIRO)
#: Cost counts as high where it is more than the net price leaves: the diagonal price = cost.
SHAPIRO_ISO_PROFIT = MatrixClassifier(
    x="net_price",
    y=difference("cost_to_serve", "net_price"),
    cuts=(_HIGH, Fixed(0.0)),
    cells=presets.SHAPIRO,
)
TURNBULL_ZOLKIEWSKI = MatrixClassifier(
    x="net_price",
    y="cost_to_serve",
    more=("relationship_value",),
    cuts=(_HIGH, _HIGH, Median()),
    cells=presets.TURNBULL_ZOLKIEWSKI,
)

CURRENT_GROWTH = MatrixClassifier(x="current_value", y="growth_value", cuts=_HIGH, cells=presets.CURRENT_GROWTH)
CURRENT_POTENTIAL = MatrixClassifier(
    x="current_value", y="potential_value", cuts=_HIGH, cells=presets.CURRENT_POTENTIAL
)
HWANG = MatrixClassifier(
    x="current_value", y="potential_value", more=("loyalty",), cuts=(_HIGH, _HIGH, Median()), cells=presets.HWANG
)
SHARE_SIZE = MatrixClassifier(x="share_of_wallet", y="category_spend", cuts=_HIGH, cells=presets.SHARE_SIZE)
VALUE_CAPABILITY = MatrixClassifier(
    x="value", y="capability", cuts=(Above(TopShare(0.5)), TopShare(0.5)), cells=presets.VALUE_CAPABILITY
)
RESIDUAL_POTENTIAL = MatrixClassifier(
    x="residual_income", y="potential_value", cuts=(Fixed(0.0), _HIGH), cells=presets.RESIDUAL_POTENTIAL
)
DIRECT_INDIRECT = MatrixClassifier(
    x="direct_value", y="indirect_value", cuts=Above(Quantiles(3)), cells=presets.DIRECT_INDIRECT
)
#: Drawn per segment. Relative share is the customer's share of its segment over that of the largest customer there;
#: half of that counts as high. Growth counts as high from the growth of the segment as a whole, that is weighted by
#: the sales before; put ``Fixed(0.10)`` there for the usual 10 %. ``growth`` is sales / sales_before - 1.
GROWTH_SHARE = PerSegment(
    classifier=MatrixClassifier(
        x=Blend("relative_share", {"sales": 1.0}, Scaling.LARGEST),
        y="growth",
        cuts=(Fixed(0.5), WeightedMean("sales_before")),
        cells=presets.GROWTH_SHARE,
    ),
    segment="segment",
)
#: Our share of the customer's purchases over the share of the largest rival: 1 is as much as the rival. Growth of the
#: customer's demand counts as high from 10 %.
CAMPBELL_CUNNINGHAM_STEP_2 = MatrixClassifier(
    x="share_over_largest_rival", y="growth", cuts=(Fixed(1.0), Fixed(0.10)), cells=presets.GROWTH_SHARE
)
#: High and low are the upper and the lower third; every threshold may be replaced.
CAMPBELL_CUNNINGHAM_STEP_1 = RuleClassifier(
    scheme=presets.CAMPBELL_CUNNINGHAM,
    rules=[
        Rule("today's special", [Condition.at_least(name, _UPPER_THIRD) for name in ("sales", "share_of_purchases")]),
        Rule(
            "tomorrow's",
            [Condition.at_least("strategic_resources", _UPPER_THIRD), Condition.below("age", _LOWER_THIRD)],
        ),
        Rule(
            "yesterday's",
            [
                Condition.at_least("age", _UPPER_THIRD),
                *(Condition.below(name, _LOWER_THIRD) for name in ("sales", "strategic_resources")),
            ],
        ),
    ],
    otherwise="today's regular",
)
MARCUS = MatrixClassifier(x="n_purchases", y="average_amount", cuts=Mean(), cells=presets.MARCUS)
REINARTZ_KUMAR = MatrixClassifier(x="profit", y="expected_lifetime", cuts=_HIGH, cells=presets.REINARTZ_KUMAR)
CLV_REFERRAL = MatrixClassifier(x="lifetime_value", y="referral_value", cuts=_HIGH, cells=presets.CLV_REFERRAL)
LRFM = MatrixClassifier(
    x="length", y="recentness", more=("frequency", "monetary_value"), cuts=Mean(), cells=presets.LRFM
)
#: ``irreplaceability``: how hard the partner is to replace; ``slack``: what its ways of working save.
KRAPFEL = MatrixClassifier(
    x=_mean_of("relationship_value", "criticality", "quantity", "irreplaceability", "slack"),
    y="interest_commonality",
    cells=presets.KRAPFEL,
)
#: ``power``: ours less the partner's, from -1 to 1.
KRAPFEL_MODES = MatrixClassifier(
    x="power", y="interest_commonality", cuts=(Fixed((-0.25, 0.25)), Median()), cells=presets.KRAPFEL_MODES
)

#: Scores of 1 to 5; cut at thirds of the scale.
DIRECTIONAL_POLICY = MatrixClassifier(
    x=_mean_of(
        "attractiveness",
        "market_size",
        "growth",
        "competitor_weakness",
        "unmet_needs",
        "ability_to_pay",
        "stability",
        "safety",
    ),
    y=_mean_of("fit", "image", "goals", "resources", "channels", "investment", "lasting_advantage", "reachability"),
    cuts=Fixed((1 + 4 / 3, 1 + 8 / 3)),
    cells=presets.DIRECTIONAL_POLICY,
)

#: Measures from :func:`custvalue.portfolio.series_measures`; every threshold may be replaced.
VALUE_RISK = RuleClassifier(
    scheme=presets.VALUE_RISK,
    rules=[
        Rule("high value, high risk", [Condition.at_least("level", _HIGH), Condition.at_most("trend", -0.05)]),
        Rule("high value, high risk", [Condition.at_least("level", _HIGH), Condition.at_least("volatility", 0.5)]),
        Rule("high value, low risk", Condition.at_least("level", _HIGH)),
        Rule("low value, high risk", Condition.at_most("trend", -0.05)),
        Rule("low value, high risk", Condition.at_least("volatility", 0.5)),
    ],
    otherwise="low value, low risk",
)

#: ``risk``: any single measure of it: standard deviation, beta, probability of leaving or of not paying.
VALUE_RISK_MATRIX = MatrixClassifier(x="expected_value", y="risk", cuts=_HIGH, cells=presets.VALUE_RISK_MATRIX)

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
NAMED: Mapping[str, MeasuredClassifier] = MappingProxyType(
    {
        "80/20": TWO_TIER,
        "80/20 by value": TWO_TIER_BY_VALUE,
        "pyramid": PYRAMID,
        "Pareto ABC": PARETO_ABC,
        "ABC-XYZ": ABC_XYZ,
        "ABC-XYZ, steady trades": ABC_XYZ_STEADY,
        "Fiocca step 1": FIOCCA_STEP_1,
        "Fiocca step 2": FIOCCA_STEP_2,
        "importance x difficulty": IMPORTANCE_DIFFICULTY,
        "profitability x strength of relationship": YORKE_DROUSSIOTIS,
        "revenue x cost to serve": SHAPIRO,
        "revenue x cost to serve, iso-profit": SHAPIRO_ISO_PROFIT,
        "cost to serve x net price x relationship value": TURNBULL_ZOLKIEWSKI,
        "current x growth value": CURRENT_GROWTH,
        "current x potential value": CURRENT_POTENTIAL,
        "current x potential value x loyalty": HWANG,
        "share of wallet x size of wallet": SHARE_SIZE,
        "value x capability": VALUE_CAPABILITY,
        "residual income x potential": RESIDUAL_POTENTIAL,
        "direct x indirect value": DIRECT_INDIRECT,
        "growth-share": GROWTH_SHARE,
        "Campbell and Cunningham step 1": CAMPBELL_CUNNINGHAM_STEP_1,
        "Campbell and Cunningham step 2": CAMPBELL_CUNNINGHAM_STEP_2,
        "purchase frequency x amount": MARCUS,
        "loyalty x profitability": REINARTZ_KUMAR,
        "CLV x referral": CLV_REFERRAL,
        "LRFM": LRFM,
        "relationship value x interest commonality": KRAPFEL,
        "power x interest commonality": KRAPFEL_MODES,
        "directional policy": DIRECTIONAL_POLICY,
        "value x risk": VALUE_RISK,
        "value x risk, one measure": VALUE_RISK_MATRIX,
        "life-cycle stage": LIFE_CYCLE,
        "weighted index with veto": WEIGHTED_INDEX,
    }
)
