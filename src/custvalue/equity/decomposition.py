"""Why equity changed: by driver, in no order; and by structure against level."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from numbers import Real
from typing import TypeAlias

import attrs
import numpy as np
from numpy.typing import ArrayLike

from custvalue._arrays import ArrayHolder, FloatArray, IntArray, float_array, int_array, strings
from custvalue._frames import Column, FrameKind, build_frame
from custvalue.data import Currency, MoneyTable
from custvalue.data._currency import as_currency
from custvalue.equity._kernels import exact
from custvalue.errors import AlignmentError, ConservationError, InputError

__all__ = ["EquityBridge", "MeanStructure", "decompose", "mean_and_structure"]

Drivers: TypeAlias = Mapping[str, object]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class EquityBridge(ArrayHolder):
    """Change of equity, shared out over its drivers.

    Parameters
    ----------
    drivers
        What changed: customers, margin, retention, discount, model ...
    contributions
        (n_drivers,) minor units; they add up to closing less opening exactly.
    opening, closing
        Equity at both dates in minor units.
    currency
        Of all amounts.

    Raises
    ------
    ConservationError
        If the contributions do not add up.
    """

    drivers: tuple[str, ...] = attrs.field(converter=strings)
    contributions: IntArray = int_array()
    opening: int
    closing: int
    currency: Currency = attrs.field(converter=as_currency)

    def __attrs_post_init__(self) -> None:
        explained = exact.total(self.contributions)
        if explained != self.closing - self.opening or self.contributions.size != len(self.drivers):
            got = f"{explained} for a change of {self.closing - self.opening}"
            raise ConservationError(f"the contributions of {list(self.drivers)} do not add up: {got} minor units")

    def __getitem__(self, driver: str) -> int:
        """Contribution of one driver in minor units.

        Raises
        ------
        InputError
            If there is no such driver.
        """
        if driver not in self.drivers:
            raise InputError("driver", expected=f"one of {list(self.drivers)}", got=repr(driver))
        return int(self.contributions[self.drivers.index(driver)])

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a driver, between the opening and the closing: item, amount (major units)."""
        amounts = [self.opening, *self.contributions.tolist(), self.closing]
        return build_frame(
            {"item": ["opening", *self.drivers, "closing"], "amount": self.currency.to_major(amounts)}, like
        )

    def __repr__(self) -> str:
        """One line."""
        parts = zip(self.drivers, self.contributions.tolist(), strict=True)
        shown = ", ".join(f"{name} {self.currency.format(amount)}" for name, amount in parts)
        return f"EquityBridge({self.currency.format(self.opening)} -> {self.currency.format(self.closing)}: {shown})"


def decompose(
    equity: Callable[[Drivers], float], opening: Drivers, closing: Drivers, *, currency: str | Currency
) -> EquityBridge:
    """Share a change of equity out over its drivers, whatever the order one thinks of them in.

    Each driver gets the mean of what its change adds over all orders of changing the drivers (Shapley). With k
    drivers the equity is computed 2^k times.

    Parameters
    ----------
    equity
        Drivers to equity in major units; the drivers may be numbers, arrays, rates, functions (a model) ...
    opening, closing
        The drivers at both dates, by the same names.
    currency
        Of the equity; each computed equity is rounded to its minor unit.

    Raises
    ------
    AlignmentError
        If the drivers of the dates differ in name.
    InputError
        If there is no driver or more than 12, or an equity is not finite.

    References
    ----------
    Shapley, L. (1953), A value for n-person games.

    Examples
    --------
    >>> def equity(d):
    ...     return d["customers"] * d["margin"] * d["retention"] / (1 + d["discount"] - d["retention"])
    >>> bridge = decompose(
    ...     equity,
    ...     {"customers": 1000, "margin": 100.0, "retention": 0.80, "discount": 0.10},
    ...     {"customers": 1100, "margin": 100.0, "retention": 0.85, "discount": 0.10},
    ...     currency="EUR",
    ... )
    >>> bridge
    EquityBridge(266,666.67 EUR -> 374,000.00 EUR: customers 30,333.33 EUR, margin 0.00 EUR,
    retention 77,000.00 EUR, discount 0.00 EUR)
    """
    if set(opening) != set(closing):
        got = f"{sorted(opening)} and {sorted(closing)}"
        raise AlignmentError("decompose", expected="the same drivers at both dates", got=got)
    names = tuple(opening)
    if not 1 <= len(names) <= 12:
        raise InputError("decompose", expected="1 to 12 drivers", got=str(len(names)))
    money = Currency.of(currency)

    def worth(changed: frozenset[int]) -> int:
        state = {name: (closing if at in changed else opening)[name] for at, name in enumerate(names)}
        value: object = equity(state)
        minor = float(value) * money.scale if isinstance(value, Real) else math.nan
        if not math.isfinite(minor):
            raise InputError("decompose", expected="a finite equity", got=f"{value!r} with {state}")
        return round(minor)

    contributions = exact.whole_parts(exact.shapley(len(names), worth))
    first, last = worth(frozenset()), worth(frozenset(range(len(names))))
    return EquityBridge(
        drivers=names, contributions=np.array(contributions, np.int64), opening=first, closing=last, currency=money
    )


