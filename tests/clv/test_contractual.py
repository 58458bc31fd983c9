"""Contracts: published fits and residual values, identities, recovery, refusals."""

from __future__ import annotations

from itertools import pairwise

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.clv._firm import firm, subscribers

from custvalue._arrays import FloatArray
from custvalue._frames import read_columns
from custvalue.clv._churn import ChurnModel, FittedChurn, FittedSurvival
from custvalue.clv._kernels import contractual as kernel
from custvalue.clv._protocol import CLVModel, FittedCLV, SupportsMargin
from custvalue.clv._result import CustomerValues
from custvalue.clv.beta_discrete_weibull import BetaDiscreteWeibull
from custvalue.clv.contractual import ContractualCLV, FittedContractual, retention_bias
from custvalue.clv.discrete_weibull import DiscreteWeibull
from custvalue.clv.geometric import Geometric
from custvalue.clv.renewals import ContractStates, RenewalCounts
from custvalue.clv.retention import HistoricalMargin, RetentionCLV
from custvalue.clv.shifted_beta_geometric import FittedShiftedBetaGeometric, ShiftedBetaGeometric
from custvalue.data import DiscountRate, Horizon, TimeUnit, Timing
from custvalue.errors import ConvergenceError, InputError, UnitError

TEN = DiscountRate.annual(0.10)

# Fader and Hardie (2007), table 1: customers left of 1,000, years 0 to 12.
REGULAR = (1000, 631, 468, 382, 326, 289, 262, 241, 223, 207, 194, 183, 173)
HIGH_END = (1000, 869, 743, 653, 593, 551, 517, 491, 468, 445, 427, 409, 394)


def counts(survivors: tuple[int, ...], years: int) -> RenewalCounts:
    """The first years of a cohort."""
    return RenewalCounts.from_survivors(survivors[: years + 1])


def sbg(alpha: float, beta: float) -> FittedShiftedBetaGeometric:
    """A shifted-beta-geometric model at stated parameters."""
    return ShiftedBetaGeometric().fit(counts(REGULAR, 7)).with_params({"alpha": alpha, "beta": beta})


# Is it right?


@pytest.mark.parametrize(
    ("survivors", "years", "params", "log_likelihood"),
    [
        (REGULAR, 7, (0.704077, 1.182043), -1680.2652),
        (HIGH_END, 7, (0.668088, 3.806095), -1611.1581),
        (REGULAR, 4, (0.763665, 1.29583), -1401.5594),
        (HIGH_END, 4, (1.280976, 7.790383), -1225.1349),
    ],
)
def test_shifted_beta_geometric_fits(
    survivors: tuple[int, ...], years: int, params: tuple[float, ...], log_likelihood: float
) -> None:
    """Fader and Hardie (2007), tables 2 and 3, recomputed; the paper's text prints .688 where .668 is right."""
    fit = ShiftedBetaGeometric().fit(counts(survivors, years))

    assert tuple(fit.params.values()) == pytest.approx(params, abs=2e-6)
    assert fit.log_likelihood == pytest.approx(log_likelihood, abs=5e-5)


@pytest.mark.parametrize(
    ("survivors", "years", "params", "log_likelihood"),
    [
        (REGULAR, 4, (0.523029, 0.894283, 1.196399), -1401.3831),
        (HIGH_END, 4, (0.259336, 1.722551, 1.584362), -1222.7493),
        (REGULAR, 7, (0.455614, 0.779326, 1.283451), -1679.6028),
        (HIGH_END, 7, (0.214253, 1.426575, 1.723565), -1605.3142),
    ],
)
def test_beta_discrete_weibull_fits(
    survivors: tuple[int, ...], years: int, params: tuple[float, ...], log_likelihood: float
) -> None:
    """Fader, Hardie, Liu, Davin and Steenburgh (2018), table 3, recomputed."""
    fit = BetaDiscreteWeibull().fit(counts(survivors, years))

    assert tuple(fit.params.values()) == pytest.approx(params, rel=2e-5)
    assert fit.log_likelihood == pytest.approx(log_likelihood, abs=5e-5)


def test_geometric_and_discrete_weibull_fits() -> None:
    """Regular, four years: theta .272, LL -1451.2; theta .3739, c .6359, LL -1404.0082 (the same paper)."""
    plain = Geometric().fit(counts(REGULAR, 4))
    assert plain.params["theta"] == pytest.approx(0.272, abs=5e-4)
    assert plain.log_likelihood == pytest.approx(-1451.2, abs=0.05)

    weibull = DiscreteWeibull().fit(counts(REGULAR, 4))
    assert tuple(weibull.params.values()) == pytest.approx((0.3739, 0.6359), abs=5e-5)
    assert weibull.log_likelihood == pytest.approx(-1404.0082, abs=5e-5)


