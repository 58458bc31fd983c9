"""What the spend models share: how they are fitted, the rows they learn from, and the check of their assumption."""

from __future__ import annotations

import abc
import enum
import math
from functools import partial
from typing import Generic, TypeVar

import attrs
import numpy as np
from scipy import special

from custvalue._arrays import ArrayHolder, FloatArray, IntArray, equal_but_for_rounding, float_array
from custvalue.clv._case_weights import CaseWeights, checked_weights, stand_ins
from custvalue.clv._drawing import Drawable
from custvalue.clv._estimate import Estimate, LogNormalPrior, Prior, checked, estimate
from custvalue.clv._optimise import Density, Optimum, Problem
from custvalue.clv._result import CustomerValues, Expectation
from custvalue.clv.intervals import bounded_expectation, bounded_values
from custvalue.clv.processes import SpendProcess
from custvalue.data import Currency, CustomerSummary
from custvalue.errors import InputError, UnitError

__all__ = [
    "FittedSpendModel",
    "Independence",
    "NonPositive",
    "PositiveSpendModel",
    "SpendModelBase",
    "SpendRows",
    "SpendSettings",
    "independence",
    "spend_notes",
    "spend_rows",
    "variance_notes",
]

_STRONG = 0.15  # correlation from which a dependence of spend on frequency changes rankings
_FEW = 10  # customers with repeat spend below which a fit is hardly more than a guess


class NonPositive(enum.Enum):
    """What a model of positive amounts does with a customer whose repeat purchases add up to 0 or less.

    ``REFUSE`` stops and names them. ``FLOOR`` leaves them out of the fit (the report counts them) and predicts them as
    if each repeat purchase had brought the smallest coin: the most cautious amount the model can take.
    """

    REFUSE = "refuse"
    FLOOR = "floor"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class SpendRows(ArrayHolder):
    """The customers a spend model learns from: those who came back.

    Parameters
    ----------
    x
        (n_rows,) repeat purchases, 1 or more.
    z
        (n_rows,) mean spend of a repeat purchase, major units.
    weights
        (n_rows,) case weights.
    currency
        Of the amounts.
    n_left_out
        Customers who came back but whose spend is not positive, left out.
    """

    x: FloatArray = float_array()
    z: FloatArray = float_array()
    weights: FloatArray = float_array()
    currency: Currency
    n_left_out: int = 0

    def density(self, model: str) -> Density:
        """Say what the likelihood of a spend model is a density of."""
        return Density(model=model, of=f"mean repeat spend in {self.currency.code}")

    @property
    def weight(self) -> float:
        """Total weight."""
        return float(self.weights.sum())

    @property
    def mean(self) -> float:
        """Weighted mean of the customers' mean spend."""
        return float(self.weights @ self.z / self.weight)

    @property
    def deviation(self) -> float:
        """Weighted standard deviation of the customers' mean spend."""
        return math.sqrt(float(self.weights @ (self.z - self.mean) ** 2 / self.weight))


@attrs.frozen(kw_only=True)
class Independence:
    """Whether spend goes with frequency among repeat customers; the spend models assume that it does not.

    A rank correlation would mislead: of skewed amounts, a mean of many is typically larger than a mean of few, though
    both have the same expectation. Hence the plain correlation, with a test that does not take the scatter of the
    means for the same at every frequency (White, 1980).

    Parameters
    ----------
    n_customers
        Repeat customers.
    correlation
        Of the number of repeat purchases and their mean; NaN if either is constant.
    p_value
        Two-sided, of the slope of mean spend on frequency against 0.
    """

    n_customers: int
    correlation: float
    p_value: float

    @property
    def doubtful(self) -> bool:
        """True if the dependence is both significant at 1 % and large enough to matter."""
        return self.p_value < 0.01 and abs(self.correlation) > _STRONG

    def __str__(self) -> str:
        if math.isnan(self.correlation):
            return "spend against frequency: cannot be checked, one of them is constant"
        verdict = "assumption doubtful" if self.doubtful else "no sign against the assumption that matters"
        return f"spend against frequency: correlation {self.correlation:.3f} (p = {self.p_value:.2g}), {verdict}"


def independence(x: FloatArray, z: FloatArray) -> Independence:
    """Check that mean spend does not go with the number of purchases.

    Parameters
    ----------
    x, z
        (n_rows,) repeat purchases and their mean amount.
    """
    if equal_but_for_rounding(x) or equal_but_for_rounding(z):
        return Independence(n_customers=x.size, correlation=math.nan, p_value=math.nan)
    across, up = x - x.mean(), z - z.mean()
    width, height, joint = float(across @ across), float(up @ up), float(across @ up)
    left = up - across * (joint / width)
    noise = math.sqrt(float((across * left) @ (across * left)))
    p_value = 2.0 * float(special.ndtr(-abs(joint) / noise)) if noise > 0 else 0.0
    return Independence(n_customers=x.size, correlation=joint / math.sqrt(width * height), p_value=p_value)


