"""Clusters: found where they are, ordered by value, the same for any order of customers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import calinski_harabasz_score, silhouette_score

from custvalue.data import CustomerSummary, Weights
from custvalue.errors import InputError
from custvalue.rfm import ClusterCriterion, ClusterScaling, RFMClusterer
from custvalue.rfm._kernels import clustering

Build = Callable[..., CustomerSummary]


def three_groups(n: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw best, middling and poor customers, n of each, in this order."""
    rng = np.random.default_rng(5)
    days = np.concatenate([rng.integers(0, 8, n), rng.integers(60, 90, n), rng.integers(300, 390, n)])
    purchases = np.concatenate([rng.integers(25, 40, n), rng.integers(7, 10, n), rng.integers(1, 3, n)])
    euros = purchases * np.concatenate([rng.integers(90, 110, n), rng.integers(40, 50, n), rng.integers(10, 14, n)])
    return days, purchases, euros


@pytest.mark.parametrize("criterion", list(ClusterCriterion))
@pytest.mark.parametrize("scaling", list(ClusterScaling))
def test_three_groups_are_found(build: Build, criterion: ClusterCriterion, scaling: ClusterScaling) -> None:
    """Well-parted groups are recovered, the best is cluster 1."""
    summary = build(*three_groups())
    fitted = RFMClusterer(n_clusters=3, criterion=criterion, scaling=scaling).fit(summary)

    assert fitted.assign(summary).clusters.tolist() == [1] * 60 + [2] * 60 + [3] * 60


def test_number_is_chosen(build: Build) -> None:
    """Three of two to six are chosen by the silhouette, and what was tried is kept."""
    fitted = RFMClusterer(n_clusters=range(2, 7)).fit(build(*three_groups()))

    assert fitted.centres.shape == (3, 3)
    assert fitted.tried.tolist() == [2, 3, 4, 5, 6]
    assert fitted.judgements.argmax() == 1


def test_order_of_customers_plays_no_part(build: Build) -> None:
    """Shuffled customers carry their cluster with them."""
    data = three_groups()
    order = np.random.default_rng(0).permutation(180)
    weights = Weights(names=("R", "F", "M"), values=np.array([0.2, 0.3, 0.5]))
    clusterer = RFMClusterer(n_clusters=(4, 5), weights=weights)
    straight, mixed = build(*data), build(*(column[order] for column in data), ids=order.tolist())

    one, two = clusterer.fit(straight).assign(straight), clusterer.fit(mixed).assign(mixed)
    assert one.clusters[order].tolist() == two.clusters.tolist()


def test_weights_decide(build: Build) -> None:
    """With all weight on recency only recency parts customers."""
    summary = build([0, 1, 200, 201], [1, 90, 1, 90], [5, 900, 5, 900])
    on_recency = Weights(names=("R", "F", "M"), values=np.array([1.0, 0.0, 0.0]))
    on_money = Weights(names=("R", "F", "M"), values=np.array([0.0, 0.0, 1.0]))

    def clusters(weights: Weights) -> list[int]:
        return list(RFMClusterer(n_clusters=2, weights=weights).fit(summary).assign(summary).clusters)

    assert clusters(on_recency) == [1, 1, 2, 2]
    assert clusters(on_money) == [2, 1, 2, 1]


def test_judgements_against_scikit_learn() -> None:
    """Silhouette and Calinski-Harabasz by another hand, also in blocks."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(300, 3))
    labels = rng.integers(0, 4, 300)
    centres = np.stack([x[labels == k].mean(axis=0) for k in range(4)])

    assert clustering.silhouette(x, labels, 4) == pytest.approx(silhouette_score(x, labels))
    assert clustering.calinski_harabasz(x, labels, centres) == pytest.approx(calinski_harabasz_score(x, labels))


def test_profile(build: Build) -> None:
    """Counts and means of the measures themselves, the best cluster first."""
    summary = build([0, 2, 300], [10, 12, 1], [100, 140, 5])
    profile = RFMClusterer(n_clusters=2).fit(summary).assign(summary).profile()

    assert isinstance(profile, pd.DataFrame)
    columns = ["cluster", "customers", "share", "mean_days_since_last", "mean_n_purchases", "mean_monetary"]
    assert profile.columns.tolist() == columns
    assert profile["customers"].tolist() == [2, 1]
    assert profile["mean_days_since_last"].tolist() == [1.0, 300.0]
    assert profile["mean_monetary"].tolist() == [120.0, 5.0]


def test_cluster_refusals(build: Build) -> None:
    """Too few clusters, weights of others, customers all alike."""
    with pytest.raises(InputError, match="2 or more"):
        RFMClusterer(n_clusters=1)
    with pytest.raises(InputError, match="weights of"):
        RFMClusterer(weights=Weights(names=("R",), values=np.array([1.0])))
    with pytest.raises(InputError, match="different customers"):
        RFMClusterer(n_clusters=3).fit(build([1, 1, 1], [1, 1, 1], [1, 1, 1]))
