"""Which column of the caller's table plays which part, and whether it can."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from custvalue.errors import Fault

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw

__all__ = ["Column", "Kind", "Mapped", "Plan", "Roles", "Table", "plan_columns"]

# Columns of the canonical table, as every query of this room knows them.
ACCOUNT = "cv_account"
CUSTOMER = "cv_customer"
DAY = "cv_day"
MINOR = "cv_minor"
RESIDUAL = "cv_residual"
COST = "cv_cost"
OFFSET = "cv_offset"
ROW = "cv_row"
LABELS = ("order", "product", "channel", "kind")

# Text that is a day, with or without a time; text that carries an offset from UTC; the largest exact float.
ISO = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?)?$"
OFFSET_TEXT = r"\d{2}:\d{2}(:\d{2}([.,]\d+)?)?\s*(Z|[+-]\d{2}(:?\d{2})?)$"
EXACT = 2**53

# An id of nothing else is missing.
BLANKS = " \t\r\n"

# What programs write for a missing value: missing in CSV, as in pandas; worth a note among the ids of a frame.
NOTHING = ("NULL", "null", "NA", "N/A", "n/a", "<NA>", "#N/A", "NaN", "nan", "None", "NaT")

_LIST_HINT = "Name the column as the table does."


class Kind(enum.Enum):
    """What the values of a column are, whatever the engine calls them."""

    INTEGER = "whole numbers"
    FLOAT = "numbers"
    TEXT = "text"
    LABEL = "categories"
    DATE = "dates"
    NAIVE = "times without a zone"
    AWARE = "times with a zone"
    OTHER = "something else"


@attrs.frozen
class Column:
    """A column of the caller's table.

    Parameters
    ----------
    name
        As the table calls it.
    kind
        What its values are.
    dtype
        What the engine calls that, for messages.
    role
        ``"quantity"`` for the column of quantities among the numbers.
    """

    name: str
    kind: Kind
    dtype: str = ""
    role: str = ""


@attrs.frozen(kw_only=True)
class Roles:
    """The caller's column names by the part they play.

    Parameters
    ----------
    customer, time
        Always there.
    amount
        Net revenue; or
    quantity, unit_price
        the two factors of it.
    direct_cost
        Cost of what was sold.
    labels
        Part (order, product, channel, kind) to column.
    extra
        Further numeric columns for drivers.
    """

    customer: str
    time: str
    amount: str | None = None
    quantity: str | None = None
    unit_price: str | None = None
    direct_cost: str | None = None
    labels: Mapping[str, str] = attrs.field(factory=dict)
    extra: tuple[str, ...] = ()

    @property
    def amounts(self) -> tuple[str, ...]:
        """The column or columns the amount is made of."""
        if self.amount is not None:
            return (self.amount,)
        if self.quantity is not None and self.unit_price is not None:
            return (self.quantity, self.unit_price)
        return ()

    @property
    def numbers(self) -> tuple[str, ...]:
        """Numeric columns for drivers: quantity first."""
        first = () if self.quantity is None else (self.quantity,)
        return (*first, *(name for name in self.extra if name != self.quantity))

    @property
    def wanted(self) -> dict[str, str]:
        """Every column wanted, with the argument that names it."""
        named = {
            "customer": self.customer,
            "time": self.time,
            "amount": self.amount,
            "quantity": self.quantity,
            "unit_price": self.unit_price,
            "direct_cost": self.direct_cost,
            **self.labels,
        }
        wanted: dict[str, str] = {}
        for argument, name in named.items():
            if name is not None:
                wanted.setdefault(name, argument)
        for name in self.extra:
            wanted.setdefault(name, "extra")
        return wanted

    def faults(self) -> list[Fault]:
        """Contradictions between the arguments themselves."""
        faults = []
        if self.amount is not None and self.unit_price is not None:
            hint = "Leave out amount=, or unit_price=."
            faults.append(Fault("amount", "one way to the amount", "amount= and unit_price= together", hint))
        if self.unit_price is not None and self.quantity is None:
            hint = "Add quantity=, or name the amount column with amount=."
            faults.append(Fault("unit_price", "a quantity to multiply it with", "no quantity=", hint))
        return faults


@attrs.frozen(kw_only=True)
class Plan:
    """What an engine needs to know to make the canonical table.

    Parameters
    ----------
    customer, time
        The columns, or None where they cannot be used (then their canonical column is null).
    amounts
        One column, or the two factors; empty without amounts.
    cost
        Direct cost.
    numbers
        Numeric columns for drivers.
    labels
        Part to column.
    scale
        Minor units in a major unit.
    clock
        Zone whose midnights cut the days, and the strptime format of text (empty where there is none).
    """

    customer: Column | None
    time: Column | None
    amounts: tuple[Column, ...] = ()
    cost: Column | None = None
    numbers: tuple[Column, ...] = ()
    labels: Mapping[str, Column] = attrs.field(factory=dict)
    scale: int = 100
    clock: tuple[str, str] = ("", "")


@attrs.frozen
class Table:
    """What is known of the caller's columns.

    Parameters
    ----------
    schema
        Column name to narwhals type.
    present
        All column names, where ``schema`` has fewer.
    broken
        Columns that cannot be used, and why.
    """

    schema: Mapping[str, Any]
    present: Sequence[str] = ()
    broken: Mapping[str, Fault] = attrs.field(factory=dict)


@attrs.frozen
class Mapped:
    """A plan and what is wrong with the columns it was made from."""

    plan: Plan
    faults: tuple[Fault, ...]


def kind_of(dtype: nw.dtypes.DType) -> Kind:
    """Sort an engine's type into the few kinds that matter here."""
    import narwhals.stable.v2 as nw  # noqa: PLC0415  # importing custvalue must not load narwhals

    if isinstance(dtype, nw.Datetime):
        return Kind.NAIVE if dtype.time_zone is None else Kind.AWARE
    sorts = (
        (Kind.INTEGER, dtype.is_integer()),
        (Kind.FLOAT, dtype.is_float() or dtype.is_decimal()),
        (Kind.TEXT, dtype == nw.String),
        (Kind.LABEL, dtype in (nw.Categorical, nw.Enum)),
        (Kind.DATE, dtype == nw.Date),
    )
    return next((kind for kind, fits in sorts if fits), Kind.OTHER)


