"""BG/BB among the models over a summary: time instead of numbers of opportunities."""

from __future__ import annotations

from typing import Literal

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, FloatArray
from custvalue.clv._case_weights import CaseWeights
from custvalue.clv._drawing import Seed
from custvalue.clv._draws import ParameterDraws
from custvalue.clv._estimate import Estimate, Fitted, Prior
from custvalue.clv._optimise import Problem
from custvalue.clv._purchases import FirstPurchase
from custvalue.clv._report import FitReport
from custvalue.clv._result import CustomerValues, Expectation
from custvalue.clv._settings import finite_periods
from custvalue.clv.bg_bb import BGBB, FittedBGBB
from custvalue.clv.opportunities import Opportunities
from custvalue.clv.posterior import Posterior
from custvalue.clv.resampling import Resampling
from custvalue.data import CustomerSummary, DiscountRate, Horizon, TimeUnit
from custvalue.data._kinds import require_discount, require_horizon
from custvalue.errors import InputError

__all__ = ["AtOpportunities", "FittedAtOpportunities"]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FittedAtOpportunities(ArrayHolder):
    """A fitted :class:`AtOpportunities`.

    Parameters
    ----------
    fitted
        The fit to the opportunities, whose own verbs speak of numbers of them.
    settings
        The opportunities and how often there is one.
    """

    fitted: FittedBGBB
    settings: AtOpportunities

    @property
    def estimate(self) -> Estimate:
        """Parameters and their uncertainty."""
        return self.fitted.estimate

    @property
    def diagnostics(self) -> FitReport:
        """How the fit went and what to make of it."""
        return self.fitted.diagnostics

    @property
    def prior(self) -> Prior | None:
        """The prior of the fit; None for maximum likelihood."""
        return self.fitted.prior

    def with_theta(self, theta: FloatArray, /) -> FittedAtOpportunities:
        """The same model at other parameters."""
        return attrs.evolve(self, fitted=self.fitted.with_theta(theta))

    def probability_alive(self, summary: CustomerSummary, /, at: Horizon | Literal[0] = 0) -> CustomerValues:
        """Probability that each customer is still active ``at`` a time after the last opportunity; 0 is then."""
        ahead = self._periods(at) if isinstance(at, Horizon) else 0
        if not isinstance(at, Horizon) and at != 0:
            raise InputError("probability_alive(at)", expected="0 (now) or a Horizon", got=repr(at))
        return self.fitted.probability_alive(self._known(summary), at=ahead)

    def expected_purchases(self, summary: CustomerSummary, horizon: Horizon, /) -> CustomerValues:
        """Purchases to expect from each customer at the opportunities within the horizon, a whole number of them."""
        return self.fitted.expected_purchases(self._known(summary), self._periods(horizon))

    def expected_residual_transactions(self, summary: CustomerSummary, discount: DiscountRate, /) -> CustomerValues:
        """All purchases to come, the i-th opportunity ahead discounted by i periods."""
        rate = require_discount("expected_residual_transactions(discount)", discount).per(self.settings.every)
        return self.fitted.expected_residual_transactions(self._known(summary), rate)

    def purchase_pmf(self, summary: CustomerSummary, n: int, horizon: Horizon, /) -> CustomerValues:
        """Probability that each customer buys at exactly ``n`` of the opportunities within the horizon."""
        return self.fitted.purchase_pmf(self._known(summary), n, self._periods(horizon))

    def latent_means(self, summary: CustomerSummary, /) -> dict[str, CustomerValues]:
        """Posterior means of each customer's chance to buy and chance to drop out."""
        return self.fitted.latent_means(self._known(summary))

    def new_customer_purchases(
        self, horizon: Horizon, /, first_purchase: FirstPurchase = FirstPurchase.EXCLUDED
    ) -> Expectation:
        """Purchases to expect from a new customer at the opportunities within the horizon."""
        return self.fitted.new_customer_purchases(self._periods(horizon), first_purchase)

    def case_weights(self, data: CustomerSummary, /, *, weights: FloatArray | None = None) -> CaseWeights:
        """Give the likelihood of the data as a function of the weights of its customers."""
        return self.fitted.case_weights(self._known(data), weights=weights)

    def redrawn(
        self, data: CustomerSummary, rng: np.random.Generator, /, *, weights: FloatArray | None = None
    ) -> Problem:
        """Give the likelihood of customers like those of the data, drawn from this fit."""
        return self.fitted.redrawn(self._known(data), rng, weights=weights)

    def posterior(
        self,
        data: CustomerSummary,
        /,
        prior: Prior,
        n_draws: int = 1_000,
        *,
        weights: FloatArray | None = None,
        seed: Seed,
    ) -> Posterior[Fitted]:
        """Draw from the posterior of the parameters; as the ``posterior`` of any fit."""
        return self.fitted.posterior(self._known(data), prior, n_draws, weights=weights, seed=seed)

    def bootstrap(
        self,
        data: CustomerSummary,
        /,
        n_draws: int = 200,
        *,
        resampling: Resampling = Resampling.WEIGHTED,
        weights: FloatArray | None = None,
        seed: Seed,
    ) -> ParameterDraws:
        """Fit again and again to customers drawn again; as the ``bootstrap`` of any fit."""
        return self.fitted.bootstrap(self._known(data), n_draws, resampling=resampling, weights=weights, seed=seed)

    def _known(self, summary: CustomerSummary) -> Opportunities:
        return self.settings.opportunities.of(summary.customers)

    def _periods(self, horizon: Horizon) -> int:
        return finite_periods(require_horizon("AtOpportunities", horizon), self.settings.every, "AtOpportunities")

    def __repr__(self) -> str:
        """One line."""
        return f"FittedAtOpportunities(one a {self.settings.every.value}; {self.fitted!r})"


@attrs.frozen(kw_only=True, eq=False)
class AtOpportunities:
    """A BG/BB model that takes summaries and horizons as the other purchase models do, for lifetime values.

    Parameters
    ----------
    opportunities
        What each customer did with its opportunities, found by id.
    every
        How far one opportunity is from the next; horizons must be a whole number of them.
    model
        With or without a prior.

    Examples
    --------
    >>> from custvalue.clv import BuyTillYouDie, GammaGamma, simulate_opportunities, BGBBProcess
    >>> donors = simulate_opportunities(BGBBProcess(1.2, 0.75, 0.66, 2.8), n_customers=50, n_opportunities=6, seed=1)
    >>> yearly = AtOpportunities(opportunities=donors, every=TimeUnit.YEAR)
    >>> BuyTillYouDie(purchases=yearly, spend=GammaGamma()).margin
    1.0
    """

    opportunities: Opportunities
    every: TimeUnit
    model: BGBB = attrs.field(factory=BGBB)

    def fit(self, summary: CustomerSummary, /, *, weights: FloatArray | None = None) -> FittedAtOpportunities:
        """Fit to the opportunities of the customers of a summary, each counted ``weights`` (n_customers,) times.

        Raises
        ------
        AlignmentError
            If the opportunities of some are not known.
        InputError
            If nobody bought at any opportunity.
        ConvergenceError
            If the search fails; the fit travels with the error.
        """
        fitted = self.model.fit(self.opportunities.of(summary.customers), weights=weights)
        return FittedAtOpportunities(fitted=fitted, settings=self)
