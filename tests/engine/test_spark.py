"""Spark gives what the embedded engines give; collected only where pyspark is installed (see ``conftest.py``)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from tests.engine._tables import NAMES, TABLES, Columns, some_log

from custvalue.data import Collapse, ObservationWindow, TimeUnit
from custvalue.engine import DataPolicies, IdentityMap, Times, TransactionLog, count, max, mean, n_unique, sum  # noqa: A004  # as users do
from custvalue.errors import InputError, SchemaError

DRIVERS = {
    "orders": count(), "km": sum("km"), "mean": mean("km"), "far": max("km"), "items": n_unique("product"),
    "net": sum("amount"),
}  # fmt: skip
CLEAN = DataPolicies(
    refunds="separate", zero_amounts="ignore", missing_ids="drop", duplicates="drop", outside_window="truncate",
    born_before="drop",
)  # fmt: skip


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    builder = SparkSession.builder.master("local[1]").config("spark.sql.shuffle.partitions", "1")
    # A session zone with summer time of its own: it must play no part.
    builder = builder.config("spark.ui.enabled", "false").config("spark.sql.session.timeZone", "Pacific/Auckland")
    session = builder.getOrCreate()
    yield session
    session.stop()


def table(spark: SparkSession, columns: Columns, schema: str) -> DataFrame:
    return spark.createDataFrame(list(zip(*columns.values(), strict=True)), schema)


SCHEMA = "who string, when timestamp_ntz, paid double, lines bigint, km double, item string"


@pytest.mark.parametrize("policies", [DataPolicies(), CLEAN])
def test_spark_agrees_to_the_last_bit(spark: SparkSession, policies: DataPolicies) -> None:
    columns = some_log(n=300, customers=25)
    window = ObservationWindow("2025-02-01", "2025-11-30") if policies is CLEAN else None
    tables = (table(spark, columns, SCHEMA), TABLES["pandas"](columns))
    ours, reference = (
        TransactionLog.from_frame(
            each, product="item", extra=["lines", "km"], window=window, policies=policies, **NAMES
        )
        for each in tables
    )
    assert ours.report == reference.report
    for collapse in Collapse:
        one, other = ours.summarize(collapse=collapse), reference.summarize(collapse=collapse)
        assert one.customers == other.customers
        for name in ("first_at", "last_at", "n_purchases", "total_amount", "repeat_amount"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    np.testing.assert_array_equal(ours.patterns().weights, reference.patterns().weights)
    np.testing.assert_array_equal(ours.series(TimeUnit.WEEK).values, reference.series(TimeUnit.WEEK).values)
    found, expected = ours.drivers(**DRIVERS), reference.drivers(**DRIVERS)
    for name in DRIVERS:
        np.testing.assert_array_equal(found[name], expected[name])
    (calibration, holdout), (_, other_holdout) = ours.split("2025-06-30"), reference.split("2025-06-30")
    np.testing.assert_array_equal(holdout.total_amount, other_holdout.total_amount)
    assert calibration.reconcile(calibration.summarize()).read == reference.report.read


def test_faults_are_found_on_spark(spark: SparkSession) -> None:
    columns = {
        "who": ["a", "", None],
        "when": ["2025-01-01", "2025-02-30", "2025-01-01T00:00:00Z"],
        "paid": ["1.5", "x", None],
    }
    with pytest.raises(SchemaError) as caught:
        TransactionLog.from_frame(table(spark, columns, "who string, when string, paid string"), **NAMES)
    assert [(fault.where, list(fault.rows)) for fault in caught.value.faults] == [
        ("amount='paid'", [1]), ("customer='who'", [1, 2]), ("time='when'", [2]), ("time='when'", [1]),
    ]  # fmt: skip
    british = DataPolicies(times=Times(format="%d/%m/%Y"))
    with pytest.raises(InputError, match="no text format on Spark"):
        TransactionLog.from_frame(
            table(spark, columns | {"paid": [1.0] * 3}, "who string, when string, paid double"),
            policies=british,
            **NAMES,
        )


def test_days_are_cut_in_the_zone_that_was_named_not_in_that_of_the_session(spark: SparkSession) -> None:
    text = [
        "2025-03-29 23:59",
        "2025-03-30 00:30",
        "2025-03-30 23:30",
        "2025-10-25 23:30",
        "2025-10-26 23:59",
        "2025-10-27 00:00",
    ]
    moments = [datetime.fromisoformat(f"{moment}+00:00") for moment in text]
    frame = table(
        spark, {"who": ["a"] * 6, "when": moments, "paid": [1.0] * 6}, "who string, when timestamp, paid double"
    )
    with pytest.raises(SchemaError, match="a zone whose midnights cut the days"):
        TransactionLog.from_frame(frame, **NAMES)
    london = DataPolicies(times=Times(timezone="Europe/London"))
    series = TransactionLog.from_frame(frame, policies=london, **NAMES).series(TimeUnit.DAY)
    days = [str(day)[:10] for day, value in zip(series.periods, series.values[0], strict=True) if value]
    assert days == ["2025-03-29", "2025-03-30", "2025-03-31", "2025-10-26", "2025-10-27"]


def test_accounts_fold_and_cents_round_on_spark(spark: SparkSession) -> None:
    columns = {"who": ["card-1", "card-2"], "when": [date(2025, 1, 1)] * 2, "paid": [0.125, 0.375]}
    frame = table(spark, columns, "who string, when date, paid double")
    people = IdentityMap.from_pairs({"card-1": "Ann", "card-2": "Ann"})
    log = TransactionLog.from_frame(frame, identity=people, **NAMES)
    assert log.summarize().require("total_amount").tolist() == [12 + 38]
    assert log.like == "arrow"
