"""BG/CNBD-k and MBG/CNBD-k: published numbers, exact expectations, k chosen by likelihood."""

from __future__ import annotations

from typing import Any, cast

import mpmath
import numpy as np
import pandas as pd
import pytest
from scipy import special, stats
from tests.clv._cdnow import make_summary, one_customer, patterns, rows, summary

from custvalue.clv._estimate import LogNormalPrior
from custvalue.clv._kernels.bg_nbd import BG_NBD, MBG_NBD
from custvalue.clv._kernels.cnbd_k import ErlangGeometric
from custvalue.clv._kernels.likelihood import row_log_likelihood
from custvalue.clv.bg_nbd import BGNBD, MBGNBD
from custvalue.clv.buy_till_you_die import BuyTillYouDie
from custvalue.clv.cnbd_k import BGCNBDk, FittedCNBDk, MBGCNBDk, TimedSummary
from custvalue.clv.gamma_gamma import GammaGamma
from custvalue.clv.processes import GammaGammaAmounts, MBGCNBDkProcess
from custvalue.clv.simulate import simulate_log
from custvalue.data import DiscountRate, Horizon, ObservationWindow, TimeUnit
from custvalue.engine import TransactionLog
from custvalue.errors import InputError

UNIT = (0.5, 2.0, 0.3, 0.6)
CDNOW_LOG_GAP_DAYS = 7690.605904818633  # sum of ln(days between purchases) over the 2,457 repeats to 1997-09-30


def cdnow_timed() -> TimedSummary:
    """CDNOW with the known total of log times, put on one repeat buyer: only the total matters."""
    customers = summary()
    logs = np.zeros(len(customers))
    logs[-1] = CDNOW_LOG_GAP_DAYS
    return TimedSummary(summary=customers, log_gap_days=logs)


def test_row_log_likelihood() -> None:
    """BTYDplus' tests: k = 3, litt = 3, log-likelihoods -10.42500 and -12.22396."""
    history = rows((3, 12, 14), (4, 12, 14))
    found = row_log_likelihood(ErlangGeometric(3, modified=False), UNIT, *history)

    found = found + 2 * 3 - history[0] * special.gammaln(3)
    np.testing.assert_allclose(found, [-10.42500, -12.22396], atol=6e-6)


def test_purchase_distribution() -> None:
    """BTYDplus' tests: P(X(10) = 2) = .05669 (BG) and .04548 (MBG)."""
    two = np.array([2.0])

    assert ErlangGeometric(3, modified=False).new_pmf(UNIT, two, 10.0) == pytest.approx(0.05669, abs=6e-6)
    assert ErlangGeometric(3, modified=True).new_pmf(UNIT, two, 10.0) == pytest.approx(0.04548, abs=6e-6)


@pytest.mark.parametrize(("model", "log_likelihood"), [(BGCNBDk(k=2), -9855.327), (MBGCNBDk(k=2), -9853.253)])
def test_cdnow_with_k_2(model: BGCNBDk, log_likelihood: float) -> None:
    """CD buyers are not regular: k = 2 loses 270 nats; recomputed from the raw log."""
    assert model.fit(cdnow_timed()).log_likelihood == pytest.approx(log_likelihood, abs=1e-3)


def test_cdnow_chooses_k_1_which_is_the_plain_model() -> None:
    fit = BGCNBDk().fit(cdnow_timed())
    plain = BGNBD().fit(patterns())

    assert fit.k == 1
    assert fit.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-6)
    assert list(fit.params.values()) == pytest.approx(list(plain.params.values()), rel=1e-6)
    modified = MBGCNBDk(k=1).fit(patterns())
    assert modified.log_likelihood == pytest.approx(MBGNBD().fit(patterns()).log_likelihood, abs=1e-6)


