"""Every prediction of every purchase model, with bounds of every kind: delta method, bootstrap, posterior."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs
import numpy as np
import pytest
from scipy import special
from tests.clv._cdnow import make_summary, repeated

from custvalue import load, save
from custvalue.clv import (
    BGBB,
    BGNBD,
    MBGNBD,
    NBD,
    BGBBProcess,
    BGCNBDk,
    CountProbabilities,
    CustomerValues,
    Expectation,
    FirstPurchase,
    GammaGamma,
    GammaGammaAmounts,
    GGompertzNBD,
    LognormalAmounts,
    LogNormalPrior,
    LognormalSpend,
    MBGCNBDk,
    NBDProcess,
    NormalAmounts,
    NormalMargin,
    ParameterDraws,
    ParetoNBD,
    Resampling,
    SpendProcess,
    StaticCovariates,
    TimedSummary,
    WithCovariates,
    simulate_log,
    simulate_opportunities,
    track,
)
from custvalue.clv._purchases import FittedHistories, FittedTransactions, PatternModel
from custvalue.clv._spend import FittedSpendModel, SpendModelBase
from custvalue.clv.intervals import DeltaIntervals
from custvalue.data import (
    CustomerSummary,
    DiscountRate,
    Horizon,
    ObservationWindow,
    PurchasePatterns,
    TimeUnit,
)
from custvalue.errors import InputError, UnitError
from custvalue.testing import example_summary

HALF = Horizon(26, TimeUnit.WEEK)
RATE = DiscountRate.annual(0.1)
WEAK = LogNormalPrior(sd=1.0)
TIGHT: Mapping[str, float] = {"a": 0.8, "b": 2.4}
Prediction = CustomerValues | Expectation | CountProbabilities

PLAIN: dict[str, PatternModel[FittedTransactions] | BGCNBDk] = {
    "NBD": NBD(),
    "BGNBD": BGNBD(),
    "MBGNBD": MBGNBD(),
    "BGCNBDk": BGCNBDk(k=2),
    "MBGCNBDk": MBGCNBDk(k=3),
    "ParetoNBD": ParetoNBD(),
    "GGompertzNBD": GGompertzNBD(prior=WEAK),
}


@pytest.fixture(scope="module")
def summary() -> CustomerSummary:
    """150 customers."""
    return example_summary(n_customers=150)


@pytest.fixture(scope="module")
def fits(summary: CustomerSummary) -> dict[str, FittedTransactions]:
    """Each model, fitted once."""
    return {name: model.fit(summary) for name, model in PLAIN.items()}


def predictions(fit: FittedHistories, few: CustomerSummary) -> dict[str, CustomerValues]:
    """Whatever a fit says of customers it has seen."""
    return {
        "alive": fit.probability_alive(few, at=0),
        "alive later": fit.probability_alive(few, at=HALF),
        "purchases": fit.expected_purchases(few, HALF),
        "residual": fit.expected_residual_transactions(few, RATE),
        "pmf": fit.purchase_pmf(few, 1, HALF),
        **fit.latent_means(few),
    }


def edges(values: Prediction, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Bounds, whatever the prediction."""
    found = values.interval(level)
    if isinstance(found, tuple):
        return np.atleast_1d(found[0]), np.atleast_1d(found[1])
    return found.lower, found.upper


def centre(values: Prediction) -> np.ndarray:
    """Values, whatever the prediction."""
    if isinstance(values, Expectation):
        return np.array([values.value])
    return values.probabilities if isinstance(values, CountProbabilities) else values.values


