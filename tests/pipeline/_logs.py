"""A dirty log, made by hand and by chance, for tests of the whole chain."""

from __future__ import annotations

import numpy as np
import pandas as pd

from custvalue.data import CostLedger, CostPool, DiscountRate, Horizon, ObservationWindow, TimeUnit
from custvalue.datasets import simulate_firm
from custvalue.engine import DataPolicies, TransactionLog
from custvalue.pipeline import Valuation

WINDOW = ObservationWindow("2024-01-01", "2025-12-31")
TERMS = Valuation(discount=DiscountRate.annual(0.10), horizon=Horizon(3, TimeUnit.YEAR), margin=0.35)
LEDGER = CostLedger(pools=[CostPool("orders", "12345.67"), CostPool("lines", 8_000)], currency="EUR", period="2025")


def dirty_orders(n_customers: int = 300, seed: int = 7) -> pd.DataFrame:
    """Orders of a simulated firm with returns, rows without a customer, zero amounts and repeated rows."""
    frame: pd.DataFrame = simulate_firm(n_customers=n_customers, seed=seed).orders()  # type: ignore[assignment]  # pandas
    rng = np.random.default_rng(seed)
    frame.loc[rng.random(len(frame)) < 0.05, "customer_id"] = None
    frame.loc[rng.random(len(frame)) < 0.02, "net_amount"] = 0.0
    only_returns = pd.DataFrame(
        {
            "customer_id": ["R-1", "R-2"],
            "order_id": ["X-1", "X-2"],
            "ordered_at": pd.to_datetime(["2024-03-01", "2024-04-01"]).astype(frame["ordered_at"].dtype),
            "net_amount": [-20.0, -5.5],
            "lines": [0, 0],
            "km": [0.0, 0.0],
        }
    )
    repeated = frame.sample(20, random_state=1)
    return pd.concat([frame, only_returns, repeated], ignore_index=True)


def log_of(frame: object) -> TransactionLog:
    """The log of such a table, with its policies said."""
    return TransactionLog.from_frame(
        frame,
        customer="customer_id",
        time="ordered_at",
        amount="net_amount",
        order="order_id",
        extra=("lines", "km"),
        currency="EUR",
        window=WINDOW,
        policies=DataPolicies(missing_ids="drop", duplicates="drop"),
    )
