"""What every model fitted to a summary must do, whatever it predicts: checks the kits of models share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar

import attrs
import numpy as np

from custvalue._arrays import FloatArray
from custvalue.data import CustomerIndex, CustomerSummary
from custvalue.testing._kit import run_checks

__all__ = [
    "close",
    "run_over",
    "same_again",
    "same_alone",
    "same_in_any_order",
]

ModelT = TypeVar("ModelT")
Answer = Callable[[ModelT, CustomerSummary, CustomerSummary], FloatArray]
"""``answer(model, learnt, asked)``: predictions (..., n_customers) for one summary after a fit to another."""


def close(first: FloatArray, second: FloatArray, *, rel: float = 1e-9) -> bool:
    """Whether two answers are the same but for rounding."""
    return bool(np.allclose(first, second, rtol=rel, atol=rel))


def same_in_any_order(answer: Answer[ModelT], model: ModelT, summary: CustomerSummary) -> None:
    """Permuting the customers permutes the answers; ids are labels, not positions."""
    order = np.random.default_rng(0).permutation(len(summary))
    other = attrs.evolve(summary.take(order), customers=CustomerIndex(10**6 + order))
    expected = answer(model, summary, summary)[..., order]
    assert close(answer(model, other, other), expected, rel=1e-4), "order or ids matter"


def same_alone(answer: Answer[ModelT], model: ModelT, summary: CustomerSummary) -> None:
    """An answer about a customer does not depend on who else is asked about."""
    rows = np.arange(0, len(summary), max(1, len(summary) // 7))
    expected = answer(model, summary, summary)[..., rows]
    assert close(answer(model, summary, summary.take(rows)), expected), "the company a customer keeps matters"


def same_again(answer: Answer[ModelT], model: ModelT, summary: CustomerSummary) -> None:
    """Twice the same summary is twice the same answer, and the settings stay what they were."""
    settings = repr(model)
    first, second = (answer(model, summary, summary) for _ in range(2))
    assert np.array_equal(first, second), "two fits to one summary differ"
    assert repr(model) == settings, "fit changed the settings"


def run_over(
    checks: Mapping[str, Callable[[ModelT, CustomerSummary], None]],
    model: ModelT,
    summary: CustomerSummary,
    expected_failures: Mapping[str, str],
) -> None:
    """Run checks of a model and a summary; raises AssertionError naming every one that failed."""
    bound = {name: partial(check, model, summary) for name, check in checks.items()}
    run_checks(model, bound, expected_failures)