@pytest.mark.parametrize("modified", [False, True])
def test_k_1_predicts_as_the_plain_model(modified: bool) -> None:
    """The summed-out phases against the integral over the coin: two independent ways."""
    general, plain = ErlangGeometric(1, modified=modified), MBG_NBD if modified else BG_NBD
    x, t_x, T = rows((0, 0, 14), (3, 12, 14), (40, 10, 14))

    for ahead in (0.0, 10.0):
        expected = plain.probability_alive(UNIT, x, t_x, T, ahead)
        np.testing.assert_allclose(general.probability_alive(UNIT, x, t_x, T, ahead), expected, rtol=1e-9)
    expected = plain.expected_purchases(UNIT, x, t_x, T, 10.0)
    np.testing.assert_allclose(general.expected_purchases(UNIT, x, t_x, T, 10.0), expected, rtol=1e-9)
    expected = plain.residual_transactions(UNIT, x, t_x, T, 0.01)
    np.testing.assert_allclose(general.residual_transactions(UNIT, x, t_x, T, 0.01), expected, rtol=1e-8)
    for name, value in plain.latent_means(UNIT, x, t_x, T).items():
        np.testing.assert_allclose(general.latent_means(UNIT, x, t_x, T)[name], value, rtol=1e-10)


@pytest.mark.parametrize("modified", [False, True])
@pytest.mark.parametrize("k", [2, 3])
def test_predictions_agree_with_each_other(k: int, modified: bool) -> None:
    """The distribution sums to one and its mean is the expectation, for customers new and old."""
    kernel = ErlangGeometric(k, modified=modified)
    counts = np.arange(300.0)
    new = kernel.new_pmf(UNIT, counts, 10.0)
    old = np.array([kernel.conditional_pmf(UNIT, *rows((3, 12, 14)), int(n), 10.0)[0] for n in counts])

    assert new.sum() == pytest.approx(1.0, abs=1e-10)
    assert old.sum() == pytest.approx(1.0, abs=1e-10)
    assert float(new @ counts) == pytest.approx(kernel.new_purchases(UNIT, np.array([10.0]))[0], rel=1e-9)
    expected = kernel.expected_purchases(UNIT, *rows((3, 12, 14)), 10.0)[0]
    assert float(old @ counts) == pytest.approx(expected, rel=1e-9)


def test_btydplus_expectation_depended_on_who_else_was_in_the_call() -> None:
    """Ours is exact: one customer alone, or among 2,357, gets the same number. And zero time is certainty."""
    fit = BGCNBDk(k=2).fit(patterns())
    everybody = summary()
    horizon = Horizon(39, TimeUnit.WEEK)
    among = fit.expected_purchases(everybody, horizon).values[-1]

    alone = fit.expected_purchases(everybody.take(np.array([len(everybody) - 1])), horizon).values[0]
    assert alone == among
    assert ErlangGeometric(2, modified=False).new_pmf(UNIT, np.zeros(1), 1e-300) == pytest.approx(1.0)


def test_gradient_is_the_slope() -> None:
    for model in (BGCNBDk(k=3), MBGCNBDk(k=2)):
        problem = model.problem(patterns())
        theta = np.array([0.3, -0.2, 0.5, 0.1])
        for i, slope in enumerate(problem.objective(theta)[1]):
            step = np.zeros(4)
            step[i] = 1e-5
            numeric = (problem.objective(theta + step)[0] - problem.objective(theta - step)[0]) / 2e-5
            assert slope == pytest.approx(numeric, rel=1e-6)


def test_discounted_residual_by_brute_force() -> None:
    kernel = ErlangGeometric(3, modified=False)
    history = rows((3, 12, 14))
    edges = np.concatenate([[0.0], np.geomspace(1e-3, 400.0, 600)])
    reached = np.array([0.0, *(kernel.expected_purchases(UNIT, *history, t)[0] for t in edges[1:].tolist())])
    brute = float(np.diff(reached) @ np.exp(-0.05 * 0.5 * (edges[1:] + edges[:-1])))

    assert kernel.residual_transactions(UNIT, *history, 0.05)[0] == pytest.approx(brute, rel=1e-3)


