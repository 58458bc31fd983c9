"""Proof that no money was made or lost: what came in, what was charged, what stayed and why."""

from __future__ import annotations

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, IntArray, int_array, strings
from custvalue._frames import Column, FrameKind, build_frame
from custvalue.costing._line import Reason
from custvalue.data import Currency
from custvalue.errors import ConservationError, InputError

__all__ = ["Balance", "TieOut", "Unallocated"]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Unallocated(ArrayHolder):
    """Money no customer was charged, per pool and reason; zero is said, not assumed.

    Parameters
    ----------
    pools
        Pool names.
    amounts
        (n_pools, n_reasons) minor units, reasons in the order of `Reason`.
    currency
        Of the amounts.
    """

    pools: tuple[str, ...] = attrs.field(converter=strings)
    amounts: IntArray = int_array(ndim=2)
    currency: Currency

    @property
    def total(self) -> int:
        """Minor units in all."""
        return int(self.amounts.sum())

    def __getitem__(self, key: tuple[str, Reason] | Reason | str) -> int:
        """Minor units of a pool, of a reason, or of one pool for one reason.

        Raises
        ------
        InputError
            If there is no such pool, naming those there are.
        """
        rows = np.arange(len(self.pools))
        columns = np.arange(len(Reason))
        for part in key if isinstance(key, tuple) else (key,):
            if isinstance(part, Reason):
                columns = np.array([list(Reason).index(part)])
            elif part in self.pools:
                rows = np.array([self.pools.index(part)])
            else:
                raise InputError("pool", expected=f"one of {list(self.pools)}", got=repr(part))
        return int(self.amounts[np.ix_(rows, columns)].sum())

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a pool: pool, one column a reason, unallocated; major units."""
        columns: dict[str, Column] = {"pool": list(self.pools)}
        for column, reason in enumerate(Reason):
            columns[reason.value] = self.currency.to_major(self.amounts[:, column])
        columns["unallocated"] = self.currency.to_major(self.amounts.sum(axis=1))
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """Say the sum, and each reason that is not zero."""
        by_reason = dict(zip(Reason, self.amounts.sum(axis=0).tolist(), strict=True))
        parts = [f"{reason.value} {self.currency.format(amount)}" for reason, amount in by_reason.items() if amount]
        return f"Unallocated({self.currency.format(self.total)}{': ' if parts else ''}{', '.join(parts)})"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Balance(ArrayHolder):
    """In and out of each pool. An allocation that does not balance cannot be built, so every remainder is zero.

    Parameters
    ----------
    pools
        Pool names.
    amount, charged, held
        (n_pools,) minor units: the pool, what customers were charged, what stayed for a reason.
    by_fallback
        (n_pools,) minor units shared by something else than the driver asked for.
    n_missing, n_negative
        (n_pools,) customers whose driver was unknown or negative when it was charged.
    """

    pools: tuple[str, ...] = attrs.field(converter=strings)
    amount: IntArray = int_array()
    charged: IntArray = int_array()
    held: IntArray = int_array()
    by_fallback: IntArray = int_array()
    n_missing: IntArray = int_array()
    n_negative: IntArray = int_array()
    currency: Currency

    @property
    def remainder(self) -> IntArray:
        """What is left when everything is accounted for, shape (n_pools,): zeros."""
        return self.amount - self.charged - self.held

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a pool: pool, amount, charged, unallocated, remainder, by_fallback (major units), two counts."""
        major = self.currency.to_major
        columns: dict[str, Column] = {
            "pool": list(self.pools),
            "amount": major(self.amount),
            "charged": major(self.charged),
            "unallocated": major(self.held),
            "remainder": major(self.remainder),
            "by_fallback": major(self.by_fallback),
            "n_missing": self.n_missing,
            "n_negative": self.n_negative,
        }
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        text = self.currency.format
        return (
            f"Balance({text(int(self.amount.sum()))} = {text(int(self.charged.sum()))} charged + "
            f"{text(int(self.held.sum()))} unallocated; remainders {int(np.abs(self.remainder).sum())})"
        )


@attrs.frozen(kw_only=True, repr=False)
class TieOut:
    """Whether the cost pools agree with a total of the general ledger.

    Parameters
    ----------
    expected
        The ledger's total, minor units.
    pools
        Sum of the pools, minor units.
    tolerance
        Largest difference still accepted, minor units.
    currency
        Of the amounts.
    """

    expected: int
    pools: int
    tolerance: int
    currency: Currency

    @property
    def difference(self) -> int:
        """Pools less ledger, minor units."""
        return self.pools - self.expected

    @property
    def ties_out(self) -> bool:
        """Whether the difference is within the tolerance."""
        return abs(self.difference) <= self.tolerance

    def require(self) -> None:
        """Insist.

        Raises
        ------
        ConservationError
            If it does not tie out, saying by how much.
        """
        if not self.ties_out:
            raise ConservationError(str(self))

    def __repr__(self) -> str:
        """Say it in words."""
        text = self.currency.format
        verdict = "ties out" if self.ties_out else "DOES NOT TIE OUT"
        return (
            f"{verdict}: pools {text(self.pools)}, ledger {text(self.expected)}, difference {text(self.difference)}, "
            f"tolerance {text(self.tolerance)}"
        )