_NUMBERS = {Kind.INTEGER, Kind.FLOAT}
_IDS = {Kind.INTEGER, Kind.FLOAT, Kind.TEXT, Kind.LABEL}
_TIMES = {Kind.DATE, Kind.NAIVE, Kind.AWARE, Kind.TEXT}


class _Finder:
    """Looks columns up and collects what is wrong with them."""

    def __init__(self, table: Table, wanted: Mapping[str, str]) -> None:
        self.schema = table.schema
        self.broken = table.broken
        self.faults: list[Fault] = []
        for name, argument in wanted.items():
            if name in table.broken:
                self.faults.append(table.broken[name])
            elif name not in table.schema:
                got = f"columns {list(table.present or table.schema)}"
                self.faults.append(Fault(f"{argument}={name!r}", "a column of the table", got, _LIST_HINT))

    def find(self, name: str | None, argument: str, kinds: set[Kind], expected: str, hint: str) -> Column | None:
        if name is None or name not in self.schema or name in self.broken:
            return None
        column = Column(name, kind_of(self.schema[name]), str(self.schema[name]))
        if column.kind in kinds:
            return column
        got = f"{column.kind.value} ({column.dtype})"
        self.faults.append(Fault(f"{argument}={name!r}", expected, got, hint))
        return None

    def number(self, name: str | None, argument: str) -> Column | None:
        hint = f"Convert it first, e.g. pandas.to_numeric(table[{name!r}]); decimal commas become points."
        return self.find(name, argument, _NUMBERS, "numbers", hint)

    def label(self, name: str, argument: str) -> Column | None:
        return self.find(name, argument, set(Kind), "labels", "")


def plan_columns(table: Table, roles: Roles, *, scale: int, clock: tuple[str, str]) -> Mapped:
    """Find every column, say all that is wrong with them, and plan with those that are right.

    Parameters
    ----------
    table
        What is known of the caller's columns.
    roles
        The caller's names.
    scale
        Minor units in a major unit.
    clock
        Zone for times that carry an offset, and strptime format of times that are text; empty where not given.
    """
    finder = _Finder(table, roles.wanted)
    finder.faults.extend(roles.faults())
    ids = "Cast it to text or whole numbers first."
    customer = finder.find(roles.customer, "customer", _IDS, "text or whole-number ids", ids)
    dates = "Convert it first: pandas.to_datetime(column.astype(str)) for 20240131, unit='s' for seconds since 1970."
    time = finder.find(roles.time, "time", _TIMES, "dates or times", dates)
    if time is not None and time.kind is Kind.AWARE and not clock[0]:
        got = "times with an offset from UTC, and no zone to cut days in"
        hint = "Type policies=DataPolicies(times=Times(timezone='Europe/London')), with your own zone."
        finder.faults.append(Fault(f"time={time.name!r}", "a zone whose midnights cut the days", got, hint))
        time = None
    arguments = {roles.amount: "amount", roles.quantity: "quantity", roles.unit_price: "unit_price"}
    amounts = [finder.number(name, arguments[name]) for name in roles.amounts]
    refused = {fault.where.partition("=")[2].strip("'") for fault in finder.faults}
    numbers = [finder.number(name, "extra") for name in roles.numbers if name not in refused]
    numbers = [
        column if column is None or column.name != roles.quantity else attrs.evolve(column, role="quantity")
        for column in numbers
    ]
    labels = {part: finder.label(name, part) for part, name in roles.labels.items()}
    plan = Plan(
        customer=customer,
        time=time,
        amounts=tuple(column for column in amounts if column is not None) if None not in amounts else (),
        cost=finder.number(roles.direct_cost, "direct_cost"),
        numbers=tuple(column for column in numbers if column is not None),
        labels={part: column for part, column in labels.items() if column is not None},
        scale=scale,
        clock=clock,
    )
    return Mapped(plan, tuple(finder.faults))


def number_column(name: str) -> str:
    """Name of a numeric driver column in the canonical table."""
    return f"cv_number_{name}"


def label_column(part: str) -> str:
    """Name of a label column in the canonical table."""
    return f"cv_label_{part}"
