"""Who the numbers are about: records for small inputs, and the index every array of the library is lined up with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from custvalue._arrays import ArrayHolder, IntArray
from custvalue.data._currency import Amount
from custvalue.errors import AlignmentError, Fault, InputError, SchemaError

__all__ = ["Customer", "CustomerIndex", "Transaction"]


def _attributes(value: Mapping[str, object]) -> Mapping[str, object]:
    return MappingProxyType(dict(value))


@attrs.frozen
class Customer:
    """One customer, with free attributes for segments and covariates.

    Parameters
    ----------
    customer_id
        The id; text or a whole number.
    attributes
        Anything known: region, industry, acquisition channel, risk probability ...

    Examples
    --------
    >>> Customer("C-1001", {"region": "north"}).attributes["region"]
    'north'
    """

    customer_id: str | int
    attributes: Mapping[str, object] = attrs.field(factory=dict, converter=_attributes, hash=False)


def _is_a_time(_instance: object, _field: attrs.Attribute[date | datetime], value: date | datetime) -> None:
    given: object = value
    if not isinstance(given, date):
        hint = "datetime.date(2026, 1, 5), datetime.datetime or pandas.Timestamp."
        raise InputError("Transaction.time", expected="a date or datetime", got=repr(given), hint=hint)


@attrs.frozen(kw_only=True)
class Transaction:
    """One line of a log.

    Parameters
    ----------
    customer
        Customer or account id.
    time
        When.
    amount
        Net revenue in major units; negative for a refund or return.
    order
        Order id, where several lines make one order.
    product, channel, kind
        Category labels.
    quantity
        Units.

    Raises
    ------
    InputError
        If the time is no date or datetime.

    Examples
    --------
    >>> from datetime import date
    >>> Transaction(customer="C-1001", time=date(2026, 1, 5), amount="19.90").amount
    '19.90'
    """

    customer: str | int
    time: date | datetime = attrs.field(validator=_is_a_time)
    amount: Amount
    order: str | None = None
    product: str | None = None
    channel: str | None = None
    quantity: float | None = None
    kind: str | None = None


def _as_ids(value: ArrayLike | Iterable[object]) -> NDArray[Any]:
    source = value if isinstance(value, np.ndarray) else _as_array(list(_iterate(value)))
    if source.ndim != 1:
        raise InputError("CustomerIndex", expected="one id a customer", got=f"shape {source.shape}")
    ids: NDArray[Any]
    if source.dtype.kind in "iu":
        ids = source.astype(np.int64)
    elif source.dtype.kind in "UOT" or source.size == 0:
        ids = _text_ids(source)
    else:
        hint = "Turn the ids into text or whole numbers first; 12345.0 and 12345 are different customers to us."
        raise InputError("CustomerIndex", expected="text or whole-number ids", got=f"type {source.dtype}", hint=hint)
    ids.flags.writeable = False
    return ids


def _as_array(items: list[object]) -> NDArray[Any]:
    """An array that keeps what each id is: numpy would turn 1 beside "a" into "1"."""
    texts = sum(isinstance(item, str) for item in items)
    return np.asarray(items) if texts in {0, len(items)} else np.asarray(items, dtype=object)


def _iterate(value: ArrayLike | Iterable[object]) -> Iterable[object]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise InputError("CustomerIndex", expected="several ids", got=repr(value))
    return value


def _text_ids(source: NDArray[Any]) -> NDArray[np.str_]:
    if source.dtype.kind == "O":
        strange = [(row, item) for row, item in enumerate(source.tolist()) if not isinstance(item, str)]
        faults = [
            Fault("ids", "text or whole numbers, none missing, not mixed", f"{item!r}", rows=(row,), n_rows=1)
            for row, item in strange[:20]
        ]
        SchemaError.raise_for(f"CustomerIndex ({len(strange)} unusable ids)", faults)
    return source.astype(np.str_)


@attrs.frozen(eq=False, repr=False)
class CustomerIndex(ArrayHolder):
    """The customers that arrays speak about, in order, each once.

    Parameters
    ----------
    ids
        Shape (n_customers,): unique text or whole-number ids.

    Raises
    ------
    SchemaError
        Naming ids that occur twice or are missing.

    Examples
    --------
    >>> customers = CustomerIndex(["b", "a"])
    >>> len(customers), customers.positions(["a"]).tolist()
    (2, [1])
    """

    ids: NDArray[Any] = attrs.field(converter=_as_ids)

    def __attrs_post_init__(self) -> None:
        if self.ids.size < 2 or bool(np.all(self.ids[1:] > self.ids[:-1])):
            return
        values, counts = np.unique(self.ids, return_counts=True)
        twice = values[counts > 1]
        if twice.size:
            fault = Fault("ids", "each customer once", f"{twice.size:,} ids more than once", rows=twice[:20].tolist(),
                          n_rows=int(twice.size))  # fmt: skip
            raise SchemaError("CustomerIndex", [fault])

    def __len__(self) -> int:
        """Count the customers."""
        return int(self.ids.size)

    def __iter__(self) -> Iterator[str | int]:
        """Go through the ids."""
        return iter(self.ids.tolist())

    def __eq__(self, other: object) -> bool:
        """Tell whether both hold the same ids in the same order."""
        if self is other:
            return True
        return isinstance(other, CustomerIndex) and bool(np.array_equal(self.ids, other.ids))

    def __hash__(self) -> int:
        """Hash by length and ends; equal indexes hash alike."""
        return hash((len(self), *self.ids[:1].tolist(), *self.ids[-1:].tolist()))

    def positions(self, ids: ArrayLike | Iterable[object]) -> IntArray:
        """Find customers: shape (n,), the position of each id, -1 where it is not here."""
        wanted = _as_ids(ids)
        if wanted.dtype.kind != self.ids.dtype.kind:
            return np.full(wanted.size, -1, dtype=np.int64)
        if np.array_equal(wanted, self.ids):
            return np.arange(wanted.size, dtype=np.int64)
        order = np.argsort(self.ids, kind="stable")
        ordered = self.ids[order]
        at = np.searchsorted(ordered, wanted)
        found = at < len(self)
        found[found] = ordered[at[found]] == wanted[found]
        result = np.full(wanted.size, -1, dtype=np.int64)
        result[found] = order[at[found]]
        return result

    def position(self, customer: str | int) -> int:
        """Find one customer.

        Raises
        ------
        InputError
            If it is not here.
        """
        at = int(self.positions([customer])[0])
        if at < 0:
            raise InputError("customer", expected=f"one of {len(self):,} customers", got=repr(customer))
        return at

    def ranks(self) -> IntArray:
        """Place of each id among the sorted ids, shape (n_customers,): settles ties whatever the order of rows.

        Examples
        --------
        >>> CustomerIndex(["c", "a", "b"]).ranks().tolist()
        [2, 0, 1]
        """
        ranks = np.empty(len(self), dtype=np.int64)
        ranks[np.argsort(self.ids, kind="stable")] = np.arange(len(self))
        return ranks

    def take(self, order: ArrayLike) -> CustomerIndex:
        """Select or reorder by position."""
        return CustomerIndex(self.ids[np.asarray(order)])

    def require_same(self, other: CustomerIndex, *, where: str) -> None:
        """Insist that another thing speaks of the same customers in the same order.

        Raises
        ------
        AlignmentError
            Saying how many are missing on which side, with examples.
        """
        if self == other:
            return
        here, there = set(self.ids.tolist()), set(other.ids.tolist())
        if here == there:
            got, hint = "the same customers in another order", "Reorder with .take(...) first."
        else:
            left, right = sorted(map(str, here - there)), sorted(map(str, there - here))
            got = f"{len(left):,} only here {left[:5]}, {len(right):,} only there {right[:5]}"
            hint = "Build both from the same log, or select the customers they share."
        raise AlignmentError(where, expected=f"the same {len(self):,} customers", got=got, hint=hint)

    def require_comparable(self, other: CustomerIndex, *, where: str) -> None:
        """Insist that the ids of another date are of the same kind: 12346 and "12346" are never the same customer.

        Raises
        ------
        AlignmentError
            If one has numbers and the other texts.
        """
        if len(self) and len(other) and self.ids.dtype.kind != other.ids.dtype.kind:
            got = f"{self.ids[0].item()!r} and {other.ids[0].item()!r}"
            hint = "Read the column in the same way at both dates."
            raise AlignmentError(where, expected="customer ids of one kind", got=got, hint=hint)

    def __repr__(self) -> str:
        """Show how many and the first few."""
        shown = ", ".join(repr(item) for item in self.ids[:3].tolist())
        return f"CustomerIndex({len(self):,} customers: {shown}{', ...' if len(self) > 3 else ''})"
