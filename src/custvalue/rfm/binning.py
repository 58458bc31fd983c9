"""From measures to levels: quantiles, nested quantiles, threshold tables."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TypeAlias

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, BoolArray, FloatArray, as_floats, float_array
from custvalue._frames import Column, FrameKind, build_frame
from custvalue.data import Horizon, TimeUnit
from custvalue.errors import InputError
from custvalue.rfm._kernels import cutting
from custvalue.rfm._kernels.cutting import LevelArray
from custvalue.rfm.dimensions import Dimension, DimensionTable

__all__ = [
    "Cut",
    "FittedNestedQuantiles",
    "FittedQuantiles",
    "FittedThresholds",
    "NestedQuantiles",
    "Quantiles",
    "Thresholds",
    "Ties",
    "above",
    "at_least",
]

MAX_LEVELS = 100


class Ties(enum.Enum):
    """What happens to customers of equal value at a quantile."""

    SAME_SCORE = "same_score"  # equal values, equal scores; levels may hold more or fewer customers than 1/k
    SPLIT_BY_ID = "split_by_id"  # parted in the order of ids so that levels are filled as the quantile says
    REFUSE = "refuse"  # an error if equal values leave a level empty


def _check_levels(where: str, k: object, base: object) -> None:
    if not isinstance(k, int | np.integer) or not 2 <= k <= MAX_LEVELS:
        raise InputError(f"{where}.k", expected=f"2 to {MAX_LEVELS} levels, a whole number", got=repr(k))
    if not isinstance(base, int | np.integer) or base not in (0, 1):
        raise InputError(f"{where}.base", expected="0 or 1", got=repr(base))


def _require_customers(where: str, table: DimensionTable) -> None:
    if len(table.customers) == 0:
        raise InputError(where, expected="at least one customer", got="none")


def _require_dimensions(where: str, learnt: tuple[Dimension, ...], table: DimensionTable) -> None:
    if learnt != table.dimensions:
        names = [[dimension.code for dimension in dimensions] for dimensions in (learnt, table.dimensions)]
        raise InputError(where, expected=f"the dimensions learnt, {names[0]}", got=str(names[1]))


@attrs.frozen
class Quantiles:
    """Levels of equal size on each dimension by itself.

    A cut is the value at rank ceil(n j / k): a value that occurs, so the currency unit does not matter. A customer
    on a cut stays below it.

    Parameters
    ----------
    k
        Levels per dimension, 2 to 100.
    base
        Number of the lowest level, 0 or 1.
    ties
        What happens to equal values at a cut.

    Raises
    ------
    InputError
        If ``k`` or ``base`` is out of range or not a whole number.
    """

    k: int = 5
    base: int = 1
    ties: Ties = Ties.SAME_SCORE

    def __attrs_post_init__(self) -> None:
        _check_levels("Quantiles", self.k, self.base)

    def fit(self, table: DimensionTable, /) -> FittedQuantiles:
        """Learn the cut points.

        Raises
        ------
        InputError
            If there is no customer, or ties leave a level empty under :attr:`Ties.REFUSE`.
        """
        _require_customers("Quantiles.fit", table)
        cuts = np.stack([cutting.quantile_cuts(column, self.k) for column in table.columns])
        if self.ties is Ties.REFUSE:
            self._refuse_empty(table, cuts)
        shares = np.zeros_like(cuts)
        if self.ties is Ties.SPLIT_BY_ID:
            shares = np.stack([cutting.shares_below(v, c) for v, c in zip(table.columns, cuts, strict=True)])
        return FittedQuantiles(rule=self, dimensions=table.dimensions, cuts=cuts, shares=shares)

    def _refuse_empty(self, table: DimensionTable, cuts: FloatArray) -> None:
        tops = [column.max() for column in table.columns]
        crowded = [
            dimension.name
            for dimension, row, top in zip(table.dimensions, cuts, tops, strict=True)
            if np.unique(row).size < row.size or row[-1] >= top
        ]
        if crowded:
            hint = "Use fewer levels, Ties.SAME_SCORE or Ties.SPLIT_BY_ID."
            expected = f"{self.k} levels, none empty"
            raise InputError("Quantiles.fit", expected=expected, got=f"too many equal values of {crowded}", hint=hint)


@attrs.frozen(kw_only=True, eq=False)
class FittedQuantiles(ArrayHolder):
    """Quantile cut points, for use on any date.

    Parameters
    ----------
    rule
        The settings they were learnt with.
    dimensions
        What each row is about.
    cuts
        (n_dimensions, k - 1) values turned so that larger is better; never falling along a row.
    shares
        (n_dimensions, k - 1) share of the customers on a cut who stay below it; used by :attr:`Ties.SPLIT_BY_ID`.
    """

    rule: Quantiles
    dimensions: tuple[Dimension, ...]
    cuts: FloatArray = float_array(2)
    shares: FloatArray = float_array(2)

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many levels each dimension has."""
        return (self.rule.k,) * len(self.dimensions)

    @property
    def base(self) -> int:
        """The lowest level."""
        return self.rule.base

    def assign(self, table: DimensionTable, /) -> tuple[LevelArray, ...]:
        """Give the levels, counted from 0; one column a dimension."""
        _require_dimensions("FittedQuantiles.assign", self.dimensions, table)
        strict = np.zeros(self.cuts.shape[1], dtype=bool)
        levels = tuple(cutting.passed(v, c, strict) for v, c in zip(table.columns, self.cuts, strict=True))
        if self.rule.ties is not Ties.SPLIT_BY_ID:
            return levels
        rank = table.customers.ranks()
        parts = zip(levels, table.columns, self.cuts, self.shares, strict=True)
        return tuple(cutting.split_ties(level, v, c, s, rank) for level, v, c, s in parts)

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a cut: dimension, level (the one above the cut), cut in the measure's own terms."""
        return _cut_frame(self.dimensions, list(self.cuts), self.base, like)


