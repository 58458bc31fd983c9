"""Data sets that break fits: every model fits them or refuses in words; no warning escapes (they are errors here)."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import pytest
from scipy import optimize
from tests.clv._nasty import NASTY, nasty

from custvalue.clv._estimate import LogNormalPrior
from custvalue.clv._kernels.bg_nbd import BetaGeometric
from custvalue.clv._kernels.likelihood import row_log_likelihood
from custvalue.clv._purchases import FittedTransactions, PatternModel
from custvalue.clv.bg_nbd import BGNBD, MBGNBD
from custvalue.clv.cnbd_k import BGCNBDk
from custvalue.clv.ggompertz_nbd import GGompertzNBD
from custvalue.clv.nbd import NBD
from custvalue.clv.pareto_nbd import ParetoNBD
from custvalue.clv.processes import MBGNBDProcess
from custvalue.clv.simulate import simulate_log
from custvalue.data import ObservationWindow, PurchasePatterns, TimeUnit
from custvalue.errors import ConvergenceError
from custvalue.testing import example_summary

MODELS = [NBD(), BGNBD(), MBGNBD(), BGCNBDk(k=2), ParetoNBD()]


class Model(Protocol):
    """Any of the purchase models."""

    def fit(self, data: PurchasePatterns, /) -> FittedTransactions:
        """Fit."""
        ...


def check_fit_or_words(model: Model, name: str) -> None:
    """Fit or refuse; whatever is said must be finite, and what lies far out must be named."""
    data = nasty(name)
    try:
        fit = model.fit(data)
    except ConvergenceError as refusal:
        told: tuple[bool, ...] = (
            "on a boundary: " in str(refusal) or "grows without limit in " in str(refusal),
            refusal.fit is not None,
        )
    else:
        told = check_fit(fit, data)
    assert all(told)


def check_fit(fit: FittedTransactions, data: PurchasePatterns) -> tuple[bool, ...]:
    """What must hold of a fit, extreme or not."""
    report = fit.diagnostics
    mean_age = float(data.T.mean())
    for parameter, value in fit.params.items():
        scaled = value / mean_age if parameter == "alpha" else value
        if not 1e-4 < scaled < 1e4 and parameter != "beta":
            assert any(text.startswith(f"{parameter} ->") for text in report.boundary), str(report)
    row = data.x[:50], data.t_x[:50], data.T[:50]
    values = fit.estimate.values.tolist()
    alive = fit.kernel.probability_alive(values, *row, 0.0)
    ahead = fit.kernel.expected_purchases(values, *row, 10.0)
    fine = ((alive >= 0) & (alive <= 1)).all(), (np.isfinite(ahead) & (ahead >= 0)).all()
    return *map(bool, fine), not report.boundary or "prior" in str(report)


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_fits_or_refuses_in_words(model: Model, name: str) -> None:
    check_fit_or_words(model, name)


def test_the_higher_of_two_maxima_is_found_and_the_other_named() -> None:
    """Few come back: most left at once, or most buy seldom. Each searched for from beside it, with scipy alone."""
    process = MBGNBDProcess(0.238032, 6.0305, 0.11745, 1.902533)
    year = ObservationWindow("2025-01-01", "2025-12-31")
    log = simulate_log(process, n_customers=3_000, window=year, acquired_until="2025-06-30", seed=222204236)
    data = log.summary().patterns()

    def lost(theta: np.ndarray) -> float:
        return -float(data.weights @ row_log_likelihood(BetaGeometric(modified=True), np.exp(theta), *history))

    history = (data.x, data.t_x, data.T)
    one, other = (
        optimize.minimize(
            lost, np.log(beside), method="Nelder-Mead", options={"maxiter": 4000, "fatol": 1e-9, "xatol": 1e-7}
        )
        for beside in (np.array([0.22, 5.7, 0.28, 6.5]), np.array([0.35, 6.6, 0.09, 0.24]))
    )
    fit = MBGNBD().fit(data)

    assert 0.5 < other.fun - one.fun < 2.0
    assert fit.log_likelihood == pytest.approx(-one.fun, abs=1e-4)
    assert list(fit.params.values()) == pytest.approx(np.exp(one.x), rel=1e-3)
    assert f"a second maximum lies {other.fun - one.fun:.2f} nats lower, at r {np.exp(other.x[0]):.4g}," in str(fit)


@pytest.mark.long
@pytest.mark.parametrize("name", NASTY)
def test_ggompertz_fits_or_refuses_in_words(name: str) -> None:
    check_fit_or_words(GGompertzNBD(), name)


@pytest.mark.parametrize(
    ("model", "name", "boundary"),
    [
        (MBGNBD(), "bought on the last day", "a -> 0"),
        (ParetoNBD(), "bought on the last day", "s -> 0"),
        (BGNBD(), "homogeneous rate", "r -> infinity"),
        (MBGNBD(), "very fast dropout", "a -> infinity"),
        (BGNBD(), "hardly any dropout", "b -> infinity"),
        (BGNBD(), "bought on the last day", "a -> 0"),
        (NBD(), "constant x", "r -> infinity"),
        (BGNBD(), "x only 0 or 1", "b -> 0"),
    ],
)
def test_boundaries_are_named(model: PatternModel[FittedTransactions], name: str, boundary: str) -> None:
    assert boundary in model.fit(nasty(name)).diagnostics.boundary


def test_unlimited_likelihood_is_refused() -> None:
    """Repeats at age 0: the density grows without limit as alpha goes to 0."""
    with pytest.raises(ConvergenceError, match="without limit in alpha"):
        BGNBD().fit(nasty("repeats at once"))


@pytest.mark.parametrize("name", ["nobody leaves", "homogeneous rate", "x only 0 or 1", "one customer"])
def test_a_weak_prior_brings_it_inside(name: str) -> None:
    """The prior is offered, never applied silently; it costs little and ends every boundary."""
    data = nasty(name)
    plain, weak = BGNBD().fit(data), BGNBD(prior=LogNormalPrior()).fit(data)

    assert plain.diagnostics.boundary or name == "nobody leaves"
    assert not weak.diagnostics.boundary
    assert not weak.diagnostics.unidentified
    assert weak.log_likelihood > plain.log_likelihood - 12.0
    assert all(np.isfinite(list(weak.standard_errors.values())))


def test_a_prior_too_weak_to_hold_says_to_take_a_tighter_one() -> None:
    """Fifty customers, each with 10,000 purchases: nothing tells one rate from another."""
    x, t_x, T, weights = (np.array([value]) for value in (10_000.0, 9.9, 10.0, 50.0))
    whales = PurchasePatterns(x=x, t_x=t_x, T=T, weights=weights, unit=TimeUnit.WEEK)
    with pytest.raises(ConvergenceError, match=r"in r: .*a tighter prior, such as LogNormalPrior\(sd=1\)"):
        NBD(prior=LogNormalPrior()).fit(whales)
    assert NBD(prior=LogNormalPrior(sd=1)).fit(whales).diagnostics.converged


def test_the_unit_of_nasty_data_does_not_matter() -> None:
    """Seconds and years are one data set."""
    seconds, years = BGNBD().fit(nasty("seconds")), BGNBD().fit(nasty("years"))

    ratio = 604_800.0 / (7 / 365.25)
    assert seconds.params["alpha"] == pytest.approx(years.params["alpha"] * ratio, rel=1e-9)
    assert seconds.params["b"] == pytest.approx(years.params["b"], rel=1e-9)


def test_small_weights_are_not_mistaken_for_a_flat_likelihood() -> None:
    """The same customers, together a ten-thousandth of one: the same parameters, and words about the weights alone."""
    summary = example_summary()
    n = len(summary)
    whole, light = BGNBD().fit(summary), BGNBD().fit(summary, weights=np.full(n, 1e-4 / n))

    assert list(light.params.values()) == pytest.approx(list(whole.params.values()), rel=1e-6)
    assert light.diagnostics.unidentified == ""
    assert "no maximum" not in str(light.diagnostics)
    assert "case weights add up to 0.0001, less than one customer" in str(light.diagnostics)
    assert "case weights" not in str(whole.diagnostics)
    for name, error in whole.standard_errors.items():
        assert light.standard_errors[name] == pytest.approx(error * np.sqrt(1e4 * n), rel=1e-4)


@pytest.mark.long
@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("model", [BGNBD(), MBGNBD(), ParetoNBD()], ids=lambda model: type(model).__name__)
def test_no_random_start_finds_better(model: PatternModel[FittedTransactions], name: str) -> None:
    """Twenty random starts of the same search."""
    import attrs  # noqa: PLC0415 - long check only

    from custvalue.clv._optimise import maximise  # noqa: PLC0415 - long check only

    problem = model.problem(nasty(name))
    found = maximise(problem)
    rng = np.random.default_rng(5)
    for start in rng.normal(0.0, 2.5, (20, len(problem.names))):
        other = maximise(attrs.evolve(problem, starts=(start,)))
        assert other.value < found.value + 1e-3 + 1e-6 * abs(found.value) or found.runaway.any()
