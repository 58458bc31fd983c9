"""Discrete Weibull lifetimes: churn that falls or rises with age, the same for all contracts."""

from __future__ import annotations

import attrs
import numpy as np

from custvalue._arrays import FloatArray
from custvalue.clv._churn import FittedChurn, fit_churn
from custvalue.clv._estimate import LogNormalPrior
from custvalue.clv._kernels import contractual as kernel
from custvalue.clv.renewals import RenewalCounts

__all__ = ["DiscreteWeibull", "FittedDiscreteWeibull"]


def weibull_survival(params: FloatArray, t: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give log S(t) and its gradient in (theta, c); nothing is possible at theta >= 1."""
    theta, c = params.tolist()
    if theta >= 1.0:
        return np.where(t > 0.0, -np.inf, 0.0), np.zeros((2, t.size))
    return kernel.discrete_weibull(theta, c, t)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FittedDiscreteWeibull(FittedChurn):
    """A fitted discrete Weibull model; made by :meth:`DiscreteWeibull.fit`."""

    def _survival(self, params: FloatArray, t: FloatArray) -> tuple[FloatArray, FloatArray]:
        return weibull_survival(params, t)


@attrs.frozen(kw_only=True)
class DiscreteWeibull:
    """Churn with duration dependence and no heterogeneity: S(t) = (1 - theta)^(t^c).

    c below 1: the longer with us, the less likely to leave; above 1: the more; c = 1 is the geometric model.

    Parameters
    ----------
    prior
        Prior on theta and c for a fit at the posterior mode; None for maximum likelihood.

    References
    ----------
    Nakagawa and Osaki, "The discrete Weibull distribution", *IEEE Transactions on Reliability* 24, 1975; Fader, Hardie,
    Liu, Davin and Steenburgh, "'How to project customer retention' revisited", *Journal of Interactive Marketing* 43,
    2018.

    Examples
    --------
    >>> counts = RenewalCounts.from_survivors([1000, 631, 468, 382, 326])
    >>> fit = DiscreteWeibull().fit(counts)
    >>> {name: round(value, 4) for name, value in fit.params.items()}
    {'theta': 0.3739, 'c': 0.6359}
    """

    prior: LogNormalPrior | None = None

    def fit(self, counts: RenewalCounts, /) -> FittedDiscreteWeibull:
        """Fit to renewal counts; InputError if none was lost or renewed, ConvergenceError away from a maximum."""
        starts = {"theta": (0.2, 0.5, 0.02), "c": (1.0, 0.5, 1.5)}
        return fit_churn(FittedDiscreteWeibull, counts, weibull_survival, starts, self.prior)
