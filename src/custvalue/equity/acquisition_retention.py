"""What to spend on winning and on keeping customers (Blattberg and Deighton)."""

from __future__ import annotations

import math

import attrs
from scipy import optimize

from custvalue._frames import FrameKind, build_frame
from custvalue.data import DiscountRate, TimeUnit
from custvalue.errors import InputError

__all__ = ["BlattbergDeighton", "ResponseCurve", "SpendPlan"]


@attrs.frozen
class ResponseCurve:
    """Share of customers won or kept for a spend a head: ceiling x (1 - exp(-k x spend)).

    Parameters
    ----------
    ceiling
        Share that no spend can exceed, in (0, 1].
    k
        Steepness, above 0.

    Raises
    ------
    InputError
        If a number is out of range.

    Examples
    --------
    >>> curve = ResponseCurve.through(spend=5, rate=0.2, ceiling=0.4)
    >>> round(curve.k, 7), round(curve.rate(5), 12)
    (0.1386294, 0.2)
    """

    ceiling: float
    k: float

    def __attrs_post_init__(self) -> None:
        if not (0 < self.ceiling <= 1 and 0 < self.k < math.inf):
            got = f"ceiling {self.ceiling}, k {self.k}"
            raise InputError("ResponseCurve", expected="a ceiling in (0, 1] and a finite k above 0", got=got)

    @classmethod
    def through(cls, *, spend: float, rate: float, ceiling: float) -> ResponseCurve:
        """Build from one observed point: k = -ln(1 - rate / ceiling) / spend.

        Raises
        ------
        InputError
            If the rate does not lie between 0 and the ceiling, or nothing was spent.
        """
        if not (0 < rate < ceiling and spend > 0):
            got = f"rate {rate} at spend {spend}, ceiling {ceiling}"
            hint = "The ceiling must be more than what today's spend already reaches."
            raise InputError(
                "ResponseCurve.through", expected="0 < rate < ceiling and spend above 0", got=got, hint=hint
            )
        return cls(ceiling, -math.log1p(-rate / ceiling) / spend)

    def rate(self, spend: float) -> float:
        """Share won or kept at a spend; 0 at 0."""
        return -self.ceiling * math.expm1(-self.k * spend)

    def marginal_cost(self, spend: float) -> float:
        """Cost of one more customer at a spend: 1 / slope of the curve."""
        return math.exp(self.k * spend) / (self.ceiling * self.k)

    def spend_at(self, marginal_cost: float) -> float:
        """Spend at which one more customer costs this much; 0 where already the first costs more."""
        return max(math.log(marginal_cost * self.ceiling * self.k) / self.k, 0.0) if marginal_cost > 0 else 0.0


@attrs.frozen
class SpendPlan:
    """A spend on acquisition and retention and what comes of it.

    Parameters
    ----------
    acquisition_spend
        A prospect.
    retention_spend
        A customer and year.
    acquisition_rate, retention_rate
        Shares won and kept.
    lifetime_value
        Of a customer won, before acquisition spend.
    equity
        A prospect: acquisition rate x lifetime value - acquisition spend.
    acquisition_marginal_cost, retention_marginal_cost
        Cost of one more customer won, and of one more kept; at the optimum both equal the lifetime value.
    """

    acquisition_spend: float
    retention_spend: float
    acquisition_rate: float
    retention_rate: float
    lifetime_value: float
    equity: float
    acquisition_marginal_cost: float
    retention_marginal_cost: float

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a figure: figure, value."""
        figures = attrs.asdict(self)
        return build_frame({"figure": list(figures), "value": list(figures.values())}, like)


@attrs.frozen(kw_only=True)
class BlattbergDeighton:
    """Spend on acquisition and retention that maximises customer equity.

    A customer won brings the margin at once and, kept with rate r at a spend R, (margin r - R) a year later, and so on:
    equity a prospect = a [m + (m r - R) / (1 + d - r)] - A.

    Parameters
    ----------
    margin
        Contribution of a customer a year before the spend, above 0.
    discount
        Discount rate.
    acquisition, retention
        Response of the rates to the spend.
    unit
        The period that margin and retention go by.

    Raises
    ------
    InputError
        If the margin is not above 0.

    References
    ----------
    Blattberg, R. and Deighton, J. (1996), Manage marketing by the customer equity test, HBR 74(4).
    Pfeifer, P. (2005), The optimal ratio of acquisition and retention costs, JTMAM 13(2): the conditions.

    Examples
    --------
    >>> plan = BlattbergDeighton(
    ...     margin=50,
    ...     discount=DiscountRate.annual(0.15),
    ...     acquisition=ResponseCurve.through(spend=5, rate=0.2, ceiling=0.4),
    ...     retention=ResponseCurve.through(spend=10, rate=0.5, ceiling=0.7),
    ... )
    >>> best = plan.optimum()
    >>> round(best.acquisition_spend, 3), round(best.retention_spend, 3), round(best.equity, 3)
    (10.407, 15.174, 12.907)
    """

    margin: float
    discount: DiscountRate
    acquisition: ResponseCurve
    retention: ResponseCurve
    unit: TimeUnit = TimeUnit.YEAR

    def __attrs_post_init__(self) -> None:
        if not 0 < self.margin < math.inf:
            raise InputError("BlattbergDeighton.margin", expected="a finite margin above 0", got=str(self.margin))

    def plan(self, *, acquisition_spend: float, retention_spend: float) -> SpendPlan:
        """Say what comes of a spend.

        Parameters
        ----------
        acquisition_spend
            A prospect, 0 or more.
        retention_spend
            A customer and period, 0 or more.

        Raises
        ------
        InputError
            If a spend is negative or not finite.
        """
        if not (0 <= acquisition_spend < math.inf and 0 <= retention_spend < math.inf):
            got = f"{acquisition_spend} and {retention_spend}"
            raise InputError("BlattbergDeighton.plan", expected="finite spends of 0 or more", got=got)
        rate = self.acquisition.rate(acquisition_spend)
        value = self._lifetime_value(retention_spend)
        return SpendPlan(
            acquisition_spend=acquisition_spend,
            retention_spend=retention_spend,
            acquisition_rate=rate,
            retention_rate=self.retention.rate(retention_spend),
            lifetime_value=value,
            equity=rate * value - acquisition_spend,
            acquisition_marginal_cost=self.acquisition.marginal_cost(acquisition_spend),
            retention_marginal_cost=self.retention.marginal_cost(retention_spend),
        )

    def optimum(self) -> SpendPlan:
        """Find the spends of the highest equity.

        There the marginal cost of winning and of keeping a customer both equal its lifetime value (Pfeifer 2005), or
        a spend is 0 because already the first customer costs more than that.
        """

        def gap(spend: float) -> float:
            return self.retention.marginal_cost(spend) - self._lifetime_value(spend)

        kept = 0.0
        if gap(0.0) < 0:
            most = 1.0 / self.retention.k
            while gap(most) < 0:
                most *= 2
            kept = float(optimize.brentq(gap, 0.0, most, xtol=1e-13))
        won = self.acquisition.spend_at(self._lifetime_value(kept))
        return self.plan(acquisition_spend=won, retention_spend=kept)

    def _lifetime_value(self, spend: float) -> float:
        r, d = self.retention.rate(spend), self.discount.per(self.unit)
        return self.margin + (self.margin * r - spend) / (1 + d - r)
