"""BG/NBD and MBG/NBD: the workhorses. Purchases at random, and after each a chance to leave for good."""

from __future__ import annotations

from typing import ClassVar

import attrs

from custvalue.clv._estimate import LogNormalPrior, checked
from custvalue.clv._kernels.bg_nbd import BG_NBD, MBG_NBD
from custvalue.clv._kernels.likelihood import PurchaseKernel
from custvalue.clv._optimise import Problem
from custvalue.clv._purchases import FittedTransactions, PurchaseData, as_patterns, estimate_patterns, pattern_problem

__all__ = ["BGNBD", "MBGNBD", "FittedBGNBD", "FittedMBGNBD"]

_ONE_TIME_NOTE = (
    "P(alive) is 1 for customers who bought once, by construction; where that matters use MBGNBD or ParetoNBD"
)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FittedBGNBD(FittedTransactions):
    """A fitted :class:`BGNBD`."""

    kernel: ClassVar[PurchaseKernel] = BG_NBD


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FittedMBGNBD(FittedTransactions):
    """A fitted :class:`MBGNBD`."""

    kernel: ClassVar[PurchaseKernel] = MBG_NBD


@attrs.frozen(kw_only=True)
class BGNBD:
    """The BG/NBD model: Poisson purchases at gamma rates, a beta chance to leave after each repeat purchase.

    Parameters r, alpha (purchase rate: gamma with shape r and mean r / alpha per unit of time) and a, b (chance to
    leave: beta).

    Parameters
    ----------
    prior
        A prior for a posterior-mode fit; None for maximum likelihood.

    References
    ----------
    Fader, P., Hardie, B. & Lee, K. L. (2005), "Counting your customers" the easy way: an alternative to the Pareto/NBD
    model, Marketing Science 24(2), eq. (6) likelihood, (8) distribution, (9) and (10) expectations.

    Examples
    --------
    >>> from custvalue.data import PurchasePatterns, TimeUnit
    >>> data = PurchasePatterns(
    ...     x=[0, 1, 2, 3, 6], t_x=[0, 5, 20, 30, 38], T=[39] * 5, weights=[50, 20, 10, 8, 6], unit=TimeUnit.WEEK
    ... )
    >>> fit = BGNBD().fit(data)
    >>> fit.diagnostics.converged
    True
    >>> round(fit.log_likelihood, 1)
    -434.3
    """

    prior: LogNormalPrior | None = None

    def problem(self, data: PurchaseData, /) -> Problem:
        """Give the likelihood problem behind the fit, for posteriors and bootstraps."""
        return pattern_problem(BG_NBD, as_patterns(data, "BGNBD.fit"))

    def fit(self, data: PurchaseData, /) -> FittedBGNBD:
        """Fit to a summary or to weighted patterns.

        Raises
        ------
        InputError
            If there is nobody who came back, or no time observed.
        ConvergenceError
            If the search fails; the fit travels with the error.
        """
        found = estimate_patterns(BG_NBD, data, self.prior, where="BGNBD.fit", notes=(_ONE_TIME_NOTE,))
        return checked(FittedBGNBD(estimate=found, unit=data.unit))


@attrs.frozen(kw_only=True)
class MBGNBD:
    """The modified BG/NBD model: as :class:`BGNBD`, but customers may also leave right after their first purchase.

    Hence one-time buyers have P(alive) below 1, and the fit is often better.

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
    >>> from custvalue.data import PurchasePatterns, TimeUnit
    >>> data = PurchasePatterns(
    ...     x=[0, 1, 2, 3, 6], t_x=[0, 5, 20, 30, 38], T=[39] * 5, weights=[50, 20, 10, 8, 6], unit=TimeUnit.WEEK
    ... )
    >>> MBGNBD().fit(data).diagnostics.converged
    True
    """

    prior: LogNormalPrior | None = None

    def problem(self, data: PurchaseData, /) -> Problem:
        """Give the likelihood problem behind the fit, for posteriors and bootstraps."""
        return pattern_problem(MBG_NBD, as_patterns(data, "MBGNBD.fit"))

    def fit(self, data: PurchaseData, /) -> FittedMBGNBD:
        """Fit to a summary or to weighted patterns.

        Raises
        ------
        InputError
            If there is nobody who came back, or no time observed.
        ConvergenceError
            If the search fails; the fit travels with the error.
        """
        found = estimate_patterns(MBG_NBD, data, self.prior, where="MBGNBD.fit")
        return checked(FittedMBGNBD(estimate=found, unit=data.unit))
