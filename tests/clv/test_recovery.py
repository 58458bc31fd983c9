"""Simulate, fit, recover: every model finds the parameters its customers were drawn with, and knows how sure it is."""

from __future__ import annotations

from typing import Protocol

import attrs
import numpy as np
import pytest

from custvalue.clv import (
    BGBB,
    BGNBD,
    MBGNBD,
    NBD,
    BGBBProcess,
    BGCNBDk,
    BGCNBDkProcess,
    BGNBDProcess,
    BuyTillYouDie,
    Estimate,
    GammaGamma,
    GammaGammaAmounts,
    GGompertzNBD,
    GGompertzNBDProcess,
    LognormalAmounts,
    LognormalSpend,
    MBGCNBDk,
    MBGCNBDkProcess,
    MBGNBDProcess,
    NBDProcess,
    NormalAmounts,
    NormalMargin,
    ParetoNBD,
    ParetoNBDProcess,
    PurchaseProcess,
    SpendProcess,
    simulate_log,
    simulate_opportunities,
)
from custvalue.clv._estimate import SupportsEstimate
from custvalue.data import CustomerSummary, DiscountRate, Horizon, ObservationWindow, TimeUnit
from custvalue.errors import InputError

TWO_YEARS = ObservationWindow("2024-01-01", "2025-12-30")  # 104 weeks and 2 days


class Fits(Protocol):
    """A model whose fit has an estimate."""

    def fit(self, summary: CustomerSummary, /) -> SupportsEstimate:
        """Learn."""
        ...


PURCHASES: dict[str, tuple[Fits, PurchaseProcess]] = {
    "NBD": (NBD(), NBDProcess(0.8, 9.0)),
    "BGNBD": (BGNBD(), BGNBDProcess(0.8, 4.0, 0.9, 3.0)),
    "MBGNBD": (MBGNBD(), MBGNBDProcess(0.8, 4.0, 0.9, 3.0)),
    "BGCNBDk": (BGCNBDk(k=2), BGCNBDkProcess(0.8, 2.0, 0.9, 3.0, k=2)),
    "MBGCNBDk": (MBGCNBDk(k=3), MBGCNBDkProcess(0.8, 1.5, 0.9, 3.0, k=3)),
    "ParetoNBD": (ParetoNBD(), ParetoNBDProcess(0.8, 4.0, 0.9, 20.0)),
    "GGompertzNBD": (GGompertzNBD(), GGompertzNBDProcess(1.0, 3.0, 0.05, 0.8, 3.0)),
}
SPEND: dict[str, tuple[Fits, SpendProcess]] = {
    "GammaGamma": (GammaGamma(), GammaGammaAmounts(5.0, 4.0, 20.0)),
    "LognormalSpend": (LognormalSpend(), LognormalAmounts(3.2, 0.5, 0.4)),
    "NormalMargin": (NormalMargin(), NormalAmounts(-3.0, 15.0, 25.0)),
}
FREQUENT = NBDProcess(3.0, 40.0)


def drawn(
    process: PurchaseProcess, spend: SpendProcess | None, n_customers: int, seed: int, *, exact: bool = True
) -> CustomerSummary:
    """Customers acquired over half a year, ages continuous as the models are written."""
    log = simulate_log(
        process, spend, n_customers=n_customers, window=TWO_YEARS, acquired_until="2024-06-30", seed=seed
    )
    return log.summary(exact=exact)


def truth_of(process: object, estimate: Estimate) -> np.ndarray:
    """The parameters drawn with, on the estimation scale."""
    values = [float(getattr(process, name)) for name in estimate.names]
    logs = [np.log(v) if positive else v for v, positive in zip(values, estimate.positive, strict=True)]
    return np.array(logs)


@pytest.mark.parametrize("name", PURCHASES)
def test_purchase_parameters_are_recovered(name: str) -> None:
    """4,000 customers (2,000 of the slow one): every parameter within 3.5 standard errors of the truth."""
    model, process = PURCHASES[name]
    estimate = model.fit(drawn(process, None, 2_000 if name == "GGompertzNBD" else 4_000, seed=1)).estimate
    errors = np.sqrt(np.diag(estimate.theta_covariance))

    assert np.isfinite(errors).all()
    assert (estimate.theta - truth_of(process, estimate)) / errors == pytest.approx(np.zeros(errors.size), abs=3.5)


@pytest.mark.parametrize("name", SPEND)
def test_spend_parameters_are_recovered(name: str) -> None:
    """3,000 customers: every parameter within 3.5 standard errors of the truth."""
    model, process = SPEND[name]
    estimate = model.fit(drawn(FREQUENT, process, 3_000, seed=2)).estimate
    errors = np.sqrt(np.diag(estimate.theta_covariance))

    assert (estimate.theta - truth_of(process, estimate)) / errors == pytest.approx(np.zeros(errors.size), abs=3.5)


