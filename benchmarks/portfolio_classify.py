"""Ten million customers in a 3 x 3 matrix against the bare numpy digitise of both axes, in one process.

Run ``python benchmarks/portfolio_classify.py [n_customers]``. Prints the ratio of processor seconds (median of paired
runs; at most 2 is the claim), of learning the cuts against ``np.quantile``, and the peak memory of classifying.
"""

from __future__ import annotations

import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable

import numpy as np

from custvalue.data import CustomerIndex, ValueTable
from custvalue.portfolio import FittedGrid, MatrixClassifier, Quantiles, presets

PAIRS = 5


def make(n_customers: int) -> ValueTable:
    """Make two skewed measures, one customer in a thousand without the second."""
    rng = np.random.default_rng(0)
    columns = {"attractiveness": rng.gamma(1.0, 100.0, n_customers), "fit": rng.normal(size=n_customers)}
    columns["fit"][rng.random(n_customers) < 0.001] = np.nan
    for column in columns.values():
        column.flags.writeable = False  # handed over as it is, not copied
    return ValueTable(customers=CustomerIndex(np.arange(n_customers)), measures=columns)


def bare(values: ValueTable, fitted: FittedGrid) -> np.ndarray:
    """Digitise both axes and fold them to a cell; NaN lands in the top level unnoticed."""
    rows, columns = (np.digitize(values[cut.measure], np.array(cut.at)) for cut in fitted.cuts)
    return rows * 3 + columns


def quantiles(values: ValueTable) -> list[np.ndarray]:
    """Find the same cuts with numpy alone."""
    return [np.nanquantile(values[name], (1 / 3, 2 / 3)) for name in values.names]


def seconds(work: Callable[[], object]) -> float:
    """Processor seconds of one run."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    """Print the ratios."""
    n_customers = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    values = make(n_customers)
    settings = MatrixClassifier(x="attractiveness", y="fit", cuts=Quantiles(3), cells=presets.DIRECTIONAL_POLICY)
    fits = [(seconds(lambda: quantiles(values)), seconds(lambda: settings.fit(values))) for _ in range(PAIRS)]
    learning = statistics.median(ours / theirs for theirs, ours in fits)
    fitted = settings.fit(values)
    pairs = [(seconds(lambda: bare(values, fitted)), seconds(lambda: fitted.classify(values))) for _ in range(PAIRS)]
    ratio = statistics.median(ours / theirs for theirs, ours in pairs)
    tracemalloc.start()
    found = fitted.classify(values)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(f"{n_customers:,} customers: {found}")
    print(f"classify / bare digitise: {ratio:.2f} (claim: at most 2)")
    print(f"fit / np.nanquantile of both axes: {learning:.2f}")
    print(f"peak memory of classifying: {peak / (8 * n_customers):.2f} columns of float64")


if __name__ == "__main__":
    main()
