"""Delivered value: what the customer gets for what the customer gives."""

from __future__ import annotations

from collections.abc import Iterable

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, FloatArray, float_array, locked
from custvalue._frames import FrameKind, build_frame
from custvalue.data import CustomerIndex, ValueTable
from custvalue.errors import InputError

__all__ = ["BENEFITS", "SACRIFICES", "DeliveredValue"]

BENEFITS = ("product", "service", "people", "image")
SACRIFICES = ("money", "time", "psychic", "effort")


@attrs.frozen(kw_only=True, eq=False, repr=False)
class DeliveredValue(ArrayHolder):
    """Total value to the customer less total cost to the customer.

    Build it with :meth:`of`.

    Parameters
    ----------
    customers
        (n_customers,) or offers compared by one customer.
    benefits
        (n_customers,) total value received: product, service, people, image.
    sacrifices
        (n_customers,) total cost borne: money, time, psychic cost, effort.

    References
    ----------
    Kotler, Marketing Management: customer-delivered value.

    Examples
    --------
    >>> table = ValueTable(
    ...     customers=CustomerIndex(["ours", "theirs"]),
    ...     measures={"product": [16.0, 14.0], "service": [4.0, 3.0], "money": [14.0, 12.0], "time": [2.0, 1.0]},
    ... )
    >>> delivered = DeliveredValue.of(table, benefits=["product", "service"], sacrifices=["money", "time"])
    >>> delivered.difference.tolist(), delivered.ratio.round(3).tolist()
    ([4.0, 4.0], [1.25, 1.308])
    """

    customers: CustomerIndex
    benefits: FloatArray = float_array()
    sacrifices: FloatArray = float_array()

    def __attrs_post_init__(self) -> None:
        n = len(self.customers)
        if self.benefits.size != n or self.sacrifices.size != n:
            got = f"{self.benefits.size} and {self.sacrifices.size}"
            raise InputError("DeliveredValue", expected=f"{n} benefits and {n} sacrifices", got=got)

    @classmethod
    def of(
        cls, table: ValueTable, *, benefits: Iterable[str] = BENEFITS, sacrifices: Iterable[str] = SACRIFICES
    ) -> DeliveredValue:
        """Add up the parts of a table, all in one unit (money, or points of one scale).

        Parameters
        ----------
        table
            The parts, as measures.
        benefits, sacrifices
            Which measures are which; product, service, people, image and money, time, psychic, effort by default.

        Raises
        ------
        InputError
            If a part is not in the table.
        """
        start = np.zeros(len(table.customers))
        received = sum((table[name] for name in benefits), start=start)
        borne = sum((table[name] for name in sacrifices), start=start)
        return cls(customers=table.customers, benefits=received, sacrifices=borne)

    @property
    def difference(self) -> FloatArray:
        """Value less cost, (n_customers,)."""
        return locked(self.benefits - self.sacrifices)

    @property
    def ratio(self) -> FloatArray:
        """Value / cost, (n_customers,); missing where the cost is 0."""
        result = np.full(self.benefits.size, np.nan)
        np.divide(self.benefits, self.sacrifices, out=result, where=self.sacrifices != 0)
        return locked(result)

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer: customer, benefits, sacrifices, difference, ratio."""
        columns = {name: getattr(self, name) for name in ("benefits", "sacrifices", "difference", "ratio")}
        return build_frame({"customer": self.customers.ids, **columns}, like)

    def __repr__(self) -> str:
        """One line."""
        return f"DeliveredValue({len(self.customers):,} customers, mean difference {self.difference.mean():,.2f})"
