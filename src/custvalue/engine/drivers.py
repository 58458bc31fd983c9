"""What a customer used of something, as an expression over the log: ``count()``, ``sum("lines")`` and so on."""

from __future__ import annotations

from typing import Literal, TypeAlias

import attrs

__all__ = ["DriverExpression", "count", "max", "mean", "n_unique", "sum"]

Verb: TypeAlias = Literal["count", "sum", "mean", "max", "n_unique"]


@attrs.frozen
class DriverExpression:
    """One driver, to be computed from a log; made by the functions of this module.

    Parameters
    ----------
    verb
        What is done.
    column
        With which column: a column of the caller's table, or one of ``amount``, ``direct_cost``, ``quantity``,
        ``order``, ``product``, ``channel``, ``day``. Empty for ``count``.
    """

    verb: Verb
    column: str = ""

    def __repr__(self) -> str:
        """Show it as it is typed."""
        return f"{self.verb}({self.column!r})" if self.column else f"{self.verb}()"


def count() -> DriverExpression:
    """Count a customer's rows of the log. Where an order has several rows, ``n_unique("order")`` counts orders.

    Examples
    --------
    >>> count()
    count()
    """
    return DriverExpression("count")


def sum(column: str) -> DriverExpression:  # noqa: A001  # cv.sum reads as users expect
    """Add up a numeric column, exactly: the same in whatever order the rows come.

    Examples
    --------
    >>> sum("lines")
    sum('lines')
    """
    return DriverExpression("sum", column)


def mean(column: str) -> DriverExpression:
    """Average a numeric column over a customer's rows.

    Examples
    --------
    >>> mean("km")
    mean('km')
    """
    return DriverExpression("mean", column)


def max(column: str) -> DriverExpression:  # noqa: A001  # cv.max reads as users expect
    """Take the largest value of a numeric column.

    Examples
    --------
    >>> max("km")
    max('km')
    """
    return DriverExpression("max", column)


def n_unique(column: str) -> DriverExpression:
    """Count the different values of a column; missing ones do not count.

    Examples
    --------
    >>> n_unique("product")
    n_unique('product')
    """
    return DriverExpression("n_unique", column)
