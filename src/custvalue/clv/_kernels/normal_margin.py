"""Normal-normal margins: a customer's mean is normal, each purchase varies normally about it.

Schmittlein and Peterson, "Customer Base Analysis: An Industrial Purchase Process
Application" (Marketing Science 13(1), 1994), section 3. Margins may be negative.
"""

import numpy as np

from custvalue._arrays import FloatArray
from custvalue.clv._kernels.grouped import Groups, normal_log_likelihood

__all__ = ["expected_spend", "log_likelihood_gradient"]


def log_likelihood_gradient(params: FloatArray, groups: Groups) -> tuple[float, FloatArray]:
    """Return the log-likelihood and its gradient in (mean, log between, log within).

    ``groups`` are the rows (x, z) folded by :func:`grouped.fold`.
    """
    x = groups[0]
    between, within = np.exp(2.0 * params[1:])
    centre = np.full(x.shape, params[0])
    value, by_mean, by_variance = normal_log_likelihood(groups, centre, between + within / x)
    slopes = [by_mean.sum(), 2.0 * between * by_variance.sum(), 2.0 * within * (by_variance / x).sum()]
    return value, np.array(slopes)


def expected_spend(mean: float, between: float, within: float, x: FloatArray, z: FloatArray) -> FloatArray:
    """Return the customer's mean margin, shrunk towards the population's.

    ``z`` is not read where ``x`` is 0.
    """
    own = x * between**2
    share = own / (own + within**2)
    shrunk: FloatArray = mean + share * np.where(x > 0, np.where(x > 0, z, 0.0) - mean, 0.0)
    return shrunk
