"""Customer engagement value: own, referral, influence and knowledge value, nothing counted twice."""

from __future__ import annotations

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, FloatArray, check_lengths, float_array
from custvalue._frames import FrameKind, build_frame
from custvalue.clv._result import CustomerValues
from custvalue.clv.referral import CreditedValue
from custvalue.data import CustomerIndex, ValueTable
from custvalue.errors import InputError

__all__ = ["EngagementValue", "engagement_value"]

_SLACK = 1e-9


@attrs.frozen(kw_only=True, eq=False, repr=False)
class EngagementValue(ArrayHolder):
    """Engagement value of each customer and its parts.

    Parameters
    ----------
    customers
        (n_customers,).
    own
        (n_customers,) lifetime value less the part credited to others.
    referral, influence, knowledge
        (n_customers,) credited to the customer.
    unit
        Currency code.
    """

    customers: CustomerIndex
    own: FloatArray = float_array()
    referral: FloatArray = float_array()
    influence: FloatArray = float_array()
    knowledge: FloatArray = float_array()
    unit: str = ""

    def __attrs_post_init__(self) -> None:
        check_lengths("EngagementValue", len(self.customers), self._parts)

    @property
    def _parts(self) -> dict[str, FloatArray]:
        return {
            "own": self.own,
            "referral": self.referral,
            "influence": self.influence,
            "knowledge": self.knowledge,
        }

    @property
    def total(self) -> CustomerValues:
        """Sum of the parts."""
        values = self.own + self.referral + self.influence + self.knowledge
        return CustomerValues(customers=self.customers, values=values, measure="engagement_value", unit=self.unit)

    @property
    def table(self) -> ValueTable:
        """The parts and their total as measures."""
        return ValueTable(customers=self.customers, measures={**self._parts, "engagement_value": self.total.values})

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer: customer, own, referral, influence, knowledge, engagement_value."""
        total = self.total.values
        return build_frame({"customer": self.customers.ids, **self._parts, "engagement_value": total}, like)

    def __repr__(self) -> str:
        """One line."""
        parts = ", ".join(f"{name} {float(values.sum()):,.2f}" for name, values in self._parts.items())
        return f"EngagementValue({len(self.customers):,} customers: {parts} {self.unit})"


def engagement_value(
    lifetime_value: CustomerValues,
    /,
    *,
    referral: CreditedValue | None = None,
    influence: CreditedValue | None = None,
    knowledge: CustomerValues | None = None,
) -> EngagementValue:
    """Add up what customers are worth by buying, referring, influencing and teaching.

    What is credited to an advocate or an influencer out of another customer's lifetime value is taken off that
    customer's own. So the total over all customers is the sum of lifetime values, plus what comes from outside the
    table (referred customers not in it, acquisition cost saved, rewards paid), plus knowledge value.

    Parameters
    ----------
    lifetime_value
        Each customer's own lifetime value.
    referral
        From :func:`~custvalue.clv.referral.customer_referral_value`.
    influence
        From :meth:`~custvalue.clv.influence.HubbellInfluence.value`; reckon it on ``referral.left_of(lifetime_value)``,
        so that what a referral has claimed is not claimed again.
    knowledge
        In money.

    Raises
    ------
    AlignmentError
        If the parts are of other customers.
    InputError
        If units differ, or more of a customer's value is credited to others than it has.

    References
    ----------
    Kumar, Aksoy, Donkers, Venkatesan, Wiesel and Tillmanns, "Undervalued or overvalued customers: capturing total
    customer engagement value", *Journal of Service Research* 13(3), 2010.

    Examples
    --------
    >>> who = CustomerIndex(["a", "b"])
    >>> clv = CustomerValues(customers=who, values=[100.0, 80.0], unit="EUR")
    >>> credit = CreditedValue(customers=who, received=[70.0, 0.0], given=[0.0, 60.0], unit="EUR")
    >>> engagement_value(clv, referral=credit)
    EngagementValue(2 customers: own 120.00, referral 70.00, influence 0.00, knowledge 0.00 EUR)
    """
    who = lifetime_value.customers
    zero = np.zeros(len(who))
    parts = {"referral": referral, "influence": influence, "knowledge": knowledge}
    given = zero.copy()
    credited = dict.fromkeys(parts, zero)
    for name, part in parts.items():
        if part is None:
            continue
        who.require_same(part.customers, where=f"engagement_value({name})")
        if part.unit != lifetime_value.unit:
            got = f"{lifetime_value.unit!r} and {part.unit!r}"
            raise InputError(f"engagement_value({name})", expected="one currency", got=got)
        credited[name] = part.received if isinstance(part, CreditedValue) else part.values
        given += part.given if isinstance(part, CreditedValue) else zero
    _check_claims(lifetime_value, given)
    return EngagementValue(customers=who, own=lifetime_value.values - given, unit=lifetime_value.unit, **credited)


def _check_claims(lifetime_value: CustomerValues, given: FloatArray) -> None:
    """A customer cannot give away more than it has; a loss may be credited, but not more than the loss."""
    value = lifetime_value.values
    slack = _SLACK * np.maximum(1.0, np.abs(value))
    over = (np.abs(given) > np.abs(value) + slack) | (given * value < -slack * slack)
    wrong = np.flatnonzero(over)
    if wrong.size:
        names = lifetime_value.customers.ids[wrong[:5]].tolist()
        hint = "Reckon influence on referral.left_of(lifetime_value), and referral margins over the same horizon."
        got = f"more for {wrong.size:,} customers, e.g. {names}"
        raise InputError(
            "engagement_value", expected="at most a customer's value credited to others", got=got, hint=hint
        )
