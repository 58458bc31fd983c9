"""Clustered RFM: k-means on weighted, scaled recency, frequency and money; clusters ordered by value."""

from __future__ import annotations

import enum
from collections.abc import Iterable

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, FloatArray, IntArray, float_array, int_array, locked
from custvalue._frames import FrameKind, build_frame
from custvalue.data import CustomerIndex, CustomerSummary, ValueTable, Weights
from custvalue.errors import InputError, MissingDependencyError
from custvalue.rfm._kernels import clustering
from custvalue.rfm.dimensions import RFM, Dimension, DimensionTable, Monetary

__all__ = ["ClusterCriterion", "ClusterScaling", "FittedRFMClusters", "RFMClusterer", "RFMClusters"]

JUDGED_ROWS = 5_000  # customers the number of clusters is judged on
LEARNT_ROWS = 200_000  # customers the centres are learnt from


class ClusterCriterion(enum.Enum):
    """What chooses the number of clusters: the largest value of it, the smaller number on a tie."""

    SILHOUETTE = "mean silhouette"
    CALINSKI_HARABASZ = "Calinski-Harabasz index"


class ClusterScaling(enum.Enum):
    """How R, F and M are made comparable."""

    LOG_Z = "log, then z-score"  # sign(x) log(1 + |x|) first: for skewed counts and amounts
    Z_SCORE = "z-score"
    MIN_MAX = "min-max"


def _sizes(value: int | Iterable[int]) -> tuple[int, ...]:
    return (value,) if isinstance(value, int) else tuple(value)


