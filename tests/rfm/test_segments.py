"""Segment maps: shipped ones are exhaustive and disjoint or say where not; faults are listed."""

from __future__ import annotations

from itertools import product

import pandas as pd
import pytest

from custvalue.errors import InputError, SchemaError
from custvalue.rfm import Band, Overlap, SegmentMap, SegmentRule
from custvalue.rfm.segments import ELEVEN, FOUR_WAY, R_PACKAGE

RFM = ("R", "F", "M")


def segment_of(rules: SegmentMap, *levels: int, k: int = 5) -> str:
    """Look one combination up."""
    table = rules.table(RFM, (k, k, k))
    at = (levels[0] - 1) * k * k + (levels[1] - 1) * k + levels[2] - 1
    return table.names[int(table.segment[at])]


def test_eleven_is_exhaustive_and_disjoint() -> None:
    """All 125 combinations have exactly one of eleven segments, and all eleven occur."""
    coverage = ELEVEN.coverage()

    assert (coverage.gaps, coverage.overlaps) == ((), ())
    table = ELEVEN.table(RFM, (5, 5, 5))
    assert len(table.names) == 11
    assert set(table.segment.tolist()) == set(range(11))


@pytest.mark.parametrize(
    ("levels", "segment"),
    [
        ((5, 5, 5), "Champions"),
        ((5, 4, 3), "Champions"),  # the mean 3.5 counts as 4
        ((3, 4, 4), "Loyal"),
        ((4, 2, 3), "Potential loyalist"),
        ((5, 1, 1), "New"),
        ((4, 1, 1), "Promising"),
        ((3, 3, 3), "Need attention"),
        ((3, 1, 2), "About to sleep"),
        ((2, 4, 4), "At risk"),
        ((1, 5, 5), "Cannot lose them"),
        ((2, 1, 1), "Hibernating"),
        ((1, 1, 1), "Lost"),
    ],
)
def test_eleven_by_name(levels: tuple[int, int, int], segment: str) -> None:
    """The usual cells carry the usual names."""
    assert segment_of(ELEVEN, *levels) == segment


