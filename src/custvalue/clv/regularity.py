"""Whether customers buy at random or by the clock: the shape k of the gaps between their purchases.

k = 1 is random buying, what BG/NBD, Pareto/NBD and their like assume; larger is more regular, and then the CNBD-k
models see sooner that a customer is gone.
"""

from __future__ import annotations

import math

import attrs
import numpy as np

from custvalue._arrays import FloatArray, IntArray, as_floats, as_ints, check_lengths
from custvalue.clv._draws import checked_level
from custvalue.clv._kernels import regularity as kernel
from custvalue.clv._normal import normal_quantile
from custvalue.errors import InputError

__all__ = ["Regularity", "estimate_regularity"]


@attrs.frozen(kw_only=True)
class Regularity:
    """How regular purchases are.

    Parameters
    ----------
    k
        Shape of gamma gaps, each customer with a rate of its own; maximum conditional likelihood.
    log_error
        Standard error of log k.
    wheat_morrison
        The same shape from pairs of adjacent gaps; less precise, and insensitive to slow changes of rate.
    n_customers
        Customers with two gaps or more; the others say nothing.
    n_gaps
        Their gaps.
    """

    k: float
    log_error: float
    wheat_morrison: float
    n_customers: int
    n_gaps: int

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Bounds of k."""
        half = normal_quantile(0.5 + checked_level(level) / 2.0) * self.log_error
        return self.k * math.exp(-half), self.k * math.exp(half)

    @property
    def random(self) -> bool:
        """Whether random buying (k = 1) is inside the 95 % bounds."""
        low, high = self.interval()
        return low <= 1.0 <= high

    def __str__(self) -> str:
        low, high = self.interval()
        verdict = "purchases at random" if self.random else "regular" if self.k > 1 else "clumpy"
        return f"k = {self.k:.2f} ({low:.2f} to {high:.2f}) from {self.n_gaps:,} gaps: {verdict}"


def estimate_regularity(owner: IntArray, age: FloatArray, /) -> Regularity:
    """Estimate how regular purchases are.

    All gaps are used and none is drawn at random, so the same log always gives the same answer. Gaps of 0 (two
    purchases of one moment) carry no information on the shape of continuous gaps and must be collapsed first. Gaps seen
    in a short window are the short ones of the slow customers; with few purchases a customer the estimate is biased
    towards regular.

    Parameters
    ----------
    owner
        (n_purchases,) customer of each purchase, as a whole number.
    age
        (n_purchases,) time of each purchase, in any unit; the first purchase of a customer included.

    Raises
    ------
    InputError
        If nobody has three purchases, or purchases of a customer coincide.

    References
    ----------
    Wheat, R. D. and Morrison, D. G. (1990), "Estimating Purchase Regularity with Two Interpurchase Times", Journal of
    Marketing Research 27(1). Platzer, M. and Reutterer, T. (2016), "Ticking Away the Moments", Marketing Science 35(5).

    Examples
    --------
    >>> import numpy as np
    >>> owner = np.repeat(np.arange(50), 6)
    >>> gaps = np.random.default_rng(1).standard_gamma(3.0, owner.size)
    >>> age = np.cumsum(gaps.reshape(50, 6), axis=1).ravel()
    >>> estimate_regularity(owner, age).random
    False
    """
    whose, when = as_ints(owner), as_floats(age)
    check_lengths("estimate_regularity", whose.size, {"age": when})
    order = np.lexsort((when, whose))
    whose, when = whose[order], when[order]
    same = whose[1:] == whose[:-1]
    gaps, whose = np.diff(when)[same], whose[1:][same]
    _, place, counts = np.unique(whose, return_inverse=True, return_counts=True)
    enough = counts[place] >= 2
    gaps, whose = gaps[enough], whose[enough]
    if not gaps.size:
        hint = "Observe longer."
        raise InputError("estimate_regularity", expected="customers with three purchases", got="none", hint=hint)
    if not bool((gaps > 0).all()):
        got = f"{int((gaps <= 0).sum()):,} gaps of 0"
        hint = "Collapse purchases of one day (or moment) first."
        raise InputError("estimate_regularity", expected="purchases at different times", got=got, hint=hint)
    k, log_error = kernel.conditional_shape(whose, gaps)
    return Regularity(
        k=k,
        log_error=log_error,
        wheat_morrison=kernel.wheat_morrison_shape(kernel.adjacent_shares(whose, gaps)),
        n_customers=int((counts >= 2).sum()),
        n_gaps=int(gaps.size),
    )
