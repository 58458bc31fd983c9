"""Is it right: published preparation numbers, and summaries computed the slow and obvious way."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.engine._tables import NAMES, TABLES, by_hand, cents_of, raw_cents, some_log

from custvalue.data import Collapse, CustomerIndex, ObservationWindow, TimeUnit
from custvalue.engine import DataPolicies, TransactionLog, count, max, mean, n_unique, sum  # noqa: A004  # as users do

PATTERNS = Path(__file__).parents[1] / "data" / "cdnow_patterns.json"
SPLIT = datetime(1997, 9, 30)  # noqa: DTZ001  # a calendar day
EVERY_TABLE = pytest.mark.parametrize("table", list(TABLES))


def cdnow_like() -> dict[str, Any]:
    """A log whose customers have the published (x, t_x, T) at 1997-09-30 and 1,882 purchases after it.

    Days between the first and the last purchase are free, so they are the days just before the last; every third
    purchase is split over two rows of its day, which must count once.
    """
    rows: list[tuple[int, datetime]] = []
    who = 0
    for x, t_x, age, customers in json.loads(PATTERNS.read_text(encoding="utf-8"))["weeks_39"]:
        for _ in range(customers):
            who += 1
            first = SPLIT - timedelta(days=age)
            days = [0] if x == 0 else [0, *range(t_x - x + 1, t_x + 1)]
            rows += [(who, first + timedelta(days=day)) for day in days]
    rows += [(1 + number % 2_357, SPLIT + timedelta(days=1 + number // 2_357 * 7)) for number in range(1_882)]
    doubled = [(who, day + timedelta(hours=9 * copy)) for at, (who, day) in enumerate(rows)
               for copy in range(2 if at % 3 == 0 else 1)]  # fmt: skip
    return {
        "who": [who for who, _ in doubled],
        "when": [day for _, day in doubled],
        "paid": [5.25] * len(doubled),
    }


@EVERY_TABLE
def test_cdnow_is_prepared_as_published(table: str) -> None:
    # Fader, Hardie & Lee (2005): 2,357 customers, daily collapse, weeks = days / 7, 946 repeat buyers, 2,457 repeats.
    window = ObservationWindow("1997-01-01", "1998-06-30")
    log = TransactionLog.from_frame(TABLES[table](cdnow_like()), window=window, **NAMES)
    calibration, holdout = log.split("1997-09-30")
    summary = calibration.summarize(collapse=Collapse.DAY, unit=TimeUnit.WEEK)
    assert len(summary) == 2_357
    assert int(np.count_nonzero(summary.frequency)) == 946
    assert int(summary.frequency.sum()) == 2_457
    assert len(calibration.patterns(unit=TimeUnit.WEEK)) == 1_016
    assert int(holdout.n_purchases.sum()) == 1_882
    assert holdout.days == 273


def test_customer_1_of_cdnow_has_the_published_ages() -> None:
    days = [date(1997, 1, 1), date(1997, 1, 18), date(1997, 8, 2), date(1997, 12, 12)]
    columns = {"who": [1] * 4, "when": days, "paid": [29.33, 29.73, 14.96, 26.48]}
    window = ObservationWindow("1997-01-01", "1998-06-30")
    log = TransactionLog.from_frame(TABLES["pandas"](columns), window=window, **NAMES)
    calibration, holdout = log.split("1997-09-30")
    summary = calibration.summarize()
    found = (summary.frequency[0], summary.recency[0], summary.T[0])
    assert found == pytest.approx((2, 30.428571, 38.857143), abs=5e-7)
    assert summary.monetary_value[0] == pytest.approx((29.73 + 14.96) / 2)
    assert holdout.n_purchases.tolist() == [1]
    assert holdout.total_amount.tolist() == [2_648]


@EVERY_TABLE
@pytest.mark.parametrize("collapse", list(Collapse))
def test_summary_is_what_a_plain_loop_finds(table: str, collapse: Collapse) -> None:
    columns = some_log()
    period = {
        Collapse.DAY: lambda day: day,
        Collapse.WEEK: lambda day: day - timedelta(days=day.weekday()),
        Collapse.MONTH: lambda day: day.replace(day=1),
    }[collapse]
    expected = by_hand(columns, period)
    log = TransactionLog.from_frame(TABLES[table](columns), **NAMES)
    summary = log.summarize(collapse=collapse)
    found = zip(summary.n_purchases, summary.require("total_amount"), summary.require("repeat_amount"), strict=True)
    assert dict(zip(summary.customers.ids.tolist(), [tuple(map(int, row)) for row in found], strict=True)) == expected
    if collapse is Collapse.DAY:
        assert log.report.same_period is not None
        assert log.report.same_period.n_purchases == np.sum([bought for bought, _, _ in expected.values()])


@pytest.mark.parametrize(
    ("collapse", "first", "last", "until"),
    [
        (Collapse.DAY, "2025-01-31", "2025-03-02", "2025-03-05"),
        (Collapse.WEEK, "2025-01-27", "2025-02-24", "2025-03-03"),
        (Collapse.MONTH, "2025-01-01", "2025-03-01", "2025-03-01"),
    ],
)
def test_ages_count_whole_collapse_periods(collapse: Collapse, first: str, last: str, until: str) -> None:
    # 2025-01-31 is a Friday, 2025-03-02 a Sunday, 2025-03-05 a Wednesday; weeks start on Monday.
    columns = {"who": ["a", "a"], "when": [date(2025, 1, 31), date(2025, 3, 2)], "paid": [1.0, 2.0]}
    for make in TABLES.values():
        log = TransactionLog.from_frame(make(columns), window=ObservationWindow("2025-01-01", "2025-03-05"), **NAMES)
        summary = log.summarize(collapse=collapse)
        assert str(summary.first_at[0])[:10] == first
        assert str(summary.last_at[0])[:10] == last
        assert str(summary.observed_until)[:10] == until


@EVERY_TABLE
def test_drivers_are_what_a_plain_loop_finds(table: str) -> None:
    columns = some_log()
    log = TransactionLog.from_frame(TABLES[table](columns), product="item", extra=["lines", "km"], **NAMES)
    found = log.drivers(
        orders=count(), lines=sum("lines"), km=sum("km"), mean_km=mean("km"), far=max("km"),
        items=n_unique("product"), days=n_unique("day"), net=sum("amount"),
    )  # fmt: skip
    for at, who in enumerate(found.customers.ids.tolist()):
        mine = [row for row, owner in enumerate(columns["who"]) if owner == who]
        km = [columns["km"][row] for row in mine]
        assert found["orders"][at] == len(mine)
        assert found["lines"][at] == np.sum([columns["lines"][row] for row in mine])
        assert found["km"][at] == pytest.approx(np.sum(km), rel=1e-14)
        assert found["mean_km"][at] == pytest.approx(np.mean(km), rel=1e-14)
        assert found["far"][at] == np.max(km)
        assert found["items"][at] == len({columns["item"][row] for row in mine} - {None})
        assert found["days"][at] == len({columns["when"][row].date() for row in mine})
        assert found["net"][at] * 100 == pytest.approx(np.sum([cents_of(columns["paid"][row]) for row in mine]))


@EVERY_TABLE
def test_revenue_splits_into_gross_refunds_and_net(table: str) -> None:
    columns = {
        "who": ["a", "a", "b"], "when": [date(2025, 1, 1)] * 3, "paid": [10.0, -2.5, -1.0], "cost": [4.0, -1.0, 0.0],
    }  # fmt: skip
    money = TransactionLog.from_frame(TABLES[table](columns), direct_cost="cost", **NAMES).revenue()
    assert money.customers.ids.tolist() == ["a", "b"]
    assert {name: money[name].tolist() for name in money.names} == {
        "gross_amount": [1_000, 0], "refunds": [-250, -100], "net_amount": [750, -100], "direct_cost": [300, 0],
    }  # fmt: skip


@EVERY_TABLE
@pytest.mark.parametrize(
    ("period", "starts", "values"),
    [
        (TimeUnit.MONTH, ["2025-01", "2025-02", "2025-03", "2025-04"], [[3.0, 0, 4.0, 0], [0, 0, 0, 5.0]]),
        (TimeUnit.QUARTER, ["2025-01", "2025-04"], [[7.0, 0], [0, 5.0]]),
        (TimeUnit.YEAR, ["2025-01"], [[7.0], [5.0]]),
    ],
)
def test_series_has_every_period_of_the_window(
    table: str, period: TimeUnit, starts: list[str], values: list[list[float]]
) -> None:
    days = [date(2025, 1, 1), date(2025, 1, 31), date(2025, 3, 1), date(2025, 4, 30)]
    columns = {"who": ["a", "a", "a", "b"], "when": days, "paid": [1.0, 2.0, 4.0, 5.0]}
    found = TransactionLog.from_frame(TABLES[table](columns), **NAMES).series(period)
    assert [str(start)[:7] for start in found.periods] == starts
    assert found.values.tolist() == values


def test_weeks_before_1970_are_weeks_too() -> None:
    # Thursday 1970-01-01 lies in the week of Monday 1969-12-29; 1969-12-28 is the Sunday before.
    columns = {"who": ["a"] * 3, "when": [date(1969, 12, 28), date(1969, 12, 29), date(1970, 1, 4)], "paid": [1.0] * 3}
    for make in TABLES.values():
        found = TransactionLog.from_frame(make(columns), **NAMES).series(TimeUnit.WEEK)
        assert [str(start)[:10] for start in found.periods] == ["1969-12-22", "1969-12-29"]
        assert found.values.tolist() == [[1.0, 2.0]]


@EVERY_TABLE
def test_patterns_are_those_of_the_summary(table: str) -> None:
    log = TransactionLog.from_frame(TABLES[table](some_log()), **NAMES)
    for collapse in Collapse:
        pushed, local = log.patterns(collapse=collapse), log.summarize(collapse=collapse).patterns()
        for name in ("x", "t_x", "T", "weights"):
            np.testing.assert_array_equal(getattr(pushed, name), getattr(local, name))


@EVERY_TABLE
def test_amount_is_quantity_times_unit_price_rounded_half_to_even(table: str) -> None:
    # 1 x 0.125 and 3 x 0.125 lie exactly between two cents: 12.5 -> 12, 37.5 -> 38.
    columns = {"who": ["a", "b", "c"], "when": [date(2025, 1, 1)] * 3, "n": [1, 3, 6], "each": [0.125, 0.125, 2.55]}
    log = TransactionLog.from_frame(
        TABLES[table](columns), customer="who", time="when", quantity="n", unit_price="each", currency="EUR"
    )
    assert log.summarize().require("total_amount").tolist() == [12, 38, 1_530]
    assert (log.report.rounding.rows, log.report.rounding.change) == (2, 0)
    assert log.drivers(units=sum("quantity"))["units"].tolist() == [1, 3, 6]


@EVERY_TABLE
@pytest.mark.parametrize(("currency", "minor"), [("JPY", 13), ("EUR", 1_276), ("BHD", 12_755)])
def test_minor_units_follow_the_currency(table: str, currency: str, minor: int) -> None:
    # 12.755 is stored as 12.7550000000000007815: above the half.
    columns = {"who": ["a"], "when": [date(2025, 1, 1)], "paid": [12.755]}
    log = TransactionLog.from_frame(TABLES[table](columns), **(NAMES | {"currency": currency}))
    assert log.report.kept.amount == minor


@EVERY_TABLE
def test_a_log_without_amounts_counts_purchases(table: str) -> None:
    columns = {"who": ["a", "a", "b"], "when": [date(2025, 1, 1), date(2025, 1, 8), date(2025, 1, 2)]}
    log = TransactionLog.from_frame(TABLES[table](columns), customer="who", time="when", currency="EUR")
    summary = log.summarize(unit=TimeUnit.WEEK)
    assert summary.total_amount is None
    assert summary.n_purchases.tolist() == [2, 1]
    assert summary.recency.tolist() == [1.0, 0.0]
    assert len(log.patterns()) == 2


@EVERY_TABLE
def test_spends_too_large_to_travel_with_the_period_are_right_too(table: str) -> None:
    # 2**53 minor units a row do not fit beside the day number; the query takes another way to the same numbers.
    big = float(2**44)
    days = [date(2020, 1, 1), date(2020, 1, 1), date(2025, 1, 1), date(2021, 1, 1), date(2022, 1, 1)]
    columns = {"who": ["a", "a", "a", "b", "b"], "when": days, "paid": [big, big, 3 * big, big, -2 * big]}
    found = TransactionLog.from_frame(TABLES[table](columns), **NAMES).summarize()
    cents = 100 * 2**44
    assert found.n_purchases.tolist() == [2, 1]
    assert found.require("total_amount").tolist() == [5 * cents, -cents]
    assert found.require("repeat_amount").tolist() == [3 * cents, 0]


@EVERY_TABLE
def test_split_counts_new_customers_apart_and_conserves(table: str) -> None:
    columns = some_log()
    log = TransactionLog.from_frame(TABLES[table](columns), **NAMES)
    calibration, holdout = log.split("2025-03-01")
    assert calibration.window == ObservationWindow(log.window.start, "2025-03-01")
    early = {who for who, when in zip(columns["who"], columns["when"], strict=True) if when.date() <= date(2025, 3, 1)}
    later = by_hand({name: [value for value, when in zip(values, columns["when"], strict=True)
                            if when.date() > date(2025, 3, 1)] for name, values in columns.items()})  # fmt: skip
    known = set(holdout.customers.ids.tolist())
    assert known <= early
    assert holdout.n_new_customers == len(set(later) - known)
    for who, n, total in zip(holdout.customers.ids.tolist(), holdout.n_purchases, holdout.total_amount, strict=True):
        if who in later:
            assert (int(n), int(total)) == later[who][:2]
    assert calibration.report.read == log.report.read
    assert calibration.reconcile(calibration.summarize()).read.amount == raw_cents(columns)


def test_drivers_on_a_population_keep_the_rest_apart() -> None:
    columns = {"who": ["a", "b", "c", "c"], "when": [date(2025, 1, 1)] * 4, "paid": [1.0] * 4}
    log = TransactionLog.from_frame(TABLES["pandas"](columns), **NAMES)
    found = log.drivers(CustomerIndex(["z", "a"]), orders=count())
    np.testing.assert_array_equal(found["orders"], [np.nan, 1.0])
    assert dict(found.unknown) == {"orders": 3.0, "revenue": 3.0}
    money = log.revenue(CustomerIndex(["z", "a"]))
    assert money["net_amount"].tolist() == [0, 100]


def test_log_says_what_it_is() -> None:
    columns = {"who": ["a"], "when": [date(2025, 1, 1)], "paid": [1234.5]}
    log = TransactionLog.from_frame(TABLES["polars"](columns), policies=DataPolicies(), **NAMES)
    assert repr(log) == "TransactionLog(1 rows, 1,234.50 EUR, 2025-01-01 to 2025-01-01)"
    assert len(log) == 1
    assert log.like == "polars"
    assert log.has_amounts


@EVERY_TABLE
@pytest.mark.parametrize("collapse", Collapse)
def test_times_of_purchases_are_those_the_summary_counts(table: str, collapse: Collapse) -> None:
    """Refunds and zeros in the log: as many as counted, the first and the last when they were."""
    log = TransactionLog.from_frame(TABLES[table](some_log()), **NAMES)
    summary, times = log.summarize(collapse=collapse), log.purchase_times(collapse=collapse)

    assert times.customers == summary.customers
    np.testing.assert_array_equal(np.bincount(times.owner), summary.n_purchases)
    first = np.flatnonzero(np.diff(times.owner, prepend=-1))
    np.testing.assert_array_equal(times.at[first], summary.first_at)
    np.testing.assert_array_equal(times.at[np.append(first[1:], times.at.size) - 1], summary.last_at)
    same = np.diff(times.owner) == 0
    assert (np.diff(times.at)[same] > np.timedelta64(0)).all()
