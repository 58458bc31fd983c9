"""Lifetime value composed of purchases and spend: arithmetic, margins, horizons, intervals, refusals."""

from __future__ import annotations

import pickle
from typing import Literal

import attrs
import numpy as np
import pytest
from tests.clv._cdnow import columns, make_summary
from tests.clv._cdnow_spend import cdnow

from custvalue._arrays import FloatArray
from custvalue.clv._estimate import LogNormalPrior
from custvalue.clv._periods import weighted_sum
from custvalue.clv._protocol import PurchaseModel
from custvalue.clv._purchases import FirstPurchase, FittedHistories
from custvalue.clv._result import CustomerValues
from custvalue.clv.bg_nbd import BGNBD, MBGNBD, FittedBGNBD
from custvalue.clv.buy_till_you_die import BuyTillYouDie, FittedBuyTillYouDie
from custvalue.clv.covariates import StaticCovariates, WithCovariates
from custvalue.clv.gamma_gamma import FittedGammaGamma, GammaGamma
from custvalue.clv.ggompertz_nbd import GGompertzNBD
from custvalue.clv.normal_margin import NormalMargin
from custvalue.clv.pareto_nbd import ParetoNBD
from custvalue.data import CustomerMargin, CustomerSummary, DiscountRate, Horizon, PurchasePatterns, TimeUnit, Timing
from custvalue.errors import AlignmentError, InputError

YEAR = Horizon(4, TimeUnit.QUARTER)
RATE = DiscountRate.annual(0.15)


@attrs.frozen
class EvenPurchases:
    """A purchase model of an outsider: everybody buys ``rate`` times a week for ever."""

    rate: float = 2.0

    def fit(self, summary: CustomerSummary, /) -> EvenPurchases:  # noqa: ARG002  # the protocol gives it
        """Nothing to learn."""
        return self

    def probability_alive(self, summary: CustomerSummary, /, at: Horizon | Literal[0] = 0) -> CustomerValues:  # noqa: ARG002
        """Everybody is."""
        return CustomerValues(customers=summary.customers, values=np.ones(len(summary)))

    def expected_purchases(self, summary: CustomerSummary, horizon: Horizon, /) -> CustomerValues:
        """Rate times time."""
        weeks = horizon.to(TimeUnit.WEEK)
        return CustomerValues(customers=summary.customers, values=np.full(len(summary), self.rate * weeks))


@attrs.frozen
class FlatSpend:
    """A spend model of an outsider: every purchase brings the same."""

    amount: float = 10.0

    def fit(self, summary: CustomerSummary, /) -> FlatSpend:  # noqa: ARG002  # the protocol gives it
        """Nothing to learn."""
        return self

    def expected_spend(self, summary: CustomerSummary, /) -> CustomerValues:
        """Everybody is."""
        """Always the amount."""
        return CustomerValues(customers=summary.customers, values=np.full(len(summary), self.amount))


@pytest.fixture(scope="module")
def summary() -> CustomerSummary:
    return cdnow()


@pytest.fixture(scope="module")
def fitted(summary: CustomerSummary) -> FittedBuyTillYouDie:
    return BuyTillYouDie(BGNBD(), GammaGamma(), margin=0.3).fit(summary)


@pytest.mark.parametrize(
    ("timing", "moments"), [(Timing.START, [0, 1, 2]), (Timing.MIDDLE, [0.5, 1.5, 2.5]), (Timing.END, [1, 2, 3])]
)
def test_value_of_an_even_stream_is_an_annuity(timing: Timing, moments: list[float], summary: CustomerSummary) -> None:
    """Two purchases a week of 10 at 30 %, three weeks at 1 % a week: 6 a week, by hand."""
    model = BuyTillYouDie(EvenPurchases(), FlatSpend(), margin=0.3).fit(summary)
    value = model.lifetime_value(
        summary,
        horizon=Horizon(3, TimeUnit.WEEK),
        discount=DiscountRate.periodic(0.01, TimeUnit.WEEK),
        timing=timing,
    )

    assert value.values == pytest.approx(np.full(len(summary), sum(6 / 1.01**moment for moment in moments)))
    assert (value.measure, value.unit, value.intervals) == ("lifetime_value", "USD", None)


