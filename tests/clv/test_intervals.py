"""Bounds of predictions: against arithmetic by hand, on the right scale, in blocks, refused where there are none."""

from __future__ import annotations

from typing import Self

import attrs
import numpy as np
import pytest
from tests.clv._cdnow_spend import cdnow

from custvalue.clv import (
    BGNBD,
    MBGNBD,
    NBD,
    BGCNBDk,
    CustomerValues,
    Density,
    Estimate,
    FitReport,
    FittedBuyTillYouDie,
    GammaGamma,
    LogNormalPrior,
    ParameterDraws,
    with_intervals,
)
from custvalue.clv import intervals as module
from custvalue.clv._normal import normal_quantile
from custvalue.clv.intervals import DeltaIntervals, DrawIntervals, RowPredictor
from custvalue.data import CustomerIndex, CustomerSummary, DiscountRate, Horizon, TimeUnit
from custvalue.errors import ConvergenceError, InputError

TOYS = Density(model="Toy", of="toys")
FINE = FitReport(converged=True, gradient_norm=0.0, hessian_condition=1.0, n_evaluations=1)
QUARTER = Horizon(13, TimeUnit.WEEK)


@attrs.frozen
class Toy:
    """Two parameters: the log of a scale (deviation .1) and a shift that may be negative (deviation 2)."""

    estimate: Estimate = attrs.field(
        factory=lambda: Estimate(
            density=TOYS,
            names=("scale", "shift"),
            theta=np.array([np.log(5.0), -3.0]),
            log_likelihood=-1.0,
            hessian=-np.diag([100.0, 0.25]),
            n_observations=10,
            report=FINE,
            positive=(True, False),
        )
    )

    def with_theta(self, theta: np.ndarray, /) -> Self:
        """Move."""
        return attrs.evolve(self, estimate=self.estimate.at(theta))


FACTORS = np.array([1.0, 2.0, 10.0])


def times(fitted: Toy, rows: np.ndarray | None) -> np.ndarray:
    """Positive: scale times a factor a customer."""
    values: np.ndarray = fitted.estimate.values[0] * FACTORS
    return values if rows is None else values[rows]


def shifted(fitted: Toy, rows: np.ndarray | None) -> np.ndarray:
    """Any sign: factor plus shift."""
    values: np.ndarray = FACTORS + fitted.estimate.values[1]
    return values if rows is None else values[rows]


def chance(fitted: Toy, rows: np.ndarray | None) -> np.ndarray:
    """A probability whose logit is factor plus shift."""
    values: np.ndarray = 1.0 / (1.0 + np.exp(-shifted(fitted, rows)))
    return values


def test_amounts_have_bounds_on_the_scale_of_logs() -> None:
    """5 e^(+-1.96 x .1), times the factors."""
    lower, upper = DeltaIntervals(fitted=Toy(), predict=times).interval(0.95)

    assert lower == pytest.approx(5 * np.exp(-0.1959964) * FACTORS, rel=1e-6)
    assert upper == pytest.approx(5 * np.exp(0.1959964) * FACTORS, rel=1e-6)


def test_values_of_any_sign_have_plain_bounds() -> None:
    """Factor - 3 +- 1.645 x 2."""
    lower, upper = DeltaIntervals(fitted=Toy(), predict=shifted).interval(0.9)

    assert lower == pytest.approx(FACTORS - 3 - 3.289707, rel=1e-6)
    assert upper == pytest.approx(FACTORS - 3 + 3.289707, rel=1e-6)


def test_bounds_of_a_customer_do_not_depend_on_who_else_is_asked_about() -> None:
    """A gainer, beside a loss-maker, somebody worth nothing, and one who may turn out either way (scale less cost)."""
    factors, costs = np.array([1.0, 1.0, 0.0, 1.0]), np.array([0.0, 7.0, 0.0, 4.5])

    def worth(fitted: Toy, rows: np.ndarray | None) -> np.ndarray:
        values: np.ndarray = fitted.estimate.values[0] * factors - costs
        return values if rows is None else values[rows]

    def one(at: int) -> RowPredictor[Toy]:
        return lambda fitted, _: worth(fitted, np.array([at]))

    lower, upper = DeltaIntervals(fitted=Toy(), predict=worth).interval(0.95)
    alone = np.array([DeltaIntervals(fitted=Toy(), predict=one(at)).interval(0.95) for at in range(4)])

    assert np.array_equal(alone[:, :, 0].T, [lower, upper])
    assert lower == pytest.approx([5 * np.exp(-0.1959964), -2 - 0.979982, 0, 0.5 - 0.979982], rel=1e-5)
    assert upper == pytest.approx([5 * np.exp(0.1959964), -2 + 0.979982, 0, 0.5 + 0.979982], rel=1e-5)


