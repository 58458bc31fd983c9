"""The shifted-beta-geometric model: contracts with churn probabilities of their own, which never change."""

from __future__ import annotations

import attrs
import numpy as np

from custvalue._arrays import FloatArray
from custvalue.clv._churn import FittedChurn, fit_churn
from custvalue.clv._estimate import LogNormalPrior
from custvalue.clv._kernels import contractual as kernel
from custvalue.clv.renewals import RenewalCounts

__all__ = ["FittedShiftedBetaGeometric", "ShiftedBetaGeometric"]


def _survival(params: FloatArray, t: FloatArray) -> tuple[FloatArray, FloatArray]:
    alpha, beta = params.tolist()
    log_s, slope = kernel.beta_discrete_weibull(alpha, beta, 1.0, t)
    return log_s, slope[:2]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FittedShiftedBetaGeometric(FittedChurn):
    """A fitted shifted-beta-geometric model; made by :meth:`ShiftedBetaGeometric.fit`."""

    def _survival(self, params: FloatArray, t: FloatArray) -> tuple[FloatArray, FloatArray]:
        return _survival(params, t)

    @property
    def mean_churn(self) -> float:
        """Mean churn probability of a new cohort: alpha / (alpha + beta)."""
        alpha, beta = self.estimate.values.tolist()
        return float(alpha / (alpha + beta))

    def churn_after(self, renewals: FloatArray, /) -> FloatArray:
        """Mean churn probability of contracts that have seen so many renewals, (n,): it falls as the restless leave."""
        alpha, beta = self.estimate.values.tolist()
        churn: FloatArray = alpha / (alpha + beta + np.asarray(renewals, dtype=np.float64))
        return churn


@attrs.frozen(kw_only=True)
class ShiftedBetaGeometric:
    """Each contract ends at every renewal with a probability of its own, beta-distributed over contracts.

    The retention of a cohort rises with its age although nobody's does: those likely to leave have left.

    Parameters
    ----------
    prior
        Prior on alpha and beta for a fit at the posterior mode; None for maximum likelihood.

    References
    ----------
    Fader and Hardie, "How to project customer retention", *Journal of Interactive Marketing* 21(1), 2007, 76-90.

    Examples
    --------
    >>> counts = RenewalCounts.from_survivors([1000, 869, 743, 653, 593, 551, 517, 491])
    >>> fit = ShiftedBetaGeometric().fit(counts)
    >>> {name: round(value, 3) for name, value in fit.params.items()}
    {'alpha': 0.668, 'beta': 3.806}
    >>> round(float(fit.curve(12).survival[12]), 2)
    0.38
    """

    prior: LogNormalPrior | None = None

    def fit(self, counts: RenewalCounts, /) -> FittedShiftedBetaGeometric:
        """Fit to renewal counts; InputError if none was lost or renewed, ConvergenceError away from a maximum."""
        starts = {"alpha": (1.0, 0.3, 20.0), "beta": (3.0, 1.0, 80.0)}
        return fit_churn(FittedShiftedBetaGeometric, counts, _survival, starts, self.prior)
