"""Classes and what to do with them, readable as data: policies, schemes and the cells of a matrix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from custvalue._arrays import strings
from custvalue.errors import Fault, InputError, SchemaError

__all__ = ["AxisLevels", "Cells", "Policy", "Scheme"]


@attrs.frozen
class Policy:
    """One class and how to treat the customers in it.

    Parameters
    ----------
    label
        Name of the class.
    relationship
        Recommended type of relationship, such as ``"partnership"``.
    strategy
        Recommended strategy, such as ``"keep"``.
    focus
        What the work concentrates on.

    Examples
    --------
    >>> Policy("lead", "loose", "reprice or let go", "cost").strategy
    'reprice or let go'
    """

    label: str
    relationship: str = ""
    strategy: str = ""
    focus: str = ""


def _policies(value: Iterable[Policy]) -> tuple[Policy, ...]:
    return tuple(value)


@attrs.frozen
class Scheme:
    """The classes of a model, best first, with their policies.

    Parameters
    ----------
    name
        Name of the model.
    policies
        One policy a class, labels unique.
    missing
        Label of customers that cannot be classed because a measure is missing.
    source
        Where the model was published.

    Raises
    ------
    InputError
        If a label occurs twice or equals the missing label.

    Examples
    --------
    >>> scheme = Scheme("two tiers", [Policy("gold"), Policy("iron")])
    >>> scheme.labels
    ('gold', 'iron', 'missing')
    """

    name: str
    policies: tuple[Policy, ...] = attrs.field(converter=_policies)
    missing: str = "missing"
    source: str = ""

    def __attrs_post_init__(self) -> None:
        if not self.policies or len(set(self.labels)) != len(self.labels):
            raise InputError(f"Scheme {self.name!r}", expected="classes with different labels", got=str(self.labels))

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels by class code: the classes, best first, then the missing label."""
        return (*(policy.label for policy in self.policies), self.missing)

    def code(self, label: str) -> int:
        """Give the class code of a label.

        Raises
        ------
        InputError
            If there is no such class.
        """
        if label not in self.labels:
            raise InputError(f"Scheme {self.name!r}", expected=f"one of {list(self.labels)}", got=repr(label))
        return self.labels.index(label)

    def policy(self, label: str) -> Policy:
        """Give the policy of a class; the missing label has an empty one.

        Raises
        ------
        InputError
            If there is no such class.
        """
        code = self.code(label)
        return self.policies[code] if code < len(self.policies) else Policy(self.missing)

    def with_policies(self, *policies: Policy) -> Scheme:
        """Replace the texts of some classes; the labels stay.

        Examples
        --------
        >>> scheme = Scheme("two tiers", [Policy("gold"), Policy("iron")])
        >>> scheme.with_policies(Policy("iron", strategy="standardise")).policy("iron").strategy
        'standardise'
        """
        new = {policy.label: policy for policy in policies}
        for label in new:
            self.code(label)
        return attrs.evolve(self, policies=[new.get(policy.label, policy) for policy in self.policies])

    def renamed(self, names: Mapping[str, str]) -> Scheme:
        """Rename or translate classes; those not named keep their label.

        Raises
        ------
        InputError
            If there is no class of a name given.
        """
        for label in names:
            self.code(label)
        renamed = [attrs.evolve(policy, label=names.get(policy.label, policy.label)) for policy in self.policies]
        return attrs.evolve(self, policies=renamed, missing=names.get(self.missing, self.missing))


@attrs.frozen
class AxisLevels:
    """One axis of a matrix and the names of its levels.

    Parameters
    ----------
    name
        What the axis measures, in words.
    levels
        Level names, lowest first; one more than there are cuts.

    Examples
    --------
    >>> AxisLevels("net price").levels
    ('low', 'high')
    """

    name: str
    levels: tuple[str, ...] = attrs.field(converter=strings, default=("low", "high"))


Grid = Mapping[tuple[str, ...], str] | Iterable[tuple[tuple[str, ...], str]]


