"""The five cases of Berger and Nasr, and Dwyer's two kinds of customer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.clv._firm import firm

from custvalue.clv._protocol import CLVModel, FittedCLV
from custvalue.clv._settings import FirstMargin
from custvalue.clv.berger_nasr import BergerNasr, BergerNasrContinuous, BergerNasrProfit, expected_purchasers
from custvalue.clv.dwyer import AlwaysAShare, LostForGood
from custvalue.clv.retention import RetentionCLV
from custvalue.data import DiscountRate, Horizon, TimeUnit, Timing
from custvalue.errors import InputError, UnitError

YEAR = TimeUnit.YEAR
TWENTY = DiscountRate.annual(0.20)
ONE = firm(1)


def worth(model: CLVModel, years: float, rate: DiscountRate = TWENTY, timing: Timing = Timing.START) -> float:
    """Value of the one customer of the firm."""
    return model.fit(ONE).lifetime_value(ONE, horizon=Horizon(years, YEAR), discount=rate, timing=timing).total


# Is it right?


def test_case_one_of_the_paper() -> None:
    """GC 260, M 50, r .75, d .20, ten years: 568.78 (Berger and Nasr, JIM 12(1), 1998, case 1; recomputed)."""
    case = BergerNasr(contribution=260.0, promotion=50.0, retention=0.75)

    assert worth(case, 10) == pytest.approx(568.7830674, abs=5e-8)


def test_case_one_against_its_sum_written_out() -> None:
    expected = sum(260 * (0.75 / 1.2) ** i for i in range(11))
    expected -= sum(50 * 0.75 ** (i - 1) / 1.2 ** (i - 0.5) for i in range(1, 11))

    assert worth(BergerNasr(contribution=260.0, promotion=50.0, retention=0.75), 10) == pytest.approx(
        expected, rel=1e-13
    )


@pytest.mark.parametrize(("cycle", "years"), [(Horizon(6, TimeUnit.MONTH), 0.5), (Horizon(3, YEAR), 3.0)])
def test_cases_two_a_and_two_b_against_their_sums(cycle: Horizon, years: float) -> None:
    """Case 2a: exponents i / p; case 2b: exponents i q. Twelve years."""
    n = round(12 / years)
    expected = sum(100 * 0.8**i / 1.2 ** (i * years) for i in range(n + 1))
    expected -= sum(20 * 0.8 ** (i - 1) / 1.2 ** ((i - 0.5) * years) for i in range(1, n + 1))

    case = BergerNasr(contribution=100.0, promotion=20.0, retention=0.8, cycle=cycle)
    assert worth(case, 12) == pytest.approx(expected, rel=1e-12)


def test_case_three_with_a_profit_curve() -> None:
    case = BergerNasrProfit(profit=lambda t: 50.0 + 10.0 * t, retention=0.7)
    expected = sum((50 + 10 * t) * (0.7 / 1.2) ** t for t in range(9))

    assert worth(case, 8) == pytest.approx(expected, rel=1e-13)


def test_case_four_against_its_antiderivative() -> None:
    """Constant profit 100 over 8 years: 100 (1 - (r / (1 + d))^8) / -ln(r / (1 + d))."""
    case = BergerNasrContinuous(profit=lambda t: np.full_like(t, 100.0), retention=0.7)
    q = 0.7 / 1.2

    assert worth(case, 8) == pytest.approx(100 * (1 - q**8) / -np.log(q), rel=1e-12)


def test_case_five_expected_customers() -> None:
    """P = .3, .2, .15, .05: C = 1, .3, .23, .195, .1397 ... (Berger and Nasr, case 5; recomputed)."""
    expected = [1, 0.3, 0.23, 0.195, 0.1397, 0.09567, 0.070113, 0.050803, 0.036418]

    assert expected_purchasers((0.3, 0.2, 0.15, 0.05), 8) == pytest.approx(expected, abs=6e-7)


def test_lost_for_good_by_hand() -> None:
    """Two years old: 100 x .9 / 1.1 + 90 x .9 x .8 / 1.21; the first two years lie behind."""
    model = LostForGood(retention=(0.5, 0.7, 0.9, 0.8), margin=(1.0, 1.0, 100.0, 90.0))
    value = model.fit(ONE).lifetime_value(ONE, discount=DiscountRate.annual(0.1)).total

    assert value == pytest.approx(100 * 0.9 / 1.1 + 90 * 0.9 * 0.8 / 1.21)


# Does it agree with itself?


def test_case_one_tends_to_the_margin_multiple() -> None:
    """Without promotion and end, the sale now and the later ones are GC (1 + r / (1 + d - r))."""
    case = BergerNasr(contribution=100.0, promotion=0.0, retention=0.75)
    renewals = RetentionCLV(margin=100.0, retention=0.75)
    later = renewals.fit(ONE).lifetime_value(ONE, discount=TWENTY).total

    assert worth(case, 300) == pytest.approx(100.0 + later, rel=1e-13)
    endless = case.fit(ONE).lifetime_value(ONE, discount=TWENTY, timing=Timing.START).total
    assert endless == pytest.approx(100.0 + later, rel=1e-13)


def test_case_two_tends_to_case_four() -> None:
    """Ever shorter cycles of ever smaller sales become continuous cash."""
    flow = worth(BergerNasrContinuous(profit=lambda t: np.full_like(t, 100.0), retention=0.7), 8)
    p = 8760
    cycle = Horizon(365.25 / p, TimeUnit.DAY)
    case = BergerNasr(contribution=100.0 / p, promotion=0.0, retention=0.7 ** (1 / p), cycle=cycle)

    assert worth(case, 8) == pytest.approx(flow, rel=2e-4)


def test_profit_curve_of_a_constant_is_case_one() -> None:
    flat = BergerNasrProfit(profit=lambda t: np.full_like(t, 80.0), retention=0.6)

    assert worth(flat, 7) == pytest.approx(worth(BergerNasr(contribution=80.0, promotion=0.0, retention=0.6), 7))


def test_lost_for_good_with_equal_rates_is_the_retention_model() -> None:
    table = LostForGood(retention=(0.8,) * 60, margin=(10.0,) * 60)
    constant = RetentionCLV(margin=10.0, retention=0.8)

    assert worth(table, 5) == pytest.approx(worth(constant, 5), rel=1e-13)


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=6))
def test_nobody_is_expected_to_buy_more_than_once_a_period(chances: list[float]) -> None:
    c = expected_purchasers(tuple(chances), 40)

    assert np.all((c >= 0.0) & (c <= 1.0 + 1e-12))


def test_satisfies_the_protocol() -> None:
    for model in (
        BergerNasr(contribution=1.0, promotion=0.0, retention=0.5),
        AlwaysAShare(probability=(0.5,), contribution=1.0),
        LostForGood(retention=(0.5,), margin=(1.0,)),
    ):
        assert isinstance(model, CLVModel)
        assert isinstance(model.fit(ONE), FittedCLV)


# Does it refuse bad input?


def test_bad_settings_are_refused() -> None:
    with pytest.raises(InputError, match="below 1"):
        BergerNasr(contribution=1.0, promotion=0.0, retention=1.0)
    with pytest.raises(InputError, match="0 or more"):
        BergerNasr(contribution=1.0, promotion=-1.0, retention=0.5)
    with pytest.raises(InputError, match="between 0 and 1"):
        AlwaysAShare(probability=(1.1,), contribution=1.0)
    with pytest.raises(InputError, match="at least one"):
        AlwaysAShare(probability=(), contribution=1.0)
    with pytest.raises(InputError, match="one retention for each margin"):
        LostForGood(retention=(0.5,), margin=(1.0, 2.0))
    with pytest.raises(InputError, match="between 0 and 1"):
        expected_purchasers((-0.1,), 3)
    with pytest.raises(InputError, match="0 periods or more"):
        expected_purchasers((0.1,), -1)


def test_one_margin_more_than_retentions_when_the_first_is_certain() -> None:
    model = LostForGood(retention=(0.5,), margin=(8.0, 4.0), first_margin=FirstMargin.CERTAIN)
    new = firm(1, age_days=[0.0], last_days_ago=[0.0], n_purchases=[1])
    value = model.fit(new).lifetime_value(new, discount=DiscountRate.annual(0.0)).total

    assert value == 8.0 + 0.5 * 4.0


def test_horizons_must_fit() -> None:
    with pytest.raises(UnitError, match="whole number of cycles"):
        worth(BergerNasr(contribution=1.0, promotion=0.0, retention=0.5, cycle=Horizon(3, YEAR)), 10)
    for model in (
        BergerNasrProfit(profit=lambda t: t, retention=0.5),
        BergerNasrContinuous(profit=lambda t: t, retention=0.5),
        AlwaysAShare(probability=(0.5,), contribution=1.0),
    ):
        with pytest.raises(InputError, match="expected a horizon"):
            model.fit(ONE).lifetime_value(ONE, discount=TWENTY)


def test_a_profit_curve_that_is_not_finite_is_refused() -> None:
    with pytest.raises(InputError, match="finite"):
        worth(BergerNasrProfit(profit=lambda t: t * np.nan, retention=0.5), 3)
