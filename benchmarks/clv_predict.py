"""How long it takes to score customers with a fitted purchase model, and against lifetimes where it is there.

    python benchmarks/clv_predict.py [n_customers]      # 1e7 for ten million

CPU seconds, one thread. Scores are P(alive), expected purchases of a year, discounted residual transactions; each is
computed once for each distinct history and given to its customers. Finding the distinct histories and whose they are
is timed once, before the scores that share them; the paired line against lifetimes includes it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import attrs
import numpy as np
from clv_fit import HAS_PEER, customers, peak_megabytes

from custvalue.clv import CustomerValues
from custvalue.clv.bg_nbd import BGNBD
from custvalue.clv.pareto_nbd import ParetoNBD
from custvalue.data import CustomerSummary, DiscountRate, Horizon, TimeUnit

YEAR = Horizon(1, TimeUnit.YEAR)


def scored(model: BGNBD | ParetoNBD, summary: CustomerSummary) -> None:
    """Print the cost of each score."""
    fit = model.fit(summary)
    summary = attrs.evolve(summary)  # one that has not met its patterns yet
    jobs: dict[str, Callable[[], object]] = {
        "distinct histories": summary.patterns,
        "P(alive)": lambda: fit.probability_alive(summary),
        "expected purchases": lambda: fit.expected_purchases(summary, YEAR),
        "DERT": lambda: fit.expected_residual_transactions(summary, DiscountRate.annual(0.1)),
    }
    for name, job in jobs.items():
        start = time.process_time()
        found = job()
        seconds = time.process_time() - start
        print(f"{type(model).__name__:10s} {len(summary):,} customers, {name}: {seconds:.2f} cpu s", flush=True)
        if isinstance(found, CustomerValues) and not np.isfinite(found.values).all():
            raise SystemExit("a score is not finite")
    print(f"{len(summary.patterns()):,} histories; peak {peak_megabytes():,.0f} MB with the simulation", flush=True)


def against_peer(summary: CustomerSummary) -> None:
    """Expected purchases of BG/NBD, ours and theirs, and the largest difference."""
    import lifetimes  # noqa: PLC0415 - optional peer

    fit, summary = BGNBD().fit(summary), attrs.evolve(summary)
    start = time.process_time()
    ours = fit.expected_purchases(summary, YEAR).values
    seconds = time.process_time() - start
    peer = lifetimes.BetaGeoFitter()
    peer.params_ = fit.params
    start = time.process_time()
    horizon = YEAR.to(TimeUnit.WEEK)
    columns = summary.frequency, summary.recency, summary.T
    theirs = np.asarray(peer.conditional_expected_number_of_purchases_up_to_time(horizon, *columns))
    peer_seconds = time.process_time() - start
    gap = float(np.nanmax(np.abs(theirs / ours - 1)))
    print(f"lifetimes expected purchases: {peer_seconds:.2f} cpu s, ours {seconds:.2f}")
    print(f"largest relative difference {gap:.1e}; theirs not a number for {int(np.isnan(theirs).sum()):,}", flush=True)


if __name__ == "__main__":
    population = customers(int(float(sys.argv[1])) if len(sys.argv) > 1 else 1_000_000, "3years")
    scored(BGNBD(), population)
    scored(ParetoNBD(), population)
    if HAS_PEER:
        against_peer(population)
