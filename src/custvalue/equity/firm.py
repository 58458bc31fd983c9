"""What a firm's customer base is worth: Gupta-Lehmann-Stuart, and customer-based corporate valuation."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import attrs
import numpy as np
from scipy import optimize

from custvalue._arrays import ArrayHolder, FloatArray, float_array
from custvalue._frames import FrameKind, build_frame
from custvalue.data import DiscountRate, TimeUnit, Timing
from custvalue.errors import InputError

__all__ = ["CorporateValue", "CustomerProjection", "GrowthCurve", "GuptaLehmannStuart", "margin_multiple"]

_A_PERIOD = ("existing_survival", "margin", "acquisition_cost", "fixed_costs")


def margin_multiple(retention: float, discount: float, *, growth: float = 0.0, timing: Timing = Timing.END) -> float:
    """Lifetime value of a customer as a multiple of its margin a period.

    Parameters
    ----------
    retention
        Share kept from period to period, in [0, 1].
    discount
        Effective rate a period.
    growth
        Growth of the margin a period.
    timing
        ``END``: first margin a period from now, from who is kept, r / (1 + i - r (1 + g)). ``START``: one margin more,
        at once, (1 + i) / (1 + i - r) without growth. ``MIDDLE``: START discounted by half a period.

    Raises
    ------
    InputError
        If 1 + discount does not exceed retention x (1 + growth): the sum has no end.

    References
    ----------
    Gupta, S. and Lehmann, D. (2003), Customers as assets, J. Interactive Marketing 17(1).

    Examples
    --------
    >>> round(margin_multiple(0.9, 0.12), 2), round(margin_multiple(0.9, 0.12, growth=0.08), 2)
    (4.09, 6.08)
    """
    kept = retention * (1 + growth)
    if not (0 <= retention <= 1 and 1 + discount > kept):
        got = f"retention {retention}, growth {growth}, discount {discount}"
        raise InputError("margin_multiple", expected="retention in [0, 1] and 1 + discount > retention x (1 + growth)",
                         got=got)  # fmt: skip
    at_once = (1 + discount) / (1 + discount - kept)
    if timing is Timing.END:
        return retention / (1 + discount - kept)
    return at_once if timing is Timing.START else at_once / math.sqrt(1 + discount)


@attrs.frozen
class GrowthCurve:
    """S-curve of customers ever won: alpha / (1 + exp(-beta - gamma t)).

    Parameters
    ----------
    alpha
        Customers ever won in the end, above 0.
    beta
        Position.
    gamma
        Speed a period, above 0.

    Raises
    ------
    InputError
        If alpha or gamma is not above 0, or a number is not finite.

    Examples
    --------
    >>> curve = GrowthCurve(alpha=100.0, beta=0.0, gamma=1.0)
    >>> curve.won(0.0), round(curve.added(0.0), 6), round(curve.won_between(0.0, 1.0), 6)
    (50.0, 25.0, 23.105858)
    """

    alpha: float
    beta: float
    gamma: float

    def __attrs_post_init__(self) -> None:
        if not (0 < self.alpha < math.inf and 0 < self.gamma < math.inf and math.isfinite(self.beta)):
            got = f"alpha {self.alpha}, beta {self.beta}, gamma {self.gamma}"
            raise InputError("GrowthCurve", expected="alpha and gamma above 0, all finite", got=got)

    def won(self, time: float) -> float:
        """Customers ever won by a time."""
        return self.alpha / (1 + math.exp(min(-self.beta - self.gamma * time, 700.0)))

    def added(self, time: float) -> float:
        """Customers won a period at a time: the slope of the curve."""
        won = self.won(time)
        return self.gamma * won * (1 - won / self.alpha)

    def won_between(self, start: float, end: float) -> float:
        """Customers won from one time to a later one, exact also where nearly all are won; ``inf`` as end is for ever.

        With u = beta + gamma t: alpha (1 - exp(u0 - u1)) / ((1 + exp(u0)) (1 + exp(-u1))).
        """
        before, after = self.beta + self.gamma * start, self.beta + self.gamma * end
        share = -math.expm1(before - after)
        return self.alpha * share / (1 + math.exp(min(before, 700.0))) / (1 + math.exp(min(-after, 700.0)))


@attrs.frozen(kw_only=True)
class GuptaLehmannStuart:
    """Value of a firm's present and future customers.

    A customer won brings the margin at once and, while kept, every period; winning it costs the acquisition cost then.
    Who is won in the course of a period counts at its end.

    Parameters
    ----------
    curve
        Customers won; time 0 is now.
    customers
        Customers now.
    margin
        Contribution of a customer a period.
    retention
        Share kept a period, in [0, 1].
    acquisition_cost
        A customer won.
    discount
        Discount rate.
    unit
        The period that everything goes by.

    Raises
    ------
    InputError
        If retention lies outside [0, 1], customers are negative, the discount rate is 0, or a number is not finite.

    References
    ----------
    Gupta, S., Lehmann, D. and Stuart, J. (2004), Valuing customers, Journal of Marketing Research 41(1).

    Examples
    --------
    >>> firm = GuptaLehmannStuart(
    ...     curve=GrowthCurve(alpha=1e6, beta=-1.0, gamma=0.3), customers=250_000, margin=50.0, retention=0.8,
    ...     acquisition_cost=20.0, discount=DiscountRate.annual(0.12),
    ... )
    >>> value = firm.value()
    >>> round(value["existing"]) == round(250_000 * 50 * 1.12 / (1.12 - 0.8))
    True
    >>> elasticity = firm.elasticities()
    >>> elasticity["retention"] > elasticity["margin"] > -elasticity["acquisition_cost"] > 0
    True
    """

    curve: GrowthCurve
    customers: float
    margin: float
    retention: float
    acquisition_cost: float
    discount: DiscountRate
    unit: TimeUnit = TimeUnit.YEAR

    def __attrs_post_init__(self) -> None:
        fine = 0 <= self.retention <= 1 and 0 <= self.customers < math.inf and self.discount.per(self.unit) > 0
        if not (fine and math.isfinite(self.margin) and math.isfinite(self.acquisition_cost)):
            got = (
                f"retention {self.retention}, customers {self.customers}, discount {self.discount}, "
                f"margin {self.margin}, acquisition cost {self.acquisition_cost}"
            )
            expected = "retention in [0, 1], customers of 0 or more, a discount rate above 0, all numbers finite"
            raise InputError("GuptaLehmannStuart", expected=expected, got=got)

    def value(self) -> Mapping[str, float]:
        """Value of existing and of future customers, the cost of winning the latter, and the whole.

        Keys: existing, future (before the cost of winning them), acquisition, total = existing + future - acquisition.
        """
        i = self.discount.per(self.unit)
        each = self.margin * margin_multiple(self.retention, i, timing=Timing.START)
        won = self._discounted_wins(i)
        existing, future, cost = self.customers * each, won * each, won * self.acquisition_cost
        return {"existing": existing, "future": future, "acquisition": cost, "total": existing + future - cost}

    def elasticities(self, step: float = 1e-5) -> Mapping[str, float]:
        """Percent change of the total for one percent more retention, margin, acquisition cost and discount rate.

        The published order, from five firms: retention about 3 to 7, margin about 1, discount rate 0.5 to 1.2 and
        acquisition cost 0.02 to 0.3 the other way.

        Raises
        ------
        InputError
            If the total is not above 0, so that percentages of it mean nothing.
        """
        total = self.value()["total"]
        if not total > 0:
            raise InputError("GuptaLehmannStuart.elasticities", expected="a total value above 0", got=f"{total:g}")
        rate = self.discount.per(self.unit)
        changed: dict[str, Callable[[float], GuptaLehmannStuart]] = {
            "retention": lambda factor: attrs.evolve(self, retention=self.retention * factor),
            "margin": lambda factor: attrs.evolve(self, margin=self.margin * factor),
            "acquisition_cost": lambda factor: attrs.evolve(self, acquisition_cost=self.acquisition_cost * factor),
            "discount": lambda factor: attrs.evolve(self, discount=DiscountRate.periodic(rate * factor, self.unit)),
        }
        return {
            name: (change(1 + step).value()["total"] - change(1 - step).value()["total"]) / (2 * step * total)
            for name, change in changed.items()
        }

    def _discounted_wins(self, i: float) -> float:
        """Sum of customers won in periods 1, 2, ... discounted, until what is left is below 1e-12 of it."""
        total, k = 0.0, 1
        while True:
            total += self.curve.won_between(k - 1, k) * (1 + i) ** -k
            left = self.curve.won_between(k, math.inf) * (1 + i) ** -(k + 1)
            if left <= 1e-12 * max(total, 1e-300):
                return total
            k += 1


@attrs.frozen(kw_only=True)
class CorporateValue:
    """From customers to the value of a share.

    Parameters
    ----------
    existing
        Present value of the cash flow of today's customers.
    future
        Present value of that of customers yet to be won, after the cost of winning them.
    fixed_costs
        Present value of costs no customer causes.
    non_operating_assets, net_debt
        Added and taken off for the shareholders.
    shares
        Number of shares, above 0.

    Raises
    ------
    InputError
        If a number is not finite, or there are no shares.

    Examples
    --------
    >>> CorporateValue(existing=800.0, future=300.0, fixed_costs=400.0, non_operating_assets=50.0, net_debt=150.0,
    ...                shares=100.0).per_share
    6.0
    """

    existing: float
    future: float
    fixed_costs: float
    non_operating_assets: float
    net_debt: float
    shares: float

    def __attrs_post_init__(self) -> None:
        figures = attrs.asdict(self)
        if not (all(math.isfinite(figure) for figure in figures.values()) and self.shares > 0):
            got = ", ".join(f"{name} {figure}" for name, figure in figures.items())
            raise InputError("CorporateValue", expected="finite numbers and shares above 0", got=got)

    @property
    def customer_equity(self) -> float:
        """Existing and future customers together."""
        return self.existing + self.future

    @property
    def operating_value(self) -> float:
        """Customer equity less fixed costs."""
        return self.customer_equity - self.fixed_costs

    @property
    def shareholder_value(self) -> float:
        """Operating value + non-operating assets - net debt."""
        return self.operating_value + self.non_operating_assets - self.net_debt

    @property
    def per_share(self) -> float:
        """Shareholder value a share."""
        return self.shareholder_value / self.shares

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a step from customers to the share: item, value."""
        steps = {
            "existing customers": self.existing,
            "future customers": self.future,
            "fixed costs": -self.fixed_costs,
            "operating value": self.operating_value,
            "non-operating assets": self.non_operating_assets,
            "net debt": -self.net_debt,
            "shareholder value": self.shareholder_value,
            "per share": self.per_share,
        }
        return build_frame({"item": list(steps), "value": list(steps.values())}, like)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class CustomerProjection(ArrayHolder):
    """Customers won, kept and what they bring, period by period: the input of a customer-based valuation.

    Parameters
    ----------
    customers
        Customers now.
    survival
        (n_periods + 1,) share of a cohort still there after 0, 1, 2 ... periods; starts at 1, never rises.
    existing_survival
        (n_periods,) share of today's customers still there in period 1, 2, ...
    acquired
        (n_periods,) customers won in period 1, 2, ...
    margin
        (n_periods,) contribution of a customer in each period.
    acquisition_cost
        (n_periods,) of a customer won.
    fixed_costs
        (n_periods,) costs no customer causes.
    tax_rate
        On the cash flow of each period, in [0, 1).

    Raises
    ------
    InputError
        If lengths or ranges do not fit, or a number is not finite.

    References
    ----------
    McCarthy, D., Fader, P. and Hardie, B. (2017), Valuing subscription-based businesses using publicly disclosed
    customer data, Journal of Marketing 81(1).

    Examples
    --------
    >>> firm = CustomerProjection(customers=100.0, survival=[1.0, 0.8, 0.6], existing_survival=[0.9, 0.8],
    ...                           acquired=[10.0, 10.0], margin=[5.0, 5.0], acquisition_cost=[8.0, 8.0],
    ...                           fixed_costs=[50.0, 50.0])
    >>> firm.active().tolist()
    [100.0, 98.0]
    """

    customers: float
    survival: FloatArray = float_array()
    existing_survival: FloatArray = float_array()
    acquired: FloatArray = float_array()
    margin: FloatArray = float_array()
    acquisition_cost: FloatArray = float_array()
    fixed_costs: FloatArray = float_array()
    tax_rate: float = 0.0

    def __attrs_post_init__(self) -> None:
        n = self.acquired.size
        columns = (self.existing_survival, self.margin, self.acquisition_cost, self.fixed_costs)
        if n == 0 or self.survival.size != n + 1 or any(column.size != n for column in columns):
            got = f"{[self.survival.size, n, *(column.size for column in columns)]}"
            raise InputError("CustomerProjection", expected="n + 1 survival shares and n of all else", got=got)
        for name, curve in (("survival", self.survival), ("existing_survival", self.existing_survival)):
            if not (curve.max() <= 1 and curve.min() >= 0 and np.all(np.diff(curve) <= 0)):
                raise InputError(
                    f"CustomerProjection.{name}", expected="shares in [0, 1] that never rise", got="others"
                )
        for name, column in zip(("acquired", *_A_PERIOD), (self.acquired, *columns), strict=True):
            if not np.all(np.isfinite(column)):
                got = f"{int((~np.isfinite(column)).sum())} others"
                raise InputError(f"CustomerProjection.{name}", expected="finite numbers", got=got)
        if self.survival[0] != 1 or not 0 <= self.tax_rate < 1 or not 0 <= self.customers < math.inf:
            got = f"{self.survival[0]}, {self.tax_rate}, {self.customers}"
            raise InputError("CustomerProjection", expected="survival from 1, tax in [0, 1), customers of 0 or more",
                             got=got)  # fmt: skip

    def active(self) -> FloatArray:
        """(n_periods,) customers in each period: today's still there, and every cohort won up to then."""
        return self.customers * self.existing_survival + self._cohorts()

    def value(
        self,
        discount: DiscountRate,
        *,
        unit: TimeUnit = TimeUnit.YEAR,
        terminal_growth: float | None = None,
        non_operating_assets: float = 0.0,
        net_debt: float = 0.0,
        shares: float = 1.0,
    ) -> CorporateValue:
        """Value the firm: cash flows after tax, at the end of each period, discounted.

        Parameters
        ----------
        discount
            Weighted average cost of capital.
        unit
            Length of a period.
        terminal_growth
            Growth a period of the last cash flow for ever after; nothing comes after the last period if None. This
            terminal value, of whichever customers, is counted under future.
        non_operating_assets, net_debt, shares
            From the balance sheet.

        Raises
        ------
        InputError
            If the terminal growth is not below the discount rate, there are no shares, or a number is not finite.
        """
        rate = discount.per(unit)
        if not shares > 0 or (terminal_growth is not None and not -math.inf < terminal_growth < rate):
            got = f"{shares} shares, growth {terminal_growth}, rate {rate:g}"
            raise InputError("CustomerProjection.value", expected="shares above 0, growth below the rate", got=got)
        factors = (1 + rate) ** -np.arange(1.0, self.acquired.size + 1)
        after_tax = 1 - self.tax_rate
        old = self.customers * self.existing_survival * self.margin * after_tax
        new = (self._cohorts() * self.margin - self.acquired * self.acquisition_cost) * after_tax
        fixed = self.fixed_costs * after_tax
        tail = 0.0 if terminal_growth is None else (1 + terminal_growth) / (rate - terminal_growth) * float(factors[-1])
        return CorporateValue(
            existing=float(factors @ old),
            future=float(factors @ new) + tail * float(old[-1] + new[-1]),
            fixed_costs=float(factors @ fixed) + tail * float(fixed[-1]),
            non_operating_assets=non_operating_assets,
            net_debt=net_debt,
            shares=shares,
        )

    def internal_rate_of_return(self) -> float:
        """Rate a period at which a customer won in the first period is just worth its acquisition cost (IRRC).

        Raises
        ------
        InputError
            If the margins never pay the cost back, or the cost is not above 0.
        """
        n = self.acquired.size
        flows = self.survival[:n] * self.margin
        cost = float(self.acquisition_cost[0])
        if not (cost > float(flows[0]) and flows.sum() >= cost):
            got = f"cost {cost:g}, first margin {flows[0]:g}, all margins {flows.sum():g}"
            raise InputError(
                "internal_rate_of_return", expected="a cost above the first margin, paid back later", got=got
            )

        def net(rate: float) -> float:
            return float((flows * (1 + rate) ** -np.arange(n)).sum()) - cost

        high = 1.0
        while net(high) > 0:
            high *= 2
        return float(optimize.brentq(net, 0.0, high, xtol=1e-14)) if net(0.0) > 0 else 0.0

    def _cohorts(self) -> FloatArray:
        n = self.acquired.size
        return np.convolve(self.acquired, self.survival)[:n]

    def __repr__(self) -> str:
        """One line."""
        n = self.acquired.size
        return (
            f"CustomerProjection({self.customers:,.0f} customers, {self.acquired.sum():,.0f} to be won in {n} periods)"
        )
