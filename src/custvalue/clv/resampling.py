"""Refits that show how far the estimates would move with other customers of the same kind.

Three ways: the weighted-likelihood bootstrap gives each customer a random weight (smooth, never loses a rare kind of
customer), resampling draws customers with replacement, and the parametric bootstrap draws new customers from the
fitted model itself.
"""

from __future__ import annotations

import enum
from collections.abc import Callable

import attrs
import numpy as np

from custvalue._arrays import FloatArray
from custvalue.clv._draws import ParameterDraws
from custvalue.clv._estimate import Estimate, Prior, SupportsEstimate
from custvalue.clv._optimise import Problem, maximise
from custvalue.errors import ConvergenceError, InputError

__all__ = ["Resampling", "gathered", "refit"]

_MAY_FAIL = 0.05  # share of refits that may end away from a maximum


class Resampling(enum.Enum):
    """How customers are drawn again.

    Case weights count customers: one of weight 3 is drawn again as three. The total weight stays that of the fit, so
    a prior keeps its say.

    WEIGHTED
        Each gets an exponential weight (Newton and Raftery, 1994), scaled to their number.
    REPLACEMENT
        As many as there are, drawn with replacement.
    PARAMETRIC
        New customers, as old (or with as many purchases, for spend) as those there are, drawn from the fitted model.
    """

    WEIGHTED = "weighted"
    REPLACEMENT = "replacement"
    PARAMETRIC = "parametric"

    @property
    def method(self) -> str:
        """What intervals made by it say."""
        return f"bootstrap ({self.value})"

    def weights(self, counts: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Draw the weight of each row, (n_rows,), that stands for ``counts`` (n_rows,) customers; their sum stays."""
        total = float(counts.sum())
        if self is Resampling.WEIGHTED:
            drawn = rng.standard_gamma(counts)
        else:
            drawn = rng.multinomial(max(1, round(total)), counts / total).astype(np.float64)
        drawn_total = float(drawn.sum())
        # rows of next to no weight may all draw 0, which no model can be fitted to
        return drawn / drawn_total * total if drawn_total > 0 else drawn


def refit(estimate: Estimate, redraw: Callable[[], Problem], prior: Prior | None) -> FloatArray | None:
    """Maximise another likelihood from where an estimate ended.

    Gives theta (n_params,), or None if the search failed or the customers drawn are none a model can be fitted to,
    such as one-time buyers only.
    """
    try:
        problem = redraw()
    except InputError:
        return None
    start = estimate.start_in(problem)
    again = attrs.evolve(problem, starts=(start, *problem.starts), pilot=None)
    optimum = maximise(again, None if prior is None else prior.penalty(again))
    return problem.to_reported(optimum.theta) if optimum.converged else None


def gathered(fitted: SupportsEstimate, thetas: list[FloatArray | None], method: str) -> ParameterDraws:
    """Keep the refits that reached a maximum.

    Raises
    ------
    ConvergenceError
        If more than one in twenty did not.
    """
    good = [theta for theta in thetas if theta is not None]
    if len(good) < max(1.0, (1.0 - _MAY_FAIL) * len(thetas)):
        message = (
            f"{len(thetas) - len(good)} of {len(thetas)} bootstrap refits did not reach a maximum: the data hardly "
            "determine the parameters; use fit.posterior(...) with a prior"
        )
        raise ConvergenceError(message, fit=fitted)
    return fitted.estimate.draws(np.array(good), method)
