"""Service quality: the gap between what customers expect and what they meet."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, FloatArray, IntArray, float_array, int_array, locked
from custvalue._frames import FrameKind, build_frame
from custvalue.data import Weights
from custvalue.errors import InputError

__all__ = ["SERVQUAL_22", "Servqual", "ServqualResult"]


def _items(value: Mapping[str, tuple[int, ...]]) -> Mapping[str, tuple[int, ...]]:
    return MappingProxyType({name: tuple(items) for name, items in value.items()})


SERVQUAL_22: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "tangibles": (1, 2, 3, 4),
        "reliability": (5, 6, 7, 8, 9),
        "responsiveness": (10, 11, 12, 13),
        "assurance": (14, 15, 16, 17),
        "empathy": (18, 19, 20, 21, 22),
    }
)


@attrs.frozen(kw_only=True, eq=False)
class Servqual:
    """Gaps between perception and expectation, by item, by dimension and over all.

    Parameters
    ----------
    dimensions
        Dimension to its item numbers, counted from 1; the 22 items of the original by default.
    weights
        Weight of each dimension; equal ones by default.
    reversed_items
        Items where a high answer is bad; turned round on the scale before anything else.
    scale
        Lowest and highest answer.

    Raises
    ------
    InputError
        If an item belongs to two dimensions or a reversed one to none, or the weights name others.

    References
    ----------
    Parasuraman, Zeithaml and Berry (1988), SERVQUAL, Journal of Retailing 64.
    """

    dimensions: Mapping[str, tuple[int, ...]] = attrs.field(default=SERVQUAL_22, converter=_items)
    weights: Weights | None = None
    reversed_items: tuple[int, ...] = ()
    scale: tuple[float, float] = (1.0, 7.0)

    def __attrs_post_init__(self) -> None:
        items = [item for group in self.dimensions.values() for item in group]
        if not items or len(set(items)) != len(items) or min(items) < 1:
            raise InputError(
                "Servqual.dimensions", expected="each item in one dimension", got=str(dict(self.dimensions))
            )
        strangers = [item for item in self.reversed_items if item not in items]
        if strangers:
            hint = "Items are counted from 1."
            expected = "items of the dimensions"
            raise InputError("Servqual.reversed_items", expected=expected, got=repr(strangers), hint=hint)
        if self.weights is not None and set(self.weights.names) != set(self.dimensions):
            got = str(self.weights.names)
            raise InputError("Servqual.weights", expected=f"weights of {list(self.dimensions)}", got=got)

    def measure(self, expectation: FloatArray, perception: FloatArray, /) -> ServqualResult:
        """Take the answers of respondents.

        Parameters
        ----------
        expectation, perception
            (n_respondents, n_items) answers on the scale; NaN where there is none. An item counts for a respondent only
            with both answers.

        Raises
        ------
        InputError
            If the shapes differ, items are missing or an answer is off the scale.
        """
        expected, met = (self._turned(np.array(answers, dtype=np.float64)) for answers in (expectation, perception))
        if expected.shape != met.shape:
            raise InputError("Servqual.measure", expected=f"shape {expected.shape}", got=f"shape {met.shape}")
        gaps = met - expected
        answered = (~np.isnan(gaps)).sum(axis=0)
        item_gaps = _mean(gaps)
        columns = {name: np.array(items) - 1 for name, items in self.dimensions.items()}
        dimension_gaps = np.array([_mean(item_gaps[at][:, None])[0] for at in columns.values()])
        return ServqualResult(
            names=tuple(columns),
            item_gaps=item_gaps,
            answers=answered,
            dimension_gaps=dimension_gaps,
            alpha=np.array([_cronbach(gaps[:, at]) for at in columns.values()]),
            weights=self.weights,
        )

    def _turned(self, answers: FloatArray) -> FloatArray:
        last = max(item for items in self.dimensions.values() for item in items)
        if answers.ndim != 2 or answers.shape[1] < last:
            raise InputError("Servqual.measure", expected=f"a table of {last} items or more", got=str(answers.shape))
        low, high = self.scale
        off = int(np.count_nonzero((answers < low) | (answers > high)))
        if off:
            expected = f"answers from {low:g} to {high:g}"
            raise InputError("Servqual.measure", expected=expected, got=f"{off:,} off the scale")
        at = [item - 1 for item in self.reversed_items]
        answers[:, at] = low + high - answers[:, at]
        return answers


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ServqualResult(ArrayHolder):
    """Gaps; negative where the service falls short of what is expected.

    Parameters
    ----------
    names
        Dimensions.
    item_gaps
        (n_items,) mean gap of each item; NaN without answers.
    answers
        (n_items,) respondents with both answers.
    dimension_gaps
        (n_dimensions,) mean of the item gaps.
    alpha
        (n_dimensions,) Cronbach's alpha of the gaps, over respondents with all items; NaN if it cannot be computed.
    weights
        Weight of each dimension, or None.
    """

    names: tuple[str, ...]
    item_gaps: FloatArray = float_array()
    answers: IntArray = int_array()
    dimension_gaps: FloatArray = float_array()
    alpha: FloatArray = float_array()
    weights: Weights | None = None

    @property
    def overall(self) -> float:
        """Mean of the dimension gaps, weighted if weights were given; NaN if a dimension has no answer."""
        if self.weights is None:
            return float(self.dimension_gaps.mean())
        return float(sum(self.weights[name] * gap for name, gap in zip(self.names, self.dimension_gaps, strict=True)))

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a dimension: dimension, gap, alpha."""
        return build_frame({"dimension": list(self.names), "gap": self.dimension_gaps, "alpha": self.alpha}, like)

    def __repr__(self) -> str:
        """One line."""
        gaps = ", ".join(f"{name} {gap:+.2f}" for name, gap in zip(self.names, self.dimension_gaps, strict=True))
        return f"ServqualResult({gaps}; overall {self.overall:+.2f})"


def _mean(columns: FloatArray) -> FloatArray:
    known = ~np.isnan(columns)
    n = known.sum(axis=0)
    total = np.where(known, columns, 0.0).sum(axis=0)
    return locked(np.where(n > 0, total / np.maximum(n, 1), np.nan))


def _cronbach(answers: FloatArray) -> float:
    # alpha = k / (k - 1) (1 - sum of item variances / variance of the sum)
    complete = answers[~np.isnan(answers).any(axis=1)]
    n, k = complete.shape
    if n < 2 or k < 2:
        return float("nan")
    whole = complete.sum(axis=1).var(ddof=1)
    return float(k / (k - 1) * (1 - complete.var(axis=0, ddof=1).sum() / whole)) if whole > 0 else float("nan")
