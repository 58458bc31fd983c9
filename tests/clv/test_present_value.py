"""Present value, payback, CLV:CAC and rate of return: right, consistent, strict, at size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.clv._firm import firm

from custvalue._frames import read_columns
from custvalue.clv._kernels import present_value as kernel
from custvalue.clv._protocol import CLVModel, FittedCLV
from custvalue.clv._result import CustomerValues
from custvalue.clv.present_value import PresentValue, ProfitStream, clv_to_cac
from custvalue.data import Currency, CustomerIndex, DiscountRate, Horizon, TimeUnit, Timing
from custvalue.errors import AlignmentError, InputError, UnitError

EUR = Currency.of("EUR")
TEN = DiscountRate.annual(0.10)


def hundred(years: int = 4) -> PresentValue:
    """100 a year."""
    return PresentValue(ProfitStream.of([100.0] * years, currency="EUR"))


# Is it right?


def test_worked_example_of_the_handbook() -> None:
    """100 a year for 4 years at 10 % gives 91, 83, 75, 68 and 316.99 (methods handbook, E1; annuity tables)."""
    schedule = hundred().schedule(discount=TEN)

    assert schedule.present_values.round().tolist() == [[91, 83, 75, 68]]
    assert schedule.total.total == pytest.approx(316.99, abs=0.005)


@pytest.mark.parametrize(("timing", "factor"), [(Timing.START, 1.1), (Timing.MIDDLE, 1.1**0.5), (Timing.END, 1.0)])
def test_timing_moves_the_whole_stream(timing: Timing, factor: float) -> None:
    total = hundred().schedule(discount=TEN, timing=timing).total.total

    assert total == pytest.approx(factor * 100 * (1 - 1.1**-4) / 0.1, rel=1e-14)


def test_yearly_profit_is_revenue_less_three_costs_and_acquisition_in_year_one() -> None:
    stream = ProfitStream.from_costs(
        CustomerIndex(["a", "b"]),
        revenue=[[100.0, 120.0], [50.0, 50.0]],
        product=[[40.0, 50.0], [20.0, 20.0]],
        service=5.0,
        relationship=[[10.0, 0.0], [0.0, 0.0]],
        acquisition=np.array([30.0, 0.0]),
        currency="EUR",
    )

    assert stream.net.tolist() == [[15.0, 65.0], [25.0, 25.0]]


def test_payback_and_internal_rate_of_textbook_projects() -> None:
    """Cash -100, then 50 a year for 3 years: payback 2 years; IRR solves 100 = 50 a(3), 23.375 % (annuity tables)."""
    appraisal = PresentValue(ProfitStream.of([50.0] * 3, currency="EUR", acquisition=100.0)).appraise(discount=TEN)

    assert appraisal.payback.tolist() == [2.0]
    assert appraisal.internal_rate[0] == pytest.approx(0.23375, abs=1e-5)
    # 45.45 + 41.32 = 86.78 after two years; 13.22 of the third year's 37.57 remain
    assert appraisal.discounted_payback[0] == pytest.approx(2 + (100 - 86.7768595) / 37.5657401, rel=1e-8)
    assert appraisal.clv_to_cac[0] == pytest.approx(1.243426, abs=1e-6)


def test_what_was_won_for_nothing_has_paid_back_at_once() -> None:
    """Nothing was spent, so nothing is to be repaid: 0 periods, though the profits begin with a loss of 100."""
    stream = ProfitStream.of([-100.0, 230.0, -132.0], currency="EUR")
    appraisal = PresentValue(stream).appraise(discount=TEN)

    assert (appraisal.payback.tolist(), appraisal.discounted_payback.tolist()) == ([0.0], [0.0])


def test_a_stream_that_changes_sign_twice_has_no_rate_of_its_own() -> None:
    """-100, 230, -132 has two internal rates, 10 % and 20 %: neither is given."""
    stream = ProfitStream.of([230.0, -132.0], currency="EUR", acquisition=100.0)

    assert np.isnan(PresentValue(stream).appraise(discount=TEN).internal_rate[0])


# Does it agree with itself?


@given(
    st.lists(st.floats(0.0, 1e4), min_size=1, max_size=30),
    st.floats(1.0, 1e4),
    st.sampled_from(list(Timing)),
)
def test_worth_nothing_at_its_internal_rate(profits: list[float], spent: float, timing: Timing) -> None:
    appraisal = PresentValue(ProfitStream.of(profits, currency="EUR", acquisition=spent)).appraise(
        discount=TEN, timing=timing
    )
    rate = appraisal.internal_rate[0]

    if np.isnan(rate):
        assert sum(profits) == 0.0 or timing is Timing.START
    elif rate < 1e6 and rate > -0.99:
        times = np.arange(len(profits)) + timing.offset
        worth = float(np.sum(np.array(profits) * (1 + rate) ** -times))
        assert worth == pytest.approx(spent, rel=1e-6)


def test_horizon_cuts_the_forecast_and_order_of_customers_follows_the_summary() -> None:
    summary = firm(3)
    reverse = ProfitStream(
        customers=CustomerIndex(["c2", "c1", "c0"]),
        profits=np.array([[3.0, 3.0], [2.0, 2.0], [1.0, 1.0]]),
        acquisition=np.array([0.0, 0.0, 0.0]),
        currency=EUR,
    )
    fit = PresentValue(reverse).fit(summary)

    one_year = fit.lifetime_value(summary, horizon=Horizon(1, TimeUnit.YEAR), discount=TEN)
    assert one_year.values == pytest.approx(np.array([1.0, 2.0, 3.0]) / 1.1)
    assert one_year.customers == summary.customers
    assert fit.lifetime_value(summary, discount=TEN).values == pytest.approx(
        np.array([1.0, 2.0, 3.0]) * (1 / 1.1 + 1 / 1.21)
    )


def test_it_is_a_clv_model() -> None:
    summary = firm(1)
    model = PresentValue(
        ProfitStream(customers=summary.customers, profits=np.array([[1.0]]), acquisition=np.array([0.0]), currency=EUR)
    )

    assert isinstance(model, CLVModel)
    assert isinstance(model.fit(summary), FittedCLV)


def test_frame_has_one_row_a_period() -> None:
    frame = hundred().schedule(discount=TEN).to_frame()
    columns = read_columns(frame, ["customer", "period", "profit", "factor", "present_value"])

    assert columns["period"].tolist() == [1, 2, 3, 4]
    assert columns["profit"] * columns["factor"] == pytest.approx(columns["present_value"])


# Does it refuse bad input?


@pytest.mark.parametrize("bad", [[np.nan], [np.inf, 1.0], []])
def test_missing_or_no_profits_are_refused(bad: list[float]) -> None:
    with pytest.raises(InputError, match=r"ProfitStream\.profits"):
        ProfitStream.of(bad, currency="EUR")


def test_negative_acquisition_and_negative_discount_are_refused() -> None:
    with pytest.raises(InputError, match="acquisition"):
        ProfitStream.of([1.0], currency="EUR", acquisition=-1.0)
    with pytest.raises(InputError, match="rate of 0 or more"):
        hundred().schedule(discount=DiscountRate.annual(-0.1))


def test_costs_of_another_shape_are_refused() -> None:
    with pytest.raises(InputError, match="shape"):
        ProfitStream.from_costs(CustomerIndex(["a"]), revenue=[[1.0, 2.0]], product=[[1.0, 2.0, 3.0]], currency="EUR")


def test_strangers_other_currencies_and_long_horizons_are_refused() -> None:
    summary = firm(2)
    stream = ProfitStream(
        customers=summary.customers.take([0]), profits=np.array([[1.0]]), acquisition=np.array([0.0]), currency=EUR
    )
    with pytest.raises(AlignmentError, match="c1"):
        PresentValue(stream).fit(summary)
    with pytest.raises(InputError, match="one currency"):
        PresentValue(ProfitStream.of([1.0], currency="USD")).fit(summary)
    fit = PresentValue(stream).fit(summary.take([0]))
    with pytest.raises(InputError, match="at most the 1 years forecast"):
        fit.lifetime_value(summary.take([0]), horizon=Horizon(2, TimeUnit.YEAR), discount=TEN)
    with pytest.raises(UnitError, match="whole number of years"):
        fit.lifetime_value(summary.take([0]), horizon=Horizon(10, TimeUnit.WEEK), discount=TEN)
    with pytest.raises(InputError, match="above 0"):
        Horizon(0, TimeUnit.YEAR)


def test_nothing_spent_has_no_clv_to_cac() -> None:
    value = CustomerValues(customers=CustomerIndex(["a", "b"]), values=np.array([300.0, 100.0]))
    spent = CustomerValues(customers=CustomerIndex(["a", "b"]), values=np.array([0.0, 50.0]))

    assert np.isnan(clv_to_cac(value, spent).values[0])
    assert clv_to_cac(value, spent).values[1] == 2.0
    with pytest.raises(InputError, match="0 or more"):
        clv_to_cac(value, -1.0)


# Does it run at size?


def test_a_hundred_thousand_customers() -> None:
    rng = np.random.default_rng(5)
    n = 100_000
    stream = ProfitStream(
        customers=CustomerIndex(np.arange(n)),
        profits=rng.gamma(2.0, 50.0, (n, 10)),
        acquisition=rng.gamma(2.0, 60.0, n),
        currency=EUR,
    )
    appraisal = PresentValue(stream).appraise(discount=TEN)

    assert np.isfinite(appraisal.internal_rate).mean() > 0.999


def test_geometric_sums_near_one() -> None:
    """(1 - q^n) / (1 - q) without cancellation: against exact sums by fractions, and the limit at q = 1."""
    ratios = np.array([0.0, 0.5, 1.0 - 1e-12, 1.0, 1.0 + 1e-12])
    got = kernel.geometric_sum(ratios, 1000)

    assert got == pytest.approx([1.0, 2.0, 1000 - 4.995e-7, 1000.0, 1000 + 4.995e-7], rel=1e-13)
    assert kernel.geometric_sum(np.array([0.5, 1.0]), np.inf).tolist() == [2.0, np.inf]
