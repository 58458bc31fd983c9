"""Customers as a Markov chain: published vectors, identities with other models, simulation, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.clv._firm import firm

from custvalue._arrays import FloatArray
from custvalue._frames import read_columns
from custvalue.clv._kernels import markov as kernel
from custvalue.clv._protocol import CLVModel, FittedCLV
from custvalue.clv._settings import FirstMargin
from custvalue.clv.berger_nasr import expected_purchasers
from custvalue.clv.dwyer import AlwaysAShare
from custvalue.clv.markov import MarkovCLV, optimal_stopping
from custvalue.clv.markov_chain import MarkovChain
from custvalue.clv.markov_states import GivenStates, RecencyCells, ValueTiers, mean_rewards
from custvalue.clv.retention import RetentionCLV
from custvalue.data import CustomerIndex, DiscountRate, Horizon, TimeUnit, Timing, ValueSeries
from custvalue.errors import AlignmentError, InputError

P = (0.3, 0.2, 0.15, 0.05)
TWENTY = DiscountRate.annual(0.20)
YEAR = TimeUnit.YEAR
CERTAIN = FirstMargin.CERTAIN


def paper() -> MarkovCLV:
    """Pfeifer and Carraway's example: net contribution 40, remarketing 4."""
    rewards = (36.0, -4.0, -4.0, -4.0, 0.0)
    return MarkovCLV(chain=MarkovChain.from_recency(P), rewards=rewards, states=RecencyCells(4), first_margin=CERTAIN)


def series(values: list[list[float]]) -> ValueSeries:
    """Periodic values of customers c0, c1, ..."""
    table = np.array(values)
    return ValueSeries(
        customers=CustomerIndex([f"c{i}" for i in range(table.shape[0])]),
        periods=np.array([np.datetime64(f"{2020 + k}-01-01", "us") for k in range(table.shape[1])]),
        values=table,
    )


# Is it right?


def test_finite_horizon_vector_of_the_paper() -> None:
    """V_4 = 50.115, 4.220, .592, -1.980, 0 (Pfeifer and Carraway, JIM 14(2), 2000; recomputed): T = 4 is 5 rewards."""
    values = paper().by_state(horizon=Horizon(5, YEAR), discount=TWENTY, timing=Timing.START)

    assert values.mean == pytest.approx([50.114969, 4.219907, 0.59211, -1.980131, 0.0], abs=5e-7)


def test_infinite_horizon_vector_of_the_paper() -> None:
    """V = 52.320, 5.554, 1.251, -1.820, 0 (the same)."""
    values = paper().by_state(discount=TWENTY, timing=Timing.START)

    assert values.mean == pytest.approx([52.319609, 5.553784, 1.250773, -1.820016, 0.0], abs=5e-7)


def test_curtailing_at_recency_four() -> None:
    """Dropping recency 4 gives 53.149, 6.621, 2.644, 0, and no other rule is better (the same)."""
    rule = optimal_stopping(paper(), discount=TWENTY)

    assert rule.keep.tolist() == [True, True, True, False, False]
    assert rule.values == pytest.approx([53.149425, 6.62069, 2.643678, 0.0, 0.0], abs=5e-7)
    stopped = paper().stopped(discount=TWENTY).by_state(discount=TWENTY, timing=Timing.START)
    assert stopped.mean == pytest.approx(rule.values, abs=1e-12)


@pytest.mark.parametrize(
    ("kept", "expected"), [(2, [51.574468, 4.595745]), (1, [48.0])], ids=["stop after 2", "stop after 1"]
)
def test_curtailing_earlier_is_worse(kept: int, expected: list[float]) -> None:
    """Stopping after recency 2 or 1 (the same)."""
    model = MarkovCLV(
        chain=MarkovChain.from_recency(P[:kept]),
        rewards=(36.0, *(-4.0,) * (kept - 1), 0.0),
        states=RecencyCells(kept),
        first_margin=CERTAIN,
    )

    assert model.by_state(discount=TWENTY, timing=Timing.START).mean[:kept] == pytest.approx(expected, abs=5e-7)


