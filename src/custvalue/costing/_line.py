"""The records an allocation is made of: the lines money travelled on, and the money that stayed behind."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from custvalue._arrays import ArrayHolder, FloatArray, as_floats, texts
from custvalue.costing._kernels.rounding import Split, share_of

__all__ = ["Held", "Line", "Method", "Note", "Noted", "Reason"]


class Reason(enum.Enum):
    """Why money of a pool was not charged to any customer."""

    IDLE_CAPACITY = "idle capacity"
    OVER_DRIVEN = "over-driven"
    ZERO_DRIVER = "zero driver"
    UNKNOWN_CUSTOMER = "unknown customer"
    MISSING_DRIVER = "missing driver"
    HELD_AT_LEVEL = "held at level"
    NOT_ASSIGNED = "not assigned"
    VOLUME_VARIANCE = "volume variance"
    ROUNDING = "rounding"


@attrs.frozen
class Held:
    """Money of one pool that no customer was charged.

    Parameters
    ----------
    pool
        The cost pool.
    reason
        Why.
    amount
        Minor units; negative where customers were charged more than the pool (over-driven).
    activity
        The activity it would have gone through, if any.
    """

    pool: str
    reason: Reason
    amount: int
    activity: str = ""


class Noted(enum.Enum):
    """What a policy did, for the balance report."""

    MISSING = "customers whose driver was not known"
    NEGATIVE = "customers whose driver was negative"
    FALLBACK = "minor units shared by something else than the driver asked for"


@attrs.frozen
class Note:
    """One thing a policy did to one pool.

    Parameters
    ----------
    pool
        The pool.
    what
        What was done.
    value
        How many customers, or how many minor units.
    """

    pool: str
    what: Noted
    value: int


@attrs.frozen
class Method:
    """Which method made an allocation, with all its settings as text.

    Parameters
    ----------
    id
        Name of the strategy.
    settings
        Setting to value, as text.

    Examples
    --------
    >>> Method("VolumeBased", {"base": "revenue"})
    Method(id='VolumeBased', settings=mappingproxy({'base': 'revenue'}))
    """

    id: str
    settings: Mapping[str, str] = attrs.field(factory=dict, converter=texts, hash=False)

    @classmethod
    def of(cls, strategy: object) -> Method:
        """Describe an attrs strategy by its class name and fields."""
        names = [field.name for field in attrs.fields(type(strategy))]  # type: ignore[arg-type]  # strategies are attrs
        return cls(type(strategy).__name__, {name: _text(getattr(strategy, name)) for name in names})

    def __reduce__(self) -> tuple[type[Method], tuple[str, dict[str, str]]]:
        """Pickle through the constructor: a read-only mapping does not pickle by itself."""
        return Method, (self.id, dict(self.settings))


def _text(value: object) -> str:
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_text(item)}" for key, item in value.items()) + "}"
    return str(value)


def _as_split(value: Iterable[Any]) -> Split:
    return Split(*value)  # a split that was saved comes back as a plain tuple


def _weights(value: FloatArray | None) -> FloatArray | None:
    return None if value is None else as_floats(value)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Line(ArrayHolder):
    """One way money took: pool, perhaps an activity, a driver, customers.

    Parameters
    ----------
    pool, activity, driver
        Names; no activity is an empty text.
    split
        How the money was shared to the cent; with it any one customer's share is known without the others.
    weights
        (n_customers,) driver quantity as used; None where the whole amount was traced to one customer.
    total
        Driver quantity the rate is based on: that of all customers, or the capacity.
    basis
        Minor units that quantity costs; ``basis / total`` is the rate.
    special
        Id of the one customer who got ``extra`` minor units besides: a traced cost, or what rounding left.
    extra
        See ``special``.
    """

    pool: str
    activity: str
    driver: str
    split: Split = attrs.field(converter=_as_split)
    weights: FloatArray | None = attrs.field(default=None, converter=_weights)
    total: float
    basis: int
    special: tuple[str | int, int] | None = None

    @property
    def rate(self) -> float:
        """Minor units for one unit of the driver; NaN for a traced cost."""
        return self.basis / self.total if self.total else float("nan")

    @property
    def charged(self) -> int:
        """Minor units charged to customers on this line."""
        return self.split.amount if self.weights is not None else self.extra

    @property
    def extra(self) -> int:
        """Minor units one customer got besides."""
        return self.special[1] if self.special is not None else 0

    def quantity(self, position: int) -> float:
        """Driver quantity of one customer; NaN for a traced cost."""
        return float(self.weights[position]) if self.weights is not None else float("nan")

    def share(self, position: int, ident: str | int) -> int:
        """Minor units charged to one customer."""
        own = self.extra if self.special is not None and self.special[0] == ident else 0
        if self.weights is None:
            return own
        return own + share_of(self.split, float(self.weights[position]), ident)

    def __repr__(self) -> str:
        """One line."""
        via = f" -> {self.activity}" if self.activity else ""
        return f"Line({self.pool}{via} -> {self.driver}: {self.charged} minor units)"
