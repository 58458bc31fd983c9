"""BG/NBD and MBG/NBD: the workhorses. Purchases at random, and after each a chance to leave for good."""

from __future__ import annotations

from typing import ClassVar

import attrs

from custvalue.clv._estimate import Estimate
from custvalue.clv._kernels.bg_nbd import BG_NBD, MBG_NBD
from custvalue.clv._kernels.likelihood import PurchaseKernel
from custvalue.clv._purchases import FittedTransactions, PatternModel, ProcessType
from custvalue.clv.processes import BGNBDProcess, MBGNBDProcess
from custvalue.data import TimeUnit

__all__ = ["BGNBD", "MBGNBD", "FittedBGNBD", "FittedMBGNBD"]

_ONE_TIME_NOTE = (
    "P(alive) is 1 for customers who bought once, by construction; where that matters use MBGNBD or ParetoNBD"
)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FittedBGNBD(FittedTransactions):
    """A fitted :class:`BGNBD`."""


@attrs.frozen(kw_only=True)
class BGNBD(PatternModel[FittedBGNBD]):
    """The BG/NBD model: Poisson purchases at gamma rates, a beta chance to leave after each repeat purchase.

    Parameters r, alpha (purchase rate: gamma with shape r and mean r / alpha per unit of time) and a, b (chance to
    leave: beta).

    Parameters
    ----------
    prior
        A prior for a posterior-mode fit; None for maximum likelihood.

    References
    ----------
    Fader, P., Hardie, B. & Lee, K. L. (2005), "Counting your customers" the easy way: an alternative to the
    Pareto/NBD
    model, Marketing Science 24(2): eq. (6) likelihood, (8) distribution, (9) and (10) expectations.

    Examples
    --------
    >>> from custvalue.testing import example_summary
    >>> fit = BGNBD().fit(example_summary())
    >>> round(fit.log_likelihood, 1)
    -3716.2
    >>> fit.diagnostics.converged
    True
    """

    kernel: ClassVar[PurchaseKernel] = BG_NBD
    process: ClassVar[ProcessType] = BGNBDProcess
    notes: ClassVar[tuple[str, ...]] = (_ONE_TIME_NOTE,)

    def _fitted(self, found: Estimate, unit: TimeUnit, /) -> FittedBGNBD:
        return FittedBGNBD(estimate=found, settings=self, unit=unit)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FittedMBGNBD(FittedTransactions):
    """A fitted :class:`MBGNBD`."""


@attrs.frozen(kw_only=True)
class MBGNBD(PatternModel[FittedMBGNBD]):
    """The modified BG/NBD model: as :class:`BGNBD`, but customers may also leave right after their first purchase.

    Hence one-time buyers have P(alive) below 1, and the fit is often better. Parameters r, alpha, a, b.

    Parameters
    ----------
    prior
        A prior for a posterior-mode fit; None for maximum likelihood.

    References
    ----------
    Batislam, E., Denizel, M. & Filiztekin, A. (2007), Empirical validation and comparison of models for customer base
    analysis, International Journal of Research in Marketing 24.

    Examples
    --------
    >>> from custvalue.testing import example_summary
    >>> MBGNBD().fit(example_summary()).diagnostics.converged
    True
    """

    kernel: ClassVar[PurchaseKernel] = MBG_NBD
    process: ClassVar[ProcessType] = MBGNBDProcess

    def _fitted(self, found: Estimate, unit: TimeUnit, /) -> FittedMBGNBD:
        return FittedMBGNBD(estimate=found, settings=self, unit=unit)
