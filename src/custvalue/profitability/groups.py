"""Comparing groups of customers: named numerator / denominator metrics with intervals, by any attribute."""

from __future__ import annotations

from typing import TypeAlias

import attrs
import numpy as np
from numpy.typing import ArrayLike

from custvalue._arrays import ArrayHolder, FloatArray, IntArray, as_labels, float_array, int_array, locked, strings
from custvalue._frames import FrameKind, build_frame
from custvalue.data import ValueTable
from custvalue.errors import Fault, InputError, SchemaError
from custvalue.profitability._kernels import intervals

__all__ = ["CARD_METRICS", "Everyone", "Flag", "GroupComparison", "Measure", "Metric", "PerUnit", "compare_groups"]

MISSING = "(missing)"


@attrs.frozen
class Everyone:
    """Count of 1 for every customer."""

    @property
    def measures(self) -> tuple[str, ...]:
        """Measures needed."""
        return ()

    def of(self, table: ValueTable) -> FloatArray:
        """Give the term of each customer."""
        return np.ones(len(table.customers))


@attrs.frozen
class Flag:
    """Count of 1 for a customer whose measure is above a limit, 0 for others.

    Parameters
    ----------
    measure
        Name of the measure.
    above
        The limit; a customer exactly on it does not count.
    """

    measure: str
    above: float = 0.0

    @property
    def measures(self) -> tuple[str, ...]:
        """Measures needed."""
        return (self.measure,)

    def of(self, table: ValueTable) -> FloatArray:
        """Give the term of each customer."""
        return (table[self.measure] > self.above).astype(np.float64)


@attrs.frozen
class Measure:
    """The measure itself.

    Parameters
    ----------
    measure
        Name of the measure.
    """

    measure: str

    @property
    def measures(self) -> tuple[str, ...]:
        """Measures needed."""
        return (self.measure,)

    def of(self, table: ValueTable) -> FloatArray:
        """Give the term of each customer."""
        return table[self.measure]


@attrs.frozen
class PerUnit:
    """A measure divided by another, 0 where the other is 0: volume per month held.

    Parameters
    ----------
    measure
        Name of the measure.
    units
        What it is divided by.
    """

    measure: str
    units: str

    @property
    def measures(self) -> tuple[str, ...]:
        """Measures needed."""
        return (self.measure, self.units)

    def of(self, table: ValueTable) -> FloatArray:
        """Give the term of each customer."""
        units = table[self.units]
        result = np.zeros(units.size)
        np.divide(table[self.measure], units, out=result, where=units != 0)
        return result


Term: TypeAlias = Everyone | Flag | Measure | PerUnit


@attrs.frozen
class Metric:
    """A sum over customers divided by another sum over them.

    Parameters
    ----------
    name
        What it is called.
    numerator, denominator
        What is summed. Two counts make a rate: the numerator then counts only customers who also count below, and the
        interval is Wilson's. Anything else makes a mean or a ratio, with a linearised Student interval.

    Examples
    --------
    >>> Metric("overdue rate", Flag("days overdue"), Flag("transactions")).is_rate
    True
    """

    name: str
    numerator: Term
    denominator: Term = attrs.field(factory=Everyone)

    @property
    def is_rate(self) -> bool:
        """Whether both parts are counts of customers."""
        return isinstance(self.numerator, Flag | Everyone) and isinstance(self.denominator, Flag | Everyone)

    @property
    def measures(self) -> tuple[str, ...]:
        """Measures needed."""
        return (*self.numerator.measures, *self.denominator.measures)


