"""Paths: level, volatility, trend, silence; stages, risk and early warning built on them."""

from __future__ import annotations

import attrs
import numpy as np
import pandas as pd
import pytest
from tests.portfolio._tables import paths

from custvalue.data import ObservationWindow, TimeUnit
from custvalue.engine import TransactionLog
from custvalue.errors import InputError
from custvalue.portfolio import SegmentReturns, early_warnings, models, series_measures

NAN = np.nan


def test_equal_means_of_different_paths_are_told_apart() -> None:
    """All four average 20 a month: steady, swinging, falling, rising."""
    series = paths(
        ["steady", "swinging", "falling", "rising", "small", "tiny", "little"],
        [
            [20, 20, 20, 20, 20, 20],
            [2, 38, 2, 38, 2, 38],
            [35, 29, 23, 17, 11, 5],
            [5, 11, 17, 23, 29, 35],
            [5, 5, 5, 5, 5, 5],
            [4, 4, 4, 4, 4, 4],
            [1, 9, 1, 9, 1, 9],
        ],
    )
    measures = series_measures(series)
    classes = models.VALUE_RISK.fit(measures).classify(measures).labels.tolist()

    assert measures["level"][:4].tolist() == [20.0] * 4
    assert measures["trend"][[0, 2, 3]] == pytest.approx([0.0, -0.3, 0.3])
    assert measures["volatility"][[0, 2, 3]] == pytest.approx([0.0, 0.0, 0.0], abs=1e-12)
    high, low = "high value, low risk", "low value, low risk"
    assert classes == [high, "high value, high risk", "high value, high risk", high, low, low, "low value, high risk"]


def test_trend_and_volatility_against_polyfit() -> None:
    values = np.random.default_rng(8).gamma(2.0, 10.0, (20, 12)) + 1
    found = series_measures(paths(range(20), values))
    time = np.arange(12)
    for row in range(20):
        slope, start = np.polyfit(time, values[row], 1)
        residual = values[row] - (start + slope * time)

        assert found["trend"][row] == pytest.approx(slope / values[row].mean())
        assert found["volatility"][row] == pytest.approx(np.sqrt((residual**2).sum() / 10) / values[row].mean())


def test_variation_is_the_coefficient_of_variation() -> None:
    found = series_measures(paths("ab", [[10, 10, 10, 10], [0, 5, 15, 10]]), recent=1)

    assert found["variation"] == pytest.approx([0.0, np.std([5, 15, 10]) / 10])


def test_a_relationship_starts_with_its_first_activity() -> None:
    found = series_measures(paths("ab", np.array([[0, 0, 10, 0, 10, 0], [NAN, NAN, NAN, 4, NAN, 8]])), recent=2)

    assert found["level"].tolist() == [5.0, 6.0]
    assert found["age"].tolist() == [4.0, 3.0]
    assert found["active_periods"].tolist() == [2.0, 2.0]
    assert found["silence"].tolist() == [0.5, 0.0]  # one period since, gaps of two


def test_who_was_never_observed_is_missing_and_no_prospect() -> None:
    """Nothing is known of a row of NaN; a row of zeros, or of zeros and gaps, never bought."""
    rows: list[list[float]] = [
        [NAN] * 6,
        [0.0] * 6,
        [NAN, NAN, 0.0, 0.0, NAN, NAN],
        [5, 6, 5, 6, 5, 6],
        [4, 4, 4, 4, 4, 4],
    ]
    measures = series_measures(paths(["unseen", "zero", "gaps", "buyer", "other"], rows))

    for name in measures.names:
        assert np.isnan(measures[name][0]), name
    assert measures["active_periods"][1:].tolist() == [0.0, 0.0, 6.0, 6.0]
    assert measures["age"][1:].tolist() == [0.0, 0.0, 6.0, 6.0]
    stages = models.LIFE_CYCLE.fit(measures).classify(measures).labels.tolist()
    assert stages == ["missing", "prospect", "prospect", "stable", "stable"]
    assert models.VALUE_RISK.fit(measures).classify(measures).labels[0] == "missing"


