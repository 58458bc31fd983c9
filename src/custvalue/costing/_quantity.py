"""Drivers made ready to share by: edge policies applied, integer scale found, each driver once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from custvalue._arrays import BoolArray, FloatArray, locked
from custvalue.costing._kernels.rounding import Weighed, weigh
from custvalue.costing.policies import MissingDriver, NegativeDriver, Policies, UnknownCustomer
from custvalue.data import DriverTable
from custvalue.errors import Fault, InputError, SchemaError

__all__ = ["EVEN", "Preparer", "Quantity"]

EVEN = "(even)"


@attrs.frozen(kw_only=True, eq=False)
class Quantity:
    """A driver ready to share by.

    ``unknown`` is the quantity of customers we do not know, ``held`` the one imputed to customers whose quantity is
    missing.
    """

    name: str
    weighed: Weighed
    unknown: float = 0.0
    held: float = 0.0
    n_missing: int = 0
    n_negative: int = 0

    @property
    def used(self) -> float:
        """Quantity of the known customers; the same whatever their order."""
        return self.weighed.total / self.weighed.factor if self.weighed.total else 0.0

    @property
    def all_used(self) -> float:
        """Quantity of everybody."""
        return self.used + self.unknown + self.held


class Preparer:
    """Reads drivers from a table and applies the policies; every driver is prepared once."""

    def __init__(self, drivers: DriverTable, policies: Policies) -> None:
        self.drivers = drivers
        self.policies = policies
        self._ready: dict[str, Quantity] = {}

    def get(self, driver: str | Mapping[str, float]) -> Quantity:
        """Prepare one driver, or the weighted sum of several."""
        if isinstance(driver, str):
            return self._once(driver, lambda: self.drivers[driver], self.drivers.unknown.get(driver, 0.0))
        name = " + ".join(f"{weight:g} {part}" for part, weight in driver.items())
        unknown = sum(weight * self.drivers.unknown.get(part, 0.0) for part, weight in driver.items())
        return self._once(name, lambda: weighted_sum(self.drivers, driver), unknown)

    def _once(self, name: str, read: Callable[[], FloatArray], unknown: float) -> Quantity:
        if name not in self._ready:
            self._check_unknown(name, unknown)
            self._ready[name] = prepare(name, read(), self.drivers.customers.ids, self.policies, unknown)
        return self._ready[name]

    def _check_unknown(self, name: str, unknown: float) -> None:
        if unknown and self.policies.unknown_customer is UnknownCustomer.ERROR:
            hint = "Add the customers, or choose UnknownCustomer.HOLD."
            raise InputError(
                f"driver {name!r}",
                expected="quantities of known customers only",
                got=f"{unknown:g} of others",
                hint=hint,
            )

    def even(self) -> Quantity:
        """Prepare a driver of one for everybody."""
        if EVEN not in self._ready:
            ones = locked(np.ones(len(self.drivers.customers)))
            self._ready[EVEN] = prepare(EVEN, ones, self.drivers.customers.ids, self.policies, 0.0)
        return self._ready[EVEN]


def weighted_sum(drivers: DriverTable, parts: Mapping[str, float]) -> FloatArray:
    """Add drivers up with weights; NaN stays NaN."""
    if not parts:
        raise InputError("weighted driver", expected="at least one driver", got="none")
    total = np.zeros(len(drivers.customers))
    for name, weight in parts.items():
        total += weight * drivers[name]
    return locked(total)


def prepare(name: str, values: FloatArray, ids: NDArray[Any], policies: Policies, unknown: float) -> Quantity:
    """Apply the negative and missing policies to one driver and put it on an integer scale."""
    if values.size == 0:
        return Quantity(name=name, weighed=Weighed(values, 1.0, 0, 0.0), unknown=unknown)
    n_missing = n_negative = 0
    held = 0.0
    low = float(values.min())
    if not low >= 0.0:  # NaN or negative; one pass over the usual, clean column
        negative = values < 0.0
        n_negative = int(np.count_nonzero(negative))
        if n_negative:
            values = _without_negatives(name, values, negative, ids, policies.negative_driver)
        missing = np.isnan(values)
        n_missing = int(np.count_nonzero(missing))
        if n_missing:
            values, held = _without_missing(name, values, missing, ids, policies.missing_driver)
    weighed = weigh(values)
    return Quantity(name=name, weighed=weighed, unknown=unknown, held=held, n_missing=n_missing, n_negative=n_negative)


def _refuse(name: str, where: BoolArray, ids: NDArray[Any], got: str, hint: str) -> None:
    shown = ids[where][:20].tolist()
    count = int(np.count_nonzero(where))
    fault = Fault(f"driver {name!r}", "quantities of zero or more", f"{count:,} {got}", hint, shown, count)
    raise SchemaError("drivers", [fault])


def _without_negatives(
    name: str, values: FloatArray, negative: BoolArray, ids: NDArray[Any], policy: NegativeDriver
) -> FloatArray:
    if policy is NegativeDriver.ERROR:
        hint = "Count returns as an activity of their own, or choose a NegativeDriver policy."
        _refuse(name, negative, ids, "negative", hint)
    if policy is NegativeDriver.ABSOLUTE:
        values = np.abs(values)
    elif policy is NegativeDriver.ZERO:
        values = np.where(negative, 0.0, values)
    elif policy is NegativeDriver.MISSING:
        values = np.where(negative, np.nan, values)
    elif policy is NegativeDriver.SHIFT:
        values = values - np.nanmin(values)
    elif policy is NegativeDriver.SHIFT_KEEP_ZEROS:
        values = np.where(values == 0.0, 0.0, values - np.nanmin(values))
    return locked(values) if values.flags.writeable else values


def _without_missing(
    name: str, values: FloatArray, missing: BoolArray, ids: NDArray[Any], policy: MissingDriver
) -> tuple[FloatArray, float]:
    if policy is MissingDriver.ERROR:
        _refuse(name, missing, ids, "missing", "Fill them in, or choose a MissingDriver policy.")
    mean = 0.0
    known = values[~missing]
    if known.size and policy is not MissingDriver.ZERO:
        weighed = weigh(known)
        mean = weighed.total / weighed.factor / known.size
    fill = mean if policy is MissingDriver.MEAN else 0.0
    held = mean * int(np.count_nonzero(missing)) if policy is MissingDriver.HOLD else 0.0
    return locked(np.where(missing, fill, values)), held
