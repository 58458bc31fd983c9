"""Concentration: published curve, identities against slow formulas, refusals, size."""

from __future__ import annotations

import math
import pickle
from itertools import accumulate

import attrs
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custvalue.data import CustomerIndex, MoneyTable, ValueTable
from custvalue.errors import InputError
from custvalue.profitability import (
    PARETO_80_20,
    SHERDEN_80_20_30,
    ConcentrationCurve,
    Crossing,
    ParetoClasses,
    ParetoTies,
    ProfitAndLoss,
)

amounts = st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=40)


def curve_of(values: list[float] | list[int]) -> ConcentrationCurve:
    """Build a curve of customers 0, 1, 2 ..."""
    customers = CustomerIndex(np.arange(len(values)))
    return ConcentrationCurve.of(ValueTable(customers=customers, measures={"profit": values}), "profit")


def test_spring_whale(spring: ProfitAndLoss) -> None:
    """Horngren ch. 14: S, R, Q, P, T; 41,856 rising to 94,133 (103.69 %) and back to 90,787."""
    curve = ConcentrationCurve.of(spring.money, "contribution")

    assert curve.customers.ids.tolist() == ["S", "R", "Q", "P", "T"]
    assert curve.cumulative.tolist() == [41_856, 80_576, 92_121, 94_133, 90_787]
    assert curve.peak_ratio == pytest.approx(1.036855, abs=5e-7)
    assert (curve.peak_share, curve.n_profitable, curve.eroded) == (0.8, 4, 3_346)


def test_textbook_gini() -> None:
    """Gini of 1, 2, 3, 4 is 1/4; one of four holding all has 3/4, normalised 1."""
    assert curve_of([1, 2, 3, 4]).gini == pytest.approx(0.25)
    assert curve_of([0, 0, 0, 8]).gini == pytest.approx(0.75)
    assert curve_of([0, 0, 0, 8]).gini_normalised == pytest.approx(1.0)


def test_gini_with_losses() -> None:
    """Raffinetti et al. 2015: one winner, one loser among zeros is complete inequality; the plain one is refused."""
    curve = curve_of([10, 0, 0, -4])

    assert curve.gini_normalised == pytest.approx(1.0)
    assert math.isnan(curve.gini)


@given(amounts)
def test_against_slow_formulas(values: list[int]) -> None:
    """Sums over all pairs, plain loops."""
    curve = curve_of(values)
    pairs = sum(abs(a - b) for a in values for b in values)
    gross = sum(map(abs, values))
    n = len(values)

    assert curve.total == sum(values)
    assert curve.peak == sum(v for v in values if v > 0)
    assert curve.eroded == -sum(v for v in values if v < 0)
    assert curve.peak >= curve.total
    if n > 1 and gross:
        assert curve.gini_normalised == pytest.approx(pairs / (2 * (n - 1) * gross), abs=1e-12)
    if min(values) >= 0 and sum(values) > 0:
        assert curve.gini == pytest.approx(pairs / (2 * n * sum(values)), abs=1e-12)
    steps = np.diff(np.concatenate([[0.0], curve.cumulative]))
    assert (np.diff(steps) <= 0).all()


@given(amounts, st.integers(2, 50))
def test_scale_does_not_matter(values: list[int], factor: int) -> None:
    """Every ratio of the curve is the same in cents and in dollars."""
    small, large = curve_of(values), curve_of([factor * v for v in values])
    names = ("peak_ratio", "peak_share", "gini", "gini_normalised", "herfindahl", "stobachoff", "dependence", "subsidy")

    for name in names:
        assert getattr(large, name) == pytest.approx(getattr(small, name), nan_ok=True, rel=1e-9), name


@given(amounts)
def test_bounds(values: list[int]) -> None:
    """Each measure stays in its range, or is missing."""
    curve = curve_of(values)

    for value in (curve.gini_normalised, curve.herfindahl, curve.dependence, curve.stobachoff, curve.peak_share):
        assert math.isnan(value) or -1e-12 <= value <= 1 + 1e-12
    assert math.isnan(curve.peak_ratio) == (curve.total <= 0)


def test_equal_customers() -> None:
    """All equal: nothing is concentrated."""
    curve = curve_of([5, 5, 5, 5])

    assert (curve.gini, curve.gini_normalised, curve.stobachoff) == pytest.approx((0, 0, 0))
    assert curve.herfindahl == pytest.approx(0.25)
    assert curve.top_share(0.2) == pytest.approx(0.2)
    assert curve.share_reaching(0.8) == pytest.approx(0.8)


