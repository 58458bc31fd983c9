"""Expectations over the chance to drop out: the two quick ways against mpmath, and against the slow way everywhere."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from custvalue.clv._kernels.beta_mixture import (
    discounted_on_grid,
    discounted_purchases,
    mean_purchases,
    mean_survival,
)


def expected(a: float, b: float, n: float, zeta: float) -> float:
    """Integral of exp(-zeta v) n E[(1 + p v)^-(n+1)], the mean as Euler's integral of 2F1."""
    with mpmath.workdps(25):
        steps = mpmath.linspace(mpmath.log(mpmath.mpf(10) ** -4 / (zeta + n)), mpmath.log(100 / mpmath.mpf(zeta)), 30)

        def faded(v: mpmath.mpf) -> mpmath.mpf:
            return mpmath.exp(-zeta * v) * mpmath.hyp2f1(n + 1, a, a + b, -v)

        edges = [mpmath.mpf(0), *map(mpmath.exp, steps)]
        return float(n * mpmath.quad(faded, edges, method="gauss-legendre", maxdegree=5))


@pytest.mark.parametrize(
    ("a", "b", "n", "zeta"),
    [(0.8, 5.5, 3.55, 0.2), (0.0022, 2.3, 5386.0, 225.0), (7.2457, 9119.0, 9120.0, 417.0), (1.0, 0.4, 0.3, 3.0)],
)
def test_discounted_purchases_against_mpmath(a: float, b: float, n: float, zeta: float) -> None:
    none = np.zeros(1, dtype=np.int64)

    found = discounted_on_grid(a, np.array([b]), np.array([n]), np.array([zeta]), none, none)

    assert found[0] == pytest.approx(expected(a, b, n, zeta), rel=1e-12)
    assert discounted_purchases(a, b, n, zeta)[0] == pytest.approx(found[0], rel=1e-12)


@pytest.mark.parametrize("seed", range(40))
def test_discounted_purchases_of_a_table_are_those_of_its_cells(seed: int) -> None:
    """Parameters over eight orders of magnitude, a beyond the limit of the grid among them."""
    rng = np.random.default_rng(seed)
    a, b, r = 10.0 ** rng.uniform([-4, -4, -4], [2.1, 4, 4])
    x, zeta = np.unique(np.floor(10.0 ** rng.uniform(-0.5, 5, 6))), 10.0 ** rng.uniform(-5, 3, 5)
    row, column = (index.ravel() for index in np.indices((len(x), len(zeta))))

    found = discounted_on_grid(a, b + x, r + x, zeta, row, column)

    np.testing.assert_allclose(found, discounted_purchases(a, (b + x)[row], (r + x)[row], zeta[column]), rtol=1e-11)


@pytest.mark.parametrize("a", [1e-3, 0.5, 1.0 - 1e-9, 1.0, 1.0 + 1e-9, 2.5, 60.0])
@pytest.mark.parametrize("y", [1e-4, 0.3, 5.0, 8.9, 9.1, 300.0])
def test_means_against_mpmath_on_both_sides_of_the_series(a: float, y: float) -> None:
    b, n = 3.2, 4.7
    with mpmath.workdps(40):
        stays = mpmath.hyp2f1(n, a, a + b, -y)
        # integral of n E[(1 + p v)^-(n+1)] up to y
        buys = mpmath.quad(lambda v: n * mpmath.hyp2f1(n + 1, a, a + b, -v), [0, y / 8, y / 2, y])

    assert mean_survival(a, b, n, y)[0] == pytest.approx(float(stays), rel=1e-11)
    assert mean_purchases(a, b, n, y)[0] == pytest.approx(float(buys), rel=1e-11)
