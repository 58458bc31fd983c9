"""Which state a customer is in: recency cells, value tiers, or labels given from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import attrs
import numpy as np
from numpy.typing import ArrayLike

from custvalue._arrays import ArrayHolder, FloatArray, IntArray, check_lengths, int_array, strings
from custvalue.clv._settings import check_finite, floats
from custvalue.data import CustomerIndex, CustomerSummary, TimeUnit, ValueSeries
from custvalue.errors import AlignmentError, InputError

__all__ = ["GivenStates", "PathRule", "RecencyCells", "StateRule", "ValueTiers", "mean_rewards"]


@runtime_checkable
class StateRule(Protocol):
    """Tells the present state of customers."""

    @property
    def states(self) -> tuple[str, ...]:
        """Names of the states, in order."""
        ...

    def now(self, summary: CustomerSummary, /) -> IntArray:
        """Position of each customer's state, (n_customers,)."""
        ...


@runtime_checkable
class PathRule(Protocol):
    """Tells the states customers went through."""

    @property
    def states(self) -> tuple[str, ...]:
        """Names of the states, in order."""
        ...

    def path(self, series: ValueSeries, /) -> IntArray:
        """Position of each state, (n_customers, n_periods); -1 before the first purchase."""
        ...


@attrs.frozen
class RecencyCells:
    """States by periods since the last purchase: ``recency 1`` within the last period, ..., then ``lost``.

    Parameters
    ----------
    n_cells
        Recency cells before a customer counts as lost.
    period
        Length of a period; of the series the chain is estimated from, too.

    References
    ----------
    Pfeifer and Carraway, "Modeling customer relationships as Markov chains", *Journal of Interactive Marketing* 14(2),
    2000.

    Examples
    --------
    >>> RecencyCells(2).states
    ('recency 1', 'recency 2', 'lost')
    """

    n_cells: int
    period: TimeUnit = TimeUnit.YEAR

    def __attrs_post_init__(self) -> None:
        if self.n_cells < 1:
            raise InputError("RecencyCells.n_cells", expected="1 or more", got=repr(self.n_cells))

    @property
    def states(self) -> tuple[str, ...]:
        """Names of the states."""
        return (*(f"recency {cell}" for cell in range(1, self.n_cells + 1)), "lost")

    def now(self, summary: CustomerSummary, /) -> IntArray:
        """State of each customer at the end of observation, (n_customers,)."""
        ago = np.floor(summary.days_since_last / self.period.days).astype(np.int64)
        return np.minimum(ago, self.n_cells)

    def path(self, series: ValueSeries, /) -> IntArray:
        """State of each customer at the end of each period; a period with a value above 0 has a purchase."""
        bought = series.values > 0.0
        periods: IntArray = np.arange(bought.shape[1])
        last = np.maximum.accumulate(np.where(bought, periods, -1), axis=1)
        return np.where(last < 0, -1, np.minimum(periods - last, self.n_cells))