def test_counts_never_have_bounds_below_zero() -> None:
    """However unsure they are, and beside somebody from whom nothing is to come."""

    def count(fitted: Toy, rows: np.ndarray | None) -> np.ndarray:
        values: np.ndarray = np.array([0.0, 1.0]) * np.exp(9 * np.log(fitted.estimate.values[0]))
        return values if rows is None else values[rows]

    lower, _ = DeltaIntervals(fitted=Toy(), predict=count).interval(0.9999)
    assert lower == pytest.approx([0.0, 5**9 * np.exp(-0.9 * 3.890592)], rel=1e-5)


def test_probabilities_stay_inside_0_and_1() -> None:
    """Plain bounds on the logit."""
    lower, upper = DeltaIntervals(fitted=Toy(), predict=chance, probability=True).interval(0.9)
    logit = FACTORS - 3

    assert lower == pytest.approx(1 / (1 + np.exp(-(logit - 3.289707))), rel=1e-5)
    assert upper == pytest.approx(1 / (1 + np.exp(-(logit + 3.289707))), rel=1e-5)


def test_certain_probabilities_have_no_width() -> None:
    """P(alive) of 0 or 1 by construction: bounds equal the value, not NaN."""

    def sure(_: Toy, rows: np.ndarray | None) -> np.ndarray:
        values = np.array([0.0, 1.0, 1.0])
        return values if rows is None else values[rows]

    lower, upper = DeltaIntervals(fitted=Toy(), predict=sure, probability=True).interval(0.95)
    assert lower.tolist() == upper.tolist() == [0.0, 1.0, 1.0]


def test_infinite_means_stay_infinite() -> None:
    """An expected spend without a mean: no bounds pretend otherwise."""

    def endless(fitted: Toy, rows: np.ndarray | None) -> np.ndarray:
        values = times(fitted, None).copy()
        values[1] = np.inf
        return values if rows is None else values[rows]

    lower, upper = DeltaIntervals(fitted=Toy(), predict=endless).interval(0.95)
    assert np.isposinf([lower[1], upper[1]]).all()
    assert np.isfinite([lower[[0, 2]], upper[[0, 2]]]).all()


@pytest.mark.filterwarnings("error")
def test_a_mean_close_to_where_means_end_has_no_upper_bound() -> None:
    """It is infinite one step further; the lower bound takes the slope of the finite side."""

    def mean(fitted: Toy, rows: np.ndarray | None) -> np.ndarray:
        beyond = fitted.estimate.values[0] - np.array([4.999, 3.0])
        values: np.ndarray = np.where(beyond > 0.0, 1.0 / np.maximum(beyond, 1e-300), np.inf)
        return values if rows is None else values[rows]

    lower, upper = DeltaIntervals(fitted=Toy(), predict=mean).interval(0.95)
    # d log(mean) / d log(scale) at 5: -5 / .001, by a one-sided difference of 1e-3 about half of that in size; -5 / 2
    assert upper[0] == np.inf
    assert 0.0 <= lower[0] < 1e-100
    assert [lower[1], upper[1]] == pytest.approx([0.5 * np.exp(-0.489991), 0.5 * np.exp(0.489991)], rel=1e-5)


@pytest.mark.filterwarnings("error")
def test_bounds_beyond_all_numbers_are_infinite() -> None:
    """10,000 times as steep as the log of the scale: e^(+-1960)."""

    def steep(fitted: Toy, rows: np.ndarray | None) -> np.ndarray:
        with np.errstate(over="ignore"):
            values: np.ndarray = np.exp(1e4 * (fitted.estimate.theta[:1] - np.log(5.0)))
        return values if rows is None else values[rows]

    lower, upper = DeltaIntervals(fitted=Toy(), predict=steep).interval(0.95)
    assert (lower[0], upper[0]) == (0.0, np.inf)


def test_parameters_that_go_together_are_moved_together() -> None:
    """An intercept at 0 and a slope on a column around 10,000: their sum there is known to .1, either alone is not."""
    column = 10_000.0
    design = np.array([[1.0, column], [1.0, column + 1.0], [1.0, column - 1.0]])
    fit = Toy(
        attrs.evolve(Toy().estimate, hessian=-100.0 / 3 * design.T @ design, theta=np.array([-2.0 * column, 2.0]))
    )

    def at_column(fitted: Toy, rows: np.ndarray | None) -> np.ndarray:
        values: np.ndarray = np.exp(design @ fitted.estimate.theta)[:2]
        return values if rows is None else values[rows]

    lower, upper = DeltaIntervals(fitted=fit, predict=at_column).interval(0.95)
    # least squares: variance .01 at the mean of three equal weights, and .01 + 1 / (2 x 100 / 3) one unit away
    half = normal_quantile(0.975) * np.sqrt([0.01, 0.01 + 3 / 200])
    assert np.log(lower) == pytest.approx(np.array([0.0, 2.0]) - half, abs=1e-4)
    assert np.log(upper) == pytest.approx(np.array([0.0, 2.0]) + half, abs=1e-4)


