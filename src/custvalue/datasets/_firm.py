"""A simulated firm: a wholesaler's customers, order lines, returns, visits and cost pools, all seeded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs
import numpy as np
from numpy.typing import NDArray

from custvalue._arrays import (
    ArrayHolder,
    DateArray,
    FloatArray,
    IntArray,
    LabelArray,
    date_array,
    float_array,
    int_array,
    label_array,
)
from custvalue._frames import FrameKind, build_frame
from custvalue.data import CostLedger, CostPool, Currency, CustomerIndex, DriverTable, ObservationWindow
from custvalue.errors import InputError

if TYPE_CHECKING:
    from custvalue.engine import TransactionLog

_EURO = Currency.of("EUR")
_DAY = np.timedelta64(1, "D")


@attrs.frozen
class FirmSettings:
    """How the simulated firm's customers behave.

    Customers join evenly over the first four fifths of the window, buy at Gamma distributed rates, may stop after any
    order (Beta distributed probability), and spend Gamma distributed amounts around a mean of their own.

    Parameters
    ----------
    n_customers
        How many, 1 or more.
    n_days
        Days observed, 30 or more.
    orders_per_year
        Mean purchase rate of an active customer, above 0.
    stop_probability
        Mean probability of leaving after an order, in (0, 1).
    mean_order
        Mean order value in euros, above 0.
    return_share
        Share of orders that come back in part, in [0, 1].
    start
        First day of the window, ISO date.
    """

    n_customers: int = 2_000
    n_days: int = 730
    orders_per_year: float = 9.0
    stop_probability: float = 0.12
    mean_order: float = 180.0
    return_share: float = 0.04
    start: str = "2024-01-01"

    def __attrs_post_init__(self) -> None:
        fine = {
            "n_customers of 1 or more": self.n_customers >= 1,
            "n_days of 30 or more": self.n_days >= 30,
            "orders_per_year above 0": self.orders_per_year > 0,
            "a stop_probability in (0, 1)": 0 < self.stop_probability < 1,
            "a mean_order above 0": self.mean_order > 0,
            "a return_share in [0, 1]": 0 <= self.return_share <= 1,
        }
        wrong = [expected for expected, holds in fine.items() if not holds]
        if wrong:
            raise InputError("FirmSettings", expected=" and ".join(wrong), got=repr(self))


@attrs.frozen(kw_only=True, eq=False, repr=False)
class SimulatedFirm(ArrayHolder):
    """Orders, returns, visits and costs of a firm that does not exist.

    Parameters
    ----------
    customers
        (n_customers,) all customers, those who never ordered twice included.
    row_customer
        (n_rows,) customer of each order or return.
    row_order
        (n_rows,) order id; a return carries the id of its order.
    row_time
        (n_rows,) when.
    row_amount
        (n_rows,) cents; negative for a return.
    row_lines, row_km
        (n_rows,) order lines picked, and kilometres driven to deliver; 0 for a return.
    visits
        (n_customers,) sales visits received in the whole window.

    Examples
    --------
    >>> firm = simulate_firm(n_customers=50, seed=1)
    >>> firm.costs.names
    ('order handling', 'picking', 'delivery', 'sales visits', 'returns')
    """

    customers: CustomerIndex
    row_customer: LabelArray = label_array()
    row_order: LabelArray = label_array()
    row_time: DateArray = date_array()
    row_amount: IntArray = int_array()
    row_lines: IntArray = int_array()
    row_km: FloatArray = float_array()
    visits: IntArray = int_array()

    @property
    def window(self) -> ObservationWindow:
        """First to last day observed."""
        first = self.row_time.min().astype("datetime64[D]")
        return ObservationWindow(first, self.row_time.max())

    @property
    def costs(self) -> CostLedger:
        """What serving these customers cost, as cost pools in whole hundreds of euros."""
        orders = self.row_amount > 0
        pools = {
            "order handling": 6.5 * orders.sum(),
            "picking": 1.3 * self.row_lines.sum(),
            "delivery": 0.55 * self.row_km.sum(),
            "sales visits": 45.0 * self.visits.sum(),
            "returns": 14.0 * (~orders).sum(),
        }
        rounded = {name: max(100, round(float(amount), -2)) for name, amount in pools.items()}
        return CostLedger(
            pools=[CostPool(name, int(amount)) for name, amount in rounded.items()],
            currency=_EURO,
            period=f"{str(self.window.start)[:10]} to {str(self.window.end)[:10]}",
        )

    @property
    def cost_drivers(self) -> Mapping[str, str]:
        """Which driver each cost pool follows."""
        return {
            "order handling": "orders",
            "picking": "lines",
            "delivery": "km",
            "sales visits": "visits",
            "returns": "returns",
        }

    @property
    def drivers(self) -> DriverTable:
        """What each customer used: orders, lines, km, visits, returns."""
        at = self.customers.positions(self.row_customer)
        n = len(self.customers)
        orders = self.row_amount > 0
        return DriverTable(
            customers=self.customers,
            drivers={
                "orders": np.bincount(at, weights=orders, minlength=n),
                "lines": np.bincount(at, weights=self.row_lines, minlength=n),
                "km": np.bincount(at, weights=self.row_km, minlength=n),
                "visits": self.visits.astype(np.float64),
                "returns": np.bincount(at, weights=~orders, minlength=n),
            },
        )

    def orders(self, like: FrameKind = "pandas") -> object:
        """One row an order or return: customer_id, order_id, ordered_at, net_amount, lines, km."""
        columns = {
            "customer_id": self.row_customer,
            "order_id": self.row_order,
            "ordered_at": self.row_time,
            "net_amount": _EURO.to_major(self.row_amount),
            "lines": self.row_lines,
            "km": self.row_km,
        }
        return build_frame(columns, like)

    def log(self) -> TransactionLog:
        """The orders as a log, ready to be summarised."""
        from custvalue.engine import TransactionLog  # noqa: PLC0415  # DuckDB is loaded when a log is wanted

        return TransactionLog.from_frame(
            self.orders(),
            customer="customer_id",
            time="ordered_at",
            amount="net_amount",
            order="order_id",
            extra=("lines", "km"),
            currency="EUR",
            window=self.window,
        )

    def __repr__(self) -> str:
        """One line."""
        return f"SimulatedFirm({len(self.customers):,} customers, {self.row_amount.size:,} orders and returns)"


def simulate_firm(
    settings: FirmSettings | None = None, *, n_customers: int | None = None, seed: int = 20260101
) -> SimulatedFirm:
    """Simulate a firm.

    Parameters
    ----------
    settings
        How its customers behave; the defaults of :class:`FirmSettings` if left out.
    n_customers
        Shorthand for settings that differ in this only.
    seed
        Same seed, same firm.

    Examples
    --------
    >>> simulate_firm(n_customers=50, seed=1).customers.ids[:2].tolist()
    ['C-00001', 'C-00002']
    """
    settings = settings or FirmSettings()
    if n_customers is not None:
        settings = attrs.evolve(settings, n_customers=n_customers)
    rng = np.random.default_rng(seed)
    n = settings.n_customers
    names = np.array([f"C-{number:05d}" for number in range(1, n + 1)])
    who, day = _purchases(settings, rng)
    amount, lines, km = _order_contents(settings, who, rng)
    back_who, back_day, back_amount, back_of = _returns(settings, who, day, amount, rng)

    order_ids = np.array([f"O-{number:07d}" for number in range(1, who.size + 1)])
    rows = np.concatenate([who, back_who])
    days = np.concatenate([day, back_day])
    order = np.argsort(days, kind="stable")
    return SimulatedFirm(
        customers=CustomerIndex(names),
        row_customer=names[rows][order],
        row_order=np.concatenate([order_ids, order_ids[back_of]])[order],
        row_time=_times(settings, days, rng)[order],
        row_amount=np.concatenate([amount, -back_amount])[order],
        row_lines=np.concatenate([lines, np.zeros_like(back_who)])[order],
        row_km=np.concatenate([km, np.zeros(back_who.size)])[order],
        visits=rng.poisson(2.0 * rng.gamma(0.5, 2.0, n)),
    )


def _purchases(settings: FirmSettings, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """Customer and day of every order, customer by customer in time."""
    n = settings.n_customers
    rate = rng.gamma(0.9, settings.orders_per_year / 365.25 / 0.9, n)
    stop = rng.beta(1.2, 1.2 * (1 / settings.stop_probability - 1), n)
    now = rng.integers(0, max(settings.n_days * 4 // 5, 1), n).astype(np.float64)
    active = np.arange(n)
    who: list[NDArray[np.int64]] = []
    day: list[NDArray[np.int64]] = []
    while active.size:
        who.append(active)
        day.append(np.floor(now[active]).astype(np.int64))
        active = active[rng.random(active.size) >= stop[active]]
        now[active] += np.maximum(rng.exponential(1.0, active.size) / rate[active], 1.0)
        active = active[now[active] < settings.n_days]
    return np.concatenate(who), np.concatenate(day)


def _order_contents(
    settings: FirmSettings, who: IntArray, rng: np.random.Generator
) -> tuple[IntArray, IntArray, FloatArray]:
    """Cents, lines and kilometres of every order; each customer has a level of its own."""
    n = settings.n_customers
    level = settings.mean_order * 3.0 / rng.gamma(4.0, 1.0, n)
    amount = np.maximum(np.rint(100.0 * level[who] * rng.gamma(5.0, 0.2, who.size)), 100).astype(np.int64)
    lines = 1 + rng.poisson(rng.gamma(2.0, 2.0, n)[who])
    distance = rng.lognormal(3.0, 0.8, n)
    return amount, lines.astype(np.int64), np.round(distance[who] * rng.uniform(0.8, 1.2, who.size), 1)


def _returns(
    settings: FirmSettings, who: IntArray, day: IntArray, amount: IntArray, rng: np.random.Generator
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Customer, day and cents of what came back, and which order it belongs to."""
    back = np.flatnonzero(rng.random(who.size) < settings.return_share)
    later = day[back] + rng.integers(2, 21, back.size)
    kept = later < settings.n_days
    back, later = back[kept], later[kept]
    share = rng.uniform(0.1, 1.0, back.size)
    return who[back], later, np.maximum(np.rint(share * amount[back]), 1).astype(np.int64), back


def _times(settings: FirmSettings, days: IntArray, rng: np.random.Generator) -> DateArray:
    """Office hours on each day."""
    seconds = rng.integers(8 * 3600, 18 * 3600, days.size)
    start = np.datetime64(settings.start, "us")
    times: DateArray = start + days * _DAY + seconds * np.timedelta64(1, "s")
    return times