@attrs.frozen
class NestedQuantiles:
    """Levels of equal size, each dimension within the levels of those before it: R, then F within R, then M.

    Parameters
    ----------
    k
        Levels per dimension, 2 to 100.
    base
        Number of the lowest level, 0 or 1.

    Notes
    -----
    Equal values get equal scores. A combination of levels nobody had when the cuts were learnt takes the cuts of
    the customers who share its leading levels.

    Raises
    ------
    InputError
        If ``k`` or ``base`` is out of range or not a whole number.
    """

    k: int = 5
    base: int = 1

    def __attrs_post_init__(self) -> None:
        _check_levels("NestedQuantiles", self.k, self.base)

    def fit(self, table: DimensionTable, /) -> FittedNestedQuantiles:
        """Learn the cut points.

        Raises
        ------
        InputError
            If there is no customer, or there would be more than a million combinations of levels.
        """
        _require_customers("NestedQuantiles.fit", table)
        depth = len(table.columns)
        if self.k ** (depth - 1) > 10**6:
            got = f"{self.k} levels nested {depth} deep"
            raise InputError("NestedQuantiles.fit", expected="at most 1,000,000 combinations of levels", got=got)
        cell = np.zeros(len(table.customers), dtype=np.int64)
        cuts = []
        for at, column in enumerate(table.columns):
            cuts.append(cutting.cuts_by_cell(column, cell, self.k**at, self.k))
            cell = cell * self.k + cutting.passed_by_cell(column, cuts[-1], cell)
        return FittedNestedQuantiles(rule=self, dimensions=table.dimensions, cuts=tuple(cuts))


def _tables(value: Iterable[FloatArray]) -> tuple[FloatArray, ...]:
    return tuple(as_floats(table, 2) for table in value)


