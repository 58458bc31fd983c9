"""Constant retention: published multiples, identities, refusals."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.clv._firm import firm

from custvalue.clv._protocol import CLVModel, FittedCLV, SupportsMargin
from custvalue.clv._result import CustomerValues
from custvalue.clv._settings import FirstMargin
from custvalue.clv.retention import HistoricalMargin, RetentionCLV, RetentionFromSilence
from custvalue.data import CustomerMargin, DiscountRate, Horizon, TimeUnit, Timing
from custvalue.errors import InputError, UnitError

SUMMARY = firm(2)
CERTAIN = FirstMargin.CERTAIN


def worth(model: RetentionCLV, rate: float, years: float | None = None, timing: Timing = Timing.END) -> float:
    """Value of one customer."""
    horizon = None if years is None else Horizon(years, TimeUnit.YEAR)
    fit = model.fit(SUMMARY)
    return float(
        fit.lifetime_value(SUMMARY, horizon=horizon, discount=DiscountRate.annual(rate), timing=timing).values[0]
    )


# Is it right?


@pytest.mark.parametrize(
    ("retention", "expected"),
    [
        (0.6, [1.2, 1.1538, 1.1111, 1.0714]),
        (0.7, [1.75, 1.6667, 1.5909, 1.5217]),
        (0.8, [2.6667, 2.5, 2.3529, 2.2222]),
        (0.9, [4.5, 4.0909, 3.75, 3.4615]),
    ],
)
def test_margin_multiples_of_gupta_and_lehmann(retention: float, expected: list[float]) -> None:
    """Table of r / (1 + i - r) at 10, 12, 14, 16 %: Gupta and Lehmann, Managing Customers as Investments (2005)."""
    got = [worth(RetentionCLV(margin=1.0, retention=retention), rate) for rate in (0.10, 0.12, 0.14, 0.16)]

    assert got == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize(
    ("retention", "expected"),
    [(0.9, [4.0909, 4.4554, 4.8913, 5.4217, 6.0811]), (0.8, [2.5, 2.6316, 2.7778, 2.9412, 3.125])],
)
def test_multiples_with_growth(retention: float, expected: list[float]) -> None:
    """The same source, margins growing 0, 2, 4, 6, 8 % a year, discount 12 %."""
    models = [RetentionCLV(margin=1.0, retention=retention, growth=g) for g in (0.0, 0.02, 0.04, 0.06, 0.08)]

    assert [worth(model, 0.12) for model in models] == pytest.approx(expected, abs=5e-5)


def test_constant_retention_of_fader_and_hardie() -> None:
    """100 a year, r = .833, 10 %, first payment when the next renewal falls due: 343.18 (Fader and Hardie 2010)."""
    assert worth(RetentionCLV(margin=100.0, retention=0.833), 0.10, timing=Timing.START) == pytest.approx(
        343.18, abs=0.005
    )


# Does it agree with itself?


@given(st.floats(0.0, 0.99), st.floats(0.0, 0.5), st.integers(1, 60), st.sampled_from(list(Timing)))
def test_equals_the_plain_sum(retention: float, rate: float, years: int, timing: Timing) -> None:
    model = RetentionCLV(margin=7.0, retention=retention, growth=0.01)
    k = np.arange(1, years + 1)
    later = np.sum(7.0 * 1.01 ** (k - 1) * retention**k / (1 + rate) ** (k - 1 + timing.offset))
    certain = np.sum(7.0 * 1.01 ** (k - 1) * retention ** (k - 1.0) / (1 + rate) ** (k - 1 + timing.offset))

    assert worth(model, rate, years, timing) == pytest.approx(later, rel=1e-11)
    assert worth(attrs.evolve(model, first_margin=CERTAIN), rate, years, timing) == pytest.approx(certain, rel=1e-11)


@given(st.floats(0.0, 0.99), st.floats(0.001, 0.5))
def test_first_margin_now_or_after_renewal_differ_by_exactly_one_margin(retention: float, rate: float) -> None:
    now = worth(RetentionCLV(margin=1.0, retention=retention, first_margin=CERTAIN), rate, timing=Timing.START)
    later = worth(RetentionCLV(margin=1.0, retention=retention), rate, timing=Timing.END)

    assert now - later == pytest.approx(1.0, abs=1e-9)


def test_long_horizon_tends_to_no_horizon() -> None:
    model = RetentionCLV(margin=120.0, retention=0.8)

    assert worth(model, 0.1, 400) == pytest.approx(worth(model, 0.1), rel=1e-13)


def test_value_per_customer() -> None:
    margin = CustomerValues(customers=SUMMARY.customers, values=np.array([100.0, 50.0]))
    keep = CustomerValues(customers=SUMMARY.customers, values=np.array([0.5, 0.0]))
    fit = RetentionCLV(margin=margin, retention=keep).fit(SUMMARY)

    values = fit.lifetime_value(SUMMARY, discount=DiscountRate.annual(0.1)).values
    assert values.tolist() == pytest.approx([100.0 * 0.5 / 0.6, 0.0])
    part = fit.lifetime_value(SUMMARY.take([1]), discount=DiscountRate.annual(0.1))
    assert part.values.tolist() == [0.0]


def test_margin_and_retention_read_off_history() -> None:
    """By hand.

    Two years old, 3 purchases of 100: margin .5 x 300 / 2 = 75; the second one lost after 1 year, in 2 + 2 = 4 chances.
    """
    summary = firm(2, last_days_ago=[10.0, 365.25], totals=[30_000, 30_000])
    model = RetentionCLV(margin=HistoricalMargin(0.5), retention=RetentionFromSilence(Horizon(6, TimeUnit.MONTH)))
    fit = model.fit(summary)

    assert fit.retention == pytest.approx(1 - 1 / 4)
    values = fit.lifetime_value(summary, discount=DiscountRate.annual(0.1)).values
    assert values.tolist() == pytest.approx([75.0 * 0.75 / 0.35, 0.0])


def test_margin_after_cost_of_serving() -> None:
    summary = firm(1, totals=[30_000])
    margin = CustomerMargin(customers=summary.customers, ratio=np.array([0.5]), cost_per_purchase=np.array([10.0]))
    model = RetentionCLV(margin=HistoricalMargin(), retention=0.8).with_margin(margin)
    value = model.fit(summary).lifetime_value(summary, discount=DiscountRate.annual(0.12)).values

    assert value.tolist() == pytest.approx([(0.5 * 300 - 3 * 10) / 2 * 2.5])
    assert RetentionCLV(margin=10.0, retention=0.8).with_margin(0.3) == RetentionCLV(margin=10.0, retention=0.8)


def test_satisfies_the_protocols() -> None:
    model = RetentionCLV(margin=1.0, retention=0.5)

    assert isinstance(model, CLVModel)
    assert isinstance(model, SupportsMargin)
    assert isinstance(model.fit(SUMMARY), FittedCLV)


# Does it refuse bad input?


@pytest.mark.parametrize("retention", [1.0, 1.2, -0.1, float("nan")])
def test_retention_of_one_or_more_is_refused(retention: float) -> None:
    with pytest.raises(InputError, match=r"RetentionCLV\.retention: expected a retention of 0 or more and below 1"):
        RetentionCLV(margin=1.0, retention=retention)


def test_growth_margin_and_rate_out_of_range_are_refused() -> None:
    with pytest.raises(InputError, match="growth above -1"):
        RetentionCLV(margin=1.0, retention=0.5, growth=-1.0)
    with pytest.raises(InputError, match="finite"):
        RetentionCLV(margin=float("nan"), retention=0.5)
    with pytest.raises(InputError, match=r"HistoricalMargin\.margin"):
        HistoricalMargin(float("nan"))
    with pytest.raises(InputError, match="rate of 0 or more"):
        DiscountRate.annual(-0.05)


def test_growth_faster_than_the_discount_needs_a_horizon() -> None:
    model = RetentionCLV(margin=1.0, retention=0.95, growth=0.2)
    with pytest.raises(InputError, match="Give a horizon"):
        worth(model, 0.1)
    assert np.isfinite(worth(model, 0.1, 10))


def test_horizon_must_fit_the_period() -> None:
    fit = RetentionCLV(margin=1.0, retention=0.5).fit(SUMMARY)
    with pytest.raises(UnitError, match=r"period=TimeUnit\.WEEK"):
        fit.lifetime_value(SUMMARY, horizon=Horizon(39, TimeUnit.WEEK), discount=DiscountRate.annual(0.1))


def test_retention_cannot_be_estimated_when_nobody_was_lost() -> None:
    model = RetentionCLV(margin=1.0, retention=RetentionFromSilence(Horizon(9, TimeUnit.YEAR)))
    with pytest.raises(InputError, match="some customers lost"):
        model.fit(SUMMARY)
