"""Exact lines of money and customers, and what is said about them."""

from __future__ import annotations

from enum import Enum
from fractions import Fraction

import attrs

from custvalue.errors import ConservationError

__all__ = ["Line", "LineName"]


class LineName(Enum):
    """The lines of an equity statement, in order."""

    OPENING = "opening"
    LOST = "lost"
    KEPT = "subtotal kept"
    REACTIVATED = "reactivated"
    WON = "won"
    SUBTOTAL = "subtotal"
    RISEN = "risen"
    FALLEN = "fallen"
    UNCHANGED = "unchanged"
    CLOSING = "closing"


@attrs.frozen
class Line:
    """One line: how many customers, what they are worth, what they were carried at before.

    Parameters
    ----------
    name
        Which line.
    customers
        Number of customers.
    amount
        Their value in minor units.
    carried
        What the same customers were carried at in the line before, in minor units: for risen, fallen and unchanged
        their value at the opening (or when won); equal to ``amount`` elsewhere.

    Examples
    --------
    >>> Line(LineName.RISEN, customers=2, amount=500, carried=300).change
    200
    """

    name: LineName
    customers: int
    amount: int
    carried: int

    @property
    def change(self) -> int:
        """Amount less what it was carried at, in minor units."""
        return self.amount - self.carried

    @property
    def mean(self) -> Fraction | None:
        """Exact mean value of a customer in minor units; None without customers."""
        return Fraction(self.amount, self.customers) if self.customers else None


def check_reconciles(lines: dict[LineName, Line]) -> None:
    """Check that the lines add up, in customers and in minor units.

    Raises
    ------
    ConservationError
        Naming the sum that does not hold.
    """
    n, m = LineName, lines
    sums = {
        "opening - lost = subtotal kept": (
            (m[n.OPENING].customers - m[n.LOST].customers, m[n.OPENING].amount - m[n.LOST].amount),
            (m[n.KEPT].customers, m[n.KEPT].amount),
        ),
        "subtotal kept + reactivated + won = subtotal": (
            (
                m[n.KEPT].customers + m[n.REACTIVATED].customers + m[n.WON].customers,
                m[n.KEPT].amount + m[n.REACTIVATED].amount + m[n.WON].amount,
            ),
            (m[n.SUBTOTAL].customers, m[n.SUBTOTAL].amount),
        ),
        "carried risen + fallen + unchanged = subtotal": (
            (
                sum(m[name].customers for name in (n.RISEN, n.FALLEN, n.UNCHANGED)),
                sum(m[name].carried for name in (n.RISEN, n.FALLEN, n.UNCHANGED)),
            ),
            (m[n.SUBTOTAL].customers, m[n.SUBTOTAL].amount),
        ),
        "risen + fallen + unchanged = closing": (
            (
                sum(m[name].customers for name in (n.RISEN, n.FALLEN, n.UNCHANGED)),
                sum(m[name].amount for name in (n.RISEN, n.FALLEN, n.UNCHANGED)),
            ),
            (m[n.CLOSING].customers, m[n.CLOSING].amount),
        ),
    }
    wrong = [f"{name}: {left} and {right}" for name, (left, right) in sums.items() if left != right]
    if wrong:
        raise ConservationError("the statement does not reconcile (customers, minor units): " + "; ".join(wrong))
