"""The three parts of a customer's value on one page: already earned, going on, and possible."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, FloatArray, check_lengths, float_array, strings
from custvalue._frames import FrameKind, build_frame
from custvalue.clv._protocol import CLVModel, FittedCLV
from custvalue.clv._result import CustomerValues
from custvalue.clv._settings import (
    PerCustomer,
    check_finite,
    check_probability,
    lifetime_values,
    per_customer,
    values_of,
)
from custvalue.clv.retention import HistoricalMargin
from custvalue.data import CustomerIndex, CustomerMargin, CustomerSummary, DiscountRate, Horizon, Timing, ValueTable
from custvalue.errors import InputError

__all__ = [
    "CrossSellPotential",
    "ExpectedGrowth",
    "FittedThreeParts",
    "Outlook",
    "PotentialEstimator",
    "ShareOfWalletGap",
    "ThreeParts",
    "ValueParts",
]


@attrs.frozen
class Outlook:
    """How far to look and at what rate.

    Parameters
    ----------
    horizon, discount, timing
        As in ``lifetime_value``.
    """

    horizon: Horizon
    discount: DiscountRate
    timing: Timing = Timing.END


@runtime_checkable
class PotentialEstimator(Protocol):
    """Tells what a customer could be worth beyond what it is."""

    def potential(self, summary: CustomerSummary, current: CustomerValues, outlook: Outlook, /) -> FloatArray:
        """Value beyond the current one, (n_customers,), in major units."""
        ...


@attrs.frozen
class ShareOfWalletGap:
    """Potential as the part of the customer's wallet that goes to others: current x winnable x (1 - share) / share.

    Parameters
    ----------
    share
        Our share of what the customer spends in the category, in (0, 1].
    winnable
        Part of the rest that can be won, in [0, 1].

    Examples
    --------
    >>> ShareOfWalletGap(share=0.25, winnable=0.1).factor(0.25)
    0.30000000000000004
    """

    share: PerCustomer
    winnable: float = 1.0

    def __attrs_post_init__(self) -> None:
        check_probability("ShareOfWalletGap.winnable", self.winnable)
        given = values_of(self.share)
        check_probability("ShareOfWalletGap.share", given)
        if bool(np.any(given == 0.0)):
            hint = "Without a share there is no current value to scale; use another estimator for such customers."
            raise InputError("ShareOfWalletGap.share", expected="shares above 0", got="0", hint=hint)

    def factor(self, share: float, /) -> float:
        """Potential for each unit of current value."""
        return self.winnable * (1.0 - share) / share

    def potential(self, summary: CustomerSummary, current: CustomerValues, _outlook: Outlook, /) -> FloatArray:
        """Value of the winnable part of the wallet, (n_customers,)."""
        share = per_customer(self.share, summary.customers, "ShareOfWalletGap.share")
        return current.values * self.winnable * (1.0 - share) / share


@attrs.frozen
class ExpectedGrowth:
    """Potential as the value under expected growth less the current value.

    Parameters
    ----------
    model
        A model with the growth in it, say :class:`~custvalue.clv.retention.RetentionCLV` with ``growth=0.05``.
    """

    model: CLVModel

    def potential(self, summary: CustomerSummary, current: CustomerValues, outlook: Outlook, /) -> FloatArray:
        """Value of the growth, (n_customers,); negative where the model shrinks."""
        grown = self.model.fit(summary).lifetime_value(
            summary, horizon=outlook.horizon, discount=outlook.discount, timing=outlook.timing
        )
        return grown.values - current.values


@attrs.frozen(kw_only=True, eq=False)
class CrossSellPotential(ArrayHolder):
    """Potential as the products a customer does not have yet: chance of selling each times what it would bring.

    Parameters
    ----------
    customers
        (n_customers,).
    products
        Names.
    probability
        (n_customers, n_products) chance of selling the product within the horizon; 0 for products owned.
    margin
        (n_products,) present value of a sale's margin, in major units.

    Raises
    ------
    InputError
        If shapes differ or a probability is outside [0, 1].
    """

    customers: CustomerIndex
    products: tuple[str, ...] = attrs.field(converter=strings)
    probability: FloatArray = float_array(2)
    margin: FloatArray = float_array()

    def __attrs_post_init__(self) -> None:
        shape = (len(self.customers), len(self.products))
        if self.probability.shape != shape or self.margin.shape != shape[1:]:
            got = f"{self.probability.shape} and {self.margin.shape}"
            raise InputError("CrossSellPotential", expected=f"shapes {shape} and {shape[1:]}", got=got)
        check_probability("CrossSellPotential.probability", self.probability)
        check_finite("CrossSellPotential.margin", self.margin)

    def potential(self, summary: CustomerSummary, _current: CustomerValues, _outlook: Outlook, /) -> FloatArray:
        """Expected margin of the products to be sold, (n_customers,)."""
        known = CustomerValues(customers=self.customers, values=self.probability @ self.margin)
        return per_customer(known, summary.customers, "CrossSellPotential")


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ValueParts(ArrayHolder):
    """Historical, current and potential value of each customer.

    Parameters
    ----------
    customers
        (n_customers,).
    historical
        (n_customers,) profit already earned, in major units.
    current
        (n_customers,) value of the relationship as it goes on now.
    potential
        (n_customers,) value beyond that.
    unit
        Currency code.
    """

    customers: CustomerIndex
    historical: FloatArray = float_array()
    current: FloatArray = float_array()
    potential: FloatArray = float_array()
    unit: str = ""

    def __attrs_post_init__(self) -> None:
        columns = {"historical": self.historical, "current": self.current, "potential": self.potential}
        check_lengths("ValueParts", len(self.customers), columns)

    @property
    def total(self) -> CustomerValues:
        """Sum of the three parts."""
        values = self.historical + self.current + self.potential
        return CustomerValues(customers=self.customers, values=values, measure="total_value", unit=self.unit)

    @property
    def table(self) -> ValueTable:
        """The three parts as measures, for portfolios of current against potential value."""
        measures = {"historical": self.historical, "current": self.current, "potential": self.potential}
        return ValueTable(customers=self.customers, measures=measures)

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer: customer, historical, current, potential, total."""
        parts = {"historical": self.historical, "current": self.current, "potential": self.potential}
        return build_frame({"customer": self.customers.ids, **parts, "total": self.total.values}, like)

    def __repr__(self) -> str:
        """One line."""
        sums = [f"{float(part.sum()):,.2f}" for part in (self.historical, self.current, self.potential)]
        return f"ValueParts({len(self.customers):,} customers: {' + '.join(sums)} {self.unit})"


