"""What the purchase models over (x, t_x, T) share: how they are fitted, and every prediction they make.

A model is a kernel (functions of arrays), settings, and the words of its report; all else is here.
"""

from __future__ import annotations

import abc
import enum
from collections.abc import Callable
from functools import partial
from typing import ClassVar, Generic, Literal, Protocol, TypeAlias, TypeVar

import attrs
import numpy as np

from custvalue._arrays import FloatArray, IntArray
from custvalue.clv._case_weights import CaseWeights, checked_weights, stand_ins
from custvalue.clv._drawing import Drawable
from custvalue.clv._estimate import Estimate, LogNormalPrior, Prior, checked, estimate
from custvalue.clv._kernels.likelihood import Params, PurchaseKernel, pattern_likelihood, row_log_likelihood
from custvalue.clv._kernels.simulation import purchase_ages
from custvalue.clv._optimise import Density, Problem
from custvalue.clv._result import CountProbabilities, CustomerValues, Expectation
from custvalue.clv.intervals import bounded_counts, bounded_expectation, bounded_values
from custvalue.clv.processes import LeavingProcess, PurchaseProcess
from custvalue.data import CustomerIndex, CustomerSummary, DiscountRate, Horizon, PurchasePatterns, TimeUnit
from custvalue.data._kinds import is_number, require_discount, require_horizon, require_kind
from custvalue.errors import InputError, UnitError

__all__ = [
    "FirstPurchase",
    "FittedHistories",
    "FittedTransactions",
    "Histories",
    "PatternModel",
    "ProcessType",
    "PurchaseData",
    "as_patterns",
    "drawn_patterns",
    "evaluate_histories",
    "pattern_problem",
    "purchase_density",
    "require_repeats",
    "whole_count",
]

ProcessType: TypeAlias = Callable[..., LeavingProcess]
"""What makes a process of natural parameters in the literature's order, and a unit of time."""

PurchaseData: TypeAlias = CustomerSummary | PurchasePatterns
"""What a purchase model can be fitted to."""


class FirstPurchase(enum.Enum):
    """Whether the purchase that made somebody a customer counts in what a new customer is expected to do."""

    EXCLUDED = "excluded"
    INCLUDED = "included"

    @property
    def counted(self) -> float:
        """Purchases it adds: 0 or 1."""
        return float(self is FirstPurchase.INCLUDED)


def as_patterns(data: PurchaseData, where: str, weights: FloatArray | None = None) -> PurchasePatterns:
    """Compress to weighted patterns and refuse what no purchase model can learn from.

    ``weights`` (n_customers,) or (n_patterns,) replace those of the rows.

    Raises
    ------
    InputError
        No customers, nobody who came back, or no time observed.
    """
    patterns = _counted(data, weights)
    keep = patterns.weights > 0
    if not bool(keep.all()):
        patterns = PurchasePatterns(
            x=patterns.x[keep],
            t_x=patterns.t_x[keep],
            T=patterns.T[keep],
            weights=patterns.weights[keep],
            unit=patterns.unit,
        )
    require_repeats(where, patterns.x, patterns.T, patterns.weights)
    return patterns


def require_repeats(where: str, x: FloatArray, T: FloatArray, weights: FloatArray) -> None:
    """Insist on customers, on some who came back, and on time in which to do so; all arrays (n_rows,)."""
    used = weights > 0
    if not used.any():
        raise InputError(where, expected="at least one customer", got="none")
    if not x[used].any():
        raise InputError(
            where,
            expected="some customers with a repeat purchase",
            got=f"{weights.sum():,.0f} one-time buyers",
            hint="The time between purchases is unknown; observe longer, or collapse by day, not by month.",
        )
    if not T[used].any():
        raise InputError(
            where, expected="time between first purchase and end of observation", got="T = 0 for everybody"
        )


def _counted(data: PurchaseData, weights: FloatArray | None) -> PurchasePatterns:
    """Patterns whose rows, or whose customers, count ``weights`` times."""
    if not isinstance(data, CustomerSummary):
        _require(data, PurchasePatterns, "fit")
        return data if weights is None else attrs.evolve(data, weights=checked_weights(weights, len(data)))
    patterns = data.patterns(members=weights is not None)
    if weights is None:
        return patterns
    return attrs.evolve(patterns, weights=_by_pattern(patterns, checked_weights(weights, len(data))))


