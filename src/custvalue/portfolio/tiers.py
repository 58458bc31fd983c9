"""The tier shape: one ranked measure, cut into classes from best to worst."""

from __future__ import annotations

import attrs

from custvalue.data import ValueTable
from custvalue.errors import InputError
from custvalue.portfolio import presets
from custvalue.portfolio._scheme import Cells
from custvalue.portfolio.axes import AxisLike
from custvalue.portfolio.cuts import Above, CutRule, Floored, TopShare, ValueShare, needed
from custvalue.portfolio.matrix import FittedGrid, Tie, fit_grid

__all__ = ["ParetoABC", "Pyramid", "TierClassifier", "TwoTier"]


def _one_axis(_: object, field: attrs.Attribute[Cells], value: Cells) -> None:
    if len(value.axes) != 1:
        raise InputError(field.name, expected="cells with one axis", got=f"{len(value.axes)} axes")


@attrs.frozen(kw_only=True)
class TierClassifier:
    """Ranked tiers along one measure.

    Parameters
    ----------
    measure
        A measure by name, or a :class:`Blend` of several.
    cuts
        How the borders are found; one fewer than there are tiers.
    tiers
        The tiers; ``Cells.ranked`` makes them from a scheme.
    tie
        Which side a value exactly at a cut belongs to.

    Examples
    --------
    >>> from custvalue.data import CustomerIndex
    >>> from custvalue.portfolio import Fixed, presets
    >>> values = ValueTable(customers=CustomerIndex(["a", "b"]), measures={"profit": [120.0, 30.0]})
    >>> grade = TierClassifier(measure="profit", cuts=Fixed(100), tiers=presets.TWO_TIER)
    >>> grade.fit(values).classify(values).labels.tolist()
    ['gold', 'iron']
    """

    measure: AxisLike
    cuts: CutRule
    tiers: Cells = attrs.field(validator=_one_axis)
    tie: Tie = Tie.HIGH

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures it needs."""
        return needed((self.measure,), (self.cuts,))

    def fit(self, values: ValueTable, /) -> FittedGrid:
        """Learn the borders on a population.

        Raises
        ------
        SchemaError
            If the table lacks the measure.
        InputError
            If the rule cannot learn, or gives more or fewer borders than the tiers have.
        """
        return fit_grid(values, (self.measure,), (self.cuts,), self.tiers, (self.tie,))


def _share(_: object, field: attrs.Attribute[float], value: float) -> None:
    if not 0 < value < 1:
        raise InputError(field.name, expected="a share between 0 and 1", got=str(value))


@attrs.frozen(kw_only=True)
class Pyramid:
    """The customer pyramid: platinum, gold, iron and lead.

    Lead is whoever costs money (below ``floor``); platinum and gold are the top shares by rank of all customers with
    a value, always above the floor, so that who just breaks even is iron however few earn anything; iron is the rest.

    Customers of equal profit are never parted: all of them go where the best place of theirs goes, and a class may then
    hold more than its share. Ten customers who all earn the same are all platinum.

    Parameters
    ----------
    measure
        Profit of the customer, by name, or a :class:`Blend`.
    platinum
        Share of the customers at the top.
    gold
        Share that follows.
    floor
        Lead lies below it.
    tiers
        Labels and policies.

    References
    ----------
    Zeithaml, V., Rust, R. and Lemon, K. (2001), The customer pyramid, California Management Review 43(4). The paper
    prescribes no thresholds; 5 % and 15 % make the usual top 20 %.

    Examples
    --------
    >>> from custvalue.data import CustomerIndex
    >>> values = ValueTable(customers=CustomerIndex(range(20)), measures={"profit": [float(p) for p in range(-1, 19)]})
    >>> pyramid = Pyramid().fit(values).classify(values)
    >>> pyramid
    Classification(customer pyramid, 20 customers: platinum 1, gold 3, iron 15, lead 1)
    """

    measure: AxisLike = "profit"
    platinum: float = attrs.field(default=0.05, validator=_share)
    gold: float = attrs.field(default=0.15, validator=_share)
    floor: float = 0.0
    tiers: Cells = attrs.field(default=presets.PYRAMID, validator=_one_axis)

    def __attrs_post_init__(self) -> None:
        if self.platinum + self.gold > 1:
            raise InputError("Pyramid", expected="platinum + gold of at most 1", got=str(self.platinum + self.gold))

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures it needs."""
        return needed((self.measure,))

    def fit(self, values: ValueTable, /) -> FittedGrid:
        """Learn the borders on a population.

        Raises
        ------
        SchemaError
            If the table lacks the measure.
        InputError
            If no customer has a value.
        """
        cuts = Floored(TopShare((self.platinum, self.platinum + self.gold)), self.floor)
        return fit_grid(values, (self.measure,), (cuts,), self.tiers)


