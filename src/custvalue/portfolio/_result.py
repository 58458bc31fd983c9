"""What a classifier hands back."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Protocol, runtime_checkable

import attrs
import numpy as np
from numpy.typing import ArrayLike

from custvalue._arrays import ArrayHolder, FloatArray, IntArray, LabelArray, check_lengths, float_array, int_array
from custvalue._frames import Column, FrameKind, build_frame
from custvalue.data import CustomerIndex, ValueTable
from custvalue.data._kinds import is_index
from custvalue.errors import InputError
from custvalue.portfolio._scheme import Policy, Scheme

__all__ = ["Boundary", "Classification", "Cut", "Stability"]


@attrs.frozen
class Cut:
    """Where one measure was cut, and how that was learnt.

    Parameters
    ----------
    measure
        The measure, as named in the axis values of the classification.
    at
        Cut points, lowest first.
    rule
        How they were found, in words.
    n_learnt
        Number of customers they were learnt from; 0 where none was needed.
    scale
        Standard deviation of the measure over those customers: the unit of boundary distances.
    ties
        ``"high"`` if a value at the cut counts as above it, else ``"low"``.
    segment
        Number of the segment the cut belongs to, where each segment has its own; else empty.

    Examples
    --------
    >>> Cut("profit", (0.0,), "fixed at 0")
    Cut(measure='profit', at=(0.0,), rule='fixed at 0', n_learnt=0, scale=1.0, ties='high', segment='')
    """

    measure: str
    at: tuple[float, ...]
    rule: str
    n_learnt: int = 0
    scale: float = 1.0
    ties: str = "high"
    segment: str = ""


@runtime_checkable
class Boundary(Protocol):
    """Anything that knows how far classified customers are from another class."""

    def boundary_distance(self, values: ValueTable, codes: IntArray, /) -> FloatArray:
        """Return (n_customers,) distances, inf where no other class can be reached."""
        ...


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Stability(ArrayHolder):
    """How often a customer keeps its class when something changes.

    Parameters
    ----------
    customers
        (n_customers,).
    agreement
        (n_customers,) share of the repetitions with the same class, in [0, 1].
    against
        What was changed: ``"bootstrap"``, ``"allocator"`` ...
    n_repetitions
        How many repetitions.
    n_redrawn
        How many more were drawn, and drawn again because no classes could be learnt from them.

    Examples
    --------
    >>> stable = Stability(customers=CustomerIndex(["a", "b"]), agreement=[1.0, 0.5], against="bootstrap",
    ...                    n_repetitions=200)
    >>> stable.mean
    0.75
    """

    customers: CustomerIndex = attrs.field(validator=is_index)
    agreement: FloatArray = float_array()
    against: str
    n_repetitions: int
    n_redrawn: int = 0

    def __attrs_post_init__(self) -> None:
        check_lengths("Stability", len(self.customers), {"agreement": self.agreement})

    @property
    def mean(self) -> float:
        """Mean agreement over the customers."""
        return float(self.agreement.mean())

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer: customer, agreement."""
        return build_frame({"customer": self.customers.ids, "agreement": self.agreement}, like)

    def __repr__(self) -> str:
        """One line."""
        more = f", {self.n_redrawn} more redrawn" if self.n_redrawn else ""
        return f"Stability(against {self.against}: mean {self.mean:.3f} over {self.n_repetitions} repetitions{more})"


def _cuts(value: Iterable[Cut]) -> tuple[Cut, ...]:
    return tuple(value)


