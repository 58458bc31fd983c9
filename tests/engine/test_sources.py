"""Where tables come from, how days are cut in zones, and ready frequency-recency frames."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
from tests.engine._tables import NAMES, some_log

from custvalue.data import TimeUnit, Transaction
from custvalue.engine import DataPolicies, Times, TransactionLog, n_unique, sum, summary_from_btyd  # noqa: A004  # as users do
from custvalue.engine._sources import _parts, _without
from custvalue.errors import InputError, SchemaError

LONDON = DataPolicies(times=Times(timezone="Europe/London"))


@pytest.fixture(scope="module")
def orders() -> pl.DataFrame:
    return pl.DataFrame(some_log(n=400, customers=30))


def totals(log: TransactionLog) -> list[int]:
    found: list[int] = log.summarize().require("total_amount").tolist()
    return found


def test_a_duckdb_file_is_read_by_table_and_by_query(tmp_path: Path, orders: pl.DataFrame) -> None:
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE SCHEMA sales")
        connection.from_arrow(orders.to_arrow()).create("sales.orders")
    expected = totals(TransactionLog.from_frame(orders, **NAMES))
    assert totals(TransactionLog.from_database(path, table="sales.orders", **NAMES)) == expected
    by_query = TransactionLog.from_database(
        str(path), query="SELECT * FROM sales.orders WHERE lines > 0", memory_limit="500MB", **NAMES
    )
    assert totals(by_query) == expected
    with pytest.raises(InputError, match=r"It has the tables sales\.orders\."):
        TransactionLog.from_database(path, table="returns", **NAMES)
    with pytest.raises(InputError):
        TransactionLog.from_database(path, query="DELETE FROM sales.orders", **NAMES)


def test_errors_do_not_repeat_a_connection_string() -> None:
    kind, secret = _parts("postgres:dbname=shop user=me password=hunter2")
    assert (kind, _parts("C:/data/shop.duckdb")) == ("postgres", ("C:/data/shop.duckdb", ""))
    message = _without(secret, 'Unable to connect at "dbname=shop user=me password=hunter2": hunter2 is wrong')
    assert "hunter2" not in message
    _, secret = _parts("postgres://me:hunter2@host/shop")
    assert _without(secret, "no such password: hunter2") == "no such password: ***"


def test_compressed_files_are_read(tmp_path: Path, orders: pl.DataFrame) -> None:
    frame, path = orders.to_pandas(), tmp_path / "orders.csv.gz"
    frame.to_csv(path, index=False)
    expected = totals(TransactionLog.from_frame(frame, **NAMES))
    assert totals(TransactionLog.from_file(path, **NAMES)) == expected
    assert totals(TransactionLog.from_file([str(path)], memory_limit="500MB", **NAMES)) == expected


def test_ids_in_csv_keep_their_leading_zeros(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("who,when,paid\n007,2025-01-01,1\n7,2025-01-02,2\n")
    assert TransactionLog.from_file(path, **NAMES).summarize().customers.ids.tolist() == ["007", "7"]
    path.write_text("who,when,paid\n70,2025-01-01,1\n7,2025-01-02,2\n0,2025-01-02,2\n")
    assert TransactionLog.from_file(path, **NAMES).summarize().customers.ids.tolist() == [0, 7, 70]


def test_a_relation_stays_on_the_connection_of_its_owner(orders: pl.DataFrame) -> None:
    connection = duckdb.connect()
    connection.from_arrow(orders.to_arrow()).create("orders")
    relation = connection.sql("SELECT * FROM orders WHERE paid > 0")
    log = TransactionLog.from_frame(relation, **NAMES)
    assert log.report.read.rows == orders.filter(pl.col("paid") > 0).height


def test_a_lazy_frame_is_not_collected_on_the_way_in(orders: pl.DataFrame) -> None:
    seen: list[int] = []

    def counted(frame: pl.DataFrame) -> pl.DataFrame:
        seen.append(frame.height)
        return frame

    lazy = orders.lazy().map_batches(counted, schema=orders.schema)
    log = TransactionLog.from_frame(lazy, **NAMES)
    assert len(seen) <= 1, "opening reads the table once"
    log.summarize()
    assert len(seen) <= 2, "a summary reads it once more"


def test_records_make_the_log_a_frame_makes(orders: pl.DataFrame) -> None:
    records = [
        Transaction(
            customer=row["who"], time=row["when"], amount=row["paid"], product=row["item"], quantity=row["lines"]
        )
        for row in orders.iter_rows(named=True)
    ]
    log = TransactionLog.from_records(records, currency="EUR")
    frame = TransactionLog.from_frame(orders, product="item", quantity="lines", **NAMES)
    assert log.report == frame.report
    for made in (log, frame):
        np.testing.assert_array_equal(
            made.drivers(n=n_unique("product"), q=sum("quantity"))["q"], frame.drivers(q=sum("lines"))["q"]
        )


def test_importing_the_engine_loads_neither_duckdb_nor_polars() -> None:
    code = "import sys, custvalue.engine; print({'duckdb', 'polars', 'pyarrow', 'pyspark'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)  # noqa: S603  # our code
    assert done.stdout.strip() == "set()"


# ---------------------------------------------------------------------- time zones

# 2025-03-30 01:00 UTC: London goes from 01:00 to 02:00. 2025-10-26 01:00 UTC: back from 02:00 to 01:00.
MOMENTS = [
    datetime(2025, 3, 29, 23, 59, tzinfo=UTC),  # London 29 March, 23:59
    datetime(2025, 3, 30, 0, 30, tzinfo=UTC),  # London 30 March, 00:30
    datetime(2025, 3, 30, 23, 30, tzinfo=UTC),  # London 31 March, 00:30 (summer time)
    datetime(2025, 10, 25, 23, 30, tzinfo=UTC),  # London 26 October, 00:30 (still summer time)
    datetime(2025, 10, 26, 0, 30, tzinfo=UTC),  # London 26 October, 01:30, the first time
    datetime(2025, 10, 26, 1, 30, tzinfo=UTC),  # London 26 October, 01:30, the second time
    datetime(2025, 10, 26, 23, 59, tzinfo=UTC),  # London 26 October, 23:59 (winter time)
    datetime(2025, 10, 27, 0, 0, tzinfo=UTC),  # London 27 October, 00:00
]
LONDON_DAYS = ["2025-03-29", "2025-03-30", "2025-03-31", "2025-10-26", "2025-10-27"]


def zoned(zone: str) -> pl.DataFrame:
    frame = pl.DataFrame({"who": ["a"] * len(MOMENTS), "when": MOMENTS, "paid": [1.0] * len(MOMENTS)})
    return frame.with_columns(pl.col("when").dt.convert_time_zone(zone))


def days_of(log: TransactionLog) -> list[str]:
    series = log.series(TimeUnit.DAY)
    return [str(day)[:10] for day, value in zip(series.periods, series.values[0], strict=True) if value]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo"])
def test_days_are_cut_in_the_zone_that_was_named(zone: str) -> None:
    frame = zoned(zone)
    tables = {"polars": frame, "pandas": frame.to_pandas(), "arrow": frame.to_arrow(),
              "duckdb": duckdb.connect().from_arrow(frame.to_arrow())}  # fmt: skip
    for table in tables.values():
        log = TransactionLog.from_frame(table, policies=LONDON, **NAMES)
        assert days_of(log) == LONDON_DAYS
        assert "days are cut at midnight in Europe/London" in log.report.notes


def test_a_column_that_names_its_zone_is_cut_there() -> None:
    frame = zoned("Europe/London")
    for table in (frame, frame.lazy(), frame.to_pandas(), frame.to_arrow()):
        assert days_of(TransactionLog.from_frame(table, **NAMES)) == LONDON_DAYS


def test_objects_that_each_carry_an_offset_need_a_zone_named() -> None:
    objects = zoned("UTC").to_pandas().assign(when=pd.Series(MOMENTS, dtype=object))
    with pytest.raises(SchemaError, match="a zone whose midnights cut the days"):
        TransactionLog.from_frame(objects, **NAMES)
    assert days_of(TransactionLog.from_frame(objects, policies=LONDON, **NAMES)) == LONDON_DAYS


def test_times_with_an_offset_and_no_zone_are_refused(tmp_path: Path) -> None:
    frame = zoned("UTC")
    frame.write_parquet(tmp_path / "log.parquet")
    frame.with_columns(pl.col("when").dt.strftime("%Y-%m-%d %H:%M:%S%:z")).write_csv(tmp_path / "log.csv")
    for path in (tmp_path / "log.parquet", tmp_path / "log.csv"):
        with pytest.raises(SchemaError, match="a zone whose midnights cut the days") as caught:
            TransactionLog.from_file(path, **NAMES)
        assert "Times(timezone=" in caught.value.faults[0].hint
        assert days_of(TransactionLog.from_file(path, policies=LONDON, **NAMES)) == LONDON_DAYS


def test_times_without_a_zone_stay_as_they_are_whatever_the_machine() -> None:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'Pacific/Auckland'")
    table = connection.sql("SELECT 'a' AS who, TIMESTAMP '2025-03-30 01:30:00' AS \"when\", 1.0 AS paid")
    assert days_of(TransactionLog.from_frame(table, policies=LONDON, **NAMES)) == ["2025-03-30"]


# ---------------------------------------------------------------------- frequency-recency frames

# Rows 1 to 5 of the CDNOW summary that lifetimes prints, ages in weeks.
READY: dict[str, Any] = {
    "customer_id": [1, 2, 3, 4, 5],
    "frequency": [2, 1, 0, 0, 0],
    "recency": [30.43, 1.71, 0.0, 0.0, 0.0],
    "T": [38.86, 38.86, 38.86, 38.86, 38.86],
    "monetary_value": [22.35, 11.77, 0.0, 0.0, 0.0],
}


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, lambda columns: pl.DataFrame(columns).to_arrow()])
def test_a_ready_frame_keeps_its_numbers(make: type[pd.DataFrame]) -> None:
    summary = summary_from_btyd(make(READY), unit=TimeUnit.WEEK, currency="USD")
    np.testing.assert_array_equal(summary.frequency, READY["frequency"])
    np.testing.assert_allclose(summary.recency, READY["recency"], rtol=1e-12)
    np.testing.assert_allclose(summary.T, READY["T"], rtol=1e-12)
    np.testing.assert_allclose(summary.monetary_value[:2], READY["monetary_value"][:2], rtol=1e-12)
    assert np.isnan(summary.monetary_value[2:]).all()
    assert summary.total_amount is None


def test_a_ready_frame_may_have_its_customers_as_index_and_no_spend() -> None:
    frame = pd.DataFrame(READY).set_index("customer_id").drop(columns="monetary_value")
    summary = summary_from_btyd(
        frame, monetary_value=None, unit=TimeUnit.DAY, currency="USD", observed_until="1997-09-30"
    )
    assert summary.repeat_amount is None
    assert str(summary.observed_until)[:10] == "1997-09-30"


@pytest.mark.parametrize(
    ("change", "column", "rows"),
    [
        ({"frequency": [2.5, 1, 0, 0, -1]}, "frequency", [0, 4]),
        ({"recency": [39.0, 1.71, 0.0, 0.0, float("nan")]}, "recency", [0, 4]),
        ({"recency": [30.43, 1.71, 5.0, 0.0, 0.0]}, "recency", [2]),
        ({"T": [38.86, -1.0, 38.86, float("inf"), 38.86]}, "T", [1, 3]),
        ({"T": [38.86, 38.86, 1e9, float("nan"), 38.86]}, "T", [2, 3]),
        ({"monetary_value": [1e17, 1.0, 1e17, 0.0, 0.0]}, "monetary_value", [0]),
        ({"monetary_value": [22.35, float("nan"), 0.0, 0.0, 0.0]}, "monetary_value", [1]),
    ],
)
def test_a_ready_frame_with_faults_is_refused_with_its_rows(
    change: dict[str, list[float]], column: str, rows: list[int]
) -> None:
    with pytest.raises(SchemaError) as caught:
        summary_from_btyd(pd.DataFrame(READY | change), unit=TimeUnit.WEEK, currency="USD")
    assert (f"column {column!r}", rows) in [(fault.where, list(fault.rows)) for fault in caught.value.faults]


@pytest.mark.parametrize("text", ["x", "9"])
def test_a_ready_frame_of_text_is_refused(text: str) -> None:
    with pytest.raises(SchemaError, match="numbers"):
        summary_from_btyd(pd.DataFrame(READY | {"T": [text] * 5}), unit=TimeUnit.WEEK, currency="USD")


def test_a_ready_frame_says_repeated_customers_with_its_other_faults() -> None:
    frame = pd.DataFrame(READY | {"frequency": [2.0, 1.0, -1.0, 0.0, 0.0]})
    frame["customer_id"] = [7, 8, 9, 7, 7]
    with pytest.raises(SchemaError) as caught:
        summary_from_btyd(frame, unit=TimeUnit.WEEK, currency="USD")
    found = {fault.where: list(fault.rows) for fault in caught.value.faults}
    assert found["column 'customer_id'"] == [3, 4]
    assert found["column 'frequency'"] == [2]


def test_a_ready_frame_without_rows_or_columns_is_refused() -> None:
    with pytest.raises(SchemaError, match="at least one customer"):
        summary_from_btyd(pd.DataFrame(READY).iloc[:0], unit=TimeUnit.WEEK, currency="USD")
    with pytest.raises(SchemaError, match="to be there"):
        summary_from_btyd(pd.DataFrame({"customer_id": [1]}), unit=TimeUnit.WEEK, currency="USD")
