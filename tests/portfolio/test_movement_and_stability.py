"""Movement between dates, and how firmly customers sit in their classes."""

from __future__ import annotations

import numpy as np
import pytest
from tests.portfolio._tables import table

from custvalue.data import CustomerIndex
from custvalue.errors import AlignmentError, InputError
from custvalue.portfolio import (
    ABSENT,
    Blend,
    Classification,
    ClusterClassifier,
    Fixed,
    Movement,
    Policy,
    PortfolioClassifier,
    Pyramid,
    Scaling,
    Scheme,
    TwoTier,
    bootstrap_stability,
    compare_allocators,
)

SCHEME = Scheme("three", [Policy("A"), Policy("B"), Policy("C")])


def classified(labels: dict[str, str], worth: dict[str, float] | None = None) -> Classification:
    values = table(labels, value=[(worth or {}).get(customer, 1.0) for customer in labels])
    return Classification.from_labels(values, list(labels.values()), SCHEME)


def test_a_movement_by_hand() -> None:
    before = classified({"a": "A", "b": "A", "c": "B", "d": "C", "e": "C"}, {"a": 9, "b": 8, "c": 5, "d": 1, "e": 2})
    after = classified({"f": "B", "d": "B", "c": "B", "b": "C", "a": "A"}, {"f": 4, "d": 4, "c": 6, "b": 3, "a": 9})
    moved = Movement.between(before, after, measure="value")

    assert moved.labels == ("A", "B", "C", "missing", ABSENT)
    expected = np.zeros((5, 5), int)
    expected[0, 0] = expected[0, 2] = expected[1, 1] = expected[2, 1] = expected[2, 4] = expected[4, 1] = 1
    assert moved.counts.tolist() == expected.tolist()
    got = moved.value_by_movement()
    assert got == {"came": 4.0, "left": -2.0, "up": 3.0, "down": -5.0, "stayed": 1.0, "unclassed": 0.0}
    assert sum(got.values()) == (4 + 4 + 6 + 3 + 9) - (9 + 8 + 5 + 1 + 2)


@pytest.mark.parametrize("seed", range(10))
def test_rows_add_up_and_nothing_of_the_value_is_lost(seed: int) -> None:
    rng = np.random.default_rng(seed)
    dates = []
    for _ in range(2):
        ids = rng.choice(200, 120, replace=False)
        values = table(ids.tolist(), value=rng.normal(size=120))
        dates.append(Classification.from_labels(values, rng.choice(["A", "B", "C", "missing"], 120), SCHEME))
    moved = Movement.between(dates[0], dates[1], measure="value")
    sums = np.nansum(moved.probabilities, axis=1)
    lower, upper = moved.interval(0.9)

    assert np.all(np.isclose(sums, 1.0) | (moved.counts.sum(axis=1) == 0))
    change = dates[1].axes["value"].sum() - dates[0].axes["value"].sum()
    assert sum(moved.value_by_movement().values()) == pytest.approx(change)
    there = moved.counts.sum(axis=1) > 0
    assert np.all((lower <= moved.probabilities + 1e-12)[there])
    assert np.all((upper >= moved.probabilities - 1e-12)[there])


def movement(counts: list[list[int]]) -> Movement:
    full = np.zeros((5, 5), np.int64)
    full[:3, :3] = counts
    return Movement(
        labels=(*SCHEME.labels, ABSENT), counts=full, value_before=np.zeros((5, 5)), value_after=np.zeros((5, 5))
    )


def test_the_wilson_interval_at_a_published_case() -> None:
    """Newcombe (1998), table I: 81 of 263 has the Wilson interval .2553 to .3662; 0 of 20 .0000 to .1611."""
    lower, upper = movement([[81, 182, 0], [0, 20, 0], [0, 0, 1]]).interval(0.95)

    assert (lower[0, 0], upper[0, 0]) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert (lower[1, 0], upper[1, 0]) == pytest.approx((0.0, 0.1611), abs=5e-5)


def test_the_steady_state_of_a_two_class_chain() -> None:
    """P = 0.2 down, q = 0.1 up: one third and two thirds."""
    shares = movement([[80, 20, 0], [10, 90, 0], [0, 0, 0]]).steady_state()

    assert shares == pytest.approx({"A": 1 / 3, "B": 2 / 3, "C": 0.0, "missing": 0.0})


def test_the_steady_state_solves_its_own_equation() -> None:
    counts = np.random.default_rng(6).integers(1, 50, (3, 3))
    shares = np.array(list(movement(counts.tolist()).steady_state().values())[:3])
    transition = counts / counts.sum(axis=1, keepdims=True)

    assert shares @ transition == pytest.approx(shares, abs=1e-12)
    assert shares.sum() == pytest.approx(1.0)


def test_a_cycle_and_a_split_chain_settle_too() -> None:
    cycle = movement([[0, 10, 0], [10, 0, 0], [0, 0, 0]]).steady_state()
    split = movement([[30, 0, 0], [0, 10, 0], [0, 0, 0]]).steady_state()

    assert (cycle["A"], cycle["B"]) == pytest.approx((0.5, 0.5))
    assert (split["A"], split["B"]) == pytest.approx((0.75, 0.25))


