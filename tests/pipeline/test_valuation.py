"""The whole chain: right, in agreement with its parts, refusing what does not fit."""

from __future__ import annotations

from pathlib import Path

import attrs
import numpy as np
import pandas as pd
import pytest
from tests.pipeline._logs import LEDGER, TERMS, dirty_orders, log_of

import custvalue as cv
from custvalue.costing import Allocation
from custvalue.data import CostLedger, CostPool, CustomerIndex, DriverTable
from custvalue.engine import TransactionLog
from custvalue.errors import AlignmentError, ConvergenceError, InputError, SchemaError
from custvalue.pipeline import CustomerValuation

ACTIVITY = cv.ActivityBased(drivers={"orders": "orders", "lines": "lines"})


@attrs.frozen
class PerCapita:
    """Every customer who ordered at all carries the same share."""

    def allocate(self, costs: cv.CostLedger, drivers: cv.DriverTable, /) -> cv.Allocation:
        """Charge each pool evenly."""
        active = drivers["orders"] > 0
        return cv.Allocation.from_shares(costs, drivers.customers, {pool.name: active for pool in costs.pools})


@pytest.fixture(scope="module")
def log() -> TransactionLog:
    """The dirty log."""
    return log_of(dirty_orders())


@pytest.fixture(scope="module")
def drivers(log: TransactionLog) -> DriverTable:
    """Orders and lines, computed from the log."""
    return log.drivers(orders=cv.count(), lines=cv.sum("lines"))


@pytest.fixture(scope="module")
def value(log: TransactionLog, drivers: DriverTable) -> CustomerValuation:
    """The log valued with activity-based costs."""
    return attrs.evolve(TERMS, allocation=ACTIVITY).run(log, costs=LEDGER, drivers=drivers)


def test_every_cent_of_the_log_is_in_the_table_or_in_the_report(log: TransactionLog, value: CustomerValuation) -> None:
    revenue = value.account.lines["gross_sales"] - value.account.lines["returns"]

    assert int(revenue.sum()) + log.report.removed.amount == log.report.read.amount
    assert log.report.removed.rows > 0


def test_every_cent_of_the_pools_is_with_a_customer_or_held(value: CustomerValuation) -> None:
    charged = sum(int(value.account.lines[f"cost_{name}"].sum()) for name in LEDGER.names)

    assert value.allocation is not None
    assert charged + value.allocation.unallocated.total == LEDGER.total


def test_profit_is_what_the_columns_say(value: CustomerValuation) -> None:
    table = value.table
    costs = sum((table[f"cost_{name}"] for name in LEDGER.names), np.zeros(len(value.customers)))

    np.testing.assert_allclose(table["profit"], table["revenue"] - table["product_cost"] - costs, atol=1e-9)
    np.testing.assert_allclose(table["product_cost"], 0.65 * table["revenue"], atol=0.005 + 1e-9)


def test_lifetime_value_rests_on_profit_not_on_revenue(log: TransactionLog, value: CustomerValuation) -> None:
    """Taking allocated cost off a purchase lowers the value by exactly what is expected to be spent on serving."""
    without = TERMS.run(log)
    served = value.account.currency.to_major(value.account.row("cost_to_serve"))
    bought = np.isfinite(value.table["lifetime_value"])
    discounted = (without.table["lifetime_value"] / (0.35 * without.table["expected_spend"]))[bought]

    drop = (without.table["lifetime_value"] - value.table["lifetime_value"])[bought]

    np.testing.assert_allclose(drop, (discounted * served[bought]) / value.table["n_purchases"][bought], rtol=1e-9)


def test_customers_with_refunds_only_stay_in_the_table(value: CustomerValuation) -> None:
    frame: pd.DataFrame = value.to_frame("pandas")  # type: ignore[assignment]  # asked for
    returns_only = frame.set_index("customer").loc["R-1"]

    assert returns_only["revenue"] == -20.0
    assert returns_only["segment"] == "no purchase"
    assert np.isnan(returns_only["lifetime_value"])
    assert returns_only["tier"] == "lead"
    assert returns_only["n_purchases"] == 0
    assert frame["n_purchases"].dtype == np.int64


