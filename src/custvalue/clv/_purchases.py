"""What the purchase models over (x, t_x, T) share: how they are fitted, and every prediction they make.

A model is a kernel (functions of arrays), settings, and the words of its report; all else is here.
"""

from __future__ import annotations

import abc
import enum
from functools import partial
from typing import ClassVar, Generic, TypeAlias, TypeVar

import attrs
import numpy as np

from custvalue._arrays import FloatArray, IntArray
from custvalue.clv._estimate import Estimate, Fitted, LogNormalPrior, checked, estimate
from custvalue.clv._kernels.likelihood import PurchaseKernel, pattern_likelihood, row_log_likelihood
from custvalue.clv._optimise import Problem
from custvalue.clv._result import CustomerValues
from custvalue.clv.intervals import DeltaIntervals
from custvalue.data import CustomerSummary, DiscountRate, Horizon, PurchasePatterns, TimeUnit
from custvalue.errors import InputError

__all__ = ["FirstPurchase", "FittedTransactions", "PatternModel", "PurchaseData", "as_patterns", "pattern_problem"]

PurchaseData: TypeAlias = CustomerSummary | PurchasePatterns
"""What a purchase model can be fitted to."""


class FirstPurchase(enum.Enum):
    """Whether the purchase that made somebody a customer counts in what a new customer is expected to do."""

    EXCLUDED = "excluded"
    INCLUDED = "included"


def as_patterns(data: PurchaseData, where: str) -> PurchasePatterns:
    """Compress to weighted patterns and refuse what no purchase model can learn from.

    Raises
    ------
    InputError
        No customers, nobody who came back, or no time observed.
    """
    patterns = data.patterns(members=False) if isinstance(data, CustomerSummary) else data
    keep = patterns.weights > 0
    if not keep.any():
        raise InputError(where, expected="at least one customer", got="none")
    if not bool(keep.all()):
        patterns = PurchasePatterns(
            x=patterns.x[keep],
            t_x=patterns.t_x[keep],
            T=patterns.T[keep],
            weights=patterns.weights[keep],
            unit=patterns.unit,
        )
    if not patterns.x.any():
        raise InputError(
            where,
            expected="some customers with a repeat purchase",
            got=f"{patterns.n_customers:,.0f} one-time buyers",
            hint="The time between purchases is unknown; observe longer, or collapse by day, not by month.",
        )
    if not patterns.T.any():
        raise InputError(
            where, expected="time between first purchase and end of observation", got="T = 0 for everybody"
        )
    return patterns


def few_data_notes(patterns: PurchasePatterns) -> tuple[str, ...]:
    """Warn in words about data too small to trust standard errors."""
    repeaters = float(patterns.weights[patterns.x > 0].sum())
    if repeaters >= 50:
        return ()
    return (f"only {repeaters:,.0f} customers came back: standard errors are rough, prefer a prior",)


