"""BG/BB: purchases at discrete opportunities, yearly donations, cruises, conferences."""

from __future__ import annotations

from functools import partial
from typing import TypeAlias

import attrs
import numpy as np

from custvalue._arrays import FloatArray, IntArray
from custvalue.clv._case_weights import CaseWeights, checked_weights, stand_ins
from custvalue.clv._drawing import Drawable
from custvalue.clv._estimate import LogNormalPrior, checked, estimate
from custvalue.clv._kernels import bg_bb
from custvalue.clv._optimise import Density, Problem
from custvalue.clv._purchases import FirstPurchase, whole_count
from custvalue.clv._result import CountProbabilities, CustomerValues, Expectation
from custvalue.clv.intervals import bounded_counts, bounded_expectation, bounded_values
from custvalue.clv.opportunities import Opportunities, OpportunityPatterns
from custvalue.clv.simulate_opportunities import BGBBProcess, draw_opportunities
from custvalue.data._kinds import require_kind
from custvalue.errors import InputError

__all__ = ["BGBB", "FittedBGBB"]

OpportunityData: TypeAlias = Opportunities | OpportunityPatterns


def _patterns(data: OpportunityData, weights: FloatArray | None = None) -> OpportunityPatterns:
    """Compress, count rows ``weights`` times, and refuse what nothing can be learnt from."""
    patterns = data.patterns() if isinstance(data, Opportunities) else data
    if weights is not None:
        counts = checked_weights(weights, len(data.x))
        by_pattern = _by_pattern(patterns, counts) if isinstance(data, Opportunities) else counts
        patterns = attrs.evolve(patterns, weights=by_pattern)
    if not (patterns.weights > 0).any():
        raise InputError("BGBB.fit", expected="at least one customer", got="none")
    used = patterns.weights > 0
    if not (patterns.x[used] > 0).any():
        raise InputError(
            "BGBB.fit",
            expected="some customers who bought at an opportunity",
            got=f"{patterns.n_customers:,.0f} who never did",
            hint="Nothing can be said about the chance to buy; observe longer.",
        )
    return patterns


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FittedBGBB(Drawable[OpportunityData]):
    """A fitted :class:`BGBB`. Horizons are numbers of opportunities; discount rates are per opportunity."""

    settings: BGBB

    @property
    def process(self) -> BGBBProcess:
        """The fit as something to draw customers from, for :func:`~custvalue.clv.simulate_opportunities`."""
        return BGBBProcess(*self._natural())

    def probability_alive(self, data: Opportunities, /, at: int = 0) -> CustomerValues:
        """Probability of being alive at the last opportunity observed, or ``at`` opportunities later.

        The tables of the paper show ``at=1``: whether the customer is there for the next opportunity.
        """
        ahead = whole_count("probability_alive(at)", at)
        return self._predict(data, "probability_alive", "probability", (ahead,))

    def expected_purchases(self, data: Opportunities, periods: int, /) -> CustomerValues:
        """Purchases to expect at the next ``periods`` opportunities."""
        return self._predict(data, "expected_purchases", "purchases", (_positive(periods),))

    def expected_residual_transactions(self, data: Opportunities, rate: float, /) -> CustomerValues:
        """Discounted expected residual transactions: the i-th opportunity ahead discounted by (1 + rate)^i."""
        if not rate >= 0.0:
            raise InputError(
                "expected_residual_transactions", expected="a rate of 0 or more per opportunity", got=repr(rate)
            )
        return self._predict(data, "residual_transactions", "purchases", (rate,))

    def purchase_pmf(self, data: Opportunities, count: int, periods: int, /) -> CustomerValues:
        """Probability of exactly ``count`` purchases at the next ``periods`` opportunities."""
        exactly = whole_count("purchase_pmf(count)", count)
        return self._predict(data, "conditional_pmf", "probability", (exactly, _positive(periods)))

    def latent_means(self, data: Opportunities, /) -> dict[str, CustomerValues]:
        """Posterior means of each customer's chance to buy and chance to drop out."""
        names = ("purchase_probability", "dropout_probability")
        return {name: self._predict(data, "latent_means", "probability", (), part=name) for name in names}

    def new_customer_purchases(
        self, periods: int, /, first_purchase: FirstPurchase = FirstPurchase.EXCLUDED
    ) -> Expectation:
        """Purchases to expect at the first ``periods`` opportunities of a new customer."""
        require_kind("new_customer_purchases(first_purchase)", first_purchase, FirstPurchase)
        predict = partial(_new_purchases, periods=_positive(periods), first=first_purchase.counted)
        return bounded_expectation(self, predict, "new_customer_purchases", "purchases")

    def new_customer_pmf(self, periods: int, /) -> CountProbabilities:
        """Probability that a new customer buys at 0, 1, ... ``periods`` of as many opportunities."""
        predict = partial(_new_pmf, periods=_positive(periods))
        return bounded_counts(self, predict, "new_customer_pmf")

    def case_weights(self, data: OpportunityData, /, *, weights: FloatArray | None = None) -> CaseWeights:
        """Give the likelihood of the data as a function of the weights of its rows."""
        if isinstance(data, OpportunityPatterns):
            counts = data.weights if weights is None else checked_weights(weights, len(data.x))
            return CaseWeights(counts=counts, problem=partial(self.settings.problem, data))
        # compressed once, not once a draw
        problem = partial(_problem_of_customers, self.settings, data.patterns())
        return CaseWeights(counts=checked_weights(weights, len(data.customers)), problem=problem)

    def redrawn(
        self, data: OpportunityData, rng: np.random.Generator, /, *, weights: FloatArray | None = None
    ) -> Problem:
        """Give the likelihood of customers with as many opportunities as those of the data, drawn from this fit."""
        patterns = _patterns(data, weights)
        rows, share = stand_ins(patterns.weights, rng)
        drawn = draw_opportunities(self.process, patterns.n[rows], rng)
        return self.settings.problem(drawn, np.full(rows.size, share))

    def row_log_likelihood(self, data: OpportunityData, /) -> FloatArray:
        """Log-likelihood (n_rows,) of each customer, or of each pattern."""
        return bg_bb.row_log_likelihood(self._natural(), data.x, data.t_x, data.n)

    def _natural(self) -> tuple[float, ...]:
        return tuple(self.estimate.values.tolist())

    def _predict(
        self, data: Opportunities, quantity: str, unit: str, args: tuple[float, ...], part: str = ""
    ) -> CustomerValues:
        predict = partial(_evaluate, patterns=data.patterns(), quantity=quantity, args=args, part=part)
        names = {"residual_transactions": "expected_residual_transactions", "conditional_pmf": "purchase_pmf"}
        return bounded_values(self, predict, data.customers, part or names.get(quantity, quantity), unit)


