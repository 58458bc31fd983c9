"""Time equations: typed terms that add up to minutes. Nothing is evaluated from text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import overload

import attrs
import numpy as np
from numpy.typing import ArrayLike

from custvalue._arrays import FloatArray
from custvalue.errors import InputError

__all__ = ["TimeEquation", "WorkTime", "hours", "minutes", "term"]


@attrs.frozen(order=True)
class WorkTime:
    """A length of working time; `minutes` and `hours` make one.

    Parameters
    ----------
    minutes
        The length in minutes.
    """

    minutes: float

    @overload
    def __mul__(self, factor: float) -> WorkTime: ...
    @overload
    def __mul__(self, factor: TimeEquation) -> TimeEquation: ...
    def __mul__(self, factor: float | TimeEquation) -> WorkTime | TimeEquation:
        """Take a part or a multiple, such as 80 % of the theoretical capacity; or weigh a term of an equation."""
        if isinstance(factor, TimeEquation):
            return factor * self.minutes
        return WorkTime(self.minutes * factor)

    __rmul__ = __mul__

    @overload
    def __add__(self, other: WorkTime) -> WorkTime: ...
    @overload
    def __add__(self, other: TimeEquation) -> TimeEquation: ...
    def __add__(self, other: WorkTime | TimeEquation) -> WorkTime | TimeEquation:
        """Add two times, or a time and an equation."""
        if isinstance(other, TimeEquation):
            return other + self.minutes
        return WorkTime(self.minutes + other.minutes)


def minutes(value: float) -> WorkTime:
    """Make a working time from minutes.

    Examples
    --------
    >>> minutes(875_000) * 0.8
    WorkTime(minutes=700000.0)
    """
    return WorkTime(float(value))


def hours(value: float) -> WorkTime:
    """Make a working time from hours.

    Examples
    --------
    >>> hours(1.5).minutes
    90.0
    """
    return WorkTime(60.0 * value)


def _pairs(value: Mapping[str, float] | Iterable[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    items = value.items() if isinstance(value, Mapping) else value
    return tuple((str(name), float(coefficient)) for name, coefficient in items)


@attrs.frozen
class TimeEquation:
    """Minutes an event takes: a base time, and increments by what the event is like.

    Made by writing it down: ``5 + 3 * term("lines") + 15 * term("new_customer")``. Numbers are minutes; ``hours(1)``
    may stand in their place. Terms are counts, flags (0 or 1), categories, or products of them.

    Parameters
    ----------
    base
        Minutes of every event.
    terms
        (name, minutes for one unit) pairs; a product of terms has its names joined by ``*``.

    Examples
    --------
    >>> equation = 5 + 3 * term("lines") + 10 * term("rush")
    >>> equation
    TimeEquation(5 + 3 lines + 10 rush minutes)
    >>> equation.per_event({"lines": [1, 4], "rush": [0, 1]}).tolist()
    [8.0, 27.0]
    """

    base: float = 0.0
    terms: tuple[tuple[str, float], ...] = attrs.field(default=(), converter=_pairs)

    @classmethod
    def of(cls, value: TimeEquation | WorkTime | float) -> TimeEquation:
        """Turn a number of minutes or a time into an equation without terms."""
        if isinstance(value, TimeEquation):
            return value
        return cls(value.minutes if isinstance(value, WorkTime) else float(value))

    def __add__(self, other: TimeEquation | WorkTime | float) -> TimeEquation:
        """Add equations; equal terms are added up."""
        other = TimeEquation.of(other)
        terms = dict(self.terms)
        for name, coefficient in other.terms:
            terms[name] = terms.get(name, 0.0) + coefficient
        return TimeEquation(self.base + other.base, terms)

    __radd__ = __add__

    def __sub__(self, other: TimeEquation | WorkTime | float) -> TimeEquation:
        """Subtract an equation."""
        return self + (-1.0) * TimeEquation.of(other)

    def __mul__(self, other: TimeEquation | WorkTime | float) -> TimeEquation:
        """Multiply by a number, a time, or another equation (interactions)."""
        other = TimeEquation.of(other)
        product = TimeEquation(self.base * other.base)
        for name, coefficient in self.terms:
            product += TimeEquation(0.0, [(name, coefficient * other.base)]) if other.base else 0.0
            for second, weight in other.terms:
                joined = "*".join(sorted([*name.split("*"), *second.split("*")]))
                product += TimeEquation(0.0, [(joined, coefficient * weight)])
        for second, weight in other.terms:
            product += TimeEquation(0.0, [(second, self.base * weight)]) if self.base else 0.0
        return product

    __rmul__ = __mul__

    def per_event(self, columns: Mapping[str, ArrayLike]) -> FloatArray:
        """Minutes of each event.

        Parameters
        ----------
        columns
            Term name to (n_events,) counts, flags, or categories.

        Returns
        -------
        (n_events,) minutes.

        Raises
        ------
        InputError
            If a column is missing.
        """
        sizes = [np.asarray(column).size for column in columns.values()]
        total = np.full(sizes[0] if sizes else 1, self.base)
        for name, coefficient in self.terms:
            factor = np.ones(total.size)
            for part in name.split("*"):
                factor *= _column(part, columns)
            total += coefficient * factor
        return total

    def weights(self, event: str) -> dict[str, float]:
        """Driver to minutes for one unit, for drivers added up per customer.

        Parameters
        ----------
        event
            The driver that counts the events; the base time is taken once for each.
        """
        weights = {event: self.base} if self.base else {}
        for name, coefficient in self.terms:
            weights[name] = weights.get(name, 0.0) + coefficient
        return weights

    def __repr__(self) -> str:
        """Write the equation down."""
        parts = [f"{self.base:g}"] if self.base or not self.terms else []
        parts += [f"{coefficient:g} {name}" for name, coefficient in self.terms]
        return f"TimeEquation({' + '.join(parts)} minutes)"


def _column(name: str, columns: Mapping[str, ArrayLike]) -> FloatArray:
    column, _, category = name.partition("=")
    if column not in columns:
        raise InputError("time equation", expected=f"a column {column!r}", got=f"columns {sorted(columns)}")
    values = np.asarray(columns[column])
    return (values == category).astype(np.float64) if category else values.astype(np.float64)


def term(name: str, *, equals: str | None = None) -> TimeEquation:
    """Name a count or flag of an event, or ask for a category.

    Parameters
    ----------
    name
        Driver or column: ``term("lines")``.
    equals
        Category: ``term("channel", equals="phone")`` is 1 for events by phone. Added up per customer it is the driver
        ``"channel=phone"``; a product ``term("lines") * term("rush")`` is the driver ``"lines*rush"``, names in
        alphabetical order, because the product of two sums is not the sum of products.

    Examples
    --------
    >>> term("lines") * term("channel", equals="phone") * 2
    TimeEquation(2 channel=phone*lines minutes)
    """
    if not name or any(sign in name for sign in "*="):
        raise InputError("term", expected="a name without * and =", got=repr(name))
    return TimeEquation(0.0, [(name if equals is None else f"{name}={equals}", 1.0)])