def test_every_column_knows_where_it_comes_from(value: CustomerValuation) -> None:
    frame: pd.DataFrame = value.to_frame("pandas")  # type: ignore[assignment]  # asked for

    assert list(value.origins) == list(frame.columns)
    assert all(text for text in value.origins.values())
    assert value.origin("cost_orders") == "pool 'orders' allocated by ActivityBased"
    with pytest.raises(InputError, match="nothing"):
        value.origin("nothing")


def test_a_customer_can_be_traced(value: CustomerValuation, log: TransactionLog) -> None:
    customer = str(value.customers.ids[0])

    trace = value.trace(customer)

    assert customer in repr(trace)
    with pytest.raises(InputError, match="without costs"):
        TERMS.run(log).trace(customer)


def test_an_allocator_of_ones_own_needs_no_subclassing(log: TransactionLog, drivers: DriverTable) -> None:
    valued = attrs.evolve(TERMS, allocation=PerCapita()).run(log, costs=LEDGER, drivers=drivers)
    charged = valued.account.row("cost_to_serve")

    assert int(charged.sum()) == LEDGER.total
    assert charged.max() - charged.min() <= len(LEDGER.pools)


def test_an_allocation_already_made_gives_the_same(
    log: TransactionLog, drivers: DriverTable, value: CustomerValuation
) -> None:
    made = ACTIVITY.allocate(LEDGER, drivers)

    again = attrs.evolve(TERMS, allocation=made).run(log)

    pd.testing.assert_frame_equal(again.to_frame("pandas"), value.to_frame("pandas"))  # type: ignore[arg-type]  # pandas


def test_direct_cost_of_the_log_is_used_where_no_margin_is_given() -> None:
    frame = dirty_orders().dropna(subset=["customer_id"]).assign(goods=lambda f: (0.6 * f["net_amount"]).round(2))
    log = TransactionLog.from_frame(
        frame, customer="customer_id", time="ordered_at", amount="net_amount", direct_cost="goods", currency="EUR"
    )

    valued = attrs.evolve(TERMS, margin=None, model=None).run(log)

    assert valued.table["product_cost"].sum() == pytest.approx(frame["goods"].sum(), abs=1e-6)
    assert valued.origin("product_cost") == "the log's direct cost"


@pytest.mark.parametrize(
    ("changes", "inputs", "words"),
    [
        ({"allocation": ACTIVITY}, {}, "no costs and no drivers"),
        ({}, {"costs": LEDGER}, "an allocator for the costs"),
        ({"allocation": ACTIVITY}, {"costs": LEDGER}, "no drivers"),
    ],
)
def test_costs_drivers_and_allocator_belong_together(
    changes: dict[str, object], inputs: dict[str, CostLedger], words: str, log: TransactionLog
) -> None:
    with pytest.raises(InputError, match=words):
        attrs.evolve(TERMS, **changes).run(log, **inputs)  # type: ignore[arg-type]  # as parametrised


def test_a_pool_without_a_driver_is_refused(log: TransactionLog, drivers: DriverTable) -> None:
    with pytest.raises(SchemaError, match="'lines'"):
        attrs.evolve(TERMS, allocation=cv.ActivityBased(drivers={"orders": "orders"})).run(
            log, costs=LEDGER, drivers=drivers
        )


def test_costs_in_another_currency_are_refused(log: TransactionLog, drivers: DriverTable) -> None:
    dollars = CostLedger(pools=[CostPool("orders", 5)], currency="USD")

    with pytest.raises(AlignmentError, match="USD"):
        attrs.evolve(TERMS, allocation=cv.VolumeBased(base="orders")).run(log, costs=dollars, drivers=drivers)


def test_a_driver_for_an_unknown_customer_is_refused(log: TransactionLog) -> None:
    strange = DriverTable(customers=CustomerIndex(["nobody"]), drivers={"orders": np.ones(1)})

    with pytest.raises(SchemaError, match="nobody"):
        attrs.evolve(TERMS, allocation=cv.VolumeBased(base="orders")).run(log, costs=LEDGER, drivers=strange)


def test_an_allocation_of_other_customers_is_refused(log: TransactionLog) -> None:
    other = Allocation.from_shares(LEDGER, CustomerIndex(["a"]), {"orders": np.ones(1), "lines": np.ones(1)})

    with pytest.raises(AlignmentError, match="log and allocation"):
        attrs.evolve(TERMS, allocation=other).run(log)


