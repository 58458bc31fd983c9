"""Conformance of lifetime-value models: plain named checks that any model, ours or yours, must pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from custvalue._arrays import FloatArray
from custvalue.clv import CLVModel, CustomerValues, FittedCLV, SupportsMargin
from custvalue.data import CustomerMargin, CustomerSummary, DiscountRate, Horizon, TimeUnit, Timing
from custvalue.testing._over_summaries import close, run_over, same_again, same_alone, same_in_any_order
from custvalue.testing._purchase_models import example_summary

__all__ = ["CLV_MODEL_CHECKS", "check_clv_model"]

Check = Callable[[CLVModel, CustomerSummary], None]
_RATE = DiscountRate.annual(0.10)


def _value(
    fitted: FittedCLV,
    summary: CustomerSummary,
    *,
    years: float = 2,
    rate: DiscountRate = _RATE,
    timing: Timing = Timing.END,
) -> FloatArray:
    horizon = Horizon(years, TimeUnit.YEAR)
    return fitted.lifetime_value(summary, horizon=horizon, discount=rate, timing=timing).values


def _answer(model: CLVModel, learnt: CustomerSummary, asked: CustomerSummary, /) -> FloatArray:
    return _value(model.fit(learnt), asked)


_HOW = "write CustomerValues(..., measure='lifetime_value', unit=summary.currency.code)"


def satisfies_protocol(model: CLVModel, summary: CustomerSummary) -> None:
    """``fit`` gives what values the customers asked about, in the currency of the summary."""
    assert isinstance(model, CLVModel), "fit(summary) is missing"
    fitted = model.fit(summary)
    assert isinstance(fitted, FittedCLV), "the fit lacks lifetime_value"
    values = fitted.lifetime_value(summary, horizon=Horizon(2, TimeUnit.YEAR), discount=_RATE)
    assert isinstance(values, CustomerValues), "lifetime_value must return CustomerValues"
    assert values.customers == summary.customers, "the customers are not those of the summary"
    assert values.measure == "lifetime_value", f"the measure is called {values.measure!r}: {_HOW}"
    assert values.unit == summary.currency.code, f"the unit is {values.unit!r}, not the currency: {_HOW}"


def gives_numbers(model: CLVModel, summary: CustomerSummary) -> None:
    """No value is NaN, and not all are infinite."""
    values = _value(model.fit(summary), summary)
    assert not bool(np.isnan(values).any()), "NaN among the values"
    assert bool(np.isfinite(values).any()), "every value is infinite"


def discounts(model: CLVModel, summary: CustomerSummary) -> None:
    """Values of one sign shrink as the rate rises."""
    fitted = model.fit(summary)
    none, some, much = (np.abs(_value(fitted, summary, rate=DiscountRate.annual(r))) for r in (0.0, 0.1, 0.5))
    if bool((_value(fitted, summary) >= 0).all()):
        slack = 1 + 1e-9
        assert bool((some <= none * slack).all() and (much <= some * slack).all()), "a higher rate is worth more"


def earns_more_in_longer(model: CLVModel, summary: CustomerSummary) -> None:
    """Values of one sign grow with the horizon."""
    fitted = model.fit(summary)
    one, two, five = (_value(fitted, summary, years=years) for years in (1, 2, 5))
    if bool((five >= 0).all()):
        slack = 1 + 1e-9
        assert bool((one <= two * slack).all() and (two <= five * slack).all()), "a longer horizon is worth less"


def times_cash(model: CLVModel, summary: CustomerSummary) -> None:
    """Cash at the start of a period is worth a period's interest more than at its end; in the middle, half of it."""
    fitted = model.fit(summary)
    start, middle, end = (
        _value(fitted, summary, timing=timing) for timing in (Timing.START, Timing.MIDDLE, Timing.END)
    )
    assert close(start, end * 1.10), "START is not END times one plus the rate"
    assert close(middle, end * np.sqrt(1.10)), "MIDDLE is not END times the root of one plus the rate"


