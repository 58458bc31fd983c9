"""A discount rate of its own for each customer, raised or lowered by the risk the customer carries."""

from __future__ import annotations

import enum
from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import ArrayLike

from custvalue._arrays import ArrayHolder, FloatArray, IntArray, check_lengths, float_array, int_array
from custvalue.clv._protocol import CLVModel, FittedCLV
from custvalue.clv._result import CustomerValues
from custvalue.clv._settings import check_probability, lifetime_values, per_customer
from custvalue.data import CustomerIndex, CustomerSummary, DiscountRate, Horizon, TimeUnit, Timing
from custvalue.errors import InputError

__all__ = ["FittedRiskAdjusted", "RiskAdjustedCLV", "RiskAdjustment", "RiskLevel"]

_EXACT = 24  # so many different rates are valued one by one
_NODES = 24  # Chebyshev nodes when there are more


class RiskLevel(enum.IntEnum):
    """Which way a customer's risk moves its discount rate."""

    LOW = -1
    ORDINARY = 0
    HIGH = 1


@attrs.frozen(kw_only=True, eq=False, repr=False)
class RiskAdjustment(ArrayHolder):
    """Risk of each customer: k (1 + probability) for a high risk, k for an ordinary, k (1 - probability) for a low one.

    Parameters
    ----------
    customers
        (n_customers,).
    probability
        (n_customers,) risk probability, in [0, 1]: of default, of leaving, of a bad debt.
    levels
        (n_customers,) :class:`RiskLevel`: -1, 0 or 1.

    Raises
    ------
    InputError
        If a probability is outside [0, 1] or a level none of the three.

    Examples
    --------
    >>> risk = RiskAdjustment.from_cuts(CustomerIndex(["a", "b", "c"]), [0.02, 0.10, 0.40], low=0.05, high=0.30)
    >>> risk.rates(DiscountRate.annual(0.10)).round(3).tolist()
    [0.098, 0.1, 0.14]
    """

    customers: CustomerIndex
    probability: FloatArray = float_array()
    levels: IntArray = int_array()

    def __attrs_post_init__(self) -> None:
        columns = {"probability": self.probability, "levels": self.levels}
        check_lengths("RiskAdjustment", len(self.customers), columns)
        check_probability("RiskAdjustment.probability", self.probability)
        strange = np.setdiff1d(self.levels, [level.value for level in RiskLevel])
        if strange.size:
            raise InputError("RiskAdjustment.levels", expected="-1, 0 or 1", got=f"{strange[:5].tolist()}")

    @classmethod
    def from_cuts(cls, customers: CustomerIndex, probability: ArrayLike, *, low: float, high: float) -> RiskAdjustment:
        """Call a risk low below ``low``, high from ``high`` on, ordinary between.

        Raises
        ------
        InputError
            If ``low`` is above ``high``.
        """
        if not low <= high:
            raise InputError("RiskAdjustment.from_cuts", expected="low on or below high", got=f"{low} and {high}")
        chance = np.asarray(probability, dtype=np.float64)
        levels = np.where(chance >= high, RiskLevel.HIGH, np.where(chance < low, RiskLevel.LOW, RiskLevel.ORDINARY))
        return cls(customers=customers, probability=chance, levels=levels)

    @classmethod
    def from_levels(
        cls, customers: CustomerIndex, probability: ArrayLike, levels: Sequence[RiskLevel]
    ) -> RiskAdjustment:
        """Take levels judged elsewhere, one a customer."""
        codes = np.array([int(level) for level in levels], dtype=np.int64)
        return cls(customers=customers, probability=np.asarray(probability, dtype=np.float64), levels=codes)

    def rates(self, capital: DiscountRate, /) -> FloatArray:
        """Annual discount rate of each customer, (n_customers,), from the cost of capital."""
        annual = capital.per(TimeUnit.YEAR)
        rates: FloatArray = annual * (1.0 + self.levels * self.probability)
        return rates

    def __repr__(self) -> str:
        """One line."""
        n_low, n_high = int((self.levels < 0).sum()), int((self.levels > 0).sum())
        return f"RiskAdjustment({len(self.customers):,} customers, {n_low:,} low and {n_high:,} high risks)"