@attrs.frozen(kw_only=True, eq=False, repr=False)
class MeanStructure(ArrayHolder):
    """Change of the mean value of a customer: because groups are worth more, or because the mix of groups changed.

    Parameters
    ----------
    groups
        Group names.
    share_before, share_after
        (n_groups,) share of the customers.
    mean_before, mean_after
        (n_groups,) mean value in major units; where a group is empty at one date, that of the other.
    """

    groups: tuple[str, ...] = attrs.field(converter=strings)
    share_before: FloatArray = float_array()
    share_after: FloatArray = float_array()
    mean_before: FloatArray = float_array()
    mean_after: FloatArray = float_array()

    @property
    def before(self) -> float:
        """Mean of all customers before."""
        return float(self.share_before @ self.mean_before)

    @property
    def after(self) -> float:
        """Mean of all customers after."""
        return float(self.share_after @ self.mean_after)

    @property
    def level_effect(self) -> FloatArray:
        """(n_groups,) change of the mean because the group is worth more, at its mean share."""
        return (self.share_before + self.share_after) / 2 * (self.mean_after - self.mean_before)

    @property
    def structure_effect(self) -> FloatArray:
        """(n_groups,) change of the mean because the group's share changed, by how far it lies from the mean of all."""
        usual = (self.before + self.after) / 2
        middle = (self.mean_before + self.mean_after) / 2
        return (self.share_after - self.share_before) * (middle - usual)

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a group: shares, means and both effects; the effects add up to the change of the mean."""
        columns: dict[str, Column] = {
            "group": list(self.groups),
            "share_before": self.share_before,
            "share_after": self.share_after,
            "mean_before": self.mean_before,
            "mean_after": self.mean_after,
            "level_effect": self.level_effect,
            "structure_effect": self.structure_effect,
        }
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        level, structure = float(self.level_effect.sum()), float(self.structure_effect.sum())
        effects = f"level {level:+,.2f}, structure {structure:+,.2f}"
        return f"MeanStructure(mean {self.before:,.2f} -> {self.after:,.2f}: {effects})"


def mean_and_structure(
    opening: MoneyTable, closing: MoneyTable, opening_groups: ArrayLike, closing_groups: ArrayLike, *, amount: str
) -> MeanStructure:
    """Tell a change of value a customer from a change of mix.

    Parameters
    ----------
    opening, closing
        Values at both dates.
    opening_groups, closing_groups
        (n_customers,) group labels, such as the classes of a portfolio.
    amount
        Name of the value.

    Raises
    ------
    AlignmentError
        If currencies differ or labels are not one a customer.
    InputError
        If a date has no customers.

    Examples
    --------
    >>> from custvalue.data import CustomerIndex
    >>> spring = MoneyTable(customers=CustomerIndex(["a", "b"]), amounts={"clv": [1000, 200]}, currency="EUR")
    >>> autumn = MoneyTable(customers=CustomerIndex(["a", "b", "c", "d"]), amounts={"clv": [1200, 200, 200, 200]},
    ...                     currency="EUR")
    >>> mean_and_structure(spring, autumn, ["gold", "iron"], ["gold", "iron", "iron", "iron"], amount="clv")
    MeanStructure(mean 6.00 -> 4.50: level +0.75, structure -2.25)
    """
    if opening.currency != closing.currency:
        got = f"{opening.currency.code} and {closing.currency.code}"
        raise AlignmentError("mean_and_structure", expected="one currency", got=got)
    old, new = np.asarray(opening_groups, np.str_), np.asarray(closing_groups, np.str_)
    for labels, table in ((old, opening), (new, closing)):
        if labels.shape != (len(table.customers),) or not labels.size:
            expected = f"one label for each of {len(table.customers)} customers, at least one"
            raise AlignmentError("mean_and_structure", expected=expected, got=f"shape {labels.shape}")
    groups = np.unique(np.concatenate([old, new]))
    share_0, mean_0 = _by_group(groups, old, opening.major(amount))
    share_1, mean_1 = _by_group(groups, new, closing.major(amount))
    return MeanStructure(
        groups=[str(group) for group in groups],
        share_before=share_0,
        share_after=share_1,
        mean_before=np.where(share_0 > 0, mean_0, mean_1),
        mean_after=np.where(share_1 > 0, mean_1, mean_0),
    )


def _by_group(
    groups: np.typing.NDArray[np.str_], labels: np.typing.NDArray[np.str_], values: FloatArray
) -> tuple[FloatArray, FloatArray]:
    place = np.searchsorted(groups, labels)
    counts = np.bincount(place, minlength=groups.size)
    sums = np.bincount(place, weights=values, minlength=groups.size)
    return counts / labels.size, np.asarray(sums / np.maximum(counts, 1))
