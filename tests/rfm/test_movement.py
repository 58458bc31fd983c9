"""Movement: counted by hand, the long run against powers, hand-over, refusals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custvalue.data import CustomerIndex
from custvalue.errors import AlignmentError, InputError
from custvalue.rfm import FREQUENCY, RECENCY, RFMScores, movement
from custvalue.rfm._kernels import chains

MARCH, APRIL = np.datetime64("2026-03-31"), np.datetime64("2026-04-30")


def scores(
    ids: Sequence[object], segment: Sequence[int] | None, date: np.datetime64, r: Sequence[int], f: Sequence[int]
) -> RFMScores:
    """Make scores of two dimensions in three levels and two segments."""
    return RFMScores(
        customers=CustomerIndex(list(ids)),
        dimensions=(RECENCY, FREQUENCY),
        columns=(np.array(r), np.array(f)),
        sizes=(3, 3),
        base=1,
        observed_until=date,
        segment_names=("good", "poor") if segment is not None else (),
        segment=None if segment is None else np.array(segment),
    )


def test_movement_by_hand() -> None:
    """Of a, b, c, d three stay, a leaves, e comes; b falls by three, c by one, d rises."""
    march = scores("abcd", [0, 0, 1, 1], MARCH, [3, 3, 2, 1], [3, 3, 1, 1])
    april = scores("edcb", [0, 0, 1, 1], APRIL, [3, 3, 1, 2], [1, 1, 1, 1])
    moved = movement(march, april)

    assert moved.states == ("good", "poor", "absent")
    assert moved.counts.tolist() == [[0, 1, 1], [1, 1, 0], [1, 0, 0]]
    assert moved.shares.tolist() == [[0, 0.5, 0.5], [0.5, 0.5, 0], [0, 0, 1]]
    assert (moved.n_came, moved.n_left) == (1, 1)
    warning = moved.early_warning()
    assert (warning.customers.ids.tolist(), warning.fall.tolist()) == (["b", "c"], [3, 1])
    assert (warning.before.tolist(), warning.after.tolist()) == (["good", "poor"], ["poor", "poor"])
    assert moved.early_warning(fall=2).customers.ids.tolist() == ["b"]


def test_movement_by_dimension() -> None:
    """Levels of one dimension in place of segments."""
    march = scores("ab", None, MARCH, [3, 1], [1, 1])
    april = scores("ab", None, APRIL, [2, 1], [1, 1])
    moved = movement(march, april, by="R")

    assert moved.states == ("R1", "R2", "R3", "absent")
    assert moved.counts[2, 1] == 1


def test_rows_may_come_in_any_order() -> None:
    """Matched by id: shuffled customers move alike."""
    march = scores("abc", [0, 1, 0], MARCH, [3, 2, 1], [1, 1, 1])
    one = movement(march, scores("abc", [0, 0, 1], APRIL, [3, 3, 1], [1, 1, 1]))
    two = movement(march, scores("cab", [1, 0, 0], APRIL, [1, 3, 3], [1, 1, 1]))

    assert one.counts.tolist() == two.counts.tolist()
    assert one.before.tolist() == two.before.tolist()
    assert one.fall.tolist() == two.fall.tolist()


def test_frames() -> None:
    """The schemas are pinned."""
    march, april = scores("ab", [0, 1], MARCH, [3, 2], [1, 1]), scores("ab", [1, 1], APRIL, [1, 2], [1, 1])
    moved = movement(march, april)
    frame, warning = moved.to_frame(), moved.early_warning().to_frame()

    assert isinstance(frame, pd.DataFrame)
    assert isinstance(warning, pd.DataFrame)
    assert frame.columns.tolist() == ["before", "after", "customers", "share"]
    assert warning.columns.tolist() == ["customer", "fall", "before", "after"]
    assert frame["customers"].sum() == 2


def test_long_run_by_hand() -> None:
    """From good one in two falls, from poor one in four rises: a third good in the end."""
    march = scores(range(6), [0, 0, 1, 1, 1, 1], MARCH, [1] * 6, [1] * 6)
    april = scores(range(6), [0, 1, 0, 1, 1, 1], APRIL, [1] * 6, [1] * 6)

    assert movement(march, april).long_run() == pytest.approx([1 / 3, 2 / 3])


@given(st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=4, max_size=4), st.integers(0, 3))
def test_long_run_against_averages(counts: list[list[int]], start: int) -> None:
    """The average of many powers, for every chain: reducible, periodic, with states never left."""
    p = chains.row_shares(np.array(counts))
    at = np.eye(4)[start]
    now, mean, cycle = at @ np.linalg.matrix_power(p, 5_000), np.zeros(4), 12  # every period of four states divides 12
    for _ in range(cycle):
        mean += now / cycle
        now = now @ p

    assert chains.long_run(p, at) == pytest.approx(mean, abs=1e-6)
    assert chains.long_run(p, at).sum() == pytest.approx(1.0)


def test_movement_refusals() -> None:
    """Other scorers, dates the wrong way round, no segments."""
    march = scores("ab", [0, 1], MARCH, [3, 2], [1, 1])
    bare = scores("ab", None, APRIL, [3, 2], [1, 1])

    with pytest.raises(AlignmentError, match="one scorer"):
        movement(march, bare)
    with pytest.raises(InputError, match="earlier date first"):
        movement(march, march)
    with pytest.raises(InputError, match="with segments"):
        movement(scores("ab", None, MARCH, [3, 2], [1, 1]), bare)
    april = scores("cd", [0, 1], APRIL, [3, 2], [1, 1])
    with pytest.raises(InputError, match="both dates"):
        movement(march, april).long_run()
    with pytest.raises(InputError, match="1 or more"):
        movement(march, april).early_warning(fall=0)