def _require(data: object, kind: type, where: str) -> None:
    """Refuse tables and other things that are no summary, in words."""
    hint = "log.summarize(), summary_from_btyd(frame, unit=...), or the .summary of a TimedSummary."
    require_kind(where, data, kind, hint=hint)


def _by_pattern(patterns: PurchasePatterns, weights: FloatArray) -> FloatArray:
    return np.bincount(patterns.inverse, weights=weights, minlength=len(patterns)).astype(np.float64)


def _problem_of_customers(settings: PurchaseSettings, patterns: PurchasePatterns, weights: FloatArray) -> Problem:
    return settings.problem(patterns, _by_pattern(patterns, weights))


def few_data_notes(patterns: PurchasePatterns) -> tuple[str, ...]:
    """Warn in words about data too small to trust standard errors."""
    repeaters = float(patterns.weights[patterns.x > 0].sum())
    if repeaters >= 50:
        return ()
    who = "1 customer" if repeaters == 1 else f"{repeaters:.3g} customers"
    return (f"only {who} came back: standard errors are rough, prefer a prior",)


def purchase_density(model: str, unit: TimeUnit) -> Density:
    """Say what the likelihood of a purchase model is a density of."""
    return Density(model=model, of=f"purchase times in {unit.value}s")


def pattern_problem(kernel: PurchaseKernel, patterns: PurchasePatterns, model: str) -> Problem:
    """Make the likelihood problem of a kernel, with the mean age as the unit of time."""
    weight = patterns.n_customers
    scale = float(patterns.weights @ patterns.T) / weight
    likelihood = pattern_likelihood(kernel, patterns.x, patterns.t_x / scale, patterns.T / scale, patterns.weights)
    return Problem(
        density=purchase_density(model, patterns.unit),
        names=kernel.names,
        objective=likelihood,
        starts=tuple(np.array(start) for start in kernel.starts),
        shift=np.array(kernel.time_powers, dtype=np.float64) * np.log(scale),
        # x purchase times, each a density in time
        offset=-float(patterns.weights @ patterns.x) * float(np.log(scale)),
        weight=weight,
        pilot=likelihood.pilot(),
        every_start=kernel.several_maxima,
    )


class PurchaseSettings(Protocol):
    """A purchase model over (x, t_x, T) with everything chosen."""

    @property
    def kernel(self) -> PurchaseKernel:
        """Functions of arrays that make the model."""
        ...

    @property
    def prior(self) -> Prior | None:
        """The prior of a posterior-mode fit; None for maximum likelihood."""
        ...

    def problem(self, data: PurchaseData, /, weights: FloatArray | None = None) -> Problem:
        """The likelihood of the rows of the data, each counted ``weights`` times."""
        ...

    def process_at(self, theta: FloatArray, unit: TimeUnit, /) -> PurchaseProcess:
        """The model at parameters (n_params,) on the estimation scale, to draw customers from."""
        ...