def test_what_is_not_known_is_said() -> None:
    with pytest.raises(InputError, match="nobody in"):
        movement([[5, 5, 0], [0, 0, 0], [0, 0, 0]]).steady_state()
    pooled = Movement.pooled([movement([[5, 5, 0], [0, 0, 0], [0, 0, 0]]), movement([[5, 0, 0], [2, 3, 0], [0, 0, 0]])])

    assert pooled.steady_state()["A"] == pytest.approx(0.4 / (0.4 + 1 / 3))


def test_other_classes_are_refused() -> None:
    values = table("ab", profit=[1.0, 2.0])
    tiers = TwoTier().fit(values).classify(values)

    with pytest.raises(AlignmentError, match="same classes"):
        Movement.between(tiers, classified({"a": "A"}))


def test_who_is_far_from_a_border_is_stable_and_who_is_near_is_not() -> None:
    values = table(range(101), profit=np.arange(101.0) - 20)
    stable = bootstrap_stability(Pyramid(), values, n_draws=100)
    near = np.abs(np.arange(101) - 80) <= 1  # the border of gold and iron

    assert np.all(stable.agreement[:20] == 1.0)  # lead: the border at 0 does not move
    assert stable.agreement[near].max() < 0.9
    assert stable.agreement[50] > 0.99


def test_stability_does_not_depend_on_the_order() -> None:
    values = table([f"c{row:02d}" for row in range(60)], profit=np.random.default_rng(0).gamma(1.0, 9.0, 60))
    order = np.random.default_rng(1).permutation(60)
    one = bootstrap_stability(Pyramid(), values, n_draws=30)
    other = bootstrap_stability(Pyramid(), values.take(order), n_draws=30)

    assert np.array_equal(one.agreement[order], other.agreement)


@pytest.mark.parametrize(
    ("classifier", "columns"),
    [
        (Pyramid(), {"profit": [1.0, np.nan, 3.0, np.nan]}),
        (ClusterClassifier(features=["a", "b"], n_clusters=(3, 3)), {"a": [1, 2, 3, 4, 9], "b": [5, 1, 4, 2, 8]}),
        (TwoTier(measure=Blend("z", {"a": 1.0}, Scaling.Z), floor=-np.inf), {"a": [1.0, 1.0, 2.0]}),
    ],
    ids=["who has the measure", "who differs", "what varies"],
)
def test_draws_that_cannot_be_learnt_from_are_drawn_again_and_counted(
    classifier: PortfolioClassifier, columns: dict[str, list[float]]
) -> None:
    n = len(next(iter(columns.values())))
    stable = bootstrap_stability(classifier, table(range(n), **columns), n_draws=200)

    assert stable.n_repetitions == 200
    assert stable.n_redrawn > 0
    assert np.all((stable.agreement >= 0) & (stable.agreement <= 1))
    assert f"over 200 repetitions, {stable.n_redrawn} more redrawn" in repr(stable)


def test_the_share_of_redrawn_draws_is_the_chance_of_an_empty_one() -> None:
    """Two of four have the measure: all four drawn from the others with a chance of 1/16, 1/15 of those kept."""
    stable = bootstrap_stability(Pyramid(), table(range(4), profit=[1.0, np.nan, 3.0, np.nan]), n_draws=3000)

    assert stable.n_redrawn / 3000 == pytest.approx(1 / 15, abs=0.02)  # four standard errors
    assert stable.agreement[[1, 3]].tolist() == [1.0, 1.0]  # always missing


def test_a_population_that_hardly_any_draw_can_stand_for_is_refused() -> None:
    """Eight clusters of eight customers need each of them drawn: 8! / 8**8, one in 416."""
    values = table(range(8), a=np.arange(8.0), b=np.arange(8.0) ** 2)
    with pytest.raises(InputError, match=r"expected 5 draws to learn from.*the last refused"):
        bootstrap_stability(ClusterClassifier(features=["a", "b"], n_clusters=(8, 8)), values, n_draws=5)
    with pytest.raises(InputError, match="only missing values"):
        bootstrap_stability(Pyramid(), table("a", profit=[np.nan]))


def test_the_costing_example_changes_who_is_gold() -> None:
    """Profit 50, 35, 5 by volume; 25, 45, 20 by activity: the best customer is another one."""
    three = ["1", "2", "3"]
    tables = {"volume": table(three, profit=[50, 35, 5]), "activity": table(three, profit=[25, 45, 20])}
    found = compare_allocators(TwoTier(), tables)

    assert found.changed == CustomerIndex(["1", "2"])
    assert found.stability.agreement.tolist() == [0.0, 0.0, 1.0]
    attached = TwoTier().fit(tables["volume"]).classify(tables["volume"]).with_stability(found.stability)
    assert list(getattr(attached.to_frame(), "columns"))[-1] == "stability_allocator"  # noqa: B009  # frame of any library


def test_allocators_over_other_customers_are_refused() -> None:
    with pytest.raises(AlignmentError):
        compare_allocators(TwoTier(cuts=Fixed(1)), {"a": table("ab", profit=[1, 2]), "b": table("ac", profit=[1, 2])})
    with pytest.raises(InputError, match="two or more"):
        compare_allocators(TwoTier(), {"a": table("ab", profit=[1, 2])})


def test_customers_read_as_texts_at_one_date_have_not_all_moved() -> None:
    numbers, texts = table([1, 2], profit=[5.0, 1.0]), table(["1", "2"], profit=[5.0, 1.0])
    tiers = Pyramid().fit(numbers)
    with pytest.raises(AlignmentError, match="customer ids of one kind, got 1 and '1'"):
        Movement.between(tiers.classify(numbers), tiers.classify(texts))
