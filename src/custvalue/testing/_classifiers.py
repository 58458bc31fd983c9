"""Conformance of portfolio classifiers: plain named checks that any classifier, ours or yours, must pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType

import numpy as np

from custvalue.data import CustomerIndex, ValueTable
from custvalue.portfolio import Classification, FittedClassifier, PortfolioClassifier
from custvalue.testing._kit import run_checks

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


_HOW = "Classification.from_labels(values, labels, scheme)"


def satisfies_protocol(classifier: PortfolioClassifier, values: ValueTable) -> None:
    """Settings have ``fit``; what it returns has ``classify``; that returns a Classification."""
    assert isinstance(classifier, PortfolioClassifier), "fit(values) is missing: write def fit(self, values, /)"
    fitted = classifier.fit(values)
    got = type(fitted).__name__
    wanted = "return an object with def classify(self, values, /)"
    assert isinstance(fitted, FittedClassifier), f"fit returns {got}, which has no classify(values): {wanted}"
    found: object = fitted.classify(values)
    got = type(found).__name__
    assert isinstance(found, Classification), f"classify returns {got}: return {_HOW}"


def keeps_what_was_fitted(classifier: PortfolioClassifier, values: ValueTable) -> None:
    """Fitting again, on other customers, changes no earlier fit; so only who learns nothing may return itself."""
    fitted = classifier.fit(values)
    before = fitted.classify(values).labels
    order = np.argsort(values[values.names[0]], kind="stable")
    for part in (order[: order.size // 4], order[-order.size // 4 :]):
        classifier.fit(values.take(part))
        after = fitted.classify(values).labels
        assert np.array_equal(before, after), (
            "a second fit changed the first one: learn into a new object, not into self"
        )


def gives_exactly_one_class(classifier: PortfolioClassifier, values: ValueTable) -> None:
    """Every customer is there once, with one class of the scheme, and none of a full table is missing."""
    found = _classified(classifier, values)
    same = found.customers == values.customers
    assert same, f"the customers are not those of the table in its order: return {_HOW}"
    assert found.codes.shape == (len(values.customers),), f"not one class a customer: return {_HOW}"
    n = int(found.is_missing.sum())
    assert n == 0, f"{n} customers without missing measures have the missing label: give each of them a class"


def ignores_order(classifier: PortfolioClassifier, values: ValueTable) -> None:
    """Permuting the customers permutes the classes."""
    order = np.random.default_rng(1).permutation(len(values.customers))
    expected = _classified(classifier, values).labels[order]
    got = _classified(classifier, values.take(order)).labels
    n = int((expected != got).sum())
    assert n == 0, f"the order of the rows changed the class of {n} customers: use no row number, settle ties by value"


def reuses_cuts(classifier: PortfolioClassifier, values: ValueTable) -> None:
    """Classifying a few customers gives what classifying all gave: nothing is learnt again."""
    fitted = classifier.fit(values)
    expected = fitted.classify(values).labels
    how = "learn every cut in fit, and compare with nothing else in classify"
    for start in range(3):
        some = np.arange(start, len(values.customers), 7)
        got = fitted.classify(values.take(some)).labels
        assert np.array_equal(expected[some], got), f"a part of the customers was classed otherwise: {how}"
    for one in (0, len(values.customers) // 2, len(values.customers) - 1):
        alone = fitted.classify(values.take([one]))
        assert expected[one] == alone.labels[0], f"a customer alone was classed otherwise: {how}"


def labels_missing_values(classifier: PortfolioClassifier, values: ValueTable) -> None:
    """A customer without any measure gets the missing label, and moves no cut."""
    n = len(values.customers)
    ids = CustomerIndex([*map(str, values.customers.ids), "nothing known"])
    columns = {name: np.append(values[name], np.nan) for name in values.names}
    gap = ValueTable(customers=ids, measures=columns)
    found = _classified(classifier, gap)
    label, missing = str(found.labels[n]), found.scheme.missing
    assert label == missing, f"a customer whose measures are all NaN was classed {label!r}: label it {missing!r}"
    same = np.array_equal(found.labels[:n], _classified(classifier, values).labels)
    assert same, "a customer whose measures are all NaN changed the others' classes: leave NaN out of what fit learns"


def is_repeatable(classifier: PortfolioClassifier, values: ValueTable) -> None:
    """Fitting twice gives the same, and the settings stay what they were."""
    before = repr(classifier)
    first, second = _classified(classifier, values), _classified(classifier, values)
    assert np.array_equal(first.codes, second.codes), "two fits on one table differ: state the seed of what is random"
    assert repr(classifier) == before, "fit changed the settings: learn into a new object"


def classifies_nobody(classifier: PortfolioClassifier, values: ValueTable) -> None:
    """An empty table gives an empty classification."""
    nobody = values.take(np.zeros(len(values.customers), np.bool_))
    n = classifier.fit(values).classify(nobody).codes.size
    assert n == 0, f"an empty table gave {n} classes: give as many labels as there are customers"


def has_pinned_frame(classifier: PortfolioClassifier, values: ValueTable) -> None:
    """The frame starts with customer, class and the texts; distances are 0 or more."""
    found = _classified(classifier, values)
    columns = [str(name) for name in getattr(found.to_frame(), "columns", ())]
    pinned = ["customer", "class", "relationship", "strategy", "focus"]
    assert columns[:5] == pinned, f"the frame has {columns}: keep {pinned} in front"
    n = int((found.boundary_distance < 0).sum())
    assert n == 0, f"{n} boundary distances are negative: give the distance to the nearest boundary, 0 or more"


CLASSIFIER_CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        check.__name__: check
        for check in (
            satisfies_protocol,
            keeps_what_was_fitted,
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
    checks = {name: partial(check, classifier, table) for name, check in CLASSIFIER_CHECKS.items()}
    run_checks(classifier, checks, expected_failures)
