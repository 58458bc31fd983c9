"""Builders of customer summaries."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import settings

from custvalue.data import Currency, CustomerIndex, CustomerSummary

settings.register_profile("unhurried", deadline=None)  # two busy cores
settings.load_profile("unhurried")

UNTIL = np.datetime64("2026-06-30")


@pytest.fixture(scope="session")
def build() -> Callable[..., CustomerSummary]:
    """Make a summary from days since the last purchase, number of purchases and totals in whole euros."""
    return make_summary


def make_summary(
    days: Sequence[int],
    purchases: Sequence[int],
    euros: Sequence[float],
    *,
    ids: Sequence[object] | None = None,
    until: np.datetime64 = UNTIL,
    length: Sequence[int] | None = None,
) -> CustomerSummary:
    """Make a summary from days since the last purchase, number of purchases and totals in euros."""
    last = until.astype("datetime64[D]") - np.array(days, dtype=np.int64)
    counts = np.array(purchases, dtype=np.int64)
    span = np.where(counts > 1, 100 if length is None else np.array(length, dtype=np.int64), 0)
    return CustomerSummary(
        customers=CustomerIndex(np.arange(len(days)) if ids is None else list(ids)),
        first_at=last - span,
        last_at=last,
        n_purchases=counts,
        total_amount=np.round(np.array(euros) * 100).astype(np.int64),
        observed_until=until,
        currency=Currency.of("EUR"),
    )
