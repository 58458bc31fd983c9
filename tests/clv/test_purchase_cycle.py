"""(s / t) x T."""

from __future__ import annotations

import pytest
from tests.clv._firm import firm

from custvalue.clv._protocol import CLVModel, SupportsMargin
from custvalue.clv.purchase_cycle import OneTimers, PurchaseCycleCLV
from custvalue.data import CustomerMargin, DiscountRate, Horizon, TimeUnit, Timing
from custvalue.errors import InputError, UnitError

FREE = DiscountRate.annual(0.0)
THREE = Horizon(3, TimeUnit.YEAR)


def test_average_purchase_over_cycle_times_lifetime() -> None:
    """By hand: 4 purchases of 50 over 365.25 days: t = 121.75 days; 3 years: 50 / 121.75 x 1095.75 = 450."""
    summary = firm(1, age_days=[365.25], last_days_ago=[0.0], n_purchases=[4], totals=[20_000])
    value = PurchaseCycleCLV().fit(summary).lifetime_value(summary, horizon=THREE, discount=FREE).total

    assert value == pytest.approx(450.0, rel=1e-12)


def test_discounted_it_is_an_annuity() -> None:
    summary = firm(1, age_days=[365.25], last_days_ago=[0.0], n_purchases=[4], totals=[20_000])
    value = (
        PurchaseCycleCLV()
        .fit(summary)
        .lifetime_value(summary, horizon=THREE, discount=DiscountRate.annual(0.1), timing=Timing.START)
    )

    assert value.total == pytest.approx(150.0 * (1 + 1 / 1.1 + 1 / 1.21))


def test_one_time_buyers_take_the_population_cycle_or_nothing() -> None:
    summary = firm(2, age_days=[365.25, 100.0], last_days_ago=[0.0, 100.0], n_purchases=[4, 1], totals=[20_000, 7_000])
    fit = PurchaseCycleCLV().fit(summary)

    assert fit.population_cycle == pytest.approx(121.75)
    values = fit.lifetime_value(summary, horizon=THREE, discount=FREE).values
    assert values == pytest.approx([450.0, 70.0 * 9])
    nothing = PurchaseCycleCLV(one_timers=OneTimers.NO_VALUE).fit(summary)
    assert nothing.lifetime_value(summary, horizon=THREE, discount=FREE).values == pytest.approx([450.0, 0.0])


def test_margin_per_customer() -> None:
    summary = firm(1, age_days=[365.25], last_days_ago=[0.0], n_purchases=[4], totals=[20_000])
    margin = CustomerMargin(
        customers=summary.customers, ratio=summary.frequency * 0 + 0.5, cost_per_purchase=summary.frequency * 0 + 5.0
    )
    model = PurchaseCycleCLV().with_margin(margin)

    assert isinstance(model, CLVModel)
    assert isinstance(model, SupportsMargin)
    assert model.fit(summary).lifetime_value(summary, horizon=THREE, discount=FREE).total == pytest.approx(9 * 20.0)


def test_no_repeat_purchase_and_odd_horizons_are_refused() -> None:
    once = firm(2, last_days_ago=[730.5, 730.5])
    with pytest.raises(InputError, match="some repeat purchases"):
        PurchaseCycleCLV().fit(once)
    with pytest.raises(InputError, match="finite"):
        PurchaseCycleCLV(margin=float("inf"))
    twice = firm(1)
    with pytest.raises(UnitError, match="whole number of years"):
        PurchaseCycleCLV().fit(twice).lifetime_value(twice, horizon=Horizon(7, TimeUnit.MONTH), discount=FREE)
