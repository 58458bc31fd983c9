"""Static covariates: recovered from simulated customers, one sign convention, agreement with plain fits, refusals."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np
import pytest
from tests.clv._cdnow import make_summary, repeated

from custvalue.clv._estimate import LogNormalPrior
from custvalue.clv._kernels.likelihood import row_log_likelihood
from custvalue.clv._optimise import maximise
from custvalue.clv._purchases import FirstPurchase
from custvalue.clv.bg_nbd import BGNBD, MBGNBD
from custvalue.clv.comparison import likelihood_ratio_test
from custvalue.clv.covariates import CovariateModel, StaticCovariates, WithCovariates
from custvalue.clv.ggompertz_nbd import GGompertzNBD
from custvalue.clv.nbd import NBD
from custvalue.clv.pareto_nbd import ParetoNBD
from custvalue.clv.processes import (
    BGNBDProcess,
    GGompertzNBDProcess,
    LeavingProcess,
    MBGNBDProcess,
    ParetoNBDProcess,
    UnevenProcess,
)
from custvalue.clv.resampling import Resampling
from custvalue.clv.simulate import simulate_log
from custvalue.data import CustomerSummary, DiscountRate, Horizon, ObservationWindow, TimeUnit
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
    fit = WithCovariates(model=ParetoNBD(), covariates=known, purchase=("group",), dropout=("group",)).fit(summary)

    for name, truth in (("purchase.group", 0.6), ("dropout.group", 0.5)):
        assert abs(fit.params[name] - truth) < 3 * fit.standard_errors[name]
    assert fit.params["purchase.group"] > 5 * fit.standard_errors["purchase.group"]
    plain = ParetoNBD().fit(summary)
    assert likelihood_ratio_test(plain, fit).p_value < 1e-6


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_one_sign_convention(model: CovariateModel) -> None:
    """Positive: more purchases; positive: gone sooner. For every model."""
    summary, known = pareto_customers(300, 0.5, 0.5, seed=2)
    settings = WithCovariates(model=model, covariates=known, purchase=("group",), dropout=("noise",))
    start = settings.problem(summary)
    fit = WithCovariates(model=model, covariates=known, purchase=("group",), dropout=("noise",), l2=1.0).fit(summary)
    still = fit.with_params({"purchase.group": 0.0, "dropout.noise": 0.0})
    one = StaticCovariates.from_columns(known.customers.take([0]), {"group": [1.0], "noise": [1.0]})

    still = still.with_covariates(one)
    base = still.new_customer_purchases(WEEKS).values[0]
    assert still.with_params({"purchase.group": 0.1}).new_customer_purchases(WEEKS).values[0] > base
    assert still.with_params({"dropout.noise": 0.1}).new_customer_purchases(WEEKS).values[0] < base
    assert start.names[-2:] == ("purchase.group", "dropout.noise")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_gradient_is_the_slope(model: CovariateModel) -> None:
    summary, known = pareto_customers(200, 0.5, 0.5, seed=3)
    settings = WithCovariates(model=model, covariates=known, purchase=("group",), dropout=("noise",), equal=())
    problem = settings.problem(summary)
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
    fit = WithCovariates(model=model, covariates=known, purchase=("group",)).fit(summary)
    problem = WithCovariates(model=model, covariates=known, purchase=("group",)).problem(summary)
    at_plain = np.append(plain.estimate.theta, 0.0)

    assert problem.reported(at_plain)[0] == pytest.approx(plain.log_likelihood, abs=1e-6)
    same = fit.with_theta(at_plain)
    expected = plain.expected_purchases(summary, WEEKS).values
    np.testing.assert_allclose(same.expected_purchases(summary, WEEKS).values, expected, rtol=1e-9)
    expected = plain.probability_alive(summary).values
    np.testing.assert_allclose(same.probability_alive(summary).values, expected, rtol=1e-9)
    rate = DiscountRate.annual(0.1)
    expected = plain.expected_residual_transactions(summary, rate).values
    np.testing.assert_allclose(same.expected_residual_transactions(summary, rate).values, expected, rtol=1e-9)


@pytest.mark.parametrize("model", [BGNBD(), ParetoNBD()], ids=lambda model: type(model).__name__)
@pytest.mark.parametrize(("origin", "unit"), [(2040.0, 10.0), (1.7e9, 3e7), (0.0, 1e-14)])
def test_fit_is_the_same_in_any_unit(model: BGNBD | ParetoNBD, origin: float, unit: float) -> None:
    """A calendar year, seconds since 1970, something tiny: the column in standard units says the same."""
    summary, known = pareto_customers(600, 0.5, 0.5, seed=8)
    plain = known.columns(["noise", "group"])
    odd = StaticCovariates.from_columns(
        known.customers, {"noise": origin + unit * plain[:, 0], "group": 1 - plain[:, 1]}
    )
    settings = WithCovariates(model=model, covariates=known, purchase=("group",), dropout=("noise",))
    expected, found = settings.fit(summary), attrs.evolve(settings, covariates=odd).fit(summary)

    assert found.log_likelihood == pytest.approx(expected.log_likelihood, abs=1e-6)
    assert found.diagnostics.converged
    assert found.diagnostics.boundary == expected.diagnostics.boundary
    for name, factor in (("purchase.group", -1.0), ("dropout.noise", 1.0 / unit)):
        error = expected.standard_errors[name]
        assert found.params[name] == pytest.approx(factor * expected.params[name], abs=1e-3 * error * abs(factor))
        assert found.standard_errors[name] == pytest.approx(abs(factor) * error, rel=1e-4)
    np.testing.assert_allclose(
        found.expected_purchases(summary, WEEKS).values,
        expected.expected_purchases(summary, WEEKS).values,
        rtol=1e-4,
    )
    bounds = [fit.expected_purchases(summary, WEEKS).interval() for fit in (found, expected)]
    np.testing.assert_allclose(bounds[0].lower, bounds[1].lower, rtol=1e-3)
    np.testing.assert_allclose(bounds[0].upper, bounds[1].upper, rtol=1e-3)


@pytest.mark.filterwarnings("error")
def test_an_intercept_beyond_all_numbers_is_no_trouble() -> None:
    """A coefficient of .5 a year: the intercept belongs to the year 0, 1,990 years from all customers."""
    summary, known = pareto_customers(600, 0.5, 0.5, seed=8)
    year = StaticCovariates.from_columns(known.customers, {"year": 1990 + known.columns(["group"])[:, 0]})
    fit = WithCovariates(model=BGNBD(), covariates=year, purchase=("year",)).fit(summary)
    fit = fit.with_theta(fit.estimate.theta + np.array([0.0, 1990.0, 0.0, 0.0, 1.0]))
    moved = 1e-3 * np.arange(3)[:, None] * (fit.estimate.theta == fit.estimate.theta[0])
    draws = fit.estimate.draws(fit.estimate.theta + moved, "made up")

    assert fit.params["alpha"] == np.inf
    assert draws.interval()["alpha"] == (np.inf, np.inf)
    assert np.isfinite(fit.expected_purchases(summary, WEEKS).values).all()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_reported_gradient_of_a_year_is_the_slope(model: CovariateModel) -> None:
    """Log-likelihood by rows with own parameters, written out; its slope in the reported parameters."""
    summary, known = pareto_customers(100, 0.5, 0.5, seed=9)
    year = 2040.0 + 10.0 * known.columns(["noise"])[:, 0]
    odd = StaticCovariates.from_columns(known.customers, {"year": year})
    problem = WithCovariates(model=model, covariates=odd, equal=("year",)).problem(summary)
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
    free = WithCovariates(model=ParetoNBD(), covariates=known, purchase=("group",), dropout=("group",)).fit(summary)
    tied = WithCovariates(model=ParetoNBD(), covariates=known, equal=("group",)).fit(summary)

    assert tied.estimate.names[-1] == "both.group"
    test = likelihood_ratio_test(tied, free)
    assert test.degrees_of_freedom == 1
    assert test.p_value > 0.001


def test_clvtools_regularised_fit_was_on_the_wrong_scale() -> None:
    """CLVTools computes log-likelihood, AIC and standard errors of a regularised fit from a mean log-likelihood."""
    summary, known = pareto_customers(1500, 0.5, 0.5, seed=6)
    plain = WithCovariates(model=ParetoNBD(), covariates=known, purchase=("group", "noise")).fit(summary)
    ridge = WithCovariates(model=ParetoNBD(), covariates=known, purchase=("group", "noise"), l2=50.0).fit(summary)

    assert plain.log_likelihood - 20 < ridge.log_likelihood < plain.log_likelihood
    assert abs(ridge.params["purchase.group"]) < abs(plain.params["purchase.group"])
    assert ridge.aic == pytest.approx(12 - 2 * ridge.log_likelihood)
    for name, error in plain.standard_errors.items():
        assert 0.5 * error < ridge.standard_errors[name] < 1.2 * error


def test_refusals() -> None:
    """Covariates that say nothing, are unknown, or are named twice."""
    summary, known = pareto_customers(50, 0.0, 0.0, seed=7)
    constant = StaticCovariates.from_columns(known.customers, {"group": np.ones(50)})

    with pytest.raises(InputError, match="Code groups as 0 and 1"):
        StaticCovariates.from_columns(known.customers, {"channel": ["web"] * 50})
    with pytest.raises(InputError, match="columns of numbers, got none"):
        StaticCovariates.from_columns(known.customers, {})
    parts: dict[str, object] = {"model": NBD(), "covariates": known, "purchase": ("group",)}
    make: Callable[..., object] = WithCovariates  # as somebody without a type checker would
    with pytest.raises(InputError, match="ParetoNBD or GGompertzNBD, got NBD"):
        make(**parts)
    with pytest.raises(InputError, match="expected StaticCovariates, got dict"):
        make(**(parts | {"model": BGNBD(), "covariates": {"group": [1.0]}}))
    with pytest.raises(InputError, match="constant"):
        WithCovariates(model=BGNBD(), covariates=constant, purchase=("group",)).fit(summary)
    with pytest.raises(InputError, match="covariates among"):
        WithCovariates(model=BGNBD(), covariates=known, purchase=("age",)).fit(summary)
    with pytest.raises(InputError, match="at least one"):
        WithCovariates(model=BGNBD(), covariates=known)
    with pytest.raises(InputError, match="no other list"):
        WithCovariates(model=BGNBD(), covariates=known, purchase=("group",), equal=("group",))
    twice = ("group", "group")
    with pytest.raises(InputError, match="each covariate once"):
        WithCovariates(model=BGNBD(), covariates=known, purchase=twice)
    with pytest.raises(InputError, match="each covariate once"):
        WithCovariates(model=BGNBD(), covariates=known, dropout=twice)
    with pytest.raises(InputError, match="each covariate once"):
        WithCovariates(model=BGNBD(), covariates=known, equal=twice)
    with pytest.raises(InputError, match="finite numbers"):
        StaticCovariates.from_columns(known.customers, {"group": np.full(50, np.nan)})


def test_customers_are_found_by_id() -> None:
    """Covariates in any order, of more customers than the summary; without one of them, that is said."""
    summary, known = pareto_customers(300, 0.5, 0.5, seed=7)
    order = np.random.default_rng(0).permutation(300)
    shuffled = StaticCovariates(customers=known.customers.take(order), names=known.names, values=known.values[order])
    settings = WithCovariates(model=BGNBD(), covariates=known, purchase=("group",))
    part = summary.take(np.arange(0, 300, 2))
    expected = settings.fit(summary).expected_purchases(part, WEEKS).values
    found = attrs.evolve(settings, covariates=shuffled).fit(summary)

    np.testing.assert_allclose(found.expected_purchases(part, WEEKS).values, expected, rtol=1e-6)
    fewer = StaticCovariates(
        customers=known.customers.take(order[:297]), names=known.names, values=known.values[order[:297]]
    )
    with pytest.raises(AlignmentError, match="3 customers it does not hold"):
        attrs.evolve(settings, covariates=fewer).fit(summary)
    with pytest.raises(AlignmentError, match="with_covariates"):
        found.with_covariates(fewer).probability_alive(summary)
    with pytest.raises(InputError, match="whose customers have covariates"):
        settings.fit(summary.patterns())


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_each_customer_is_predicted_with_own_parameters(model: CovariateModel) -> None:
    """Every prediction of three customers is that of the plain model at parameters moved by hand."""
    summary, known = pareto_customers(200, 0.5, 0.5, seed=12)
    fit = WithCovariates(model=model, covariates=known, purchase=("noise",), dropout=("group",), l2=1.0).fit(summary)
    three = summary.take(np.argsort(summary.frequency)[[0, 120, 199]])
    noise, group = known.of(three.customers).columns(["noise", "group"]).T
    rate = DiscountRate.annual(0.1)
    predicted = {
        "now": fit.probability_alive(three, at=0),
        "later": fit.probability_alive(three, at=WEEKS),
        "purchases": fit.expected_purchases(three, WEEKS),
        "residual": fit.expected_residual_transactions(three, rate),
        "none": fit.purchase_pmf(three, 0, WEEKS),
        "two": fit.purchase_pmf(three, 2, WEEKS),
        **fit.latent_means(three),
    }
    newly = fit.with_covariates(known.of(three.customers))
    fresh = (newly.new_customer_purchases(WEEKS), newly.new_customer_pmf(2, WEEKS))
    first = newly.new_customer_purchases(WEEKS, FirstPurchase.INCLUDED)
    plain, leaving = model.fit(summary), "a" if "a" in fit.params else "beta"
    for i in range(3):
        moved = {name: fit.params[name] for name in plain.params}
        moved["alpha"] *= np.exp(-fit.params["purchase.noise"] * noise[i])
        moved[leaving] *= np.exp((1 if leaving == "a" else -1) * fit.params["dropout.group"] * group[i])
        own, one = plain.with_params(moved), three.take(np.array([i]))
        expected = {
            "now": own.probability_alive(one),
            "later": own.probability_alive(one, at=WEEKS),
            "purchases": own.expected_purchases(one, WEEKS),
            "residual": own.expected_residual_transactions(one, rate),
            "none": own.purchase_pmf(one, 0, WEEKS),
            "two": own.purchase_pmf(one, 2, WEEKS),
            **own.latent_means(one),
        }
        for name, values in expected.items():
            assert predicted[name].values[i] == pytest.approx(values.values[0], rel=1e-9), name
        assert fresh[0].values[i] == pytest.approx(own.new_customer_purchases(WEEKS).value, rel=1e-9)
        assert fresh[1].values[i] == pytest.approx(own.new_customer_pmf(2, WEEKS).probabilities[2], rel=1e-8)
        assert first.values[i] == pytest.approx(1 + fresh[0].values[i])


def test_bounds_of_predictions_are_those_of_the_slope_by_hand() -> None:
    """The delta method for one customer, its slopes by differences; and draws give similar bounds."""
    summary, known = pareto_customers(1500, 0.6, 0.5, seed=13)
    fit = WithCovariates(model=ParetoNBD(), covariates=known, purchase=("group",), dropout=("group",)).fit(summary)
    few = summary.take(np.argsort(summary.frequency)[[0, 800, 1490]])
    values = fit.expected_purchases(few, WEEKS)
    theta, step = fit.estimate.theta, 1e-4
    slopes = [
        np.log(
            fit.with_theta(theta + step * unit).expected_purchases(few, WEEKS).values
            / fit.with_theta(theta - step * unit).expected_purchases(few, WEEKS).values
        )
        / (2 * step)
        for unit in np.eye(len(theta))
    ]
    half = 1.644854 * np.sqrt(np.einsum("pn,pq,qn->n", slopes, fit.estimate.theta_covariance, slopes))
    bounds = values.interval(0.9)

    np.testing.assert_allclose(bounds.upper, values.values * np.exp(half), rtol=1e-4)
    draws = fit.posterior(summary, LogNormalPrior(), 400, seed=1).draws
    drawn = values.with_draws(draws).interval(0.9)
    assert drawn.method == "posterior"
    np.testing.assert_allclose(np.log(drawn.upper / drawn.lower), 2 * half, rtol=0.25)


@pytest.mark.parametrize("resampling", list(Resampling))
def test_refits_spread_like_the_standard_errors(resampling: Resampling) -> None:
    """40 refits of 600 customers; the parametric ones are drawn with each one's own factors."""
    summary, known = pareto_customers(600, 0.6, 0.5, seed=14)
    fit = WithCovariates(model=ParetoNBD(), covariates=known, purchase=("group",), l2=1.0).fit(summary)
    draws = fit.bootstrap(summary, 40, resampling=resampling, seed=1)
    errors = np.sqrt(np.diag(fit.estimate.theta_covariance))

    assert draws.names[-1] == "purchase.group"
    assert draws.theta[:, -1].std() / errors[-1] == pytest.approx(1.0, abs=0.4)
    assert draws.theta[:, -1].mean() == pytest.approx(fit.params["purchase.group"], abs=0.6 * errors[-1])