def discounted_in_mpmath(k: int, params: tuple[float, ...], history: tuple[float, ...], delta: float) -> float:
    """Over phases and the rate; E over the coin of 1 / (1 - (1 - p) Q) is 2F1(1, b; a + b; Q)."""
    r, alpha, a, b = (mpmath.mpf(v) for v in params)
    x, t_x, T = (mpmath.mpf(v) for v in history)
    u = (T - t_x) / (alpha + T)
    phases = [mpmath.rf(r + k * x, j) / mpmath.factorial(j) * u**j for j in range(k)]
    gone = a / (b + x - 1) * ((alpha + T) / (alpha + t_x)) ** (r + k * x) if x else 0

    def to_come(j: int) -> Any:  # mpmath has no types
        shape, scale = r + k * x + j, alpha + T
        top, spread = mpmath.log(shape / scale), 1 / mpmath.sqrt(shape)

        def integrand(v: Any) -> Any:
            q = 1 / (1 + delta * mpmath.exp(-v))
            density = mpmath.exp(shape * (v + mpmath.log(scale)) - scale * mpmath.exp(v) - mpmath.loggamma(shape))
            return density * q ** (k - j) * mpmath.hyp2f1(1, b + x, a + b + x, q**k)

        edges = [*(top - 60 / shape * i / 8 for i in range(8, 0, -1)), *(top + spread * i for i in range(-12, 13, 2))]
        return mpmath.quad(integrand, sorted(edges), method="gauss-legendre", maxdegree=5)

    return float(sum(phase * to_come(j) for j, phase in enumerate(phases)) / (sum(phases) + gone))


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize(
    ("params", "history", "delta"),
    [
        ((29.711, 0.24469, 0.76312, 1.36903), (14, 1.1676, 5.2952), 4.4834e-4),
        ((31.17, 0.052178, 0.035094, 0.028364), (8, 600.08, 668.0), 0.70719),
        ((0.5, 2.0, 0.3, 0.6), (3, 12, 14), 0.0027),
    ],
)
def test_discounted_residual_against_mpmath(
    k: int, params: tuple[float, ...], history: tuple[float, float, float], delta: float
) -> None:
    """The rate known to a few percent, or to within a factor: 1e-9 either way."""
    with mpmath.workdps(25):
        expected = discounted_in_mpmath(k, params, history, delta)

    found = ErlangGeometric(k, modified=False).residual_transactions(params, *rows(history), delta)[0]
    assert found == pytest.approx(expected, rel=1e-9)
    if k == 1:
        assert found == pytest.approx(BG_NBD.residual_transactions(params, *rows(history), delta)[0], rel=1e-11)


def regular_shoppers() -> TimedSummary:
    """Sixty customers of a year, k = 3."""
    year = ObservationWindow("2025-01-01", "2025-12-31")
    log = simulate_log(MBGCNBDkProcess(2.0, 1.0, 0.8, 4.4, k=3), n_customers=60, window=year, seed=1)
    return TimedSummary.from_purchases(log.summary(), log.customers.ids[log.owner], log.time)


def test_a_k_at_the_end_of_the_search_is_said() -> None:
    """Truth 3: with two tried the report asks for more, with six it does not; a k that was given is not remarked."""
    timed = regular_shoppers()
    short, long = MBGCNBDk(k_max=2).fit(timed), MBGCNBDk().fit(timed)

    assert (short.k, long.k) == (2, 3)
    assert "k = 2 is the largest tried" in str(short.diagnostics)
    assert "raise k_max" in str(short.diagnostics)
    assert "largest tried" not in str(long.diagnostics) + str(MBGCNBDk(k=6).fit(timed).diagnostics)


def test_a_prior_has_its_say_in_the_choice_of_k() -> None:
    """A prior for slow events pulls to k = 2, although k = 3 stays the more likely; its log-density by scipy."""
    centres = {"r": 2.0, "alpha": 10.0, "a": 0.8, "b": 4.4}
    timed, prior = regular_shoppers(), LogNormalPrior(sd=0.1, centres=centres)
    fits = {k: MBGCNBDk(k=k, prior=prior).fit(timed) for k in (1, 2, 3, 4)}
    likelihood = {k: fit.log_likelihood for k, fit in fits.items()}
    logs = {k: np.log([fit.params[name] / centre for name, centre in centres.items()]) for k, fit in fits.items()}
    posterior = {k: likelihood[k] + stats.norm.logpdf(logs[k], scale=0.1).sum() for k in fits}

    assert max(likelihood, key=likelihood.__getitem__) == 3
    assert max(posterior, key=posterior.__getitem__) == 2
    assert MBGCNBDk(k_max=4, prior=prior).fit(timed).k == 2