def _new_purchases(fitted: FittedBGBB, rows: IntArray | None, /, *, periods: int, first: float) -> FloatArray:
    del rows  # there is one
    params = tuple(fitted.estimate.values.tolist())
    alpha, beta, _, _ = params
    lives = bg_bb.survivals(params, np.zeros(1), periods).sum()
    return np.array([first + alpha / (alpha + beta) * lives])


def _new_pmf(fitted: FittedBGBB, rows: IntArray | None, /, *, periods: int) -> FloatArray:
    counts = np.arange(periods + 1)
    return bg_bb.new_pmf(tuple(fitted.estimate.values.tolist()), counts if rows is None else counts[rows], periods)


def _by_pattern(patterns: OpportunityPatterns, weights: FloatArray) -> FloatArray:
    return np.bincount(patterns.inverse, weights=weights, minlength=len(patterns.x)).astype(np.float64)


def _problem_of_customers(settings: BGBB, patterns: OpportunityPatterns, weights: FloatArray) -> Problem:
    return settings.problem(patterns, _by_pattern(patterns, weights))


def _evaluate(
    fitted: FittedBGBB,
    rows: IntArray | None,
    /,
    *,
    patterns: OpportunityPatterns,
    quantity: str,
    args: tuple[float, ...],
    part: str,
) -> FloatArray:
    place = patterns.inverse if rows is None else patterns.inverse[rows]
    params = tuple(fitted.estimate.values.tolist())
    value = getattr(bg_bb, quantity)(params, patterns.x, patterns.t_x, patterns.n, *args)
    result: FloatArray = (value[part] if part else value)[place]
    return result


def _positive(periods: int) -> int:
    count = whole_count("BGBB", periods)
    if count < 1:
        raise InputError("BGBB", expected="a whole number of opportunities, 1 or more", got=str(periods))
    return count


@attrs.frozen(kw_only=True)
class BGBB:
    """The BG/BB model: at each opportunity a living customer buys with chance p, or has died with chance theta.

    Parameters alpha, beta (chance to buy: beta) and gamma, delta (chance to drop out: beta).

    Parameters
    ----------
    prior
        A prior for a posterior-mode fit; None for maximum likelihood.

    References
    ----------
    Fader, P., Hardie, B. & Shang, J. (2010), Customer-base analysis in a discrete-time noncontractual setting,
    Marketing Science 29(6): eq. (4) likelihood, (7) distribution, (11) P(alive), (13) expectation, (14) DERT.

    Examples
    --------
    >>> import numpy as np
    >>> x, t_x = np.array([0, 1, 1, 2, 3]), np.array([0, 1, 3, 3, 3])
    >>> counts = np.array([40.0, 20, 9, 8, 12])
    >>> donors = OpportunityPatterns(x=x, t_x=t_x, n=np.full(5, 3), weights=counts)
    >>> BGBB().fit(donors).diagnostics.converged
    True
    """

    prior: LogNormalPrior | None = None

    def problem(self, data: OpportunityData, /, weights: FloatArray | None = None) -> Problem:
        """Give the likelihood problem behind the fit, customers or patterns counted ``weights`` (n_rows,) times."""
        patterns = _patterns(data, weights)
        return Problem(
            density=Density(model=type(self).__name__, of="purchases at opportunities"),
            names=bg_bb.NAMES,
            objective=bg_bb.OpportunityLikelihood(patterns.x, patterns.t_x, patterns.n, patterns.weights),
            starts=(np.zeros(4), np.array([-1.0, 0.5, -1.0, 1.0]), np.array([1.5, 1.5, -2.0, 1.0])),
            shift=np.zeros(4),
            offset=0.0,
            weight=patterns.n_customers,
        )

    def fit(self, data: OpportunityData, /, *, weights: FloatArray | None = None) -> FittedBGBB:
        """Fit to opportunities or to weighted patterns of them.

        Parameters
        ----------
        data
            Customers, or patterns of them.
        weights
            Case weights, (n_customers,) or (n_patterns,); those of patterns replace their own.

        Raises
        ------
        InputError
            If nobody who counts bought at any opportunity, or weights are no weights.
        ConvergenceError
            If the search fails; the fit travels with the error.
        """
        return checked(FittedBGBB(estimate=estimate(self.problem(data, weights), self.prior), settings=self))