def check_width(value: Prediction, name: str) -> None:
    """Delta bounds on logs or logits, one parameter moved at a time, the covariance between."""
    source = value.intervals
    assert isinstance(source, DeltaIntervals)
    estimate, to_line = source.fitted.estimate, special.logit if source.probability else np.log
    unsure = (centre(value) > 0.0) & ((centre(value) < 1.0) | (not source.probability))
    slopes = []
    for step in 1e-4 * np.eye(estimate.theta.size):
        above, below = (source.predict(source.fitted.with_theta(estimate.theta + way * step), None) for way in (1, -1))
        slopes.append((to_line(above[unsure]) - to_line(below[unsure])) / 2e-4)
    slope = np.array(slopes)
    half = np.sqrt(np.einsum("pn,pq,qn->n", slope, estimate.theta_covariance, slope)) * 1.6448536
    low, high = (edge[unsure] for edge in edges(value, 0.9))
    np.testing.assert_allclose(0.5 * (to_line(high) - to_line(low)), half, rtol=1e-2, err_msg=name)


def check_bounds(values: Mapping[str, Prediction], draws: ParameterDraws, *, signed: bool = False) -> None:
    """Delta bounds hold the value and are as wide as by hand; those of draws are quantiles at each draw."""
    for name, value in values.items():
        if not signed:
            check_width(value, name)
        low, high = edges(value, 0.9)
        assert np.all((low <= centre(value) * (1 + 1e-9)) & (centre(value) <= high * (1 + 1e-9) + 1e-12)), name
        drawn = value.with_draws(draws)
        assert np.array_equal(centre(drawn), centre(value)), name
        assert drawn.intervals is not None
        assert drawn.intervals.method == draws.method
        narrow, wide = edges(drawn, 0.2), edges(drawn, 0.9)
        assert np.all((wide[0] <= narrow[0]) & (narrow[1] <= wide[1])), name


@pytest.mark.parametrize("name", PLAIN)
def test_every_prediction_has_bounds_of_every_kind(
    name: str, fits: dict[str, FittedTransactions], summary: CustomerSummary
) -> None:
    """Customers seen, and new ones with and without their first purchase."""
    fit = fits[name]
    newly: dict[str, Prediction] = {
        "new": fit.new_customer_purchases(HALF),
        "new, first counted": fit.new_customer_purchases(HALF, FirstPurchase.INCLUDED),
        "new pmf": fit.new_customer_pmf(3, HALF),
    }
    theta = fit.estimate.theta + 0.05 * np.random.default_rng(0).standard_normal((6, fit.estimate.theta.size))
    draws = fit.estimate.draws(theta, "made up")
    check_bounds(newly | predictions(fit, summary.take(np.arange(4))), draws)


@pytest.mark.parametrize("name", PLAIN)
def test_the_distribution_of_a_new_customer_has_the_expected_mean(
    name: str, fits: dict[str, FittedTransactions]
) -> None:
    """Sum of n P(n) is E; including the first purchase adds one, to the bounds as well."""
    fit = fits[name].with_params({"r": 0.8, "alpha": 10.0})
    pmf = fit.new_customer_pmf(150, HALF).probabilities
    mean = fit.new_customer_purchases(HALF)
    more = fit.new_customer_purchases(HALF, FirstPurchase.INCLUDED)

    assert pmf @ np.arange(151) == pytest.approx(mean.value, rel=1e-6)
    assert float(more) == pytest.approx(mean.value + 1)


def test_draws_give_quantiles_of_the_prediction(fits: dict[str, FittedTransactions], summary: CustomerSummary) -> None:
    """By hand: the new customer and three others at eleven draws; the median is the sixth."""
    fit, few = fits["ParetoNBD"], summary.take(np.arange(3))
    theta = fit.estimate.theta + 0.1 * np.random.default_rng(1).standard_normal((11, 4))
    draws = fit.estimate.draws(theta, "made up")
    moved = [fit.with_theta(row) for row in theta]
    ahead = np.sort([one.expected_purchases(few, HALF).values for one in moved], axis=0)
    newly = np.sort([one.new_customer_purchases(HALF).value for one in moved])
    bounds = fit.expected_purchases(few, HALF).with_draws(draws).interval(0.9)

    assert np.array_equal(bounds.lower, ahead[0])
    assert np.array_equal(bounds.upper, ahead[10])
    assert fit.new_customer_purchases(HALF).with_draws(draws).interval(0.9) == (newly[0], newly[10])


