"""Each policy on a table small enough to do by hand, on every kind of table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import attrs
import duckdb
import numpy as np
import pytest
from tests.engine._tables import NAMES, TABLES

from custvalue.data import CustomerIndex, ObservationWindow
from custvalue.engine import DataPolicies, IdentityMap, LogReport, Removal, Tally, Times, TransactionLog, count
from custvalue.errors import ConservationError, InputError, SchemaError

EVERY_TABLE = pytest.mark.parametrize("table", list(TABLES))
JANUARY = ObservationWindow("2025-01-01", "2025-01-31")


def log_of(table: str, rows: Sequence[tuple[object, object, object]], **more: object) -> TransactionLog:
    who, when, paid = ([row[at] for row in rows] for at in range(3))
    frame = TABLES[table]({"who": who, "when": when, "paid": paid})
    return TransactionLog.from_frame(frame, **(NAMES | more))


def day(number: int, month: int = 1) -> date:
    return date(2025, month, number)


def removals(report: LogReport) -> list[tuple[str, int, int]]:
    return [(item.policy, item.rows, item.amount) for item in report.removals]


RETURNS = [
    ("a", day(1), 10.0), ("a", day(1), -4.0),  # nets to 6 within the day: a purchase of 6
    ("a", day(5), 20.0),
    ("a", day(9), -3.0),  # a refund on its own day: no purchase, but money
    ("b", day(2), 5.0), ("b", day(2), -5.0),  # nets to zero: no purchase; b never bought
    ("c", day(3), -7.0),  # only a refund
]  # fmt: skip


@EVERY_TABLE
def test_refunds_net_within_the_day(table: str) -> None:
    log = log_of(table, RETURNS)
    summary = log.summarize()
    assert summary.customers.ids.tolist() == ["a"]
    assert summary.n_purchases.tolist() == [2]
    assert summary.require("total_amount").tolist() == [600 + 2_000 - 300]
    assert summary.require("repeat_amount").tolist() == [2_000]
    assert str(summary.last_at[0])[:10] == "2025-01-05"
    account = log.reconcile(summary)
    assert account.never_bought == Tally(3, -700)
    assert account.n_never_bought == 2
    assert log.report.refunds == Tally(4, -1_900)


@EVERY_TABLE
def test_the_report_counts_what_same_period_collapse_and_netting_do(table: str) -> None:
    same = log_of(table, RETURNS).report.same_period
    assert same is not None
    # a on 1 and 5 January bought; a on the 9th, b and c did not: 3 + 4 rows, 2 of them beside another of their day.
    assert (same.n_purchases, same.purchases) == (2, Tally(3, 2_600))
    assert (same.n_others, same.others) == (3, Tally(4, -1_000))
    assert same.merged == 2
    assert "7 rows make 2 purchases and 3 customer-days that net to zero or less" in str(same)
    apart = log_of(table, RETURNS, policies=DataPolicies(refunds="separate")).report.same_period
    assert apart is not None
    assert (apart.n_purchases, apart.purchases, apart.set_aside) == (3, Tally(3, 3_500), Tally(4, -1_900))
    assert apart.n_others == 0


@EVERY_TABLE
def test_the_report_counts_collapse_without_amounts(table: str) -> None:
    frame = TABLES[table]({"who": ["a", "a", "b"], "when": [day(1), day(1), day(1)]})
    same = TransactionLog.from_frame(frame, customer="who", time="when", currency="EUR").report.same_period
    assert same is not None
    assert (same.n_purchases, same.purchases, same.merged) == (2, Tally(3, 0), 1)


@EVERY_TABLE
def test_ids_that_spell_nothing_in_a_frame_are_noted(table: str) -> None:
    rows = [("nan", day(1), 1.0), ("NULL", day(1), 1.0), ("Nancy", day(2), 2.0)]
    assert any("2 rows kept have 'nan', 'NULL' or the like" in note for note in log_of(table, rows).report.notes)
    assert not any("or the like" in note for note in log_of(table, rows[2:]).report.notes)


def test_a_report_that_loses_money_in_collapse_cannot_exist() -> None:
    report = log_of("pandas", RETURNS).report
    assert report.same_period is not None
    wrong = attrs.evolve(report.same_period, others=Tally(4, -1_001))
    with pytest.raises(ConservationError, match="taken together"):
        attrs.evolve(report, details=attrs.evolve(report.details, same_period=wrong))


@EVERY_TABLE
@pytest.mark.parametrize("blank", ["", " ", " \t", "\r\n"])
def test_blank_ids_are_missing(table: str, blank: str) -> None:
    rows = [(blank, day(1), 1.0), ("a", day(2), 2.0), (" a", day(3), 4.0)]
    log = log_of(table, rows, policies=DataPolicies(missing_ids="drop"))
    assert log.report.removed_by("missing_ids") == Tally(1, 100)
    assert log.summarize().customers.ids.tolist() == [" a", "a"]


@EVERY_TABLE
def test_refunds_kept_apart_leave_purchases_gross(table: str) -> None:
    log = log_of(table, RETURNS, policies=DataPolicies(refunds="separate"))
    summary = log.summarize()
    assert summary.customers.ids.tolist() == ["a", "b"]
    assert summary.require("total_amount").tolist() == [3_000, 500]
    assert summary.require("repeat_amount").tolist() == [2_000, 0]
    assert log.reconcile(summary).set_aside == Tally(4, -1_900)
    assert log.revenue()["refunds"].tolist() == [-700, -500, -700]
    calibration, holdout = log.split("2025-01-04")
    assert calibration.reconcile(calibration.summarize()).set_aside == Tally(3, -1_600)
    assert holdout.total_amount.tolist() == [2_000, 0]


@EVERY_TABLE
def test_refunds_can_be_refused(table: str) -> None:
    with pytest.raises(SchemaError, match="4 rows: refund") as caught:
        log_of(table, RETURNS, policies=DataPolicies(refunds="refuse"))
    assert caught.value.faults[0].rows == [1, 3, 5, 6]
    assert "Refunds.NET" in caught.value.faults[0].hint


ZEROS = [
    ("a", day(1), 0.0),
    ("a", day(2), 3.0), ("a", day(2), 0.0),
    ("b", day(3), 0.0), ("b", day(3), 0.0),
    ("c", day(4), 2.0), ("c", day(4), -2.0), ("c", day(4), 0.0),  # money came and went: no purchase
]  # fmt: skip


@EVERY_TABLE
def test_a_day_of_zero_amounts_is_a_purchase_worth_nothing(table: str) -> None:
    summary = log_of(table, ZEROS).summarize()
    assert summary.customers.ids.tolist() == ["a", "b"]
    assert summary.n_purchases.tolist() == [2, 1]
    assert summary.require("repeat_amount").tolist() == [300, 0]


@EVERY_TABLE
def test_zero_amounts_can_be_ignored(table: str) -> None:
    log = log_of(table, ZEROS, policies=DataPolicies(zero_amounts="ignore"))
    assert log.summarize().n_purchases.tolist() == [1]
    assert removals(log.report) == [("zero_amounts=ZeroAmounts.IGNORE", 5, 0)]


@EVERY_TABLE
def test_zero_amounts_can_be_refused(table: str) -> None:
    with pytest.raises(SchemaError, match="5 rows: amount of zero"):
        log_of(table, ZEROS, policies=DataPolicies(zero_amounts="refuse"))


@EVERY_TABLE
@pytest.mark.parametrize("missing", [None, ""])
def test_missing_ids_are_refused_and_can_be_dropped(table: str, missing: object) -> None:
    rows = [("a", day(1), 1.0), (missing, day(2), 2.5)]
    with pytest.raises(SchemaError, match="customer missing") as caught:
        log_of(table, rows)
    assert caught.value.faults[0].rows == [1]
    log = log_of(table, rows, policies=DataPolicies(missing_ids="drop"))
    assert removals(log.report) == [("missing_ids=MissingIds.DROP", 1, 250)]
    assert log.report.removed_by("missing_ids") == Tally(1, 250)


@EVERY_TABLE
def test_ids_that_are_floats_of_whole_numbers_are_whole_numbers(table: str) -> None:
    rows = [(17850.0, day(1), 1.0), (12346.0, day(2), 1.0), (float("nan"), day(2), 1.0), (1.5, day(2), 1.0)]
    log = log_of(table, rows, policies=DataPolicies(missing_ids="drop"))
    assert log.summarize().customers == CustomerIndex([12346, 17850])
    assert "not a whole number" in log.report.removals[0].reason


@EVERY_TABLE
def test_missing_times_are_refused_and_can_be_dropped(table: str) -> None:
    rows = [("a", day(1), 1.0), ("a", None, 2.5)]
    with pytest.raises(SchemaError, match="time missing"):
        log_of(table, rows)
    log = log_of(table, rows, policies=DataPolicies(times="drop"))
    assert removals(log.report) == [("times=UnusableTimes.DROP", 1, 250)]


@EVERY_TABLE
def test_text_times_are_read_and_unreadable_ones_can_be_dropped(table: str) -> None:
    text = ["2025-01-01", "2025-01-02 23:59:59", "2025-01-02T08:00", "2025-02-30", "soon"]
    rows = [("a", at, 1.0) for at in text]
    with pytest.raises(SchemaError, match=r"2 rows: time missing or no date, such as \['2025-02-30', 'soon'\]"):
        log_of(table, rows)
    log = log_of(table, rows, policies=DataPolicies(times=Times(unusable="drop")))
    assert log.summarize().n_purchases.tolist() == [2]
    british = [("a", "31/01/2025 08:26", 1.0), ("a", "01/02/2025 08:26", 1.0), ("a", "2025-01-01", 1.0)]
    policies = DataPolicies(times=Times(unusable="drop", format="%d/%m/%Y %H:%M"))
    assert (
        str(log_of(table, british, policies=policies).window)
        == "ObservationWindow('2025-01-31', '2025-02-01', end_is_last_row=True)"
    )


@EVERY_TABLE
@pytest.mark.parametrize("unusable", [None, float("nan"), float("inf"), float("-inf"), 1e300])
def test_unusable_amounts_are_refused_and_can_be_dropped(table: str, unusable: float | None) -> None:
    rows = [("a", day(1), 1.0), ("b", day(2), unusable)]
    with pytest.raises(SchemaError, match="not finite") as caught:
        log_of(table, rows)
    assert caught.value.faults[0].rows == [1]
    log = log_of(table, rows, policies=DataPolicies(unusable_amounts="drop"))
    assert removals(log.report) == [("unusable_amounts=UnusableAmounts.DROP", 1, 0)]


TWICE = [
    ("a", day(1), 1.0),
    ("b", day(1), 2.0),
    ("a", day(1), 1.0),
    ("a", day(1), 1.0),
    (None, day(1), 4.0),
    (None, day(1), 4.0),
]


@EVERY_TABLE
def test_duplicates_are_kept_dropped_or_refused(table: str) -> None:
    lenient: dict[str, Any] = {"missing_ids": "drop"}
    kept = log_of(table, TWICE, policies=DataPolicies(**lenient))
    assert kept.summarize().require("total_amount").tolist() == [300, 200]
    assert any("not searched" in note for note in kept.report.notes)
    dropped = log_of(table, TWICE, policies=DataPolicies(duplicates="drop", **lenient))
    assert dropped.summarize().require("total_amount").tolist() == [100, 200]
    assert removals(dropped.report) == [("duplicates=Duplicates.DROP", 3, 600), ("missing_ids=MissingIds.DROP", 1, 400)]
    with pytest.raises(SchemaError, match="3 repeated") as caught:
        log_of(table, TWICE, policies=DataPolicies(duplicates="refuse", **lenient))
    assert caught.value.faults[0].rows == [0, 4]


@EVERY_TABLE
def test_rows_that_differ_in_an_unmapped_column_are_no_duplicates(table: str) -> None:
    frame = TABLES[table]({"who": ["a", "a"], "when": [day(1)] * 2, "paid": [1.0, 1.0], "invoice": [1, 2]})
    log = TransactionLog.from_frame(frame, policies=DataPolicies(duplicates="drop"), **NAMES)
    assert len(log) == 2


EARLY_AND_LATE = [("a", date(2024, 12, 31), 1.0), ("a", day(1), 2.0), ("b", day(31), 4.0), ("b", day(1, month=2), 8.0)]


@EVERY_TABLE
def test_rows_outside_the_window_are_refused_or_cut_off(table: str) -> None:
    with pytest.raises(SchemaError) as caught:
        log_of(table, EARLY_AND_LATE, window=JANUARY)
    assert [list(fault.rows) for fault in caught.value.faults] == [[0], [3]]
    log = log_of(table, EARLY_AND_LATE, window=JANUARY, policies=DataPolicies(outside_window="truncate"))
    assert removals(log.report) == [
        ("outside_window=OutsideWindow.TRUNCATE", 1, 100), ("outside_window=OutsideWindow.TRUNCATE", 1, 800),
    ]  # fmt: skip
    assert log.summarize().require("total_amount").tolist() == [200, 400]
    assert log.window == JANUARY


@EVERY_TABLE
def test_customers_born_before_the_window_are_kept_dropped_or_refused(table: str) -> None:
    cut: dict[str, Any] = {"outside_window": "truncate"}
    kept = log_of(table, EARLY_AND_LATE, window=JANUARY, policies=DataPolicies(**cut))
    assert any(note.startswith("1 customers were seen before") for note in kept.report.notes)
    dropped = log_of(table, EARLY_AND_LATE, window=JANUARY, policies=DataPolicies(born_before="drop", **cut))
    assert dropped.summarize().customers.ids.tolist() == ["b"]
    assert removals(dropped.report)[-1] == ("born_before=BornBefore.DROP", 1, 200)
    assert dropped.report.purchases == Tally(1, 400)
    with pytest.raises(SchemaError, match="seen before it") as caught:
        log_of(table, EARLY_AND_LATE, window=JANUARY, policies=DataPolicies(born_before="refuse", **cut))
    assert caught.value.faults[0].rows == ["a"]


@EVERY_TABLE
def test_nobody_seen_before_the_window_is_dropped_by_nothing(table: str) -> None:
    rows = [("z", date(2024, 12, 31), 1.0), ("a", day(1), 2.0)]
    policies = DataPolicies(outside_window="truncate", born_before="drop")
    assert removals(log_of(table, rows, window=JANUARY, policies=policies).report) == [
        ("outside_window=OutsideWindow.TRUNCATE", 1, 100)
    ]


@EVERY_TABLE
def test_the_window_is_taken_from_the_rows_and_says_so(table: str) -> None:
    log = log_of(table, [("a", day(3), 1.0), ("b", day(9), 0.0)], policies=DataPolicies(zero_amounts="ignore"))
    assert log.window == ObservationWindow("2025-01-03", "2025-01-09", end_is_last_row=True)
    assert any("end of observation was not stated" in note for note in log.report.notes)
    assert log.summarize().T.tolist() == [6 / 7]


@EVERY_TABLE
def test_kind_is_checked_against_the_sign(table: str) -> None:
    columns = {"who": ["a", "a", "a"], "when": [day(1)] * 3, "paid": [2.0, -1.0, 1.0]}
    fine = TABLES[table](columns | {"sort": ["purchase", "refund", "purchase"]})
    assert TransactionLog.from_frame(fine, kind="sort", **NAMES).report.refunds == Tally(1, -100)
    wrong = TABLES[table](columns | {"sort": ["refund", "refund", "credit"]})
    with pytest.raises(SchemaError) as caught:
        TransactionLog.from_frame(wrong, kind="sort", **NAMES)
    assert [list(fault.rows) for fault in caught.value.faults] == [[2], [0]]
    assert "credit" in caught.value.faults[0].got


@EVERY_TABLE
def test_policies_that_leave_nothing_say_so(table: str) -> None:
    with pytest.raises(SchemaError, match=r"rows left after the policies, got none: 1 removed \(customer missing\)"):
        log_of(table, [("", day(1), 1.0)], policies=DataPolicies(missing_ids="drop"))


def test_a_row_is_removed_for_one_reason_only() -> None:
    rows = [(None, None, float("nan")), (None, day(1), 0.0), ("a", day(1), 1.0)]
    policies = DataPolicies(missing_ids="drop", times="drop", unusable_amounts="drop", zero_amounts="ignore")
    report = log_of("polars", rows, policies=policies).report
    assert report.removals == (Removal("missing_ids=MissingIds.DROP", "customer missing", 2, 0),)


def test_report_can_be_read_by_people_and_programs() -> None:
    rows = [("a", day(1), 1.255), ("<b>", day(2), -1.0), (None, day(3), 2.0)]
    report = log_of("pandas", rows, policies=DataPolicies(missing_ids="drop")).report
    text = repr(report)
    assert "removed: customer missing (missing_ids=MissingIds.DROP)" in text
    assert "1 amounts had fractions of a minor unit" in text
    frame = report.to_frame("polars")
    assert frame.columns == ["item", "rows", "amount"]  # type: ignore[attr-defined]  # a Polars frame
    assert "<script" not in report._repr_html_()
    assert report._repr_html_().startswith("<table>")


def test_choices_that_do_not_exist_are_refused_with_those_that_do() -> None:
    with pytest.raises(InputError, match=r"one of \['net', 'separate', 'refuse'\], got 'nett'"):
        DataPolicies(refunds="nett")
    with pytest.raises(InputError, match="Europe/London"):
        Times(timezone="Mars/Olympus")


def test_nobody_who_bought_is_an_error_with_a_reason() -> None:
    with pytest.raises(InputError, match="at least one customer with a purchase"):
        log_of("pandas", [("a", day(1), -1.0)]).summarize()


# ---------------------------------------------------------------------- identity


FAMILY = IdentityMap.from_pairs({"card-1": "Ann", "card-2": "Ann", "web-9": "Bob"})
CARDS = [("card-1", day(1), 1.0), ("card-2", day(1), 2.0), ("web-9", day(2), 4.0)]


@EVERY_TABLE
def test_accounts_fold_into_customers_and_totals_stay(table: str) -> None:
    folded, plain = log_of(table, CARDS, identity=FAMILY), log_of(table, CARDS)
    summary = folded.summarize()
    assert summary.customers.ids.tolist() == ["Ann", "Bob"]
    assert summary.n_purchases.tolist() == [1, 1]
    assert summary.require("total_amount").tolist() == [300, 400]
    assert folded.report.kept == plain.report.kept


@EVERY_TABLE
def test_accounts_not_on_the_map_are_refused_dropped_or_themselves(table: str) -> None:
    rows = [*CARDS, ("web-7", day(3), 8.0)]
    with pytest.raises(SchemaError, match="account not on the identity map") as caught:
        log_of(table, rows, identity=FAMILY)
    assert caught.value.faults[0].rows == [3]
    dropped = log_of(table, rows, identity=FAMILY, policies=DataPolicies(missing_ids="drop"))
    assert removals(dropped.report) == [("missing_ids=MissingIds.DROP", 1, 800)]
    themselves = IdentityMap(FAMILY.accounts.tolist(), FAMILY.owners.tolist(), "themselves")
    alone = log_of(table, rows, identity=themselves)
    assert alone.summarize().customers.ids.tolist() == ["Ann", "Bob", "web-7"]


@EVERY_TABLE
def test_whole_number_accounts_fold_too(table: str) -> None:
    rows = [(1, day(1), 1.0), (2, day(1), 2.0)]
    log = log_of(table, rows, identity=IdentityMap.from_pairs({1: 7, 2: 7}))
    assert log.summarize().customers == CustomerIndex([7])
    with pytest.raises(SchemaError, match="accounts that are whole numbers, as in the log"):
        log_of(table, rows, identity=FAMILY)


def test_a_caller_may_fold_on_a_connection_of_their_own() -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE small AS SELECT 1 AS x")
    connection.execute("CREATE TABLE columns AS SELECT 1 AS x")
    relation = connection.sql("SELECT 'card-1' AS who, DATE '2025-01-01' AS \"when\", 1.5 AS paid")
    log = TransactionLog.from_frame(relation, identity=FAMILY, **NAMES)
    found = log.drivers(FAMILY.customers, n=count())["n"]
    np.testing.assert_array_equal(found, [1, np.nan])
    assert sorted(row[0] for row in connection.sql("SHOW TABLES").fetchall()) == ["columns", "small"]


@pytest.mark.parametrize(
    ("accounts", "owners", "words"),
    [
        (["x", "x"], ["A", "B"], "1 accounts with several"),
        (["x", "A"], ["A", "B"], "chain"),
        (["x", "y"], ["y", "x"], "cycle"),
        (["x"], ["A", "B"], "1 accounts, 2 customers"),
        (["x", 3], ["A", "B"], "not mixed"),
        (["x", None], ["A", "B"], "none missing"),
    ],
)
def test_identity_maps_that_make_no_sense_are_refused(accounts: list[object], owners: list[object], words: str) -> None:
    with pytest.raises(SchemaError, match=words):
        IdentityMap(accounts, owners)


def test_identity_map_keeps_itself_to_itself() -> None:
    same = IdentityMap(["x", "x", "A"], ["A", "A", "A"])
    assert len(same) == 2
    assert repr(same) == "IdentityMap(2 accounts of 1 customers)"
    frame = TABLES["pandas"]({"account": ["x"], "customer": ["A"]})
    assert IdentityMap.from_frame(frame, account="account", customer="customer").owners.tolist() == ["A"]
