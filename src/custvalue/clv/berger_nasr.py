"""The cases of Berger and Nasr: one sale a cycle and promotions between, profit curves, continuous cash."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import attrs
import numpy as np

from custvalue._arrays import FloatArray, IntArray, locked
from custvalue.clv._kernels import berger_nasr as kernel
from custvalue.clv._settings import (
    FittedFormula,
    PerCustomer,
    check_finite,
    check_probability,
    check_retention,
    per_customer,
    values_of,
)
from custvalue.data import CustomerSummary, DiscountRate, Horizon, TimeUnit, Timing
from custvalue.errors import InputError, UnitError

__all__ = ["BergerNasr", "BergerNasrContinuous", "BergerNasrProfit", "ProfitCurve", "expected_purchasers"]

ProfitCurve: TypeAlias = Callable[[FloatArray], FloatArray]
"""Profit as a function of years from now: (n,) to (n,)."""

_ONE_YEAR = Horizon(1, TimeUnit.YEAR)
_PANELS_PER_YEAR = 4
_SLACK = 1e-9


def _cycles(horizon: Horizon | None, cycle: Horizon, where: str) -> float:
    if horizon is None:
        return math.inf
    exact = horizon.to(cycle.unit) / cycle.n
    if abs(exact - round(exact)) > _SLACK * max(1.0, exact) or round(exact) < 1:
        expected = f"a whole number of cycles of {cycle.n:g} {cycle.unit.value}(s)"
        raise UnitError(where, expected=expected, got=f"{exact:.6g} cycles")
    return float(round(exact))


def _years(cycle: Horizon) -> float:
    return cycle.to(TimeUnit.YEAR)


@attrs.frozen
class BergerNasr:
    """Cases 1, 2a and 2b: a sale now and one every cycle while the customer stays, a promotion after each sale.

    Case 1 has a cycle of a year; 2a several cycles a year (``Horizon(6, MONTH)``); 2b a cycle of several years
    (``Horizon(3, YEAR)``). A horizon of n cycles counts n + 1 sales: one now and one at the end of each cycle. The
    paper's numbers are those of ``timing=Timing.START``; other timings move all cash by half a cycle or a whole one.

    Parameters
    ----------
    contribution
        Gross contribution of a sale, in major units.
    promotion
        Promotion cost for each customer present in a cycle.
    retention
        Probability of staying for one more cycle, in [0, 1).
    cycle
        Time between sales.
    promotion_timing
        When in the cycle the promotion is paid; the paper has the middle.

    Raises
    ------
    InputError
        If the retention is not in [0, 1), or an amount is missing.

    References
    ----------
    Berger and Nasr, "Customer lifetime value: marketing models and applications", *Journal of Interactive
    Marketing* 12(1), 1998, eqs. (1) to (3).

    Examples
    --------
    >>> from custvalue.data import Currency, CustomerIndex
    >>> summary = CustomerSummary(
    ...     customers=CustomerIndex(["a"]), first_at=["2025-12-31"], last_at=["2025-12-31"], n_purchases=[1],
    ...     observed_until="2025-12-31", currency=Currency.of("USD"))
    >>> fit = BergerNasr(contribution=260.0, promotion=50.0, retention=0.75).fit(summary)
    >>> value = fit.lifetime_value(
    ...     summary, horizon=Horizon(10, TimeUnit.YEAR), discount=DiscountRate.annual(0.20), timing=Timing.START)
    >>> round(value.total, 2)
    568.78
    """

    contribution: PerCustomer
    promotion: PerCustomer
    retention: PerCustomer
    cycle: Horizon = _ONE_YEAR
    promotion_timing: Timing = Timing.MIDDLE

    def __attrs_post_init__(self) -> None:
        check_finite("BergerNasr.contribution", values_of(self.contribution))
        check_finite("BergerNasr.promotion", values_of(self.promotion), least=0.0)
        check_retention("BergerNasr.retention", self.retention)

    def fit(self, summary: CustomerSummary, /) -> FittedFormula:
        """Check that the settings know every customer; nothing is estimated."""
        for name in ("contribution", "promotion", "retention"):
            per_customer(getattr(self, name), summary.customers, f"BergerNasr.{name}")
        return FittedFormula(self)

    def values(
        self, summary: CustomerSummary, horizon: Horizon | None, discount: DiscountRate, timing: Timing, /
    ) -> FloatArray:
        """Lifetime values (n_customers,) in major units."""
        who = summary.customers
        annual, years = discount.per(TimeUnit.YEAR), _years(self.cycle)
        value = kernel.cycle_value(
            per_customer(self.contribution, who, "BergerNasr.contribution"),
            per_customer(self.promotion, who, "BergerNasr.promotion"),
            per_customer(self.retention, who, "BergerNasr.retention"),
            annual,
            _cycles(horizon, self.cycle, "BergerNasr.lifetime_value(horizon)"),
            years,
            self.promotion_timing.offset,
        )
        return value * discount.factor(timing.offset * years, TimeUnit.YEAR)


@attrs.frozen
class BergerNasrProfit:
    """Case 3: a sale every cycle whose profit changes with time.

    Parameters
    ----------
    profit
        Profit of a sale as a function of years from now, promotions already taken off.
    retention
        Probability of staying for one more cycle, in [0, 1).
    cycle
        Time between sales.

    References
    ----------
    Berger and Nasr (1998), eq. (4).
    """

    profit: ProfitCurve
    retention: PerCustomer
    cycle: Horizon = _ONE_YEAR

    def __attrs_post_init__(self) -> None:
        check_retention("BergerNasrProfit.retention", self.retention)

    def fit(self, summary: CustomerSummary, /) -> FittedFormula:
        """Check that the settings know every customer; nothing is estimated."""
        per_customer(self.retention, summary.customers, "BergerNasrProfit.retention")
        return FittedFormula(self)

    def values(
        self, summary: CustomerSummary, horizon: Horizon | None, discount: DiscountRate, timing: Timing, /
    ) -> FloatArray:
        """Lifetime values (n_customers,) in major units."""
        n_cycles = _cycles(horizon, self.cycle, "BergerNasrProfit.lifetime_value(horizon)")
        _require_end(horizon, "BergerNasrProfit")
        years = _years(self.cycle)
        retention, place = _distinct(self.retention, summary, "BergerNasrProfit.retention")
        value: FloatArray = kernel.profit_value(
            self.profit, retention, discount.per(TimeUnit.YEAR), int(n_cycles), years
        )
        check_finite("BergerNasrProfit.profit", value)
        return value[place] * discount.factor(timing.offset * years, TimeUnit.YEAR)


@attrs.frozen
class BergerNasrContinuous:
    """Case 4: profit flows all the time.

    Parameters
    ----------
    profit
        Profit a year as a function of years from now.
    retention
        Probability of staying for one more year, in (0, 1).

    References
    ----------
    Berger and Nasr (1998), eq. (5): the integral of profit(t) (r / (1 + d))^t.
    """

    profit: ProfitCurve
    retention: PerCustomer

    def __attrs_post_init__(self) -> None:
        check_retention("BergerNasrContinuous.retention", self.retention)

    def fit(self, summary: CustomerSummary, /) -> FittedFormula:
        """Check that the settings know every customer; nothing is estimated."""
        per_customer(self.retention, summary.customers, "BergerNasrContinuous.retention")
        return FittedFormula(self)

    def values(
        self, summary: CustomerSummary, horizon: Horizon | None, discount: DiscountRate, _timing: Timing, /
    ) -> FloatArray:
        """Lifetime values (n_customers,) in major units; continuous cash has no timing within a period."""
        years = _require_end(horizon, "BergerNasrContinuous").to(TimeUnit.YEAR)
        panels = max(1, math.ceil(years * _PANELS_PER_YEAR))
        retention, place = _distinct(self.retention, summary, "BergerNasrContinuous.retention")
        value: FloatArray = kernel.continuous_value(self.profit, retention, discount.per(TimeUnit.YEAR), years, panels)
        check_finite("BergerNasrContinuous.profit", value)
        return value[place]


def _require_end(horizon: Horizon | None, where: str) -> Horizon:
    if horizon is None:
        hint = "A profit curve is only known for so long: Horizon(10, TimeUnit.YEAR)."
        raise InputError(f"{where}.lifetime_value(horizon)", expected="a horizon", got="none", hint=hint)
    return horizon


def _distinct(value: PerCustomer, summary: CustomerSummary, where: str) -> tuple[FloatArray, IntArray]:
    distinct, place = np.unique(per_customer(value, summary.customers, where), return_inverse=True)
    return distinct, place


def expected_purchasers(probability: tuple[float, ...], n_periods: int) -> FloatArray:
    """Case 5: how many of one customer, who bought now, are expected to buy in each of the next periods.

    Parameters
    ----------
    probability
        Chance of buying in a period, by periods since the last purchase (1, 2, ...); after the last one the customer
        is given up.
    n_periods
        Periods ahead.

    Returns
    -------
    numpy.ndarray
        (n_periods + 1,): C_0 = 1, C_1, ...

    References
    ----------
    Berger and Nasr (1998), eq. (8). :class:`~custvalue.clv.dwyer.AlwaysAShare` values customers with it.

    Examples
    --------
    >>> expected_purchasers((0.3, 0.2, 0.15, 0.05), 4).round(4).tolist()
    [1.0, 0.3, 0.23, 0.195, 0.1397]
    """
    check_probability("expected_purchasers(probability)", probability)
    if n_periods < 0 or not probability:
        got = f"{len(probability)} probabilities, {n_periods} periods"
        raise InputError("expected_purchasers", expected="probabilities and 0 periods or more", got=got)
    return locked(kernel.expected_purchasers(np.array(probability), n_periods))
