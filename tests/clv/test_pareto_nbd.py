"""Pareto/NBD: published numbers, known peer failures, agreement with itself."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from tests.clv._cdnow import one_customer, patterns, rows, summary

from custvalue.clv._kernels.likelihood import row_log_likelihood
from custvalue.clv._kernels.pareto_nbd import PARETO_NBD
from custvalue.clv.pareto_nbd import ParetoNBD
from custvalue.data import DiscountRate, Horizon, TimeUnit

BTYD = (0.5533971, 10.5801985, 0.6060625, 11.6562237)
JMR = {"r": 0.5629966, "alpha": 12.5590370, "s": 0.4081095, "beta": 10.5148048}


@pytest.mark.parametrize(
    ("period", "values", "log_likelihood", "tolerance"),
    [
        ("weeks_39", (0.553277, 10.57768, 0.606240, 11.66873), -9594.9762, 1e-5),
        ("weeks_78", (0.563004, 12.55917, 0.408107, 10.51454), -17135.8359, 1e-5),
    ],
)
def test_cdnow_fits(period: str, values: tuple[float, ...], log_likelihood: float, tolerance: float) -> None:
    """Fader, Hardie & Lee (2005a, 2005b) print .553 10.578 .606 11.669; further digits recomputed from the raw log."""
    fit = ParetoNBD().fit(patterns(period))

    assert list(fit.params.values()) == pytest.approx(values, rel=tolerance)
    assert fit.log_likelihood == pytest.approx(log_likelihood, abs=1e-4)
    assert fit.diagnostics.converged
    assert not fit.diagnostics.boundary


def test_cdnow_standard_errors() -> None:
    """CLVTools prints .0476264 .8427222 .1872594 6.2105448."""
    found = ParetoNBD().fit(patterns()).standard_errors

    assert list(found.values()) == pytest.approx([0.0476264, 0.8427222, 0.1872594, 6.2105448], rel=2e-4)


@pytest.mark.parametrize(
    ("params", "row", "expected"),
    [
        ((0.55, 10.58, 0.61, 11.67), (1, 1.5, 12), -4.00694866),
        ((0.45, 10.58, 0.61, 11.67), (1, 1.5, 12), -4.14770211),
        ((0.45, 10.58, 0.71, 11.67), (1, 1.5, 12), -4.13593316),
        ((0.55, 11.67, 0.61, 10.58), (1, 1.5, 12), -4.03618538),
        ((0.55, 11.67, 0.61, 10.58), (4, 5.3, 10), -10.72932589),
        ((0.55, 11.67, 0.61, 10.58), (2, 6, 8), -6.66878882),
    ],
)
def test_row_log_likelihood(params: tuple[float, ...], row: tuple[float, float, float], expected: float) -> None:
    """PyMC-Marketing's and lifetimes' reference values, recomputed; alpha above and below beta."""
    assert row_log_likelihood(PARETO_NBD, params, *rows(row)) == pytest.approx(expected, abs=1e-8)


def test_expected_purchases_of_a_new_customer() -> None:
    """R BTYD: E[X(1)] ... E[X(9)] at its rounded documentation parameters; 1.473434 in 52 weeks at the fit."""
    rounded = (0.55, 10.56, 0.61, 11.64)
    expected = [0.05077821, 0.09916088, 0.14542507, 0.18979930, 0.23247466]
    expected += [0.27361274, 0.31335159, 0.35181024, 0.38909211]

    np.testing.assert_allclose(PARETO_NBD.new_purchases(rounded, np.arange(1.0, 10.0)), expected, atol=6e-9)
    fit = ParetoNBD().fit(patterns())
    assert fit.new_customer_purchases(Horizon(52, TimeUnit.WEEK)).value == pytest.approx(1.473434, abs=2e-6)


def test_probability_alive_of_a_one_time_buyer() -> None:
    """R BTYD's vignette: .2941633 at its estimates."""
    found = PARETO_NBD.probability_alive(BTYD, *rows((0, 0, 39)), 0.0)

    assert found == pytest.approx(0.2941633, abs=1e-7)


def test_increasing_frequency_paradox() -> None:
    """R BTYD's vignette, E[X(52)] for x = 10, 15, 20, 25 bought by week 20 of 39; its estimates stop at 3e-4."""
    found = PARETO_NBD.expected_purchases(BTYD, *rows((10, 20, 39), (15, 20, 39), (20, 20, 39), (25, 20, 39)), 52.0)

    np.testing.assert_allclose(found, [0.7062289, 0.1442396, 0.02250658, 0.00309267], rtol=5e-4)


def test_discounted_residual_transactions_of_the_iso_value_paper() -> None:
    """Fader, Hardie & Lee (2005b): continuous rate .0027 a week, T = 77.86."""
    fit = ParetoNBD().fit(patterns("weeks_78")).with_params(JMR)
    values = list(JMR.values())
    days = DiscountRate.continuous(0.0027, TimeUnit.WEEK)

    dert = PARETO_NBD.residual_transactions(values, *rows((7, 35, 77.86), (0, 0, 77.86)), 0.0027)
    assert dert == pytest.approx([1.864183, 0.364756], abs=1e-6)
    hump = PARETO_NBD.residual_transactions(values, *rows(*((x, 30, 77.86) for x in range(1, 11))), 0.0027)
    printed = [2.1992, 2.8435, 2.8671, 2.4454, 1.8405, 1.2624, 0.8096, 0.4948, 0.2920, 0.1679]
    assert hump == pytest.approx(printed, abs=6e-5)
    near = fit.expected_residual_transactions(one_customer(7, 245, 545), days).values
    assert near == pytest.approx(1.864183, rel=1e-3)


