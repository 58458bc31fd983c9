"""Geometric lifetimes: every contract ends with the same probability at every renewal."""

from __future__ import annotations

import attrs
import numpy as np

from custvalue._arrays import FloatArray
from custvalue.clv._churn import FittedChurn, fit_churn
from custvalue.clv._estimate import LogNormalPrior
from custvalue.clv.discrete_weibull import weibull_survival
from custvalue.clv.renewals import RenewalCounts

__all__ = ["FittedGeometric", "Geometric"]


def _survival(params: FloatArray, t: FloatArray) -> tuple[FloatArray, FloatArray]:
    log_s, slope = weibull_survival(np.array([params[0], 1.0]), t)
    return log_s, slope[:1]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FittedGeometric(FittedChurn):
    """A fitted geometric model; made by :meth:`Geometric.fit`."""

    def _survival(self, params: FloatArray, t: FloatArray) -> tuple[FloatArray, FloatArray]:
        return _survival(params, t)


@attrs.frozen(kw_only=True)
class Geometric:
    """Constant churn probability theta: S(t) = (1 - theta)^t. The yardstick the other models are held against.

    Parameters
    ----------
    prior
        Prior on theta for a fit at the posterior mode; None for maximum likelihood.

    References
    ----------
    Fader and Hardie, "How to project customer retention", *Journal of Interactive Marketing* 21(1), 2007.

    Examples
    --------
    >>> counts = RenewalCounts.from_survivors([1000, 631, 468, 382, 326])
    >>> round(Geometric().fit(counts).params["theta"], 3)
    0.272
    """

    prior: LogNormalPrior | None = None

    def fit(self, counts: RenewalCounts, /) -> FittedGeometric:
        """Fit to renewal counts; InputError if none was lost or renewed, ConvergenceError away from a maximum."""
        starts = {"theta": (0.2, 0.02, 0.8)}
        return fit_churn(FittedGeometric, counts, _survival, starts, self.prior)
