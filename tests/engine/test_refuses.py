"""Does it refuse bad input: each with place, expectation, finding and remedy, and all faults of a table at once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from tests.engine._tables import NAMES, TABLES, some_log

from custvalue.data import TimeUnit, Transaction
from custvalue.engine import DataPolicies, Times, TransactionLog, count, max, n_unique, sum  # noqa: A004  # as users write it
from custvalue.errors import Fault, InputError, SchemaError

EVERY_TABLE = pytest.mark.parametrize("table", list(TABLES))
FINE: dict[str, Any] = {
    "who": ["a", "b", "c"],
    "when": [date(2025, 1, 1), date(2025, 1, 2), date(2025, 1, 3)],
    "paid": [1.0, 2.0, 3.0],
}


def faults_of(table: object, **more: object) -> tuple[Fault, ...]:
    with pytest.raises(SchemaError) as caught:
        TransactionLog.from_frame(table, **(NAMES | more))
    return caught.value.faults


@EVERY_TABLE
def test_missing_columns_are_all_named_with_those_present(table: str) -> None:
    faults = faults_of(TABLES[table](FINE), customer="client", amount="euros", extra=["lines"])
    assert [fault.where for fault in faults] == ["customer='client'", "amount='euros'", "extra='lines'"]
    assert "['who', 'when', 'paid']" in faults[0].got
    assert all(fault.hint for fault in faults)


@EVERY_TABLE
def test_amounts_as_text_are_refused_with_the_rows_that_are_no_numbers(table: str) -> None:
    (fault,) = faults_of(TABLES[table](FINE | {"paid": ["1.5", "2,50", "n/a"]}))
    assert (fault.where, fault.expected, list(fault.rows)) == ("amount='paid'", "numbers", [1, 2])
    assert "'2,50'" in fault.got
    assert "to_numeric" in fault.hint
    (fault,) = faults_of(TABLES[table](FINE | {"paid": ["1.5", "2.5", "3.5"]}))
    assert list(fault.rows) == []


@EVERY_TABLE
def test_everything_wrong_is_said_at_once(table: str) -> None:
    # Row 1 has two faults and shows in both.
    columns = {"who": ["a", None, "c"], "when": ["2025-01-01", "2025-13-01", "x"], "paid": [1.0, float("nan"), 3.0]}
    faults = faults_of(TABLES[table](columns))
    assert [(fault.where, list(fault.rows)) for fault in faults] == [
        ("customer='who'", [1]), ("time='when'", [1, 2]), ("amount='paid'", [1]),
    ]  # fmt: skip
    assert all(fault.expected and fault.got and fault.hint for fault in faults)


@EVERY_TABLE
@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("who", [True, False, True], "text or whole-number ids"),
        ("when", [1, 2, 3], "dates or times"),
        ("paid", [True, False, True], "numbers"),
    ],
)
def test_columns_of_the_wrong_type_are_refused(table: str, column: str, values: list[object], expected: str) -> None:
    (fault,) = faults_of(TABLES[table](FINE | {column: values}))
    assert fault.expected == expected


@EVERY_TABLE
def test_two_currencies_are_refused_and_one_is_read(table: str) -> None:
    (fault,) = faults_of(TABLES[table](FINE | {"cur": ["EUR", "USD", "EUR"]}), currency="cur")
    assert fault.got == "EUR: 2 rows, USD: 1 rows"
    faults_of(TABLES[table](FINE | {"cur": ["EUR", None, "EUR"]}), currency="cur")
    log = TransactionLog.from_frame(TABLES[table](FINE | {"cur": ["JPY"] * 3}), **(NAMES | {"currency": "cur"}))
    assert (log.currency.code, log.report.kept.amount) == ("JPY", 6)


@EVERY_TABLE
def test_an_empty_table_is_refused(table: str) -> None:
    types = {"who": pl.String, "when": pl.Date, "paid": pl.Float64}
    none = pl.DataFrame(schema=types)
    empty: dict[str, Any] = {
        "pandas": none.to_pandas(), "polars": none, "polars lazy": none.lazy(), "arrow": none.to_arrow(),
        "duckdb": TABLES["duckdb"](FINE).limit(0),
    }  # fmt: skip
    faults = faults_of(empty[table])
    assert faults[-1].expected == "at least one row"


@EVERY_TABLE
def test_numbers_for_drivers_must_be_there(table: str) -> None:
    (fault,) = faults_of(TABLES[table](FINE | {"km": [1.0, None, float("inf")]}), extra=["km"])
    assert (fault.where, list(fault.rows)) == ("extra='km'", [1, 2])


@EVERY_TABLE
def test_up_to_twenty_rows_are_shown_and_all_are_counted(table: str) -> None:
    n = 1_000
    columns = {
        "who": ["a"] * n,
        "when": [date(2025, 1, 1)] * n,
        "paid": [1.0 if row % 2 else float("nan") for row in range(n)],
    }
    (fault,) = faults_of(TABLES[table](columns))
    assert list(fault.rows) == list(range(0, 40, 2))
    assert fault.n_rows == 500
    assert "and 480 more" in str(fault)


def test_text_with_an_offset_is_not_guessed_at() -> None:
    text = ["2025-01-01T10:00:00Z", "2025-01-01T10:00:00", "2025-01-01 10:00+02:00"]
    for make in TABLES.values():
        (fault,) = faults_of(make(FINE | {"when": text}))
        assert list(fault.rows) == [0, 2]
        assert "without an offset" in fault.expected


def test_contradicting_arguments_are_refused() -> None:
    frame = TABLES["pandas"](FINE | {"each": [1.0, 2.0, 3.0]})
    assert "one way to the amount" in faults_of(frame, unit_price="each")[0].expected
    assert "quantity" in faults_of(frame, amount=None, unit_price="each")[0].expected


@pytest.mark.parametrize("thing", [[1, 2], "orders.csv", 3, np.zeros(3), {"who": [1]}])
def test_what_is_no_table_is_refused(thing: object) -> None:
    with pytest.raises(InputError, match="expected pandas, Polars"):
        TransactionLog.from_frame(thing, **NAMES)


@pytest.mark.parametrize(
    ("column", "values", "words"),
    [
        ("who", [1, "x", 2.5], "values of one kind"),
        ("when", [datetime(2025, 1, 1), datetime(2025, 1, 1, tzinfo=UTC), None], "times of one kind"),  # noqa: DTZ001  # mixed on purpose
        ("paid", [1, "x", None], "numbers"),
    ],
)
def test_object_columns_that_mix_kinds_are_refused(column: str, values: list[object], words: str) -> None:
    frame = pd.DataFrame(FINE).assign(**{column: pd.Series(values, dtype=object)})
    assert words in faults_of(frame)[0].expected


def test_object_columns_of_one_kind_are_fine() -> None:
    frame = pd.DataFrame(FINE).assign(
        who=pd.Categorical(["a", "b", "a"]),
        when=pd.Series([datetime(2025, 1, 1)] * 3, dtype=object),  # noqa: DTZ001  # local
        paid=pd.Series([Decimal("1.25")] * 3, dtype=object),
    )
    assert TransactionLog.from_frame(frame, **NAMES).report.kept.amount == 375
    numbered = frame.assign(who=pd.Categorical([1, 2, 1]))
    assert TransactionLog.from_frame(numbered, **NAMES).summarize().customers.ids.tolist() == [1, 2]


def test_a_table_without_columns_or_with_one_twice_is_refused() -> None:
    with pytest.raises(SchemaError, match="without columns"):
        TransactionLog.from_frame(pd.DataFrame(), **NAMES)
    with pytest.raises(SchemaError, match="each name once"):
        TransactionLog.from_frame(pd.DataFrame([[1, 2]], columns=["a", "a"]), **NAMES)


def test_drivers_name_every_column_there_is_not() -> None:
    log = TransactionLog.from_frame(TABLES["pandas"](some_log()), product="item", extra=["km"], **NAMES)
    with pytest.raises(SchemaError) as caught:
        log.drivers(a=sum("lines"), b=max("product"), c=count(), d=n_unique("shop"))
    assert [fault.where for fault in caught.value.faults] == [
        "a=sum('lines')",
        "b=max('product')",
        "d=n_unique('shop')",
    ]
    bare = TransactionLog.from_frame(TABLES["polars"](FINE), customer="who", time="when", currency="EUR")
    with pytest.raises(InputError, match="at least one driver"):
        bare.drivers()


def test_questions_that_need_amounts_say_so() -> None:
    log = TransactionLog.from_frame(TABLES["polars"](FINE), customer="who", time="when", currency="EUR")
    for ask in (log.revenue, log.series):
        with pytest.raises(InputError, match="a log with amounts"):
            ask()


@pytest.mark.parametrize("at", ["2024-12-31", "2025-01-03", "2025-01-04"])
def test_a_split_lies_inside_the_window(at: str) -> None:
    with pytest.raises(InputError, match="a day from 2025-01-01 to the day before 2025-01-03"):
        TransactionLog.from_frame(TABLES["pandas"](FINE), **NAMES).split(at)


# ---------------------------------------------------------------------- files, databases, records


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 no")
    for path in (broken, tmp_path / "nothing.csv", tmp_path / "none*.parquet"):
        with pytest.raises(InputError, match="files that can be read"):
            TransactionLog.from_file(path, **NAMES)
    for name in ("orders.xlsx", "orders.json", "orders"):
        with pytest.raises(InputError, match="Convert it to one of them"):
            TransactionLog.from_file(tmp_path / name, **NAMES)
    with pytest.raises(InputError, match="such as '2GB'"):
        TransactionLog.from_file(broken, memory_limit="lots", **NAMES)


def test_an_empty_file_and_a_file_without_rows_are_refused(tmp_path: Path) -> None:
    empty, header = tmp_path / "empty.csv", tmp_path / "header.csv"
    empty.write_text("")
    header.write_text("who,when,paid\n")
    with pytest.raises(InputError, match="expected a header and rows, got an empty file"):
        TransactionLog.from_file(empty, **NAMES)
    with pytest.raises(SchemaError) as caught:
        TransactionLog.from_file(header, **NAMES)
    assert [fault.where for fault in caught.value.faults] == ["rows"]


def written(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "table.csv"
    path.write_text(text, encoding=encoding)
    return path


def test_what_stands_for_nothing_in_a_csv_is_missing(tmp_path: Path) -> None:
    rows = [f"{word},2025-01-01,1.5" for word in ("", "NULL", "NA", "nan", "None", "<NA>")]
    path = written(tmp_path, "\n".join(["who,when,paid", *rows, "a,2025-01-02,2"]))
    with pytest.raises(SchemaError, match="6 rows: customer missing"):
        TransactionLog.from_file(path, **NAMES)
    log = TransactionLog.from_file(path, policies=DataPolicies(missing_ids="drop"), **NAMES)
    assert log.summarize().customers.ids.tolist() == ["a"]


def test_two_columns_of_one_name_in_a_csv_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"each name once, got twice: \['paid'\]"):
        TransactionLog.from_file(written(tmp_path, "who,when,paid,PAID\na,2025-01-01,1,2\n"), **NAMES)


def test_a_ragged_csv_names_its_lines(tmp_path: Path) -> None:
    text = "who,when,paid\na,2025-01-01,1\nb,2025-01-01,1,7,8\nc,2025-01-02,4\n"
    with pytest.raises(InputError, match="3 cells in every row, as in the header, got 5 in line 3"):
        TransactionLog.from_file(written(tmp_path, text), **NAMES)


def test_a_csv_of_another_encoding_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not utf-8 encoded"):
        TransactionLog.from_file(written(tmp_path, "who,when,paid\nJosé,2025-01-01,1\n", "latin-1"), **NAMES)


@pytest.mark.parametrize(
    ("argument", "value"),
    [("window", ("2025-01-01", "2025-02-01")), ("policies", "drop"), ("identity", {"a": "b"}), ("extra", "km")],
)
def test_settings_of_another_kind_are_refused(argument: str, value: object) -> None:
    frame = pd.DataFrame({"who": ["a"], "when": pd.to_datetime(["2025-01-01"]), "paid": [1.0], "km": [2.0]})
    with pytest.raises(InputError, match=rf"from_frame\({argument}=\)"):
        TransactionLog.from_frame(frame, **{**NAMES, argument: value})


def test_ids_beyond_64_bits_and_complex_amounts_say_what_to_do() -> None:
    frame = pd.DataFrame({"who": ["a"], "when": pd.to_datetime(["2025-01-01"]), "paid": [1.0]})
    with pytest.raises(InputError, match="into numbers of 64 bits"):
        TransactionLog.from_frame(frame.assign(who=np.array([2**63 + 5], dtype=np.uint64)), **NAMES).summarize()
    with pytest.raises(InputError, match="columns of numbers, text and times"):
        TransactionLog.from_frame(frame.assign(paid=[1 + 2j]), **NAMES)


def test_one_bad_amount_far_down_a_csv_is_found(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    rows = [f"c{row % 9},2025-01-01,{row}.5" for row in range(30_000)]
    rows[29_000] = "c1,2025-01-01,about 5"
    path.write_text("\n".join(["who,when,paid", *rows]))
    with pytest.raises(SchemaError) as caught:
        TransactionLog.from_file(path, **NAMES)
    assert list(caught.value.faults[0].rows) == [29_000]
    assert "about 5" in caught.value.faults[0].got


def test_databases_are_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a database DuckDB attaches"):
        TransactionLog.from_database(tmp_path / "none.duckdb", table="orders", **NAMES)
    with pytest.raises(InputError, match="either table= or query="):
        TransactionLog.from_database(tmp_path / "none.duckdb", **NAMES)


def test_records_with_faults_are_refused_with_their_rows() -> None:
    records = [
        Transaction(customer="a", time=date(2025, 1, 1), amount="19.90"),
        Transaction(customer="b", time=datetime(2025, 1, 2, 9), amount="nineteen"),  # noqa: DTZ001  # local
    ]
    for nothing in ([], [{"customer": "a"}]):
        with pytest.raises(InputError, match="at least one Transaction, and nothing else"):
            TransactionLog.from_records(nothing, currency="EUR")  # type: ignore[arg-type]  # on purpose
    with pytest.raises(InputError, match="a date or datetime, got '2025-01-01'"):
        Transaction(customer="a", time="2025-01-01", amount=1)  # type: ignore[arg-type]  # on purpose
    with pytest.raises(SchemaError) as caught:
        TransactionLog.from_records(records, currency="EUR")
    assert list(caught.value.faults[0].rows) == [1]
    good = TransactionLog.from_records(records[:1], currency="EUR")
    assert good.report.kept.amount == 1_990


def test_one_customer_and_one_row_are_a_log() -> None:
    log = TransactionLog.from_frame(TABLES["pandas"]({name: values[:1] for name, values in FINE.items()}), **NAMES)
    assert log.summarize(unit=TimeUnit.DAY).T.tolist() == [0.0]


def test_huge_ids_and_odd_names_are_taken_as_they_are() -> None:
    odd = 'a"; DROP TABLE x; --'
    frame = pl.DataFrame({odd: [2**62, 2**62 + 1], "wh'en": [date(2025, 1, 1)] * 2, "p%d": [1.0, 2.0]})
    for table in (frame, frame.to_pandas(), frame.to_arrow()):
        log = TransactionLog.from_frame(
            table, customer=odd, time="wh'en", amount="p%d", currency="EUR", extra=["p%d"],
            policies=DataPolicies(duplicates="drop"),
        )  # fmt: skip
        assert log.summarize().customers.ids.tolist() == [2**62, 2**62 + 1]
        assert log.drivers(p=sum("p%d"))["p"].tolist() == [1.0, 2.0]


def test_arguments_that_do_not_exist_are_refused_like_in_any_call(tmp_path: Path) -> None:
    options: dict[str, Any] = {"customer": "who", "tiem": "when", "currency": "EUR"}
    with pytest.raises(TypeError, match=r"missing \['time'\], no such argument \['tiem'\]"):
        TransactionLog.from_file(tmp_path / "orders.csv", **options)


def test_dates_in_a_csv_are_not_guessed_at(tmp_path: Path) -> None:
    """03/04/2024 is March or April; only a stated format says which."""
    path = tmp_path / "us.csv"
    path.write_text("customer_id,time,a\nx,03/04/2024,1\ny,05/04/2024,2\nx,06/04/2024,2\n")
    columns: dict[str, Any] = {"customer": "customer_id", "time": "time", "amount": "a", "currency": "USD"}

    with pytest.raises(SchemaError, match=r"Times\(format="):
        TransactionLog.from_file(path, **columns)
    american = TransactionLog.from_file(path, **columns, policies=DataPolicies(times=Times(format="%m/%d/%Y")))

    assert str(american.window.start)[:10] == "2024-03-04"
    assert str(american.window.end)[:10] == "2024-06-04"


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [("series", {"period": "month"}), ("summarize", {"collapse": "day"}), ("summarize", {"unit": "fortnight"})],
)
def test_names_of_units_are_refused_naming_the_units(verb: str, arguments: dict[str, str]) -> None:
    frame = pd.DataFrame({"who": ["a"], "when": pd.to_datetime(["2024-01-01"]), "eur": [1.0]})
    log = TransactionLog.from_frame(frame, customer="who", time="when", amount="eur", currency="EUR")

    with pytest.raises(InputError, match="DAY"):
        getattr(log, verb)(**arguments)


def test_revenue_is_always_among_the_drivers() -> None:
    frame = pd.DataFrame({"who": ["a", "a", "b"], "when": pd.to_datetime(["2024-01-01"] * 3), "eur": [1.5, 2.0, 4.0]})
    log = TransactionLog.from_frame(frame, customer="who", time="when", amount="eur", currency="EUR")

    assert log.drivers(orders=count())["revenue"].tolist() == [3.5, 4.0]
    assert log.drivers(revenue=count())["revenue"].tolist() == [2.0, 1.0]
