"""Referral, influence, reference, knowledge and engagement value: right, conserved, strict."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from custvalue._frames import read_columns
from custvalue.clv._kernels import influence as kernel
from custvalue.clv._result import CustomerValues
from custvalue.clv.engagement import engagement_value
from custvalue.clv.indicators import NON_MONETARY, IndicatorSystem, Scaling, knowledge_score
from custvalue.clv.influence import HubbellInfluence, InfluenceNetwork
from custvalue.clv.referral import CreditedValue, Referrals, customer_referral_value, reference_value
from custvalue.data import CustomerIndex, DiscountRate, ValueTable, Weights
from custvalue.errors import AlignmentError, InputError

TEN = DiscountRate.annual(0.10)
WHO = CustomerIndex(["a", "b", "c"])


def referrals() -> Referrals:
    """One customer brought b, who would not have come, and c, who would have come anyway."""
    return Referrals.from_ids(
        WHO,
        advocate=["a", "a", "a"],
        referred=["b", "b", "c"],
        columns={
            "time": [1, 2, 1],
            "margin": [50.0, 60.0, 80.0],
            "reward": [10.0, 0.0, 10.0],
            "saved": [25.0, 0.0, 25.0],
            "would_have_joined": [False, False, True],
        },
    )


# Is it right?


def test_referral_value_by_hand() -> None:
    """(50 - 10 + 25) / 1.1 + 60 / 1.21 for b, 25 / 1.1 saved for c (Kumar, Petersen and Leone 2010, eq. 1)."""
    value = customer_referral_value(referrals(), discount=TEN, unit="EUR")

    assert value.received == pytest.approx([65 / 1.1 + 60 / 1.21 + 25 / 1.1, 0.0, 0.0])
    assert value.given == pytest.approx([0.0, 50 / 1.1 + 60 / 1.21, 0.0])
    assert value.values.total == pytest.approx(float(value.received.sum()))


def test_reference_value_of_bauer_and_hammerschmidt() -> None:
    """.03 x 500 x 15 x .7 x 1 = 157.50 (Bauer and Hammerschmidt 2005, as cited on dragon360)."""
    value = reference_value(WHO, rate=0.03, contribution=500.0, network=15, leadership=0.7, satisfaction=[1, 1, -1])

    assert value.values == pytest.approx([157.5, 157.5, -157.5])


def test_hubbell_index_of_a_loop_by_hand() -> None:
    """Two customers with ties 1 both ways, beta .5: e = 1 + .5 e = 2 (Hubbell 1965)."""
    network = InfluenceNetwork.from_ids(CustomerIndex(["a", "b"]), ["a", "b"], ["b", "a"])

    assert HubbellInfluence(0.5).index(network).values == pytest.approx([2.0, 2.0])


@given(st.integers(2, 8), st.integers(0, 2**32 - 1))
def test_hubbell_is_its_power_series(n: int, seed: int) -> None:
    """E = 1 + beta W 1 + beta^2 W^2 1 + ..., dense and term by term; ties may be negative."""
    rng = np.random.default_rng(seed)
    ties = np.where(rng.random((n, n)) < 0.4, rng.normal(size=(n, n)), 0.0)
    np.fill_diagonal(ties, 0.0)
    beta = 0.9 / max(np.abs(ties).sum(axis=1).max(), 1.0)
    expected, term = np.zeros(n), np.ones(n)
    for _ in range(400):
        expected, term = expected + term, beta * ties @ term
    source, target = np.nonzero(ties)
    network = InfluenceNetwork(
        customers=CustomerIndex(np.arange(n)), source=source, target=target, strength=ties[source, target]
    )

    assert HubbellInfluence(beta).index(network).values == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(st.integers(2, 10), st.integers(0, 2**32 - 1))
def test_bound_is_never_below_the_spectral_radius(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    ties = np.where(rng.random((n, n)) < 0.3, rng.random((n, n)), 0.0)
    np.fill_diagonal(ties, 0.0)
    source, target = np.nonzero(ties)
    bound = kernel.growth_bound(kernel.network_matrix(source, target, ties[source, target], n))
    radius = float(np.abs(np.linalg.eigvals(ties)).max())

    assert bound >= radius - 1e-3  # the eigenvalues of a defective matrix are themselves only that good
    assert bound <= radius + 0.1


def test_scores_and_indices_by_hand() -> None:
    weights = Weights(names=["loyalty", "overdue"], values=np.array([0.8, 0.2]))
    table = ValueTable(
        customers=WHO, measures={"loyalty": np.array([1.0, 2.0, 5.0]), "overdue": np.array([30.0, 0.0, 60.0])}
    )
    scores = IndicatorSystem(weights, lower_is_better=["overdue"]).fit(table).score(table)
    assert scores.index.values == pytest.approx([0.8 * 0.0 + 0.2 * 0.5, 0.8 * 0.25 + 0.2, 0.8])

    ranks = IndicatorSystem(weights, scaling=Scaling.RANK).fit(table).score(table)
    assert ranks.scaled["loyalty"] == pytest.approx([1 / 6, 1 / 2, 5 / 6])

    points = knowledge_score(table, {"loyalty": 2.0}, worth=1.5, unit="EUR")
    assert points.values.tolist() == [3.0, 6.0, 15.0]
    assert (points.measure, points.unit) == ("knowledge_value", "EUR")
    assert "satisfaction" in NON_MONETARY


# Does it agree with itself?


@given(st.integers(2, 12), st.integers(0, 2**32 - 1), st.floats(0.0, 1.0))
def test_influence_value_moves_value_and_makes_none(n: int, seed: int, attributable: float) -> None:
    rng = np.random.default_rng(seed)
    source, target = np.nonzero((rng.random((n, n)) < 0.4) & ~np.eye(n, dtype=bool))
    customers = CustomerIndex(np.arange(n))
    network = InfluenceNetwork(customers=customers, source=source, target=target, strength=rng.random(source.size) / n)
    clv = CustomerValues(customers=customers, values=rng.normal(100.0, 80.0, n), unit="EUR")
    credit = HubbellInfluence(0.5).value(network, clv, attributable=attributable)

    assert credit.received.sum() == pytest.approx(credit.given.sum(), abs=1e-8)
    engagement = engagement_value(clv, influence=credit)
    assert engagement.total.total == pytest.approx(clv.total, abs=1e-8)


def test_engagement_counts_nothing_twice() -> None:
    """Sum of CLVs 430, plus what the referrals bring beyond b's own value: rewards and saved cost."""
    clv = CustomerValues(customers=WHO, values=np.array([200.0, 130.0, 100.0]), unit="EUR")
    referral = customer_referral_value(referrals(), discount=TEN, unit="EUR")
    network = InfluenceNetwork.from_ids(WHO, ["a", "b"], ["b", "c"])
    influence = HubbellInfluence().value(network, referral.left_of(clv), attributable=0.1)
    knowledge = CustomerValues(customers=WHO, values=np.array([5.0, 0.0, 0.0]), unit="EUR")
    whole = engagement_value(clv, referral=referral, influence=influence, knowledge=knowledge)

    outside = (-10 + 25) / 1.1 + 25 / 1.1
    assert whole.total.total == pytest.approx(430.0 + outside + 5.0)
    columns = ["customer", "own", "referral", "influence", "knowledge", "engagement_value"]
    assert read_columns(whole.to_frame(), columns)["engagement_value"] == pytest.approx(whole.total.values)
    assert whole.table["own"][0] == pytest.approx(200.0)


