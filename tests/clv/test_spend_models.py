"""Gamma-Gamma, log-normal and normal-margin spend as users meet them."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from tests.clv._cdnow_spend import cdnow
from tests.clv._reference import gamma_gamma_rows

from custvalue.clv._estimate import LogNormalPrior
from custvalue.clv._kernels import simulation
from custvalue.clv._spend import NonPositive, independence
from custvalue.clv.gamma_gamma import GammaGamma
from custvalue.clv.lognormal_spend import LognormalSpend
from custvalue.clv.normal_margin import NormalMargin
from custvalue.data import Currency, CustomerIndex, CustomerSummary
from custvalue.errors import ConvergenceError, InputError, UnitError

Model = GammaGamma | LognormalSpend | NormalMargin


def summary_of(x: np.ndarray, repeat_minor: np.ndarray, currency: str = "EUR") -> CustomerSummary:
    """Customers with these repeat purchases and their total; dates do not matter to spend."""
    n = x.size
    start = np.full(n, np.datetime64("2025-01-01"))
    return CustomerSummary(
        customers=CustomerIndex(np.arange(n)),
        first_at=start,
        last_at=np.where(x > 0, np.datetime64("2025-06-01"), start),
        n_purchases=x + 1,
        repeat_amount=repeat_minor,
        observed_until="2025-12-31",
        currency=Currency.of(currency),
    )


def drawn(model: str, params: tuple[float, float, float], n: int = 4_000, seed: int = 0) -> CustomerSummary:
    """Customers whose amounts are drawn from a model, 0 to 5 repeat purchases each."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 6, n)
    owner = np.repeat(np.arange(n), x)
    amounts = getattr(simulation, f"{model}_amounts")(*params, owner, n, rng)
    totals = np.bincount(owner, weights=np.round(100 * amounts), minlength=n).astype(np.int64)
    return summary_of(x, totals)


def test_gamma_gamma_fit_of_cdnow_is_the_published_one() -> None:
    """Fader and Hardie, note 025: parameters, standard errors, likelihood, population mean."""
    fit = GammaGamma().fit(cdnow())

    assert [round(v, 4) for v in fit.params.values()] == [6.2496, 3.7442, 15.4435]
    assert list(fit.params.values()) == pytest.approx([6.2497, 3.7442, 15.4435], abs=2e-4)
    assert fit.log_likelihood == pytest.approx(-4055.9177, abs=1e-4)
    assert list(fit.standard_errors.values()) == pytest.approx([1.190, 0.290, 4.159], abs=1e-3)
    assert fit.new_customer_spend().value == pytest.approx(35.17, abs=5e-3)
    assert fit.estimate.n_observations == 946
    assert fit.diagnostics.converged


def test_spend_and_frequency_of_cdnow_correlate_as_published() -> None:
    """Correlation .114; the note finds it unimportant, and so does a test that allows for unequal scatter."""
    check = GammaGamma().fit(cdnow()).independence

    assert check.correlation == pytest.approx(0.114, abs=5e-4)
    assert check.p_value > 0.05
    assert not check.doubtful


def test_dependence_of_spend_on_frequency_is_said_in_the_report() -> None:
    """Those who buy five times spend five times as much."""
    rng = np.random.default_rng(0)
    x = rng.integers(1, 6, 800)
    fit = GammaGamma().fit(summary_of(x, (x * x * 1000 * rng.uniform(0.5, 1.5, 800)).astype(np.int64)))

    assert fit.independence.doubtful
    assert any("assumption doubtful" in note for note in fit.diagnostics.notes)


def test_independence_is_not_judged_by_ranks() -> None:
    """Skewed amounts, same mean for all: the median of means rises with x, the test stays quiet."""
    rejected = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        x = rng.integers(1, 20, 300).astype(float)
        rejected += independence(x, rng.standard_gamma(0.5 * x) / x).p_value < 0.05

    assert rejected < 25


