"""Components over the life cycle, three parts, and risk-adjusted rates: right, adding up, strict."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from tests.clv._firm import firm

from custvalue._frames import read_columns
from custvalue.clv._protocol import CLVModel, FittedCLV
from custvalue.clv._result import CustomerValues
from custvalue.clv.components import ComponentsCLV, LifeCycleComponent
from custvalue.clv.present_value import PresentValue, ProfitStream
from custvalue.clv.retention import RetentionCLV
from custvalue.clv.risk_adjusted import RiskAdjustedCLV, RiskAdjustment, RiskLevel
from custvalue.clv.three_parts import CrossSellPotential, ExpectedGrowth, ShareOfWalletGap, ThreeParts
from custvalue.data import CustomerIndex, DiscountRate, Horizon, TimeUnit, Timing
from custvalue.errors import AlignmentError, InputError

TEN = DiscountRate.annual(0.10)
FIVE_YEARS = Horizon(5, TimeUnit.YEAR)


# Risk-adjusted rates (methods handbook, E2)


def test_rates_by_level() -> None:
    """K = 12 %, probability 25 %: high 15 %, ordinary 12 %, low 9 %."""
    who = CustomerIndex(["h", "o", "l"])
    levels = [RiskLevel.HIGH, RiskLevel.ORDINARY, RiskLevel.LOW]
    risk = RiskAdjustment.from_levels(who, [0.25, 0.25, 0.25], levels)

    assert risk.rates(DiscountRate.annual(0.12)) == pytest.approx([0.15, 0.12, 0.09], abs=1e-15)


def test_each_customer_is_valued_at_its_own_rate() -> None:
    summary = firm(3)
    risk = RiskAdjustment.from_levels(
        summary.customers, [0.5, 0.0, 0.5], [RiskLevel.HIGH, RiskLevel.ORDINARY, RiskLevel.LOW]
    )
    model = RiskAdjustedCLV(RetentionCLV(margin=100.0, retention=0.8), risk)
    got = model.fit(summary).lifetime_value(summary, horizon=FIVE_YEARS, discount=TEN).values
    plain = RetentionCLV(margin=100.0, retention=0.8).fit(summary)

    for place, rate in enumerate((0.15, 0.10, 0.05)):
        alone = plain.lifetime_value(summary, horizon=FIVE_YEARS, discount=DiscountRate.annual(rate)).values[place]
        assert got[place] == pytest.approx(alone, rel=1e-14)


def test_many_rates_are_interpolated_to_nine_digits() -> None:
    n = 500
    summary = firm(n)
    rng = np.random.default_rng(4)
    risk = RiskAdjustment.from_cuts(summary.customers, rng.random(n), low=0.3, high=0.6)
    retention = CustomerValues(customers=summary.customers, values=rng.random(n) * 0.95)
    inner = RetentionCLV(margin=100.0, retention=retention)
    got = (
        RiskAdjustedCLV(inner, risk)
        .fit(summary)
        .lifetime_value(summary, horizon=Horizon(30, TimeUnit.YEAR), discount=TEN, timing=Timing.MIDDLE)
    )
    k = np.arange(1, 31)
    rates = risk.rates(TEN)[:, np.newaxis]
    expected = np.sum(100.0 * retention.values[:, np.newaxis] ** k / (1 + rates) ** (k - 0.5), axis=1)

    assert got.values == pytest.approx(expected, rel=1e-9)


def test_bad_risks_are_refused() -> None:
    who = CustomerIndex(["a"])
    with pytest.raises(InputError, match="between 0 and 1"):
        RiskAdjustment.from_cuts(who, [1.2], low=0.1, high=0.2)
    with pytest.raises(InputError, match="low on or below high"):
        RiskAdjustment.from_cuts(who, [0.2], low=0.3, high=0.2)
    with pytest.raises(InputError, match="-1, 0 or 1"):
        RiskAdjustment(customers=who, probability=np.array([0.1]), levels=np.array([2]))
    risk = RiskAdjustment.from_cuts(who, [0.2], low=0.1, high=0.3)
    fit = RiskAdjustedCLV(RetentionCLV(margin=1.0, retention=0.5), risk).fit(firm(1))
    with pytest.raises(AlignmentError, match="c0"):
        fit.lifetime_value(firm(1), horizon=FIVE_YEARS, discount=TEN)


# Components over the life cycle (E5)


def components() -> ComponentsCLV:
    """Base and cross-selling by retention, cost saving as a forecast stream."""
    who = firm(2).customers
    saving = ProfitStream(customers=who, profits=np.ones((2, 5)), acquisition=np.zeros(2), currency=firm(1).currency)
    models: dict[LifeCycleComponent, CLVModel] = {
        LifeCycleComponent.BASE: RetentionCLV(margin=100.0, retention=0.8),
        LifeCycleComponent.CROSS_SELL: RetentionCLV(margin=20.0, retention=0.8, growth=0.1),
        LifeCycleComponent.COST_SAVING: PresentValue(saving),
    }
    return ComponentsCLV(models)


def test_components_add_up_exactly() -> None:
    summary = firm(2)
    fit = components().fit(summary)
    parts = fit.components(summary, horizon=FIVE_YEARS, discount=TEN)
    total = fit.lifetime_value(summary, horizon=FIVE_YEARS, discount=TEN)

    assert np.array_equal(total.values, np.add.reduce(list(parts.components.values())))
    assert parts[LifeCycleComponent.REFERRAL].tolist() == [0.0, 0.0]
    assert parts[LifeCycleComponent.COST_SAVING] == pytest.approx(np.full(2, (1 - 1.1**-5) / 0.1))
    assert parts.table.names == ("base", "cross_sell", "cost_saving", "lifetime_value")


def test_life_cycle_profile_by_hand() -> None:
    """A new customer, 8 % discount: -80 now is the first year's, then base, cross-sell and referral times survival."""
    new = firm(1, age_days=[0.0], last_days_ago=[0.0], n_purchases=[1])
    model = ComponentsCLV.from_profile(
        {
            LifeCycleComponent.ACQUISITION: [-80, 0],
            LifeCycleComponent.BASE: [40, 40],
            LifeCycleComponent.REFERRAL: [0, 10],
        },
        retention=[1.0, 0.75],
    )
    horizon = Horizon(2, TimeUnit.YEAR)
    parts = model.fit(new).components(new, horizon=horizon, discount=DiscountRate.annual(0.08))

    assert parts[LifeCycleComponent.ACQUISITION] == pytest.approx([-80 / 1.08])
    assert parts[LifeCycleComponent.BASE] == pytest.approx([40 / 1.08 + 0.75 * 40 / 1.08**2])
    assert parts.total.total == pytest.approx(-40 / 1.08 + 0.75 * 50 / 1.08**2)


