"""AHP: published matrices, consistency, missing comparisons, groups, hierarchies, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custvalue.errors import InputError, SchemaError
from custvalue.weighting import AHP, AHPHierarchy, Comparisons, Priority, RandomIndex

THREE = Comparisons.from_judgements(["A", "B", "C"], {("B", "A"): 3, ("A", "C"): 5, ("B", "C"): 7})


def test_three_criteria() -> None:
    """[[1, 1/3, 5], [3, 1, 7], [1/5, 1/7, 1]]: w .279 .649 .072, lambda 3.064888, CI .032444."""
    result = AHP().weigh(THREE)

    assert result.weights.values == pytest.approx([0.278955, 0.649118, 0.071927], abs=5e-7)
    assert result.largest == pytest.approx(3.064888, abs=5e-7)
    assert result.index == pytest.approx(0.032444, abs=5e-7)


@pytest.mark.parametrize(
    ("table", "ratio"),
    [
        (RandomIndex.SAATY_1980, 0.055938),
        (RandomIndex.SAATY_2005, 0.062392),
        (RandomIndex.DONEGAN_DODD, 0.032444 / 0.4914),
    ],
)
def test_random_index_tables(table: RandomIndex, ratio: float) -> None:
    """The consistency ratio depends on the table, which is therefore named."""
    assert AHP(random_index=table).weigh(THREE).ratio == pytest.approx(ratio, abs=2e-6)


def test_column_mean() -> None:
    """The textbook approximation of the same matrix: .2828 .6434 .0738, lambda 3.096726, CR .083384."""
    result = AHP(priority=Priority.COLUMN_MEAN).weigh(THREE)

    assert result.weights.values == pytest.approx([0.2828, 0.6434, 0.0738], abs=5e-5)
    assert result.largest == pytest.approx(3.096726, abs=5e-7)
    assert result.ratio == pytest.approx(0.083384, abs=1e-6)


def leader() -> AHPHierarchy:
    """The well-known choice of a leader: four criteria, three candidates (Wikipedia, AHP leader example)."""
    people = ["Moll", "Nell", "Sue"]

    def judged(moll_nell: float, moll_sue: float, nell_sue: float) -> Comparisons:
        pairs = {("Moll", "Nell"): moll_nell, ("Moll", "Sue"): moll_sue, ("Nell", "Sue"): nell_sue}
        return Comparisons.from_judgements(people, pairs)

    goal = Comparisons.from_judgements(
        ["experience", "education", "charisma", "age"],
        {
            ("experience", "education"): 4, ("experience", "charisma"): 3, ("experience", "age"): 7,
            ("charisma", "education"): 3, ("education", "age"): 3, ("charisma", "age"): 5,
        },
    )  # fmt: skip
    children = {
        "experience": judged(1 / 4, 4, 9),
        "education": judged(3, 1 / 5, 1 / 7),
        "charisma": judged(5, 9, 4),
        "age": judged(1 / 3, 5, 9),
    }
    return AHPHierarchy(goal=goal, children=children)


def test_leader() -> None:
    """Criteria .5476 .1266 .2699 .0559 (CR .0444 with RI .89); Nell .493, Moll .358, Sue .150 as AHPy rounds them."""
    result = leader().weigh(AHP(random_index=RandomIndex.SAATY_2005))
    goal = result.nodes["goal"]

    assert goal.weights.values == pytest.approx([0.5476, 0.1266, 0.2699, 0.0559], abs=5e-5)
    assert goal.ratio == pytest.approx(0.044351, abs=1e-6)
    weights = {name: result.weights[name] for name in ("Nell", "Moll", "Sue")}
    assert weights == pytest.approx({"Nell": 0.493, "Moll": 0.358, "Sue": 0.150}, abs=1e-3)


def test_hierarchy_reports_inconsistent_nodes() -> None:
    """Education, judged 3, 1/5, 1/7, is within the limit; made absurd, its path is named."""
    fine = leader().weigh()
    absurd = Comparisons.from_judgements(
        ["Moll", "Nell", "Sue"], {("Moll", "Nell"): 9, ("Nell", "Sue"): 9, ("Sue", "Moll"): 9}
    )
    doubtful = AHPHierarchy(goal=leader().goal, children={"age": absurd}).weigh()

    assert fine.inconsistent == ()
    assert doubtful.inconsistent == ("goal / age",)
    assert "goal / age" in repr(doubtful)
    assert set(doubtful.weights.names) == {"experience", "education", "charisma", "Moll", "Nell", "Sue"}
    frame = doubtful.to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert frame.columns.tolist() == ["node", "criteria", "consistency_ratio", "consistent"]


weights_of = st.lists(st.floats(0.1, 10.0), min_size=2, max_size=8)


@given(weights_of, st.sampled_from(list(Priority)))
def test_consistent_judgements_give_back_their_weights(values: list[float], priority: Priority) -> None:
    """Judgements w_i / w_j are perfectly consistent, whatever the method."""
    w = np.array(values) / sum(values)
    names = [f"c{i}" for i in range(w.size)]
    result = AHP(priority=priority).weigh(Comparisons(names=names, matrix=w[:, None] / w[None, :]))

    assert result.weights.values == pytest.approx(w, rel=1e-8)
    assert result.ratio == pytest.approx(0.0, abs=1e-8)
    assert result.consistent


@given(weights_of, st.sampled_from([Priority.EIGENVECTOR, Priority.GEOMETRIC_MEAN]))
def test_missing_comparisons(values: list[float], priority: Priority) -> None:
    """A chain of n - 1 consistent judgements is enough."""
    w = np.array(values) / sum(values)
    names = [f"c{i}" for i in range(w.size)]
    chain = {(names[i], names[i + 1]): w[i] / w[i + 1] for i in range(w.size - 1)}
    result = AHP(priority=priority).weigh(Comparisons.from_judgements(names, chain))

    assert result.weights.values == pytest.approx(w, rel=1e-6)


def test_geometric_mean_by_hand() -> None:
    """Roots of the row products of the same matrix."""
    rows = np.cbrt([5 / 3, 21, 1 / 35])

    result = AHP(priority=Priority.GEOMETRIC_MEAN).weigh(THREE)
    assert result.weights.values == pytest.approx(rows / rows.sum(), rel=1e-12)


def test_worst_pair_is_named() -> None:
    """Five consistent judgements and one upside down."""
    w = np.array([0.5, 0.25, 0.15, 0.1])
    matrix = w[:, None] / w[None, :]
    matrix[1, 3], matrix[3, 1] = 1 / 6, 6.0
    result = AHP().weigh(Comparisons(names=["a", "b", "c", "d"], matrix=matrix))

    assert not result.consistent
    assert result.worst_pair == ("b", "d")
    assert result.suggestion == pytest.approx(2.5)
    assert "b / d" in repr(result)


@pytest.mark.parametrize("priority", list(Priority))
@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_no_worst_pair_without_contradiction(n: int, priority: Priority) -> None:
    """Judgements that agree have no worst pair and nothing to suggest, whatever the limit."""
    w = np.arange(1.0, n + 1)
    names = [f"c{i}" for i in range(n)]
    result = AHP(priority=priority, limit=-1.0).weigh(Comparisons(names=names, matrix=w[:, None] / w[None, :]))

    assert result.worst_pair is None
    assert np.isnan(result.suggestion)
    assert "look at" not in repr(result)


def test_donegan_dodd_goes_to_a_hundred() -> None:
    """Donegan and Dodd 1991: 1.6277, 1.6213, 1.6339 for 80, 90 and 100; beyond, the table is not its own way out."""
    table = RandomIndex.DONEGAN_DODD

    assert [table.of(n) for n in (80, 90, 100)] == [1.6277, 1.6213, 1.6339]
    assert table.of(85) == pytest.approx((1.6277 + 1.6213) / 2)
    for other in RandomIndex:
        with pytest.raises(InputError) as caught:
            other.of(101)
        assert caught.value.hint == "Group the criteria into a hierarchy."
    with pytest.raises(InputError, match="DONEGAN_DODD"):
        RandomIndex.SAATY_2005.of(16)


def test_group_is_the_geometric_mean() -> None:
    """2 and 8 make 4; a member who did not compare a pair does not count for it."""
    one = Comparisons.from_judgements(["a", "b", "c"], {("a", "b"): 2, ("b", "c"): 3})
    two = Comparisons.from_judgements(["a", "b", "c"], {("a", "b"): 8, ("a", "c"): 5})
    group = Comparisons.group([one, two]).matrix

    assert (group[0, 1], group[1, 2], group[0, 2]) == pytest.approx((4.0, 3.0, 5.0))
    assert group * group.T == pytest.approx(np.ones((3, 3)))


def test_two_criteria_are_always_consistent() -> None:
    """Of one and of two: ratio 0, never 0 / 0."""
    assert AHP().weigh(Comparisons.from_judgements(["a", "b"], {("a", "b"): 9})).ratio == 0.0
    assert AHP().weigh(Comparisons(names=["a"], matrix=np.ones((1, 1)))).weights.values.tolist() == [1.0]


def test_matrix_that_is_not_reciprocal() -> None:
    """All wrong pairs are listed at once; the middle of both judgements is offered."""
    matrix = np.array([[1.0, 3.0, -2.0], [0.5, 1.0, 2.0], [0.5, 0.5, 1.0]])
    with pytest.raises(SchemaError) as caught:
        Comparisons(names=["a", "b", "c"], matrix=matrix)
    assert [fault.where for fault in caught.value.faults] == ["a / c", "a / b", "a / c"]

    matrix[0, 2] = 2.0
    middle = Comparisons.reconciled(["a", "b", "c"], matrix).matrix
    assert middle[0, 1] == pytest.approx(np.sqrt(6.0))


def test_ahp_refusals() -> None:
    """Unlinked criteria, unknown names, double judgements, off the scale, tables too short."""
    with pytest.raises(InputError, match="link all"):
        Comparisons.from_judgements(["a", "b", "c", "d"], {("a", "b"): 2, ("c", "d"): 2})
    with pytest.raises(InputError, match="two different ones"):
        Comparisons.from_judgements(["a", "b"], {("a", "x"): 2})
    with pytest.raises(InputError, match="one judgement"):
        Comparisons.from_judgements(["a", "b"], {("a", "b"): 2, ("b", "a"): 2})
    with pytest.raises(InputError, match="1/9 and 9"):
        Comparisons.from_judgements(["a", "b"], {("a", "b"): 10}, scale=9)
    chain = Comparisons.from_judgements(["a", "b", "c"], {("a", "b"): 2, ("b", "c"): 2})
    with pytest.raises(InputError, match="all pairs"):
        AHP(priority=Priority.COLUMN_MEAN).weigh(chain)
    with pytest.raises(InputError, match="at most 10"):
        RandomIndex.SAATY_1980.of(11)
    with pytest.raises(InputError, match="same criteria"):
        Comparisons.group([])
    with pytest.raises(InputError, match="children"):
        AHPHierarchy(goal=THREE, children={"Z": THREE})
