"""BG/BB: the donations of Fader, Hardie & Shang (2010), data preparation, agreement with itself and brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from custvalue.clv._kernels import bg_bb
from custvalue.clv.bg_bb import BGBB, FittedBGBB
from custvalue.clv.opportunities import Acquisition, Opportunities, OpportunityPatterns
from custvalue.data import CustomerIndex, ValueSeries
from custvalue.errors import InputError

# x, t_x, donors, P(alive in 2002), expected gifts 2002-2006, DERT at 10 %: Tables 4 to 6 of the paper
DONATIONS = (
    (0, 0, 3464, 0.1081, 0.0729, 0.1148),
    (1, 1, 1091, 0.0695, 0.0857, 0.1350),
    (1, 2, 277, 0.2547, 0.3142, 0.4949),
    (1, 3, 129, 0.4814, 0.5939, 0.9353),
    (1, 4, 78, 0.6804, 0.8394, 1.3220),
    (1, 5, 119, 0.8281, 1.0217, 1.6091),
    (1, 6, 129, 0.9304, 1.1479, 1.8078),
    (2, 2, 613, 0.0664, 0.1191, 0.1876),
    (2, 3, 255, 0.2989, 0.5361, 0.8443),
    (2, 4, 155, 0.5897, 1.0576, 1.6656),
    (2, 5, 173, 0.8046, 1.4430, 2.2727),
    (2, 6, 234, 0.9304, 1.6688, 2.6282),
    (3, 3, 322, 0.0950, 0.2236, 0.3521),
    (3, 4, 181, 0.4396, 1.0346, 1.6293),
    (3, 5, 225, 0.7668, 1.8047, 2.8422),
    (3, 6, 357, 0.9304, 2.1897, 3.4486),
    (4, 4, 240, 0.2002, 0.5832, 0.9185),
    (4, 5, 284, 0.6968, 2.0300, 3.1971),
    (4, 6, 512, 0.9304, 2.7107, 4.2691),
    (5, 5, 335, 0.5220, 1.8129, 2.8552),
    (5, 6, 728, 0.9304, 3.2316, 5.0895),
    (6, 6, 1203, 0.9304, 3.7525, 5.9099),
)
X, T_X, DONORS = (np.array([row[i] for row in DONATIONS]) for i in range(3))
PATTERNS = OpportunityPatterns(x=X, t_x=T_X, n=np.full(22, 6), weights=DONORS)
ONE_OF_EACH = Opportunities(customers=CustomerIndex(np.arange(22)), x=X, t_x=T_X, n=np.full(22, 6))
PAPER = (1.203522, 0.749716, 0.656718, 2.783444)


def fitted() -> FittedBGBB:
    """The fit to the donations."""
    return BGBB().fit(PATTERNS)


def test_donations_fit() -> None:
    """Table 3: 1.204 .750 .657 2.783, -33225.6; more digits recomputed from the counts."""
    fit = fitted()

    assert list(fit.params.values()) == pytest.approx(PAPER, abs=2e-6)
    assert fit.log_likelihood == pytest.approx(-33225.5813, abs=1e-4)
    assert not fit.diagnostics.boundary


def test_donations_predictions() -> None:
    """Tables 4 to 6: alive in 2002, gifts in 2002-2006, discounted residual gifts."""
    fit = fitted()

    alive, gifts, residual = (np.array([row[i] for row in DONATIONS]) for i in (3, 4, 5))
    np.testing.assert_allclose(fit.probability_alive(ONE_OF_EACH, at=1).values, alive, atol=6e-5)
    np.testing.assert_allclose(fit.expected_purchases(ONE_OF_EACH, 5).values, gifts, atol=6e-5)
    np.testing.assert_allclose(fit.expected_residual_transactions(ONE_OF_EACH, 0.1).values, residual, atol=6e-5)
    assert fit.expected_purchases(ONE_OF_EACH, 5).values @ DONORS == pytest.approx(12884.156, abs=5e-3)
    assert fit.new_customer_purchases(10).value == pytest.approx(3.179830, abs=2e-6)


def test_in_sample_distribution() -> None:
    """Expected donors with 0 and 6 gifts: 3454.9 and 1253.1."""
    expected = fitted().new_customer_pmf(6).probabilities * DONORS.sum()

    assert expected[0] == pytest.approx(3454.9, abs=0.06)
    assert expected[6] == pytest.approx(1253.1, abs=0.06)
    assert expected.sum() == pytest.approx(DONORS.sum(), rel=1e-12)


def test_row_log_likelihood() -> None:
    """Hardie, note 010: log-likelihoods by pattern."""
    printed = {(6, 6): -2.18167, (5, 6): -4.29485, (1, 4): -4.57071, (2, 3): -4.51620, (1, 1): -2.28883}
    rows = np.array(list(printed))

    found = bg_bb.row_log_likelihood(PAPER, rows[:, 0], rows[:, 1], np.full(5, 6))
    np.testing.assert_allclose(found, list(printed.values()), atol=1e-5)


def test_ten_years_ahead() -> None:
    """Recomputed from the formula: (0, 0) .1302169, (4, 5) 3.627858 in the next 10 opportunities."""
    rows = Opportunities(customers=CustomerIndex([1, 2]), x=np.array([0, 4]), t_x=np.array([0, 5]), n=np.array([6, 6]))

    assert fitted().expected_purchases(rows, 10).values == pytest.approx([0.1302169, 3.627858], rel=5e-5)


def test_likelihood_of_all_histories_is_one() -> None:
    """Brute force over the 2^5 histories of five opportunities."""
    histories = np.array(list(itertools.product((0, 1), repeat=5)))
    x = histories.sum(axis=1)
    t_x = (histories * np.arange(1, 6)).max(axis=1)
    chances = np.exp(bg_bb.row_log_likelihood(PAPER, x, t_x, np.full(32, 5)))

    assert chances.sum() == pytest.approx(1.0, abs=1e-12)
    np.testing.assert_allclose(bg_bb.new_pmf(PAPER, np.arange(6), 5), np.bincount(x, weights=chances), rtol=1e-12)


def test_predictions_agree_with_each_other() -> None:
    fit = fitted()
    chances = np.array([fit.purchase_pmf(ONE_OF_EACH, k, 5).values for k in range(6)])

    np.testing.assert_allclose(chances.sum(axis=0), 1.0, atol=1e-12)
    expected = fit.expected_purchases(ONE_OF_EACH, 5).values
    np.testing.assert_allclose(np.arange(6) @ chances, expected, rtol=1e-10)
    alive = fit.probability_alive(ONE_OF_EACH).values
    assert alive[T_X == 6] == pytest.approx(1.0, abs=1e-12)
    assert (fit.probability_alive(ONE_OF_EACH, at=3).values < alive).all()
    discounted = [fit.expected_purchases(ONE_OF_EACH, n).values for n in range(1, 300)]
    steps = np.diff(np.array([np.zeros(22), *discounted]), axis=0)
    brute = (steps / 1.1 ** np.arange(1, 300)[:, None]).sum(axis=0)
    np.testing.assert_allclose(fit.expected_residual_transactions(ONE_OF_EACH, 0.1).values, brute, rtol=1e-9)


def test_latent_means() -> None:
    """Numerical integration over the two chances for one donor, x = 2 of n = 3, last at 2."""
    grid = (np.arange(2000) + 0.5) / 2000
    p, theta = np.meshgrid(grid, grid)
    alpha, beta, gamma, delta = PAPER
    # theta^(gamma - 1) has a pole at 0: integrate in theta^gamma
    theta = theta ** (1 / gamma)
    weight = p ** (alpha - 1) * (1 - p) ** (beta - 1) * (1 - theta) ** (delta - 1)
    likelihood = p**2 * (1 - p) * (1 - theta) ** 3 + p**2 * (1 - theta) ** 2 * theta
    found = bg_bb.latent_means(PAPER, np.array([2]), np.array([2]), np.array([3]))

    mass = (weight * likelihood).sum()
    assert found["purchase_probability"] == pytest.approx((weight * likelihood * p).sum() / mass, rel=1e-3)
    assert found["dropout_probability"] == pytest.approx((weight * likelihood * theta).sum() / mass, rel=1e-3)


def test_gradient_is_the_slope() -> None:
    problem = BGBB().problem(PATTERNS)
    theta = np.array([0.3, -0.2, 0.5, 0.1])
    for i, slope in enumerate(problem.objective(theta)[1]):
        step = np.zeros(4)
        step[i] = 1e-5
        numeric = (problem.objective(theta + step)[0] - problem.objective(theta - step)[0]) / 2e-5
        assert slope == pytest.approx(numeric, rel=1e-6)


def test_pymc_issue_2919_every_row_keeps_its_own_x() -> None:
    """PyMC-Marketing collapses the result to the shortest input; ours refuses unequal lengths."""
    with pytest.raises(InputError, match="rows"):
        OpportunityPatterns(x=np.array([1]), t_x=np.array([1, 2]), n=np.array([6, 6]), weights=np.ones(2))
    rows = fitted().row_log_likelihood(PATTERNS)
    assert rows.shape == (22,)


def test_counts_do_not_underflow() -> None:
    """Lifetimes uses unlogged beta functions plus 1e-15: a customer seen 3,000 times."""
    found = bg_bb.row_log_likelihood(PAPER, np.array([2000]), np.array([2900]), np.array([3000]))

    assert np.isfinite(found).all()
    assert found[0] < -1500
    fit = fitted().with_params({"gamma": 1.0})
    near = fitted().with_params({"gamma": 1.0 + 1e-10})
    at, by = (f.expected_purchases(ONE_OF_EACH, 5).values for f in (fit, near))
    np.testing.assert_allclose(at, by, rtol=1e-8)


def test_opportunities_from_a_table() -> None:
    """The window starts after acquisition; a lapse in between is no end."""
    years = np.arange("2001", "2006", dtype="datetime64[Y]")
    values = np.array([[5.0, 0, 5, 0, 0], [0, 0, 5, 0, 5], [0, 0, 0, 0, 5.0]])
    series = ValueSeries(customers=CustomerIndex(["a", "b", "c"]), periods=years, values=values)

    found = Opportunities.from_series(series)
    assert (found.x.tolist(), found.t_x.tolist(), found.n.tolist()) == ([1, 1, 0], [2, 2, 0], [4, 2, 0])
    before = Opportunities.from_series(series, Acquisition.BEFORE)
    assert (before.x.tolist(), before.t_x.tolist(), before.n.tolist()) == ([2, 2, 1], [3, 5, 5], [5, 5, 5])
    assert before.patterns().n_customers == 3


def test_refusals() -> None:
    years = np.arange("2001", "2003", dtype="datetime64[Y]")
    nobody = ValueSeries(customers=CustomerIndex(["a"]), periods=years, values=np.zeros((1, 2)))

    with pytest.raises(InputError, match="a bought period"):
        Opportunities.from_series(nobody)
    with pytest.raises(InputError, match="who never did"):
        BGBB().fit(Opportunities.from_series(nobody, Acquisition.BEFORE))
    with pytest.raises(InputError, match="t_x <= n"):
        OpportunityPatterns(x=np.array([1]), t_x=np.array([7]), n=np.array([6]), weights=np.ones(1))
    with pytest.raises(InputError, match="whole number"):
        fitted().expected_purchases(ONE_OF_EACH, 0)
