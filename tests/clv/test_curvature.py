"""Second derivatives of the likelihoods, against mpmath's derivatives of the papers' formulas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

from custvalue.clv._kernels.bg_nbd import BG_NBD, MBG_NBD
from custvalue.clv._kernels.likelihood import CurvedLikelihood, PurchaseKernel, pattern_likelihood
from custvalue.clv._kernels.nbd import NBD_KERNEL
from custvalue.clv._kernels.pareto_nbd import PARETO_NBD
from custvalue.clv._optimise import Curved

Number = Any  # mpmath has no types
Formula = Callable[..., Number]

X, T_X, T = np.array([0.0, 4, 2, 30]), np.array([0.0, 0.9, 1.2, 0.5]), np.array([0.7, 1.1, 1.2, 1.6])
WEIGHTS = np.array([3.0, 1, 2, 1])


def _rate(r: Number, alpha: Number, n: Number) -> Number:
    return mpmath.loggamma(n) - mpmath.loggamma(r) + r * mpmath.log(alpha)


def coin(extra: int) -> Formula:
    """Fader, Hardie & Lee (2005), eq. (6); Batislam et al. (2007) with one coin more."""

    def formula(theta: tuple[Number, ...], x: float, t_x: float, T: float) -> Number:
        r, alpha, a, b = (mpmath.exp(value) for value in theta)
        m, n = x + extra, r + x
        gone = a / (b + m - 1) * (alpha + t_x) ** -n if m > 0 else 0
        stays = mpmath.log(mpmath.beta(a, b + m) / mpmath.beta(a, b))
        return _rate(r, alpha, n) + stays + mpmath.log((alpha + T) ** -n + gone)

    return formula


def lifetime(theta: tuple[Number, ...], x: float, t_x: float, T: float) -> Number:
    """Fader & Hardie (2005), the integral taken as such."""
    r, alpha, s, beta = (mpmath.exp(value) for value in theta)
    n = r + x
    gone = s * mpmath.quad(
        lambda tau: (alpha + tau) ** -n * (beta + tau) ** -(s + 1), [t_x, T], method="gauss-legendre"
    )
    return _rate(r, alpha, n) + s * mpmath.log(beta) + mpmath.log((alpha + T) ** -n * (beta + T) ** -s + gone)


def everlasting(theta: tuple[Number, ...], x: float, _t_x: float, T: float) -> Number:
    """Ehrenberg (1959)."""
    r, alpha = (mpmath.exp(value) for value in theta)
    return _rate(r, alpha, r + x) - (r + x) * mpmath.log(alpha + T)


KERNELS: dict[str, tuple[PurchaseKernel, Formula]] = {
    "bg": (BG_NBD, coin(0)),
    "mbg": (MBG_NBD, coin(1)),
    "pareto": (PARETO_NBD, lifetime),
    "nbd": (NBD_KERNEL, everlasting),
}


def second_derivatives(formula: Formula, theta: np.ndarray) -> np.ndarray:
    """Weighted sum over the rows, (n_params, n_params)."""
    n = len(theta)
    hessian = np.zeros((n, n))
    with mpmath.workdps(14):
        for i in range(n):
            for j in range(i + 1):
                order = tuple(int(i == k) + int(j == k) for k in range(n))
                for w, *row in zip(*(column.tolist() for column in (WEIGHTS, X, T_X, T)), strict=True):
                    slope = mpmath.diff(lambda *at, row=row: formula(at, *row), tuple(theta.tolist()), order)
                    hessian[i, j] += w * float(slope)
                hessian[j, i] = hessian[i, j]
    return hessian


@pytest.mark.parametrize("theta", [(-0.7, 0.3, -0.4, 0.9), (1.1, -2.0, 0.0, -1.0)])
@pytest.mark.parametrize("name", KERNELS)
def test_hessian_is_the_second_derivative(name: str, theta: tuple[float, ...]) -> None:
    kernel, formula = KERNELS[name]
    at = np.array(theta)[: len(kernel.names)]
    expected = second_derivatives(formula, at)

    likelihood = pattern_likelihood(kernel, X, T_X, T, WEIGHTS)

    assert isinstance(likelihood, Curved)
    np.testing.assert_allclose(likelihood.curvature(at)[2], expected, rtol=1e-11, atol=1e-11 * np.abs(expected).max())


@pytest.mark.parametrize("spread", [0.3, 1.0, 3.0])
def test_integrals_shared_by_rows_are_those_of_each_row(spread: float) -> None:
    """Whole days: value, gradient and Hessian against the rows one by one, t_x = T and x = 0 among them."""
    rng = np.random.default_rng(3)
    T = rng.integers(20, 60, 6000)
    x = rng.integers(0, 6, 6000)
    t_x = np.where(x > 0, rng.integers(1, T + 1), 0)
    columns = x.astype(np.float64), t_x / 40.0, T / 40.0, rng.integers(1, 4, 6000).astype(np.float64)
    shared = pattern_likelihood(PARETO_NBD, *columns)
    assert isinstance(shared, CurvedLikelihood)
    assert shared.shared is not None

    for theta in rng.normal(0.0, spread, (6, 4)):
        params = np.exp(theta).tolist()
        parts = PARETO_NBD.weighted_time_terms(params, *columns, curved=True)
        value, slope, bend = (
            float(PARETO_NBD.count_terms(params, columns[0])[0] @ columns[3]) + parts[0],
            PARETO_NBD.count_terms(params, columns[0])[1] @ columns[3] + parts[1],
            PARETO_NBD.count_curvature(params, columns[0], columns[3]) + parts[2],
        )
        found = shared.curvature(theta)
        assert found[0] == pytest.approx(value, rel=1e-12)
        np.testing.assert_allclose(found[1], slope, rtol=0, atol=1e-11 * np.abs(slope).max())
        np.testing.assert_allclose(found[2], bend, rtol=0, atol=1e-10 * np.abs(bend).max())
        assert shared(theta)[0] == pytest.approx(value, rel=1e-12)