def test_every_stage_of_the_life_cycle() -> None:
    rows: list[list[int]] = [
        [0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 7, 9],
        [5, 6, 7, 8, 9, 10, 11, 12],
        [9, 10, 9, 10, 9, 10, 9, 10],
        [1, 20, 1, 20, 1, 20, 1, 20],
        [20, 20, 20, 20, 20, 12, 11, 10],
        [10, 10, 10, 10, 10, 10, 0, 0],
        [10, 10, 10, 10, 0, 0, 0, 0],
    ]
    names = ["prospect", "new", "growing", "stable", "fluctuating", "falling", "silent", "lost"]
    series = paths(names, rows)
    measures = series_measures(series)
    stages = models.LIFE_CYCLE.fit(measures).classify(measures).labels.tolist()

    assert stages == ["prospect", "new", "growing", "stable", "fluctuating", "at risk", "at risk", "lost"]


def test_a_slow_rhythm_is_not_taken_for_silence() -> None:
    """Four months without a purchase: nothing for who buys every four months, lost for who bought monthly."""
    slow = [8, 0, 0, 0, 8, 0, 0, 0, 8, 0, 0, 0]
    monthly = [8, 8, 8, 8, 8, 8, 8, 8, 8, 0, 0, 0]
    measures = series_measures(paths(["slow", "monthly"], [slow, monthly]))

    assert measures["silence"].tolist() == [0.75, 3.0]


def test_early_warning_lists_who_falls_and_not_who_always_swings() -> None:
    series = paths(
        ["steady", "swinging", "big fall", "small fall", "rising", "new"],
        [
            [20, 21, 20, 19, 20, 20],
            [40, 2, 38, 3, 2, 20],
            [90, 91, 92, 90, 30, 20],
            [10, 11, 10, 11, 5, 4],
            [5, 6, 7, 8, 9, 10],
            [0, 0, 0, 0, 5, 1],
        ],
    )
    found = early_warnings(series, recent=2)

    assert found.customers.ids.tolist() == ["big fall", "small fall"]
    assert found.loss == pytest.approx((90.75 - 25) + (10.5 - 4.5))
    assert np.all(found.score < -2)


def test_the_order_of_the_paths_is_irrelevant() -> None:
    values = np.random.default_rng(1).gamma(1.0, 10.0, (50, 8))
    ids = [f"c{row}" for row in range(50)]
    order = np.random.default_rng(2).permutation(50)
    one = early_warnings(paths(ids, values), fall=0.1, least_score=0.5)
    other = early_warnings(paths([ids[row] for row in order], values[order]), fall=0.1, least_score=0.5)

    assert one.customers == other.customers
    assert len(one.customers) > 0


def test_a_window_that_leaves_nothing_before_is_refused() -> None:
    with pytest.raises(InputError, match="fewer whole periods"):
        series_measures(paths("a", [[1, 2, 3]]), recent=3)
    with pytest.raises(InputError, match=r"share in \(0, 1\]"):
        early_warnings(paths("a", [[1, 2, 3]]), recent=1, fall=1.5)


def test_equal_amounts_in_another_order_have_one_level() -> None:
    """Sums of floats depend on the order; the customers are of equal value all the same."""
    rows = [[0.1, 0.1, 0.1, 0.1, 0.7, 0.3], [0.3, 0.7, 0.1, 0.1, 0.1, 0.1], [0.1, 0.1, 0.1, 0.1, 0.3, 0.7]]
    assert len({float(np.cumsum(row)[-1]) for row in rows}) > 1
    measures = series_measures(paths("abc", rows))

    assert measures["level"].tolist() == [pytest.approx(1.4 / 6)] * 3
    assert np.unique(measures["level"]).size == 1


def test_a_falling_path_of_the_median_level_is_of_high_value() -> None:
    rows = [*np.linspace([38, 2], [2, 38], 12).T, [20.0] * 12]
    measures = series_measures(paths("abc", rows))

    assert models.VALUE_RISK.fit(measures).classify(measures).labels.tolist() == [
        "high value, high risk", "high value, low risk", "high value, low risk",
    ]  # fmt: skip


