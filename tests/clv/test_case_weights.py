"""Case weights: counted alike by fits, posteriors and refits, checked alike by every model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import numpy as np
import pytest
from scipy import integrate, special, stats
from tests.clv._cdnow import repeated

from custvalue.clv import (
    BGBB,
    BGNBD,
    MBGNBD,
    BGBBProcess,
    FittedBuyTillYouDie,
    GammaGamma,
    LogNormalPrior,
    LognormalSpend,
    MBGCNBDk,
    MBGCNBDkProcess,
    NormalMargin,
    Opportunities,
    Resampling,
    StaticCovariates,
    TimedSummary,
    WithCovariates,
    simulate_log,
    simulate_opportunities,
)
from custvalue.clv._case_weights import stand_ins
from custvalue.data import CustomerIndex, CustomerSummary, ObservationWindow, PurchasePatterns, TimeUnit
from custvalue.errors import ConvergenceError, InputError, UnitError
from custvalue.testing import example_summary

WEAK = LogNormalPrior(sd=1.0)
N = 150
COUNTS = np.where(np.arange(N) < N // 3, 4.0, 1.0)  # those who buy often come first
AGAIN = np.repeat(np.arange(N), COUNTS.astype(np.int64))
WINDOW = ObservationWindow("2025-01-01", "2025-12-31")


def customers() -> CustomerSummary:
    """150 customers, the frequent ones first."""
    summary = example_summary(n_customers=N)
    return summary.take(np.argsort(-summary.frequency, kind="stable"))


def copies(summary: CustomerSummary) -> CustomerSummary:
    """Customers as often as they count."""
    return attrs.evolve(repeated(summary, AGAIN), repeat_amount=summary.require("repeat_amount")[AGAIN])


def donors() -> Opportunities:
    """150 customers with six opportunities each, the frequent ones first."""
    drawn = simulate_opportunities(BGBBProcess(1.2, 0.75, 0.66, 2.8), n_customers=N, n_opportunities=6, seed=1)
    return drawn.of(drawn.customers.take(np.argsort(-drawn.x, kind="stable")))


def timed() -> TimedSummary:
    """150 regular customers, the frequent ones first."""
    log = simulate_log(MBGCNBDkProcess(1.0, 10.0, 0.8, 2.4, k=3), n_customers=N, window=WINDOW, seed=1)
    found = TimedSummary.from_purchases(log.summary(), log.customers.ids[log.owner], log.time)
    order = np.argsort(-found.summary.frequency, kind="stable")
    return TimedSummary(summary=found.summary.take(order), log_gap_days=found.log_gap_days[order])


def grouped(summary: CustomerSummary, group: np.ndarray) -> WithCovariates:
    """A model with one covariate."""
    known = StaticCovariates.from_columns(summary.customers, {"group": group})
    return WithCovariates(model=MBGNBD(), covariates=known, purchase=("group",))


def cases() -> dict[str, tuple[Any, Any, Any, Any]]:
    """Model and data to weigh; model and data with the customers copied."""
    summary, gifts, regular = customers(), donors(), timed()
    group, logs = np.arange(N) % 2, regular.log_gap_days[AGAIN]
    again = attrs.evolve(
        gifts,
        customers=CustomerIndex(np.arange(AGAIN.size)),
        x=gifts.x[AGAIN],
        t_x=gifts.t_x[AGAIN],
        n=gifts.n[AGAIN],
    )
    rows = PurchasePatterns(x=summary.frequency, t_x=summary.recency, T=summary.T, weights=np.ones(N))
    more, regulars = copies(summary), TimedSummary(summary=repeated(regular.summary, AGAIN), log_gap_days=logs)
    return {
        "BGNBD": (BGNBD(), summary, BGNBD(), more),
        "patterns": (BGNBD(), rows, BGNBD(), more),
        "GammaGamma": (GammaGamma(), summary, GammaGamma(), more),
        "WithCovariates": (grouped(summary, group), summary, grouped(more, group[AGAIN]), more),
        "BGBB": (BGBB(), gifts, BGBB(), again),
        "timed": (MBGCNBDk(k=3), regular, MBGCNBDk(k=3), regulars),
    }


CASES = cases()


@pytest.mark.parametrize("name", CASES)
def test_a_weighted_posterior_is_that_of_copied_customers(name: str) -> None:
    """Weight 4 is the customer four times: the same mode, the same draws from the same seed."""
    model, data, other, more = CASES[name]
    found = model.fit(data, weights=COUNTS).posterior(data, WEAK, 100, weights=COUNTS, seed=1)
    expected = other.fit(more).posterior(more, WEAK, 100, seed=1)

    assert found.fitted.log_likelihood == pytest.approx(expected.fitted.log_likelihood, rel=1e-9)
    np.testing.assert_allclose(found.draws.theta, expected.draws.theta, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", list(Resampling))
@pytest.mark.parametrize("name", ["BGNBD", "GammaGamma", "WithCovariates", "BGBB", "timed"])
def test_weighted_refits_move_about_the_weighted_fit(name: str, kind: Resampling) -> None:
    """As 30 refits of copied customers do, in the middle and in spread."""
    model, data, other, more = CASES[name]
    prior = LogNormalPrior(sd=0.5)
    fit = _with(model, prior).fit(data, weights=COUNTS)
    draws = fit.bootstrap(data, 30, resampling=kind, weights=COUNTS, seed=1).theta
    expected = _with(other, prior).fit(more).bootstrap(more, 30, resampling=kind, seed=2).theta

    spread = expected.std(axis=0)
    assert (draws.mean(axis=0) - expected.mean(axis=0)) / spread == pytest.approx(np.zeros(spread.size), abs=0.8)
    assert stats.gmean(draws.std(axis=0) / spread) == pytest.approx(1.0, abs=0.35)


def _with(model: Any, prior: LogNormalPrior) -> Any:
    """The model with a prior, which keeps refits of few customers from running away."""
    if isinstance(model, WithCovariates):
        return attrs.evolve(model, model=attrs.evolve(model.model, prior=prior))
    return attrs.evolve(model, prior=prior)


def test_weights_that_favour_frequent_customers_stay_with_them() -> None:
    """20 for those with three purchases or more: posterior and refits about the fit, far from the unweighted one."""
    summary = example_summary()
    weights = np.where(summary.frequency > 2, 20.0, 1.0)
    fit, plain = BGNBD().fit(summary, weights=weights), BGNBD().fit(summary)
    draws = fit.posterior(summary, LogNormalPrior(), 400, weights=weights, seed=1).draws.theta
    refits = fit.bootstrap(summary, 30, weights=weights, seed=1).theta
    errors = np.sqrt(np.diag(fit.estimate.theta_covariance))

    assert abs(fit.estimate.theta[0] - plain.estimate.theta[0]) > 10 * errors[0]
    for theta in (draws, refits):
        assert (np.median(theta, axis=0) - fit.estimate.theta)[:2] / errors[:2] == pytest.approx([0, 0], abs=0.7)


@pytest.mark.parametrize("name", CASES)
def test_forgotten_weights_are_missed(name: str) -> None:
    """A fit to a weight of 300 is not drawn again from 150 customers."""
    model, data, _, _ = CASES[name]
    fit = model.fit(data, weights=COUNTS)
    weight = f"{fit.estimate.n_observations:,.10g}"
    for verb in (fit.bootstrap, lambda *given, **settings: fit.posterior(given[0], WEAK, 100, **settings)):
        with pytest.raises(InputError, match=f"a weight of {weight}, got .* weights= as to fit"):
            verb(data, seed=1)
    with pytest.raises(InputError, match=f"a weight of {weight}"):
        fit.bootstrap(data, 5, resampling=Resampling.PARAMETRIC, seed=1)


def test_both_parts_of_a_value_are_drawn_with_the_weights() -> None:
    """Joint draws about both weighted fits; without the weights they are refused."""
    summary = customers()
    parts = BGNBD(prior=WEAK).fit(summary, weights=COUNTS), GammaGamma(prior=WEAK).fit(summary, weights=COUNTS)
    fitted = FittedBuyTillYouDie(purchases=parts[0], spend=parts[1])
    errors = np.sqrt(np.diag(fitted.estimate.theta_covariance))
    refits = fitted.bootstrap(summary, 20, weights=COUNTS, seed=1)
    draws = fitted.posterior(summary, WEAK, 200, weights=COUNTS, seed=1).draws

    for theta in (refits.theta, draws.theta):
        assert (theta.mean(axis=0) - fitted.estimate.theta) / errors == pytest.approx(np.zeros(7), abs=0.8)
    alone = parts[1].posterior(summary, WEAK, 400, weights=COUNTS, seed=2).draws.theta
    assert draws.theta[:, 4:].mean(axis=0) == pytest.approx(alone.mean(axis=0), abs=0.3 * errors[4:].max())
    with pytest.raises(InputError, match="a weight of 300"):
        fitted.bootstrap(summary, 5, seed=1)
    with pytest.raises(InputError, match="a weight of 300"):
        fitted.posterior(summary, WEAK, 100, seed=1)


MODELS: dict[str, tuple[Any, Any]] = {name: case[:2] for name, case in CASES.items()}
MODELS |= {"LognormalSpend": (LognormalSpend(), customers()), "NormalMargin": (NormalMargin(), customers())}


@pytest.mark.parametrize("name", MODELS)
def test_what_is_no_weight_is_refused_in_words(name: str) -> None:
    """By every model alike; a list will do."""
    model, data = MODELS[name]
    wrong = [
        (np.full(N, np.nan), "finite numbers of 0 or more, got nan in row 0"),
        (np.full(N, np.inf), "finite numbers of 0 or more"),
        (np.append(np.ones(N - 1), -2.0), "got -2.0 in row 149, one of 1"),
        (2.0, r"150 numbers, one a row of the data, got shape \(\)"),
        (np.ones((N, 1)), r"got shape \(150, 1\)"),
        (np.ones(3), r"got shape \(3,\)"),
        (["1"] * N, "expected numbers"),
        ([[1.0], 2.0], "expected numbers"),
    ]
    for weights, words in wrong:
        with pytest.raises(InputError, match=f"case weights.*{words}"):
            model.fit(data, weights=weights)
    fit = model.fit(data, weights=COUNTS.tolist())
    assert fit.log_likelihood == pytest.approx(model.fit(data, weights=COUNTS).log_likelihood, rel=1e-12)
    with pytest.raises(InputError, match=r"case weights.*finite"):
        fit.bootstrap(data, 5, weights=-COUNTS, seed=1)


def test_weights_that_leave_nobody_to_learn_from_are_refused() -> None:
    """Nobody at all, or only customers who never came back."""
    gifts, summary = donors(), customers()
    covariates = grouped(summary, np.arange(N) % 2)
    never, once = np.where(gifts.x > 0, 0.0, 1.0), np.where(summary.frequency > 0, 0.0, 1.0)
    with pytest.raises(InputError, match=r"some customers who bought at an opportunity, got .* who never did"):
        BGBB().fit(gifts, weights=never)
    for model, data in ((BGBB(), gifts), (BGNBD(), summary), (covariates, summary)):
        verb: Any = model.fit
        with pytest.raises(InputError, match="at least one customer"):
            verb(data, weights=np.zeros(N))
    with pytest.raises(InputError, match="one-time buyers"):
        covariates.fit(summary, weights=once)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("weight", [0.3, 1.0, 1.9])
def test_new_customers_weigh_what_the_old_ones_did(name: str, weight: float) -> None:
    """150 of weight 1.9 are as good as 285, and their parametric redraws no worse and no better."""
    model, data, _, _ = CASES[name]
    fit = _with(model, WEAK).fit(data, weights=np.full(N, weight))
    redrawn = fit.redrawn(data, np.random.default_rng(1), weights=np.full(N, weight))

    n_rows = N if name != "GammaGamma" else int((data.frequency > 0).sum())
    assert redrawn.weight == pytest.approx(n_rows * weight, rel=1e-12)


def test_parametric_refits_are_to_as_many_customers_as_were_counted() -> None:
    """150 of weight 16 are 2,400: refits spread like the standard errors, not four times as far; parts and whole."""
    summary, weights = customers(), np.full(N, 16.0)
    parts = BGNBD().fit(summary, weights=weights), GammaGamma().fit(summary, weights=weights)
    whole = FittedBuyTillYouDie(purchases=parts[0], spend=parts[1])
    for fit in (*parts, whole):
        draws = fit.bootstrap(summary, 15, resampling=Resampling.PARAMETRIC, weights=weights, seed=1)
        ratio = draws.theta.std(axis=0) / np.sqrt(np.diag(fit.estimate.theta_covariance))
        assert stats.gmean(ratio) == pytest.approx(1.0, abs=0.4)


def test_rows_come_in_proportion_to_their_weights() -> None:
    """Whole weights exactly; others by one more or one less, on average right; none of weight 0."""
    rng = np.random.default_rng(3)
    whole = np.array([3.0, 0.0, 1.0, 2.0])
    weights = np.array([0.25, 1.9, 0.0, 2.6, 0.85])
    counts = np.array([np.bincount(stand_ins(weights, rng)[0], minlength=5) for _ in range(4000)])
    scaled = weights * 6 / 5.6

    assert stand_ins(whole, rng)[0].tolist() == [0, 0, 0, 2, 3, 3]
    assert stand_ins(weights, rng)[1] == pytest.approx(5.6 / 6)
    assert (np.abs(counts - scaled) < 1).all()
    assert counts.mean(axis=0) == pytest.approx(scaled, abs=0.03)


def test_drawn_weights_keep_their_sum() -> None:
    """Exponential weights are n times Dirichlet: variance c (n - c) / (n + 1) for a row of weight c of n."""
    rng, counts = np.random.default_rng(0), np.array([0.0, 0.5, 2.0, 5.0])
    drawn = np.array([Resampling.WEIGHTED.weights(counts, rng) for _ in range(8_000)])

    assert drawn.sum(axis=1) == pytest.approx(np.full(8_000, 7.5), rel=1e-12)
    assert drawn.mean(axis=0) == pytest.approx(counts, abs=0.06)
    assert drawn.var(axis=0) == pytest.approx(counts * (7.5 - counts) / 8.5, rel=0.06)
    assert Resampling.REPLACEMENT.weights(counts, rng).sum() == pytest.approx(7.5, rel=1e-12)
    assert Resampling.WEIGHTED.weights(np.full(3, 1e-12), np.random.default_rng(1)).tolist() == [0.0, 0.0, 0.0]


def test_customers_drawn_whom_no_model_fits_are_refits_that_failed() -> None:
    """One of ten came back: .9^10 = 35 % of samples with replacement miss that customer, 17 of 50."""
    x, t_x = np.zeros(10), np.zeros(10)
    x[9], t_x[9] = 1.0, 5.0
    few = PurchasePatterns(x=x, t_x=t_x, T=np.full(10, 30.0), weights=np.ones(10), unit=TimeUnit.WEEK)
    fit = MBGNBD(prior=LogNormalPrior()).fit(few)
    for kind in (Resampling.REPLACEMENT, Resampling.PARAMETRIC):
        with pytest.raises(ConvergenceError, match="of 50 bootstrap refits") as refused:
            fit.bootstrap(few, 50, resampling=kind, seed=1)
        assert 7 <= int(str(refused.value).split()[0]) <= 27


def test_a_covariate_constant_in_a_resample_is_a_refit_that_failed() -> None:
    """One customer of 150 differs: resamples without that one, 37 %, cannot say anything about the difference."""
    summary = customers()
    one = np.arange(N) == int(summary.frequency.argmax())
    settings = attrs.evolve(grouped(summary, one.astype(float)), model=MBGNBD(prior=WEAK))
    with pytest.raises(ConvergenceError, match="of 40 bootstrap refits") as refused:
        settings.fit(summary).bootstrap(summary, 40, resampling=Resampling.REPLACEMENT, seed=1)
    assert 5 <= int(str(refused.value).split()[0]) <= 25


def of_one(params: dict[str, float], gaps: np.ndarray, silent: float, k: int) -> float:
    """Log-likelihood of one customer's times between purchases, the rate integrated out numerically (MBG/CNBD-k)."""
    r, alpha, a, b = params.values()
    n = gaps.size

    def events(rate: float, *, waits: bool) -> float:
        density = np.prod(stats.gamma.pdf(gaps, k, scale=1.0 / rate)) * stats.gamma.pdf(rate, r, scale=1.0 / alpha)
        return float(density * (stats.gamma.sf(silent, k, scale=1.0 / rate) if waits else 1.0))

    inside = [integrate.quad(lambda u, w=w: events(u, waits=w), 0, np.inf, epsabs=0, limit=400)[0] for w in (1, 0)]
    stays = special.beta(a, b + n + 1) / special.beta(a, b)
    leaves = special.beta(a + 1, b + n) / special.beta(a, b)
    return float(np.log(stays * inside[0] + leaves * inside[1]))


