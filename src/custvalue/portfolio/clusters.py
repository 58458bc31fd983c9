"""The cluster shape: k-means over behavioural features, profiled, named and ranked by value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, FloatArray, IntArray, float_array, locked, strings
from custvalue._frames import FrameKind, build_frame
from custvalue.data import ValueTable, Weights
from custvalue.errors import InputError
from custvalue.portfolio._kernels import clusters as kernels
from custvalue.portfolio._result import Classification
from custvalue.portfolio._scheme import Policy, Scheme
from custvalue.portfolio.axes import Blend, FittedAxis, Scaling, axis_table, require_measures

__all__ = ["ClusterClassifier", "FittedClusters"]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FittedClusters(ArrayHolder):
    """Cluster centres in scaled units, best cluster first.

    Parameters
    ----------
    axes
        The features with their scaling learnt.
    centres
        (n_clusters, n_features) scaled and weighted.
    scheme
        One class a cluster, ranked by mean of the first feature.
    criterion
        How the number of clusters was chosen, in words.
    scores
        Number of clusters tried to mean silhouette.
    """

    axes: tuple[FittedAxis, ...]
    centres: FloatArray = float_array(2)
    scheme: Scheme
    criterion: str
    scores: tuple[tuple[int, float], ...] = ()

    def classify(self, values: ValueTable, /) -> Classification:
        """Give every customer its nearest centre; a tie goes to the better cluster.

        Raises
        ------
        SchemaError
            Naming the measures that the table lacks.
        """
        require_measures(self.scheme.name, values, (part[0] for axis in self.axes for part in axis.parts))
        table = axis_table(self.axes, values)
        points = np.stack([table[axis.name] for axis in self.axes], axis=1)
        there = ~np.isnan(points).any(axis=1)
        codes = np.full(points.shape[0], len(self.scheme.policies), np.int64)
        codes[there] = kernels.squared_distances(points[there], self.centres).argmin(axis=1)
        return Classification(
            customers=values.customers, codes=locked(codes), scheme=self.scheme, axes=table, boundary=self
        )

    def boundary_distance(self, values: ValueTable, codes: IntArray, /) -> FloatArray:
        """Return (n_customers,) distance to the nearest plane half-way between two centres, in scaled units."""
        points = np.stack([values[axis.name] for axis in self.axes], axis=1)
        squared = kernels.squared_distances(points, self.centres)
        own = np.minimum(codes, self.centres.shape[0] - 1)
        gaps = np.sqrt(kernels.squared_distances(self.centres, self.centres))[own]
        excess = squared - squared[np.arange(own.size), own][:, None]
        planes = np.where(gaps > 0, excess / np.where(gaps > 0, 2 * gaps, 1.0), np.inf)
        return np.asarray(planes.min(axis=1))

    def profile(self, like: FrameKind = "pandas") -> object:
        """One row a cluster: class, description, and the centre of each feature in the feature's own units.

        The description names the features in which the cluster is the highest or the lowest of all: what to name it by.
        """
        parts = [axis.parts[0] for axis in self.axes]
        features = {
            name: self.centres[:, number] / weight * scale + shift
            for number, (name, weight, shift, scale) in enumerate(parts)
        }
        words = [_description({name: (column, row) for name, column in features.items()})
                 for row in range(self.centres.shape[0])]  # fmt: skip
        return build_frame({"class": list(self.scheme.labels[:-1]), "description": words, **features}, like)

    def __repr__(self) -> str:
        """One line."""
        names = ", ".join(axis.name for axis in self.axes)
        return f"FittedClusters({self.centres.shape[0]} clusters over {names}; {self.criterion})"


def _description(places: Mapping[str, tuple[FloatArray, int]]) -> str:
    words = []
    for name, (column, row) in places.items():
        if column.min() < column.max() and column[row] in {column.min(), column.max()}:
            words.append(f"{'highest' if column[row] == column.max() else 'lowest'} {name}")
    return ", ".join(words)


def _names(value: Iterable[str]) -> tuple[str, ...]:
    return strings(value)


def _range(value: int | tuple[int, int]) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else value


@attrs.frozen(kw_only=True)
class ClusterClassifier:
    """k-means portfolios, the same on every machine and for every order of the customers.

    Parameters
    ----------
    features
        Measures; the clusters are ranked by the mean of the first.
    n_clusters
        A number, or (lowest, highest): then the one of best mean silhouette is taken.
    weights
        Weights of the features in the squared distance, for example by AHP; one of weight 0 is left out. All equal if
        None.
    scaling
        How features are brought to one scale.
    n_starts, seed
        Number of random starts and their seed.
    scheme
        Names and policies of the clusters, best first; ``"cluster 1"`` ... if None.

    Raises
    ------
    InputError
        If there are fewer than two clusters, or the scheme names another number of them.

    Examples
    --------
    >>> from custvalue.data import CustomerIndex
    >>> values = ValueTable(
    ...     customers=CustomerIndex(range(6)),
    ...     measures={"profit": [90.0, 95.0, 5.0, 4.0, 50.0, 51.0], "orders": [9.0, 9.0, 1.0, 1.0, 5.0, 5.0]},
    ... )
    >>> clusters = ClusterClassifier(features=["profit", "orders"], n_clusters=(2, 4)).fit(values)
    >>> clusters.classify(values).labels.tolist()
    ['cluster 1', 'cluster 1', 'cluster 3', 'cluster 3', 'cluster 2', 'cluster 2']
    >>> clusters.profile()
           class                      description  profit  orders
    0  cluster 1   highest profit, highest orders    92.5     9.0
    1  cluster 2                                     50.5     5.0
    2  cluster 3     lowest profit, lowest orders     4.5     1.0
    """

    features: tuple[str, ...] = attrs.field(converter=_names)
    n_clusters: tuple[int, int] = attrs.field(default=(2, 8), converter=_range)
    weights: Weights | None = None
    scaling: Scaling = Scaling.Z
    n_starts: int = 10
    seed: int = 0
    scheme: Scheme | None = None

    def __attrs_post_init__(self) -> None:
        low, high = self.n_clusters
        if not 2 <= low <= high:
            raise InputError(
                "ClusterClassifier.n_clusters", expected="2 or more, lowest first", got=str(self.n_clusters)
            )
        if self.scheme is not None and not low == high == len(self.scheme.policies):
            got = f"{len(self.scheme.policies)} for {self.n_clusters}"
            raise InputError("ClusterClassifier.scheme", expected="as many classes as clusters", got=got)

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures it needs."""
        return self.features

    def fit(self, values: ValueTable, /) -> FittedClusters:
        """Learn scaling, number of clusters and centres on the customers without a missing feature.

        Raises
        ------
        SchemaError
            Naming the measures that the table lacks.
        InputError
            If fewer customers differ than there are clusters.
        """
        require_measures("ClusterClassifier", values, self.features)
        axes = tuple(axis.fit(values) for axis in self._axes())
        points = np.stack([axis.column(values) for axis in axes], axis=1)
        points = points[~np.isnan(points).any(axis=1)]
        n_distinct = np.unique(points, axis=0).shape[0]
        low, high = self.n_clusters
        if n_distinct < low:
            raise InputError("ClusterClassifier", expected=f"{low} customers that differ", got=str(n_distinct))
        tried = {
            k: kernels.kmeans(points, k, self.n_starts, self.seed)[0] for k in range(low, min(high, n_distinct) + 1)
        }
        scores = {k: kernels.silhouette(points, centres, self.seed) for k, centres in tried.items()}
        best = max(scores, key=lambda k: (scores[k], -k))
        centres = tried[best]
        centres = centres[np.lexsort(tuple(-centres.T[::-1]))]
        scheme = self.scheme or Scheme("clusters", [Policy(f"cluster {number}") for number in range(1, best + 1)])
        criterion = "number stated" if low == high else f"best mean silhouette of {low} to {high} clusters"
        return FittedClusters(
            axes=axes, centres=centres, scheme=scheme, criterion=criterion, scores=tuple(scores.items())
        )

    def _axes(self) -> list[Blend]:
        weights = {name: 1.0 if self.weights is None else self.weights[name] for name in self.features}
        total = sum(weights.values())
        stretch = {
            name: float(np.sqrt(weight * len(weights) / total)) for name, weight in weights.items() if weight > 0
        }
        return [Blend(name, {name: factor}, self.scaling) for name, factor in stretch.items()]