@pytest.mark.parametrize("name", ["NBD", "MBGNBD", "BGCNBDk", "ParetoNBD"])
def test_every_model_draws_its_parameters(
    name: str, fits: dict[str, FittedTransactions], summary: CustomerSummary
) -> None:
    """A posterior with its k-hat; refits of each kind; the two agree in spread within a factor of two."""
    fit = fits[name]
    result = fit.posterior(summary, WEAK, 100, seed=1)
    spread = result.draws.theta.std(axis=0)

    assert result.k_hat < 0.7
    assert type(result.fitted) is type(fit)
    for kind in Resampling:
        draws = fit.bootstrap(summary, 12, resampling=kind, seed=1)
        assert draws.method == f"bootstrap ({kind.value})"
        assert np.all(draws.theta[:, :2].std(axis=0) / spread[:2] == pytest.approx(1.0, abs=0.75))


def test_patterns_are_enough_for_draws(fits: dict[str, FittedTransactions], summary: CustomerSummary) -> None:
    """Weighted patterns of the same customers give the same posterior; those of another unit are refused."""
    fit = fits["BGNBD"]
    patterns = summary.patterns()
    from_rows = fit.posterior(summary, WEAK, 100, seed=1).draws.theta
    from_patterns = fit.posterior(patterns, WEAK, 100, seed=1).draws.theta

    np.testing.assert_allclose(from_patterns, from_rows, rtol=1e-6, atol=1e-8)
    assert len(fit.bootstrap(patterns, 5, resampling=Resampling.REPLACEMENT, seed=1)) == 5
    with pytest.raises(UnitError, match="patterns in weeks"):
        fit.posterior(attrs.evolve(patterns, unit=TimeUnit.DAY), WEAK, 100, seed=1)


def test_refits_keep_the_prior() -> None:
    """Twelve customers and a tight prior: refits stay at its centre, as the fit does."""
    few = example_summary(n_customers=40).take(np.arange(12))
    tight = LogNormalPrior(sd=0.05, centres=TIGHT)
    fit = BGNBD(prior=tight).fit(few)
    draws = fit.bootstrap(few, 10, seed=1)

    assert draws.values[:, 2] == pytest.approx(np.full(10, 0.8), rel=0.1)


@pytest.mark.parametrize("name", ["NBD", "MBGNBD", "BGCNBDk", "ParetoNBD"])
def test_case_weights_count_customers(name: str, summary: CustomerSummary) -> None:
    """Weights of 0, 1 and 2 are customers left out, kept and repeated; of patterns they are the counts."""
    weights = np.arange(len(summary)) % 3
    rows = np.repeat(np.arange(len(summary)), weights)
    expected = PLAIN[name].fit(repeated(summary, rows)).log_likelihood
    patterns = summary.patterns()
    counts = np.bincount(patterns.inverse, weights=weights).astype(np.float64)

    assert PLAIN[name].fit(summary, weights=weights.astype(float)).log_likelihood == pytest.approx(expected, rel=1e-9)
    assert PLAIN[name].fit(patterns, weights=counts).log_likelihood == pytest.approx(expected, rel=1e-9)
    with pytest.raises(InputError, match="case weights"):
        PLAIN[name].fit(summary, weights=np.ones(3))
    with pytest.raises(InputError, match="0 or more"):
        PLAIN[name].fit(summary, weights=-np.ones(len(summary)))


def test_a_moment_is_now_or_a_time_ahead(fits: dict[str, FittedTransactions], summary: CustomerSummary) -> None:
    """``at=0`` is now; another bare number says no unit."""
    fit = fits["BGNBD"]
    now: object = fit.probability_alive(summary).values.tolist()

    assert fit.probability_alive(summary, at=0).values.tolist() == now
    with pytest.raises(InputError, match=r"Horizon\(13, TimeUnit\.WEEK\)"):
        getattr(fit, "probability_alive")(summary, at=13)  # noqa: B009  # as somebody without a type checker would