def test_a_timed_fit_is_drawn_again_from_the_times() -> None:
    """Rows against an integral over the rate; they add up to the fit, and so does the mode of its posterior."""
    regular = timed()
    log = simulate_log(MBGCNBDkProcess(1.0, 10.0, 0.8, 2.4, k=3), n_customers=N, window=WINDOW, seed=1)
    fit = MBGCNBDk().fit(regular)
    rows = fit.row_log_likelihood(regular)
    summary = regular.summary
    for at in np.flatnonzero((summary.frequency > 1) & (summary.frequency < 6))[:6].tolist():
        days = np.unique(log.time[log.owner == log.customers.positions(summary.customers.ids[[at]])[0]])
        weeks = np.diff(days.astype("datetime64[D]").astype(np.int64)) / 7.0
        expected = of_one(fit.params, weeks, float(summary.T[at] - summary.recency[at]), fit.k)
        assert rows[at] == pytest.approx(expected, rel=1e-6)
    result = fit.posterior(regular, LogNormalPrior(sd=100.0), 100, seed=1)

    assert rows.sum() == pytest.approx(fit.log_likelihood, abs=1e-5)
    assert result.fitted.timed
    assert result.fitted.log_likelihood == pytest.approx(fit.log_likelihood, abs=0.01)
    in_days = attrs.evolve(regular, summary=summary.in_unit(TimeUnit.DAY))
    assert fit.row_log_likelihood(in_days) == pytest.approx(rows, rel=1e-12)
    for kind in Resampling:
        assert len(fit.bootstrap(regular, 5, resampling=kind, seed=1)) == 5


