"""A small firm for the tests of the plain lifetime-value models."""

from __future__ import annotations

import numpy as np

from custvalue.data import Currency, CustomerIndex, CustomerSummary, TimeUnit


def firm(
    n_customers: int = 4,
    *,
    last_days_ago: list[float] | None = None,
    age_days: list[float] | None = None,
    n_purchases: list[int] | None = None,
    totals: list[int] | None = None,
) -> CustomerSummary:
    """Customers ``c0``, ``c1`` ... observed until 2025-12-31, two years old, buying to the end unless said."""
    end = np.datetime64("2025-12-31", "us")
    age = np.full(n_customers, 730.5) if age_days is None else np.array(age_days)
    silent = np.zeros(n_customers) if last_days_ago is None else np.array(last_days_ago)
    counts = np.where(silent < age, 3, 1) if n_purchases is None else np.array(n_purchases)
    amounts = 10_000 * counts if totals is None else np.array(totals)
    micro = 86_400_000_000
    return CustomerSummary(
        customers=CustomerIndex([f"c{i}" for i in range(n_customers)]),
        first_at=end - (age * micro).astype("timedelta64[us]"),
        last_at=end - (silent * micro).astype("timedelta64[us]"),
        n_purchases=counts,
        total_amount=amounts,
        repeat_amount=(amounts * (counts - 1)) // counts,
        observed_until=end,
        currency=Currency.of("EUR"),
        unit=TimeUnit.YEAR,
    )
