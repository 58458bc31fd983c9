"""Risk and return of segments against closed forms and an independent implementation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike
from tests.portfolio._tables import paths

from custvalue.data import Timing
from custvalue.errors import AlignmentError, InputError
from custvalue.portfolio import SegmentReturns, SegmentRisk, risk_adjusted_value


def segments(names: str, mean: ArrayLike, covariance: ArrayLike) -> SegmentRisk:
    return SegmentRisk(segments=list(names), mean=np.asarray(mean), covariance=np.asarray(covariance))


TWO = segments("AB", [0.10, 0.06], [[0.04, 0.002], [0.002, 0.01]])


def test_the_two_segment_golden() -> None:
    """Closed forms of Markowitz for two assets, recomputed independently."""
    least, best = TWO.minimum_variance(), TWO.tangency(risk_free=0.02)

    assert least.weights[0] == pytest.approx([0.173913, 0.826087], abs=5e-7)
    assert least.deviation[0] == pytest.approx(0.0927831, abs=5e-8)
    assert best.weights[0] == pytest.approx([1 / 3, 2 / 3], abs=1e-7)
    assert (best.expected[0] - 0.02) / best.deviation[0] == pytest.approx(0.53936, abs=5e-6)
    assert TWO.betas([0.5, 0.5]) == pytest.approx([1.555556, 0.444444], abs=5e-7)
    assert TWO.reward_to_variability(0.02) == pytest.approx([0.4, 0.4])


def random_risk(seed: int, k: int) -> SegmentRisk:
    rng = np.random.default_rng(seed)
    factors = rng.normal(0, 0.1, (k, k + 2))
    names = [f"s{at}" for at in range(k)]
    return SegmentRisk(segments=names, mean=rng.normal(0.08, 0.05, k), covariance=factors @ factors.T / k)


@given(st.integers(0, 10_000), st.integers(2, 8))
def test_the_weighted_betas_add_up_to_one(seed: int, k: int) -> None:
    weights = np.random.default_rng(seed + 1).dirichlet(np.ones(k))

    assert weights @ random_risk(seed, k).betas(weights) == pytest.approx(1.0, rel=1e-9)


@pytest.mark.parametrize("seed", range(12))
def test_the_frontier_is_feasible_convex_and_not_beaten_by_any_random_portfolio(seed: int) -> None:
    k = 3 + seed % 5
    risk = random_risk(seed, k)
    low, high = np.full(k, 0.02), np.full(k, 0.9)
    frontier = risk.frontier(15, bounds=(low, high))
    rng = np.random.default_rng(seed)

    assert frontier.weights.sum(axis=1) == pytest.approx(np.ones(15))
    assert np.all(frontier.weights >= low - 1e-9)
    assert np.all(frontier.weights <= high + 1e-9)
    assert np.all(np.diff(frontier.expected) >= -1e-12)
    assert np.all(np.diff(frontier.deviation) >= -1e-9)
    assert np.all(np.diff(frontier.deviation**2, 2) >= -1e-9)
    drawn = low + (1 - low.sum()) * rng.dirichlet(np.full(k, 0.7), 4_000)
    drawn = drawn[(drawn <= high).all(axis=1)]
    for weights in drawn:
        rival = risk.portfolio(weights)
        if rival.expected[0] >= frontier.expected[0]:
            least = np.interp(rival.expected[0], frontier.expected, frontier.deviation**2)
            assert rival.deviation[0] ** 2 >= least * (1 - 0.06)  # chords lie above a convex curve


@pytest.mark.parametrize("seed", range(12))
def test_no_random_portfolio_beats_the_tangency(seed: int) -> None:
    k = 3 + seed % 4
    risk = random_risk(seed, k)
    best = risk.tangency(risk_free=0.0)
    slope = best.expected[0] / best.deviation[0]
    drawn = np.random.default_rng(seed).dirichlet(np.full(k, 0.5), 20_000)
    slopes = drawn @ risk.mean / np.sqrt(np.einsum("pi,ij,pj->p", drawn, risk.covariance, drawn))

    assert slopes.max() <= slope * (1 + 1e-9)


def test_the_least_variance_portfolio_meets_the_closed_form_where_no_bound_binds() -> None:
    rng = np.random.default_rng(11)
    returns = rng.normal(0, [0.1, 0.11, 0.12, 0.13], (500, 4))
    covariance = np.cov(returns, rowvar=False)
    inverse = np.linalg.inv(covariance) @ np.ones(4)
    risk = SegmentRisk(segments=list("abcd"), mean=returns.mean(axis=0), covariance=covariance)

    assert risk.minimum_variance().weights[0] == pytest.approx(inverse / inverse.sum(), abs=1e-10)


@pytest.mark.parametrize("shape", [(12, 3), (7, 7), (5, 20), (200, 4)])
def test_shrinkage_agrees_with_scikit_learn(shape: tuple[int, int]) -> None:
    """An independent implementation of Ledoit and Wolf (2004)."""
    from sklearn.covariance import ledoit_wolf  # noqa: PLC0415  # the oracle only

    returns = np.random.default_rng(shape[0]).normal(0.05, 0.1, shape) @ np.diag(np.linspace(1, 2, shape[1]))
    found = SegmentReturns(segments=[f"s{at}" for at in range(shape[1])], returns=returns).risk()
    expected, intensity = ledoit_wolf(returns)

    assert found.covariance == pytest.approx(expected, rel=1e-9, abs=1e-14)
    assert found.method == f"shrunk by {intensity:.3f}"
    assert np.linalg.eigvalsh(found.covariance).min() > 0


def test_returns_are_profit_over_assets() -> None:
    profit, assets = paths(["x", "y"], [[10, 20], [5, 5]]), paths(["x", "y"], [[100, 100], [50, 100]])

    assert SegmentReturns.of(profit, assets).returns.tolist() == [[0.1, 0.1], [0.2, 0.05]]
    with pytest.raises(AlignmentError):
        SegmentReturns.of(profit, paths(["x", "z"], [[1, 1], [1, 1]]))


def test_returns_may_be_the_growth_of_cash_flow() -> None:
    assert SegmentReturns.growth(paths(["x"], [[100, 110, 99]])).returns == pytest.approx(np.array([[0.1], [-0.1]]))
    with pytest.raises(InputError, match="above 0"):
        SegmentReturns.growth(paths(["x"], [[100, 0, 99]]))


def test_a_higher_beta_is_worth_less_and_beta_zero_is_discounted_without_risk() -> None:
    flows = paths("abc", [[100, 100]] * 3)
    found = risk_adjusted_value(flows, [0, 1, 2], risk_free=0.04, portfolio_return=0.10, timing=Timing.START)

    assert found["discount_rate"] == pytest.approx([0.04, 0.10, 0.16])
    assert found["risk_adjusted_value"] == pytest.approx([100 + 100 / 1.04, 100 + 100 / 1.10, 100 + 100 / 1.16])
    with pytest.raises(InputError, match="above -1"):
        risk_adjusted_value(flows, -30, risk_free=0.04, portfolio_return=0.10)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="symmetric"):
        segments("AB", [0, 0], [[1, 2], [2, 1]])
    with pytest.raises(InputError, match="lowest shares up to 1"):
        TWO.minimum_variance(bounds=(0.6, 1.0))
    with pytest.raises(InputError, match="return above"):
        TWO.tangency(risk_free=0.2)
    with pytest.raises(InputError, match="add up to 1"):
        TWO.betas([0.5, 0.6])
    with pytest.raises(InputError, match="two periods"):
        SegmentReturns(segments=["A"], returns=np.array([[0.1]]))


@pytest.mark.parametrize("betas", [[1.0], [1.0, 2.0, 3.0], [[1.0, 2.0]]])
def test_more_or_fewer_betas_than_customers_are_refused(betas: ArrayLike) -> None:
    flows = paths("ab", [[110.0, 121.0], [110.0, 121.0]])
    with pytest.raises(InputError, match="expected one number, or 2"):
        risk_adjusted_value(flows, betas, risk_free=0.05, portfolio_return=0.10)


def test_one_beta_does_for_all() -> None:
    flows = paths("ab", [[110.0, 121.0], [110.0, 121.0]])
    worth = risk_adjusted_value(flows, 1.0, risk_free=0.05, portfolio_return=0.10)

    assert worth["risk_adjusted_value"] == pytest.approx([200.0, 200.0])


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_value_at_risk_of_what_is_not_a_number_is_refused(wrong: float) -> None:
    flows = paths("ab", [[110.0, 121.0], [110.0, 121.0]])
    with pytest.raises(InputError, match="finite cash flows"):
        risk_adjusted_value(paths("ab", np.array([[110.0, wrong], [1, 1]])), 1.0, risk_free=0.05, portfolio_return=0.10)
    with pytest.raises(InputError, match="finite rates and betas"):
        risk_adjusted_value(flows, [1.0, wrong], risk_free=0.05, portfolio_return=0.10)
    with pytest.raises(InputError, match="finite rates and betas"):
        risk_adjusted_value(flows, 1.0, risk_free=wrong, portfolio_return=0.10)


@pytest.mark.parametrize("wrong", [0.0, -5.0, np.nan, np.inf])
def test_a_return_on_assets_that_are_not_there_is_refused(wrong: float) -> None:
    profit, assets = paths("ab", [[1, 2], [3, 4]]), paths("ab", np.array([[10, 20], [wrong, 40]]))
    with pytest.raises(InputError, match="finite assets above 0"):
        SegmentReturns.of(profit, assets)
