"""Posterior of 100,000 customers: our draws against plain Metropolis steps on the same likelihood, in one process.

Run: ``OMP_NUM_THREADS=1 python benchmarks/clv_posterior.py [n_customers]``. CPU seconds; read the ratios.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from custvalue.clv import (
    BGNBD,
    MBGNBD,
    BGNBDProcess,
    GammaGamma,
    GammaGammaAmounts,
    LogNormalPrior,
    simulate_log,
)
from custvalue.clv._optimise import Problem
from custvalue.data import CustomerSummary, ObservationWindow

N_DRAWS = 1_000
N_STEPS = 2_000


def effective(chain: np.ndarray) -> float:
    """Independent draws a chain is worth: length over its autocorrelation time, the worst parameter."""
    worst = float("inf")
    for column in chain.T:
        centred = column - column.mean()
        power = np.abs(np.fft.rfft(centred, 2 * centred.size)) ** 2
        correlation = np.fft.irfft(power)[: centred.size]
        correlation /= correlation[0]
        negative = np.flatnonzero(correlation < 0)
        stop = int(negative[0]) if negative.size else centred.size
        worst = min(worst, centred.size / (2.0 * correlation[:stop].sum() - 1.0))
    return worst


def metropolis(problem: Problem, prior: LogNormalPrior, start: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Random-walk steps on the scaled log-parameters, given the mode and the best step size."""
    log_prior, rng = prior.penalty(problem), np.random.default_rng(2)
    here = start
    value = problem.objective(here)[0] + log_prior(here)[0]
    chain = np.empty((N_STEPS, here.size))
    for at in range(N_STEPS):
        there = here + step @ rng.standard_normal(here.size)
        proposed = problem.objective(there)[0] + log_prior(there)[0]
        if np.log(rng.random()) < proposed - value:
            here, value = there, proposed
        chain[at] = here
    return chain


def compare(model: BGNBD | MBGNBD | GammaGamma, summary: CustomerSummary) -> str:
    """Time both on one model."""
    prior, problem = LogNormalPrior(), model.problem(summary)
    start = time.process_time()
    result = model.fit(summary).posterior(summary, prior, N_DRAWS, seed=1)
    ours = time.process_time() - start
    estimate = result.fitted.estimate
    step = np.linalg.cholesky(estimate.theta_covariance) * 2.4 / np.sqrt(len(problem.names))
    start = time.process_time()
    chain = metropolis(problem, prior, problem.to_scaled(estimate.theta), step)
    theirs = time.process_time() - start
    ratio = (result.effective / ours) / (effective(chain) / theirs)
    return (
        f"{type(model).__name__}: {ours:.1f} s for {result.effective:,.0f} effective draws, k-hat {result.k_hat:.2f}; "
        f"{ours / (theirs / N_STEPS):,.0f} likelihood passes; {ratio:.1f} times Metropolis per second"
    )


def main() -> None:
    """Print one line a model."""
    log = simulate_log(
        BGNBDProcess(r=0.25, alpha=31.0, a=0.8, b=2.4),
        GammaGammaAmounts(p=6.2, q=3.7, gamma=15.4),
        n_customers=int(sys.argv[1]) if len(sys.argv) > 1 else 100_000,
        window=ObservationWindow("2023-01-01", "2025-12-31"),
        acquired_until="2025-06-30",
        seed=1,
    )
    summary = log.summary()
    print(f"{len(summary):,} customers, {len(summary.patterns()):,} patterns")
    for model in (BGNBD(), MBGNBD(), GammaGamma()):
        print(compare(model, summary))


if __name__ == "__main__":
    main()
