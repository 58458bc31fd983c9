"""Customer x product x channel: charge transaction lines, then read any cut; every cut has the same total."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np
from numpy.typing import ArrayLike

from custvalue._arrays import ArrayHolder, IntArray, LabelArray, as_labels, int_array, locked
from custvalue._frames import Column, FrameKind, build_frame
from custvalue.costing._builder import driver_builder
from custvalue.costing._quantity import prepare
from custvalue.costing._result import Allocation
from custvalue.costing.policies import DEFAULT_POLICIES, Policies
from custvalue.data import CostLedger, Currency, DriverTable
from custvalue.errors import InputError

__all__ = ["Cut", "LineCosts", "MembersOnly"]


def _labels(value: Mapping[str, ArrayLike]) -> dict[str, LabelArray]:
    return {str(name): as_labels(column) for name, column in value.items()}


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Cut(ArrayHolder):
    """Cost by the members of some dimensions.

    Parameters
    ----------
    keys
        Dimension to (n_cells,) member.
    pools
        Pool names.
    amounts
        (n_cells, n_pools) minor units.
    currency
        Of the amounts.
    """

    keys: Mapping[str, LabelArray] = attrs.field(converter=_labels)
    pools: tuple[str, ...]
    amounts: IntArray = int_array(ndim=2)
    currency: Currency

    @property
    def total(self) -> IntArray:
        """(n_cells,) minor units."""
        return locked(self.amounts.sum(axis=1))

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a cell: a column a dimension, one a pool, total; major units."""
        columns: dict[str, Column] = dict(self.keys)
        for column, pool in enumerate(self.pools):
            columns[pool] = self.currency.to_major(self.amounts[:, column])
        columns["total"] = self.currency.to_major(self.total)
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        return f"Cut({' x '.join(self.keys) or 'all'}: {len(self.amounts):,} cells)"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class LineCosts(ArrayHolder):
    """Costs charged to transaction lines, ready to be read by any dimension.

    Parameters
    ----------
    allocation
        Made with one "customer" a transaction line: ``DriverTable(customers=CustomerIndex(line_ids), ...)``.
    dimensions
        Dimension (customer, product, channel, month ...) to the (n_lines,) member of each line.

    Examples
    --------
    >>> from custvalue.costing import VolumeBased
    >>> from custvalue.data import CostLedger, CostPool, CustomerIndex, DriverTable
    >>> costs = CostLedger(pools=[CostPool("picking", 10)], currency="EUR")
    >>> lines = DriverTable(customers=CustomerIndex([1, 2, 3]), drivers={"units": [1, 1, 1]})
    >>> charged = LineCosts(
    ...     allocation=VolumeBased("units").allocate(costs, lines),
    ...     dimensions={"customer": ["a", "a", "b"], "product": ["x", "y", "x"]},
    ... )
    >>> charged.by("customer").total.tolist(), charged.by("product").total.tolist(), charged.by().total.tolist()
    ([667, 333], [667, 333], [1000])
    """

    allocation: Allocation
    dimensions: Mapping[str, LabelArray] = attrs.field(converter=_labels)

    def __attrs_post_init__(self) -> None:
        n = len(self.allocation.customers)
        wrong = {name: column.size for name, column in self.dimensions.items() if column.size != n}
        if wrong:
            raise InputError("LineCosts.dimensions", expected=f"{n} lines", got=f"{wrong}")

    def by(self, *names: str) -> Cut:
        """Add lines up by some dimensions; none of them is the grand total.

        Raises
        ------
        InputError
            If there is no such dimension, naming those there are.
        """
        unknown = [name for name in names if name not in self.dimensions]
        if unknown:
            raise InputError("dimension", expected=f"some of {list(self.dimensions)}", got=f"{unknown}")
        cell = np.zeros(len(self.allocation.customers), dtype=np.int64)
        for name in names:
            members, code = np.unique(self.dimensions[name], return_inverse=True)
            cell = cell * members.size + code
        _, first, code = np.unique(cell, return_index=True, return_inverse=True)
        n_cells = max(first.size, 0 if names else 1)
        amounts = np.zeros((n_cells, len(self.allocation.costs.pools)), dtype=np.int64)
        np.add.at(amounts, code, self.allocation.amounts)
        return Cut(
            keys={name: self.dimensions[name][first] for name in names},
            pools=self.allocation.costs.names,
            amounts=amounts,
            currency=self.allocation.costs.currency,
        )


@attrs.frozen(eq=False)
class MembersOnly:
    """Charge a pool only to the lines or customers of one member: the UK market, smartphones, the web shop.

    Parameters
    ----------
    base
        Driver to share by within the member.
    labels
        (n,) member of each line or customer, in the order of the driver table.
    members
        Pool to the member that carries it. Other pools stay unallocated.
    policies
        What to do at the edges; a member without any line has a zero driver.
    """

    base: str
    labels: LabelArray = attrs.field(converter=as_labels)
    members: Mapping[str, str]
    policies: Policies = DEFAULT_POLICIES

    def allocate(self, costs: CostLedger, drivers: DriverTable, /) -> Allocation:
        """Charge the pools of ``costs`` to the lines or customers of ``drivers``.

        Raises
        ------
        InputError
            If there is not one label a line.
        """
        n = len(drivers.customers)
        if self.labels.size != n:
            raise InputError("MembersOnly.labels", expected=f"{n} labels", got=f"{self.labels.size}")
        builder = driver_builder(costs, drivers, self, self.policies)
        for pool, amount in builder.open_pools().items():
            if pool not in self.members:
                builder.leave(pool, amount)
                continue
            member = self.members[pool]
            weights = locked(np.where(self.labels == member, drivers[self.base], 0.0))
            name = f"{self.base} of {member}"
            builder.charge(pool, amount, prepare(name, weights, drivers.customers.ids, self.policies, 0.0))
        return builder.build()
