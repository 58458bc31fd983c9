"""Cut rules: how the border between low and high is found.

A rule learns cut points from one column, once, at ``fit``; ``classify`` only applies them. A rule is any object with
``learn(values) -> tuple of floats``; the ones here are settings and nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import Protocol, runtime_checkable

import attrs
import numpy as np

from custvalue._arrays import BoolArray, FloatArray
from custvalue.data import ValueTable
from custvalue.errors import InputError
from custvalue.portfolio._kernels import cutting
from custvalue.portfolio.axes import AxisLike, require_finite

__all__ = [
    "Above",
    "CutRule",
    "Fixed",
    "Floored",
    "Mean",
    "Median",
    "NaturalBreaks",
    "Quantiles",
    "TopShare",
    "ValueShare",
    "WeightedMean",
]


@runtime_checkable
class CutRule(Protocol):
    """Anything that learns increasing cut points from a column free of NaN.

    ``str(rule)`` is what a result says about how its cuts were learnt.
    """

    def learn(self, values: FloatArray, /) -> tuple[float, ...]:
        """Return the cut points, lowest first."""
        ...


def _increasing(values: Iterable[float]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _shares(values: float | Iterable[float]) -> tuple[float, ...]:
    return (float(values),) if isinstance(values, int | float) else _increasing(values)


def _check_points(_: object, field: attrs.Attribute[tuple[float, ...]], value: tuple[float, ...]) -> None:
    if not value or not all(np.isfinite(value)) or any(a > b for a, b in pairwise(value)):
        raise InputError(field.name, expected="one or more finite numbers, lowest first", got=repr(value))


def _check_shares(_: object, field: attrs.Attribute[tuple[float, ...]], value: tuple[float, ...]) -> None:
    rising = all(a < b for a, b in pairwise(value))
    if not value or not rising or not all(0 < share <= 1 for share in value):
        raise InputError(field.name, expected="shares in (0, 1], smallest first", got=repr(value))


def _check_classes(_: object, field: attrs.Attribute[int], value: int) -> None:
    if value < 2:
        raise InputError(field.name, expected="at least 2 classes", got=str(value))


@attrs.frozen
class Fixed:
    """Cut points stated by the user.

    Parameters
    ----------
    at
        The points, lowest first.

    Examples
    --------
    >>> import numpy as np
    >>> Fixed((10, 20)).learn(np.array([1.0]))
    (10.0, 20.0)
    """

    at: tuple[float, ...] = attrs.field(converter=_shares, validator=_check_points)

    def learn(self, values: FloatArray, /) -> tuple[float, ...]:
        """Return the stated points; the data is not looked at."""
        del values
        return self.at

    def __str__(self) -> str:
        return "fixed at " + ", ".join(f"{point:g}" for point in self.at)


@attrs.frozen
class Median:
    """One cut at the median.

    Examples
    --------
    >>> import numpy as np
    >>> Median().learn(np.array([1.0, 2.0, 10.0]))
    (2.0,)
    """

    def learn(self, values: FloatArray, /) -> tuple[float, ...]:
        """Return the median."""
        return (float(np.median(values)),)

    def __str__(self) -> str:
        return "median"


@attrs.frozen
class Mean:
    """One cut at the plain mean over customers.

    Examples
    --------
    >>> import numpy as np
    >>> Mean().learn(np.array([1.0, 2.0, 9.0]))
    (4.0,)
    """

    def learn(self, values: FloatArray, /) -> tuple[float, ...]:
        """Return the mean, the same whatever the order of the customers."""
        return (float(np.mean(np.sort(values))),)

    def __str__(self) -> str:
        return "mean"


@attrs.frozen
class WeightedMean:
    """One cut at a mean in which customers weigh by another measure.

    The growth of customers, weighted by what they bought before, is the growth of their market as a whole.

    Parameters
    ----------
    weight
        Measure to weigh by, 0 or more; a customer without it does not count.

    Examples
    --------
    Sales of 100 doubled and of 300 stayed: together they grew by a quarter.

    >>> import numpy as np
    >>> WeightedMean("sales_before").learn_weighted(np.array([1.0, 0.0]), np.array([100.0, 300.0]))
    (0.25,)
    """

    weight: str

    def learn_weighted(self, values: FloatArray, weights: FloatArray, /) -> tuple[float, ...]:
        """Return the weighted mean, the same whatever the order of the customers.

        Raises
        ------
        InputError
            If a weight is negative or infinite, or all are 0.
        """
        there = ~np.isnan(weights)
        order = np.lexsort((weights[there], values[there]))
        heavy, ranked = weights[there][order], values[there][order]
        if np.any(heavy < 0) or not 0 < heavy.sum() < np.inf:
            got = f"{heavy.min():g} to {heavy.max():g}" if heavy.size else "none"
            raise InputError(f"measure {self.weight!r}", expected="weights of 0 or more, not all 0", got=got)
        mean = float((ranked * heavy).sum() / heavy.sum())
        return (min(max(mean, float(ranked[0])), float(ranked[-1])),)

    def learn(self, values: FloatArray, /) -> tuple[float, ...]:
        """Refuse: without the weights nothing can be learnt. Classifiers use :meth:`learn_weighted`.

        Raises
        ------
        InputError
            Always.
        """
        raise InputError(f"{self!r}", expected="weights too", got=f"{values.size} values", hint="Use learn_weighted.")

    def __str__(self) -> str:
        return f"mean weighted by {self.weight}"


@attrs.frozen
class Quantiles:
    """Cuts that part the customers into ``n`` groups of about equal number.

    Parameters
    ----------
    n
        Number of groups, 2 or more.

    Examples
    --------
    >>> import numpy as np
    >>> Quantiles(4).learn(np.arange(5.0))
    (1.0, 2.0, 3.0)
    """

    n: int = attrs.field(default=3, validator=_check_classes)

    def learn(self, values: FloatArray, /) -> tuple[float, ...]:
        """Return the n - 1 inner quantiles (linear interpolation)."""
        return _increasing(np.quantile(values, np.arange(1, self.n) / self.n))

    def __str__(self) -> str:
        return f"{self.n} groups of equal number"


@attrs.frozen
class TopShare:
    """Cuts so that the top ``shares`` of the customers, by rank, lie above them.

    Parameters
    ----------
    shares
        Shares of the customers counted from the top, smallest first: ``(0.05, 0.20)`` parts off the top 5 % and
        the next 15 %. A customer who ties with the last one inside is inside too.

    Examples
    --------
    >>> import numpy as np
    >>> TopShare(0.2).learn(np.arange(10.0))
    (8.0,)
    """

    shares: tuple[float, ...] = attrs.field(converter=_shares, validator=_check_shares, default=(0.5,))

    def learn(self, values: FloatArray, /) -> tuple[float, ...]:
        """Return the value of the last customer inside each share, lowest first."""
        return _increasing(cutting.top_share(values, share) for share in reversed(self.shares))

    def __str__(self) -> str:
        return "top " + ", ".join(f"{share:.4g}" for share in self.shares) + " of the customers"


@attrs.frozen
class ValueShare:
    """Cuts by cumulative share of value (Pareto ABC): the fewest customers who carry that share lie above.

    Parameters
    ----------
    shares
        Cumulative shares, smallest first. The customer who crosses the share belongs to the upper class. Only
        amounts above zero count; where ``positive_only`` is set, one more cut just above zero parts off the rest.
    positive_only
        Add the cut just above zero.

    Examples
    --------
    >>> import numpy as np
    >>> ValueShare((0.8, 0.95)).learn(np.array([50.0, 30.0, 15.0, 5.0]))
    (15.0, 30.0)
    """

    shares: tuple[float, ...] = attrs.field(converter=_shares, validator=_check_shares, default=(0.8, 0.95))
    positive_only: bool = False

    def learn(self, values: FloatArray, /) -> tuple[float, ...]:
        """Return the value of the customer who crosses each share, lowest first."""
        points = [cutting.value_share(values, share) for share in reversed(self.shares)]
        zero = [math.nextafter(0.0, 1.0)] if self.positive_only else []
        return _increasing([*zero, *points])

    def __str__(self) -> str:
        above = ", zero and less apart" if self.positive_only else ""
        return "cumulative value share " + ", ".join(f"{share:.4g}" for share in self.shares) + above


@attrs.frozen
class NaturalBreaks:
    """Cuts where the values themselves part best (Fisher-Jenks, which is k-means in one dimension, solved exactly).

    Parameters
    ----------
    n
        Number of groups, 2 or more; fewer if there are fewer distinct values.

    References
    ----------
    Fisher, W. D. (1958), On grouping for maximum homogeneity, JASA 53.

    Examples
    --------
    >>> import numpy as np
    >>> NaturalBreaks(2).learn(np.array([1.0, 2.0, 10.0, 12.0]))
    (6.0,)
    """

    n: int = attrs.field(default=3, validator=_check_classes)

    def learn(self, values: FloatArray, /) -> tuple[float, ...]:
        """Return the n - 1 breaks; a missing one (too few distinct values) repeats the highest."""
        points = cutting.natural_breaks(values, self.n)
        last = points[-1] if points else float(values.max())
        return points + (last,) * (self.n - 1 - len(points))

    def __str__(self) -> str:
        return f"{self.n} natural groups"


@attrs.frozen
class Above:
    """Another rule, its cuts moved to just above a floor where they would fall to it.

    Parameters
    ----------
    rule
        The rule for the cuts.
    floor
        No cut lies at or below it.

    Examples
    --------
    >>> import numpy as np
    >>> Above(TopShare(0.75), 2.0).learn(np.array([-5.0, -1.0, 3.0, 8.0]))[0] > 2.0
    True
    """

    rule: CutRule
    floor: float = 0.0

    def learn(self, values: FloatArray, /) -> tuple[float, ...]:
        """Return the rule's cuts, moved to just above the floor where they would fall to it."""
        above = math.nextafter(self.floor, math.inf)
        return tuple(max(point, above) for point in self.rule.learn(values))

    def __str__(self) -> str:
        return f"{self.rule}, above {self.floor:g}"


