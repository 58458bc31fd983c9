"""Who moved where between two dates: migration, early warning, the long run."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from custvalue._arrays import ArrayHolder, FloatArray, IntArray, LabelArray, int_array, label_array, locked
from custvalue._frames import FrameKind, build_frame
from custvalue.data import CustomerIndex
from custvalue.errors import AlignmentError, InputError
from custvalue.rfm._kernels import chains
from custvalue.rfm._result import RFMScores

__all__ = ["ABSENT", "EarlyWarning", "RFMMovement", "movement"]

#: State of a customer who was not scored at one of the dates.
ABSENT = "absent"

SEGMENT = "segment"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class RFMMovement(ArrayHolder):
    """The state of every customer at two dates.

    Parameters
    ----------
    customers
        (n_customers,) everybody scored at either date, those of the earlier date first.
    states
        Segments, or score levels; ``"absent"`` last.
    before, after
        (n_customers,) position in ``states`` at the earlier and at the later date.
    fall
        (n_customers,) by how much the sum of scores fell; negative if it rose, 0 for who was absent at one date.
    dates
        The two days scored.

    Examples
    --------
    See :func:`movement`.
    """

    customers: CustomerIndex
    states: tuple[str, ...]
    before: IntArray = int_array()
    after: IntArray = int_array()
    fall: IntArray = int_array()
    dates: tuple[np.datetime64, np.datetime64]

    def __attrs_post_init__(self) -> None:
        n = len(self.customers)
        if not self.before.size == self.after.size == self.fall.size == n:
            raise InputError("RFMMovement", expected=f"{n} states at each date", got="other lengths")

    @property
    def counts(self) -> IntArray:
        """(n_states, n_states) customers, from the row's state to the column's; hand it to ``MarkovChain.from_counts``.

        The last row are customers who came, the last column those who left.
        """
        return locked(chains.count_moves(self.before, self.after, len(self.states)))

    @property
    def shares(self) -> FloatArray:
        """(n_states, n_states) chance to move from the row's state to the column's; rows add up to 1.

        Who left goes to ``"absent"`` and stays there. A state nobody was in is never left.
        """
        counts = self.counts.copy()
        counts[-1] = 0
        return locked(chains.row_shares(counts))

    @property
    def n_came(self) -> int:
        """Customers scored at the later date only."""
        return int(np.count_nonzero(self.before == len(self.states) - 1))

    @property
    def n_left(self) -> int:
        """Customers scored at the earlier date only."""
        return int(np.count_nonzero(self.after == len(self.states) - 1))

    def long_run(self) -> FloatArray:
        """Shares of the states if those scored at both dates moved like this for ever, (n_states - 1,).

        The long-run average from where they stand at the later date; it exists for every matrix, also where some states
        are never left or never reached.
        """
        counts = self.counts[:-1, :-1]
        start = counts.sum(axis=0)
        if start.sum() == 0:
            raise InputError("RFMMovement.long_run", expected="customers scored at both dates", got="none")
        return locked(chains.long_run(chains.row_shares(counts), start / start.sum()))

    def early_warning(self, fall: int = 1) -> EarlyWarning:
        """List the customers whose sum of scores fell by ``fall`` or more, the deepest fall first.

        Raises
        ------
        InputError
            If ``fall`` is below 1.
        """
        if fall < 1:
            raise InputError("RFMMovement.early_warning", expected="a fall of 1 or more", got=repr(fall))
        at = np.flatnonzero(self.fall >= fall)
        at = at[np.lexsort((self.customers.ids[at], -self.fall[at]))]
        names = np.array(self.states)
        return EarlyWarning(
            customers=self.customers.take(at),
            fall=self.fall[at],
            before=names[self.before[at]],
            after=names[self.after[at]],
        )

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a pair of states: before, after, customers, share (of the row's state)."""
        n = len(self.states)
        names = np.array(self.states)
        columns = {
            "before": np.repeat(names, n),
            "after": np.tile(names, n),
            "customers": self.counts.ravel(),
            "share": self.shares.ravel(),
        }
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        days = " to ".join(str(date)[:10] for date in self.dates)
        moved = int(np.count_nonzero(self.before != self.after)) - self.n_came - self.n_left
        return (
            f"RFMMovement({len(self.customers):,} customers, {days}: {moved:,} moved, "
            f"{self.n_came:,} came, {self.n_left:,} left, {int(np.count_nonzero(self.fall > 0)):,} fell)"
        )