@attrs.frozen
class ThreeParts:
    """Historical, current and potential value, each by a stated rule.

    Parameters
    ----------
    current
        Model of the relationship as it goes on.
    potential
        Estimator of what is possible beyond it.
    margin
        What was left of past purchases: a share of spend, or a :class:`~custvalue.data.CustomerMargin`.

    Examples
    --------
    >>> from custvalue.clv.retention import RetentionCLV
    >>> from custvalue.data import Currency, TimeUnit
    >>> summary = CustomerSummary(
    ...     customers=CustomerIndex(["a"]), first_at=["2024-01-01"], last_at=["2025-06-01"], n_purchases=[5],
    ...     total_amount=[50_000], observed_until="2025-12-31", currency=Currency.of("EUR"))
    >>> model = ThreeParts(RetentionCLV(margin=100.0, retention=0.5), ShareOfWalletGap(0.5, winnable=0.2), margin=0.4)
    >>> fit = model.fit(summary)
    >>> fit.parts(summary, horizon=Horizon(1, TimeUnit.YEAR), discount=DiscountRate.annual(0.0))
    ValueParts(1 customers: 200.00 + 50.00 + 10.00 EUR)
    """

    current: CLVModel
    potential: PotentialEstimator
    margin: float | CustomerMargin = 1.0

    def __attrs_post_init__(self) -> None:
        HistoricalMargin(self.margin)  # refuses what is no margin

    def fit(self, summary: CustomerSummary, /) -> FittedThreeParts:
        """Fit the model of the current value."""
        return FittedThreeParts(model=self, current=self.current.fit(summary))


@attrs.frozen
class FittedThreeParts:
    """Three parts with the current value's model fitted.

    Parameters
    ----------
    model
        The settings.
    current
        The fitted model of the current value.
    """

    model: ThreeParts
    current: FittedCLV

    def parts(
        self,
        summary: CustomerSummary,
        /,
        *,
        horizon: Horizon,
        discount: DiscountRate,
        timing: Timing = Timing.END,
    ) -> ValueParts:
        """Historical, current and potential value of each customer."""
        now = self.current.lifetime_value(summary, horizon=horizon, discount=discount, timing=timing)
        outlook = Outlook(horizon, discount, timing)
        return ValueParts(
            customers=summary.customers,
            historical=HistoricalMargin(self.model.margin).earned(summary),
            current=now.values,
            potential=self.model.potential.potential(summary, now, outlook),
            unit=summary.currency.code,
        )

    def lifetime_value(
        self,
        summary: CustomerSummary,
        /,
        *,
        horizon: Horizon,
        discount: DiscountRate,
        timing: Timing = Timing.END,
    ) -> CustomerValues:
        """Current plus potential value: what is still to come."""
        parts = self.parts(summary, horizon=horizon, discount=discount, timing=timing)
        return lifetime_values(summary, parts.current + parts.potential)