def test_projection_to_year_twelve() -> None:
    """S(12) = .170037 (Regular) and .377999 (High End) from seven years; .173 and .394 were seen (2007 paper)."""
    regular = ShiftedBetaGeometric().fit(counts(REGULAR, 7)).curve(12).survival
    high_end = ShiftedBetaGeometric().fit(counts(HIGH_END, 7)).curve(12).survival

    assert [regular[12], high_end[12]] == pytest.approx([0.170037, 0.377999], abs=5e-6)


def test_likelihood_at_one_and_one() -> None:
    """LL(1, 1) = -2115.5 for the seven High End years: the check of the paper's appendix."""
    data = counts(HIGH_END, 7)
    log_s, slope = kernel.beta_discrete_weibull(1.0, 1.0, 1.0, np.arange(8.0))

    assert kernel.log_likelihood(log_s, slope, data.lost, data.kept)[0] == pytest.approx(-2115.5, abs=0.05)


@pytest.mark.parametrize(
    ("gamma", "delta", "expected", "tolerance"),
    [
        (3.80, 15.20, [3.310, 3.451, 3.587, 3.717, 3.842], 6e-4),
        (0.067, 0.267, [7.671, 9.455, 9.851, 10.056, 10.189], 6e-4),
    ],
)
def test_residual_lifetimes_of_fader_and_hardie(
    gamma: float, delta: float, expected: list[float], tolerance: float
) -> None:
    """DERL at 10 % after 0 to 4 renewals (Fader and Hardie 2010, cases 1 and 2, recomputed from rounded parameters)."""
    lives = sbg(gamma, delta).expected_residual_renewals(np.arange(5.0), discount=TEN)

    assert lives == pytest.approx(expected, abs=tolerance)


def test_residual_value_of_a_hundred_a_year() -> None:
    """100 a year at 10 %, gamma .764, delta 1.296 (Fader and Hardie 2010, recomputed).

    288.2, 393.9, 568.2 after 0, 1, 4 renewals; 343.18 under a constant retention of .833.
    """
    fit = sbg(0.764, 1.296)
    bias = retention_bias(fit, 0.833, renewals=[0, 1, 4], discount=TEN)

    assert 100 * bias.value == pytest.approx([288.2, 393.9, 568.2], abs=0.15)
    assert 100 * bias.constant_value == pytest.approx([343.18] * 3, abs=0.005)
    assert bias.bias == pytest.approx([343.18 / 288.2 - 1, 343.18 / 393.9 - 1, 343.18 / 568.2 - 1], abs=1e-3)


@pytest.mark.parametrize(("gamma", "delta"), [(0.067, 0.267), (0.764, 1.296), (3.8, 15.2), (0.9, 400.0)])
@pytest.mark.parametrize("renewals", [0, 3, 250])
@pytest.mark.parametrize("rate", [0.1, 0.004])
def test_residual_lifetime_against_the_closed_form(gamma: float, delta: float, renewals: int, rate: float) -> None:
    """(delta + m) / (gamma + delta + m) 2F1(1, delta + m + 1; gamma + delta + m + 1; 1 / (1 + d)), 30 digits."""
    with mpmath.workdps(30):
        b = mpmath.mpf(delta) + renewals
        ratio = b / (b + gamma)
        expected = float(ratio * mpmath.hyp2f1(1, b + 1, b + gamma + 1, 1 / (1 + mpmath.mpf(rate))))
    got = sbg(gamma, delta).expected_residual_renewals([float(renewals)], discount=DiscountRate.annual(rate))

    assert got[0] == pytest.approx(expected, rel=1e-9)


def test_standard_errors_against_the_information_of_a_binomial() -> None:
    """Geometric: theta = lost / at risk, standard error sqrt(theta (1 - theta) / at risk)."""
    data = counts(REGULAR, 4)
    due, lost = float(data.at_risk.sum()), float(data.lost.sum())
    fit = Geometric().fit(data)

    assert fit.params["theta"] == pytest.approx(lost / due, rel=1e-8)
    expected = np.sqrt(lost / due * (1 - lost / due) / due)
    assert fit.standard_errors["theta"] == pytest.approx(expected, rel=1e-5)


# Does it agree with itself?


