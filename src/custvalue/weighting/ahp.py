"""Analytic hierarchy process: weights from comparing criteria in pairs."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, FloatArray, float_array, locked, strings
from custvalue._frames import Column, FrameKind, build_frame
from custvalue.data import Weights
from custvalue.errors import Fault, InputError, SchemaError
from custvalue.weighting._kernels import pairwise

__all__ = ["AHP", "AHPHierarchy", "AHPResult", "Comparisons", "HierarchyResult", "Priority", "RandomIndex"]


class Priority(enum.Enum):
    """How weights are drawn from the comparisons."""

    EIGENVECTOR = "principal eigenvector"
    GEOMETRIC_MEAN = "row geometric mean"
    COLUMN_MEAN = "mean of normalised columns"


class RandomIndex(enum.Enum):
    """Which table of random consistency indices is divided by; near 0.10 the verdict depends on it."""

    SAATY_1980 = "Saaty 1980"
    SAATY_2005 = "Saaty 2005"
    DONEGAN_DODD = "Donegan and Dodd 1991"

    def of(self, n: int) -> float:
        """Random index of n criteria; 0 for one or two, which are always consistent.

        Raises
        ------
        InputError
            If the table does not go that far.
        """
        if n <= 2:
            return 0.0
        sizes, values = _RANDOM[self]
        if n > sizes[-1]:
            longest = _RANDOM[RandomIndex.DONEGAN_DODD][0][-1]
            hint = "Group the criteria into a hierarchy"
            hint += ", or use RandomIndex.DONEGAN_DODD." if n <= longest else "."
            raise InputError(
                f"random index {self.value}", expected=f"at most {sizes[-1]} criteria", got=str(n), hint=hint
            )
        return float(np.interp(n, sizes, values))


_RANDOM: dict[RandomIndex, tuple[tuple[int, ...], tuple[float, ...]]] = {
    RandomIndex.SAATY_1980: (tuple(range(3, 11)), (0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49)),
    RandomIndex.SAATY_2005: (
        tuple(range(3, 16)),
        (0.52, 0.89, 1.11, 1.25, 1.35, 1.40, 1.45, 1.49, 1.52, 1.54, 1.56, 1.58, 1.59),
    ),
    RandomIndex.DONEGAN_DODD: (
        (*range(3, 21), 25, 30, 40, 50, 60, 70, 80, 90, 100),
        (
            0.4914, 0.8286, 1.0591, 1.1797, 1.2519, 1.3171, 1.3733, 1.4055, 1.4213, 1.4497, 1.4643, 1.4822, 1.4969,
            1.5078, 1.5153, 1.5262, 1.5313, 1.5371, 1.5619, 1.5772, 1.5976, 1.6102, 1.6178, 1.6237, 1.6277,
            1.6213, 1.6339,
        ),
    ),
}  # fmt: skip


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Comparisons(ArrayHolder):
    """Criteria compared in pairs: how many times as important the row is as the column.

    Parameters
    ----------
    names
        Criteria.
    matrix
        (n, n) positive, 1 on the diagonal, matrix[j, i] = 1 / matrix[i, j]; NaN on both sides for a pair not compared.

    Raises
    ------
    SchemaError
        Listing every entry that is not positive and every pair that is not reciprocal.
    InputError
        If the shape is wrong, or the pairs compared do not link all criteria.

    Examples
    --------
    >>> Comparisons.from_judgements(["R", "F", "M"], {("R", "F"): 3, ("F", "M"): 2}).matrix.tolist()
    [[1.0, 3.0, nan], [0.3333333333333333, 1.0, 2.0], [nan, 0.5, 1.0]]
    """

    names: tuple[str, ...] = attrs.field(converter=strings)
    matrix: FloatArray = float_array(2)

    def __attrs_post_init__(self) -> None:
        n = len(self.names)
        if n == 0 or len(set(self.names)) != n or self.matrix.shape != (n, n):
            got = f"{n} names ({len(set(self.names))} different), shape {self.matrix.shape}"
            raise InputError("Comparisons", expected="an n x n matrix of n different names", got=got)
        SchemaError.raise_for("Comparisons", list(self._faults()))
        if not pairwise.connected(~np.isnan(self.matrix)):
            hint = "Compare one criterion of each group with one of another."
            raise InputError("Comparisons", expected="pairs that link all criteria", got="separate groups", hint=hint)

    def _faults(self) -> Iterable[Fault]:
        a = self.matrix
        for i, j in np.argwhere((a <= 0) | np.isinf(a)):
            yield Fault(f"{self.names[i]} / {self.names[j]}", "a positive judgement", repr(float(a[i, j])))
        for i in np.flatnonzero(np.diag(a) != 1.0):
            yield Fault(f"{self.names[i]} / {self.names[i]}", "1", repr(float(a[i, i])))
        hint = "Correct the pair, or take the middle of both with Comparisons.reconciled."
        for i, j in np.argwhere(np.triu(np.ones_like(a), 1) > 0):
            there, back = a[i, j], a[j, i]
            fine = (np.isnan(there) and np.isnan(back)) or abs(there * back - 1.0) <= 1e-9
            if not fine:
                got = f"{float(there)!r} and {float(back)!r}"
                yield Fault(f"{self.names[i]} / {self.names[j]}", "a judgement and its reciprocal", got, hint)

    @classmethod
    def from_judgements(
        cls, names: Sequence[str], judgements: Mapping[tuple[str, str], float], *, scale: float = 0.0
    ) -> Comparisons:
        """Build from single judgements; the reciprocal is filled in and pairs not named are missing.

        Parameters
        ----------
        names
            Criteria.
        judgements
            (a, b) to how many times as important a is as b.
        scale
            The largest judgement allowed, 9 on Saaty's scale; 0 allows any.

        Raises
        ------
        InputError
            If a criterion is unknown, a pair is judged twice, or a judgement is off the scale.
        """
        at = {name: i for i, name in enumerate(names)}
        matrix = np.full((len(names), len(names)), np.nan)
        np.fill_diagonal(matrix, 1.0)
        for (first, second), value in judgements.items():
            where = f"Comparisons, {first} / {second}"
            if first not in at or second not in at or first == second:
                raise InputError(where, expected=f"two different ones of {list(names)}", got=repr((first, second)))
            if not value > 0 or (scale and not 1 / scale - 1e-12 <= value <= scale):
                limit = f" between 1/{scale:g} and {scale:g}" if scale else ""
                raise InputError(where, expected=f"a positive judgement{limit}", got=repr(value))
            if not np.isnan(matrix[at[first], at[second]]):
                raise InputError(where, expected="one judgement a pair", got="two")
            matrix[at[first], at[second]] = value
            matrix[at[second], at[first]] = 1.0 / value
        return cls(names=tuple(names), matrix=matrix)

    @classmethod
    def reconciled(cls, names: Sequence[str], matrix: FloatArray) -> Comparisons:
        """Take a matrix that is not reciprocal: each pair becomes the geometric middle of both judgements."""
        a = np.array(matrix, dtype=np.float64)
        middle = np.sqrt(a / a.T)
        np.fill_diagonal(middle, 1.0)
        return cls(names=tuple(names), matrix=middle)

    @classmethod
    def group(cls, members: Sequence[Comparisons]) -> Comparisons:
        """Join the judgements of several people: the geometric mean of those who compared a pair.

        Raises
        ------
        InputError
            If there is nobody, or they compared different criteria.

        References
        ----------
        Aczel and Saaty (1983), Procedures for synthesizing ratio judgements, J. Math. Psychology 27: the geometric
        mean is the only rule that keeps the judgements reciprocal.
        """
        if not members or any(member.names != members[0].names for member in members):
            raise InputError("Comparisons.group", expected="members with the same criteria", got="none or others")
        logs = np.log(np.stack([member.matrix for member in members]))
        known = (~np.isnan(logs)).sum(axis=0)
        mean = np.where(known > 0, np.nansum(logs, axis=0) / np.maximum(known, 1), np.nan)
        upper = np.triu(mean, 1)
        return cls(names=members[0].names, matrix=np.exp(upper - upper.T))

    def __repr__(self) -> str:
        """One line."""
        n = len(self.names)
        compared = (int(np.count_nonzero(~np.isnan(self.matrix))) - n) // 2
        return f"Comparisons({', '.join(self.names)}; {compared} of {n * (n - 1) // 2} pairs)"


@attrs.frozen
class AHP:
    """Weights from pairwise comparisons, with the consistency of the judgements.

    Parameters
    ----------
    priority
        How weights are drawn.
    random_index
        Which table the consistency ratio is divided by.
    limit
        Consistency ratio up to which judgements count as consistent.

    Notes
    -----
    lambda is the principal eigenvalue (for the geometric mean the mean of (A w)_i / w_i, for the column mean the column
    sums times the weights), CI = (lambda - n) / (n - 1), CR = CI / RI. With missing comparisons the eigenvector is
    Harker's and the RI is still that of the complete matrix, so CR flatters. One or two criteria have CR = 0.

    References
    ----------
    Saaty (1980), The Analytic Hierarchy Process. Harker (1987), Mathematical Modelling 9.

    Examples
    --------
    >>> judged = Comparisons.from_judgements(["R", "F", "M"], {("R", "M"): 5, ("F", "R"): 3, ("F", "M"): 7})
    >>> AHP().weigh(judged)
    AHPResult(R=0.279, F=0.6491, M=0.07193; consistency ratio 0.056, fine)
    """

    priority: Priority = Priority.EIGENVECTOR
    random_index: RandomIndex = RandomIndex.SAATY_1980
    limit: float = 0.10

    def weigh(self, comparisons: Comparisons, /) -> AHPResult:
        """Draw the weights.

        Raises
        ------
        InputError
            If comparisons are missing and the priority needs them all, or the random index does not go so far.
        """
        a = comparisons.matrix
        n = len(comparisons.names)
        if self.priority is Priority.EIGENVECTOR:
            w, largest = pairwise.eigenvector(a)
        elif self.priority is Priority.GEOMETRIC_MEAN:
            w = pairwise.geometric_mean(a)
            largest = pairwise.estimated_eigenvalue(a, w)
        else:
            if np.isnan(a).any():
                hint = "Use Priority.EIGENVECTOR or Priority.GEOMETRIC_MEAN."
                raise InputError("AHP.weigh", expected="all pairs compared", got="missing ones", hint=hint)
            w = pairwise.column_mean(a)
            largest = pairwise.column_eigenvalue(a, w)
        index = max(0.0, (largest - n) / (n - 1)) if n > 2 else 0.0
        ratio = index / self.random_index.of(n) if n > 2 else 0.0
        weights = Weights(names=comparisons.names, values=w / w.sum(), method=f"AHP, {self.priority.value}")
        return AHPResult(weights=weights, comparisons=comparisons, rule=self, largest=largest, index=index, ratio=ratio)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class AHPResult:
    """Weights, and how well the judgements agree with one another.

    Parameters
    ----------
    weights
        Weight of each criterion.
    comparisons
        The judgements.
    rule
        The settings.
    largest
        lambda, the principal eigenvalue; n for perfectly consistent judgements.
    index
        Consistency index CI, 0 or more.
    ratio
        Consistency ratio CR, 0 or more.
    """

    weights: Weights
    comparisons: Comparisons
    rule: AHP
    largest: float
    index: float
    ratio: float

    @property
    def consistent(self) -> bool:
        """Whether the consistency ratio is within the limit."""
        return self.ratio <= self.rule.limit

    @property
    def worst_pair(self) -> tuple[str, str] | None:
        """The pair whose judgement is farthest from the weights; ties go to the pair named first.

        None if every judgement is that of the weights: perfectly consistent ones, and one or two criteria.
        """
        worst = self._worst()
        return None if worst is None else (self.comparisons.names[worst[0]], self.comparisons.names[worst[1]])

    @property
    def suggestion(self) -> float:
        """What all other judgements say of :attr:`worst_pair`; NaN if there is none.

        The ratio of the weights if the other judgements say nothing.
        """
        worst = self._worst()
        if worst is None:
            return float("nan")
        i, j = worst
        others = self.comparisons.matrix.copy()
        others[i, j] = others[j, i] = np.nan
        linked = pairwise.connected(~np.isnan(others))
        w = pairwise.eigenvector(others)[0] if linked else self.weights.values
        return float(w[i] / w[j])

    def _worst(self) -> tuple[int, int] | None:
        gap = np.triu(pairwise.misfit(self.comparisons.matrix, self.weights.values), 1)
        if len(self.comparisons.names) <= 2 or gap.max() <= 1e-9:
            return None
        i, j = np.unravel_index(int(np.argmax(gap >= gap.max() - 1e-9)), gap.shape)
        return int(i), int(j)

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a criterion: criterion, weight."""
        return self.weights.to_frame(like)

    def __repr__(self) -> str:
        """One line."""
        pairs = ", ".join(f"{name}={self.weights[name]:.4g}" for name in self.weights.names)
        if self.consistent:
            return f"AHPResult({pairs}; consistency ratio {self.ratio:.3f}, fine)"
        above = f"AHPResult({pairs}; consistency ratio {self.ratio:.3f} above {self.rule.limit:g}"
        pair = self.worst_pair
        if pair is None:
            return f"{above})"
        return f"{above}: look at {' / '.join(pair)}, which the others put at {self.suggestion:.2g})"


