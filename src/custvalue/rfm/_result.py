"""The scores of a population at one date."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from custvalue._arrays import ArrayHolder, FloatArray, IntArray, LabelArray, as_floats, locked
from custvalue._frames import Column, FrameKind, build_frame
from custvalue.data import CustomerIndex, Horizon, ValueTable, Weights
from custvalue.errors import InputError
from custvalue.rfm._kernels.cutting import LevelArray, cell_index
from custvalue.rfm.dimensions import Dimension

__all__ = ["RFMScores"]


def _kept(given: NDArray[Any], dtype: type[np.integer[Any]]) -> NDArray[Any]:
    if given.dtype == dtype and not given.flags.writeable and given.base is None:
        return given  # locked, and nobody else can unlock it by accident
    return locked(np.array(given, dtype=dtype))


def _small(value: Iterable[NDArray[Any]]) -> tuple[LevelArray, ...]:
    return tuple(_kept(column, np.int8) for column in value)


def _positions(value: NDArray[Any] | None) -> NDArray[np.int16] | None:
    return None if value is None else _kept(value, np.int16)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class RFMScores(ArrayHolder):
    """One score a dimension and customer, and the segment they lead to.

    Parameters
    ----------
    customers
        (n_customers,).
    dimensions
        What was scored.
    columns
        One (n_customers,) int8 column a dimension, from ``base`` for the worst.
    sizes
        How many levels each dimension has.
    base
        The lowest score, 0 or 1.
    observed_until
        The day the scores are of.
    segment_names
        Names of the segments; empty if no map was used.
    segment
        (n_customers,) position in ``segment_names``; None if no map was used.
    """

    customers: CustomerIndex
    dimensions: tuple[Dimension, ...]
    columns: tuple[LevelArray, ...] = attrs.field(converter=_small)
    sizes: tuple[int, ...]
    base: int
    observed_until: np.datetime64
    segment_names: tuple[str, ...] = ()
    segment: NDArray[np.int16] | None = attrs.field(default=None, converter=_positions)

    def __attrs_post_init__(self) -> None:
        n = len(self.customers)
        lengths = {len(self.dimensions), len(self.columns), len(self.sizes)}
        if len(lengths) != 1 or any(column.size != n for column in self.columns):
            raise InputError("RFMScores", expected=f"{n} scores for each dimension", got="other lengths")
        if self.segment is not None and self.segment.size != n:
            raise InputError("RFMScores.segment", expected=f"{n} segments", got=str(self.segment.size))

    def __getitem__(self, code: str) -> LevelArray:
        """Scores of one dimension by its code, (n_customers,) int8.

        Raises
        ------
        InputError
            If that dimension was not scored.
        """
        codes = [dimension.code for dimension in self.dimensions]
        if code not in codes:
            raise InputError("RFMScores", expected=f"one of {codes}", got=repr(code))
        return self.columns[codes.index(code)]

    @property
    def recency(self) -> LevelArray:
        """Scores of recency, (n_customers,); high means bought lately."""
        return self["R"]

    @property
    def frequency(self) -> LevelArray:
        """Scores of frequency, (n_customers,)."""
        return self["F"]

    @property
    def monetary(self) -> LevelArray:
        """Scores of money, (n_customers,)."""
        return self["M"]

    @property
    def codes(self) -> LabelArray:
        """Codes such as ``"555"``, (n_customers,); written ``"10-3-7"`` where a score can have two digits."""
        wide = max(size - 1 + self.base for size in self.sizes) > 9
        combos = np.indices(self.sizes).reshape(len(self.sizes), -1).T + self.base
        words = np.array([("-" if wide else "").join(map(str, combo)) for combo in combos.tolist()])
        return locked(words[self.cells])

    @property
    def cells(self) -> IntArray:
        """Number of each customer's combination of scores, (n_customers,), the first dimension counting most."""
        return cell_index([column - np.int8(self.base) for column in self.columns], self.sizes, len(self.customers))

    @property
    def segments(self) -> LabelArray:
        """Segment name of each customer, (n_customers,).

        Raises
        ------
        InputError
            If the scorer had no segment map.
        """
        return locked(np.array(self.segment_names)[self._segment()])

    @property
    def total(self) -> IntArray:
        """Sum of the scores, (n_customers,)."""
        return locked(sum((column.astype(np.int64) for column in self.columns), start=np.int64(0)) + self._nobody())

    def weighted(self, weights: Weights) -> FloatArray:
        """Weighted mean of the scores, (n_customers,).

        Parameters
        ----------
        weights
            By dimension code, from AHP, entropy or given.

        Raises
        ------
        InputError
            If the weights name other dimensions.
        """
        codes = [dimension.code for dimension in self.dimensions]
        if set(weights.names) != set(codes):
            raise InputError("RFMScores.weighted", expected=f"weights of {codes}", got=f"{list(weights.names)}")
        score = np.zeros(len(self.customers))
        for code, column in zip(codes, self.columns, strict=True):
            score += weights[code] * column
        return locked(score)

    def decayed(self, days_since_last: ArrayLike, half_life: Horizon, weights: Weights | None = None) -> FloatArray:
        """Score that fades with silence: score x (1/2) ** (days since the last purchase / half life), (n_customers,).

        Parameters
        ----------
        days_since_last
            (n_customers,) days, as ``summary.days_since_last``.
        half_life
            After how long a silence half the score is left.
        weights
            Weights of the dimensions; equal ones by default.

        Raises
        ------
        InputError
            If there is not one number of days, 0 or more, for each customer.
        """
        days = as_floats(days_since_last)
        if days.size != len(self.customers) or not (days >= 0).all():
            expected = f"{len(self.customers)} days, 0 or more"
            got = f"{days.size} days, {np.count_nonzero(~(days >= 0))} of them negative or missing"
            raise InputError("RFMScores.decayed", expected=expected, got=got)
        score = self.total / len(self.dimensions) if weights is None else self.weighted(weights)
        faded: FloatArray = score * np.exp2(-days / half_life.days)
        return locked(faded)

    @property
    def table(self) -> ValueTable:
        """The scores as measures by dimension code, for entropy weights, portfolios and clusters."""
        measures = {d.code: column.astype(np.float64) for d, column in zip(self.dimensions, self.columns, strict=True)}
        return ValueTable(customers=self.customers, measures=measures, origins=dict.fromkeys(measures, "RFM score"))

    def segment_sizes(self, like: FrameKind = "pandas") -> object:
        """One row a segment, also empty ones: segment, customers, share."""
        counts = np.bincount(self._segment(), minlength=len(self.segment_names))
        share = counts / max(len(self.customers), 1)
        return build_frame({"segment": list(self.segment_names), "customers": counts, "share": share}, like)

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer: customer, one ``<name>_score`` a dimension, code, and segment if there is a map."""
        columns: dict[str, Column] = {"customer": self.customers.ids}
        for dimension, column in zip(self.dimensions, self.columns, strict=True):
            columns[f"{dimension.name}_score"] = column.astype(np.int64)
        columns["code"] = self.codes
        if self.segment is not None:
            columns["segment"] = self.segments
        return build_frame(columns, like)

    def _repr_html_(self) -> str:
        if self.segment is None:
            return f"<p>{escape(repr(self))}</p>"
        counts = np.bincount(self.segment, minlength=len(self.segment_names))
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td style='text-align:right'>{n:,}</td></tr>"
            for name, n in zip(self.segment_names, counts, strict=True)
        )
        head = "<tr><th>segment</th><th>customers</th></tr>"
        return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"

    def _segment(self) -> NDArray[np.int16]:
        if self.segment is None:
            hint = "RFMScorer(segments=cv.segments.ELEVEN)."
            raise InputError("RFMScores.segments", expected="a scorer with a segment map", got="none", hint=hint)
        return self.segment

    def _nobody(self) -> IntArray:
        return np.zeros(len(self.customers), dtype=np.int64)

    def __repr__(self) -> str:
        """One line."""
        codes = "".join(dimension.code for dimension in self.dimensions)
        segments = f", {len(self.segment_names)} segments" if self.segment_names else ""
        return f"RFMScores({len(self.customers):,} customers, {codes} at {str(self.observed_until)[:10]}{segments})"
