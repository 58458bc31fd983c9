"""Customer accounts: published cases, identities, refusals."""

from __future__ import annotations

import copy
import pickle
from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custvalue.data import CustomerIndex, MoneyTable
from custvalue.errors import AlignmentError, ConservationError, InputError, SchemaError
from custvalue.profitability import Base, CapitalCharge, ProfitAndLoss, Tax, Waterfall
from custvalue.profitability._kernels.rounding import smallest
from custvalue.profitability.profit_and_loss import ROWS


def test_spring_distribution(spring: ProfitAndLoss) -> None:
    """Horngren, Datar and Rajan ch. 14: discount, gross margin, cost to serve and operating income of P to T."""
    assert spring.row("on_invoice").tolist() == [0, 210_000, 7_296_000, 1_526_400, 561_600]
    assert spring.gross_margin.tolist() == [499_200, 1_890_000, 7_296_000, 6_105_600, 374_400]
    assert spring.row("cost_to_serve").tolist() == [298_000, 735_500, 3_424_000, 1_920_000, 709_000]
    assert spring.contribution.tolist() == [201_200, 1_154_500, 3_872_000, 4_185_600, -334_600]
    assert spring.residual_income.tolist() == spring.contribution.tolist()


def test_spring_by_volume(spring_lines: MoneyTable) -> None:
    """The same cost of 70,865 spread on revenue hides the loss: 3,527.78 ... and T seems to earn 1,273.13."""
    by_revenue = [146_422, 605_691, 3_923_354, 2_163_946, 247_087]
    pool = MoneyTable(customers=spring_lines.customers, amounts={"pool": by_revenue}, currency="USD")
    layout = Waterfall(
        list_sales="list sales", on_invoice="discount", product_cost="cost of goods", cost_to_serve="pool"
    )
    account = ProfitAndLoss.from_lines(spring_lines, pool, layout=layout)

    assert account.contribution.tolist() == [352_778, 1_284_309, 3_372_646, 3_941_654, 127_313]


def test_kanthal_question_4() -> None:
    """Kaplan, Kanthal (A): 50 % margin, 750 an order, 2,250 more if not stocked; one order of 2,000 either way."""
    lines = MoneyTable(
        customers=CustomerIndex(["stocked", "not stocked"]),
        amounts={"sales": [2000, 2000], "goods": [1000, 1000], "order": [750, 750], "production": [0, 2250]},
        currency="JPY",
    )
    layout = Waterfall(list_sales="sales", product_cost="goods", cost_to_serve=["order", "production"])

    assert ProfitAndLoss.from_lines(lines, layout=layout).contribution.tolist() == [250, -2000]


def test_kanthal_customers() -> None:
    """The same case: customers A and B of sales 160,000 earn 71,000 (44.4 %) and 9,500 (5.9 %)."""
    lines = MoneyTable(
        customers=CustomerIndex(["A", "B"]),
        amounts={"sales": [160_000] * 2, "goods": [80_000] * 2, "orders": [9_000, 70_500]},
        currency="JPY",
    )
    layout = Waterfall(list_sales="sales", product_cost="goods", cost_to_serve="orders")
    account = ProfitAndLoss.from_lines(lines, layout=layout)

    assert account.contribution.tolist() == [71_000, 9_500]
    assert account.ratios()["margin"] == pytest.approx([0.44375, 0.059375])


@pytest.fixture
def full() -> ProfitAndLoss:
    """Two customers with a line at every step; the second has costs and no sales."""
    lines = MoneyTable(
        customers=CustomerIndex(["x", "y"]),
        amounts={
            "list": [100_000, 0], "on": [5_000, 0], "off": [3_000, 0], "back": [2_000, 0], "goods": [50_000, 0],
            "serve": [10_000, 1_000], "keep": [4_000, 500], "head": [6_000, 0],
            "receivables": [25_000, 333], "deposits": [5_000, 0],
        },
        currency="EUR",
    )  # fmt: skip
    layout = Waterfall(
        list_sales="list", on_invoice="on", off_invoice="off", returns="back", product_cost="goods",
        cost_to_serve="serve", sustaining="keep", corporate="head",
    )  # fmt: skip
    capital = CapitalCharge(rate=0.10, employed="receivables", less="deposits")
    return ProfitAndLoss.from_lines(lines, layout=layout, tax=Tax(0.25), capital=capital)


def test_every_step_by_hand(full: ProfitAndLoss) -> None:
    """Each row of customer x computed on paper."""
    rows = {name: int(full.row(name)[0]) for name in ROWS}

    assert rows == {
        "list_sales": 100_000, "on_invoice": 5_000, "off_invoice": 3_000, "net_sales": 92_000, "returns": 2_000,
        "product_cost": 50_000, "gross_margin": 40_000, "cost_to_serve": 10_000, "contribution": 30_000,
        "sustaining": 4_000, "operating_margin": 26_000, "corporate": 6_000, "fully_loaded": 20_000, "tax": 5_000,
        "nopat": 15_000, "capital_charge": 2_000, "residual_income": 13_000,
    }  # fmt: skip