def _stabilities(value: Iterable[Stability]) -> tuple[Stability, ...]:
    return tuple(value)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Classification(ArrayHolder):
    """The class of every customer, and why.

    Parameters
    ----------
    customers
        (n_customers,).
    codes
        (n_customers,) class codes, indexes into ``scheme.labels``; the last one means missing.
    scheme
        The classes and their policies.
    axes
        The axis values the customers were classed by, (n_customers,) each.
    cuts
        Where the axes were cut and how that was learnt.
    boundary
        What measures distances to the next class; None if nothing does.
    stability
        Stability results attached with :meth:`with_stability`.

    Raises
    ------
    InputError
        If a code does not stand for a class.
    AlignmentError
        If the axis values or stability results speak of other customers.

    Examples
    --------
    >>> from custvalue.portfolio import Pyramid
    >>> values = ValueTable(customers=CustomerIndex(["a", "b", "c"]), measures={"profit": [90.0, 5.0, -2.0]})
    >>> tiers = Pyramid().fit(values).classify(values)
    >>> tiers.labels.tolist()
    ['platinum', 'iron', 'lead']
    >>> tiers.policy("lead").strategy
    'reprice, serve at lower cost, or let go'
    """

    customers: CustomerIndex = attrs.field(validator=is_index)
    codes: IntArray = int_array()
    scheme: Scheme
    axes: ValueTable
    cuts: tuple[Cut, ...] = attrs.field(default=(), converter=_cuts)
    boundary: Boundary | None = None
    stability: tuple[Stability, ...] = attrs.field(default=(), converter=_stabilities)

    def __attrs_post_init__(self) -> None:
        check_lengths("Classification", len(self.customers), {"codes": self.codes})
        n_labels = len(self.scheme.labels)
        if self.codes.size and not (self.codes.min() >= 0 and self.codes.max() < n_labels):
            got = f"{self.codes.min()} to {self.codes.max()}"
            raise InputError("Classification", expected=f"class codes 0 to {n_labels - 1}", got=got)
        self.customers.require_same(self.axes.customers, where="Classification.axes")
        for result in self.stability:
            self.customers.require_same(result.customers, where="Classification.stability")

    @classmethod
    def from_labels(cls, axes: ValueTable, labels: ArrayLike, scheme: Scheme) -> Classification:
        """Build from labels, for classifiers of one's own.

        Parameters
        ----------
        axes
            The customers and the values they were classed by.
        labels
            (n_customers,) labels of the scheme.
        scheme
            The classes.

        Raises
        ------
        InputError
            Naming labels that the scheme does not know.

        Examples
        --------
        >>> values = ValueTable(customers=CustomerIndex(["a", "b"]), measures={"orders": [3.0, 0.0]})
        >>> scheme = Scheme("activity", [Policy("active"), Policy("idle")])
        >>> Classification.from_labels(values, ["active", "idle"], scheme).codes.tolist()
        [0, 1]
        """
        names, where = np.unique(np.asarray(labels, dtype=np.str_), return_inverse=True)
        codes = np.array([scheme.code(str(name)) for name in names], dtype=np.int64)
        return cls(customers=axes.customers, codes=codes[where], scheme=scheme, axes=axes)

    @property
    def labels(self) -> LabelArray:
        """(n_customers,) labels."""
        return np.asarray(self.scheme.labels, dtype=np.str_)[self.codes]

    @property
    def is_missing(self) -> np.typing.NDArray[np.bool_]:
        """(n_customers,) True where a missing measure kept the customer from being classed."""
        return np.asarray(self.codes == len(self.scheme.policies))

    @property
    def boundary_distance(self) -> FloatArray:
        """(n_customers,) distance to the nearest boundary.

        For cuts: the smallest change of one single measure that changes the class, in standard deviations of that
        measure over the customers the cuts were learnt from. For clusters: the distance to the nearest border
        plane, in scaled units. inf where no other class can be reached that way, NaN where the class is missing
        or nothing measures distances.
        """
        if self.boundary is None:
            return np.full(self.codes.shape, np.nan)
        distance = self.boundary.boundary_distance(self.axes, self.codes)
        return np.where(self.is_missing, np.nan, distance)

    def policy(self, label: str) -> Policy:
        """Relationship, strategy and focus recommended for a class."""
        return self.scheme.policy(label)

    def where(self, label: str) -> CustomerIndex:
        """List the customers of a class."""
        return self.customers.take(np.flatnonzero(self.codes == self.scheme.code(label)))

    def with_stability(self, *results: Stability) -> Classification:
        """Attach stability results; they become columns of the frame."""
        return attrs.evolve(self, stability=(*self.stability, *results))

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer: customer, class, relationship, strategy, focus, axis values, boundary distance.

        Axis columns are named ``axis_<measure>``, stability columns ``stability_<against>``.
        """
        policies = [*self.scheme.policies, Policy(self.scheme.missing)]
        columns: dict[str, Column] = {"customer": self.customers.ids, "class": self.labels}
        for name in ("relationship", "strategy", "focus"):
            texts = np.asarray([getattr(policy, name) for policy in policies], dtype=np.str_)
            columns[name] = texts[self.codes]
        columns |= {f"axis_{name}": self.axes[name] for name in self.axes.names}
        columns["boundary_distance"] = self.boundary_distance
        columns |= {f"stability_{result.against}": result.agreement for result in self.stability}
        return build_frame(columns, like)

    def summary(self, like: FrameKind = "pandas") -> object:
        """One row a class: class, n_customers, share, the texts, and the mean of each axis."""
        n_labels = len(self.scheme.labels)
        counts = np.bincount(self.codes, minlength=n_labels)
        policies = [*self.scheme.policies, Policy(self.scheme.missing)]
        columns: dict[str, Column] = {
            "class": list(self.scheme.labels),
            "n_customers": counts,
            "share": counts / max(len(self.customers), 1),
            "relationship": [policy.relationship for policy in policies],
            "strategy": [policy.strategy for policy in policies],
            "focus": [policy.focus for policy in policies],
        }
        for name in self.axes.names:
            values = self.axes[name]
            there = ~np.isnan(values)
            sums = np.bincount(self.codes[there], weights=values[there], minlength=n_labels)
            known = np.bincount(self.codes[there], minlength=n_labels)
            columns[f"mean_{name}"] = np.where(known > 0, sums / np.maximum(known, 1), np.nan)
        return build_frame(columns, like)

    def cuts_frame(self, like: FrameKind = "pandas") -> object:
        """One row a cut: segment, measure, at, rule, n_learnt, ties."""
        rows = [(cut, point) for cut in self.cuts for point in cut.at]
        columns: dict[str, Column] = {
            "segment": [cut.segment for cut, _ in rows],
            "measure": [cut.measure for cut, _ in rows],
            "at": np.array([point for _, point in rows], dtype=np.float64),
            "rule": [cut.rule for cut, _ in rows],
            "n_learnt": np.array([cut.n_learnt for cut, _ in rows], dtype=np.int64),
            "ties": [cut.ties for cut, _ in rows],
        }
        return build_frame(columns, like)

    def _repr_html_(self) -> str:
        counts = np.bincount(self.codes, minlength=len(self.scheme.labels))
        policies = [*self.scheme.policies, Policy(self.scheme.missing)]
        rows = "".join(
            f"<tr><td>{escape(policy.label)}</td><td style='text-align:right'>{n:,}</td>"
            f"<td>{escape(policy.strategy)}</td></tr>"
            for policy, n in zip(policies, counts, strict=True)
        )
        head = "<tr><th>class</th><th>customers</th><th>strategy</th></tr>"
        return f"<table><caption>{escape(self.scheme.name)}</caption><thead>{head}</thead><tbody>{rows}</tbody></table>"

    def __repr__(self) -> str:
        """One line."""
        counts = np.bincount(self.codes, minlength=len(self.scheme.labels))
        shown = ", ".join(f"{label} {n:,}" for label, n in zip(self.scheme.labels, counts, strict=True) if n)
        return f"Classification({self.scheme.name}, {len(self.customers):,} customers: {shown})"
