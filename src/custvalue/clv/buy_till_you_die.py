"""Lifetime value from two models: how often a customer will still buy, and what a purchase brings."""

from __future__ import annotations

import math
from functools import partial
from inspect import signature
from typing import Protocol, runtime_checkable

import attrs
import numpy as np
from scipy import linalg

from custvalue._arrays import ArrayHolder, FloatArray
from custvalue.clv._drawing import drawable
from custvalue.clv._draws import ParameterDraws
from custvalue.clv._estimate import Estimate, Fitted, Prior
from custvalue.clv._optimise import Density
from custvalue.clv._periods import period_weights
from custvalue.clv._protocol import (
    FittedPurchases,
    FittedSpend,
    PurchaseModel,
    SpendModel,
    SupportsNewSpend,
)
from custvalue.clv._purchases import FirstPurchase
from custvalue.clv._report import FitReport
from custvalue.clv._result import CustomerValues, Expectation
from custvalue.clv._worth import NewWorth, Terms, Worth
from custvalue.clv.cnbd_k import BGCNBDk, TimedSummary
from custvalue.clv.evaluation import HoldoutEvaluation, evaluate_purchases, evaluate_spend
from custvalue.clv.intervals import DeltaIntervals, SupportsIntervals
from custvalue.clv.posterior import Posterior
from custvalue.clv.resampling import Resampling, gathered, refit
from custvalue.data import CustomerMargin, CustomerSummary, DiscountRate, Holdout, Horizon, Timing
from custvalue.data._kinds import require_discount, require_horizon, require_kind
from custvalue.errors import InputError

__all__ = ["BuyTillYouDie", "FittedBuyTillYouDie", "JointPosterior"]


def _checked_margin(value: float | CustomerMargin) -> float | CustomerMargin:
    if isinstance(value, CustomerMargin):
        return value
    if not math.isfinite(value):
        hint = "30 % is written 0.3; pass a CustomerMargin for one margin a customer."
        raise InputError("BuyTillYouDie.margin", expected="a finite share of spend", got=repr(value), hint=hint)
    return float(value)


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
        require_kind(
            "lifetime_value", summary, CustomerSummary, hint="log.summarize(), or the .summary of a TimedSummary."
        )
        predict = Worth(summary=summary, terms=Terms(horizon=horizon, discount=discount, timing=timing))
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
        require_kind("new_customer_value(first_purchase)", first_purchase, FirstPurchase)
        ends, weights = period_weights(horizon, discount, timing)
        terms = (self.margin, first_purchase.counted)
        predict = NewWorth(ends=ends, weights=weights, unit=horizon.unit, terms=terms)
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
        data: CustomerSummary | TimedSummary,
        /,
        prior: Prior | tuple[Prior, Prior],
        n_draws: int = 1_000,
        *,
        weights: FloatArray | None = None,
        seed: int | np.random.Generator,
    ) -> JointPosterior:
        """Draw from the posterior of both parts together.

        The parts share no parameters and their likelihoods multiply, so the joint posterior pairs both samples.

        Parameters
        ----------
        data
            What the parts were fitted to.
        prior
            One for both parts; or a pair, of the parameters of purchases and of those of spend, as one that names
            parameters (``centres``) belongs to its part.
        n_draws, weights, seed
            As for the ``posterior`` of a part, whose errors it raises.

        Raises
        ------
        InputError
            If a part has no likelihood to draw from.
        """
        rng, summary = np.random.default_rng(seed), _summary_of(data)
        priors = prior if isinstance(prior, tuple) else (prior, prior)
        if len(priors) != 2:
            raise InputError("posterior(prior)", expected="one prior or two", got=f"{len(priors)}")
        parts = [drawable(part) for part in self._parts]
        purchases, spend = (
            part.posterior(summary, own, n_draws, weights=weights, seed=rng)
            for part, own in zip(parts, priors, strict=True)
        )
        draws = self.estimate.draws(np.hstack([purchases.draws.theta, spend.draws.theta]), "posterior")
        return JointPosterior(draws=draws, purchases=purchases, spend=spend)

    def bootstrap(
        self,
        data: CustomerSummary | TimedSummary,
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
        data
            What the parts were fitted to.
        n_draws, resampling, weights, seed
            As for the ``bootstrap`` of a part, whose errors it raises.

        Raises
        ------
        InputError
            If a part has no likelihood.
        """
        require_kind("bootstrap(resampling)", resampling, Resampling)
        rng, summary = np.random.default_rng(seed), _summary_of(data)
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

    def fit(self, data: CustomerSummary | TimedSummary, /, *, weights: FloatArray | None = None) -> FittedBuyTillYouDie:
        """Fit both models to the same customers.

        Parameters
        ----------
        data
            A summary; or a :class:`TimedSummary`, for a CNBD-k model that is to choose its k.
        weights
            How often each customer counts, (n_customers,); None is once.

        Raises
        ------
        InputError
            If one of the models cannot use the data, or takes no weights.
        ConvergenceError
            If one of them ends away from a maximum.
        """
        summary = _summary_of(data)
        spend = self.spend.fit(summary) if weights is None else _weighted_spend(self.spend, summary, weights)
        return FittedBuyTillYouDie(purchases=self._fit_purchases(data, weights), spend=spend, margin=self.margin)

    def _fit_purchases(self, data: CustomerSummary | TimedSummary, weights: FloatArray | None) -> FittedPurchases:
        model = self.purchases
        if isinstance(data, TimedSummary):
            if not isinstance(model, BGCNBDk):
                hint = "Other models do not read the times between purchases: pass the summary."
                expected, got = "a CNBD-k model for a TimedSummary", type(model).__name__
                raise InputError("BuyTillYouDie.purchases", expected=expected, got=got, hint=hint)
            return model.fit(data, weights=weights)
        return model.fit(data) if weights is None else _weighted_purchases(model, data, weights)

    def with_margin(self, margin: float | CustomerMargin, /) -> BuyTillYouDie:
        """The same model with another margin."""
        return attrs.evolve(self, margin=margin)


def _summary_of(data: CustomerSummary | TimedSummary) -> CustomerSummary:
    return data.summary if isinstance(data, TimedSummary) else data


@runtime_checkable
class _WeightedPurchases(Protocol):
    """A purchase model whose customers may count more or less than once."""

    def fit(self, summary: CustomerSummary, /, *, weights: FloatArray | None = None) -> FittedPurchases:
        """Learn from the summary."""
        ...


@runtime_checkable
class _WeightedSpend(Protocol):
    """A spend model whose customers may count more or less than once."""

    def fit(self, summary: CustomerSummary, /, *, weights: FloatArray | None = None) -> FittedSpend:
        """Learn from the summary."""
        ...


def _weighted_purchases(model: PurchaseModel, summary: CustomerSummary, weights: FloatArray) -> FittedPurchases:
    if not (isinstance(model, _WeightedPurchases) and "weights" in signature(model.fit).parameters):
        raise _no_weights(model)
    return model.fit(summary, weights=weights)


def _weighted_spend(model: SpendModel, summary: CustomerSummary, weights: FloatArray) -> FittedSpend:
    if not (isinstance(model, _WeightedSpend) and "weights" in signature(model.fit).parameters):
        raise _no_weights(model)
    return model.fit(summary, weights=weights)


def _no_weights(model: object) -> InputError:
    expected = "models whose fit takes weights"
    return InputError("BuyTillYouDie.fit(weights)", expected=expected, got=type(model).__name__)


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
