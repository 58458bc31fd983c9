"""Lifetime value from two models: how often a customer will still buy, and what a purchase brings."""

from __future__ import annotations

import math
from functools import partial

import attrs
import numpy as np
from scipy import linalg

from custvalue._arrays import ArrayHolder, FloatArray, IntArray
from custvalue.clv._drawing import drawable
from custvalue.clv._draws import ParameterDraws
from custvalue.clv._estimate import Estimate, Fitted, Prior
from custvalue.clv._optimise import Density
from custvalue.clv._periods import period_weights, weighted_sum
from custvalue.clv._protocol import (
    FittedPurchases,
    FittedSpend,
    PurchaseModel,
    SpendModel,
    SupportsNewSpend,
    SupportsResidual,
)
from custvalue.clv._purchases import FirstPurchase, FittedHistories
from custvalue.clv._report import FitReport
from custvalue.clv._result import CustomerValues, Expectation
from custvalue.clv.evaluation import HoldoutEvaluation, evaluate_purchases, evaluate_spend
from custvalue.clv.intervals import DeltaIntervals, SupportsIntervals
from custvalue.clv.posterior import Posterior
from custvalue.clv.resampling import Resampling, gathered, refit
from custvalue.clv.tracking import SupportsNewCustomers
from custvalue.data import CustomerMargin, CustomerSummary, DiscountRate, Holdout, Horizon, TimeUnit, Timing
from custvalue.data._kinds import require_discount, require_horizon, require_kind
from custvalue.errors import InputError

__all__ = ["BuyTillYouDie", "FittedBuyTillYouDie", "JointPosterior"]

_FEW = 100  # customers not worth compressing


def _checked_margin(value: float | CustomerMargin) -> float | CustomerMargin:
    if isinstance(value, CustomerMargin):
        return value
    if not math.isfinite(value):
        hint = "30 % is written 0.3; pass a CustomerMargin for one margin a customer."
        raise InputError("BuyTillYouDie.margin", expected="a finite share of spend", got=repr(value), hint=hint)
    return float(value)