def test_the_level_keeps_its_size_and_sign() -> None:
    rows = np.array([[1e-9], [1e12 / 3], [-2 / 3], [0.0], [1e-300]]) * np.ones(4)
    level = series_measures(paths("abcde", rows), recent=1)["level"]

    assert level[[0, 1, 2, 4]] == pytest.approx([1e-9, 1e12 / 3, -2 / 3, 1e-300], rel=1e-11)
    assert np.isnan(level[3])


def test_one_purchase_is_no_level_to_fall_from() -> None:
    series = paths(["once", "twice, steady"], [[0, 0, 90, 0, 0, 0], [0, 90, 90, 0, 0, 0]])

    assert early_warnings(series, recent=3).customers.ids.tolist() == ["twice, steady"]


def test_a_last_period_that_is_cut_off_is_no_fall_and_is_said_to_be_left_out() -> None:
    """Three weeks into July everybody would seem to fall; without July only who fell in June has fallen."""
    rows = [[30, 30, 30, 30, 30, 30, 9], [40, 41, 42, 41, 40, 5, 2], [8, 9, 8, 9, 8, 9, 1]]
    cut = attrs.evolve(paths("abc", rows), cut_off=True)
    before_july = paths("abc", [row[:-1] for row in rows])

    warned = early_warnings(cut, recent=1)
    assert warned.customers.ids.tolist() == ["b"]
    assert early_warnings(paths("abc", rows), recent=1).customers.ids.tolist() == ["b", "a", "c"]
    assert str(cut.periods[-1])[:10] in repr(warned)
    assert early_warnings(before_july, recent=1).left_out == ""
    measured, expected = series_measures(cut, recent=1), series_measures(before_july, recent=1)
    for name in expected.names:
        assert np.array_equal(measured[name], expected[name], equal_nan=True), name
    assert "cut off and left out" in measured.origins["trend"]
    assert "cut off" not in expected.origins["trend"]


def test_returns_of_segments_leave_a_cut_off_period_out() -> None:
    flows = attrs.evolve(paths("ab", [[10, 20, 30, 3], [10, 5, 10, 1]]), cut_off=True)
    assets = paths("ab", [[100, 100, 100, 100], [50, 50, 50, 50]])

    assert SegmentReturns.growth(flows).returns.tolist() == [[1.0, -0.5], [0.5, 1.0]]
    assert SegmentReturns.of(flows, assets).returns.tolist() == [[0.1, 0.2], [0.2, 0.1], [0.3, 0.2]]
    with pytest.raises(InputError, match=r"0 at the least in \['b'\]"):
        SegmentReturns.growth(paths("ab", [[1, 2, 3], [1, 0, 3]]))


@pytest.mark.parametrize(
    ("end", "period", "is_cut"),
    [
        ("2026-03-31", TimeUnit.MONTH, False),
        ("2026-03-30", TimeUnit.MONTH, True),
        ("2026-03-31", TimeUnit.QUARTER, False),
        ("2026-02-28", TimeUnit.QUARTER, True),
        ("2026-03-29", TimeUnit.WEEK, False),  # a Sunday
        ("2026-03-30", TimeUnit.WEEK, True),
        ("2026-12-31", TimeUnit.YEAR, False),
        ("2026-03-30", TimeUnit.DAY, False),
    ],
)
def test_the_series_of_a_log_knows_whether_its_window_cuts_the_last_period_off(
    end: str, period: TimeUnit, *, is_cut: bool
) -> None:
    rows = {"customer": ["a", "b", "a"], "day": ["2026-01-02", "2026-01-30", "2026-02-10"], "amount": [1.0, 2.0, 3.0]}
    log = TransactionLog.from_frame(
        pd.DataFrame(rows), customer="customer", time="day", amount="amount", currency="EUR",
        window=ObservationWindow("2026-01-01", end),
    )  # fmt: skip
    series = log.series(period)

    assert series.cut_off is is_cut
    assert series.whole.periods.size == series.periods.size - is_cut
