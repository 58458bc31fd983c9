"""Summary of a log against the same query written by hand, on the same engine, in one process: printed as ratios.

Run: ``python benchmarks/engine_summary.py [rows]``. Every claim is a ratio of CPU seconds (all threads of the
process) of two runs side by side, the median of several pairs; peak memory is that of a process that does nothing else.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl

from custvalue.engine import TransactionLog

PAIRS = 3
LIMIT = "2GB"

BY_HAND = """
SELECT customer, min(packed) AS packed, max(day) AS last, count(*) AS n, CAST(sum(net) AS BIGINT) AS total
FROM (
    SELECT customer, day, net, (day - 10000) * 1099511627776 + net AS packed
    FROM (
        SELECT customer, day, CAST(sum(minor) AS BIGINT) AS net
        FROM (
            SELECT customer, CAST(moment AS DATE) - DATE '1970-01-01' AS day, CAST(amount * 100 AS BIGINT) AS minor
            FROM read_parquet('{path}')
        )
        GROUP BY customer, day
    )
)
GROUP BY customer
"""
ONE_KEY = (
    "SELECT customer, min(moment), max(moment), count(*), sum(amount) FROM read_parquet('{path}') GROUP BY customer"
)


def make(path: Path, rows: int) -> None:
    """Write a log with a tenth as many customers as rows, in no order."""
    duckdb.sql(f"""
        COPY (
            SELECT CAST(hash(range) % {rows // 10} AS BIGINT) AS customer,
                   TIMESTAMP '2023-01-01' + INTERVAL 1 SECOND * CAST(hash(range + 17) % 94608000 AS BIGINT) AS moment,
                   CAST(1 + hash(range + 31) % 20000 AS DOUBLE) / 100 AS amount
            FROM range({rows})
        ) TO '{path}' (FORMAT parquet)
    """)  # noqa: S608  # our own path


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of all threads."""
    start = time.process_time()
    work()
    return time.process_time() - start


def ratio(name: str, ours: Callable[[], object], theirs: Callable[[], object]) -> None:
    """Print the median ratio of paired runs."""
    pairs = [(cpu(ours), cpu(theirs)) for _ in range(PAIRS)]
    middle = statistics.median(a / b for a, b in pairs)
    seconds = [round(statistics.median(side), 2) for side in zip(*pairs, strict=True)]
    print(f"{name:<62} {middle:5.2f}   ({seconds[0]} s / {seconds[1]} s)", flush=True)


def polars_by_hand(path: Path) -> pl.DataFrame:
    """Write the same two steps in Polars."""
    rows = pl.scan_parquet(path).select(
        "customer",
        pl.col("moment").dt.epoch("d").cast(pl.Int64).alias("day"),
        (pl.col("amount") * 100).round(mode="half_to_even").cast(pl.Int64).alias("minor"),
    )
    each = rows.group_by("customer", "day").agg(pl.col("minor").sum().alias("net"))
    each = each.with_columns(((pl.col("day") - 10_000) * 2**40 + pl.col("net")).alias("packed"))
    grouped = each.group_by("customer").agg(
        pl.col("packed").min(), pl.col("day").max().alias("last"), pl.len().alias("n"), pl.col("net").sum()
    )
    return grouped.collect(engine="streaming")


def pandas_by_hand(frame: pd.DataFrame) -> pd.DataFrame:
    """Write the same two steps in pandas, without any check."""
    each = frame.assign(day=frame["moment"].dt.floor("D")).groupby(["customer", "day"])["amount"].sum().reset_index()
    return each.groupby("customer").agg(
        first=("day", "min"), last=("day", "max"), n=("day", "size"), total=("amount", "sum")
    )


def open_and_summarize(frame: pd.DataFrame) -> object:
    """Do all checks, and the summary."""
    log = TransactionLog.from_frame(frame, customer="customer", time="moment", amount="amount", currency="EUR")
    return log.summarize()


def run(query: str) -> object:
    """Run a query and fetch its columns."""
    return duckdb.sql(query).fetchnumpy()


def log_of(path: Path, memory_limit: str | None = None) -> TransactionLog:
    """Open the log from its file."""
    return TransactionLog.from_file(
        path, customer="customer", time="moment", amount="amount", currency="EUR", memory_limit=memory_limit
    )


def peak(path: Path, limit: str) -> str:
    """Measure peak memory and CPU of opening and summarising in a process of its own."""
    done = subprocess.run(  # noqa: S603  # this very file
        [sys.executable, __file__, "--peak", str(path), limit], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def main(rows: int) -> None:
    """Compare, and print."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.parquet"
        make(path, rows)
        print(f"{rows:,} rows, {path.stat().st_size / 2**20:,.0f} MiB of Parquet; ratios of CPU seconds")
        hand, one_key = (query.format(path=path) for query in (BY_HAND, ONE_KEY))
        log = log_of(path)
        polars_log = TransactionLog.from_frame(
            pl.scan_parquet(path), customer="customer", time="moment", amount="amount", currency="EUR"
        )
        frame = duckdb.read_parquet(str(path)).df()
        aggregate = partial(run, one_key)
        ratio("opening (all checks and counts) / one hash aggregate", lambda: log_of(path), aggregate)
        ratio("summarize / by hand, DuckDB", log.summarize, partial(run, hand))
        ratio("summarize / one hash aggregate by customer, DuckDB", log.summarize, aggregate)
        ratio("summarize / by hand, Polars streaming", polars_log.summarize, lambda: polars_by_hand(path))
        ours = partial(open_and_summarize, frame)
        ratio("pandas frame: opening and summarize / pandas by hand", ours, partial(pandas_by_hand, frame))
        print(f"process that opens and summarises, memory_limit={LIMIT}: {peak(path, LIMIT)}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak"]:
        log_of(Path(sys.argv[2]), sys.argv[3]).summarize()
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(f"peak {used.ru_maxrss / 1024:,.0f} MiB, {used.ru_utime + used.ru_stime:.1f} CPU s")
    else:
        main(int(float(sys.argv[1])) if len(sys.argv) > 1 else 10_000_000)