def test_components_are_a_model_and_survive_pickling() -> None:
    model = components()
    fit = pickle.loads(pickle.dumps(model)).fit(firm(2))  # noqa: S301  # what we pickled ourselves

    assert isinstance(model, CLVModel)
    assert isinstance(fit, FittedCLV)


def test_unknown_components_are_refused() -> None:
    with pytest.raises(InputError, match="at least one component"):
        ComponentsCLV({})
    with pytest.raises(InputError, match="among"):
        ComponentsCLV({"goodwill": RetentionCLV(margin=1.0, retention=0.5)})


# Three parts (E6)


def test_three_parts_by_hand() -> None:
    """300 spent at 40 % is 120; 100 x .5 / 1.1 once; a third of the wallet is ours and half the rest can be won."""
    summary = firm(1, totals=[30_000])
    model = ThreeParts(RetentionCLV(margin=100.0, retention=0.5), ShareOfWalletGap(1 / 3, winnable=0.5), margin=0.4)
    horizon = Horizon(1, TimeUnit.YEAR)
    parts = model.fit(summary).parts(summary, horizon=horizon, discount=TEN)

    current = 50 / 1.1
    assert [parts.historical[0], parts.current[0], parts.potential[0]] == pytest.approx([120.0, current, current])
    assert parts.total.total == pytest.approx(120.0 + 2 * current)
    ahead = model.fit(summary).lifetime_value(summary, horizon=horizon, discount=TEN)
    assert ahead.total == pytest.approx(2 * current)
    columns = ["customer", "historical", "current", "potential", "total"]
    assert read_columns(parts.to_frame(), columns)["total"][0] == pytest.approx(parts.total.total)
    assert parts.table.names == ("historical", "current", "potential")


def test_potential_of_growth_and_of_cross_selling() -> None:
    summary = firm(2)
    plain = RetentionCLV(margin=100.0, retention=0.8)
    grown = RetentionCLV(margin=100.0, retention=0.8, growth=0.05)
    growth = ThreeParts(plain, ExpectedGrowth(grown)).fit(summary).parts(summary, horizon=FIVE_YEARS, discount=TEN)
    with_growth = grown.fit(summary).lifetime_value(summary, horizon=FIVE_YEARS, discount=TEN)
    assert growth.current + growth.potential == pytest.approx(with_growth.values)

    offers = CrossSellPotential(
        customers=CustomerIndex(["c1", "c0"]),
        products=("card", "loan"),
        probability=np.array([[0.5, 0.0], [0.1, 0.2]]),
        margin=np.array([100.0, 300.0]),
    )
    cross = ThreeParts(plain, offers).fit(summary).parts(summary, horizon=FIVE_YEARS, discount=TEN)
    assert cross.potential.tolist() == [70.0, 50.0]


def test_bad_potentials_are_refused() -> None:
    with pytest.raises(InputError, match="shares above 0"):
        ShareOfWalletGap(0.0)
    with pytest.raises(InputError, match="between 0 and 1"):
        ShareOfWalletGap(1.5)
    with pytest.raises(InputError, match="between 0 and 1"):
        ShareOfWalletGap(0.5, winnable=2.0)
    with pytest.raises(InputError, match="shapes"):
        CrossSellPotential(
            customers=CustomerIndex(["a"]), products=("x",), probability=np.zeros((1, 2)), margin=np.zeros(1)
        )