@attrs.frozen
class RiskAdjustedCLV:
    """Any lifetime-value model, with a discount rate per customer.

    The ``discount`` given to ``lifetime_value`` is the cost of capital; each customer's own rate follows from its risk.
    Up to 24 different rates are valued one by one; beyond that the value of each customer is interpolated in its rate
    at 24 Chebyshev nodes, exact to about nine digits for rates away from 0.

    Parameters
    ----------
    model
        The model to adjust.
    risk
        The customers' risks.

    Examples
    --------
    >>> from custvalue.clv.retention import RetentionCLV
    >>> from custvalue.data import Currency
    >>> who = CustomerIndex(["a", "b"])
    >>> summary = CustomerSummary(
    ...     customers=who, first_at=["2025-01-01"] * 2, last_at=["2025-06-01"] * 2, n_purchases=[2, 2],
    ...     observed_until="2025-12-31", currency=Currency.of("EUR"))
    >>> risk = RiskAdjustment.from_cuts(who, [0.0, 0.5], low=0.0, high=0.3)
    >>> fit = RiskAdjustedCLV(RetentionCLV(margin=100.0, retention=0.8), risk).fit(summary)
    >>> ten_years = Horizon(10, TimeUnit.YEAR)
    >>> fit.lifetime_value(summary, horizon=ten_years, discount=DiscountRate.annual(0.10)).values.round(2).tolist()
    [255.63, 222.5]
    """

    model: CLVModel
    risk: RiskAdjustment

    def fit(self, summary: CustomerSummary, /) -> FittedRiskAdjusted:
        """Fit the model; the risks are taken as they are."""
        return FittedRiskAdjusted(fitted=self.model.fit(summary), risk=self.risk)


@attrs.frozen
class FittedRiskAdjusted:
    """A fitted model with a discount rate per customer.

    Parameters
    ----------
    fitted
        The fitted model.
    risk
        The customers' risks.
    """

    fitted: FittedCLV
    risk: RiskAdjustment

    def lifetime_value(
        self,
        summary: CustomerSummary,
        /,
        *,
        horizon: Horizon,
        discount: DiscountRate,
        timing: Timing = Timing.END,
    ) -> CustomerValues:
        """Present value of what each customer brings, at its own risk-adjusted rate.

        Raises
        ------
        AlignmentError
            If the risk of a customer is not known.
        """
        known = CustomerValues(customers=self.risk.customers, values=self.risk.rates(discount))
        rates = per_customer(known, summary.customers, "RiskAdjustedCLV.risk")
        distinct, place = np.unique(rates, return_inverse=True)
        values = np.empty(len(summary))
        if distinct.size <= _EXACT:
            for group, rate in enumerate(distinct):
                rows = np.flatnonzero(place == group)
                values[rows] = self._valued(summary.take(rows), float(rate), horizon, timing)
        else:
            nodes = _chebyshev(float(distinct[0]), float(distinct[-1]))
            known_values = np.array([self._valued(summary, float(node), horizon, timing) for node in nodes])
            values = _barycentric(nodes, known_values, rates)
        return lifetime_values(summary, values)

    def _valued(self, summary: CustomerSummary, rate: float, horizon: Horizon, timing: Timing) -> FloatArray:
        discount = DiscountRate.annual(rate)
        return self.fitted.lifetime_value(summary, horizon=horizon, discount=discount, timing=timing).values


def _chebyshev(low: float, high: float) -> FloatArray:
    """Nodes of the second kind on [low, high], both ends among them."""
    unit = np.cos(np.pi * np.arange(_NODES) / (_NODES - 1))
    nodes: FloatArray = np.maximum(0.5 * (low + high) + 0.5 * (high - low) * unit, 0.0)
    return nodes


def _barycentric(nodes: FloatArray, values: FloatArray, at: FloatArray) -> FloatArray:
    """Interpolate each column of ``values`` (n_nodes, n) at its own point of ``at`` (n,): Berrut and Trefethen 2004."""
    sign = np.where(np.arange(nodes.size) % 2, -1.0, 1.0)
    sign[[0, -1]] *= 0.5
    gap = at - nodes[:, np.newaxis]
    hit = gap == 0.0
    weight = sign[:, np.newaxis] / np.where(hit, 1.0, gap)
    weight = np.where(hit.any(axis=0), hit.astype(np.float64), weight)
    result: FloatArray = (weight * values).sum(axis=0) / weight.sum(axis=0)
    return result
