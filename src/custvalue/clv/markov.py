"""Lifetime value of customers who move between states: Pfeifer and Carraway's model."""

from __future__ import annotations

import math
from collections.abc import Mapping

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, BoolArray, FloatArray, IntArray, bool_array, float_array, int_array, strings
from custvalue._frames import FrameKind, build_frame
from custvalue.clv._kernels import markov as kernel
from custvalue.clv._result import CustomerValues
from custvalue.clv._settings import FirstMargin, check_finite, lifetime_values, whole_periods
from custvalue.clv.markov_chain import MarkovChain
from custvalue.clv.markov_states import StateRule
from custvalue.data import CustomerSummary, DiscountRate, Horizon, Timing
from custvalue.errors import InputError

__all__ = ["FittedMarkov", "MarkovCLV", "StateValues", "StoppingRule", "optimal_stopping"]

_DRAWS = 400
_SEED = 20000


def _rewards(value: Mapping[str, float] | tuple[float, ...] | FloatArray) -> tuple[float, ...] | Mapping[str, float]:
    return dict(value) if isinstance(value, Mapping) else tuple(float(item) for item in value)


@attrs.frozen(kw_only=True)
class MarkovCLV:
    """Lifetime value of customers who move between states, each state earning its reward a period.

    Parameters
    ----------
    chain
        States and chances of moving.
    rewards
        Profit of a period in each state, in major units: a number a state, or by name.
    states
        Tells the present state of each customer; its states must be those of the chain.
    first_margin
        CERTAIN: period k is rewarded by the state after k - 1 moves, so the present state's reward counts.
        IF_RETAINED: after k moves, so only what is to come counts.

    Raises
    ------
    InputError
        If rewards or rule do not speak of the states of the chain.

    References
    ----------
    Pfeifer and Carraway, "Modeling customer relationships as Markov chains", *Journal of Interactive Marketing* 14(2),
    2000, 43-55: V_T and V are ``first_margin=CERTAIN`` with ``timing=START`` and a horizon of T + 1 periods, or none.

    Examples
    --------
    >>> from custvalue.clv.markov_states import RecencyCells
    >>> chain = MarkovChain.from_recency([0.3, 0.2, 0.15, 0.05])
    >>> model = MarkovCLV(chain=chain, rewards=(36.0, -4.0, -4.0, -4.0, 0.0), states=RecencyCells(4),
    ...                   first_margin=FirstMargin.CERTAIN)
    >>> model.by_state(discount=DiscountRate.annual(0.2), timing=Timing.START).mean.round(3).tolist()
    [52.32, 5.554, 1.251, -1.82, 0.0]
    """

    chain: MarkovChain
    rewards: tuple[float, ...] | Mapping[str, float] = attrs.field(converter=_rewards, hash=False)
    states: StateRule
    first_margin: FirstMargin = FirstMargin.IF_RETAINED

    def __attrs_post_init__(self) -> None:
        names = self.chain.states
        if self.states.states != names:
            got = f"{list(self.states.states)}"
            raise InputError("MarkovCLV.states", expected=f"a rule over {list(names)}", got=got)
        if isinstance(self.rewards, Mapping):
            fine = set(self.rewards) == set(names)
            got = f"rewards for {sorted(self.rewards)}"
        else:
            fine = len(self.rewards) == len(names)
            got = f"{len(self.rewards)} rewards"
        if not fine:
            raise InputError("MarkovCLV.rewards", expected=f"one reward for each of {list(names)}", got=got)
        check_finite("MarkovCLV.rewards", self.reward)

    @property
    def reward(self) -> FloatArray:
        """Profit of a period in each state, (n_states,)."""
        if isinstance(self.rewards, Mapping):
            return np.array([self.rewards[name] for name in self.chain.states])
        return np.array(self.rewards)

    def fit(self, summary: CustomerSummary, /) -> FittedMarkov:
        """Find the present states once, so that a customer without one is refused now."""
        self.states.now(summary)
        return FittedMarkov(model=self)

    def by_state(
        self, *, horizon: Horizon | None = None, discount: DiscountRate, timing: Timing = Timing.END
    ) -> StateValues:
        """Mean and variance of the value of a customer in each state.

        Raises
        ------
        InputError
            If without a horizon or a discount the value has no bound.
        """
        moments = _moments(self, self.chain.transition, horizon, discount, timing)
        return StateValues(states=self.chain.states, mean=moments[0], variance=moments[1])

    def stopped(self, *, discount: DiscountRate) -> MarkovCLV:
        """The same model when customers in states not worth keeping are dropped: they earn and cost nothing more."""
        keep = optimal_stopping(self, discount=discount).keep
        transition = np.where(keep[:, np.newaxis], self.chain.transition, np.eye(keep.size))
        chain = attrs.evolve(self.chain, transition=transition, counts=None, absorbing=())
        return attrs.evolve(self, chain=chain, rewards=tuple(np.where(keep, self.reward, 0.0)))


