"""The Spring Distribution case: five customers, P to T."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import settings

from custvalue.data import CustomerIndex, MoneyTable
from custvalue.profitability import ProfitAndLoss, Waterfall

settings.register_profile("unhurried", deadline=None)  # two busy cores
settings.load_profile("unhurried")

# Horngren, Datar and Rajan, Cost Accounting, ch. 14: cases, price, orders, visits, deliveries, miles each, expedited
SPRING = {
    "P": (2_080, 1440, 15, 2, 10, 14, 0),
    "Q": (8_750, 1416, 25, 3, 30, 4, 0),
    "R": (60_800, 1320, 30, 6, 60, 3, 0),
    "S": (31_800, 1392, 25, 2, 40, 8, 0),
    "T": (3_900, 1296, 30, 3, 20, 40, 1),
}
SPRING_LAYOUT = Waterfall(
    list_sales="list sales",
    on_invoice="discount",
    product_cost="cost of goods",
    cost_to_serve=["order taking", "visits", "delivery", "handling", "expediting"],
)


@pytest.fixture
def spring_lines() -> MoneyTable:
    """All lines in cents: list price 14.40, cost 12.00; 100 an order, 80 a visit, 2 a mile, .50 a case, 300 a rush."""
    cases, price, orders, visits, deliveries, miles, rush = np.array(list(SPRING.values())).T
    return MoneyTable(
        customers=CustomerIndex(list(SPRING)),
        amounts={
            "list sales": cases * 1440,
            "discount": cases * (1440 - price),
            "cost of goods": cases * 1200,
            "order taking": orders * 10_000,
            "visits": visits * 8_000,
            "delivery": deliveries * miles * 200,
            "handling": cases * 50,
            "expediting": rush * 30_000,
        },
        currency="USD",
    )


@pytest.fixture
def spring(spring_lines: MoneyTable) -> ProfitAndLoss:
    """The five accounts."""
    return ProfitAndLoss.from_lines(spring_lines, layout=SPRING_LAYOUT)
