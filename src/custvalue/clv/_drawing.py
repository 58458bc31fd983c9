"""What posterior and bootstrap share: models that can be refitted, and the two parts of a lifetime value as one."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import attrs
import numpy as np

from custvalue._arrays import FloatArray
from custvalue.clv._estimate import Fitted, LogNormalPrior
from custvalue.clv._optimise import Problem
from custvalue.clv._protocol import FittedPurchases, FittedSpend
from custvalue.clv.buy_till_you_die import BuyTillYouDie, FittedBuyTillYouDie
from custvalue.clv.intervals import ParameterDraws
from custvalue.data import CustomerSummary, PurchasePatterns
from custvalue.errors import InputError

__all__ = [
    "SupportsPatternProblem",
    "SupportsProblem",
    "SupportsWeightedProblem",
    "drawable",
    "joined",
    "joint_draws",
    "with_prior",
]


@runtime_checkable
class SupportsProblem(Protocol):
    """A model whose likelihood can be had, and that takes a prior."""

    @property
    def prior(self) -> LogNormalPrior | None:
        """The prior of a posterior-mode fit; None for maximum likelihood."""
        ...

    def fit(self, summary: CustomerSummary, /) -> Fitted:
        """Learn from the summary."""
        ...

    def problem(self, summary: CustomerSummary, /) -> Problem:
        """The likelihood of a summary."""
        ...


@runtime_checkable
class SupportsPatternProblem(Protocol):
    """A purchase model whose likelihood can be had from weighted patterns."""

    def problem(self, patterns: PurchasePatterns, /) -> Problem:
        """The likelihood of patterns."""
        ...


@runtime_checkable
class SupportsWeightedProblem(SupportsProblem, Protocol):
    """A model whose likelihood takes a weight for each customer."""

    def weighted_problem(self, summary: CustomerSummary, weights: FloatArray | None, /) -> Problem:
        """The likelihood of a summary whose customers count ``weights`` (n_customers,) times."""
        ...


def drawable(part: object) -> SupportsProblem:
    """Insist on a model with a likelihood.

    Raises
    ------
    InputError
        If it has none.
    """
    if not isinstance(part, SupportsProblem):
        expected = "a model with .problem(summary) and .prior"
        raise InputError("BuyTillYouDie", expected=expected, got=type(part).__name__)
    return part


def with_prior(model: SupportsProblem, prior: LogNormalPrior) -> SupportsProblem:
    """Set the prior of a model."""
    changed: SupportsProblem = attrs.evolve(model, prior=prior)  # type: ignore[misc]  # the models are attrs classes
    return changed


def joined(model: BuyTillYouDie, purchases: Fitted, spend: Fitted) -> FittedBuyTillYouDie:
    """Put two fitted parts together.

    Raises
    ------
    InputError
        If they do not predict purchases and spend.
    """
    if not isinstance(purchases, FittedPurchases) or not isinstance(spend, FittedSpend):
        got = f"{type(purchases).__name__} and {type(spend).__name__}"
        raise InputError("BuyTillYouDie", expected="models of purchases and of spend", got=got)
    return FittedBuyTillYouDie(purchases=purchases, spend=spend, margin=model.margin)


def joint_draws(fitted: FittedBuyTillYouDie, purchases: FloatArray, spend: FloatArray, method: str) -> ParameterDraws:
    """Set draws of both parts side by side; each (n_draws, n_params of the part)."""
    estimate = fitted.estimate
    theta = np.hstack([purchases, spend])
    return ParameterDraws(names=estimate.names, theta=theta, positive=estimate.positive, method=method)
