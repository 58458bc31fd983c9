"""A sweep of extreme parameters and histories: everything finite and ordered, and equal to mpmath on a sample.

``pytest -m long tests/clv/test_sweep.py`` runs the full sizes: 100,000 cases, 2,000 of them against mpmath.
"""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from scipy import special, stats
from tests.clv._reference import bg, erlang, ggompertz, lifetime_pmf, pareto

from custvalue.clv._kernels.bg_nbd import BG_NBD, MBG_NBD
from custvalue.clv._kernels.cnbd_k import ErlangGeometric
from custvalue.clv._kernels.ggompertz_nbd import GGOMPERTZ_NBD
from custvalue.clv._kernels.likelihood import PurchaseKernel, row_log_likelihood
from custvalue.clv._kernels.pareto_nbd import PARETO_NBD

Cases = tuple[list[np.ndarray], np.ndarray, np.ndarray, np.ndarray]
T_AHEAD, DELTA = 30.0, 0.003
KERNELS: dict[str, PurchaseKernel] = {"bg": BG_NBD, "mbg": MBG_NBD, "pareto": PARETO_NBD, "ggompertz": GGOMPERTZ_NBD}
ERLANG: dict[str, ErlangGeometric] = {
    "cnbd2": ErlangGeometric(2, modified=False),
    "mcnbd3": ErlangGeometric(3, modified=True),
}
ALL: dict[str, PurchaseKernel] = {**KERNELS, **ERLANG}


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


def check_sane(kernel: PurchaseKernel, found: Cases, t: float = T_AHEAD) -> None:
    """Finite, in range, monotone in time, with finite gradients."""
    params, x, t_x, T = found
    value, gradient = kernel.time_terms(params, x, t_x, T)
    alive = kernel.probability_alive(params, x, t_x, T, 0.0)
    later = kernel.probability_alive(params, x, t_x, T, t)
    ahead = kernel.expected_purchases(params, x, t_x, T, t)
    further = kernel.expected_purchases(params, x, t_x, T, 2 * t)

    assert np.isfinite(row_log_likelihood(kernel, params, x, t_x, T)).all()
    assert np.isfinite(value).all()
    assert np.isfinite(gradient).all()
    assert ((alive >= 0) & (alive <= 1)).all()
    assert ((later >= 0) & (later <= alive * (1 + 1e-9))).all()
    for amount in (ahead, further, *kernel.latent_means(params, x, t_x, T).values()):
        assert (np.isfinite(amount) & (amount >= 0)).all()
    assert (further >= ahead * (1 - 1e-9)).all()
    check_bounds(kernel, found, t, (alive, ahead, further))
    for n in (0, 1, 30):
        chance = kernel.conditional_pmf(params, x, t_x, T, n, t)
        assert ((chance >= 0) & (chance <= 1)).all()
        assert (n * chance <= ahead * (1 + 1e-9) + 1e-290).all()