def test_chances_to_buy_and_to_leave_are_recovered() -> None:
    """BG/BB: 20,000 customers with ten opportunities each."""
    process = BGBBProcess(1.2, 0.75, 0.66, 2.8)
    drawn_ones = simulate_opportunities(process, n_customers=20_000, n_opportunities=10, seed=3)
    estimate = BGBB().fit(drawn_ones).estimate
    errors = np.sqrt(np.diag(estimate.theta_covariance))

    assert (estimate.theta - truth_of(process, estimate)) / errors == pytest.approx(np.zeros(4), abs=3.5)


def test_opportunities_are_refused_if_there_are_none() -> None:
    """Nor parameters that are not positive."""
    with pytest.raises(InputError, match="1 or more"):
        simulate_opportunities(BGBBProcess(1, 1, 1, 1), n_customers=5, n_opportunities=0, seed=1)
    with pytest.raises(InputError, match="above 0"):
        BGBBProcess(1, 1, 0, 1)


def covered(model: Fits, process: object, summaries: list[CustomerSummary]) -> np.ndarray:
    """Share of fits whose 95 % interval holds each parameter."""
    held = []
    for summary in summaries:
        estimate = model.fit(summary).estimate
        half = 1.959964 * np.sqrt(np.diag(estimate.theta_covariance))
        held.append(np.abs(estimate.theta - truth_of(process, estimate)) <= half)
    share: np.ndarray = np.mean(held, axis=0)
    return share


@pytest.mark.long
@pytest.mark.parametrize("name", PURCHASES)
def test_intervals_of_purchase_parameters_cover_as_promised(name: str) -> None:
    """500 replications of 1,500 customers; run: pytest -m long tests/clv/test_recovery.py -s (GGompertz: an hour)."""
    model, process = PURCHASES[name]
    share = covered(model, process, [drawn(process, None, 1_500, seed) for seed in range(500)])
    print(f"{name}: {share}")  # noqa: T201  # the figure is the point of the run

    assert ((share >= 0.92) & (share <= 0.98)).all()


@pytest.mark.long
def test_intervals_of_chances_to_buy_and_to_leave_cover_as_promised() -> None:
    """BG/BB: 500 replications of 3,000 customers with ten opportunities each."""
    process, held = BGBBProcess(1.2, 0.75, 0.66, 2.8), []
    for seed in range(500):
        donors = simulate_opportunities(process, n_customers=3_000, n_opportunities=10, seed=seed)
        estimate = BGBB().fit(donors).estimate
        half = 1.959964 * np.sqrt(np.diag(estimate.theta_covariance))
        held.append(np.abs(estimate.theta - truth_of(process, estimate)) <= half)
    share = np.mean(held, axis=0)
    print(f"BGBB: {share}")  # noqa: T201  # the figure is the point of the run

    assert ((share >= 0.92) & (share <= 0.98)).all()


@pytest.mark.long
@pytest.mark.parametrize("name", SPEND)
def test_intervals_of_spend_parameters_cover_as_promised(name: str) -> None:
    """500 replications of 1,000 customers."""
    model, process = SPEND[name]
    share = covered(model, process, [drawn(FREQUENT, process, 1_000, seed) for seed in range(500)])
    print(f"{name}: {share}")  # noqa: T201  # the figure is the point of the run

    assert ((share >= 0.92) & (share <= 0.98)).all()


@pytest.mark.long
def test_intervals_of_lifetime_value_cover_as_promised() -> None:
    """500 replications of 1,500 customers; the true value of three fixed customers, by the true parameters."""
    process, spend = BGNBDProcess(0.8, 4.0, 0.9, 3.0), GammaGammaAmounts(5.0, 4.0, 20.0)
    model = BuyTillYouDie(BGNBD(), GammaGamma(), margin=0.3)
    held, three = [], None
    horizon, discount = Horizon(4, TimeUnit.QUARTER), DiscountRate.annual(0.15)
    for seed in range(500):
        summary = drawn(process, spend, 1_500, seed)
        fitted = model.fit(summary)
        if three is None:
            three = summary.take(np.argsort(summary.frequency)[[0, 1_000, 1_400]])
            truth = np.concatenate(
                [truth_of(process, BGNBD().fit(summary).estimate), truth_of(spend, GammaGamma().fit(summary).estimate)]
            )
            exact = attrs.evolve(fitted).with_theta(truth).lifetime_value(three, horizon=horizon, discount=discount)
        bounds = fitted.lifetime_value(three, horizon=horizon, discount=discount).interval(0.95)
        held.append((bounds.lower <= exact.values) & (exact.values <= bounds.upper))
    share = np.mean(held, axis=0)
    print(f"lifetime value: {share}")  # noqa: T201  # the figure is the point of the run

    assert ((share >= 0.92) & (share <= 0.98)).all()
