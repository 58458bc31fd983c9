"""Conformance of purchase models: plain named checks that any model of who still buys, ours or yours, must pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import attrs
import numpy as np

from custvalue._arrays import FloatArray
from custvalue.clv import (
    BGNBDProcess,
    CustomerValues,
    FittedPurchases,
    GammaGammaAmounts,
    PurchaseModel,
    SupportsResidual,
    simulate_log,
)
from custvalue.data import CustomerIndex, CustomerSummary, DiscountRate, Horizon, ObservationWindow, TimeUnit
from custvalue.errors import CustvalueError
from custvalue.testing._over_summaries import close, run_over, same_again, same_alone, same_in_any_order

__all__ = ["PURCHASE_MODEL_CHECKS", "check_purchase_model", "example_summary"]

Check = Callable[[PurchaseModel, CustomerSummary], None]
_QUARTER = Horizon(13, TimeUnit.WEEK)


def example_summary(*, n_customers: int = 400, seed: int = 5) -> CustomerSummary:
    """Customers drawn from a BG/NBD process with Gamma-Gamma amounts, acquired over a quarter, observed for a year.

    Examples
    --------
    >>> example_summary(n_customers=50)
    CustomerSummary(50 customers, ..., observed until 2025-12-31, unit=week, EUR)
    """
    log = simulate_log(
        BGNBDProcess(r=0.6, alpha=5.0, a=0.8, b=2.4),
        GammaGammaAmounts(p=6.0, q=4.0, gamma=15.0),
        n_customers=n_customers,
        window=ObservationWindow("2025-01-01", "2025-12-31"),
        acquired_until="2025-03-31",
        seed=seed,
    )
    summary = log.summary()
    ids = np.random.default_rng(seed).permutation(n_customers)
    return attrs.evolve(summary, customers=CustomerIndex([f"C{number:05d}" for number in ids]))


def _predictions(fitted: FittedPurchases, summary: CustomerSummary) -> FloatArray:
    alive, purchases = fitted.probability_alive(summary), fitted.expected_purchases(summary, _QUARTER)
    return np.stack([alive.values, purchases.values])


def _answer(model: PurchaseModel, learnt: CustomerSummary, asked: CustomerSummary, /) -> FloatArray:
    return _predictions(model.fit(learnt), asked)


def satisfies_protocol(model: PurchaseModel, summary: CustomerSummary) -> None:
    """``fit`` gives what predicts P(alive) and expected purchases, for the customers asked about."""
    assert isinstance(model, PurchaseModel), "fit(summary) is missing"
    fitted = model.fit(summary)
    assert isinstance(fitted, FittedPurchases), "the fit lacks probability_alive or expected_purchases"
    for values in (fitted.probability_alive(summary), fitted.expected_purchases(summary, _QUARTER)):
        assert isinstance(values, CustomerValues), "a prediction must be CustomerValues"
        assert values.customers == summary.customers, "the customers are not those of the summary"


def gives_probabilities(model: PurchaseModel, summary: CustomerSummary) -> None:
    """P(alive) is a number between 0 and 1."""
    alive = model.fit(summary).probability_alive(summary).values
    assert bool(((alive >= 0) & (alive <= 1)).all()), "P(alive) outside [0, 1]"


def does_not_revive(model: PurchaseModel, summary: CustomerSummary) -> None:
    """P(alive) at a later moment is no higher than now."""
    fitted = model.fit(summary)
    now, soon, later = (
        fitted.probability_alive(summary, at=at).values for at in (0, _QUARTER, Horizon(9, TimeUnit.YEAR))
    )
    assert bool((soon <= now + 1e-12).all() and (later <= soon + 1e-12).all()), "customers come back to life"


def expects_finite_purchases(model: PurchaseModel, summary: CustomerSummary) -> None:
    """Expected purchases are finite and never negative, for a day and for fifty years."""
    fitted = model.fit(summary)
    for horizon in (Horizon(1, TimeUnit.DAY), _QUARTER, Horizon(50, TimeUnit.YEAR)):
        purchases = fitted.expected_purchases(summary, horizon).values
        assert bool((np.isfinite(purchases) & (purchases >= 0)).all()), f"not finite or negative within {horizon}"


def expects_more_for_longer(model: PurchaseModel, summary: CustomerSummary) -> None:
    """A longer horizon never holds fewer purchases, and a vanishing one holds none."""
    fitted = model.fit(summary)
    days = [1e-6, 1, 7, 30, 365, 3650]
    reached = [fitted.expected_purchases(summary, Horizon(n, TimeUnit.DAY)).values for n in days]
    assert bool((np.diff(reached, axis=0) >= -1e-9).all()), "a longer horizon holds fewer purchases"
    assert bool((reached[0] < 1e-4).all()), "a millionth of a day holds purchases"


def reads_horizons_in_any_unit(model: PurchaseModel, summary: CustomerSummary) -> None:
    """Thirteen weeks are 91 days."""
    fitted = model.fit(summary)
    weeks, days = (fitted.expected_purchases(summary, h).values for h in (_QUARTER, Horizon(91, TimeUnit.DAY)))
    assert close(weeks, days), "13 weeks and 91 days differ"


def ignores_unit_of_ages(model: PurchaseModel, summary: CustomerSummary) -> None:
    """Fitted to ages in days, weeks or years, the predictions are the same."""
    expected = _predictions(model.fit(summary), summary)
    for unit in (TimeUnit.DAY, TimeUnit.YEAR):
        other = summary.in_unit(unit)
        assert close(_predictions(model.fit(other), other), expected, rel=1e-4), f"in {unit.value}s it is another model"


def ignores_order_and_ids(model: PurchaseModel, summary: CustomerSummary) -> None:
    """Permuting the customers permutes the predictions; ids are labels, not positions."""
    same_in_any_order(_answer, model, summary)


def predicts_each_alone(model: PurchaseModel, summary: CustomerSummary) -> None:
    """A customer's prediction does not depend on who else is asked about."""
    same_alone(_answer, model, summary)


