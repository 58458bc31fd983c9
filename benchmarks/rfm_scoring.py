"""RFM scores of 10 million customers beside a bare quantile-and-digitise of the same three columns.

Run ``python benchmarks/rfm_scoring.py [n_customers]``. Each job runs in turn in this process; the best of three rounds
counts. The bare numpy job is np.quantile and np.digitize; the bare Polars job is quantile and cut on one thread.
The goal is a ratio of 2 or less to the faster of them.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

os.environ.setdefault("POLARS_MAX_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np  # threads are settled first
import polars as pl

from custvalue.data import Currency, CustomerIndex, CustomerSummary
from custvalue.rfm import NestedQuantiles, Quantiles, RFMScorer
from custvalue.rfm.segments import ELEVEN

PROBABILITIES = (0.2, 0.4, 0.6, 0.8)
ROUNDS = 3


def population(n: int) -> CustomerSummary:
    """Simulate a summary: three years, geometric numbers of purchases, skewed spend."""
    rng = np.random.default_rng(7)
    until = np.datetime64("2026-06-30")
    purchases = rng.geometric(0.3, n)
    last = until - rng.integers(0, 1000, n)
    spend = (purchases * rng.lognormal(3.5, 0.8, n) * 100).astype(np.int64)
    return CustomerSummary(
        customers=CustomerIndex(np.arange(n)),
        first_at=np.where(purchases > 1, last - 90, last),
        last_at=last,
        n_purchases=purchases,
        total_amount=spend,
        observed_until=until,
        currency=Currency.of("EUR"),
    )


def bare_columns(summary: CustomerSummary) -> tuple[np.ndarray, ...]:
    """Give the three columns ready made, so that the bare jobs pay for nothing else."""
    money = summary.require("total_amount") / summary.n_purchases
    return summary.days_since_last, summary.n_purchases.astype(np.float64), money


def bare_numpy(columns: tuple[np.ndarray, ...]) -> list[np.ndarray]:
    """Run np.quantile and np.digitize."""
    return [np.digitize(c, np.quantile(c, PROBABILITIES), right=True) for c in columns]


def bare_polars(frame: pl.DataFrame) -> pl.DataFrame:
    """Run quantiles of all columns, then count the cuts passed."""
    names = frame.columns
    cuts = frame.select(
        pl.col(name).quantile(p, "lower").alias(f"{name}{p}") for name in names for p in PROBABILITIES
    ).row(0)
    size = len(PROBABILITIES)
    return frame.select(
        pl.sum_horizontal((pl.col(name) > cut).cast(pl.Int8) for cut in cuts[at * size : (at + 1) * size]).alias(name)
        for at, name in enumerate(names)
    )


def best(job: Callable[[], object]) -> float:
    """Time the best of some rounds, in seconds of this process on all its threads."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        job()
        times.append(time.process_time() - start)
    return min(times)


def main() -> None:
    """Print seconds and ratios."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    summary = population(n)
    columns = bare_columns(summary)
    frame = pl.DataFrame({f"c{i}": column for i, column in enumerate(columns)})
    plain, mapped = RFMScorer(binning=Quantiles(5)), RFMScorer(binning=Quantiles(5), segments=ELEVEN)
    nested = RFMScorer(binning=NestedQuantiles(5))
    fitted = mapped.fit(summary)
    bare = {"numpy": best(lambda: bare_numpy(columns)), "polars": best(lambda: bare_polars(frame))}
    ours = {
        "fit + score": best(lambda: plain.fit(summary).score(summary)),
        "fit + score + segments": best(lambda: mapped.fit(summary).score(summary)),
        "score + segments, thresholds known": best(lambda: fitted.score(summary)),
        "nested fit + score": best(lambda: nested.fit(summary).score(summary)),
    }
    for name, seconds in bare.items():
        print(f"bare {name:<32} {seconds:6.2f} cpu s")
    fastest = min(bare.values())
    for name, seconds in ours.items():
        print(f"{name:<37} {seconds:6.2f} cpu s   {seconds / fastest:5.2f} x the faster bare job")


if __name__ == "__main__":
    main()
