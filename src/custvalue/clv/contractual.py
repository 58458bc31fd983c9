"""Lifetime value of contracts: a model of churn, a margin a period, and what a constant retention would have said."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, FloatArray, IntArray, float_array, int_array
from custvalue._frames import FrameKind, build_frame
from custvalue.clv._churn import ChurnModel, FittedSurvival
from custvalue.clv._kernels.retention import margin_multiple
from custvalue.clv._result import CustomerValues
from custvalue.clv._settings import PerCustomer, check_finite, lifetime_values, per_customer, values_of, whole_periods
from custvalue.clv.intervals import DeltaIntervals
from custvalue.clv.renewals import ContractStates, RenewalCounts
from custvalue.clv.retention import HistoricalMargin
from custvalue.clv.shifted_beta_geometric import ShiftedBetaGeometric
from custvalue.data import CustomerMargin, CustomerSummary, DiscountRate, Horizon, TimeUnit, Timing
from custvalue.data._kinds import require_discount
from custvalue.errors import UnitError

__all__ = ["ContractualCLV", "FittedContractual", "RetentionBias", "retention_bias"]


@attrs.frozen(kw_only=True)
class ContractualCLV:
    """Lifetime value of customers who pay once a period until they stop.

    Parameters
    ----------
    margin
        Margin of a payment in major units: for all, for each customer, or read off history.
    churn
        How long contracts last: :class:`~custvalue.clv.shifted_beta_geometric.ShiftedBetaGeometric` or a relative.
    contracts
        How payments tell renewals and the end of a contract.

    References
    ----------
    Fader and Hardie, "Customer-base valuation in a contractual setting: the perils of ignoring heterogeneity",
    *Marketing Science* 29(1), 2010, 85-93.

    Examples
    --------
    >>> from custvalue.data import Currency, CustomerIndex
    >>> years = np.array([0, 0, 0, 1, 1, 2, 2, 3])                    # renewals; the second half still pays
    >>> last = np.where(np.arange(8) % 2, np.datetime64("2025-12-01"), np.datetime64("2023-12-01"))
    >>> summary = CustomerSummary(
    ...     customers=CustomerIndex(np.arange(8)), first_at=last - 365 * years, last_at=last, n_purchases=years + 1,
    ...     observed_until="2025-12-31", currency=Currency.of("EUR"))
    >>> fit = ContractualCLV(margin=100.0).fit(summary)
    >>> values = fit.lifetime_value(summary, discount=DiscountRate.annual(0.1), timing=Timing.START).values
    >>> bool(values[0] == 0.0), bool(values[7] > values[1] > 0.0)     # gone; the older contract is worth more
    (True, True)
    """

    margin: PerCustomer | HistoricalMargin
    churn: ChurnModel = attrs.field(factory=ShiftedBetaGeometric)
    contracts: ContractStates = attrs.field(factory=ContractStates)

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.margin, HistoricalMargin):
            check_finite("ContractualCLV.margin", values_of(self.margin))

    def with_margin(self, margin: float | CustomerMargin, /) -> ContractualCLV:
        """Read the margin off history with another share of spend; with a margin stated in money, this very model."""
        if isinstance(self.margin, HistoricalMargin):
            return attrs.evolve(self, margin=HistoricalMargin(margin))
        return self

    def fit(self, summary: CustomerSummary, /) -> FittedContractual:
        """Count the renewals of the summary and fit the churn model to them.

        Raises
        ------
        InputError
            If no contract was lost, or none renewed.
        ConvergenceError
            If the search ends away from a maximum.
        """
        return FittedContractual(model=self, churn=self.churn.fit(self.contracts.counts(summary)))


@attrs.frozen(kw_only=True, eq=False)
class FittedContractual:
    """A contractual model with its churn known.

    Parameters
    ----------
    model
        The settings.
    churn
        The fitted churn model; one fitted elsewhere, say on a longer history of cohorts, will do.

    Raises
    ------
    UnitError
        If the churn model counts another period than the contracts.
    """

    model: ContractualCLV
    churn: FittedSurvival

    def __attrs_post_init__(self) -> None:
        here, there = self.model.contracts.period, self.churn.period
        if here is not there:
            raise UnitError("FittedContractual", expected=f"churn a {here.value}", got=f"churn a {there.value}")

    def lifetime_value(
        self,
        summary: CustomerSummary,
        /,
        *,
        horizon: Horizon | None = None,
        discount: DiscountRate,
        timing: Timing = Timing.END,
    ) -> CustomerValues:
        """Present value of each customer's further payments within the horizon (None: without end); 0 once churned.

        The next payment is due in the first period ahead; ``timing=START`` values it just before it falls due. Where
        the fit has a covariance the values carry intervals (delta method).

        Raises
        ------
        UnitError
            If the horizon is not a whole number of periods.
        InputError
            If there is neither horizon nor discount.
        """
        contracts = self.model.contracts
        require_discount("ContractualCLV.lifetime_value(discount)", discount)
        paid = paid_margins(self.model.margin, summary) * discount.factor(timing.offset, contracts.period)
        predict = _Worth(
            renewals=contracts.renewals(summary).astype(np.float64),
            paid=np.where(contracts.churned(summary), 0.0, paid),
            horizon=horizon,
            discount=discount,
        )
        return lifetime_values(summary, predict(self.churn, None), DeltaIntervals(fitted=self.churn, predict=predict))


def paid_margins(margin: PerCustomer | HistoricalMargin, summary: CustomerSummary) -> FloatArray:
    """Margin of one payment of each customer, (n_customers,)."""
    if isinstance(margin, HistoricalMargin):
        return margin.per_purchase(summary)
    return per_customer(margin, summary.customers, "ContractualCLV.margin")


@attrs.frozen(kw_only=True, eq=False)
class _Worth(ArrayHolder):
    """Value of some contracts, or all, under a churn model."""

    renewals: FloatArray = float_array()
    paid: FloatArray = float_array()
    horizon: Horizon | None
    discount: DiscountRate

    def __call__(self, churn: FittedSurvival, rows: IntArray | None, /) -> FloatArray:
        here, paid = (self.renewals, self.paid) if rows is None else (self.renewals[rows], self.paid[rows])
        value: FloatArray = paid * churn.expected_residual_renewals(here, horizon=self.horizon, discount=self.discount)
        return value


@attrs.frozen(kw_only=True, eq=False, repr=False)
class RetentionBias(ArrayHolder):
    """What one retention rate for all misses: value by age under a churn model and under a constant retention.

    Parameters
    ----------
    renewals
        (n,) renewals a contract has seen.
    value
        (n,) residual value of a margin of 1 under the churn model.
    constant_value
        (n,) the same under the constant retention.
    retention
        The constant retention.
    period
        Time between renewals.
    """

    renewals: IntArray = int_array()
    value: FloatArray = float_array()
    constant_value: FloatArray = float_array()
    retention: float
    period: TimeUnit = TimeUnit.YEAR

    @property
    def bias(self) -> FloatArray:
        """Constant value over the churn model's, less 1: (n,); -0.3 is 30 % too low."""
        relative: FloatArray = self.constant_value / self.value - 1.0
        return relative

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row an age: renewals, value, constant_value, bias."""
        columns = {
            "renewals": self.renewals,
            "value": self.value,
            "constant_value": self.constant_value,
            "bias": self.bias,
        }
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        return f"RetentionBias({self.bias.min():+.0%} to {self.bias.max():+.0%} at a constant {self.retention:.1%})"


def retention_bias(
    churn: FittedSurvival,
    retention: float | RenewalCounts,
    /,
    *,
    renewals: Sequence[int] = (0, 1, 2, 3, 4),
    horizon: Horizon | None = None,
    discount: DiscountRate,
) -> RetentionBias:
    """Hold a churn model against one constant retention rate.

    Parameters
    ----------
    churn
        The fitted churn model.
    retention
        The constant rate, or the counts to take it from (all ages thrown together, as company reports do).
    renewals
        Ages to compare.
    horizon, discount
        As in ``lifetime_value``; both values are taken just before the next renewal falls due.

    References
    ----------
    Fader and Hardie (2010), section 3: a constant retention undervalues a customer base by 25 to 50 %.

    Examples
    --------
    >>> counts = RenewalCounts.from_survivors([1000, 869, 743, 653, 593, 551, 517, 491])
    >>> retention_bias(ShiftedBetaGeometric().fit(counts), counts, discount=DiscountRate.annual(0.1))
    RetentionBias(-30% to -10% at a constant 89.7%)
    """
    rate = retention.retention if isinstance(retention, RenewalCounts) else retention
    n_periods = whole_periods(horizon, churn.period, "retention_bias(horizon)")
    ages = np.array(renewals, dtype=np.int64)
    value = churn.expected_residual_renewals(ages.astype(np.float64), horizon=horizon, discount=discount)
    constant = margin_multiple(rate, discount.per(churn.period), 0.0, n_periods, 0.0, 1)
    return RetentionBias(
        renewals=ages,
        value=value,
        constant_value=np.full(ages.size, float(constant)),
        retention=rate,
        period=churn.period,
    )