@attrs.frozen(kw_only=True)
class _Terms:
    """What a present value is asked for."""

    horizon: Horizon | None
    discount: DiscountRate
    timing: Timing


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FittedBuyTillYouDie:
    """A fitted purchase model and a fitted spend model, with a margin; made by :meth:`BuyTillYouDie.fit`.

    Parameters
    ----------
    purchases
        How often customers still buy.
    spend
        What a purchase brings.
    margin
        What is left of it: a share of spend, or one share and one cost per purchase a customer.
    """

    purchases: FittedPurchases
    spend: FittedSpend
    margin: float | CustomerMargin = attrs.field(default=1.0, converter=_checked_margin)

    def with_margin(self, margin: float | CustomerMargin, /) -> FittedBuyTillYouDie:
        """The same fit with another margin; nothing is fitted again."""
        return attrs.evolve(self, margin=margin)

    def lifetime_value(
        self,
        summary: CustomerSummary,
        /,
        *,
        horizon: Horizon | None,
        discount: DiscountRate,
        timing: Timing = Timing.END,
    ) -> CustomerValues:
        """Present value of the profit of each customer's future purchases.

        The horizon is cut into periods of its unit. The purchases expected in each, times what a purchase leaves, are
        discounted from the moment ``timing`` puts them at. What was bought so far is not in it.

        Parameters
        ----------
        summary
            The customers, at the moment of valuation.
        horizon
            How far to look; its unit is the period of discounting. None for all time to come: the discounted expected
            residual transactions of the purchase model, discounted continuously, ``timing`` not used.
        discount
            Cost of capital.
        timing
            When, within a period, its cash arrives.

        Returns
        -------
        CustomerValues
            (n_customers,) in major units. ``inf`` where the expected spend is infinite. ``.interval(level)`` gives
            bounds for the uncertainty of both models' parameters together, where both models have it.

        Raises
        ------
        AlignmentError
            If the margin is of other customers than the summary.
        InputError
            If there is no horizon and the purchase model has no residual transactions.

        References
        ----------
        Fader, P. S., Hardie, B. G. S. and Lee, K. L. (2005), "RFM and CLV: Using Iso-Value Curves for Customer Base
        Analysis", Journal of Marketing Research 42(4), eq. (1) and (2).
        """
        if horizon is not None:
            require_horizon("lifetime_value(horizon)", horizon)
        require_discount("lifetime_value(discount)", discount)
        predict = _Worth(summary=summary, terms=_Terms(horizon=horizon, discount=discount, timing=timing))
        values = predict(self, None)
        supported = isinstance(self.purchases, SupportsIntervals) and isinstance(self.spend, SupportsIntervals)
        return CustomerValues(
            customers=summary.customers,
            values=values,
            measure="lifetime_value",
            unit=summary.currency.code,
            intervals=DeltaIntervals(fitted=self, predict=predict) if supported else None,
        )

    def new_customer_value(
        self,
        *,
        horizon: Horizon,
        discount: DiscountRate,
        timing: Timing = Timing.END,
        first_purchase: FirstPurchase = FirstPurchase.EXCLUDED,
    ) -> Expectation:
        """Present value of the profit of somebody who becomes a customer now: what winning one may cost.

        Parameters
        ----------
        horizon, discount, timing
            As for :meth:`lifetime_value`.
        first_purchase
            Whether the purchase that makes the customer counts; it is made now, so it is not discounted.

        Raises
        ------
        InputError
            If the margin is one for each customer, or a part knows nothing of new customers or tells them apart.
        """
        if isinstance(self.margin, CustomerMargin):
            hint = "fitted.with_margin(0.3).new_customer_value(...)."
            raise InputError("new_customer_value", expected="one margin", got="one a customer", hint=hint)
        require_horizon("new_customer_value(horizon)", horizon)
        require_discount("new_customer_value(discount)", discount)
        ends, weights = period_weights(horizon, discount, timing)
        terms = (self.margin, first_purchase.counted)
        predict = _NewWorth(ends=ends, weights=weights, unit=horizon.unit, terms=terms)
        spend = self.spend
        known = isinstance(self.purchases, SupportsIntervals) and isinstance(spend, SupportsIntervals)
        return Expectation(
            value=float(predict(self, None)[0]),
            measure="new_customer_value",
            unit=spend.new_customer_spend().unit if isinstance(spend, SupportsNewSpend) else "",
            intervals=DeltaIntervals(fitted=self, predict=predict) if known else None,
        )

    def posterior(
        self,
        summary: CustomerSummary,
        /,
        prior: Prior,
        n_draws: int = 1_000,
        *,
        weights: FloatArray | None = None,
        seed: int | np.random.Generator,
    ) -> JointPosterior:
        """Draw from the posterior of both parts together.

        The parts share no parameters and their likelihoods multiply, so the joint posterior pairs both samples.

        Parameters
        ----------
        summary
            What the parts were fitted to.
        prior, n_draws, weights, seed
            As for the ``posterior`` of a part, whose errors it raises.

        Raises
        ------
        InputError
            If a part has no likelihood to draw from.
        """
        rng = np.random.default_rng(seed)
        parts = [drawable(part) for part in self._parts]
        purchases, spend = (part.posterior(summary, prior, n_draws, weights=weights, seed=rng) for part in parts)
        draws = self.estimate.draws(np.hstack([purchases.draws.theta, spend.draws.theta]), "posterior")
        return JointPosterior(draws=draws, purchases=purchases, spend=spend)

    def bootstrap(
        self,
        summary: CustomerSummary,
        /,
        n_draws: int = 200,
        *,
        resampling: Resampling = Resampling.WEIGHTED,
        weights: FloatArray | None = None,
        seed: int | np.random.Generator,
    ) -> ParameterDraws:
        """Fit both parts again and again to the same customers drawn again.

        Each refit uses one set of weights for both parts, so whatever ties purchases to spend in the data is kept.

        Parameters
        ----------
        summary
            What the parts were fitted to.
        n_draws, resampling, weights, seed
            As for the ``bootstrap`` of a part, whose errors it raises.

        Raises
        ------
        InputError
            If a part has no likelihood.
        """
        require_kind("bootstrap(resampling)", resampling, Resampling)
        rng = np.random.default_rng(seed)
        parts = [drawable(part) for part in self._parts]
        rows = [part.case_weights(summary, weights=weights) for part in parts]
        for part, row in zip(parts, rows, strict=True):
            row.of(part.estimate)
        thetas: list[FloatArray | None] = []
        for _ in range(n_draws):
            if resampling is Resampling.PARAMETRIC:
                redraws = [partial(part.redrawn, summary, rng, weights=weights) for part in parts]
            else:
                again = resampling.weights(rows[0].counts, rng)
                redraws = [partial(row.problem, again) for row in rows]
            found = [refit(part.estimate, redraw, part.prior) for part, redraw in zip(parts, redraws, strict=True)]
            whole = [theta for theta in found if theta is not None]
            thetas.append(np.concatenate(whole) if len(whole) == len(found) else None)
        return gathered(self, thetas, resampling.method)

    def evaluate(self, summary: CustomerSummary, holdout: Holdout, /) -> HoldoutEvaluation:
        """Judge both parts by what customers did after the summary.

        Parameters
        ----------
        summary, holdout
            Calibration period and what followed, as for :func:`~custvalue.clv.evaluate_purchases`, whose errors it
            raises.
        """
        return HoldoutEvaluation(
            purchases=evaluate_purchases(self.purchases, summary, holdout),
            spend=evaluate_spend(self.purchases, self.spend, summary, holdout),
        )

    @property
    def estimate(self) -> Estimate:
        """Both models' parameters in one estimate; the two are independent, so likelihoods multiply.

        Raises
        ------
        InputError
            If one of the models has no estimate.
        """
        first, second = _parameters(self.purchases), _parameters(self.spend)
        names = [f"purchases.{name}" for name in first.names] + [f"spend.{name}" for name in second.names]
        return Estimate(
            density=_joint_density(first.density, second.density),
            names=tuple(names),
            theta=np.concatenate([first.theta, second.theta]),
            log_likelihood=first.log_likelihood + second.log_likelihood,
            hessian=linalg.block_diag(first.hessian, second.hessian),
            n_observations=first.n_observations,
            report=_joint_report(first.report, second.report),
            log_prior=first.log_prior + second.log_prior,
            positive=first.positive + second.positive,
        )

    @property
    def diagnostics(self) -> FitReport:
        """How both fits went."""
        return self.estimate.report

    def with_theta(self, theta: FloatArray, /) -> FittedBuyTillYouDie:
        """The same model at other parameters: those of purchases, then those of spend."""
        n_first = len(_parameters(self.purchases).names)
        if not (isinstance(self.purchases, SupportsIntervals) and isinstance(self.spend, SupportsIntervals)):
            raise _no_parameters(self)
        purchases, spend = self.purchases.with_theta(theta[:n_first]), self.spend.with_theta(theta[n_first:])
        return FittedBuyTillYouDie(purchases=purchases, spend=spend, margin=self.margin)

    @property
    def _parts(self) -> tuple[FittedPurchases, FittedSpend]:
        return self.purchases, self.spend

    def __repr__(self) -> str:
        """Both models and the margin."""
        return f"FittedBuyTillYouDie(purchases={self.purchases!r}, spend={self.spend!r}, margin={self.margin!r})"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class JointPosterior(ArrayHolder):
    """A posterior sample of both parts of a lifetime-value model.

    Parameters
    ----------
    draws
        Equally weighted joint draws, for ``value.with_draws(...)``.
    purchases, spend
        The samples of the parts, with their k-hats.
    """

    draws: ParameterDraws
    purchases: Posterior[Fitted]
    spend: Posterior[Fitted]

    def __repr__(self) -> str:
        """One line."""
        return f"JointPosterior(purchases={self.purchases!r}, spend={self.spend!r})"


