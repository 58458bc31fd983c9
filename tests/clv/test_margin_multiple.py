"""Margin multiples against the printed tables."""

from __future__ import annotations

import numpy as np
import pytest

from custvalue._frames import read_columns
from custvalue.clv._settings import FirstMargin
from custvalue.clv.margin_multiple import MarginMultiple
from custvalue.data import DiscountRate, Horizon, TimeUnit, Timing
from custvalue.errors import InputError

RATES = [DiscountRate.annual(rate) for rate in (0.10, 0.12, 0.14, 0.16)]


def test_table_of_gupta_and_lehmann() -> None:
    """R / (1 + i - r), r = 60 .. 90 %, i = 10 .. 16 %: Managing Customers as Investments (2005), ch. 2."""
    expected = [
        [1.2, 1.1538, 1.1111, 1.0714],
        [1.75, 1.6667, 1.5909, 1.5217],
        [2.6667, 2.5, 2.3529, 2.2222],
        [4.5, 4.0909, 3.75, 3.4615],
    ]

    assert MarginMultiple().table([0.6, 0.7, 0.8, 0.9], RATES).values == pytest.approx(np.array(expected), abs=5e-5)


@pytest.mark.parametrize(
    ("growth", "expected"), [(0.0, 4.0909), (0.02, 4.4554), (0.04, 4.8913), (0.06, 5.4217), (0.08, 6.0811)]
)
def test_growing_margins(growth: float, expected: float) -> None:
    """R = 90 %, i = 12 %: the same source."""
    assert MarginMultiple(growth=growth).of(0.9, discount=RATES[1]) == pytest.approx(expected, abs=5e-5)


def test_three_conventions() -> None:
    """Certain and now; certain at the end of the period; at the end if retained."""
    now = MarginMultiple(first_margin=FirstMargin.CERTAIN, timing=Timing.START).of(0.8, discount=RATES[0])
    certain = MarginMultiple(first_margin=FirstMargin.CERTAIN).of(0.8, discount=RATES[0])
    renewed = MarginMultiple().of(0.8, discount=RATES[0])

    assert now == pytest.approx(1.1 / 0.3)
    assert certain == pytest.approx(1.0 / 0.3)
    assert renewed == pytest.approx(0.8 / 0.3)


def test_months_and_years_agree_when_compounded() -> None:
    """A monthly model with the twelfth root of retention is worth more margin times, at the same force of interest."""
    horizon = Horizon(2, TimeUnit.YEAR)
    monthly = MarginMultiple(period=TimeUnit.MONTH, horizon=horizon).of(0.95, discount=RATES[0])
    k = np.arange(1, 25)

    assert monthly == pytest.approx(float(np.sum(0.95**k * 1.1 ** (-k / 12))))


def test_frame_and_refusals() -> None:
    table = MarginMultiple().table([0.5, 0.6], RATES[:1])
    assert read_columns(table.to_frame(), ["retention", "rate", "multiple"])["retention"].tolist() == [0.5, 0.6]
    with pytest.raises(InputError, match="below 1"):
        MarginMultiple().of(1.0, discount=RATES[0])
    with pytest.raises(InputError, match="Give a horizon"):
        MarginMultiple(growth=0.5).of(0.9, discount=RATES[0])
    with pytest.raises(InputError, match="above -1"):
        MarginMultiple(growth=-2.0)
