"""Time carries its unit; rates convert by one rule."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custvalue.data import DiscountRate, Horizon, ObservationWindow, TimeUnit, Timing
from custvalue.errors import InputError


def test_month_quarter_and_year_are_mean_gregorian() -> None:
    assert TimeUnit.YEAR.days == 365.25
    assert TimeUnit.MONTH.days * 12 == TimeUnit.YEAR.days
    assert TimeUnit.QUARTER.days * 4 == TimeUnit.YEAR.days


def test_a_horizon_converts() -> None:
    assert Horizon(2, TimeUnit.WEEK).to(TimeUnit.DAY) == 14.0
    assert Horizon(39, TimeUnit.WEEK).to(TimeUnit.WEEK) == 39


@pytest.mark.parametrize("n", [0, -1, math.inf, math.nan])
def test_a_horizon_lies_ahead(n: float) -> None:
    with pytest.raises(InputError, match=r"Horizon\.n"):
        Horizon(n, TimeUnit.YEAR)


def test_a_horizon_names_its_unit() -> None:
    with pytest.raises(InputError, match=r"TimeUnit\.WEEK"):
        Horizon(52, "W")  # type: ignore[arg-type]  # frequency strings are refused


@given(st.floats(0.0, 5.0))
def test_a_rate_compounds_to_itself(annual: float) -> None:
    rate = DiscountRate.annual(annual)

    assert rate.per(TimeUnit.YEAR) == pytest.approx(annual, rel=1e-12, abs=1e-15)
    assert (1 + rate.per(TimeUnit.MONTH)) ** 12 == pytest.approx(1 + annual, rel=1e-12)
    assert rate.factor(3, TimeUnit.YEAR) == pytest.approx((1 + annual) ** -3, rel=1e-12)


def test_the_weekly_force_of_15_percent_a_year_is_27_basis_points() -> None:
    """Fader, Hardie & Lee (2005) print delta = .0027 for 15 % a year in weeks."""
    assert round(DiscountRate.annual(0.15).force(TimeUnit.WEEK), 4) == 0.0027


@pytest.mark.parametrize("rate", [-0.01, math.nan, math.inf])
def test_a_negative_rate_is_refused(rate: float) -> None:
    with pytest.raises(InputError, match="0 or more"):
        DiscountRate.annual(rate)


def test_timing_is_a_share_of_the_period() -> None:
    assert [timing.offset for timing in Timing] == [0.0, 0.5, 1.0]


def test_a_window_counts_both_ends() -> None:
    assert ObservationWindow(date(2020, 1, 1), "2020-01-01").n_days == 1
    assert ObservationWindow("2020-02-28", "2020-03-01").n_days == 3


def test_a_window_takes_the_day_of_a_moment() -> None:
    east = timezone(timedelta(hours=5))
    window = ObservationWindow(datetime(2020, 1, 2, 1, 0, tzinfo=east), datetime(2020, 1, 5, 23, 59, tzinfo=UTC))

    assert window.start == np.datetime64("2020-01-01")
    assert window.end == np.datetime64("2020-01-05")


@pytest.mark.parametrize(
    ("start", "end"), [("2020-01-02", "2020-01-01"), ("soon", "2020-01-01"), ("NaT", "2020-01-01")]
)
def test_an_impossible_window_is_refused(start: str, end: str) -> None:
    with pytest.raises(InputError):
        ObservationWindow(start, end)
