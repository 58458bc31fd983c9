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
    "CAMPBELL_CUNNINGHAM",
    "CLV_REFERRAL",
    "CURRENT_GROWTH",
    "CURRENT_POTENTIAL",
    "DIRECTIONAL_POLICY",
    "DIRECT_INDIRECT",
    "FIOCCA_IMPORTANCE",
    "FIOCCA_RELATIONSHIP",
    "GRADES",
    "GROWTH_SHARE",
    "HWANG",
    "IMPORTANCE_DIFFICULTY",
    "KRAPFEL",
    "KRAPFEL_MODES",
    "LIFE_CYCLE",
    "LRFM",
    "MARCUS",
    "PARETO_ABC",
    "PYRAMID",
    "REINARTZ_KUMAR",
    "RESIDUAL_POTENTIAL",
    "SHAPIRO",
    "SHARE_SIZE",
    "TURNBULL_ZOLKIEWSKI",
    "TWO_TIER",
    "VALUE_CAPABILITY",
    "VALUE_RISK",
    "VALUE_RISK_MATRIX",
    "YORKE_DROUSSIOTIS",
]


def _nine(scheme: Scheme, axes: tuple[str, str], cells: Mapping[str, Sequence[tuple[str, str]]]) -> Cells:
    """Make a 3 x 3 matrix from the cells of each class."""
    grid = [(cell, label) for label, places in cells.items() for cell in places]
    return Cells(scheme=scheme, axes=[AxisLevels(axis, ("low", "medium", "high")) for axis in axes], grid=grid)


def _four(name: str, axes: tuple[str, str], *, source: str, **corners: Policy) -> Cells:
    """Make a 2 x 2 matrix; classes, best first, by which axes are high: both, first, second or neither."""
    cell = {"both": ("high", "high"), "first": ("high", "low"), "second": ("low", "high"), "neither": ("low", "low")}
    scheme = Scheme(name, corners.values(), source=source)
    grid = {cell[corner]: policy.label for corner, policy in corners.items()}
    return Cells(scheme=scheme, axes=[AxisLevels(axis) for axis in axes], grid=grid.items())


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
        [
            *(Policy(a + x, *_ABC[a], focus=_XYZ[x]) for a in "ABC" for x in "XYZ"),
            PARETO_ABC.scheme.policy("D"),
        ],
        source="Pareto analysis with the coefficient of variation of demand",
    ),
    axes=[AxisLevels("cumulative value", ("D", "C", "B", "A")), AxisLevels("variation of demand", ("X", "Y", "Z"))],
    grid=[((a, x), "D" if a == "D" else a + x) for a in "ABCD" for x in "XYZ"],
)

FIOCCA_IMPORTANCE = _four(
    "importance x difficulty",
    ("strategic importance", "difficulty of managing"),
    first=Policy("key-easy", "close", "keep", "ease of the relationship, growth"),
    both=Policy("key-difficult", "partnership", "strengthen", "what makes the account difficult"),
    neither=Policy("non-key-easy", "ordinary", "maintain at low cost", "efficiency"),
    second=Policy("non-key-difficult", "loose", "simplify or let go", "cost of managing the account"),
    source="Fiocca 1982, step 1",
)

IMPORTANCE_DIFFICULTY = FIOCCA_IMPORTANCE.renamed(
    {"key-easy": "platinum", "key-difficult": "gold", "non-key-easy": "iron", "non-key-difficult": "lead"}
)

_FIOCCA_STEP_2 = {
    "strengthen": [("high", "low"), ("high", "medium"), ("medium", "low")],
    "hold": [("high", "high"), ("medium", "medium"), ("medium", "high")],
    "withdraw": [("low", "low"), ("low", "medium"), ("low", "high")],
}
FIOCCA_RELATIONSHIP = _nine(
    Scheme(
        "attractiveness x strength of relationship",
        [
            Policy("strengthen", "partnership", "invest in the relationship", "co-operation, social distance"),
            Policy("hold", "close", "keep the position", "what the customer values already"),
            Policy("withdraw", "loose", "withdraw resources", "cost, other uses of the effort"),
        ],
        source="Fiocca 1982, step 2 (key accounts only)",
    ),
    ("attractiveness of the customer's business", "strength of the relationship"),
    _FIOCCA_STEP_2,
)

YORKE_DROUSSIOTIS = _four(
    "profitability x strength of relationship",
    ("profitability", "perceived strength of the relationship"),
    both=Policy("profitable and strong", "partnership", "keep", "technical ability, trust, contact"),
    first=Policy("profitable but weak", "close", "strengthen", "response, co-operation, management distance"),
    second=Policy("strong but unprofitable", "ordinary", "improve the margin", "price, cost to serve"),
    neither=Policy("unprofitable and weak", "loose", "reduce or let go", "cost"),
    source="Yorke and Droussiotis 1994",
)

