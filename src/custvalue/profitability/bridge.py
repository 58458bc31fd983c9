"""The bridge between two periods: why profit changed, adding up to the cent and free of any order."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import attrs
import numpy as np

from custvalue._arrays import (
    ArrayHolder,
    FloatArray,
    IntArray,
    check_lengths,
    float_array,
    float_arrays,
    int_array,
    numbers,
)
from custvalue._frames import FrameKind, build_frame
from custvalue.data import Currency, CustomerIndex, MoneyTable
from custvalue.errors import Fault, InputError, SchemaError
from custvalue.profitability._kernels import bridge as kernel
from custvalue.profitability._kernels.rounding import rows_to_totals

__all__ = ["EFFECTS", "BridgePeriod", "ProfitBridge"]

EFFECTS = ("volume", "mix", "price", "product_cost", "service_quantity", "service_rate")

Pair = tuple[FloatArray, FloatArray]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class BridgePeriod(ArrayHolder):
    """What was sold and what serving took in one period.

    Parameters
    ----------
    customers
        (n_customers,) or customer-product rows, each with an id of its own.
    quantity
        (n_customers,) units sold, 0 or more.
    price, unit_cost
        (n_customers,) net price and product cost of a unit in major units; not looked at where nothing was sold.
    activities
        Driver name to (n_customers,) quantities used: orders, deliveries, visits.
    rates
        Driver name to the cost of one, in major units.

    Raises
    ------
    SchemaError
        Naming columns that are negative or missing, and drivers without a rate.
    """

    customers: CustomerIndex
    quantity: FloatArray = float_array()
    price: FloatArray = float_array()
    unit_cost: FloatArray = float_array()
    activities: Mapping[str, FloatArray] = attrs.field(factory=dict, converter=float_arrays)
    rates: Mapping[str, float] = attrs.field(factory=dict, converter=numbers)

    def __attrs_post_init__(self) -> None:
        own = {"quantity": self.quantity, "price": self.price, "unit_cost": self.unit_cost}
        check_lengths("BridgePeriod", len(self.customers), {**own, **self.activities})
        SchemaError.raise_for("BridgePeriod", list(self._faults()))

    def _faults(self) -> Iterable[Fault]:
        for name, column in {"quantity": self.quantity, **self.activities}.items():
            if not (np.isfinite(column) & (column >= 0)).all():
                yield Fault(name, "finite quantities of 0 or more", "others")
        sold = self.quantity > 0
        for name, column in (("price", self.price), ("unit_cost", self.unit_cost)):
            if not np.isfinite(column[sold]).all():
                yield Fault(name, "finite amounts where something was sold", "others")
        if set(self.rates) != set(self.activities) or not np.isfinite(list(self.rates.values())).all():
            yield Fault("rates", f"a finite rate for each of {sorted(self.activities)}", f"rates {dict(self.rates)}")


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ProfitBridge(ArrayHolder):
    """Profit before, six effects, profit after, for every customer, in whole minor units.

    Build it with :meth:`between`. Each row adds up exactly.

    Parameters
    ----------
    customers
        (n_customers,) everybody of either period.
    before, after
        (n_customers,) profit in the two periods, minor units.
    effects
        (n_customers, 6) change by :data:`EFFECTS`, minor units.
    currency
        Of all amounts.

    Raises
    ------
    InputError
        If a row does not add up.

    Examples
    --------
    >>> ids = CustomerIndex(["a"])
    >>> old = BridgePeriod(customers=ids, quantity=[100], price=[10], unit_cost=[6])
    >>> new = BridgePeriod(customers=ids, quantity=[100], price=[11], unit_cost=[6.5])
    >>> ProfitBridge.between(old, new, currency="EUR").total
    {'volume': 0, 'mix': 0, 'price': 10000, 'product_cost': -5000, 'service_quantity': 0, 'service_rate': 0}
    """

    customers: CustomerIndex
    before: IntArray = int_array()
    after: IntArray = int_array()
    effects: IntArray = int_array(2)
    currency: Currency

    def __attrs_post_init__(self) -> None:
        shape = (len(self.customers), len(EFFECTS))
        if self.effects.shape != shape or self.before.size != shape[0] or self.after.size != shape[0]:
            raise InputError("ProfitBridge", expected=f"effects of shape {shape}", got=str(self.effects.shape))
        if (self.before + self.effects.sum(axis=1) != self.after).any():
            raise InputError("ProfitBridge", expected="before + effects = after in every row", got="rows that do not")

    @classmethod
    def between(cls, before: BridgePeriod, after: BridgePeriod, *, currency: Currency | str) -> ProfitBridge:
        """Explain the change of profit from one period to the next.

        Parameters
        ----------
        before, after
            The two periods. Customers are matched by id; who is in one only sold nothing in the other.
        currency
            Of the prices and rates.

        Notes
        -----
        Profit of a row is Q s (p - c) - sum r d: total quantity Q (volume), the row's share s of it (mix), net price p,
        product cost c, driver quantity d and rate r. Each effect is the Shapley value of its factor: the mean of its
        effect over all orders of changing the factors one after another, so no order is preferred. A price, cost,
        rate or mix that a period does not have is taken from the other period and has no effect of its own. Rows are
        rounded by largest remainder.
        """
        ids = np.concatenate([before.customers.ids, after.customers.ids])
        customers = CustomerIndex(ids[np.sort(np.unique(ids, return_index=True)[1])])
        places = tuple(period.customers.positions(customers.ids) for period in (before, after))
        periods = (before, after)
        q = _pair([_at(p.quantity, at, 0.0) for p, at in zip(periods, places, strict=True)])
        price = _carried([p.price for p in periods], places, q)
        cost = _carried([p.unit_cost for p in periods], places, q)
        effects = np.zeros((len(customers), len(EFFECTS)))
        effects[:, :4] = _sales_effects(q, price, cost)
        served = [np.zeros(len(customers)), np.zeros(len(customers))]
        for name in dict.fromkeys([*before.activities, *after.activities]):
            d = _pair([_at(p.activities.get(name), at, 0.0) for p, at in zip(periods, places, strict=True)])
            r = _rate_pair(name, before, after, len(customers))
            quantity, rate = kernel.two_factors(d, r)
            effects[:, 4] -= quantity
            effects[:, 5] -= rate
            for when in (0, 1):
                served[when] += d[when] * r[when]
        unit = Currency.of(currency)
        profit = [
            np.rint((q[when] * (price[when] - cost[when]) - served[when]) * unit.scale).astype(np.int64)
            for when in (0, 1)
        ]
        whole = rows_to_totals(np.round(effects * unit.scale, 6), profit[1] - profit[0])
        return cls(customers=customers, before=profit[0], after=profit[1], effects=whole, currency=unit)

    @property
    def total(self) -> dict[str, int]:
        """Effect name to its sum over all customers, minor units."""
        return {name: int(self.effects[:, at].sum()) for at, name in enumerate(EFFECTS)}

    @property
    def money(self) -> MoneyTable:
        """Profit before, the effects and profit after as a table of money."""
        amounts = {name: self.effects[:, at] for at, name in enumerate(EFFECTS)}
        return MoneyTable(
            customers=self.customers,
            amounts={"before": self.before, **amounts, "after": self.after},
            currency=self.currency,
        )

    def statement(self, like: FrameKind = "pandas") -> object:
        """All customers together: row, amount; from profit before through the effects to profit after."""
        money = self.money
        total = np.array([money.total(name) for name in money.names], dtype=np.int64)
        return build_frame({"row": list(money.names), "amount": self.currency.to_major(total)}, like)

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer: customer, before, the effects, after, in major units."""
        return self.money.to_frame(like)

    def __repr__(self) -> str:
        """One line."""
        parts = ", ".join(f"{name} {self.currency.to_major(amount):+,.2f}" for name, amount in self.total.items())
        return f"ProfitBridge({len(self.customers):,} customers, {self.currency.code}: {parts})"


