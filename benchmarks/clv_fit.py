"""How fast the purchase models fit, against lifetimes on the same simulated customers in the same process.

    python benchmarks/clv_fit.py bg-cdnow bg-8years pareto-3years ten-million

Peers need ``lifetimes`` 0.11.3 on the path; without it only our own figures are printed. CPU seconds, one thread.
Ours start from a summary of dates and counts and include ages, compression to distinct histories (nothing is kept from
one repetition to the next) and standard errors; lifetimes starts from its ready columns of frequency, recency and T,
made before its clock starts, and its fit includes standard errors too. Both search from their own start values, one
search each. Medians of three turns, taken in alternation, three fits of ours to a turn. Every line shows how much
better our log-likelihood is: a fast fit to a worse place is no fit.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import time
import warnings
from collections.abc import Callable
from statistics import median

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from custvalue.clv._optimise import Problem
from custvalue.clv.bg_nbd import BGNBD
from custvalue.clv.pareto_nbd import ParetoNBD
from custvalue.data import Currency, CustomerIndex, CustomerSummary, TimeUnit

HAS_PEER = importlib.util.find_spec("lifetimes") is not None
DAYS = {"cdnow": (189, 273), "3years": (30, 1095), "8years": (30, 2922)}
RATES = {"cdnow": (0.243, 31.0, 0.79, 2.43), "3years": (0.55, 60.0, 0.8, 2.5), "8years": (0.55, 60.0, 0.8, 2.5)}


def customers(n: int, kind: str, seed: int = 1) -> CustomerSummary:
    """Simulate BG/NBD customers, purchases of one day counted once."""
    rng = np.random.default_rng(seed)
    r, alpha, a, b = RATES[kind]
    T = rng.integers(*DAYS[kind], n, endpoint=True)
    rate, leave = rng.gamma(r, 1 / alpha, n), rng.beta(a, b, n)
    x, last, clock = np.zeros(n, np.int64), np.zeros(n), np.zeros(n)
    active = np.arange(n)
    while len(active):
        clock[active] += rng.exponential(1.0, len(active)) / np.maximum(rate[active], 1e-300)
        day = np.ceil(clock[active])
        active, day = active[day <= T[active]], day[day <= T[active]]
        x[active] += day > last[active]
        last[active] = day
        active = active[rng.random(len(active)) >= leave[active]]
    until = np.datetime64("2025-01-01", "us")
    first = until - T.astype("timedelta64[D]")
    return CustomerSummary(
        customers=CustomerIndex(np.arange(n)),
        first_at=first,
        last_at=first + last.astype(np.int64).astype("timedelta64[D]"),
        n_purchases=x + 1,
        observed_until=until,
        currency=Currency.of("EUR"),
        unit=TimeUnit.WEEK,
    )


def timed(job: Callable[[], dict[str, float]]) -> tuple[float, dict[str, float]]:
    """CPU seconds and parameters of a fit."""
    start = time.process_time()
    params = job()
    return time.process_time() - start, params


def ours(model: BGNBD | ParetoNBD, summary: CustomerSummary) -> dict[str, float]:
    """Compress, fit, standard errors."""
    fit = model.fit(summary)
    if not np.isfinite(list(fit.standard_errors.values())).all():
        raise SystemExit("no standard errors")
    return fit.params


def theirs(name: str, columns: tuple[np.ndarray, ...]) -> dict[str, float]:
    """Parameters and standard errors as lifetimes has them, from ready columns."""
    import lifetimes  # noqa: PLC0415 - optional peer

    fitter = getattr(lifetimes, name)()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the peer's own
        fitter.fit(*columns)
    return {name: float(value) for name, value in fitter.params_.items()}


def report(title: str, model: BGNBD | ParetoNBD, peer: str, summary: CustomerSummary) -> None:
    """One paired line."""
    columns = summary.frequency, summary.recency, summary.T
    own, other = [], []
    for _ in range(3):
        own += [timed(lambda: ours(model, summary)) for _ in range(3)]
        if HAS_PEER:
            other.append(timed(lambda: theirs(peer, columns)))
    problem = model.problem(summary)
    seconds, value = median(time for time, _ in own), height(problem, own[0][1])
    line = f"{title:26s} {len(summary):>10,} customers: {seconds:7.3f} cpu s, log-likelihood {value:,.4f}"
    if HAS_PEER:
        peer_seconds, gain = median(time for time, _ in other), value - height(problem, other[0][1])
        line += f"; lifetimes {peer_seconds:6.2f} cpu s; ours better by {gain:.5f}; ratio {peer_seconds / seconds:,.0f}"
    print(line, flush=True)


def height(problem: Problem, params: dict[str, float]) -> float:
    """Log-likelihood at natural parameters, by our kernel."""
    return problem.reported(np.log(list(params.values())))[0]


def ten_million() -> None:
    """Ten million customers, three years daily, against one bare pass over the likelihood of their patterns."""
    summary = customers(10_000_000, "3years")
    for model in (BGNBD(), ParetoNBD()):
        start = time.process_time()
        problem = model.problem(summary)
        packed = time.process_time() - start
        start = time.process_time()
        problem.objective(np.zeros(4))
        one_pass = time.process_time() - start
        start = time.process_time()
        fit = model.fit(summary)
        seconds = time.process_time() - start
        passes = fit.diagnostics.n_evaluations
        print(
            f"{type(model).__name__:10s} {len(summary):,} customers: {seconds:.2f} cpu s, of them compression "
            f"{packed:.2f}; {(seconds - packed) / one_pass:.1f} bare passes of {one_pass:.3f} s ({passes} calls); "
            f"peak {peak_megabytes():,.0f} MB with the simulation",
            flush=True,
        )


def peak_megabytes() -> float:
    """Peak resident memory of this process."""
    import resource  # noqa: PLC0415 - not on every platform

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


JOBS: dict[str, Callable[[], None]] = {
    "bg-cdnow": lambda: report("BG/NBD, CDNOW-like", BGNBD(), "BetaGeoFitter", customers(1_000_000, "cdnow")),
    "bg-8years": lambda: report("BG/NBD, 8 years daily", BGNBD(), "BetaGeoFitter", customers(1_000_000, "8years")),
    "pareto-cdnow": lambda: report(
        "Pareto/NBD, CDNOW-like", ParetoNBD(), "ParetoNBDFitter", customers(100_000, "cdnow")
    ),
    "pareto-3years": lambda: report(
        "Pareto/NBD, 3 years daily", ParetoNBD(), "ParetoNBDFitter", customers(100_000, "3years")
    ),
    "ten-million": ten_million,
}

if __name__ == "__main__":
    for job in sys.argv[1:] or JOBS:
        JOBS[job]()
