"""NBD: nobody ever leaves. A baseline, and a test whether a dropout process is needed at all."""

from __future__ import annotations

from typing import ClassVar

import attrs

from custvalue.clv._estimate import Estimate
from custvalue.clv._kernels.likelihood import PurchaseKernel
from custvalue.clv._kernels.nbd import NBD_KERNEL
from custvalue.clv._purchases import FittedTransactions, PatternModel, ProcessType
from custvalue.clv.processes import NBDProcess
from custvalue.data import TimeUnit

__all__ = ["NBD", "FittedNBD"]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FittedNBD(FittedTransactions):
    """A fitted :class:`NBD`."""


@attrs.frozen(kw_only=True)
class NBD(PatternModel[FittedNBD]):
    """The NBD model: Poisson purchases at gamma rates for ever. Parameters r, alpha.

    Parameters
    ----------
    prior
        A prior for a posterior-mode fit; None for maximum likelihood.

    References
    ----------
    Ehrenberg, A. (1959), The pattern of consumer purchases, Applied Statistics 8.
    Morrison, D. & Schmittlein, D. (1988), Generalizing the NBD model for customer purchases, Journal of Business &
    Economic Statistics 6.

    Examples
    --------
    >>> from custvalue.testing import example_summary
    >>> NBD().fit(example_summary()).diagnostics.converged
    True
    """

    kernel: ClassVar[PurchaseKernel] = NBD_KERNEL
    process: ClassVar[ProcessType] = NBDProcess
    notes: ClassVar[tuple[str, ...]] = ("nobody ever leaves in this model; P(alive) is 1 for all",)

    def _fitted(self, found: Estimate, unit: TimeUnit, /) -> FittedNBD:
        return FittedNBD(estimate=found, settings=self, unit=unit)
