"""Ranking alternatives by several weighted criteria: TOPSIS, weighted sum, weighted product."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from types import MappingProxyType

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, BoolArray, FloatArray, IntArray, float_array, locked
from custvalue._frames import FrameKind, build_frame
from custvalue.data import CustomerIndex, ValueTable, Weights
from custvalue.errors import InputError
from custvalue.weighting._kernels import criteria as kernel
from custvalue.weighting.directions import Direction, cost_flags, criteria_matrix

__all__ = ["Ranking", "Scaling", "Topsis", "WeightedProduct", "WeightedSum"]


class Scaling(enum.Enum):
    """How criteria in different units are made comparable; the best is always the largest afterwards."""

    MIN_MAX = "min-max"  # 0 the worst, 1 the best
    Z_SCORE = "z-score"  # standard deviations from the mean
    RANK = "rank"  # share of the alternatives not better
    SHARE_OF_BEST = "share of best"  # x / best, or best / x for costs; positive values only


def _directions(value: Mapping[str, Direction]) -> Mapping[str, Direction]:
    return MappingProxyType(dict(value))


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Ranking(ArrayHolder):
    """The score of each alternative.

    Parameters
    ----------
    customers
        (n_alternatives,) the alternatives.
    scores
        (n_alternatives,) larger is better; NaN where the method does not tell them apart.
    method
        How they were scored.
    """

    customers: CustomerIndex
    scores: FloatArray = float_array()
    method: str

    @property
    def ranks(self) -> IntArray:
        """1 for the best, equal scores sharing the smaller rank, (n_alternatives,); undefined scores come last."""
        filled = np.where(np.isnan(self.scores), -np.inf, self.scores)
        return locked(1 + filled.size - np.searchsorted(np.sort(filled), filled, side="right"))

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row an alternative: customer, score, rank."""
        return build_frame({"customer": self.customers.ids, "score": self.scores, "rank": self.ranks}, like)

    def __repr__(self) -> str:
        """One line."""
        return f"Ranking({len(self.customers):,} alternatives, {self.method})"


@attrs.frozen(kw_only=True, eq=False)
class _Weighted:
    """What every way of ranking here is told: weights, and the direction of each criterion."""

    weights: Weights
    directions: Mapping[str, Direction] = attrs.field(converter=_directions)

    def __attrs_post_init__(self) -> None:
        cost_flags(self.weights.names, self.directions)


@attrs.frozen(kw_only=True, eq=False)
class Topsis(_Weighted):
    """Closeness to the ideal: near the best value of every criterion, far from the worst.

    Parameters
    ----------
    weights
        Weight of each criterion.
    directions
        Criterion to :class:`Direction`, for every criterion.

    Notes
    -----
    Criteria are divided by their root sum of squares, weighted, and C = d- / (d+ + d-) with Euclidean distances. Adding
    or dropping an alternative can turn the order of others. C is missing if all alternatives are identical.

    References
    ----------
    Hwang and Yoon (1981), Multiple Attribute Decision Making.

    Examples
    --------
    >>> from custvalue.data import CustomerIndex
    >>> measures = {"price": [10.0, 20.0], "quality": [1.0, 2.0]}
    >>> offers = ValueTable(customers=CustomerIndex(["a", "b"]), measures=measures)
    >>> even = Weights(names=["price", "quality"], values=[0.5, 0.5])
    >>> ways = {"price": Direction.COST, "quality": Direction.BENEFIT}
    >>> Topsis(weights=even, directions=ways).rank(offers).scores.tolist()
    [0.5, 0.5]
    """

    def rank(self, table: ValueTable, /) -> Ranking:
        """Score the alternatives of a table.

        Raises
        ------
        InputError
            If there are fewer than two, or a criterion is missing.
        """
        names = self.weights.names
        v = kernel.vector(criteria_matrix(table, names)) * self.weights.values
        scores = kernel.closeness(v, cost_flags(names, self.directions))
        return Ranking(customers=table.customers, scores=scores, method="TOPSIS")


_SCALERS: dict[Scaling, Callable[[FloatArray, BoolArray], FloatArray]] = {
    Scaling.MIN_MAX: kernel.min_max,
    Scaling.Z_SCORE: kernel.z_score,
    Scaling.RANK: kernel.rank,
    Scaling.SHARE_OF_BEST: kernel.share_of_best,
}


@attrs.frozen(kw_only=True, eq=False)
class WeightedSum(_Weighted):
    """Weighted index: the weighted sum of scaled criteria.

    Parameters
    ----------
    weights
        Weight of each criterion.
    directions
        Criterion to :class:`Direction`, for every criterion.
    scaling
        How the criteria are made comparable.
    """

    scaling: Scaling = Scaling.MIN_MAX

    def rank(self, table: ValueTable, /) -> Ranking:
        """Score the alternatives of a table.

        Raises
        ------
        InputError
            If there are fewer than two, a criterion is missing, or shares of the best are asked of values not positive.
        """
        y = _scaled(table, self.weights, self.directions, self.scaling)
        return Ranking(customers=table.customers, scores=y @ self.weights.values, method=f"sum, {self.scaling.value}")


@attrs.frozen(kw_only=True, eq=False)
class WeightedProduct(_Weighted):
    """Weighted product of shares of the best: weak spots are not made up for by strong ones.

    Parameters
    ----------
    weights
        Weight of each criterion.
    directions
        Criterion to :class:`Direction`, for every criterion.
    """

    def rank(self, table: ValueTable, /) -> Ranking:
        """Score the alternatives of a table, in (0, 1].

        Raises
        ------
        InputError
            If there are fewer than two, a criterion is missing, or a value is not positive.
        """
        y = _scaled(table, self.weights, self.directions, Scaling.SHARE_OF_BEST)
        return Ranking(customers=table.customers, scores=np.exp(np.log(y) @ self.weights.values), method="product")


def _scaled(table: ValueTable, weights: Weights, directions: Mapping[str, Direction], scaling: Scaling) -> FloatArray:
    x = criteria_matrix(table, weights.names)
    if scaling is Scaling.SHARE_OF_BEST and (x <= 0).any():
        wrong = [name for name, column in zip(weights.names, x.T, strict=True) if (column <= 0).any()]
        hint = "Use Scaling.MIN_MAX."
        raise InputError("share of best", expected="positive values", got=f"others in {wrong}", hint=hint)
    return _SCALERS[scaling](x, cost_flags(weights.names, directions))
