"""The rule shape: conditions in order, the first that holds gives the class, a veto settles it alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum

import attrs
import numpy as np

from custvalue._arrays import BoolArray, FloatArray, IntArray, locked
from custvalue._frames import FrameKind, build_frame
from custvalue.data import ValueTable
from custvalue.errors import Fault, InputError, SchemaError
from custvalue.portfolio._kernels import grid
from custvalue.portfolio._kernels import rules as kernels
from custvalue.portfolio._result import Classification, Cut
from custvalue.portfolio._scheme import Policy, Scheme
from custvalue.portfolio.axes import Blend, FittedAxis, axis_table, fit_axis, require_measures
from custvalue.portfolio.cuts import CutRule, Fixed, learnt, needed

__all__ = ["Comparison", "Condition", "FittedRules", "Rule", "RuleAudit", "RuleClassifier"]


class Comparison(Enum):
    """How a measure is compared with its threshold."""

    AT_LEAST = kernels.AT_LEAST
    ABOVE = kernels.ABOVE
    AT_MOST = kernels.AT_MOST
    BELOW = kernels.BELOW


def _threshold(value: float | CutRule) -> CutRule:
    return value if isinstance(value, CutRule) else Fixed((float(value),))


@attrs.frozen
class Condition:
    """A measure compared with a threshold, stated or learnt.

    Parameters
    ----------
    measure
        Measure, or the name of a blend of the classifier.
    comparison
        How it is compared.
    threshold
        A number, or a cut rule that gives one.

    Examples
    --------
    >>> Condition.at_least("sales", 100_000)
    Condition(sales AT_LEAST fixed at 100000)
    """

    measure: str
    comparison: Comparison
    threshold: CutRule = attrs.field(converter=_threshold)

    @classmethod
    def at_least(cls, measure: str, threshold: float | CutRule) -> Condition:
        """Hold where the measure is the threshold or more."""
        return cls(measure, Comparison.AT_LEAST, threshold)

    @classmethod
    def above(cls, measure: str, threshold: float | CutRule) -> Condition:
        """Hold where the measure is more than the threshold."""
        return cls(measure, Comparison.ABOVE, threshold)

    @classmethod
    def at_most(cls, measure: str, threshold: float | CutRule) -> Condition:
        """Hold where the measure is the threshold or less."""
        return cls(measure, Comparison.AT_MOST, threshold)

    @classmethod
    def below(cls, measure: str, threshold: float | CutRule) -> Condition:
        """Hold where the measure is less than the threshold."""
        return cls(measure, Comparison.BELOW, threshold)

    def __repr__(self) -> str:
        """Say the condition."""
        return f"Condition({self.measure} {self.comparison.name} {self.threshold})"


def _conditions(value: Condition | Iterable[Condition]) -> tuple[Condition, ...]:
    return (value,) if isinstance(value, Condition) else tuple(value)


@attrs.frozen
class Rule:
    """A class and the conditions that must all hold for it.

    Parameters
    ----------
    label
        Class of the scheme.
    when
        One condition or several; all must hold.
    veto
        Settle the class alone: looked at before all other rules, whatever they say and whatever else is missing.

    Examples
    --------
    >>> Rule("A", Condition.at_least("sales", 1_000_000), veto=True).label
    'A'
    """

    label: str
    when: tuple[Condition, ...] = attrs.field(converter=_conditions)
    veto: bool = False

    def __attrs_post_init__(self) -> None:
        if not self.when:
            raise InputError(f"Rule {self.label!r}", expected="at least one condition", got="none")


Learnt = tuple[tuple[kernels.Test, ...], int]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class RuleAudit:
    """What each rule of a list did, so that overlaps and gaps are seen.

    Parameters
    ----------
    labels
        Class of each rule, vetoes first, then the rules, then ``otherwise``.
    n_matched
        Customers whose conditions hold.
    n_decided
        Customers whose class the rule gave.
    n_overlapping
        Customers whom two or more ordinary rules match; the first one decides.
    """

    labels: tuple[str, ...]
    n_matched: tuple[int, ...]
    n_decided: tuple[int, ...]
    n_overlapping: int

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a rule: class, n_matched, n_decided."""
        columns = {"n_matched": np.array(self.n_matched), "n_decided": np.array(self.n_decided)}
        return build_frame({"class": list(self.labels), **columns}, like)

    def __repr__(self) -> str:
        """One line."""
        return f"RuleAudit({len(self.labels)} rules, {self.n_overlapping:,} customers matched by several)"