CARD_METRICS = (
    Metric("active rate", Flag("transactions")),
    Metric("overdue rate", Flag("max_days_overdue"), Flag("transactions")),
    Metric("default rate", Flag("max_days_overdue", above=90), Flag("transactions")),
    Metric("monthly volume", PerUnit("volume", "months_held")),
    Metric("cash ratio", Measure("cash_volume"), Measure("volume")),
)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class GroupComparison(ArrayHolder):
    """Metrics by group, with intervals.

    Parameters
    ----------
    groups
        Group names, in alphabetical order.
    metrics
        The metrics.
    n_customers
        (n_groups,) customers.
    numerator, denominator
        (n_groups, n_metrics) the sums.
    low, high
        (n_groups, n_metrics) confidence limits; NaN where there are too few customers for one.
    level
        Confidence level.
    """

    groups: tuple[str, ...] = attrs.field(converter=strings)
    metrics: tuple[Metric, ...]
    n_customers: IntArray = int_array()
    numerator: FloatArray = float_array(2)
    denominator: FloatArray = float_array(2)
    low: FloatArray = float_array(2)
    high: FloatArray = float_array(2)
    level: float

    @property
    def estimate(self) -> FloatArray:
        """(n_groups, n_metrics) numerator / denominator; NaN where the denominator is 0."""
        result = np.full(self.numerator.shape, np.nan)
        np.divide(self.numerator, self.denominator, out=result, where=self.denominator != 0)
        return locked(result)

    def __getitem__(self, metric: str) -> FloatArray:
        """Estimates of one metric, (n_groups,).

        Raises
        ------
        InputError
            If there is no such metric.
        """
        names = [one.name for one in self.metrics]
        if metric not in names:
            raise InputError("metric", expected=f"one of {names}", got=repr(metric))
        return locked(self.estimate[:, names.index(metric)].copy())

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a group and metric: group, metric, customers, numerator, denominator, estimate, low, high."""
        k = len(self.metrics)
        columns = {
            "group": np.repeat(np.array(self.groups, dtype=np.str_), k),
            "metric": np.tile(np.array([metric.name for metric in self.metrics]), len(self.groups)),
            "customers": np.repeat(self.n_customers, k),
        }
        numbers = {
            name: getattr(self, name).ravel() for name in ("numerator", "denominator", "estimate", "low", "high")
        }
        return build_frame({**columns, **numbers}, like)

    def __repr__(self) -> str:
        """One line."""
        names = ", ".join(metric.name for metric in self.metrics)
        return f"GroupComparison({len(self.groups)} groups of {int(self.n_customers.sum()):,} customers; {names})"


def compare_groups(
    table: ValueTable, groups: ArrayLike, /, *, metrics: tuple[Metric, ...], level: float = 0.95
) -> GroupComparison:
    """Compare groups of customers by metrics.

    Parameters
    ----------
    table
        The measures.
    groups
        (n_customers,) the group of each customer, in the order of the table: sex, age band, region, source. A missing
        one (None, NaN, NaT, a pandas or Polars null, or an empty text) makes the group ``"(missing)"``.
    metrics
        What to compare; :data:`CARD_METRICS` for payment cards.
    level
        Confidence level in (0, 1).

    Raises
    ------
    SchemaError
        Naming every measure that is not in the table or has missing values.
    InputError
        If the number of groups differs from the customers, or the level is outside (0, 1).

    Examples
    --------
    >>> from custvalue.data import CustomerIndex
    >>> table = ValueTable(customers=CustomerIndex(["a", "b", "c"]), measures={"transactions": [3.0, 0.0, 1.0]})
    >>> compared = compare_groups(table, ["north", "north", "south"], metrics=(Metric("active", Flag("transactions")),))
    >>> compared["active"].tolist()
    [0.5, 1.0]
    """
    labels = _labels(groups)
    if labels.size != len(table.customers):
        expected = f"{len(table.customers)} groups, one a customer"
        raise InputError("compare_groups", expected=expected, got=str(labels.size))
    if not 0.0 < level < 1.0:
        raise InputError("compare_groups.level", expected="a level in (0, 1)", got=repr(level))
    _require_measures(table, metrics)
    names, at = np.unique(labels, return_inverse=True)
    n = np.bincount(at, minlength=names.size)
    parts = [_measure(table, metric, at, n, level) for metric in metrics]
    numerator, denominator, low, high = (np.stack(columns, axis=1) for columns in zip(*parts, strict=True))
    return GroupComparison(
        groups=tuple(names.tolist()),
        metrics=tuple(metrics),
        n_customers=n,
        numerator=numerator,
        denominator=denominator,
        low=low,
        high=high,
        level=level,
    )


def _measure(
    table: ValueTable, metric: Metric, at: IntArray, n: IntArray, level: float
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    above, below = metric.numerator.of(table), metric.denominator.of(table)
    if metric.is_rate:
        above = above * below

    def total(values: FloatArray) -> FloatArray:
        sums: FloatArray = np.bincount(at, weights=values, minlength=n.size).astype(np.float64)
        return sums

    a, b = total(above), total(below)
    if metric.is_rate:
        low, high = intervals.wilson(a, b, level)
    else:
        ratio = np.full(a.size, np.nan)
        np.divide(a, b, out=ratio, where=b != 0)
        residual = above - ratio[at] * below  # before squaring: sums of squares would cancel at large means
        low, high = intervals.ratio_of_sums(n.astype(np.float64), (a, b), total(residual * residual), level)
    return a, b, low, high


def _labels(groups: ArrayLike) -> np.ndarray[tuple[int, ...], np.dtype[np.str_]]:
    source = np.asarray(groups)
    if source.dtype.kind == "O" and source.ndim == 1:
        source = np.array([MISSING if _is_missing(item) else str(item) for item in source], dtype=np.str_)
    labels = as_labels(source)
    absent = labels == ""
    if source.dtype.kind in "fcmM":
        absent |= source != source  # noqa: PLR0124  # NaN and NaT are the values that differ from themselves
    return np.where(absent, MISSING, labels)


def _is_missing(item: object) -> bool:
    # NaN and NaT differ from themselves; asked whether it equals itself, pandas.NA does not answer yes or no
    same: object = item == item  # noqa: PLR0124
    return item is None or not (isinstance(same, bool | np.bool_) and bool(same))


def _require_measures(table: ValueTable, metrics: tuple[Metric, ...]) -> None:
    if not metrics:
        raise InputError("compare_groups.metrics", expected="at least one metric", got="none")
    faults = []
    users: dict[str, list[str]] = {}
    for metric in metrics:
        for name in metric.measures:
            users.setdefault(name, []).append(metric.name)
    for name, used_by in users.items():
        if name not in table:
            faults.append(Fault(f"measure {name!r}", f"one of {list(table.names)}", "none", f"Used by {used_by}."))
        elif not np.isfinite(table[name]).all():
            missing = int(np.count_nonzero(~np.isfinite(table[name])))
            faults.append(Fault(f"measure {name!r}", "finite values", f"{missing:,} missing", f"Used by {used_by}."))
    SchemaError.raise_for("compare_groups", faults)