def predicts_nobody(model: PurchaseModel, summary: CustomerSummary) -> None:
    """Asked about no customers, it predicts for none."""
    nobody = summary.take(np.zeros(0, dtype=np.int64))
    assert _predictions(model.fit(summary), nobody).shape == (2, 0), "without customers there are predictions"


def doubts_the_silent(model: PurchaseModel, summary: CustomerSummary) -> None:
    """Of two customers alike, the one who bought more recently is no less likely alive."""
    end = summary.observed_until
    silent = np.arange(0, 300, 20)
    n = silent.size
    alike = CustomerSummary(
        customers=CustomerIndex(np.arange(n)),
        first_at=np.full(n, end - np.timedelta64(330, "D")),
        last_at=end - silent.astype("timedelta64[D]"),
        n_purchases=np.full(n, 5),
        observed_until=end,
        currency=summary.currency,
        unit=summary.unit,
    )
    alive = model.fit(summary).probability_alive(alike).values
    assert bool((np.diff(alive) <= 1e-9).all()), "longer silence makes P(alive) rise"


def is_repeatable(model: PurchaseModel, summary: CustomerSummary) -> None:
    """Twice the same summary is twice the same fit, and the settings stay what they were."""
    same_again(_answer, model, summary)


def is_not_silent_about_one_time_buyers(model: PurchaseModel, summary: CustomerSummary) -> None:
    """If nobody came back, fit refuses with an error of ours, or predicts numbers: never NaN."""
    once = attrs.evolve(
        summary,
        n_purchases=np.ones(len(summary), dtype=np.int64),
        last_at=summary.first_at,
        repeat_amount=None,
        total_amount=None,
    )
    try:
        fitted = model.fit(once)
    except CustvalueError:
        return
    assert bool(np.isfinite(_predictions(fitted, once)).all()), "NaN for one-time buyers"


def discounts_what_is_left(model: PurchaseModel, summary: CustomerSummary) -> None:
    """Where residual transactions are offered: finite, not negative, and fewer at a higher rate."""
    fitted = model.fit(summary)
    if not isinstance(fitted, SupportsResidual):
        return
    low, high = (fitted.expected_residual_transactions(summary, DiscountRate.annual(r)).values for r in (0.1, 0.3))
    assert bool((np.isfinite(low) & (high >= 0)).all()), "not finite or negative"
    assert bool((high <= low * (1 + 1e-9)).all()), "a higher rate leaves more"


PURCHASE_MODEL_CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        check.__name__: check
        for check in (
            satisfies_protocol,
            gives_probabilities,
            does_not_revive,
            expects_finite_purchases,
            expects_more_for_longer,
            reads_horizons_in_any_unit,
            ignores_unit_of_ages,
            ignores_order_and_ids,
            predicts_each_alone,
            predicts_nobody,
            doubts_the_silent,
            is_repeatable,
            is_not_silent_about_one_time_buyers,
            discounts_what_is_left,
        )
    }
)


def check_purchase_model(
    model: PurchaseModel,
    summary: CustomerSummary | None = None,
    *,
    expected_failures: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Run every check of a purchase model.

    Parameters
    ----------
    model
        An object with ``fit(summary)``.
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
    >>> from custvalue.clv import MBGNBD
    >>> check_purchase_model(MBGNBD(), example_summary(n_customers=150))
    """
    run_over(PURCHASE_MODEL_CHECKS, model, example_summary() if summary is None else summary, expected_failures)