@attrs.frozen(kw_only=True)
class RFMClusterer:
    """Clusters of customers alike in recency, frequency and money.

    Parameters
    ----------
    n_clusters
        One number, or several to choose from.
    criterion
        What chooses among several.
    scaling
        How the dimensions are made comparable.
    weights
        Weight of each dimension by code (AHP, entropy, given); squared distances are weighted by it. Equal by default.
    monetary
        Whether money is the mean purchase or the total.
    dimensions
        What is clustered; R, F, M by default.
    seed
        Seed of k-means.

    Notes
    -----
    The order of customers plays no part: rows are sorted before k-means sees them, and populations above 200,000 are
    learnt from every m-th sorted row (the number of clusters is judged on 5,000). Needs scikit-learn.

    Raises
    ------
    InputError
        If a number of clusters is below 2, or the weights name other dimensions.
    """

    n_clusters: tuple[int, ...] = attrs.field(default=(2, 3, 4, 5, 6, 7, 8), converter=_sizes)
    criterion: ClusterCriterion = ClusterCriterion.SILHOUETTE
    scaling: ClusterScaling = ClusterScaling.LOG_Z
    weights: Weights | None = None
    monetary: Monetary = Monetary.TOTAL
    dimensions: tuple[Dimension, ...] = attrs.field(default=RFM, converter=tuple[Dimension, ...])
    seed: int = 0

    def __attrs_post_init__(self) -> None:
        if not self.n_clusters or min(self.n_clusters) < 2:
            raise InputError("RFMClusterer.n_clusters", expected="numbers of 2 or more", got=repr(self.n_clusters))
        codes = {dimension.code for dimension in self.dimensions}
        if self.weights is not None and set(self.weights.names) != codes:
            got = str(self.weights.names)
            raise InputError("RFMClusterer.weights", expected=f"weights of {sorted(codes)}", got=got)

    def fit(self, summary: CustomerSummary, /, *, measures: ValueTable | None = None) -> FittedRFMClusters:
        """Learn the scaling and the centres, and choose the number of clusters.

        Raises
        ------
        InputError
            If there are fewer different customers than clusters asked for.
        MissingDependencyError
            If scikit-learn is not installed.
        """
        x = _bent(DimensionTable.of(summary, self.dimensions, self.monetary, measures), self.scaling)
        shift, scale = self._scaling(x)
        points = (x - shift) * scale
        points = points[np.lexsort(points.T[::-1])]
        learnt, judged = _thinned(points, LEARNT_ROWS), _thinned(points, JUDGED_ROWS)
        different = np.unique(learnt, axis=0).shape[0]
        sizes = [k for k in self.n_clusters if k <= different]
        if not sizes:
            expected = f"{min(self.n_clusters)} different customers or more"
            raise InputError("RFMClusterer.fit", expected=expected, got=str(different))
        centres = {k: self._ordered(_k_means(learnt, k, self.seed)) for k in sizes}
        values = {k: self._judge(judged, centres[k]) for k in sizes}
        best = max(sizes, key=lambda k: (values[k], -k))
        return FittedRFMClusters(
            clusterer=self,
            shift=shift,
            scale=scale,
            centres=centres[best],
            tried=np.array(sizes),
            judgements=np.array([values[k] for k in sizes]),
        )

    def _scaling(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        if self.scaling is ClusterScaling.MIN_MAX:
            shift, spread = x.min(axis=0), np.ptp(x, axis=0)
        else:
            shift, spread = x.mean(axis=0), x.std(axis=0)
        weight = np.ones(x.shape[1])
        if self.weights is not None:
            weight = np.array([self.weights[dimension.code] for dimension in self.dimensions])
        return shift, np.sqrt(weight) / np.where(spread > 0, spread, 1.0)

    def _ordered(self, centres: FloatArray) -> FloatArray:
        # the most valuable first: every column is turned so that more is better and already carries its weight
        root = np.ones(centres.shape[1])
        if self.weights is not None:
            root = np.sqrt([self.weights[dimension.code] for dimension in self.dimensions])
        value = (centres * root).sum(axis=1)
        return centres[np.lexsort((*centres.T[::-1], -value))]

    def _judge(self, points: FloatArray, centres: FloatArray) -> float:
        labels = clustering.nearest(points, centres)
        if np.unique(labels).size < 2:
            return float("-inf")
        if self.criterion is ClusterCriterion.SILHOUETTE:
            return clustering.silhouette(points, labels, centres.shape[0])
        return clustering.calinski_harabasz(points, labels, centres)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FittedRFMClusters(ArrayHolder):
    """Centres learnt, for use on any date.

    Parameters
    ----------
    clusterer
        The settings.
    shift, scale
        (n_dimensions,) scaling learnt; weights are part of ``scale``.
    centres
        (n_clusters, n_dimensions) scaled centres, the most valuable first.
    tried
        (n_tried,) numbers of clusters tried.
    judgements
        (n_tried,) what the criterion said of each.
    """

    clusterer: RFMClusterer
    shift: FloatArray = float_array()
    scale: FloatArray = float_array()
    centres: FloatArray = float_array(2)
    tried: IntArray = int_array()
    judgements: FloatArray = float_array()

    def assign(self, summary: CustomerSummary, /, *, measures: ValueTable | None = None) -> RFMClusters:
        """Put every customer into the cluster with the nearest centre; on a tie into the more valuable one."""
        rule = self.clusterer
        table = DimensionTable.of(summary, rule.dimensions, rule.monetary, measures)
        labels = clustering.nearest((_bent(table, rule.scaling) - self.shift) * self.scale, self.centres)
        raw = [c if d.higher_is_better else -c for d, c in zip(table.dimensions, table.columns, strict=True)]
        return RFMClusters(
            customers=summary.customers,
            clusters=labels + 1,
            n_clusters=self.centres.shape[0],
            dimensions=rule.dimensions,
            values=np.stack(raw, axis=1),
        )

    def __repr__(self) -> str:
        """One line."""
        tried = ", ".join(f"{k}: {value:.3f}" for k, value in zip(self.tried, self.judgements, strict=True))
        return f"FittedRFMClusters({self.centres.shape[0]} clusters by {self.clusterer.criterion.value}; {tried})"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class RFMClusters(ArrayHolder):
    """The cluster of each customer.

    Parameters
    ----------
    customers
        (n_customers,).
    clusters
        (n_customers,) from 1, the most valuable, to ``n_clusters``.
    n_clusters
        How many clusters there are.
    dimensions
        What they were formed by.
    values
        (n_customers, n_dimensions) the measures themselves.
    """

    customers: CustomerIndex
    clusters: IntArray = int_array()
    n_clusters: int
    dimensions: tuple[Dimension, ...]
    values: FloatArray = float_array(2)

    def profile(self, like: FrameKind = "pandas") -> object:
        """One row a cluster, the most valuable first: cluster, customers, share, ``mean_<measure>`` per dimension."""
        counts = np.bincount(self.clusters, minlength=self.n_clusters + 1)[1:]
        columns: dict[str, FloatArray | IntArray] = {
            "cluster": np.arange(1, self.n_clusters + 1),
            "customers": counts,
            "share": counts / max(len(self.customers), 1),
        }
        for dimension, column in zip(self.dimensions, self.values.T, strict=True):
            sums = np.bincount(self.clusters, weights=column, minlength=self.n_clusters + 1)[1:]
            mean = np.full(self.n_clusters, np.nan)
            np.divide(sums, counts, out=mean, where=counts > 0)
            columns[f"mean_{dimension.measure}"] = locked(mean)
        return build_frame(columns, like)

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer: customer, cluster."""
        return build_frame({"customer": self.customers.ids, "cluster": self.clusters}, like)

    def __repr__(self) -> str:
        """One line."""
        counts = np.bincount(self.clusters, minlength=self.n_clusters + 1)[1:]
        return f"RFMClusters({len(self.customers):,} customers in {self.n_clusters}: {', '.join(map(str, counts))})"


def _bent(table: DimensionTable, scaling: ClusterScaling) -> FloatArray:
    x = np.stack([column.astype(np.float64) for column in table.columns], axis=1)
    if x.shape[0] == 0 or not np.isfinite(x).all():
        got = "none" if x.shape[0] == 0 else "infinite ones"
        raise InputError("RFMClusterer", expected="finite measures of one customer or more", got=got)
    return np.sign(x) * np.log1p(np.abs(x)) if scaling is ClusterScaling.LOG_Z else x


def _thinned(points: FloatArray, limit: int) -> FloatArray:
    if points.shape[0] <= limit:
        return points
    return points[np.linspace(0, points.shape[0] - 1, limit).round().astype(np.int64)]


def _k_means(points: FloatArray, k: int, seed: int) -> FloatArray:
    try:
        from sklearn.cluster import KMeans  # noqa: PLC0415  # optional
    except ImportError as error:
        raise MissingDependencyError("scikit-learn", extra="cluster", purpose="Clustering") from error
    model = KMeans(n_clusters=k, n_init=10, random_state=seed).fit(points)
    centres: FloatArray = model.cluster_centers_.astype(np.float64)
    return centres