def test_half_a_period_is_half_a_period(summary: CustomerSummary) -> None:
    """Two and a half weeks: the last half earns half and is discounted from its own middle."""
    model = BuyTillYouDie(EvenPurchases(), FlatSpend()).fit(summary)
    value = model.lifetime_value(
        summary,
        horizon=Horizon(2.5, TimeUnit.WEEK),
        discount=DiscountRate.periodic(0.01, TimeUnit.WEEK),
        timing=Timing.MIDDLE,
    )

    assert value.values[0] == pytest.approx(20 / 1.01**0.5 + 20 / 1.01**1.5 + 10 / 1.01**2.25)


@pytest.mark.parametrize("timing", [Timing.START, Timing.END])
@pytest.mark.parametrize("model", [BGNBD(), ParetoNBD(), GGompertzNBD()], ids=["BG", "Pareto", "GGompertz"])
def test_many_periods_add_up_as_by_hand(model: PurchaseModel, timing: Timing, summary: CustomerSummary) -> None:
    """300 weeks and a half, one by one."""
    part = summary.take(np.arange(0, len(summary), 400))
    purchases, rate = model.fit(summary.take(np.arange(0, len(summary), 6))), DiscountRate.annual(0.12)
    ends = [*map(float, range(1, 301)), 300.5]
    reached = [purchases.expected_purchases(part, Horizon(end, TimeUnit.WEEK)).values for end in ends]
    starts = np.array([0.0, *ends[:-1]])
    factors = 1.12 ** (-7 / 365.25 * (starts + timing.offset * (np.array(ends) - starts)))
    expected = 10 * factors @ np.diff(np.array(reached), axis=0, prepend=0.0)

    fit = FittedBuyTillYouDie(purchases=purchases, spend=FlatSpend())
    value = fit.lifetime_value(part, horizon=Horizon(300.5, TimeUnit.WEEK), discount=rate, timing=timing)
    assert value.values == pytest.approx(expected, rel=1e-10)


