"""The models of the literature as data: which classes they have, which cells they stand in, what they advise.

Every constant is a :class:`Cells` (or a :class:`Scheme`) and can be read, relabelled, translated
(:meth:`Cells.renamed`) and given other texts (:meth:`Cells.with_policies`). Ready-made classifiers over them are in
``custvalue.portfolio.models``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from custvalue.portfolio._scheme import AxisLevels, Cells, Policy, Scheme

__all__ = [
    "ABC_XYZ",
    "CLV_REFERRAL",
    "CURRENT_GROWTH",
    "CURRENT_POTENTIAL",
    "DIRECTIONAL_POLICY",
    "DIRECT_INDIRECT",
    "FIOCCA_IMPORTANCE",
    "FIOCCA_RELATIONSHIP",
    "GRADES",
    "GROWTH_SHARE",
    "IMPORTANCE_DIFFICULTY",
    "KRAPFEL",
    "LIFE_CYCLE",
    "LRFM",
    "MARCUS",
    "PARETO_ABC",
    "PYRAMID",
    "REINARTZ_KUMAR",
    "RESIDUAL_POTENTIAL",
    "SHAPIRO",
    "TURNBULL_ZOLKIEWSKI",
    "TWO_TIER",
    "VALUE_CAPABILITY",
    "VALUE_RISK",
    "YORKE_DROUSSIOTIS",
]

_THREE = ("low", "medium", "high")


def _square(
    scheme: Scheme, x: str, y: str, grid: Mapping[tuple[str, ...], str], levels: Sequence[str] = ("low", "high")
) -> Cells:
    return Cells(scheme=scheme, axes=[AxisLevels(x, levels), AxisLevels(y, levels)], grid=grid)


def _corners(*, both: str, first: str, second: str, neither: str) -> dict[tuple[str, ...], str]:
    """Name the four cells of two axes by which of them is high."""
    return {("high", "high"): both, ("high", "low"): first, ("low", "high"): second, ("low", "low"): neither}


PYRAMID = Cells.ranked(
    Scheme(
        "customer pyramid",
        [
            Policy("platinum", "partnership", "protect and develop together", "commitment, service, new offers"),
            Policy("gold", "close", "grow to platinum", "share of wallet, less dependence on discounts"),
            Policy("iron", "ordinary", "standardise", "volume that fills capacity at low cost"),
            Policy("lead", "loose", "reprice, serve at lower cost, or let go", "cost to serve, terms"),
        ],
        source="Zeithaml, Rust and Lemon 2001",
    ),
    axis="profitability",
)

TWO_TIER = Cells.ranked(
    Scheme(
        "two tiers",
        [
            Policy("gold", "close", "keep", "the few who carry most of the value"),
            Policy("iron", "ordinary", "standardise", "cost of serving the many"),
        ],
        source="80/20 rule; Zeithaml, Rust and Lemon 2001",
    ),
    axis="profitability",
)

PARETO_ABC = Cells.ranked(
    Scheme(
        "Pareto ABC",
        [
            Policy("A", "partnership", "key account", "retention, personal care"),
            Policy("B", "close", "develop", "growth into A"),
            Policy("C", "ordinary", "automate", "low cost of serving"),
            Policy("D", "loose", "reprice or let go", "no value, or a cost"),
        ],
        source="Pareto analysis",
    ),
    axis="cumulative value",
)

_XYZ = {"X": "steady demand", "Y": "varying demand", "Z": "irregular demand"}
_ABC = {
    "A": ("partnership", "keep, plan together"),
    "B": ("close", "develop"),
    "C": ("ordinary", "automate"),
}
ABC_XYZ = Cells(
    scheme=Scheme(
        "ABC-XYZ",
        [Policy(a + x, *_ABC[a], focus=_XYZ[x]) for a in "ABC" for x in "XYZ"],
        source="Pareto analysis with the coefficient of variation of demand",
    ),
    axes=[AxisLevels("cumulative value", ("C", "B", "A")), AxisLevels("variation of demand", ("X", "Y", "Z"))],
    grid=[((a, x), a + x) for a in "ABC" for x in "XYZ"],
)

FIOCCA_IMPORTANCE = _square(
    Scheme(
        "importance x difficulty",
        [
            Policy("key-easy", "close", "keep", "ease of the relationship, growth"),
            Policy("key-difficult", "partnership", "strengthen", "what makes the account difficult"),
            Policy("non-key-easy", "ordinary", "maintain at low cost", "efficiency"),
            Policy("non-key-difficult", "loose", "simplify or let go", "cost of managing the account"),
        ],
        source="Fiocca 1982, step 1",
    ),
    "strategic importance",
    "difficulty of managing",
    _corners(both="key-difficult", first="key-easy", second="non-key-difficult", neither="non-key-easy"),
)

IMPORTANCE_DIFFICULTY = FIOCCA_IMPORTANCE.renamed(
    {"key-easy": "platinum", "key-difficult": "gold", "non-key-easy": "iron", "non-key-difficult": "lead"}
)

_FIOCCA_STEP_2 = {
    "strengthen": [("high", "low"), ("high", "medium"), ("medium", "low")],
    "hold": [("high", "high"), ("medium", "medium"), ("medium", "high")],
    "withdraw": [("low", "low"), ("low", "medium"), ("low", "high")],
}
FIOCCA_RELATIONSHIP = _square(
    Scheme(
        "attractiveness x strength of relationship",
        [
            Policy("strengthen", "partnership", "invest in the relationship", "co-operation, social distance"),
            Policy("hold", "close", "keep the position", "what the customer values already"),
            Policy("withdraw", "loose", "withdraw resources", "cost, other uses of the effort"),
        ],
        source="Fiocca 1982, step 2 (key accounts only)",
    ),
    "attractiveness of the customer's business",
    "strength of the relationship",
    {cell: label for label, cells in _FIOCCA_STEP_2.items() for cell in cells},
    _THREE,
)

YORKE_DROUSSIOTIS = _square(
    Scheme(
        "profitability x strength of relationship",
        [
            Policy("profitable and strong", "partnership", "keep", "technical ability, trust, contact"),
            Policy("profitable but weak", "close", "strengthen", "response, co-operation, management distance"),
            Policy("strong but unprofitable", "ordinary", "improve the margin", "price, cost to serve"),
            Policy("unprofitable and weak", "loose", "reduce or let go", "cost"),
        ],
        source="Yorke and Droussiotis 1994",
    ),
    "profitability",
    "perceived strength of the relationship",
    _corners(
        both="profitable and strong",
        first="profitable but weak",
        second="strong but unprofitable",
        neither="unprofitable and weak",
    ),
)

SHAPIRO = _square(
    Scheme(
        "net price x cost to serve",
        [
            Policy("passive", "close", "defend and find more", "reliability; the most profitable cell"),
            Policy("carriage trade", "partnership", "charge for the service", "quality, the full service"),
            Policy("bargain basement", "ordinary", "keep lean", "price, low cost of serving"),
            Policy("aggressive", "ordinary", "unbundle services", "terms, what each service costs"),
        ],
        source="Shapiro, Rangan, Moriarty and Ross 1987",
    ),
    "net price",
    "cost to serve",
    _corners(both="carriage trade", first="passive", second="aggressive", neither="bargain basement"),
)

_VALUED = {"high": "valued relationship", "low": "plain business"}
TURNBULL_ZOLKIEWSKI = Cells(
    scheme=Scheme(
        "cost to serve x net price x relationship value",
        [
            Policy(
                f"{policy.label}, {_VALUED[value]}",
                "partnership" if value == "high" else policy.relationship,
                policy.strategy,
                policy.focus,
            )
            for value in ("high", "low")
            for policy in SHAPIRO.scheme.policies
        ],
        source="Turnbull and Zolkiewski 1997",
    ),
    axes=[*SHAPIRO.axes, AxisLevels("relationship value")],
    grid={(*cell, value): f"{label}, {_VALUED[value]}" for cell, label in SHAPIRO.grid for value in ("low", "high")},
)

CURRENT_GROWTH = _square(
    Scheme(
        "current x growth value",
        [
            Policy("platinum", "partnership", "keep and grow", "all that is needed"),
            Policy("gold", "close", "keep", "loyalty, convenience"),
            Policy("iron", "close or loose", "develop", "cross-selling, share of wallet"),
            Policy("lead", "loose", "let go or serve at low cost", "cost"),
        ],
        source="current value x growth value",
    ),
    "current value",
    "growth value",
    _corners(both="platinum", first="gold", second="iron", neither="lead"),
)

CURRENT_POTENTIAL = _square(
    Scheme(
        "current x potential value",
        [
            Policy("invest", "partnership", "keep and grow", "all that is needed"),
            Policy("maintain", "close", "keep", "loyalty"),
            Policy("grow", "close", "develop", "cross-selling, gap in share of wallet"),
            Policy("minimise", "loose", "serve at low cost", "cost"),
        ],
        source="Verhoef and Donkers 2001",
    ),
    "current profit",
    "potential profit",
    _corners(both="invest", first="maintain", second="grow", neither="minimise"),
)

VALUE_CAPABILITY = _square(
    Scheme(
        "value x capability",
        [
            Policy("focus", "partnership", "concentrate resources", "valuable and well within our strength"),
            Policy("develop", "close", "build the capability", "valuable, not yet served well"),
            Policy("maintain", "ordinary", "maintain", "easily served, of little value"),
            Policy("leave", "none", "leave", "neither valuable nor served well"),
        ],
        source="customer value x own capability, top half of each",
    ),
    "value",
    "capability",
    _corners(both="focus", first="develop", second="maintain", neither="leave"),
)

RESIDUAL_POTENTIAL = _square(
    Scheme(
        "residual income x potential",
        [
            Policy("creates value and grows", "partnership", "invest", "growth"),
            Policy("creates value", "close", "keep", "returns, loyalty"),
            Policy("may create value", "close or loose", "turn round", "margin, capital tied up, potential"),
            Policy("destroys value", "loose", "reprice or let go", "cost, capital tied up"),
        ],
        source="sign of residual income x potential value",
    ),
    "residual income",
    "potential value",
    _corners(
        both="creates value and grows", first="creates value", second="may create value", neither="destroys value"
    ),
)

_STANDS_OUT = {
    "profitable key account": [("high", "high"), ("high", "medium"), ("high", "low")],
    "loyal long-standing": [("medium", "high"), ("low", "high")],
    "growth potential": [("medium", "medium"), ("medium", "low")],
    "strategic": [("low", "medium")],
    "low value": [("low", "low")],
}
#: Where both values stand out equally, direct value decides.
DIRECT_INDIRECT = _square(
    Scheme(
        "direct x indirect value",
        [
            Policy("profitable key account", "ordinary", "keep", "convenience, efficiency"),
            Policy("loyal long-standing", "partnership", "keep", "participation, communication"),
            Policy("growth potential", "close or loose", "develop", "depends on behaviour (switching cost)"),
            Policy("strategic", "close or partnership", "develop", "depends on potential"),
            Policy("low value", "loose or none", "maintain or let go", "depends on own needs and market"),
        ],
        source="direct x indirect customer value, five classes",
    ),
    "direct value",
    "indirect value",
    {cell: label for label, cells in _STANDS_OUT.items() for cell in cells},
    _THREE,
)

GROWTH_SHARE = _square(
    Scheme(
        "growth-share",
        [
            Policy("star", "partnership", "invest", "growth, position"),
            Policy("cash cow", "close", "hold or harvest", "cash, loyalty"),
            Policy("question mark", "close or loose", "select", "chance of a lead"),
            Policy("dog", "loose", "divest or low touch", "cost"),
        ],
        source="Campbell and Cunningham 1983, step 2",
    ),
    "relative share",
    "growth",
    _corners(both="star", first="cash cow", second="question mark", neither="dog"),
)

MARCUS = _square(
    Scheme(
        "customer value matrix",
        [
            Policy("best", "partnership", "retain", "recognition, convenience"),
            Policy("spender", "close", "raise the frequency", "reasons to come again"),
            Policy("frequent", "close", "raise the amount", "cross-selling and up-selling"),
            Policy("uncertain", "loose", "activate or leave", "find out who is new and can grow"),
        ],
        source="Marcus 1998",
    ),
    "number of purchases",
    "average amount",
    _corners(both="best", first="frequent", second="spender", neither="uncertain"),
)

REINARTZ_KUMAR = _square(
    Scheme(
        "profitability x loyalty",
        [
            Policy("true friends", "partnership", "delight", "consistent service; do not contact too often"),
            Policy(
                "butterflies", "ordinary", "earn while they stay", "satisfaction of the deal; stop investing in time"
            ),
            Policy("barnacles", "ordinary", "control cost or cross-sell", "small wallet or small share of it"),
            Policy("strangers", "loose", "do not invest", "profit on every deal"),
        ],
        source="Reinartz and Kumar 2002",
    ),
    "profitability",
    "loyalty (expected lifetime)",
    _corners(both="true friends", first="butterflies", second="barnacles", neither="strangers"),
)

CLV_REFERRAL = _square(
    Scheme(
        "CLV x referral value",
        [
            Policy("champions", "partnership", "keep both values", "purchases and referrals"),
            Policy("affluents", "close", "encourage referrals", "reasons to recommend"),
            Policy("advocates", "close", "raise purchases", "cross-selling and up-selling"),
            Policy("misers", "loose", "raise either, at low cost", "bundles, incentives"),
        ],
        source="Kumar, Petersen and Leone 2007",
    ),
    "lifetime value",
    "referral value",
    _corners(both="champions", first="affluents", second="advocates", neither="misers"),
)

VALUE_RISK = Scheme(
    "value x risk",
    [
        Policy("high value, low risk", "partnership", "grow", "best service, reserved capacity"),
        Policy("high value, high risk", "close", "hedge", "reasons for the swing or fall, personal contact"),
        Policy("low value, low risk", "ordinary", "maintain", "standard service, small steps up"),
        Policy("low value, high risk", "loose", "price the risk or leave", "prepayment, low cost of serving"),
    ],
    source="level, volatility and trend of the periodic value",
)

_POLICY_CELLS = {
    "invest": [("high", "high")],
    "grow selectively": [("high", "medium"), ("medium", "high")],
    "manage for earnings": [("high", "low"), ("medium", "medium"), ("low", "high")],
    "harvest": [("medium", "low"), ("low", "medium")],
    "divest": [("low", "low")],
}
DIRECTIONAL_POLICY = _square(
    Scheme(
        "directional policy",
        [
            Policy("invest", "partnership", "invest for growth", "lead in an attractive segment"),
            Policy("grow selectively", "close", "invest where an advantage lasts", "the weaker of the two scores"),
            Policy("manage for earnings", "ordinary", "select", "cash, chances"),
            Policy("harvest", "ordinary", "harvest", "cash, no new investment"),
            Policy("divest", "loose or none", "divest", "other uses of the effort"),
        ],
        source="Shell and GE directional policy matrices",
    ),
    "attractiveness",
    "fit",
    {cell: label for label, cells in _POLICY_CELLS.items() for cell in cells},
    _THREE,
)

KRAPFEL = _square(
    Scheme(
        "relationship value x interest commonality",
        [
            Policy("partner", "partnership", "collaborate", "common aims, joint investment"),
            Policy("friend", "close", "administer", "goodwill at low cost"),
            Policy("rival", "close", "negotiate", "gains and limits of each deal"),
            Policy("acquaintance", "loose", "accommodate or let go", "low effort"),
        ],
        source="Krapfel, Salmond and Spekman 1991",
    ),
    "relationship value",
    "interest commonality",
    _corners(both="partner", first="rival", second="friend", neither="acquaintance"),
)


def _lrfm_group(length: str, recent: str, often: str, amount: str) -> str:
    if length == "high" and (often, amount) == ("low", "low"):
        return "resource-consuming"
    groups = {("high", "high"): "core", ("high", "low"): "potential", ("low", "high"): "new", ("low", "low"): "lost"}
    return groups[length, recent]


_LEVELS = ("low", "high")
#: The recency axis counts upwards: a high value is a recent purchase.
LRFM = Cells(
    scheme=Scheme(
        "LRFM groups",
        [
            Policy("core", "partnership", "keep", "recognition, service"),
            Policy("potential", "close", "win back", "reasons for staying away"),
            Policy("new", "close", "develop", "second and third purchase"),
            Policy("lost", "loose", "win back the valuable ones", "past value"),
            Policy("resource-consuming", "loose", "serve at low cost", "cost"),
        ],
        source="Chang and Tsay 2004 (grouping as commonly reported)",
    ),
    axes=[
        AxisLevels("length of the relationship"),
        AxisLevels("recentness of the last purchase"),
        AxisLevels("frequency"),
        AxisLevels("amount"),
    ],
    grid=[
        ((length, recent, often, amount), _lrfm_group(length, recent, often, amount))
        for length in _LEVELS
        for recent in _LEVELS
        for often in _LEVELS
        for amount in _LEVELS
    ],
)

LIFE_CYCLE = Scheme(
    "life-cycle stage",
    [
        Policy("growing", "close", "develop", "cross-selling, next steps"),
        Policy("stable", "partnership", "keep", "loyalty, convenience"),
        Policy("new", "close", "welcome", "second and third purchase"),
        Policy("fluctuating", "ordinary", "steady", "causes of the swings, agreements"),
        Policy("at risk", "close", "hold", "reasons for the fall, personal contact"),
        Policy("lost", "loose or none", "win back or let go", "past value against cost of winning back"),
        Policy("prospect", "loose", "acquire", "first purchase"),
    ],
    source="activity of the periodic series, by stated rules",
)

GRADES = Scheme(
    "weighted index",
    [
        Policy("A", "partnership", "keep", "personal care"),
        Policy("B", "close", "develop", "growth into A"),
        Policy("C", "ordinary", "automate", "low cost of serving"),
    ],
    source="weighted criteria with veto",
)
