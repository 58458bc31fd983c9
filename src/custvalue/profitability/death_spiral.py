"""The death spiral: dropping loss makers whose committed cost then falls on those who stay."""

from __future__ import annotations

import enum

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, BoolArray, FloatArray, IntArray, int_array
from custvalue._frames import FrameKind, build_frame
from custvalue.data import Currency, CustomerIndex
from custvalue.errors import InputError
from custvalue.profitability.profit_and_loss import ProfitAndLoss

__all__ = ["DeathSpiral", "Ending", "death_spiral"]


class Ending(enum.Enum):
    """Where dropping the loss makers of each round leads."""

    EQUILIBRIUM = "equilibrium"  # nobody left makes a loss
    NOBODY_LEFT = "nobody left"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class DeathSpiral(ArrayHolder):
    """Rounds of dropping, from the whole population to the end; amounts in minor units.

    Parameters
    ----------
    ending
        How it ends.
    survivors
        The customers left.
    n_customers
        (n_rounds + 1,) customers before the first round and after each.
    profit
        (n_rounds + 1,) profit of the firm at the same moments, committed cost included.
    committed
        (n_rounds + 1,) cost of dropped customers that stayed.
    currency
        Of the amounts.
    """

    ending: Ending
    survivors: CustomerIndex
    n_customers: IntArray = int_array()
    profit: IntArray = int_array()
    committed: IntArray = int_array()
    currency: Currency

    @property
    def profit_change(self) -> int:
        """Profit at the end less profit now, minor units."""
        return int(self.profit[-1] - self.profit[0])

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a round, round 0 being now: round, customers, profit, committed."""
        columns = {
            "round": np.arange(self.profit.size),
            "customers": self.n_customers,
            "profit": self.currency.to_major(self.profit),
            "committed": self.currency.to_major(self.committed),
        }
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        rounds = f"{self.profit.size - 1} round{'' if self.profit.size == 2 else 's'}"
        return (
            f"DeathSpiral({self.ending.value} after {rounds}: {self.n_customers[0]:,} to "
            f"{self.n_customers[-1]:,} customers, profit changes by {self.currency.format(self.profit_change)})"
        )


def death_spiral(account: ProfitAndLoss, /, *, avoidable: float, base: str = "net_sales") -> DeathSpiral:
    """Drop every loss maker, spread the cost that stays over the others, and again, until it ends.

    Parameters
    ----------
    account
        The accounts.
    avoidable
        Share of the service cost (to serve, sustaining, corporate) of a dropped customer that goes away, in [0, 1].
    base
        Row of the account the committed cost is spread on; negative amounts count as 0.

    Notes
    -----
    A customer is dropped when gross margin less own service cost less its share of the committed cost is below 0.
    Where the base of all who are left is 0, the committed cost is spread evenly.

    Raises
    ------
    InputError
        If the share is outside [0, 1] or the row does not exist.

    Examples
    --------
    >>> from custvalue.data import MoneyTable
    >>> from custvalue.profitability import Waterfall
    >>> lines = MoneyTable(
    ...     customers=CustomerIndex(["a", "b", "c"]),
    ...     amounts={"sales": [300, 300, 300], "service": [100, 280, 400]},
    ...     currency="EUR",
    ... )
    >>> account = ProfitAndLoss.from_lines(lines, layout=Waterfall(list_sales="sales", cost_to_serve="service"))
    >>> death_spiral(account, avoidable=0.5)
    DeathSpiral(nobody left after 3 rounds: 3 to 0 customers, profit changes by -5.10 EUR)
    """
    if not 0.0 <= avoidable <= 1.0:
        raise InputError("death_spiral.avoidable", expected="a share from 0 to 1", got=repr(avoidable))
    own = account.gross_margin - account.row("fully_loaded")  # service cost
    margin = account.gross_margin
    stays = np.rint(own * (1.0 - avoidable)).astype(np.int64)
    weight = np.maximum(account.row(base), 0).astype(np.float64)
    left = np.ones(margin.size, dtype=bool)
    committed = 0
    rounds = [(margin.size, int((margin - own).sum()), 0)]
    while True:
        out = left & (margin - own - _share(weight, left, committed) < 0)
        if not out.any():
            break
        left = left & ~out
        committed += int(stays[out].sum())
        rounds.append((int(left.sum()), int((margin - own)[left].sum()) - committed, committed))
    n, profit, kept = np.array(rounds, dtype=np.int64).T
    return DeathSpiral(
        ending=Ending.EQUILIBRIUM if left.any() or not left.size else Ending.NOBODY_LEFT,
        survivors=account.customers.take(np.flatnonzero(left)),
        n_customers=n,
        profit=profit,
        committed=kept,
        currency=account.currency,
    )


def _share(weight: FloatArray, left: BoolArray, committed: int) -> FloatArray:
    inside = np.where(left, weight, 0.0)
    total = float(inside.sum())
    spread = inside / total if total > 0 else left / max(int(left.sum()), 1)
    share: FloatArray = committed * spread
    return share