@pytest.mark.parametrize("wrong", [0, -1, 2.5, np.nan, "3"])
def test_what_is_no_number_of_phases_is_refused(wrong: Any) -> None:
    for field in ("k", "k_max"):
        with pytest.raises(InputError, match=rf"BGCNBDk\.{field}: expected a whole number of 1 or more"):
            BGCNBDk(**{field: wrong})


def test_timed_summary_from_purchases() -> None:
    """Two purchases on one day are one; the logs are of days."""
    customers = make_summary(np.array([2, 0]), np.array([30, 0]), np.array([50, 50]))
    day = np.timedelta64(1, "D")
    first = np.datetime64("1997-09-30") - 50 * day
    days = [first, first, first + 10 * day, first + 30 * day, first]

    timed = TimedSummary.from_purchases(customers, [0, 0, 0, 0, 1], days)
    np.testing.assert_allclose(timed.log_gap_days, [np.log(10) + np.log(20), 0.0])
    with pytest.raises(InputError, match=r"purchases of 1 others, e.g. \[7\]"):
        TimedSummary.from_purchases(customers, [0, 0, 0, 1, 7], days)
    with pytest.raises(InputError, match="another number for 1 customers"):
        TimedSummary.from_purchases(customers, [0, 0, 1], [first, first + 10 * day, first])


def test_refusals_and_words() -> None:
    with pytest.raises(InputError, match="to choose k"):
        BGCNBDk().fit(patterns())
    with pytest.raises(InputError, match="1 or more"):
        BGCNBDk(k=0)
    assert "leaves out the times" in str(BGCNBDk(k=2).fit(patterns()).diagnostics)
    assert BGCNBDk(k=2).fit(cdnow_timed()).timed
    fit = BGCNBDk(k=2).fit(patterns())
    assert fit.expected_residual_transactions(one_customer(2, 213, 272), DiscountRate.annual(0.1)).values > 0


def test_times_come_from_the_log_and_go_into_values() -> None:
    """Regular customers (k = 3) with refunds between: k is found from the log, alone and in a lifetime value."""
    window = ObservationWindow("2024-01-01", "2025-12-31")
    process = MBGCNBDkProcess(0.9, 2.0, 0.8, 3.0, k=3)
    drawn = simulate_log(process, GammaGammaAmounts(5.0, 4.0, 20.0), n_customers=1_200, window=window, seed=4)
    frame = drawn.to_frame()
    assert isinstance(frame, pd.DataFrame)
    refunds = frame.sample(60, random_state=1).assign(amount=-1e4)
    table = pd.concat([frame, refunds])
    log = TransactionLog.from_frame(table, customer="customer_id", time="ordered_at", amount="amount", currency="EUR")
    timed = TimedSummary.from_log(log)
    days = {
        who: np.unique(rows.to_numpy().astype("datetime64[D]"))
        for who, rows in table.groupby(["customer_id", table["ordered_at"].dt.floor("D")])["amount"]
        .sum().loc[lambda net: net > 0].reset_index().groupby("customer_id")["ordered_at"]
    }  # fmt: skip
    by_hand = [np.log(np.diff(days[who]).astype(float)).sum() for who in timed.summary.customers.ids.tolist()]
    fit = MBGCNBDk(k_max=4).fit(timed)
    value = BuyTillYouDie(MBGCNBDk(k_max=4), GammaGamma()).fit(timed)

    np.testing.assert_allclose(timed.log_gap_days, by_hand, rtol=1e-12, atol=1e-12)
    assert fit.k == 3
    assert isinstance(value.purchases, FittedCNBDk)
    assert value.purchases.params == fit.params
    assert len(value.bootstrap(timed, 2, seed=1)) == 2
    assert value.posterior(timed, LogNormalPrior(), 100, seed=1).purchases.k_hat < 0.7
    assert repr(fit).startswith("FittedMBGCNBDk(k=3, r=")
    assert repr(timed).startswith("TimedSummary(CustomerSummary(")
    with pytest.raises(InputError, match=r"or the \.summary of a TimedSummary"):
        value.lifetime_value(cast("Any", timed), horizon=Horizon(1, TimeUnit.YEAR), discount=DiscountRate.annual(0.1))
    with pytest.raises(InputError, match="a CNBD-k model for a TimedSummary, got BGNBD"):
        BuyTillYouDie(BGNBD(), GammaGamma()).fit(timed)