@attrs.frozen
class FittedRules:
    """Rules with their thresholds learnt.

    Parameters
    ----------
    axes
        The measures and blends the rules look at.
    cuts
        The thresholds, one a measure.
    vetoes, rules
        ((column, comparison, threshold), ...) and class code of each.
    otherwise
        Class code where no rule holds.
    scheme
        The classes.
    """

    axes: tuple[FittedAxis, ...]
    cuts: tuple[Cut, ...]
    vetoes: tuple[Learnt, ...]
    rules: tuple[Learnt, ...]
    otherwise: int
    scheme: Scheme

    def classify(self, values: ValueTable, /) -> Classification:
        """Give every customer the class of the first rule that holds.

        Raises
        ------
        SchemaError
            Naming the measures that the table lacks.
        """
        table = self._table(values)
        codes = locked(self._codes([table[axis.name] for axis in self.axes]))
        return Classification(
            customers=values.customers, codes=codes, scheme=self.scheme, axes=table, cuts=self.cuts, boundary=self
        )

    def boundary_distance(self, values: ValueTable, codes: IntArray, /) -> FloatArray:
        """Return (n_customers,) smallest change of one measure, in its standard deviations, that changes the class."""
        places = {axis.name: position for position, axis in enumerate(self.axes)}
        thresholds = [
            (places[cut.measure], point, cut.scale) for cut in self.cuts for point in cut.at if np.isfinite(point)
        ]
        return grid.threshold_distance(self._codes, [values[axis.name] for axis in self.axes], thresholds, codes)

    def audit(self, values: ValueTable, /) -> RuleAudit:
        """Count what each rule matched and decided.

        Raises
        ------
        SchemaError
            Naming the measures that the table lacks.
        """
        table = self._table(values)
        columns = [table[axis.name] for axis in self.axes]
        matched = [kernels.truth(columns, tests)[0] for tests, _ in (*self.vetoes, *self.rules)]
        n_classed = ~self.classify(values).is_missing
        decided, is_open = [], n_classed.copy()
        for match in matched:
            decided.append(int((is_open & match).sum()))
            is_open &= ~match
        ordinary = matched[len(self.vetoes) :]
        codes = [code for _, code in (*self.vetoes, *self.rules)]
        return RuleAudit(
            labels=(*(self.scheme.labels[code] for code in codes), self.scheme.labels[self.otherwise]),
            n_matched=(*(int(match.sum()) for match in matched), int(is_open.sum())),
            n_decided=(*decided, int(is_open.sum())),
            n_overlapping=int((_count(ordinary, n_classed.size) > 1).sum()),
        )

    def _table(self, values: ValueTable) -> ValueTable:
        require_measures(self.scheme.name, values, (part[0] for axis in self.axes for part in axis.parts))
        return axis_table(self.axes, values)

    def _codes(self, columns: Sequence[FloatArray]) -> IntArray:
        missing = len(self.scheme.policies)
        return kernels.decide(columns, self.vetoes, self.rules, self.otherwise, missing)


def _count(matches: Sequence[BoolArray], n: int) -> IntArray:
    total = np.zeros(n, np.int64)
    for match in matches:
        total += match
    return total


def _rules(value: Iterable[Rule]) -> tuple[Rule, ...]:
    return tuple(value)


def _blends(value: Blend | Iterable[Blend]) -> tuple[Blend, ...]:
    return (value,) if isinstance(value, Blend) else tuple(value)