@pytest.mark.parametrize("margin", [1.5, np.nan, np.inf])
def test_a_margin_is_a_share(margin: float) -> None:
    with pytest.raises(InputError, match=r"0\.35"):
        attrs.evolve(TERMS, margin=margin)


def bought_once(n: int) -> TransactionLog:
    """A log in which nobody ever came back."""
    frame = pd.DataFrame(
        {
            "who": [f"c{number}" for number in range(n)],
            "when": pd.date_range("2025-01-01", periods=n),
            "eur": np.linspace(10.0, 50.0, n),
        }
    )
    return TransactionLog.from_frame(frame, customer="who", time="when", amount="eur", currency="EUR")


@pytest.mark.parametrize("n", [1, 40])
def test_a_model_that_cannot_be_fitted_says_so_and_the_rest_is_still_to_be_had(n: int) -> None:
    with pytest.raises((ConvergenceError, InputError)) as caught:
        TERMS.run(bought_once(n))

    assert len(str(caught.value)) > 40
    valued = attrs.evolve(TERMS, model=None).run(bought_once(n))
    assert len(valued.customers) == n
    assert "lifetime_value" not in valued.table


def test_any_model_can_be_swapped_in_and_says_whose_margin_it_used(log: TransactionLog) -> None:
    own = attrs.evolve(TERMS, model=cv.RetentionCLV(120.0, 0.8, period=cv.TimeUnit.YEAR)).run(log)
    told = attrs.evolve(TERMS, model=cv.BuyTillYouDie(purchases=cv.ParetoNBD(), spend=cv.GammaGamma())).run(
        log_of(dirty_orders().query("net_amount != 0"))
    )

    assert "the model's own margin" in own.origin("lifetime_value")
    assert "probability_alive" not in own.table
    assert "margin less allocated cost per purchase" in told.origin("lifetime_value")


def test_any_classifier_can_be_swapped_in(log: TransactionLog) -> None:
    matrix = cv.MatrixClassifier(x="revenue", y="profit", cuts=cv.Median(), cells=cv.presets.CURRENT_GROWTH)

    valued = attrs.evolve(TERMS, classifier=matrix).run(log)

    assert set(valued.tiers) <= set(valued.classification.scheme.labels)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("discount", 0.1), ("horizon", 3), ("margin", "0.3"), ("timing", "end"), ("allocation", 5),
        ("scorer", 5), ("model", cv.BGNBD), ("classifier", 3),
    ],
)  # fmt: skip
def test_a_setting_of_the_wrong_kind_is_refused_with_an_example(setting: str, value: object) -> None:
    with pytest.raises(InputError, match=f"Valuation.{setting}"):
        attrs.evolve(TERMS, **{setting: value})  # type: ignore[arg-type]  # that is the point


def test_what_a_reader_must_know_is_said(log: TransactionLog, drivers: DriverTable) -> None:
    blind = attrs.evolve(TERMS, margin=None, allocation=cv.ActivityBased(drivers={"orders": "orders", "lines": "none"}))
    nobody = DriverTable(customers=drivers.customers, drivers={"none": np.zeros(len(drivers.customers))})

    notes = " / ".join(blind.run(log, costs=LEDGER, drivers=drivers.with_drivers(nobody)).notes)

    assert "all revenue counts as margin" in notes
    assert "8,000.00 EUR of the costs were charged to nobody (lines: zero driver)" in notes


def test_a_fit_on_a_boundary_is_said() -> None:
    """Customers who all come back at the same pace and never stop leave dropout at its boundary."""
    days = pd.date_range("2025-01-01", "2025-12-28", freq="28D")
    frame = pd.DataFrame(
        [(f"c{n}", day + pd.Timedelta(days=n % 7), 10.0 + n % 5) for n in range(60) for day in days],
        columns=["who", "when", "eur"],
    )
    log = TransactionLog.from_frame(frame, customer="who", time="when", amount="eur", currency="EUR")

    try:
        notes = " / ".join(TERMS.run(log).notes)
    except ConvergenceError as error:
        notes = str(error)

    assert "boundary" in notes or "infinity" in notes


def test_a_valuation_is_saved_and_loaded(value: CustomerValuation, tmp_path: Path) -> None:
    cv.save(value, tmp_path / "value.json")

    again = cv.load(tmp_path / "value.json")

    pd.testing.assert_frame_equal(again.to_frame(), value.to_frame())  # type: ignore[arg-type]  # pandas
    assert again.origins == value.origins


