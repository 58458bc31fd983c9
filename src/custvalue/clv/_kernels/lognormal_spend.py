"""Log-normal spend: a customer's mean is log-normal, each purchase log-normal about it.

Only the mean of a customer's ``x`` amounts is observed. A mean of ``x`` log-normal amounts
is taken as log-normal with the same mean and variance (Fenton, "The Sum of Log-Normal
Probability Distributions in Scatter Transmission Systems", IRE Transactions on
Communications Systems 8(1), 1960): exact for ``x = 1``, and in the limit of many purchases.
"""

import numpy as np

from custvalue._arrays import FloatArray
from custvalue.clv._kernels.grouped import Groups, normal_log_likelihood

__all__ = ["expected_spend", "log_likelihood_gradient", "log_variance_of_mean"]


def log_variance_of_mean(within: float, x: FloatArray) -> FloatArray:
    """Return the variance of the log of a mean of ``x`` amounts; Fenton's moment match.

    ``log(1 + (exp(within^2) - 1) / x)``, which a large ``within`` does not overflow.
    """
    square = within**2
    if square < 30.0:
        return np.asarray(np.log1p(np.expm1(square) / x))
    return np.asarray(np.logaddexp(np.log1p(-1.0 / x, where=x > 1, out=np.full(x.shape, -np.inf)), square - np.log(x)))


def log_likelihood_gradient(params: FloatArray, groups: Groups) -> tuple[float, FloatArray]:
    """Return the log-likelihood and its gradient in (location, log between, log within).

    ``groups`` are the rows (x, log z) folded by :func:`grouped.fold`; the constant
    ``-sum(weights log z)`` is left out.
    """
    x = groups[0]
    between, within = np.exp(2.0 * params[1:])
    noise = log_variance_of_mean(float(np.exp(params[2])), x)
    value, by_centre, by_variance = normal_log_likelihood(groups, params[0] - 0.5 * noise, between + noise)
    by_noise = by_variance - 0.5 * by_centre
    noise_slope = 2.0 * within * np.exp(within - noise) / x
    slopes = [by_centre.sum(), 2.0 * between * by_variance.sum(), by_noise @ noise_slope]
    return value, np.array(slopes)


def expected_spend(location: float, between: float, within: float, x: FloatArray, z: FloatArray) -> FloatArray:
    """Return the posterior mean of the customer's mean spend; always finite.

    ``z`` is not read where ``x`` is 0.
    """
    known = x > 0
    noise = log_variance_of_mean(within, np.where(known, x, 1.0))
    share = np.where(known, between**2 / (between**2 + noise), 0.0)
    log_z = np.log(np.where(known, z, 1.0))
    centre = location + share * (log_z + 0.5 * noise - location)
    mean: FloatArray = np.exp(centre + 0.5 * between**2 * (1.0 - share))
    return mean
