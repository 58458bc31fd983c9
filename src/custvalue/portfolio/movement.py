"""Movement of customers between classes from one date to another, and what it won and lost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, FloatArray, IntArray, float_array, int_array, strings
from custvalue._frames import FrameKind, build_frame
from custvalue.data import ValueTable
from custvalue.errors import AlignmentError, InputError
from custvalue.portfolio._kernels import movement as kernels
from custvalue.portfolio._result import Classification

__all__ = ["ABSENT", "Movement"]

#: State of a customer who is not in the table of one of the dates.
ABSENT = "absent"

Dates: TypeAlias = tuple[ValueTable, ValueTable]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Movement(ArrayHolder):
    """How many customers moved from which class to which, and the value they had and have.

    Parameters
    ----------
    labels
        States: the classes, best first, the missing label, and ``"absent"`` for who came or left.
    counts
        (n_states, n_states) customers, from the row's state to the column's.
    value_before, value_after
        (n_states, n_states) their value at either date; 0 where absent.

    Raises
    ------
    AlignmentError
        If the matrices are not square over the labels.

    Examples
    --------
    >>> from custvalue.data import CustomerIndex
    >>> from custvalue.portfolio import Fixed, TwoTier
    >>> spring = ValueTable(customers=CustomerIndex(["a", "b", "c"]), measures={"profit": [90.0, 20.0, 80.0]})
    >>> autumn = ValueTable(customers=CustomerIndex(["d", "c", "b"]), measures={"profit": [70.0, 10.0, 30.0]})
    >>> tiers = TwoTier(cuts=Fixed(50)).fit(spring)
    >>> moved = Movement.between(tiers.classify(spring), tiers.classify(autumn), measure="profit")
    >>> moved
    Movement(4 customers: 1 came, 1 left, 0 up, 1 down)
    >>> moved.value_by_movement()["down"]
    -70.0
    """

    labels: tuple[str, ...] = attrs.field(converter=strings)
    counts: IntArray = int_array(2)
    value_before: FloatArray = float_array(2)
    value_after: FloatArray = float_array(2)

    def __attrs_post_init__(self) -> None:
        shape = (len(self.labels), len(self.labels))
        for name in ("counts", "value_before", "value_after"):
            got = getattr(self, name).shape
            if got != shape:
                raise AlignmentError(f"Movement.{name}", expected=f"shape {shape}", got=f"shape {got}")

    @classmethod
    def between(
        cls,
        before: Classification,
        after: Classification,
        *,
        measure: str | None = None,
        values: Dates | None = None,
    ) -> Movement:
        """Compare two dates. Customers are matched by id; who is in one only came or left.

        Parameters
        ----------
        before, after
            Classifications with the same classes, at best by the same fitted classifier. They do not know their dates:
            the earlier one goes first.
        measure
            Value to add up; counts only if None.
        values
            Tables of the two dates holding the measure; the axis values of the classifications if None. A missing
            value counts as 0.

        Raises
        ------
        AlignmentError
            If the classes differ, customers are numbers at one date and texts at the other, or a table speaks of other
            customers than its classification.
        """
        if before.scheme.labels != after.scheme.labels:
            got = f"{before.scheme.labels} and {after.scheme.labels}"
            raise AlignmentError("Movement.between", expected="the same classes at both dates", got=got)
        before.customers.require_comparable(after.customers, where="Movement.between")
        at = after.customers.positions(before.customers.ids)
        came = np.setdiff1d(np.arange(len(after.customers)), at[at >= 0])
        absent = len(before.scheme.labels)
        n_states = absent + 1
        stay = at >= 0
        codes_after = np.where(stay, after.codes[np.where(stay, at, 0)] if stay.any() else absent, absent)
        rows = np.concatenate([before.codes, np.full(came.size, absent, np.int64)])
        columns = np.concatenate([codes_after, after.codes[came]]).astype(np.int64)
        old, new = _worth(before, after, measure, values)
        here = np.zeros(at.size)
        here[stay] = new[at[stay]]
        value_before = np.concatenate([old, np.zeros(came.size)])
        value_after = np.concatenate([here, new[came]])
        return cls(
            labels=(*before.scheme.labels, ABSENT),
            counts=kernels.tally(rows, columns, n_states),
            value_before=kernels.totals(rows, columns, value_before, n_states),
            value_after=kernels.totals(rows, columns, value_after, n_states),
        )

    @classmethod
    def pooled(cls, movements: Iterable[Movement]) -> Movement:
        """Add the movements of several pairs of dates, for steadier probabilities.

        Raises
        ------
        AlignmentError
            If there is none, or their classes differ.
        """
        several = tuple(movements)
        if not several or len({movement.labels for movement in several}) != 1:
            raise AlignmentError("Movement.pooled", expected="movements between the same classes", got="others or none")
        return cls(
            labels=several[0].labels,
            counts=np.sum([movement.counts for movement in several], axis=0),
            value_before=np.sum([movement.value_before for movement in several], axis=0),
            value_after=np.sum([movement.value_after for movement in several], axis=0),
        )

    @property
    def probabilities(self) -> FloatArray:
        """(n_states, n_states) share of a row's customers that went to the column's state; NaN for an empty row."""
        n = self.counts.sum(axis=1, keepdims=True).astype(np.float64)
        return np.asarray(self.counts / np.where(n > 0, n, np.nan))

    def interval(self, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """Lower and upper Wilson bounds of the probabilities, (n_states, n_states) each.

        Raises
        ------
        InputError
            If the level is not between 0 and 1.
        """
        if not 0 < level < 1:
            raise InputError("Movement.interval", expected="a level between 0 and 1", got=str(level))
        return kernels.wilson(self.counts, level)

    def steady_state(self) -> dict[str, float]:
        """Share of customers in each class if those who stay went on moving like this for ever.

        Who came or left is left out. Where the classes fall into parts without a way between them, the shares
        start from the present ones.

        Raises
        ------
        InputError
            If customers moved into a class nobody was in before, so that it is not known where they go next.
        """
        staying = self.counts[:-1, :-1]
        present = np.flatnonzero(staying.sum(axis=0) + staying.sum(axis=1) > 0)
        inner = staying[np.ix_(present, present)].astype(np.float64)
        leaving = inner.sum(axis=1)
        unknown = [self.labels[present[row]] for row in np.flatnonzero(leaving == 0)]
        if unknown or not present.size:
            hint = "Pool the movements of several dates with Movement.pooled."
            got = f"nobody in {unknown}" if unknown else "nobody at both dates"
            raise InputError("Movement.steady_state", expected="customers in every class before", got=got, hint=hint)
        arrived = inner.sum(axis=0)
        settled = kernels.long_run(inner / leaving[:, None], arrived / arrived.sum())
        shares = dict.fromkeys(self.labels[:-1], 0.0)
        return shares | {self.labels[at]: float(share) for at, share in zip(present, settled, strict=True)}

    def value_by_movement(self) -> dict[str, float]:
        """Change of value by kind of movement; the parts add up to the change of the whole.

        came, left, up (into a better class), down, stayed (in the class), and unclassed (to or from missing).
        """
        change = self.value_after - self.value_before
        n_classes = len(self.labels) - 2
        inner = change[:n_classes, :n_classes]
        parts = {
            "came": change[-1].sum(),
            "left": change[:-1, -1].sum(),
            "up": np.tril(inner, -1).sum(),
            "down": np.triu(inner, 1).sum(),
            "stayed": np.trace(inner),
            "unclassed": change[n_classes, :-1].sum() + change[:n_classes, n_classes].sum(),
        }
        return {name: float(value) for name, value in parts.items()}

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a pair of states: from, to, n_customers, probability, lower, upper, value_before, value_after."""
        lower, upper = self.interval()
        n = len(self.labels)
        columns = {
            "from": np.repeat(np.asarray(self.labels), n),
            "to": np.tile(np.asarray(self.labels), n),
            "n_customers": self.counts.ravel(),
            "probability": self.probabilities.ravel(),
            "lower": lower.ravel(),
            "upper": upper.ravel(),
            "value_before": self.value_before.ravel(),
            "value_after": self.value_after.ravel(),
        }
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        n_classes = len(self.labels) - 2
        inner = self.counts[:n_classes, :n_classes]
        came, left = self.counts[-1].sum(), self.counts[:, -1].sum()
        up, down = np.tril(inner, -1).sum(), np.triu(inner, 1).sum()
        return f"Movement({self.counts.sum():,} customers: {came:,} came, {left:,} left, {up:,} up, {down:,} down)"


def _worth(
    before: Classification, after: Classification, measure: str | None, values: Dates | None
) -> tuple[FloatArray, FloatArray]:
    if measure is None:
        return np.zeros(len(before.customers)), np.zeros(len(after.customers))
    old, new = values or (before.axes, after.axes)
    before.customers.require_same(old.customers, where="Movement.between values[0]")
    after.customers.require_same(new.customers, where="Movement.between values[1]")
    return np.nan_to_num(old[measure], nan=0.0), np.nan_to_num(new[measure], nan=0.0)