@attrs.frozen(kw_only=True)
class RuleClassifier:
    """An ordered list of rules; the first that holds gives the class.

    Parameters
    ----------
    scheme
        The classes.
    rules
        Rules in order. Vetoes come before all others, in their own order.
    otherwise
        Class where no rule holds, so that there is no gap.
    blends
        Weighted indices that conditions may name like measures.

    Raises
    ------
    SchemaError
        Naming every rule whose class the scheme does not know.

    Examples
    --------
    A weighted index with a veto: sales of a million make an A whatever the index says.

    >>> from custvalue.data import CustomerIndex
    >>> from custvalue.portfolio import presets
    >>> index = Blend("index", {"industry": 0.5, "rank": 0.3, "awareness": 0.2})
    >>> grades = RuleClassifier(
    ...     scheme=presets.GRADES,
    ...     blends=index,
    ...     rules=[
    ...         Rule("A", Condition.at_least("sales", 1_000_000), veto=True),
    ...         Rule("A", Condition.at_least("index", 4)),
    ...         Rule("B", Condition.at_least("index", 2.5)),
    ...     ],
    ...     otherwise="C",
    ... )
    >>> values = ValueTable(
    ...     customers=CustomerIndex(["a", "b", "c"]),
    ...     measures={
    ...         "sales": [2e6, 1e5, 1e5], "industry": [1, 5, 3], "rank": [1, 4, 3], "awareness": [1, 5, 2],
    ...     },
    ... )
    >>> grades.fit(values).classify(values).labels.tolist()
    ['A', 'A', 'B']
    """

    scheme: Scheme
    rules: tuple[Rule, ...] = attrs.field(converter=_rules)
    otherwise: str
    blends: tuple[Blend, ...] = attrs.field(default=(), converter=_blends)

    def __attrs_post_init__(self) -> None:
        known = self.scheme.labels[:-1]
        faults = [
            Fault(f"label {label!r}", f"one of {list(known)}", "no such class")
            for label in (*(rule.label for rule in self.rules), self.otherwise)
            if label not in known
        ]
        SchemaError.raise_for(f"RuleClassifier {self.scheme.name!r}", faults)

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures it needs."""
        return needed(self._axes(), (condition.threshold for rule in self.rules for condition in rule.when))

    def fit(self, values: ValueTable, /) -> FittedRules:
        """Learn the thresholds that are rules, and the scaling of the blends.

        Raises
        ------
        SchemaError
            Naming the measures that the table lacks.
        InputError
            If a threshold rule gives more than one cut.
        """
        require_measures(self.scheme.name, values, self.measures)
        axes = tuple(fit_axis(spec, values) for spec in self._axes())
        names = tuple(axis.name for axis in axes)
        columns = {axis.name: axis.column(values) for axis in axes}
        resolved = {
            condition: _single(condition, columns[condition.measure], values)
            for rule in self.rules
            for condition in rule.when
        }
        compiled = [(rule.veto, self._compiled(rule, names, resolved)) for rule in self.rules]
        return FittedRules(
            axes=axes,
            cuts=tuple(_cut(name, columns[name], resolved) for name in names),
            vetoes=tuple(item for veto, item in compiled if veto),
            rules=tuple(item for veto, item in compiled if not veto),
            otherwise=self.scheme.code(self.otherwise),
            scheme=self.scheme,
        )

    def with_policies(self, *policies: Policy) -> RuleClassifier:
        """Replace the texts of some classes; the rules stay."""
        return attrs.evolve(self, scheme=self.scheme.with_policies(*policies))

    def renamed(self, names: Mapping[str, str]) -> RuleClassifier:
        """Rename or translate classes, in the scheme and in the rules.

        Raises
        ------
        InputError
            If there is no class of a name given.

        Examples
        --------
        >>> from custvalue.portfolio import models
        >>> models.LIFE_CYCLE.renamed({"lost": "verloren", "stable": "stabil"}).otherwise
        'stabil'
        """
        rules = [attrs.evolve(rule, label=names.get(rule.label, rule.label)) for rule in self.rules]
        otherwise = names.get(self.otherwise, self.otherwise)
        return attrs.evolve(self, scheme=self.scheme.renamed(names), rules=rules, otherwise=otherwise)

    def _axes(self) -> list[str | Blend]:
        blends = {blend.name: blend for blend in self.blends}
        names = dict.fromkeys(condition.measure for rule in self.rules for condition in rule.when)
        return [blends.get(name, name) for name in names]

    def _compiled(self, rule: Rule, names: Sequence[str], resolved: dict[Condition, float]) -> Learnt:
        tests = tuple((names.index(c.measure), int(c.comparison.value), resolved[c]) for c in rule.when)
        return tests, self.scheme.code(rule.label)


def _single(condition: Condition, column: FloatArray, values: ValueTable) -> float:
    points = learnt(condition.threshold, column, f"threshold of {condition.measure!r}", values)
    if len(points) != 1:
        raise InputError(f"threshold of {condition.measure!r}", expected="one cut", got=str(points))
    return points[0]


def _cut(name: str, column: FloatArray, resolved: dict[Condition, float]) -> Cut:
    mine = {threshold: str(c.threshold) for c, threshold in resolved.items() if c.measure == name}
    points = sorted(mine)
    present = column[np.isfinite(column)]
    spread = float(present.std()) if present.size else 0.0
    is_fixed = all(isinstance(c.threshold, Fixed) for c in resolved if c.measure == name)
    words = ", ".join(dict.fromkeys(mine[point] for point in points))
    return Cut(name, tuple(points), words, 0 if is_fixed else int(present.size), spread or 1.0, "by rule")