@attrs.frozen
class BuyTillYouDie:
    """Lifetime value as expected purchases times expected profit of a purchase.

    Assumes that what a customer spends does not depend on how often (the spend models check it).

    Parameters
    ----------
    purchases
        Any :class:`PurchaseModel`, for example ``BGNBD()``.
    spend
        Any :class:`SpendModel`, for example ``GammaGamma()``.
    margin
        What is left of a purchase: a share of spend such as 0.3, or a :class:`CustomerMargin` with one share and one
        cost per purchase a customer. With :class:`NormalMargin`, whose amounts are margins already, leave it at 1.

    Raises
    ------
    InputError
        If the margin is not a finite number.

    Examples
    --------
    >>> from custvalue.clv import BGNBD, GammaGamma
    >>> model = BuyTillYouDie(purchases=BGNBD(), spend=GammaGamma(), margin=0.3)
    >>> model.with_margin(0.4).margin
    0.4
    """

    purchases: PurchaseModel
    spend: SpendModel
    margin: float | CustomerMargin = attrs.field(default=1.0, converter=_checked_margin, kw_only=True)

    def fit(self, summary: CustomerSummary, /) -> FittedBuyTillYouDie:
        """Fit both models to one summary.

        Raises
        ------
        InputError
            If one of the models cannot use the summary.
        ConvergenceError
            If one of them ends away from a maximum.
        """
        return FittedBuyTillYouDie(
            purchases=self.purchases.fit(summary), spend=self.spend.fit(summary), margin=self.margin
        )

    def with_margin(self, margin: float | CustomerMargin, /) -> BuyTillYouDie:
        """The same model with another margin."""
        return attrs.evolve(self, margin=margin)


