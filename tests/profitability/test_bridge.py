"""The bridge: by hand, against brute force over all orders, exact to the cent."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custvalue.data import Currency, CustomerIndex
from custvalue.errors import InputError, SchemaError
from custvalue.profitability import EFFECTS, BridgePeriod, ProfitBridge

Row = tuple[float, float, float, float]


def period(rows: list[Row], rate: float, ids: list[int] | None = None) -> BridgePeriod:
    """Make a period from rows of quantity, price, unit cost, orders."""
    quantity, price, unit_cost, orders = np.array(rows, dtype=np.float64).T
    return BridgePeriod(
        customers=CustomerIndex(np.arange(len(rows)) if ids is None else ids),
        quantity=quantity,
        price=price,
        unit_cost=unit_cost,
        activities={"orders": orders},
        rates={"orders": rate},
    )


def brute_force(old: BridgePeriod, new: BridgePeriod) -> list[float]:
    """Mean over all orders of switching the factors from old to new, one after another; firm totals."""

    def factors(p: BridgePeriod) -> list[np.ndarray | float]:
        total = p.quantity.sum()
        return [total, p.quantity / total, p.price, p.unit_cost, p.activities["orders"], p.rates["orders"]]

    a, b = factors(old), factors(new)

    def profit(f: list[np.ndarray | float]) -> float:
        return float(np.sum(f[0] * f[1] * (f[2] - f[3]) - f[4] * f[5]))

    effects = np.zeros(6)
    orders = list(permutations(range(6)))
    for order in orders:
        now = list(a)
        for factor in order:
            before = profit(now)
            now[factor] = b[factor]
            effects[factor] += profit(now) - before
    return list(effects / len(orders))


def test_one_effect_at_a_time() -> None:
    """Changing one thing moves one effect."""
    old = period([(100, 10, 6, 4), (300, 8, 5, 2)], 50.0)
    changes: list[tuple[str, BridgePeriod, int]] = [
        ("volume", period([(200, 10, 6, 4), (600, 8, 5, 2)], 50.0), 1300_00),
        ("mix", period([(200, 10, 6, 4), (200, 8, 5, 2)], 50.0), 100_00),
        ("price", period([(100, 11, 6, 4), (300, 8, 5, 2)], 50.0), 100_00),
        ("product_cost", period([(100, 10, 6, 4), (300, 8, 6, 2)], 50.0), -300_00),
        ("service_quantity", period([(100, 10, 6, 4), (300, 8, 5, 5)], 50.0), -150_00),
        ("service_rate", period([(100, 10, 6, 4), (300, 8, 5, 2)], 40.0), 60_00),
    ]
    for name, new, amount in changes:
        total = ProfitBridge.between(old, new, currency="EUR").total
        assert total == {effect: amount if effect == name else 0 for effect in EFFECTS}, name


rows = st.tuples(
    st.integers(1, 500), st.integers(1, 40), st.integers(1, 30), st.integers(0, 20)
)  # quantity, price, cost, orders


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(rows, rows), min_size=1, max_size=5), st.integers(1, 90), st.integers(1, 90))
def test_against_all_orders(pairs: list[tuple[Row, Row]], old_rate: float, new_rate: float) -> None:
    """Each effect is the mean over all 720 orders, to within a cent a customer."""
    old, new = period([a for a, _ in pairs], old_rate), period([b for _, b in pairs], new_rate)
    bridge = ProfitBridge.between(old, new, currency="EUR")

    assert list(bridge.total.values()) == pytest.approx(
        [100 * effect for effect in brute_force(old, new)], abs=len(pairs) + 1e-3
    )
    assert (bridge.before + bridge.effects.sum(axis=1) == bridge.after).all()


@given(st.lists(st.tuples(rows, rows), min_size=1, max_size=6))
def test_there_and_back(pairs: list[tuple[Row, Row]]) -> None:
    """The bridge back is the bridge there with the other sign, to within rounding; customers in any order."""
    old, new = period([a for a, _ in pairs], 30.0), period([b for _, b in pairs], 35.0)
    there, back = (ProfitBridge.between(*two, currency="EUR") for two in ((old, new), (new, old)))
    mirrored = list(range(len(pairs)))[::-1]
    turned = ProfitBridge.between(
        period([a for a, _ in pairs][::-1], 30.0, mirrored),
        period([b for _, b in pairs][::-1], 35.0, mirrored),
        currency="EUR",
    )

    assert np.abs(there.effects + back.effects).max() <= 1
    assert turned.effects[::-1].tolist() == there.effects.tolist()


def test_customers_who_come_and_go() -> None:
    """Who is in one period only has volume and mix, no price effect; all still adds up."""
    old = period([(100, 10, 6, 4), (100, 20, 6, 1)], 50.0, [1, 2])
    new = period([(100, 11, 6, 4), (100, 30, 6, 3)], 50.0, [1, 3])
    bridge = ProfitBridge.between(old, new, currency="EUR")

    assert bridge.customers.ids.tolist() == [1, 2, 3]
    assert bridge.before.tolist() == [200_00, 1350_00, 0]
    assert bridge.after.tolist() == [300_00, 0, 2250_00]
    assert bridge.effects[1:, EFFECTS.index("price")].tolist() == [0, 0]
    assert bridge.effects[1:, EFFECTS.index("mix")].tolist() == [-1400_00, 2400_00]


def test_a_firm_that_starts() -> None:
    """Nothing sold before: all is volume; a new activity has no rate effect."""
    ids = CustomerIndex([1])
    none = BridgePeriod(customers=ids, quantity=np.zeros(1), price=np.full(1, np.nan), unit_cost=np.zeros(1))
    bridge = ProfitBridge.between(none, period([(10, 5, 3, 2)], 4.0, [1]), currency="JPY")

    assert bridge.total == {
        "volume": 20, "mix": 0, "price": 0, "product_cost": 0, "service_quantity": -8, "service_rate": 0,
    }  # fmt: skip


def test_bridge_frames() -> None:
    """The schemas are pinned."""
    bridge = ProfitBridge.between(period([(1, 2, 1, 0)], 1.0), period([(2, 2, 1, 1)], 1.0), currency="EUR")
    frame, statement = bridge.to_frame(), bridge.statement()

    assert isinstance(frame, pd.DataFrame)
    assert isinstance(statement, pd.DataFrame)
    assert frame.columns.tolist() == ["customer", "before", *EFFECTS, "after"]
    assert statement["row"].tolist() == ["before", *EFFECTS, "after"]
    assert statement["amount"].tolist() == [1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 1.0]


def test_bridge_refusals() -> None:
    """Negative quantities, missing prices and rates, at once; rows that do not add up cannot be built."""
    make: Callable[..., BridgePeriod] = BridgePeriod
    with pytest.raises(SchemaError) as caught:
        make(
            customers=CustomerIndex([1, 2]), quantity=[-1, 1], price=[1, np.nan], unit_cost=[1, 1],
            activities={"orders": [1, 1]},
        )  # fmt: skip
    assert len(caught.value.faults) == 3
    with pytest.raises(InputError, match="every row"):
        ProfitBridge(
            customers=CustomerIndex([1]), before=np.array([1]), after=np.array([5]),
            effects=np.zeros((1, 6), dtype=np.int64), currency=Currency.of("EUR"),
        )  # fmt: skip
