"""What is asked of the canonical rows: group-bys over narwhals, pushed down, finished in numpy.

Three rules keep these at the speed of hand-written queries: integer sums are cast back to 64 bits after the first
aggregation; day numbers were made once, natively; the spend of the first period travels in one integer with it
(``period * 2**bits + spend``), so there is no join, no window and one scan.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from custvalue._arrays import IntArray
from custvalue.engine import _columns as c
from custvalue.engine._protocol import Arrays, Dialect, Rows

__all__ = ["Facts", "Purchases", "customer_sums", "pattern_counts", "period_sums", "purchases", "series"]

PERIOD = "cv_period"
_BITS = 62


@attrs.frozen(kw_only=True)
class Facts:
    """What is known of the rows and lets a query leave steps out.

    Parameters
    ----------
    has_amounts
        Whether there are amounts.
    has_refunds, has_zeros
        Whether some amounts are negative, or zero.
    magnitude
        Sum of the absolute amounts: no sum of any group is larger.
    first_period, last_period
        Numbers of the first and the last period of the window.
    """

    has_amounts: bool
    has_refunds: bool
    has_zeros: bool
    magnitude: int
    first_period: int
    last_period: int

    @property
    def choosy(self) -> bool:
        """Whether some periods may be no purchases."""
        return self.has_refunds or self.has_zeros

    @property
    def bits(self) -> int:
        """Bits left for the spend beside the period."""
        return _BITS - (self.last_period - self.first_period + 1).bit_length()

    @property
    def packs(self) -> bool:
        """Whether any sum of amounts fits into those bits."""
        return self.magnitude < 1 << self.bits


@attrs.frozen(kw_only=True)
class Purchases:
    """One row a customer, sorted by id.

    Parameters
    ----------
    customers
        (n_customers,) ids.
    first, last
        (n_customers,) period numbers of the first and last purchase; -1 for customers who never bought.
    n
        (n_customers,) periods with a purchase.
    total
        (n_customers,) minor units, refund-only periods included.
    repeat
        (n_customers,) minor units in purchase periods after the first.
    rows
        (n_customers,) rows of the log; zeros unless they were asked for.
    """

    customers: NDArray[np.generic]
    first: IntArray
    last: IntArray
    n: IntArray
    total: IntArray
    repeat: IntArray
    rows: IntArray


def purchases(dialect: Dialect, rows: Rows, facts: Facts, *, count_rows: bool = False) -> Purchases:
    """Count and value each customer's purchases; ``rows`` carry :data:`PERIOD`."""
    found = _sorted(dialect.collect(_by_customer(rows, facts, _Wanted(spend=True, rows=count_rows))))
    n = found["n"].astype(np.int64)
    zeros = np.zeros(n.size, dtype=np.int64)
    n_rows = found["rows"].astype(np.int64) if count_rows else zeros
    last = np.where(n > 0, found["last"].astype(np.int64), -1)
    if not facts.has_amounts:
        return Purchases(customers=found[c.CUSTOMER], first=found["first"].astype(np.int64), last=last, n=n,
                         total=zeros, repeat=zeros, rows=n_rows)  # fmt: skip
    if facts.packs:
        packed = found["packed"].astype(np.int64)
        first, first_spend = (packed >> facts.bits) + facts.first_period, packed & ((1 << facts.bits) - 1)
    else:
        first, first_spend = found["first"].astype(np.int64), found["first_spend"].astype(np.int64)
    bought = found.get("bought", found["total"]).astype(np.int64)
    repeat = np.where(n > 0, bought - first_spend, 0)
    return Purchases(customers=found[c.CUSTOMER], first=np.where(n > 0, first, -1), last=last, n=n,
                     total=found["total"].astype(np.int64), repeat=repeat, rows=n_rows)  # fmt: skip


def pattern_counts(dialect: Dialect, rows: Rows, facts: Facts) -> Arrays:
    """Count customers by (first, last, n): only these few rows travel."""
    by_customer = _by_customer(rows, facts, _Wanted(spend=False, rows=False)).filter(nw.col("n") > 0)
    return dialect.collect(by_customer.group_by("first", "last", "n").agg(nw.len().alias("weight")))


@attrs.frozen(kw_only=True)
class _Wanted:
    """What a customer's row shall hold besides first, last and n."""

    spend: bool
    rows: bool


def purchase_periods(dialect: Dialect, rows: Rows, facts: Facts) -> Arrays:
    """Give customer and period of every purchase."""
    each = _by_period(rows, facts, count_rows=False)
    kept = each.filter(_bought(facts)) if facts.choosy else each
    return dialect.collect(kept.select(c.CUSTOMER, PERIOD))


def period_sums(dialect: Dialect, rows: Rows, facts: Facts) -> Arrays:
    """Count periods and rows and sum amounts, of periods with a purchase (``is_purchase`` 1) and without (0)."""
    each = _by_period(rows, facts, count_rows=True)
    if not facts.has_amounts:
        each = each.with_columns(nw.lit(0).alias("net"))
    bought = _bought(facts) if facts.choosy else nw.lit(1) == 1
    each = each.with_columns(nw.when(bought).then(nw.lit(1)).otherwise(nw.lit(0)).alias("is_purchase"))
    grouped = each.group_by("is_purchase").agg(nw.len().alias("periods"), nw.col("rows").sum(), nw.col("net").sum())
    return dialect.collect(grouped.with_columns(nw.col("net").cast(nw.Int64)))


