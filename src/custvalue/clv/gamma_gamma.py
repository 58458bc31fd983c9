"""Gamma-Gamma spend: amounts vary about a customer's own mean, and the means vary between customers."""

from __future__ import annotations

import attrs
import numpy as np

from custvalue._arrays import FloatArray
from custvalue.clv._estimate import LogNormalPrior, checked, estimate
from custvalue.clv._kernels import gamma_gamma as kernel
from custvalue.clv._optimise import Optimum, Problem
from custvalue.clv._result import CustomerValues
from custvalue.clv._spend import (
    FittedSpendModel,
    Independence,
    NonPositive,
    SpendRows,
    independence,
    spend_notes,
    spend_rows,
)
from custvalue.data import CustomerSummary

__all__ = ["FittedGammaGamma", "GammaGamma"]

_PILOT = 20_000


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FittedGammaGamma(FittedSpendModel):
    """A fitted Gamma-Gamma model; made by :meth:`GammaGamma.fit`."""

    def _params(self) -> tuple[float, float, float]:
        p, q, gamma = self.estimate.values.tolist()
        return p, q, gamma

    @property
    def population_mean(self) -> float:
        """Mean spend of a purchase of a customer not seen yet, major units; infinite for q <= 1."""
        return float(kernel.expected_spend(*self._params(), np.zeros(1), np.zeros(1))[0])

    def expected_spend(self, summary: CustomerSummary, /) -> CustomerValues:
        """Mean spend of a future purchase of each customer.

        Between the customer's own mean and the population's, nearer to the own one the more purchases it rests on.

        Parameters
        ----------
        summary
            In the currency of the fit.

        Returns
        -------
        CustomerValues
            (n_customers,) in major units; ``inf`` where the mean does not exist (p x + q <= 1), never negative.

        Raises
        ------
        UnitError
            If the summary is in another currency.
        """
        x, z = self._observed(summary, floor=True)
        return self._spend(summary, kernel.expected_spend(*self._params(), x, z))

    def spend_deviation(self, summary: CustomerSummary, /) -> CustomerValues:
        """Standard deviation of what we do not know about each customer's mean spend; (n_customers,), major units."""
        x, z = self._observed(summary, floor=True)
        values = np.sqrt(kernel.spend_variance(*self._params(), x, z))
        return self._spend(summary, values, "spend_deviation")


@attrs.frozen(kw_only=True)
class GammaGamma:
    """The Gamma-Gamma model of spend per purchase.

    Assumes: a customer's amounts are gamma with shape p about the customer's own mean; the rates of that gamma are
    gamma (q, gamma) over customers; spend does not go with frequency (checked, see ``diagnostics``); all amounts are
    positive. Learns from customers with at least one repeat purchase, from their repeat purchases only.

    Parameters
    ----------
    prior
        Prior on p, q and gamma for a fit at the posterior mode; None for maximum likelihood.
    non_positive
        What to do with customers whose repeat purchases add up to 0 or less.

    References
    ----------
    Fader, P. S. and Hardie, B. G. S. (2013), "The Gamma-Gamma Model of Monetary Value", note 025, eq. (1a) and (5).

    Examples
    --------
    >>> import numpy as np
    >>> from custvalue.clv import GammaGammaAmounts, NBDProcess, simulate_log
    >>> from custvalue.data import ObservationWindow
    >>> year = ObservationWindow("2025-01-01", "2025-12-31")
    >>> amounts = GammaGammaAmounts(p=6.0, q=4.0, gamma=15.0)
    >>> log = simulate_log(NBDProcess(1.0, 20.0), amounts, n_customers=300, window=year, seed=1)
    >>> summary = log.summary()
    >>> fit = GammaGamma().fit(summary)
    >>> spend = fit.expected_spend(summary)
    >>> bool(np.ptp(spend.values[summary.frequency == 0]) == 0), spend.unit
    (True, 'EUR')
    """

    prior: LogNormalPrior | None = None
    non_positive: NonPositive = NonPositive.REFUSE

    def fit(self, summary: CustomerSummary, /, *, weights: FloatArray | None = None) -> FittedGammaGamma:
        """Fit to the repeat customers of a summary.

        Parameters
        ----------
        summary
            With repeat amounts.
        weights
            (n_customers,) case weights.

        Raises
        ------
        InputError
            If nobody came back or amounts cannot be used.
        ConvergenceError
            If the search ends away from a maximum.
        """
        rows = spend_rows(summary, "GammaGamma", positive=self.non_positive, weights=weights)
        check = independence(rows.x, rows.z)
        found = estimate(_problem(rows), self.prior, notes=_notes(rows, check), extra_advice=_advice)
        return checked(FittedGammaGamma(estimate=found, currency=summary.currency, independence=check))

    def problem(self, summary: CustomerSummary, /) -> Problem:
        """Give the likelihood problem behind the fit, for posteriors."""
        return self.weighted_problem(summary, None)

    def weighted_problem(self, summary: CustomerSummary, weights: FloatArray | None, /) -> Problem:
        """Give the likelihood problem with case weights (n_customers,), for bootstraps."""
        return _problem(spend_rows(summary, "GammaGamma", positive=self.non_positive, weights=weights))


def _problem(rows: SpendRows) -> Problem:
    log_scale = np.log(rows.mean)
    log_total = np.log(rows.x) + np.log(rows.z) - log_scale
    return Problem(
        names=("p", "q", "gamma"),
        objective=_Objective(rows.x, log_total, rows.weights),
        starts=_starts(),
        shift=np.array([0.0, 0.0, log_scale]),
        offset=-float(rows.weights @ np.log(rows.z)),
        weight=rows.weight,
        pilot=_pilot(rows, log_total),
    )


class _Objective:
    """The weighted log-likelihood of rows in scaled log-parameters."""

    def __init__(self, x: FloatArray, log_total: FloatArray, weights: FloatArray) -> None:
        counts, place = np.unique(x, return_inverse=True)
        mass = np.bincount(place, weights=weights).astype(np.float64)
        self.rows = (x, log_total, weights, (counts, mass))

    def __call__(self, theta: FloatArray, /) -> tuple[float, FloatArray]:
        return kernel.log_likelihood_gradient(theta, *self.rows)


def _pilot(rows: SpendRows, log_total: FloatArray) -> _Objective | None:
    if rows.x.size <= 4 * _PILOT:
        return None
    some = np.random.default_rng(0).choice(rows.x.size, _PILOT, replace=False)
    weights = rows.weights[some]
    return _Objective(rows.x[some], log_total[some], weights * (rows.weight / weights.sum()))


def _starts() -> tuple[FloatArray, ...]:
    """Give (p, q, gamma) with gamma such that the population mean p gamma / (q - 1) is 1, the scaled mean."""
    return tuple(np.log([p, q, (q - 1.0) / p]) for p, q in ((4.0, 3.0), (1.0, 1.5), (50.0, 50.0)))


def _notes(rows: SpendRows, check: Independence) -> tuple[str, ...]:
    notes = spend_notes(rows, check)
    if rows.x.max() == 1:
        notes.append(
            "nobody has more than one repeat purchase: p and q are told apart by the shape of the density alone"
        )
    return tuple(notes)


def _advice(optimum: Optimum) -> tuple[str, ...]:
    if optimum.theta[1] > 0:
        return ()
    q = float(np.exp(optimum.theta[1]))
    advice = (
        f"q = {q:.3g} <= 1: the mean spend over the population does not exist (infinite), and customers with few "
        "purchases have no finite expected spend. Look for extreme amounts, fit with prior=LogNormalPrior(), or use "
        "LognormalSpend"
    )
    return (advice,)
