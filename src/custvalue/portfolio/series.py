"""From paths to measures: level, volatility, trend, silence; and an early warning of customers who fall.

The measures feed ``models.VALUE_RISK`` and ``models.LIFE_CYCLE``, or any classifier of one's own.
"""

from __future__ import annotations

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, FloatArray, check_lengths, float_array, locked
from custvalue._frames import FrameKind, build_frame
from custvalue.data import CustomerIndex, ValueSeries, ValueTable
from custvalue.errors import InputError
from custvalue.portfolio._kernels import series as kernels
from custvalue.portfolio._result import Classification

__all__ = ["EarlyWarnings", "class_series", "early_warnings", "series_measures"]

#: The level is what customers are compared by: amounts of equal sum must not part by the order they were added in.
LEVEL_DIGITS = 12

_ORIGINS = {
    "level": "mean a period since the first active one",
    "trend": "least-squares change a period, relative to the level",
    "volatility": "standard deviation around the trend, relative to the level",
    "variation": "standard deviation around the mean (coefficient of variation), relative to the level",
    "active_periods": "periods with a value other than 0",
    "age": "periods since the first active one, itself included",
    "silence": "periods since the last active one, in the customer's own mean gaps",
    "recent_change": "mean of the recent periods relative to the mean before, less 1",
}


def _check_recent(series: ValueSeries, recent: int) -> None:
    if not 1 <= recent < max(series.periods.size, 1):
        got = f"{recent} of {series.periods.size}"
        raise InputError("recent", expected="at least 1 and fewer whole periods than the series has", got=got)


def _left_out(series: ValueSeries) -> str:
    return f"the period of {str(series.periods[-1])[:10]} is cut off and left out" if series.cut_off else ""


def _relative(part: FloatArray, whole: FloatArray) -> FloatArray:
    fine = whole != 0
    return np.asarray(np.where(fine, part / np.where(fine, np.abs(whole), 1.0), np.nan))


def series_measures(series: ValueSeries, *, recent: int = 3) -> ValueTable:
    """Describe each path, so that two customers of equal mean but different path are told apart.

    A last period that the end of the observation cuts off is left out, and the origins say so: a part of a month looks
    like a fall.

    Parameters
    ----------
    series
        One value a customer and period; NaN counts as not observed. A relationship starts with the first value
        other than 0.
    recent
        How many of the last periods ``recent_change`` sets against those before.

    Returns
    -------
    ValueTable
        level, trend, volatility, variation, active_periods, age, silence, recent_change. NaN where not defined:
        level and ratios of a customer who was never active, trend and volatility of one younger than three periods,
        ratios to a level of 0. All is NaN for a customer never observed (every value NaN): nothing is known of it,
        not even that it never bought, so it gets the missing label.

    Raises
    ------
    InputError
        If ``recent`` leaves no earlier period.

    Examples
    --------
    Both spend 20 a month on average; one steadily, one less and less.

    >>> paths = ValueSeries(
    ...     customers=CustomerIndex(["steady", "falling"]),
    ...     periods=np.arange("2026-01", "2026-06", dtype="datetime64[M]"),
    ...     values=[[20, 20, 20, 20, 20], [36, 28, 20, 12, 4]],
    ... )
    >>> measures = series_measures(paths, recent=2)
    >>> measures["level"].tolist(), measures["trend"].tolist(), measures["recent_change"].round(2).tolist()
    ([20.0, 20.0], [0.0, -0.4], [0.0, -0.71])
    """
    left_out = _left_out(series)
    series = series.whole
    _check_recent(series, recent)
    values = series.values
    started, seen = kernels.relationship(values), ~np.isnan(values)
    mask, observed = started & seen, seen.any(axis=1)
    level = kernels.significant(kernels.masked_mean(values, mask), LEVEL_DIGITS)
    slope, spread = kernels.line_fit(values, mask)
    since, gap = kernels.silence(values)
    late, early, _ = kernels.recent_fall(values, mask, recent)
    columns = {
        "level": level,
        "trend": _relative(slope, level),
        "volatility": _relative(spread, level),
        "variation": _relative(kernels.masked_deviation(values, mask), level),
        "active_periods": np.where(observed, ((values != 0) & seen).sum(axis=1), np.nan),
        "age": np.where(observed, started.sum(axis=1), np.nan),
        "silence": since / gap,
        "recent_change": _relative(late - early, early),
    }
    measures = {name: locked(column) for name, column in columns.items()}
    source = f"{series.measure}; {left_out}" if left_out else series.measure
    origins = {name: f"{text} ({source})" for name, text in _ORIGINS.items()}
    return ValueTable(customers=series.customers, measures=measures, origins=origins)


