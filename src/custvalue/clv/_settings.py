"""What the plain lifetime-value models share: settings per customer, whole periods, the shape of an answer."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable
from typing import Protocol, TypeAlias

import attrs
import numpy as np
from numpy.typing import ArrayLike

from custvalue._arrays import FloatArray, IntArray
from custvalue.clv._result import CustomerValues, IntervalSource
from custvalue.data import CustomerIndex, CustomerSummary, DiscountRate, Horizon, TimeUnit, Timing
from custvalue.data._kinds import require_discount, require_horizon
from custvalue.errors import AlignmentError, InputError, UnitError

__all__ = [
    "FirstMargin",
    "FittedFormula",
    "Formula",
    "PerCustomer",
    "check_finite",
    "check_probability",
    "check_retention",
    "finite_periods",
    "floats",
    "lifetime_values",
    "looked_up",
    "per_customer",
    "values_of",
    "whole_periods",
]

PerCustomer: TypeAlias = float | CustomerValues
"""One number for all customers, or one for each."""

_SLACK = 1e-9  # of a period: 36 months are 3 years although 365.25 / 12 is not exact


class FirstMargin(enum.Enum):
    """Whether the first period's margin is certain, or depends on the customer staying.

    CERTAIN
        The customer is with us: period k is earned after k - 1 renewals.
    IF_RETAINED
        The customer must renew first: period k is earned after k renewals. The margin multiple r / (1 + d - r).
    """

    CERTAIN = "certain"
    IF_RETAINED = "if_retained"

    @property
    def renewals(self) -> int:
        """Renewals before the first margin: 0 or 1."""
        return int(self is FirstMargin.IF_RETAINED)


def floats(value: Iterable[float]) -> tuple[float, ...]:
    """Turn numbers into a tuple of floats."""
    return tuple(float(item) for item in value)


def values_of(value: PerCustomer) -> FloatArray:
    """Give the numbers of a setting, shape (1,) or (n_customers,)."""
    return value.values if isinstance(value, CustomerValues) else np.array([value], dtype=np.float64)


def check_retention(where: str, value: PerCustomer) -> None:
    """Insist on retention in [0, 1).

    Raises
    ------
    InputError
        If a retention is negative, 1 or more, or missing.
    """
    given = values_of(value)
    wrong = given[~((given >= 0.0) & (given < 1.0))]
    if wrong.size:
        hint = "80 % is written 0.80; a customer who never leaves has no finite value without a horizon."
        got = f"{wrong[:5].tolist()}"
        raise InputError(where, expected="a retention of 0 or more and below 1", got=got, hint=hint)


def check_probability(where: str, value: ArrayLike) -> None:
    """Insist on probabilities in [0, 1].

    Raises
    ------
    InputError
        Naming the values outside.
    """
    given = np.asarray(value, dtype=np.float64)
    wrong = given[~((given >= 0.0) & (given <= 1.0))]
    if wrong.size:
        raise InputError(where, expected="probabilities between 0 and 1", got=f"{wrong.ravel()[:5].tolist()}")


def check_finite(where: str, value: ArrayLike, *, least: float = -math.inf) -> None:
    """Insist on finite numbers of at least ``least``.

    Raises
    ------
    InputError
        Naming the values that are not.
    """
    given = np.asarray(value, dtype=np.float64)
    wrong = given[~(np.isfinite(given) & (given >= least))]
    if wrong.size:
        expected = "finite numbers" if least == -math.inf else f"finite numbers of {least:g} or more"
        raise InputError(where, expected=expected, got=f"{wrong.ravel()[:5].tolist()}")


def per_customer(value: PerCustomer, customers: CustomerIndex, where: str) -> FloatArray:
    """Look a setting up for these customers: (n_customers,).

    Raises
    ------
    AlignmentError
        If the setting does not know some of them.
    """
    if not isinstance(value, CustomerValues):
        return np.full(len(customers), value, dtype=np.float64)
    if value.customers == customers:
        return value.values
    return value.values[looked_up(value.customers, customers, where)]


def looked_up(known: CustomerIndex, wanted: CustomerIndex, where: str, hint: str = "") -> IntArray:
    """Find customers among those known: (n_wanted,) positions.

    Raises
    ------
    AlignmentError
        If some are not among them.
    """
    at = known.positions(wanted.ids)
    missing = wanted.ids[at < 0]
    if missing.size:
        got = f"{missing.size:,} customers it does not hold, e.g. {missing[:5].tolist()}"
        raise AlignmentError(where, expected="every customer of the summary", got=got, hint=hint)
    return at


def whole_periods(horizon: Horizon | None, period: TimeUnit, where: str) -> float:
    """Count the periods of a horizon; infinite for None.

    Raises
    ------
    UnitError
        If the horizon is not a whole number of periods.
    """
    if horizon is None:
        return math.inf
    exact = require_horizon(where, horizon).to(period)
    whole = round(exact)
    if whole < 1 or abs(exact - whole) > _SLACK * max(1.0, exact):
        hint = f"Set period=TimeUnit.{horizon.unit.name} in the model, or give the horizon in {period.value}s."
        raise UnitError(where, expected=f"a whole number of {period.value}s", got=f"{exact:.6g}", hint=hint)
    return float(whole)


def finite_periods(horizon: Horizon | None, period: TimeUnit, where: str) -> int:
    """Count the periods of a horizon that must have an end.

    Raises
    ------
    InputError
        If it has none.
    """
    n_periods = whole_periods(horizon, period, where)
    if math.isinf(n_periods):
        raise InputError(where, expected="a horizon", got="none (no end)", hint="Horizon(10, TimeUnit.YEAR).")
    return int(n_periods)


def lifetime_values(
    summary: CustomerSummary, values: FloatArray, intervals: IntervalSource | None = None
) -> CustomerValues:
    """Wrap lifetime values in the currency of the summary."""
    return CustomerValues(
        customers=summary.customers,
        values=values,
        measure="lifetime_value",
        unit=summary.currency.code,
        intervals=intervals,
    )


class Formula(Protocol):
    """A model that needs nothing from the data but the customers: what :class:`FittedFormula` evaluates."""

    def values(
        self, summary: CustomerSummary, horizon: Horizon | None, discount: DiscountRate, timing: Timing, /
    ) -> FloatArray:
        """Lifetime values (n_customers,) in major units."""
        ...


@attrs.frozen
class FittedFormula:
    """A model whose parameters were all given.

    Parameters
    ----------
    model
        The settings.
    """

    model: Formula

    def lifetime_value(
        self,
        summary: CustomerSummary,
        /,
        *,
        horizon: Horizon | None = None,
        discount: DiscountRate,
        timing: Timing = Timing.END,
    ) -> CustomerValues:
        """Present value of what each customer will bring within the horizon (None: without end).

        Raises
        ------
        UnitError
            If the horizon is not a whole number of the model's periods.
        InputError
            If the model needs a horizon, or the value without one has no bound.
        """
        require_discount("lifetime_value(discount)", discount)
        return lifetime_values(summary, self.model.values(summary, horizon, discount, timing))
