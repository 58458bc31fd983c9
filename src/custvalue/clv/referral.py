"""What a customer is worth through those it brings: referral value and reference value."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np
from numpy.typing import ArrayLike

from custvalue._arrays import (
    ArrayHolder,
    BoolArray,
    FloatArray,
    IntArray,
    bool_array,
    check_lengths,
    float_array,
    int_array,
)
from custvalue._frames import FrameKind, build_frame
from custvalue.clv._result import CustomerValues
from custvalue.clv._settings import check_finite, check_probability
from custvalue.data import CustomerIndex, DiscountRate, TimeUnit
from custvalue.errors import InputError

__all__ = ["CreditedValue", "Referrals", "customer_referral_value", "reference_value"]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class CreditedValue(ArrayHolder):
    """Value credited to customers for what others bring, and whose value it is.

    Parameters
    ----------
    customers
        (n_customers,).
    received
        (n_customers,) credited to the customer.
    given
        (n_customers,) part of the customer's own lifetime value that is credited to others: to be taken off before
        the two are added up.
    measure
        What it is.
    unit
        Currency code.
    """

    customers: CustomerIndex
    received: FloatArray = float_array()
    given: FloatArray = float_array()
    measure: str = "credited_value"
    unit: str = ""

    def __attrs_post_init__(self) -> None:
        check_lengths("CreditedValue", len(self.customers), {"received": self.received, "given": self.given})

    @property
    def values(self) -> CustomerValues:
        """What is credited to each customer."""
        return CustomerValues(customers=self.customers, values=self.received, measure=self.measure, unit=self.unit)

    def left_of(self, value: CustomerValues) -> CustomerValues:
        """Give what is left of lifetime values when the part credited to others is taken off.

        Raises
        ------
        AlignmentError
            If the values are of other customers.
        """
        self.customers.require_same(value.customers, where="CreditedValue.left_of")
        return attrs.evolve(value, values=value.values - self.given, intervals=None)

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer: customer, received, given."""
        return build_frame({"customer": self.customers.ids, "received": self.received, "given": self.given}, like)

    def __repr__(self) -> str:
        """One line."""
        received, given = float(self.received.sum()), float(self.given.sum())
        return f"CreditedValue({self.measure}: {received:,.2f} received, {given:,.2f} given {self.unit})"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Referrals(ArrayHolder):
    """Who brought whom, and what that is worth period by period: one row a referred customer and period.

    Parameters
    ----------
    customers
        (n_customers,) of the firm.
    advocate
        (n_rows,) position of the customer who referred.
    referred
        (n_rows,) position of the customer referred, -1 for one outside the table.
    time
        (n_rows,) periods from now, 0 or more.
    margin
        (n_rows,) margin of the referred customer in that period, marketing cost taken off.
    reward
        (n_rows,) cost of the referral itself.
    saved
        (n_rows,) acquisition cost saved.
    would_have_joined
        (n_rows,) whether the customer would have come without the referral; then only the saved cost counts.

    Raises
    ------
    InputError
        If lengths differ, a position is out of range, somebody refers itself, or a time is negative.
    """

    customers: CustomerIndex
    advocate: IntArray = int_array()
    referred: IntArray = int_array()
    time: IntArray = int_array()
    margin: FloatArray = float_array()
    reward: FloatArray = float_array()
    saved: FloatArray = float_array()
    would_have_joined: BoolArray = bool_array()

    def __attrs_post_init__(self) -> None:
        names = ("advocate", "referred", "time", "margin", "reward", "saved", "would_have_joined")
        check_lengths("Referrals", self.advocate.size, {name: getattr(self, name) for name in names})
        n = len(self.customers)
        fine = (self.advocate >= 0) & (self.advocate < n) & (self.referred >= -1) & (self.referred < n)
        fine &= (self.time >= 0) & (self.advocate != self.referred)
        if not bool(np.all(fine)):
            row = int(np.flatnonzero(~fine)[0])
            got = f"row {row}: advocate {self.advocate[row]}, referred {self.referred[row]}, time {self.time[row]}"
            expected = f"advocates 0 to {n - 1}, others than the referred, times of 0 or more"
            raise InputError("Referrals", expected=expected, got=got)
        for name in ("margin", "reward", "saved"):
            check_finite(f"Referrals.{name}", getattr(self, name))

    @classmethod
    def from_ids(
        cls, customers: CustomerIndex, *, advocate: ArrayLike, referred: ArrayLike, columns: Mapping[str, ArrayLike]
    ) -> Referrals:
        """Take customer ids instead of positions.

        Parameters
        ----------
        customers
            (n_customers,).
        advocate, referred
            (n_rows,) ids; a referred id that is not among the customers is someone outside.
        columns
            ``time``, ``margin``, ``reward``, ``saved``, ``would_have_joined``, each (n_rows,).

        Raises
        ------
        InputError
            Naming advocates that are not customers, or a column that is missing.
        """
        at = customers.positions(np.asarray(advocate))
        strangers = np.asarray(advocate)[at < 0]
        if strangers.size:
            got = f"{strangers[:5].tolist()}"
            raise InputError("Referrals.from_ids(advocate)", expected="customers of the firm", got=got)
        names = ("time", "margin", "reward", "saved", "would_have_joined")
        missing = [name for name in names if name not in columns]
        if missing:
            raise InputError("Referrals.from_ids(columns)", expected=f"{list(names)}", got=f"no {missing}")
        return cls(
            customers=customers,
            advocate=at,
            referred=customers.positions(np.asarray(referred)),
            **{name: np.asarray(columns[name]) for name in names},
        )

    def __repr__(self) -> str:
        """One line."""
        return f"Referrals({self.advocate.size:,} rows by {np.unique(self.advocate).size:,} advocates)"


