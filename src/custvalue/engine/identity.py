"""Accounts, cards and channel ids folded into customers, before anything else is looked at."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from custvalue._arrays import ArrayHolder, locked
from custvalue._frames import read_columns
from custvalue.data import CustomerIndex
from custvalue.errors import Fault, SchemaError

__all__ = ["IdentityMap", "UnlistedAccounts"]

_SHOWN = 20


class UnlistedAccounts(enum.Enum):
    """What an account that is not on the map is."""

    UNKNOWN = "unknown"
    """Nobody known: the log's ``missing_ids`` policy decides."""
    THEMSELVES = "themselves"
    """A customer of its own, under its own id."""


def _ids(values: Iterable[object], column: str) -> NDArray[Any]:
    raw = list(values)
    whole = [isinstance(value, int | np.integer) and not isinstance(value, bool) for value in raw]
    text = [isinstance(value, str) and value.strip() != "" for value in raw]
    if raw and not (all(whole) or all(text)):
        kind = whole if sum(whole) > sum(text) else text
        wrong = [(row, raw[row]) for row, fine in enumerate(kind) if not fine]
        got = f"values such as {[value for _, value in wrong[:3]]}"
        rows = [row for row, _ in wrong[:_SHOWN]]
        fault = Fault(column, "text or whole-number ids, not mixed, none missing", got, rows=rows, n_rows=len(wrong))
        raise SchemaError("identity map", [fault])
    return np.asarray(raw, dtype=np.int64 if raw and all(whole) else np.str_)


def _account_ids(values: Iterable[object]) -> NDArray[Any]:
    return _ids(values, "accounts")


def _owner_ids(values: Iterable[object]) -> NDArray[Any]:
    return _ids(values, "customers")


@attrs.frozen(eq=False, repr=False)
class IdentityMap(ArrayHolder):
    """Which customer each account belongs to.

    Parameters
    ----------
    accounts
        (n_accounts,) ids as they stand in the log: text or whole numbers, each once (repeated equal pairs are one).
    owners
        (n_accounts,) the customer of each.
    unlisted
        What an account not listed here is.

    Raises
    ------
    SchemaError
        Naming the ids: an account given to two customers, a chain (a customer that is itself an account of somebody
        else), a cycle.

    Examples
    --------
    >>> people = IdentityMap.from_pairs({"card-1": "Ann", "card-2": "Ann", "web-9": "Bob"})
    >>> people
    IdentityMap(3 accounts of 2 customers)
    """

    accounts: NDArray[Any] = attrs.field(converter=_account_ids)
    owners: NDArray[Any] = attrs.field(converter=_owner_ids)
    unlisted: UnlistedAccounts = attrs.field(default=UnlistedAccounts.UNKNOWN, converter=UnlistedAccounts)

    def __attrs_post_init__(self) -> None:
        if self.accounts.size != self.owners.size:
            got = f"{self.accounts.size} accounts, {self.owners.size} customers"
            raise SchemaError("identity map", [Fault("length", "one customer an account", got)])
        owner: dict[object, object] = {}
        twice: dict[object, list[object]] = {}
        for account, customer in zip(self.accounts.tolist(), self.owners.tolist(), strict=True):
            if owner.setdefault(account, customer) != customer:
                twice.setdefault(account, [owner[account]]).append(customer)
        chained = [a for a, c in owner.items() if c != a and owner.get(c, c) != c]
        SchemaError.raise_for("identity map", _identity_faults(owner, twice, chained))
        for name, values in (("accounts", list(owner)), ("owners", list(owner.values()))):
            kind = getattr(self, name).dtype
            object.__setattr__(self, name, locked(np.asarray(values, dtype=kind)))

    @classmethod
    def from_pairs(
        cls,
        pairs: Mapping[str, str] | Mapping[int, int] | Mapping[int, str] | Mapping[str, int],
        *,
        unlisted: UnlistedAccounts = UnlistedAccounts.UNKNOWN,
    ) -> IdentityMap:
        """Take account to customer from a mapping."""
        return cls(list(pairs), list(pairs.values()), unlisted)

    @classmethod
    def from_frame(
        cls,
        frame: object,
        *,
        account: str,
        customer: str,
        unlisted: UnlistedAccounts = UnlistedAccounts.UNKNOWN,
    ) -> IdentityMap:
        """Take account to customer from two columns of a frame in memory.

        Raises
        ------
        SchemaError
            As the class, and if a column is missing.
        """
        columns = read_columns(frame, [account, customer], what="identity map")
        return cls(columns[account].tolist(), columns[customer].tolist(), unlisted)

    @property
    def customers(self) -> CustomerIndex:
        """The customers accounts are folded into, sorted."""
        return CustomerIndex(np.unique(self.owners))

    def __len__(self) -> int:
        """Count the accounts."""
        return int(self.accounts.size)

    def __repr__(self) -> str:
        """One line."""
        return f"IdentityMap({len(self):,} accounts of {len(self.customers):,} customers)"


def _identity_faults(
    owner: Mapping[object, object], twice: Mapping[object, list[object]], chained: list[object]
) -> list[Fault]:
    faults = []
    if twice:
        shown = [f"{account!r}: {customers}" for account, customers in list(twice.items())[:_SHOWN]]
        hint = "Decide whose account it is, or give both customers one id."
        faults.append(Fault("account", "one customer for each account", f"{len(twice)} accounts with several", hint,
                            shown, len(twice)))  # fmt: skip
    cycles = [account for account in chained if _in_cycle(account, owner)]
    chains = [account for account in chained if account not in set(cycles)]
    for name, found in (("cycle", cycles), ("chain", chains)):
        if found:
            shown = [f"{account!r} -> {owner[account]!r} -> {owner[owner[account]]!r}" for account in found[:_SHOWN]]
            hint = "Map each account straight to its final customer."
            got = f"{len(found)} accounts in a {name}"
            faults.append(Fault("account", "customers that are nobody's accounts", got, hint, shown, len(found)))
    return faults


def _in_cycle(account: object, owner: Mapping[object, object]) -> bool:
    seen, at = set(), account
    while at in owner and at not in seen and owner[at] != at:
        seen.add(at)
        at = owner[at]
    return at == account