@attrs.frozen(kw_only=True, eq=False)
class Histories:
    """Distinct histories of customers.

    Parameters
    ----------
    x, t_x, T
        (n_rows,) repeat purchases and ages in the unit of the fit.
    inverse
        (n_customers,) row of each customer.
    known
        (n_rows, n_covariates) what else tells customers apart.
    unit
        Unit of the ages.
    """

    x: FloatArray
    t_x: FloatArray
    T: FloatArray
    inverse: IntArray
    known: FloatArray
    unit: TimeUnit

    def of(self, rows: IntArray) -> Histories:
        """Keep what some customers need."""
        needed, place = np.unique(self.inverse[rows], return_inverse=True)
        x, t_x, T, known = self.x[needed], self.t_x[needed], self.T[needed], self.known[needed]
        return attrs.evolve(self, x=x, t_x=t_x, T=T, inverse=place.astype(np.int64), known=known)

    @property
    def examples(self) -> IntArray:
        """(n_rows,) a customer of each."""
        found = np.empty(len(self.x), dtype=np.int64)
        found[self.inverse] = np.arange(len(self.inverse))
        return found


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FittedHistories(Drawable[PurchaseData]):
    """A fitted purchase model over (x, t_x, T), and whatever else is known of customers.

    Parameters
    ----------
    unit
        Unit of time of the parameters; summaries in other units are converted.
    """

    settings: PurchaseSettings
    unit: TimeUnit

    @property
    def kernel(self) -> PurchaseKernel:
        """Functions of arrays that make the model."""
        return self.settings.kernel

    @property
    def process(self) -> PurchaseProcess:
        """The fit as something to draw customers from, for :func:`~custvalue.clv.simulate_log`."""
        return self.settings.process_at(self.estimate.theta, self.unit)

    def probability_alive(self, summary: CustomerSummary, /, at: Horizon | Literal[0] = 0) -> CustomerValues:
        """Probability that each customer is still active ``at`` a time after the end of observation; 0 is now.

        Returns
        -------
        CustomerValues
            (n_customers,) in [0, 1].

        Raises
        ------
        InputError
            If ``at`` is a bare number other than 0.
        """
        return self._predict(summary, "probability_alive", "probability", (self._ahead(at),))

    def expected_purchases(self, summary: CustomerSummary, horizon: Horizon, /) -> CustomerValues:
        """Purchases to expect from each customer within the horizon, given its history.

        Returns
        -------
        CustomerValues
            (n_customers,) 0 or more.
        """
        return self._predict(summary, "expected_purchases", "purchases", (self._time("expected_purchases", horizon),))

    def expected_residual_transactions(self, summary: CustomerSummary, discount: DiscountRate, /) -> CustomerValues:
        """Discounted expected residual transactions (DERT): all purchases to come, discounted continuously.

        Returns
        -------
        CustomerValues
            (n_customers,) 0 or more; inf at a zero rate where the mean lifetime is infinite.
        """
        force = require_discount("expected_residual_transactions(discount)", discount).force(self.unit)
        return self._predict(summary, "residual_transactions", "purchases", (force,))

    def purchase_pmf(self, summary: CustomerSummary, n: int, horizon: Horizon, /) -> CustomerValues:
        """Probability that each customer makes exactly ``n`` purchases within the horizon, given its history."""
        count = whole_count("purchase_pmf(n)", n)
        return self._predict(summary, "conditional_pmf", "probability", (count, self._time("purchase_pmf", horizon)))

    def latent_means(self, summary: CustomerSummary, /) -> dict[str, CustomerValues]:
        """Posterior means of each customer's latent traits, such as the purchase rate (per :attr:`unit`)."""
        histories = self.histories(summary)
        one = [np.ones(1)] * len(self.kernel.names)
        return {
            name: self._values(summary.customers, histories, ("latent_means", name), _unit_of(name), ())
            for name in self.kernel.latent_means(one, np.zeros(1), np.zeros(1), np.ones(1))
        }

    def row_log_likelihood(self, data: PurchaseData, /) -> FloatArray:
        """Log-likelihood (n_rows,) of each customer of a summary, or of each pattern."""
        own = self._in_own_unit(data)
        patterns = own.patterns() if isinstance(own, CustomerSummary) else own
        rows = row_log_likelihood(self.kernel, self._natural(), patterns.x, patterns.t_x, patterns.T)
        return rows[patterns.inverse] if len(patterns.inverse) else rows

    def case_weights(self, data: PurchaseData, /, *, weights: FloatArray | None = None) -> CaseWeights:
        """Give the likelihood of the data as a function of the weights of its rows."""
        own = self._in_own_unit(data)
        if not isinstance(own, CustomerSummary):
            counts = own.weights if weights is None else checked_weights(weights, len(own))
            return CaseWeights(counts=counts, problem=partial(self.settings.problem, own))
        # compressed once, not once a draw
        problem = partial(_problem_of_customers, self.settings, own.patterns())
        return CaseWeights(counts=checked_weights(weights, len(own)), problem=problem)

    def redrawn(self, data: PurchaseData, rng: np.random.Generator, /, *, weights: FloatArray | None = None) -> Problem:
        """Give the likelihood of customers as old as those of the data, drawn from this fit."""
        patterns = as_patterns(self._in_own_unit(data), "bootstrap", weights)
        rows, share = stand_ins(patterns.weights, rng)
        drawn = drawn_patterns(self.process, patterns.T[rows], rng)
        return self.settings.problem(drawn, np.full(len(drawn), share))

    def histories(self, summary: CustomerSummary, /) -> Histories:
        """Distinct histories of the customers, as the predictions see them."""
        _require(summary, CustomerSummary, type(self).__name__)
        found = summary.in_unit(self.unit).patterns()
        none = np.zeros((len(found), 0))
        return Histories(x=found.x, t_x=found.t_x, T=found.T, inverse=found.inverse, known=none, unit=found.unit)

    def own_params(self, known: FloatArray, /) -> Params:
        """Natural parameters, each one number or one for each row (n_rows, n_covariates) of what is known."""
        del known  # nothing is: all customers are alike
        return self._natural()

    def _ahead(self, at: object) -> float:
        if isinstance(at, Horizon):
            return at.to(self.unit)
        if at != 0:
            hint = "Horizon(13, TimeUnit.WEEK)."
            raise InputError("probability_alive(at)", expected="0 (now) or a Horizon", got=repr(at), hint=hint)
        return 0.0

    def _time(self, verb: str, horizon: Horizon) -> float:
        return require_horizon(f"{verb}(horizon)", horizon).to(self.unit)

    def _in_own_unit(self, data: PurchaseData) -> PurchaseData:
        if isinstance(data, CustomerSummary):
            return data.in_unit(self.unit)
        _require(data, PurchasePatterns, type(self).__name__)
        if data.unit is not self.unit:
            expected, got = f"patterns in {self.unit.value}s", f"{data.unit.value}s"
            raise UnitError(f"{type(self).__name__}", expected=expected, got=got)
        return data

    def _natural(self) -> list[float]:
        values: list[float] = self.estimate.values.tolist()
        return values

    def _predict(self, summary: CustomerSummary, quantity: str, unit: str, args: tuple[float, ...]) -> CustomerValues:
        histories = self.histories(summary)
        return self._values(summary.customers, histories, (quantity, ""), unit, args)

    def _values(
        self,
        customers: CustomerIndex,
        histories: Histories,
        quantity: tuple[str, str],
        unit: str,
        args: tuple[float, ...],
    ) -> CustomerValues:
        name, part = quantity
        predict = partial(evaluate_histories, histories=histories, quantity=name, args=args, part=part)
        return bounded_values(self, predict, customers, part or _MEASURES.get(name, name), unit)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FittedTransactions(FittedHistories):
    """A fitted purchase model over (x, t_x, T); before their first repeat purchase all customers are alike to it."""

    def new_customer_purchases(
        self, horizon: Horizon, /, first_purchase: FirstPurchase = FirstPurchase.EXCLUDED
    ) -> Expectation:
        """Purchases to expect within the horizon from somebody who becomes a customer now."""
        require_kind("new_customer_purchases(first_purchase)", first_purchase, FirstPurchase)
        end = self._time("new_customer_purchases", horizon)
        predict = partial(_new_purchases, end=end, first=first_purchase.counted)
        return bounded_expectation(self, predict, "new_customer_purchases", "purchases")

    def new_customer_pmf(self, n_max: int, horizon: Horizon, /) -> CountProbabilities:
        """Probability that a new customer makes 0, 1, ... ``n_max`` repeat purchases within the horizon."""
        n = np.arange(whole_count("new_customer_pmf(n_max)", n_max) + 1, dtype=np.float64)
        predict = partial(_new_pmf, n=n, end=self._time("new_customer_pmf", horizon))
        return bounded_counts(self, predict, "new_customer_pmf")