def _pair(columns: list[FloatArray]) -> Pair:
    return columns[0], columns[1]


def _at(column: FloatArray | None, place: IntArray, absent: float) -> FloatArray:
    if column is None or column.size == 0:
        return np.full(place.size, absent)
    return np.where(place >= 0, column[place], absent)


def _carried(columns: list[FloatArray], places: tuple[IntArray, ...], q: Pair) -> Pair:
    own = [_at(column, place, 0.0) for column, place in zip(columns, places, strict=True)]
    there = [q[0] > 0, q[1] > 0]
    filled = [np.where(there[w], own[w], np.where(there[1 - w], own[1 - w], 0.0)) for w in (0, 1)]
    return _pair(filled)


def _sales_effects(q: Pair, price: Pair, cost: Pair) -> FloatArray:
    totals = [math.fsum(q[0].tolist()), math.fsum(q[1].tolist())]
    shares = [q[w] / totals[w] if totals[w] > 0 else None for w in (0, 1)]
    nobody = np.zeros_like(q[0])
    s = _pair([_first(shares[0], shares[1], nobody), _first(shares[1], shares[0], nobody)])
    total = (np.full(q[0].size, totals[0]), np.full(q[0].size, totals[1]))
    from_price = kernel.three_factors(total, s, price)
    from_cost = kernel.three_factors(total, s, cost)
    volume, mix = from_price[0] - from_cost[0], from_price[1] - from_cost[1]
    return np.stack([volume, mix, from_price[2], -from_cost[2]], axis=1)


def _first(*choices: FloatArray | None) -> FloatArray:
    return next(choice for choice in choices if choice is not None)


def _rate_pair(name: str, before: BridgePeriod, after: BridgePeriod, n: int) -> Pair:
    old = before.rates.get(name, after.rates.get(name, 0.0))
    new = after.rates.get(name, before.rates.get(name, 0.0))
    return np.full(n, old), np.full(n, new)