@pytest.mark.parametrize(
    ("model", "process"),
    [
        (BGNBD(), BGNBDProcess(0.8, 4.0, 0.9, 3.0)),
        (MBGNBD(), MBGNBDProcess(0.8, 4.0, 0.9, 3.0)),
        (ParetoNBD(), ParetoNBDProcess(0.8, 4.0, 0.9, 20.0)),
        (GGompertzNBD(), GGompertzNBDProcess(1.0, 3.0, 0.05, 0.8, 3.0)),
    ],
    ids=["BGNBD", "MBGNBD", "ParetoNBD", "GGompertzNBD"],
)
def test_simulated_coefficients_are_recovered(model: CovariateModel, process: LeavingProcess) -> None:
    """Drawn by the simulator with factors exp(.5) and exp(.4) in a group, for every model."""
    n = 1000 if isinstance(model, GGompertzNBD) else 4000
    group = np.random.default_rng(15).integers(0, 2, n)
    uneven = UnevenProcess(process, np.exp(0.5 * group), np.exp(0.4 * group))
    window = ObservationWindow("2024-01-01", "2025-12-30")
    log = simulate_log(uneven, n_customers=n, window=window, acquired_until="2024-06-30", seed=16)
    summary = log.summary(exact=True)
    known = StaticCovariates.from_columns(summary.customers, {"group": group})
    fit = WithCovariates(model=model, covariates=known, purchase=("group",), dropout=("group",)).fit(summary)

    for name, truth in (("purchase.group", 0.5), ("dropout.group", 0.4)):
        assert abs(fit.params[name] - truth) < 3.5 * fit.standard_errors[name]
    drawn = simulate_log(fit.process, n_customers=n, window=window, acquired_until="2024-06-30", seed=17)
    again = drawn.summary(exact=True)
    for flag in (0, 1):
        assert again.frequency[group == flag].mean() == pytest.approx(summary.frequency[group == flag].mean(), rel=0.1)


