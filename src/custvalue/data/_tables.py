"""Named numbers per customer that travel between rooms: measures, money, weights, margins."""

from __future__ import annotations

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
    int_arrays,
    strings,
    texts,
)
from custvalue._frames import FrameKind, build_frame, column_names
from custvalue.data._currency import Currency, as_currency
from custvalue.data._customers import CustomerIndex
from custvalue.data._kinds import is_index, require_kind
from custvalue.data._reading import customer_columns
from custvalue.errors import AlignmentError, InputError

__all__ = ["CustomerMargin", "MoneyTable", "ValueTable", "Weights"]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ValueTable(ArrayHolder):
    """Named measures per customer: what portfolios, clusters and indices are made from.

    Parameters
    ----------
    customers
        (n_customers,).
    measures
        Measure name to (n_customers,) numbers; NaN where not known or not defined.
    origins
        Measure name to where it comes from, in words.

    Examples
    --------
    >>> table = ValueTable(customers=CustomerIndex(["a", "b"]), measures={"profit": [12.5, -3.0]})
    >>> table["profit"].tolist()
    [12.5, -3.0]
    """

    customers: CustomerIndex = attrs.field(validator=is_index)
    measures: Mapping[str, FloatArray] = attrs.field(converter=float_arrays)
    origins: Mapping[str, str] = attrs.field(factory=dict, converter=texts)

    def __attrs_post_init__(self) -> None:
        check_lengths("ValueTable", len(self.customers), dict(self.measures))

    @classmethod
    def from_frame(
        cls, frame: object, *, customer: str, measures: Iterable[str] | None = None, origin: str = ""
    ) -> ValueTable:
        """Read one row a customer from a frame in memory: scores of a sheet, figures of another system.

        Parameters
        ----------
        frame
            pandas, Polars, Arrow or any frame narwhals takes.
        customer
            Column of ids, each once.
        measures
            Columns of numbers; every other column by default. A gap becomes NaN.
        origin
            Where they come from, in words.

        Raises
        ------
        SchemaError
            With every fault of the frame at once: missing columns; or text for numbers, ids missing or twice.

        Examples
        --------
        >>> import pandas as pd
        >>> sheet = pd.DataFrame({"account": ["a", "b"], "prestige": [4, 2], "interest": [5, None]})
        >>> ValueTable.from_frame(sheet, customer="account", origin="the sales force's scores of May")
        ValueTable(2 customers; prestige, interest)
        """
        names = [name for name in column_names(frame, what="value table") if name != customer]
        wanted = names if measures is None else list(strings(measures))
        customers, columns = customer_columns(frame, customer, wanted, what="value table")
        origins = dict.fromkeys(wanted, origin) if origin else {}
        return cls(customers=customers, measures=columns, origins=origins)

    @property
    def names(self) -> tuple[str, ...]:
        """Measure names."""
        return tuple(self.measures)

    def __getitem__(self, name: str) -> FloatArray:
        """One measure, shape (n_customers,).

        Raises
        ------
        InputError
            If there is no such measure, naming those there are.
        """
        if name not in self.measures:
            raise InputError("measure", expected=f"one of {list(self.names)}", got=repr(name))
        return self.measures[name]

    def __contains__(self, name: str) -> bool:
        """Tell whether there is such a measure."""
        return name in self.measures

    def take(self, order: object) -> ValueTable:
        """Select or reorder customers by position or mask."""
        at = np.arange(len(self.customers))[np.asarray(order)]
        measures = {name: values[at] for name, values in self.measures.items()}
        return attrs.evolve(self, customers=self.customers.take(at), measures=measures)

    def with_measures(
        self, measures: Mapping[str, FloatArray] | ValueTable, origins: Mapping[str, str] | None = None
    ) -> ValueTable:
        """Add measures; a name already there is replaced.

        Parameters
        ----------
        measures
            Numbers for the same customers in the same order, or another table: its customers are found by id, and those
            of this table without a row there get NaN.
        origins
            Measure name to where it comes from, in words.

        Raises
        ------
        AlignmentError
            If the other table has customers whom this one does not know, or ids of another kind.

        Examples
        --------
        >>> table = ValueTable(customers=CustomerIndex(["a", "b"]), measures={"profit": [12.5, -3.0]})
        >>> scores = ValueTable(customers=CustomerIndex(["b"]), measures={"prestige": [4.0]})
        >>> table.with_measures(scores)["prestige"].tolist()
        [nan, 4.0]
        """
        if isinstance(measures, ValueTable):
            return self.with_measures(_lined_up(measures, self.customers), {**measures.origins, **(origins or {})})
        require_kind(
            "ValueTable.with_measures", measures, Mapping, hint="A frame goes in by ValueTable.from_frame(...)."
        )
        return attrs.evolve(self, measures={**self.measures, **measures}, origins={**self.origins, **(origins or {})})

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer: customer and one column a measure."""
        return build_frame({"customer": self.customers.ids, **self.measures}, like)

    def __repr__(self) -> str:
        """One line."""
        return f"ValueTable({len(self.customers):,} customers; {', '.join(self.names)})"


def _lined_up(table: ValueTable, customers: CustomerIndex) -> dict[str, FloatArray]:
    """Columns of a table on other customers; NaN for those who are not in it."""
    where = "ValueTable.with_measures"
    customers.require_comparable(table.customers, where=where)
    at = customers.positions(table.customers.ids)
    if np.any(at < 0):
        ids = table.customers.ids[at < 0]
        got = f"{ids.size:,} others: {ids[:5].tolist()}"
        hint = "Leave them out: other.take(np.isin(other.customers.ids, table.customers.ids))."
        raise AlignmentError(where, expected="customers of the table", got=got, hint=hint)
    columns = {name: np.full(len(customers), np.nan) for name in table.names}
    for name, column in columns.items():
        column[at] = table[name]
    return columns


@attrs.frozen(kw_only=True, eq=False, repr=False)
class MoneyTable(ArrayHolder):
    """Named amounts per customer, exact to the minor unit.

    Parameters
    ----------
    customers
        (n_customers,).
    amounts
        Line name to (n_customers,) whole minor units.
    currency
        Of all amounts.

    Examples
    --------
    >>> money = MoneyTable(customers=CustomerIndex(["a"]), amounts={"revenue": [1999]}, currency="EUR")
    >>> money.major("revenue").tolist(), money.total("revenue")
    ([19.99], 1999)
    """

    customers: CustomerIndex = attrs.field(validator=is_index)
    amounts: Mapping[str, IntArray] = attrs.field(converter=int_arrays)
    currency: Currency = attrs.field(converter=as_currency)

    def __attrs_post_init__(self) -> None:
        check_lengths("MoneyTable", len(self.customers), dict(self.amounts))

    @property
    def names(self) -> tuple[str, ...]:
        """Line names."""
        return tuple(self.amounts)

    def __getitem__(self, name: str) -> IntArray:
        """One line in minor units, shape (n_customers,).

        Raises
        ------
        InputError
            If there is no such line, naming those there are.
        """
        if name not in self.amounts:
            raise InputError("amount", expected=f"one of {list(self.names)}", got=repr(name))
        return self.amounts[name]

    def __contains__(self, name: str) -> bool:
        """Tell whether there is such a line."""
        return name in self.amounts

    def major(self, name: str) -> FloatArray:
        """One line in major units, shape (n_customers,)."""
        return self.currency.to_major(self[name])

    def total(self, name: str) -> int:
        """Sum of a line in minor units."""
        return int(self[name].sum())

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer: customer and one column a line, in major units."""
        majors = {name: self.major(name) for name in self.names}
        return build_frame({"customer": self.customers.ids, **majors}, like)

    def __repr__(self) -> str:
        """One line."""
        return f"MoneyTable({len(self.customers):,} customers, {self.currency.code}; {', '.join(self.names)})"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Weights(ArrayHolder):
    """Weights of named criteria, adding up to 1.

    Parameters
    ----------
    names
        Criteria.
    values
        (n_criteria,) 0 or more, sum 1.
    method
        How they were found: ``"AHP"``, ``"entropy"``, ``"given"`` ...

    Examples
    --------
    >>> Weights(names=["R", "F", "M"], values=[0.2, 0.3, 0.5])["M"]
    0.5
    """

    names: tuple[str, ...] = attrs.field(converter=strings)
    values: FloatArray = float_array()
    method: str = "given"

    def __attrs_post_init__(self) -> None:
        if len(set(self.names)) != len(self.names) or len(self.names) != self.values.size:
            got = f"{len(self.names)} names ({len(set(self.names))} different), {self.values.size} values"
            raise InputError("Weights", expected="one value for each of several different names", got=got)
        fine = bool(np.all(self.values >= 0)) and abs(float(self.values.sum()) - 1.0) <= 1e-9
        if not fine:
            got = f"{self.values.tolist()}, sum {float(self.values.sum())!r}"
            raise InputError("Weights", expected="values of 0 or more that add up to 1", got=got)

    def __getitem__(self, name: str) -> float:
        """Weight of one criterion.

        Raises
        ------
        InputError
            If there is no such criterion.
        """
        if name not in self.names:
            raise InputError("Weights", expected=f"one of {list(self.names)}", got=repr(name))
        return float(self.values[self.names.index(name)])

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a criterion: criterion, weight."""
        return build_frame({"criterion": list(self.names), "weight": self.values}, like)

    def __repr__(self) -> str:
        """One line."""
        pairs = ", ".join(f"{name}={value:.4g}" for name, value in zip(self.names, self.values, strict=True))
        return f"Weights({pairs}; {self.method})"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class CustomerMargin(ArrayHolder):
    """What is left of a purchase, per customer: profit = ratio x spend - cost_per_purchase.

    Parameters
    ----------
    customers
        (n_customers,).
    ratio
        (n_customers,) share of spend left after product cost; 1 is all of it.
    cost_per_purchase
        (n_customers,) cost of serving one purchase, in major units.

    Examples
    --------
    >>> margin = CustomerMargin(customers=CustomerIndex(["a"]), ratio=[0.35], cost_per_purchase=[4.0])
    >>> margin.profit(np.array([50.0])).tolist()
    [13.5]
    """

    customers: CustomerIndex = attrs.field(validator=is_index)
    ratio: FloatArray = float_array()
    cost_per_purchase: FloatArray = float_array()

    def __attrs_post_init__(self) -> None:
        columns = {"ratio": self.ratio, "cost_per_purchase": self.cost_per_purchase}
        check_lengths("CustomerMargin", len(self.customers), columns)
        if not (np.all(np.isfinite(self.ratio)) and np.all(np.isfinite(self.cost_per_purchase))):
            raise InputError("CustomerMargin", expected="finite numbers", got="NaN or infinities")

    def profit(self, spend: FloatArray) -> FloatArray:
        """Profit of one purchase of ``spend`` (n_customers,), in major units."""
        return self.ratio * spend - self.cost_per_purchase

    def __repr__(self) -> str:
        """One line."""
        return f"CustomerMargin({len(self.customers):,} customers)"