def numeric_slope(value: object, params: list[float], times: FloatArray) -> FloatArray:
    """Central differences of a log survivor function."""
    assert callable(value)
    rows = []
    for i, param in enumerate(params):
        step = 1e-6 * param
        up, down = list(params), list(params)
        up[i], down[i] = param + step, param - step
        rows.append((value(*up, times)[0] - value(*down, times)[0]) / (2 * step))
    return np.array(rows)


@given(st.floats(0.1, 20.0), st.floats(0.1, 50.0), st.floats(0.3, 2.5))
def test_gradients_of_survival(gamma: float, delta: float, c: float) -> None:
    times = np.arange(12.0)
    beta = kernel.beta_discrete_weibull(gamma, delta, c, times)[1]
    assert beta == pytest.approx(
        numeric_slope(kernel.beta_discrete_weibull, [gamma, delta, c], times), rel=1e-3, abs=1e-6
    )

    theta = gamma / (gamma + delta)
    plain = kernel.discrete_weibull(theta, c, times)[1]
    assert plain == pytest.approx(numeric_slope(kernel.discrete_weibull, [theta, c], times), rel=1e-3, abs=1e-6)


@given(st.floats(0.05, 50.0), st.floats(0.05, 50.0), st.floats(0.3, 2.5))
def test_survival_falls_from_one(gamma: float, delta: float, c: float) -> None:
    log_s = kernel.beta_discrete_weibull(gamma, delta, c, np.arange(60.0))[0]

    assert log_s[0] == 0.0
    assert np.all(np.diff(log_s) < 0.0)


def test_equal_churn_probabilities_are_the_geometric_model() -> None:
    """Beta shares concentrated on .25: survival, residual life and value of the sBG tend to the geometric ones."""
    same = sbg(0.25e7, 0.75e7)
    assert same.curve(20).survival == pytest.approx(0.75 ** np.arange(21.0), rel=1e-5)

    summary = firm(1)
    constant = RetentionCLV(margin=100.0, retention=0.75).fit(summary)
    contract = FittedContractual(model=ContractualCLV(margin=100.0), churn=same)
    for timing in Timing:
        one = constant.lifetime_value(summary, discount=TEN, timing=timing).total
        assert contract.lifetime_value(summary, discount=TEN, timing=timing).total == pytest.approx(one, rel=1e-5)


def test_beta_discrete_weibull_with_c_one_is_the_shifted_beta_geometric() -> None:
    times = np.arange(30.0)
    full = BetaDiscreteWeibull().fit(counts(REGULAR, 7)).with_params({"gamma": 0.7, "delta": 1.2, "c": 1.0})

    assert full.log_survival(times) == pytest.approx(sbg(0.7, 1.2).log_survival(times), rel=1e-14)


def test_rows_and_cohorts_and_individuals_say_the_same() -> None:
    cohort = counts(REGULAR, 7)
    left = np.array(REGULAR[:8])
    renewals = np.repeat(np.arange(8), [*(-np.diff(left)).tolist(), left[-1]])
    churned = np.repeat([True] * 7 + [False], [*(-np.diff(left)).tolist(), left[-1]])
    rows = RenewalCounts.from_individuals(renewals, churned)

    one, two = ShiftedBetaGeometric().fit(cohort), ShiftedBetaGeometric().fit(rows)
    assert tuple(two.params.values()) == pytest.approx(tuple(one.params.values()), rel=1e-8)
    halves = RenewalCounts.from_cohorts({"a": left, "b": left[:5]})
    assert halves.kept.tolist() == [0, 0, 0, 0, 326, 0, 0, 241]
    assert halves.at_risk[:4] == pytest.approx(2 * left[:4])


def test_retention_of_a_cohort_rises_with_age() -> None:
    fit = ShiftedBetaGeometric().fit(counts(HIGH_END, 7))

    assert all(early < late for early, late in pairwise(fit.curve(30).retention))
    assert 1 - fit.churn_after(np.arange(5.0)) == pytest.approx(fit.curve(5).retention)
    assert fit.mean_churn == pytest.approx(1 - fit.curve(1).retention[0])


def test_bounds_hold_the_curve() -> None:
    curve = ShiftedBetaGeometric().fit(counts(HIGH_END, 7)).curve(12)

    assert np.all(curve.lower <= curve.survival)
    assert np.all(curve.survival <= curve.upper)
    assert curve.upper[7] - curve.lower[7] == pytest.approx(2 * 1.96 * np.sqrt(0.491 * 0.509 / 1000), rel=0.15)
    columns = read_columns(curve.to_frame(), ["renewal", "survival", "lower", "upper", "retention"])
    assert np.isnan(columns["retention"][0])