@attrs.frozen(kw_only=True)
class TwoTier:
    """80/20: gold is the top share of the customers, iron the rest.

    Gold always lies above the floor, however few earn anything: who only costs money is never gold. Customers of equal
    value at the border are all gold, which may then hold more than its share.

    Parameters
    ----------
    measure
        A measure by name, or a :class:`Blend`.
    cuts
        ``TopShare(0.2)`` takes the top 20 % of the customers, ``ValueShare(0.8)`` the fewest who carry 80 %.
    tiers
        Labels and policies.
    floor
        Gold lies above it; ``-math.inf`` for a measure, such as a standardised index, that has no zero of its own.

    Examples
    --------
    >>> from custvalue.data import CustomerIndex
    >>> values = ValueTable(customers=CustomerIndex(range(10)), measures={"profit": [float(p) for p in range(10)]})
    >>> TwoTier().fit(values).classify(values)
    Classification(two tiers, 10 customers: gold 2, iron 8)
    """

    measure: AxisLike = "profit"
    cuts: CutRule = attrs.field(factory=lambda: TopShare(0.2))
    tiers: Cells = attrs.field(default=presets.TWO_TIER, validator=_one_axis)
    floor: float = 0.0

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures it needs."""
        return needed((self.measure,), (self.cuts,))

    def fit(self, values: ValueTable, /) -> FittedGrid:
        """Learn the border on a population; see :meth:`TierClassifier.fit`."""
        return fit_grid(values, (self.measure,), (Above(self.cuts, self.floor),), self.tiers)


@attrs.frozen(kw_only=True)
class ParetoABC:
    """Pareto classes by cumulative share of value: A the fewest who carry 80 %, B up to 95 %, C the rest, D no value.

    The customer who crosses a share belongs to the upper class, and with it all customers of equal value: ten who all
    bring the same are all A. D has zero or less, or costs money.

    Parameters
    ----------
    measure
        A measure by name, or a :class:`Blend`.
    shares
        Where A and B end, as cumulative shares of all value above zero.
    tiers
        Labels and policies.

    Examples
    --------
    >>> from custvalue.data import CustomerIndex
    >>> values = ValueTable(customers=CustomerIndex(range(5)), measures={"profit": [50.0, 30.0, 15.0, 5.0, -1.0]})
    >>> ParetoABC().fit(values).classify(values).labels.tolist()
    ['A', 'A', 'B', 'C', 'D']
    """

    measure: AxisLike = "profit"
    shares: tuple[float, float] = (0.8, 0.95)
    tiers: Cells = attrs.field(default=presets.PARETO_ABC, validator=_one_axis)

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures it needs."""
        return needed((self.measure,))

    def fit(self, values: ValueTable, /) -> FittedGrid:
        """Learn the borders on a population; see :meth:`TierClassifier.fit`."""
        return fit_grid(values, (self.measure,), (ValueShare(self.shares, positive_only=True),), self.tiers)
