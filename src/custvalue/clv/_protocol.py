"""The seams between models: one or two verbs each, nouns in, nouns out. Nobody has to subclass anything.

What only one tool asks for (bounds, draws, tracking) is a protocol beside that tool.
"""

from __future__ import annotations

from typing import Literal, Protocol, runtime_checkable

from custvalue.clv._result import CustomerValues, Expectation
from custvalue.data import CustomerMargin, CustomerSummary, DiscountRate, Horizon, Timing

__all__ = [
    "CLVModel",
    "FittedCLV",
    "FittedPurchases",
    "FittedSpend",
    "PurchaseModel",
    "SpendModel",
    "SupportsMargin",
    "SupportsNewSpend",
    "SupportsParts",
    "SupportsResidual",
]


@runtime_checkable
class FittedCLV(Protocol):
    """A fitted lifetime-value model."""

    def lifetime_value(
        self,
        summary: CustomerSummary,
        /,
        *,
        horizon: Horizon,
        discount: DiscountRate,
        timing: Timing = Timing.END,
    ) -> CustomerValues:
        """Present value of what each customer will bring within the horizon, in major units."""
        ...


@runtime_checkable
class CLVModel(Protocol):
    """A lifetime-value model: settings that can be fitted to a summary."""

    def fit(self, summary: CustomerSummary, /) -> FittedCLV:
        """Learn from the summary; returns a new object."""
        ...


@runtime_checkable
class FittedPurchases(Protocol):
    """A fitted model of when customers buy and whether they still do."""

    def probability_alive(self, summary: CustomerSummary, /, at: Horizon | Literal[0] = 0) -> CustomerValues:
        """Probability that each customer is still active ``at`` a time ahead; 0 is now."""
        ...

    def expected_purchases(self, summary: CustomerSummary, horizon: Horizon, /) -> CustomerValues:
        """Purchases to expect from each customer within the horizon."""
        ...


@runtime_checkable
class PurchaseModel(Protocol):
    """A model of purchases: settings that can be fitted."""

    def fit(self, summary: CustomerSummary, /) -> FittedPurchases:
        """Learn from the summary; returns a new object."""
        ...


@runtime_checkable
class SupportsResidual(Protocol):
    """A fitted purchase model that knows discounted expected residual transactions (DERT)."""

    def expected_residual_transactions(self, summary: CustomerSummary, discount: DiscountRate, /) -> CustomerValues:
        """Present value of all purchases to come, one unit each, without end."""
        ...


@runtime_checkable
class FittedSpend(Protocol):
    """A fitted model of what a purchase brings."""

    def expected_spend(self, summary: CustomerSummary, /) -> CustomerValues:
        """Mean spend of a future purchase of each customer, in major units."""
        ...


@runtime_checkable
class SpendModel(Protocol):
    """A model of spend per purchase: settings that can be fitted."""

    def fit(self, summary: CustomerSummary, /) -> FittedSpend:
        """Learn from the summary; returns a new object."""
        ...


@runtime_checkable
class SupportsNewSpend(Protocol):
    """A fitted spend model that knows what a purchase of somebody not seen yet brings."""

    def new_customer_spend(self) -> Expectation:
        """Mean spend of a purchase of a customer not seen yet, in major units."""
        ...


@runtime_checkable
class SupportsParts(Protocol):
    """A fitted lifetime-value model made of a purchase model and a spend model."""

    @property
    def purchases(self) -> FittedPurchases:
        """How often customers still buy."""
        ...

    @property
    def spend(self) -> FittedSpend:
        """What a purchase brings."""
        ...


@runtime_checkable
class SupportsMargin(Protocol):
    """A lifetime-value model that can be told what is left of a purchase, customer by customer.

    A model whose margin is stated in money has no use for it and returns itself.
    """

    def with_margin(self, margin: float | CustomerMargin, /) -> CLVModel:
        """The same model with another margin."""
        ...