def test_optimal_stopping_beats_every_other_rule() -> None:
    """Brute force over all 2^5 rules."""
    model = paper()
    best = optimal_stopping(model, discount=TWENTY).values
    for code in range(32):
        keep = np.array([bool(code >> state & 1) for state in range(5)])
        inner = np.where(keep[:, np.newaxis] & keep, model.chain.transition, 0.0)
        value = np.linalg.solve(np.eye(5) - inner / 1.2, np.where(keep, model.reward, 0.0))
        assert np.all(best >= value - 1e-9)


def test_mean_and_variance_against_simulation() -> None:
    """200,000 customers played forward with numpy alone."""
    model = paper()
    rng = np.random.default_rng(11)
    n, periods = 200_000, 60
    state = np.zeros(n, dtype=np.int64)
    worth = np.zeros(n)
    for k in range(periods):
        worth += model.reward[state] / 1.2**k
        bought = rng.random(n) < np.array([*P, 0.0])[state]
        state = np.where(bought, 0, np.minimum(state + 1, 4))
    values = model.by_state(discount=TWENTY, timing=Timing.START)

    assert worth.mean() == pytest.approx(values.mean[0], abs=4 * worth.std() / np.sqrt(n))
    assert worth.var() == pytest.approx(values.variance[0], rel=0.02)


def test_estimates_by_counting() -> None:
    """Three customers by hand: from recency 1 bought again 2 of 4 times, from recency 2 once of two."""
    paths = series([[1, 1, 0, 1], [1, 0, 0, 0], [0, 0, 5, 5]])
    chain = MarkovChain.from_series(paths, RecencyCells(2), absorbing=["lost"])

    assert chain.transition[0] == pytest.approx([0.5, 0.5, 0.0])
    assert chain.transition[1] == pytest.approx([0.5, 0.0, 0.5])
    assert chain.transition[2].tolist() == [0.0, 0.0, 1.0]


def test_mean_rewards_by_counting() -> None:
    paths = series([[10.0, 30.0, 0.0, 8.0]])

    assert mean_rewards(paths, RecencyCells(2), margin=0.5, contact=1.0).tolist() == [7.0, -1.0, 0.0]
    assert mean_rewards(paths, RecencyCells(1), contact=1.0).tolist() == [15.0, 0.0]
    assert mean_rewards(paths, RecencyCells(1), contact=1.0, without_contact=()).tolist() == [15.0, -1.0]


# Does it agree with itself, and with the other models?


@given(st.lists(st.floats(0.01, 0.95), min_size=1, max_size=5), st.integers(0, 25))
def test_occupancy_equals_case_five_of_berger_and_nasr(chances: list[float], n: int) -> None:
    """C_i is the chance of being in recency 1 after i periods."""
    occupied = MarkovChain.from_recency(chances).occupancy(n)[:, 0, 0]

    assert expected_purchasers(tuple(chances), n) == pytest.approx(occupied, abs=1e-12)


@given(
    st.lists(st.floats(0.01, 0.95), min_size=1, max_size=5),
    st.integers(1, 25),
    st.sampled_from(list(FirstMargin)),
    st.sampled_from(list(Timing)),
)
def test_always_a_share_is_the_chain_over_recency_cells(
    chances: list[float], years: int, first: FirstMargin, timing: Timing
) -> None:
    """Two roads to one value, from every starting cell."""
    cells = len(chances)
    summary = firm(cells + 1, age_days=[9000.0] * (cells + 1), last_days_ago=[365.25 * k + 1 for k in range(cells + 1)])
    chain = MarkovCLV(
        chain=MarkovChain.from_recency(chances),
        rewards=(36.0, *(-4.0,) * (cells - 1), 0.0),
        states=RecencyCells(cells),
        first_margin=first,
    )
    share = AlwaysAShare(probability=tuple(chances), contribution=40.0, promotion=4.0, first_margin=first)
    horizon = Horizon(years, YEAR)
    expected = chain.fit(summary).lifetime_value(summary, horizon=horizon, discount=TWENTY, timing=timing)

    got = share.fit(summary).lifetime_value(summary, horizon=horizon, discount=TWENTY, timing=timing)
    assert got.values == pytest.approx(expected.values, abs=1e-10)