def _by_customer(rows: Rows, facts: Facts, wanted: _Wanted) -> Rows:
    """Customer and period, then customer."""
    each = _by_period(rows, facts, count_rows=wanted.rows)
    ends = [nw.col("rows").sum().alias("rows")] if wanted.rows else []
    collect = _choosy if facts.choosy else _plain
    return collect(each, facts, ends, spend=wanted.spend)


def _by_period(rows: Rows, facts: Facts, *, count_rows: bool) -> Rows:
    """Customer and period: what the amounts net to, and the largest where zeros have to be told from netted ones."""
    per_period = [nw.len().alias("rows")] if count_rows else []
    if facts.has_amounts:
        per_period.append(nw.col(c.MINOR).sum().alias("net"))
    if facts.has_zeros:
        per_period.append(nw.col(c.MINOR).max().alias("top"))
    each = (
        rows.group_by(c.CUSTOMER, PERIOD).agg(*per_period) if per_period else rows.select(c.CUSTOMER, PERIOD).unique()
    )
    return each.with_columns(nw.col("net").cast(nw.Int64)) if facts.has_amounts else each


def _bought(facts: Facts) -> nw.Expr:
    """A period is a purchase if it nets above zero, or if all its rows are zero."""
    bought = nw.col("net") > 0
    return bought | ((nw.col("net") == 0) & (nw.col("top") == 0)) if facts.has_zeros else bought


def _packed(facts: Facts) -> nw.Expr:
    return (nw.col(PERIOD) - facts.first_period) * (1 << facts.bits) + nw.col("net")


def _plain(each: Rows, facts: Facts, ends: list[nw.Expr], *, spend: bool) -> Rows:
    """Every period is a purchase: no row has an amount of zero or less."""
    period = nw.col(PERIOD)
    ends = [*ends, period.max().alias("last"), nw.len().alias("n")]
    if not (spend and facts.has_amounts):
        return each.group_by(c.CUSTOMER).agg(period.min().alias("first"), *ends)
    ends.append(nw.col("net").sum().cast(nw.Int64).alias("total"))
    if facts.packs:
        each = each.with_columns(_packed(facts).alias("packed"))
        return each.group_by(c.CUSTOMER).agg(nw.col("packed").min(), *ends)
    return _first_by_window(each, nw.lit(1) == 1).group_by(c.CUSTOMER).agg(*_window_aggregates(), *ends)


def _choosy(each: Rows, facts: Facts, ends: list[nw.Expr], *, spend: bool) -> Rows:
    """Not every period is a purchase: some rows have an amount of zero or less."""
    net, period, bought = nw.col("net"), nw.col(PERIOD), _bought(facts)
    each = each.with_columns(
        nw.when(bought).then(nw.lit(1)).otherwise(nw.lit(0)).alias("is_purchase"),
        nw.when(bought).then(period).alias("bought_in"),
        nw.when(bought).then(net).otherwise(nw.lit(0)).alias("spend"),
    )
    ends = [
        *ends,
        nw.col("bought_in").max().fill_null(-1).alias("last"),
        nw.col("is_purchase").sum().cast(nw.Int64).alias("n"),
    ]
    if not spend:
        return each.group_by(c.CUSTOMER).agg(nw.col("bought_in").min().fill_null(-1).alias("first"), *ends)
    ends += [net.sum().cast(nw.Int64).alias("total"), nw.col("spend").sum().cast(nw.Int64).alias("bought")]
    if facts.packs:
        each = each.with_columns(nw.when(nw.col("is_purchase") == 1).then(_packed(facts)).alias("packed"))
        return each.group_by(c.CUSTOMER).agg(nw.col("packed").min().fill_null(0).alias("packed"), *ends)
    windowed = _first_by_window(each, nw.col("is_purchase") == 1)
    return windowed.group_by(c.CUSTOMER).agg(*_window_aggregates(), *ends)


def _first_by_window(each: Rows, bought: nw.Expr) -> Rows:
    """Spend of the first purchase by a window: slower, for amounts too large to travel with the period."""
    each = each.with_columns(nw.when(bought).then(nw.col(PERIOD)).alias("cv_at"))
    each = each.with_columns(nw.col("cv_at").min().over(c.CUSTOMER).alias("cv_first"))
    at_first = nw.col("cv_at") == nw.col("cv_first")
    return each.with_columns(nw.when(at_first).then(nw.col("net")).otherwise(nw.lit(0)).alias("cv_first_spend"))


def _window_aggregates() -> list[nw.Expr]:
    return [
        nw.col("cv_first").min().fill_null(-1).alias("first"),
        nw.col("cv_first_spend").sum().cast(nw.Int64).alias("first_spend"),
    ]


def series(dialect: Dialect, rows: Rows) -> Arrays:
    """Amount by customer and period."""
    grouped = rows.group_by(c.CUSTOMER, PERIOD).agg(nw.col(c.MINOR).sum().alias("net"))
    return dialect.collect(grouped.with_columns(nw.col("net").cast(nw.Int64)))


def customer_sums(dialect: Dialect, rows: Rows, aggregates: Sequence[nw.Expr]) -> Arrays:
    """Aggregate by customer; sorted by id."""
    return _sorted(dialect.collect(rows.group_by(c.CUSTOMER).agg(*aggregates)))


def _sorted(found: Arrays) -> Arrays:
    ids = found[c.CUSTOMER]
    if ids.dtype.kind == "O":
        ids = ids.astype(np.str_)
    order = np.argsort(ids, kind="stable")
    return {name: (ids if name == c.CUSTOMER else column)[order] for name, column in found.items()}
