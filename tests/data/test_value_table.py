"""Tables of measures: read from a frame, put together by customer, refused in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from custvalue.data import CustomerIndex, CustomerMargin, MoneyTable, ValueSeries, ValueTable
from custvalue.errors import AlignmentError, InputError, SchemaError
from custvalue.portfolio import Stability

COLUMNS: dict[str, list[Any]] = {"id": ["b", "a"], "prestige": [4, 2], "interest": [5.5, None], "name": ["Ben", "Ada"]}


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pl.LazyFrame, pa.table])
def test_every_frame_gives_the_same_table(make: Any) -> None:
    found = ValueTable.from_frame(make(COLUMNS), customer="id", measures=["prestige", "interest"], origin="May")

    assert found.customers.ids.tolist() == ["b", "a"]
    assert found["prestige"].tolist() == [4.0, 2.0]
    assert found["interest"][0] == 5.5
    assert np.isnan(found["interest"][1])
    assert found.origins == {"prestige": "May", "interest": "May"}


def test_every_other_column_is_a_measure_unless_named() -> None:
    frame = pd.DataFrame({"id": [7, 8], "x": [1.0, 2.0], "y": [True, False]})

    assert ValueTable.from_frame(frame, customer="id").names == ("x", "y")
    assert ValueTable.from_frame(frame, customer="id", measures=["y"])["y"].tolist() == [1.0, 0.0]


def test_all_faults_of_a_frame_are_told_at_once() -> None:
    frame = pd.DataFrame({"id": ["a", "a", "b"], "x": [1, 2, 3], "y": ["one", "2", "3"], "z": ["p", "q", "r"]})
    with pytest.raises(SchemaError) as caught:
        ValueTable.from_frame(frame, customer="id")
    assert [fault.where for fault in caught.value.faults] == ["column 'id'", "column 'y'", "column 'z'"]

    with pytest.raises(SchemaError) as caught:
        ValueTable.from_frame(frame, customer="account", measures=["x", "w"])
    assert [fault.where for fault in caught.value.faults] == ["column 'account'", "column 'w'"]


def test_a_table_joins_another_by_customer() -> None:
    table = ValueTable(
        customers=CustomerIndex(["a", "b", "c"]),
        measures={"profit": [1, 2, 3], "age": [9, 9, 9]},
        origins={"age": "old"},
    )
    other = ValueTable(customers=CustomerIndex(["c", "a"]), measures={"age": [30.0, 10.0]}, origins={"age": "register"})
    joined = table.with_measures(other)

    assert joined.customers == table.customers
    assert np.array_equal(joined["age"], [10.0, np.nan, 30.0], equal_nan=True)
    assert joined["profit"].tolist() == [1.0, 2.0, 3.0]
    assert joined.origins["age"] == "register"
    assert table["age"].tolist() == [9.0, 9.0, 9.0]


def test_a_join_that_would_lose_customers_is_refused() -> None:
    table = ValueTable(customers=CustomerIndex(["a", "b"]), measures={"profit": [1.0, 2.0]})
    strangers = ValueTable(customers=CustomerIndex(["b", "x", "y"]), measures={"age": [1.0, 2.0, 3.0]})
    with pytest.raises(AlignmentError, match=r"2 others: \['x', 'y'\]"):
        table.with_measures(strangers)
    known = strangers.take(np.isin(strangers.customers.ids, table.customers.ids))  # what the message advises
    assert np.array_equal(table.with_measures(known)["age"], [np.nan, 1.0], equal_nan=True)

    numbers = ValueTable(customers=CustomerIndex([1, 2]), measures={"age": [1.0, 2.0]})
    with pytest.raises(AlignmentError, match="of one kind"):
        table.with_measures(numbers)
    frame: Any = pd.DataFrame({"id": ["a"]})
    with pytest.raises(InputError, match="got DataFrame"):
        table.with_measures(frame)


@pytest.mark.parametrize(
    "make",
    [
        lambda who: ValueTable(customers=who, measures={"profit": [1.0]}),
        lambda who: MoneyTable(customers=who, amounts={"clv": [1]}, currency="EUR"),
        lambda who: ValueSeries(customers=who, periods=np.array(["2026-01"], "M8[M]"), values=np.ones((1, 1))),
        lambda who: Stability(customers=who, agreement=np.ones(1), against="bootstrap", n_repetitions=1),
        lambda who: CustomerMargin(customers=who, ratio=np.ones(1), cost_per_purchase=np.zeros(1)),
    ],
)
def test_a_plain_list_of_customers_is_refused_at_the_door(make: Any) -> None:
    with pytest.raises(InputError, match=r"customers: expected CustomerIndex, got \['a'\]\. Write CustomerIndex"):
        make(["a"])
