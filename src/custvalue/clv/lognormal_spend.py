"""Log-normal spend: like Gamma-Gamma, with heavier tails and a mean that always exists."""

from __future__ import annotations

import attrs
import numpy as np

from custvalue._arrays import FloatArray
from custvalue.clv._estimate import Estimate
from custvalue.clv._kernels import grouped
from custvalue.clv._kernels import lognormal_spend as kernel
from custvalue.clv._optimise import Problem
from custvalue.clv._spend import FittedSpendModel, Independence, PositiveSpendModel, SpendRows
from custvalue.clv.processes import LognormalAmounts
from custvalue.data import Currency

__all__ = ["FittedLognormalSpend", "LognormalSpend"]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FittedLognormalSpend(FittedSpendModel):
    """A fitted log-normal spend model; made by :meth:`LognormalSpend.fit`."""

    @property
    def process(self) -> LognormalAmounts:
        """The fit as something to draw amounts from, for :func:`~custvalue.clv.simulate_log`."""
        return LognormalAmounts(*self.estimate.values.tolist())

    def mean_spend(self, x: FloatArray, z: FloatArray, /) -> FloatArray:
        """Mean spend after ``x`` (n_rows,) repeat purchases of mean ``z``; always finite."""
        location, between, within = self.estimate.values.tolist()
        return kernel.expected_spend(location, between, within, x, z)


@attrs.frozen(kw_only=True)
class LognormalSpend(PositiveSpendModel[FittedLognormalSpend]):
    """A log-normal model of spend per purchase.

    Assumes: the log of a customer's mean spend is normal (``location``, ``between``) over customers; a customer's
    amounts are log-normal about that mean, with the same deviation ``within`` of the logs for all; spend does not go
    with frequency (checked); all amounts are positive. A summary holds the mean of a customer's amounts, not the mean
    of their logs, so the likelihood takes the mean of several log-normal amounts as log-normal with the same mean and
    variance: exact for one repeat purchase, close for ``within`` under about 1.

    Parameters
    ----------
    prior
        Prior on location, between and within for a fit at the posterior mode; None for maximum likelihood.
    non_positive
        What to do with customers whose repeat purchases add up to 0 or less.

    References
    ----------
    Fenton, L. (1960), "The Sum of Log-Normal Probability Distributions in Scatter Transmission Systems", IRE
    Transactions on Communications Systems 8(1), 57-67.

    Examples
    --------
    >>> import numpy as np
    >>> from custvalue.clv import LognormalAmounts, NBDProcess, simulate_log
    >>> from custvalue.data import ObservationWindow
    >>> year = ObservationWindow("2025-01-01", "2025-12-31")
    >>> amounts = LognormalAmounts(location=3.0, between=0.5, within=0.4)
    >>> log = simulate_log(NBDProcess(1.0, 20.0), amounts, n_customers=300, window=year, seed=1)
    >>> summary = log.summary()
    >>> bool(np.isfinite(LognormalSpend().fit(summary).expected_spend(summary).values).all())
    True
    """

    def problem_of(self, rows: SpendRows, /) -> Problem:
        """Give the likelihood problem of some rows."""
        log_scale = float(np.log(rows.mean))
        log_z = np.log(rows.z)
        groups = grouped.fold(rows.x, log_z - log_scale, rows.weights)
        return Problem(
            density=rows.density(type(self).__name__),
            names=("location", "between", "within"),
            objective=_Objective(groups),
            starts=(np.array([0.0, -0.7, -0.5]), np.array([0.0, -2.0, 0.0]), np.array([0.0, 0.0, -3.0])),
            shift=np.array([log_scale, 0.0, 0.0]),
            offset=-float(rows.weights @ log_z),
            weight=rows.weight,
            positive=(False, True, True),
        )

    def _fitted(self, found: Estimate, currency: Currency, check: Independence, /) -> FittedLognormalSpend:
        return FittedLognormalSpend(estimate=found, settings=self, currency=currency, independence=check)


@attrs.frozen(eq=False)
class _Objective:
    """The likelihood of folded rows."""

    groups: grouped.Groups

    def __call__(self, theta: FloatArray, /) -> tuple[float, FloatArray]:
        return kernel.log_likelihood_gradient(theta, self.groups)
