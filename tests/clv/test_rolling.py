"""Forecasts from several moments of the past: what each judged alone says, order, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from custvalue.clv import (
    MBGNBD,
    GammaGamma,
    GammaGammaAmounts,
    MBGNBDProcess,
    SimulatedLog,
    evaluate_purchases,
    evaluate_spend,
    rolling_origin,
    simulate_log,
)
from custvalue.data import CustomerSummary, Holdout, ObservationWindow
from custvalue.errors import InputError

QUARTERS = [("2025-03-31", "2025-06-30"), ("2025-06-30", "2025-09-30"), ("2025-09-30", "2025-12-31")]


@pytest.fixture(scope="module")
def log() -> SimulatedLog:
    """800 customers, acquired over half a year, so that each origin knows others."""
    return simulate_log(
        MBGNBDProcess(0.6, 5.0, 0.8, 2.4),
        GammaGammaAmounts(6.0, 4.0, 15.0),
        n_customers=800,
        window=ObservationWindow("2025-01-01", "2025-12-31"),
        acquired_until="2025-06-30",
        seed=3,
    )


@pytest.fixture(scope="module")
def splits(log: SimulatedLog) -> list[tuple[CustomerSummary, Holdout]]:
    """Three origins, a quarter each."""
    return [(log.summary(until=at), log.holdout(at, until=end)) for at, end in QUARTERS]


def test_holdouts_end_where_they_are_told_to(log: SimulatedLog) -> None:
    """The quarters of the year add up to the hold-out of all of them, for the customers of the first."""
    whole = log.holdout("2025-03-31")
    parts = [log.holdout(at, until=end) for at, end in QUARTERS]
    shared = [part.n_purchases[part.customers.positions(whole.customers.ids)] for part in parts]

    assert np.sum(shared, axis=0).tolist() == whole.n_purchases.tolist()
    assert [part.days for part in parts] == [91, 92, 92]


def test_each_origin_is_what_it_is_alone(splits: list[tuple[CustomerSummary, Holdout]]) -> None:
    """Given in any order, told in the order of time; each as if it were judged alone."""
    rolled = rolling_origin(MBGNBD(), splits[::-1])
    alone = [evaluate_purchases(MBGNBD().fit(summary), summary, holdout) for summary, holdout in splits]
    frame = rolled.to_frame()
    assert isinstance(frame, pd.DataFrame)

    assert [str(at)[:10] for at in rolled.origins] == [at for at, _ in QUARTERS]
    assert [one.model.mae for one in rolled.evaluations] == [one.model.mae for one in alone]
    assert frame.shape[0] == 12
    assert frame["method"].tolist()[:4] == ["model", "own rate", "mean rate", "hiatus"]
    assert frame["n_customers"].tolist()[::4] == [one.n_customers for one in alone]
    best = [min(naive.rmse for naive in one.baselines.values()) for one in alone]
    expected = [1 - (one.model.rmse / naive) ** 2 for one, naive in zip(alone, best, strict=True)]
    assert rolled.skill == pytest.approx(expected)


def test_revenue_is_judged_with_a_spend_model(splits: list[tuple[CustomerSummary, Holdout]]) -> None:
    """As judged alone."""
    rolled = rolling_origin(MBGNBD(), splits[1:2], spend=GammaGamma())
    summary, holdout = splits[1]
    alone = evaluate_spend(MBGNBD().fit(summary), GammaGamma().fit(summary), summary, holdout)

    assert rolled.evaluations[0].measure == "spend"
    assert rolled.evaluations[0].model == alone.model
    assert "2025-06-30" in repr(rolled)


def test_no_split_or_one_twice_is_refused(splits: list[tuple[CustomerSummary, Holdout]]) -> None:
    """Also a hold-out that belongs to another origin."""
    with pytest.raises(InputError, match="at least one split"):
        rolling_origin(MBGNBD(), [])
    with pytest.raises(InputError, match="twice"):
        rolling_origin(MBGNBD(), [splits[0], splits[0]])
    with pytest.raises(InputError):
        rolling_origin(MBGNBD(), [(splits[0][0], splits[1][1])])