def test_differences_of_rounding_are_no_slope() -> None:
    """A probability next to 1 that jumps by a unit in the last place."""

    def sure(fitted: Toy, rows: np.ndarray | None) -> np.ndarray:
        values = np.array([1.0 - 2.0**-52 * (1 + (fitted.estimate.theta[1] > -3.0))])
        return values if rows is None else values[rows]

    lower, upper = DeltaIntervals(fitted=Toy(), predict=sure, probability=True).interval(0.95)
    assert 1.0 - 1e-14 < lower[0] <= upper[0] <= 1.0


def test_open_parameters_are_refused_with_advice() -> None:
    """No curvature in one direction: no covariance, so no bounds."""
    flat = attrs.evolve(Toy().estimate, hessian=-np.diag([100.0, 0.0]))
    with pytest.raises(ConvergenceError, match="with a prior"):
        DeltaIntervals(fitted=Toy(estimate=flat), predict=times).interval(0.95)


def test_draws_give_quantiles_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """1,001 known draws; blocks of one customer give what one block gives."""
    theta = np.column_stack([np.linspace(0, 1, 1_001), np.zeros(1_001)])
    draws = Toy().estimate.draws(theta, "made up")
    whole = DrawIntervals(fitted=Toy(), draws=draws, predict=times, n_customers=3).interval(0.9)
    monkeypatch.setattr(module, "_BLOCK_VALUES", 1_001)
    blocks = DrawIntervals(fitted=Toy(), draws=draws, predict=times, n_customers=3).interval(0.9)

    assert whole[0] == pytest.approx(np.exp(0.05) * FACTORS, rel=2e-3)
    assert whole[1] == pytest.approx(np.exp(0.95) * FACTORS, rel=2e-3)
    assert np.array_equal(whole, blocks)


def test_delta_bounds_of_real_predictions_agree_with_refits() -> None:
    """Expected purchases of every fourth CDNOW customer: both methods are about as wide."""
    summary = cdnow().take(np.arange(0, 2357, 4))
    fit, few = BGNBD().fit(summary), summary.take(np.array([0, 1, 2, 500]))

    def ahead(fitted: module.SupportsIntervals, part: CustomerSummary) -> CustomerValues:
        assert isinstance(fitted, type(fit))
        return fitted.expected_purchases(part, QUARTER)

    delta = with_intervals(fit, few, ahead).interval(0.9)
    refits = with_intervals(fit, few, ahead).with_draws(fit.bootstrap(summary, 30, seed=1)).interval(0.9)

    assert (refits.upper - refits.lower) / (delta.upper - delta.lower) == pytest.approx(np.ones(4), abs=0.5)
    assert (delta.method, refits.method) == ("delta", "bootstrap (weighted)")


def test_draws_of_another_model_are_refused() -> None:
    """Names must agree."""
    summary = cdnow().take(np.arange(0, 2357, 10))
    fit = NBD().fit(summary)
    draws = GammaGamma().fit(summary).bootstrap(summary, 5, seed=1)
    with pytest.raises(InputError, match="draws of"):
        with_intervals(fit, summary, lambda f, part: f.expected_purchases(part, QUARTER)).with_draws(draws)


def test_draws_of_another_unit_or_model_are_refused() -> None:
    """The names agree: in days alpha means another time, in MBG/NBD a and b another chance."""
    summary = cdnow().take(np.arange(0, 2357, 4))
    fit, days = BGNBD().fit(summary), summary.in_unit(TimeUnit.DAY)
    ahead = fit.expected_purchases(summary, QUARTER)
    strangers = [
        (BGNBD().fit(days).bootstrap(days, 3, seed=1), r"BGNBD \(purchase times in days\)"),
        (MBGNBD().fit(summary).bootstrap(summary, 3, seed=1), r"MBGNBD \(purchase times in weeks\)"),
    ]
    for draws, said in strangers:
        assert draws.names == fit.estimate.names
        with pytest.raises(InputError, match=r"draws of BGNBD \(purchase times in weeks\), got of " + said):
            ahead.with_draws(draws)
    own = fit.bootstrap(summary, 3, seed=1)
    assert ahead.with_draws(own).with_draws(fit.posterior(days, LogNormalPrior(), 100, seed=1).draws).intervals
    two, three = BGCNBDk(k=2).fit(summary), BGCNBDk(k=3).fit(summary)
    with pytest.raises(InputError, match=r"k=2.*k=3"):
        two.expected_purchases(summary, QUARTER).with_draws(three.bootstrap(summary, 2, seed=1))


