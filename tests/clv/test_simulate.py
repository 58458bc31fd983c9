"""Simulated customers: the moments of the models, an honest log, agreement of summary and hold-out."""

from __future__ import annotations

import numpy as np
import pytest

from custvalue.clv.processes import (
    BGCNBDkProcess,
    BGNBDProcess,
    GammaGammaAmounts,
    GGompertzNBDProcess,
    LognormalAmounts,
    MBGNBDProcess,
    NBDProcess,
    NormalAmounts,
    ParetoNBDProcess,
    PurchaseProcess,
    SpendProcess,
)
from custvalue.clv.simulate import SimulatedLog, simulate_log
from custvalue.data import ObservationWindow, TimeUnit
from custvalue.errors import InputError

YEAR = ObservationWindow("2025-01-01", "2025-12-30")  # 364 days: 52 weeks


def log_of(process: PurchaseProcess, n_customers: int = 40_000, seed: int = 0) -> SimulatedLog:
    """All acquired at the first moment."""
    return simulate_log(process, n_customers=n_customers, window=YEAR, seed=seed)


@pytest.mark.parametrize(
    ("process", "repeats", "none"),
    [
        # NBD mean r t / alpha; share without repeats (alpha / (alpha + t))^r
        (NBDProcess(0.4, 12.0), 0.4 * 52 / 12, (12 / 64) ** 0.4),
        # E[X(52)] at the published CDNOW parameters
        (ParetoNBDProcess(0.553277, 10.57768, 0.60624, 11.66873), 1.473434, None),
        (BGNBDProcess(0.242595, 4.413602, 0.792922, 2.425907), 1.444012, (4.413602 / 56.413602) ** 0.242595),
        # a customer of the MBG leaves at once with probability a / (a + b)
        (MBGNBDProcess(0.5, 6.0, 1.0, 3.0), None, 0.25 + 0.75 * (6 / 58) ** 0.5),
    ],
)
def test_counts_have_the_moments_of_the_model(
    process: PurchaseProcess, repeats: float | None, none: float | None
) -> None:
    """Against closed forms and published expectations, within four standard errors."""
    x = log_of(process).summary(exact=True).frequency

    if repeats is not None:
        assert x.mean() == pytest.approx(repeats, abs=4 * x.std() / np.sqrt(x.size))
    if none is not None:
        assert (x == 0).mean() == pytest.approx(none, abs=4 * np.sqrt(none * (1 - none) / x.size))


def test_gompertz_lifetimes_follow_their_distribution() -> None:
    """1 - (beta / (beta + e^(b t) - 1))^s at three ages; Bemmaor and Glady (2012), eq. (2)."""
    b, s, beta = 0.05, 0.6, 4.0
    lifetimes = GGompertzNBDProcess(1.0, 1.0, b, s, beta).draw(100_000, np.random.default_rng(0)).lifetimes

    for age in (5.0, 20.0, 80.0):
        expected = 1 - (beta / (beta + np.expm1(b * age))) ** s
        assert (lifetimes <= age).mean() == pytest.approx(expected, abs=0.006)


def test_erlang_gaps_are_more_regular_than_random_ones() -> None:
    """With shape 4 the squared coefficient of variation of the gaps is a quarter."""
    latent = BGCNBDkProcess(50.0, 25.0, 0.001, 10.0, k=4).draw(500, np.random.default_rng(1))
    log = log_of(BGCNBDkProcess(1000.0, 250.0, 0.001, 1000.0, k=4), n_customers=300)
    gaps = np.diff(log.time.astype(np.int64))[np.diff(log.owner) == 0] / 6.048e11

    assert latent.gap_shape == 4
    assert gaps.mean() == pytest.approx(4 / 4.0, rel=0.03)
    assert gaps.var() / gaps.mean() ** 2 == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize(
    ("spend", "mean"),
    [
        (GammaGammaAmounts(6.25, 3.74, 15.44), 6.25 * 15.44 / 2.74),
        (LognormalAmounts(3.0, 0.5, 0.8), np.exp(3.125)),
        (NormalAmounts(-5.0, 3.0, 10.0), -5.0),
    ],
)
def test_amounts_have_the_mean_of_the_model(spend: SpendProcess, mean: float) -> None:
    """One purchase each, so amounts are independent."""
    log = simulate_log(NBDProcess(0.01, 1000.0), spend, n_customers=40_000, window=YEAR, seed=3)
    amounts = log.amount / 100

    assert amounts.mean() == pytest.approx(mean, abs=4 * amounts.std() / np.sqrt(amounts.size))


