"""Regularity: recovered from simulated gaps, the same every time, edge cases in words."""

from __future__ import annotations

import numpy as np
import pytest

from custvalue.clv.regularity import estimate_regularity
from custvalue.errors import InputError


def purchases(k: float, n_customers: int = 400, n_gaps: int = 8, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Ages of purchases whose gaps are gamma with shape k, rates very different between customers."""
    rng = np.random.default_rng(seed)
    gaps = rng.standard_gamma(k, (n_customers, n_gaps)) * rng.lognormal(0.0, 1.5, n_customers)[:, None]
    ages = np.hstack([np.zeros((n_customers, 1)), np.cumsum(gaps, axis=1)])
    return np.repeat(np.arange(n_customers), n_gaps + 1), ages.ravel()


@pytest.mark.parametrize("k", [0.5, 1.0, 2.0, 10.0])
def test_shape_is_recovered_whatever_the_rates(k: float) -> None:
    """3,200 gaps: the truth within three standard errors, Wheat and Morrison's within 15 %."""
    found = estimate_regularity(*purchases(k))

    assert abs(np.log(found.k / k)) < 3 * found.log_error
    assert found.log_error < 0.06
    assert found.wheat_morrison == pytest.approx(k, rel=0.15)
    assert (found.n_customers, found.n_gaps) == (400, 3_200)


def test_random_clumpy_and_regular_are_told_apart() -> None:
    """The words of the verdict."""
    assert estimate_regularity(*purchases(1.0)).random
    assert "regular" in str(estimate_regularity(*purchases(3.0)))
    assert "clumpy" in str(estimate_regularity(*purchases(0.4)))


def test_the_same_log_gives_the_same_answer_in_any_order() -> None:
    """BTYDplus draws its pairs of gaps at random: two calls, two answers."""
    owner, age = purchases(2.0)
    order = np.random.default_rng(1).permutation(owner.size)
    first, second = estimate_regularity(owner, age), estimate_regularity(owner[order], age[order])

    assert first == second


def test_bounds_cover_the_truth() -> None:
    """200 logs of 40 customers: 95 % bounds hold in at least 180."""
    held = 0
    for seed in range(200):
        low, high = estimate_regularity(*purchases(1.5, 40, 4, seed)).interval(0.95)
        held += low <= 1.5 <= high

    assert 180 <= held <= 199


def test_clockwork_is_infinitely_regular() -> None:
    """Equal gaps: no variance; the relative error of a gamma shape tends to sqrt(2 / (6 gaps - 2 customers))."""
    found = estimate_regularity(np.repeat([1, 2], 4), np.tile([0.0, 7.0, 14.0, 21.0], 2))

    assert found.k == np.inf
    assert found.wheat_morrison == np.inf
    assert found.log_error == pytest.approx(np.sqrt(2 / 4))
    assert found.interval() == (np.inf, np.inf)
    assert str(found) == "k = inf (inf to inf) from 6 gaps: regular"


def test_nearly_clockwork_has_nearly_that_error() -> None:
    """Shape 300,000, far from where the search ends."""
    owner, age = purchases(3e5, n_customers=50, n_gaps=6)

    assert estimate_regularity(owner, age).log_error == pytest.approx(np.sqrt(2 / 250), rel=1e-3)


def test_a_level_is_a_probability() -> None:
    """95 is none."""
    with pytest.raises(InputError, match="between 0 and 1"):
        estimate_regularity(*purchases(1.0)).interval(95)


def test_too_few_purchases_and_coincident_ones_are_refused() -> None:
    """Two purchases have one gap; two at one moment have none."""
    with pytest.raises(InputError, match="three purchases"):
        estimate_regularity(np.array([1, 1, 2, 2]), np.array([0.0, 3.0, 0.0, 4.0]))
    with pytest.raises(InputError, match="gaps of 0"):
        estimate_regularity(np.array([1, 1, 1]), np.array([0.0, 3.0, 3.0]))