def _children(value: Mapping[str, Node]) -> Mapping[str, Node]:
    return MappingProxyType(dict(value))


@attrs.frozen(kw_only=True, eq=False)
class AHPHierarchy:
    """Criteria over criteria over alternatives.

    Parameters
    ----------
    goal
        Comparisons of the top criteria.
    children
        Criterion to the comparisons below it: of finer criteria, of alternatives, or another hierarchy. A criterion
        without an entry is a leaf. Leaves of the same name below several criteria are added up.

    Raises
    ------
    InputError
        If a child belongs to no criterion.
    """

    goal: Comparisons
    children: Mapping[str, Node] = attrs.field(converter=_children)

    def __attrs_post_init__(self) -> None:
        strangers = [name for name in self.children if name not in self.goal.names]
        if strangers:
            raise InputError("AHPHierarchy.children", expected=f"some of {list(self.goal.names)}", got=repr(strangers))

    def weigh(self, rule: AHP | None = None) -> HierarchyResult:
        """Weigh every node and multiply down to the leaves."""
        used = rule or AHP()
        nodes: dict[str, AHPResult] = {}
        leaves: dict[str, float] = {}
        _descend(self, "goal", 1.0, used, nodes, leaves)
        values = np.array(list(leaves.values()))
        return HierarchyResult(
            weights=Weights(names=tuple(leaves), values=values / values.sum(), method="AHP hierarchy"),
            nodes=MappingProxyType(nodes),
        )


