"""Static covariates: recovered from simulated customers, one sign convention, agreement with plain fits, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from tests.clv._cdnow import make_summary

from custvalue.clv._estimate import LogNormalPrior
from custvalue.clv._kernels.likelihood import row_log_likelihood
from custvalue.clv.bg_nbd import BGNBD, MBGNBD
from custvalue.clv.comparison import likelihood_ratio_test
from custvalue.clv.covariates import CovariateModel, StaticCovariates, WithCovariates
from custvalue.clv.ggompertz_nbd import GGompertzNBD
from custvalue.clv.pareto_nbd import ParetoNBD
from custvalue.data import CustomerSummary, DiscountRate, Horizon, TimeUnit
from custvalue.errors import AlignmentError, InputError

MODELS = [BGNBD(), MBGNBD(), ParetoNBD(), GGompertzNBD()]
WEEKS = Horizon(26, TimeUnit.WEEK)


def pareto_customers(n: int, purchase: float, dropout: float, seed: int) -> tuple[CustomerSummary, StaticCovariates]:
    """Pareto/NBD customers, half of them in a group that buys and leaves faster by the factors exp(coefficient)."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 2, n).astype(np.float64)
    T = rng.integers(100, 700, n)
    rate = rng.gamma(0.8, np.exp(purchase * group) / 60.0)
    end = np.minimum(T, rng.exponential(1.0, n) / rng.gamma(0.9, np.exp(dropout * group) / 200.0))
    x, t_x = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    for i in range(n):
        days = np.unique(np.ceil(np.sort(rng.uniform(0, end[i], rng.poisson(rate[i] * end[i])))))
        x[i], t_x[i] = len(days), days[-1] if len(days) else 0
    summary = make_summary(x, np.minimum(t_x, T), T)
    return summary, StaticCovariates.from_columns(summary.customers, {"group": group, "noise": rng.normal(size=n)})


