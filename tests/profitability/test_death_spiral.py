"""The death spiral: the Spring case, a collapse by hand, invariants."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custvalue.data import CustomerIndex, MoneyTable
from custvalue.errors import InputError
from custvalue.profitability import Ending, ProfitAndLoss, Waterfall, death_spiral

LAYOUT = Waterfall(list_sales="sales", cost_to_serve="service")


def account_of(sales: list[int], service: list[int], ids: list[int] | None = None) -> ProfitAndLoss:
    """Build accounts of sales and service cost."""
    lines = MoneyTable(
        customers=CustomerIndex(np.arange(len(sales)) if ids is None else ids),
        amounts={"sales": sales, "service": service},
        currency="EUR",
    )
    return ProfitAndLoss.from_lines(lines, layout=LAYOUT)


def test_spring(spring: ProfitAndLoss) -> None:
    """Only T goes: 3,744 lost if nothing is avoidable, 3,346 won if all is."""
    stuck, free = death_spiral(spring, avoidable=0.0), death_spiral(spring, avoidable=1.0)

    assert stuck.survivors.ids.tolist() == free.survivors.ids.tolist() == ["P", "Q", "R", "S"]
    assert (stuck.profit_change, free.profit_change) == (-374_400, 334_600)
    assert stuck.committed.tolist() == [0, 709_000]


def test_collapse_by_hand() -> None:
    """C loses 100 and leaves 200 behind; b earned 20, bears 100 and goes with 140 behind; a earned 200, bears 340."""
    spiral = death_spiral(account_of([300, 300, 300], [100, 280, 400]), avoidable=0.5)

    assert spiral.ending is Ending.NOBODY_LEFT
    assert spiral.n_customers.tolist() == [3, 2, 1, 0]
    assert spiral.profit.tolist() == [120, 20, -140, -390]
    assert spiral.committed.tolist() == [0, 200, 340, 390]


money = st.integers(0, 1_000)


@given(st.lists(st.tuples(money, money), min_size=1, max_size=25), st.sampled_from([0.0, 0.3, 0.5, 1.0]))
def test_invariants(rows: list[tuple[int, int]], avoidable: float) -> None:
    """Nobody left at equilibrium makes a loss; all avoidable never hurts; order plays no part; profit is accounted."""
    sales, service = map(list, zip(*rows, strict=True))
    spiral = death_spiral(account_of(sales, service), avoidable=avoidable)
    turned = death_spiral(account_of(sales[::-1], service[::-1], list(range(len(rows)))[::-1]), avoidable=avoidable)
    stayed = spiral.survivors.ids.tolist()

    assert sorted(turned.survivors.ids.tolist()) == stayed
    assert spiral.profit[-1] == sum(sales[i] - service[i] for i in stayed) - spiral.committed[-1]
    if avoidable == 1.0:
        assert spiral.profit_change >= 0
        assert len(stayed) == sum(s >= c for s, c in rows)
    assert all(sales[i] >= service[i] for i in stayed)


def test_spiral_frame_and_refusals(spring: ProfitAndLoss) -> None:
    """The schema is pinned; shares and rows are checked."""
    frame = death_spiral(spring, avoidable=0.5).to_frame()

    assert isinstance(frame, pd.DataFrame)
    assert frame.columns.tolist() == ["round", "customers", "profit", "committed"]
    with pytest.raises(InputError, match="0 to 1"):
        death_spiral(spring, avoidable=2.0)
    with pytest.raises(InputError, match="one of"):
        death_spiral(spring, avoidable=0.5, base="weight")