def test_a_table_is_refused_in_words(fits: dict[str, FittedTransactions], summary: CustomerSummary) -> None:
    """Neither a frame nor a timed summary is a summary; said by fit, predictions and draws."""
    timed = TimedSummary(summary=summary, log_gap_days=np.zeros(len(summary)))
    asks = [
        (BGNBD().fit, summary.to_frame()),
        (fits["BGNBD"].probability_alive, summary.to_frame()),
        (fits["BGCNBDk"].probability_alive, timed),
        (fits["BGCNBDk"].case_weights, timed),
    ]
    for ask, given in asks:
        verb: Callable[[object], object] = getattr(ask, "__call__")  # noqa: B004,B009  # as without a type checker
        with pytest.raises(InputError, match="TimedSummary"):
            verb(given)


def test_whole_numbers_of_weeks_are_numbers(fits: dict[str, FittedTransactions]) -> None:
    """A horizon of 26 and of 26.0 weeks."""
    for fit in fits.values():
        whole = fit.new_customer_purchases(Horizon(26, TimeUnit.WEEK)).value
        assert whole == fit.new_customer_purchases(Horizon(26.0, TimeUnit.WEEK)).value


@pytest.mark.parametrize("kind", list(Resampling))
@pytest.mark.parametrize(
    ("model", "amounts"),
    [
        (GammaGamma(), GammaGammaAmounts(5.0, 4.0, 20.0)),
        (LognormalSpend(), LognormalAmounts(3.2, 0.5, 0.4)),
        (NormalMargin(), NormalAmounts(-3.0, 15.0, 25.0)),
    ],
    ids=["GammaGamma", "LognormalSpend", "NormalMargin"],
)
def test_spend_models_are_refitted_in_three_ways(
    model: SpendModelBase[FittedSpendModel], amounts: SpendProcess, kind: Resampling
) -> None:
    """40 refits to 2,500 customers spread like the standard errors; expected spend takes the draws."""
    window = ObservationWindow("2025-01-01", "2025-12-31")
    drawn = simulate_log(NBDProcess(3.0, 20.0), amounts, n_customers=2_500, window=window, seed=4).summary()
    fit = model.fit(drawn)
    draws = fit.bootstrap(drawn, 40, resampling=kind, seed=1)
    errors = np.sqrt(np.diag(fit.estimate.theta_covariance))

    assert draws.theta.std(axis=0) / errors == pytest.approx(np.ones(3), abs=0.45)
    assert (draws.theta.mean(axis=0) - fit.estimate.theta) / errors == pytest.approx(np.zeros(3), abs=0.8)
    few = drawn.take(np.arange(5))
    signed = isinstance(model, NormalMargin)
    check_bounds({"spend": fit.expected_spend(few), "new": fit.new_customer_spend()}, draws, signed=signed)
    again = simulate_log(NBDProcess(3.0, 20.0), fit.process, n_customers=2_500, window=window, seed=5).summary()
    assert again.monetary_value[again.frequency > 0].mean() == pytest.approx(
        drawn.monetary_value[drawn.frequency > 0].mean(), abs=4.0
    )


