"""Pareto-smoothed importance weights: known tails, known means, odd inputs."""

import numpy as np
import pytest

from custvalue.clv._kernels import psis


@pytest.mark.parametrize("shape", [-0.3, 0.1, 0.4, 0.9])
def test_pareto_fit_finds_the_shape_it_was_drawn_from(shape: float) -> None:
    """2,000 excesses drawn by inversion from a generalised Pareto with sigma 2."""
    uniform = np.random.default_rng(5).random(2_000)
    excess = np.sort(2.0 * np.expm1(-shape * np.log1p(-uniform)) / shape)
    k, sigma = psis.pareto_fit(excess)

    assert k == pytest.approx(shape, abs=0.08)
    assert sigma == pytest.approx(2.0, rel=0.12)


def test_weights_bring_a_wide_proposal_to_the_target() -> None:
    """Target N(1, 1), proposal N(0, 2^2): the weighted mean and variance are the target's."""
    draws = 2.0 * np.random.default_rng(2).standard_normal(20_000)
    log_ratio = -0.5 * (draws - 1.0) ** 2 + 0.5 * (draws / 2.0) ** 2
    log_weights, k_hat = psis.smoothed_log_weights(log_ratio)
    weights = np.exp(log_weights)

    assert weights.sum() == pytest.approx(1.0)
    assert k_hat < 0.1
    assert weights @ draws == pytest.approx(1.0, abs=0.03)
    assert weights @ (draws - 1.0) ** 2 == pytest.approx(1.0, abs=0.04)
    assert 1_000 < psis.effective_draws(log_weights) < 20_000


def test_a_proposal_much_too_narrow_is_found_out() -> None:
    """Target sd 1, proposal sd .5: the ratio has no variance (true k is .75)."""
    draws = 0.5 * np.random.default_rng(2).standard_normal(50_000)
    _, k_hat = psis.smoothed_log_weights(-0.5 * draws**2 + 0.5 * (draws / 0.5) ** 2)

    assert k_hat > psis.k_hat_limit(1_000)


def test_equal_ratios_need_no_smoothing() -> None:
    """Proposal and target agree: equal weights, k-hat 0."""
    log_weights, k_hat = psis.smoothed_log_weights(np.full(500, -1e6))

    assert k_hat == 0.0
    assert np.exp(log_weights) == pytest.approx(np.full(500, 1 / 500))


def test_one_draw_holding_all_the_weight_is_refused_by_k_hat() -> None:
    """A single finite ratio: nothing to fit, k-hat says infinite."""
    ratios = np.full(500, -np.inf)
    ratios[7] = 0.0
    log_weights, k_hat = psis.smoothed_log_weights(ratios)

    assert k_hat == np.inf
    assert np.exp(log_weights[7]) == 1.0


def test_limit_follows_the_number_of_draws() -> None:
    """Vehtari et al. (2024), eq. (13): 100 draws carry .5, 1,000 carry 2/3, more than 2,155 .7."""
    assert [psis.k_hat_limit(n) for n in (100, 1_000, 10_000)] == pytest.approx([0.5, 2 / 3, 0.7])