def ignores_timing_at_no_interest(model: CLVModel, summary: CustomerSummary) -> None:
    """At a rate of 0 the timing of cash does not matter."""
    fitted = model.fit(summary)
    free = DiscountRate.annual(0.0)
    start, end = (_value(fitted, summary, rate=free, timing=timing) for timing in (Timing.START, Timing.END))
    assert close(start, end), "timing matters at a zero rate"


def ignores_order_and_ids(model: CLVModel, summary: CustomerSummary) -> None:
    """Permuting the customers permutes the values; ids are labels, not positions."""
    same_in_any_order(_answer, model, summary)


def values_each_alone(model: CLVModel, summary: CustomerSummary) -> None:
    """A customer's value does not depend on who else is asked about."""
    same_alone(_answer, model, summary)


def values_nobody(model: CLVModel, summary: CustomerSummary) -> None:
    """Asked about no customers, it values none."""
    nobody = summary.take(np.zeros(0, dtype=np.int64))
    assert _value(model.fit(summary), nobody).shape == (0,), "without customers there are values"


def is_repeatable(model: CLVModel, summary: CustomerSummary) -> None:
    """Twice the same summary is twice the same value, and the settings stay what they were."""
    same_again(_answer, model, summary)


def takes_margins(model: CLVModel, summary: CustomerSummary) -> None:
    """Where margins are taken: twice the share is twice the value, and one share each is the same as one for all."""
    if not isinstance(model, SupportsMargin):
        return
    single, double = (_value(model.with_margin(share).fit(summary), summary) for share in (0.2, 0.4))
    assert close(double, 2 * single), "twice the margin is not twice the value"
    n = len(summary)
    each = CustomerMargin(customers=summary.customers, ratio=np.full(n, 0.2), cost_per_purchase=np.zeros(n))
    assert close(_value(model.with_margin(each).fit(summary), summary), single), "one share a customer differs"


def bounds_hold_the_value(model: CLVModel, summary: CustomerSummary) -> None:
    """Where there are intervals: they hold the value, and a wider level is wider."""
    rows = summary.take(np.arange(min(len(summary), 20)))
    values = model.fit(summary).lifetime_value(rows, horizon=Horizon(2, TimeUnit.YEAR), discount=_RATE)
    if values.intervals is None:
        return
    narrow, wide = values.interval(0.5), values.interval(0.95)
    ordered = [wide.lower, narrow.lower, values.values, narrow.upper, wide.upper]
    finite = np.isfinite(values.values)
    assert bool((np.diff([edge[finite] for edge in ordered], axis=0) >= -1e-9).all()), "bounds do not nest"


CLV_MODEL_CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        check.__name__: check
        for check in (
            satisfies_protocol,
            gives_numbers,
            discounts,
            earns_more_in_longer,
            times_cash,
            ignores_timing_at_no_interest,
            ignores_order_and_ids,
            values_each_alone,
            values_nobody,
            is_repeatable,
            takes_margins,
            bounds_hold_the_value,
        )
    }
)


def check_clv_model(
    model: CLVModel,
    summary: CustomerSummary | None = None,
    *,
    expected_failures: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Run every check of a lifetime-value model.

    Parameters
    ----------
    model
        An object with ``fit(summary)``; its fit has ``lifetime_value(summary, horizon=..., discount=..., timing=...)``.
    summary
        Customers to fit to; `example_summary` by default.
    expected_failures
        Check name to reason, for what a model knowingly does otherwise; one that passes all the same is told.

    Raises
    ------
    AssertionError
        Naming every check that failed, and why.

    Examples
    --------
    >>> from custvalue.clv import MBGNBD, BuyTillYouDie, GammaGamma
    >>> check_clv_model(BuyTillYouDie(MBGNBD(), GammaGamma(), margin=0.3), example_summary(n_customers=150))
    """
    run_over(CLV_MODEL_CHECKS, model, example_summary() if summary is None else summary, expected_failures)