def test_a_timed_fit_without_its_times_says_so() -> None:
    """The draws are the same, the mode does not count the times, and rows are refused."""
    regular = timed()
    fit, plain = MBGCNBDk(k=2).fit(regular), MBGCNBDk(k=2).fit(regular.summary)
    found = fit.posterior(regular.summary, WEAK, 100, seed=1)
    expected = fit.posterior(regular, WEAK, 100, seed=1)

    np.testing.assert_allclose(found.draws.theta, expected.draws.theta, rtol=1e-8)
    assert (found.fitted.timed, expected.fitted.timed) == (False, True)
    assert "leaves out the times" in str(found.fitted.diagnostics)
    at_mode = plain.with_theta(found.fitted.estimate.theta).row_log_likelihood(regular.summary).sum()
    assert found.fitted.log_likelihood == pytest.approx(at_mode, rel=1e-9)
    with pytest.raises(InputError, match="expected a TimedSummary, got CustomerSummary"):
        fit.row_log_likelihood(regular.summary)
    with pytest.raises(InputError, match=r"the \.summary of the TimedSummary"):
        plain.row_log_likelihood(regular)


def test_rows_of_patterns_in_another_unit_are_refused() -> None:
    """A summary is converted, patterns in days are not those of a fit in weeks."""
    summary = customers()
    fit, days = BGNBD().fit(summary), summary.in_unit(TimeUnit.DAY)

    assert fit.row_log_likelihood(days).sum() == pytest.approx(fit.log_likelihood, rel=1e-9)
    with pytest.raises(UnitError, match="patterns in weeks, got days"):
        fit.row_log_likelihood(days.patterns())