def test_coefficients_are_recovered() -> None:
    """Truth .6 and .5; within three standard errors, and far from 0."""
    summary, known = pareto_customers(4000, 0.6, 0.5, seed=1)
    fit = WithCovariates(model=ParetoNBD(), purchase=("group",), dropout=("group",)).fit(summary, known)

    for name, truth in (("purchase.group", 0.6), ("dropout.group", 0.5)):
        assert abs(fit.params[name] - truth) < 3 * fit.standard_errors[name]
    assert fit.params["purchase.group"] > 5 * fit.standard_errors["purchase.group"]
    plain = ParetoNBD().fit(summary)
    assert likelihood_ratio_test(plain, fit).p_value < 1e-6


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_one_sign_convention(model: CovariateModel) -> None:
    """Positive: more purchases; positive: gone sooner. For every model."""
    summary, known = pareto_customers(300, 0.5, 0.5, seed=2)
    settings = WithCovariates(model=model, purchase=("group",), dropout=("noise",))
    start = settings.problem(summary, known)
    fit = WithCovariates(model=model, purchase=("group",), dropout=("noise",), l2=1.0).fit(summary, known)
    still = fit.with_params({"purchase.group": 0.0, "dropout.noise": 0.0})
    one = StaticCovariates.from_columns(known.customers.take([0]), {"group": [1.0], "noise": [1.0]})

    base = still.new_customer_purchases(one, WEEKS).values[0]
    assert still.with_params({"purchase.group": 0.1}).new_customer_purchases(one, WEEKS).values[0] > base
    assert still.with_params({"dropout.noise": 0.1}).new_customer_purchases(one, WEEKS).values[0] < base
    assert start.names[-2:] == ("purchase.group", "dropout.noise")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_gradient_is_the_slope(model: CovariateModel) -> None:
    summary, known = pareto_customers(200, 0.5, 0.5, seed=3)
    settings = WithCovariates(model=model, purchase=("group",), dropout=("noise",), equal=())
    problem = settings.problem(summary, known)
    theta = np.full(len(problem.names), 0.2)
    for i, slope in enumerate(problem.objective(theta)[1]):
        step = np.zeros_like(theta)
        step[i] = 1e-5
        numeric = (problem.objective(theta + step)[0] - problem.objective(theta - step)[0]) / 2e-5
        assert slope == pytest.approx(numeric, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("model", [BGNBD(), ParetoNBD()], ids=lambda model: type(model).__name__)
def test_zero_coefficients_are_the_plain_model(model: BGNBD | ParetoNBD) -> None:
    """Likelihood and predictions fall back to the model without covariates."""
    summary, known = pareto_customers(500, 0.0, 0.0, seed=4)
    plain = model.fit(summary)
    fit = WithCovariates(model=model, purchase=("group",)).fit(summary, known)
    problem = WithCovariates(model=model, purchase=("group",)).problem(summary, known)
    at_plain = np.append(plain.estimate.theta, 0.0)

    assert problem.reported(at_plain)[0] == pytest.approx(plain.log_likelihood, abs=1e-6)
    same = fit.with_theta(at_plain)
    expected = plain.expected_purchases(summary, WEEKS).values
    np.testing.assert_allclose(same.expected_purchases(summary, known, WEEKS).values, expected, rtol=1e-9)
    expected = plain.probability_alive(summary).values
    np.testing.assert_allclose(same.probability_alive(summary, known).values, expected, rtol=1e-9)
    rate = DiscountRate.annual(0.1)
    expected = plain.expected_residual_transactions(summary, rate).values
    np.testing.assert_allclose(same.expected_residual_transactions(summary, known, rate).values, expected, rtol=1e-9)


@pytest.mark.parametrize("model", [BGNBD(), ParetoNBD()], ids=lambda model: type(model).__name__)
@pytest.mark.parametrize(("origin", "unit"), [(2040.0, 10.0), (1.7e9, 3e7), (0.0, 1e-14)])
def test_fit_is_the_same_in_any_unit(model: BGNBD | ParetoNBD, origin: float, unit: float) -> None:
    """A calendar year, seconds since 1970, something tiny: the column in standard units says the same."""
    summary, known = pareto_customers(600, 0.5, 0.5, seed=8)
    plain = known.columns(["noise", "group"])
    odd = StaticCovariates.from_columns(
        known.customers, {"noise": origin + unit * plain[:, 0], "group": 1 - plain[:, 1]}
    )
    settings = WithCovariates(model=model, purchase=("group",), dropout=("noise",))
    expected, found = settings.fit(summary, known), settings.fit(summary, odd)

    assert found.log_likelihood == pytest.approx(expected.log_likelihood, abs=1e-6)
    assert found.diagnostics.converged
    assert found.diagnostics.boundary == expected.diagnostics.boundary
    for name, factor in (("purchase.group", -1.0), ("dropout.noise", 1.0 / unit)):
        error = expected.standard_errors[name]
        assert found.params[name] == pytest.approx(factor * expected.params[name], abs=1e-3 * error * abs(factor))
        assert found.standard_errors[name] == pytest.approx(abs(factor) * error, rel=1e-4)
    np.testing.assert_allclose(
        found.expected_purchases(summary, odd, WEEKS).values,
        expected.expected_purchases(summary, known, WEEKS).values,
        rtol=1e-4,
    )


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_reported_gradient_of_a_year_is_the_slope(model: CovariateModel) -> None:
    """Log-likelihood by rows with own parameters, written out; its slope in the reported parameters."""
    summary, known = pareto_customers(100, 0.5, 0.5, seed=9)
    year = 2040.0 + 10.0 * known.columns(["noise"])[:, 0]
    odd = StaticCovariates.from_columns(known.customers, {"year": year})
    problem = WithCovariates(model=model, equal=("year",)).problem(summary, odd)
    names, scale = model.kernel.names, 0.01
    theta = np.append(np.full(len(names), 0.3), scale)

    def by_hand(theta: np.ndarray) -> float:
        params = dict(zip(names, np.exp(np.tile(theta[:-1, None], len(year))), strict=True))
        params["alpha"] = np.exp(theta[1] - theta[-1] * year)
        moved, sign = ("a", 1) if "a" in names else ("beta", -1)
        params[moved] = np.exp(theta[names.index(moved)] + sign * theta[-1] * year)
        history = (summary.frequency.astype(np.float64), summary.recency, summary.T)
        return float(row_log_likelihood(model.kernel, list(params.values()), *history).sum())

    value, gradient = problem.reported(theta)
    assert value == pytest.approx(by_hand(theta), rel=1e-10)
    for i, slope in enumerate(gradient):
        step = np.zeros_like(theta)
        step[i] = 1e-5 if i < len(names) else 1e-8
        numeric = (by_hand(theta + step) - by_hand(theta - step)) / (2 * step[i])
        assert slope == pytest.approx(numeric, rel=1e-5, abs=1e-4)


def test_equal_coefficients_are_one_parameter() -> None:
    summary, known = pareto_customers(1500, 0.5, 0.5, seed=5)
    free = WithCovariates(model=ParetoNBD(), purchase=("group",), dropout=("group",)).fit(summary, known)
    tied = WithCovariates(model=ParetoNBD(), equal=("group",)).fit(summary, known)

    assert tied.estimate.names[-1] == "both.group"
    test = likelihood_ratio_test(tied, free)
    assert test.degrees_of_freedom == 1
    assert test.p_value > 0.001


def test_clvtools_regularised_fit_was_on_the_wrong_scale() -> None:
    """CLVTools computes log-likelihood, AIC and standard errors of a regularised fit from a mean log-likelihood."""
    summary, known = pareto_customers(1500, 0.5, 0.5, seed=6)
    plain = WithCovariates(model=ParetoNBD(), purchase=("group", "noise")).fit(summary, known)
    ridge = WithCovariates(model=ParetoNBD(), purchase=("group", "noise"), l2=50.0).fit(summary, known)

    assert plain.log_likelihood - 20 < ridge.log_likelihood < plain.log_likelihood
    assert abs(ridge.params["purchase.group"]) < abs(plain.params["purchase.group"])
    assert ridge.aic == pytest.approx(12 - 2 * ridge.log_likelihood)
    for name, error in plain.standard_errors.items():
        assert 0.5 * error < ridge.standard_errors[name] < 1.2 * error


def test_refusals() -> None:
    summary, known = pareto_customers(50, 0.0, 0.0, seed=7)
    shuffled = StaticCovariates.from_columns(known.customers.take(np.arange(50)[::-1]), {"group": np.ones(50)})
    constant = StaticCovariates.from_columns(known.customers, {"group": np.ones(50)})
    with_group = WithCovariates(model=BGNBD(), purchase=("group",))

    with pytest.raises(AlignmentError):
        with_group.fit(summary, shuffled)
    with pytest.raises(InputError, match="constant"):
        with_group.fit(summary, constant)
    with pytest.raises(InputError, match="covariates among"):
        WithCovariates(model=BGNBD(), purchase=("age",)).fit(summary, known)
    with pytest.raises(InputError, match="at least one"):
        WithCovariates(model=BGNBD())
    with pytest.raises(InputError, match="no other list"):
        WithCovariates(model=BGNBD(), purchase=("group",), equal=("group",))
    twice = ("group", "group")
    with pytest.raises(InputError, match="each covariate once"):
        WithCovariates(model=BGNBD(), purchase=twice)
    with pytest.raises(InputError, match="each covariate once"):
        WithCovariates(model=BGNBD(), dropout=twice)
    with pytest.raises(InputError, match="each covariate once"):
        WithCovariates(model=BGNBD(), equal=twice)
    with pytest.raises(InputError, match="finite numbers"):
        StaticCovariates.from_columns(known.customers, {"group": np.full(50, np.nan)})


def test_advice_can_be_followed() -> None:
    """Everybody stays: a -> 0. The report names l2, which these fits take, and not a prior, which they refuse."""
    n = 60
    weeks = np.arange(n) % 5 + 1
    summary = make_summary(weeks, np.full(n, 210), np.full(n, 210))
    known = StaticCovariates.from_columns(summary.customers, {"group": np.arange(n) % 2})
    fit = WithCovariates(model=BGNBD(), dropout=("group",)).fit(summary, known)

    words = str(fit.diagnostics)
    assert fit.diagnostics.boundary or fit.diagnostics.unidentified
    assert "l2=1.0" in words
    assert "LogNormalPrior" not in words
    WithCovariates(model=BGNBD(), dropout=("group",), l2=1.0).fit(summary, known)
    with pytest.raises(InputError, match="l2 instead"):
        WithCovariates(model=BGNBD(prior=LogNormalPrior()), dropout=("group",))