def test_ratios_by_hand(full: ProfitAndLoss) -> None:
    """Ratios of x on paper; those of y, which buys nothing, are missing and not infinite."""
    ratios = full.ratios()
    x = {name: float(ratios[name][0]) for name in ratios.names}
    y = {name: float(ratios[name][1]) for name in ratios.names}

    assert x == pytest.approx(
        {
            "margin": 30 / 92, "gross_margin_ratio": 40 / 92, "discount_depth": 0.08, "return_rate": 2 / 92,
            "cost_to_serve_ratio": 10 / 92, "return_on_service_cost": 26 / 14, "return_on_capital": 0.75,
        }
    )  # fmt: skip
    assert y["return_on_service_cost"] == -1.0
    assert np.isnan([y["margin"], y["discount_depth"], y["return_rate"], y["cost_to_serve_ratio"]]).all()
    assert not np.isinf(list(y.values())).any()


def test_percentages(full: ProfitAndLoss) -> None:
    """Shares of list and of net sales; missing where there are no sales."""
    of_list, of_net = full.percent(Base.OF_LIST), full.percent(Base.OF_NET)

    assert of_list["net_sales"][0] == pytest.approx(0.92)
    assert of_net["contribution"][0] == pytest.approx(30 / 92)
    assert np.isnan(of_net["contribution"][1])
    with pytest.raises(InputError, match="OF_LIST"):
        full.percent(Base.MONEY)


def test_statement_adds_up(spring: ProfitAndLoss) -> None:
    """The firm's statement holds every line and its sums."""
    frame = spring.statement()

    assert isinstance(frame, pd.DataFrame)
    by_row = frame.set_index("row")["amount"]
    assert by_row["list sales"] == 1_545_552.0
    assert by_row["net_sales"] == by_row["list sales"] - by_row["discount"]
    assert by_row["contribution"] == 90_787.0
    assert frame.loc[frame["row"] == "net_sales", "of_net"].item() == 1.0


@given(
    profit=st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=30),
    rate=st.sampled_from([0.0, 0.1, 0.25, 0.19, 1 / 3]),
)
def test_tax_and_charge_tie_to_the_firm(profit: list[int], rate: float) -> None:
    """Customers' tax and charge add up to the firm's, rounded once; the order of customers moves with them."""
    ids = [f"c{i}" for i in range(len(profit))]
    amounts = {"sales": profit, "stock": profit}
    layout = Waterfall(list_sales="sales")
    capital = CapitalCharge(rate=rate, employed="stock")

    def build(order: np.ndarray) -> ProfitAndLoss:
        lines = MoneyTable(
            customers=CustomerIndex([ids[i] for i in order]),
            amounts={name: np.array(values)[order] for name, values in amounts.items()},
            currency="EUR",
        )
        return ProfitAndLoss.from_lines(lines, layout=layout, tax=Tax(rate), capital=capital)

    straight = build(np.arange(len(profit)))
    shuffled = build(np.arange(len(profit))[::-1])
    assert abs(int(straight.tax.sum()) - sum(profit) * rate) <= 0.5 + 1e-6
    assert np.abs(straight.tax - np.array(profit) * rate).max() < 1 + 1e-6
    assert straight.tax.tolist() == shuffled.tax.tolist()[::-1]
    assert straight.capital_charge.tolist() == straight.tax.tolist()


def test_tie_out(spring: ProfitAndLoss) -> None:
    """The books against the customers: held amounts count, gaps are named."""
    books = {"order taking": 1_250_000, "visits": 128_000}

    assert spring.tie_out(books).ties
    gap = spring.tie_out({"order taking": 1_300_000, "visits": 128_000}, held={"order taking": 40_000})
    assert gap.difference.tolist() == [10_000, 0]
    with pytest.raises(ConservationError, match=r"order taking: 100.00 USD"):
        gap.require()
    with pytest.raises(SchemaError, match="rent"):
        spring.tie_out({"rent": 1})


def test_tie_out_refuses_held_lines_outside_the_ledger(spring: ProfitAndLoss) -> None:
    """A held amount without a booked one would vanish from the reconciliation; all faults come at once."""
    with pytest.raises(SchemaError) as caught:
        spring.tie_out({"order taking": 1_250_000}, held={"visits": 77, "handling": 5, "rent": 1})

    assert [fault.where for fault in caught.value.faults] == [
        "line 'rent'",
        "held line 'visits'",
        "held line 'handling'",
    ]