@given(
    st.floats(0.0, 0.98),
    st.one_of(st.none(), st.integers(1, 40)),
    st.sampled_from(list(FirstMargin)),
    st.sampled_from(list(Timing)),
)
def test_two_states_are_the_retention_model(keep: float, years: int | None, first: FirstMargin, timing: Timing) -> None:
    summary = firm(1)
    chain = MarkovChain(states=("here", "gone"), transition=np.array([[keep, 1 - keep], [0.0, 1.0]]))
    here = GivenStates(customers=summary.customers, states=("here", "gone"), at=np.array([0]))
    markov = MarkovCLV(chain=chain, rewards={"here": 120.0, "gone": 0.0}, states=here, first_margin=first)
    constant = RetentionCLV(margin=120.0, retention=keep, first_margin=first)
    horizon = None if years is None else Horizon(years, YEAR)

    one = markov.fit(summary).lifetime_value(summary, horizon=horizon, discount=TWENTY, timing=timing).total
    two = constant.fit(summary).lifetime_value(summary, horizon=horizon, discount=TWENTY, timing=timing).total
    assert one == pytest.approx(two, rel=1e-11, abs=1e-11)


def test_long_horizon_tends_to_none_in_mean_and_variance() -> None:
    long = paper().by_state(horizon=Horizon(300, YEAR), discount=TWENTY)
    endless = paper().by_state(discount=TWENTY)

    assert long.mean == pytest.approx(endless.mean, rel=1e-12)
    assert long.variance == pytest.approx(endless.variance, rel=1e-12)


def test_many_matrices_at_once_give_the_same_means() -> None:
    matrices = np.array([MarkovChain.from_recency(chances).transition for chances in ([0.3, 0.2], [0.6, 0.1])])
    reward = np.array([36.0, -4.0, 0.0])
    for n_periods in (7.0, np.inf):
        for moves in (0, 1):
            many = kernel.value_means(matrices, reward, 0.1, n_periods, 0.5, moves)
            each = [kernel.value_moments(matrix, reward, 0.1, n_periods, 0.5, moves)[0] for matrix in matrices]
            assert many == pytest.approx(np.array(each), rel=1e-12)


def test_customers_are_valued_by_their_recency() -> None:
    summary = firm(3, last_days_ago=[10.0, 400.0, 3000.0], age_days=[5000.0] * 3)
    fit = paper().fit(summary)
    value = fit.lifetime_value(summary, discount=TWENTY, timing=Timing.START)
    variance = fit.value_variance(summary, discount=TWENTY, timing=Timing.START)

    assert value.values == pytest.approx([52.319609, 5.553784, 0.0], abs=5e-7)
    assert variance.values[2] == 0.0
    assert value.intervals is None


def test_moves_between_two_dates_and_tiers() -> None:
    chain = MarkovChain.from_moves(["a", "a", "b"], ["a", "b", "b"], states=["a", "b"])
    assert chain.transition.tolist() == [[0.5, 0.5], [0.0, 1.0]]

    tiers = ValueTiers((1.0, 100.0))
    paths = series([[50.0, 150.0, 0.0], [0.0, 20.0, 100.0]])
    assert tiers.path(paths).tolist() == [[1, 2, 0], [-1, 1, 2]]
    assert tiers.latest(paths).at.tolist() == [0, 2]


@pytest.mark.parametrize("n_samples", [60, pytest.param(1000, marks=pytest.mark.long)])
def test_intervals_of_an_estimated_chain_hold_the_truth_as_often_as_they_say(n_samples: int) -> None:
    """Samples of 150 customers over 8 years of the paper's chain: the 90 % interval of V(recency 1)."""
    rng = np.random.default_rng(3)
    summary = firm(1, last_days_ago=[1.0])
    true_value = _new_value(np.array(P))
    inside = 0
    for _ in range(n_samples):
        chain = MarkovChain.from_series(_played(rng, 150, 8), RecencyCells(4), absorbing=["lost"])
        model = MarkovCLV(chain=chain, rewards=(36.0, -4.0, -4.0, -4.0, 0.0), states=RecencyCells(4))
        bounds = model.fit(summary).lifetime_value(summary, discount=TWENTY).interval(0.9)
        inside += bool(bounds.lower[0] <= true_value <= bounds.upper[0])

    assert abs(inside / n_samples - 0.9) <= 3.5 * np.sqrt(0.09 / n_samples)