@attrs.frozen
class Floored:
    """Another rule, with a fixed lowest cut in front that the others always lie above.

    Parameters
    ----------
    rule
        The rule for the upper cuts.
    floor
        The lowest cut: 0 parts off the customers who cost money.

    Examples
    --------
    >>> import numpy as np
    >>> Floored(TopShare(0.25)).learn(np.array([-5.0, -1.0, 3.0, 8.0]))
    (0.0, 8.0)
    """

    rule: CutRule
    floor: float = 0.0

    def learn(self, values: FloatArray, /) -> tuple[float, ...]:
        """Return the floor, then the rule's cuts, moved to just above the floor where they would fall to it."""
        return (self.floor, *Above(self.rule, self.floor).learn(values))

    def __str__(self) -> str:
        return f"fixed at {self.floor:g}; {self.rule}"


def needed(axes: Iterable[AxisLike], rules: Iterable[CutRule] = ()) -> tuple[str, ...]:
    """List the measures that axes are made of and that rules weigh by, each once."""
    names = [name for axis in axes for name in ((axis,) if isinstance(axis, str) else axis.measures)]
    inner = (rule.rule if isinstance(rule, Above | Floored) else rule for rule in rules)
    return tuple(dict.fromkeys([*names, *(rule.weight for rule in inner if isinstance(rule, WeightedMean))]))


