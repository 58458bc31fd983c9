"""Influence between customers: Hubbell's index, and the value of those influenced shared out by it."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import ArrayLike

from custvalue._arrays import ArrayHolder, FloatArray, IntArray, check_lengths, float_array, int_array
from custvalue.clv._kernels import influence as kernel
from custvalue.clv._result import CustomerValues
from custvalue.clv._settings import check_finite, check_probability
from custvalue.clv.referral import CreditedValue
from custvalue.data import CustomerIndex
from custvalue.errors import InputError

__all__ = ["HubbellInfluence", "InfluenceNetwork"]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class InfluenceNetwork(ArrayHolder):
    """Who influences whom, and how strongly.

    Parameters
    ----------
    customers
        (n_customers,).
    source, target
        (n_ties,) positions: the source influences the target.
    strength
        (n_ties,) strength of each tie; may be negative for a deterring influence.

    Raises
    ------
    InputError
        If lengths differ, a position is out of range, or somebody influences itself.
    """

    customers: CustomerIndex
    source: IntArray = int_array()
    target: IntArray = int_array()
    strength: FloatArray = float_array()

    def __attrs_post_init__(self) -> None:
        check_lengths("InfluenceNetwork", self.source.size, {"target": self.target, "strength": self.strength})
        check_finite("InfluenceNetwork.strength", self.strength)
        n = len(self.customers)
        both = np.concatenate([self.source, self.target])
        if both.size and (int(both.min()) < 0 or int(both.max()) >= n or bool(np.any(self.source == self.target))):
            got = f"{int(both.min())} to {int(both.max())}, {int((self.source == self.target).sum())} own ties"
            raise InputError("InfluenceNetwork", expected=f"ties between different customers 0 to {n - 1}", got=got)

    @classmethod
    def from_ids(
        cls, customers: CustomerIndex, source: ArrayLike, target: ArrayLike, strength: ArrayLike = 1.0
    ) -> InfluenceNetwork:
        """Take customer ids instead of positions.

        Raises
        ------
        InputError
            Naming ids that are not customers.
        """
        here, there = np.asarray(source), np.asarray(target)
        ties = []
        for ids in (here, there):
            at = customers.positions(ids)
            if bool(np.any(at < 0)):
                raise InputError("InfluenceNetwork", expected="customers", got=f"{ids[at < 0][:5].tolist()}")
            ties.append(at)
        weights = np.broadcast_to(np.asarray(strength, dtype=np.float64), here.shape)
        return cls(customers=customers, source=ties[0], target=ties[1], strength=weights)

    def __repr__(self) -> str:
        """One line."""
        return f"InfluenceNetwork({len(self.customers):,} customers, {self.source.size:,} ties)"


@attrs.frozen
class HubbellInfluence:
    """Hubbell's index: a customer counts for itself, and for ``beta`` times everyone it influences, and so on.

    Parameters
    ----------
    beta
        How much of the standing of those influenced comes back, above 0; beta times the strongest loop of the network
        must stay below 1.

    References
    ----------
    Hubbell, "An input-output approach to clique identification", *Sociometry* 28(4), 1965; Kumar, Bhaskaran,
    Mirchandani and Shah, "Creating a measurable social media marketing strategy", *Marketing Science* 32(2), 2013.

    Examples
    --------
    >>> network = InfluenceNetwork.from_ids(CustomerIndex(["a", "b", "c"]), ["a", "b"], ["b", "c"])
    >>> HubbellInfluence(0.5).index(network).values.tolist()
    [1.75, 1.5, 1.0]
    """

    beta: float = 0.5

    def __attrs_post_init__(self) -> None:
        check_finite("HubbellInfluence.beta", self.beta)
        if self.beta <= 0.0:
            raise InputError("HubbellInfluence.beta", expected="a number above 0", got=repr(self.beta))

    def index(self, network: InfluenceNetwork, /) -> CustomerValues:
        """Influence index of each customer; 1 for one who influences nobody.

        Raises
        ------
        InputError
            If influence would feed on itself without end at this beta.
        """
        n = len(network.customers)
        ties = kernel.network_matrix(network.source, network.target, network.strength, n)
        loop = kernel.growth_bound(ties)
        if self.beta * loop >= 1.0:
            hint = f"Choose a beta below {1.0 / loop:.4g}, or weaker ties."
            got = f"beta {self.beta:g} x {loop:.4g}"
            raise InputError("HubbellInfluence.beta", expected="beta x strongest loop below 1", got=got, hint=hint)
        standing = kernel.hubbell(ties, self.beta)
        return CustomerValues(customers=network.customers, values=standing, measure="influence_index", unit="index")

    def value(
        self, network: InfluenceNetwork, lifetime_value: CustomerValues, /, *, attributable: float
    ) -> CreditedValue:
        """Customer influence value: a stated part of each customer's value, shared among those who influence it.

        The part ``attributable`` of a customer's lifetime value is split between its influencers in proportion to tie
        strength times influence index; a customer nobody influences gives nothing. What is received adds up to what is
        given.

        Parameters
        ----------
        network
            Ties of 0 or more.
        lifetime_value
            Of the same customers.
        attributable
            Part of a customer's value that it owes to those who influence it, in [0, 1].

        Raises
        ------
        InputError
            If ``attributable`` is outside [0, 1] or a tie is negative.
        AlignmentError
            If the values are of other customers.
        """
        check_probability("HubbellInfluence.value(attributable)", attributable)
        network.customers.require_same(lifetime_value.customers, where="HubbellInfluence.value")
        if bool(np.any(network.strength < 0.0)):
            hint = "A deterring tie has no share in a value; leave it out."
            raise InputError("HubbellInfluence.value", expected="ties of 0 or more", got="negative ones", hint=hint)
        n = len(network.customers)
        pull = network.strength * self.index(network).values[network.source]
        total = np.bincount(network.target, weights=pull, minlength=n)
        given = np.where(total > 0.0, attributable * lifetime_value.values, 0.0)
        share = pull / np.where(total > 0.0, total, 1.0)[network.target]
        received = np.bincount(network.source, weights=share * given[network.target], minlength=n).astype(np.float64)
        return CreditedValue(
            customers=network.customers,
            received=received,
            given=given,
            measure="influence_value",
            unit=lifetime_value.unit,
        )
