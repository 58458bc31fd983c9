"""How firmly a customer sits in its class: when the population is drawn again, when costs are allocated otherwise."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, IntArray, int_array, strings
from custvalue._frames import Column, FrameKind, build_frame
from custvalue.data import CustomerIndex, ValueTable
from custvalue.errors import AlignmentError, InputError
from custvalue.portfolio._protocol import PortfolioClassifier, classified
from custvalue.portfolio._result import Classification, Stability

__all__ = ["ClassChanges", "bootstrap_stability", "compare_allocators"]

MOST_REDRAWN = 10


def bootstrap_stability(
    classifier: PortfolioClassifier, values: ValueTable, *, n_draws: int = 200, seed: int = 0
) -> Stability:
    """Draw the population again with replacement, learn the cuts anew, and see who keeps its class.

    A draw from which the classifier cannot learn (nobody in it has the measure, or too few customers differ) is drawn
    again; ``n_redrawn`` of the result counts these.

    Parameters
    ----------
    classifier
        Settings with ``fit``.
    values
        The population.
    n_draws
        Number of draws.
    seed
        Of the random numbers. Customers are drawn in the order of their ids, so their order in the table is irrelevant.

    Raises
    ------
    InputError
        If there is no draw or no customer, the population itself cannot be fitted, or more than 10 draws are refused
        for each that is wanted.

    Examples
    --------
    >>> from custvalue.portfolio import Pyramid
    >>> values = ValueTable(customers=CustomerIndex(range(100)), measures={"profit": np.arange(100.0) - 10})
    >>> stable = bootstrap_stability(Pyramid(), values, n_draws=50)
    >>> bool(stable.agreement[0] == 1.0), bool(stable.agreement.min() < 1.0)
    (True, True)
    """
    n = len(values.customers)
    if n_draws < 1 or n < 1:
        raise InputError("bootstrap_stability", expected="a draw and a customer", got=f"{n_draws} draws, {n} customers")
    usual = classified(classifier.fit(values), values)
    order = np.argsort(values.customers.ids, kind="stable")
    rng = np.random.default_rng(seed)
    same, n_fitted, n_redrawn = np.zeros(n), 0, 0
    while n_fitted < n_draws:
        rows = order[rng.integers(0, n, n)]
        measures = {name: values[name][rows] for name in values.names}
        drawn = ValueTable(customers=CustomerIndex(np.arange(n)), measures=measures)
        try:
            fitted = classifier.fit(drawn)
        except InputError as refused:
            n_redrawn += 1
            if n_redrawn > MOST_REDRAWN * n_draws:
                got = f"{n_fitted} of {n_fitted + n_redrawn}, the last refused: {refused}"
                raise InputError("bootstrap_stability", expected=f"{n_draws} draws to learn from", got=got) from refused
            continue
        same += _agreement(usual, classified(fitted, values))
        n_fitted += 1
    return Stability(
        customers=values.customers,
        agreement=same / n_draws,
        against="bootstrap",
        n_repetitions=n_draws,
        n_redrawn=n_redrawn,
    )


def _agreement(one: Classification, other: Classification) -> np.typing.NDArray[np.bool_]:
    if one.scheme.labels == other.scheme.labels:
        return np.asarray(one.codes == other.codes)
    return np.asarray(one.labels == other.labels)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ClassChanges(ArrayHolder):
    """The classes of the same customers under several cost allocations, side by side.

    Parameters
    ----------
    customers
        (n_customers,).
    methods
        Names of the allocations; the first is what the others are compared with.
    codes
        (n_customers, n_methods) class codes.
    labels
        Labels by class code.

    Examples
    --------
    See :func:`compare_allocators`.
    """

    customers: CustomerIndex
    methods: tuple[str, ...] = attrs.field(converter=strings)
    codes: IntArray = int_array(2)
    labels: tuple[str, ...] = attrs.field(converter=strings)

    def __attrs_post_init__(self) -> None:
        shape = (len(self.customers), len(self.methods))
        if self.codes.shape != shape:
            raise AlignmentError("ClassChanges.codes", expected=f"shape {shape}", got=f"shape {self.codes.shape}")

    @property
    def changed(self) -> CustomerIndex:
        """Customers whose class is not the same under all methods."""
        return self.customers.take(np.flatnonzero((self.codes != self.codes[:, :1]).any(axis=1)))

    @property
    def stability(self) -> Stability:
        """Share of the other methods that give the class of the first."""
        others = self.codes[:, 1:] == self.codes[:, :1]
        n = others.shape[1]
        return Stability(customers=self.customers, agreement=others.mean(axis=1), against="allocator", n_repetitions=n)

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer: customer, one column a method with the class, changed."""
        names = np.asarray(self.labels, dtype=np.str_)
        columns: dict[str, Column] = {"customer": self.customers.ids}
        columns |= {method: names[self.codes[:, at]] for at, method in enumerate(self.methods)}
        columns["changed"] = (self.codes != self.codes[:, :1]).any(axis=1)
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        n, of = len(self.changed), len(self.customers)
        return f"ClassChanges({', '.join(self.methods)}: {n:,} of {of:,} customers change class)"


def compare_allocators(classifier: PortfolioClassifier, tables: Mapping[str, ValueTable]) -> ClassChanges:
    """Class the same customers on measures that rest on different cost allocations, each with its own cuts.

    Parameters
    ----------
    classifier
        Settings with ``fit``.
    tables
        Name of the allocation to the measures under it; the first is the reference.

    Raises
    ------
    InputError
        If there are fewer than two tables.
    AlignmentError
        If the tables speak of different customers.

    Examples
    --------
    The three segments of the costing example: profit 50, 35, 5 by volume and 25, 45, 20 by activity.

    >>> from custvalue.portfolio import TwoTier
    >>> three = CustomerIndex(["1", "2", "3"])
    >>> volume = ValueTable(customers=three, measures={"profit": [50.0, 35.0, 5.0]})
    >>> activity = ValueTable(customers=three, measures={"profit": [25.0, 45.0, 20.0]})
    >>> compare_allocators(TwoTier(), {"volume": volume, "activity": activity})
    ClassChanges(volume, activity: 2 of 3 customers change class)
    """
    if len(tables) < 2:
        raise InputError("compare_allocators", expected="two or more tables", got=str(len(tables)))
    found = {}
    first = next(iter(tables.values()))
    for name, table in tables.items():
        first.customers.require_same(table.customers, where=f"compare_allocators {name!r}")
        found[name] = classified(classifier.fit(table), table)
    labels = tuple(dict.fromkeys(label for one in found.values() for label in one.scheme.labels))
    codes = [np.array([labels.index(label) for label in one.scheme.labels])[one.codes] for one in found.values()]
    return ClassChanges(customers=first.customers, methods=tuple(found), codes=np.stack(codes, axis=1), labels=labels)