def test_opportunities_have_it_all_too() -> None:
    """BG/BB: predictions, new customers, posterior, refits of each kind."""
    donors = simulate_opportunities(BGBBProcess(1.2, 0.75, 0.66, 2.8), n_customers=3_000, n_opportunities=10, seed=1)
    fit = BGBB().fit(donors)
    result = fit.posterior(donors, WEAK, 100, seed=1)
    values: dict[str, Prediction] = {
        "alive": fit.probability_alive(donors, at=0),
        "later": fit.probability_alive(donors, at=3),
        "purchases": fit.expected_purchases(donors, 5),
        "residual": fit.expected_residual_transactions(donors, 0.1),
        "pmf": fit.purchase_pmf(donors, 2, 5),
        "new": fit.new_customer_purchases(5),
        "new pmf": fit.new_customer_pmf(5),
        **fit.latent_means(donors),
    }
    check_bounds(values, result.draws.thinned(20))
    errors = np.sqrt(np.diag(fit.estimate.theta_covariance))

    assert result.k_hat < 0.7
    assert fit.new_customer_purchases(5, FirstPurchase.INCLUDED).value == fit.new_customer_purchases(5).value + 1
    for kind in Resampling:
        draws = fit.bootstrap(donors, 25, resampling=kind, seed=1)
        assert draws.theta.std(axis=0) / errors == pytest.approx(np.ones(4), abs=0.5)
    thrice = BGBB().fit(donors, weights=np.full(3_000, 3.0))
    assert thrice.log_likelihood == pytest.approx(3 * fit.log_likelihood, rel=1e-9)
    from_patterns = fit.bootstrap(donors.patterns(), 5, resampling=Resampling.WEIGHTED, seed=1)
    assert len(from_patterns) == 5


def test_covariates_have_it_all_too(summary: CustomerSummary, tmp_path: object) -> None:
    """Bounds of each prediction; saved and opened, the fit predicts the same."""
    web = StaticCovariates.from_columns(summary.customers, {"web": np.arange(len(summary)) % 2})
    fit = WithCovariates(model=MBGNBD(), covariates=web, purchase=("web",)).fit(summary)
    few = summary.take(np.arange(4))
    newly = fit.with_covariates(web.of(few.customers))
    values = predictions(fit, few)
    values |= {"new": newly.new_customer_purchases(HALF), "new pmf": newly.new_customer_pmf(2, HALF)}
    check_bounds(values, fit.bootstrap(summary, 6, seed=1))
    path = f"{tmp_path}/fit.json"
    save(fit, path)
    opened = load(path)

    assert isinstance(opened, type(fit))
    assert opened.expected_purchases(few, HALF).values.tolist() == values["purchases"].values.tolist()


def test_tracking_adds_up_customers_who_differ(summary: CustomerSummary) -> None:
    """Two groups of customers tracked together are the sum of both tracked alone by plain fits."""
    web = np.arange(len(summary)) % 2
    known = StaticCovariates.from_columns(summary.customers, {"web": web})
    fit = WithCovariates(model=BGNBD(), covariates=known, purchase=("web",)).fit(summary)
    together = track(fit, summary, start="2025-01-01", n_periods=52).expected
    plain, apart = BGNBD().fit(summary), np.zeros(52)
    for group in (0, 1):
        own = {name: fit.params[name] for name in plain.params}
        own["alpha"] *= np.exp(-group * fit.params["purchase.web"])
        part = summary.take(web == group)
        apart += track(plain.with_params(own), part, start="2025-01-01", n_periods=52).expected

    np.testing.assert_allclose(together, apart, rtol=1e-9)


def test_patterns_without_customers_are_refused_where_customers_are_needed(summary: CustomerSummary) -> None:
    """Covariates are found by id."""
    web = StaticCovariates.from_columns(summary.customers, {"web": np.arange(len(summary)) % 2})
    fit = WithCovariates(model=BGNBD(), covariates=web, purchase=("web",)).fit(summary)
    patterns: PurchasePatterns = summary.patterns()
    with pytest.raises(InputError, match="a summary"):
        fit.bootstrap(patterns, 5, seed=1)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ["BGNBD", "BGCNBDk", "ParetoNBD"])
def test_an_infinite_future_stays_infinite_at_any_chance(name: str, fits: dict[str, FittedTransactions]) -> None:
    """400 purchases in 60 weeks, none in the next 340: P(alive) is 0 in doubles, and the mean future has no end."""
    fit = fits[name].with_params({"s" if name == "ParetoNBD" else "a": 0.8})
    gone = make_summary(np.array([400]), np.array([420]), np.array([2_800]))
    assert fit.expected_residual_transactions(gone, DiscountRate.annual(0)).values.tolist() == [np.inf]
