"""A cost file says everything wrong with it at once, before the log is read, in words that can be typed into it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli._costs import COSTS

from custvalue.cli._costs_file import read_cost_file
from custvalue.errors import InputError, SchemaError

COLUMNS = {"day": False, "order": False, "amount": True, "revenue": True}
SIX = """
currency = "EUR"
perod = "2026"
[pools]
delivery = "10,5"
handling = 12
vist = 5
[resources.handling]
picking = 0.6
packing = 0.3
[activities]
delivery = "revenue"
picking = "linez"
packing = "orders"
[drivers]
orders = {n_uniqe = "order"}
"""


def faults_of(path: Path, text: str) -> list[str]:
    """Write a cost file and read it; the faults it has."""
    path.write_text(text)
    with pytest.raises(SchemaError) as caught:
        read_cost_file(path, COLUMNS)
    return [str(fault) for fault in caught.value.faults]


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    faults = faults_of(tmp_path / "costs.toml", SIX)

    assert len(faults) == 6
    for words in (
        ["key 'perod'", "Did you mean 'period'?"],
        ["pool 'delivery'", "'10,5'"],
        ["resource 'handling'", "a sum of 0.9"],
        ["pool 'vist'", "a driver"],
        ["driver 'linez'", "--extra linez"],
        ["driver 'orders'", "Did you mean 'n_unique'?"],
    ):
        assert any(all(word in fault for word in words) for fault in faults), words


def test_a_misspelt_method_names_the_nearest(tmp_path: Path) -> None:
    text = 'currency = "EUR"\nmethod = "volum"\nbase = "revenue"\n[pools]\nrent = 5\n'

    assert ["Did you mean 'volume'?" in fault for fault in faults_of(tmp_path / "costs.toml", text)] == [True]


def test_labels_are_not_added_up(tmp_path: Path) -> None:
    text = 'currency = "EUR"\nbase = "order"\n[pools]\nrent = 5\n'

    (fault,) = faults_of(tmp_path / "costs.toml", text)

    assert '{n_unique = "order"}' in fault


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, ["km.csv", "files that can be read"]),
        ("cust,km\na,3\na,4\nb,\nc,x\n", ["1 ids more than once", "[row 3: 'x']", "[row 2]"]),
        ("cust,kilometres\na,3\n", ["column 'km'", "kilometres"]),
    ],
    ids=["no file", "double id, blank, text", "no column"],
)
def test_a_driver_file_is_named_with_all_its_faults(tmp_path: Path, content: str | None, words: list[str]) -> None:
    costs = SIX.replace("[drivers]", '[drivers]\nlinez = {file = "km.csv", customer = "cust", column = "km"}')
    if content is not None:
        (tmp_path / "km.csv").write_text(content)

    faults = faults_of(tmp_path / "costs.toml", costs)

    found = [fault for fault in faults if str(tmp_path / "km.csv") in fault]
    assert len(faults) - len(found) == 5
    assert all(any(word in fault for fault in found) for word in words), found
    assert not any("'3'" in fault for fault in found)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('currency = "EUR"', 'curency = "EUR"'), ["Did you mean 'currency'?", "key 'currency'"]),
        (("[activities]\norders", "[activities]\norder"), ["pool 'orders'", "Did you mean 'orders'?"]),
        (("lines = 8_000", "lines = true"), ["pool 'lines'", "a finite amount"]),
        (("{count = true}", "{cuont = true}"), ["driver 'orders'"]),
        (("[pools]", "[pools"), ["a TOML file"]),
        (('period = "2025"', 'method = "magic"'), ["['activity', 'volume', 'equal']"]),
    ],
)
def test_a_slip_is_explained(change: tuple[str, str], words: list[str], tmp_path: Path) -> None:
    path = tmp_path / "costs.toml"
    path.write_text(COSTS.replace(*change))

    with pytest.raises(InputError) as caught:
        read_cost_file(path, COLUMNS | {"lines": True})

    assert str(path) in str(caught.value)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_the_same_file_without_a_slip_is_read(tmp_path: Path) -> None:
    path = tmp_path / "costs.toml"
    path.write_text(COSTS)

    assert read_cost_file(path, COLUMNS | {"lines": True}).ledger.total == 20_345_67
