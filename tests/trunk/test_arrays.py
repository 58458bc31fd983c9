"""Arrays inside our objects are copies, locked, and stay locked after pickling."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import attrs
import numpy as np
import pytest

from custvalue._arrays import as_bools, as_dates, as_floats, as_ints, as_labels, strings
from custvalue.data import CustomerIndex, MoneyTable, ValueTable
from custvalue.errors import InputError


@pytest.mark.parametrize(
    ("convert", "values"),
    [
        (as_floats, [1.5, 2.0]),
        (as_ints, [1, 2]),
        (as_bools, [True, False]),
        (as_labels, ["a", "bcd"]),
        (as_dates, ["2020-01-01", "2020-01-02"]),
    ],
)
def test_the_callers_array_is_copied_and_ours_is_locked(convert: Callable[[Any], Any], values: list[Any]) -> None:
    mine = np.asarray(values)

    ours = convert(mine)

    assert not np.shares_memory(mine, ours)
    assert mine.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        ours[0] = ours[1]


def test_whole_numbers_are_not_cut_from_fractions() -> None:
    with pytest.raises(InputError, match="fractions"):
        as_ints(np.array([1.5]))
    with pytest.raises(InputError, match="fractions"):
        as_ints(np.array([np.nan]))
    with pytest.raises(InputError, match=r"2\*\*63"):
        as_ints(np.array([1e300]))


def test_the_wrong_shape_is_refused() -> None:
    with pytest.raises(InputError, match="dimension"):
        as_floats(np.zeros((2, 2)))


def test_text_is_no_number() -> None:
    with pytest.raises(InputError, match="numbers"):
        as_floats(np.array(["twelve"]))


def test_one_string_is_not_several_names() -> None:
    with pytest.raises(InputError, match=r"Write \['abc'\]"):
        strings("abc")


@pytest.mark.parametrize("twin", [copy.copy, copy.deepcopy, lambda held: pickle.loads(pickle.dumps(held))])  # noqa: S301  # our own bytes
def test_copies_and_pickles_stay_locked(twin: Callable[[MoneyTable], MoneyTable]) -> None:
    held = MoneyTable(customers=CustomerIndex(["a", "b"]), amounts={"revenue": [1, 2]}, currency="EUR")

    again = twin(held)

    assert again.customers == held.customers
    assert again["revenue"].tolist() == [1, 2]
    assert not again["revenue"].flags.writeable
    assert not again.customers.ids.flags.writeable


def test_mappings_are_read_only() -> None:
    table = ValueTable(customers=CustomerIndex(["a"]), measures={"profit": [1.0]})

    with pytest.raises(TypeError):
        table.measures["profit"] = np.zeros(1)  # type: ignore[index]  # that is the point
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        table.measures = {}  # type: ignore[misc]  # that is the point
