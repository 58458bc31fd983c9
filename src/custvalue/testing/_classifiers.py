"""Conformance of portfolio classifiers: plain named checks that any classifier, ours or yours, must pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from custvalue.data import CustomerIndex, ValueTable
from custvalue.portfolio import Classification, FittedClassifier, PortfolioClassifier

__all__ = ["CLASSIFIER_CHECKS", "check_classifier", "example_values"]

Check = Callable[[PortfolioClassifier, ValueTable], None]


def example_values(measures: Sequence[str] = ("profit",), *, n_customers: int = 200, seed: int = 7) -> ValueTable:
    """Make a table of skewed, partly negative and partly tied measures without gaps.

    Examples
    --------
    >>> example_values(["profit", "orders"], n_customers=5)
    ValueTable(5 customers; profit, orders)
    """
    rng = np.random.default_rng(seed)
    columns = {name: np.round(rng.gamma(1.0, 100.0, n_customers) - 40.0, 0) for name in measures}
    return ValueTable(customers=CustomerIndex([f"C{row:04d}" for row in range(n_customers)]), measures=columns)


def _classified(classifier: PortfolioClassifier, values: ValueTable) -> Classification:
    return classifier.fit(values).classify(values)


def satisfies_protocol(classifier: PortfolioClassifier, values: ValueTable) -> None:
    """Settings have ``fit``; what it returns has ``classify``; that returns a Classification."""
    assert isinstance(classifier, PortfolioClassifier), "fit(values) is missing"
    fitted = classifier.fit(values)
    assert isinstance(fitted, FittedClassifier), "what fit returns has no classify(values)"
    settings: object = classifier
    assert fitted is not settings, "fit must return a new object"
    assert isinstance(fitted.classify(values), Classification), "classify must return a Classification"


def gives_exactly_one_class(classifier: PortfolioClassifier, values: ValueTable) -> None:
    """Every customer is there once, with one class of the scheme, and none of a full table is missing."""
    found = _classified(classifier, values)
    assert found.customers == values.customers, "the customers are not those of the table"
    assert found.codes.shape == (len(values.customers),), "not one class a customer"
    assert not found.is_missing.any(), "a customer without missing measures has the missing label"


def ignores_order(classifier: PortfolioClassifier, values: ValueTable) -> None:
    """Permuting the customers permutes the classes."""
    order = np.random.default_rng(1).permutation(len(values.customers))
    expected = _classified(classifier, values).labels[order]
    got = _classified(classifier, values.take(order)).labels
    assert np.array_equal(expected, got), "the order of the customers changed their classes"


def reuses_cuts(classifier: PortfolioClassifier, values: ValueTable) -> None:
    """Classifying a few customers gives what classifying all gave: nothing is learnt again."""
    fitted = classifier.fit(values)
    expected = fitted.classify(values).labels
    for start in range(3):
        some = np.arange(start, len(values.customers), 7)
        assert np.array_equal(expected[some], fitted.classify(values.take(some)).labels), "a part was classed otherwise"
    for one in (0, len(values.customers) // 2, len(values.customers) - 1):
        alone = fitted.classify(values.take([one]))
        assert expected[one] == alone.labels[0], "a customer alone was classed otherwise"


def labels_missing_values(classifier: PortfolioClassifier, values: ValueTable) -> None:
    """A customer without any measure gets the missing label, and moves no cut."""
    n = len(values.customers)
    ids = CustomerIndex([*map(str, values.customers.ids), "nothing known"])
    columns = {name: np.append(values[name], np.nan) for name in values.names}
    gap = ValueTable(customers=ids, measures=columns)
    found = _classified(classifier, gap)
    assert found.labels[n] == found.scheme.missing, "a customer without measures was classed"
    assert np.array_equal(found.labels[:n], _classified(classifier, values).labels), "it changed the others' classes"


def is_repeatable(classifier: PortfolioClassifier, values: ValueTable) -> None:
    """Fitting twice gives the same, and the settings stay what they were."""
    before = repr(classifier)
    first, second = _classified(classifier, values), _classified(classifier, values)
    assert np.array_equal(first.codes, second.codes), "two fits on one table differ"
    assert repr(classifier) == before, "fit changed the settings"


def classifies_nobody(classifier: PortfolioClassifier, values: ValueTable) -> None:
    """An empty table gives an empty classification."""
    nobody = values.take(np.zeros(len(values.customers), np.bool_))
    assert classifier.fit(values).classify(nobody).codes.size == 0, "an empty table gave classes"


def has_pinned_frame(classifier: PortfolioClassifier, values: ValueTable) -> None:
    """The frame starts with customer, class and the texts; distances are 0 or more."""
    found = _classified(classifier, values)
    columns = [str(name) for name in getattr(found.to_frame(), "columns", ())]
    assert columns[:5] == ["customer", "class", "relationship", "strategy", "focus"], f"the frame has {columns}"
    distance = found.boundary_distance
    assert not np.any(distance < 0), "a boundary distance is negative"


CLASSIFIER_CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        check.__name__: check
        for check in (
            satisfies_protocol,
            gives_exactly_one_class,
            ignores_order,
            reuses_cuts,
            labels_missing_values,
            is_repeatable,
            classifies_nobody,
            has_pinned_frame,
        )
    }
)


def check_classifier(
    classifier: PortfolioClassifier,
    values: ValueTable | Sequence[str] = ("profit",),
    *,
    expected_failures: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Run every check of a portfolio classifier.

    Parameters
    ----------
    classifier
        Settings with ``fit``.
    values
        A table without gaps, or the names of the measures the classifier needs.
    expected_failures
        Check name to reason, for what a classifier knowingly does otherwise; one that passes all the same is told.

    Raises
    ------
    AssertionError
        Naming every check that failed, and why.

    Examples
    --------
    >>> from custvalue.portfolio import Pyramid
    >>> check_classifier(Pyramid(measure="margin"), ["margin"])
    """
    table = values if isinstance(values, ValueTable) else example_values(tuple(values))
    failures = []
    for name, check in CLASSIFIER_CHECKS.items():
        try:
            check(classifier, table)
        except AssertionError as error:
            if name not in expected_failures:
                failures.append(f"{name}: {error}")
        else:
            if name in expected_failures:
                failures.append(f"{name}: passes, although expected to fail ({expected_failures[name]})")
    if failures:
        raise AssertionError("\n".join([f"{classifier!r} does not conform:", *failures]))