@attrs.frozen(kw_only=True, eq=False)
class FittedNestedQuantiles(ArrayHolder):
    """Nested quantile cut points, for use on any date.

    Parameters
    ----------
    rule
        The settings they were learnt with.
    dimensions
        What each table is about.
    cuts
        One (k ** d, k - 1) table for the d-th dimension: a row of cuts for each combination of the levels before it.
    """

    rule: NestedQuantiles
    dimensions: tuple[Dimension, ...]
    cuts: tuple[FloatArray, ...] = attrs.field(converter=_tables, repr=False)

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many levels each dimension has."""
        return (self.rule.k,) * len(self.dimensions)

    @property
    def base(self) -> int:
        """The lowest level."""
        return self.rule.base

    def assign(self, table: DimensionTable, /) -> tuple[LevelArray, ...]:
        """Give the levels, counted from 0; one column a dimension."""
        _require_dimensions("FittedNestedQuantiles.assign", self.dimensions, table)
        cell = np.zeros(len(table.customers), dtype=np.int64)
        levels = []
        for column, cuts in zip(table.columns, self.cuts, strict=True):
            levels.append(cutting.passed_by_cell(column, cuts, cell))
            cell = cell * self.rule.k + levels[-1]
        return tuple(levels)


@attrs.frozen
class Cut:
    """One cut point of a threshold table.

    Parameters
    ----------
    value
        A number, or a length of time back from the day of scoring; calendar months where its unit is months.
    inclusive
        Whether a customer exactly on the cut has passed it.
    """

    value: float | Horizon
    inclusive: bool = True


def at_least(value: float) -> Cut:
    """Cut that a customer exactly on it has passed."""
    return Cut(value)


def above(value: float) -> Cut:
    """Cut that a customer exactly on it has not passed."""
    return Cut(value, inclusive=False)


CutLike: TypeAlias = Cut | float | Horizon


def _as_cuts(value: Mapping[str, Iterable[CutLike]]) -> Mapping[str, tuple[Cut, ...]]:
    read = {code: tuple(c if isinstance(c, Cut) else Cut(c) for c in cuts) for code, cuts in value.items()}
    return MappingProxyType(read)


@attrs.frozen(eq=False)
class Thresholds:
    """A table of cut points per dimension.

    Parameters
    ----------
    cuts
        Dimension code to its cut points from the worst to the best, one fewer than levels. A number is passed by who
        has at least as much (for days and other measures where less is better: at most as much); a
        :class:`~custvalue.Horizon` by who bought within that time; :func:`above` excludes the number itself.
    base
        Number of the lowest level, 0 or 1.
    window
        The length of log that frequency and money are meant to be counted over; None if that does not matter.
        Summarise that much of the log before scoring.

    Raises
    ------
    InputError
        If a dimension has no cut, ``base`` is out of range, or a cut is not a number.

    Examples
    --------
    >>> table = Thresholds({"R": (180, 30), "F": (2, 5), "M": (50, above(200))})
    >>> table.cuts["M"][1].inclusive
    False
    """

    cuts: Mapping[str, tuple[Cut, ...]] = attrs.field(converter=_as_cuts)
    base: int = 1
    window: Horizon | None = None

    def __attrs_post_init__(self) -> None:
        _check_levels("Thresholds", 2, self.base)
        for code, cuts in self.cuts.items():
            numbers = [cut.value for cut in cuts if not isinstance(cut.value, Horizon)]
            if not 1 <= len(cuts) < MAX_LEVELS or not np.all(np.isfinite(numbers)):
                got = f"{[cut.value for cut in cuts]}"
                raise InputError(f"Thresholds[{code!r}]", expected="1 to 99 finite cut points", got=got)

    def __eq__(self, other: object) -> bool:
        """Compare by value."""
        if not isinstance(other, Thresholds):
            return NotImplemented
        return (dict(self.cuts), self.base, self.window) == (dict(other.cuts), other.base, other.window)

    def __hash__(self) -> int:
        """Hash by value."""
        return hash((tuple(sorted(self.cuts.items(), key=lambda item: item[0])), self.base, self.window))

    def fit(self, table: DimensionTable, /) -> FittedThresholds:
        """Bind the table to the dimensions; nothing is learnt from the customers.

        Raises
        ------
        InputError
            If a dimension has no cut points here, or they do not lead from worse to better.
        """
        codes = [dimension.code for dimension in table.dimensions]
        missing = [code for code in codes if code not in self.cuts]
        if missing:
            got = f"cut points for {list(self.cuts)}, none for {missing}"
            raise InputError("Thresholds.fit", expected=f"cut points for {codes}", got=got)
        for dimension in table.dimensions:
            _oriented(self, dimension, table.observed_until)
        return FittedThresholds(rule=self, dimensions=table.dimensions)


@attrs.frozen(kw_only=True)
class FittedThresholds:
    """A threshold table bound to dimensions.

    Parameters
    ----------
    rule
        The table.
    dimensions
        The dimensions scored, in order.
    """

    rule: Thresholds
    dimensions: tuple[Dimension, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many levels each dimension has."""
        return tuple(len(self.rule.cuts[dimension.code]) + 1 for dimension in self.dimensions)

    @property
    def base(self) -> int:
        """The lowest level."""
        return self.rule.base

    def assign(self, table: DimensionTable, /) -> tuple[LevelArray, ...]:
        """Give the levels, counted from 0; one column a dimension.

        Raises
        ------
        InputError
            If the cut points of a dimension do not lead from worse to better.
        """
        _require_dimensions("FittedThresholds.assign", self.dimensions, table)
        levels = []
        for dimension, column in zip(self.dimensions, table.columns, strict=True):
            cuts, inclusive = _oriented(self.rule, dimension, table.observed_until)
            levels.append(cutting.passed(column, cuts, inclusive))
        return tuple(levels)


