"""BG/NBD and MBG/NBD: published numbers, known peer defects, agreement with themselves, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from tests.clv._cdnow import make_patterns, one_customer, patterns, rows, summary

from custvalue.clv._estimate import LogNormalPrior
from custvalue.clv._kernels.bg_nbd import BG_NBD, MBG_NBD, BetaGeometric
from custvalue.clv._kernels.likelihood import row_log_likelihood
from custvalue.clv._purchases import FirstPurchase
from custvalue.clv.bg_nbd import BGNBD, MBGNBD, FittedBGNBD
from custvalue.data import DiscountRate, Horizon, PurchasePatterns, TimeUnit
from custvalue.errors import InputError

PAPER = (0.24259453, 4.41360218, 0.79292201, 2.42590679)
WEEKS_39 = Horizon(39, TimeUnit.WEEK)


def published() -> FittedBGNBD:
    """The fit at the full-precision parameters behind the published spreadsheet."""
    return BGNBD().fit(patterns()).with_params(dict(zip(("r", "alpha", "a", "b"), PAPER, strict=True)))


@pytest.mark.parametrize(
    ("model", "period", "values", "log_likelihood"),
    [
        (BGNBD(), "weeks_39", (0.242595, 4.413602, 0.792922, 2.425907), -9582.4292),
        (MBGNBD(), "weeks_39", (0.524843, 6.183085, 0.891359, 1.614002), -9582.1357),
        (BGNBD(), "weeks_78", (0.253561, 5.447257, 0.607365, 2.647235), -17138.2340),
        (MBGNBD(), "weeks_78", (0.617843, 8.656961, 0.551525, 1.009059), -17127.3733),
    ],
)
def test_cdnow_fits(model: BGNBD | MBGNBD, period: str, values: tuple[float, ...], log_likelihood: float) -> None:
    """Fader, Hardie & Lee (2005) print .243 4.414 .793 2.426, -9582.4; further digits recomputed from the raw log."""
    fit = model.fit(patterns(period))

    assert list(fit.params.values()) == pytest.approx(values, abs=2e-6)
    assert fit.log_likelihood == pytest.approx(log_likelihood, abs=1e-4)
    assert fit.diagnostics.converged
    assert not fit.diagnostics.boundary


def test_cdnow_standard_errors() -> None:
    """From the numerical Hessian of the log-likelihood in natural parameters, computed independently."""
    expected = [0.01256, 0.37822, 0.18573, 0.70541]

    assert list(BGNBD().fit(patterns()).standard_errors.values()) == pytest.approx(expected, abs=1e-5)
    expected = [0.0833, 0.6956, 0.1548, 0.5375]
    assert list(MBGNBD().fit(patterns()).standard_errors.values()) == pytest.approx(expected, abs=1e-4)


def test_covariance_is_symmetric_and_positive() -> None:
    """Lifetimes multiplies by p_j**2 instead of p_i p_j and returns an asymmetric covariance."""
    covariance = BGNBD().fit(patterns()).estimate.covariance

    np.testing.assert_array_equal(covariance, covariance.T)
    assert (np.linalg.eigvalsh(covariance) > 0).all()


@pytest.mark.parametrize("unit", [TimeUnit.SECOND, TimeUnit.DAY, TimeUnit.YEAR])
@pytest.mark.parametrize("prior", [None, LogNormalPrior()])
def test_the_unit_of_time_does_not_matter(unit: TimeUnit, prior: LogNormalPrior | None) -> None:
    """The same model in seconds, days, weeks and years, prior included (PyMC-Marketing's default priors break this)."""
    weeks, other = (BGNBD(prior=prior).fit(patterns(unit=u)) for u in (TimeUnit.WEEK, unit))

    scale = TimeUnit.WEEK.days / unit.days
    assert other.params["alpha"] == pytest.approx(weeks.params["alpha"] * scale, rel=1e-8)
    for name in ("r", "a", "b"):
        assert other.params[name] == pytest.approx(weeks.params[name], rel=1e-8)
    ahead = other.expected_purchases(summary(), WEEKS_39).values
    np.testing.assert_allclose(ahead, weeks.expected_purchases(summary(), WEEKS_39).values, rtol=1e-8)


def test_expected_purchases_of_a_new_customer() -> None:
    """Spreadsheet of Fader & Hardie for the paper: E[X(t)] in weeks."""
    t = np.array([0.1429, 1, 3, 31.8571, 32, 39, 52, 78])
    expected = [0.007816, 0.053184, 0.150631, 1.040489, 1.043732, 1.195010, 1.444012, 1.857958]

    np.testing.assert_allclose(BG_NBD.new_purchases(PAPER, t), expected, atol=6e-7)
    assert published().new_customer_purchases(WEEKS_39).value == pytest.approx(1.195010, abs=1e-6)
    with_first = published().new_customer_purchases(WEEKS_39, FirstPurchase.INCLUDED).value
    assert with_first == pytest.approx(2.195010, abs=1e-6)


def test_customer_1() -> None:
    """CDNOW customer 1 (2, 30.43, 38.86): 1.226 purchases in 39 weeks in the paper; exact ages give 1.225994."""
    customer = one_customer(2, 213, 272)

    assert published().expected_purchases(customer, WEEKS_39).values == pytest.approx(1.225994, abs=1e-6)
    assert published().probability_alive(customer).values == pytest.approx(0.7266203143, abs=1e-8)
    x, t_x, T = np.array([2.0]), np.array([30.43]), np.array([38.86])
    assert BG_NBD.expected_purchases(PAPER, x, t_x, T, 39.0) == pytest.approx(1.225907, abs=1e-6)
    assert BG_NBD.probability_alive(PAPER, x, t_x, T, 0.0) == pytest.approx(0.726609, abs=1e-6)


def test_row_log_likelihood_of_the_note() -> None:
    """Fader & Hardie, note 004: per-customer log-likelihoods, T = 272 days."""
    x = np.array([2, 1, 0, 7, 1, 2, 5, 10, 1.0])
    t_x = np.array([213, 12, 0, 206, 35, 250, 171, 239, 34.0]) / 7
    expected = [-9.4596, -4.4711, -0.5538, -21.8644, -4.8651, -9.5367, -17.3593, -27.3144, -4.8520]

    np.testing.assert_allclose(row_log_likelihood(BG_NBD, PAPER, x, t_x, np.full(9, 272 / 7)), expected, atol=6e-5)


def test_purchase_distribution_of_a_new_customer() -> None:
    """R BTYD's tests at the paper's rounded parameters."""
    rounded = (0.243, 4.414, 0.793, 2.426)
    tail = [0.0019995214, 0.0015170236, 0.0011633150, 0.0009003148, 0.0007023638]
    tail += [0.0005517902, 0.0004361913, 0.0003467171, 0.0002769613, 0.0002222260]

    assert BG_NBD.new_pmf(rounded, np.array([0.0]), 39.0) == pytest.approx(0.5737864, abs=1e-7)
    assert BG_NBD.new_pmf(rounded, np.array([10.0]), 2.0) == pytest.approx(1.07869e-07, rel=1e-5)
    np.testing.assert_allclose(BG_NBD.new_pmf(rounded, np.arange(11.0, 21.0), 30.0), tail, atol=1e-10)


def test_modified_model_doubts_one_time_buyers() -> None:
    """P(alive | 0, 0, 39) = .389328 at the CDNOW fit of the modified model; 1 by construction of the plain one."""
    once = one_customer(0, 0, 273)

    assert MBGNBD().fit(patterns()).probability_alive(once).values == pytest.approx(0.389328, abs=1e-6)
    assert BGNBD().fit(patterns()).probability_alive(once).values == pytest.approx(1.0, abs=0)
    assert "by construction" in str(BGNBD().fit(patterns()).diagnostics)


def test_lifetimes_nan_for_one_time_buyers_when_a_plus_b_is_below_1() -> None:
    """Lifetimes returns NaN; 400-digit mpmath says 0.5645886155."""
    zero, one = np.zeros(1), np.ones(1)

    found = BG_NBD.expected_purchases((0.11, 2.24, 0.31, 0.5), zero, zero, one, 30.0)
    assert found == pytest.approx(0.5645886155, rel=1e-9)


def test_clvkit_and_pymc_pole_at_a_equal_1() -> None:
    """The usual quotient divides by a - 1."""
    x, t_x, T = np.array([2.0]), np.array([30.0]), np.array([38.0])

    at, near = (BG_NBD.expected_purchases((0.25, 5, a, 2.4), x, t_x, T, 10.0) for a in (1.0, 1.0 + 1e-12))
    assert at == pytest.approx(0.3339258206, rel=1e-9)
    assert near == pytest.approx(at, rel=1e-10)


@pytest.mark.parametrize(
    ("T", "t", "x", "plain", "modified"),
    [
        (365, 365, 10000, 0.002798428742, 0.00279876747),
        (365, 1000, 600, 830.6881683, 831.1776645),
        (365, 1000, 2000, 2649.574665, 2650.100613),
        (100, 1000, 1000, 1532.170053, 1533.502072),
        (1000, 365, 10000, 1464.238272, 1464.330943),
    ],
)
def test_heavy_buyers_overflow_in_peers(T: float, t: float, x: float, plain: float, modified: float) -> None:
    """Clvkit, PyMC-Marketing's formula and lifetimes' MBG give inf or NaN; references from 400-digit mpmath."""
    params = (0.25, 50.0, 0.8, 2.4)
    row = np.array([x]), np.array([T - 1.0]), np.array([float(T)])

    assert BG_NBD.expected_purchases(params, *row, float(t)) == pytest.approx(plain, rel=1e-9)
    assert MBG_NBD.expected_purchases(params, *row, float(t)) == pytest.approx(modified, rel=1e-9)


def test_heavy_buyer_likelihood_stays_finite() -> None:
    """PyMC-Marketing's tests: x = 200 by week 38 has log-likelihood 100.7957 (BG) and 100.7869 (MBG)."""
    row = np.array([200.0]), np.array([38.0]), np.array([40.0])
    params = (0.55, 10.58, 0.61, 11.67)

    assert np.isfinite(row_log_likelihood(BG_NBD, params, *row)).all()
    assert np.isfinite(row_log_likelihood(MBG_NBD, params, *row)).all()


@pytest.mark.parametrize("kernel", [BG_NBD, MBG_NBD])
@pytest.mark.parametrize("history", [(0.0, 0.0, 30.0), (3.0, 20.0, 30.0)])
def test_predictions_agree_with_each_other(kernel: BetaGeometric, history: tuple[float, float, float]) -> None:
    """The distribution sums to one and its mean is the expectation; discounting at nearly 0 gives a long horizon."""
    row = rows(history)
    chances = np.array([kernel.conditional_pmf(PAPER, *row, n, 39.0)[0] for n in range(300)])

    assert chances.sum() == pytest.approx(1.0, abs=1e-9)
    expected = kernel.expected_purchases(PAPER, *row, 39.0)[0]
    assert float(chances @ np.arange(300)) == pytest.approx(expected, rel=1e-7)
    new = kernel.new_pmf(PAPER, np.arange(400.0), 39.0)
    assert new.sum() == pytest.approx(1.0, abs=1e-9)
    assert float(new @ np.arange(400.0)) == pytest.approx(kernel.new_purchases(PAPER, np.array([39.0]))[0], rel=1e-6)


@pytest.mark.parametrize("kernel", [BG_NBD, MBG_NBD])
def test_residual_transactions_are_the_discounted_sum(kernel: BetaGeometric) -> None:
    """Brute force: daily slices of expected purchases, discounted at their middle."""
    row = np.array([3.0]), np.array([20.0]), np.array([30.0])
    days = np.arange(0.0, 3000.0, 2.0)
    reached = np.array([kernel.expected_purchases(PAPER, *row, t)[0] if t else 0.0 for t in days])
    brute = float(np.diff(reached) @ np.exp(-0.01 * (days[1:] - 1.0)))

    assert kernel.residual_transactions(PAPER, *row, 0.01)[0] == pytest.approx(brute, rel=1e-4)


def test_future_probability_alive_falls() -> None:
    """Alive now, less so later; the customer's own clock starts at the end of observation."""
    fit = BGNBD().fit(patterns())
    chances = [fit.probability_alive(summary()).values]
    chances += [fit.probability_alive(summary(), at=Horizon(n, TimeUnit.WEEK)).values for n in (1, 10, 100)]

    assert (np.diff(np.array(chances), axis=0) < 0).all()
    assert (np.array(chances) > 0).all()


def test_latent_means_are_consistent_with_the_likelihood() -> None:
    """E[lambda | data] = r / alpha x L(r + 1) / L(r), an identity of the gamma prior."""
    x, t_x, T = (np.array(c, dtype=float) for c in zip((0, 0, 30), (1, 5, 30), (4, 29, 30), strict=True))
    r, alpha, a, b = PAPER
    for kernel in (BG_NBD, MBG_NBD):
        ratio = row_log_likelihood(kernel, (r + 1, alpha, a, b), x, t_x, T)
        ratio = ratio - row_log_likelihood(kernel, PAPER, x, t_x, T)
        found = kernel.latent_means(PAPER, x, t_x, T)["purchase_rate"]
        np.testing.assert_allclose(found, r / alpha * np.exp(ratio), rtol=1e-10)


def test_undiscounted_residual_is_infinite_where_the_mean_is() -> None:
    """A <= 1: the expectation diverges; the answer is inf, never a negative number."""
    fit = published()

    values = fit.expected_residual_transactions(summary(), DiscountRate.annual(0.0)).values
    assert np.isposinf(values).all()
    finite = fit.with_params({"a": 3.0}).expected_residual_transactions(one_customer(0, 0, 273), DiscountRate.annual(0))
    assert finite.values == pytest.approx((3.0 + 2.42590679 - 1) / 2.0, rel=1e-9)


def test_compression_is_lossless_and_weights_are_counts() -> None:
    """One row a customer, patterns with counts, and split counts are one and the same fit."""
    packed = patterns()
    twice = PurchasePatterns(
        x=np.tile(packed.x, 2),
        t_x=np.tile(packed.t_x, 2),
        T=np.tile(packed.T, 2),
        weights=np.tile(packed.weights / 2, 2),
        unit=packed.unit,
    )
    fits = [BGNBD().fit(data) for data in (packed, summary(), twice)]

    for fit in fits[1:]:
        assert list(fit.params.values()) == pytest.approx(list(fits[0].params.values()), rel=1e-7)
        assert fit.log_likelihood == pytest.approx(fits[0].log_likelihood, abs=1e-7)


def test_all_one_time_buyers_are_refused() -> None:
    """Clvkit "fits" them with r = 8.8e-54 and says nothing."""
    data = make_patterns([0, 0], [0, 0], [10, 20], [5, 5])

    for model in (BGNBD(), MBGNBD()):
        with pytest.raises(InputError, match="repeat purchase"):
            model.fit(data)


def test_nothing_observed_is_refused() -> None:
    empty = make_patterns([1], [1], [2], [0])
    instant = make_patterns([1], [0], [0], [3])

    with pytest.raises(InputError, match="at least one customer"):
        BGNBD().fit(empty)
    with pytest.raises(InputError, match="T = 0"):
        BGNBD().fit(instant)


def test_interval_of_a_prediction_holds_it() -> None:
    values = BGNBD().fit(patterns()).expected_purchases(one_customer(2, 213, 272), WEEKS_39)
    bounds = values.interval(0.95)

    assert bounds.lower[0] < values.values[0] < bounds.upper[0]
    assert bounds.upper[0] - bounds.lower[0] < 0.5
