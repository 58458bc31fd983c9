"""What is saved comes back equal; what is not ours is neither written nor opened."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from custvalue._persist import load, save
from custvalue.data import (
    CostLedger,
    CostPool,
    Currency,
    CustomerIndex,
    CustomerSummary,
    DiscountRate,
    Horizon,
    MoneyTable,
    TimeUnit,
    ValueTable,
    Weights,
)
from custvalue.errors import InputError

RECORDS = [
    Horizon(3, TimeUnit.YEAR),
    DiscountRate.annual(0.1),
    CostLedger(pools=[CostPool("delivery", "12.30"), CostPool("rent", 5)], currency="EUR", period="2026"),
    Currency("points", exponent=0),
]


@pytest.mark.parametrize("thing", RECORDS, ids=lambda thing: type(thing).__name__)
def test_records_come_back_equal(thing: object, tmp_path: Path) -> None:
    save(thing, tmp_path / "thing.json")

    assert load(tmp_path / "thing.json") == thing


def test_arrays_come_back_to_the_bit(tmp_path: Path) -> None:
    awkward = np.array([0.1, 1 / 3, np.nan, -np.inf, 5e-324])
    table = ValueTable(customers=CustomerIndex(list("abcde")), measures={"m": awkward}, origins={"m": "here"})

    save(table, tmp_path / "table.json")
    again = load(tmp_path / "table.json")

    np.testing.assert_array_equal(again["m"], awkward)
    assert again.customers == table.customers
    assert again.origins == {"m": "here"}
    assert not again["m"].flags.writeable


def test_dates_and_missing_amounts_come_back(tmp_path: Path) -> None:
    day = np.array(["2020-01-01"], dtype="datetime64[us]")
    summary = CustomerSummary(
        customers=CustomerIndex([7]),
        first_at=day,
        last_at=day,
        n_purchases=np.array([1]),
        observed_until=np.datetime64("2020-02-01"),
        currency=Currency.of("JPY"),
    )

    save(summary, tmp_path / "summary.json")
    again = load(tmp_path / "summary.json")

    assert again.first_at[0] == day[0]
    assert again.observed_until == np.datetime64("2020-02-01")
    assert again.total_amount is None
    assert again.customers.ids.tolist() == [7]


def test_whole_numbers_beyond_float_precision_come_back(tmp_path: Path) -> None:
    large = 2**62 + 1
    save(MoneyTable(customers=CustomerIndex([1]), amounts={"x": [large]}, currency="JPY"), tmp_path / "m.json")

    assert load(tmp_path / "m.json")["x"].tolist() == [large]


def test_what_is_not_ours_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"builtins\.object"):
        save(object(), tmp_path / "x.json")


@pytest.mark.parametrize(
    "content",
    [
        {"__custvalue__": "object", "type": "os:system", "fields": {"command": "true"}},
        {"__custvalue__": "object", "type": "custvalue._persist:save", "fields": {"thing": 1, "path": "x"}},
        {"__custvalue__": "object", "type": "custvalue.data:TimeUnit", "fields": {}},
        {"__custvalue__": "object", "type": "custvalue.data:Nothing", "fields": {}},
        {"__custvalue__": "enum", "type": "custvalue.data:Horizon", "value": 1},
        {"no": "tag"},
    ],
)
def test_a_file_can_make_nothing_but_our_objects(content: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "evil.json"
    path.write_text(json.dumps({"custvalue_format": 1, "content": content}))

    with pytest.raises(InputError, match="load"):
        load(path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"custvalue_format": 99, "content": 1}'])
def test_other_files_are_refused_in_words(text: str, tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text(text)

    with pytest.raises(InputError, match=r"other\.json"):
        load(path)


def test_settings_are_checked_again_on_the_way_in(tmp_path: Path) -> None:
    path = tmp_path / "weights.json"
    save(Weights(names=["a", "b"], values=np.array([0.5, 0.5])), path)
    path.write_text(path.read_text().replace("0.5", "0.9", 1))

    with pytest.raises(InputError, match="add up to 1"):
        load(path)
