"""Hold-out evaluation: published tables, hand arithmetic, ties, baselines, refusals."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from tests.clv._cdnow_spend import cdnow, cdnow_holdout

from custvalue.clv._result import CustomerValues
from custvalue.clv.bg_nbd import BGNBD
from custvalue.clv.buy_till_you_die import BuyTillYouDie
from custvalue.clv.evaluation import accuracy, by_frequency, evaluate, evaluate_purchases, naive_purchases
from custvalue.clv.gamma_gamma import GammaGamma
from custvalue.clv.processes import BGNBDProcess, GammaGammaAmounts
from custvalue.clv.simulate import simulate_log
from custvalue.data import CustomerIndex, Horizon, ObservationWindow, TimeUnit
from custvalue.errors import AlignmentError, InputError


def forecast(values: list[float]) -> CustomerValues:
    """Customers 0, 1, 2 ..."""
    return CustomerValues(customers=CustomerIndex(np.arange(len(values))), values=np.array(values), measure="purchases")


def test_conditional_expectations_by_frequency_are_the_published_ones() -> None:
    """Fader, Hardie and Lee (2005), figure 8 in numbers: sizes, actual and BG/NBD means."""
    summary, holdout = cdnow(), cdnow_holdout()
    predicted = BGNBD().fit(summary).expected_purchases(summary, Horizon(39, TimeUnit.WEEK))
    table = by_frequency(predicted, holdout.n_purchases.astype(float), summary)

    assert table.n_customers.tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    assert table.actual == pytest.approx([0.237, 0.697, 1.393, 1.560, 2.532, 2.947, 3.862, 6.359], abs=6e-4)
    assert table.predicted == pytest.approx([0.2251, 0.5231, 1.0441, 1.5203, 2.1638, 2.6538, 3.5040, 6.1570], abs=3e-4)
    assert table.labels[-1] == "7+"


def test_holdout_of_cdnow_is_forecast_better_than_without_a_model() -> None:
    """1,882 purchases; the model beats all three baselines on both errors."""
    result = evaluate_purchases(BGNBD().fit(cdnow()), cdnow(), cdnow_holdout())

    assert cdnow_holdout().n_purchases.sum() == 1882
    assert result.model.total_ratio == pytest.approx(0.8785, abs=1e-3)
    assert all(result.model.mae < other.mae for other in result.baselines.values())
    assert all(result.model.rmse < other.rmse for other in result.baselines.values())
    assert result.model.bias * 2357 == pytest.approx((result.model.total_ratio - 1) * 1882)


def test_measures_by_hand() -> None:
    """Four customers on paper."""
    found = accuracy(np.array([4.0, 1.0, 2.0, 1.0]), np.array([2.0, 0.0, 4.0, 2.0]), top=(0.25, 0.5, 0.75))

    assert found.mae == 1.5
    assert found.rmse == pytest.approx(np.sqrt(10 / 4))
    assert found.bias == 0.0
    assert found.total_ratio == 1.0
    # highest forecast holds 2 of 8, the two highest 6; the third place is shared by 0 and 2
    assert found.top == ((0.25, 0.25), (0.5, 0.75), (0.75, 0.875))
    # gain curve 0 .25 .75 .875 1 -> area .59375 - .5; perfect 0 .5 .75 1 1 -> .6875 - .5
    assert found.gini == pytest.approx(0.09375 / 0.1875)
    assert found.slope == pytest.approx(2 / 6)


def test_gini_is_one_for_the_true_order_and_minus_for_the_reverse() -> None:
    """Any increasing transform ranks the same."""
    actual = np.random.default_rng(0).exponential(1.0, 500)

    assert accuracy(np.log(actual), actual).gini == pytest.approx(1.0)
    assert accuracy(-actual, actual).gini == pytest.approx(-1.0)
    assert accuracy(np.full(500, 0.7), actual).gini == pytest.approx(0.0, abs=1e-12)


def test_order_of_rows_does_not_matter_even_with_ties() -> None:
    """Openretailscience and rfm split ties by row order or id; here tied customers stay together."""
    rng = np.random.default_rng(1)
    predicted, actual = rng.integers(0, 4, 200).astype(float), rng.poisson(2.0, 200).astype(float)
    order = rng.permutation(200)
    first = evaluate(forecast(predicted.tolist()), actual)
    second = evaluate(forecast(predicted[order].tolist()), actual[order])

    assert first.model.row() == pytest.approx(second.model.row(), rel=1e-12)
    assert first.deciles.n_customers.tolist() == second.deciles.n_customers.tolist()
    assert first.deciles.n_customers.sum() == 200


def test_deciles_of_distinct_forecasts_are_tenths() -> None:
    """100 customers: ten groups of ten, lift falling for a perfect forecast."""
    values = np.random.default_rng(2).permutation(np.arange(100.0))
    table = evaluate(forecast(values.tolist()), values).deciles

    assert table.n_customers.tolist() == [10] * 10
    assert table.predicted.tolist() == table.actual.tolist() == [94.5 - 10 * i for i in range(10)]
    assert table.lift[0] == pytest.approx(94.5 / 49.5)


def test_baselines_by_hand() -> None:
    """Customer with 2 repeats in 30.43 of 38.86 weeks, next to a one-time buyer of 27."""
    summary = cdnow().take(np.array([0, 1000]))
    x, T = summary.frequency, summary.in_unit(TimeUnit.DAY).T
    naive = naive_purchases(summary, Horizon(10, TimeUnit.DAY), hiatus=Horizon(30, TimeUnit.DAY))

    assert naive["own rate"] == pytest.approx(10 * x / T)
    assert naive["mean rate"] == pytest.approx([10 * x.sum() / T.sum()] * 2)
    silent = summary.days_since_last > 30
    assert naive["hiatus"] == pytest.approx(np.where(silent, 0, 10 * x / T))


def test_nothing_happened_is_not_a_division_by_zero() -> None:
    """Ratio, Gini and lift are not defined; errors are."""
    result = evaluate(forecast([1.0, 2.0, 0.0]), np.zeros(3), n_groups=3)

    assert result.model.mae == 1.0
    assert np.isnan([result.model.total_ratio, result.model.gini]).all()
    assert np.isnan(result.deciles.lift).all()


@pytest.mark.parametrize(("predicted", "actual"), [([np.inf], [1.0]), ([1.0], [np.nan]), ([], [])])
def test_numbers_that_are_not_are_refused(predicted: list[float], actual: list[float]) -> None:
    """Infinite means, missing truths, nobody."""
    with pytest.raises(InputError, match="finite forecasts"):
        accuracy(np.array(predicted), np.array(actual))


def test_other_customers_and_other_dates_are_refused() -> None:
    """The hold-out must be of the same customers and start the day after."""
    fit, summary, holdout = BGNBD().fit(cdnow()), cdnow(), cdnow_holdout()
    with pytest.raises(AlignmentError):
        evaluate_purchases(fit, summary.take(np.arange(10)), holdout)
    late = attrs.evolve(holdout, starts=np.datetime64("1997-12-01"))
    with pytest.raises(InputError, match="the day after"):
        evaluate_purchases(fit, summary, late)


def test_both_parts_are_judged_on_simulated_customers() -> None:
    """A model true of its data: totals within 10 %, a slope near 1, revenue ranked better than chance."""
    log = simulate_log(
        BGNBDProcess(0.6, 4.0, 0.8, 2.5),
        GammaGammaAmounts(6.0, 4.0, 15.0),
        n_customers=6_000,
        window=ObservationWindow("2024-01-01", "2025-12-31"),
        seed=3,
    )
    summary, holdout = log.summary(until="2024-12-31"), log.holdout("2024-12-31")
    result = BuyTillYouDie(BGNBD(), GammaGamma(), margin=0.3).fit(summary).evaluate(summary, holdout)

    for part in (result.purchases, result.spend):
        assert part.model.total_ratio == pytest.approx(1.0, abs=0.1)
        assert part.model.slope == pytest.approx(1.0, abs=0.15)
        assert part.model.gini > 0.6
        assert part.model.mae < part.baselines["own rate"].mae
    assert "spend" in repr(result)
    frame = result.spend.to_frame("pandas")
    assert list(frame.columns)[:3] == ["method", "mae", "rmse"]  # type: ignore[attr-defined]  # a pandas frame


@pytest.mark.parametrize("constant", [1.0, 0.1, 0.7, 1 / 3, 19.99])
def test_forecasts_that_do_not_differ_have_no_line(constant: float) -> None:
    """Their mean is off by an ulp: a spread of rounding is none."""
    found = accuracy(np.full(1_003, constant), np.arange(1_003.0))

    assert np.isnan([found.intercept, found.slope]).all()


def test_groups_of_another_length_are_refused() -> None:
    """One actual for each customer."""
    summary = cdnow()
    predicted = BGNBD().fit(summary).expected_purchases(summary, Horizon(39, TimeUnit.WEEK))
    with pytest.raises(InputError, match="by_frequency"):
        by_frequency(predicted, np.ones(len(summary) - 1), summary)
