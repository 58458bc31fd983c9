"""Entropy, CRITIC, rank order, TOPSIS, weighted sum and product, SERVQUAL."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custvalue.data import CustomerIndex, ValueTable, Weights
from custvalue.errors import InputError, SchemaError
from custvalue.weighting import (
    CriticWeights,
    Direction,
    EntropyWeights,
    RankOrder,
    RankRule,
    Scaling,
    Servqual,
    Topsis,
    WeightedProduct,
    WeightedSum,
    direct_weights,
)

CRITERIA = ("speed", "range", "payload", "cost", "reliability", "manoeuvre")
FIGHTERS = np.array(
    [
        [2.0, 1500, 20000, 5.5, 5, 9],
        [2.5, 2700, 18000, 6.5, 3, 5],
        [1.8, 2000, 21000, 4.5, 7, 7],
        [2.2, 1800, 20000, 5.0, 5, 5],
    ]
)
WAYS = {name: Direction.COST if name == "cost" else Direction.BENEFIT for name in CRITERIA}


def table_of(x: np.ndarray, names: tuple[str, ...]) -> ValueTable:
    """Make a table of alternatives 0, 1, 2 ..."""
    return ValueTable(customers=CustomerIndex(np.arange(len(x))), measures=dict(zip(names, np.array(x).T, strict=True)))


def test_topsis_fighter_aircraft() -> None:
    """Hwang and Yoon 1981: closeness .6433 .2684 .6135 .3123."""
    weights = Weights(names=CRITERIA, values=np.array([0.2, 0.1, 0.1, 0.1, 0.2, 0.3]))
    ranking = Topsis(weights=weights, directions=WAYS).rank(table_of(FIGHTERS, CRITERIA))

    assert ranking.scores == pytest.approx([0.6433, 0.2684, 0.6135, 0.3123], abs=5e-5)
    assert ranking.ranks.tolist() == [1, 4, 2, 3]
    frame = ranking.to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert frame.columns.tolist() == ["customer", "score", "rank"]


def test_entropy_fighter_aircraft() -> None:
    """The same table, recomputed: .0642 .2061 .0134 .0813 .3587 .2763 (the book rounds on the way)."""
    weights = EntropyWeights().weigh(table_of(FIGHTERS, CRITERIA))

    assert weights.values == pytest.approx([0.0642, 0.2061, 0.0134, 0.0813, 0.3587, 0.2763], abs=5e-5)


def test_entropy_edges() -> None:
    """A constant criterion weighs nothing, all constant weigh the same, zeros are fine, negatives are not."""
    assert EntropyWeights().weigh(table_of(np.array([[1, 3], [2, 3]]), ("a", "b"))).values.tolist() == [1.0, 0.0]
    assert EntropyWeights().weigh(table_of(np.array([[2, 3], [2, 3]]), ("a", "b"))).values.tolist() == [0.5, 0.5]
    one_holds_all = EntropyWeights().weigh(table_of(np.array([[0, 1], [5, 1], [0, 1]]), ("a", "b")))
    assert one_holds_all.values.tolist() == [1.0, 0.0]
    with pytest.raises(SchemaError, match="'a'"):
        EntropyWeights().weigh(table_of(np.array([[-1, 1], [5, 1]]), ("a", "b")))


def test_critic_by_definition() -> None:
    """Standard deviation of the scaled criterion times its summed (1 - correlation), in plain numpy."""
    y = (FIGHTERS - FIGHTERS.min(axis=0)) / np.ptp(FIGHTERS, axis=0)
    y[:, 3] = 1 - y[:, 3]
    c = y.std(axis=0, ddof=1) * (1 - np.corrcoef(y.T)).sum(axis=1)

    weights = CriticWeights(WAYS).weigh(table_of(FIGHTERS, CRITERIA))
    assert weights.values == pytest.approx(c / c.sum(), rel=1e-10)
    constant = table_of(np.array([[1.0, 1], [2, 1], [4, 1]]), ("speed", "cost"))
    ways = {"speed": Direction.BENEFIT, "cost": Direction.COST}
    assert CriticWeights(ways).weigh(constant).values.tolist() == [0.5, 0.5]


def test_rank_order() -> None:
    """Centroid of three: 11/18, 5/18, 2/18 (Barron and Barrett 1996); reciprocal 6:3:2; sum 3:2:1."""
    names = ["a", "b", "c"]

    assert RankOrder().weigh(names).values == pytest.approx(np.array([11, 5, 2]) / 18)
    assert RankOrder(RankRule.RECIPROCAL).weigh(names).values == pytest.approx(np.array([6, 3, 2]) / 11)
    assert RankOrder(RankRule.SUM).weigh(names).values == pytest.approx(np.array([3, 2, 1]) / 6)


def test_direct_weights() -> None:
    """Points are scaled; nonsense is refused."""
    assert direct_weights({"a": 30, "b": 10})["a"] == 0.75
    for wrong in ({"a": 0.0}, {"a": -1.0, "b": 2.0}, {"a": math.nan}, {}):
        with pytest.raises(InputError, match="points"):
            direct_weights(wrong)


def test_weighted_sum_by_hand() -> None:
    """Min-max with a cost: (0, 1), (1, 0), (.5, .5); z-scores and ranks by their definitions."""
    table = table_of(np.array([[0.0, 10], [10, 30], [5, 20]]), ("value", "cost"))
    weights = Weights(names=("value", "cost"), values=np.array([0.75, 0.25]))
    ways = {"value": Direction.BENEFIT, "cost": Direction.COST}

    def scores(scaling: Scaling) -> list[float]:
        return list(WeightedSum(weights=weights, directions=ways, scaling=scaling).rank(table).scores)

    assert scores(Scaling.MIN_MAX) == pytest.approx([0.25, 0.75, 0.5])
    root = math.sqrt(1.5)
    assert scores(Scaling.Z_SCORE) == pytest.approx([-0.5 * root, 0.5 * root, 0.0])
    assert scores(Scaling.RANK) == pytest.approx([0.75 / 6 + 0.25 * 5 / 6, 0.75 * 5 / 6 + 0.25 / 6, 0.5])
    with pytest.raises(InputError, match="positive"):
        scores(Scaling.SHARE_OF_BEST)


def test_weighted_product_by_hand() -> None:
    """Shares of the best: (1/2, 1), (1, 1/4) with weights 1/2 each."""
    table = table_of(np.array([[2.0, 10], [4, 40]]), ("value", "cost"))
    weights = Weights(names=("value", "cost"), values=np.array([0.5, 0.5]))
    ways = {"value": Direction.BENEFIT, "cost": Direction.COST}

    product = WeightedProduct(weights=weights, directions=ways).rank(table)
    assert product.scores == pytest.approx([math.sqrt(0.5), 0.5])


def test_identical_alternatives() -> None:
    """TOPSIS cannot tell them apart: missing, not 0 / 0."""
    weights = Weights(names=("a",), values=np.array([1.0]))
    ranking = Topsis(weights=weights, directions={"a": Direction.BENEFIT}).rank(table_of(np.ones((3, 1)), ("a",)))

    assert np.isnan(ranking.scores).all()
    assert ranking.ranks.tolist() == [1, 1, 1]


@given(st.lists(st.tuples(*[st.floats(0.1, 100)] * 3), min_size=2, max_size=12), st.integers(0, 2**32))
def test_order_of_alternatives_does_not_matter(rows: list[tuple[float, ...]], seed: int) -> None:
    """Shuffled alternatives carry their scores with them; scores stay in [0, 1]."""
    x = np.array(rows)
    order = np.random.default_rng(seed).permutation(len(x))
    names = ("a", "b", "c")
    weights = Weights(names=names, values=np.array([0.5, 0.3, 0.2]))
    ways = {"a": Direction.BENEFIT, "b": Direction.COST, "c": Direction.BENEFIT}
    rule = Topsis(weights=weights, directions=ways)
    straight, mixed = rule.rank(table_of(x, names)).scores, rule.rank(table_of(x[order], names)).scores

    assert mixed == pytest.approx(straight[order], nan_ok=True, abs=1e-12)
    assert np.isnan(straight).all() or ((straight >= 0) & (straight <= 1)).all()


def test_criteria_refusals() -> None:
    """Directions must be stated, values known, alternatives several."""
    weights = Weights(names=("a", "b"), values=np.array([0.5, 0.5]))
    with pytest.raises(InputError, match="none for"):
        Topsis(weights=weights, directions={"a": Direction.COST})
    with pytest.raises(SchemaError, match="1 missing"):
        EntropyWeights().weigh(table_of(np.array([[1, math.nan], [5, 1]]), ("a", "b")))
    with pytest.raises(InputError, match="two alternatives"):
        EntropyWeights().weigh(table_of(np.array([[1.0]]), ("a",)))
    with pytest.raises(InputError, match="'z'"):
        EntropyWeights().weigh(table_of(np.array([[1.0], [2.0]]), ("a",)), criteria=["z"])


def test_servqual_by_hand() -> None:
    """Two dimensions of two items, three respondents; a missing answer leaves its item for that respondent."""
    rule = Servqual(
        dimensions={"speed": (1, 2), "care": (3, 4)},
        weights=Weights(names=("speed", "care"), values=np.array([0.75, 0.25])),
        reversed_items=(4,),
    )
    expectation = np.array([[7.0, 6, 5, 1], [7, 7, 5, 1], [6, 6, 5, 1]])
    perception = np.array([[5.0, 6, 6, 2], [6, 5, 5, 1], [5, np.nan, 4, 3]])
    result = rule.measure(expectation, perception)

    assert result.item_gaps == pytest.approx([-4 / 3, -1, 0, -1])
    assert result.answers.tolist() == [3, 2, 3, 3]
    assert result.dimension_gaps == pytest.approx([-7 / 6, -0.5])
    assert result.overall == pytest.approx(0.75 * -7 / 6 + 0.25 * -0.5)
    assert "speed -1.17" in repr(result)


def test_cronbach_alpha() -> None:
    """Two items moving together: alpha 1; its textbook formula otherwise."""
    rule = Servqual(dimensions={"one": (1, 2)})
    base = np.full((4, 2), 4.0)
    same = rule.measure(base, np.array([[1.0, 1], [2, 2], [3, 3], [5, 5]]))
    other = np.array([[1.0, 2], [2, 2], [3, 5], [5, 4]])

    assert same.alpha == pytest.approx([1.0])
    gaps = other - 4
    expected = 2 * (1 - gaps.var(axis=0, ddof=1).sum() / gaps.sum(axis=1).var(ddof=1))
    assert rule.measure(base, other).alpha == pytest.approx([expected])


def test_servqual_refusals() -> None:
    """Items in two dimensions, answers off the scale, other shapes, too few items."""
    with pytest.raises(InputError, match="one dimension"):
        Servqual(dimensions={"a": (1,), "b": (1,)})
    with pytest.raises(InputError, match="weights of"):
        Servqual(weights=Weights(names=("x",), values=np.array([1.0])))
    with pytest.raises(InputError, match="22 items"):
        Servqual().measure(np.ones((2, 5)), np.ones((2, 5)))
    with pytest.raises(InputError, match="off the scale"):
        Servqual().measure(np.full((2, 22), 8.0), np.ones((2, 22)))
    with pytest.raises(InputError, match="shape"):
        Servqual().measure(np.ones((2, 22)), np.ones((3, 22)))


@pytest.mark.parametrize("items", [(0,), (-1,), (40,), (1, 23)])
def test_reversed_items_are_items(items: tuple[int, ...]) -> None:
    """Item 0 is not the last one: items are counted from 1 and belong to a dimension."""
    with pytest.raises(InputError, match="reversed_items"):
        Servqual(reversed_items=items)
