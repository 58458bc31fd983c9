"""GGompertz/NBD: Pareto/NBD with lifetimes that need not be memoryless."""

from __future__ import annotations

from typing import ClassVar

import attrs

from custvalue.clv._estimate import Estimate
from custvalue.clv._kernels.ggompertz_nbd import GGOMPERTZ_NBD
from custvalue.clv._kernels.likelihood import PurchaseKernel
from custvalue.clv._purchases import FittedTransactions, PatternModel, ProcessType
from custvalue.clv.processes import GGompertzNBDProcess
from custvalue.data import TimeUnit

__all__ = ["FittedGGompertzNBD", "GGompertzNBD"]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FittedGGompertzNBD(FittedTransactions):
    """A fitted :class:`GGompertzNBD`."""


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
    >>> from custvalue.clv import LogNormalPrior
    >>> from custvalue.testing import example_summary
    >>> fit = GGompertzNBD(prior=LogNormalPrior()).fit(example_summary(n_customers=100))
    >>> fit.diagnostics.converged
    True
    """

    kernel: ClassVar[PurchaseKernel] = GGOMPERTZ_NBD
    process: ClassVar[ProcessType] = GGompertzNBDProcess

    def _fitted(self, found: Estimate, unit: TimeUnit, /) -> FittedGGompertzNBD:
        return FittedGGompertzNBD(estimate=found, settings=self, unit=unit)