SHAPIRO = _four(
    "net price x cost to serve",
    ("net price", "cost to serve"),
    first=Policy("passive", "close", "defend and find more", "reliability; the most profitable cell"),
    both=Policy("carriage trade", "partnership", "charge for the service", "quality, the full service"),
    neither=Policy("bargain basement", "ordinary", "keep lean", "price, low cost of serving"),
    second=Policy("aggressive", "ordinary", "unbundle services", "terms, what each service costs"),
    source="Shapiro, Rangan, Moriarty and Ross 1987",
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

CURRENT_GROWTH = _four(
    "current x growth value",
    ("current value", "growth value"),
    both=Policy("platinum", "partnership", "keep and grow", "all that is needed"),
    first=Policy("gold", "close", "keep", "loyalty, convenience"),
    second=Policy("iron", "close or loose", "develop", "cross-selling, share of wallet"),
    neither=Policy("lead", "loose", "let go or serve at low cost", "cost"),
    source="current value x growth value",
)

CURRENT_POTENTIAL = _four(
    "current x potential value",
    ("current profit", "potential profit"),
    both=Policy("invest", "partnership", "keep and grow", "all that is needed"),
    first=Policy("maintain", "close", "keep", "loyalty"),
    second=Policy("grow", "close", "develop", "cross-selling, gap in share of wallet"),
    neither=Policy("minimise", "loose", "serve at low cost", "cost"),
    source="Verhoef and Donkers 2001",
)


def _if_they_may_leave(policy: Policy) -> str:
    return "let them go" if policy.label == "minimise" else f"win their loyalty, then {policy.strategy}"


_STAYS = {"high": "loyal", "low": "may leave"}
HWANG = Cells(
    scheme=Scheme(
        "current x potential value x loyalty",
        [
            Policy(
                f"{policy.label}, {_STAYS[loyalty]}",
                policy.relationship,
                policy.strategy if loyalty == "high" else _if_they_may_leave(policy),
                policy.focus if loyalty == "high" else f"reasons to leave; {policy.focus}",
            )
            for policy in CURRENT_POTENTIAL.scheme.policies
            for loyalty in ("high", "low")
        ],
        source="Hwang, Jung and Suh 2004 (three axes; the texts are those of current x potential value)",
    ),
    axes=[*CURRENT_POTENTIAL.axes, AxisLevels("loyalty")],
    grid=[
        ((*cell, loyalty), f"{label}, {_STAYS[loyalty]}")
        for cell, label in CURRENT_POTENTIAL.grid
        for loyalty in ("low", "high")
    ],
)

SHARE_SIZE = _four(
    "share of wallet x size of wallet",
    ("our share of the customer's spend", "the customer's spend in the category"),
    both=Policy("won", "partnership", "keep", "what rivals offer, convenience"),
    second=Policy("prize", "close", "win a larger share", "reasons for buying elsewhere, cross-selling"),
    first=Policy("full", "ordinary", "maintain", "low cost of serving; growth of the customer itself"),
    neither=Policy("small", "loose", "serve at low cost", "cost"),
    source="share of wallet x category spend (cells without a source of their own)",
)

VALUE_CAPABILITY = _four(
    "value x capability",
    ("value", "capability"),
    both=Policy("focus", "partnership", "concentrate resources", "valuable and well within our strength"),
    first=Policy("develop", "close", "build the capability", "valuable, not yet served well"),
    second=Policy("maintain", "ordinary", "maintain", "easily served, of little value"),
    neither=Policy("leave", "none", "leave", "neither valuable nor served well"),
    source="customer value x own capability, top half of each",
)

RESIDUAL_POTENTIAL = _four(
    "residual income x potential",
    ("residual income", "potential value"),
    both=Policy("creates value and grows", "partnership", "invest", "growth"),
    first=Policy("creates value", "close", "keep", "returns, loyalty"),
    second=Policy("may create value", "close or loose", "turn round", "margin, capital tied up, potential"),
    neither=Policy("destroys value", "loose", "reprice or let go", "cost, capital tied up"),
    source="sign of residual income x potential value",
)

_STANDS_OUT = {
    "profitable key account": [("high", "high"), ("high", "medium"), ("high", "low")],
    "loyal long-standing": [("medium", "high"), ("low", "high")],
    "growth potential": [("medium", "medium"), ("medium", "low")],
    "strategic": [("low", "medium")],
    "low value": [("low", "low")],
}
#: Where both values stand out equally, direct value decides.
DIRECT_INDIRECT = _nine(
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
    ("direct value", "indirect value"),
    _STANDS_OUT,
)

GROWTH_SHARE = _four(
    "growth-share",
    ("relative share", "growth"),
    both=Policy("star", "partnership", "invest", "growth, position"),
    first=Policy("cash cow", "close", "hold or harvest", "cash, loyalty"),
    second=Policy("question mark", "close or loose", "select", "chance of a lead"),
    neither=Policy("dog", "loose", "divest or low touch", "cost"),
    source="Campbell and Cunningham 1983, step 2",
)

CAMPBELL_CUNNINGHAM = Scheme(
    "life cycle of accounts",
    [
        Policy("today's special", "partnership", "protect and develop together", "the few whom the firm lives on"),
        Policy("tomorrow's", "close", "invest", "chosen few; sales that do not yet pay for the effort"),
        Policy("today's regular", "ordinary", "keep at a fair cost", "price, delivery, routine"),
        Policy("yesterday's", "loose", "serve with little effort", "cost; sales while they last"),
    ],
    source="Campbell and Cunningham 1983, step 1",
)

MARCUS = _four(
    "customer value matrix",
    ("number of purchases", "average amount"),
    both=Policy("best", "partnership", "retain", "recognition, convenience"),
    second=Policy("spender", "close", "raise the frequency", "reasons to come again"),
    first=Policy("frequent", "close", "raise the amount", "cross-selling and up-selling"),
    neither=Policy("uncertain", "loose", "activate or leave", "find out who is new and can grow"),
    source="Marcus 1998",
)

REINARTZ_KUMAR = _four(
    "profitability x loyalty",
    ("profitability", "loyalty (expected lifetime)"),
    both=Policy("true friends", "partnership", "delight", "consistent service; do not contact too often"),
    first=Policy("butterflies", "ordinary", "earn while they stay", "satisfaction of the deal; stop investing in time"),
    second=Policy("barnacles", "ordinary", "control cost or cross-sell", "small wallet or small share of it"),
    neither=Policy("strangers", "loose", "do not invest", "profit on every deal"),
    source="Reinartz and Kumar 2002",
)

CLV_REFERRAL = _four(
    "CLV x referral value",
    ("lifetime value", "referral value"),
    both=Policy("champions", "partnership", "keep both values", "purchases and referrals"),
    first=Policy("affluents", "close", "encourage referrals", "reasons to recommend"),
    second=Policy("advocates", "close", "raise purchases", "cross-selling and up-selling"),
    neither=Policy("misers", "loose", "raise either, at low cost", "bundles, incentives"),
    source="Kumar, Petersen and Leone 2007",
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

_RISK_NAMES = {"low": "low risk", "high": "high risk"}
VALUE_RISK_MATRIX = Cells(
    scheme=VALUE_RISK,
    axes=[AxisLevels("expected value"), AxisLevels("risk")],
    grid=[
        ((value, risk), f"{value} value, {_RISK_NAMES[risk]}") for value in ("low", "high") for risk in ("low", "high")
    ],
)

_POLICY_CELLS = {
    "invest": [("high", "high")],
    "grow selectively": [("high", "medium"), ("medium", "high")],
    "manage for earnings": [("high", "low"), ("medium", "medium"), ("low", "high")],
    "harvest": [("medium", "low"), ("low", "medium")],
    "divest": [("low", "low")],
}
DIRECTIONAL_POLICY = _nine(
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
    ("attractiveness", "fit"),
    _POLICY_CELLS,
)

KRAPFEL = _four(
    "relationship value x interest commonality",
    ("relationship value", "interest commonality"),
    both=Policy("partner", "partnership", "collaborate", "common aims, joint investment"),
    second=Policy("friend", "close", "administer", "goodwill at low cost"),
    first=Policy("rival", "close", "negotiate", "gains and limits of each deal"),
    neither=Policy("acquaintance", "loose", "accommodate or let go", "low effort"),
    source="Krapfel, Salmond and Spekman 1991",
)


KRAPFEL_MODES = Cells(
    scheme=Scheme(
        "power x interest commonality",
        [
            Policy("collaboration", "partnership", "work out aims together", "common aims, joint investment"),
            Policy("administration", "close", "lead with a light hand", "goodwill, the partner's freedom to act"),
            Policy("accommodation", "close", "adapt to the stronger partner", "the partner's needs, cost of adapting"),
            Policy("negotiation", "ordinary", "bargain case by case", "gains and limits of each deal"),
            Policy("domination", "ordinary", "set the terms", "how far power may be used without loss"),
            Policy("submission", "loose", "accept the terms, look for others", "dependence, other customers"),
        ],
        source="Krapfel, Salmond and Spekman 1991, modes of management (cells as commonly reported)",
    ),
    axes=[AxisLevels("our power", ("less", "equal", "more")), AxisLevels("interest commonality")],
    grid=[
        (("less", "high"), "accommodation"),
        (("equal", "high"), "collaboration"),
        (("more", "high"), "administration"),
        (("less", "low"), "submission"),
        (("equal", "low"), "negotiation"),
        (("more", "low"), "domination"),
    ],
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
