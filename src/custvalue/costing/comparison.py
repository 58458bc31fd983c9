"""Several methods side by side: who is charged differently, whose rank or sign changes, who pays for whom."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np
from numpy.typing import ArrayLike

from custvalue._arrays import ArrayHolder, FloatArray, IntArray, as_ints, int_array, locked, strings
from custvalue._frames import Column, FrameKind, build_frame
from custvalue.costing._result import Allocation
from custvalue.data import Currency, CustomerIndex
from custvalue.errors import AlignmentError, InputError

__all__ = ["Comparison", "compare"]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Comparison(ArrayHolder):
    """What each of k methods charges each customer.

    Parameters
    ----------
    customers
        (n_customers,).
    methods
        Names of the k methods.
    cost
        (n_customers, k) minor units charged.
    before
        (n_customers,) profit before these costs, minor units; zeros if it was not given.
    has_profit
        Whether it was given.
    currency
        Of the amounts.
    """

    customers: CustomerIndex
    methods: tuple[str, ...] = attrs.field(converter=strings)
    cost: IntArray = int_array(ndim=2)
    before: IntArray = int_array()
    has_profit: bool
    currency: Currency

    @property
    def profit(self) -> IntArray:
        """(n_customers, k) profit after cost, minor units; the negative cost if no profit was given."""
        return locked(self.before[:, None] - self.cost)

    @property
    def ranks(self) -> IntArray:
        """(n_customers, k) rank by profit, 1 is the best; ties go by id."""
        ranks = np.empty_like(self.cost)
        for column, profit in enumerate(self.profit.T):
            order = np.lexsort((self.customers.ids, -profit))
            ranks[order, column] = np.arange(1, len(order) + 1)
        return locked(ranks)

    def difference(self, method: str, against: str) -> IntArray:
        """(n_customers,) minor units ``method`` charges more than ``against``."""
        return locked(self.cost[:, self._column(method)] - self.cost[:, self._column(against)])

    def rank_change(self, method: str, against: str) -> IntArray:
        """(n_customers,) places a customer falls (positive) or rises going from ``against`` to ``method``."""
        return locked(self.ranks[:, self._column(method)] - self.ranks[:, self._column(against)])

    def sign_changes(self, method: str, against: str) -> IntArray:
        """Positions of customers profitable under one of the two methods and not under the other."""
        signs = self.profit < 0
        return np.flatnonzero(signs[:, self._column(method)] != signs[:, self._column(against)])

    def cross_subsidy(self, method: str, against: str) -> int:
        """Minor units that ``against`` charges to customers who, by ``method``, should not bear them.

        The sum of what is charged too much to some, where ``method`` is taken to be right.
        """
        difference = self.difference(against, method)
        return int(difference[difference > 0].sum())

    @property
    def unprofitable_under(self) -> IntArray:
        """(n_customers,) under how many of the k methods a customer makes a loss."""
        return locked((self.profit < 0).sum(axis=1).astype(np.int64))

    @property
    def rank_correlation(self) -> FloatArray:
        """(k, k) Spearman correlation of the ranks."""
        if len(self.customers) < 2:
            return np.ones((len(self.methods), len(self.methods)))
        return np.corrcoef(self.ranks.astype(np.float64), rowvar=False).reshape(len(self.methods), -1)

    def _column(self, method: str) -> int:
        if method not in self.methods:
            raise InputError("method", expected=f"one of {list(self.methods)}", got=repr(method))
        return self.methods.index(method)

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer: customer, cost, profit and rank under each method, unprofitable_under."""
        columns: dict[str, Column] = {"customer": self.customers.ids}
        ranks, profit = self.ranks, self.profit
        for column, name in enumerate(self.methods):
            columns[f"cost {name}"] = self.currency.to_major(self.cost[:, column])
            if self.has_profit:
                columns[f"profit {name}"] = self.currency.to_major(profit[:, column])
            columns[f"rank {name}"] = ranks[:, column]
        if self.has_profit:
            columns["unprofitable_under"] = self.unprofitable_under
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        return f"Comparison({len(self.customers):,} customers; {', '.join(self.methods)})"


def compare(allocations: Mapping[str, Allocation], profit_before: ArrayLike | None = None) -> Comparison:
    """Lay allocations of the same costs side by side.

    Parameters
    ----------
    allocations
        Name to allocation, two or more; of the same customers, currency, period and total cost.
    profit_before
        (n_customers,) profit before these costs in minor units, for ranks and signs of profit.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        If there are fewer than two.
    AlignmentError
        If they do not speak of the same costs and customers.

    Examples
    --------
    >>> from custvalue.data import CostLedger, CostPool, CustomerIndex
    >>> costs = CostLedger(pools=[CostPool("service", 90)], currency="EUR")
    >>> customers = CustomerIndex(["a", "b"])
    >>> even = Allocation.from_shares(costs, customers, {"service": [1, 1]})
    >>> used = Allocation.from_shares(costs, customers, {"service": [1, 2]})
    >>> both = compare({"even": even, "used": used}, profit_before=[5000, 5500])
    >>> both.cross_subsidy("used", "even"), both.rank_change("used", "even").tolist()
    (1500, [-1, 1])
    >>> both.unprofitable_under.tolist()
    [0, 1]
    """
    if len(allocations) < 2:
        raise InputError("compare", expected="two or more allocations", got=str(len(allocations)))
    first_name, first = next(iter(allocations.items()))
    for name, other in allocations.items():
        first.customers.require_same(other.customers, where=f"compare: {first_name} and {name}")
        facts = [(item.costs.currency.code, item.costs.period, item.costs.total) for item in (first, other)]
        if facts[0] != facts[1]:
            hint = "Compare methods on one ledger."
            what = "the same currency, period and total cost"
            raise AlignmentError(f"compare: {first_name} and {name}", expected=what, got=f"{facts}", hint=hint)
    n = len(first.customers)
    before = np.zeros(n, dtype=np.int64) if profit_before is None else as_ints(profit_before)
    if before.size != n:
        raise InputError("compare(profit_before)", expected=f"{n} customers", got=f"{before.size} values")
    return Comparison(
        customers=first.customers,
        methods=tuple(allocations),
        cost=np.column_stack([item.total for item in allocations.values()]),
        before=before,
        has_profit=profit_before is not None,
        currency=first.costs.currency,
    )