@pytest.mark.parametrize(
    ("params", "history"),
    [
        ((0.5143, 2.8845, 0.2856, 14.1087), (221, 103.42857, 103.57143)),
        ((0.5143, 2.8845, 0.2856, 14.1087), (254, 97.14286, 97.28571)),
        ((0.5143, 2.8845, 0.2856, 14.1087), (161, 94.71429, 98.0)),
        ((0.5143, 2.8845, 0.2856, 14.1087), (204, 98.57143, 99.42857)),
        ((10.465, 0.00798565181, 3.0516, 2.820), (400, 5.0, 6.0)),
        ((10.465, 0.00798565181, 3.0516, 2.820), (500, 5.0, 6.0)),
    ],
)
def test_heavy_buyers_that_broke_lifetimes(params: tuple[float, ...], history: tuple[float, float, float]) -> None:
    """Finite, and equal to mpmath."""
    r, alpha, s, beta = (mpmath.mpf(v) for v in params)
    x, t_x, T = (mpmath.mpf(v) for v in history)
    with mpmath.workdps(30):
        ends = mpmath.quad(lambda u: s * (alpha + u) ** -(r + x) * (beta + u) ** -(s + 1), mpmath.linspace(t_x, T, 65))
        alive = (alpha + T) ** -(r + x) * (beta + T) ** -s
        log_likelihood = mpmath.loggamma(r + x) - mpmath.loggamma(r) + r * mpmath.log(alpha) + s * mpmath.log(beta)
        log_likelihood += mpmath.log(alive + ends)
        chance = alive / (alive + ends)

    assert row_log_likelihood(PARETO_NBD, params, *rows(history)) == pytest.approx(float(log_likelihood), rel=1e-10)
    found = PARETO_NBD.probability_alive(params, *rows(history), 0.0)
    assert found == pytest.approx(float(chance), rel=1e-9)


@pytest.mark.parametrize("history", [(0, 0, 30), (3, 20, 30)])
def test_predictions_agree_with_each_other(history: tuple[float, float, float]) -> None:
    """The distribution sums to one and its mean is the expectation."""
    row = rows(history)
    chances = np.array([PARETO_NBD.conditional_pmf(BTYD, *row, n, 39.0)[0] for n in range(300)])

    assert chances.sum() == pytest.approx(1.0, abs=1e-9)
    expected = PARETO_NBD.expected_purchases(BTYD, *row, 39.0)[0]
    assert float(chances @ np.arange(300)) == pytest.approx(expected, rel=1e-8)


def test_latent_means_are_ratios_of_likelihoods() -> None:
    """E[lambda | data] = r / alpha L(r + 1) / L and E[mu | data] = s / beta L(s + 1) / L: gamma priors."""
    history = rows((0, 1, 4), (4, 30, 35), (30, 30, 30))
    r, alpha, s, beta = BTYD
    base = row_log_likelihood(PARETO_NBD, BTYD, *history)
    found = PARETO_NBD.latent_means(BTYD, *history)

    pace = row_log_likelihood(PARETO_NBD, (r + 1, alpha, s, beta), *history) - base
    np.testing.assert_allclose(found["purchase_rate"], r / alpha * np.exp(pace), rtol=1e-9)
    leave = row_log_likelihood(PARETO_NBD, (r, alpha, s + 1, beta), *history) - base
    np.testing.assert_allclose(found["dropout_rate"], s / beta * np.exp(leave), rtol=1e-9)


def test_continuous_at_s_equal_1() -> None:
    """The usual quotient divides by s - 1."""
    row = rows((2, 20, 30))
    around = [PARETO_NBD.expected_purchases((0.5, 10, s, 11), *row, 52.0)[0] for s in (1 - 1e-9, 1.0, 1 + 1e-9)]

    assert around[0] == pytest.approx(around[1], rel=1e-8)
    assert around[2] == pytest.approx(around[1], rel=1e-8)


def test_future_probability_alive_and_infinite_means() -> None:
    fit = ParetoNBD().fit(patterns())
    now = fit.probability_alive(summary()).values
    later = fit.probability_alive(summary(), at=Horizon(10, TimeUnit.WEEK)).values

    assert ((later > 0) & (later < now)).all()
    forever = fit.expected_residual_transactions(summary(), DiscountRate.annual(0.0)).values
    assert np.isposinf(forever).all()


def test_mean_distribution_of_cdnow_is_that_of_clvtools() -> None:
    """The table of CLVTools' ?pmf: fitted to 37 weeks (1,432 one-time buyers), P(X(T) = n) averaged over customers.

    Printed by an older fit of theirs, on a flat likelihood: the current one gives .616551 for 0.
    """
    data = patterns("weeks_37")
    fit = ParetoNBD().fit(data)
    ages, place = np.unique(data.T, return_inverse=True)
    share = np.bincount(place, weights=data.weights) / data.n_customers
    each = [fit.new_customer_pmf(10, Horizon(age, TimeUnit.WEEK)).probabilities for age in ages.tolist()]
    printed = [0.616514, 0.168309, 0.080971, 0.046190, 0.028566, 0.018506, 0.012351, 0.008415, 0.005822, 0.004074]

    assert data.weights[data.x == 0].sum() == 1432
    assert share @ np.array(each) == pytest.approx([*printed, 0.002877], abs=4e-5)
