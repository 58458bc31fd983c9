"""GGompertz/NBD: the likelihood of the papers, Adler's conditional expectation, the Pareto limit named."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from tests.clv._cdnow import patterns, rows
from tests.clv._reference import ggompertz

from custvalue.clv._estimate import LogNormalPrior
from custvalue.clv._kernels.ggompertz_nbd import GGOMPERTZ_NBD
from custvalue.clv._kernels.likelihood import row_log_likelihood
from custvalue.clv.ggompertz_nbd import GGompertzNBD
from custvalue.clv.pareto_nbd import ParetoNBD

PARAMS = (0.55, 10.6, 0.02, 0.6, 0.3)


def test_log_likelihood_at_published_parameters() -> None:
    """CLVTools' printed parameters give -9594.984, Bemmaor & Glady's rounded ones -9595.771."""
    problem = GGompertzNBD().problem(patterns())

    at_clvtools = problem.reported(np.log([0.55313, 10.5758, 1.1e-6, 0.60682, 1.3e-5]))[0]
    assert at_clvtools == pytest.approx(-9594.984, abs=1e-3)
    at_paper = problem.reported(np.log([0.553, 10.578, 0.0002, 0.603, 0.0026]))[0]
    assert at_paper == pytest.approx(-9595.771, abs=1e-3)


def test_unidentified_on_cdnow_and_said_so() -> None:
    """No aging in CDNOW: the maximum is the Pareto/NBD, b and beta run to 0 together, and the report says it."""
    fit = GGompertzNBD().fit(patterns())

    assert fit.log_likelihood == pytest.approx(ParetoNBD().fit(patterns()).log_likelihood, abs=1e-3)
    assert "b -> 0" in fit.diagnostics.boundary
    assert "prior" in str(fit.diagnostics)
    with_prior = GGompertzNBD(prior=LogNormalPrior()).fit(patterns())
    assert not with_prior.diagnostics.boundary
    assert with_prior.log_likelihood > fit.log_likelihood - 3.0


@pytest.mark.parametrize("history", [(0, 0, 39), (2, 30, 39), (40, 20, 22)])
def test_likelihood_against_mpmath(history: tuple[float, float, float]) -> None:
    r, alpha, b, s, beta = (mpmath.mpf(v) for v in PARAMS)
    x, t_x, T = (mpmath.mpf(v) for v in history)
    with mpmath.workdps(30):
        ends = mpmath.quad(
            lambda u: s * b * mpmath.exp(b * u) * (alpha + u) ** -(r + x) * (beta + mpmath.expm1(b * u)) ** -(s + 1),
            mpmath.linspace(t_x, T, 33),
        )
        alive = (alpha + T) ** -(r + x) * (beta + mpmath.expm1(b * T)) ** -s
        expected = mpmath.loggamma(r + x) - mpmath.loggamma(r) + r * mpmath.log(alpha) + s * mpmath.log(beta)
        expected += mpmath.log(alive + ends)

    found = row_log_likelihood(GGOMPERTZ_NBD, PARAMS, *rows(history))
    assert found == pytest.approx(float(expected), rel=1e-10)


def test_conditional_expectation_of_the_erratum() -> None:
    """Adler (2022): P(alive) (r + x) / (alpha + T) times the integral of S(u) / S(T) over (T, T + t]."""
    r, alpha, b, s, beta = PARAMS
    history = rows((2, 30, 39))
    integral = mpmath.quad(lambda u: ((beta + mpmath.expm1(b * 39)) / (beta + mpmath.expm1(b * u))) ** s, [39, 60, 91])
    alive = GGOMPERTZ_NBD.probability_alive(PARAMS, *history, 0.0)[0]

    found = GGOMPERTZ_NBD.expected_purchases(PARAMS, *history, 52.0)[0]
    assert found == pytest.approx(float(alive * (r + 2) / (alpha + 39) * integral), rel=1e-10)


def test_predictions_agree_with_each_other() -> None:
    history = rows((3, 20, 30))
    chances = np.array([GGOMPERTZ_NBD.conditional_pmf(PARAMS, *history, n, 39.0)[0] for n in range(300)])

    assert chances.sum() == pytest.approx(1.0, abs=1e-9)
    expected = GGOMPERTZ_NBD.expected_purchases(PARAMS, *history, 39.0)[0]
    assert float(chances @ np.arange(300)) == pytest.approx(expected, rel=1e-7)
    never = GGOMPERTZ_NBD.residual_transactions(PARAMS, *history, 0.0)[0]
    assert never == pytest.approx(GGOMPERTZ_NBD.expected_purchases(PARAMS, *history, 1e5)[0], rel=1e-9)


def test_gradient_is_the_slope() -> None:
    """Central differences of the log-likelihood."""
    problem = GGompertzNBD().problem(patterns())
    theta = np.array([0.3, -0.2, 0.5, 0.1, 0.2])
    gradient = problem.objective(theta)[1]
    for i, slope in enumerate(gradient):
        step = np.zeros(5)
        step[i] = 1e-5
        numeric = (problem.objective(theta + step)[0] - problem.objective(theta - step)[0]) / 2e-5
        assert slope == pytest.approx(numeric, rel=1e-6)


@pytest.mark.parametrize(
    ("params", "history"),
    [
        ((0.5, 5.0, 5.0, 0.001, 0.5), (2, 10, 39)),
        ((0.5, 5.0, 30.0, 0.001, 0.5), (0, 0, 39)),
        ((0.5, 5.0, 1000.0, 1e-4, 1.0), (0, 0, 39)),
        ((0.5, 5.0, 0.8, 0.02, 1e-3), (2, 10, 39)),
        ((0.5, 5.0, 0.8, 0.001, 1e-3), (2, 10, 39)),
    ],
)
@pytest.mark.parametrize("ahead", [52.0, 260.0])
def test_slow_survival_of_fast_aging_is_followed_to_its_end(
    params: tuple[float, ...], history: tuple[float, float, float], ahead: float
) -> None:
    """A small s needs hundreds of e-folds of Gompertz growth: all four quantities against mpmath."""
    with mpmath.workdps(30):
        expected = ggompertz(params, history, ahead, 0.0027)
    own = rows(history)

    assert row_log_likelihood(GGOMPERTZ_NBD, params, *own)[0] == pytest.approx(expected[0], rel=1e-10)
    assert GGOMPERTZ_NBD.probability_alive(params, *own, 0.0)[0] == pytest.approx(expected[1], rel=1e-10)
    assert GGOMPERTZ_NBD.expected_purchases(params, *own, ahead)[0] == pytest.approx(expected[2], rel=1e-10)
    assert GGOMPERTZ_NBD.residual_transactions(params, *own, 0.0027)[0] == pytest.approx(expected[3], rel=1e-10)


@pytest.mark.parametrize(
    ("params", "T"),
    [
        ((0.32905, 0.0024829, 0.34263, 12.748, 2843.1), 2437.45),
        ((3.0065e-4, 3.465e-4, 2.46832, 0.0209229, 692.889), 1322.567),
    ],
)
def test_a_late_narrow_hump_in_a_wide_log_time_is_not_stepped_over(params: tuple[float, ...], T: float) -> None:
    with mpmath.workdps(40):
        expected = ggompertz(params, (0.0, 0.0, T), 30.0, 0.0027)
    none, age = np.zeros(1), np.full(1, T)

    found = row_log_likelihood(GGOMPERTZ_NBD, [np.full(1, value) for value in params], none, none, age)

    assert found[0] == pytest.approx(expected[0], rel=1e-9)
