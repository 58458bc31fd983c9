"""Measures that compare a customer with the others of its segment."""

from __future__ import annotations

import numpy as np

from custvalue._arrays import locked
from custvalue.data import ValueTable
from custvalue.errors import InputError
from custvalue.portfolio.axes import require_measures

__all__ = ["relative_share"]


def relative_share(values: ValueTable, *, sales: str, segment: str, name: str = "relative_share") -> ValueTable:
    """Add each customer's share of its segment relative to the share of the segment's largest customer.

    Parameters
    ----------
    values
        The customers.
    sales
        Measure of sales, 0 or more.
    segment
        Measure holding a number for the segment.
    name
        Name of the new measure, in [0, 1]; NaN where sales or segment is missing, or the whole segment buys nothing.

    Raises
    ------
    SchemaError
        Naming the measures that the table lacks.
    InputError
        If sales are negative.

    Examples
    --------
    >>> from custvalue.data import CustomerIndex
    >>> values = ValueTable(
    ...     customers=CustomerIndex(["a", "b", "c"]),
    ...     measures={"sales": [40.0, 10.0, 5.0], "segment": [1, 1, 2]},
    ... )
    >>> relative_share(values, sales="sales", segment="segment")["relative_share"].tolist()
    [1.0, 0.25, 1.0]
    """
    require_measures("relative_share", values, (sales, segment))
    amounts, groups = values[sales], values[segment]
    if np.any(amounts < 0):
        raise InputError(f"measure {sales!r}", expected="sales of 0 or more", got=f"{np.nanmin(amounts):g}")
    there = ~(np.isnan(amounts) | np.isnan(groups))
    _, place = np.unique(groups[there], return_inverse=True)
    largest = np.zeros(int(place.max()) + 1 if place.size else 0)
    np.maximum.at(largest, place, amounts[there])
    reference = largest[place]
    share = np.full(amounts.shape, np.nan)
    share[there] = np.where(reference > 0, amounts[there] / np.where(reference > 0, reference, 1.0), np.nan)
    text = f"{sales} relative to the largest customer of the same {segment}"
    return values.with_measures({name: locked(share)}, {name: text})
