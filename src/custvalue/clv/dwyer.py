"""Dwyer's two kinds of customer: lost for good, and always a share."""

from __future__ import annotations

import math

import attrs
import numpy as np

from custvalue._arrays import FloatArray, IntArray
from custvalue.clv._kernels.berger_nasr import active_customers, expected_purchasers
from custvalue.clv._kernels.present_value import discount_factors
from custvalue.clv._kernels.retention import varying_multiple
from custvalue.clv._settings import FirstMargin, FittedFormula, check_finite, check_probability, finite_periods, floats
from custvalue.data import CustomerSummary, DiscountRate, Horizon, TimeUnit, Timing
from custvalue.errors import InputError

__all__ = ["AlwaysAShare", "LostForGood"]


@attrs.frozen
class LostForGood:
    """A customer who has left never comes back; retention and margin depend on how long it has been one.

    Period a of a customer's life (1, 2, ...) yields ``margin[a - 1]`` if it is still there. Customers enter at their
    age in whole periods; beyond the last period stated nothing is counted.

    Parameters
    ----------
    retention
        Probability of staying from period a to a + 1 of life, a = 1, 2, ...; each in [0, 1].
    margin
        Margin in period a of life, in major units; one more than retentions if the first needs no renewal.
    first_margin
        Whether the coming period's margin already depends on a renewal.
    period
        Length of a period.

    Raises
    ------
    InputError
        If a retention is not a probability, or a margin is missing.

    References
    ----------
    Dwyer, "Customer lifetime valuation to support marketing decision making", *Journal of Direct Marketing* 3(4),
    1989, 8-15, reprinted 11(4), 1997, 6-13; the retention model there.

    Examples
    --------
    >>> LostForGood(retention=(0.6, 0.8, 0.9), margin=(100.0, 120.0, 130.0)).survival.round(3).tolist()
    [1.0, 0.6, 0.48, 0.432]
    """

    retention: tuple[float, ...] = attrs.field(converter=floats)
    margin: tuple[float, ...] = attrs.field(converter=floats)
    first_margin: FirstMargin = FirstMargin.IF_RETAINED
    period: TimeUnit = TimeUnit.YEAR

    def __attrs_post_init__(self) -> None:
        check_probability("LostForGood.retention", self.retention)
        check_finite("LostForGood.margin", self.margin)
        spare = len(self.retention) - len(self.margin)
        if not self.margin or spare not in {0, self.first_margin.renewals - 1}:
            got = f"{len(self.retention)} retentions, {len(self.margin)} margins"
            raise InputError("LostForGood", expected="one retention for each margin", got=got)

    @property
    def survival(self) -> FloatArray:
        """Share of a cohort left after 0, 1, 2, ... periods."""
        return np.concatenate(([1.0], np.cumprod(self.retention)))

    def fit(self, summary: CustomerSummary, /) -> FittedFormula:  # noqa: ARG002  # nothing to learn
        """Take the settings as they are; nothing is estimated."""
        return FittedFormula(self)

    def values(
        self, summary: CustomerSummary, horizon: Horizon | None, discount: DiscountRate, timing: Timing, /
    ) -> FloatArray:
        """Lifetime values (n_customers,) in major units."""
        stated = len(self.margin)
        wanted = stated if horizon is None else finite_periods(horizon, self.period, "LostForGood(horizon)")
        return varying_multiple(
            self.survival,
            np.array(self.margin),
            np.floor(summary.in_unit(self.period).T),
            min(wanted, stated),
            discount.per(self.period),
            timing.offset,
            self.first_margin.renewals,
        )


@attrs.frozen
class AlwaysAShare:
    """A customer who skipped a period may buy again, the less likely the longer ago the last purchase.

    Case 5 of Berger and Nasr. Customers enter in the recency cell their last purchase puts them in: cell 1 within the
    last period, cell 2 in the one before ... beyond the last cell they are given up. Everyone not given up gets the
    promotion; the same model as a :class:`~custvalue.clv.markov.MarkovCLV` over recency cells, found by another road.

    Parameters
    ----------
    probability
        Chance of buying in the next period, by recency cell.
    contribution
        Contribution of the purchases of a period, in major units.
    promotion
        Cost a period of each customer in a cell.
    first_margin
        Whether the first period counted is the present one (CERTAIN) or the next (IF_RETAINED).
    period
        Length of a period.

    Raises
    ------
    InputError
        If a probability is outside [0, 1], or an amount missing.

    References
    ----------
    Dwyer (1989), the migration model; Berger and Nasr, "Customer lifetime value", *Journal of Interactive
    Marketing* 12(1), 1998, case 5.
    """

    probability: tuple[float, ...] = attrs.field(converter=floats)
    contribution: float
    promotion: float = 0.0
    first_margin: FirstMargin = FirstMargin.IF_RETAINED
    period: TimeUnit = TimeUnit.YEAR

    def __attrs_post_init__(self) -> None:
        check_probability("AlwaysAShare.probability", self.probability)
        check_finite("AlwaysAShare.contribution", self.contribution)
        check_finite("AlwaysAShare.promotion", self.promotion, least=0.0)
        if not self.probability:
            raise InputError("AlwaysAShare.probability", expected="at least one recency cell", got="none")

    def fit(self, summary: CustomerSummary, /) -> FittedFormula:  # noqa: ARG002  # nothing to learn
        """Take the settings as they are; nothing is estimated."""
        return FittedFormula(self)

    def cells(self, summary: CustomerSummary, /) -> IntArray:
        """Recency cell of each customer, (n_customers,): 1, 2, ...; past the last one it is given up."""
        ago = np.floor(summary.days_since_last / self.period.days).astype(np.int64) + 1
        return np.minimum(ago, len(self.probability) + 1)

    def values(
        self, summary: CustomerSummary, horizon: Horizon | None, discount: DiscountRate, timing: Timing, /
    ) -> FloatArray:
        """Lifetime values (n_customers,) in major units."""
        n_periods = finite_periods(horizon, self.period, "AlwaysAShare.lifetime_value(horizon)")
        factors = discount_factors(n_periods, discount.per(self.period), timing.offset)
        cells = len(self.probability)
        by_cell = np.array([self._value(cell, n_periods, factors) for cell in range(1, cells + 1)] + [0.0])
        return by_cell[self.cells(summary) - 1]

    def _value(self, cell: int, n_periods: int, factors: FloatArray) -> float:
        chances = np.array(self.probability)
        purchases = expected_purchasers(chances, n_periods, cell)
        active = active_customers(chances, purchases, cell)
        profit = self.contribution * purchases - self.promotion * active
        first = self.first_margin.renewals
        return math.fsum(profit[first : first + n_periods] * factors)
