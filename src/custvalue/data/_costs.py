"""What is to be charged (cost pools in a ledger) and what it is charged by (drivers per customer)."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, FloatArray, check_lengths, float_arrays, numbers, strings
from custvalue._frames import FrameKind, build_frame, column_names
from custvalue.data._currency import Amount, Currency, as_currency
from custvalue.data._customers import CustomerIndex
from custvalue.data._kinds import is_index
from custvalue.data._reading import customer_columns, is_amount
from custvalue.errors import Fault, InputError, SchemaError

__all__ = [
    "Avoidability",
    "CostLedger",
    "CostLevel",
    "CostPool",
    "DriverTable",
    "RelationshipStage",
    "ValueChainStage",
]


class CostLevel(enum.Enum):
    """What causes a cost (Cooper & Kaplan's hierarchy); above ``CUSTOMER`` no single customer does."""

    UNIT = "unit"
    ORDER = "order"
    PRODUCT = "product"
    CUSTOMER = "customer"
    CHANNEL = "channel"
    BUSINESS = "business"

    @property
    def above_customer(self) -> bool:
        """Whether the cost would remain if any one customer left."""
        return self in {CostLevel.PRODUCT, CostLevel.CHANNEL, CostLevel.BUSINESS}


class ValueChainStage(enum.Enum):
    """Where in the value chain a cost arises."""

    PROCUREMENT = "procurement"
    DESIGN = "design"
    PRODUCTION = "production"
    SELLING = "selling"
    SERVICE = "service"
    LOGISTICS = "logistics"


class RelationshipStage(enum.Enum):
    """Which part of the relationship with customers a cost serves."""

    ACQUISITION = "acquisition"
    PROVISION = "provision"
    SERVICE = "service"
    KEEPING = "keeping"


class Avoidability(enum.Enum):
    """When a cost goes away: with the next unit not sold, when the customer leaves, or not at all."""

    VARIABLE = "variable"
    ON_EXIT = "on exit"
    COMMITTED = "committed"


@attrs.frozen
class CostPool:
    """An amount to be charged to customers.

    Parameters
    ----------
    name
        How everything else refers to it.
    amount
        In major units of the ledger's currency; negative for a credit, which every allocation says in its
        ``remarks``.
    level
        What causes the cost. Pools above the customer level are held there unless an allocator is told to spread them.
    chain
        Value-chain stage, if known.
    relationship
        Relationship stage, if known.
    avoidable
        When the cost goes away; used by what-if analyses of dropping customers.
    customer
        Id of the one customer the cost belongs to, which is then traced and not allocated.

    Raises
    ------
    InputError
        If the amount is no finite number.

    Examples
    --------
    >>> CostPool("delivery", 410_000).name
    'delivery'
    """

    name: str
    amount: Amount
    level: CostLevel = CostLevel.CUSTOMER
    chain: ValueChainStage | None = None
    relationship: RelationshipStage | None = None
    avoidable: Avoidability = Avoidability.COMMITTED
    customer: str | int | None = None

    def __attrs_post_init__(self) -> None:
        if not is_amount(self.amount):
            hint = "Write 1234.50, or '1234.50'." if isinstance(self.amount, str) else ""
            where, expected = f"pool {self.name!r}", "a finite amount in major units"
            raise InputError(where, expected=expected, got=repr(self.amount), hint=hint)


def _pools(value: Iterable[CostPool]) -> tuple[CostPool, ...]:
    return tuple(value)


@attrs.frozen(kw_only=True)
class CostLedger:
    """The cost pools of one period in one currency.

    Parameters
    ----------
    pools
        One or more, each name once.
    currency
        ISO code or :class:`Currency`.
    period
        What period the costs are of, as text.

    Raises
    ------
    SchemaError
        Naming pools that occur twice, have no name, or an amount finer than the currency; all at once.

    Examples
    --------
    >>> ledger = CostLedger(pools=[CostPool("delivery", "410000.50")], currency="EUR", period="2026")
    >>> ledger.minor("delivery"), ledger.total
    (41000050, 41000050)
    """

    pools: tuple[CostPool, ...] = attrs.field(converter=_pools)
    currency: Currency = attrs.field(converter=as_currency)
    period: str = ""

    def __attrs_post_init__(self) -> None:
        SchemaError.raise_for("CostLedger", self._faults())

    def _faults(self) -> Iterable[Fault]:
        if not self.pools:
            yield Fault("pools", "at least one cost pool", "none")
        names = [pool.name for pool in self.pools]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield Fault(f"pool {name!r}", "each name once", f"{names.count(name)} times")
        for pool in self.pools:
            if not pool.name:
                yield Fault("pool name", "some text", repr(pool.name))
            try:
                self.currency.to_minor(pool.amount, where=f"pool {pool.name!r}")
            except InputError as error:
                yield Fault(error.where, error.expected, error.got, error.hint)

    @property
    def names(self) -> tuple[str, ...]:
        """Pool names in order."""
        return tuple(pool.name for pool in self.pools)

    def pool(self, name: str) -> CostPool:
        """Find a pool by name.

        Raises
        ------
        InputError
            If there is none, naming those there are.
        """
        for pool in self.pools:
            if pool.name == name:
                return pool
        raise InputError("pool", expected=f"one of {list(self.names)}", got=repr(name))

    def minor(self, name: str) -> int:
        """Amount of a pool in minor units."""
        return self.currency.to_minor(self.pool(name).amount)

    @property
    def credits(self) -> tuple[str, ...]:
        """Names of the pools below zero: whoever is charged them gains."""
        return tuple(pool.name for pool in self.pools if self.currency.to_minor(pool.amount) < 0)

    @property
    def total(self) -> int:
        """Sum of all pools in minor units."""
        return sum(self.currency.to_minor(pool.amount) for pool in self.pools)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class DriverTable(ArrayHolder):
    """What each customer used of each driver: orders, lines, kilometres, visits, revenue ...

    Parameters
    ----------
    customers
        (n_customers,).
    drivers
        Driver name to (n_customers,) quantities; NaN where it is not known.
    unknown
        Driver name to the quantity used by ids that are not among ``customers``; it takes its share of a pool and
        that share stays unallocated.
    period
        What period the quantities are of; empty if not stated.

    Examples
    --------
    >>> table = DriverTable(customers=CustomerIndex(["a", "b"]), drivers={"orders": [3, 1]})
    >>> table["orders"].tolist(), table.total("orders")
    ([3.0, 1.0], 4.0)
    """

    customers: CustomerIndex = attrs.field(validator=is_index)
    drivers: Mapping[str, FloatArray] = attrs.field(converter=float_arrays)
    unknown: Mapping[str, float] = attrs.field(factory=dict, converter=numbers)
    period: str = ""

    def __attrs_post_init__(self) -> None:
        check_lengths("DriverTable", len(self.customers), dict(self.drivers))
        infinite = [name for name, values in self.drivers.items() if bool(np.any(np.isinf(values)))]
        if infinite:
            raise InputError("DriverTable", expected="finite quantities", got=f"infinities in {infinite}")

    @classmethod
    def from_frame(
        cls,
        frame: object,
        *,
        customer: str,
        drivers: Iterable[str] | None = None,
        customers: CustomerIndex | None = None,
        keep_unknown: bool = False,
        period: str = "",
    ) -> DriverTable:
        """Read one row a customer from a frame in memory.

        Parameters
        ----------
        frame
            pandas, Polars, Arrow or any frame narwhals takes.
        customer
            Column of ids, each once.
        drivers
            Columns of quantities; every other column by default.
        customers
            The population. Ids outside it are refused, unless ``keep_unknown``; customers without a row get NaN.
        keep_unknown
            Keep the quantities of ids outside the population apart, in :attr:`unknown`.
        period
            What period the quantities are of.

        Raises
        ------
        SchemaError
            With every fault of the frame at once: missing columns, text for numbers, ids twice, unknown ids.
        """
        names = [name for name in column_names(frame, what="driver table") if name != customer]
        wanted = list(strings(drivers)) if drivers is not None else names
        found, columns = customer_columns(frame, customer, wanted, what="driver table")
        table = cls(customers=found, drivers=columns, period=period)
        return table if customers is None else table.on(customers, keep_unknown=keep_unknown)

    def on(self, customers: CustomerIndex, *, keep_unknown: bool = False) -> DriverTable:
        """Line the table up with a population.

        Parameters
        ----------
        customers
            The population; those without a row here get NaN.
        keep_unknown
            Keep what ids outside the population used apart instead of refusing it.

        Raises
        ------
        SchemaError
            Naming ids outside the population, unless ``keep_unknown``.
        """
        at = customers.positions(self.customers.ids)
        outside = at < 0
        if bool(outside.any()) and not keep_unknown:
            ids = self.customers.ids[outside]
            hint = "Correct the ids, or pass keep_unknown=True to hold their share of each pool as unallocated."
            fault = Fault("customer", "customers of the log", "unknown ids", hint, ids[:20].tolist(), int(ids.size))
            raise SchemaError("driver table", [fault])
        unknown = dict(self.unknown)
        lined: dict[str, FloatArray] = {}
        for name, values in self.drivers.items():
            unknown[name] = unknown.get(name, 0.0) + float(np.nansum(values[outside]))
            lined[name] = np.full(len(customers), np.nan)
            lined[name][at[~outside]] = values[~outside]
        return DriverTable(customers=customers, drivers=lined, unknown=unknown, period=self.period)

    @property
    def names(self) -> tuple[str, ...]:
        """Driver names."""
        return tuple(self.drivers)

    def __getitem__(self, name: str) -> FloatArray:
        """Quantities of one driver, shape (n_customers,).

        Raises
        ------
        InputError
            If there is no such driver, naming those there are.
        """
        if name not in self.drivers:
            hint = "Add it with log.drivers(...) or DriverTable.from_frame(...)."
            raise InputError("driver", expected=f"one of {list(self.names)}", got=repr(name), hint=hint)
        return self.drivers[name]

    def __contains__(self, name: str) -> bool:
        """Tell whether there is such a driver."""
        return name in self.drivers

    def total(self, name: str) -> float:
        """Quantity used by all, those outside the population included; NaN counts as nothing."""
        return float(np.nansum(self[name])) + self.unknown.get(name, 0.0)

    def with_drivers(self, other: DriverTable) -> DriverTable:
        """Add another table's drivers for the same customers.

        Raises
        ------
        AlignmentError
            If the customers differ.
        InputError
            If a driver is in both.
        """
        self.customers.require_same(other.customers, where="DriverTable.with_drivers")
        both = sorted(set(self.names) & set(other.names))
        if both:
            raise InputError("DriverTable.with_drivers", expected="new driver names", got=f"{both} in both tables")
        merged = {**self.drivers, **other.drivers}
        return attrs.evolve(self, drivers=merged, unknown={**self.unknown, **other.unknown})

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer: customer and one column a driver."""
        return build_frame({"customer": self.customers.ids, **self.drivers}, like)

    def __repr__(self) -> str:
        """One line."""
        return f"DriverTable({len(self.customers):,} customers; {', '.join(self.names)})"
