"""Scoring customers: thresholds learnt once, used on any date."""

from __future__ import annotations

import attrs
import numpy as np

from custvalue._arrays import locked
from custvalue.data import CustomerSummary, ValueTable
from custvalue.errors import InputError
from custvalue.rfm._kernels.cutting import look_up
from custvalue.rfm._protocol import Binning, FittedBinning
from custvalue.rfm._result import RFMScores
from custvalue.rfm.binning import Quantiles
from custvalue.rfm.dimensions import RFM, Dimension, DimensionTable, Monetary
from custvalue.rfm.segments import SegmentMap, SegmentTable

__all__ = ["FittedRFM", "RFMScorer"]


@attrs.frozen(kw_only=True)
class RFMScorer:
    """Recency, frequency, monetary scores, and their relatives.

    Parameters
    ----------
    binning
        How measures become levels: :class:`Quantiles`, :class:`NestedQuantiles`, :class:`Thresholds` or your own.
    monetary
        Whether money is the mean purchase or the total.
    segments
        Map from scores to segments; none by default.
    dimensions
        What is scored: :data:`RFM` by default; :data:`RFA`, :data:`LRFM`, :data:`RFMT`, :data:`RFMC` or your own.

    Raises
    ------
    InputError
        If there is no dimension or one stands twice.

    Examples
    --------
    >>> import numpy as np
    >>> from custvalue.data import Currency, CustomerIndex
    >>> def summary(last, until):
    ...     return CustomerSummary(
    ...         customers=CustomerIndex(["a", "b", "c", "d"]),
    ...         first_at=np.array(["2026-01-01"] * 4, dtype="datetime64[D]"),
    ...         last_at=np.array(last, dtype="datetime64[D]"),
    ...         n_purchases=[5, 2, 3, 4],
    ...         total_amount=[50000, 8000, 3000, 9000],
    ...         observed_until=np.datetime64(until),
    ...         currency=Currency.of("EUR"),
    ...     )
    >>> march = summary(["2026-03-30", "2026-02-01", "2026-03-01", "2026-02-15"], "2026-03-31")
    >>> scorer = RFMScorer(binning=Quantiles(2)).fit(march)
    >>> scorer.score(march).codes.tolist()
    ['222', '112', '211', '121']
    >>> april = summary(["2026-03-30", "2026-04-29", "2026-03-01", "2026-02-15"], "2026-04-30")
    >>> scorer.score(april).recency.tolist()
    [2, 2, 1, 1]
    """

    binning: Binning = attrs.field(factory=Quantiles)
    monetary: Monetary = Monetary.MEAN
    segments: SegmentMap | None = None
    dimensions: tuple[Dimension, ...] = attrs.field(default=RFM, converter=tuple[Dimension, ...])

    def __attrs_post_init__(self) -> None:
        codes = [dimension.code for dimension in self.dimensions]
        if not codes or len(set(codes)) != len(codes):
            raise InputError("RFMScorer.dimensions", expected="one or more, each once", got=repr(codes))

    def fit(self, summary: CustomerSummary, /, *, measures: ValueTable | None = None) -> FittedRFM:
        """Learn the thresholds from a population.

        Parameters
        ----------
        summary
            The customers to learn from.
        measures
            Measures a summary does not have: quantity bought, clumpiness, your own.

        Raises
        ------
        InputError
            If a measure is missing, there is no customer, or the segment map does not fit the levels.
        SchemaError
            If the segment map leaves gaps or overlaps open.
        """
        fitted = self.binning.fit(DimensionTable.of(summary, self.dimensions, self.monetary, measures))
        table = None
        if self.segments is not None:
            table = self.segments.table(tuple(dimension.code for dimension in self.dimensions), fitted.sizes)
        return FittedRFM(scorer=self, thresholds=fitted, segment_table=table)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FittedRFM:
    """Thresholds learnt; scores any population at any date with them.

    Parameters
    ----------
    scorer
        The settings.
    thresholds
        Cut points learnt.
    segment_table
        Segment of every combination of levels; None without a map.
    """

    scorer: RFMScorer
    thresholds: FittedBinning
    segment_table: SegmentTable | None = None

    def score(self, summary: CustomerSummary, /, *, measures: ValueTable | None = None) -> RFMScores:
        """Score the customers of a summary with the thresholds learnt.

        Parameters
        ----------
        summary
            The customers, at the same date or a later one.
        measures
            Measures a summary does not have.
        """
        table = DimensionTable.of(summary, self.scorer.dimensions, self.scorer.monetary, measures)
        levels = self.thresholds.assign(table)
        segment = None
        if self.segment_table is not None:
            named = self.segment_table.segment.astype(np.int16)
            segment = locked(look_up(named, list(levels), self.thresholds.sizes, len(summary)))
        base = np.int8(self.thresholds.base)
        return RFMScores(
            customers=summary.customers,
            dimensions=self.scorer.dimensions,
            columns=tuple(locked(level + base) for level in levels),
            sizes=self.thresholds.sizes,
            base=self.thresholds.base,
            observed_until=summary.observed_until,
            segment_names=self.segment_table.names if self.segment_table else (),
            segment=segment,
        )

    def __repr__(self) -> str:
        """One line."""
        codes = "".join(dimension.code for dimension in self.scorer.dimensions)
        levels = "x".join(map(str, self.thresholds.sizes))
        rules = f", segments {self.scorer.segments.name!r}" if self.scorer.segments else ""
        return f"FittedRFM({codes}, {levels} levels by {type(self.thresholds).__name__}{rules})"
