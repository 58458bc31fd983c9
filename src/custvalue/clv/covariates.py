"""Static covariates: what is known of a customer moves how often it buys and how soon it leaves.

One sign convention for every model: a positive ``purchase`` coefficient means more purchases, a positive ``dropout``
coefficient means leaving sooner; exp(coefficient) is the factor for one unit of the covariate, on the mean purchase
rate, and on the mean rate (Pareto/NBD), the hazard scale (GGompertz/NBD) or the odds a / b (BG/NBD, MBG/NBD) of
leaving.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TypeAlias

import attrs
import numpy as np
from numpy.typing import ArrayLike

from custvalue._arrays import ArrayHolder, FloatArray, IntArray, as_floats, check_lengths, float_array, strings
from custvalue.clv._case_weights import CaseWeights, checked_weights, stand_ins
from custvalue.clv._drawing import BothPriors
from custvalue.clv._estimate import Estimate, Prior, checked, estimate
from custvalue.clv._kernels.covariates import CovariateLikelihood, own_params
from custvalue.clv._kernels.likelihood import Params, PurchaseKernel, row_log_likelihood
from custvalue.clv._optimise import Objective, Problem
from custvalue.clv._purchases import (
    FirstPurchase,
    FittedHistories,
    Histories,
    PurchaseData,
    drawn_patterns,
    evaluate_histories,
    purchase_density,
    require_repeats,
    whole_count,
)
from custvalue.clv._result import CustomerValues
from custvalue.clv._settings import looked_up
from custvalue.clv.bg_nbd import BGNBD, MBGNBD
from custvalue.clv.ggompertz_nbd import GGompertzNBD
from custvalue.clv.intervals import bounded_values
from custvalue.clv.pareto_nbd import ParetoNBD
from custvalue.clv.processes import UnevenProcess
from custvalue.data import CustomerIndex, CustomerSummary, Horizon, TimeUnit
from custvalue.data._kinds import require_kind
from custvalue.errors import InputError

__all__ = ["FittedWithCovariates", "StaticCovariates", "WithCovariates"]

CovariateModel: TypeAlias = BGNBD | MBGNBD | ParetoNBD | GGompertzNBD

_REMEDY = "l2=1.0 (a ridge penalty on the coefficients), a model with prior=LogNormalPrior(), fewer covariates"
_PURCHASES, _DROPOUT = 0, 1
_MOVED = {"alpha": (_PURCHASES, -1), "a": (_DROPOUT, 1), "beta": (_DROPOUT, -1)}


@attrs.frozen(kw_only=True, eq=False, repr=False)
class StaticCovariates(ArrayHolder):
    """What is known of each customer and does not change.

    Parameters
    ----------
    customers
        (n_customers,).
    names
        Names of the covariates.
    values
        (n_customers, n_covariates) numbers; code groups as 0 and 1.
    """

    customers: CustomerIndex
    names: tuple[str, ...] = attrs.field(converter=strings)
    values: FloatArray = float_array(2)

    def __attrs_post_init__(self) -> None:
        shape = (len(self.customers), len(self.names))
        if self.values.shape != shape:
            raise InputError("StaticCovariates.values", expected=f"shape {shape}", got=f"shape {self.values.shape}")
        wrong = [name for name, column in zip(self.names, self.values.T, strict=True) if not np.isfinite(column).all()]
        if wrong or len(set(self.names)) < len(self.names):
            raise InputError(
                "StaticCovariates", expected="finite numbers under unique names", got=f"{wrong or self.names}"
            )

    @classmethod
    def from_columns(cls, customers: CustomerIndex, columns: Mapping[str, ArrayLike]) -> StaticCovariates:
        """Build from one column a covariate, in the order of the customers.

        Raises
        ------
        InputError
            If there is none, or one is no numbers.
        """
        texts = [name for name, column in columns.items() if np.asarray(column).dtype.kind not in "biuf"]
        if texts or not columns:
            hint = "Code groups as 0 and 1, one column a group but for the one that is compared with."
            expected, got = "columns of numbers", f"others: {texts}" if texts else "none"
            raise InputError("StaticCovariates.from_columns", expected=expected, got=got, hint=hint)
        numbers = {name: as_floats(column) for name, column in columns.items()}
        check_lengths("StaticCovariates.from_columns", len(customers), numbers)
        return cls(customers=customers, names=tuple(columns), values=np.stack(list(numbers.values()), axis=1))

    def of(self, customers: CustomerIndex, /) -> StaticCovariates:
        """Look up customers, in their order.

        Raises
        ------
        AlignmentError
            If some are not here.
        """
        if self.customers == customers:
            return self
        hint = "Predict other customers than those fitted to with fit.with_covariates(...)."
        at = looked_up(self.customers, customers, "StaticCovariates", hint)
        return attrs.evolve(self, customers=customers, values=self.values[at])

    def columns(self, names: Sequence[str]) -> FloatArray:
        """(n_customers, len(names)) the columns of some covariates.

        Raises
        ------
        InputError
            If one is not there.
        """
        unknown = sorted(set(names) - set(self.names))
        if unknown:
            raise InputError("StaticCovariates", expected=f"covariates among {self.names}", got=str(unknown))
        return self.values[:, [self.names.index(name) for name in names]]

    def __repr__(self) -> str:
        """One line."""
        return f"StaticCovariates({len(self.customers):,} customers; {', '.join(self.names)})"


@attrs.frozen
class _Ridge:
    """The penalty l2 / 2 x sum of squared coefficients, each for one standard deviation of its covariate."""

    l2: float
    n_base: int

    def penalty(self, _problem: Problem, /) -> Objective:
        def log_density(theta: FloatArray, /) -> tuple[float, FloatArray]:
            gradient = np.zeros_like(theta)
            gradient[self.n_base :] = -self.l2 * theta[self.n_base :]
            return -0.5 * self.l2 * float(theta[self.n_base :] @ theta[self.n_base :]), gradient

        return log_density


@attrs.frozen(kw_only=True, eq=False)
class WithCovariates:
    """A purchase model whose customers differ by what is known of them.

    Parameters
    ----------
    model
        :class:`BGNBD`, :class:`MBGNBD`, :class:`ParetoNBD` or :class:`GGompertzNBD`. A prior of it is about the average
        customer; it holds for the coefficients too, per standard deviation of the covariate and about 0.
    covariates
        What is known of the customers, found by their ids; it may know more customers than a summary holds.
    purchase
        Covariates of the purchase rate.
    dropout
        Covariates of leaving.
    equal
        Covariates with one coefficient on both processes: more purchases and sooner gone by the same factor.
    l2
        Strength of the ridge penalty ``l2 / 2 x sum of squares`` on the coefficients per standard deviation, in
        nats of
        the whole log-likelihood. Log-likelihood, AIC and BIC of the fit leave it out; standard errors are those of
        the penalised fit.

    References
    ----------
    Fader, P. & Hardie, B. (2007), Incorporating time-invariant covariates into the Pareto/NBD and BG/NBD models.

    Examples
    --------
    >>> from custvalue.testing import example_summary
    >>> summary = example_summary()
    >>> web = StaticCovariates.from_columns(summary.customers, {"web": np.arange(len(summary)) % 2})
    >>> fit = WithCovariates(model=BGNBD(), covariates=web, purchase=("web",)).fit(summary)
    >>> list(fit.params)
    ['r', 'alpha', 'a', 'b', 'purchase.web']
    """

    model: CovariateModel
    covariates: StaticCovariates
    purchase: tuple[str, ...] = attrs.field(default=(), converter=strings)
    dropout: tuple[str, ...] = attrs.field(default=(), converter=strings)
    equal: tuple[str, ...] = attrs.field(default=(), converter=strings)
    l2: float = 0.0

    def __attrs_post_init__(self) -> None:
        require_kind("WithCovariates.model", self.model, BGNBD, MBGNBD, ParetoNBD, GGompertzNBD)
        require_kind("WithCovariates.covariates", self.covariates, StaticCovariates)
        if not (self.purchase or self.dropout or self.equal):
            raise InputError("WithCovariates", expected="at least one covariate", got="none")
        for where in ("purchase", "dropout", "equal"):
            listed: tuple[str, ...] = getattr(self, where)
            again = sorted({name for name in listed if listed.count(name) > 1})
            if again:
                raise InputError(f"WithCovariates.{where}", expected="each covariate once", got=f"{again} again")
        twice = sorted(set(self.equal) & (set(self.purchase) | set(self.dropout)))
        if twice:
            raise InputError("WithCovariates.equal", expected="covariates in no other list", got=str(twice))
        if not 0.0 <= self.l2 < np.inf:
            raise InputError("WithCovariates.l2", expected="a finite number of 0 or more", got=str(self.l2))

    @property
    def used(self) -> tuple[str, ...]:
        """The covariates, a name for each coefficient."""
        return (*self.purchase, *self.dropout, *self.equal)

    @property
    def kernel(self) -> PurchaseKernel:
        """Functions of arrays that make the model."""
        return self.model.kernel

    @property
    def prior(self) -> Prior | None:
        """The prior of the model and the ridge penalty, multiplied; None without either."""
        if not self.l2:
            return self.model.prior
        ridge = _Ridge(self.l2, len(self.kernel.names))
        return ridge if self.model.prior is None else BothPriors(self.model.prior, ridge)

    def process_at(self, theta: FloatArray, unit: TimeUnit, /) -> UnevenProcess:
        """Give the model at parameters, to draw the customers of :attr:`covariates` from, in their order."""
        n_base = len(self.kernel.names)
        values = self.covariates.columns(self.used)
        shifts = _designs(self, values) @ theta[n_base:]
        middle = shifts.mean(axis=1)  # about a customer who exists: one whose covariates are 0 may be far off
        base = theta[:n_base].copy()
        for param, process, sign in _loads(self.kernel).tolist():
            base[param] += sign * middle[process]
        faster, sooner = np.exp(shifts - middle[:, None])
        return UnevenProcess(self.model.process_at(base, unit), faster, sooner)

    def histories(self, summary: CustomerSummary, /) -> Histories:
        """Distinct rows of history and covariates; lossless, but saves nothing where a covariate is continuous."""
        patterns = summary.patterns()
        known = self.covariates.of(summary.customers).columns(self.used)
        key = patterns.inverse
        for column in known.T:
            seen, code = np.unique(column, return_inverse=True)
            if key.size and int(key.max() + 1) * len(seen) >= 2**62:
                key = np.unique(key, return_inverse=True)[1]
            key = key * len(seen) + code
        _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
        at = patterns.inverse[first]
        return Histories(
            x=patterns.x[at],
            t_x=patterns.t_x[at],
            T=patterns.T[at],
            inverse=inverse.astype(np.int64),
            known=known[first],
            unit=summary.unit,
        )

    def problem(self, data: PurchaseData, /, weights: FloatArray | None = None) -> Problem:
        """Give the likelihood problem behind the fit, the customers of a summary counted ``weights`` times.

        Raises
        ------
        InputError
            If the data are patterns, which do not say whose they are.
        """
        return self.problem_of(self.histories(as_summary(data, "WithCovariates.fit")), weights)

    def problem_of(self, rows: Histories, weights: FloatArray | None = None, /) -> Problem:
        """Give the likelihood problem of histories whose customers count ``weights`` (n_customers,) times."""
        kernel, n_base, none = self.kernel, len(self.kernel.names), np.zeros(len(self.used))
        by_customer = checked_weights(weights, len(rows.inverse))
        counts = np.bincount(rows.inverse, weights=by_customer, minlength=len(rows.x)).astype(np.float64)
        require_repeats("WithCovariates.fit", rows.x, rows.T, counts)
        scale = float(counts @ rows.T / counts.sum())
        centre, spread = _standard(rows.known, counts, self.used)
        history = (rows.x, rows.t_x / scale, rows.T / scale)
        designs = _designs(self, (rows.known - centre) / spread)
        likelihood = CovariateLikelihood(kernel, history, counts, designs, _loads(kernel))
        return Problem(
            density=purchase_density(f"{type(self.model).__name__} with covariates", rows.unit),
            names=(*kernel.names, *self._coefficients()),
            objective=likelihood,
            pilot=likelihood.pilot(),
            starts=tuple(np.concatenate([start, none]) for start in map(np.array, kernel.starts)),
            shift=np.concatenate([np.array(kernel.time_powers) * np.log(scale), none]),
            offset=-float(counts @ rows.x) * float(np.log(scale)),
            weight=float(counts.sum()),
            positive=(True,) * n_base + (False,) * len(self.used),
            factor=np.concatenate([np.ones(n_base), 1.0 / spread]),
            carry=_to_origin(kernel, _designs(self, centre[None, :])[:, 0]),
            every_start=kernel.several_maxima,
        )

    def _coefficients(self) -> list[str]:
        named = (("purchase", self.purchase), ("dropout", self.dropout), ("both", self.equal))
        return [f"{where}.{name}" for where, names in named for name in names]

    def fit(self, data: PurchaseData, /, *, weights: FloatArray | None = None) -> FittedWithCovariates:
        """Fit to a summary, each customer counted ``weights`` (n_customers,) times.

        Raises
        ------
        InputError
            If a covariate is missing or constant, or nobody came back.
        AlignmentError
            If nothing is known of some customers.
        ConvergenceError
            If the search fails; the fit travels with the error.
        """
        problem = self.problem(data, weights)
        notes = (f"ridge penalty l2={self.l2:g} on the coefficients",) if self.l2 else ()
        found = estimate(problem, self.prior, notes=notes, remedy=_REMEDY)
        return checked(FittedWithCovariates(estimate=found, settings=self, unit=data.unit))


def as_summary(data: PurchaseData, where: str) -> CustomerSummary:
    """Insist on a summary, whose customers can be looked up."""
    if not isinstance(data, CustomerSummary):
        raise InputError(where, expected="a summary, whose customers have covariates", got=repr(data))
    return data


def _loads(kernel: PurchaseKernel) -> IntArray:
    """Which parameters the two processes move; b, the gamma shapes and the speed of aging are common to all."""
    return np.array([(i, *_MOVED[name]) for i, name in enumerate(kernel.names) if name in _MOVED], dtype=np.int64)


def _designs(settings: WithCovariates, values: FloatArray) -> FloatArray:
    """(2, n_rows, n_coefficients) from the columns purchase, dropout, equal."""
    n_purchase, n_dropout = len(settings.purchase), len(settings.dropout)
    designs = np.zeros((2, *values.shape))
    designs[_PURCHASES, :, :n_purchase] = values[:, :n_purchase]
    designs[_DROPOUT, :, n_purchase : n_purchase + n_dropout] = values[:, n_purchase : n_purchase + n_dropout]
    designs[:, :, n_purchase + n_dropout :] = values[:, n_purchase + n_dropout :]
    return designs


def _standard(values: FloatArray, weights: FloatArray, names: tuple[str, ...]) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation of each column; a search in standardised columns is the same in any unit."""
    share = weights / weights.sum()
    centre = share @ values
    spread = np.sqrt(share @ (values - centre) ** 2)
    flat = spread <= 1e-12 * np.abs(values).max(axis=0)
    if flat.any():
        got = f"constant {sorted({name for name, still in zip(names, flat, strict=True) if still})}"
        raise InputError("WithCovariates.fit", expected="covariates that vary", got=got)
    return centre, spread