def class_series(series: ValueSeries, classes: Classification) -> ValueSeries:
    """Add paths up by class: one path a class, as input for :class:`SegmentReturns`.

    Parameters
    ----------
    series
        One value a customer and period; NaN counts as 0.
    classes
        Of the same customers. Classes without customers are left out.

    Returns
    -------
    ValueSeries
        Its "customers" are the class labels, best first.

    Raises
    ------
    AlignmentError
        If the customers differ.

    Examples
    --------
    >>> from custvalue.portfolio import TwoTier
    >>> who = CustomerIndex(["a", "b", "c"])
    >>> paths = ValueSeries(customers=who, periods=["2026-01-01", "2026-02-01"], values=[[9, 8], [1, 2], [3, 1]])
    >>> values = ValueTable(customers=who, measures={"profit": [9.0, 1.0, 3.0]})
    >>> class_series(paths, TwoTier().fit(values).classify(values)).to_frame()["amount"].tolist()
    [9.0, 8.0, 4.0, 3.0]
    """
    series.customers.require_same(classes.customers, where="class_series")
    present = np.unique(classes.codes)
    totals = np.stack([np.nansum(series.values[classes.codes == code], axis=0) for code in present])
    labels = [classes.scheme.labels[code] for code in present]
    return attrs.evolve(series, customers=CustomerIndex(labels), values=totals)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class EarlyWarnings(ArrayHolder):
    """Customers who fall, the largest loss a period first.

    Parameters
    ----------
    customers
        (n_warned,).
    before, recent
        (n_warned,) mean a period before, and of the recent periods.
    change
        (n_warned,) relative change, below 0.
    score
        (n_warned,) difference in standard errors of the earlier spread; -inf where it was 0.
    left_out
        Which period was left out because the end of the observation cuts it off; empty if none was.
    """

    customers: CustomerIndex
    before: FloatArray = float_array()
    recent: FloatArray = float_array()
    change: FloatArray = float_array()
    score: FloatArray = float_array()
    left_out: str = ""

    def __attrs_post_init__(self) -> None:
        columns = {"before": self.before, "recent": self.recent, "change": self.change, "score": self.score}
        check_lengths("EarlyWarnings", len(self.customers), columns)

    @property
    def loss(self) -> float:
        """Sum of what is lost a period against before."""
        return float((self.before - self.recent).sum())

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a warned customer: customer, before, recent, change, score."""
        columns = {"before": self.before, "recent": self.recent, "change": self.change, "score": self.score}
        return build_frame({"customer": self.customers.ids, **columns}, like)

    def __repr__(self) -> str:
        """One line."""
        note = f"; {self.left_out}" if self.left_out else ""
        return f"EarlyWarnings({len(self.customers):,} customers, {self.loss:,.2f} a period lost{note})"


def early_warnings(
    series: ValueSeries, *, recent: int = 3, fall: float = 0.3, least_score: float = 2.0
) -> EarlyWarnings:
    """List customers whose recent periods fall short of their own earlier ones.

    A customer with fewer than two earlier periods is not listed: one purchase is no level to fall from. A last period
    that the end of the observation cuts off is left out, and ``left_out`` of the result says so.

    Parameters
    ----------
    series
        One value a customer and period.
    recent
        How many of the last periods are recent.
    fall
        Relative fall from which a customer is listed, in (0, 1].
    least_score
        Standard errors the fall must amount to, so that a customer who always swings is not listed at each swing.

    Raises
    ------
    InputError
        If ``recent`` leaves no earlier period, or ``fall`` lies outside (0, 1].

    Examples
    --------
    >>> paths = ValueSeries(
    ...     customers=CustomerIndex(["steady", "falling"]),
    ...     periods=np.arange("2026-01", "2026-07", dtype="datetime64[M]"),
    ...     values=[[20, 20, 20, 20, 20, 20], [36, 34, 35, 36, 4, 2]],
    ... )
    >>> early_warnings(paths, recent=2).customers.ids.tolist()
    ['falling']
    """
    left_out = _left_out(series)
    series = series.whole
    _check_recent(series, recent)
    if not 0 < fall <= 1:
        raise InputError("fall", expected="a share in (0, 1]", got=str(fall))
    mask = kernels.relationship(series.values) & ~np.isnan(series.values)
    late, early, score = kernels.recent_fall(series.values, mask, recent)
    change = _relative(late - early, early)
    listed = np.flatnonzero((early > 0) & (change <= -fall) & (score <= -least_score))
    order = listed[np.lexsort((series.customers.ids[listed], late[listed] - early[listed]))]
    return EarlyWarnings(
        customers=series.customers.take(order),
        before=early[order],
        recent=late[order],
        change=change[order],
        score=score[order],
        left_out=left_out,
    )
