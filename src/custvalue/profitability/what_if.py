"""What if: drop customers, change their prices, serve them otherwise; with the cost that would not go away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

import attrs
import numpy as np

from custvalue._arrays import IntArray
from custvalue._frames import Column, FrameKind, build_frame
from custvalue.data import Currency
from custvalue.errors import InputError
from custvalue.profitability._kernels.rounding import exact_rate, half_even
from custvalue.profitability.profit_and_loss import ProfitAndLoss

__all__ = ["Avoidable", "WhatIf", "drop", "re_serve", "reprice"]

SERVICE_STEPS = ("cost_to_serve", "sustaining", "corporate")

#: Share of a cost that goes away with what causes it: one share for all lines, or a share a line.
Avoidable = float | Mapping[str, float]


@attrs.frozen(kw_only=True)
class WhatIf:
    """The firm's profit if something were done, against now; amounts in minor units.

    Parameters
    ----------
    action
        What would be done.
    n_customers
        To how many customers.
    margin_change
        Change of the gross margin.
    cost_saved
        Service cost that would go away.
    cost_committed
        Service cost of these customers that would stay.
    break_even
        The share or change at which the firm's profit would not change; see ``break_even_of``. NaN if there is none: no
        avoidable share in [0, 1], no volume change of -1 or more.
    break_even_of
        What share that is.
    currency
        Of the amounts.
    """

    action: str
    n_customers: int
    margin_change: int
    cost_saved: int
    cost_committed: int
    break_even: float
    break_even_of: str
    currency: Currency

    @property
    def profit_change(self) -> int:
        """Change of the firm's profit, minor units."""
        return self.margin_change + self.cost_saved

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row: action, customers, margin_change, cost_saved, cost_committed, profit_change, break_even."""
        amounts = ("margin_change", "cost_saved", "cost_committed", "profit_change")
        major = {name: self.currency.to_major([getattr(self, name)]) for name in amounts}
        who: dict[str, Column] = {"action": [self.action], "customers": [self.n_customers]}
        return build_frame({**who, **major, "break_even": [self.break_even]}, like)

    def __repr__(self) -> str:
        """One line."""
        change = self.currency.format(self.profit_change)
        even = f"break-even {self.break_even_of} {self.break_even:.1%}"
        if np.isnan(self.break_even):
            even = f"no {self.break_even_of} breaks even"
        return f"WhatIf({self.action}: profit changes by {change}; {even})"


def drop(account: ProfitAndLoss, customers: Iterable[object], /, *, avoidable: Avoidable) -> WhatIf:
    """Say goodbye to customers: their gross margin is lost, only avoidable service cost is saved.

    Parameters
    ----------
    account
        The accounts.
    customers
        Ids of the customers to drop.
    avoidable
        Share of the service cost (to serve, sustaining, corporate) that goes away with them, in [0, 1]; one for
        all, or one a line. The rest falls on those who stay.

    Returns
    -------
    WhatIf
        ``break_even`` is the avoidable share at which dropping them changes nothing: margin / service cost. NaN where
        no share in [0, 1] does: the margin is negative, or larger than the service cost.

    Raises
    ------
    InputError
        If a customer is unknown, a share is outside [0, 1], or a line has none.

    Examples
    --------
    >>> from custvalue.data import CustomerIndex, MoneyTable
    >>> from custvalue.profitability import Waterfall
    >>> lines = MoneyTable(
    ...     customers=CustomerIndex(["S", "T"]),
    ...     amounts={"margin": [6_105_600, 374_400], "service": [1_920_000, 709_000]},
    ...     currency="USD",
    ... )
    >>> account = ProfitAndLoss.from_lines(lines, layout=Waterfall(list_sales="margin", cost_to_serve="service"))
    >>> drop(account, ["T"], avoidable=0.0)
    WhatIf(drop: profit changes by -3,744.00 USD; break-even avoidable share 52.8%)
    """
    rows = _rows(account, customers)
    margin = int(account.gross_margin[rows].sum())
    saved, service = _saved(account, rows, dict.fromkeys(_service_lines(account), 1.0), avoidable)
    even = _share(margin, service)
    return _what_if(account, "drop", rows, (-margin, saved, service), (even, "avoidable share"))


def reprice(
    account: ProfitAndLoss,
    customers: Iterable[object],
    /,
    *,
    price: float,
    volume: float = 0.0,
    avoidable: Avoidable = 0.0,
) -> WhatIf:
    """Change the prices of customers, who may buy more or less then.

    Parameters
    ----------
    account
        The accounts.
    customers
        Ids of the customers.
    price
        Relative change of price, above -1 (0.05 is 5 % more); discounts and returns keep their share of sales.
    volume
        Relative change of the quantity bought, -1 or more.
    avoidable
        Share of the service cost that moves with the quantity, in [0, 1].

    Returns
    -------
    WhatIf
        ``break_even`` is the change of volume at which the new price changes nothing; NaN where no change of -1 or
        more does.

    Raises
    ------
    InputError
        If a customer is unknown, or a change or share is out of range.
    """
    if not (price > -1.0 and volume >= -1.0 and np.isfinite([price, volume]).all()):
        got = f"price {price!r}, volume {volume!r}"
        raise InputError("reprice", expected="a price change above -1 and a volume change of -1 or more", got=got)
    rows = _rows(account, customers)
    sales = int((account.net_sales - account.row("returns"))[rows].sum())
    product = int(account.row("product_cost")[rows].sum())
    p, v = exact_rate(price), exact_rate(volume)
    margin = half_even(sales * ((1 + p) * (1 + v) - 1) - product * v)
    moving, service = _saved(account, rows, dict.fromkeys(_service_lines(account), 1.0), avoidable)
    slope = float(sales * (1 + p)) - product - moving
    saved = half_even(-moving * v)
    even = -float(sales * p) / slope if slope else float("nan")
    possible = even if even >= -1.0 else float("nan")
    return _what_if(account, "reprice", rows, (margin, saved, service), (possible, "volume change"))


def re_serve(
    account: ProfitAndLoss,
    customers: Iterable[object],
    /,
    *,
    reductions: Mapping[str, float],
    avoidable: Avoidable,
    lost_sales: float = 0.0,
) -> WhatIf:
    """Serve customers otherwise: fewer visits, larger orders, orders over the web.

    Parameters
    ----------
    account
        The accounts.
    customers
        Ids of the customers.
    reductions
        Service line to the share of it that is no longer used, at most 1; negative where more is used.
    avoidable
        Share of an unused cost that really goes away, in [0, 1].
    lost_sales
        Share of their gross margin lost because the service is worse, in [0, 1].

    Returns
    -------
    WhatIf
        ``break_even`` is the avoidable share at which the change pays for the margin lost; NaN where no share in
        [0, 1] does.

    Raises
    ------
    InputError
        If a customer or line is unknown, or a share is out of range.
    """
    lines = _service_lines(account)
    wrong = {name: cut for name, cut in reductions.items() if name not in lines or not cut <= 1.0}
    if wrong or not 0.0 <= lost_sales <= 1.0:
        expected = f"shares of at most 1 of {list(lines)}, and lost sales in [0, 1]"
        raise InputError("re_serve", expected=expected, got=f"{wrong or lost_sales!r}")
    rows = _rows(account, customers)
    lost = half_even(int(account.gross_margin[rows].sum()) * exact_rate(lost_sales))
    saved, unused = _saved(account, rows, reductions, avoidable)
    service = sum(int(account.lines[name][rows].sum()) for name in lines)
    even = _share(lost, unused)
    return _what_if(account, "re-serve", rows, (-lost, saved, service), (even, "avoidable share"))


def _what_if(
    account: ProfitAndLoss, action: str, rows: IntArray, changes: tuple[int, int, int], even: tuple[float, str]
) -> WhatIf:
    """Put a result together from (change of margin, cost saved, service cost) and (break-even, what it is)."""
    margin, saved, service = changes
    return WhatIf(
        action=action,
        n_customers=rows.size,
        margin_change=margin,
        cost_saved=saved,
        cost_committed=service - saved,
        break_even=even[0],
        break_even_of=even[1],
        currency=account.currency,
    )


def _share(part: int, whole: int) -> float:
    """Give part / whole if that is a share in [0, 1], else NaN."""
    share = part / whole if whole else float("nan")
    return share if 0.0 <= share <= 1.0 else float("nan")


def _service_lines(account: ProfitAndLoss) -> tuple[str, ...]:
    steps = account.layout.steps
    return tuple(name for step in SERVICE_STEPS for name in steps[step])


def _rows(account: ProfitAndLoss, customers: Iterable[object]) -> IntArray:
    ids = np.unique(np.asarray(list(customers)))
    rows = account.customers.positions(ids)
    strangers = ids[rows < 0].tolist()
    if strangers or ids.size == 0:
        got = f"{strangers[:5]} ({len(strangers)} unknown)" if strangers else "none"
        raise InputError("customers", expected="ids of customers in the accounts", got=got)
    return rows


def _saved(
    account: ProfitAndLoss, rows: IntArray, reductions: Mapping[str, float], avoidable: Avoidable
) -> tuple[int, int]:
    """Cost that goes away, and cost no longer used, in minor units."""
    shares = avoidable if isinstance(avoidable, Mapping) else dict.fromkeys(reductions, avoidable)
    off = {name: shares.get(name) for name in reductions if not 0.0 <= shares.get(name, -1.0) <= 1.0}
    if off:
        hint = "Name a share for every line concerned."
        raise InputError("avoidable", expected="shares from 0 to 1", got=f"{off}", hint=hint)
    unused = {name: int(account.lines[name][rows].sum()) * exact_rate(cut) for name, cut in reductions.items()}
    gone = sum((amount * exact_rate(shares[name]) for name, amount in unused.items()), start=Fraction(0))
    return half_even(gone), half_even(sum(unused.values(), start=Fraction(0)))