def _grid(value: Grid) -> tuple[tuple[tuple[str, ...], str], ...]:
    items = value.items() if isinstance(value, Mapping) else value
    return tuple((tuple(key), label) for key, label in items)


def _axes(value: Iterable[AxisLevels]) -> tuple[AxisLevels, ...]:
    return tuple(value)


@attrs.frozen
class Cells:
    """Which class stands in which cell: one axis makes tiers, two a matrix, three a cube.

    Parameters
    ----------
    scheme
        The classes.
    axes
        The axes, in the order of the level names in ``grid``.
    grid
        Level names, one an axis, to label. Every cell exactly once.

    Raises
    ------
    SchemaError
        Naming every cell that is missing, unknown or given twice, and every label without a policy.

    Examples
    --------
    >>> tiers = Cells.ranked(Scheme("two tiers", [Policy("gold"), Policy("iron")]), axis="profit")
    >>> tiers.grid
    ((('iron',), 'iron'), (('gold',), 'gold'))
    """

    scheme: Scheme
    axes: tuple[AxisLevels, ...] = attrs.field(converter=_axes)
    grid: tuple[tuple[tuple[str, ...], str], ...] = attrs.field(converter=_grid)

    def __attrs_post_init__(self) -> None:
        given = [key for key, _ in self.grid]
        wanted = set(self.keys())
        faults = [Fault(f"cell {key}", "to be in the grid", "no entry") for key in self.keys() if key not in given]
        faults += [Fault(f"cell {key}", "levels of the axes", "unknown levels") for key in given if key not in wanted]
        faults += [Fault(f"cell {key}", "one entry", "several") for key in set(given) if given.count(key) > 1]
        known = self.scheme.labels[:-1]
        strange = {label for _, label in self.grid} - set(known)
        faults += [Fault(f"label {label!r}", f"one of {list(known)}", "no policy") for label in sorted(strange)]
        SchemaError.raise_for(f"Cells of {self.scheme.name!r}", faults)

    @classmethod
    def ranked(cls, scheme: Scheme, *, axis: str) -> Cells:
        """Make tiers: the classes of a scheme, best first, along one axis."""
        levels = tuple(policy.label for policy in reversed(scheme.policies))
        return cls(scheme=scheme, axes=[AxisLevels(axis, levels)], grid=[((level,), level) for level in levels])

    def keys(self) -> list[tuple[str, ...]]:
        """List all cells, first axis slowest, lowest level first."""
        cells: list[tuple[str, ...]] = [()]
        for axis in self.axes:
            cells = [(*cell, level) for cell in cells for level in axis.levels]
        return cells

    def label(self, *levels: str) -> str:
        """Give the label of one cell.

        Raises
        ------
        InputError
            If there is no such cell.
        """
        found = dict(self.grid)
        if levels not in found:
            raise InputError(f"Cells of {self.scheme.name!r}", expected=f"one of {self.keys()}", got=repr(levels))
        return found[levels]

    def with_policies(self, *policies: Policy) -> Cells:
        """Replace the texts of some classes; the cells stay.

        Examples
        --------
        >>> tiers = Cells.ranked(Scheme("two tiers", [Policy("gold"), Policy("iron")]), axis="profit")
        >>> tiers.with_policies(Policy("gold", strategy="keep")).scheme.policy("gold").strategy
        'keep'
        """
        return attrs.evolve(self, scheme=self.scheme.with_policies(*policies))

    def renamed(self, names: Mapping[str, str]) -> Cells:
        """Rename or translate classes; the axes keep their words.

        Raises
        ------
        InputError
            If there is no class of a name given.

        Examples
        --------
        >>> tiers = Cells.ranked(Scheme("two tiers", [Policy("gold"), Policy("iron")]), axis="profit")
        >>> tiers.renamed({"iron": "Eisen"}).scheme.labels
        ('gold', 'Eisen', 'missing')
        """
        grid = [(key, names.get(label, label)) for key, label in self.grid]
        return attrs.evolve(self, scheme=self.scheme.renamed(names), grid=grid)
