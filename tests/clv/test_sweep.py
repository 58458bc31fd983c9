"""A sweep of extreme parameters and histories: everything finite and ordered, and equal to mpmath on a sample.

``pytest -m long tests/clv/test_sweep.py`` runs the full sizes: 100,000 cases, 2,000 of them against mpmath.
"""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from tests.clv._reference import bg, ggompertz, pareto

from custvalue.clv._kernels.bg_nbd import BG_NBD, MBG_NBD
from custvalue.clv._kernels.ggompertz_nbd import GGOMPERTZ_NBD
from custvalue.clv._kernels.likelihood import PurchaseKernel, row_log_likelihood
from custvalue.clv._kernels.pareto_nbd import PARETO_NBD

Cases = tuple[list[np.ndarray], np.ndarray, np.ndarray, np.ndarray]
T_AHEAD, DELTA = 30.0, 0.003


def cases(n: int, seed: int) -> Cases:
    """Parameters from 1e-4 to 1e4, x to 1e5, T to 1e4; a = s near 1, alpha = beta, T = 0 and t_x = T among them."""
    rng = np.random.default_rng(seed)
    params = [10.0 ** rng.uniform(-4, 4, n) for _ in range(4)]
    kind = rng.integers(0, 10, n)
    params[2] = np.where(kind == 0, 1.0, np.where(kind == 1, 1.0 + rng.choice([-1, 1], n) * 1e-9, params[2]))
    params[3] = np.where(kind == 2, params[1], params[3])
    x = np.floor(10.0 ** rng.uniform(-0.5, 5, n))
    T = 10.0 ** rng.uniform(-2, 4, n)
    share = np.where(rng.random(n) < 0.3, 1.0 - 10.0 ** rng.uniform(-8, 0, n), rng.random(n))
    t_x = np.where(kind == 3, T, T * share)
    T = np.where(kind == 4, 0.0, T)
    t_x, x = np.where(T == 0, 0.0, t_x), np.where(T == 0, 0.0, x)
    t_x = np.where(x == 0, 0.0, t_x)
    return params, x, t_x, T


def check_sane(kernel: PurchaseKernel, found: Cases) -> None:
    """Finite, in range, monotone in time, with finite gradients."""
    params, x, t_x, T = found
    value, gradient = kernel.time_terms(params, x, t_x, T)
    alive = kernel.probability_alive(params, x, t_x, T, 0.0)
    later = kernel.probability_alive(params, x, t_x, T, T_AHEAD)
    ahead = kernel.expected_purchases(params, x, t_x, T, T_AHEAD)
    further = kernel.expected_purchases(params, x, t_x, T, 2 * T_AHEAD)
    residual = kernel.residual_transactions(params, x, t_x, T, DELTA)

    assert np.isfinite(row_log_likelihood(kernel, params, x, t_x, T)).all()
    assert np.isfinite(value).all()
    assert np.isfinite(gradient).all()
    assert ((alive >= 0) & (alive <= 1)).all()
    assert ((later >= 0) & (later <= alive * (1 + 1e-9))).all()
    for amount in (ahead, further, residual):
        assert (np.isfinite(amount) & (amount >= 0)).all()
    assert (further >= ahead * (1 - 1e-9)).all()
    assert (further <= 2 * ahead * (1 + 1e-9)).all()
    rate = (params[0] + x) / (params[1] + T)
    assert (ahead <= alive * rate * T_AHEAD * (1 + 1e-9) + 1e-300).all()  # below it, doubles have no 9 digits left


def with_aging(found: Cases) -> Cases:
    """The same cases with a speed of aging between."""
    params, x, t_x, T = found
    b = 10.0 ** np.random.default_rng(3).uniform(-4, 1, len(x))
    return [params[0], params[1], b, params[2], params[3]], x, t_x, T


@pytest.mark.parametrize("kernel", [BG_NBD, MBG_NBD, PARETO_NBD], ids=["bg", "mbg", "pareto"])
def test_a_thousand_cases_are_sane(kernel: PurchaseKernel) -> None:
    check_sane(kernel, cases(1000, 1))


