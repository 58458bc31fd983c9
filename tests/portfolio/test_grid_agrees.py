"""The grid agrees with a slow plain reading of its own rules, at borders, gaps, ties and block edges."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.portfolio._tables import table

from custvalue.portfolio import (
    Cells,
    FittedGrid,
    Fixed,
    MatrixClassifier,
    NaturalBreaks,
    ParetoABC,
    Policy,
    Pyramid,
    Quantiles,
    Scheme,
    Tie,
    TierClassifier,
    TopShare,
    ValueShare,
    presets,
)
from custvalue.portfolio._kernels import grid

NUMBERS = st.one_of(
    st.sampled_from([-np.inf, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, np.inf, np.nan]), st.floats(-5, 5, allow_nan=False)
)


def plain(x: float, y: float, fitted: FittedGrid) -> str:
    """Read the cells as a person would."""
    names = []
    for value, cut, axis in zip((x, y), fitted.cuts, fitted.cells.axes, strict=True):
        if np.isnan(value):
            return "missing"
        passed = sum(value >= point if cut.ties == "high" else value > point for point in cut.at)
        names.append(axis.levels[passed])
    return fitted.cells.label(*names)


def check_against_plain(rows: list[tuple[float, float]], cuts: tuple[list[float], list[float]], tie: Tie) -> None:
    values = table(range(len(rows)), x=[row[0] for row in rows], y=[row[1] for row in rows])
    rules = tuple(Fixed(sorted(points)) for points in cuts)
    fitted = MatrixClassifier(x="x", y="y", cuts=rules, cells=presets.DIRECT_INDIRECT, tie=tie).fit(values)
    found = fitted.classify(values)

    assert found.labels.tolist() == [plain(x, y, fitted) for x, y in rows]
    distance = found.boundary_distance
    assert np.array_equal(np.isnan(distance), found.is_missing)
    scales = [cut.scale for cut in fitted.cuts]
    for at, (x, y) in enumerate(rows):
        if found.is_missing[at] or not np.isfinite(distance[at]):
            continue
        reached = 0
        for axis, sign in ((0, 1), (0, -1), (1, 1), (1, -1)):
            for factor in (1 + 1e-6, 1 - 1e-6):
                step = sign * scales[axis] * (distance[at] * factor + (1e-9 if factor > 1 else -1e-9))
                moved = (x + step * (axis == 0), y + step * (axis == 1))
                changed = plain(*moved, fitted) != found.labels[at]
                assert not (changed and factor < 1 and distance[at] > 1e-6), (rows[at], distance[at])
                reached += changed and factor > 1
        assert reached, (rows[at], distance[at])


CASES = given(
    rows=st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=20),
    cuts=st.tuples(*[st.lists(st.sampled_from([-1.0, 0.0, 0.5, 1.0, 2.0]), min_size=2, max_size=2)] * 2),
    tie=st.sampled_from(Tie),
)


@CASES
def test_a_matrix_is_what_a_person_would_read(
    rows: list[tuple[float, float]], cuts: tuple[list[float], list[float]], tie: Tie
) -> None:
    check_against_plain(rows, cuts, tie)


@pytest.mark.long
@CASES
@settings(max_examples=10_000, deadline=None)
def test_a_matrix_is_what_a_person_would_read_ten_thousand_times(
    rows: list[tuple[float, float]], cuts: tuple[list[float], list[float]], tie: Tie
) -> None:
    check_against_plain(rows, cuts, tie)


@pytest.mark.parametrize(
    "classifier",
    [
        Pyramid(),
        ParetoABC(),
        TierClassifier(measure="profit", cuts=Quantiles(4), tiers=presets.PYRAMID),
        TierClassifier(measure="profit", cuts=NaturalBreaks(4), tiers=presets.PYRAMID),
        TierClassifier(measure="profit", cuts=TopShare((0.1, 0.3, 0.9)), tiers=presets.PYRAMID),
        TierClassifier(measure="profit", cuts=ValueShare((0.3, 0.6, 0.9)), tiers=presets.PYRAMID),
    ],
    ids=lambda classifier: str(getattr(classifier, "cuts", type(classifier).__name__)),
)
@given(profits=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60))
def test_more_is_never_a_worse_tier(classifier: Pyramid, profits: list[float]) -> None:
    values = table(range(len(profits)), profit=profits)
    codes = classifier.fit(values).classify(values).codes

    assert np.all(np.diff(codes[np.argsort(profits, kind="stable")]) <= 0)


@given(profits=st.lists(st.floats(0.01, 1e6), min_size=1, max_size=80), share=st.sampled_from([0.2, 0.5, 0.8, 0.95]))
def test_class_a_is_the_fewest_customers_who_carry_the_share(profits: list[float], share: float) -> None:
    values = table(range(len(profits)), profit=profits)
    found = ParetoABC(shares=(share, 0.999)).fit(values).classify(values)
    inside = np.array(profits)[found.labels == "A"]

    total = np.sum(profits)
    assert inside.sum() >= share * total * (1 - 1e-9)
    assert inside[inside > inside.min()].sum() < share * total * (1 + 1e-9)


def test_blocks_do_not_show() -> None:
    rng = np.random.default_rng(0)
    n = 3 * grid.BLOCK + 17
    x = np.where(rng.random(n) < 0.01, np.nan, rng.normal(size=n))
    values = table(range(n), profit=x)
    found = TierClassifier(measure="profit", cuts=Fixed((-1, 0, 1)), tiers=presets.PYRAMID).fit(values).classify(values)

    expected = np.where(np.isnan(x), 4, 3 - np.digitize(x, [-1, 0, 1]))
    assert np.array_equal(found.codes, expected)


@pytest.mark.parametrize("n_classes", [13, 14, 300])
@pytest.mark.parametrize("tie", Tie)
def test_many_cuts_take_the_same_side(n_classes: int, tie: Tie) -> None:
    scheme = Scheme("many", [Policy(f"{number:03d}") for number in range(n_classes)])
    points = tuple(float(number) for number in range(n_classes - 1))
    values = table(range(700), profit=np.concatenate([np.arange(699) / 2 - 3, [np.nan]]))
    classifier = TierClassifier(
        measure="profit", cuts=Fixed(points), tiers=Cells.ranked(scheme, axis="profit"), tie=tie
    )
    found = classifier.fit(values).classify(values)

    side: Literal["left", "right"] = "right" if tie is Tie.HIGH else "left"
    expected = n_classes - 1 - np.searchsorted(np.array(points), values["profit"][:-1], side=side)
    assert np.array_equal(found.codes[:-1], expected)
    assert found.is_missing[-1]
