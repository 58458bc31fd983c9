"""Plots are tested by what they draw."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import attrs
import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from tests.pipeline._logs import LEDGER, TERMS, dirty_orders, log_of

import custvalue as cv
from custvalue import plotting
from custvalue.data import CustomerIndex, MoneyTable, ValueTable
from custvalue.pipeline import CustomerValuation

mpl.use("Agg")


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Every figure is closed again."""
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def value() -> CustomerValuation:
    """A valuation with allocated costs."""
    log = log_of(dirty_orders())
    drivers = log.drivers(orders=cv.count(), lines=cv.sum("lines"))
    allocator = cv.ActivityBased(drivers={"orders": "orders", "lines": "lines"})
    return attrs.evolve(TERMS, allocation=allocator).run(log, costs=LEDGER, drivers=drivers)


def test_the_whale_curve_is_the_cumulative_profit(value: CustomerValuation) -> None:
    curve = value.concentration()

    ax = plotting.whale_curve(curve)

    drawn = ax.lines[0].get_ydata()
    np.testing.assert_array_equal(drawn[1:], curve.cumulative)  # type: ignore[index]  # an array
    assert f"{curve.peak:,.0f}" in ax.texts[0].get_text()


def test_a_plot_is_drawn_on_the_axes_given(value: CustomerValuation) -> None:
    mine = plt.subplots()[1]

    assert plotting.whale_curve(value.concentration(), ax=mine) is mine


def test_the_lorenz_curve_runs_from_nothing_to_all(value: CustomerValuation) -> None:
    ax = plotting.lorenz_curve(value.concentration("revenue"))

    drawn = np.asarray(ax.lines[0].get_xydata())
    np.testing.assert_allclose(drawn[[0, -1]], [[0.0, 0.0], [1.0, 1.0]], atol=1e-12)


def test_the_waterfall_ends_at_the_contribution(value: CustomerValuation) -> None:
    ax = plotting.waterfall(value.account)

    last = ax.patches[-1]
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert last.get_height() == pytest.approx(value.account.contribution.sum() / 100)  # type: ignore[attr-defined]  # a bar
    assert {"cost orders", "cost lines", "returns", "product cost", "gross margin", "contribution"} <= set(labels)


def test_segments_and_the_map_count_everybody(value: CustomerValuation) -> None:
    bars = plotting.segment_sizes(value.scores).patches
    counts = [int(text.get_text().replace(",", "")) for text in plotting.rfm_map(value.scores).texts]

    assert sum(bar.get_width() for bar in bars) == len(value.scores.customers)  # type: ignore[attr-defined]  # bars
    assert sum(counts) == len(value.scores.customers)


def test_tiers_add_up_to_the_measure(value: CustomerValuation) -> None:
    ax = plotting.tiers(value.classification, value.table, "profit")

    assert sum(bar.get_height() for bar in ax.patches) == pytest.approx(value.table["profit"].sum())  # type: ignore[attr-defined]  # bars


def test_a_distribution_counts_every_finite_value(value: CustomerValuation) -> None:
    assert value.lifetime is not None

    ax = plotting.distribution(value.lifetime.value)

    finite = np.isfinite(value.lifetime.value.values).sum()
    assert sum(bar.get_height() for bar in ax.patches) == finite  # type: ignore[attr-defined]  # bars


def test_the_equity_bridge_ends_at_the_closing() -> None:
    spring = MoneyTable(customers=CustomerIndex(["a", "b", "c"]), amounts={"clv": [500, 300, 200]}, currency="EUR")
    autumn = MoneyTable(customers=CustomerIndex(["b", "c", "d"]), amounts={"clv": [350, 200, 400]}, currency="EUR")
    statement = cv.equity.EquityStatement.between(spring, autumn)

    ax = plotting.equity_bridge(statement)

    *steps, closing = ax.patches[1:]
    ends = 10.0 + sum(bar.get_height() for bar in steps)  # type: ignore[attr-defined]  # bars
    assert ends == pytest.approx(closing.get_height()) == pytest.approx(9.5)  # type: ignore[attr-defined]  # a bar


def test_a_curve_with_one_customer_is_still_a_curve() -> None:
    table = ValueTable(customers=CustomerIndex(["a"]), measures={"profit": [-3.0]})

    assert plotting.whale_curve(cv.ConcentrationCurve.of(table, "profit")).lines


def test_importing_plotting_does_not_load_matplotlib() -> None:
    code = "import custvalue.plotting, sys; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603  # our own code

    assert done.stdout.strip() == "False"


def test_the_waterfall_has_amounts_and_stays_inside_its_frame(value: CustomerValuation) -> None:
    ax = plotting.waterfall(value.account)

    profit = value.account.contribution.sum() / 100
    tops = [bar.get_y() + bar.get_height() for bar in ax.patches]  # type: ignore[attr-defined]  # bars
    assert len(ax.texts) == len(ax.patches)
    assert ax.texts[-1].get_text() == f"{profit:,.0f}"
    assert ax.get_ylim()[1] > max(tops)


def test_money_has_its_currency(value: CustomerValuation) -> None:
    ax = plotting.whale_curve(value.concentration())

    assert ax.get_ylabel() == "cumulative contribution, EUR"
    assert " EUR" in ax.texts[0].get_text()


def test_customers_without_a_purchase_have_a_bar(value: CustomerValuation) -> None:
    ax = plotting.segment_sizes(value.scores, n_unscored=7)

    assert [label.get_text() for label in ax.get_yticklabels()][-1] == "no purchase"
    assert ax.patches[-1].get_width() == 7  # type: ignore[attr-defined]  # a bar


def test_the_bar_that_gathers_the_highest_says_so() -> None:
    ids = CustomerIndex([f"c{at:03d}" for at in range(1_000)])
    values = cv.clv.CustomerValues(customers=ids, values=np.arange(1_000.0), measure="lifetime_value", unit="EUR")

    ax = plotting.distribution(values)

    assert ax.texts[0].get_text().startswith("10 above 989.01 ")
    assert ax.patches[-1].get_facecolor() != ax.patches[0].get_facecolor()