def check_bounds(
    kernel: PurchaseKernel, found: Cases, t: float, known: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> None:
    """Nobody buys more than somebody sure to stay; purchases at random come no faster later than sooner."""
    (params, x, _, T), (alive, ahead, further) = found, known
    k = kernel.k if isinstance(kernel, ErlangGeometric) else 1
    most = (params[0] + k * x + k - 1) / (params[1] + T) * t / k + (k - 1) / k
    assert (ahead <= alive * most * (1 + 1e-9) + 1e-300).all()  # below it, doubles have no 9 digits left
    if k == 1:
        assert (further <= 2 * ahead * (1 + 1e-9) + 1e-300).all()


def check_residual(kernel: PurchaseKernel, found: Cases) -> None:
    """Finite, and no less than what comes within a short time, discounted as if all came at its end."""
    residual = kernel.residual_transactions(*found, DELTA)
    soon = kernel.expected_purchases(*found, T_AHEAD)

    assert np.isfinite(residual).all()
    assert (residual >= soon * np.exp(-DELTA * T_AHEAD) * (1 - 1e-9)).all()


def with_aging(found: Cases) -> Cases:
    """The same cases with a speed of aging between."""
    params, x, t_x, T = found
    b = 10.0 ** np.random.default_rng(3).uniform(-4, 1, len(x))
    return [params[0], params[1], b, params[2], params[3]], x, t_x, T


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("t", [0.1, 30.0, 10_000.0])
def test_hundreds_of_cases_are_sane(name: str, t: float) -> None:
    some = cases(300, 1)
    check_sane(KERNELS[name], with_aging(some) if name == "ggompertz" else some, t)


@pytest.mark.parametrize("name", KERNELS)
def test_residual_transactions_are_sane(name: str) -> None:
    some = cases(500, 2)
    check_residual(KERNELS[name], with_aging(some) if name == "ggompertz" else some)


@pytest.mark.parametrize("name", ERLANG)
@pytest.mark.parametrize("t", [0.1, 1000.0])
def test_regular_cases_are_sane(name: str, t: float) -> None:
    check_sane(ERLANG[name], cases(100, 1), t)
    check_residual(ERLANG[name], cases(10, 2))


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
@pytest.mark.parametrize("name", KERNELS)
def test_hundred_thousand_cases_are_sane(name: str) -> None:
    for seed in range(10):
        some = cases(10_000, 100 + seed)
        own = with_aging(some) if name == "ggompertz" else some
        check_sane(KERNELS[name], own, (0.1, 30.0, 10_000.0)[seed % 3])
        check_residual(KERNELS[name], own)


@pytest.mark.long
@pytest.mark.parametrize("name", ERLANG)
def test_ten_thousand_regular_cases_are_sane(name: str) -> None:
    for seed in range(10):
        check_sane(ERLANG[name], cases(1_000, 100 + seed), (0.1, 30.0, 10_000.0)[seed % 3])
        check_residual(ERLANG[name], cases(100, 100 + seed))


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


def reference(name: str, own: list[float], history: tuple[float, float, float]) -> float:
    """Log-likelihood in mpmath."""
    if name in ERLANG:
        return erlang(own, history, 1e-6, 0, ERLANG[name].k, modified=name == "mcnbd3")[0]
    if name in ("bg", "mbg"):
        return bg(own, history, T_AHEAD, modified=name == "mbg")[0]
    return (pareto if name == "pareto" else ggompertz)(own, history, T_AHEAD, DELTA)[0]


def check_latent_means(n: int, seed: int) -> None:
    """A posterior mean of a gamma(r, alpha) rate is r / alpha times the likelihood at r + 1 over that at r.

    And that of a beta(a, b) chance a / (a + b) times the likelihood at a + 1 over that at a.
    """
    for name, kernel in ALL.items():
        params, x, t_x, T = with_aging(cases(n, seed)) if name == "ggompertz" else cases(n, seed)
        found = kernel.latent_means(params, x, t_x, T)
        leaves = kernel.names.index("s" if "s" in kernel.names else "a")
        for i in range(n):
            own, history = [float(p[i]) for p in params], (float(x[i]), float(t_x[i]), float(T[i]))
            faster, frailer = own.copy(), own.copy()
            faster[0] += 1.0
            frailer[leaves] += 1.0
            with mpmath.workdps(40):
                value, fast, frail = (reference(name, each, history) for each in (own, faster, frailer))
            k = kernel.k if isinstance(kernel, ErlangGeometric) else 1
            pace = own[0] / own[1] / k * np.exp(fast - value)
            next_one = own[leaves + 1] + (own[leaves] if "a" in kernel.names else 0.0)
            leave = own[leaves] / next_one * np.exp(frail - value)
            words = f"{name} {own} {history}"
            rtol = 1e-9 + 5e-16 * abs(value)  # what the logs leave of the ratio
            np.testing.assert_allclose(found["purchase_rate"][i], pace, rtol=rtol, err_msg=words)
            last = found.get("dropout_probability", found.get("dropout_rate"))
            assert last is not None
            np.testing.assert_allclose(last[i], leave, rtol=rtol, atol=1e-290, err_msg=words)


def test_latent_means_against_mpmath() -> None:
    check_latent_means(3, 6)


@pytest.mark.long
def test_hundreds_of_latent_means_against_mpmath() -> None:
    check_latent_means(200, 7)


def check_lifetime_pmf(n_cases: int, seed: int) -> None:
    """Relative error 1e-9 in the chances of 0, 1 and 12 purchases, sooner and later."""
    plain = cases(n_cases, seed)
    for kernel, (params, x, t_x, T) in ((PARETO_NBD, plain), (GGOMPERTZ_NBD, with_aging(plain))):
        for n, t in ((0, 30.0), (1, 1000.0), (12, 30.0)):
            found = kernel.conditional_pmf(params, x, t_x, T, n, t)
            alive = kernel.probability_alive(params, x, t_x, T, 0.0)
            for i in range(n_cases):
                own, history = [float(p[i]) for p in params], (float(x[i]), float(t_x[i]), float(T[i]))
                with mpmath.workdps(40):
                    chance = lifetime_pmf(own, history, n, t)
                expected = alive[i] * chance + ((1.0 - alive[i]) if n == 0 else 0.0)
                words = f"{own} {history} {n} {t}"
                np.testing.assert_allclose(found[i], expected, rtol=1e-9, atol=1e-280, err_msg=words)


def test_lifetime_pmf_against_mpmath() -> None:
    check_lifetime_pmf(2, 8)


@pytest.mark.long
def test_hundreds_of_lifetime_pmfs_against_mpmath() -> None:
    check_lifetime_pmf(300, 9)


@pytest.mark.parametrize(
    ("params", "t"),
    [
        ((0.8, 6.0, 0.2, 10.0, 1000.0), 156.0),
        ((0.5, 5.0, 0.1, 5.0, 200.0), 200.0),
        ((0.2284572058, 0.0006373236733, 1.201377593, 17.11083798, 1682.724975), 2613.2),
        ((1.8077856, 91.781037, 214.28263, 47.152734, 1351.5359), 1035.89),
    ],
)
def test_sharp_aging_against_mpmath(params: tuple[float, ...], t: float) -> None:
    """All leave within days of each other: the chances have an edge in time, and never exceed 1."""
    found = GGOMPERTZ_NBD.new_pmf(params, np.arange(5.0), t)

    with mpmath.workdps(30):
        expected = [lifetime_pmf(params, (0, 0, 0), n, t) for n in range(5)]
    np.testing.assert_allclose(found, expected, rtol=1e-10)
    assert found.max() <= 1.0


@pytest.mark.parametrize("name", ALL)
def test_chances_of_all_numbers_sum_to_one(name: str) -> None:
    """And their mean is the expectation, for customers new and old, where the numbers end."""
    kernel, rng, n = ALL[name], np.random.default_rng(12), np.arange(3000.0)
    for _ in range(12):
        own = (10.0 ** rng.uniform(-1, 2, len(kernel.names))).tolist()
        t = min(10.0 ** rng.uniform(-1, 4), 500.0 * own[1] / (own[0] + 10.0))
        new = kernel.new_pmf(own, n, t)

        assert ((new >= 0) & (new <= 1)).all()
        assert new.sum() == pytest.approx(1.0, abs=1e-10)
        assert new @ n == pytest.approx(kernel.new_purchases(own, np.array([t]))[0], rel=1e-8)


def few_events(n: int, seed: int) -> Cases:
    """Cases whose events to come can be gone through one by one."""
    params, x, t_x, T = cases(20 * n, seed)
    x = np.minimum(x, 50.0)
    few = (params[0] + 3 * x + 60.0) * T_AHEAD / (params[1] + T) < 2000.0
    rows = np.flatnonzero(few)[:n]
    return [p[rows] for p in params], x[rows], t_x[rows], T[rows]


def check_erlang(n_cases: int, seed: int) -> None:
    """Relative error 1e-9 in log-likelihood, P(alive) now and ahead, expected purchases, P(n purchases)."""
    params, x, t_x, T = few_events(n_cases, seed)
    for name, kernel in ERLANG.items():
        for n in (0, 1, 4):
            found = [
                row_log_likelihood(kernel, params, x, t_x, T),
                kernel.probability_alive(params, x, t_x, T, 0.0),
                kernel.probability_alive(params, x, t_x, T, T_AHEAD),
                kernel.expected_purchases(params, x, t_x, T, T_AHEAD),
                kernel.conditional_pmf(params, x, t_x, T, n, T_AHEAD),
            ]
            for i in range(len(x)):
                own, history = [float(p[i]) for p in params], (float(x[i]), float(t_x[i]), float(T[i]))
                with mpmath.workdps(50):
                    expected = erlang(own, history, T_AHEAD, n, kernel.k, modified=name == "mcnbd3")
                words = f"{name} {own} {history} {n}"
                own_found = [value[i] for value in found]
                np.testing.assert_allclose(own_found[0], expected[0], rtol=1e-9, atol=1e-9, err_msg=words)
                np.testing.assert_allclose(own_found[1:], expected[1:], rtol=1e-9, atol=1e-280, err_msg=words)


def test_regular_sample_against_mpmath() -> None:
    check_erlang(8, 4)


@pytest.mark.long
def test_hundreds_of_regular_cases_against_mpmath() -> None:
    check_erlang(300, 5)


@pytest.mark.parametrize("a", [1e-4, 0.5, 1.0, 3.0])
def test_a_million_purchases_are_summed_to_the_end(a: float) -> None:
    """Somebody with 100,000 purchases: k = 1 is BG/NBD in mpmath, k = 3 a sum over all events."""
    own, (x, t_x, T), t = (1.0, 1.0, a, 1000.0), (np.array([1e5]), np.array([1e4]), np.array([1e4])), 1e5
    plain = ErlangGeometric(1, modified=False).expected_purchases(own, x, t_x, T, t)[0]
    with mpmath.workdps(60):
        assert plain == pytest.approx(bg(own, (1e5, 1e4, 1e4), t, modified=False)[2], rel=1e-9)

    y, shape = t / (1.0 + 1e4), 1.0 + 3e5
    middle, spread = shape * y, 12 * np.sqrt(shape * y * (1 + y))
    events = np.arange(np.floor(middle - spread), middle + spread)
    chances = stats.nbinom.pmf(events, shape, 1 / (1 + y))
    stays = np.exp(np.cumsum(np.log1p(-a / (a + 101_000.0 + np.arange(1e6 + 1e5)))))
    bought = np.concatenate([[0.0, 1.0], 1.0 + np.cumsum(stays)])[(events // 3).astype(int)]
    alive = special.expit(-np.log(a / (1000.0 + 1e5 - 1.0)))
    kernel = ErlangGeometric(3, modified=False)

    assert kernel.expected_purchases(own, x, t_x, T, t)[0] == pytest.approx(alive * chances @ bought, rel=1e-9)
    still = alive * chances @ np.concatenate([[1.0], stays])[(events // 3).astype(int)]
    assert kernel.probability_alive(own, x, t_x, T, t)[0] == pytest.approx(still, rel=1e-9)


@pytest.mark.parametrize("modified", [False, True])
def test_k_1_is_the_plain_model_everywhere(modified: bool) -> None:
    """Counts to come from none to billions, and customers all but sure to leave: never negative, 1e-9 relative."""
    general, plain = ErlangGeometric(1, modified=modified), MBG_NBD if modified else BG_NBD
    some = cases(200, 3)
    for t in (0.1, 30.0, 10_000.0):
        for verb in ("probability_alive", "expected_purchases"):
            found, expected = getattr(general, verb)(*some, t), getattr(plain, verb)(*some, t)
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-290)
            assert (found >= 0).all()


def test_what_stays_does_not_cancel() -> None:
    """P(alive) of 2e-15, event by event; the difference 1 - P(lost) knows it to .5 percent."""
    own, history = (1.0, 4.0, 300.0, 20.0), (40.0, 10.0, 10.2)
    x, t_x, T = (np.array([value]) for value in history)
    for k in (1, 2):
        kernel = ErlangGeometric(k, modified=False)
        found = kernel.probability_alive(own, x, t_x, T, 20.0)[0]
        with mpmath.workdps(40):
            expected = erlang(own, history, 20.0, 0, k, modified=False)[2]
        assert found == pytest.approx(expected, rel=1e-11, abs=0)
