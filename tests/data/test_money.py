"""Money is whole minor units inside and exact at the door."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custvalue.data import CostLedger, CostPool, Currency
from custvalue.errors import InputError, SchemaError


@pytest.mark.parametrize(("code", "exponent"), [("JPY", 0), ("USD", 2), ("EUR", 2), ("BHD", 3), ("CLF", 4)])
def test_minor_units_follow_iso_4217(code: str, exponent: int) -> None:
    assert Currency.of(code).exponent == exponent


@pytest.mark.parametrize("amount", [19.99, "19.99", Decimal("19.99"), "19.990"])
def test_amounts_are_read_exactly(amount: float | str | Decimal) -> None:
    assert Currency.of("EUR").to_minor(amount) == 1999


@given(st.integers(-(10**15), 10**15))
def test_text_and_minor_units_round_trip(minor: int) -> None:
    euro = Currency.of("EUR")

    assert euro.to_minor(euro.format(minor).removesuffix(" EUR").replace(",", "")) == minor


@pytest.mark.parametrize("amount", ["19.999", float("nan"), float("inf"), "ten", 10**30])
def test_amounts_that_do_not_fit_are_refused(amount: float | str) -> None:
    with pytest.raises(InputError, match="delivery"):
        Currency.of("EUR").to_minor(amount, where="delivery")


@pytest.mark.parametrize("code", ["euro", "eur", "€", ""])
def test_a_code_is_three_capitals(code: str) -> None:
    with pytest.raises(InputError, match="ISO 4217"):
        Currency.of(code)


def test_a_ledger_shows_all_its_faults_at_once() -> None:
    pools = [CostPool("a", 1), CostPool("a", 2), CostPool("", 3), CostPool("b", "1.234")]

    with pytest.raises(SchemaError) as caught:
        CostLedger(pools=pools, currency="EUR")

    assert len(caught.value.faults) == 3


@pytest.mark.parametrize("amount", ["lots", "10,5", float("nan"), float("inf"), True, None, [5]])
def test_a_pool_has_an_amount(amount: Any) -> None:
    with pytest.raises(InputError, match="pool 'x': expected a finite amount"):
        CostPool("x", amount)


def test_credits_are_named() -> None:
    ledger = CostLedger(pools=[CostPool("a", 1), CostPool("b", "-2.50"), CostPool("c", 0)], currency="EUR")

    assert ledger.credits == ("b",)


def test_a_ledger_without_pools_is_refused() -> None:
    with pytest.raises(SchemaError, match="at least one"):
        CostLedger(pools=[], currency="EUR")


def test_a_pool_is_found_by_name() -> None:
    ledger = CostLedger(pools=[CostPool("a", 1), CostPool("b", 2)], currency="JPY")

    assert (ledger.minor("b"), ledger.total) == (2, 3)
    with pytest.raises(InputError, match=r"\['a', 'b'\]"):
        ledger.minor("c")