def _moments(
    model: MarkovCLV, transition: FloatArray, horizon: Horizon | None, discount: DiscountRate, timing: Timing
) -> tuple[FloatArray, FloatArray]:
    where = "MarkovCLV.lifetime_value"
    n_periods = whole_periods(horizon, model.chain.period, f"{where}(horizon)")
    rate = discount.per(model.chain.period)
    if math.isinf(n_periods) and rate == 0.0:
        _require_ending(model, transition, where)
    moves = model.first_margin.renewals
    return kernel.value_moments(transition, model.reward, rate, n_periods, timing.offset, moves)


def _require_ending(model: MarkovCLV, transition: FloatArray, where: str) -> None:
    """Without discount and end the value is finite only where earning states are left for good in the end."""
    earning = kernel.reaches(transition, model.reward != 0.0)
    endless = np.flatnonzero(~kernel.reaches(transition, ~earning))
    if endless.size:
        names = [model.chain.states[state] for state in endless]
        hint = "Give a horizon, or a discount rate above 0."
        raise InputError(where, expected="an end to every customer", got=f"none from {names}", hint=hint)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class StateValues(ArrayHolder):
    """Value of a customer by present state.

    Parameters
    ----------
    states
        Names.
    mean
        (n_states,) expected value, in major units.
    variance
        (n_states,) variance of the value of one customer: how customers of one state differ by chance.
    """

    states: tuple[str, ...] = attrs.field(converter=strings)
    mean: FloatArray = float_array()
    variance: FloatArray = float_array()

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a state: state, mean, standard_deviation."""
        names = np.array(self.states, dtype=object)
        return build_frame({"state": names, "mean": self.mean, "standard_deviation": np.sqrt(self.variance)}, like)

    def __repr__(self) -> str:
        """One line."""
        return f"StateValues({len(self.states)} states, {self.mean.min():,.2f} to {self.mean.max():,.2f})"


@attrs.frozen(kw_only=True, eq=False)
class _StateIntervals(ArrayHolder):
    """Values by state under chances redrawn from the moves seen and the smoothing: a Dirichlet posterior each row."""

    model: MarkovCLV
    counts: FloatArray = float_array(2)
    at: IntArray = int_array()
    horizon: Horizon | None
    discount: DiscountRate
    timing: Timing

    @property
    def method(self) -> str:
        return "posterior"

    def interval(self, level: float, /) -> tuple[FloatArray, FloatArray]:
        tails = [(1.0 - level) / 2.0, (1.0 + level) / 2.0]
        lower, upper = np.quantile(self._draws(), tails, axis=0)
        return lower[self.at], upper[self.at]

    def total_interval(self, level: float, /) -> tuple[float, float]:
        """Bounds of the sum: one draw of the chances holds for all customers."""
        sums = self._draws() @ np.bincount(self.at, minlength=self.counts.shape[0])
        lower, upper = np.quantile(sums, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
        return float(lower), float(upper)

    def _draws(self) -> FloatArray:
        chain = self.model.chain
        mass = np.random.default_rng(_SEED).gamma(self.counts, size=(_DRAWS, *self.counts.shape))
        sums = mass.sum(axis=2, keepdims=True)
        transitions = np.where(sums > 0.0, mass / np.where(sums > 0.0, sums, 1.0), chain.transition)
        n_periods = whole_periods(self.horizon, chain.period, "MarkovCLV.interval(horizon)")
        shift, moves = self.timing.offset, self.model.first_margin.renewals
        rate = self.discount.per(chain.period)
        return kernel.value_means(transitions, self.model.reward, rate, n_periods, shift, moves)


@attrs.frozen
class FittedMarkov:
    """A Markov model whose rule knows the customers.

    Parameters
    ----------
    model
        The settings.
    """

    model: MarkovCLV

    def lifetime_value(
        self,
        summary: CustomerSummary,
        /,
        *,
        horizon: Horizon | None = None,
        discount: DiscountRate,
        timing: Timing = Timing.END,
    ) -> CustomerValues:
        """Present value of each customer's rewards within the horizon (None: without end).

        Where the chain was estimated, the values carry intervals: the chances of each row are redrawn from a Dirichlet
        distribution of the moves seen (Rubin, "The Bayesian bootstrap", *Annals of Statistics* 9, 1981), plus the
        smoothing of the chain.

        Raises
        ------
        UnitError
            If the horizon is not a whole number of periods.
        InputError
            If without a horizon or a discount the value has no bound.
        """
        model = self.model
        at = model.states.now(summary)
        mean = model.by_state(horizon=horizon, discount=discount, timing=timing).mean
        counts = model.chain.smoothed_counts
        if counts is None:
            return lifetime_values(summary, mean[at])
        intervals = _StateIntervals(
            model=model, counts=counts, at=at, horizon=horizon, discount=discount, timing=timing
        )
        return lifetime_values(summary, mean[at], intervals)

    def value_variance(
        self,
        summary: CustomerSummary,
        /,
        *,
        horizon: Horizon | None = None,
        discount: DiscountRate,
        timing: Timing = Timing.END,
    ) -> CustomerValues:
        """Variance of each customer's value, chances taken as known."""
        by_state = self.model.by_state(horizon=horizon, discount=discount, timing=timing)
        return CustomerValues(
            customers=summary.customers,
            values=by_state.variance[self.model.states.now(summary)],
            measure="lifetime_value_variance",
            unit=f"{summary.currency.code} squared",
        )


