"""Static covariates: what is known of a customer moves how often it buys and how soon it leaves.

One sign convention for every model: a positive ``purchase`` coefficient means more purchases, a positive ``dropout``
coefficient means leaving sooner; exp(coefficient) is the factor for one unit of the covariate, on the mean purchase
rate, and on the mean rate (Pareto/NBD), the hazard scale (GGompertz/NBD) or the odds a / b (BG/NBD, MBG/NBD) of
leaving.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import attrs
import numpy as np
from numpy.typing import ArrayLike

from custvalue._arrays import ArrayHolder, FloatArray, IntArray, float_array, strings
from custvalue.clv._estimate import Fitted, checked, estimate
from custvalue.clv._kernels.covariates import CovariateLikelihood, own_params
from custvalue.clv._kernels.likelihood import PurchaseKernel
from custvalue.clv._optimise import Objective, Problem
from custvalue.clv._purchases import as_patterns
from custvalue.clv._result import CustomerValues
from custvalue.clv.bg_nbd import BGNBD, MBGNBD
from custvalue.clv.ggompertz_nbd import GGompertzNBD
from custvalue.clv.pareto_nbd import ParetoNBD
from custvalue.data import CustomerIndex, CustomerSummary, DiscountRate, Horizon, PurchasePatterns, TimeUnit
from custvalue.errors import InputError

__all__ = ["FittedWithCovariates", "StaticCovariates", "WithCovariates"]

CovariateModel: TypeAlias = BGNBD | MBGNBD | ParetoNBD | GGompertzNBD

_REMEDY = "l2=1.0 (a ridge penalty on the coefficients), fewer covariates"
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
        """Build from one column a covariate, in the order of the customers."""
        values = np.stack([np.asarray(column, dtype=np.float64) for column in columns.values()], axis=1)
        return cls(customers=customers, names=tuple(columns), values=values)

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


@attrs.frozen(kw_only=True)
class WithCovariates:
    """A purchase model whose customers differ by what is known of them.

    Parameters
    ----------
    model
        :class:`BGNBD`, :class:`MBGNBD`, :class:`ParetoNBD` or :class:`GGompertzNBD`, without a prior.
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
    """

    model: CovariateModel
    purchase: tuple[str, ...] = attrs.field(default=(), converter=strings)
    dropout: tuple[str, ...] = attrs.field(default=(), converter=strings)
    equal: tuple[str, ...] = attrs.field(default=(), converter=strings)
    l2: float = 0.0

    def __attrs_post_init__(self) -> None:
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
        if self.model.prior is not None:
            hint = "Steady the coefficients with l2 instead; the base parameters take no prior here."
            raise InputError("WithCovariates.model", expected="a model without prior", got=str(self.model), hint=hint)
        if not 0.0 <= self.l2 < np.inf:
            raise InputError("WithCovariates.l2", expected="a finite number of 0 or more", got=str(self.l2))

    def problem(self, summary: CustomerSummary, covariates: StaticCovariates, /) -> Problem:
        """Give the likelihood problem behind the fit."""
        covariates.customers.require_same(summary.customers, where="WithCovariates.fit")
        as_patterns(summary, "WithCovariates.fit")
        kernel, used = self.model.kernel, (*self.purchase, *self.dropout, *self.equal)
        patterns, inverse, values = _distinct(summary, covariates, used)
        weights = np.bincount(inverse).astype(np.float64)
        scale = float(weights @ patterns[2] / weights.sum())
        centre, spread = _standard(values, weights, used)
        likelihood = CovariateLikelihood(
            kernel,
            (patterns[0], patterns[1] / scale, patterns[2] / scale),
            weights,
            _designs(self, (values - centre) / spread),
            _loads(kernel),
        )
        n_base, none = len(kernel.names), np.zeros(len(used))
        names = [f"purchase.{n}" for n in self.purchase] + [f"dropout.{n}" for n in self.dropout]
        names += [f"both.{n}" for n in self.equal]
        return Problem(
            names=(*kernel.names, *names),
            objective=likelihood,
            starts=tuple(np.concatenate([start, none]) for start in map(np.array, kernel.starts)),
            shift=np.concatenate([np.array(kernel.time_powers) * np.log(scale), none]),
            offset=-float(weights @ patterns[0]) * float(np.log(scale)),
            weight=float(weights.sum()),
            positive=(True,) * n_base + (False,) * len(used),
            factor=np.concatenate([np.ones(n_base), 1.0 / spread]),
            carry=_to_origin(kernel, _designs(self, centre[None, :])[:, 0]),
        )

    def fit(self, summary: CustomerSummary, covariates: StaticCovariates, /) -> FittedWithCovariates:
        """Fit to a summary and the covariates of the same customers.

        Raises
        ------
        InputError
            If a covariate is missing or constant, or nobody came back.
        AlignmentError
            If the customers are not the same.
        ConvergenceError
            If the search fails; the fit travels with the error.
        """
        problem = self.problem(summary, covariates)
        ridge = _Ridge(self.l2, len(self.model.kernel.names)) if self.l2 else None
        notes = (f"ridge penalty l2={self.l2:g} on the coefficients",) if self.l2 else ()
        found = estimate(problem, ridge, notes=notes, remedy=_REMEDY)
        return checked(FittedWithCovariates(estimate=found, settings=self, unit=summary.unit))


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


def _distinct(
    summary: CustomerSummary, covariates: StaticCovariates, names: tuple[str, ...]
) -> tuple[tuple[FloatArray, FloatArray, FloatArray], IntArray, FloatArray]:
    """Distinct rows of history and covariates: columns x, t_x, T, the row of each customer, covariate columns.

    Lossless; it saves nothing where a covariate is continuous.
    """
    patterns: PurchasePatterns = summary.patterns()
    table = np.column_stack([patterns.inverse.astype(np.float64), covariates.columns(names)])
    distinct, inverse = np.unique(table, axis=0, return_inverse=True)
    at = distinct[:, 0].astype(np.int64)
    return (patterns.x[at], patterns.t_x[at], patterns.T[at]), inverse.ravel().astype(np.int64), distinct[:, 1:]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FittedWithCovariates(Fitted):
    """A fitted :class:`WithCovariates`; predictions need the covariates of the customers asked for.

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
    unit: TimeUnit

    def probability_alive(
        self, summary: CustomerSummary, covariates: StaticCovariates, /, at: Horizon | None = None
    ) -> CustomerValues:
        """Probability that each customer is still active at the end of observation, or ``at`` a time after it."""
        ahead = 0.0 if at is None else at.to(self.unit)
        return self._predict(summary, covariates, "probability_alive", "probability", ahead)

    def expected_purchases(
        self, summary: CustomerSummary, covariates: StaticCovariates, horizon: Horizon, /
    ) -> CustomerValues:
        """Purchases to expect from each customer within the horizon."""
        return self._predict(summary, covariates, "expected_purchases", "purchases", horizon.to(self.unit))

    def expected_residual_transactions(
        self, summary: CustomerSummary, covariates: StaticCovariates, discount: DiscountRate, /
    ) -> CustomerValues:
        """All purchases to come, discounted continuously."""
        force = discount.force(self.unit)
        return self._predict(summary, covariates, "residual_transactions", "purchases", force)

    def new_customer_purchases(self, covariates: StaticCovariates, horizon: Horizon, /) -> CustomerValues:
        """Repeat purchases to expect within the horizon from new customers with these covariates."""
        settings = self.settings
        values = covariates.columns((*settings.purchase, *settings.dropout, *settings.equal))
        distinct, inverse = np.unique(values, axis=0, return_inverse=True)
        end = np.array([horizon.to(self.unit)])
        kernel = self.settings.model.kernel
        own = ([float(np.ravel(value)[0]) for value in self._own(row[None, :])] for row in distinct)
        ahead = [kernel.new_purchases(params, end)[0] for params in own]
        return CustomerValues(
            customers=covariates.customers,
            values=np.array(ahead)[inverse.ravel()],
            measure="new_customer_purchases",
            unit="purchases",
        )

    def _own(self, values: FloatArray) -> list[FloatArray | float]:
        kernel = self.settings.model.kernel
        theta, n_base = self.estimate.theta, len(kernel.names)
        return own_params(theta[:n_base], _designs(self.settings, values) @ theta[n_base:], _loads(kernel))

    def _predict(
        self, summary: CustomerSummary, covariates: StaticCovariates, quantity: str, unit: str, argument: float
    ) -> CustomerValues:
        covariates.customers.require_same(summary.customers, where=quantity)
        settings = self.settings
        names = (*settings.purchase, *settings.dropout, *settings.equal)
        columns, inverse, values = _distinct(summary.in_unit(self.unit), covariates, names)
        found = getattr(settings.model.kernel, quantity)(self._own(values), *columns, argument)
        measure = "expected_residual_transactions" if quantity == "residual_transactions" else quantity
        return CustomerValues(customers=summary.customers, values=found[inverse], measure=measure, unit=unit)
