"""Normal margins: what a purchase leaves may be negative, and so may a customer's mean."""

from __future__ import annotations

import attrs
import numpy as np

from custvalue._arrays import FloatArray, equal_but_for_rounding
from custvalue.clv._estimate import Estimate
from custvalue.clv._kernels import grouped
from custvalue.clv._kernels import normal_margin as kernel
from custvalue.clv._optimise import Problem
from custvalue.clv._spend import FittedSpendModel, Independence, SpendModelBase, SpendRows
from custvalue.clv.processes import NormalAmounts
from custvalue.data import Currency
from custvalue.errors import InputError

__all__ = ["FittedNormalMargin", "NormalMargin"]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FittedNormalMargin(FittedSpendModel):
    """A fitted normal model of margins; made by :meth:`NormalMargin.fit`."""

    @property
    def process(self) -> NormalAmounts:
        """The fit as something to draw amounts from, for :func:`~custvalue.clv.simulate_log`."""
        return NormalAmounts(*self.estimate.values.tolist())

    def mean_spend(self, x: FloatArray, z: FloatArray, /) -> FloatArray:
        """Mean spend after ``x`` (n_rows,) repeat purchases of mean ``z``; always finite."""
        mean, between, within = self.estimate.values.tolist()
        return kernel.expected_spend(mean, between, within, x, z)


@attrs.frozen(kw_only=True)
class NormalMargin(SpendModelBase[FittedNormalMargin]):
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

    @property
    def positive(self) -> None:
        """Amounts of 0 or less are welcome."""
        return None

    def problem_of(self, rows: SpendRows, /) -> Problem:
        """Give the likelihood problem of some rows."""
        scale = rows.deviation
        if equal_but_for_rounding(rows.z):
            raise InputError(
                "NormalMargin.fit",
                expected="mean margins that differ between customers",
                got=f"{rows.mean:g} for all {rows.x.size:,} repeat customers",
                hint="A constant margin needs no model: pass margin= to BuyTillYouDie.",
            )
        groups = grouped.fold(rows.x, (rows.z - rows.mean) / scale, rows.weights)
        log_scale = np.log(scale)
        return Problem(
            density=rows.density(type(self).__name__),
            names=("mean", "between", "within"),
            objective=_Objective(groups),
            starts=(np.array([0.0, -0.5, -0.2]), np.array([0.0, -2.0, 0.5]), np.array([0.0, 0.0, -3.0])),
            shift=np.array([rows.mean, log_scale, log_scale]),
            offset=-rows.weight * float(log_scale),
            weight=rows.weight,
            positive=(False, True, True),
            factor=np.array([scale, 1.0, 1.0]),
        )

    def _fitted(self, found: Estimate, currency: Currency, check: Independence, /) -> FittedNormalMargin:
        return FittedNormalMargin(estimate=found, settings=self, currency=currency, independence=check)


@attrs.frozen(eq=False)
class _Objective:
    """The likelihood of folded rows."""

    groups: grouped.Groups

    def __call__(self, theta: FloatArray, /) -> tuple[float, FloatArray]:
        return kernel.log_likelihood_gradient(theta, self.groups)