def test_numbers_of_opportunities_are_whole() -> None:
    """Fractions and less than 0 are refused in words."""
    gifts = donors()
    fit = BGBB().fit(gifts)
    half: Any = 1.5
    asks: list[Callable[[], object]] = [
        lambda: fit.purchase_pmf(gifts, -1, 3),
        lambda: fit.purchase_pmf(gifts, half, 3),
        lambda: fit.purchase_pmf(gifts, 1, half),
        lambda: fit.probability_alive(gifts, at=half),
        lambda: fit.probability_alive(gifts, at=-1),
        lambda: fit.new_customer_purchases(half),
    ]
    for ask in asks:
        with pytest.raises(InputError, match="a whole number"):
            ask()


def test_the_mode_of_a_posterior_says_what_the_fit_said() -> None:
    """Notes on the assumptions and on few data, and the advice where the mean spend does not exist."""
    summary = customers().take(np.arange(40))
    purchases, spend = BGNBD().fit(summary), GammaGamma().fit(summary)
    joint = FittedBuyTillYouDie(purchases=purchases, spend=spend).posterior(summary, WEAK, 100, seed=1)
    ridge = attrs.evolve(grouped(summary, np.arange(40) % 2), l2=1.0).fit(summary)

    assert joint.purchases.fitted.diagnostics.notes == purchases.diagnostics.notes != ()
    assert joint.spend.fitted.diagnostics.notes == spend.diagnostics.notes != ()
    assert ridge.posterior(summary, WEAK, 100, seed=1).fitted.diagnostics.notes == ridge.diagnostics.notes
    low = LogNormalPrior(sd=0.02, centres={"q": 0.7})
    mode = GammaGamma().fit(summary).posterior(summary, low, 100, seed=1).fitted
    assert mode.params["q"] < 1
    assert "does not exist" in mode.diagnostics.advice[0]
