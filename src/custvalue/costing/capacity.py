"""The quantity a rate is based on, where it is not the quantity actually used."""

from __future__ import annotations

import attrs

from custvalue.costing.policies import Idle, OverDriven
from custvalue.errors import InputError

__all__ = ["Budget", "Capacity"]


def _positive(instance: object, attribute: attrs.Attribute[float], value: float) -> None:
    if not 0.0 < value < float("inf"):
        where = f"{type(instance).__name__}.{attribute.name}"
        raise InputError(where, expected="a finite quantity above zero", got=repr(value))


@attrs.frozen
class Capacity:
    """Practical capacity: the rate is cost divided by what could be done, and what was not used is shown.

    Parameters
    ----------
    quantity
        In units of the driver, above zero; usually 80 to 85 % of the theoretical capacity.
    idle
        What happens to the cost of capacity not used.
    over
        What happens when more than the capacity was used.

    Examples
    --------
    >>> Capacity(700_000).idle
    <Idle.SEPARATE: 'separate'>
    """

    quantity: float = attrs.field(converter=float, validator=_positive)
    idle: Idle = Idle.SEPARATE
    over: OverDriven = OverDriven.POST


@attrs.frozen
class Budget:
    """Budgeted quantity: the rate is set beforehand, and what it charges too much or too little is a variance line.

    Parameters
    ----------
    quantity
        In units of the driver, above zero.

    Examples
    --------
    >>> Budget(12_000).quantity
    12000.0
    """

    quantity: float = attrs.field(converter=float, validator=_positive)