def test_later_customers_are_scored_on_the_same_scale() -> None:
    weights = Weights(names=["status"], values=np.array([1.0]))
    first = ValueTable(customers=WHO, measures={"status": np.array([0.0, 5.0, 10.0])})
    later = ValueTable(customers=CustomerIndex(["z"]), measures={"status": np.array([20.0])})
    constant = ValueTable(customers=WHO, measures={"status": np.array([3.0, 3.0, 3.0])})

    assert IndicatorSystem(weights).fit(first).score(later).index.values.tolist() == [1.0]
    assert IndicatorSystem(weights).fit(constant).score(constant).index.values.tolist() == [0.5] * 3


# Does it refuse bad input?


def test_influence_that_feeds_on_itself_is_refused() -> None:
    network = InfluenceNetwork.from_ids(WHO, ["a", "b"], ["b", "a"], 3.0)
    with pytest.raises(InputError, match=r"Choose a beta below 0\.3333"):
        HubbellInfluence(0.5).index(network)
    chain = InfluenceNetwork.from_ids(WHO, ["a", "b"], ["b", "c"], 3.0)
    assert HubbellInfluence(0.5).index(chain).values == pytest.approx([4.75, 2.5, 1.0])


def test_bad_networks_are_refused() -> None:
    with pytest.raises(InputError, match="different customers"):
        InfluenceNetwork.from_ids(WHO, ["a"], ["a"])
    with pytest.raises(InputError, match=r"expected customers, got \['z'\]"):
        InfluenceNetwork.from_ids(WHO, ["a"], ["z"])
    with pytest.raises(InputError, match="above 0"):
        HubbellInfluence(0.0)
    deterring = InfluenceNetwork.from_ids(WHO, ["a"], ["b"], -0.5)
    clv = CustomerValues(customers=WHO, values=np.ones(3), unit="EUR")
    with pytest.raises(InputError, match="negative ones"):
        HubbellInfluence().value(deterring, clv, attributable=0.5)
    with pytest.raises(InputError, match="between 0 and 1"):
        HubbellInfluence().value(deterring, clv, attributable=1.5)


