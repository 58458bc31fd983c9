"""Spend kernels against published numbers, mpmath and brute force."""

import json
from collections.abc import Callable
from pathlib import Path

import mpmath
import numpy as np
import pytest
from scipy import integrate
from tests.clv._reference import gamma_gamma_rows, lognormal_rows, normal_rows

from custvalue.clv._kernels import gamma_gamma, grouped, lognormal_spend, normal_margin

SPEND = json.loads((Path(__file__).parents[1] / "data" / "cdnow_spend.json").read_text())
X = np.array(SPEND["x"], dtype=float)
Z = np.array(SPEND["repeat_cents"]) / 100 / X
Summed = Callable[[np.ndarray, np.ndarray], tuple[float, np.ndarray]]
Rows = Callable[..., np.ndarray]


def test_gamma_gamma_log_likelihood_is_that_of_the_cdnow_note() -> None:
    """Fader and Hardie, note 025: 946 repeat customers."""
    log_likelihood = gamma_gamma_rows(6.2497, 3.7442, 15.4435, X, Z).sum()

    assert X.size == 946
    assert log_likelihood == pytest.approx(-4055.9177, abs=1e-4)


def test_gamma_gamma_density_equals_mpmath() -> None:
    """Equation (1a) written out in 50 digits, from tame to absurd parameters."""
    mpmath.mp.dps = 50
    rng = np.random.default_rng(7)
    for _ in range(200):
        p, q, scale, z = (float(v) for v in 10.0 ** rng.uniform(-3, 4, 4))
        x = float(rng.integers(1, 10_000))
        px = mpmath.mpf(p) * mpmath.mpf(x)
        expected = (
            mpmath.loggamma(px + q)
            - mpmath.loggamma(px)
            - mpmath.loggamma(q)
            + q * mpmath.log(scale)
            + (px - 1) * mpmath.log(z)
            + px * mpmath.log(x)
            - (px + q) * mpmath.log(scale + mpmath.mpf(x) * mpmath.mpf(z))
        )
        got = gamma_gamma_rows(p, q, scale, np.array([x]), np.array([z]))[0]
        assert got == pytest.approx(float(expected), rel=1e-9, abs=1e-7)


