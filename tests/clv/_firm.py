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


def subscribers(n: int = 3000, seed: int = 4, period: TimeUnit = TimeUnit.MONTH) -> CustomerSummary:
    """Members paying 10 a period, who joined over 36 periods and leave with a chance of their own, beta (1, 9)."""
    rng = np.random.default_rng(seed)
    joined = rng.integers(0, 36, n)
    life = rng.geometric(rng.beta(1.0, 9.0, n)) - 1
    renewals = np.minimum(life, 35 - joined)
    age = (36 - joined) * period.days - 1.0
    return firm(
        n,
        age_days=age.tolist(),
        last_days_ago=(age - renewals * period.days).tolist(),
        n_purchases=(renewals + 1).tolist(),
        totals=((renewals + 1) * 1000).tolist(),
    )