def test_intervals_hold_the_smoothing_too() -> None:
    """Chances of a are Dirichlet(1300, 1700, 1000) a posteriori: bounds by SciPy's draws and brute force sums."""
    counts = [[300, 700, 0], [200, 500, 300], [0, 0, 0]]
    chain = MarkovChain.from_counts(["a", "b", "c"], counts, smoothing=1000, absorbing=["c"])
    summary = firm(2)
    here = GivenStates(customers=summary.customers, states=("a", "b", "c"), at=np.array([0, 1]))
    model = MarkovCLV(chain=chain, rewards=(10.0, -3.0, 0.0), states=here, first_margin=CERTAIN)
    values = model.fit(summary).lifetime_value(summary, discount=DiscountRate.annual(0.15))
    bounds = values.interval(0.95)

    rng = np.random.default_rng(8)
    rows = [rng.dirichlet(alpha, 4000)[:, :2] for alpha in ([1300, 1700, 1000], [1200, 1500, 1300])]
    inner = np.eye(2) - np.stack(rows, axis=1) / 1.15
    drawn = np.linalg.solve(inner, np.array([[10.0], [-3.0]]))[:, :, 0] / 1.15
    lower, upper = np.quantile(drawn, [0.025, 0.975], axis=0)
    assert np.all((bounds.lower < values.values) & (values.values < bounds.upper))
    assert bounds.lower == pytest.approx(lower, abs=0.15 * (upper - lower).min())
    assert bounds.upper == pytest.approx(upper, abs=0.15 * (upper - lower).min())
    total = np.quantile(drawn.sum(axis=1), [0.025, 0.975])
    assert values.total_interval(0.95) == pytest.approx(total, abs=0.15 * (total[1] - total[0]))


@pytest.mark.parametrize("smoothing", [-1.0, np.nan, np.inf])
def test_smoothing_below_zero_or_without_a_number_is_refused(smoothing: float) -> None:
    with pytest.raises(InputError, match="smoothing"):
        MarkovChain.from_counts(["a", "b"], [[3, 1], [1, 3]], smoothing=smoothing)
    with pytest.raises(InputError, match="smoothing"):
        MarkovChain(states=("a",), transition=np.array([[1.0]]), smoothing=smoothing)


def _new_value(chances: FloatArray) -> float:
    model = MarkovCLV(
        chain=MarkovChain.from_recency(chances.tolist()), rewards=(36.0, -4.0, -4.0, -4.0, 0.0), states=RecencyCells(4)
    )
    return float(model.by_state(discount=TWENTY).mean[0])


def _played(rng: np.random.Generator, n: int, years: int) -> ValueSeries:
    state = np.zeros(n, dtype=np.int64)
    bought = np.ones((n, years))
    for k in range(1, years):
        again = rng.random(n) < np.array([*P, 0.0])[state]
        bought[:, k] = again
        state = np.where(again, 0, np.minimum(state + 1, 4))
    return series(bought.tolist())


def test_frames_and_protocols() -> None:
    summary = firm(1)
    model = paper()
    assert isinstance(model, CLVModel)
    assert isinstance(model.fit(summary), FittedCLV)
    chain = read_columns(model.chain.to_frame(), ["state", "next_state", "probability"])
    assert chain["probability"].reshape(5, 5).sum(axis=1) == pytest.approx(np.ones(5))
    values = read_columns(model.by_state(discount=TWENTY).to_frame(), ["state", "mean", "standard_deviation"])
    assert values["state"].tolist() == list(model.chain.states)
    rule = read_columns(
        optimal_stopping(model, discount=TWENTY).to_frame(), ["state", "keep", "value", "value_if_kept"]
    )
    assert np.all(rule["value"] >= rule["value_if_kept"] - 1e-12)


# Does it refuse bad input?


def test_rows_that_do_not_add_up_to_one_are_named() -> None:
    with pytest.raises(InputError, match=r"rows that add up to 1, got sums \{'b': 0.9\}"):
        MarkovChain(states=("a", "b"), transition=np.array([[0.5, 0.5], [0.5, 0.4]]))


