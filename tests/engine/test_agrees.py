"""Does it agree with itself: engines, row orders, file chunks, and every cent accounted for."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine._tables import NAMES, TABLES, Columns, shuffled, some_log

from custvalue.data import Collapse, CustomerSummary, ObservationWindow, TimeUnit
from custvalue.engine import (
    BornBefore,
    DataPolicies,
    Duplicates,
    MissingIds,
    OutsideWindow,
    Refunds,
    Times,
    TransactionLog,
    UnusableAmounts,
    UnusableTimes,
    ZeroAmounts,
    count,
    mean,
    n_unique,
    sum,  # noqa: A004  # as users write it
)

DRIVERS = {"orders": count(), "km": sum("km"), "mean_km": mean("km"), "items": n_unique("product")}


def same(one: CustomerSummary, other: CustomerSummary) -> bool:
    """Equal to the last bit."""
    columns = ("first_at", "last_at", "n_purchases", "total_amount", "repeat_amount")
    alike = all(np.array_equal(getattr(one, name), getattr(other, name)) for name in columns)
    return alike and one.customers == other.customers and one.observed_until == other.observed_until


def log_of(table: object) -> TransactionLog:
    return TransactionLog.from_frame(table, product="item", extra=["lines", "km"], **NAMES)


def test_engines_and_row_orders_agree_to_the_last_bit() -> None:
    columns = some_log()
    reference = log_of(TABLES["pandas"](columns))
    drivers = reference.drivers(**DRIVERS)
    for number, make in enumerate(TABLES.values()):
        log = log_of(make(shuffled(columns, number)))
        assert log.report == reference.report
        for collapse in Collapse:
            assert same(log.summarize(collapse=collapse), reference.summarize(collapse=collapse))
            times, others = log.purchase_times(collapse=collapse), reference.purchase_times(collapse=collapse)
            assert times.customers == others.customers
            assert np.array_equal(times.owner, others.owner)
            assert np.array_equal(times.at, others.at)
        found = log.drivers(**DRIVERS)
        for name in DRIVERS:
            np.testing.assert_array_equal(found[name], drivers[name])
        for unit in (TimeUnit.DAY, TimeUnit.WEEK, TimeUnit.MONTH, TimeUnit.QUARTER, TimeUnit.YEAR):
            np.testing.assert_array_equal(log.series(unit).values, reference.series(unit).values)
        money = log.revenue()
        for name in money.names:
            np.testing.assert_array_equal(money[name], reference.revenue()[name])


def test_how_a_log_is_cut_into_files_does_not_matter(tmp_path: Path) -> None:
    columns = some_log()
    frame = pl.DataFrame(columns)
    whole = log_of(frame).summarize()
    for n_files in (1, 2, 7):
        folder = tmp_path / str(n_files)
        folder.mkdir()
        for number, rows in enumerate(frame.iter_slices(-(-len(frame) // n_files))):
            rows.write_parquet(folder / f"{number}.parquet", row_group_size=97)
            rows.write_csv(folder / f"{number}.csv")
        for kind in ("parquet", "csv"):
            log = TransactionLog.from_file(folder / f"*.{kind}", **NAMES)
            assert same(log.summarize(), whole)
    parts = [str(path) for path in sorted((tmp_path / "7").glob("*.parquet"))]
    assert same(TransactionLog.from_file(parts, **NAMES).summarize(), whole)
    assert same(log_of(pl.scan_parquet(parts)).summarize(), whole)


def test_threads_do_not_matter() -> None:
    columns = some_log()
    frame = pl.DataFrame(columns).to_arrow()
    found = []
    for threads in (1, 3):
        connection = duckdb.connect(config={"threads": threads})
        found.append(log_of(connection.from_arrow(frame)).drivers(**DRIVERS)["km"])
    np.testing.assert_array_equal(found[0], found[1])


def test_asking_twice_gives_the_same() -> None:
    log = log_of(TABLES["duckdb"](some_log()))
    assert same(log.summarize(), log.summarize())


def test_renaming_customers_renames_the_result() -> None:
    columns = some_log()
    turned = columns | {"who": [f"z{9999 - int(str(who)[1:]):04d}" for who in columns["who"]]}
    one, other = (log_of(TABLES["polars"](table)).summarize() for table in (columns, turned))
    np.testing.assert_array_equal(one.n_purchases, other.n_purchases[::-1])
    np.testing.assert_array_equal(one.require("repeat_amount"), other.require("repeat_amount")[::-1])


def test_a_year_split_in_two_adds_up() -> None:
    log = log_of(TABLES["pandas"](some_log()))
    calibration, holdout = log.split("2025-06-30")
    whole, first = log.revenue(), calibration.revenue()
    known = whole.customers.positions(first.customers.ids)
    later = whole["net_amount"][known] - first["net_amount"]
    place = first.customers.positions(holdout.customers.ids)
    np.testing.assert_array_equal(later[place], holdout.total_amount)


# ---------------------------------------------------------------------- conservation under every policy


def dirty(rows: list[tuple[str | None, int | None, float]]) -> Columns:
    day = np.datetime64("2025-03-01", "D")
    return {
        "who": [who for who, _, _ in rows],
        "when": [None if at is None else (day + np.timedelta64(at, "D")).astype(object) for _, at, _ in rows],
        "paid": [paid for _, _, paid in rows],
    }


# NaN and null are one thing in pandas and two elsewhere, where equal rows are searched; hence no null here.
AMOUNTS = st.one_of(
    st.sampled_from([float("nan"), float("inf"), 0.0, -1.0, 1.0, 0.005]),
    st.floats(min_value=-1e6, max_value=1e6, allow_nan=False),
)
ROWS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.sampled_from(["", "a", "b", "c", "d"])),
        st.one_of(st.none(), st.integers(-20, 50)),
        AMOUNTS,
    ),
    min_size=1,
    max_size=25,
)
POLICIES = st.builds(
    DataPolicies,
    refunds=st.sampled_from([Refunds.NET, Refunds.SEPARATE]),
    zero_amounts=st.sampled_from([ZeroAmounts.PURCHASE, ZeroAmounts.IGNORE]),
    missing_ids=st.just(MissingIds.DROP),
    times=st.just(Times(unusable=UnusableTimes.DROP)),
    unusable_amounts=st.just(UnusableAmounts.DROP),
    duplicates=st.sampled_from([Duplicates.KEEP, Duplicates.DROP]),
    outside_window=st.just(OutsideWindow.TRUNCATE),
    born_before=st.sampled_from([BornBefore.KEEP, BornBefore.DROP]),
)
WINDOW = ObservationWindow("2025-03-01", "2025-03-31")


def check_conserves(rows: list[tuple[str | None, int | None, float]], policies: DataPolicies) -> None:
    # The last row is good whatever the policies are; its customer has no other, so nothing can drop it.
    columns = dirty([*rows, ("good", 5, 12.34)])
    usable = [round(float(np.rint(paid * 100.0))) for paid in columns["paid"]
              if isinstance(paid, float) and np.isfinite(paid)]  # fmt: skip
    reports = []
    for table in ("pandas", "polars", "duckdb"):
        log = TransactionLog.from_frame(TABLES[table](columns), window=WINDOW, policies=policies, **NAMES)
        account = log.reconcile(log.summarize())
        assert account.read.rows == len(columns["who"])
        assert account.read.amount == np.sum(usable)
        parts = (account.removed, account.set_aside, account.never_bought, account.summarised)
        assert account.read.amount == np.sum([part.amount for part in parts])
        assert account.read.rows == np.sum([part.rows for part in parts])
        same = log.report.same_period
        assert same is not None
        assert same.n_purchases == account.n_purchases
        reports.append((log.report.kept, log.report.removals, account.summarised, same))
    assert reports[0] == reports[1] == reports[2]


@settings(max_examples=12, deadline=None)
@given(rows=ROWS, policies=POLICIES)
def test_every_row_and_cent_is_accounted_for(
    rows: list[tuple[str | None, int | None, float]], policies: DataPolicies
) -> None:
    check_conserves(rows, policies)


@pytest.mark.long
@settings(max_examples=300, deadline=None)
@given(rows=ROWS, policies=POLICIES)
def test_every_row_and_cent_is_accounted_for_in_many_logs(
    rows: list[tuple[str | None, int | None, float]], policies: DataPolicies
) -> None:
    check_conserves(rows, policies)