def test_advice_can_be_followed() -> None:
    """Everybody stays: a -> 0. The report names l2 and a prior of the model; with both the fit is inside."""
    n = 60
    weeks = np.arange(n) % 5 + 1
    summary = make_summary(weeks, np.full(n, 210), np.full(n, 210))
    known = StaticCovariates.from_columns(summary.customers, {"group": np.arange(n) % 2})
    fit = WithCovariates(model=BGNBD(), covariates=known, dropout=("group",)).fit(summary)

    words = str(fit.diagnostics)
    assert fit.diagnostics.boundary or fit.diagnostics.unidentified
    assert "l2=1.0" in words
    assert "prior=LogNormalPrior()" in words
    WithCovariates(model=BGNBD(), covariates=known, dropout=("group",), l2=1.0).fit(summary)
    steady = WithCovariates(model=BGNBD(prior=LogNormalPrior()), covariates=known, dropout=("group",), l2=1.0)
    inside = steady.fit(summary)
    assert inside.diagnostics.boundary == ()
    assert np.isfinite(list(inside.standard_errors.values())).all()


def test_a_group_that_never_buys_runs_away_alone() -> None:
    """Its rate is 0, so the others are fitted as if it were not there; whose coefficient it is, the report says.

    Coded the other way round the base customer is one of the group, and the rate of the others is far above it.
    """
    summary, _ = pareto_customers(400, 0.0, 0.0, seed=20)
    group = np.zeros(400)
    group[np.flatnonzero(summary.frequency == 0)[:40]] = 1.0
    others = BGNBD().fit(summary.take(np.flatnonzero(group == 0)))
    codings = {"member": group, "outsider": 1.0 - group}
    known = StaticCovariates.from_columns(summary.customers, codings)
    fits = {name: WithCovariates(model=BGNBD(), covariates=known, purchase=(name,)).fit(summary) for name in codings}

    base = [fits["member"].params[name] for name in others.params]
    assert base == pytest.approx(list(others.params.values()), rel=1e-4)
    assert fits["member"].diagnostics.boundary == ("purchase.member -> -infinity",)
    assert fits["outsider"].diagnostics.boundary == ("alpha -> infinity", "purchase.outsider -> infinity")


