"""The beta-discrete-Weibull model: contracts that differ, and whose churn changes with age."""

from __future__ import annotations

import attrs

from custvalue._arrays import FloatArray
from custvalue.clv._churn import FittedChurn, fit_churn
from custvalue.clv._estimate import LogNormalPrior
from custvalue.clv._kernels import contractual as kernel
from custvalue.clv.renewals import RenewalCounts

__all__ = ["BetaDiscreteWeibull", "FittedBetaDiscreteWeibull"]


def _survival(params: FloatArray, t: FloatArray) -> tuple[FloatArray, FloatArray]:
    gamma, delta, c = params.tolist()
    return kernel.beta_discrete_weibull(gamma, delta, c, t)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FittedBetaDiscreteWeibull(FittedChurn):
    """A fitted beta-discrete-Weibull model; made by :meth:`BetaDiscreteWeibull.fit`."""

    def _survival(self, params: FloatArray, t: FloatArray) -> tuple[FloatArray, FloatArray]:
        return _survival(params, t)


@attrs.frozen(kw_only=True)
class BetaDiscreteWeibull:
    """Heterogeneity and duration dependence: S(t) = B(gamma, delta + t^c) / B(gamma, delta).

    c above 1: a contract's own churn rises with age, below 1 it falls; c = 1 is the shifted-beta-geometric.

    Parameters
    ----------
    prior
        Prior on gamma, delta and c for a fit at the posterior mode; None for maximum likelihood.

    References
    ----------
    Fader, Hardie, Liu, Davin and Steenburgh, "'How to project customer retention' revisited: the role of duration
    dependence", *Journal of Interactive Marketing* 43, 2018, 1-16.

    Examples
    --------
    >>> counts = RenewalCounts.from_survivors([1000, 869, 743, 653, 593, 551, 517, 491])
    >>> {name: round(value, 2) for name, value in BetaDiscreteWeibull().fit(counts).params.items()}
    {'gamma': 0.21, 'delta': 1.43, 'c': 1.72}
    """

    prior: LogNormalPrior | None = None

    def fit(self, counts: RenewalCounts, /) -> FittedBetaDiscreteWeibull:
        """Fit to renewal counts; InputError if none was lost or renewed, ConvergenceError away from a maximum."""
        starts = {"gamma": (1.0, 0.3, 20.0), "delta": (3.0, 1.0, 80.0), "c": (1.0, 1.5, 0.7)}
        return fit_churn(FittedBetaDiscreteWeibull, counts, _survival, starts, self.prior)