@attrs.frozen(eq=False)
class _Weighed:
    """A weighted rule with its weights."""

    rule: WeightedMean
    weights: FloatArray

    def learn(self, values: FloatArray, /) -> tuple[float, ...]:
        return self.rule.learn_weighted(values, self.weights)


def _bound(rule: CutRule, table: ValueTable, rows: BoolArray) -> CutRule:
    """Give a rule the weights it needs, also inside another one."""
    if isinstance(rule, WeightedMean):
        return _Weighed(rule, table[rule.weight][rows])
    return attrs.evolve(rule, rule=_bound(rule.rule, table, rows)) if isinstance(rule, Above | Floored) else rule


def learnt(rule: CutRule, values: FloatArray, where: str, table: ValueTable) -> tuple[float, ...]:
    """Let a rule learn from the values that are there.

    Raises
    ------
    SchemaError
        If there are infinite values to learn from, naming the customers.
    InputError
        If no customer has a value, or the rule returns cuts that do not increase.
    """
    there = ~np.isnan(values)
    present = values[there]
    if not isinstance(rule, Fixed):
        if present.size == 0:
            raise InputError(where, expected="at least one customer with a value", got="only missing values")
        require_finite(where, values, table.customers)
    points = tuple(float(point) for point in _bound(rule, table, there).learn(present))
    if any(np.isnan(points)) or any(a > b for a, b in pairwise(points)):
        raise InputError(where, expected="cut points, lowest first", got=f"{points} from {rule}")
    return points
