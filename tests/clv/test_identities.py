"""Identities across models that were written, and are computed, independently.

Berger-Nasr 5 = Markov occupancy, and two states = the retention model, are in ``test_markov``; case 1 tends to the
margin multiple in ``test_berger_nasr``; equal churn rates tend to the geometric in ``test_contractual``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from tests.clv._firm import firm

from custvalue._arrays import FloatArray, IntArray
from custvalue.clv._kernels import bg_bb
from custvalue.clv._kernels.pareto_nbd import PARETO_NBD
from custvalue.clv._settings import FirstMargin
from custvalue.clv.contractual import ContractualCLV, FittedContractual
from custvalue.clv.dwyer import LostForGood
from custvalue.clv.margin_multiple import MarginMultiple
from custvalue.clv.markov import MarkovCLV
from custvalue.clv.markov_chain import MarkovChain
from custvalue.clv.markov_states import GivenStates
from custvalue.clv.present_value import PresentValue, ProfitStream
from custvalue.clv.renewals import RenewalCounts
from custvalue.clv.retention import RetentionCLV
from custvalue.clv.shifted_beta_geometric import ShiftedBetaGeometric
from custvalue.data import Currency, DiscountRate, Horizon, TimeUnit, Timing

TEN = DiscountRate.annual(0.10)
YEARS = Horizon(7, TimeUnit.YEAR)

PARETO = (0.553, 10.58, 0.606, 11.67)  # r, alpha, s, beta a week
X, T_X, T = np.array([0, 1, 4]), np.array([0.0, 10.0, 30.0]), np.array([39.0, 39.0, 39.0])


def _fine(steps: int) -> tuple[tuple[float, float, float, float], IntArray, IntArray, IntArray]:
    """Parameters and histories of a BG/BB model with ``steps`` opportunities a week."""
    r, alpha, s, beta = PARETO
    params = (r, alpha * steps, s, beta * steps)
    return params, X, (T_X * steps).astype(np.int64), (T * steps).astype(np.int64)


def _limit(value: Callable[[int], FloatArray]) -> FloatArray:
    """Extrapolate the error, of first order in the length of an opportunity, away."""
    return 2.0 * value(80) - value(40)


def test_alive_under_bgbb_tends_to_pareto_nbd() -> None:
    """With opportunities of length d, a chance ~ Beta(r, alpha / d) becomes a rate ~ Gamma(r, alpha) as d shrinks."""

    def alive(steps: int) -> FloatArray:
        params, x, t_x, n = _fine(steps)
        return bg_bb.probability_alive(params, x, t_x, n, 0)

    expected = PARETO_NBD.probability_alive(PARETO, X.astype(np.float64), T_X, T, 0.0)
    assert _limit(alive) == pytest.approx(expected, rel=2e-4)


def test_purchases_under_bgbb_tend_to_pareto_nbd() -> None:
    def purchases(steps: int) -> FloatArray:
        params, x, t_x, n = _fine(steps)
        return bg_bb.expected_purchases(params, x, t_x, n, 52 * steps)

    expected = PARETO_NBD.expected_purchases(PARETO, X.astype(np.float64), T_X, T, 52.0)
    assert _limit(purchases) == pytest.approx(expected, rel=2e-4)


def test_residual_transactions_under_bgbb_tend_to_pareto_nbd() -> None:
    def residual(steps: int) -> FloatArray:
        params, x, t_x, n = _fine(steps)
        return bg_bb.residual_transactions(params, x, t_x, n, float(np.expm1(0.0027 / steps)))

    expected = PARETO_NBD.residual_transactions(PARETO, X.astype(np.float64), T_X, T, 0.0027)
    assert _limit(residual) == pytest.approx(expected, rel=2e-4)


@pytest.mark.parametrize("timing", list(Timing))
@pytest.mark.parametrize("first", list(FirstMargin))
def test_five_roads_to_one_value(timing: Timing, first: FirstMargin) -> None:
    """Margin 120, retention .8, seven years: multiple, retention, cohort table, chain and forecast stream agree."""
    summary = firm(1, age_days=[0.0], last_days_ago=[0.0], n_purchases=[1])
    k = np.arange(7.0) + first.renewals
    profits: FloatArray = np.asarray(120.0 * 0.8 ** k[np.newaxis], dtype=np.float64)
    stream = ProfitStream(
        customers=summary.customers,
        profits=profits,
        acquisition=np.zeros(1),
        currency=Currency.of("EUR"),
    )
    chain = MarkovChain(states=("here", "gone"), transition=np.array([[0.8, 0.2], [0.0, 1.0]]), absorbing=("gone",))
    here = GivenStates(customers=summary.customers, states=chain.states, at=np.array([0]))
    multiple = MarginMultiple(first_margin=first, timing=timing, horizon=YEARS).of(0.8, discount=TEN)
    models = (
        RetentionCLV(margin=120.0, retention=0.8, first_margin=first),
        LostForGood(retention=(0.8,) * 7, margin=(120.0,) * 7, first_margin=first),
        MarkovCLV(chain=chain, rewards=(120.0, 0.0), states=here, first_margin=first),
        PresentValue(stream),
    )

    for model in models:
        value = model.fit(summary).lifetime_value(summary, horizon=YEARS, discount=TEN, timing=timing)
        assert value.total == pytest.approx(120.0 * multiple, rel=1e-12)


def test_a_contract_is_a_cohort_table_of_its_retention_curve() -> None:
    """Shifted-beta-geometric value of a new contract = Dwyer's lost-for-good with the model's retention by age."""
    summary = firm(1, age_days=[0.0], last_days_ago=[0.0], n_purchases=[1])
    churn = ShiftedBetaGeometric().fit(RenewalCounts.from_survivors([1000, 869, 743, 653, 593, 551, 517, 491]))
    curve = churn.curve(7).retention
    contract = FittedContractual(model=ContractualCLV(margin=50.0), churn=churn)
    table = LostForGood(retention=tuple(curve), margin=(50.0,) * 7).fit(summary)

    one = contract.lifetime_value(summary, horizon=YEARS, discount=TEN, timing=Timing.MIDDLE).total
    two = table.lifetime_value(summary, horizon=YEARS, discount=TEN, timing=Timing.MIDDLE).total
    assert one == pytest.approx(two, rel=1e-12)
