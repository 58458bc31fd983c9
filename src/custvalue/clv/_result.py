"""What a prediction is: one number a customer, with its measure, unit and, where known, its uncertainty."""

from __future__ import annotations

from typing import Protocol, Self, runtime_checkable

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, FloatArray, check_lengths, float_array
from custvalue._frames import FrameKind, build_frame
from custvalue.clv._draws import ParameterDraws, checked_level
from custvalue.data import CustomerIndex
from custvalue.errors import InputError

__all__ = ["CountProbabilities", "CustomerValues", "Expectation", "Interval", "IntervalSource"]


class IntervalSource(Protocol):
    """Whatever can say how sure a prediction is."""

    def interval(self, level: float, /) -> tuple[FloatArray, FloatArray]:
        """Lower and upper bounds, each (n_customers,), that hold the truth with probability ``level``."""
        ...

    @property
    def method(self) -> str:
        """How the bounds are found: ``"delta"``, ``"bootstrap"``, ``"posterior"``."""
        ...


@runtime_checkable
class TotalIntervalSource(Protocol):
    """Whatever can say how sure the sum over customers is; bounds of customers do not add up to it."""

    def total_interval(self, level: float, /) -> tuple[float, float]:
        """Lower and upper bound of the sum."""
        ...


@runtime_checkable
class DrawnIntervalSource(Protocol):
    """Whatever can make its bounds from draws of the parameters instead."""

    def with_draws(self, draws: ParameterDraws, n: int, /) -> IntervalSource:
        """Bounds of the same ``n`` predictions from these draws."""
        ...


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Interval(ArrayHolder):
    """Bounds of a prediction.

    Parameters
    ----------
    customers
        (n_customers,).
    lower, upper
        (n_customers,) bounds in the unit of the prediction.
    level
        Probability the bounds are meant to hold, in (0, 1).
    method
        How they were found.
    """

    customers: CustomerIndex
    lower: FloatArray = float_array()
    upper: FloatArray = float_array()
    level: float = 0.95
    method: str = ""

    def __attrs_post_init__(self) -> None:
        check_lengths("Interval", len(self.customers), {"lower": self.lower, "upper": self.upper})

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer: customer, lower, upper."""
        return build_frame({"customer": self.customers.ids, "lower": self.lower, "upper": self.upper}, like)

    def __repr__(self) -> str:
        """One line."""
        return f"Interval({len(self.customers):,} customers, {self.level:.0%}, {self.method})"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class _Uncertain(ArrayHolder):
    """What all predictions share: what they are, and where bounds come from."""

    measure: str = "value"
    unit: str = ""
    intervals: IntervalSource | None = attrs.field(default=None, metadata={"saved": False})

    def _source(self, level: float) -> IntervalSource:
        checked_level(level)
        if self.intervals is None:
            hint = "Fit a model that supports intervals, or bootstrap it."
            raise InputError(f"{self.measure}.interval", expected="a model with intervals", got="none", hint=hint)
        return self.intervals

    def _drawn(self, draws: object, n: int) -> Self:
        if not isinstance(draws, ParameterDraws):
            hint = "The .draws of a posterior, or what bootstrap(...) returns."
            raise InputError("with_draws", expected="ParameterDraws", got=type(draws).__name__, hint=hint)
        source: object = self.intervals
        if not isinstance(source, DrawnIntervalSource):
            got = "none" if self.intervals is None else self.intervals.method
            expected = "a prediction of a fitted model with parameters"
            raise InputError(f"{self.measure}.with_draws", expected=expected, got=f"bounds from: {got}")
        return attrs.evolve(self, intervals=source.with_draws(draws, n))


@attrs.frozen(kw_only=True, eq=False, repr=False)
class CustomerValues(_Uncertain):
    """A prediction for each customer.

    Parameters
    ----------
    customers
        (n_customers,).
    values
        (n_customers,) in ``unit``; ``inf`` where a mean does not exist, never NaN for want of care.
    measure
        What it is: ``"probability_alive"``, ``"expected_purchases"``, ``"lifetime_value"`` ...
    unit
        ``"EUR"``, ``"purchases"``, ``"probability"`` ...
    intervals
        Where bounds come from, or None if the model has none. Not saved: save the fit, and predict again.
    """

    customers: CustomerIndex
    values: FloatArray = float_array()

    def __attrs_post_init__(self) -> None:
        check_lengths("CustomerValues", len(self.customers), {"values": self.values})

    def interval(self, level: float = 0.95) -> Interval:
        """Bounds that hold the truth with probability ``level``.

        Raises
        ------
        InputError
            If the model has no intervals, or ``level`` is not between 0 and 1.
        """
        source = self._source(level)
        lower, upper = source.interval(level)
        method = source.method
        return Interval(customers=self.customers, lower=lower, upper=upper, level=level, method=method)

    def with_draws(self, draws: ParameterDraws, /) -> CustomerValues:
        """Take the bounds from draws of the parameters, bootstrap refits or a posterior, not from the delta method.

        The values stay those of the fit.

        Raises
        ------
        InputError
            If the prediction does not come from a fit with these parameters.
        """
        return self._drawn(draws, len(self.customers))

    def total_interval(self, level: float = 0.95) -> tuple[float, float]:
        """Bounds of :attr:`total` that hold the truth with probability ``level``.

        All customers share the parameters they are predicted with, so their errors do not average out: the bounds of
        the sum are neither the sums of the bounds nor as narrow as independent errors would give.

        Raises
        ------
        InputError
            If the model has no intervals for sums, or ``level`` is not between 0 and 1.
        """
        source = self._source(level)
        if not isinstance(source, TotalIntervalSource):
            raise InputError(f"{self.measure}.total_interval", expected="intervals of sums", got=source.method)
        return source.total_interval(level)

    @property
    def total(self) -> float:
        """Sum over customers."""
        return float(np.sum(self.values))

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer: customer and the measure."""
        return build_frame({"customer": self.customers.ids, self.measure: self.values}, like)

    def __repr__(self) -> str:
        """One line."""
        return f"CustomerValues({self.measure}: {len(self.customers):,} customers, total {self.total:,.2f} {self.unit})"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Expectation(_Uncertain):
    """One number expected of somebody not known yet, such as a new customer.

    Parameters
    ----------
    value
        In ``unit``; ``float(expectation)`` gives it too.
    measure, unit, intervals
        As in :class:`CustomerValues`.
    """

    value: float = attrs.field(converter=float)

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Lower and upper bound that hold the truth with probability ``level``; errors as of a customer's."""
        lower, upper = self._source(level).interval(level)
        return float(lower[0]), float(upper[0])

    def with_draws(self, draws: ParameterDraws, /) -> Expectation:
        """Take the bounds from draws of the parameters; as :meth:`CustomerValues.with_draws`."""
        return self._drawn(draws, 1)

    def __float__(self) -> float:
        """Give the value."""
        return self.value

    def __repr__(self) -> str:
        """One line."""
        return f"Expectation({self.measure}: {self.value:,.6g} {self.unit})"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class CountProbabilities(_Uncertain):
    """Probability of 0, 1, 2 ... purchases of somebody not known yet.

    Parameters
    ----------
    probabilities
        (n_counts,) of 0, 1, ... purchases.
    measure, unit, intervals
        As in :class:`CustomerValues`.
    """

    probabilities: FloatArray = float_array()

    def interval(self, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """Lower and upper bounds, each (n_counts,), that hold the truth with probability ``level``, one by one."""
        return self._source(level).interval(level)

    def with_draws(self, draws: ParameterDraws, /) -> CountProbabilities:
        """Take the bounds from draws of the parameters; as :meth:`CustomerValues.with_draws`."""
        return self._drawn(draws, self.probabilities.size)

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a count: n_purchases, probability."""
        return build_frame({"n_purchases": np.arange(self.probabilities.size), "probability": self.probabilities}, like)

    def __repr__(self) -> str:
        """One line."""
        return f"CountProbabilities({self.measure}: 0 to {self.probabilities.size - 1} purchases)"
