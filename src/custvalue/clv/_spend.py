"""What the spend models share: the rows they are fitted to, and the check of their first assumption."""

from __future__ import annotations

import enum
import math

import attrs
import numpy as np
from scipy import special

from custvalue._arrays import ArrayHolder, FloatArray, IntArray, as_floats, check_lengths, float_array
from custvalue.clv._estimate import Fitted
from custvalue.clv._protocol import FittedSpend
from custvalue.clv._result import CustomerValues
from custvalue.clv.intervals import DeltaIntervals, SupportsParameters
from custvalue.data import Currency, CustomerSummary
from custvalue.errors import InputError, UnitError

__all__ = [
    "FittedSpendModel",
    "Independence",
    "NonPositive",
    "SpendRows",
    "independence",
    "spend_notes",
    "spend_rows",
    "variance_notes",
]

_STRONG = 0.15  # correlation from which a dependence of spend on frequency changes rankings


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
    n_left_out
        Customers who came back but whose spend is not positive, left out.
    """

    x: FloatArray = float_array()
    z: FloatArray = float_array()
    weights: FloatArray = float_array()
    n_left_out: int = 0

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
    across, up = x - x.mean(), z - z.mean()
    width, height = float(across @ across), float(up @ up)
    if width == 0 or height == 0:
        return Independence(n_customers=x.size, correlation=math.nan, p_value=math.nan)
    joint = float(across @ up)
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
        If nobody came back, amounts are unknown, or amounts of 0 or less are refused, naming customers.
    """
    x, z = summary.frequency, summary.monetary_value
    weight = np.ones(x.size) if weights is None else as_floats(weights)
    check_lengths(f"{where}.fit weights", x.size, {"weights": weight})
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
        raise InputError(
            f"{where}.fit",
            expected="customers with a repeat purchase",
            got=f"none among {x.size:,}",
            hint="One-time buyers say nothing about repeat spend; observe longer.",
        )
    return SpendRows(x=x[keep], z=z[keep], weights=weight[keep], n_left_out=int(low.sum()))


def spend_notes(rows: SpendRows, check: Independence) -> list[str]:
    """Say what the check found and how many customers the fit does not know."""
    notes = [str(check)]
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
class FittedSpendModel(Fitted):
    """What the fitted spend models share.

    Parameters
    ----------
    currency
        Of the amounts the model was fitted to.
    independence
        The check of spend against frequency.
    """

    currency: Currency
    independence: Independence

    def _observed(self, summary: CustomerSummary, *, floor: bool) -> tuple[FloatArray, FloatArray]:
        """Give (x, z) of the customers to predict; amounts of 0 or less raised to the smallest coin."""
        if summary.currency != self.currency:
            raise UnitError(
                f"{type(self).__name__}.expected_spend",
                expected=f"amounts in {self.currency.code}",
                got=f"amounts in {summary.currency.code}",
            )
        z = summary.monetary_value
        return summary.frequency, np.maximum(z, 1.0 / self.currency.scale) if floor else z

    def _spend(self, summary: CustomerSummary, values: FloatArray, measure: str = "expected_spend") -> CustomerValues:
        unit = self.currency.code
        bounds = DeltaIntervals[SupportsParameters](fitted=self, predict=_SpendOf(summary=summary))
        return CustomerValues(
            customers=summary.customers,
            values=values,
            measure=measure,
            unit=unit,
            intervals=bounds if measure == "expected_spend" else None,
        )


@attrs.frozen(kw_only=True, eq=False)
class _SpendOf:
    """The expected spend of the customers of a summary, or of some of them."""

    summary: CustomerSummary

    def __call__(self, fitted: SupportsParameters, rows: IntArray | None) -> FloatArray:
        part = self.summary if rows is None else self.summary.take(rows)
        if not isinstance(fitted, FittedSpend):
            raise InputError("expected_spend", expected="a fitted spend model", got=type(fitted).__name__)
        return fitted.expected_spend(part).values