def test_bad_referrals_are_refused() -> None:
    columns: dict[str, ArrayLike] = {
        "time": [0],
        "margin": [1.0],
        "reward": [0.0],
        "saved": [0.0],
        "would_have_joined": [False],
    }
    with pytest.raises(InputError, match=r"got \['z'\]"):
        Referrals.from_ids(WHO, advocate=["z"], referred=["a"], columns=columns)
    with pytest.raises(InputError, match="others than the referred"):
        Referrals.from_ids(WHO, advocate=["a"], referred=["a"], columns=columns)
    with pytest.raises(InputError, match=r"no \['saved'\]"):
        Referrals.from_ids(
            WHO, advocate=["a"], referred=["b"], columns={k: v for k, v in columns.items() if k != "saved"}
        )
    with pytest.raises(InputError, match="1 or -1"):
        reference_value(WHO, rate=0.1, contribution=1.0, network=1, leadership=0.1, satisfaction=0)
    with pytest.raises(InputError, match="between 0 and 1"):
        reference_value(WHO, rate=1.1, contribution=1.0, network=1, leadership=0.1, satisfaction=1)


def test_more_credited_than_there_is_is_refused() -> None:
    clv = CustomerValues(customers=WHO, values=np.array([100.0, 50.0, 10.0]), unit="EUR")
    credit = CreditedValue(
        customers=WHO, received=np.array([60.0, 0.0, 0.0]), given=np.array([0.0, 60.0, 0.0]), unit="EUR"
    )
    with pytest.raises(InputError, match=r"e\.g\. \['b'\].*left_of"):
        engagement_value(clv, referral=credit)
    dollars = CustomerValues(customers=WHO, values=np.zeros(3), unit="USD")
    with pytest.raises(InputError, match="one currency"):
        engagement_value(clv, knowledge=dollars)
    others = CustomerValues(customers=CustomerIndex(["x", "y", "z"]), values=np.zeros(3), unit="EUR")
    with pytest.raises(AlignmentError):
        engagement_value(clv, knowledge=others)


def test_gaps_in_indicators_are_refused() -> None:
    weights = Weights(names=["status"], values=np.array([1.0]))
    gaps = ValueTable(customers=WHO, measures={"status": np.array([1.0, np.nan, 2.0])})
    with pytest.raises(InputError, match=r"a number for every customer.*\['b'\]"):
        IndicatorSystem(weights).fit(gaps)
    with pytest.raises(InputError, match="among"):
        IndicatorSystem(weights, lower_is_better=["debt"])
    negative = ValueTable(customers=WHO, measures={"ideas": np.array([1.0, -1.0, 2.0])})
    with pytest.raises(InputError, match="counts of 0 or more"):
        knowledge_score(negative, {"ideas": 1.0})


# Does it run at size?


def test_a_hundred_thousand_customers_and_three_times_as_many_ties() -> None:
    rng = np.random.default_rng(7)
    n, ties = 100_000, 300_000
    source, target = rng.integers(0, n, ties), rng.integers(0, n, ties)
    apart = source != target
    customers = CustomerIndex(np.arange(n))
    network = InfluenceNetwork(
        customers=customers, source=source[apart], target=target[apart], strength=np.full(int(apart.sum()), 0.02)
    )
    clv = CustomerValues(customers=customers, values=rng.gamma(2.0, 50.0, n), unit="EUR")
    credit = HubbellInfluence(1.0).value(network, clv, attributable=0.05)

    assert credit.received.sum() == pytest.approx(credit.given.sum(), rel=1e-9)
