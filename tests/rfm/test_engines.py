"""The same orders from pandas, Polars and DuckDB: the same scores and segments."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

import custvalue as cv
from custvalue.rfm import RFMScores


def orders(n: int = 3_000) -> pd.DataFrame:
    """Simulate orders of 400 customers over a year, with equal days, equal amounts and text ids."""
    rng = np.random.default_rng(11)
    day = np.datetime64("2025-01-01") + rng.integers(0, 365, n)
    customer = [f"C{who:03d}" for who in (400 * rng.beta(1, 3, n)).astype(int)]
    return pd.DataFrame(
        {"customer": customer, "day": day.astype("datetime64[ns]"), "amount": rng.integers(1, 60, n) * 0.5}
    )


def score(frame: Any, binning: Any) -> RFMScores:
    """Score a frame of any engine."""
    log = cv.TransactionLog.from_frame(
        frame,
        customer="customer",
        time="day",
        amount="amount",
        currency="EUR",
        window=cv.ObservationWindow("2025-01-01", "2025-12-31"),
    )
    summary = log.summarize()
    scorer = cv.RFMScorer(binning=binning, monetary=cv.Monetary.TOTAL, segments=cv.segments.ELEVEN)
    return scorer.fit(summary).score(summary)


@pytest.mark.parametrize("binning", [cv.Quantiles(5), cv.NestedQuantiles(5)], ids=["plain", "nested"])
def test_engines_agree(binning: Any) -> None:
    """Row by row, whatever the engine and whatever the order of the orders."""
    frame = orders()
    relation = duckdb.sql("SELECT * FROM frame")
    results = [
        score(source, binning)
        for source in (frame, pl.from_pandas(frame), relation, frame.sample(frac=1, random_state=1))
    ]

    first = results[0]
    by_id = np.argsort(first.customers.ids)
    for other in results[1:]:
        order = np.argsort(other.customers.ids)
        assert other.customers.ids[order].tolist() == first.customers.ids[by_id].tolist()
        assert other.codes[order].tolist() == first.codes[by_id].tolist()
        assert other.segments[order].tolist() == first.segments[by_id].tolist()