def pattern_problem(kernel: PurchaseKernel, patterns: PurchasePatterns) -> Problem:
    """Make the likelihood problem of a kernel, with the mean age as the unit of time."""
    weight = patterns.n_customers
    scale = float(patterns.weights @ patterns.T) / weight
    likelihood = pattern_likelihood(kernel, patterns.x, patterns.t_x / scale, patterns.T / scale, patterns.weights)
    return Problem(
        names=kernel.names,
        objective=likelihood,
        starts=tuple(np.array(start) for start in kernel.starts),
        shift=np.array(kernel.time_powers, dtype=np.float64) * np.log(scale),
        # x purchase times, each a density in time
        offset=-float(patterns.weights @ patterns.x) * float(np.log(scale)),
        weight=weight,
        pilot=likelihood.pilot(),
    )


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FittedTransactions(Fitted):
    """A fitted purchase model over (x, t_x, T).

    Parameters
    ----------
    estimate
        Parameters and their uncertainty.
    unit
        Unit of time of the parameters; summaries in other units are converted.
    """

    unit: TimeUnit

    @property
    @abc.abstractmethod
    def kernel(self) -> PurchaseKernel:
        """Functions of arrays that make the model."""

    def probability_alive(self, summary: CustomerSummary, /, at: Horizon | None = None) -> CustomerValues:
        """Probability that each customer is still active at the end of observation, or ``at`` a time after it.

        Returns
        -------
        CustomerValues
            (n_customers,) in [0, 1].
        """
        ahead = 0.0 if at is None else at.to(self.unit)
        return self._predict(summary, "probability_alive", "probability", (ahead,))

    def expected_purchases(self, summary: CustomerSummary, horizon: Horizon, /) -> CustomerValues:
        """Purchases to expect from each customer within the horizon, given its history.

        Returns
        -------
        CustomerValues
            (n_customers,) 0 or more.
        """
        return self._predict(summary, "expected_purchases", "purchases", (horizon.to(self.unit),))

    def expected_residual_transactions(self, summary: CustomerSummary, discount: DiscountRate, /) -> CustomerValues:
        """Discounted expected residual transactions (DERT): all purchases to come, discounted continuously.

        Returns
        -------
        CustomerValues
            (n_customers,) 0 or more; inf at a zero rate where the mean lifetime is infinite.
        """
        return self._predict(summary, "residual_transactions", "purchases", (discount.force(self.unit),))

    def purchase_pmf(self, summary: CustomerSummary, n: int, horizon: Horizon, /) -> CustomerValues:
        """Probability that each customer makes exactly ``n`` purchases within the horizon, given its history."""
        count = _count("purchase_pmf(n)", n)
        return self._predict(summary, "conditional_pmf", "probability", (count, horizon.to(self.unit)))

    def latent_means(self, summary: CustomerSummary, /) -> dict[str, CustomerValues]:
        """Posterior means of each customer's latent traits, such as the purchase rate (per :attr:`unit`)."""
        names = self.kernel.latent_means(self._natural(), np.zeros(1), np.zeros(1), np.ones(1))
        return {name: self._predict(summary, "latent_means", "", (), part=name) for name in names}

    def new_customer_purchases(
        self, horizon: Horizon, /, first_purchase: FirstPurchase = FirstPurchase.EXCLUDED
    ) -> float:
        """Purchases to expect within the horizon from somebody who becomes a customer now."""
        repeats = float(self.kernel.new_purchases(self._natural(), np.array([horizon.to(self.unit)]))[0])
        return repeats + (1.0 if first_purchase is FirstPurchase.INCLUDED else 0.0)

    def new_customer_pmf(self, n_max: int, horizon: Horizon, /) -> FloatArray:
        """Probability that a new customer makes 0, 1, ... ``n_max`` repeat purchases within the horizon."""
        n = np.arange(_count("new_customer_pmf(n_max)", n_max) + 1, dtype=np.float64)
        return self.kernel.new_pmf(self._natural(), n, horizon.to(self.unit))

    def row_log_likelihood(self, data: PurchaseData, /) -> FloatArray:
        """Log-likelihood (n_rows,) of each customer of a summary, or of each pattern."""
        patterns = data.in_unit(self.unit).patterns() if isinstance(data, CustomerSummary) else data
        rows = row_log_likelihood(self.kernel, self._natural(), patterns.x, patterns.t_x, patterns.T)
        return rows[patterns.inverse] if len(patterns.inverse) else rows

    def _natural(self) -> list[float]:
        values: list[float] = self.estimate.values.tolist()
        return values

    def _predict(
        self, summary: CustomerSummary, quantity: str, unit: str, args: tuple[float, ...], part: str = ""
    ) -> CustomerValues:
        patterns = summary.in_unit(self.unit).patterns()
        predict = partial(_evaluate, patterns=patterns, quantity=quantity, args=args, part=part)
        return CustomerValues(
            customers=summary.customers,
            values=predict(self, None),
            measure=part or _MEASURES.get(quantity, quantity),
            unit=unit,
            intervals=DeltaIntervals(fitted=self, predict=predict, probability=unit == "probability"),
        )


def _count(where: str, n: float) -> int:
    """Insist on a number of purchases."""
    if not (n >= 0 and float(n).is_integer()):
        raise InputError(where, expected="a whole number of 0 or more", got=str(n))
    return int(n)


_MEASURES = {"residual_transactions": "expected_residual_transactions", "conditional_pmf": "purchase_pmf"}


def _evaluate(
    fitted: FittedTransactions,
    rows: IntArray | None,
    /,
    *,
    patterns: PurchasePatterns,
    quantity: str,
    args: tuple[float, ...],
    part: str,
) -> FloatArray:
    """Evaluate a kernel function on the distinct patterns of some customers and give each customer its own."""
    needed, place = np.arange(len(patterns)), patterns.inverse
    if rows is not None:
        needed, place = np.unique(patterns.inverse[rows], return_inverse=True)
    if not needed.size:
        return np.zeros(0)
    columns = (patterns.x[needed], patterns.t_x[needed], patterns.T[needed])
    value = getattr(fitted.kernel, quantity)(fitted.estimate.values.tolist(), *columns, *args)
    result: FloatArray = (value[part] if part else value)[place]
    return result


FittedT = TypeVar("FittedT", bound=FittedTransactions)


@attrs.frozen(kw_only=True)
class PatternModel(abc.ABC, Generic[FittedT]):
    """What the purchase models over (x, t_x, T) share: a kernel, an optional prior, two verbs.

    Parameters
    ----------
    prior
        A prior for a posterior-mode fit; None for maximum likelihood.
    """

    prior: LogNormalPrior | None = None
    kernel: ClassVar[PurchaseKernel]
    notes: ClassVar[tuple[str, ...]] = ()

    def problem(self, data: PurchaseData, /) -> Problem:
        """Give the likelihood problem behind the fit, for posteriors and bootstraps."""
        return pattern_problem(self.kernel, as_patterns(data, f"{type(self).__name__}.fit"))

    def fit(self, data: PurchaseData, /) -> FittedT:
        """Fit to a summary or to weighted patterns.

        Raises
        ------
        InputError
            If there is nobody who came back, or no time observed.
        ConvergenceError
            If the search fails; the fit travels with the error.
        """
        patterns = as_patterns(data, f"{type(self).__name__}.fit")
        problem = pattern_problem(self.kernel, patterns)
        found = estimate(problem, self.prior, notes=self.notes + few_data_notes(patterns))
        return checked(self._fitted(found, data.unit))

    @abc.abstractmethod
    def _fitted(self, found: Estimate, unit: TimeUnit, /) -> FittedT:
        """Dress an estimate as this model's fit."""