def _counts(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    counts, place = np.unique(X, return_inverse=True)
    return counts, np.bincount(place, weights=weights)


def _gamma_gamma(point: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray]:
    value, slope = gamma_gamma.log_likelihood_gradient(point, X, np.log(X * Z), weights, _counts(weights))
    return value - float(weights @ np.log(Z)), slope


def _normal(point: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray]:
    return normal_margin.log_likelihood_gradient(point, grouped.fold(X, Z, weights))


def _lognormal(point: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray]:
    value, slope = lognormal_spend.log_likelihood_gradient(point, grouped.fold(X, np.log(Z), weights))
    return value - float(weights @ np.log(Z)), slope


@pytest.mark.parametrize(
    ("summed", "rows", "params", "logs"),
    [
        (_gamma_gamma, gamma_gamma_rows, [1.8, 1.3, 2.7], [0, 1, 2]),
        (_gamma_gamma, gamma_gamma_rows, [-2.0, 4.0, 0.0], [0, 1, 2]),
        (_normal, normal_rows, [35.0, 3.0, 3.0], [1, 2]),
        (_normal, normal_rows, [-5.0, 0.1, 4.0], [1, 2]),
        (_lognormal, lognormal_rows, [3.4, -0.7, -0.6], [1, 2]),
        (_lognormal, lognormal_rows, [2.0, 0.8, 1.9], [1, 2]),
    ],
)
def test_folded_likelihood_is_the_sum_over_rows_and_its_gradient_the_slope(
    summed: Summed, rows: Rows, params: list[float], logs: list[int]
) -> None:
    """Against the plain row-by-row density, and against central differences; weights count."""
    weights = np.random.default_rng(1).uniform(0.5, 3.0, X.size)
    point = np.array(params)
    natural = point.copy()
    natural[logs] = np.exp(natural[logs])
    value, gradient = summed(point, weights)
    slope = [(summed(point + step, weights)[0] - summed(point - step, weights)[0]) / 2e-6 for step in 1e-6 * np.eye(3)]

    assert value == pytest.approx(weights @ rows(*natural, X, Z), rel=1e-12)
    assert gradient == pytest.approx(slope, rel=1e-5, abs=1e-3)


@pytest.mark.parametrize(
    ("rows", "params"),
    [(gamma_gamma_rows, (6.25, 3.74, 15.4)), (lognormal_rows, (3.4, 0.5, 0.6))],
)
@pytest.mark.parametrize("x", [1.0, 4.0])
def test_density_of_a_positive_mean_integrates_to_one(rows: Rows, params: tuple[float, ...], x: float) -> None:
    """Over log z, so that the tail is inside."""

    def density(log_z: float) -> float:
        z = np.array([np.exp(log_z)])
        return float(np.exp(rows(*params, np.array([x]), z)[0] + log_z))

    total, _ = integrate.quad(density, -15, 25, limit=200)
    assert total == pytest.approx(1.0, abs=1e-8)


def test_gamma_gamma_mean_spend_of_the_first_five_cdnow_customers() -> None:
    """Published conditional spend; customers 3 to 5 never came back, so they get the mean."""
    x = np.array([2.0, 1.0, 0.0, 0.0, 0.0])
    z = np.array([22.345, 11.77, np.nan, np.nan, np.nan])
    spend = gamma_gamma.expected_spend(6.2497, 3.7442, 15.4435, x, z)

    assert spend == pytest.approx([24.65, 18.91, 35.17, 35.17, 35.17], abs=5e-3)


def test_infinite_mean_spend_is_infinite_and_never_negative() -> None:
    """Q <= 1: lifetimes and pymc-marketing print a negative mean (lifetimes issue 146)."""
    x, z = np.array([0.0, 1.0, 5.0]), np.array([np.nan, 3.0, 3.0])
    spend = gamma_gamma.expected_spend(0.1, 0.6, 20.0, x, z)

    assert np.isinf(spend[:2]).all()
    assert spend[2] == pytest.approx(0.1 * (20.0 + 15.0) / 0.1)


def test_gamma_gamma_variance_is_that_of_the_posterior_rate() -> None:
    """Brute force: the rate is gamma (px + q, scale + xz), the mean p over it."""
    p, q, scale, x, z = 6.25, 3.74, 15.4, 3.0, 21.0
    rates = np.random.default_rng(3).standard_gamma(p * x + q, 400_000) / (scale + x * z)
    variance = gamma_gamma.spend_variance(p, q, scale, np.array([x]), np.array([z]))[0]

    assert variance == pytest.approx(np.var(p / rates), rel=0.02)
    assert np.isinf(gamma_gamma.spend_variance(p, 1.5, scale, np.zeros(1), np.zeros(1)))[0]


def test_normal_margin_shrinks_between_the_population_and_the_customer() -> None:
    """Conjugate normal arithmetic by hand: 4 purchases of mean -10, prior N(2, 3^2), noise 6."""
    mean = normal_margin.expected_spend(2.0, 3.0, 6.0, np.array([4.0, 0.0]), np.array([-10.0, np.nan]))

    assert mean == pytest.approx([(2 / 9 + 4 * -10 / 36) / (1 / 9 + 4 / 36), 2.0])


def test_lognormal_posterior_mean_equals_a_numerical_integral() -> None:
    """Integrate the customer's mean over its posterior on a fine grid."""
    location, between, within, x, z = 3.4, 0.5, 0.7, 3.0, 12.0
    log_mean = np.linspace(location - 8 * between, location + 8 * between, 40_001)
    noise = lognormal_spend.log_variance_of_mean(within, np.array([x]))[0]
    log_posterior = (
        -0.5 * ((log_mean - location) / between) ** 2 - 0.5 * (np.log(z) - log_mean + 0.5 * noise) ** 2 / noise
    )
    posterior = np.exp(log_posterior - log_posterior.max())
    expected = (np.exp(log_mean) * posterior).sum() / posterior.sum()
    got = lognormal_spend.expected_spend(location, between, within, np.array([x]), np.array([z]))[0]

    assert got == pytest.approx(expected, rel=1e-9)


def test_wide_amounts_do_not_overflow_the_lognormal_noise() -> None:
    """exp(within^2) alone would overflow from within = 27 on."""
    noise = lognormal_spend.log_variance_of_mean(100.0, np.array([1.0, 10.0, 1e5]))

    assert noise == pytest.approx(1e4 - np.log([1.0, 10.0, 1e5]))
    assert lognormal_spend.log_variance_of_mean(6.0, np.array([10.0])) == pytest.approx(
        np.log(1 + (np.exp(36.0) - 1) / 10)
    )
