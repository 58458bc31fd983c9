"""Lifetime value kept apart by where it comes from: base, cross-selling, cost saving, referral, price premium."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, FloatArray, check_lengths, float_arrays
from custvalue._frames import FrameKind, build_frame
from custvalue.clv._protocol import CLVModel, FittedCLV
from custvalue.clv._result import CustomerValues
from custvalue.clv._settings import lifetime_values
from custvalue.clv.dwyer import LostForGood
from custvalue.data import CustomerIndex, CustomerSummary, DiscountRate, Horizon, TimeUnit, Timing, ValueTable
from custvalue.errors import InputError

__all__ = ["ComponentsCLV", "FittedComponents", "LifeCycleComponent", "ValueComponents"]


class LifeCycleComponent(enum.Enum):
    """Where the profit of a customer comes from as the relationship ages.

    References
    ----------
    Reichheld and Sasser, "Zero defections: quality comes to services", *Harvard Business Review* 68(5), 1990.
    """

    ACQUISITION = "acquisition"
    BASE = "base"
    CROSS_SELL = "cross_sell"
    COST_SAVING = "cost_saving"
    REFERRAL = "referral"
    PRICE_PREMIUM = "price_premium"

    @staticmethod
    def name_of(component: LifeCycleComponent | str) -> str:
        """Give the plain name of a component."""
        return component.value if isinstance(component, LifeCycleComponent) else component


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ValueComponents(ArrayHolder):
    """Lifetime value by component; the total is their sum and nothing else.

    Parameters
    ----------
    customers
        (n_customers,).
    components
        Component name to (n_customers,) values in major units.
    unit
        Currency code.
    """

    customers: CustomerIndex
    components: Mapping[str, FloatArray] = attrs.field(converter=float_arrays)
    unit: str = ""

    def __attrs_post_init__(self) -> None:
        check_lengths("ValueComponents", len(self.customers), dict(self.components))

    def __getitem__(self, component: LifeCycleComponent) -> FloatArray:
        """One component, (n_customers,); 0 where it is not modelled."""
        return self.components.get(component.value, np.zeros(len(self.customers)))

    @property
    def total(self) -> CustomerValues:
        """Sum of the components, one value a customer."""
        values = np.add.reduce(list(self.components.values()))
        return CustomerValues(customers=self.customers, values=values, measure="lifetime_value", unit=self.unit)

    @property
    def table(self) -> ValueTable:
        """The components and their total as measures."""
        measures = {**self.components, "lifetime_value": self.total.values}
        return ValueTable(customers=self.customers, measures=measures)

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer: customer, each component, lifetime_value."""
        columns = {"customer": self.customers.ids, **self.components, "lifetime_value": self.total.values}
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        parts = ", ".join(f"{name} {float(values.sum()):,.2f}" for name, values in self.components.items())
        return f"ValueComponents({len(self.customers):,} customers: {parts} {self.unit})"


def _models(value: Mapping[LifeCycleComponent, CLVModel] | Mapping[str, CLVModel]) -> Mapping[str, CLVModel]:
    return {LifeCycleComponent.name_of(key): model for key, model in value.items()}


def _fits(value: Mapping[str, FittedCLV]) -> Mapping[str, FittedCLV]:
    return dict(value)


@attrs.frozen
class ComponentsCLV:
    """Lifetime value as a sum of components, each with a model of its own.

    Parameters
    ----------
    components
        Component (:class:`LifeCycleComponent` or its value) to the model of its value; costs are models of negative
        margins.

    Raises
    ------
    InputError
        If there is no component, or one of another name.

    Examples
    --------
    >>> from custvalue.data import Currency
    >>> summary = CustomerSummary(
    ...     customers=CustomerIndex(["a"]), first_at=["2025-12-31"], last_at=["2025-12-31"], n_purchases=[1],
    ...     observed_until="2025-12-31", currency=Currency.of("EUR"))
    >>> model = ComponentsCLV.from_profile(
    ...     {LifeCycleComponent.ACQUISITION: [-51, 0, 0], LifeCycleComponent.BASE: [30, 30, 30],
    ...      LifeCycleComponent.REFERRAL: [0, 3, 6]}, retention=[1.0, 0.9, 0.9])
    >>> parts = model.fit(summary).components(
    ...     summary, horizon=Horizon(3, TimeUnit.YEAR), discount=DiscountRate.annual(0.0))
    >>> parts
    ValueComponents(1 customers: acquisition -51.00, base 81.30, referral 7.56 EUR)
    >>> round(parts.total.total, 2)
    37.86
    """

    components: Mapping[str, CLVModel] = attrs.field(converter=_models, hash=False)

    def __attrs_post_init__(self) -> None:
        known = [component.value for component in LifeCycleComponent]
        strange = sorted(set(self.components) - set(known))
        if strange or not self.components:
            expected = f"at least one component, among {known}"
            raise InputError("ComponentsCLV", expected=expected, got=f"{strange or 'none'}")

    @classmethod
    def from_profile(
        cls,
        profits: Mapping[LifeCycleComponent, Sequence[float]],
        *,
        retention: Sequence[float],
        period: TimeUnit = TimeUnit.YEAR,
    ) -> ComponentsCLV:
        """Take the profit of each component in period 1, 2, ... of a customer's life, and the retention into each.

        Parameters
        ----------
        profits
            Component to profit a period of life for a customer still there.
        retention
            Chance of reaching period 1, 2, ... of life from the one before.
        period
            Length of a period.
        """
        keep = tuple(retention)
        models = {name: LostForGood(keep, tuple(values), period=period) for name, values in profits.items()}
        return cls(models)

    def fit(self, summary: CustomerSummary, /) -> FittedComponents:
        """Fit every component."""
        return FittedComponents({name: model.fit(summary) for name, model in self.components.items()})


@attrs.frozen
class FittedComponents:
    """Fitted components.

    Parameters
    ----------
    fitted
        Component to its fitted model.
    """

    fitted: Mapping[str, FittedCLV] = attrs.field(converter=_fits, hash=False)

    def components(
        self,
        summary: CustomerSummary,
        /,
        *,
        horizon: Horizon,
        discount: DiscountRate,
        timing: Timing = Timing.END,
    ) -> ValueComponents:
        """Value of each customer by component."""
        found = {
            name: model.lifetime_value(summary, horizon=horizon, discount=discount, timing=timing).values
            for name, model in self.fitted.items()
        }
        return ValueComponents(customers=summary.customers, components=found, unit=summary.currency.code)

    def lifetime_value(
        self,
        summary: CustomerSummary,
        /,
        *,
        horizon: Horizon,
        discount: DiscountRate,
        timing: Timing = Timing.END,
    ) -> CustomerValues:
        """Sum of the components."""
        parts = self.components(summary, horizon=horizon, discount=discount, timing=timing)
        return lifetime_values(summary, parts.total.values)