def _to_origin(kernel: PurchaseKernel, centre: FloatArray) -> FloatArray:
    """What turns the base parameters of the mean customer into those of one whose covariates are all 0.

    ``centre`` (2, n_coefficients) is the mean customer's row of both designs.
    """
    n_base = len(kernel.names)
    carry = np.zeros((n_base + centre.shape[1],) * 2)
    for param, process, sign in _loads(kernel).tolist():
        carry[param, n_base:] = -sign * centre[process]
    return carry


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FittedWithCovariates(FittedHistories):
    """A fitted :class:`WithCovariates`: predicts customers of whom it knows the covariates.

    Parameters
    ----------
    estimate
        Base parameters (of a customer whose covariates are all 0) and coefficients.
    settings
        The model and its covariates.
    unit
        Unit of time of the parameters.
    """

    settings: WithCovariates

    def with_covariates(self, covariates: StaticCovariates, /) -> FittedWithCovariates:
        """Know other customers; nothing is fitted again."""
        return attrs.evolve(self, settings=attrs.evolve(self.settings, covariates=covariates))

    def new_customer_purchases(
        self, horizon: Horizon, /, first_purchase: FirstPurchase = FirstPurchase.EXCLUDED
    ) -> CustomerValues:
        """Purchases to expect within the horizon if everybody in the covariates became a customer now.

        For others: ``fit.with_covariates(others).new_customer_purchases(horizon)``.
        """
        require_kind("new_customer_purchases(first_purchase)", first_purchase, FirstPurchase)
        end = self._time("new_customer_purchases", horizon)
        return self._newly("expected_purchases", "purchases", (end,), first_purchase.counted)

    def new_customer_pmf(self, n: int, horizon: Horizon, /) -> CustomerValues:
        """Probability of exactly ``n`` repeat purchases if everybody in the covariates became a customer now."""
        count = whole_count("new_customer_pmf(n)", n)
        return self._newly("conditional_pmf", "probability", (count, self._time("new_customer_pmf", horizon)), 0.0)

    def _newly(self, quantity: str, unit: str, args: tuple[float, ...], first: float) -> CustomerValues:
        """Predict with a history of no time at all."""
        covariates = self.settings.covariates
        known, inverse = np.unique(covariates.columns(self.settings.used), axis=0, return_inverse=True)
        none = np.zeros(len(known))
        place = inverse.ravel().astype(np.int64)
        histories = Histories(x=none, t_x=none, T=none, inverse=place, known=known, unit=self.unit)
        predict = partial(_after_first, first=first, histories=histories, quantity=quantity, args=args)
        measure = "new_customer_purchases" if unit == "purchases" else "new_customer_pmf"
        return bounded_values(self, predict, covariates.customers, measure, unit)

    def histories(self, summary: CustomerSummary, /) -> Histories:
        """Distinct histories and covariates of the customers."""
        return self.settings.histories(as_summary(summary, "WithCovariates").in_unit(self.unit))

    def own_params(self, known: FloatArray, /) -> Params:
        """Natural parameters, moved by what is known of each row (n_rows, n_covariates)."""
        kernel, theta = self.kernel, self.estimate.theta
        n_base = len(kernel.names)
        return own_params(theta[:n_base], _designs(self.settings, known) @ theta[n_base:], _loads(kernel))

    def case_weights(self, data: PurchaseData, /, *, weights: FloatArray | None = None) -> CaseWeights:
        """Give the likelihood of the data as a function of the weights of its customers."""
        rows = self.histories(as_summary(data, "WithCovariates"))
        counts = checked_weights(weights, len(rows.inverse))
        return CaseWeights(counts=counts, problem=partial(self.settings.problem_of, rows))

    def redrawn(self, data: PurchaseData, rng: np.random.Generator, /, *, weights: FloatArray | None = None) -> Problem:
        """Give the likelihood of customers as old as those of the data, and of whom the same is known."""
        summary = as_summary(data, "WithCovariates").in_unit(self.unit)
        known = self.settings.covariates.of(summary.customers)
        likes, share = stand_ins(checked_weights(weights, len(summary)), rng)
        process = self.with_covariates(known).settings.process_at(self.estimate.theta, self.unit)
        some = attrs.evolve(process, faster=process.faster[likes], sooner=process.sooner[likes])
        drawn = drawn_patterns(some, summary.T[likes], rng)
        histories = Histories(
            x=drawn.x,
            t_x=drawn.t_x,
            T=drawn.T,
            inverse=np.arange(likes.size),
            known=known.columns(self.settings.used)[likes],
            unit=self.unit,
        )
        return self.settings.problem_of(histories, np.full(likes.size, share))

    def _estimated(self, problem: Problem, prior: Prior) -> Estimate:
        return estimate(problem, prior, notes=self._notes, remedy=_REMEDY)

    def row_log_likelihood(self, data: PurchaseData, /) -> FloatArray:
        """Log-likelihood (n_customers,) of each customer of a summary."""
        rows = self.histories(as_summary(data, "WithCovariates"))
        return row_log_likelihood(self.kernel, self.own_params(rows.known), rows.x, rows.t_x, rows.T)[rows.inverse]

    def _with_own(self, prior: Prior) -> Prior:
        ridge = attrs.evolve(self.settings, model=attrs.evolve(self.settings.model, prior=None)).prior
        return prior if ridge is None else BothPriors(prior, ridge)


def _after_first(
    fitted: FittedWithCovariates,
    rows: IntArray | None,
    /,
    *,
    first: float,
    histories: Histories,
    quantity: str,
    args: tuple[float, ...],
) -> FloatArray:
    return first + evaluate_histories(fitted, rows, histories=histories, quantity=quantity, args=args)