def test_a_purchase_model_alone_is_no_lifetime_value_model(log: TransactionLog) -> None:
    with pytest.raises(InputError, match="BuyTillYouDie"):
        attrs.evolve(TERMS, model=cv.BGNBD()).run(log)  # type: ignore[arg-type]  # that is the point


def test_a_model_that_saw_nobody_leave_says_so() -> None:
    random = np.random.default_rng(5)
    between = [random.integers(0, 365, 1 + random.poisson(random.gamma(2, 4))) for _ in range(150)]
    rows = [(f"c{n}", int(day)) for n, days in enumerate(between) for day in (*days, random.integers(355, 365))]
    frame = pd.DataFrame(rows, columns=["who", "day"]).assign(eur=random.gamma(3, 10, len(rows)).round(2) + 1)
    frame["when"] = pd.Timestamp("2025-01-01") + pd.to_timedelta(frame["day"], unit="D")
    log = TransactionLog.from_frame(frame, customer="who", time="when", amount="eur", currency="EUR")

    value = TERMS.run(log)

    assert value.table["probability_alive"].min() > 0.999
    assert any("the model saw nobody leave" in note for note in value.notes)


def test_the_equity_printed_is_the_sum_of_whole_cents(value: CustomerValuation) -> None:
    cents = np.rint(np.nan_to_num(value.table["lifetime_value"]) * 100).sum()

    assert value.highlights()["customer equity (sum of lifetime values)"] == f"{cents / 100:,.2f} EUR"


@attrs.frozen
class Forever:
    """A model of one's own that gives everybody the same, whatever is asked."""

    worth: object

    def fit(self, summary: cv.CustomerSummary, /) -> Forever:
        """Learn nothing."""
        assert len(summary)
        return self

    def lifetime_value(
        self,
        summary: cv.CustomerSummary,
        /,
        *,
        horizon: cv.Horizon,
        discount: cv.DiscountRate,
        timing: cv.Timing = cv.Timing.END,
    ) -> object:
        """Give everybody the same."""
        assert horizon.n > 0
        assert (discount, timing) == (TERMS.discount, TERMS.timing)
        if not isinstance(self.worth, float):
            return self.worth
        values = np.full(len(summary), self.worth)
        return cv.clv.CustomerValues(customers=summary.customers, values=values, measure="lifetime_value")


@pytest.mark.parametrize("worth", [np.inf, np.nan, [1.0, 2.0]])
def test_values_that_are_no_finite_numbers_are_refused(worth: object, log: TransactionLog) -> None:
    with pytest.raises(InputError, match=r"Valuation\.model: Forever\.lifetime_value"):
        attrs.evolve(TERMS, model=Forever(worth)).run(log)  # type: ignore[arg-type]  # that is the point


def test_a_frame_is_no_log() -> None:
    with pytest.raises(InputError, match=r"Valuation\.run: expected TransactionLog, got DataFrame"):
        TERMS.run(dirty_orders())  # type: ignore[arg-type]  # that is the point


def test_what_was_assumed_is_said_in_words(value: CustomerValuation) -> None:
    shown = value.highlights()

    assert shown["margin"] == "35 % of revenue"
    assert shown["lifetime values"] == "over 3 years, discounted at 10 % a year, cash at the end of each period"


def test_an_allocator_that_gives_no_allocation_is_refused(log: TransactionLog, drivers: DriverTable) -> None:
    class Wrong:
        def allocate(self, costs: CostLedger, drivers: DriverTable, /) -> object:
            return drivers["orders"] * len(costs.pools)

    with pytest.raises(InputError, match="expected an Allocation, got ndarray from Wrong"):
        attrs.evolve(TERMS, allocation=Wrong()).run(log, costs=LEDGER, drivers=drivers)  # type: ignore[arg-type]  # on purpose


def test_a_classifier_that_gives_no_classification_is_refused(log: TransactionLog) -> None:
    class Wrong:
        def fit(self, values: cv.ValueTable, /) -> Wrong:
            assert len(values.customers)
            return self

        def classify(self, values: cv.ValueTable, /) -> object:
            return ["gold"] * len(values.customers)

    with pytest.raises(InputError, match=r"Wrong\.classify: expected Classification, got \['gold'"):
        attrs.evolve(TERMS, classifier=Wrong()).run(log)  # type: ignore[arg-type]  # on purpose