@pytest.mark.parametrize(
    ("model", "name", "truth"),
    [
        (GammaGamma(), "gamma_gamma", (6.25, 3.74, 15.44)),
        (LognormalSpend(), "lognormal", (3.4, 0.5, 0.4)),
        (NormalMargin(), "normal", (-4.0, 20.0, 35.0)),
    ],
)
def test_parameters_are_recovered_from_simulated_amounts(
    model: Model, name: str, truth: tuple[float, float, float]
) -> None:
    """4,000 customers: each parameter within three standard errors of the truth."""
    fit = model.fit(drawn(name, truth))
    errors = np.array(list(fit.standard_errors.values()))

    assert np.abs(np.array(list(fit.params.values())) - truth) / errors == pytest.approx([0, 0, 0], abs=3)


@pytest.mark.parametrize("model", [GammaGamma(), LognormalSpend(), NormalMargin()])
def test_the_same_amounts_in_another_currency_give_the_same_model(model: Model) -> None:
    """100 times the amounts: expected spend times 100, likelihood shifted by the change of unit."""
    small = cdnow()
    large = attrs.evolve(small, repeat_amount=100 * small.require("repeat_amount"))
    first, second = model.fit(small), model.fit(large)
    n_repeaters = first.estimate.n_observations

    assert second.log_likelihood == pytest.approx(first.log_likelihood - n_repeaters * np.log(100), abs=1e-6)
    assert second.expected_spend(large).values == pytest.approx(100 * first.expected_spend(small).values, rel=1e-6)


@pytest.mark.parametrize("model", [GammaGamma(), LognormalSpend(), NormalMargin()])
def test_case_weights_are_copies(model: Model) -> None:
    """Weight 3 is the customer three times."""
    single = drawn("gamma_gamma", (6.0, 4.0, 15.0), n=400)
    weights = np.random.default_rng(4).integers(0, 4, 400)
    copies = summary_of(np.repeat(single.n_purchases - 1, weights), np.repeat(single.require("repeat_amount"), weights))

    assert model.fit(single, weights=weights.astype(float)).estimate.theta == pytest.approx(
        model.fit(copies).estimate.theta, abs=1e-5
    )


@pytest.mark.parametrize("model", [GammaGamma(), LognormalSpend(), NormalMargin()])
def test_more_purchases_bring_the_forecast_nearer_to_the_customer(model: Model) -> None:
    """The same own mean of 90 over 1, 5 and 100 purchases; nobody without purchases is NaN."""
    fit = model.fit(drawn("gamma_gamma", (6.0, 4.0, 100.0)))
    x = np.array([0, 1, 5, 100, 100_000])
    spend = fit.expected_spend(summary_of(x, 9000 * x)).values

    assert np.all(np.diff(np.abs(spend[1:] - 90.0)) < 0)
    assert spend[-1] == pytest.approx(90.0, rel=1e-2)


def test_mean_spend_that_does_not_exist_is_said_in_words() -> None:
    """Infinite variance of the rates, q < 1: the forecast is inf with advice, never negative."""
    fit = GammaGamma().fit(drawn("gamma_gamma", (5.0, 0.6, 3.0)))
    spend = fit.expected_spend(summary_of(np.array([0, 3]), np.array([0, 9000]))).values

    assert fit.params["q"] < 1
    assert fit.new_customer_spend().value == np.inf
    assert np.isposinf(spend[0])
    assert np.isfinite(spend[1])
    assert spend[1] > 0
    assert any("does not exist" in advice for advice in fit.diagnostics.advice)


@pytest.mark.parametrize("model", [GammaGamma(), LognormalSpend()])
def test_spend_of_nothing_or_less_is_refused_naming_the_customers(model: GammaGamma | LognormalSpend) -> None:
    """A refund larger than the purchases; the hint says what to do."""
    base = drawn("gamma_gamma", (6.0, 4.0, 15.0), n=300)
    amounts = base.require("repeat_amount").copy()
    at = int(np.flatnonzero(base.n_purchases > 1)[3])
    amounts[at] = -500
    spoiled = summary_of(base.n_purchases - 1, amounts)

    with pytest.raises(InputError, match=rf"0 or less for 1 customers, e\.g\. \[{at}\]") as caught:
        model.fit(spoiled)
    assert "NormalMargin" in caught.value.hint

    lenient = attrs.evolve(model, non_positive=NonPositive.FLOOR).fit(spoiled)
    spend = lenient.expected_spend(spoiled).values
    assert any("left out" in note for note in lenient.diagnostics.notes)
    assert 0 < spend[at] < np.median(spend)


