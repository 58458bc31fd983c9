"""Customers are lined up by name, never by chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from custvalue.data import CustomerIndex, DriverTable, ValueTable, Weights
from custvalue.errors import AlignmentError, InputError, SchemaError


def test_ids_are_text_or_whole_numbers() -> None:
    assert CustomerIndex([3, 1, 2]).ids.dtype == np.int64
    assert CustomerIndex(["x", "yy"]).ids.tolist() == ["x", "yy"]
    with pytest.raises(InputError, match="float64"):
        CustomerIndex(np.array([1.0, 2.0]))
    with pytest.raises(SchemaError, match="mixed"):
        CustomerIndex(np.array(["a", None, 3], dtype=object))


def test_each_customer_once() -> None:
    with pytest.raises(SchemaError, match=r"more than once.*b"):
        CustomerIndex(["b", "a", "b"])


def test_positions_find_and_miss() -> None:
    customers = CustomerIndex([30, 10, 20])

    assert customers.positions([10, 40, 30]).tolist() == [1, -1, 0]
    assert customers.positions(["10"]).tolist() == [-1]
    assert CustomerIndex(np.zeros(0, dtype=np.int64)).positions([1]).tolist() == [-1]
    with pytest.raises(InputError, match="40"):
        customers.position(40)


def test_nothing_is_aligned_silently() -> None:
    customers = CustomerIndex(["a", "b", "c"])

    customers.require_same(CustomerIndex(["a", "b", "c"]), where="here")
    with pytest.raises(AlignmentError, match="another order"):
        customers.require_same(CustomerIndex(["c", "b", "a"]), where="here")
    with pytest.raises(AlignmentError, match=r"1 only here \['c'\], 1 only there \['d'\]"):
        customers.require_same(CustomerIndex(["a", "b", "d"]), where="here")


def test_drivers_are_read_with_all_faults_at_once() -> None:
    frame = pd.DataFrame({"customer": ["a", "b"], "km": ["ten", "5"], "visits": ["x", None]})

    with pytest.raises(SchemaError) as caught:
        DriverTable.from_frame(frame, customer="customer")

    assert [fault.where for fault in caught.value.faults] == ["column 'km'", "column 'visits'"]


def test_only_rows_that_are_no_numbers_are_listed_and_double_ids_too() -> None:
    frame = pd.DataFrame({"cust": ["a", "a", "b", "c"], "km": ["3", "4", None, "x"]})

    with pytest.raises(SchemaError) as caught:
        DriverTable.from_frame(frame, customer="cust")

    assert [(fault.where, tuple(fault.rows)) for fault in caught.value.faults] == [
        ("column 'cust'", ("a",)),
        ("column 'km'", ("row 3: 'x'",)),
    ]


def test_a_driver_table_wants_an_index_of_customers() -> None:
    ids: CustomerIndex = ["a", "b"]  # type: ignore[assignment]  # wrong on purpose

    with pytest.raises(InputError, match=r"DriverTable\.customers: expected CustomerIndex, got \['a', 'b'\]"):
        DriverTable(customers=ids, drivers={"km": np.ones(2)})


def test_an_unknown_customer_is_refused_or_kept_apart() -> None:
    frame = pd.DataFrame({"customer": ["a", "z"], "km": [10.0, 5.0]})
    population = CustomerIndex(["a", "b"])

    with pytest.raises(SchemaError, match=r"unknown ids.*keep_unknown.*\[z\]"):
        DriverTable.from_frame(frame, customer="customer", customers=population)
    table = DriverTable.from_frame(frame, customer="customer", customers=population, keep_unknown=True)

    np.testing.assert_array_equal(table["km"], [10.0, np.nan])
    assert dict(table.unknown) == {"km": 5.0}
    assert table.total("km") == 15.0


def test_drivers_are_joined_only_for_the_same_customers() -> None:
    orders = DriverTable(customers=CustomerIndex(["a", "b"]), drivers={"orders": np.ones(2)})
    visits = DriverTable(customers=CustomerIndex(["a", "b"]), drivers={"visits": np.ones(2)})

    assert orders.with_drivers(visits).names == ("orders", "visits")
    with pytest.raises(InputError, match="both"):
        orders.with_drivers(orders)
    with pytest.raises(AlignmentError):
        orders.with_drivers(DriverTable(customers=CustomerIndex(["a"]), drivers={"visits": np.ones(1)}))


def test_a_missing_driver_or_measure_names_those_there_are() -> None:
    table = DriverTable(customers=CustomerIndex(["a"]), drivers={"orders": np.ones(1)})
    values = ValueTable(customers=CustomerIndex(["a"]), measures={"profit": np.ones(1)})

    with pytest.raises(InputError, match=r"\['orders'\]"):
        table["order"]
    with pytest.raises(InputError, match=r"\['profit'\]"):
        values["profits"]


def test_columns_of_another_length_are_refused() -> None:
    with pytest.raises(InputError, match="km"):
        DriverTable(customers=CustomerIndex(["a", "b"]), drivers={"km": np.ones(3)})


@pytest.mark.parametrize("values", [[0.5, 0.6], [-0.5, 1.5], [np.nan, 1.0]])
def test_weights_add_up_to_one(values: list[float]) -> None:
    with pytest.raises(InputError, match="add up to 1"):
        Weights(names=["a", "b"], values=np.array(values))


def test_a_missing_id_in_a_driver_table_is_refused() -> None:
    frame = pd.DataFrame({"customer": ["x", None], "km": [1.0, 2.0]})

    with pytest.raises(SchemaError, match="none missing"):
        DriverTable.from_frame(frame, customer="customer")


def test_customers_can_be_gone_through() -> None:
    assert list(CustomerIndex(["b", "a"])) == ["b", "a"]
