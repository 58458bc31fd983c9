"""Tracking: the published weekly numbers of CDNOW, arithmetic by hand, refusals."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from tests.clv._cdnow_spend import cdnow

from custvalue.clv.bg_nbd import BGNBD
from custvalue.clv.pareto_nbd import ParetoNBD
from custvalue.clv.tracking import track
from custvalue.data import Horizon, TimeUnit
from custvalue.errors import InputError


@attrs.frozen
class Steady:
    """One repeat purchase every ten days."""

    def new_customer_purchases(self, horizon: Horizon, /) -> float:
        """A tenth of the days."""
        return horizon.days / 10


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (BGNBD(), [76.865, 74.888, 73.046, 71.322, 69.704, 68.182]),
        (ParetoNBD(), [78.308, 76.419, 74.648, 72.983, 71.414, 69.933]),
    ],
)
def test_weeks_20_to_25_of_cdnow_are_the_published_ones(model: BGNBD | ParetoNBD, expected: list[float]) -> None:
    """Incremental expected repeat purchases, all 2,357 customers."""
    summary = cdnow()
    tracking = track(model.fit(summary), summary, start="1997-01-01", n_periods=78)

    assert tracking.expected[19:25] == pytest.approx(expected, abs=5e-3)
    assert tracking.cumulative_expected[-1] == pytest.approx(tracking.expected.sum())
    assert str(tracking.last_days[38])[:10] == "1997-09-30"


def test_steady_customers_by_hand() -> None:
    """Two customers, first purchases on days 0 and 7, ends of weeks: ages 7; 14 and 7; 21 and 14."""
    base = cdnow().take(np.array([0, 1]))
    summary = attrs.evolve(
        base,
        first_at=np.array(["1997-01-01", "1997-01-08"], dtype="datetime64[us]"),
        last_at=np.array(["1997-05-01", "1997-05-01"], dtype="datetime64[us]"),
    )
    tracking = track(Steady(), summary, start="1997-01-01", n_periods=3, actual=np.array([1.0, 0.0, 2.0]))

    assert tracking.expected == pytest.approx([0.7, 1.4, 1.4])
    frame = tracking.to_frame("pandas")
    assert list(frame.columns) == ["last_day", "expected", "cumulative_expected", "actual", "cumulative_actual"]  # type: ignore[attr-defined]  # a pandas frame
    assert "3 came in" in repr(tracking)


def test_periods_without_customers_expect_nothing() -> None:
    """Months before anybody bought."""
    tracking = track(Steady(), cdnow(), start="1996-01-01", n_periods=6, period=TimeUnit.MONTH)

    assert not tracking.expected.any()


def test_lengths_are_checked() -> None:
    """Of the actuals, and at least one period."""
    with pytest.raises(InputError):
        track(Steady(), cdnow(), start="1997-01-01", n_periods=3, actual=np.ones(4))
    with pytest.raises(InputError, match="1 or more"):
        track(Steady(), cdnow(), start="1997-01-01", n_periods=0)