@pytest.mark.parametrize("model", [GammaGamma(), LognormalSpend(), NormalMargin()])
def test_nobody_came_back_is_refused(model: Model) -> None:
    """One-time buyers only."""
    with pytest.raises(InputError, match="customers with a repeat purchase"):
        model.fit(summary_of(np.zeros(10, dtype=np.int64), np.zeros(10, dtype=np.int64)))


@pytest.mark.parametrize(
    "model", [GammaGamma(non_positive=NonPositive.FLOOR), LognormalSpend(non_positive=NonPositive.FLOOR)]
)
def test_repeat_purchases_worth_nothing_are_not_called_missing(model: Model) -> None:
    """Three customers, two of whom came back for nothing."""
    worthless = summary_of(np.array([3, 2, 0]), np.zeros(3, dtype=np.int64))
    with pytest.raises(InputError, match="the 2 who came back spent 0 or less"):
        model.fit(worthless)


def test_one_customer_is_named_as_the_reason_with_the_model() -> None:
    """One customer says nothing about how customers differ."""
    with pytest.raises(ConvergenceError, match=r"GammaGamma: .*only 1 customer with repeat spend"):
        GammaGamma().fit(summary_of(np.array([2]), np.array([1600])))


@pytest.mark.parametrize("cents", [500, 10, 7, 1999, 2995])
def test_one_margin_for_all_needs_no_model(cents: int) -> None:
    """Every mean equal, give or take the last digit of a quotient: there is no variance to estimate."""
    x = np.arange(1, 201)
    with pytest.raises(InputError, match="differ between customers"):
        NormalMargin().fit(summary_of(x, cents * x))


@pytest.mark.parametrize("amount", [5.0, 0.1, 19.99])
def test_equal_spend_does_not_go_with_frequency(amount: float) -> None:
    """A correlation of rounding is none."""
    x = np.arange(1.0, 78.0)
    found = independence(x, x * amount / x)

    assert np.isnan(found.correlation)
    assert not found.doubtful


def test_a_prior_is_centred_in_the_unit_of_the_data() -> None:
    """Tight about 3.5 (of log spend) and -4 (of margins with a mean above 0): that is where the fit ends."""
    summary = drawn("lognormal", (3.0, 0.4, 0.5), n=400)
    spend = LognormalSpend(prior=LogNormalPrior(sd=1e-3, centres={"location": 3.5, "between": 0.3})).fit(summary)
    margin = NormalMargin(prior=LogNormalPrior(sd=1e-3, centres={"mean": -4.0, "within": 6.0})).fit(summary)

    assert spend.params["location"] == pytest.approx(3.5, abs=0.02)
    assert spend.params["between"] == pytest.approx(0.3, rel=0.02)
    assert margin.params["mean"] == pytest.approx(-4.0, abs=0.1)
    assert margin.params["within"] == pytest.approx(6.0, rel=0.02)
    with pytest.raises(InputError, match="parameter between: expected a positive number"):
        LognormalSpend(prior=LogNormalPrior(centres={"between": -1.0})).fit(summary)
    with pytest.raises(InputError, match="finite medians"):
        LogNormalPrior(centres={"location": np.inf})


@pytest.mark.parametrize("model", [GammaGamma(), LognormalSpend(), NormalMargin()])
def test_another_currency_is_refused(model: Model) -> None:
    """Fitted in euros, asked about yen."""
    fit = model.fit(drawn("gamma_gamma", (6.0, 4.0, 15.0), n=300))
    with pytest.raises(UnitError, match="JPY"):
        fit.expected_spend(summary_of(np.array([2]), np.array([300]), currency="JPY"))


