"""How often each customer counts: the check of case weights, the likelihood as a function of them, and stand-ins."""

from __future__ import annotations

import math
from collections.abc import Callable

import attrs
import numpy as np

from custvalue._arrays import FloatArray, IntArray, locked
from custvalue.clv._estimate import Estimate
from custvalue.clv._optimise import Problem
from custvalue.errors import InputError

__all__ = ["CaseWeights", "checked_weights", "stand_ins", "systematic"]

_SAME = 1e-9  # relative difference of total weights that rounding explains


def checked_weights(weights: FloatArray | None, n_rows: int) -> FloatArray:
    """Insist on one weight a row, shape (n_rows,); None is 1 each.

    Raises
    ------
    InputError
        If they are not ``n_rows`` finite numbers of 0 or more.
    """
    if weights is None:
        return locked(np.ones(n_rows))
    try:
        given = np.asarray(weights)
        numbers = given.astype(np.float64) if given.dtype.kind in "biufO" else None
    except (TypeError, ValueError):
        numbers = None
    if numbers is None:
        raise InputError("case weights", expected="numbers, one a row", got=f"others: {type(weights).__name__}")
    if numbers.shape != (n_rows,):
        got = f"shape {numbers.shape}"
        raise InputError("case weights", expected=f"{n_rows:,} numbers, one a row of the data", got=got)
    wrong = np.flatnonzero(~(np.isfinite(numbers) & (numbers >= 0)))
    if wrong.size:
        got = f"{numbers[wrong[0]]} in row {wrong[0]}, one of {wrong.size:,}"
        raise InputError("case weights", expected="finite numbers of 0 or more", got=got)
    return locked(numbers)


@attrs.frozen(kw_only=True, eq=False)
class CaseWeights:
    """A likelihood as a function of the weights of its rows.

    Parameters
    ----------
    counts
        (n_rows,) how often each row counted in the fit.
    problem
        The likelihood with other weights (n_rows,).
    """

    counts: FloatArray
    problem: Callable[[FloatArray], Problem]

    def of(self, estimate: Estimate) -> Problem:
        """Give the likelihood an estimate was made from.

        Raises
        ------
        InputError
            If the rows do not weigh what those of the estimate did.
        """
        problem = self.problem(self.counts)
        if not math.isclose(problem.weight, estimate.n_observations, rel_tol=_SAME):
            raise InputError(
                "data and weights",
                expected=f"those of the fit, a weight of {estimate.n_observations:,.10g}",
                got=f"{problem.weight:,.10g}",
                hint="A fit does not remember its data: pass them again, with the same weights= as to fit.",
            )
        return problem


def stand_ins(weights: FloatArray, rng: np.random.Generator) -> tuple[IntArray, float]:
    """Choose whom new customers take after, so that together they weigh what the rows do.

    Returns
    -------
    rows
        (n_customers,) a row for each; one of weight w comes about w times, and exactly so where weights are whole.
    share
        What each counts: 1, but for the rounding of the total to a number of customers.
    """
    total = float(weights.sum())
    n_customers = max(1, round(total))
    return systematic(weights, n_customers, rng), total / n_customers


def systematic(weights: FloatArray, n: int, rng: np.random.Generator) -> IntArray:
    """Resample ``n`` rows in proportion to their weights with the least noise, in their order."""
    edges = np.cumsum(weights)
    marks = (np.arange(n) + rng.random()) / n * edges[-1]
    rows: IntArray = np.minimum(np.searchsorted(edges, marks), weights.size - 1)
    return rows
