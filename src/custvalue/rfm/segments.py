"""Segment rules as data: boxes of score levels with names, checked for gaps and overlaps."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, BoolArray, IntArray, int_array, locked
from custvalue._frames import FrameKind, build_frame
from custvalue.errors import Fault, InputError, SchemaError

__all__ = [
    "ELEVEN",
    "FOUR_WAY",
    "R_PACKAGE",
    "Band",
    "Coverage",
    "Overlap",
    "SegmentMap",
    "SegmentRule",
    "SegmentTable",
]

MAX_CELLS = 1_000_000

_Whole = TypeVar("_Whole", int, IntArray)


class Band(enum.Enum):
    """A third of the levels, whatever their number: level i of k is low below 1/3, high above 2/3 of the way."""

    LOW = "low"
    MIDDLE = "middle"
    HIGH = "high"


class Overlap(enum.Enum):
    """Which rule a customer follows whom several rules describe."""

    REFUSE = "refuse"
    FIRST = "first"
    LAST = "last"


Levels: TypeAlias = int | Band | Iterable[int | Band]


def _listed(levels: object) -> tuple[Any, ...]:
    return tuple(levels) if isinstance(levels, Iterable) and not isinstance(levels, str) else (levels,)


def _is_level(item: object) -> bool:
    return isinstance(item, Band) or (isinstance(item, int | np.integer) and bool(item >= 1))


def _as_levels(value: Mapping[str, Levels]) -> Mapping[str, tuple[int | Band, ...]]:
    read = {code: _listed(levels) for code, levels in value.items()}
    for code, levels in read.items():
        wrong = [level for level in levels if not _is_level(level)]
        if wrong or not levels:
            hint = "Levels are counted from 1 for the worst, also where the scores start at 0."
            got = f"{wrong[:5]}" if wrong else "none"
            raise InputError(f"SegmentRule.levels[{code!r}]", expected="levels from 1, or bands", got=got, hint=hint)
    return MappingProxyType({c: tuple(x if isinstance(x, Band) else int(x) for x in xs) for c, xs in read.items()})


@attrs.frozen(eq=False)
class SegmentRule:
    """One box of scores and the segment whose customers stand in it.

    Parameters
    ----------
    segment
        Name of the segment; several rules may share it.
    levels
        Dimension code to the levels allowed, counted from 1 for the worst (whatever the base of the scores), or
        :class:`Band` members. A dimension left out may be anything. ``"FM"`` is the mean of the F and M levels,
        halves up.

    Raises
    ------
    InputError
        If a level is below 1, or a dimension is named without any level.

    Examples
    --------
    >>> SegmentRule("champions", {"R": 5, "FM": (4, 5)}).levels["FM"]
    (4, 5)
    """

    segment: str
    levels: Mapping[str, tuple[int | Band, ...]] = attrs.field(converter=_as_levels)

    def __eq__(self, other: object) -> bool:
        """Compare by value."""
        return isinstance(other, SegmentRule) and self._key() == other._key()

    def __hash__(self) -> int:
        """Hash by value."""
        return hash(self._key())

    def _key(self) -> tuple[str, frozenset[tuple[str, tuple[int | Band, ...]]]]:
        return self.segment, frozenset(self.levels.items())


@attrs.frozen
class SegmentMap:
    """Rules that give every customer one segment.

    Parameters
    ----------
    name
        Name of the map.
    rules
        The boxes.
    overlap
        Which rule wins where several hold; by default overlaps are refused.
    leftover
        Segment of those no rule describes; by default (None) gaps are refused.
    n_levels
        Levels per dimension the rules are written for; None if they are written in bands and fit any number.

    Raises
    ------
    InputError
        If there is no rule.

    Examples
    --------
    >>> ELEVEN.table(("R", "F", "M"), (5, 5, 5)).coverage
    Coverage(125 of 125 combinations described, 0 by several rules)
    """

    name: str
    rules: tuple[SegmentRule, ...] = attrs.field(converter=tuple[SegmentRule, ...])
    overlap: Overlap = Overlap.REFUSE
    leftover: str | None = None
    n_levels: int | None = None

    def __attrs_post_init__(self) -> None:
        if not self.rules:
            raise InputError(f"segment map {self.name!r}", expected="at least one rule", got="none")

    @property
    def segments(self) -> tuple[str, ...]:
        """Segment names, in the order of the rules, the leftover one last."""
        names = [rule.segment for rule in self.rules]
        return tuple(dict.fromkeys([*names, *([] if self.leftover is None else [self.leftover])]))

    def table(self, codes: tuple[str, ...], sizes: tuple[int, ...]) -> SegmentTable:
        """Look every combination of levels up in the rules.

        Parameters
        ----------
        codes
            Dimension codes of the scores, in order.
        sizes
            How many levels each has.

        Raises
        ------
        InputError
            If the map needs other dimensions or another number of levels, or there are too many combinations.
        SchemaError
            If a rule names levels that the scores do not have, or there are gaps or overlaps the map does not
            settle, listing them.
        """
        cells = int(np.prod(sizes, dtype=np.int64))
        if cells > MAX_CELLS:
            expected = f"at most {MAX_CELLS:,} combinations of levels"
            raise InputError(f"segment map {self.name!r}", expected=expected, got=f"{cells:,}")
        needed = {part for rule in self.rules for code in rule.levels for part in _parts(code, codes)}
        wrong = {
            code: size for code, size in zip(codes, sizes, strict=True) if code in needed and size != self.n_levels
        }
        if self.n_levels is not None and wrong:
            hint = "Use as many levels, or a map written in bands."
            where = f"segment map {self.name!r}"
            raise InputError(where, expected=f"{self.n_levels} levels", got=f"levels {wrong}", hint=hint)
        hits = self._hits(codes, sizes)
        coverage = Coverage(self, codes, hits.sum(axis=0).reshape(sizes))
        coverage.require_settled()
        winner = hits.argmax(axis=0) if self.overlap is not Overlap.LAST else -1 - hits[::-1].argmax(axis=0)
        named = np.array([self.segments.index(rule.segment) for rule in self.rules])[winner]
        segment = np.where(hits.any(axis=0), named, len(self.segments) - 1)
        return SegmentTable(names=self.segments, segment=segment, coverage=coverage)

    def coverage(self, codes: tuple[str, ...] = ("R", "F", "M"), k: int = 5) -> Coverage:
        """Count the rules that hold for each combination of levels, without insisting on anything."""
        sizes = (k,) * len(codes)
        return Coverage(self, codes, self._hits(codes, sizes).sum(axis=0).reshape(sizes))

    def _hits(self, codes: tuple[str, ...], sizes: tuple[int, ...]) -> BoolArray:
        # (n_rules, n_combinations): which rules hold for which combination of levels
        _require_levels(self, codes, sizes)
        grid = np.indices(sizes).reshape(len(sizes), -1)
        return np.stack([_box(rule, codes, sizes, grid) for rule in self.rules])


def _counts(value: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return locked(value.copy())


@attrs.frozen(eq=False, repr=False)
class Coverage:
    """How many rules hold for each combination of levels.

    Parameters
    ----------
    rules
        The map.
    codes
        Dimension codes.
    n_rules
        One axis a dimension: how many rules hold for these levels.
    """

    rules: SegmentMap
    codes: tuple[str, ...]
    n_rules: np.ndarray[tuple[int, ...], np.dtype[np.int64]] = attrs.field(converter=_counts)

    @property
    def gaps(self) -> tuple[tuple[int, ...], ...]:
        """Combinations of levels (counted from 1) no rule describes."""
        return _cells(self.n_rules == 0)

    @property
    def overlaps(self) -> tuple[tuple[int, ...], ...]:
        """Combinations of levels (counted from 1) several rules describe."""
        return _cells(self.n_rules > 1)

    def require_settled(self) -> None:
        """Insist that the map settles all gaps and overlaps.

        Raises
        ------
        SchemaError
            Listing those it does not.
        """
        faults = []
        letters = "".join(self.codes)
        if self.gaps and self.rules.leftover is None:
            hint = "Add a rule, or name a leftover segment."
            faults.append(Fault(letters, "a rule for every combination", "gaps", hint, self.gaps[:20], len(self.gaps)))
        if self.overlaps and self.rules.overlap is Overlap.REFUSE:
            hint = "Part the rules, or say Overlap.FIRST or Overlap.LAST."
            rows = self.overlaps[:20]
            faults.append(Fault(letters, "one rule a combination", "overlaps", hint, rows, len(self.overlaps)))
        SchemaError.raise_for(f"segment map {self.rules.name!r}", faults)

    def __repr__(self) -> str:
        """One line."""
        described = int(np.count_nonzero(self.n_rules))
        several = len(self.overlaps)
        return f"Coverage({described} of {self.n_rules.size} combinations described, {several} by several rules)"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class SegmentTable(ArrayHolder):
    """The segment of every combination of levels: rules looked up once, then a plain index.

    Parameters
    ----------
    names
        Segment names.
    segment
        (n_combinations,) position in ``names``; the first dimension counts most.
    coverage
        Gaps and overlaps met.
    """

    names: tuple[str, ...]
    segment: IntArray = int_array()
    coverage: Coverage

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a combination: one column a dimension (levels from 1), segment, n_rules."""
        levels = np.indices(self.coverage.n_rules.shape).reshape(len(self.coverage.codes), -1) + 1
        columns = dict(zip(self.coverage.codes, levels, strict=True))
        names = np.array(self.names)[self.segment]
        return build_frame({**columns, "segment": names, "n_rules": self.coverage.n_rules.ravel()}, like)