def test_a_covariate_far_from_zero_is_no_boundary() -> None:
    """Born in 1990, give or take: the base parameters are those of nobody, but nothing runs away."""
    summary, _ = pareto_customers(400, 0.0, 0.0, seed=20)
    year = StaticCovariates.from_columns(summary.customers, {"year": 1990 + np.arange(400) % 7})
    fit = WithCovariates(model=BGNBD(), covariates=year, purchase=("year",)).fit(summary)

    assert abs(np.log(fit.params["alpha"])) > 10.0
    assert fit.diagnostics.boundary == ()


def test_prior_and_ridge_multiply() -> None:
    """The gradient of the penalised likelihood vanishes at the fit: likelihood, prior and ridge written out."""
    summary, known = pareto_customers(300, 0.5, 0.5, seed=18)
    settings = WithCovariates(
        model=ParetoNBD(prior=LogNormalPrior(sd=0.7)), covariates=known, purchase=("group",), l2=4.0
    )
    fit = settings.fit(summary)
    problem = settings.problem(summary)
    scaled = problem.to_scaled(fit.estimate.theta)
    slope = problem.objective(scaled)[1] - scaled / 0.7**2 - np.append(np.zeros(4), 4.0 * scaled[4])

    assert slope == pytest.approx(np.zeros(5), abs=1e-3)
    assert fit.log_likelihood == pytest.approx(problem.reported(fit.estimate.theta)[0], abs=1e-6)