def whole_count(where: str, n: float) -> int:
    """Insist on a number of purchases."""
    if not (is_number(n) and n >= 0 and float(n).is_integer()):
        raise InputError(where, expected="a whole number of 0 or more", got=repr(n))
    return int(n)


_MEASURES = {"residual_transactions": "expected_residual_transactions", "conditional_pmf": "purchase_pmf"}


def _unit_of(trait: str) -> str:
    return "probability" if trait.endswith("probability") else ""


def evaluate_histories(
    fitted: FittedHistories,
    rows: IntArray | None,
    /,
    *,
    histories: Histories,
    quantity: str,
    args: tuple[float, ...],
    part: str = "",
) -> FloatArray:
    """Evaluate a kernel function on the distinct histories of some customers and give each customer its own."""
    needed = histories if rows is None else histories.of(rows)
    if not len(needed.x):
        return np.zeros(0)
    params = fitted.own_params(needed.known)
    value = getattr(fitted.kernel, quantity)(params, needed.x, needed.t_x, needed.T, *args)
    result: FloatArray = (value[part] if part else value)[needed.inverse]
    return result


def _new_purchases(fitted: FittedTransactions, rows: IntArray | None, /, *, end: float, first: float) -> FloatArray:
    del rows  # there is one
    return first + fitted.kernel.new_purchases(fitted.estimate.values.tolist(), np.array([float(end)]))


