"""Portfolios drawn segment by segment: any classifier, its cuts and scalings learnt within each segment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs
import numpy as np

from custvalue._arrays import FloatArray, IntArray, locked
from custvalue.data import ValueTable
from custvalue.errors import InputError, SchemaError
from custvalue.portfolio._protocol import FittedClassifier, MeasuredClassifier, PortfolioClassifier, classified
from custvalue.portfolio._result import Boundary, Classification
from custvalue.portfolio._scheme import Scheme
from custvalue.portfolio.axes import require_measures

__all__ = ["FittedPerSegment", "PerSegment", "SegmentPortfolio"]


@attrs.frozen
class SegmentPortfolio:
    """What was learnt in one segment.

    Parameters
    ----------
    segment
        Number of the segment.
    fitted
        The classifier with the cuts of this segment.
    """

    segment: float
    fitted: FittedClassifier

    @property
    def name(self) -> str:
        """The number of the segment as text."""
        return f"{self.segment:.15g}"


def _portfolios(value: Iterable[SegmentPortfolio]) -> tuple[SegmentPortfolio, ...]:
    return tuple(value)


@attrs.frozen
class FittedPerSegment:
    """One fitted classifier a segment, all with the same classes.

    Parameters
    ----------
    segment
        Measure holding the number of the segment.
    portfolios
        One a segment, in the order of their numbers.
    unlearnt
        (segment, why) of segments from whose customers nothing could be learnt. These customers get the missing label.
    scheme
        The classes.
    """

    segment: str
    portfolios: tuple[SegmentPortfolio, ...] = attrs.field(converter=_portfolios)
    unlearnt: tuple[tuple[float, str], ...]
    scheme: Scheme

    def classify(self, values: ValueTable, /) -> Classification:
        """Put every customer into a class of its segment's portfolio.

        Customers without a segment, or of a segment that was not learnt, get the missing label.

        Raises
        ------
        SchemaError
            Naming the measures that the table lacks.
        """
        require_measures(self.scheme.name, values, (self.segment,))
        n = len(values.customers)
        codes = np.full(n, len(self.scheme.policies), np.int64)
        columns: dict[str, FloatArray] = {}
        cuts = []
        for portfolio, rows in self._parts(values):
            found = classified(portfolio.fitted, values.take(rows))
            codes[rows] = found.codes
            for name in found.axes.names:
                columns.setdefault(name, np.full(n, np.nan))[rows] = found.axes[name]
            cuts += [attrs.evolve(cut, segment=portfolio.name) for cut in found.cuts]
        columns[self.segment] = values[self.segment]
        axes = {name: locked(column) for name, column in columns.items()}
        origins = {name: values.origins[name] for name in axes if name in values.origins}
        table = ValueTable(customers=values.customers, measures=axes, origins=origins)
        return Classification(
            customers=values.customers, codes=locked(codes), scheme=self.scheme, axes=table, cuts=cuts, boundary=self
        )

    def boundary_distance(self, values: ValueTable, codes: IntArray, /) -> FloatArray:
        """Return (n_customers,) distances within each segment, as its classifier measures them; NaN where none does."""
        distance = np.full(codes.shape, np.nan)
        for portfolio, rows in self._parts(values):
            if isinstance(portfolio.fitted, Boundary):
                distance[rows] = portfolio.fitted.boundary_distance(values.take(rows), codes[rows])
        return distance

    def _parts(self, values: ValueTable) -> Iterator[tuple[SegmentPortfolio, IntArray]]:
        rows = _rows(values[self.segment], np.array([portfolio.segment for portfolio in self.portfolios]))
        return zip(self.portfolios, rows, strict=True)


def _rows(numbers: FloatArray, segments: FloatArray) -> list[IntArray]:
    """Find the rows of each segment, in one sort however many segments there are."""
    order = np.argsort(numbers, kind="stable")
    ordered = numbers[order]
    starts, ends = np.searchsorted(ordered, segments, side="left"), np.searchsorted(ordered, segments, side="right")
    return [order[start:end] for start, end in zip(starts, ends, strict=True)]


@attrs.frozen(kw_only=True)
class PerSegment:
    """A portfolio for each segment: cuts and scalings are learnt from the segment's own customers.

    A customer is compared with its own segment only: the leader of a small segment stands out there, although
    customers of a large one buy more.

    Parameters
    ----------
    classifier
        What is learnt in each segment.
    segment
        Measure holding a number for the segment, such as
        ``np.unique(countries, return_inverse=True)[1]`` makes from names.

    References
    ----------
    Campbell, N. and Cunningham, M. (1983), Customer analysis for strategy development in industrial markets, Strategic
    Management Journal 4(4), draw one portfolio a segment.

    Examples
    --------
    >>> from custvalue.data import CustomerIndex
    >>> from custvalue.portfolio import TopShare, TwoTier
    >>> values = ValueTable(
    ...     customers=CustomerIndex(["a", "b", "c", "d"]),
    ...     measures={"profit": [900.0, 800.0, 9.0, 8.0], "country": [1, 1, 2, 2]},
    ... )
    >>> halves = PerSegment(classifier=TwoTier(cuts=TopShare(0.5)), segment="country").fit(values).classify(values)
    >>> halves.labels.tolist()
    ['gold', 'iron', 'gold', 'iron']
    >>> [(cut.segment, cut.at) for cut in halves.cuts]
    [('1', (900.0,)), ('2', (9.0,))]
    """

    classifier: PortfolioClassifier
    segment: str = "segment"

    @property
    def measures(self) -> tuple[str, ...]:
        """The segment, and the measures that the classifier says it needs."""
        inner = self.classifier.measures if isinstance(self.classifier, MeasuredClassifier) else ()
        return tuple(dict.fromkeys((self.segment, *inner)))

    def fit(self, values: ValueTable, /) -> FittedPerSegment:
        """Learn one portfolio a segment.

        Raises
        ------
        SchemaError
            Naming the measures that the table lacks.
        InputError
            If nothing can be learnt in any segment, or the segments get different classes.
        """
        require_measures("PerSegment", values, self.measures)
        numbers = values[self.segment]
        learnt, unlearnt = [], []
        segments = np.unique(numbers[~np.isnan(numbers)])
        for segment, rows in zip(segments, _rows(numbers, segments), strict=True):
            try:
                fitted = self.classifier.fit(values.take(rows))
            except SchemaError:
                raise
            except InputError as refused:
                unlearnt.append((float(segment), str(refused)))
            else:
                learnt.append(SegmentPortfolio(float(segment), fitted))
        if not learnt:
            got = unlearnt[0][1] if unlearnt else "no customer with a segment"
            raise InputError("PerSegment", expected="a segment to learn from", got=got)
        return FittedPerSegment(self.segment, learnt, tuple(unlearnt), _shared_scheme(learnt, values))


def _shared_scheme(portfolios: Iterable[SegmentPortfolio], values: ValueTable) -> Scheme:
    nobody = values.take(np.zeros(len(values.customers), np.bool_))
    schemes = [classified(portfolio.fitted, nobody).scheme for portfolio in portfolios]
    if len(set(schemes)) > 1:
        got = "; ".join(dict.fromkeys(str(list(scheme.labels[:-1])) for scheme in schemes))
        hint = "With clusters, state one number of them."
        raise InputError("PerSegment", expected="the same classes in every segment", got=got, hint=hint)
    return schemes[0]