def customer_referral_value(
    referrals: Referrals, /, *, discount: DiscountRate, period: TimeUnit = TimeUnit.YEAR, unit: str = ""
) -> CreditedValue:
    """Present value of the referrals of each customer.

    A customer who would not have come counts with margin - reward + saved acquisition cost; one who would have come
    anyway only with the saved cost. The margin of a referred customer is in its own lifetime value already: ``given``
    says how much, so that nothing is counted twice.

    Parameters
    ----------
    referrals
        Who brought whom.
    discount
        Discount rate; time 0 is not discounted.
    period
        Length of the periods of ``referrals.time``.
    unit
        Currency code.

    References
    ----------
    Kumar, Petersen and Leone, "Driving profitability by encouraging customer referrals: who, when, and how", *Journal
    of Marketing* 74(5), 2010, 1-17, eq. (1).

    Examples
    --------
    >>> rows = Referrals.from_ids(
    ...     CustomerIndex(["a", "b"]), advocate=["a", "a"], referred=["b", "z"],
    ...     columns={"time": [1, 0], "margin": [110.0, 50.0], "reward": [11.0, 0.0], "saved": [22.0, 20.0],
    ...              "would_have_joined": [False, True]})
    >>> value = customer_referral_value(rows, discount=DiscountRate.annual(0.10), unit="EUR")
    >>> value.received.round(2).tolist(), value.given.round(2).tolist()
    ([130.0, 0.0], [0.0, 100.0])
    """
    n = len(referrals.customers)
    factor = (1.0 + discount.per(period)) ** -referrals.time.astype(np.float64)
    brought = np.where(referrals.would_have_joined, 0.0, referrals.margin) * factor
    around = (referrals.saved - np.where(referrals.would_have_joined, 0.0, referrals.reward)) * factor
    inside = referrals.referred >= 0
    return CreditedValue(
        customers=referrals.customers,
        received=np.bincount(referrals.advocate, weights=brought + around, minlength=n).astype(np.float64),
        given=np.bincount(referrals.referred[inside], weights=brought[inside], minlength=n).astype(np.float64),
        measure="referral_value",
        unit=unit,
    )


def reference_value(
    customers: CustomerIndex,
    /,
    *,
    rate: ArrayLike,
    contribution: ArrayLike,
    network: ArrayLike,
    leadership: ArrayLike,
    satisfaction: ArrayLike,
    unit: str = "",
) -> CustomerValues:
    """Value of the word of mouth of each customer: rate x contribution x network x leadership x satisfaction.

    Parameters
    ----------
    customers
        (n_customers,); every other argument is one number or (n_customers,).
    rate
        Net reference rate: share of contacts whose purchase the word of mouth brings about, in [0, 1].
    contribution
        Gross contribution of a customer won.
    network
        Contacts the customer speaks to, 0 or more.
    leadership
        Opinion leadership, in [0, 1].
    satisfaction
        1 for a satisfied customer, -1 for a dissatisfied one whose word drives others away.
    unit
        Currency code.

    Raises
    ------
    InputError
        If a number is out of its range.

    References
    ----------
    Bauer and Hammerschmidt, "Customer-based corporate valuation", *Management Decision* 43(3), 2005.

    Examples
    --------
    >>> who = CustomerIndex(["a"])
    >>> value = reference_value(who, rate=0.03, contribution=500.0, network=15, leadership=0.7, satisfaction=1)
    >>> round(value.total, 2)
    157.5
    """
    check_probability("reference_value(rate)", rate)
    check_probability("reference_value(leadership)", leadership)
    check_finite("reference_value(contribution)", contribution)
    check_finite("reference_value(network)", network, least=0.0)
    mood = np.asarray(satisfaction, dtype=np.float64)
    if not bool(np.all(np.abs(mood) == 1.0)):
        raise InputError("reference_value(satisfaction)", expected="1 or -1", got=f"{np.unique(mood)[:5].tolist()}")
    product = np.asarray(rate) * np.asarray(contribution) * np.asarray(network) * np.asarray(leadership) * mood
    values = np.broadcast_to(product, (len(customers),)).astype(np.float64)
    return CustomerValues(customers=customers, values=values, measure="reference_value", unit=unit)
