"""Several measures at once: cost, CO2, hours, each with its own pools and keys, side by side per customer."""

from __future__ import annotations

import enum
from collections.abc import Mapping

import attrs

from custvalue._frames import Column, FrameKind, build_frame
from custvalue.costing._combine import charged
from custvalue.costing._protocol import CostAllocator
from custvalue.costing._result import Allocation
from custvalue.data import CostLedger, CustomerIndex, DriverTable
from custvalue.errors import AlignmentError, InputError

__all__ = ["MeasureSet", "Mismatch", "allocate_measures"]


class Mismatch(enum.Enum):
    """Ledgers of different periods."""

    REJECT = "reject"
    """Refuse (the default)."""
    SEPARATE = "separate"
    """Allocate each for itself; totals are never added over measures anyway."""


@attrs.frozen(kw_only=True, eq=False, repr=False)
class MeasureSet:
    """One allocation a measure, for the same customers.

    Parameters
    ----------
    customers
        (n_customers,).
    allocations
        Measure to allocation.
    """

    customers: CustomerIndex
    allocations: Mapping[str, Allocation]

    def __getitem__(self, measure: str) -> Allocation:
        """One measure's allocation.

        Raises
        ------
        InputError
            If there is no such measure, naming those there are.
        """
        if measure not in self.allocations:
            raise InputError("measure", expected=f"one of {list(self.allocations)}", got=repr(measure))
        return self.allocations[measure]

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer: customer, one column a measure with its unit, in major units."""
        columns: dict[str, Column] = {"customer": self.customers.ids}
        for name, allocation in self.allocations.items():
            currency = allocation.costs.currency
            columns[f"{name} [{currency.code}]"] = currency.to_major(allocation.total)
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        return f"MeasureSet({len(self.customers):,} customers; {', '.join(self.allocations)})"


def allocate_measures(
    allocators: Mapping[str, CostAllocator],
    ledgers: Mapping[str, CostLedger],
    drivers: DriverTable,
    *,
    mismatch: Mismatch = Mismatch.REJECT,
) -> MeasureSet:
    """Charge several measures, each by its own allocator, from one driver table.

    Parameters
    ----------
    allocators
        Measure to allocator.
    ledgers
        Measure to ledger; ``Currency("kgCO2e", 3)`` is a currency like any other.
    drivers
        Of all measures.
    mismatch
        What to do if ledgers state different periods.

    Raises
    ------
    InputError
        If a measure has a ledger and no allocator, or the other way round.
    AlignmentError
        If periods differ and ``mismatch`` says to refuse.

    Examples
    --------
    >>> from custvalue.costing import VolumeBased
    >>> from custvalue.data import CostPool, Currency
    >>> drivers = DriverTable(customers=CustomerIndex(["a", "b"]), drivers={"orders": [3, 1], "km": [10, 30]})
    >>> ledgers = {
    ...     "cost": CostLedger(pools=[CostPool("delivery", 100)], currency="EUR"),
    ...     "carbon": CostLedger(pools=[CostPool("delivery", "0.999")], currency=Currency("kgCO2e", 3)),
    ... }
    >>> both = allocate_measures({"cost": VolumeBased("orders"), "carbon": VolumeBased("km")}, ledgers, drivers)
    >>> both["cost"].total.tolist(), both["carbon"].total.tolist()
    ([7500, 2500], [250, 749])
    """
    if set(allocators) != set(ledgers):
        odd = sorted(set(allocators) ^ set(ledgers))
        raise InputError("allocate_measures", expected="an allocator and a ledger a measure", got=f"only one of {odd}")
    periods = {ledger.period for ledger in ledgers.values() if ledger.period}
    if len(periods) > 1 and mismatch is Mismatch.REJECT:
        raise AlignmentError("allocate_measures", expected="ledgers of one period", got=f"{sorted(periods)}")
    allocations = {name: charged(allocators[name], ledger, drivers) for name, ledger in ledgers.items()}
    return MeasureSet(customers=drivers.customers, allocations=allocations)