def test_joined_draws_belong_to_both_parts() -> None:
    """Draws of MBG/NBD and Gamma-Gamma together are none of BG/NBD and Gamma-Gamma; own ones are taken."""
    summary = cdnow().take(np.arange(0, 2357, 4))
    spend = GammaGamma().fit(summary)
    one, other = (FittedBuyTillYouDie(purchases=m.fit(summary), spend=spend) for m in (BGNBD(), MBGNBD()))
    value = one.lifetime_value(summary, horizon=QUARTER, discount=DiscountRate.annual(0.1))

    assert value.with_draws(one.bootstrap(summary, 3, seed=1)).interval(0.9).method == "bootstrap (weighted)"
    with pytest.raises(InputError, match="MBGNBD and GammaGamma"):
        value.with_draws(other.bootstrap(summary, 3, seed=1))


def test_draws_made_elsewhere_are_taken_under_the_name_of_the_fit() -> None:
    """Say, from a sampler of one's own: the median of three draws is the middle one."""
    summary = cdnow().take(np.arange(0, 2357, 4))
    fit = NBD().fit(summary)
    theta = fit.estimate.theta + np.array([[-0.1], [0.0], [0.1]])
    found = fit.new_customer_purchases(QUARTER).with_draws(fit.estimate.draws(theta, "my sampler"))

    # E[X(13)] = 13 r / alpha: both logs moved alike leave it where it is
    assert found.interval(0.5) == pytest.approx([13 * fit.params["r"] / fit.params["alpha"]] * 2)
    assert found.intervals is not None
    assert found.intervals.method == "my sampler"


def test_draws_are_on_their_natural_scale_in_frames_and_intervals() -> None:
    """Logs come back as positive numbers, the others as they are."""
    theta = np.column_stack([np.log([1.0, 2.0, 3.0]), [-1.0, 0.0, 1.0]])
    draws = Toy().estimate.draws(theta, "made up")

    assert draws.values == pytest.approx(np.array([[1, -1], [2, 0], [3, 1]]))
    assert draws.interval(0.5)["shift"] == pytest.approx((-0.5, 0.5))
    assert draws.thinned(2).theta.tolist() == [theta[0].tolist(), theta[2].tolist()]
    assert draws.thinned(9) is draws
    with pytest.raises(InputError, match="probability"):
        draws.interval(1.5)
    with pytest.raises(InputError, match="n_draws"):
        ParameterDraws(density=TOYS, names=("one",), theta=theta, positive=(True,), method="made up")


def test_values_carry_their_customers() -> None:
    """Bounds are lined up with the prediction."""
    summary = cdnow().take(np.array([5, 3]))
    fit = NBD().fit(cdnow())
    value = with_intervals(fit, summary, lambda f, part: f.expected_purchases(part, QUARTER))

    assert value.interval().customers == CustomerIndex(np.array([5, 3]))


def test_sums_have_bounds_of_their_own() -> None:
    """One shared scale: the log-width of the sum is that of each customer; a shared shift counts once a customer."""
    customers = CustomerIndex(np.arange(3))
    scaled = CustomerValues(
        customers=customers,
        values=times(Toy(), None),
        intervals=DeltaIntervals(fitted=Toy(), predict=times),
    )
    moved = CustomerValues(
        customers=customers,
        values=shifted(Toy(), None),
        intervals=DeltaIntervals(fitted=Toy(), predict=shifted),
    )

    assert scaled.total_interval(0.95) == pytest.approx((65 * np.exp(-0.1959964), 65 * np.exp(0.1959964)), rel=1e-6)
    assert moved.total_interval(0.9) == pytest.approx((4 - 3 * 3.289707, 4 + 3 * 3.289707), rel=1e-6)


def test_sums_over_draws_are_quantiles_of_sums() -> None:
    """Known draws of the scale."""
    theta = np.column_stack([np.linspace(0, 1, 1_001), np.zeros(1_001)])
    draws = Toy().estimate.draws(theta, "made up")
    source = DrawIntervals(fitted=Toy(), draws=draws, predict=times, n_customers=3)
    values = CustomerValues(customers=CustomerIndex(np.arange(3)), values=times(Toy(), None), intervals=source)

    assert values.total_interval(0.9) == pytest.approx((13 * np.exp(0.05), 13 * np.exp(0.95)), rel=2e-3)


def test_values_without_bounds_say_so() -> None:
    """For customers and for the sum; and a level must be a probability."""
    bare = CustomerValues(customers=CustomerIndex(np.arange(2)), values=np.ones(2))
    for ask in (bare.interval, bare.total_interval):
        with pytest.raises(InputError, match="a model with intervals"):
            ask(0.9)
        with pytest.raises(InputError, match="between 0 and 1"):
            ask(95)
