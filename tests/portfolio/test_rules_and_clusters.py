"""Rule lists with veto, and clusters."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.portfolio._tables import table

from custvalue.data import Weights
from custvalue.errors import InputError, SchemaError
from custvalue.portfolio import (
    Blend,
    ClusterClassifier,
    Condition,
    Median,
    Policy,
    Quantiles,
    Rule,
    RuleClassifier,
    Scaling,
    Scheme,
    models,
)

ABC = Scheme("grades", [Policy("A"), Policy("B"), Policy("C")])
NAN = np.nan


def graded(**measures: object) -> list[str]:
    """Grade by sales (veto) and index."""
    classifier = RuleClassifier(
        scheme=ABC,
        rules=[
            Rule("B", Condition.at_least("index", 2)),
            Rule("A", Condition.at_least("sales", 100), veto=True),
            Rule("C", [Condition.below("sales", 10), Condition.at_most("index", 3)], veto=True),
        ],
        otherwise="C",
    )
    values = table(range(len(measures["sales"])), **measures)  # type: ignore[arg-type]  # lists of numbers
    return [str(label) for label in classifier.fit(values).classify(values).labels]


def test_a_veto_settles_the_grade_alone() -> None:
    assert graded(sales=[100, 99, 5, 5], index=[0, 2, 3, 4]) == ["A", "B", "C", "B"]


def test_unknown_is_neither_true_nor_false() -> None:
    """Sales of 100 settle it without the index; 99 cannot; a false part settles a rule whatever the other part."""
    got = graded(sales=[100, 99, 5, 50, NAN, NAN], index=[NAN, NAN, NAN, 1, 1, NAN])

    assert got == ["A", "missing", "missing", "C", "missing", "missing"]


def test_thresholds_may_be_learnt_and_are_reused() -> None:
    classifier = RuleClassifier(scheme=ABC, rules=[Rule("A", Condition.above("sales", Median()))], otherwise="C")
    fitted = classifier.fit(table("abc", sales=[1, 2, 3]))

    assert fitted.cuts[0].at == (2.0,)
    assert fitted.cuts[0].rule == "median"
    assert fitted.classify(table("xy", sales=[2.0, 2.5])).labels.tolist() == ["C", "A"]


def test_the_audit_counts_overlaps_and_what_fell_through() -> None:
    classifier = RuleClassifier(
        scheme=ABC,
        rules=[Rule("A", Condition.at_least("x", 5)), Rule("B", Condition.at_least("x", 3))],
        otherwise="C",
    )
    values = table(range(5), x=[1, 3, 5, 7, NAN])
    audit = classifier.fit(values).audit(values)

    assert audit.labels == ("A", "B", "C")
    assert audit.n_matched == (2, 3, 1)
    assert audit.n_decided == (2, 1, 1)
    assert audit.n_overlapping == 2


def test_the_distance_of_rules_is_the_smallest_change_of_class() -> None:
    classifier = RuleClassifier(
        scheme=ABC,
        rules=[
            Rule("A", [Condition.at_least("x", 5), Condition.at_least("y", 5)]),
            Rule("B", Condition.at_least("y", 5)),
        ],
        otherwise="C",
    )
    values = table("abc", x=[4.0, 9.0, 0.0], y=[7.0, 6.0, 3.0])
    found = classifier.fit(values).classify(values)
    sx, sy = np.std([4, 9, 0]), np.std([7, 6, 3])

    assert found.labels.tolist() == ["B", "A", "C"]
    assert found.boundary_distance == pytest.approx([1 / sx, 1 / sy, 2 / sy])


def test_the_weighted_index_model() -> None:
    values = table(
        "abc",
        yearly_sales=[2e6, 5e5, 5e5],
        industry=[1, 5, 1],
        rank_in_industry=[1, 4, 2],
        public_awareness=[1, 4, 1],
    )

    assert models.WEIGHTED_INDEX.fit(values).classify(values).labels.tolist() == ["A", "A", "C"]


def test_weights_found_elsewhere_make_an_index() -> None:
    weights = Weights(names=["rank", "awareness"], values=np.array([0.75, 0.25]), method="AHP")
    values = table("ab", rank=[4, 1], awareness=[0, 4])

    assert Blend("index", weights).fit(values).column(values).tolist() == [3.0, 1.75]


def test_rules_that_make_no_sense_are_refused() -> None:
    with pytest.raises(SchemaError, match="label 'Z'"):
        RuleClassifier(scheme=ABC, rules=[Rule("Z", Condition.above("x", 1))], otherwise="C")
    with pytest.raises(InputError, match="at least one condition"):
        Rule("A", [])
    several = RuleClassifier(scheme=ABC, rules=[Rule("A", Condition.above("x", Quantiles(3)))], otherwise="C")
    with pytest.raises(InputError, match="one cut"):
        several.fit(table("ab", x=[1, 2]))
    with pytest.raises(InputError, match="finite weights"):
        Blend("nothing", {"x": 0.0})


CLOUDS = np.concatenate([np.random.default_rng(2).normal(centre, 0.5, (60, 2)) for centre in ((0, 0), (10, 0), (5, 9))])


def test_three_clouds_are_found_and_ranked_by_the_first_feature() -> None:
    values = table(range(180), profit=CLOUDS[:, 0], orders=CLOUDS[:, 1])
    fitted = ClusterClassifier(features=["profit", "orders"]).fit(values)
    found = fitted.classify(values).labels

    assert dict(fitted.scores).keys() == set(range(2, 9))
    assert found[:60].tolist() == ["cluster 3"] * 60
    assert found[60:120].tolist() == ["cluster 1"] * 60
    assert found[120:].tolist() == ["cluster 2"] * 60


def test_inertia_and_silhouette_agree_with_scikit_learn() -> None:
    """An independent implementation, on the same scaled points."""
    from sklearn.cluster import KMeans  # noqa: PLC0415  # the oracle only
    from sklearn.metrics import silhouette_score  # noqa: PLC0415  # the oracle only

    rng = np.random.default_rng(9)
    points = rng.gamma(2.0, 1.0, (300, 3))
    values = table(range(300), a=points[:, 0], b=points[:, 1], c=points[:, 2])
    fitted = ClusterClassifier(features=["a", "b", "c"], n_clusters=4, n_starts=30).fit(values)
    scaled = (points - points.mean(axis=0)) / points.std(axis=0)
    ours = ((scaled[:, None, :] - fitted.centres[None]) ** 2).sum(axis=2)
    theirs = KMeans(4, n_init=30, random_state=0).fit(scaled)

    assert ours.min(axis=1).sum() <= theirs.inertia_ * (1 + 1e-4)
    assert fitted.scores[0][1] == pytest.approx(silhouette_score(scaled, ours.argmin(axis=1)), abs=1e-9)


def test_the_distance_of_clusters_is_to_the_plane_half_way() -> None:
    values = table("abcd", x=[0.0, 0.0, 10.0, 10.0])
    fitted = ClusterClassifier(features=["x"], n_clusters=2, scaling=Scaling.NONE).fit(values)
    later = fitted.classify(table("pq", x=[4.0, 11.0]))

    assert later.boundary_distance == pytest.approx([1.0, 6.0])


def test_weights_stretch_the_features() -> None:
    """With all weight on orders, clusters part by orders alone."""
    values = table(range(180), profit=CLOUDS[:, 0], orders=CLOUDS[:, 1])
    weights = Weights(names=["profit", "orders"], values=np.array([0.0, 1.0]), method="given")
    fitted = ClusterClassifier(features=["profit", "orders"], n_clusters=2, weights=weights).fit(values)
    found = fitted.classify(values).codes

    assert len(set(found[:120].tolist())) == 1
    assert len(set(found[120:].tolist())) == 1
    assert found[0] != found[-1]


def test_clusters_that_cannot_be_are_refused() -> None:
    with pytest.raises(InputError, match="2 or more"):
        ClusterClassifier(features=["x"], n_clusters=1)
    with pytest.raises(InputError, match="customers that differ"):
        ClusterClassifier(features=["x"], n_clusters=3).fit(table("abc", x=[1, 1, 2]))
    with pytest.raises(InputError, match="as many classes"):
        ClusterClassifier(features=["x"], n_clusters=2, scheme=ABC)


def test_rules_are_renamed_with_their_classes() -> None:
    values = table("abc", active_periods=[0, 3, 3], silence=[np.nan, 9, 0], age=[0, 6, 6],
                   recent_change=[np.nan, 0, 0], volatility=[np.nan, 0, 0], trend=[np.nan, 0, 0])  # fmt: skip
    names = {"prospect": "Interessent", "lost": "verloren", "stable": "stabil", "missing": "unbekannt"}
    german = models.LIFE_CYCLE.renamed(names).with_policies(Policy("verloren", strategy="zurückgewinnen"))
    found = german.fit(values).classify(values)

    assert found.labels.tolist() == ["Interessent", "verloren", "stabil"]
    assert found.policy("verloren").strategy == "zurückgewinnen"
    assert found.scheme.missing == "unbekannt"
    assert [names.get(label, label) for label in models.LIFE_CYCLE.fit(values).classify(values).labels] == list(
        found.labels
    )


@pytest.mark.parametrize("scaling", [Scaling.Z, Scaling.RANGE, Scaling.NONE])
def test_a_profile_is_in_the_features_own_units(scaling: Scaling) -> None:
    """The centres are plain means of the customers of a cluster, however the features were scaled and weighted."""
    values = table(range(6), profit=[900.0, 950.0, 40.0, 50.0, 60.0, 70.0], visits=[2.0, 4.0, 9.0, 7.0, 8.0, 8.0])
    weights = Weights(names=["profit", "visits"], values=np.array([0.7, 0.3]), method="given")
    classifier = ClusterClassifier(features=["profit", "visits"], n_clusters=2, weights=weights, scaling=scaling)
    profile = classifier.fit(values).profile()
    assert isinstance(profile, pd.DataFrame)

    assert profile["class"].tolist() == ["cluster 1", "cluster 2"]
    assert profile["description"].tolist() == ["highest profit, lowest visits", "lowest profit, highest visits"]
    assert profile["profit"].tolist() == pytest.approx([925.0, 55.0])
    assert profile["visits"].tolist() == pytest.approx([3.0, 8.0])
