"""What to do with rows that need a decision: each a named choice, none of them silent.

The default never drops anything: what has only one reading is kept, what has none is refused with a message that says
what to type. Whatever a policy removes or sets aside is counted, with its amount, in
:attr:`TransactionLog.report <custvalue.engine.TransactionLog.report>`.
"""

from __future__ import annotations

import enum
from zoneinfo import ZoneInfo

import attrs

from custvalue.errors import InputError

__all__ = [
    "BornBefore",
    "DataPolicies",
    "Duplicates",
    "MissingIds",
    "OutsideWindow",
    "Refunds",
    "Times",
    "UnusableAmounts",
    "UnusableTimes",
    "ZeroAmounts",
]


class Choice(enum.Enum):
    """Named choices that may be given by value; one that does not exist is refused naming those that do."""

    @classmethod
    def _missing_(cls, value: object) -> Choice:
        names = [member.value for member in cls]
        raise InputError(f"DataPolicies: {cls.__name__}", expected=f"one of {names}", got=repr(value))


class Refunds(Choice):
    """Rows with a negative amount."""

    NET = "net"
    """Net them within the collapse period. A period that nets to zero or less is not a purchase; its money still
    counts in the customer's total."""
    SEPARATE = "separate"
    """Keep them apart: purchases are counted and valued gross, refunds are a line of their own."""
    REFUSE = "refuse"
    """Raise, listing them."""


class ZeroAmounts(Choice):
    """Rows with an amount of zero: samples, replacements, vouchers."""

    PURCHASE = "purchase"
    """A day on which every row is zero counts as a purchase worth nothing."""
    IGNORE = "ignore"
    """Remove them and count them."""
    REFUSE = "refuse"
    """Raise, listing them."""


class MissingIds(Choice):
    """Rows whose customer is missing (null, NaN, blank text), or whose account the identity map does not know."""

    REFUSE = "refuse"
    """Raise, listing them."""
    DROP = "drop"
    """Remove them; count them and their amount."""


class UnusableTimes(Choice):
    """Rows whose time is missing or is text that is no date."""

    REFUSE = "refuse"
    """Raise, listing them."""
    DROP = "drop"
    """Remove them; count them and their amount."""


class UnusableAmounts(Choice):
    """Rows whose amount is missing, NaN, infinite, or too large to hold exactly (2**53 minor units)."""

    REFUSE = "refuse"
    """Raise, listing them."""
    DROP = "drop"
    """Remove them and count them."""


class Duplicates(Choice):
    """Rows equal to another row in every column of the table."""

    KEEP = "keep"
    """Two equal rows are two transactions. They are not searched for: that costs a pass over all columns."""
    DROP = "drop"
    """Keep the first of equal rows; count the others and their amount."""
    REFUSE = "refuse"
    """Raise, listing them."""


class OutsideWindow(Choice):
    """Rows before the start or after the end of the observation window."""

    REFUSE = "refuse"
    """Raise, listing them."""
    TRUNCATE = "truncate"
    """Remove them; count them and their amount."""


class BornBefore(Choice):
    """Customers known to have bought before the window starts: their age and first purchase are not what they seem.

    They can be known only from rows before the window, hence with ``OutsideWindow.TRUNCATE``.
    """

    KEEP = "keep"
    """Keep what they did inside the window, and count them."""
    DROP = "drop"
    """Remove all their rows; count them and their amount."""
    REFUSE = "refuse"
    """Raise, listing them."""


def _zone(value: str | None) -> str | None:
    if value is not None:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            hint = "Use an IANA name; 'UTC' is one."
            raise InputError(
                "Times.timezone", expected="a zone such as 'Europe/London'", got=repr(value), hint=hint
            ) from error
    return value


@attrs.frozen
class Times:
    """How times are read.

    Parameters
    ----------
    unusable
        What to do with missing times and text that is no date.
    timezone
        The zone whose midnights cut the days, as an IANA name. Times that carry an offset are converted to it; times
        without one are local already and stay as they are. A pandas, Polars or Arrow column that names its zone
        needs none: its own is used.
    format
        How text is to be read, in strptime codes (``"%d/%m/%Y %H:%M"``); ISO 8601 by default.

    Examples
    --------
    >>> Times(timezone="Europe/London").timezone
    'Europe/London'
    """

    unusable: UnusableTimes = attrs.field(default=UnusableTimes.REFUSE, converter=UnusableTimes)
    timezone: str | None = attrs.field(default=None, converter=_zone)
    format: str | None = None


def _times(value: Times | UnusableTimes | str) -> Times:
    return value if isinstance(value, Times) else Times(unusable=value)


@attrs.frozen(kw_only=True)
class DataPolicies:
    """Every decision about rows that need one; each may be given as its enum or as the enum's value.

    Parameters
    ----------
    refunds
        Rows with a negative amount.
    zero_amounts
        Rows with an amount of zero.
    missing_ids
        Rows without a customer, or with an account the identity map does not know.
    times
        Missing and unreadable times, time zone, format of text.
    unusable_amounts
        Rows whose amount is missing or not finite.
    duplicates
        Rows equal to another in every column.
    outside_window
        Rows before or after the observation window.
    born_before
        Customers who bought before the window.

    Raises
    ------
    InputError
        If a choice does not exist, naming those that do.

    Examples
    --------
    >>> DataPolicies(refunds="separate").refunds
    <Refunds.SEPARATE: 'separate'>
    """

    refunds: Refunds = attrs.field(default=Refunds.NET, converter=Refunds)
    zero_amounts: ZeroAmounts = attrs.field(default=ZeroAmounts.PURCHASE, converter=ZeroAmounts)
    missing_ids: MissingIds = attrs.field(default=MissingIds.REFUSE, converter=MissingIds)
    times: Times = attrs.field(factory=Times, converter=_times)
    unusable_amounts: UnusableAmounts = attrs.field(default=UnusableAmounts.REFUSE, converter=UnusableAmounts)
    duplicates: Duplicates = attrs.field(default=Duplicates.KEEP, converter=Duplicates)
    outside_window: OutsideWindow = attrs.field(default=OutsideWindow.REFUSE, converter=OutsideWindow)
    born_before: BornBefore = attrs.field(default=BornBefore.KEEP, converter=BornBefore)
