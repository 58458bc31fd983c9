"""Axes: a measure by its name, or several measures blended into one number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import TypeAlias

import attrs
import numpy as np

from custvalue._arrays import FloatArray, locked
from custvalue.data import CustomerIndex, ValueTable, Weights
from custvalue.data._kinds import require_kind
from custvalue.errors import MAX_ROWS_SHOWN, Fault, InputError, SchemaError

__all__ = ["AxisLike", "Blend", "FittedAxis", "Scaling", "difference"]


class Scaling(Enum):
    """How a measure is brought to a common scale before it is blended.

    ``NONE`` takes it as it is (scores on one scale), ``RANGE`` maps the lowest customer to 0 and the highest to 1,
    ``Z`` takes standard deviations from the mean, ``LARGEST`` shares of the largest customer, so that within a
    segment they are relative shares. What is learnt at ``fit`` is reused at ``classify``.
    """

    NONE = "none"
    RANGE = "range"
    Z = "z"
    LARGEST = "largest"


WeightsLike: TypeAlias = Mapping[str, float] | Iterable[tuple[str, float]] | Weights


def _weights(value: WeightsLike) -> tuple[tuple[str, float], ...]:
    if isinstance(value, Weights):
        return tuple((name, value[name]) for name in value.names)
    items = value.items() if isinstance(value, Mapping) else value
    return tuple((str(name), float(weight)) for name, weight in items)


@attrs.frozen
class FittedAxis:
    """An axis with its scaling learnt: sum of weight x (measure - shift) / scale.

    Parameters
    ----------
    name
        Name of the axis.
    parts
        (measure, weight, shift, scale) of each component.
    """

    name: str
    parts: tuple[tuple[str, float, float, float], ...]

    def column(self, values: ValueTable) -> FloatArray:
        """Compute the axis, (n_customers,); NaN where any component is, or infinite ones cancel."""
        if self.parts == ((self.name, 1.0, 0.0, 1.0),):
            return values[self.name]
        total = np.zeros(len(values.customers))
        with np.errstate(invalid="ignore"):
            for measure, weight, shift, scale in self.parts:
                total += weight * ((values[measure] - shift) / scale)
        return locked(total)


@attrs.frozen
class Blend:
    """A weighted sum of measures, used as one axis.

    Parameters
    ----------
    name
        Name of the axis.
    weights
        Measure to weight: a mapping, pairs, or :class:`custvalue.data.Weights`. A negative weight counts against.
    scaling
        How the measures are brought to one scale first.

    Raises
    ------
    InputError
        If there is no weight, a weight is not finite, or all are 0.

    Examples
    --------
    >>> from custvalue.data import CustomerIndex
    >>> scores = ValueTable(customers=CustomerIndex(["a", "b"]), measures={"volume": [5, 1], "prestige": [3, 3]})
    >>> Blend("importance", {"volume": 0.6, "prestige": 0.4}).fit(scores).column(scores).round(6).tolist()
    [4.2, 1.8]
    """

    name: str
    weights: tuple[tuple[str, float], ...] = attrs.field(converter=_weights)
    scaling: Scaling = Scaling.NONE

    def __attrs_post_init__(self) -> None:
        sizes = [weight for _, weight in self.weights]
        if not sizes or not np.all(np.isfinite(sizes)) or not np.any(sizes):
            raise InputError(f"Blend {self.name!r}", expected="finite weights, not all 0", got=str(self.weights))

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures it needs."""
        return tuple(measure for measure, _ in self.weights)

    def fit(self, values: ValueTable) -> FittedAxis:
        """Learn the scaling.

        Raises
        ------
        InputError
            If a measure has infinite values; if it does not vary, is missing for everybody, or is nowhere above 0,
            and the scaling needs it to be.
        """
        for measure in self.measures:
            require_finite(f"measure {measure!r}", values[measure], values.customers)
        parts = tuple((m, weight, *_scaling(m, values[m], self.scaling)) for m, weight in self.weights)
        return FittedAxis(self.name, parts)


def _scaling(measure: str, column: FloatArray, scaling: Scaling) -> tuple[float, float]:
    if scaling is Scaling.NONE:
        return 0.0, 1.0
    present = np.sort(column[~np.isnan(column)])
    if scaling is Scaling.LARGEST:
        return 0.0, _largest(measure, present)
    if present.size == 0 or present[0] == present[-1]:
        hint = "Leave it out of the blend, or use Scaling.NONE."
        raise InputError(f"measure {measure!r}", expected="values that differ", got="one value or none", hint=hint)
    if scaling is Scaling.RANGE:
        return float(present[0]), float(present[-1] - present[0])
    return float(present.mean()), float(present.std())


def _largest(measure: str, present: FloatArray) -> float:
    if present.size == 0 or not present[-1] > 0:
        raise InputError(f"measure {measure!r}", expected="a value above 0", got="none")
    return float(present[-1])


AxisLike: TypeAlias = str | Blend


def difference(measure: str, minus: str, *, name: str = "") -> Blend:
    """Make an axis of one measure less another.

    Examples
    --------
    >>> difference("cost_to_serve", "net_price").weights
    (('cost_to_serve', 1.0), ('net_price', -1.0))
    """
    return Blend(name or f"{measure} - {minus}", {measure: 1.0, minus: -1.0})


def fit_axis(axis: AxisLike, values: ValueTable) -> FittedAxis:
    """Learn one axis; a plain measure needs nothing learnt."""
    return FittedAxis(axis, ((axis, 1.0, 0.0, 1.0),)) if isinstance(axis, str) else axis.fit(values)


def require_measures(where: str, values: ValueTable, measures: Iterable[str]) -> None:
    """Insist that there is a table and that it has the measures.

    Raises
    ------
    InputError
        If it is no table.
    SchemaError
        Naming every measure that it has not, those needed and those there are.
    """
    hint = "A frame becomes a table by ValueTable.from_frame(frame, customer=...); a valuation has one, .table."
    require_kind(where, values, ValueTable, hint=hint)
    wanted = tuple(dict.fromkeys(measures))
    hint = "Add it with values.with_measures(...), or name another."
    faults = [Fault(f"measure {name!r}", "to be in the table", "none", hint) for name in wanted if name not in values]
    SchemaError.raise_for(f"{where} needs {', '.join(wanted)}; the table has {', '.join(values.names)}", faults)


def require_finite(where: str, values: FloatArray, customers: CustomerIndex) -> None:
    """Insist on numbers that can be learnt from; NaN is left out anyway.

    Raises
    ------
    SchemaError
        Naming the customers with infinite values.
    """
    endless = np.isinf(values)
    if not endless.any():
        return
    ids = customers.ids[endless]
    hint = "A ratio to 0 is not known: make it NaN."
    fault = Fault(
        where, "finite numbers, or NaN", f"{ids.size:,} infinite", hint, ids[:MAX_ROWS_SHOWN].tolist(), ids.size
    )
    raise SchemaError(where, [fault])


def axis_table(axes: Iterable[FittedAxis], values: ValueTable) -> ValueTable:
    """Compute axes as a table of their own."""
    fitted = tuple(axes)
    origins = {axis.name: values.origins[axis.name] for axis in fitted if axis.name in values.origins}
    columns = {axis.name: axis.column(values) for axis in fitted}
    return ValueTable(customers=values.customers, measures=columns, origins=origins)
