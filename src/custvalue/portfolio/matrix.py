"""The grid shape: measured axes, cut into levels; a class in every cell. One axis makes tiers, two a matrix."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import TypeAlias

import attrs
import numpy as np

from custvalue._arrays import FloatArray, IntArray, locked
from custvalue.data import ValueTable
from custvalue.errors import InputError
from custvalue.portfolio._kernels import grid
from custvalue.portfolio._result import Classification, Cut
from custvalue.portfolio._scheme import Cells
from custvalue.portfolio.axes import AxisLike, FittedAxis, axis_table, fit_axis, require_measures
from custvalue.portfolio.cuts import CutRule, Fixed, Median, learnt, needed

__all__ = ["FittedGrid", "MatrixClassifier", "Tie"]

CutsLike: TypeAlias = CutRule | Iterable[CutRule]


class Tie(Enum):
    """Which side a value exactly at a cut belongs to."""

    HIGH = "high"
    LOW = "low"


@attrs.frozen
class FittedGrid:
    """Cells with their cuts learnt.

    Parameters
    ----------
    axes
        The axes, scaling learnt.
    cuts
        One an axis.
    cells
        Which class stands in which cell.
    """

    axes: tuple[FittedAxis, ...]
    cuts: tuple[Cut, ...]
    cells: Cells

    def classify(self, values: ValueTable, /) -> Classification:
        """Put every customer into the class of its cell.

        Raises
        ------
        SchemaError
            Naming the measures that the table lacks.
        """
        require_measures(self.cells.scheme.name, values, (part[0] for axis in self.axes for part in axis.parts))
        table = axis_table(self.axes, values)
        codes = locked(self._codes([table[axis.name] for axis in self.axes]))
        return Classification(
            customers=values.customers, codes=codes, scheme=self.cells.scheme, axes=table, cuts=self.cuts, boundary=self
        )

    def boundary_distance(self, values: ValueTable, codes: IntArray, /) -> FloatArray:
        """Return (n_customers,) smallest change of one axis, in its standard deviations, that changes the class."""
        thresholds = [
            (position, point, cut.scale)
            for position, cut in enumerate(self.cuts)
            for point in dict.fromkeys(cut.at)
            if np.isfinite(point)
        ]
        columns = [values[axis.name] for axis in self.axes]
        return grid.threshold_distance(self._codes, columns, thresholds, codes)

    def _codes(self, columns: Sequence[FloatArray]) -> IntArray:
        points = [cut.at for cut in self.cuts]
        tie_is_high = [cut.ties == Tie.HIGH.value for cut in self.cuts]
        return grid.cell_classes(columns, points, self._lookup(), tie_is_high=tie_is_high)

    def _lookup(self) -> IntArray:
        scheme = self.cells.scheme
        code = {label: number for number, label in enumerate(scheme.labels)}
        missing = len(scheme.policies)
        shape = tuple(len(axis.levels) + 1 for axis in self.cells.axes)
        lookup = np.full(shape, missing, np.int64)
        for key, label in self.cells.grid:
            place = tuple(axis.levels.index(level) for axis, level in zip(self.cells.axes, key, strict=True))
            lookup[place] = code[label]
        return lookup.ravel()


def fit_grid(
    values: ValueTable,
    axes: Sequence[AxisLike],
    rules: Sequence[CutRule],
    cells: Cells,
    ties: Sequence[Tie] = (),
) -> FittedGrid:
    """Learn the cuts of a grid: the recipe that tiers and matrices share.

    Raises
    ------
    SchemaError
        Naming the measures that the table lacks.
    InputError
        If a rule gives more or fewer cuts than its axis has borders.
    """
    require_measures(cells.scheme.name, values, needed(axes, rules))
    fitted = tuple(fit_axis(axis, values) for axis in axes)
    cuts = []
    sides = ties or (Tie.HIGH,) * len(fitted)
    for axis, rule, levels, tie in zip(fitted, rules, cells.axes, sides, strict=True):
        column = axis.column(values)
        points = learnt(rule, column, f"cuts of {axis.name!r}", values)
        if len(points) != len(levels.levels) - 1:
            got = f"{len(points)} from {rule}"
            raise InputError(
                f"cuts of {axis.name!r}", expected=f"{len(levels.levels) - 1} for levels {list(levels.levels)}", got=got
            )
        present = column[np.isfinite(column)]
        spread = float(present.std()) if present.size else 0.0
        n_learnt = 0 if isinstance(rule, Fixed) else int(present.size)
        cuts.append(Cut(axis.name, points, str(rule), n_learnt, spread or 1.0, tie.value))
    return FittedGrid(fitted, tuple(cuts), cells)


def _as_axes(value: Iterable[AxisLike]) -> tuple[AxisLike, ...]:
    if isinstance(value, str):
        raise InputError("more", expected="several axes", got=f"one string {value!r}", hint=f"Write ({value!r},).")
    return tuple(value)


def _as_rules(value: CutsLike) -> CutRule | tuple[CutRule, ...]:
    return value if isinstance(value, CutRule) else tuple(value)


def _as_ties(value: Tie | Iterable[Tie]) -> Tie | tuple[Tie, ...]:
    return value if isinstance(value, Tie) else tuple(value)


@attrs.frozen(kw_only=True)
class MatrixClassifier:
    """Customers in the cells of a matrix over two or more measured axes.

    Parameters
    ----------
    x, y
        Measures by name, or a :class:`Blend` of several.
    cells
        Which class stands in which cell; ``custvalue.portfolio.presets`` has those of the literature.
    cuts
        One rule for all axes, or one an axis.
    more
        Further axes, for cells with three or more.
    tie
        Which side a value exactly at a cut belongs to: one for all axes, or one an axis.

    Raises
    ------
    InputError
        If the axes or rules are not as many as the cells have axes.

    References
    ----------
    The cells name their own sources.

    Examples
    --------
    >>> from custvalue.data import CustomerIndex
    >>> from custvalue.portfolio import presets
    >>> values = ValueTable(
    ...     customers=CustomerIndex(["P", "Q", "R", "S", "T"]),
    ...     measures={
    ...         "net_price": [14.40, 14.16, 13.20, 13.92, 12.96],
    ...         "cost_to_serve": [1.43, 0.84, 0.56, 0.60, 1.82],
    ...     },
    ... )
    >>> matrix = MatrixClassifier(x="net_price", y="cost_to_serve", cuts=Median(), cells=presets.SHAPIRO)
    >>> matrix.fit(values).classify(values).labels.tolist()
    ['carriage trade', 'carriage trade', 'bargain basement', 'passive', 'aggressive']
    """

    x: AxisLike
    y: AxisLike
    cells: Cells
    cuts: CutRule | tuple[CutRule, ...] = attrs.field(factory=Median, converter=_as_rules)
    more: tuple[AxisLike, ...] = attrs.field(default=(), converter=_as_axes)
    tie: Tie | tuple[Tie, ...] = attrs.field(default=Tie.HIGH, converter=_as_ties)

    def __attrs_post_init__(self) -> None:
        wanted = len(self.cells.axes)
        if len(self.axes) != wanted:
            names = [axis.name for axis in self.cells.axes]
            raise InputError("MatrixClassifier", expected=f"{wanted} axes for {names}", got=str(len(self.axes)))
        if isinstance(self.cuts, tuple) and len(self.cuts) != wanted:
            raise InputError("MatrixClassifier.cuts", expected=f"one rule, or {wanted}", got=str(len(self.cuts)))
        if isinstance(self.tie, tuple) and len(self.tie) != wanted:
            raise InputError("MatrixClassifier.tie", expected=f"one side, or {wanted}", got=str(len(self.tie)))

    @property
    def axes(self) -> tuple[AxisLike, ...]:
        """All axes, in the order of the cells."""
        return (self.x, self.y, *self.more)

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures it needs."""
        return needed(self.axes, self._rules)

    def fit(self, values: ValueTable, /) -> FittedGrid:
        """Learn the cuts on a population.

        Raises
        ------
        SchemaError
            Naming the measures that the table lacks.
        InputError
            If a rule cannot learn, or gives more or fewer cuts than the axis has borders.
        """
        ties = self.tie if isinstance(self.tie, tuple) else (self.tie,) * len(self.axes)
        return fit_grid(values, self.axes, self._rules, self.cells, ties)

    @property
    def _rules(self) -> tuple[CutRule, ...]:
        return self.cuts if isinstance(self.cuts, tuple) else (self.cuts,) * len(self.axes)