def test_ggompertz_cases_are_sane() -> None:
    check_sane(GGOMPERTZ_NBD, with_aging(cases(500, 2)))


def test_expected_purchases_resolve_the_onset_of_aging() -> None:
    """A new customer whose hazard rises within minutes and who may yet live for weeks: against mpmath."""
    r, alpha, b, s, beta = 0.0245, 5603.3, 8.45676, 0.173529, 0.00059369
    survival = lambda u: (beta / (beta + mpmath.expm1(b * u))) ** s  # noqa: E731  # the formula
    expected = r / alpha * mpmath.quad(survival, [0, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 30])
    none = np.zeros(1)

    params = [np.full(1, value) for value in (r, alpha, b, s, beta)]
    found = GGOMPERTZ_NBD.expected_purchases(params, none, none, none, 30.0)

    assert found[0] == pytest.approx(float(expected), rel=1e-12)


@pytest.mark.long
@pytest.mark.parametrize("kernel", [BG_NBD, MBG_NBD, PARETO_NBD], ids=["bg", "mbg", "pareto"])
def test_hundred_thousand_cases_are_sane(kernel: PurchaseKernel) -> None:
    for seed in range(10):
        check_sane(kernel, cases(10_000, 100 + seed))


@pytest.mark.long
def test_hundred_thousand_ggompertz_cases_are_sane() -> None:
    for seed in range(10):
        check_sane(GGOMPERTZ_NBD, with_aging(cases(10_000, 100 + seed)))


def quantities(kernel: PurchaseKernel, found: Cases) -> np.ndarray:
    """(4, n) log-likelihood, P(alive), expected purchases, DERT."""
    params, x, t_x, T = found
    return np.stack(
        [
            row_log_likelihood(kernel, params, x, t_x, T),
            kernel.probability_alive(params, x, t_x, T, 0.0),
            kernel.expected_purchases(params, x, t_x, T, T_AHEAD),
            kernel.residual_transactions(params, x, t_x, T, DELTA),
        ]
    )


def check_against_mpmath(n: int, seed: int) -> None:
    """Relative error 1e-9 in log-likelihood, P(alive), expected purchases, DERT."""
    params, x, t_x, T = cases(n, seed)
    for kernel in (BG_NBD, MBG_NBD, PARETO_NBD):
        found = quantities(kernel, (params, x, t_x, T))
        for i in range(n):
            own, history = [float(p[i]) for p in params], (float(x[i]), float(t_x[i]), float(T[i]))
            with mpmath.workdps(80):
                expected = (
                    pareto(own, history, T_AHEAD, DELTA)
                    if kernel is PARETO_NBD
                    else bg(own, history, T_AHEAD, modified=kernel is MBG_NBD)
                )
            words = f"{own} {history}"
            np.testing.assert_allclose(found[0, i], expected[0], rtol=1e-9, atol=1e-9, err_msg=words)
            np.testing.assert_allclose(found[1 : len(expected), i], expected[1:], rtol=1e-9, atol=1e-290, err_msg=words)


def check_ggompertz_against_mpmath(n: int, seed: int) -> None:
    """The same for the lifetimes that age."""
    params, x, t_x, T = with_aging(cases(n, seed))
    found = quantities(GGOMPERTZ_NBD, (params, x, t_x, T))
    for i in range(n):
        own, history = [float(p[i]) for p in params], (float(x[i]), float(t_x[i]), float(T[i]))
        with mpmath.workdps(40):
            expected = ggompertz(own, history, T_AHEAD, DELTA)
        words = f"{own} {history}"
        np.testing.assert_allclose(found[0, i], expected[0], rtol=1e-9, atol=1e-9, err_msg=words)
        np.testing.assert_allclose(found[1:, i], expected[1:], rtol=1e-9, atol=1e-290, err_msg=words)


def test_sample_against_mpmath() -> None:
    check_against_mpmath(25, 4)


def test_ggompertz_sample_against_mpmath() -> None:
    check_ggompertz_against_mpmath(12, 4)


@pytest.mark.long
def test_two_thousand_against_mpmath() -> None:
    check_against_mpmath(2000, 5)
