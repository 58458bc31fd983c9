"""Value that is not money: an indicator system with weights, giving one index a customer; and the knowledge score."""

from __future__ import annotations

import enum
from collections.abc import Mapping

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, FloatArray, check_lengths, float_arrays, strings
from custvalue._frames import FrameKind, build_frame
from custvalue.clv._result import CustomerValues
from custvalue.data import CustomerIndex, ValueTable, Weights
from custvalue.errors import InputError

__all__ = [
    "NON_MONETARY",
    "FittedIndicators",
    "IndicatorScores",
    "IndicatorSystem",
    "Scaling",
    "knowledge_score",
]

NON_MONETARY = (
    "referral",
    "influence",
    "knowledge",
    "reputation",
    "status",
    "loyalty",
    "satisfaction",
    "credit",
)
"""The indicators of the usual non-monetary system; any other names will do as well."""


class Scaling(enum.Enum):
    """How an indicator is brought to 0 .. 1.

    MIN_MAX
        Lowest seen is 0, highest 1; later values beyond are held at 0 and 1.
    RANK
        Share of the customers seen that are lower, ties counting half.
    """

    MIN_MAX = "min_max"
    RANK = "rank"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class IndicatorScores(ArrayHolder):
    """Scaled indicators and their weighted index.

    Parameters
    ----------
    customers
        (n_customers,).
    scaled
        Indicator to (n_customers,) numbers in 0 .. 1; 1 is always the good end.
    weights
        Of the indicators.
    """

    customers: CustomerIndex
    scaled: Mapping[str, FloatArray] = attrs.field(converter=float_arrays)
    weights: Weights

    def __attrs_post_init__(self) -> None:
        check_lengths("IndicatorScores", len(self.customers), dict(self.scaled))

    @property
    def index(self) -> CustomerValues:
        """Weighted sum of the scaled indicators, in 0 .. 1."""
        parts = [self.weights[name] * values for name, values in self.scaled.items()]
        values = np.add.reduce(parts)
        return CustomerValues(customers=self.customers, values=values, measure="non_monetary_index", unit="index")

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer: customer, each scaled indicator, index."""
        return build_frame({"customer": self.customers.ids, **self.scaled, "index": self.index.values}, like)

    def __repr__(self) -> str:
        """One line."""
        return f"IndicatorScores({len(self.customers):,} customers; {', '.join(self.scaled)})"


@attrs.frozen
class IndicatorSystem:
    """Indicators with weights.

    Parameters
    ----------
    weights
        Weight of each indicator; from judgement (AHP), from the data (entropy), or given.
    scaling
        How indicators are brought to a common scale.
    lower_is_better
        Indicators that are turned round, such as days overdue.

    Raises
    ------
    InputError
        If an indicator to be turned round has no weight.

    Examples
    --------
    >>> weights = Weights(names=["loyalty", "overdue"], values=[0.75, 0.25])
    >>> system = IndicatorSystem(weights, lower_is_better=["overdue"])
    >>> table = ValueTable(
    ...     customers=CustomerIndex(["a", "b"]), measures={"loyalty": [2.0, 6.0], "overdue": [0.0, 30.0]})
    >>> system.fit(table).score(table).index.values.tolist()
    [0.25, 0.75]
    """

    weights: Weights
    scaling: Scaling = Scaling.MIN_MAX
    lower_is_better: tuple[str, ...] = attrs.field(default=(), converter=strings)

    def __attrs_post_init__(self) -> None:
        strange = sorted(set(self.lower_is_better) - set(self.weights.names))
        if strange:
            expected = f"indicators among {list(self.weights.names)}"
            raise InputError("IndicatorSystem.lower_is_better", expected=expected, got=f"{strange}")

    def fit(self, table: ValueTable, /) -> FittedIndicators:
        """Learn the range of every indicator, so that later customers are scored on the same scale.

        Raises
        ------
        InputError
            Naming indicators that are missing or not known for everyone.
        """
        columns = {name: np.sort(_known(table, name)) for name in self.weights.names}
        return FittedIndicators(system=self, seen=columns)


@attrs.frozen(kw_only=True, eq=False)
class FittedIndicators(ArrayHolder):
    """An indicator system with its scales known.

    Parameters
    ----------
    system
        The settings.
    seen
        Indicator to the sorted values it was learned from.
    """

    system: IndicatorSystem
    seen: Mapping[str, FloatArray] = attrs.field(converter=float_arrays)

    def score(self, table: ValueTable, /) -> IndicatorScores:
        """Scale and weigh the indicators of these customers.

        An indicator that was the same for everyone says nothing: it scores 0.5 for all.

        Raises
        ------
        InputError
            Naming indicators that are missing or not known for everyone.
        """
        scaled = {}
        for name, seen in self.seen.items():
            share = _scaled(_known(table, name), seen, self.system.scaling)
            scaled[name] = 1.0 - share if name in self.system.lower_is_better else share
        return IndicatorScores(customers=table.customers, scaled=scaled, weights=self.system.weights)


def _known(table: ValueTable, name: str) -> FloatArray:
    values = table[name]
    missing = table.customers.ids[~np.isfinite(values)]
    if missing.size or not values.size:
        hint = "Fill in what is not known by a stated rule first; a gap is not a zero."
        got = f"none for {missing.size:,} customers, e.g. {missing[:5].tolist()}"
        raise InputError(f"indicator {name!r}", expected="a number for every customer", got=got, hint=hint)
    return values


def _scaled(values: FloatArray, seen: FloatArray, scaling: Scaling) -> FloatArray:
    if seen[0] == seen[-1]:
        return np.full(values.size, 0.5)
    if scaling is Scaling.MIN_MAX:
        share: FloatArray = np.clip((values - seen[0]) / (seen[-1] - seen[0]), 0.0, 1.0)
        return share
    below = np.searchsorted(seen, values, side="left") + np.searchsorted(seen, values, side="right")
    rank: FloatArray = below / (2.0 * seen.size)
    return rank


def knowledge_score(
    contributions: ValueTable, points: Mapping[str, float], /, *, worth: float = 0.0, unit: str = ""
) -> CustomerValues:
    """Score what customers teach the firm: contributions times points; money only if a point has a price.

    No closed form of knowledge value is published; points come from judgement, and so does ``worth``.

    Parameters
    ----------
    contributions
        Counts of contributions by kind: reviews, bug reports, ideas taken up, test panels ...
    points
        Points of one contribution of each kind.
    worth
        Money a point is worth to the firm, 0 for a bare score.
    unit
        Currency code if ``worth`` is given.

    Raises
    ------
    InputError
        If a kind with points is not in the table, or a count is missing or negative.

    Examples
    --------
    >>> table = ValueTable(customers=CustomerIndex(["a", "b"]), measures={"reviews": [3, 0], "ideas": [1, 0]})
    >>> knowledge_score(table, {"reviews": 1.0, "ideas": 5.0}).values.tolist()
    [8.0, 0.0]
    """
    score = np.zeros(len(contributions.customers))
    for kind, each in points.items():
        counts = _known(contributions, kind)
        if float(counts.min()) < 0.0:
            raise InputError(f"contributions {kind!r}", expected="counts of 0 or more", got=f"{float(counts.min())}")
        score += each * counts
    priced = worth != 0.0
    return CustomerValues(
        customers=contributions.customers,
        values=worth * score if priced else score,
        measure="knowledge_value" if priced else "knowledge_score",
        unit=unit if priced else "points",
    )
