"""GGompertz/NBD: Pareto/NBD with lifetimes that need not be memoryless."""

from __future__ import annotations

from typing import ClassVar

import attrs

from custvalue.clv._estimate import Estimate
from custvalue.clv._kernels.ggompertz_nbd import GGOMPERTZ_NBD
from custvalue.clv._kernels.likelihood import PurchaseKernel
from custvalue.clv._purchases import FittedTransactions, PatternModel
from custvalue.data import TimeUnit

__all__ = ["FittedGGompertzNBD", "GGompertzNBD"]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FittedGGompertzNBD(FittedTransactions):
    """A fitted :class:`GGompertzNBD`."""

    @property
    def kernel(self) -> PurchaseKernel:
        """Functions of arrays that make the model."""
        return GGOMPERTZ_NBD


@attrs.frozen(kw_only=True)
class GGompertzNBD(PatternModel[FittedGGompertzNBD]):
    """The GGompertz/NBD model: Poisson purchases while alive, Gompertz lifetimes whose scale is gamma-distributed.

    Parameters r, alpha (purchase rate), b (speed of aging, per unit of time), s, beta (scale of the hazard). As b and
    beta go to 0 with b / beta fixed it becomes the Pareto/NBD; where the data know no aging, that is where the
    maximum lies, and the report says so.

    Parameters
    ----------
    prior
        A prior for a posterior-mode fit; None for maximum likelihood.

    References
    ----------
    Bemmaor, A. & Glady, N. (2012), Modeling purchasing behavior with sudden "death", Management Science 58.
    Adler, J. (2022), Comment on "Modeling purchasing behavior with sudden death", Management Science 68 (the
    conditional expectation).

    Examples
    --------
    >>> import numpy as np
    >>> from custvalue.data import PurchasePatterns
    >>> x, t_x = np.array([0.0, 1, 2, 3, 6]), np.array([0.0, 5, 20, 30, 38])
    >>> data = PurchasePatterns(x=x, t_x=t_x, T=np.full(5, 39.0), weights=np.array([50.0, 20, 10, 8, 6]))
    >>> GGompertzNBD().fit(data).log_likelihood > -436
    True
    """

    kernel: ClassVar[PurchaseKernel] = GGOMPERTZ_NBD

    def _fitted(self, found: Estimate, unit: TimeUnit, /) -> FittedGGompertzNBD:
        return FittedGGompertzNBD(estimate=found, unit=unit)
