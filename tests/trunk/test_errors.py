"""Errors say where, what was expected, what came, and what to do next."""

from __future__ import annotations

import pytest

from custvalue import errors
from custvalue.errors import CustvalueError, Fault, InputError, MissingDependencyError, SchemaError


def test_one_root_catches_all() -> None:
    kinds = [getattr(errors, name) for name in errors.__all__ if name not in {"Fault", "CustvalueError"}]

    assert all(issubclass(kind, CustvalueError) for kind in kinds)


def test_an_input_error_is_a_value_error_with_its_parts() -> None:
    error = InputError("Horizon.n", expected="a number above 0", got="-1", hint="Look ahead, not back.")

    assert isinstance(error, ValueError)
    assert str(error) == "Horizon.n: expected a number above 0, got -1. Look ahead, not back."
    assert (error.where, error.expected, error.got, error.hint) == (
        "Horizon.n",
        "a number above 0",
        "-1",
        "Look ahead, not back.",
    )


def test_a_schema_error_lists_every_fault_with_its_rows() -> None:
    faults = [
        Fault("column 'amount'", "numbers", "text", rows=range(25), n_rows=40),
        Fault("column 'time'", "dates", "nothing"),
    ]

    with pytest.raises(SchemaError) as caught:
        SchemaError.raise_for("orders", faults)

    text = str(caught.value)
    assert text.startswith("orders: 2 faults\n  1. column 'amount': expected numbers, got text [0, 1, 2,")
    assert "19, and 20 more]" in text
    assert text.endswith("2. column 'time': expected dates, got nothing")
    assert len(caught.value.faults) == 2


def test_no_fault_raises_nothing() -> None:
    assert SchemaError.raise_for("orders", []) is None


def test_a_missing_package_names_the_extra() -> None:
    error = MissingDependencyError("matplotlib", extra="plot", purpose="A plot")

    assert isinstance(error, ImportError)
    assert str(error) == "A plot needs matplotlib: pip install 'custvalue[plot]'"