@attrs.frozen
class ValueTiers:
    """States by the value of the period: ``tier 0`` below the first cut, ``tier 1`` from it on, ...

    Parameters
    ----------
    cuts
        Increasing; a value equal to a cut belongs to the higher tier.

    Examples
    --------
    >>> ValueTiers((1.0, 100.0)).states
    ('tier 0', 'tier 1', 'tier 2')
    """

    cuts: tuple[float, ...] = attrs.field(converter=floats)

    def __attrs_post_init__(self) -> None:
        check_finite("ValueTiers.cuts", self.cuts)
        if not self.cuts or any(high <= low for low, high in zip(self.cuts, self.cuts[1:], strict=False)):
            raise InputError("ValueTiers.cuts", expected="increasing numbers", got=repr(self.cuts))

    @property
    def states(self) -> tuple[str, ...]:
        """Names of the states."""
        return tuple(f"tier {tier}" for tier in range(len(self.cuts) + 1))

    def path(self, series: ValueSeries, /) -> IntArray:
        """Tier of each customer in each period, -1 before its first value above 0."""
        tier = np.searchsorted(np.array(self.cuts), series.values, side="right")
        known = np.maximum.accumulate(series.values > 0.0, axis=1)
        return np.where(known, tier, -1)

    def latest(self, series: ValueSeries, /) -> GivenStates:
        """Tier of each customer in the last period of a series, as states to start from.

        Customers who never had a value are in the lowest tier.
        """
        last = np.maximum(self.path(series)[:, -1], 0)
        return GivenStates(customers=series.customers, states=self.states, at=last)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class GivenStates(ArrayHolder):
    """States found elsewhere: RFM segments, portfolio classes, a column of the customer file.

    Parameters
    ----------
    customers
        (n_customers,).
    states
        Names of the states, in order.
    at
        (n_customers,) position of each customer's state.

    Examples
    --------
    >>> given = GivenStates.from_labels(CustomerIndex(["a", "b"]), ["gold", "iron"], states=["iron", "gold"])
    >>> given.at.tolist()
    [1, 0]
    """

    customers: CustomerIndex
    states: tuple[str, ...] = attrs.field(converter=strings)
    at: IntArray = int_array()

    def __attrs_post_init__(self) -> None:
        check_lengths("GivenStates", len(self.customers), {"at": self.at})
        if np.any((self.at < 0) | (self.at >= len(self.states))):
            got = f"{int(self.at.min())} to {int(self.at.max())}"
            raise InputError("GivenStates.at", expected=f"positions 0 to {len(self.states) - 1}", got=got)

    @classmethod
    def from_labels(cls, customers: CustomerIndex, labels: ArrayLike, states: Sequence[str]) -> GivenStates:
        """Take a label a customer.

        Raises
        ------
        InputError
            Naming labels that are not among the states.
        """
        return cls(customers=customers, states=tuple(states), at=positions(labels, states, "GivenStates"))

    def now(self, summary: CustomerSummary, /) -> IntArray:
        """State of each customer of the summary, (n_customers,).

        Raises
        ------
        AlignmentError
            If the state of a customer is not known.
        """
        if self.customers == summary.customers:
            return self.at
        found = self.customers.positions(summary.customers.ids)
        missing = summary.customers.ids[found < 0]
        if missing.size:
            got = f"{missing.size:,} without one, e.g. {missing[:5].tolist()}"
            raise AlignmentError("GivenStates", expected="a state for every customer", got=got)
        return self.at[found]

    def __repr__(self) -> str:
        """One line."""
        return f"GivenStates({len(self.customers):,} customers in {len(self.states)} states)"


def positions(labels: ArrayLike, states: Sequence[str], where: str) -> IntArray:
    """Find labels among the states: (n,) positions.

    Raises
    ------
    InputError
        Naming the labels that are not among them.
    """
    given = np.asarray(labels, dtype=np.str_)
    names = np.array(list(states), dtype=np.str_)
    order = np.argsort(names)
    at = np.minimum(np.searchsorted(names[order], given), names.size - 1)
    found = order[at]
    strange = np.unique(given[names[found] != given])
    if strange.size:
        raise InputError(where, expected=f"labels among {list(states)}", got=f"{strange[:5].tolist()}")
    return found.astype(np.int64)


def mean_rewards(
    series: ValueSeries,
    rule: PathRule,
    /,
    *,
    margin: float = 1.0,
    contact: float = 0.0,
    without_contact: Sequence[str] = ("lost",),
) -> FloatArray:
    """Mean profit a period in each state, as the past shows it.

    Parameters
    ----------
    series
        Spend a customer and period.
    rule
        Tells the states.
    margin
        Share of spend that is profit.
    contact
        Cost of keeping in touch with a customer for a period.
    without_contact
        States in which nobody is kept in touch with.

    Returns
    -------
    numpy.ndarray
        (n_states,); 0 for a state nobody was in.

    Examples
    --------
    >>> series = ValueSeries(customers=CustomerIndex(["a"]), periods=["2024-01-01", "2025-01-01"], values=[[80.0, 0.0]])
    >>> mean_rewards(series, RecencyCells(1), margin=0.5, contact=4.0).tolist()
    [36.0, 0.0]
    """
    path = rule.path(series)
    known = path >= 0
    n_states = len(rule.states)
    counts = np.bincount(path[known], minlength=n_states)
    sums = np.bincount(path[known], weights=series.values[known], minlength=n_states)
    mean = np.zeros(n_states)
    np.divide(margin * sums, counts, out=mean, where=counts > 0)
    touched = ~np.isin(np.array(rule.states), np.array(list(without_contact)))
    return np.where(counts > 0, mean - contact * touched, 0.0)