def test_many_periods_take_few_predictions(
    fitted: FittedBuyTillYouDie, summary: CustomerSummary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """4,000 weeks cost a few hundred predictions at most; they grow with the logarithm of the horizon."""
    asked: list[float] = []
    predict = FittedHistories.expected_purchases

    def count(self: FittedHistories, part: CustomerSummary, horizon: Horizon, /) -> CustomerValues:
        asked.append(horizon.n)
        return predict(self, part, horizon)

    monkeypatch.setattr(FittedHistories, "expected_purchases", count)
    few = summary.take(np.arange(0, len(summary), 40))
    fitted.lifetime_value(few, horizon=Horizon(4000, TimeUnit.WEEK), discount=DiscountRate.annual(0.1))
    assert len(asked) < 250


def test_a_stretch_that_is_not_smooth_is_added_up_period_by_period() -> None:
    """Purchases that come all at once at week 777.25: no polynomial may stand for them."""
    ends = np.arange(1.0, 1001.0)
    weights: FloatArray = np.power(0.99, ends)

    def ahead(end: float) -> FloatArray:
        return np.array([float(end >= 777.25), end])

    got = weighted_sum(ahead, ends, weights, smooth=True)
    assert got == pytest.approx([weights[777:].sum(), weights @ ends], rel=1e-11)


def test_without_discount_value_is_purchases_times_margin(
    fitted: FittedBuyTillYouDie, summary: CustomerSummary
) -> None:
    """At a zero rate the cutting into periods must not matter: 1 year, 4 quarters, 12 months, 52.18 weeks."""
    part = summary.take(np.arange(0, len(summary), 10))
    expected = (
        0.3
        * fitted.purchases.expected_purchases(part, Horizon(1, TimeUnit.YEAR)).values
        * fitted.spend.expected_spend(part).values
    )
    for horizon in (Horizon(1, TimeUnit.YEAR), YEAR, Horizon(12, TimeUnit.MONTH), Horizon(365.25 / 7, TimeUnit.WEEK)):
        value = fitted.lifetime_value(part, horizon=horizon, discount=DiscountRate.annual(0.0))
        assert value.values == pytest.approx(expected, rel=1e-9)


def test_a_month_is_a_month_whatever_the_unit_of_the_summary(
    fitted: FittedBuyTillYouDie, summary: CustomerSummary
) -> None:
    """Fitted in days instead of weeks, the values in money are the same (lifetimes: 30 days, 4.345 weeks)."""
    daily = summary.in_unit(TimeUnit.DAY)
    other = BuyTillYouDie(BGNBD(), GammaGamma(), margin=0.3).fit(daily)

    assert other.lifetime_value(daily, horizon=YEAR, discount=RATE).values == pytest.approx(
        fitted.lifetime_value(summary, horizon=YEAR, discount=RATE).values, rel=1e-6
    )


def test_a_zero_rate_still_takes_every_period(fitted: FittedBuyTillYouDie, summary: CustomerSummary) -> None:
    """pymc-marketing takes a single step at a discount rate of 0; ours tends to it from above."""
    zero = fitted.lifetime_value(summary, horizon=YEAR, discount=DiscountRate.annual(0.0)).total
    small = fitted.lifetime_value(summary, horizon=YEAR, discount=DiscountRate.annual(1e-9)).total

    assert zero == pytest.approx(small, rel=1e-8)


def test_customer_margin_takes_a_cost_from_every_purchase(
    fitted: FittedBuyTillYouDie, summary: CustomerSummary
) -> None:
    """Profit = ratio x spend - cost: dear customers become losses, and nobody's purchases change."""
    margin = CustomerMargin(
        customers=summary.customers,
        ratio=np.linspace(0.1, 0.5, len(summary)),
        cost_per_purchase=np.full(len(summary), 9.0),
    )
    priced = fitted.with_margin(margin)
    value = priced.lifetime_value(summary, horizon=YEAR, discount=RATE).values
    purchases = attrs.evolve(fitted, spend=FlatSpend(1.0), margin=1.0).lifetime_value(
        summary, horizon=YEAR, discount=RATE
    )
    spend = fitted.spend.expected_spend(summary).values

    assert value == pytest.approx(purchases.values * (margin.ratio * spend - 9.0))
    assert (value < 0).any()
    assert priced.purchases is fitted.purchases
    assert fitted.margin == 0.3


def test_margin_of_other_customers_is_refused(fitted: FittedBuyTillYouDie, summary: CustomerSummary) -> None:
    """The same customers in another order are other customers (pymc-marketing mislabels unsorted ids)."""
    turned = summary.take(np.arange(len(summary))[::-1])
    margin = CustomerMargin(
        customers=turned.customers, ratio=np.ones(len(turned)), cost_per_purchase=np.zeros(len(turned))
    )
    with pytest.raises(AlignmentError, match="another order"):
        fitted.with_margin(margin).lifetime_value(summary, horizon=YEAR, discount=RATE)


def test_order_and_ids_of_customers_do_not_matter(fitted: FittedBuyTillYouDie, summary: CustomerSummary) -> None:
    """A shuffled summary gives the shuffled values (pymc-marketing uses ids as positions)."""
    order = np.random.default_rng(0).permutation(len(summary))
    value = fitted.lifetime_value(summary, horizon=YEAR, discount=RATE).values
    shuffled = fitted.lifetime_value(summary.take(order), horizon=YEAR, discount=RATE)

    assert shuffled.values == pytest.approx(value[order], rel=1e-12)
    assert shuffled.customers.ids.tolist() == summary.customers.ids[order].tolist()


def test_infinite_spend_is_worth_infinity_but_never_not_a_number(summary: CustomerSummary) -> None:
    """Infinity times 0 purchases, or times a margin of 0, is 0."""
    endless = FlatSpend(np.inf)
    still = BuyTillYouDie(EvenPurchases(0.0), endless).fit(summary)
    free = BuyTillYouDie(EvenPurchases(1.0), endless, margin=0.0).fit(summary)
    dear = BuyTillYouDie(EvenPurchases(1.0), endless).fit(summary)

    assert not still.lifetime_value(summary, horizon=YEAR, discount=RATE).values.any()
    assert not free.lifetime_value(summary, horizon=YEAR, discount=RATE).values.any()
    assert np.isposinf(dear.lifetime_value(summary, horizon=YEAR, discount=RATE).values).all()


def test_margins_that_are_negative_pass_through(summary: CustomerSummary) -> None:
    """Amounts that are margins, some customers with losses, valued by NormalMargin."""
    cents = summary.require("repeat_amount") - 2500 * (summary.n_purchases - 1)
    margins = attrs.evolve(summary, repeat_amount=cents)
    fitted = BuyTillYouDie(MBGNBD(), NormalMargin()).fit(margins)
    value = fitted.lifetime_value(margins.take(np.arange(0, 940, 20)), horizon=YEAR, discount=RATE)

    assert np.isfinite(value.values).all()
    assert (value.values < 0).any()
    lower, upper = value.interval(0.9).lower, value.interval(0.9).upper
    assert ((lower <= value.values) & (value.values <= upper)).all()


def test_without_end_needs_a_model_that_can(summary: CustomerSummary) -> None:
    """No horizon, and a purchase model without residual transactions."""
    model = BuyTillYouDie(EvenPurchases(), FlatSpend()).fit(summary)
    with pytest.raises(InputError, match="horizon"):
        model.lifetime_value(summary, horizon=None, discount=RATE)


def test_without_end_is_the_limit_of_long_horizons(fitted: FittedBuyTillYouDie, summary: CustomerSummary) -> None:
    """DERT against 60 years of months discounted in the middle."""
    part = summary.take(np.arange(0, len(summary), 400))
    endless = fitted.lifetime_value(part, horizon=None, discount=RATE)
    long = fitted.lifetime_value(part, horizon=Horizon(60 * 12, TimeUnit.MONTH), discount=RATE, timing=Timing.MIDDLE)

    assert endless.values == pytest.approx(long.values, rel=2e-3)


def test_both_models_parameters_stand_in_one_estimate(fitted: FittedBuyTillYouDie) -> None:
    """Named by model, likelihoods multiplied, covariance in blocks."""
    estimate = fitted.estimate

    assert estimate.names[:1] + estimate.names[-1:] == ("purchases.r", "spend.gamma")
    assert estimate.log_likelihood == pytest.approx(-9582.4292 - 4055.9177, abs=2e-4)
    assert not estimate.theta_covariance[:4, 4:].any()
    assert fitted.with_theta(estimate.theta).estimate.params == pytest.approx(estimate.params)


def test_uncertainty_of_purchases_and_of_spend_add_up(fitted: FittedBuyTillYouDie, summary: CustomerSummary) -> None:
    """pymc-marketing averages spend over its posterior first, so its intervals are too narrow.

    Delta method on the log scale: squared widths of the two parts add up to that of the whole.
    """
    part = summary.take(np.arange(0, len(summary), 200))
    flat = attrs.evolve(fitted, purchases=fitted.purchases)
    estimate = fitted.estimate

    def log_width(n_from: int, n_to: int) -> np.ndarray:
        value = fitted.lifetime_value(part, horizon=YEAR, discount=RATE)
        slopes = []
        for at in range(n_from, n_to):
            move = np.zeros(7)
            move[at] = 1e-5
            up = flat.with_theta(estimate.theta + move).lifetime_value(part, horizon=YEAR, discount=RATE)
            slopes.append((np.log(up.values) - np.log(value.values)) / 1e-5)
        block = estimate.theta_covariance[n_from:n_to, n_from:n_to]
        squared: np.ndarray = np.einsum("pn,pq,qn->n", np.array(slopes), block, np.array(slopes))
        return squared

    bounds = fitted.lifetime_value(part, horizon=YEAR, discount=RATE).interval(0.95)
    whole = ((np.log(bounds.upper) - np.log(bounds.lower)) / 2 / 1.959964) ** 2

    assert whole == pytest.approx(log_width(0, 4) + log_width(4, 7), rel=1e-3)
    assert (whole > log_width(0, 4)).all()


@pytest.mark.parametrize("margin", [np.nan, np.inf])
def test_margin_must_be_a_number(margin: float) -> None:
    """Not a number, or without end."""
    with pytest.raises(InputError, match="share of spend"):
        BuyTillYouDie(BGNBD(), GammaGamma(), margin=margin)


def test_covariates_carry_into_lifetime_value(summary: CustomerSummary) -> None:
    """Purchases with each one's own parameters times spend, period by period by hand; bounds hold the value."""
    web = StaticCovariates.from_columns(summary.customers, {"web": np.arange(len(summary)) % 2})
    model = WithCovariates(model=BGNBD(), covariates=web, purchase=("web",))
    fitted = BuyTillYouDie(model, GammaGamma(), margin=0.3).fit(summary)
    part = summary.take(np.arange(0, len(summary), 15))
    value = fitted.lifetime_value(part, horizon=Horizon(3, TimeUnit.YEAR), discount=RATE)
    ahead = [fitted.purchases.expected_purchases(part, Horizon(n, TimeUnit.YEAR)).values for n in (1, 2, 3)]
    each = np.diff(ahead, axis=0, prepend=0.0)
    discounted = sum(RATE.factor(n, TimeUnit.YEAR) * each[n - 1] for n in (1, 2, 3))
    expected = discounted * 0.3 * fitted.spend.expected_spend(part).values

    np.testing.assert_allclose(value.values, expected, rtol=1e-9)
    np.testing.assert_allclose(
        fitted.lifetime_value(summary, horizon=Horizon(3, TimeUnit.YEAR), discount=RATE).values[::15],
        expected,
        rtol=1e-9,
    )
    bounds = value.interval(0.9)
    assert ((bounds.lower < value.values) & (value.values < bounds.upper)).all()
    assert fitted.estimate.names[4] == "purchases.purchase.web"


def test_a_fit_survives_pickling(fitted: FittedBuyTillYouDie, summary: CustomerSummary) -> None:
    """Fits of lifetimes do not; ours travel to workers, values with their intervals too."""
    few = summary.take(np.arange(3))
    value = fitted.lifetime_value(few, horizon=YEAR, discount=RATE)
    again = pickle.loads(pickle.dumps(fitted)).lifetime_value(few, horizon=YEAR, discount=RATE)  # noqa: S301  # our own bytes

    assert again.values.tolist() == value.values.tolist()
    assert pickle.loads(pickle.dumps(value)).interval().lower.tolist() == value.interval().lower.tolist()  # noqa: S301


def test_a_quarter_of_a_summary_is_valued_as_the_whole(fitted: FittedBuyTillYouDie, summary: CustomerSummary) -> None:
    """Equal histories are computed once and handed out; a summary too small for that gives the same."""
    few = summary.take(np.arange(40))
    whole = fitted.lifetime_value(summary, horizon=YEAR, discount=RATE).values[:40]

    assert fitted.lifetime_value(few, horizon=YEAR, discount=RATE).values == pytest.approx(whole, rel=1e-12)


def test_one_time_buyers_of_cdnow_are_worth_four_dollars_forty() -> None:
    """Fader, Hardie and Lee (2005), "RFM and CLV": 78 weeks, margin 30 %, 15 % a year, without end; $4.40 each."""
    x, t_x, T, customers = columns("weeks_78")
    once = np.flatnonzero(x == 0)
    repeated = np.repeat(once, customers[once])
    summary = attrs.evolve(
        make_summary(x[repeated], t_x[repeated], T[repeated], end="1998-06-30"),
        repeat_amount=np.zeros(repeated.size, dtype=np.int64),
    )
    fitted = FittedBuyTillYouDie(
        purchases=ParetoNBD()
        .fit(cdnow())
        .with_params({"r": 0.563004, "alpha": 12.55917, "s": 0.408107, "beta": 10.51454}),
        spend=GammaGamma().fit(cdnow()).with_params({"p": 4.6835, "q": 4.1898, "gamma": 24.39}),
        margin=0.3,
    )
    value = fitted.lifetime_value(summary, horizon=None, discount=DiscountRate.annual(0.15))

    assert value.total / len(summary) == pytest.approx(4.40, abs=0.015)


def test_value_of_a_new_customer_by_hand(fitted: FittedBuyTillYouDie) -> None:
    """Three years: what each brings on average, discounted, times 30 % of the mean spend; the first one at once."""
    purchases, spend = fitted.purchases, fitted.spend
    assert isinstance(purchases, FittedBGNBD)
    assert isinstance(spend, FittedGammaGamma)
    years = [purchases.new_customer_purchases(Horizon(n, TimeUnit.YEAR)).value for n in (1, 2, 3)]
    mean = spend.new_customer_spend().value
    by_year = np.diff(years, prepend=0.0)
    expected = 0.3 * mean * sum(RATE.factor(n, TimeUnit.YEAR) * by_year[n - 1] for n in (1, 2, 3))
    value = fitted.new_customer_value(horizon=Horizon(3, TimeUnit.YEAR), discount=RATE)
    first = fitted.new_customer_value(
        horizon=Horizon(3, TimeUnit.YEAR), discount=RATE, first_purchase=FirstPurchase.INCLUDED
    )
    low, high = value.interval(0.9)

    assert value.value == pytest.approx(expected, rel=1e-9)
    assert first.value == pytest.approx(expected + 0.3 * mean, rel=1e-9)
    assert low < value.value < high
    assert (value.measure, value.unit) == ("new_customer_value", "USD")


@pytest.mark.filterwarnings("error")
def test_a_new_customer_without_margin_is_worth_nothing(fitted: FittedBuyTillYouDie) -> None:
    """Even where the mean of the spend is infinite (q of 1 or less)."""
    spend = fitted.spend
    assert isinstance(spend, FittedGammaGamma)
    endless = attrs.evolve(fitted, spend=spend.with_params({"q": 0.9})).with_margin(0.0)

    assert endless.new_customer_value(horizon=Horizon(3, TimeUnit.YEAR), discount=RATE).value == 0.0


def test_value_of_a_new_customer_needs_parts_that_know_one(
    fitted: FittedBuyTillYouDie, summary: CustomerSummary
) -> None:
    """An outsider's spend, a margin a customer, covariates: each said in words."""
    year = Horizon(1, TimeUnit.YEAR)
    with pytest.raises(InputError, match="parts that know new customers"):
        BuyTillYouDie(BGNBD(), FlatSpend()).fit(summary).new_customer_value(horizon=year, discount=RATE)
    n = len(summary)
    each = CustomerMargin(customers=summary.customers, ratio=np.full(n, 0.3), cost_per_purchase=np.zeros(n))
    with pytest.raises(InputError, match="one margin"):
        fitted.with_margin(each).new_customer_value(horizon=year, discount=RATE)
    web = StaticCovariates.from_columns(summary.customers, {"web": np.arange(n) % 2})
    model = WithCovariates(model=BGNBD(), covariates=web, purchase=("web",))
    with pytest.raises(InputError, match="tells customers apart"):
        BuyTillYouDie(model, GammaGamma()).fit(summary).new_customer_value(horizon=year, discount=RATE)


def test_weights_reach_both_parts() -> None:
    """Weights of 0, 1 and 2: customers left out, kept and repeated, in fit, posterior and refits."""
    summary = cdnow().take(np.arange(0, 2357, 4))
    weights = (np.arange(len(summary)) % 3).astype(np.float64)
    model = BuyTillYouDie(BGNBD(), GammaGamma())
    weighted, twice = model.fit(summary, weights=weights), np.repeat(np.arange(len(summary)), weights.astype(np.int64))
    x, t_x, T = summary.frequency[twice], summary.recency[twice], summary.T[twice]
    plain = BGNBD().fit(PurchasePatterns(x=x, t_x=t_x, T=T, weights=np.ones(twice.size), unit=summary.unit))
    draws = weighted.bootstrap(summary, 5, weights=weights, seed=1)

    assert weighted.estimate.params == pytest.approx(
        {f"purchases.{name}": value for name, value in plain.params.items()}
        | {f"spend.{name}": value for name, value in GammaGamma().fit(summary, weights=weights).params.items()},
        rel=1e-5,
    )
    assert len(draws) == 5
    with pytest.raises(InputError, match="weights"):
        weighted.bootstrap(summary, 5, seed=1)


def test_models_without_weights_are_named() -> None:
    """An own spend model whose fit has no such argument."""

    class Flat:
        def fit(self, summary: CustomerSummary, /) -> FittedGammaGamma:
            return GammaGamma().fit(summary)

    with pytest.raises(InputError, match="takes weights, got Flat"):
        BuyTillYouDie(BGNBD(), Flat()).fit(cdnow(), weights=np.ones(2357))


def test_each_part_may_have_its_own_prior() -> None:
    """A tight prior on buying and leaving, and a weak one on spend; one that names parameters belongs to its part."""
    summary = cdnow().take(np.arange(0, 2357, 6))
    fitted = BuyTillYouDie(BGNBD(), GammaGamma()).fit(summary)
    tight = LogNormalPrior(sd=0.02, centres={"a": 0.8, "b": 2.4, "r": 0.25, "alpha": 4.4})
    drawn = fitted.posterior(summary, (tight, LogNormalPrior()), 200, seed=1).draws.values

    assert drawn[:, 2] == pytest.approx(np.full(200, 0.8), rel=0.1)
    assert np.std(np.log(drawn[:, 4])) > 0.1
    with pytest.raises(InputError, match="parameters among"):
        fitted.posterior(summary, tight, 200, seed=1)