def spend_rows(
    summary: CustomerSummary,
    where: str,
    *,
    positive: NonPositive | None,
    weights: FloatArray | None = None,
) -> SpendRows:
    """Take the repeat customers of a summary.

    Parameters
    ----------
    summary
        With repeat amounts.
    where
        The model, for errors.
    positive
        What to do with amounts of 0 or less; None where they are welcome.
    weights
        (n_customers,) case weights, or None.

    Raises
    ------
    InputError
        If nobody came back, amounts are unknown, weights are no weights, or amounts of 0 or less are refused, naming
        customers.
    """
    x, z = summary.frequency, summary.monetary_value
    weight = checked_weights(weights, x.size)
    back = (x > 0) & (weight > 0)
    low = np.zeros(x.size, dtype=bool) if positive is None else back & ~(z > 0)
    if positive is NonPositive.REFUSE and bool(low.any()):
        names = summary.customers.ids[low][:5].tolist()
        raise InputError(
            f"{where}.fit",
            expected="repeat purchases that add up to more than 0",
            got=f"0 or less for {int(low.sum()):,} customers, e.g. {names}",
            hint="Clean refunds in the log, fit NormalMargin, or set non_positive=NonPositive.FLOOR.",
        )
    keep = back & ~low
    if not bool(keep.any()):
        n_back = int(back.sum())
        raise InputError(
            f"{where}.fit",
            expected="customers with a repeat purchase" + (" of more than 0" if n_back else ""),
            got=f"none among {x.size:,}" + (f"; the {n_back:,} who came back spent 0 or less" if n_back else ""),
            hint="Purchases worth nothing have no spend to model: BuyTillYouDie needs amounts above 0." if n_back
            else "One-time buyers say nothing about repeat spend; observe longer.",
        )  # fmt: skip
    return SpendRows(x=x[keep], z=z[keep], weights=weight[keep], currency=summary.currency, n_left_out=int(low.sum()))


def spend_notes(rows: SpendRows, check: Independence) -> list[str]:
    """Say what the check found and how many customers the fit does not know."""
    notes = [str(check)]
    if rows.x.size < _FEW:
        who = "1 customer" if rows.x.size == 1 else f"{rows.x.size} customers"
        notes.append(f"only {who} with repeat spend: too few to learn how customers differ")
    if rows.n_left_out:
        notes.append(f"{rows.n_left_out:,} customers with repeat spend of 0 or less left out of the fit")
    return notes