def test_no_ratio_to_negative_sales() -> None:
    """Returns of 500, goods of 250 back in stock: -2.50 of -5.00 would read as a margin of one half."""
    lines = MoneyTable(
        customers=CustomerIndex(["a", "b"]), amounts={"sales": [-500, 400], "goods": [-250, 300]}, currency="EUR"
    )
    account = ProfitAndLoss.from_lines(lines, layout=Waterfall(list_sales="sales", product_cost="goods"))

    assert account.contribution.tolist() == [-250, 100]
    assert account.ratios()["margin"].tolist() == pytest.approx([np.nan, 0.25], nan_ok=True)
    assert account.ratios()["gross_margin_ratio"].tolist() == pytest.approx([np.nan, 0.25], nan_ok=True)
    for base in (Base.OF_LIST, Base.OF_NET):
        assert account.percent(base)["contribution"].tolist() == pytest.approx([np.nan, 0.25], nan_ok=True)
    assert "%" not in account._repr_html_()


def test_lines_from_several_tables(spring_lines: MoneyTable) -> None:
    """Revenue from one table, allocated pools from another; a name in both is refused, so is another currency."""
    customers = spring_lines.customers
    pools = MoneyTable(customers=customers, amounts={"pool": [1] * 5}, currency="USD")
    layout = Waterfall(list_sales="list sales", cost_to_serve="pool")
    account = ProfitAndLoss.from_lines(spring_lines, pools, layout=layout)

    assert (account.net_sales - account.contribution).tolist() == [1] * 5
    with pytest.raises(SchemaError, match="two"):
        ProfitAndLoss.from_lines(spring_lines, pools, pools, layout=layout)
    euros = MoneyTable(customers=customers, amounts={"euros": [1] * 5}, currency="EUR")
    with pytest.raises(AlignmentError, match="currency"):
        ProfitAndLoss.from_lines(spring_lines, euros, layout=layout)
    with pytest.raises(SchemaError) as caught:
        ProfitAndLoss.from_lines(pools, layout=Waterfall(list_sales=["a", "b"]))
    assert len(caught.value.faults) == 2


def test_layout_refusals() -> None:
    """A line at two steps, one called like a subtotal, no sales, rates out of range."""
    with pytest.raises(InputError, match="more than one"):
        Waterfall(list_sales="a", returns="a")
    with pytest.raises(InputError, match="subtotals"):
        Waterfall(list_sales="contribution")
    with pytest.raises(InputError, match="no sales"):
        Waterfall(list_sales=())
    with pytest.raises(InputError, match=r"Tax\.rate"):
        Tax(1.0)
    with pytest.raises(InputError, match=r"CapitalCharge\.rate"):
        CapitalCharge(rate=-0.1, employed="a")


def test_frames_and_copies(full: ProfitAndLoss) -> None:
    """The schema is pinned; copies and pickles are the same account."""
    frame = full.to_frame()

    assert isinstance(frame, pd.DataFrame)
    assert tuple(frame.columns) == ("customer", *ROWS)
    assert pickle.loads(pickle.dumps(full)).residual_income.tolist() == full.residual_income.tolist()  # noqa: S301  # our own bytes
    assert copy.deepcopy(full).row("tax").tolist() == full.tax.tolist()
    assert not full.row("net_sales").flags.writeable
    assert "\n" not in repr(full)


def test_detail_shows_every_line(spring: ProfitAndLoss, full: ProfitAndLoss) -> None:
    """Single lines stand above their step, in money and as shares; a line called like a step is told apart."""
    frame = spring.to_frame(detail=True, base=Base.OF_NET)

    assert isinstance(frame, pd.DataFrame)
    names = frame.columns.tolist()
    assert names.index("order taking") < names.index("cost_to_serve") < names.index("contribution")
    assert frame["handling"].to_numpy() == pytest.approx(0.5 / np.array([14.40, 14.16, 13.20, 13.92, 12.96]))
    assert full.detail["serve"].tolist() == full.row("cost_to_serve").tolist()
    lines = MoneyTable(
        customers=CustomerIndex(["a"]), amounts={"s": [9], "returns": [1], "returns 2": [2]}, currency="EUR"
    )
    account = ProfitAndLoss.from_lines(lines, layout=Waterfall(list_sales="s", returns=["returns", "returns 2"]))
    assert account.detail["returns (line)"].tolist() == [1]
    assert account.detail["returns"].tolist() == [3]


def test_notebook_view(spring: ProfitAndLoss) -> None:
    """The firm's statement as a table."""
    html = spring._repr_html_()

    assert "<td>contribution</td><td style='text-align:right'>90,787.00 USD</td>" in html


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30),
    st.randoms(use_true_random=False),
)
def test_smallest_is_the_head_of_a_full_sort(keys: list[tuple[int, int]], random: Random) -> None:
    """Partitioning gives the same winners as sorting by all keys."""
    ids = list(range(len(keys)))
    random.shuffle(ids)
    first, second = np.array(keys).T
    order = np.lexsort((ids, second, first))

    for m in range(1, len(keys) + 1):
        assert sorted(smallest(m, first, second, np.array(ids))) == sorted(order[:m])