@pytest.mark.parametrize("model", [GammaGamma(), LognormalSpend(), NormalMargin()])
@pytest.mark.parametrize(
    ("x", "amounts"),
    [
        ([3], [3000]),
        ([1] * 10, [1000 + 100 * i for i in range(10)]),
        ([2] * 50, [2000] * 49 + [2001]),
        ([1, 2, 3, 4] * 20, [1000, 2000, 3000, 4000] * 20),
        ([1] * 30, [1] * 15 + [10**12] * 15),
        ([10_000] + [1] * 60, [10**9] + [100 * (1 + i % 7) for i in range(60)]),
    ],
    ids=["one", "ten-of-one", "nearly-equal", "equal-means", "pennies-and-fortunes", "whale"],
)
def test_nasty_amounts_are_fitted_or_refused_in_words(model: Model, x: list[int], amounts: list[int]) -> None:
    """No warning, no NaN: a fit with a report, or an error that says why; with a prior it works or says so."""
    summary = summary_of(np.array(x), np.array(amounts))
    words: list[str] = []
    for candidate in (model, attrs.evolve(model, prior=LogNormalPrior(sd=1.0))):
        try:
            fit = candidate.fit(summary)
        except (ConvergenceError, InputError) as refused:
            words.append(str(refused))
        else:
            words.append(str(fit.diagnostics))
            assert not np.isnan(fit.expected_spend(summary).values).any()
            assert np.isfinite(fit.log_likelihood)
    assert min(len(text) for text in words) > 30


def test_bounds_of_expected_spend_narrow_as_customers_are_known_better() -> None:
    """The delta method at hand, on the log scale; a customer of 100 purchases hardly depends on the others."""
    fit = GammaGamma().fit(cdnow())
    x = np.array([0, 1, 5, 100])
    spend = fit.expected_spend(summary_of(x, 3500 * x, currency="USD"))
    bounds = spend.interval(0.95)
    width = np.log(bounds.upper / bounds.lower)

    assert ((bounds.lower < spend.values) & (spend.values < bounds.upper)).all()
    assert np.all(np.diff(width) < 0)
    # the population mean p gamma / (q - 1): its standard error by hand from the covariance of the logs
    slope = np.array([1.0, -fit.params["q"] / (fit.params["q"] - 1), 1.0])
    by_hand = np.sqrt(slope @ fit.estimate.theta_covariance @ slope)
    assert width[0] == pytest.approx(2 * 1.959964 * by_hand, rel=1e-4)


def test_deviation_of_spend_shrinks_with_purchases() -> None:
    """What is not known of a customer's mean falls about as one over the root of the purchases."""
    fit = GammaGamma().fit(cdnow())
    x = np.array([0, 4, 400])
    deviation = fit.spend_deviation(summary_of(x, 3500 * x, currency="USD")).values

    assert np.all(np.diff(deviation) < 0)
    assert deviation[2] == pytest.approx(35 / np.sqrt(fit.params["p"] * 400), rel=0.02)


def test_a_prior_leaves_likelihood_and_errors_on_their_scale() -> None:
    """CLVTools takes both from the mean of the penalised objective (SE(r) 8.07 for .35); ours is the plain sum."""
    plain, weak = GammaGamma().fit(cdnow()), GammaGamma(prior=LogNormalPrior()).fit(cdnow())
    summary = cdnow()
    back = summary.frequency > 0
    p, q, gamma = weak.estimate.values.tolist()
    rows = gamma_gamma_rows(p, q, gamma, summary.frequency[back], summary.monetary_value[back])

    assert weak.log_likelihood == pytest.approx(rows.sum(), rel=1e-10)
    assert plain.log_likelihood - 0.05 < weak.log_likelihood < plain.log_likelihood
    assert list(weak.standard_errors.values()) == pytest.approx(list(plain.standard_errors.values()), rel=0.05)


def test_covariance_is_symmetric_and_that_of_the_curvature() -> None:
    """Lifetimes multiplies by p_j squared instead of p_i p_j, so its matrix is lopsided."""
    estimate = GammaGamma().fit(cdnow()).estimate
    covariance = estimate.covariance
    by_hand = np.linalg.inv(-estimate.hessian) * np.outer(estimate.values, estimate.values)

    assert covariance == pytest.approx(covariance.T)
    assert covariance == pytest.approx(by_hand, rel=1e-8)


def test_draws_from_data_in_another_currency_are_refused() -> None:
    """The fit would get parameters in dollars and go on calling them euros."""
    dollars = cdnow()
    fit = GammaGamma().fit(attrs.evolve(dollars, currency=Currency.of("EUR")))
    with pytest.raises(UnitError, match=r"spend in EUR.*spend in USD"):
        fit.posterior(dollars, LogNormalPrior(), 100, seed=1)
    with pytest.raises(UnitError, match=r"spend in EUR.*spend in USD"):
        fit.bootstrap(dollars, 2, seed=1)
