"""What to do at the edges: every choice has a name, and the default never invents money and never spreads in silence.

Each enumeration below answers one question ("what if a driver is zero for everybody?"). `Policies` gathers the answers
for an allocator; whatever a policy did is counted in ``allocation.balance()``.
"""

from __future__ import annotations

import enum

import attrs

__all__ = [
    "DEFAULT_POLICIES",
    "Cycles",
    "Fallback",
    "Idle",
    "MissingDriver",
    "NegativeDriver",
    "NegativePool",
    "OverDriven",
    "Percentages",
    "Policies",
    "Rounding",
    "UnknownCustomer",
    "ZeroDriver",
    "ZeroPool",
]


class ZeroDriver(enum.Enum):
    """The driver of a pool is zero for everybody, so that there is nothing to share by."""

    HOLD = "hold"
    """Keep the pool unallocated, with the reason ``zero driver`` (the default)."""
    ERROR = "error"
    """Refuse."""
    EVEN = "even"
    """The same share for every customer. Never a default: it charges people who caused nothing."""


@attrs.frozen
class Fallback:
    """Share by another driver where the first is zero for everybody; the balance shows what went this way.

    Parameters
    ----------
    driver
        Name of the driver to fall back on. If it is zero too, the pool is held.

    Examples
    --------
    >>> Policies(zero_driver=Fallback("orders")).zero_driver.driver
    'orders'
    """

    driver: str


class NegativeDriver(enum.Enum):
    """A customer has a negative quantity, usually from returns.

    The best answer is none of these: count returns as an activity of their own, with a positive quantity. 600 shared by
    50, 30 and -20 gives:
    """

    ERROR = "error"
    """Refuse, naming the customers (the default)."""
    AS_IS = "as is"
    """500, 300, -200: the customer is credited."""
    ABSOLUTE = "absolute"
    """300, 180, 120: a return costs what a sale costs."""
    ZERO = "zero"
    """375, 225, 0."""
    SHIFT = "shift"
    """350, 250, 0: everybody is moved up until the lowest is zero."""
    SHIFT_KEEP_ZEROS = "shift, keep zeros"
    """The same, but who had zero stays at zero."""
    MISSING = "missing"
    """As if the quantity were not known; `MissingDriver` decides."""


class MissingDriver(enum.Enum):
    """The quantity of a customer is not known (NaN), which is not the same as zero."""

    ERROR = "error"
    """Refuse, naming the customers (the default)."""
    ZERO = "zero"
    """Take it as zero; the balance counts how many."""
    MEAN = "mean"
    """Take the mean of the customers whose quantity is known."""
    HOLD = "hold"
    """Weigh the customer with the mean, and hold that share unallocated, reason ``missing driver``."""


class UnknownCustomer(enum.Enum):
    """Part of the driver belongs to customers outside the population."""

    HOLD = "hold"
    """Their share stays unallocated, reason ``unknown customer`` (the default)."""
    ERROR = "error"
    """Refuse."""
    SPREAD = "spread"
    """The known customers carry it."""


class ZeroPool(enum.Enum):
    """A pool of amount zero."""

    KEEP = "keep"
    """Everybody receives zero (the default)."""
    ERROR = "error"
    """Refuse: a pool without cost is usually a slip of the pen."""


class NegativePool(enum.Enum):
    """A pool below zero: a credit, a rebate received."""

    ALLOCATE = "allocate"
    """Share it like a cost, rounding included, and turn the sign (the default)."""
    HOLD = "hold"
    """Keep it unallocated, reason ``held at level``."""
    ERROR = "error"
    """Refuse."""


class Percentages(enum.Enum):
    """Fixed shares do not add up to 100 %."""

    ERROR = "error"
    """Refuse (the default)."""
    HOLD = "hold"
    """Below 100 %: the rest stays unallocated, reason ``not assigned``. Above: refuse."""
    RENORMALISE = "renormalise"
    """Scale them to 100 %."""


class Idle(enum.Enum):
    """Less capacity was used than supplied and paid for."""

    SEPARATE = "separate"
    """A line of its own: unallocated, reason ``idle capacity`` (the default)."""
    TO_LEVEL = "to level"
    """Held at the level of the pool (channel, business), reason ``held at level``."""
    SPREAD = "spread"
    """In proportion to use: the rate becomes cost divided by use."""
    SPREAD_EVEN = "spread even"
    """The same amount for every customer who used any."""


class OverDriven(enum.Enum):
    """More capacity was used than supplied."""

    POST = "post"
    """Charge the rate for all of it and post the excess as a negative line, reason ``over-driven`` (the default)."""
    CAP = "cap"
    """Scale down so that exactly the pool is charged."""
    ERROR = "error"
    """Refuse: the practical capacity is wrong, or the time equation is."""


class Rounding(enum.Enum):
    """What happens to the units left over when shares are cut to whole cents."""

    LARGEST_REMAINDER = "largest remainder"
    """One each to the largest remainders; ties to the larger driver, then to the smaller id (the default)."""
    TO_HIGHEST = "to highest"
    """Round each share half up; the customer with the largest driver carries the difference."""
    TO_LOWEST = "to lowest"
    """The same, with the smallest driver above zero."""
    HOLD = "hold"
    """Round each share half up; the difference stays unallocated, reason ``rounding``."""


class Cycles(enum.Enum):
    """Support departments serve one another."""

    SOLVE = "solve"
    """Solve the simultaneous equations (the default)."""
    ERROR = "error"
    """Refuse, naming a cycle."""


@attrs.frozen(kw_only=True)
class Policies:
    """The answers to all edge questions of one allocator.

    Parameters
    ----------
    zero_driver
        The driver of a pool is zero for everybody.
    negative_driver
        A customer has a negative quantity.
    missing_driver
        The quantity of a customer is not known.
    unknown_customer
        Part of the driver belongs to nobody we know.
    zero_pool
        A pool of amount zero.
    negative_pool
        A pool below zero.
    percentages
        Fixed shares do not add up to 100 %.
    rounding
        Units left over when shares are cut to whole cents.

    Examples
    --------
    >>> Policies(negative_driver=NegativeDriver.ZERO).rounding
    <Rounding.LARGEST_REMAINDER: 'largest remainder'>
    """

    zero_driver: ZeroDriver | Fallback = ZeroDriver.HOLD
    negative_driver: NegativeDriver = NegativeDriver.ERROR
    missing_driver: MissingDriver = MissingDriver.ERROR
    unknown_customer: UnknownCustomer = UnknownCustomer.HOLD
    zero_pool: ZeroPool = ZeroPool.KEEP
    negative_pool: NegativePool = NegativePool.ALLOCATE
    percentages: Percentages = Percentages.ERROR
    rounding: Rounding = Rounding.LARGEST_REMAINDER


DEFAULT_POLICIES = Policies()