@attrs.frozen(kw_only=True, eq=False, repr=False)
class EarlyWarning(ArrayHolder):
    """Customers whose scores fell.

    Parameters
    ----------
    customers
        (n_customers,) deepest fall first, then by id.
    fall
        (n_customers,) by how much the sum of scores fell.
    before, after
        (n_customers,) states at the two dates.
    """

    customers: CustomerIndex
    fall: IntArray = int_array()
    before: LabelArray = label_array()
    after: LabelArray = label_array()

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer: customer, fall, before, after."""
        columns = {"customer": self.customers.ids, "fall": self.fall, "before": self.before, "after": self.after}
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        return f"EarlyWarning({len(self.customers):,} customers)"


def movement(earlier: RFMScores, later: RFMScores, *, by: str = SEGMENT) -> RFMMovement:
    """Compare the scores of two dates, customer by customer.

    Parameters
    ----------
    earlier, later
        Scores of the same scorer at two dates. Customers are matched by id; who is missing at a date is ``"absent"``.
    by
        ``"segment"``, or the code of a dimension to follow its levels.

    Raises
    ------
    AlignmentError
        If the two were scored on other dimensions or levels, or mapped to other segments.
    InputError
        If the later scores are the earlier ones, or there are no segments.

    Examples
    --------
    >>> import numpy as np
    >>> from custvalue.rfm import RECENCY
    >>> def scores(ids, levels, day):
    ...     return RFMScores(
    ...         customers=CustomerIndex(ids),
    ...         dimensions=(RECENCY,),
    ...         columns=(np.array(levels),),
    ...         sizes=(3,),
    ...         base=1,
    ...         observed_until=np.datetime64(day),
    ...     )
    >>> march = scores(["a", "b", "c"], [3, 3, 1], "2026-03-31")
    >>> april = scores(["b", "c", "d"], [1, 1, 3], "2026-04-30")
    >>> moved = movement(march, april, by="R")
    >>> moved
    RFMMovement(4 customers, 2026-03-31 to 2026-04-30: 1 moved, 1 came, 1 left, 1 fell)
    >>> moved.early_warning().customers.ids.tolist()
    ['b']
    """
    same = (earlier.dimensions, earlier.sizes, earlier.base, earlier.segment_names)
    if same != (later.dimensions, later.sizes, later.base, later.segment_names):
        hint = "Score both dates with one fitted scorer."
        raise AlignmentError("movement", expected="scores of one scorer", got="two different ones", hint=hint)
    if later.observed_until <= earlier.observed_until:
        got = f"{str(earlier.observed_until)[:10]}, then {str(later.observed_until)[:10]}"
        raise InputError("movement", expected="the earlier date first", got=got)
    states, here, there = _states(earlier, later, by)
    absent = len(states) - 1
    place = later.customers.positions(earlier.customers.ids)
    stayed = place >= 0
    new = earlier.customers.positions(later.customers.ids) < 0
    fall = np.zeros(place.size, dtype=np.int64)
    fall[stayed] = earlier.total[stayed] - later.total[place[stayed]]
    return RFMMovement(
        customers=CustomerIndex(np.concatenate([earlier.customers.ids, later.customers.ids[new]])),
        states=states,
        before=np.concatenate([here, np.full(int(new.sum()), absent)]),
        after=np.concatenate([np.where(stayed, there[place] if there.size else absent, absent), there[new]]),
        fall=np.concatenate([fall, np.zeros(int(new.sum()), dtype=np.int64)]),
        dates=(earlier.observed_until, later.observed_until),
    )


def _states(earlier: RFMScores, later: RFMScores, by: str) -> tuple[tuple[str, ...], NDArray[Any], NDArray[Any]]:
    if by == SEGMENT:
        if earlier.segment is None or later.segment is None:
            hint = "RFMScorer(segments=...), or movement(..., by='R')."
            raise InputError("movement", expected="scores with segments", got="scores without", hint=hint)
        return (*earlier.segment_names, ABSENT), earlier.segment, later.segment
    codes = [dimension.code for dimension in earlier.dimensions]
    columns = [scores[by].astype(np.int64) - scores.base for scores in (earlier, later)]
    levels = [f"{by}{earlier.base + level}" for level in range(earlier.sizes[codes.index(by)])]
    return (*levels, ABSENT), columns[0], columns[1]
