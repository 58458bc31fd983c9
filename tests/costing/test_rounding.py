"""Largest remainder: right to the unit, whatever the order of the rows, at any size of numbers."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from custvalue.costing._kernels.rounding import MAX_AMOUNT, add_rounded, add_shares, largest_remainder, share_of, weigh

WEIGHTS = st.one_of(
    st.integers(0, 6).map(float),
    st.integers(0, 10**9).map(float),
    st.integers(0, 10**6).map(lambda value: value / 100),
    st.integers(-3, 9).map(float),
)


def by_fractions(amount: int, weights: list[float], ids: list[int]) -> list[int]:
    """Share out by the definition, one row at a time, in fractions."""
    exact = [Fraction(repr(weight)) for weight in weights]
    total = sum(exact, Fraction(0))
    quotas = [abs(amount) * weight / total for weight in exact]
    shares = [quota.numerator // quota.denominator for quota in quotas]
    by_claim = sorted(range(len(ids)), key=lambda row: (shares[row] - quotas[row], -quotas[row], ids[row]))
    for row in by_claim[: abs(amount) - sum(shares)]:
        shares[row] += 1
    return [-share for share in shares] if amount < 0 else shares


def test_published_splits() -> None:
    """10,000 by three equal weights; 5 by 7 to 3 is 4 and 1 in either order, where money libraries go by position."""
    ids = np.arange(3)

    assert largest_remainder(10_000, np.ones(3), ids).tolist() == [3334, 3333, 3333]
    assert largest_remainder(5, np.array([7.0, 3.0]), ids[:2]).tolist() == [4, 1]
    assert largest_remainder(5, np.array([3.0, 7.0]), ids[:2]).tolist() == [1, 4]


@given(st.lists(WEIGHTS, min_size=1, max_size=30), st.integers(-(10**12), 10**12), st.randoms(use_true_random=False))
def test_agrees_with_fractions(weights: list[float], amount: int, random: object) -> None:
    """The wrapped int64 arithmetic gives what exact fractions give, for every row, in any order."""
    if sum(Fraction(repr(weight)) for weight in weights) == 0:
        return
    ids = list(range(100, 100 + len(weights)))
    random.shuffle(ids)  # type: ignore[attr-defined]  # Hypothesis types its Random as object
    expected = by_fractions(amount, weights, ids)
    out = np.zeros(len(weights), dtype=np.int64)
    split = add_shares(amount, weigh(np.array(weights)), np.array(ids), out)

    assert out.tolist() == expected
    assert [share_of(split, weight, ident) for weight, ident in zip(weights, ids, strict=True)] == expected


@pytest.mark.parametrize("amount", [1, 999, 10**9 + 7, MAX_AMOUNT - 1, -(10**9) - 7])
@pytest.mark.parametrize("seed", [0, 1])
def test_many_rows_with_awkward_floats(amount: int, seed: int) -> None:
    """Gamma weights over many blocks: sum exact, every share within one unit of its quota, replay equal."""
    rng = np.random.default_rng(seed)
    weights = rng.gamma(0.3, 50.0, 100_003)
    ids = rng.permutation(weights.size)
    out = np.zeros(weights.size, dtype=np.int64)
    split = add_shares(amount, weigh(weights), ids, out)
    total = sum(Fraction(weight) for weight in weights[:].tolist())
    some = rng.integers(0, weights.size, 200)

    assert int(out.sum()) == amount
    assert all(abs(out[row] - amount * Fraction(weights[row]) / total) < 1 + Fraction(1, 10**6) for row in some)
    assert [share_of(split, float(weights[row]), int(ids[row])) for row in some] == out[some].tolist()


@pytest.mark.parametrize("kind", ["int", "str"])
def test_ties_go_by_id_not_by_position(kind: str) -> None:
    """Equal weights: the smallest ids receive the left-over units, wherever they stand."""
    rng = np.random.default_rng(5)
    numbers = rng.permutation(70_000)
    ids: NDArray[np.int64] | NDArray[np.str_] = numbers
    if kind == "str":
        ids = np.array([f"c{number:06d}" for number in numbers])
    shares = largest_remainder(100, np.ones(numbers.size), ids)

    assert set(numbers[shares == 1].tolist()) == set(range(100))


def test_decimal_weights_are_what_they_say() -> None:
    """0.1 and 0.3 share 2 units as 1 and 3 do: one tie, broken towards the larger."""
    ids = np.arange(2)

    assert largest_remainder(2, np.array([0.1, 0.3]), ids).tolist() == [0, 2]
    assert largest_remainder(2, np.array([1.0, 3.0]), ids).tolist() == [0, 2]


def test_rounding_half_up_reports_what_is_left() -> None:
    """Each share rounded by itself; three thirds of 10,000 leave one unit."""
    out = np.zeros(3, dtype=np.int64)
    split, rest = add_rounded(10_000, weigh(np.ones(3)), out)

    assert out.tolist() == [3333, 3333, 3333]
    assert rest == 1
    assert share_of(split, 1.0, 0) == 3333


@pytest.mark.parametrize("scale", [1e-300, 1e-200, 1e-9, 1.0, 1e9, 1e200, 1e300])
def test_any_unit_of_the_driver_will_do(scale: float) -> None:
    """Weights from 1e-300 to 1e300 share alike, to a unit, and exactly in all; below 2**-900 they count as nothing."""
    weights = np.array([1.7, 2.9, 3.1, 0.0]) * scale
    weighed = weigh(weights)
    if scale == 1e-300:
        assert weighed.total == 0
        return
    out = np.zeros(4, dtype=np.int64)
    add_shares(10**9, weighed, np.arange(4), out)

    assert out.sum() == 10**9
    assert np.abs(out - np.array([1.7, 2.9, 3.1, 0.0]) / 7.7 * 10**9).max() <= 1
    assert out[3] == 0


def test_large_numbers_that_nearly_cancel_out_still_add_up() -> None:
    """Two hundred thousand weights of both signs, up to 10**12: the integer sum is exact, so nothing leaks."""
    rng = np.random.default_rng(8)
    weights = rng.integers(-(10**12), 10**12, 200_000).astype(np.float64)
    weights[0] += 10**9 - weights.sum()
    total = sum(int(weight) for weight in weights.tolist())
    weighed = weigh(weights)
    out = np.zeros(weights.size, dtype=np.int64)
    add_shares(12_345, weighed, np.arange(weights.size), out)

    assert weighed.total == abs(total)
    assert out.sum() == 12_345
