"""Every classifier of ours goes through the kit that plugins go through; and the kit finds what is wrong."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest

from custvalue.data import ValueTable
from custvalue.portfolio import (
    Blend,
    Classification,
    ClusterClassifier,
    Condition,
    FittedGrid,
    Floored,
    MatrixClassifier,
    Mean,
    MeasuredClassifier,
    Median,
    NaturalBreaks,
    PerSegment,
    Policy,
    Pyramid,
    Quantiles,
    Rule,
    RuleClassifier,
    Scaling,
    Scheme,
    TierClassifier,
    TopShare,
    TwoTier,
    models,
    presets,
)
from custvalue.testing._classifiers import CLASSIFIER_CHECKS, check_classifier, example_values


def values_for(classifier: MeasuredClassifier) -> ValueTable:
    """Make a table for a classifier of ours: four segments, and weights of 0 or more."""
    values = example_values([*classifier.measures, "sales_before"])
    segments = np.arange(len(values.customers)) % 4
    return values.with_measures({"segment": segments.astype(float), "sales_before": np.abs(values["sales_before"])})


OWN: dict[str, MeasuredClassifier] = {
    "clusters": ClusterClassifier(features=["profit", "orders"], n_clusters=4, n_starts=3),
    "clusters, number chosen": ClusterClassifier(features=["profit", "orders"], n_clusters=(2, 4), n_starts=2),
    "natural breaks": TierClassifier(measure="profit", cuts=NaturalBreaks(4), tiers=presets.PYRAMID),
    "four groups": TierClassifier(measure="profit", cuts=Quantiles(4), tiers=presets.PYRAMID),
    "blend": MatrixClassifier(
        x=Blend("x", {"profit": 1, "orders": -0.5}, Scaling.Z),
        y=Blend("y", {"visits": 1, "orders": 2}, Scaling.RANGE),
        cuts=(Floored(Median()), TopShare((0.1, 0.4))),
        cells=presets.DIRECT_INDIRECT,
    ),
    "tiers per segment": PerSegment(classifier=TwoTier()),
    "learnt rules": RuleClassifier(
        scheme=presets.GRADES,
        rules=[
            Rule("A", [Condition.at_least("profit", Mean()), Condition.above("orders", Median())]),
            Rule("B", Condition.at_most("orders", 100)),
        ],
        otherwise="C",
    ),
}


@pytest.mark.parametrize("check", CLASSIFIER_CHECKS.values(), ids=CLASSIFIER_CHECKS)
@pytest.mark.parametrize("classifier", [*models.NAMED.values(), *OWN.values()], ids=[*models.NAMED, *OWN])
def test_every_classifier_conforms(classifier: MeasuredClassifier, check: object) -> None:
    assert callable(check)
    check(classifier, values_for(classifier))


@attrs.frozen
class Relearns:
    """Wrong on purpose: cuts learnt again at every classify, a NaN classed, order mattering."""

    def fit(self, values: ValueTable, /) -> Relearns:
        """Learn nothing."""
        del values
        return self

    def classify(self, values: ValueTable, /) -> Classification:
        """Compare with whoever comes first."""
        profit = values["profit"]
        first = profit[0] if profit.size else 0.0
        labels = np.where(profit >= first, "high", "low")
        return Classification.from_labels(values, labels, Scheme("wrong", [Policy("high"), Policy("low")]))


def test_the_kit_names_every_failure() -> None:
    with pytest.raises(AssertionError) as caught:
        check_classifier(Relearns())
    text = str(caught.value)

    for name in ("ignores_order", "reuses_cuts", "labels_missing_values"):
        assert name in text
    for name in ("satisfies_protocol", "keeps_what_was_fitted", "gives_exactly_one_class"):
        assert name not in text, "it learns nothing, so it may return itself"
    assert "learn every cut in fit" in text


class Learns:
    """Wrong on purpose: learns into itself."""

    at = 0.0

    def fit(self, values: ValueTable, /) -> Learns:
        """Learn the mean."""
        self.at = float(np.nanmean(values["profit"]))
        return self

    def classify(self, values: ValueTable, /) -> Classification:
        """Compare with whatever was learnt last."""
        profit = values["profit"]
        labels = np.select([np.isnan(profit), profit >= self.at], ["missing", "high"], "low")
        return Classification.from_labels(values, labels, Scheme("wrong", [Policy("high"), Policy("low")]))


def test_who_learns_into_itself_is_found_out() -> None:
    with pytest.raises(AssertionError) as caught:
        check_classifier(Learns())

    assert str(caught.value).splitlines()[1:] == [
        "keeps_what_was_fitted: a second fit changed the first one: learn into a new object, not into self"
    ]


@attrs.frozen
class Fixated:
    """Right: its cut is a setting, so it learns nothing and may return itself."""

    at: float = 20.0

    def fit(self, values: ValueTable, /) -> Fixated:
        """Learn nothing."""
        del values
        return self

    def classify(self, values: ValueTable, /) -> Classification:
        """Compare with the setting."""
        profit = values["profit"]
        labels = np.select([np.isnan(profit), profit >= self.at], ["missing", "high"], "low")
        return Classification.from_labels(values, labels, Scheme("own", [Policy("high"), Policy("low")]))


def test_who_learns_nothing_may_return_itself() -> None:
    check_classifier(Fixated())


@attrs.frozen
class Lists:
    """Wrong on purpose: gives a list, and no classification."""

    def fit(self, values: ValueTable, /) -> Lists:
        """Learn nothing."""
        del values
        return self

    def classify(self, values: ValueTable, /) -> Any:
        """Label everybody alike."""
        return ["A"] * len(values.customers)


def test_the_kit_says_what_to_return() -> None:
    with pytest.raises(AssertionError, match=r"classify returns list: return Classification\.from_labels"):
        check_classifier(Lists())


def test_declared_failures_are_allowed_but_must_fail() -> None:
    known = dict.fromkeys(("ignores_order", "reuses_cuts", "labels_missing_values"), "on purpose")
    check_classifier(Relearns(), expected_failures=known)

    with pytest.raises(AssertionError, match="passes, although expected to fail"):
        check_classifier(Pyramid(), expected_failures={"ignores_order": "it does not"})


def test_every_preset_says_what_to_do_and_where_it_is_from() -> None:
    schemes = {name: getattr(presets, name) for name in presets.__all__}
    for name, preset in schemes.items():
        scheme = preset if isinstance(preset, Scheme) else preset.scheme

        assert scheme.source, name
        for policy in scheme.policies:
            assert policy.relationship, (name, policy.label)
            assert policy.strategy, (name, policy.label)
            assert policy.focus, (name, policy.label)


def test_models_are_settings_that_can_be_changed() -> None:
    mine = attrs.evolve(models.SHAPIRO, x="my price", cells=presets.SHAPIRO.renamed({"passive": "genügsam"}))
    values = example_values(["my price", "cost_to_serve"])
    found = mine.fit(values)

    assert isinstance(found, FittedGrid)
    assert "genügsam" in found.classify(values).labels
    assert mine == attrs.evolve(models.SHAPIRO, x="my price", cells=mine.cells)