def _cells(mask: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(int(level) + 1 for level in cell) for cell in np.argwhere(mask))


def _parts(code: str, codes: tuple[str, ...]) -> tuple[str, ...]:
    if code in codes:
        return (code,)
    parts = tuple(code)
    if len(parts) > 1 and all(part in codes for part in parts):
        return parts
    raise InputError("SegmentRule.levels", expected=f"dimensions of {list(codes)} or means of them", got=repr(code))


def _require_levels(rules: SegmentMap, codes: tuple[str, ...], sizes: tuple[int, ...]) -> None:
    """Refuse rules with levels beyond the last one: they would hold for nobody, or for fewer than they say."""
    faults = []
    for rule in rules.rules:
        for code, allowed in rule.levels.items():
            last = [sizes[codes.index(part)] - 1 for part in _parts(code, codes)]
            top = _middle(sum(last), len(last)) + 1
            beyond = [level for level in allowed if isinstance(level, int) and level > top]
            if beyond:
                faults.append(Fault(f"segment {rule.segment!r}, {code}", f"levels 1 to {top}", f"{beyond}"))
    SchemaError.raise_for(f"segment map {rules.name!r}", faults)


def _box(
    rule: SegmentRule, codes: tuple[str, ...], sizes: tuple[int, ...], grid: IntArray
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    inside = np.ones(grid.shape[1], dtype=bool)
    for code, allowed in rule.levels.items():
        rows = [codes.index(part) for part in _parts(code, codes)]
        level = _middle(grid[rows].sum(axis=0), len(rows))
        size = sizes[rows[0]]
        fine = {index for item in allowed for index in _indices(item, size)}
        inside &= np.isin(level, sorted(fine))
    return locked(inside)


def _middle(total: _Whole, n: int) -> _Whole:
    return (2 * total + n) // (2 * n)  # the mean, halves up


def _indices(item: int | Band, size: int) -> Iterable[int]:
    if isinstance(item, int):
        return (item - 1,)
    bands = {
        Band.LOW: lambda place: 3 * place < 2 * size,  # place = 2 i + 1, so that place / 2 k is the middle of level i
        Band.MIDDLE: lambda place: 2 * size <= 3 * place <= 4 * size,
        Band.HIGH: lambda place: 3 * place > 4 * size,
    }
    return tuple(i for i in range(size) if bands[item](2 * i + 1))


def _r_package() -> tuple[SegmentRule, ...]:
    names = (
        "Champions", "Potential Loyalist", "Loyal Customers", "Promising", "New Customers", "Can't Lose Them",
        "At Risk", "Need Attention", "About To Sleep", "Lost",
    )  # fmt: skip
    low = ((5, 5, 5), (3, 3, 2), (2, 2, 2), (3, 1, 3), (4, 1, 1), (1, 3, 4), (1, 2, 4), (1, 3, 3), (2, 1, 1), (1, 1, 1))
    high = (
        (5, 5, 5),
        (5, 5, 5),
        (4, 4, 4),
        (4, 3, 5),
        (5, 3, 5),
        (2, 4, 5),
        (2, 5, 5),
        (3, 5, 5),
        (3, 3, 4),
        (1, 5, 5),
    )
    return tuple(
        SegmentRule(name, {code: range(a, b + 1) for code, a, b in zip("RFM", lower, upper, strict=True)})
        for name, lower, upper in zip(names, low, high, strict=True)
    )


_HIGH_OR_MIDDLE = (Band.MIDDLE, Band.HIGH)

# The common grid of recency against frequency, with the mean of F and M in place of F. The ranges usually printed for
# these names overlap; here every combination has one name, and "lost" are the lowest of "hibernating".
ELEVEN = SegmentMap(
    "eleven",
    (
        SegmentRule("Champions", {"R": 5, "FM": (4, 5)}),
        SegmentRule("Loyal", {"R": (3, 4), "FM": (4, 5)}),
        SegmentRule("Potential loyalist", {"R": (4, 5), "FM": (2, 3)}),
        SegmentRule("New", {"R": 5, "FM": 1}),
        SegmentRule("Promising", {"R": 4, "FM": 1}),
        SegmentRule("Need attention", {"R": 3, "FM": 3}),
        SegmentRule("About to sleep", {"R": 3, "FM": (1, 2)}),
        SegmentRule("At risk", {"R": (1, 2), "FM": (3, 4)}),
        SegmentRule("Cannot lose them", {"R": (1, 2), "FM": 5}),
        SegmentRule("Hibernating", {"R": 2, "FM": (1, 2)}),
        SegmentRule("Lost", {"R": 1, "FM": (1, 2)}),
    ),
    n_levels=5,
)

FOUR_WAY = SegmentMap(
    "four-way",
    (
        SegmentRule("High value", {"R": Band.HIGH, "F": Band.HIGH, "M": Band.HIGH}),
        SegmentRule("Key to win back", {"R": Band.LOW, "F": Band.HIGH, "M": _HIGH_OR_MIDDLE}),
        SegmentRule("New", {"R": Band.HIGH, "F": Band.LOW, "M": Band.LOW}),
        SegmentRule("Low value", {"R": Band.LOW, "F": Band.LOW, "M": Band.LOW}),
    ),
    leftover="In between",
)

R_PACKAGE = SegmentMap("R package rfm", _r_package(), overlap=Overlap.FIRST, leftover="Others", n_levels=5)
