"""Pareto A/B/C classes by cumulative value, with the cuts and the rules for crossings and ties stated."""

from __future__ import annotations

import enum
from itertools import pairwise

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, FloatArray, IntArray, LabelArray, float_array, label_array, locked
from custvalue._frames import FrameKind, build_frame
from custvalue.data import CustomerIndex, MoneyTable, ValueTable
from custvalue.errors import InputError
from custvalue.profitability.concentration import descending

__all__ = ["Crossing", "ParetoClasses", "ParetoResult", "ParetoTies"]


class Crossing(enum.Enum):
    """Where the customer goes whose value crosses a cut."""

    UPPER = "upper"  # to the better class: the class reaches at least its share
    LOWER = "lower"  # to the worse class: the class holds at most its share


class ParetoTies(enum.Enum):
    """What happens to customers of equal value on both sides of a cut."""

    TOGETHER = "together"  # all go where the first of them goes
    BY_ID = "by_id"  # parted in the order of their ids


def _cuts(value: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(float(cut) for cut in value)


@attrs.frozen
class ParetoClasses:
    """Customers classed A, B, C ... by their place in the cumulative value; those of zero or less form a last class.

    Parameters
    ----------
    cuts
        Rising shares in (0, 1) of all positive value; 80 % and 95 % by default.
    crossing
        Where the customer goes who crosses a cut.
    ties
        What happens to customers of equal value at a cut. Taken together, the default, they all go to the class of
        the first of them, which may then hold more than its share: ten customers of equal value are all A.

    Raises
    ------
    InputError
        If the cuts do not rise within (0, 1), or there are more than 24.

    Examples
    --------
    >>> sales = ValueTable(customers=CustomerIndex(["a", "b", "c", "d"]), measures={"sales": [80.0, 15.0, 5.0, -1.0]})
    >>> ParetoClasses().classify(sales, "sales").labels.tolist()
    ['A', 'B', 'C', 'D']
    """

    cuts: tuple[float, ...] = attrs.field(default=(0.80, 0.95), converter=_cuts)
    crossing: Crossing = Crossing.UPPER
    ties: ParetoTies = ParetoTies.TOGETHER

    def __attrs_post_init__(self) -> None:
        edges = (0.0, *self.cuts, 1.0)
        if not 1 <= len(self.cuts) <= 24 or any(low >= high for low, high in pairwise(edges)):
            raise InputError("ParetoClasses.cuts", expected="1 to 24 rising shares in (0, 1)", got=repr(self.cuts))

    @property
    def names(self) -> tuple[str, ...]:
        """Class names; the last is that of customers worth zero or less."""
        return tuple(chr(ord("A") + i) for i in range(len(self.cuts) + 2))

    def classify(self, table: ValueTable | MoneyTable, measure: str) -> ParetoResult:
        """Class every customer of a table by one measure.

        Raises
        ------
        InputError
            If a value is missing or infinite.
        """
        order, values = descending(table, measure)
        level = np.empty(values.size, dtype=np.int64)
        level[order] = self._levels(values)
        return ParetoResult(
            customers=table.customers,
            labels=np.array(self.names)[level],
            values=table.major(measure) if isinstance(table, MoneyTable) else table[measure],
            rule=self,
            measure=measure,
        )

    def _levels(self, values: FloatArray) -> IntArray:
        reached = np.cumsum(np.maximum(values, 0.0))
        earned = float(reached[-1]) if reached.size else 0.0
        limits, tolerance = np.array(self.cuts) * earned, 1e-12 * earned
        if self.crossing is Crossing.UPPER:
            level = np.searchsorted(limits - tolerance, reached - np.maximum(values, 0.0), side="right")
        else:
            level = np.searchsorted(limits + tolerance, reached, side="left")
        if self.ties is ParetoTies.TOGETHER:
            at = np.arange(values.size)
            at[1:][values[1:] == values[:-1]] = 0
            level = level[np.maximum.accumulate(at)]
        return np.where(values > 0, level, len(self.cuts) + 1)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ParetoResult(ArrayHolder):
    """The class of each customer.

    Parameters
    ----------
    customers
        (n_customers,) in the order of the table classed.
    labels
        (n_customers,) class names.
    values
        (n_customers,) what they were classed by.
    rule
        Cuts and rules used.
    measure
        What the values are.
    """

    customers: CustomerIndex
    labels: LabelArray = label_array()
    values: FloatArray = float_array()
    rule: ParetoClasses
    measure: str

    def count(self, name: str) -> int:
        """How many customers are in a class."""
        return int(np.count_nonzero(self.labels == name))

    def summary(self, like: FrameKind = "pandas") -> object:
        """One row a class: class, customers, value, share_of_customers, share_of_value (of the positive value)."""
        names = self.rule.names
        counts = np.array([self.count(name) for name in names], dtype=np.int64)
        value = np.array([self.values[self.labels == name].sum() for name in names])
        earned = float(self.values[self.values > 0].sum())
        columns = {
            "customers": counts,
            "value": value,
            "share_of_customers": counts / max(len(self.customers), 1),
            "share_of_value": locked(value / earned if earned > 0 else np.full(value.size, np.nan)),
        }
        return build_frame({"class": list(names), **columns}, like)

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer: customer, value, class."""
        columns = {"customer": self.customers.ids, "value": self.values, "class": self.labels}
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        counts = ", ".join(f"{name} {self.count(name):,}" for name in self.rule.names)
        return f"ParetoResult({self.measure}: {counts})"