def test_shares_between_customers() -> None:
    """Ten customers, the best two earn 80: read at 20 %, at 10 % and between them."""
    curve = curve_of([50, 30, 5, 5, 2, 2, 2, 2, 1, 1])

    assert [curve.top_share(s) for s in (0.0, 0.1, 0.15, 0.2, 1.0)] == pytest.approx([0, 0.5, 0.65, 0.8, 1.0])
    assert curve.share_reaching(0.8) == pytest.approx(0.2)
    assert curve.share_reaching(0.65) == pytest.approx(0.15)
    assert curve.top_k(1) == pytest.approx(0.5)
    assert curve.top_k(99) == pytest.approx(1.0)
    assert curve.compare(PARETO_80_20).holds


def test_sherden() -> None:
    """Top 20 % earn 80 of 60 in all; the bottom 30 % lose 40, half of it."""
    result = curve_of([40, 40, 20, 0, 0, 0, 0, -10, -10, -20]).compare(SHERDEN_80_20_30)

    assert result.earns == pytest.approx(80 / 60)
    assert result.loses == pytest.approx(0.5)
    assert result.holds
    assert not curve_of([40, 40, 20, 1, 1, 1, 1, 1, 1, 1]).compare(SHERDEN_80_20_30).holds


def test_no_profit_at_all() -> None:
    """A losing firm: ratios are missing, money is not; the Lorenz curve says why not."""
    curve = curve_of([-1, -2, -3])

    assert (curve.peak, curve.total, curve.eroded) == (0, -6, 6)
    assert np.isnan([curve.peak_ratio, curve.top_share(0.2), curve.stobachoff, curve.subsidy, curve.herfindahl]).all()
    with pytest.raises(InputError, match="positive total"):
        curve.lorenz()


def test_lorenz() -> None:
    """Runs from (0, 0) to (1, 1) under the diagonal; twice the area between them is the Gini coefficient."""
    curve = curve_of([1, 2, 3, 4])
    x, y = curve.lorenz()

    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
    assert (y <= x).all()
    assert 1 - 2 * np.trapezoid(y, x) == pytest.approx(curve.gini)


def test_order_of_rows_does_not_matter() -> None:
    """Shuffled rows give the same curve, ties in the order of ids."""
    ids, values = np.array(["d", "b", "a", "c"]), np.array([1.0, 3.0, 3.0, 2.0])
    order = np.array([2, 0, 3, 1])
    one = ConcentrationCurve.of(ValueTable(customers=CustomerIndex(ids), measures={"v": values}), "v")
    two = ConcentrationCurve.of(ValueTable(customers=CustomerIndex(ids[order]), measures={"v": values[order]}), "v")

    assert one.customers.ids.tolist() == two.customers.ids.tolist() == ["a", "b", "c", "d"]


def test_curve_refusals() -> None:
    """Missing values, no customers, shares out of range."""
    with pytest.raises(InputError, match="1 missing"):
        curve_of([1.0, math.nan])
    with pytest.raises(InputError, match="1 or more customers"):
        curve_of([])
    with pytest.raises(InputError, match="0 to 1"):
        curve_of([1]).top_share(1.5)


def money_curve(cents: list[int] | np.ndarray[tuple[int], np.dtype[np.int64]]) -> tuple[ConcentrationCurve, MoneyTable]:
    """Build a curve of exact money."""
    table = MoneyTable(customers=CustomerIndex(np.arange(len(cents))), amounts={"p": cents}, currency="EUR")
    return ConcentrationCurve.of(table, "p"), table


def test_money_that_cancels_is_nothing() -> None:
    """20 and 10 cents earned, 30 lost: a total of zero, so no ratio and no Lorenz curve."""
    curve, _ = money_curve([20, 10, -30])

    assert (curve.total, curve.peak, curve.eroded) == (0.0, 0.3, 0.3)
    assert curve.cumulative.tolist() == [0.2, 0.3, 0.0]
    ratios = (curve.peak_ratio, curve.top_share(0.2), curve.top_k(1), curve.share_reaching(), curve.stobachoff)
    assert np.isnan(ratios).all()
    assert curve.subsidy == 1.0
    assert "%" not in repr(curve).split(" at ")[0]
    with pytest.raises(InputError, match="positive total"):
        curve.lorenz()