@attrs.frozen(kw_only=True, eq=False)
class _Worth:
    """The lifetime value of the customers of a summary, or of some of them."""

    summary: CustomerSummary
    terms: _Terms

    def __call__(self, fitted: FittedBuyTillYouDie, rows: IntArray | None) -> FloatArray:
        summary = self.summary if rows is None else self.summary.take(rows)
        purchases = _discounted_purchases(fitted.purchases, summary, self.terms)
        profit = self._profit(fitted.margin, fitted.spend.expected_spend(summary).values, rows)
        # no purchases are worth nothing, whatever the spend: 0 x inf is not a number
        value: FloatArray = np.multiply(purchases, profit, out=np.zeros(profit.shape), where=purchases > 0)
        return value

    def _profit(self, margin: float | CustomerMargin, spend: FloatArray, rows: IntArray | None) -> FloatArray:
        if not isinstance(margin, CustomerMargin):
            return margin * spend if margin != 0 else np.zeros(spend.shape)
        margin.customers.require_same(self.summary.customers, where="lifetime_value (margin against summary)")
        at = slice(None) if rows is None else rows
        ratio = margin.ratio[at]
        earned = np.multiply(ratio, spend, out=np.zeros(spend.shape), where=ratio != 0)
        profit: FloatArray = earned - margin.cost_per_purchase[at]
        return profit


@attrs.frozen(kw_only=True, eq=False)
class _NewWorth:
    """The lifetime value of a new customer; shape (1,)."""

    ends: FloatArray
    weights: FloatArray
    unit: TimeUnit
    terms: tuple[float, float]

    def __call__(self, fitted: FittedBuyTillYouDie, rows: IntArray | None) -> FloatArray:
        del rows  # there is one
        purchases, spend = fitted.purchases, fitted.spend
        if not (isinstance(purchases, SupportsNewCustomers) and isinstance(spend, SupportsNewSpend)):
            got = f"{type(purchases).__name__} and {type(spend).__name__}"
            raise InputError("new_customer_value", expected="parts that know new customers", got=got)

        def until(end: float) -> FloatArray:
            found = purchases.new_customer_purchases(Horizon(end, self.unit))
            if isinstance(found, CustomerValues):
                hint = "It tells customers apart: fit.with_covariates(...).new_customer_purchases(horizon)."
                raise InputError("new_customer_value", expected="one new customer", got="covariates", hint=hint)
            return np.array([float(found)])

        smooth = isinstance(purchases, FittedHistories)
        repeats = weighted_sum(until, self.ends, self.weights, smooth=smooth)
        margin, first = self.terms
        if margin == 0.0:  # even of a spend without a mean
            return np.zeros(1)
        profit: FloatArray = (first + repeats) * float(spend.new_customer_spend()) * margin
        return profit


def _discounted_purchases(fitted: FittedPurchases, summary: CustomerSummary, terms: _Terms) -> FloatArray:
    """Expected purchases, each worth its discount factor; (n_customers,)."""
    if terms.horizon is None:
        if not isinstance(fitted, SupportsResidual):
            hint = "Pass a horizon, or use ParetoNBD."
            got = f"horizon=None with {type(fitted).__name__}"
            raise InputError("lifetime_value", expected="a horizon", got=got, hint=hint)
        return fitted.expected_residual_transactions(summary, terms.discount).values
    one_each, inverse = _one_of_each_pattern(fitted, summary)
    ends, weights = period_weights(terms.horizon, terms.discount, terms.timing)
    ahead = partial(_purchases_until, fitted, one_each, terms.horizon.unit)
    total = weighted_sum(ahead, ends, weights, smooth=isinstance(fitted, FittedHistories))
    return total if inverse is None else total[inverse]


def _purchases_until(fitted: FittedPurchases, summary: CustomerSummary, unit: TimeUnit, end: float) -> FloatArray:
    return fitted.expected_purchases(summary, Horizon(end, unit)).values


def _one_of_each_pattern(fitted: FittedPurchases, summary: CustomerSummary) -> tuple[CustomerSummary, IntArray | None]:
    """Take one customer of each distinct history, and the history of every customer, for models that tell them."""
    if not isinstance(fitted, FittedHistories) or len(summary) < _FEW:
        return summary, None
    histories = fitted.histories(summary)
    return summary.take(histories.examples), histories.inverse


def _parameters(fitted: FittedPurchases | FittedSpend) -> Estimate:
    if not isinstance(fitted, SupportsIntervals):
        raise _no_parameters(fitted)
    return fitted.estimate


def _no_parameters(fitted: object) -> InputError:
    return InputError("estimate", expected="models with .estimate and .with_theta", got=type(fitted).__name__)


def _joint_density(first: Density, second: Density) -> Density:
    return Density(model=f"{first.model} and {second.model}", of=f"{first.of} and {second.of}")


def _joint_report(first: FitReport, second: FitReport) -> FitReport:
    return FitReport(
        converged=first.converged and second.converged,
        gradient_norm=max(first.gradient_norm, second.gradient_norm),
        hessian_condition=max(first.hessian_condition, second.hessian_condition),
        n_evaluations=first.n_evaluations + second.n_evaluations if first.n_evaluations and second.n_evaluations else 0,
        boundary=first.boundary + second.boundary,
        unidentified="; ".join(filter(None, [first.unidentified, second.unidentified])),
        notes=first.notes + second.notes,
        advice=first.advice + second.advice,
    )
