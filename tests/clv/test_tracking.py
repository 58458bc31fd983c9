"""Tracking: the published weekly numbers of CDNOW, arithmetic by hand, refusals."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from tests.clv._cdnow_spend import cdnow

from custvalue.clv import BGNBDProcess, LogNormalPrior, StaticCovariates, WithCovariates, simulate_log
from custvalue.clv._purchases import FittedTransactions
from custvalue.clv._result import CustomerValues, Expectation
from custvalue.clv.bg_nbd import BGNBD
from custvalue.clv.pareto_nbd import ParetoNBD
from custvalue.clv.tracking import SupportsNewCustomers, track
from custvalue.data import CustomerSummary, Horizon, ObservationWindow, TimeUnit
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


def exact(n: int, seed: int) -> CustomerSummary:
    """Customers first seen at any microsecond of half a year."""
    log = simulate_log(
        BGNBDProcess(0.6, 4.0, 0.8, 2.5),
        n_customers=n,
        window=ObservationWindow("2024-01-01", "2024-12-31"),
        acquired_until="2024-06-30",
        seed=seed,
    )
    return log.summary(exact=True)


def one_by_one(fit: SupportsNewCustomers, summary: CustomerSummary, n_periods: int, group: np.ndarray) -> list[float]:
    """Each period's expectation as a loop over customers, at the true age of each; ``group`` picks among answers."""
    day = np.timedelta64(1, "D")
    until = [0.0]
    for i in range(n_periods):
        end = np.datetime64("2024-01-01") + (7 * (i + 1)) * day
        ages = (end - summary.first_at) / day
        until.append(0.0)
        for j, age in enumerate(ages.tolist()):
            found = fit.new_customer_purchases(Horizon(age, TimeUnit.DAY)) if age > 0 else None
            if found is not None:
                until[-1] += found.values[group[j]] if isinstance(found, CustomerValues) else float(found)
    return np.diff(until).tolist()


@pytest.mark.parametrize("model", [BGNBD(), ParetoNBD()])
def test_exact_first_purchases_one_by_one(model: BGNBD | ParetoNBD) -> None:
    """Every age another one: the polynomial against a loop over customers and periods."""
    summary = exact(40, 3)
    fit = model.fit(summary)

    tracking = track(fit, summary, start="2024-01-01", n_periods=30)

    assert tracking.expected == pytest.approx(one_by_one(fit, summary, 30, np.zeros(40, dtype=int)), rel=1e-9)


def test_customers_told_apart_one_by_one() -> None:
    """With covariates each customer has expectations of its own."""
    summary = exact(25, 4)
    known = StaticCovariates.from_columns(summary.customers, {"z": np.linspace(-1.0, 1.0, 25)})
    fit = WithCovariates(model=BGNBD(prior=LogNormalPrior()), covariates=known, purchase=("z",)).fit(summary)

    tracking = track(fit, summary, start="2024-01-01", n_periods=30)

    assert tracking.expected == pytest.approx(one_by_one(fit, summary, 30, np.arange(25)), rel=1e-9)


def test_few_predictions_for_many_ages() -> None:
    """Ten thousand distinct ages, hundreds of predictions."""
    summary = exact(400, 5)
    fit = BGNBD().fit(summary)
    asked = []

    def counted(self: FittedTransactions, horizon: Horizon) -> Expectation:
        asked.append(horizon)
        return original(self, horizon)

    original = FittedTransactions.new_customer_purchases
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FittedTransactions, "new_customer_purchases", counted)
        track(fit, summary, start="2024-01-01", n_periods=52)

    assert len(asked) < 1000