def test_other_bad_chains() -> None:
    with pytest.raises(InputError, match="square"):
        MarkovChain(states=("a", "b"), transition=np.array([[1.0]]))
    with pytest.raises(InputError, match="between 0 and 1"):
        MarkovChain(states=("a", "b"), transition=np.array([[1.5, -0.5], [0.0, 1.0]]))
    with pytest.raises(InputError, match="counts of shape"):
        MarkovChain(states=("a",), transition=np.array([[1.0]]), counts=np.zeros((2, 2)))
    with pytest.raises(InputError, match="never left"):
        MarkovChain(states=("a", "b"), transition=np.array([[0.5, 0.5], [0.5, 0.5]]), absorbing=("b",))
    with pytest.raises(InputError, match="states among"):
        MarkovChain(states=("a",), transition=np.array([[1.0]]), absorbing=("z",))


def test_absorbing_state_out_of_reach() -> None:
    transition = np.array([[1.0, 0.0, 0.0], [0.2, 0.5, 0.3], [0.0, 0.0, 1.0]])
    with pytest.raises(InputError, match=r"no way to one from \['a'\]"):
        MarkovChain(states=("a", "b", "lost"), transition=transition, absorbing=("lost",))


def test_states_never_left_must_be_dealt_with() -> None:
    with pytest.raises(InputError, match=r"none from \['b'\].*smoothing"):
        MarkovChain.from_moves(["a", "a"], ["a", "b"], states=["a", "b"])
    smooth = MarkovChain.from_moves(["a", "a"], ["a", "b"], states=["a", "b"], smoothing=1.0)
    assert smooth.transition.tolist() == [[0.5, 0.5], [0.5, 0.5]]
    with pytest.raises(InputError, match=r"labels among \['a'\], got \['b'\]"):
        MarkovChain.from_moves(["a", "a"], ["a", "b"], states=["a"])
    with pytest.raises(InputError, match="both dates"):
        MarkovChain.from_moves(["a"], ["a", "b"], states=["a", "b"])


def test_no_end_and_no_discount() -> None:
    free = DiscountRate.annual(0.0)
    loop = MarkovChain(states=("a", "b"), transition=np.array([[0.5, 0.5], [0.5, 0.5]]))
    given = GivenStates(customers=CustomerIndex(["c0"]), states=("a", "b"), at=np.array([0]))
    model = MarkovCLV(chain=loop, rewards=(1.0, 0.0), states=given)
    with pytest.raises(InputError, match=r"an end to every customer, got none from \['a', 'b'\]"):
        model.by_state(discount=free)
    with pytest.raises(InputError, match="a rate above 0"):
        optimal_stopping(model, discount=free)
    assert paper().by_state(discount=free).mean[4] == 0.0


def test_rules_rewards_and_labels_must_match_the_chain() -> None:
    chain = MarkovChain.from_recency(P)
    with pytest.raises(InputError, match="a rule over"):
        MarkovCLV(chain=chain, rewards=(0.0,) * 5, states=RecencyCells(3))
    with pytest.raises(InputError, match="one reward for each"):
        MarkovCLV(chain=chain, rewards=(0.0,) * 4, states=RecencyCells(4))
    with pytest.raises(InputError, match="one reward for each"):
        MarkovCLV(chain=chain, rewards={"recency 1": 1.0}, states=RecencyCells(4))
    given = GivenStates.from_labels(CustomerIndex(["x"]), ["a"], states=["a"])
    with pytest.raises(AlignmentError, match="a state for every customer"):
        given.now(firm(1))
    with pytest.raises(InputError, match="1 or more"):
        RecencyCells(0)
    with pytest.raises(InputError, match="increasing"):
        ValueTiers((2.0, 1.0))


# Does it run at size?


def test_a_million_customers() -> None:
    n = 1_000_000
    values = np.random.default_rng(1).random((n // 10, 10)) < 0.3
    paths = ValueSeries(
        customers=CustomerIndex(np.arange(n // 10)),
        periods=np.array([np.datetime64(f"{2010 + k}-01-01", "us") for k in range(10)]),
        values=values.astype(np.float64),
    )
    chain = MarkovChain.from_series(paths, RecencyCells(4))

    assert chain.transition[:, 0] == pytest.approx(np.full(5, 0.3), abs=0.01)
