"""Gamma-Gamma spend: amounts vary about a customer's own mean, and the means vary between customers."""

from __future__ import annotations

import attrs
import numpy as np

from custvalue._arrays import FloatArray
from custvalue.clv._estimate import Estimate
from custvalue.clv._kernels import gamma_gamma as kernel
from custvalue.clv._optimise import Optimum, Problem
from custvalue.clv._result import CustomerValues
from custvalue.clv._spend import (
    FittedSpendModel,
    Independence,
    PositiveSpendModel,
    SpendRows,
    spend_notes,
)
from custvalue.clv.processes import GammaGammaAmounts
from custvalue.data import Currency, CustomerSummary

__all__ = ["FittedGammaGamma", "GammaGamma"]

_PILOT = 20_000


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FittedGammaGamma(FittedSpendModel):
    """A fitted Gamma-Gamma model; made by :meth:`GammaGamma.fit`."""

    @property
    def process(self) -> GammaGammaAmounts:
        """The fit as something to draw amounts from, for :func:`~custvalue.clv.simulate_log`."""
        return GammaGammaAmounts(*self._params())

    def mean_spend(self, x: FloatArray, z: FloatArray, /) -> FloatArray:
        """Mean spend after ``x`` (n_rows,) repeat purchases of mean ``z``; infinite where p x + q <= 1."""
        return kernel.expected_spend(*self._params(), x, z)

    def spend_deviation(self, summary: CustomerSummary, /) -> CustomerValues:
        """Standard deviation of what we do not know about each customer's mean spend; (n_customers,), major units."""
        return self._values(summary, "mean_deviation", "spend_deviation")

    def mean_deviation(self, x: FloatArray, z: FloatArray, /) -> FloatArray:
        """Standard deviation of the mean spend after ``x`` (n_rows,) repeat purchases of mean ``z``."""
        deviation: FloatArray = np.sqrt(kernel.spend_variance(*self._params(), x, z))
        return deviation

    def _params(self) -> tuple[float, float, float]:
        p, q, gamma = self.estimate.values.tolist()
        return p, q, gamma


@attrs.frozen(kw_only=True)
class GammaGamma(PositiveSpendModel[FittedGammaGamma]):
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

    def problem_of(self, rows: SpendRows, /) -> Problem:
        """Give the likelihood problem of some rows."""
        log_scale = np.log(rows.mean)
        log_total = np.log(rows.x) + np.log(rows.z) - log_scale
        return Problem(
            density=rows.density(type(self).__name__),
            names=("p", "q", "gamma"),
            objective=_Objective(rows.x, log_total, rows.weights),
            starts=_starts(),
            shift=np.array([0.0, 0.0, log_scale]),
            offset=-float(rows.weights @ np.log(rows.z)),
            weight=rows.weight,
            pilot=_pilot(rows, log_total),
        )

    def _notes(self, rows: SpendRows, check: Independence) -> tuple[str, ...]:
        notes = spend_notes(rows, check)
        if rows.x.max() == 1:
            notes.append(
                "nobody has more than one repeat purchase: p and q are told apart by the shape of the density alone"
            )
        return tuple(notes)

    def advice(self, optimum: Optimum, /) -> tuple[str, ...]:
        """Say what to try where the mean spend does not exist."""
        if optimum.theta[1] > 0:
            return ()
        q = float(np.exp(optimum.theta[1]))
        advice = (
            f"q = {q:.3g} <= 1: the mean spend over the population does not exist (infinite), and customers with few "
            "purchases have no finite expected spend. Look for extreme amounts, fit with prior=LogNormalPrior(), or "
            "use LognormalSpend"
        )
        return (advice,)

    def _fitted(self, found: Estimate, currency: Currency, check: Independence, /) -> FittedGammaGamma:
        return FittedGammaGamma(estimate=found, settings=self, currency=currency, independence=check)


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