def _new_pmf(fitted: FittedTransactions, rows: IntArray | None, /, *, n: FloatArray, end: float) -> FloatArray:
    wanted = n if rows is None else n[rows]
    return fitted.kernel.new_pmf(fitted.estimate.values.tolist(), wanted, end)


def drawn_patterns(process: PurchaseProcess, ages: FloatArray, rng: np.random.Generator) -> PurchasePatterns:
    """Draw what customers of these ages (n_customers,) did; ages continuous."""
    latent = process.draw(ages.size, rng)
    owner, age = purchase_ages(latent.rates, latent.lifetimes, latent.limits, ages, rng, gap_shape=latent.gap_shape)
    last = np.zeros(ages.size)
    last[owner] = age  # rows are ordered by age within an owner: the last one stays
    counts = np.bincount(owner, minlength=ages.size).astype(np.float64)
    return PurchasePatterns(x=counts, t_x=last, T=ages, weights=np.ones(ages.size), unit=process.unit)


FittedT_co = TypeVar("FittedT_co", bound=FittedTransactions, covariant=True)


@attrs.frozen(kw_only=True)
class PatternModel(abc.ABC, Generic[FittedT_co]):
    """What the purchase models over (x, t_x, T) share: a kernel, an optional prior, two verbs.

    Parameters
    ----------
    prior
        A prior for a posterior-mode fit; None for maximum likelihood.
    """

    prior: LogNormalPrior | None = None
    kernel: ClassVar[PurchaseKernel]
    process: ClassVar[ProcessType]
    notes: ClassVar[tuple[str, ...]] = ()

    def problem(self, data: PurchaseData, /, weights: FloatArray | None = None) -> Problem:
        """Give the likelihood problem behind the fit, the rows of patterns counted ``weights`` (n_rows,) times."""
        name = type(self).__name__
        return pattern_problem(self.kernel, as_patterns(data, f"{name}.fit", weights), name)

    def fit(self, data: PurchaseData, /, *, weights: FloatArray | None = None) -> FittedT_co:
        """Fit to a summary or to weighted patterns.

        Parameters
        ----------
        data
            Customers, or patterns of them.
        weights
            Case weights, (n_customers,) or (n_patterns,); those of patterns replace their own.

        Raises
        ------
        InputError
            If there is nobody who came back, or no time observed.
        ConvergenceError
            If the search fails; the fit travels with the error.
        """
        patterns = as_patterns(data, f"{type(self).__name__}.fit", weights)
        found = estimate(self.problem(patterns), self.prior, notes=self.notes + few_data_notes(patterns))
        return checked(self._fitted(found, data.unit))

    def process_at(self, theta: FloatArray, unit: TimeUnit, /) -> LeavingProcess:
        """Give the model at log-parameters (n_params,), to draw customers from."""
        return type(self).process(*np.exp(theta).tolist(), unit=unit)

    @abc.abstractmethod
    def _fitted(self, found: Estimate, unit: TimeUnit, /) -> FittedT_co:
        """Dress an estimate as this model's fit."""