def test_summary_counts_days_and_exact_summary_counts_purchases() -> None:
    """By hand: three purchases on two days, one customer who bought once."""
    times = np.array(["2025-01-02T08", "2025-01-02T20", "2025-01-05T10", "2025-02-01T00"], dtype="datetime64[us]")
    log = SimulatedLog(
        customers=log_of(NBDProcess(1, 1), n_customers=2).customers,
        owner=np.array([0, 0, 0, 1]),
        time=times,
        amount=np.array([100, 200, 400, 800]),
        window=YEAR,
        currency=log_of(NBDProcess(1, 1), n_customers=2).currency,
    )
    daily, exact = log.summary(unit=TimeUnit.DAY), log.summary(unit=TimeUnit.DAY, exact=True)

    assert daily.n_purchases.tolist() == [2, 1]
    assert daily.recency.tolist() == [3, 0]
    assert daily.T.tolist() == [362, 332]
    assert daily.require("repeat_amount").tolist() == [400, 0]
    assert daily.require("total_amount").tolist() == [700, 800]
    assert exact.n_purchases.tolist() == [3, 1]
    assert exact.recency == pytest.approx([3 + 2 / 24, 0])
    assert pytest.approx([362 + 16 / 24, 333]) == exact.T
    assert exact.require("repeat_amount").tolist() == [600, 0]


def test_calibration_and_holdout_add_up_to_the_whole() -> None:
    """Customers acquired through the year, split in September."""
    log = simulate_log(
        ParetoNBDProcess(0.6, 5.0, 0.6, 10.0),
        GammaGammaAmounts(6.0, 4.0, 15.0),
        n_customers=3_000,
        window=YEAR,
        acquired_until="2025-11-30",
        seed=5,
    )
    whole, early, late = log.summary(), log.summary(until="2025-09-30"), log.holdout("2025-09-30")
    at = whole.customers.positions(early.customers.ids)

    assert late.customers == early.customers
    assert (early.n_purchases + late.n_purchases).tolist() == whole.n_purchases[at].tolist()
    total = early.require("total_amount") + late.total_amount
    assert total.tolist() == whole.require("total_amount")[at].tolist()
    assert late.n_new_customers == len(whole) - len(early)
    assert len(whole) == 3_000


def test_every_transaction_is_inside_the_window_and_in_order() -> None:
    """Also for customers who buy a thousand times a week."""
    log = simulate_log(
        NBDProcess(2.0, 0.002), n_customers=5, window=ObservationWindow("2025-01-01", "2025-01-07"), seed=1
    )

    assert log.time.min() >= np.datetime64("2025-01-01")
    assert log.time.max() < np.datetime64("2025-01-08")
    assert np.all((np.diff(log.owner) > 0) | (np.diff(log.time) >= np.timedelta64(0, "us")))


def test_the_same_seed_draws_the_same_log() -> None:
    """And another one another."""
    first, again, other = (log_of(NBDProcess(0.4, 12.0), n_customers=50, seed=seed) for seed in (1, 1, 2))

    assert first.time.tolist() == again.time.tolist()
    assert first.time.tolist() != other.time.tolist()


def test_parameters_must_be_positive() -> None:
    """Named in the error."""
    with pytest.raises(InputError, match=r"BGNBDProcess\.a: expected a finite number above 0"):
        BGNBDProcess(r=0.2, alpha=4.0, a=-1.0, b=2.0)


def test_days_outside_the_window_are_refused() -> None:
    """Of acquisition and of the summary."""
    with pytest.raises(InputError, match="a day of"):
        simulate_log(NBDProcess(1, 1), n_customers=5, window=YEAR, acquired_until="2026-05-01", seed=1)
    with pytest.raises(InputError, match="a day of"):
        log_of(NBDProcess(1, 1), n_customers=5).summary(until="2024-05-01")
