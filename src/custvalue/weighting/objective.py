"""Weights from the data's own spread, from a ranking of criteria, or given."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence

import attrs
import numpy as np

from custvalue._arrays import FloatArray
from custvalue.data import ValueTable, Weights
from custvalue.errors import Fault, InputError, SchemaError
from custvalue.weighting._kernels import criteria as kernel
from custvalue.weighting.directions import Direction, cost_flags, criteria_matrix

__all__ = ["CriticWeights", "EntropyWeights", "RankOrder", "RankRule", "direct_weights"]


@attrs.frozen
class EntropyWeights:
    """Weights from entropy: a criterion counts for more the more unevenly it is spread.

    Notes
    -----
    E_j = -sum p ln p / ln n with p = x / sum x; weights in proportion to 1 - E_j. A constant criterion weighs 0; if all
    are constant, all weigh the same. Direction plays no part. Shannon (1948); Hwang and Yoon (1981).

    Examples
    --------
    >>> from custvalue.data import CustomerIndex
    >>> table = ValueTable(customers=CustomerIndex(["a", "b"]), measures={"even": [1.0, 1.0], "uneven": [1.0, 9.0]})
    >>> EntropyWeights().weigh(table).values.tolist()
    [0.0, 1.0]
    """

    def weigh(self, table: ValueTable, /, *, criteria: Sequence[str] | None = None) -> Weights:
        """Draw the weights.

        Parameters
        ----------
        table
            Alternatives (customers, offers, regions) and their criteria, 0 or more.
        criteria
            Which measures to use; all by default.

        Raises
        ------
        InputError
            If there are fewer than two alternatives.
        SchemaError
            Naming every criterion with missing or negative values.
        """
        names = tuple(criteria or table.names)
        x = criteria_matrix(table, names)
        negative = (name for name, column in zip(names, x.T, strict=True) if (column < 0).any())
        hint = "Shift it, or scale it to 0..1 first."
        faults = [Fault(f"criterion {name!r}", "values of 0 or more", "negative ones", hint) for name in negative]
        SchemaError.raise_for("EntropyWeights", faults)
        return _weights(names, kernel.normalised(_cleared(1.0 - kernel.entropy(x))), "entropy")


@attrs.frozen
class CriticWeights:
    """CRITIC weights: spread of a criterion times its conflict with the others.

    Parameters
    ----------
    directions
        Criterion to :class:`Direction`, for every criterion used.

    References
    ----------
    Diakoulaki, Mavrotas and Papayannakis (1995), Computers & Operations Research 22.
    """

    directions: Mapping[str, Direction] = attrs.field(hash=False)

    def weigh(self, table: ValueTable, /) -> Weights:
        """Draw the weights; criteria are scaled to 0..1, the best 1.

        Raises
        ------
        InputError
            If there are fewer than two alternatives or a criterion is not in the table.
        """
        names = tuple(self.directions)
        y = kernel.min_max(criteria_matrix(table, names), cost_flags(names, self.directions))
        return _weights(names, kernel.normalised(_cleared(kernel.critic(y))), "CRITIC")


class RankRule(enum.Enum):
    """How a ranking of n criteria becomes weights."""

    CENTROID = "rank-order centroid"  # w_i = (1/n) sum_{k>=i} 1/k
    RECIPROCAL = "rank reciprocal"  # w_i ~ 1/i
    SUM = "rank sum"  # w_i ~ n + 1 - i


@attrs.frozen
class RankOrder:
    """Weights from a mere ranking of the criteria, the most important first.

    Parameters
    ----------
    rule
        How ranks become weights.

    References
    ----------
    Barron and Barrett (1996), Management Science 42.

    Examples
    --------
    >>> RankOrder().weigh(["recency", "frequency", "monetary"]).values.round(4).tolist()
    [0.6111, 0.2778, 0.1111]
    """

    rule: RankRule = RankRule.CENTROID

    def weigh(self, ranked: Sequence[str], /) -> Weights:
        """Draw the weights from the criteria in order of importance."""
        n = len(ranked)
        if n == 0:
            raise InputError("RankOrder.weigh", expected="at least one criterion", got="none")
        place = np.arange(1, n + 1, dtype=np.float64)
        raw = {
            RankRule.CENTROID: np.cumsum(1.0 / place[::-1])[::-1] / n,
            RankRule.RECIPROCAL: 1.0 / place,
            RankRule.SUM: n + 1.0 - place,
        }[self.rule]
        return _weights(ranked, kernel.normalised(raw), self.rule.value)


def direct_weights(points: Mapping[str, float]) -> Weights:
    """Turn points into weights that add up to 1.

    Parameters
    ----------
    points
        Criterion to points, 0 or more, not all 0.

    Raises
    ------
    InputError
        If points are negative, not finite or all 0.

    Examples
    --------
    >>> direct_weights({"R": 1, "F": 3})
    Weights(R=0.25, F=0.75; given)
    """
    values = np.array(list(points.values()), dtype=np.float64)
    if not np.isfinite(values).all() or (values < 0).any() or values.sum() <= 0:
        raise InputError("direct_weights", expected="points of 0 or more, not all 0", got=repr(dict(points)))
    return _weights(points, values / values.sum(), "given")


def _cleared(w: FloatArray) -> FloatArray:
    # what is left of a constant criterion after rounding is not a weight
    return np.where(w > 1e-14, w, 0.0)


def _weights(names: Iterable[str], values: FloatArray, method: str) -> Weights:
    return Weights(names=tuple(names), values=values, method=method)
