"""Which line of a customer's account stands at which step of the profit waterfall."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TypeAlias

import attrs

from custvalue.errors import InputError

__all__ = ["CapitalCharge", "Tax", "Waterfall"]

SUBTOTALS = (
    "net_sales", "gross_margin", "contribution", "operating_margin", "fully_loaded",
    "tax", "nopat", "capital_charge", "residual_income",
)  # fmt: skip

Names: TypeAlias = Iterable[str] | str


def _names(value: Names) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


@attrs.frozen(kw_only=True)
class Waterfall:
    """The layout of a customer's profit and loss account, from list sales down to the fully loaded profit.

    Each step takes the names of money lines; sales count up, every other step counts down, so costs, discounts
    and returns are written as positive amounts. A step may be left empty.

    Parameters
    ----------
    list_sales
        Sales at list price. Where only net sales are known, name them here.
    on_invoice
        Discounts shown on the invoice.
    off_invoice
        Rebates, payment terms, promotions and bonuses given outside the invoice. What is left is *net sales*.
    returns
        Goods taken back and allowances.
    product_cost
        Cost of the goods or of the service sold. What is left is the *gross margin*.
    cost_to_serve
        Orders, delivery, selling, service, credit. What is left is the *contribution*.
    sustaining
        Cost of keeping the customer whatever it buys. What is left is the *operating margin*.
    corporate
        Share of channel and corporate cost. What is left is the *fully loaded* profit.

    Raises
    ------
    InputError
        If no sales line is named, a line stands at two steps, or a line is called like a subtotal.

    Examples
    --------
    >>> Waterfall(list_sales="revenue", product_cost="cost of goods", cost_to_serve=["orders", "delivery"]).lines
    ('revenue', 'cost of goods', 'orders', 'delivery')
    """

    list_sales: tuple[str, ...] = attrs.field(default=("list sales",), converter=_names)
    on_invoice: tuple[str, ...] = attrs.field(default=(), converter=_names)
    off_invoice: tuple[str, ...] = attrs.field(default=(), converter=_names)
    returns: tuple[str, ...] = attrs.field(default=(), converter=_names)
    product_cost: tuple[str, ...] = attrs.field(default=(), converter=_names)
    cost_to_serve: tuple[str, ...] = attrs.field(default=(), converter=_names)
    sustaining: tuple[str, ...] = attrs.field(default=(), converter=_names)
    corporate: tuple[str, ...] = attrs.field(default=(), converter=_names)

    def __attrs_post_init__(self) -> None:
        twice = sorted(name for name, count in Counter(self.lines).items() if count > 1)
        reserved = sorted(set(self.lines) & set(SUBTOTALS))
        if reserved:
            raise InputError("Waterfall", expected="line names other than those of subtotals", got=str(reserved))
        if not self.list_sales or twice:
            got = f"{twice} at more than one place" if twice else "no sales line"
            raise InputError("Waterfall", expected="a sales line, and each line at one step", got=got)

    @property
    def steps(self) -> dict[str, tuple[str, ...]]:
        """Step name to its lines, from the top down."""
        return attrs.asdict(self)

    @property
    def lines(self) -> tuple[str, ...]:
        """All lines, from the top down."""
        return tuple(name for lines in self.steps.values() for name in lines)


@attrs.frozen(kw_only=True)
class CapitalCharge:
    """What the capital tied up in a customer costs in the period of the account.

    Parameters
    ----------
    rate
        Cost of capital for the period (0.10 is 10 %), 0 or more. A rate per year does not fit a quarterly account.
    employed
        Lines holding the capital tied up: receivables, dedicated inventory, dedicated assets.
    less
        Lines that reduce it: deposits and prepayments.

    Raises
    ------
    InputError
        If the rate is negative or not finite, or no capital line is named.

    Examples
    --------
    >>> CapitalCharge(rate=0.10, employed=["receivables", "inventory"], less="deposits").less
    ('deposits',)
    """

    rate: float
    employed: tuple[str, ...] = attrs.field(converter=_names)
    less: tuple[str, ...] = attrs.field(default=(), converter=_names)

    def __attrs_post_init__(self) -> None:
        if not 0.0 <= self.rate < float("inf"):
            raise InputError("CapitalCharge.rate", expected="a finite rate of 0 or more", got=repr(self.rate))
        if not self.employed:
            raise InputError("CapitalCharge.employed", expected="at least one line", got="none")


@attrs.frozen
class Tax:
    """Tax on the fully loaded profit, linear: a customer's loss saves the firm tax elsewhere.

    Parameters
    ----------
    rate
        Share of profit, from 0 to below 1.

    Raises
    ------
    InputError
        If the rate is outside [0, 1).
    """

    rate: float

    def __attrs_post_init__(self) -> None:
        if not 0.0 <= self.rate < 1.0:
            raise InputError("Tax.rate", expected="a rate from 0 to below 1", got=repr(self.rate))