def _oriented(rule: Thresholds, dimension: Dimension, until: np.datetime64) -> tuple[FloatArray, BoolArray]:
    """Turn the cut points of a dimension so that larger is better; refuse those not from the worst to the best."""
    cuts = rule.cuts[dimension.code]
    plain = np.array([_number(cut.value, until) for cut in cuts], dtype=np.float64)
    values = plain if dimension.higher_is_better else -plain
    if (np.diff(values) < 0).any():
        hint = "List them from the worst to the best: for recency the longest time first."
        where = f"Thresholds[{dimension.code!r}]"
        raise InputError(where, expected="cut points from the worst to the best", got=str(plain.tolist()), hint=hint)
    return values, np.array([cut.inclusive for cut in cuts])


_MONTHS = {TimeUnit.MONTH: 1, TimeUnit.QUARTER: 3, TimeUnit.YEAR: 12}


def _number(value: float | Horizon, until: np.datetime64) -> float:
    if not isinstance(value, Horizon):
        return float(value)
    months = value.n * _MONTHS.get(value.unit, 0)
    if months == 0 or months != int(months):
        return value.days
    # the same day of the month so many calendar months ago, or the last day of a shorter month
    day = until.astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    target = month - np.timedelta64(int(months), "M")
    length = ((target + np.timedelta64(1, "M")).astype("datetime64[D]") - target.astype("datetime64[D]")).astype(
        np.int64
    )
    offset = min(int((day - month.astype("datetime64[D]")).astype(np.int64)), int(length) - 1)
    return float((day - (target.astype("datetime64[D]") + np.timedelta64(offset, "D"))).astype(np.int64))


def _cut_frame(dimensions: tuple[Dimension, ...], cuts: list[FloatArray], base: int, like: FrameKind) -> object:
    columns: dict[str, Column] = {
        "dimension": [d.name for d, row in zip(dimensions, cuts, strict=True) for _ in row],
        "level": [base + 1 + at for row in cuts for at in range(row.size)],
        "cut": [float(c if d.higher_is_better else -c) for d, row in zip(dimensions, cuts, strict=True) for c in row],
    }
    return build_frame(columns, like)
