"""Normal margins: what a purchase leaves may be negative, and so may a customer's mean."""

from __future__ import annotations

import attrs
import numpy as np

from custvalue._arrays import FloatArray
from custvalue.clv._estimate import LogNormalPrior, checked, estimate
from custvalue.clv._kernels import grouped
from custvalue.clv._kernels import normal_margin as kernel
from custvalue.clv._optimise import Problem
from custvalue.clv._result import CustomerValues
from custvalue.clv._spend import FittedSpendModel, SpendRows, independence, spend_rows, variance_notes
from custvalue.data import CustomerSummary
from custvalue.errors import InputError

__all__ = ["FittedNormalMargin", "NormalMargin"]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FittedNormalMargin(FittedSpendModel):
    """A fitted normal margin model; made by :meth:`NormalMargin.fit`."""

    def expected_spend(self, summary: CustomerSummary, /) -> CustomerValues:
        """Mean margin of a future purchase of each customer, shrunk towards the mean of all.

        Parameters
        ----------
        summary
            In the currency of the fit; its amounts are margins.

        Returns
        -------
        CustomerValues
            (n_customers,) in major units, any sign.

        Raises
        ------
        UnitError
            If the summary is in another currency.
        """
        x, z = self._observed(summary, floor=False)
        mean, between, within = self.estimate.values.tolist()
        return self._spend(summary, kernel.expected_spend(mean, between, within, x, z))


@attrs.frozen(kw_only=True)
class NormalMargin:
    """A model of the margin of a purchase that may be negative.

    Assumes: a customer's margins vary normally about the customer's own mean, with the same deviation ``within`` for
    all customers; the means are normal over customers, with deviation ``between`` about ``mean``; margin does not go
    with frequency (checked). The normal has thin tails: one purchase of an enormous margin pulls ``within`` up and
    makes every customer look alike. Feed a log whose amounts are margins (revenue less direct cost), and value with
    ``margin=1``.

    Parameters
    ----------
    prior
        Prior for a fit at the posterior mode, on amounts in standard deviations from their mean; None for maximum
        likelihood.

    References
    ----------
    Schmittlein, D. C. and Peterson, R. A. (1994), "Customer Base Analysis: An Industrial Purchase Process Application",
    Marketing Science 13(1), 41-67, section 3.

    Examples
    --------
    >>> from custvalue.clv import NormalAmounts, NBDProcess, simulate_log
    >>> from custvalue.data import ObservationWindow
    >>> year = ObservationWindow("2025-01-01", "2025-12-31")
    >>> amounts = NormalAmounts(mean=2.0, between=8.0, within=5.0)
    >>> log = simulate_log(NBDProcess(1.0, 20.0), amounts, n_customers=300, window=year, seed=1)
    >>> summary = log.summary()
    >>> bool((NormalMargin().fit(summary).expected_spend(summary).values < 0).any())
    True
    """

    prior: LogNormalPrior | None = None

    def fit(self, summary: CustomerSummary, /, *, weights: FloatArray | None = None) -> FittedNormalMargin:
        """Fit to the repeat customers of a summary of margins, each counted ``weights`` (n_customers,) times.

        Raises
        ------
        InputError
            If nobody came back, or all means are equal.
        ConvergenceError
            If the search ends away from a maximum.
        """
        rows = spend_rows(summary, "NormalMargin", positive=None, weights=weights)
        check = independence(rows.x, rows.z)
        found = estimate(_problem(rows), self.prior, notes=variance_notes(rows, check))
        return checked(FittedNormalMargin(estimate=found, currency=summary.currency, independence=check))

    def problem(self, summary: CustomerSummary, /) -> Problem:
        """Give the likelihood problem behind the fit, for posteriors."""
        return self.weighted_problem(summary, None)

    def weighted_problem(self, summary: CustomerSummary, weights: FloatArray | None, /) -> Problem:
        """Give the likelihood problem with case weights (n_customers,), for bootstraps."""
        return _problem(spend_rows(summary, "NormalMargin", positive=None, weights=weights))


def _problem(rows: SpendRows) -> Problem:
    scale = rows.deviation
    if scale == 0:
        raise InputError(
            "NormalMargin.fit",
            expected="mean margins that differ between customers",
            got=f"{rows.mean:g} for all {rows.x.size:,} repeat customers",
            hint="A constant margin needs no model: pass margin= to BuyTillYouDie.",
        )
    groups = grouped.fold(rows.x, (rows.z - rows.mean) / scale, rows.weights)
    log_scale = np.log(scale)
    return Problem(
        names=("mean", "between", "within"),
        objective=_Objective(groups),
        starts=(np.array([0.0, -0.5, -0.2]), np.array([0.0, -2.0, 0.5]), np.array([0.0, 0.0, -3.0])),
        shift=np.array([rows.mean, log_scale, log_scale]),
        offset=-rows.weight * float(log_scale),
        weight=rows.weight,
        positive=(False, True, True),
        factor=np.array([scale, 1.0, 1.0]),
    )


@attrs.frozen(eq=False)
class _Objective:
    """The likelihood of folded rows."""

    groups: grouped.Groups

    def __call__(self, theta: FloatArray, /) -> tuple[float, FloatArray]:
        return kernel.log_likelihood_gradient(theta, self.groups)
