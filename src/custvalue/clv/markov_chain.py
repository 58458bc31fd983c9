"""A Markov chain of customer states: given, or estimated from how customers moved."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import ArrayLike

from custvalue._arrays import ArrayHolder, FloatArray, as_floats, float_array, strings
from custvalue._frames import FrameKind, build_frame
from custvalue.clv._kernels import markov as kernel
from custvalue.clv._settings import check_finite, check_probability
from custvalue.clv.markov_states import PathRule, positions
from custvalue.data import TimeUnit, ValueSeries
from custvalue.errors import InputError

__all__ = ["MarkovChain"]

_ROW_SLACK = 1e-9


def _optional_counts(value: ArrayLike | None) -> FloatArray | None:
    return None if value is None else as_floats(value, 2)


def _smoothed(moves: FloatArray, smoothing: float, kept: list[int]) -> FloatArray:
    """Add the smoothing, but not out of states that are never left."""
    weighted: FloatArray = moves + smoothing
    weighted[kept] = moves[kept]
    return weighted


@attrs.frozen(kw_only=True, eq=False, repr=False)
class MarkovChain(ArrayHolder):
    """States and the chances of moving between them in one period.

    Parameters
    ----------
    states
        Names, each once.
    transition
        (n_states, n_states): chance of going from the row's state to the column's; rows add up to 1.
    counts
        (n_states, n_states) moves the chances were estimated from, or None where they were given.
    smoothing
        What was added to every count before dividing, except out of absorbing states.
    absorbing
        States that are never left; each must be within reach of every state.
    period
        Length of a period.

    Raises
    ------
    InputError
        If the matrix is not square, holds something that is not a probability, a row does not add up to 1, or an
        absorbing state is left or cannot be reached.

    Examples
    --------
    >>> chain = MarkovChain(states=["here", "gone"], transition=[[0.8, 0.2], [0.0, 1.0]], absorbing=["gone"])
    >>> chain.occupancy(2)[2].round(2).tolist()
    [[0.64, 0.36], [0.0, 1.0]]
    """

    states: tuple[str, ...] = attrs.field(converter=strings)
    transition: FloatArray = float_array(2)
    counts: FloatArray | None = attrs.field(default=None, converter=_optional_counts)
    absorbing: tuple[str, ...] = attrs.field(default=(), converter=strings)
    period: TimeUnit = TimeUnit.YEAR
    smoothing: float = 0.0

    def __attrs_post_init__(self) -> None:
        check_finite("MarkovChain.smoothing", self.smoothing, least=0.0)
        n_states = len(self.states)
        if len(set(self.states)) != n_states or self.transition.shape != (n_states, n_states):
            got = f"{n_states} names ({len(set(self.states))} different), matrix of shape {self.transition.shape}"
            raise InputError("MarkovChain", expected="different names and a square matrix of them", got=got)
        if self.counts is not None and self.counts.shape != self.transition.shape:
            expected = f"counts of shape {self.transition.shape}"
            raise InputError("MarkovChain.counts", expected=expected, got=f"{self.counts.shape}")
        check_probability("MarkovChain.transition", self.transition)
        self._check_rows()
        self._check_absorbing()

    def _check_rows(self) -> None:
        sums = self.transition.sum(axis=1)
        wrong = {self.states[row]: float(sums[row]) for row in np.flatnonzero(np.abs(sums - 1.0) > _ROW_SLACK)}
        if wrong:
            hint = "Each row holds where the customers of one state go; it is the rows that add up to 1."
            raise InputError("MarkovChain.transition", expected="rows that add up to 1", got=f"sums {wrong}", hint=hint)

    def _check_absorbing(self) -> None:
        where = "MarkovChain.absorbing"
        for name in self.absorbing:
            if name not in self.states:
                raise InputError(where, expected=f"states among {list(self.states)}", got=repr(name))
            at = self.states.index(name)
            if self.transition[at, at] != 1.0:
                got = f"{name!r} is left with chance {1.0 - self.transition[at, at]:.6g}"
                raise InputError(where, expected="states that are never left", got=got)
        if self.absorbing:
            target = np.isin(np.array(self.states), np.array(self.absorbing))
            stuck = np.flatnonzero(~kernel.reaches(self.transition, target))
            if stuck.size:
                got = f"no way to one from {[self.states[state] for state in stuck]}"
                hint = "Customers of these states would never leave: mend the matrix, or declare them absorbing."
                raise InputError(where, expected="absorbing states within reach of every state", got=got, hint=hint)

    @classmethod
    def from_recency(cls, probability: Sequence[float], *, period: TimeUnit = TimeUnit.YEAR) -> MarkovChain:
        """Build the chain of Pfeifer and Carraway: chance of buying in the next period, by recency cell.

        Parameters
        ----------
        probability
            For ``recency 1``, ``recency 2``, ...; after the last cell the customer is ``lost``.
        period
            Length of a period.

        Examples
        --------
        >>> MarkovChain.from_recency([0.3, 0.2]).transition.tolist()
        [[0.3, 0.7, 0.0], [0.2, 0.0, 0.8], [0.0, 0.0, 1.0]]
        """
        chances = np.array(probability, dtype=np.float64)
        if chances.size == 0:
            raise InputError("MarkovChain.from_recency", expected="at least one recency cell", got="none")
        check_probability("MarkovChain.from_recency", chances)
        states = (*(f"recency {cell}" for cell in range(1, chances.size + 1)), "lost")
        transition = kernel.recency_matrix(chances)
        return cls(states=states, transition=transition, absorbing=("lost",), period=period)

    @classmethod
    def from_counts(
        cls,
        states: Sequence[str],
        counts: ArrayLike,
        *,
        smoothing: float = 0.0,
        absorbing: Sequence[str] = (),
        period: TimeUnit = TimeUnit.YEAR,
    ) -> MarkovChain:
        """Estimate the chances by maximum likelihood: moves over moves out of the state.

        Parameters
        ----------
        states
            Names.
        counts
            (n_states, n_states) moves seen from the row's state to the column's.
        smoothing
            Added to every count before dividing, except out of absorbing states.
        absorbing
            States to be taken as never left; moves out of them are set aside.
        period
            Length of a period.

        Raises
        ------
        InputError
            If a count or the smoothing is negative, or a state was never seen to be left or kept.
        """
        check_finite("MarkovChain.from_counts(smoothing)", smoothing, least=0.0)
        names = strings(states)
        moves = np.array(counts, dtype=np.float64)
        if moves.shape != (len(names), len(names)) or not bool(np.all(np.isfinite(moves) & (moves >= 0.0))):
            expected = f"counts of 0 or more of shape ({len(names)}, {len(names)})"
            raise InputError(
                "MarkovChain.from_counts", expected=expected, got=f"shape {moves.shape}, least {np.min(moves)}"
            )
        kept = [names.index(name) for name in absorbing if name in names]
        moves[kept] = 0.0
        moves[kept, kept] = 1.0
        weighted = _smoothed(moves, smoothing, kept)
        totals = weighted.sum(axis=1, keepdims=True)
        unseen = [names[row] for row in np.flatnonzero(totals[:, 0] == 0.0)]
        if unseen:
            hint = "Merge states, declare them absorbing, or give a smoothing above 0."
            raise InputError(
                "MarkovChain.from_counts", expected="moves out of every state", got=f"none from {unseen}", hint=hint
            )
        transition = weighted / totals
        return cls(
            states=names, transition=transition, counts=moves, absorbing=absorbing, period=period, smoothing=smoothing
        )

    @classmethod
    def from_moves(
        cls,
        before: ArrayLike,
        after: ArrayLike,
        *,
        states: Sequence[str],
        smoothing: float = 0.0,
        absorbing: Sequence[str] = (),
        period: TimeUnit = TimeUnit.YEAR,
    ) -> MarkovChain:
        """Estimate the chances from each customer's state at two dates one period apart.

        Parameters
        ----------
        before, after
            (n_customers,) labels at the two dates: RFM segments, tiers, portfolio classes.
        states
            Names of the states, in order.
        smoothing, absorbing, period
            See :meth:`from_counts`.

        Raises
        ------
        InputError
            If the lengths differ, or a label is not among the states.
        """
        here, there = np.asarray(before), np.asarray(after)
        if here.shape != there.shape or here.ndim != 1:
            got = f"shapes {here.shape} and {there.shape}"
            raise InputError("MarkovChain.from_moves", expected="a label a customer at both dates", got=got)
        start = positions(here, states, "MarkovChain.from_moves(before)")
        end = positions(there, states, "MarkovChain.from_moves(after)")
        counts = np.zeros((len(states), len(states)))
        np.add.at(counts, (start, end), 1.0)
        return cls.from_counts(states, counts, smoothing=smoothing, absorbing=absorbing, period=period)

    @classmethod
    def from_series(
        cls,
        series: ValueSeries,
        rule: PathRule,
        *,
        smoothing: float = 0.0,
        absorbing: Sequence[str] = (),
        period: TimeUnit = TimeUnit.YEAR,
    ) -> MarkovChain:
        """Estimate the chances from periodic values, pooling all customers and periods.

        Parameters
        ----------
        series
            Value a customer and period.
        rule
            Tells the states: :class:`~custvalue.clv.markov_states.RecencyCells`,
            :class:`~custvalue.clv.markov_states.ValueTiers`.
        smoothing, absorbing, period
            See :meth:`from_counts`; ``period`` is the length of the periods of the series.
        """
        path = rule.path(series)
        start, end = path[:, :-1].ravel(), path[:, 1:].ravel()
        known = start >= 0
        n_states = len(rule.states)
        moves = np.bincount(start[known] * n_states + end[known], minlength=n_states * n_states)
        counts = moves.reshape(n_states, n_states).astype(np.float64)
        return cls.from_counts(rule.states, counts, smoothing=smoothing, absorbing=absorbing, period=period)

    @property
    def smoothed_counts(self) -> FloatArray | None:
        """Moves seen plus the smoothing, (n_states, n_states): what the chances are in proportion to."""
        if self.counts is None:
            return None
        return _smoothed(self.counts, self.smoothing, [self.states.index(name) for name in self.absorbing])

    def occupancy(self, n_periods: int) -> FloatArray:
        """Chance of each state after 0 .. n periods, by starting state: (n_periods + 1, n_states, n_states)."""
        return kernel.occupancy(self.transition, n_periods)

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a pair of states: state, next_state, probability."""
        n_states = len(self.states)
        columns = {
            "state": np.repeat(np.array(self.states, dtype=object), n_states),
            "next_state": np.tile(np.array(self.states, dtype=object), n_states),
            "probability": self.transition.ravel(),
        }
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        moves = "given" if self.counts is None else f"from {self.counts.sum():,.0f} moves"
        return f"MarkovChain({len(self.states)} states, a {self.period.value} a move, {moves})"
