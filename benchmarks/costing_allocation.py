"""Ten million customers and twenty pools, to the cent: against naive share-and-round in numpy, in one process.

Run ``python benchmarks/costing_allocation.py [n_customers] [n_pools]``. Prints the ratio of processor seconds, what the
naive way loses, the peak memory in units of the driver matrix, and the time of one trace.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable

import numpy as np

from custvalue.costing import Allocation, VolumeBased
from custvalue.data import CostLedger, CostPool, CustomerIndex, DriverTable

AMOUNT = 1_234_567_89


def make(n_customers: int, n_pools: int) -> tuple[CostLedger, DriverTable]:
    """Make counts, decimals and raw floats in turn."""
    rng = np.random.default_rng(0)
    kinds = (
        lambda: rng.poisson(3.0, n_customers).astype(np.float64),
        lambda: np.round(rng.gamma(1.0, 50.0, n_customers), 2),
        lambda: rng.gamma(0.5, 50.0, n_customers),
    )
    columns = {}
    for pool in range(n_pools):
        column = kinds[pool % 3]()
        column.flags.writeable = False  # handed over as it is, not copied
        columns[f"pool {pool}"] = column
    drivers = DriverTable(customers=CustomerIndex(np.arange(n_customers)), drivers=columns)
    pools = [CostPool(name, f"{AMOUNT + 17 * at}") for at, name in enumerate(columns)]
    return CostLedger(pools=pools, currency="EUR"), drivers


def naive(costs: CostLedger, drivers: DriverTable) -> np.ndarray:
    """Share and round every cent by itself."""
    cents = np.empty((len(drivers.customers), len(costs.pools)), dtype=np.int64, order="F")
    for column, name in enumerate(costs.names):
        weights = drivers[name]
        cents[:, column] = np.rint(weights / weights.sum() * costs.minor(name)).astype(np.int64)
    return cents


def ours(costs: CostLedger, drivers: DriverTable) -> Allocation:
    """Allocate to the cent."""
    return VolumeBased(base="pool 0", by_pool={name: name for name in costs.names}).allocate(costs, drivers)


def peak() -> float:
    """Peak resident memory so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0


def timed(way: Callable[[CostLedger, DriverTable], object], costs: CostLedger, drivers: DriverTable) -> float:
    """Processor seconds of one run."""
    start = time.process_time()
    way(costs, drivers)
    return time.process_time() - start


def main() -> None:
    """Run both and print the ratios."""
    n_customers = int(float(sys.argv[1])) if len(sys.argv) > 1 else 10_000_000
    n_pools = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    costs, drivers = make(n_customers, n_pools)
    matrix = 8.0 * n_customers * n_pools
    amounts = [costs.minor(name) for name in costs.names]
    before = peak()
    allocation = ours(costs, drivers)
    own_peak = peak()
    off = int(np.abs(allocation.amounts.sum(axis=0) - amounts).sum())
    start = time.process_time()
    rows = [allocation.trace(customer) for customer in range(0, n_customers, n_customers // 50)]
    trace_ms = (time.process_time() - start) / len(rows) * 1e3
    del allocation
    naive_off = int(np.abs(naive(costs, drivers).sum(axis=0) - amounts).sum())
    own_seconds, naive_seconds = (min(timed(way, costs, drivers) for _ in range(3)) for way in (ours, naive))
    print(f"{n_customers:,} customers x {n_pools} pools")
    print(f"exact      {own_seconds:6.2f} cpu s, {off} cents off")
    print(f"naive      {naive_seconds:6.2f} cpu s, {naive_off:,} cents off")
    print(f"ratio      {own_seconds / naive_seconds:6.2f}   (goal: 3)")
    print(
        f"peak       {own_peak / matrix:6.2f} driver matrices, drivers included ({before / matrix:.2f} before; goal: 3)"
    )
    print(f"trace      {trace_ms:6.2f} ms a customer")


if __name__ == "__main__":
    main()