Node: TypeAlias = Comparisons | AHPHierarchy


def _descend(
    node: Node, path: str, share: float, rule: AHP, nodes: dict[str, AHPResult], leaves: dict[str, float]
) -> None:
    here = rule.weigh(node.goal if isinstance(node, AHPHierarchy) else node)
    nodes[path] = here
    below = node.children if isinstance(node, AHPHierarchy) else {}
    for name in here.weights.names:
        part = share * here.weights[name]
        if name in below:
            _descend(below[name], f"{path} / {name}", part, rule, nodes, leaves)
        else:
            leaves[name] = leaves.get(name, 0.0) + part


@attrs.frozen(kw_only=True, eq=False, repr=False)
class HierarchyResult:
    """Weights of the leaves of a hierarchy, and the result of every node.

    Parameters
    ----------
    weights
        Weight of each leaf in the goal.
    nodes
        Path such as ``"goal / price"`` to that node's result.
    """

    weights: Weights
    nodes: Mapping[str, AHPResult]

    @property
    def inconsistent(self) -> tuple[str, ...]:
        """Paths of the nodes whose judgements are not consistent."""
        return tuple(path for path, node in self.nodes.items() if not node.consistent)

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a node: node, criteria, consistency_ratio, consistent."""
        results = list(self.nodes.values())
        columns: dict[str, Column] = {
            "criteria": [len(result.weights.names) for result in results],
            "consistency_ratio": locked(np.array([result.ratio for result in results])),
            "consistent": [result.consistent for result in results],
        }
        return build_frame({"node": list(self.nodes), **columns}, like)

    def __repr__(self) -> str:
        """One line."""
        pairs = ", ".join(f"{name}={self.weights[name]:.4g}" for name in self.weights.names)
        doubt = f"; not consistent: {', '.join(self.inconsistent)}" if self.inconsistent else ""
        return f"HierarchyResult({pairs}{doubt})"