@pytest.mark.parametrize("n_samples", [20, pytest.param(1000, marks=pytest.mark.long)])
def test_intervals_of_survival_hold_the_truth_as_often_as_they_say(n_samples: int) -> None:
    """Cohorts of 2,000 from a shifted-beta-geometric, five years seen: the 90 % bounds of S(10)."""
    rng = np.random.default_rng(8)
    truth = sbg(0.8, 3.0).curve(10).survival[10]
    inside = 0
    for _ in range(n_samples):
        churn = rng.beta(0.8, 3.0, 2000)
        life = rng.geometric(churn) - 1
        data = RenewalCounts.from_individuals(np.minimum(life, 5), life < 5)
        curve = ShiftedBetaGeometric().fit(data).curve(10, level=0.9)
        inside += bool(curve.lower[10] <= truth <= curve.upper[10])

    assert abs(inside / n_samples - 0.9) <= 3.5 * np.sqrt(0.09 / n_samples)


def test_a_subscription_firm_read_off_its_payments() -> None:
    """The churn model is found again, the gone are worth nothing, older members more, margins are the payments."""
    summary = subscribers()
    model = ContractualCLV(margin=HistoricalMargin(0.5), contracts=ContractStates(TimeUnit.MONTH))
    fit = model.fit(summary)
    assert isinstance(fit.churn, FittedShiftedBetaGeometric)
    alpha, beta = fit.churn.params.values()
    assert alpha == pytest.approx(1.0, abs=3.5 * fit.churn.standard_errors["alpha"])
    assert beta == pytest.approx(9.0, abs=3.5 * fit.churn.standard_errors["beta"])

    horizon = Horizon(24, TimeUnit.MONTH)
    value = fit.lifetime_value(summary, horizon=horizon, discount=TEN)
    gone = model.contracts.churned(summary)
    renewals = model.contracts.renewals(summary)
    assert np.all(value.values[gone] == 0.0)
    assert np.all(value.values[~gone] > 0.0)
    order = np.argsort(renewals[~gone], kind="stable")
    assert np.all(np.diff(value.values[~gone][order]) >= 0.0)
    assert np.all(value.values <= 0.5 * 10 * 24)
    bounds = value.interval(0.9)
    assert np.all((bounds.lower <= value.values) & (value.values <= bounds.upper))


def test_satisfies_the_protocols() -> None:
    summary = subscribers(300)
    model = ContractualCLV(margin=5.0, contracts=ContractStates(TimeUnit.MONTH))

    assert isinstance(model, CLVModel)
    assert isinstance(model, SupportsMargin)
    assert model.with_margin(0.5) is model
    assert isinstance(model.fit(summary), FittedCLV)
    for churn in (Geometric(), DiscreteWeibull(), ShiftedBetaGeometric(), BetaDiscreteWeibull()):
        assert isinstance(churn, ChurnModel)
        fit = churn.fit(counts(REGULAR, 7))
        assert isinstance(fit, FittedChurn)
        assert isinstance(fit, FittedSurvival)


def test_margin_per_customer_is_looked_up() -> None:
    summary = subscribers(300)
    margin = CustomerValues(customers=summary.customers, values=np.arange(300.0))
    fit = ContractualCLV(margin=margin, contracts=ContractStates(TimeUnit.MONTH)).fit(summary)

    part = fit.lifetime_value(summary.take(np.arange(10)), discount=TEN).values
    assert part == pytest.approx(fit.lifetime_value(summary, discount=TEN).values[:10])


# Does it refuse bad input?


def test_a_cohort_that_grows_is_refused() -> None:
    with pytest.raises(InputError, match=r"cohort '2024': expected a cohort that never grows, got 80 growing to 90"):
        RenewalCounts.from_cohorts({"2023": [100, 90], "2024": [100, 80, 90]})


@pytest.mark.parametrize("bad", [[100], [100, -1], [100, np.nan]])
def test_cohorts_too_short_or_not_counts_are_refused(bad: list[float]) -> None:
    with pytest.raises(InputError, match="cohort"):
        RenewalCounts.from_survivors(bad)