def test_money_adds_up_to_the_ledger() -> None:
    """300,000 odd amounts: every point is the exact sum in cents, turned into euros once."""
    cents = np.random.default_rng(3).integers(-150_000, 250_000, 300_000)
    curve, table = money_curve(cents)
    falling = sorted(cents.tolist(), reverse=True)

    assert curve.cumulative.tolist() == [part / 100 for part in accumulate(falling)]
    assert curve.total == table.total("p") / 100
    assert curve.earned == sum(c for c in falling if c > 0) / 100
    assert curve.eroded == -sum(c for c in falling if c < 0) / 100
    assert curve.lorenz()[1][-1] == 1.0


def test_exact_money_of_a_curve_is_checked() -> None:
    """Minor units come with their currency and are the values; copies keep them."""
    curve, _ = money_curve([20, 10, -30])
    assert pickle.loads(pickle.dumps(curve)).total == 0.0  # noqa: S301  # our own bytes
    assert curve.minor is not None
    for changes in ({"currency": None}, {"minor": None}, {"minor": [20, 10, -31]}, {"minor": [20, 10]}):
        with pytest.raises(InputError, match="minor"):
            attrs.evolve(curve, **changes)


def test_pareto_classes_by_hand() -> None:
    """Ten customers of 100 in all: 80 % and 95 %; zero and negative stand apart as D."""
    values = [50, 30, 10, 5, 3, 2, 0, -5]
    table = ValueTable(customers=CustomerIndex(np.arange(8)), measures={"profit": values})

    assert "".join(ParetoClasses().classify(table, "profit").labels) == "AABBCCDD"


def test_crossing_customer() -> None:
    """60 + 30 crosses 80 %: the second customer is A under UPPER, B under LOWER."""
    table = ValueTable(customers=CustomerIndex(["a", "b", "c"]), measures={"profit": [60, 30, 10]})
    upper = ParetoClasses(crossing=Crossing.UPPER).classify(table, "profit")
    lower = ParetoClasses(crossing=Crossing.LOWER).classify(table, "profit")

    assert "".join(upper.labels) == "AAB"
    assert "".join(lower.labels) == "ABC"


def test_ties_at_a_cut() -> None:
    """Ten equal customers: together they are one class; parted by id, eight are A."""
    table = ValueTable(customers=CustomerIndex(np.arange(10)[::-1].copy()), measures={"profit": [1.0] * 10})
    together = ParetoClasses().classify(table, "profit")
    parted = ParetoClasses(ties=ParetoTies.BY_ID).classify(table, "profit")

    assert together.count("A") == 10
    assert [parted.count(name) for name in "ABCD"] == [8, 2, 0, 0]
    assert parted.labels[0] == "B"  # id 9, listed first


@given(amounts)
def test_every_customer_has_one_class(values: list[int]) -> None:
    """A class each, rising with value; D exactly those of zero or less; the summary counts all."""
    table = ValueTable(customers=CustomerIndex(np.arange(len(values))), measures={"profit": values})
    result = ParetoClasses().classify(table, "profit")
    by_value = [result.labels[i] for i in np.argsort(-np.array(values), kind="stable")]
    summary = result.summary()

    assert by_value == sorted(by_value)
    assert [label == "D" for label in result.labels] == [v <= 0 for v in values]
    assert isinstance(summary, pd.DataFrame)
    assert summary["customers"].sum() == len(values)


def test_cut_refusals() -> None:
    """Cuts must rise within (0, 1)."""
    for cuts in [(0.9, 0.8), (0.0, 0.5), (0.5, 1.0), ()]:
        with pytest.raises(InputError, match="rising"):
            ParetoClasses(cuts=cuts)


@pytest.mark.long
def test_ten_million_customers() -> None:
    """The whale curve of 10 million customers is built and agrees with plain sums."""
    values = np.random.default_rng(1).normal(10, 100, 10_000_000).round(2)
    table = ValueTable(customers=CustomerIndex(np.arange(values.size)), measures={"profit": values})
    curve = ConcentrationCurve.of(table, "profit")

    assert curve.total == pytest.approx(values.sum(), rel=1e-9)
    assert curve.peak == pytest.approx(values[values > 0].sum(), rel=1e-9)
