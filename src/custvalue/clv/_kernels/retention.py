"""The value of one unit of margin a period from a customer kept with a constant probability.

Gupta and Lehmann, *Managing Customers as Investments* (2005), ch. 2; Blattberg, Kim and Neslin, *Database
Marketing* (2008), ch. 5.
"""

from __future__ import annotations

import numpy as np

from custvalue._arrays import FloatArray
from custvalue.clv._kernels.present_value import discount_factors, geometric_sum

__all__ = ["margin_multiple", "varying_multiple"]


def margin_multiple(
    retention: FloatArray | float,
    rate: FloatArray | float,
    growth: FloatArray | float,
    n_periods: float,
    shift: float,
    renewals_first: int,
) -> FloatArray:
    """Return sum over k = 1 .. n_periods of (1 + g)^(k-1) r^(k-1+c) / (1 + d)^(k-1+shift), c = ``renewals_first``.

    ``n_periods`` may be infinite. c = 1, shift 1 gives r / (1 + d - r (1 + g)), c = 0, shift 0 gives
    (1 + d) / (1 + d - r (1 + g)): Gupta and Lehmann (2005), eq. (2.1) and appendix.
    """
    r = np.asarray(retention, dtype=np.float64)
    d = np.asarray(rate, dtype=np.float64)
    kept = r * (1.0 + np.asarray(growth, dtype=np.float64)) / (1.0 + d)
    first = r**renewals_first * np.exp(-shift * np.log1p(d))
    with np.errstate(invalid="ignore"):  # 0 * inf: nobody renews, yet a growing stream would be endless
        return np.where(first == 0.0, 0.0, first * geometric_sum(kept, n_periods))


def varying_multiple(
    survival: FloatArray,
    margin: FloatArray,
    start: FloatArray,
    n_periods: int,
    rate: float,
    shift: float,
    renewals_first: int,
) -> FloatArray:
    """Return the value of customers aged ``start`` periods whose survival and margin depend on age.

    ``survival[a]`` is the share of a cohort left after ``a`` periods, ``margin[a]`` what one customer in its
    period ``a + 1`` yields; both end where the table does. Dwyer, "Customer Lifetime Valuation to Support
    Marketing Decision Making" (1989/1997).
    """
    weight = discount_factors(n_periods, rate, shift)
    value = np.zeros(start.shape[0])
    last = margin.shape[0]
    ages = start.astype(np.int64)
    alive = survival[np.minimum(ages, survival.shape[0] - 1)]
    for k in range(n_periods):
        age = ages + k
        inside = age < last
        left = survival[np.minimum(age + renewals_first, survival.shape[0] - 1)]
        value += np.where(inside, margin[np.minimum(age, last - 1)] * left * weight[k], 0.0)
    return np.where(alive > 0.0, value / np.where(alive > 0.0, alive, 1.0), 0.0)