@attrs.frozen(kw_only=True, eq=False, repr=False)
class StoppingRule(ArrayHolder):
    """Which states are worth keeping.

    Parameters
    ----------
    states
        Names.
    keep
        (n_states,) True where customers are kept, False where they are dropped.
    values
        (n_states,) value under the rule, paid at the start of each period; 0 where dropped.
    values_if_kept
        (n_states,) value if nobody were ever dropped.
    """

    states: tuple[str, ...] = attrs.field(converter=strings)
    keep: BoolArray = bool_array()
    values: FloatArray = float_array()
    values_if_kept: FloatArray = float_array()

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a state: state, keep, value, value_if_kept."""
        names = np.array(self.states, dtype=object)
        columns = {"state": names, "keep": self.keep, "value": self.values, "value_if_kept": self.values_if_kept}
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        dropped = [name for name, keep in zip(self.states, self.keep, strict=True) if not keep]
        return f"StoppingRule(drop {', '.join(dropped) or 'nobody'})"


def optimal_stopping(model: MarkovCLV, /, *, discount: DiscountRate) -> StoppingRule:
    """Find the states in which a customer is no longer worth the cost of keeping, by policy iteration.

    Parameters
    ----------
    model
        Chain and rewards; a reward is what a period of keeping a customer in the state brings, costs taken off.
    discount
        Above 0.

    Raises
    ------
    InputError
        If the discount is 0.

    References
    ----------
    Pfeifer and Carraway (2000), "the firm's retention decision"; Howard, *Dynamic Programming and Markov Processes*,
    1960.

    Examples
    --------
    >>> from custvalue.clv.markov_states import RecencyCells
    >>> chain = MarkovChain.from_recency([0.3, 0.2, 0.15, 0.05])
    >>> model = MarkovCLV(chain=chain, rewards=(36.0, -4.0, -4.0, -4.0, 0.0), states=RecencyCells(4))
    >>> optimal_stopping(model, discount=DiscountRate.annual(0.2))
    StoppingRule(drop recency 4, lost)
    """
    rate = discount.per(model.chain.period)
    if rate == 0.0:
        raise InputError("optimal_stopping(discount)", expected="a rate above 0", got="0")
    keep, values, _ = kernel.policy_iteration(model.chain.transition, model.reward, rate)
    always, _ = kernel.value_moments(model.chain.transition, model.reward, rate, math.inf, 0.0, 0)
    return StoppingRule(states=model.chain.states, keep=keep, values=values, values_if_kept=always)
