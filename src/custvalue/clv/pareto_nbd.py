"""Pareto/NBD: customers buy at random while they live, and nobody sees them go."""

from __future__ import annotations

from typing import ClassVar

import attrs

from custvalue.clv._estimate import Estimate
from custvalue.clv._kernels.likelihood import PurchaseKernel
from custvalue.clv._kernels.pareto_nbd import PARETO_NBD
from custvalue.clv._purchases import FittedTransactions, PatternModel, ProcessType
from custvalue.clv.processes import ParetoNBDProcess
from custvalue.data import TimeUnit

__all__ = ["FittedParetoNBD", "ParetoNBD"]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FittedParetoNBD(FittedTransactions):
    """A fitted :class:`ParetoNBD`."""


@attrs.frozen(kw_only=True)
class ParetoNBD(PatternModel[FittedParetoNBD]):
    """The Pareto/NBD model: Poisson purchases while alive, exponential lifetimes, gamma-distributed rates of both.

    Parameters r, alpha (purchase rate: gamma with mean r / alpha) and s, beta (rate of leaving: gamma with mean
    s / beta). With s <= 1 the mean lifetime is infinite: use finite horizons or a discount rate.

    Parameters
    ----------
    prior
        A prior for a posterior-mode fit; None for maximum likelihood.

    References
    ----------
    Schmittlein, D., Morrison, D. & Colombo, R. (1987), Counting your customers, Management Science 33.
    Fader, P. & Hardie, B. (2005), A note on deriving the Pareto/NBD model and related expressions.
    Fader, P., Hardie, B. & Lee, K. L. (2005), RFM and CLV: using iso-value curves, Journal of Marketing Research 42
    (DERT).

    Examples
    --------
    >>> from custvalue.testing import example_summary
    >>> ParetoNBD().fit(example_summary()).diagnostics.converged
    True
    """

    kernel: ClassVar[PurchaseKernel] = PARETO_NBD
    process: ClassVar[ProcessType] = ParetoNBDProcess

    def _fitted(self, found: Estimate, unit: TimeUnit, /) -> FittedParetoNBD:
        return FittedParetoNBD(estimate=found, settings=self, unit=unit)
