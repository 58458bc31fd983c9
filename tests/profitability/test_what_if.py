"""What-ifs: the Spring case, arithmetic by hand, refusals."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custvalue.data import CustomerIndex, MoneyTable, ValueSeries, ValueTable
from custvalue.errors import InputError
from custvalue.profitability import (
    DeliveredValue,
    ProfitAndLoss,
    RepurchaseRate,
    Waterfall,
    drop,
    re_serve,
    reprice,
)


def test_drop_spring_t(spring: ProfitAndLoss) -> None:
    """Drop T: -3,744 if nothing of its 7,090 is avoidable, +3,346 if all is; even at 52.8 %."""
    nothing, everything = drop(spring, ["T"], avoidable=0.0), drop(spring, ["T"], avoidable=1.0)

    assert (nothing.profit_change, everything.profit_change) == (-374_400, 334_600)
    assert nothing.break_even == pytest.approx(3_744 / 7_090)
    at_even = drop(spring, ["T"], avoidable=nothing.break_even)
    assert abs(at_even.profit_change) <= 1
    assert nothing.cost_committed == 709_000


def test_drop_with_shares_a_line(spring: ProfitAndLoss) -> None:
    """Orders of 3,000 avoidable by half, the rest not at all."""
    shares = {"order taking": 0.5, "visits": 0, "delivery": 0, "handling": 0, "expediting": 0}

    assert drop(spring, ["T"], avoidable=shares).profit_change == -374_400 + 150_000
    with pytest.raises(InputError, match="visits"):
        drop(spring, ["T"], avoidable={"order taking": 0.5})


@pytest.fixture
def account() -> ProfitAndLoss:
    """One customer: sales 1,000, discount 100, returns 50, goods 500, service 200."""
    lines = MoneyTable(
        customers=CustomerIndex(["a", "b"]),
        amounts={
            "sales": [100_000, 1], "discount": [10_000, 0], "back": [5_000, 0],
            "goods": [50_000, 0], "service": [20_000, 0],
        },
        currency="EUR",
    )  # fmt: skip
    layout = Waterfall(
        list_sales="sales", on_invoice="discount", returns="back", product_cost="goods", cost_to_serve="service"
    )
    return ProfitAndLoss.from_lines(lines, layout=layout)


def test_reprice_by_hand(account: ProfitAndLoss) -> None:
    """10 % more price and 20 % less volume on 850 of sales: margin 350 -> 935 x .8 - 400 = 348; service saves 20."""
    change = reprice(account, ["a"], price=0.1, volume=-0.2, avoidable=0.5)

    assert change.margin_change == -200
    assert change.cost_saved == 2_000
    assert change.profit_change == 1_800
    # 85 + v (935 - 500 - 100) = 0
    assert change.break_even == pytest.approx(-85 / 335)


@given(st.floats(-0.5, 0.5).filter(lambda p: abs(p) > 1e-3))
def test_reprice_at_break_even(price: float) -> None:
    """At its break-even volume a new price changes nothing, to within rounding."""
    lines = MoneyTable(customers=CustomerIndex(["a"]), amounts={"sales": [10**9], "goods": [4 * 10**8]}, currency="EUR")
    account = ProfitAndLoss.from_lines(lines, layout=Waterfall(list_sales="sales", product_cost="goods"))
    volume = reprice(account, ["a"], price=price).break_even

    assert abs(reprice(account, ["a"], price=price, volume=max(volume, -1.0)).profit_change) <= 1 or volume < -1


def test_reserve_by_hand(account: ProfitAndLoss) -> None:
    """Half the service no longer used, 60 % of that goes away, 10 % of the margin is lost: 60 - 35; even at 35 %."""
    change = re_serve(account, ["a"], reductions={"service": 0.5}, avoidable=0.6, lost_sales=0.1)

    assert (change.margin_change, change.cost_saved, change.profit_change) == (-3_500, 6_000, 2_500)
    assert change.break_even == pytest.approx(0.35)
    assert change.cost_committed == 14_000


def test_what_if_refusals(account: ProfitAndLoss) -> None:
    """Unknown customers, lines and shares out of range."""
    with pytest.raises(InputError, match="unknown"):
        drop(account, ["z"], avoidable=0.0)
    with pytest.raises(InputError, match="none"):
        drop(account, [], avoidable=0.0)
    with pytest.raises(InputError, match="0 to 1"):
        drop(account, ["a"], avoidable=1.5)
    with pytest.raises(InputError, match="above -1"):
        reprice(account, ["a"], price=-1.0)
    with pytest.raises(InputError, match="re_serve"):
        re_serve(account, ["a"], reductions={"goods": 0.5}, avoidable=1.0)
    assert math.isnan(drop(account, ["b"], avoidable=1.0).break_even)


@pytest.mark.parametrize(("goods", "even"), [(110_000, None), (90_000, 0.5), (80_000, 1.0), (20_000, None)])
def test_break_even_only_where_there_is_one(goods: int, even: float | None) -> None:
    """Sales 1,000, service 200: a margin below 0 or above 200 is even at no share that exists."""
    lines = MoneyTable(
        customers=CustomerIndex(["a"]), amounts={"s": [100_000], "g": [goods], "v": [20_000]}, currency="EUR"
    )
    account = ProfitAndLoss.from_lines(lines, layout=Waterfall(list_sales="s", product_cost="g", cost_to_serve="v"))
    change = drop(account, ["a"], avoidable=0.5)

    assert change.break_even == pytest.approx(math.nan if even is None else even, nan_ok=True)
    assert ("no avoidable share breaks even" in repr(change)) == (even is None)
    worse = re_serve(account, ["a"], reductions={"v": 0.1}, avoidable=1.0, lost_sales=1.0)
    assert math.isnan(worse.break_even)


def test_break_even_of_prices_below_cost() -> None:
    """Half the price of goods that cost four fifths: less than nothing would have to be sold."""
    lines = MoneyTable(customers=CustomerIndex(["a"]), amounts={"s": [100_000], "g": [80_000]}, currency="EUR")
    account = ProfitAndLoss.from_lines(lines, layout=Waterfall(list_sales="s", product_cost="g"))

    assert math.isnan(reprice(account, ["a"], price=-0.5).break_even)


def test_what_if_frame(account: ProfitAndLoss) -> None:
    """The schema is pinned."""
    frame = drop(account, ["a"], avoidable=0.5).to_frame()

    assert isinstance(frame, pd.DataFrame)
    columns = ["action", "customers", "margin_change", "cost_saved", "cost_committed", "profit_change", "break_even"]
    assert frame.columns.tolist() == columns


def test_delivered_value() -> None:
    """Value 20 + 5 + 5 + 2 for 16 + 1 + 2 + 1; no cost, no ratio."""
    parts = {"product": 20, "service": 5, "people": 5, "image": 2, "money": 16, "time": 1, "psychic": 2, "effort": 1}
    table = ValueTable(
        customers=CustomerIndex(["a", "free"]),
        measures={
            name: [value, value if name in ("product", "service", "people", "image") else 0]
            for name, value in parts.items()
        },
    )
    delivered = DeliveredValue.of(table)

    assert delivered.difference.tolist() == [12, 32]
    assert delivered.ratio[0] == 1.6
    assert np.isnan(delivered.ratio[1])
    with pytest.raises(InputError, match="'warmth'"):
        DeliveredValue.of(table, benefits=["warmth"])


def test_repurchase_rate() -> None:
    """Buyers of each month who bought again within one and within two months."""
    months = np.array(["2026-01", "2026-02", "2026-03", "2026-04"], dtype="datetime64[M]").astype("datetime64[D]")
    spend = ValueSeries(
        customers=CustomerIndex(["a", "b", "c"]),
        periods=months,
        values=np.array([[1.0, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1]]),
    )
    one, two = RepurchaseRate.of(spend, window=1), RepurchaseRate.of(spend, window=2)

    assert (one.buyers.tolist(), one.again.tolist()) == ([3, 1, 1], [1, 0, 0])
    assert (two.buyers.tolist(), two.again.tolist()) == ([3, 1], [2, 0])
    assert one.overall == 0.2
    low, high = one.interval()
    assert ((low <= one.rate) & (one.rate <= high)).all()
    with pytest.raises(InputError, match="1 to 3"):
        RepurchaseRate.of(spend, window=4)
