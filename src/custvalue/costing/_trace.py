"""Audit views of an allocation: why a customer was charged, where a pool went, what one unit of a driver costs."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from custvalue._frames import Column, FrameKind, build_frame
from custvalue.costing._line import Held, Line
from custvalue.data import Currency

__all__ = ["PoolTrace", "RateCard", "Trace", "TraceRow"]


@attrs.frozen
class TraceRow:
    """One line of a customer's bill.

    Parameters
    ----------
    pool, activity, driver
        The way the money took.
    quantity
        What the customer used of the driver.
    driver_total
        What the rate is based on.
    rate
        Major units for one unit of the driver.
    amount
        Minor units charged.
    share_of_pool
        Part of the pool this customer carries on this line, 0 to 1.
    """

    pool: str
    activity: str
    driver: str
    quantity: float
    driver_total: float
    rate: float
    amount: int
    share_of_pool: float


@attrs.frozen(kw_only=True, repr=False)
class Trace:
    """Why one customer was charged what it was charged.

    Parameters
    ----------
    customer
        The id.
    rows
        One a line: pool, activity, driver, quantity, rate, amount. They add up to the customer's total exactly.
    currency
        Of the amounts.
    """

    customer: str | int
    rows: tuple[TraceRow, ...]
    currency: Currency

    @property
    def total(self) -> int:
        """Minor units charged in all."""
        return sum(row.amount for row in self.rows)

    def by_pool(self) -> dict[str, int]:
        """Minor units by pool: where the money comes from (salaries, freight ...)."""
        return self._sum(lambda row: row.pool)

    def by_activity(self) -> dict[str, int]:
        """Minor units by activity; pools charged without one stand under their own name."""
        return self._sum(lambda row: row.activity or row.pool)

    def _sum(self, key: Callable[[TraceRow], str]) -> dict[str, int]:
        sums: dict[str, int] = {}
        for row in self.rows:
            sums[key(row)] = sums.get(key(row), 0) + row.amount
        return sums

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a line: pool, activity, driver, quantity, driver_total, rate, amount (major units), share_of_pool."""
        names = [field.name for field in attrs.fields(TraceRow)]
        columns: dict[str, Column] = {name: [getattr(row, name) for row in self.rows] for name in names}
        columns["amount"] = self.currency.to_major([row.amount for row in self.rows])
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        return f"Trace({self.customer!r}: {self.currency.format(self.total)} on {len(self.rows)} lines)"


@attrs.frozen(kw_only=True, repr=False)
class PoolTrace:
    """Where the money of one pool went.

    Parameters
    ----------
    pool
        The pool.
    amount
        Its minor units.
    lines
        The ways its money took.
    held
        What no customer was charged, by reason.
    currency
        Of the amounts.
    """

    pool: str
    amount: int
    lines: tuple[Line, ...]
    held: tuple[Held, ...]
    currency: Currency

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a way: activity, driver or reason, amount (major units), share of the pool; they add up to it."""
        rows = [(line.activity, line.driver, line.charged) for line in self.lines]
        rows += [(held.activity, f"unallocated: {held.reason.value}", held.amount) for held in self.held]
        amounts = [row[2] for row in rows]
        columns: dict[str, Column] = {
            "activity": [row[0] for row in rows],
            "destination": [row[1] for row in rows],
            "amount": self.currency.to_major(amounts),
            "share_of_pool": [amount / self.amount if self.amount else 0.0 for amount in amounts],
        }
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        return f"PoolTrace({self.pool!r}: {self.currency.format(self.amount)}, {len(self.lines)} lines)"


@attrs.frozen(kw_only=True, repr=False)
class RateCard:
    """What one unit of each driver costs.

    Parameters
    ----------
    rates
        (activity or pool, driver) to (cost in minor units, driver quantity).
    currency
        Of the cost.
    """

    rates: dict[tuple[str, str], tuple[int, float]]
    currency: Currency

    @classmethod
    def of(cls, lines: tuple[Line, ...], currency: Currency) -> RateCard:
        """Add up the lines of each activity."""
        rates: dict[tuple[str, str], tuple[int, float]] = {}
        for line in lines:
            if line.weights is not None:
                key = (line.activity or line.pool, line.driver)
                rates[key] = (rates.get(key, (0, 0.0))[0] + line.basis, line.total)
        return cls(rates=rates, currency=currency)

    def __getitem__(self, activity: str) -> float:
        """Rate of an activity in major units for one unit of its driver; activities with two drivers add up."""
        found = [cost / quantity for (name, _), (cost, quantity) in self.rates.items() if name == activity]
        if not found:
            raise KeyError(activity)
        return sum(found) / self.currency.scale

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row an activity and driver: activity, driver, cost (major units), quantity, rate (major units)."""
        costs = self.currency.to_major([cost for cost, _ in self.rates.values()])
        quantities = [quantity for _, quantity in self.rates.values()]
        columns: dict[str, Column] = {
            "activity": [name for name, _ in self.rates],
            "driver": [driver for _, driver in self.rates],
            "cost": costs,
            "quantity": quantities,
            "rate": costs / quantities,
        }
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        return f"RateCard({len(self.rates)} rates, {self.currency.code})"
