"""BG/BB in time: the donations' published numbers through summaries, lifetime value, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from tests.clv.test_bg_bb import DONATIONS, ONE_OF_EACH, PATTERNS

from custvalue.clv import (
    BGBB,
    AtOpportunities,
    BGBBProcess,
    BuyTillYouDie,
    FirstPurchase,
    FittedAtOpportunities,
    GammaGamma,
    GammaGammaAmounts,
    LogNormalPrior,
    NBDProcess,
    Opportunities,
    Resampling,
    simulate_log,
    simulate_opportunities,
)
from custvalue.data import Currency, CustomerIndex, CustomerSummary, DiscountRate, Horizon, ObservationWindow, TimeUnit
from custvalue.errors import AlignmentError, InputError, UnitError

RATE = DiscountRate.annual(0.1)


def donors(order: np.ndarray) -> CustomerSummary:
    """The 22 kinds of donor, in some order, as customers of a summary; only their ids are read."""
    day = np.full(order.size, np.datetime64("1995-12-31", "us"))
    return CustomerSummary(
        customers=CustomerIndex(order),
        first_at=day,
        last_at=day,
        n_purchases=np.ones(order.size, dtype=np.int64),
        observed_until=np.datetime64("2001-12-31", "us"),
        currency=Currency.of("USD"),
    )


@pytest.fixture(scope="module")
def fitted() -> FittedAtOpportunities:
    """Fitted to all 11,104 donors, asked about one of each kind."""
    settings = AtOpportunities(opportunities=ONE_OF_EACH, every=TimeUnit.YEAR)
    return FittedAtOpportunities(fitted=BGBB().fit(PATTERNS), settings=settings)


def test_donations_in_years(fitted: FittedAtOpportunities) -> None:
    """Tables 4 to 6 of the paper, customers in another order: next year, five years, all to come at 10 %."""
    order = np.random.default_rng(2).permutation(22)
    summary = donors(order)
    alive, gifts, residual = (np.array([row[i] for row in DONATIONS])[order] for i in (3, 4, 5))
    year, five = Horizon(1, TimeUnit.YEAR), Horizon(60, TimeUnit.MONTH)

    np.testing.assert_allclose(fitted.probability_alive(summary, at=year).values, alive, atol=6e-5)
    np.testing.assert_allclose(fitted.expected_purchases(summary, five).values, gifts, atol=6e-5)
    np.testing.assert_allclose(fitted.expected_residual_transactions(summary, RATE).values, residual, atol=6e-5)
    assert (fitted.probability_alive(summary).values > fitted.probability_alive(summary, at=year).values).all()
    assert fitted.new_customer_purchases(Horizon(10, TimeUnit.YEAR)).value == pytest.approx(3.179830, abs=2e-6)


def test_time_says_what_numbers_of_opportunities_say(fitted: FittedAtOpportunities) -> None:
    """The distribution, the latent chances, a first purchase counted, refits and weights: five years are five."""
    summary, plain = donors(np.arange(22)), fitted.fitted
    five = Horizon(5, TimeUnit.YEAR)
    chances = [fitted.purchase_pmf(summary, n, five).values for n in range(6)]
    expected = plain.purchase_pmf(ONE_OF_EACH, 2, 5).values

    np.testing.assert_allclose(np.sum(chances, axis=0), 1.0, rtol=1e-12)
    np.testing.assert_allclose(np.arange(6) @ chances, fitted.expected_purchases(summary, five).values, rtol=1e-12)
    assert np.array_equal(chances[2], expected)
    assert set(fitted.latent_means(summary)) == {"purchase_probability", "dropout_probability"}
    first = fitted.new_customer_purchases(five, FirstPurchase.INCLUDED).value
    assert first == pytest.approx(1.0 + fitted.new_customer_purchases(five).value, rel=1e-12)

    weights = PATTERNS.weights / 100.0
    settings = AtOpportunities(opportunities=ONE_OF_EACH, every=TimeUnit.YEAR)
    again = settings.fit(summary, weights=weights)
    assert again.estimate.params == pytest.approx(plain.params, rel=1e-6)
    assert again.estimate.n_observations == pytest.approx(111.04)
    draws = again.bootstrap(summary, 20, weights=weights, seed=1)
    assert draws.theta.std(axis=0).min() > 0.05


def test_refusals(fitted: FittedAtOpportunities) -> None:
    """Half an opportunity, an unknown donor, a moment without a unit."""
    summary = donors(np.arange(22))
    with pytest.raises(UnitError, match="whole number of years"):
        fitted.expected_purchases(summary, Horizon(18, TimeUnit.MONTH))
    with pytest.raises(AlignmentError, match="1 customers it does not hold"):
        fitted.probability_alive(donors(np.arange(23)))
    with pytest.raises(InputError, match="0 \\(now\\) or a Horizon"):
        getattr(fitted, "probability_alive")(summary, at=2)  # noqa: B009  # as somebody without a type checker would


def test_lifetime_value_of_donors() -> None:
    """Five years at a gift's mean, year by year by hand; bounds of every kind hold it."""
    window = ObservationWindow("2019-01-01", "2025-12-31")
    amounts = GammaGammaAmounts(6.0, 4.0, 15.0)
    summary = simulate_log(NBDProcess(2.0, 100.0), amounts, n_customers=1_500, window=window, seed=3).summary()
    drawn = simulate_opportunities(BGBBProcess(1.2, 0.75, 0.66, 2.8), n_customers=1_500, n_opportunities=6, seed=1)
    yearly = AtOpportunities(opportunities=drawn, every=TimeUnit.YEAR)
    model = BuyTillYouDie(purchases=yearly, spend=GammaGamma(), margin=0.5).fit(summary)
    few = summary.take(np.argsort(drawn.x)[[0, 700, 1_499]])
    value = model.lifetime_value(few, horizon=Horizon(5, TimeUnit.YEAR), discount=RATE)
    known: Opportunities = drawn.of(few.customers)
    plain = BGBB().fit(drawn)
    reached = [plain.expected_purchases(known, n).values for n in range(1, 6)]
    discounted = 1.1 ** -np.arange(1.0, 6.0) @ np.diff(reached, axis=0, prepend=0.0)
    whole = model.lifetime_value(few, horizon=None, discount=RATE)

    np.testing.assert_allclose(value.values, 0.5 * discounted * model.spend.expected_spend(few).values, rtol=1e-6)
    assert (whole.values > value.values).all()
    draws = model.posterior(summary, LogNormalPrior(), 100, seed=1).draws
    refits = model.bootstrap(summary, 12, resampling=Resampling.PARAMETRIC, seed=1)
    for one in (value, value.with_draws(draws), value.with_draws(refits)):
        bounds = one.interval(0.95)
        assert ((bounds.lower < value.values) & (value.values < bounds.upper)).all()