def variance_notes(rows: SpendRows, check: Independence) -> tuple[str, ...]:
    """As :func:`spend_notes`, and whether the variance between customers can be told from that within."""
    notes = spend_notes(rows, check)
    if rows.x.min() == rows.x.max():
        notes.append(f"all customers have {rows.x[0]:.0f} repeat purchases: between and within cannot be told apart")
    return tuple(notes)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FittedSpendModel(Drawable[CustomerSummary]):
    """What the fitted spend models share.

    Parameters
    ----------
    currency
        Of the amounts the model was fitted to.
    independence
        The check of spend against frequency.
    """

    settings: SpendSettings
    currency: Currency
    independence: Independence

    @property
    @abc.abstractmethod
    def process(self) -> SpendProcess:
        """The fit as something to draw amounts from, for :func:`~custvalue.clv.simulate_log`."""

    @abc.abstractmethod
    def mean_spend(self, x: FloatArray, z: FloatArray, /) -> FloatArray:
        """Mean spend of a future purchase after ``x`` (n_rows,) repeat purchases of mean ``z``; 0 of any: a new one."""

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
            (n_customers,) in major units; ``inf`` where the mean does not exist, never negative where amounts are
            positive.

        Raises
        ------
        UnitError
            If the summary is in another currency.
        """
        return self._values(summary, "mean_spend", "expected_spend")

    def new_customer_spend(self) -> Expectation:
        """Mean spend of a purchase of a customer not seen yet, major units; infinite where it does not exist."""
        predict = partial(_spend_of, x=np.zeros(1), z=np.zeros(1), function="mean_spend")
        return bounded_expectation(self, predict, "new_customer_spend", self.currency.code)

    def case_weights(self, data: CustomerSummary, /, *, weights: FloatArray | None = None) -> CaseWeights:
        """Give the likelihood of the data as a function of the weights of its customers."""
        return CaseWeights(counts=checked_weights(weights, len(data)), problem=partial(self.settings.problem, data))

    def redrawn(
        self, data: CustomerSummary, rng: np.random.Generator, /, *, weights: FloatArray | None = None
    ) -> Problem:
        """Give the likelihood of amounts drawn from this fit, each customer with as many purchases as in the data."""
        rows = self.settings.rows(data, weights)
        likes, share = stand_ins(rows.weights, rng)
        x, n = rows.x[likes], likes.size
        owner = np.repeat(np.arange(n, dtype=np.int64), x.astype(np.int64))
        drawn = np.bincount(owner, weights=self.process.draw(owner, n, rng), minlength=n)
        return self.settings.problem_of(attrs.evolve(rows, x=x, z=drawn / x, weights=np.full(n, share)))

    def _estimated(self, problem: Problem, prior: Prior) -> Estimate:
        return estimate(problem, prior, notes=self._notes, extra_advice=self.settings.advice)

    def _values(self, summary: CustomerSummary, function: str, measure: str) -> CustomerValues:
        if summary.currency != self.currency:
            raise UnitError(
                f"{type(self).__name__}.{measure}",
                expected=f"amounts in {self.currency.code}",
                got=f"amounts in {summary.currency.code}",
            )
        z = summary.monetary_value
        if self.settings.positive is not None:
            z = np.maximum(z, 1.0 / self.currency.scale)
        predict = partial(_spend_of, x=summary.frequency, z=z, function=function)
        return bounded_values(self, predict, summary.customers, measure, self.currency.code)


def _spend_of(
    fitted: FittedSpendModel, rows: IntArray | None, /, *, x: FloatArray, z: FloatArray, function: str
) -> FloatArray:
    """Evaluate a method over (x, z) for all customers or some."""
    at = slice(None) if rows is None else rows
    result: FloatArray = getattr(fitted, function)(x[at], z[at])
    return result


FittedT_co = TypeVar("FittedT_co", bound=FittedSpendModel, covariant=True)


@attrs.frozen(kw_only=True)
class SpendSettings(abc.ABC):
    """What the spend models share: the rows they learn from, a likelihood, an optional prior.

    Parameters
    ----------
    prior
        A prior for a fit at the posterior mode; None for maximum likelihood.
    """

    prior: LogNormalPrior | None = None

    @property
    @abc.abstractmethod
    def positive(self) -> NonPositive | None:
        """What to do with amounts of 0 or less; None where they are welcome."""

    @abc.abstractmethod
    def problem_of(self, rows: SpendRows, /) -> Problem:
        """Give the likelihood problem of some rows."""

    def rows(self, summary: CustomerSummary, weights: FloatArray | None = None, /) -> SpendRows:
        """Take the repeat customers of a summary, each counted ``weights`` (n_customers,) times."""
        return spend_rows(summary, type(self).__name__, positive=self.positive, weights=weights)

    def problem(self, summary: CustomerSummary, /, weights: FloatArray | None = None) -> Problem:
        """Give the likelihood problem behind the fit, each customer counted ``weights`` (n_customers,) times."""
        return self.problem_of(self.rows(summary, weights))

    def advice(self, _optimum: Optimum, /) -> tuple[str, ...]:
        """Say what to try where the model itself is no good answer."""
        return ()


@attrs.frozen(kw_only=True)
class SpendModelBase(SpendSettings, Generic[FittedT_co]):
    """The one verb of a spend model."""

    def fit(self, summary: CustomerSummary, /, *, weights: FloatArray | None = None) -> FittedT_co:
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
        rows = self.rows(summary, weights)
        check = independence(rows.x, rows.z)
        notes = self._notes(rows, check)
        found = estimate(self.problem_of(rows), self.prior, notes=notes, extra_advice=self.advice)
        return checked(self._fitted(found, summary.currency, check))

    def _notes(self, rows: SpendRows, check: Independence) -> tuple[str, ...]:
        return variance_notes(rows, check)

    @abc.abstractmethod
    def _fitted(self, found: Estimate, currency: Currency, check: Independence, /) -> FittedT_co:
        """Dress an estimate as this model's fit."""


@attrs.frozen(kw_only=True)
class PositiveSpendModel(SpendModelBase[FittedT_co]):
    """A spend model of positive amounts.

    Parameters
    ----------
    non_positive
        What to do with customers whose repeat purchases add up to 0 or less.
    """

    non_positive: NonPositive = NonPositive.REFUSE

    @property
    def positive(self) -> NonPositive:
        """What to do with amounts of 0 or less."""
        return self.non_positive