def test_other_bad_counts() -> None:
    with pytest.raises(InputError, match="at least one cohort"):
        RenewalCounts.from_cohorts({})
    with pytest.raises(InputError, match="every contract"):
        RenewalCounts.from_individuals([1, 2], [True])
    with pytest.raises(InputError, match="0 or more"):
        RenewalCounts.from_individuals([-1], [True])
    with pytest.raises(InputError, match=r"n \+ 1 kept"):
        RenewalCounts(lost=np.array([1.0]), kept=np.array([1.0]))
    with pytest.raises(InputError, match="share of 0 or more"):
        ContractStates(grace=-1.0)


def test_nobody_lost_or_nobody_renewed_cannot_be_fitted() -> None:
    for model in (Geometric(), DiscreteWeibull(), ShiftedBetaGeometric(), BetaDiscreteWeibull()):
        with pytest.raises(InputError, match="some contracts lost"):
            model.fit(RenewalCounts.from_survivors([100, 100]))
        with pytest.raises(InputError, match="some contracts renewed"):
            model.fit(RenewalCounts.from_survivors([100, 0]))


NASTY: dict[str, list[float]] = {
    "one renewal": [100, 60],
    "three contracts": [3, 2, 2, 1],
    "exactly geometric": [1000, 800, 640, 512],
    "churn rises": [1000, 950, 850, 650, 300],
    "a cliff": [1000, 990, 980, 100, 95, 90],
    "all gone at the second": [100, 100, 0],
    "all gone": [10, 5, 0],
    "hardly any churn": [100_000, 99_999, 99_998],
    "all but one at once": [1000, 1, 1, 1],
    "ten years of months": np.round(1000 * np.exp(-0.02 * np.arange(120.0))).tolist(),
    "ten million": [10_000_000, 9_000_000, 8_200_000, 7_600_000],
}


@pytest.mark.parametrize("model", [Geometric(), DiscreteWeibull(), ShiftedBetaGeometric(), BetaDiscreteWeibull()])
@pytest.mark.parametrize("name", NASTY)
def test_nasty_cohorts_are_fitted_or_refused_in_words(name: str, model: ChurnModel) -> None:
    """Predictions are finite and fall with age; what the data do not determine is said in the diagnostics."""
    refusals: list[str] = []
    try:
        fit = model.fit(RenewalCounts.from_survivors(NASTY[name]))
    except ConvergenceError as error:
        refusals.append(str(error))
    assert all("did not end at a maximum" in refusal for refusal in refusals)
    if refusals:
        return
    assert isinstance(fit, FittedChurn)
    survival = np.exp(fit.log_survival(np.arange(60.0)))
    lives = fit.expected_residual_renewals(np.array([0.0, 1.0, 5.0, 50.0]), discount=TEN)

    assert survival[0] == 1.0
    assert np.all(np.diff(survival) <= 0.0)
    assert np.all(np.isfinite(lives) & (lives >= 0.0) & (lives <= 11.0))
    if name == "one renewal" and len(fit.params) > 1:
        assert fit.diagnostics.unidentified


def test_no_end_and_no_discount_and_other_periods() -> None:
    fit = sbg(0.7, 1.2)
    with pytest.raises(InputError, match="Give a horizon"):
        fit.expected_residual_renewals([0.0], discount=DiscountRate.annual(0.0))
    with pytest.raises(InputError, match="0 or more"):
        fit.expected_residual_renewals([-1.0], discount=TEN)
    with pytest.raises(InputError, match="1 renewal or more"):
        fit.curve(0)
    months = ContractualCLV(margin=1.0, contracts=ContractStates(TimeUnit.MONTH))
    with pytest.raises(UnitError, match="churn a month, got churn a year"):
        FittedContractual(model=months, churn=fit)
    with pytest.raises(InputError, match="finite"):
        ContractualCLV(margin=float("inf"))


def test_undiscounted_finite_horizon_is_the_sum_of_survival() -> None:
    fit = sbg(0.7, 1.2)
    years = Horizon(6, TimeUnit.YEAR)
    lives = fit.expected_residual_renewals([2.0], horizon=years, discount=DiscountRate.annual(0.0))
    survival = np.exp(fit.log_survival(np.arange(9.0)))

    assert lives[0] == pytest.approx(survival[3:9].sum() / survival[2], rel=1e-13)


# Does it run at size?


def test_a_million_contracts_are_a_table() -> None:
    rng = np.random.default_rng(2)
    life = rng.geometric(rng.beta(1.0, 9.0, 1_000_000)) - 1
    fit = ShiftedBetaGeometric().fit(RenewalCounts.from_individuals(np.minimum(life, 48), life < 48))

    assert tuple(fit.params.values()) == pytest.approx((1.0, 9.0), rel=0.02)