@pytest.mark.parametrize("k", [3, 4, 5, 7])
def test_four_way(k: int) -> None:
    """High value, key to win back, new, low value, for any number of levels; the rest is named, not forced."""
    assert segment_of(FOUR_WAY, k, k, k, k=k) == "High value"
    assert segment_of(FOUR_WAY, 1, k, k, k=k) == "Key to win back"
    assert segment_of(FOUR_WAY, 1, k, (k + 1) // 2, k=k) == "Key to win back"
    assert segment_of(FOUR_WAY, k, 1, 1, k=k) == "New"
    assert segment_of(FOUR_WAY, 1, 1, 1, k=k) == "Low value"
    assert segment_of(FOUR_WAY, k, 1, k, k=k) == "In between"


def test_four_way_of_three_levels_counted() -> None:
    """With three levels the described combinations are 333; 132, 133; 311; 111."""
    described = [
        "".join(map(str, cell))
        for cell in product((1, 2, 3), repeat=3)
        if segment_of(FOUR_WAY, *cell, k=3) != "In between"
    ]

    assert described == ["111", "132", "133", "311", "333"]


def r_package_segment(r: int, f: int, m: int) -> str:
    """First of the ranges of R package rfm 0.3 (help page of rfm_segment) that holds, else Others."""
    names = ["Champions", "Potential Loyalist", "Loyal Customers", "Promising", "New Customers", "Can't Lose Them",
             "At Risk", "Need Attention", "About To Sleep", "Lost"]  # fmt: skip
    r_low, r_high = [5, 3, 2, 3, 4, 1, 1, 1, 2, 1], [5, 5, 4, 4, 5, 2, 2, 3, 3, 1]
    f_low, f_high = [5, 3, 2, 1, 1, 3, 2, 3, 1, 1], [5, 5, 4, 3, 3, 4, 5, 5, 3, 5]
    m_low, m_high = [5, 2, 2, 3, 1, 4, 4, 3, 1, 1], [5, 5, 4, 5, 5, 5, 5, 5, 4, 5]
    for i, name in enumerate(names):
        if r_low[i] <= r <= r_high[i] and f_low[i] <= f <= f_high[i] and m_low[i] <= m <= m_high[i]:
            return name
    return "Others"


def test_r_package_map() -> None:
    """Every combination as the R package assigns it: the first rule wins."""
    for cell in product(range(1, 6), repeat=3):
        assert segment_of(R_PACKAGE, *cell) == r_package_segment(*cell), cell


def test_gaps_and_overlaps_are_shown() -> None:
    """A faulty map is refused with the combinations at fault; saying what to do about them settles it."""
    rules = (SegmentRule("good", {"R": (2, 3)}), SegmentRule("loyal", {"R": 3, "F": 3}))
    faulty = SegmentMap("mine", rules)

    with pytest.raises(SchemaError) as caught:
        faulty.table(RFM, (3, 3, 3))
    assert [(fault.got, fault.n_rows) for fault in caught.value.faults] == [("gaps", 9), ("overlaps", 3)]
    assert (1, 1, 1) in caught.value.faults[0].rows
    assert segment_of(SegmentMap("mine", rules, Overlap.FIRST, "rest"), 3, 3, 1, k=3) == "good"
    assert segment_of(SegmentMap("mine", rules, Overlap.LAST, "rest"), 3, 3, 1, k=3) == "loyal"
    assert segment_of(SegmentMap("mine", rules, Overlap.LAST, "rest"), 2, 3, 1, k=3) == "good"
    assert segment_of(SegmentMap("mine", rules, Overlap.LAST, "rest"), 1, 1, 1, k=3) == "rest"


def test_wrong_levels_and_dimensions() -> None:
    """A map for five levels does not fit three, nor one that names a dimension not scored."""
    with pytest.raises(InputError, match="5 levels"):
        ELEVEN.table(RFM, (3, 3, 3))
    with pytest.raises(InputError, match="'X'"):
        SegmentMap("mine", (SegmentRule("a", {"X": Band.LOW}),), leftover="b").table(RFM, (3, 3, 3))
    with pytest.raises(InputError, match="combinations"):
        FOUR_WAY.table(RFM, (101, 101, 101))


def test_table_frame() -> None:
    """The looked-up map is a table people can read."""
    frame = ELEVEN.table(RFM, (5, 5, 5)).to_frame()

    assert isinstance(frame, pd.DataFrame)
    assert frame.columns.tolist() == ["R", "F", "M", "segment", "n_rules"]
    assert next(frame.itertuples(index=False, name=None)) == (1, 1, 1, "Lost", 1)
    assert SegmentRule("a", {"R": 1}) == SegmentRule("a", {"R": (1,)})
    assert hash(SegmentRule("a", {"R": 1})) == hash(SegmentRule("a", {"R": (1,)}))


@pytest.mark.parametrize("levels", [0, -1, (0, 1), range(5), (), "high", 1.5])
def test_levels_below_one_are_refused(levels: object) -> None:
    """Scores may run from 0, rules never do: a level that does not exist would silently hold for nobody."""
    with pytest.raises(InputError, match="counted from 1"):
        SegmentRule("a", {"R": levels})  # type: ignore[dict-item]  # the mistake under test


def test_levels_beyond_the_last_are_refused() -> None:
    """All rules that name too high a level are listed; the mean of two dimensions goes as far as they do."""
    rules = [SegmentRule("a", {"R": range(1, 10)}), SegmentRule("b", {"FM": (5, 6)}), SegmentRule("c", {"F": 5})]
    wrong = SegmentMap("mine", rules, Overlap.FIRST, "rest")

    with pytest.raises(SchemaError) as caught:
        wrong.table(RFM, (5, 5, 5))
    assert [(fault.where, fault.got) for fault in caught.value.faults] == [
        ("segment 'a', R", "[6, 7, 8, 9]"),
        ("segment 'b', FM", "[6]"),
    ]
    with pytest.raises(SchemaError):
        wrong.coverage()
    assert wrong.table(RFM, (9, 7, 5)).names == ("a", "b", "c", "rest")


def test_a_map_without_rules_is_refused() -> None:
    """Nothing to look up."""
    with pytest.raises(InputError, match="at least one rule"):
        SegmentMap("m", (), leftover="z")