def test_case_weights_count_customers() -> None:
    """Weights of 0, 1 and 2 are customers left out, kept and repeated."""
    summary, known = pareto_customers(400, 0.5, 0.5, seed=19)
    weights = np.arange(400) % 3
    rows = np.repeat(np.arange(400), weights)
    again = repeated(summary, rows)
    doubled = StaticCovariates(customers=again.customers, names=known.names, values=known.values[rows])
    settings = WithCovariates(model=BGNBD(), covariates=known, purchase=("group",))
    expected = attrs.evolve(settings, covariates=doubled).fit(again)
    found = settings.fit(summary, weights=weights.astype(np.float64))

    assert found.log_likelihood == pytest.approx(expected.log_likelihood, rel=1e-9)
    assert found.params == pytest.approx(expected.params, rel=1e-4)


def test_a_search_on_some_rows_first_ends_at_the_same_place() -> None:
    """40,000 customers who all differ: with the subsample and without it, the same maximum."""
    n = 40_000
    age = np.random.default_rng(20).normal(size=n)
    window = ObservationWindow("2025-01-01", "2025-12-31")
    process = UnevenProcess(BGNBDProcess(0.8, 4.0, 0.9, 3.0), np.exp(0.3 * age), np.ones(n))
    summary = simulate_log(process, n_customers=n, window=window, seed=21).summary()
    known = StaticCovariates.from_columns(summary.customers, {"age": age})
    settings = WithCovariates(model=BGNBD(), covariates=known, purchase=("age",))
    fit, problem = settings.fit(summary), settings.problem(summary)
    slow = maximise(attrs.evolve(problem, pilot=None))

    assert problem.pilot is not None
    assert problem.to_reported(slow.theta) == pytest.approx(fit.estimate.theta, abs=1e-6)
    assert fit.params["purchase.age"] == pytest.approx(0.3, abs=4 * fit.standard_errors["purchase.age"])
