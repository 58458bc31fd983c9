"""What a portfolio classifier is: fit learns the cuts, classify applies them."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from custvalue.data import ValueTable
from custvalue.data._kinds import require_kind
from custvalue.portfolio._result import Classification

__all__ = ["FittedClassifier", "MeasuredClassifier", "PortfolioClassifier", "classified"]


@runtime_checkable
class FittedClassifier(Protocol):
    """A classifier whose cuts are learnt: the same cuts, any customers, any date."""

    def classify(self, values: ValueTable, /) -> Classification:
        """Put every customer into exactly one class.

        Parameters
        ----------
        values
            The customers to classify, with the measures the classifier names.

        Returns
        -------
        Classification
            One class a customer; a customer with a missing measure gets the missing label.
        """
        ...


@runtime_checkable
class PortfolioClassifier(Protocol):
    """Settings that can learn their cuts from a table. Nobody has to subclass it."""

    def fit(self, values: ValueTable, /) -> FittedClassifier:
        """Learn the cuts.

        Parameters
        ----------
        values
            The population the cuts are computed on.

        Returns
        -------
        FittedClassifier
            A new object; neither the settings nor the table change.
        """
        ...


@runtime_checkable
class MeasuredClassifier(PortfolioClassifier, Protocol):
    """A classifier that says which measures it needs, as all of this room do."""

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of the measures that ``fit`` needs in the table."""
        ...


def classified(fitted: FittedClassifier, values: ValueTable) -> Classification:
    """Classify by anybody's classifier.

    Raises
    ------
    InputError
        If it gives something else than a classification.
    """
    found = fitted.classify(values)
    hint = "Build it with Classification.from_labels(values, labels, scheme)."
    require_kind(f"{type(fitted).__name__}.classify", found, Classification, hint=hint)
    return found
