"""Spend, switching and firm value: published numbers, optimum conditions, and properties that must hold."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custvalue.data import DiscountRate, Horizon, TimeUnit, Timing
from custvalue.equity import (
    BlattbergDeighton,
    CustomerProjection,
    GrowthCurve,
    GuptaLehmannStuart,
    ResponseCurve,
    SwitchingModel,
    margin_multiple,
    return_on_investment,
)
from custvalue.errors import InputError

ACQUISITION = ResponseCurve.through(spend=5, rate=0.2, ceiling=0.4)
RETENTION = ResponseCurve.through(spend=10, rate=0.5, ceiling=0.7)
PLAN = BlattbergDeighton(margin=50, discount=DiscountRate.annual(0.15), acquisition=ACQUISITION, retention=RETENTION)


def test_blattberg_deighton_at_the_synthetic_golden() -> None:
    """Conditions of Pfeifer (2005); parameters are ours, the numbers recomputed independently."""
    assert ACQUISITION.k == pytest.approx(0.1386294361, rel=1e-9)
    assert RETENTION.k == pytest.approx(0.1252762968, rel=1e-9)
    assert PLAN.plan(acquisition_spend=5, retention_spend=10).equity == pytest.approx(9.615384615, rel=1e-9)
    best = PLAN.optimum()

    assert best.acquisition_spend == pytest.approx(10.406659, abs=5e-7)
    assert best.retention_spend == pytest.approx(15.174477, abs=5e-7)
    assert best.acquisition_rate == pytest.approx(0.3054815, abs=5e-8)
    assert best.retention_rate == pytest.approx(0.5954068, abs=5e-8)
    assert best.equity == pytest.approx(12.907126, abs=5e-7)
    assert best.lifetime_value == pytest.approx(76.31815, abs=5e-6)
    assert best.acquisition_marginal_cost == pytest.approx(best.lifetime_value, rel=1e-10)
    assert best.retention_marginal_cost == pytest.approx(best.lifetime_value, rel=1e-10)


@given(
    margin=st.floats(1.0, 1e4),
    rate=st.floats(0.0, 0.5),
    ceilings=st.tuples(st.floats(0.05, 1.0), st.floats(0.05, 0.99)),
    ks=st.tuples(st.floats(1e-3, 1.0), st.floats(1e-3, 1.0)),
    step=st.floats(0.01, 20.0),
)
def test_no_other_spend_beats_the_optimum(
    margin: float, rate: float, ceilings: tuple[float, float], ks: tuple[float, float], step: float
) -> None:
    plan = BlattbergDeighton(
        margin=margin,
        discount=DiscountRate.annual(rate),
        acquisition=ResponseCurve(ceilings[0], ks[0]),
        retention=ResponseCurve(ceilings[1], ks[1]),
    )
    best = plan.optimum()
    slack = 1e-9 * max(abs(best.equity), margin)
    for d_a, d_r in ((step, 0), (-step, 0), (0, step), (0, -step), (step, step)):
        other = plan.plan(
            acquisition_spend=max(best.acquisition_spend + d_a, 0), retention_spend=max(best.retention_spend + d_r, 0)
        )

        assert other.equity <= best.equity + slack
    if best.retention_spend > 0:
        assert best.retention_marginal_cost == pytest.approx(best.lifetime_value, rel=1e-8)
    if best.acquisition_spend > 0:
        assert best.acquisition_marginal_cost == pytest.approx(best.lifetime_value, rel=1e-8)


def test_nothing_is_spent_where_the_first_customer_costs_too_much() -> None:
    plan = BlattbergDeighton(
        margin=1,
        discount=DiscountRate.annual(0.1),
        acquisition=ResponseCurve(0.1, 0.1),
        retention=ResponseCurve(0.1, 0.1),
    )

    assert plan.optimum().acquisition_spend == 0
    assert plan.optimum().retention_spend == 0
    assert plan.optimum().equity == 0


def test_a_rate_at_the_ceiling_is_refused() -> None:
    with pytest.raises(InputError, match="0 < rate < ceiling"):
        ResponseCurve.through(spend=5, rate=0.4, ceiling=0.4)


@pytest.mark.parametrize(
    ("retention", "expected"),
    [
        (0.6, (1.2000, 1.1538, 1.1111, 1.0714)),
        (0.7, (1.7500, 1.6667, 1.5909, 1.5217)),
        (0.8, (2.6667, 2.5000, 2.3529, 2.2222)),
        (0.9, (4.5000, 4.0909, 3.7500, 3.4615)),
    ],
)
def test_the_table_of_margin_multiples(retention: float, expected: tuple[float, ...]) -> None:
    """Gupta and Lehmann, r / (1 + i - r) at 10, 12, 14 and 16 %."""
    found = [margin_multiple(retention, i) for i in (0.10, 0.12, 0.14, 0.16)]

    assert found == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize(
    ("retention", "expected"),
    [(0.9, (4.0909, 4.4554, 4.8913, 5.4217, 6.0811)), (0.8, (2.5, 2.6316, 2.7778, 2.9412, 3.125))],
)
def test_the_table_of_margin_multiples_with_growth(retention: float, expected: tuple[float, ...]) -> None:
    found = [margin_multiple(retention, 0.12, growth=g) for g in (0, 0.02, 0.04, 0.06, 0.08)]

    assert found == pytest.approx(expected, abs=5e-5)


def test_timing_differs_by_exactly_one_margin() -> None:
    end, start = (margin_multiple(0.8, 0.12, timing=timing) for timing in (Timing.END, Timing.START))

    assert start - end == pytest.approx(1.0, rel=1e-12)
    assert margin_multiple(0.8, 0.12, timing=Timing.MIDDLE) == pytest.approx(start / math.sqrt(1.12), rel=1e-12)
    with pytest.raises(InputError, match="1 \\+ discount > retention"):
        margin_multiple(0.9, 0.05, growth=0.2)


def brute_switching(start: np.ndarray, matrix: np.ndarray, f: float, d: float, years: float) -> np.ndarray:
    total, state, t = np.zeros(len(start)), start, 0
    while t <= years * f:
        total += (1 + d) ** (-t / f) * state
        state, t = state @ matrix, t + 1
    return total


def test_switching_equity_against_the_plain_sum() -> None:
    """Equation of Rust, Lemon and Zeithaml, term by term, for two respondents of different frequency."""
    matrices = np.array(
        [[[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]], [[0.5, 0.5, 0.0], [0.2, 0.2, 0.6], [0.0, 0.0, 1.0]]]
    )
    starts = np.array([[1.0, 0.0, 0.0], [0.2, 0.3, 0.5]])
    model = SwitchingModel(
        brands=["A", "B", "C"], matrices=matrices, start=starts, purchases_per_year=np.array([4.0, 0.5])
    )
    found = model.equity(
        volume=[2.0, 10.0],
        margin=[1.0, 0.5, 0.25],
        horizon=Horizon(3, TimeUnit.YEAR),
        discount=DiscountRate.annual(0.10),
        population=1_000,
    )
    expected = np.array(
        [
            brute_switching(starts[0], matrices[0], 4.0, 0.1, 3) * 2,
            brute_switching(starts[1], matrices[1], 0.5, 0.1, 3) * 10,
        ]
    ) * np.array([1.0, 0.5, 0.25])

    assert found.lifetime_values == pytest.approx(expected, rel=1e-12)
    assert found.equity == pytest.approx(expected.mean(axis=0) * 1_000, rel=1e-12)


@given(st.integers(0, 2**32 - 1))
def test_with_equal_margins_switching_moves_equity_but_makes_none(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, k = 5, 3
    arguments = {
        "volume": rng.gamma(2.0, 1.0, n),
        "margin": np.full(k, 3.0),
        "horizon": Horizon(2, TimeUnit.YEAR),
        "discount": DiscountRate.annual(0.1),
        "population": 100.0,
    }
    start, frequency = rng.dirichlet(np.ones(k), n), rng.gamma(2.0, 2.0, n) + 0.1
    totals = []
    for _ in range(2):
        utilities, inertia = rng.normal(size=(n, k)), rng.normal(size=n)
        model = SwitchingModel.from_utilities(
            brands=("A", "B", "C"), utilities=utilities, inertia=inertia, start=start, purchases_per_year=frequency
        )
        totals.append(float(model.equity(**arguments).equity.sum()))  # type: ignore[arg-type]  # mixed settings

    assert totals[0] == pytest.approx(totals[1], rel=1e-10)


def test_logit_switching_keeps_who_is_inert() -> None:
    model = SwitchingModel.from_utilities(
        brands=("A", "B"), utilities=[[0.0, math.log(3)]], inertia=[math.log(2)], start=[[1, 0]], purchases_per_year=[1]
    )

    assert model.matrices[0] == pytest.approx(np.array([[2 / 5, 3 / 5], [1 / 7, 6 / 7]]))


def test_the_published_return_on_investment() -> None:
    """American Airlines: 70 million invested, 44.7 % return."""
    assert return_on_investment(101_300_000, 70_000_000) == pytest.approx(0.447143, abs=5e-7)


def firm(
    *, customers: float = 250_000.0, margin: float = 50.0, retention: float = 0.8, acquisition_cost: float = 20.0
) -> GuptaLehmannStuart:
    return GuptaLehmannStuart(
        curve=GrowthCurve(alpha=1e6, beta=-1.0, gamma=0.3),
        discount=DiscountRate.annual(0.12),
        customers=customers,
        margin=margin,
        retention=retention,
        acquisition_cost=acquisition_cost,
    )


def test_gupta_lehmann_stuart_against_the_double_sum() -> None:
    """Every cohort and period written out, 400 periods; who is won in a period is the difference of the curve."""
    i = 0.12
    won = [1e6 / (1 + math.exp(1.0 - 0.3 * k)) for k in range(401)]
    total = 0.0
    for k in range(401):
        n = 250_000 if k == 0 else won[k] - won[k - 1]
        margins = sum(50 * 0.8**t / (1 + i) ** t for t in range(200))
        total += n / (1 + i) ** k * (margins - (20.0 if k else 0.0))

    assert firm().value()["total"] == pytest.approx(total, rel=1e-9)


@given(retention=st.floats(0.5, 0.9), margin=st.floats(20, 200), cost=st.floats(1.0, 20.0), customers=st.floats(0, 1e6))
def test_elasticities_have_the_published_signs_and_order(
    retention: float, margin: float, cost: float, customers: float
) -> None:
    """Retention first; margin 1 or a little more; cost and discount below 0 (Gupta, Lehmann and Stuart)."""
    found = firm(retention=retention, margin=margin, acquisition_cost=cost, customers=customers).elasticities()

    # the multiple is (1 + i) / (1 + i - r): its own elasticity to retention is r / (1 + i - r), 4.5 at 90 % and 10 %
    assert found["retention"] / found["margin"] == pytest.approx(retention / (1.12 - retention), rel=1e-6)
    assert found["margin"] >= 1 - 1e-6
    assert found["acquisition_cost"] < 0
    assert found["discount"] < 0
    assert found["margin"] > -found["acquisition_cost"]
    assert found["margin"] + found["acquisition_cost"] == pytest.approx(1.0, abs=1e-6)  # value is linear in money


def test_the_growth_curve_adds_up() -> None:
    curve = GrowthCurve(alpha=500.0, beta=-3.0, gamma=0.7)
    time = np.linspace(-5, 20, 200_001)
    added = np.array([curve.added(t) for t in time])

    assert np.trapezoid(added, time) == pytest.approx(curve.won(20) - curve.won(-5), rel=1e-8)


@pytest.mark.parametrize(("beta", "gamma"), [(0.0, 1.0), (-5.0, 0.7), (4.0, 0.2), (30.0, 1.0)])
def test_without_discount_future_customers_are_all_who_are_left_to_be_won(beta: float, gamma: float) -> None:
    """At a rate of one in a million a period and a margin of 1, once and at once, the value is the number won."""
    base = GuptaLehmannStuart(
        curve=GrowthCurve(alpha=100.0, beta=beta, gamma=gamma), discount=DiscountRate.annual(1e-6), customers=0.0,
        margin=1.0, retention=0.0, acquisition_cost=0.0,
    )  # fmt: skip

    assert base.value()["future"] == pytest.approx(100.0 / (1 + math.exp(beta)), rel=1e-4)


def test_customers_won_between_two_times_are_exact_near_the_ceiling() -> None:
    """Alpha (1 / (1 + e^-u1) - 1 / (1 + e^-u0)) at u 40 and 41, with 60 digits."""
    curve = GrowthCurve(alpha=1e6, beta=40.0, gamma=1.0)
    with mpmath.workdps(60):
        expected = mpmath.mpf(10) ** 6 * (1 / (1 + mpmath.exp(-41)) - 1 / (1 + mpmath.exp(-40)))

    assert curve.won_between(0.0, 1.0) == pytest.approx(float(expected), rel=1e-14)
    assert curve.won_between(0.0, math.inf) == pytest.approx(1e6 * math.exp(-40), rel=1e-14)


def projection(**changes: object) -> CustomerProjection:
    n = 4
    settings: dict[str, object] = {
        "customers": 100.0,
        "survival": 0.8 ** np.arange(n + 1),
        "existing_survival": 0.9 ** np.arange(1, n + 1),
        "acquired": [10.0, 20.0, 30.0, 0.0],
        "margin": np.full(n, 5.0),
        "acquisition_cost": np.full(n, 8.0),
        "fixed_costs": np.full(n, 50.0),
    }
    return CustomerProjection(**(settings | changes))  # type: ignore[arg-type]  # settings of several types


def test_the_corporate_value_by_hand() -> None:
    found = projection().value(DiscountRate.annual(0.10), non_operating_assets=40.0, net_debt=90.0, shares=10.0)
    active_new = [10.0, 20 + 8.0, 30 + 16 + 6.4, 24 + 12.8 + 5.12]
    old = sum(100 * 0.9**t * 5 / 1.1**t for t in range(1, 5))
    new = sum(
        (n * 5 - a * 8) / 1.1 ** (t + 1) for t, (n, a) in enumerate(zip(active_new, (10, 20, 30, 0), strict=True))
    )
    fixed = sum(50 / 1.1**t for t in range(1, 5))

    assert projection().active() == pytest.approx([90 + 10, 81 + 28, 72.9 + 52.4, 65.61 + 41.92])
    assert found.existing == pytest.approx(old)
    assert found.future == pytest.approx(new)
    assert found.fixed_costs == pytest.approx(fixed)
    assert found.shareholder_value == pytest.approx(old + new - fixed + 40 - 90)
    assert found.per_share == pytest.approx(found.shareholder_value / 10)


def test_a_long_projection_meets_the_margin_multiple() -> None:
    """With constant retention and no winning, the base is worth customers x margin x r / (1 + i - r)."""
    n = 500
    long = projection(
        survival=0.8 ** np.arange(n + 1), existing_survival=0.8 ** np.arange(1, n + 1), acquired=np.zeros(n),
        margin=np.full(n, 5.0), acquisition_cost=np.zeros(n), fixed_costs=np.zeros(n),
    )  # fmt: skip

    value = long.value(DiscountRate.annual(0.12)).customer_equity
    assert value == pytest.approx(100 * 5 * margin_multiple(0.8, 0.12), rel=1e-9)


def test_a_perpetuity_has_no_end() -> None:
    flat = projection(survival=np.ones(5), existing_survival=np.ones(4), acquired=np.zeros(4), fixed_costs=np.zeros(4))

    value = flat.value(DiscountRate.annual(0.10), terminal_growth=0.0).operating_value
    assert value == pytest.approx(100 * 5 / 0.10)


def test_the_internal_rate_of_a_customer_solves_its_own_equation() -> None:
    found = projection().internal_rate_of_return()

    assert sum(5 * 0.8**t / (1 + found) ** t for t in range(4)) == pytest.approx(8.0, rel=1e-10)


@pytest.mark.parametrize(
    "wrong",
    [
        {"survival": [0.9, 0.8, 0.7, 0.6, 0.5]},
        {"existing_survival": [0.5, 0.6, 0.5, 0.4]},
        {"margin": [1.0]},
        {"tax_rate": 1.0},
    ],
    ids=str,
)
def test_an_impossible_projection_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        projection(**wrong)
