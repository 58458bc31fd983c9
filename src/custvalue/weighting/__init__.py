"""Weights and indices: AHP, entropy, CRITIC, rank order, TOPSIS, weighted sums, service quality."""

from custvalue.weighting.ahp import (
    AHP,
    AHPHierarchy,
    AHPResult,
    Comparisons,
    HierarchyResult,
    Priority,
    RandomIndex,
)
from custvalue.weighting.directions import Direction
from custvalue.weighting.objective import CriticWeights, EntropyWeights, RankOrder, RankRule, direct_weights
from custvalue.weighting.ranking import Ranking, Scaling, Topsis, WeightedProduct, WeightedSum
from custvalue.weighting.servqual import SERVQUAL_22, Servqual, ServqualResult

__all__ = [
    "AHP",
    "SERVQUAL_22",
    "AHPHierarchy",
    "AHPResult",
    "Comparisons",
    "CriticWeights",
    "Direction",
    "EntropyWeights",
    "HierarchyResult",
    "Priority",
    "RandomIndex",
    "RankOrder",
    "RankRule",
    "Ranking",
    "Scaling",
    "Servqual",
    "ServqualResult",
    "Topsis",
    "WeightedProduct",
    "WeightedSum",
    "direct_weights",
]
