"""Scoring: published threshold tables, quantiles against slow counting, permutations, old thresholds on new dates."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import custvalue as cv
from custvalue.data import CustomerSummary, Horizon, TimeUnit, ValueTable, Weights
from custvalue.errors import AlignmentError, InputError
from custvalue.rfm import (
    LRFM,
    RFA,
    RFMT,
    Band,
    Dimension,
    FittedRFM,
    Monetary,
    NestedQuantiles,
    Quantiles,
    RFMScorer,
    SegmentMap,
    SegmentRule,
    Thresholds,
    Ties,
    above,
    presets,
    segments,
)

Build = Callable[..., CustomerSummary]


@pytest.mark.parametrize(
    ("last", "purchases", "mean", "code"),
    [
        ("2022-06-29", 1, 199_999.99, "111"),  # one day more than 48 months
        ("2022-06-30", 2, 200_000, "222"),  # 48 months to the day
        ("2025-06-29", 2, 400_000, "222"),
        ("2025-06-30", 3, 400_000.01, "333"),  # 12 months to the day
        ("2026-06-30", 60, 1_000_000, "333"),
    ],
)
def test_car_dealer_table(build: Build, last: str, purchases: int, mean: float, code: str) -> None:
    """The car dealer's rule table (48 / 12 months, 2 / 3 purchases, 200,000 / 400,000), at every edge."""
    days = int((np.datetime64("2026-06-30") - np.datetime64(last)).astype(int))
    one = build([days], [purchases], [round(mean * purchases, 2)])

    assert RFMScorer(binning=presets.CAR_DEALER).fit(one).score(one).codes.tolist() == [code]


@pytest.mark.parametrize(
    ("last", "purchases", "mean", "code"),
    [
        ("2025-09-29", 1, 149.99, "111"),
        ("2025-09-30", 2, 150, "222"),  # 9 months
        ("2026-03-29", 2, 450, "222"),
        ("2026-03-30", 3, 450.01, "333"),  # 3 months
    ],
)
def test_drugstore_table(build: Build, last: str, purchases: int, mean: float, code: str) -> None:
    """The drugstore's rule table (9 / 3 months, 2 / 3 purchases, 150 / 450), at every edge."""
    days = int((np.datetime64("2026-06-30") - np.datetime64(last)).astype(int))
    one = build([days], [purchases], [round(mean * purchases, 2)])

    assert RFMScorer(binning=presets.DRUGSTORE).fit(one).score(one).codes.tolist() == [code]


def test_month_ends(build: Build) -> None:
    """Three months before 31 May is 28 February, 29 in a leap year; a quarter is three months."""
    for until, edge in (("2026-05-31", "2026-02-28"), ("2024-05-31", "2024-02-29")):
        moment = np.datetime64(until)
        days = int((moment - np.datetime64(edge)).astype(int))
        two = build([days, days + 1], [1, 1], [1, 1], until=moment)
        for limit in (Horizon(3, TimeUnit.MONTH), Horizon(1, TimeUnit.QUARTER)):
            binning = Thresholds({"R": (limit,), "F": (2,), "M": (5,)})
            assert RFMScorer(binning=binning).fit(two).score(two).recency.tolist() == [2, 1]


def slow_quantile(values: list[float], k: int) -> list[int]:
    """Score by counting: the smallest j such that the value is at most the one at rank ceil(n j / k)."""
    ordered = sorted(values)
    cuts = [ordered[math.ceil(len(values) * j / k - 1e-9) - 1] for j in range(1, k)]
    return [1 + sum(v > cut for cut in cuts) for v in values]


rows = st.lists(
    st.tuples(st.integers(0, 400), st.integers(1, 12), st.integers(-500, 5000)), min_size=1, max_size=60
)  # days, purchases, euros


@given(rows, st.integers(2, 7))
def test_quantiles_by_counting(build: Build, data: list[tuple[int, int, int]], k: int) -> None:
    """Each dimension against the definition, in plain loops."""
    days, purchases, euros = map(list, zip(*data, strict=True))
    summary = build(days, purchases, euros)
    scores = RFMScorer(binning=Quantiles(k), monetary=Monetary.TOTAL).fit(summary).score(summary)

    assert scores.recency.tolist() == slow_quantile([-d for d in days], k)
    assert scores.frequency.tolist() == slow_quantile(purchases, k)
    assert scores.monetary.tolist() == slow_quantile(euros, k)


@given(rows, st.randoms(use_true_random=False))
@pytest.mark.parametrize(
    "binning", [Quantiles(5), Quantiles(4, ties=Ties.SPLIT_BY_ID), NestedQuantiles(3)], ids=["plain", "split", "nested"]
)
def test_permuting_customers_permutes_scores(
    build: Build, binning: Quantiles | NestedQuantiles, data: list[tuple[int, int, int]], random: Random
) -> None:
    """Whatever the order of the rows, each customer's score and segment are the same."""
    order = list(range(len(data)))
    random.shuffle(order)
    straight = build(*zip(*data, strict=True))
    mixed = build(*zip(*[data[i] for i in order], strict=True), ids=order)
    scorer = RFMScorer(binning=binning, segments=segments.FOUR_WAY)

    one = scorer.fit(straight).score(straight)
    two = scorer.fit(mixed).score(mixed)
    assert one.codes[order].tolist() == two.codes.tolist()
    assert one.segments[order].tolist() == two.segments.tolist()


def test_old_thresholds_on_a_new_date(build: Build) -> None:
    """A later month is scored with the thresholds learnt: nobody moves because others moved."""
    march = build(range(100), range(1, 101), [n * n for n in range(1, 101)], until=np.datetime64("2026-03-31"))
    fitted = RFMScorer(binning=Quantiles(5)).fit(march)
    lone = build([10], [50], [2500], until=np.datetime64("2026-04-30"))

    # cuts at 20, 40, 60, 80 days, purchases and euros a purchase; the cut of 20 days is passed below it
    assert fitted.score(lone).codes.tolist() == ["533"]
    before = fitted.thresholds
    fitted.score(lone)
    assert fitted.thresholds is before


def test_ties_same_score(build: Build) -> None:
    """Eight of ten bought once: they share the lowest score and the levels between stay empty."""
    summary = build([1] * 10, [1] * 8 + [2, 3], range(10))
    scores = RFMScorer(binning=Quantiles(5)).fit(summary).score(summary)

    assert scores.frequency.tolist() == [1] * 8 + [5, 5]


def test_ties_split(build: Build) -> None:
    """The same ten, parted by id: two customers a level, those who bought more above."""
    summary = build([1] * 10, [1] * 8 + [2, 3], range(10))
    scores = RFMScorer(binning=Quantiles(5, ties=Ties.SPLIT_BY_ID)).fit(summary).score(summary)

    assert scores.frequency.tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert scores.recency.tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


@given(st.lists(st.integers(0, 5), min_size=1, max_size=50), st.integers(2, 6))
def test_split_fills_every_level(build: Build, values: list[int], k: int) -> None:
    """Parting ties fills level j up to rank ceil(n j / k) and never puts a smaller value above a larger one."""
    summary = build([0] * len(values), [1 + v for v in values], [1] * len(values))
    scores = RFMScorer(binning=Quantiles(k, ties=Ties.SPLIT_BY_ID)).fit(summary).score(summary).frequency
    n = len(values)

    assert [int((scores <= j).sum()) for j in range(1, k + 1)] == [-(-n * j // k) for j in range(1, k + 1)]
    assert all(a <= b for _, a, b in sorted((v, int(s), int(s)) for v, s in zip(values, scores, strict=True)))
    means = [(v, s) for v, s in zip(values, scores.tolist(), strict=True)]
    assert all(s1 <= s2 for v1, s1 in means for v2, s2 in means if v1 < v2)


def test_ties_refused(build: Build) -> None:
    """Ties that leave a level empty are named."""
    summary = build(range(10), [1] * 8 + [2, 3], range(10))

    with pytest.raises(InputError, match="frequency"):
        RFMScorer(binning=Quantiles(5, ties=Ties.REFUSE)).fit(summary)
    distinct = build(range(10), range(1, 11), [n * (n + 1) for n in range(10)])
    RFMScorer(binning=Quantiles(5, ties=Ties.REFUSE)).fit(distinct)


def test_nested_by_hand(build: Build) -> None:
    """R in halves; F in halves within each; the same F is high among the lapsed and low among the recent."""
    summary = build([1, 2, 3, 4, 101, 102, 103, 104], [9, 8, 5, 4, 5, 4, 2, 1], [1] * 8)
    scores = RFMScorer(binning=NestedQuantiles(2), monetary=Monetary.TOTAL).fit(summary).score(summary)

    assert scores.recency.tolist() == [2, 2, 2, 2, 1, 1, 1, 1]
    assert scores.frequency.tolist() == [2, 2, 1, 1, 2, 2, 1, 1]


def test_nested_against_slow(build: Build) -> None:
    """M within F within R, by filtering in plain Python."""
    rng = np.random.default_rng(3)
    days, purchases = rng.integers(0, 300, 500), rng.integers(1, 15, 500)
    euros = rng.integers(1, 1000, 500)
    summary = build(days, purchases, euros)
    scores = RFMScorer(binning=NestedQuantiles(3), monetary=Monetary.TOTAL).fit(summary).score(summary)

    r = slow_quantile((-days).tolist(), 3)
    f, m = [0] * 500, [0] * 500
    for level in (1, 2, 3):
        inside = [i for i in range(500) if r[i] == level]
        for i, score in zip(inside, slow_quantile([int(purchases[i]) for i in inside], 3), strict=True):
            f[i] = score
    for pair in set(zip(r, f, strict=True)):
        inside = [i for i in range(500) if (r[i], f[i]) == pair]
        for i, score in zip(inside, slow_quantile([int(euros[i]) for i in inside], 3), strict=True):
            m[i] = score
    assert [scores.recency.tolist(), scores.frequency.tolist(), scores.monetary.tolist()] == [r, f, m]


def test_nested_cell_unseen_when_learning(build: Build) -> None:
    """A combination nobody had takes the cuts of those who share its leading levels."""
    # all frequent buyers are recent: the lapsed all bought once, so "lapsed and frequent" is empty
    summary = build([1, 2, 101, 102], [5, 4, 1, 1], [40, 20, 10, 6], length=[9] * 4)
    fitted = RFMScorer(binning=NestedQuantiles(2), monetary=Monetary.TOTAL).fit(summary)
    late = build([150, 150], [3, 3], [7, 6])

    # lapsed and above one purchase; money is cut where the lapsed were: at 6
    assert fitted.score(late).codes.tolist() == ["122", "121"]


def test_levels_from_zero(build: Build) -> None:
    """Codes such as 000 and 004."""
    summary = build([4, 3, 2, 1, 0], [1, 1, 1, 1, 1], [1, 2, 3, 4, 5])
    scores = RFMScorer(binning=Quantiles(5, base=0)).fit(summary).score(summary)

    assert scores.codes.tolist() == ["000", "101", "202", "303", "404"]
    assert scores.total.tolist() == [0, 2, 4, 6, 8]


def test_codes_of_many_levels(build: Build) -> None:
    """Scores of ten and more are written apart."""
    summary = build(range(12), range(1, 13), [n * n for n in range(1, 13)])
    scores = RFMScorer(binning=Quantiles(12)).fit(summary).score(summary)

    assert scores.codes[[0, 11]].tolist() == ["12-1-1", "1-12-12"]


def test_mean_and_total(build: Build) -> None:
    """Spend per purchase and in all order customers differently."""
    summary = build([1, 1], [10, 1], [100, 50])

    mean = RFMScorer(binning=Quantiles(2)).fit(summary).score(summary)
    total = RFMScorer(binning=Quantiles(2), monetary=Monetary.TOTAL).fit(summary).score(summary)
    assert (mean.monetary.tolist(), total.monetary.tolist()) == ([1, 2], [2, 1])


def test_variants(build: Build) -> None:
    """RFA takes a quantity, LRFM the length, RFMT the mean gap; a one-time buyer waits for ever."""
    summary = build([1, 1, 1], [3, 2, 1], [9, 9, 9], length=[10, 20, 0])
    quantity = ValueTable(customers=summary.customers, measures={"quantity": [5.0, 7.0, 6.0]})

    rfa = RFMScorer(binning=Quantiles(3), dimensions=RFA).fit(summary, measures=quantity)
    assert rfa.score(summary, measures=quantity)["A"].tolist() == [1, 3, 2]
    lrfm = RFMScorer(binning=Quantiles(3), dimensions=LRFM).fit(summary).score(summary)
    assert lrfm["L"].tolist() == [2, 3, 1]
    rfmt = RFMScorer(binning=Quantiles(3), dimensions=RFMT).fit(summary).score(summary)
    assert rfmt["T"].tolist() == [3, 2, 1]


def test_a_dimension_of_ones_own(build: Build) -> None:
    """Any measure of a table; smaller may be better; thresholds exclude their own value if told so."""
    summary = build([1, 1, 1], [1, 1, 1], [1, 1, 1])
    complaints = ValueTable(customers=summary.customers, measures={"complaints": [0.0, 2.0, 5.0]})
    own = Dimension("K", "calm", "complaints", higher_is_better=False)
    scorer = RFMScorer(binning=Thresholds({"K": (5, above(2))}), dimensions=[own])

    assert scorer.fit(summary, measures=complaints).score(summary, measures=complaints)["K"].tolist() == [3, 2, 2]


def test_weighted_and_decayed(build: Build) -> None:
    """Weights by code; a silence of one half life halves the score."""
    summary = build([0, 30], [2, 1], [8, 2])
    scores = RFMScorer(binning=Quantiles(2)).fit(summary).score(summary)
    weights = Weights(names=["M", "R", "F"], values=np.array([0.1, 0.6, 0.3]))

    assert scores.codes.tolist() == ["222", "111"]
    assert scores.weighted(weights) == pytest.approx([2.0, 1.0])
    faded = scores.decayed(summary.days_since_last, Horizon(30, TimeUnit.DAY), weights)
    assert faded == pytest.approx([2.0, 0.5])
    assert scores.decayed(summary.days_since_last, Horizon(15, TimeUnit.DAY)) == pytest.approx([2.0, 0.25])
    with pytest.raises(InputError, match="weights of"):
        scores.weighted(Weights(names=["R"], values=np.array([1.0])))
    with pytest.raises(InputError, match="days"):
        scores.decayed(np.array([1.0]), Horizon(1, TimeUnit.DAY))


def test_frame_and_pickle(build: Build) -> None:
    """The schema is pinned; a copy is the same."""
    summary = build([1, 2], [1, 2], [3, 4], ids=["a", "b"])
    scores = RFMScorer(binning=Quantiles(5), segments=segments.ELEVEN).fit(summary).score(summary)
    frame = scores.to_frame()

    assert isinstance(frame, pd.DataFrame)
    columns = ["customer", "recency_score", "frequency_score", "monetary_score", "code", "segment"]
    assert frame.columns.tolist() == columns
    assert frame["recency_score"].dtype == np.int64
    again = pickle.loads(pickle.dumps(scores))  # noqa: S301  # our own bytes
    assert again.codes.tolist() == scores.codes.tolist()
    assert not scores.recency.flags.writeable
    assert "\n" not in repr(scores)


def test_refusals(build: Build) -> None:
    """What cannot be scored says why."""
    summary = build([1, 2], [1, 2], [3, 4])
    missing = ValueTable(customers=summary.customers, measures={"quantity": [1.0, np.nan]})
    others = ValueTable(customers=build([1], [1], [1], ids=["z"]).customers, measures={"quantity": [1.0]})
    rfa = RFMScorer(dimensions=RFA)

    with pytest.raises(InputError, match="'quantity'"):
        rfa.fit(summary)
    with pytest.raises(InputError, match="1 missing"):
        rfa.fit(summary, measures=missing)
    with pytest.raises(AlignmentError):
        rfa.fit(summary, measures=others)
    with pytest.raises(InputError, match="one customer"):
        RFMScorer().fit(build([], [], []))
    with pytest.raises(InputError, match="2 to 100"):
        Quantiles(1)
    with pytest.raises(InputError, match="base"):
        NestedQuantiles(5, base=2)
    with pytest.raises(InputError, match="none for"):
        RFMScorer(binning=Thresholds({"R": (1,)})).fit(summary)
    wrong_way = RFMScorer(binning=Thresholds({"R": (30, 180), "F": (2,), "M": (1,)}))
    with pytest.raises(InputError, match="worst to the best"):
        wrong_way.fit(summary)
    with pytest.raises(InputError, match="each once"):
        RFMScorer(dimensions=[RFA[0], RFA[0]])
    with pytest.raises(InputError, match="segment map"):
        _ = RFMScorer(binning=Quantiles(2)).fit(summary).score(summary).segments


def test_decayed_takes_a_list(build: Build) -> None:
    """A list of days is as good as an array; a negative or missing number is refused."""
    scores = RFMScorer(binning=Quantiles(2)).fit(build([0, 30], [2, 1], [8, 2])).score(build([0, 30], [2, 1], [8, 2]))

    assert scores.decayed([0, 30], Horizon(15, TimeUnit.DAY)) == pytest.approx([2.0, 0.25])
    for days in ([0, -1], [0, math.nan], [[0, 30]]):
        with pytest.raises(InputError):
            scores.decayed(days, Horizon(15, TimeUnit.DAY))


def test_levels_are_whole_numbers() -> None:
    """Half a level is refused where the rule is written, not where it is used."""
    with pytest.raises(InputError, match="whole number"):
        Quantiles(2.5)  # type: ignore[arg-type]  # the mistake under test
    with pytest.raises(InputError, match="whole number"):
        NestedQuantiles(2.5)  # type: ignore[arg-type]  # the mistake under test


def test_order_of_thresholds_is_checked_in_fit(build: Build) -> None:
    """Cut points from the best to the worst fail before anybody is scored, whichever way is better."""
    good = {"R": (180, 30), "F": (2, 5), "M": (1, 2)}

    RFMScorer(binning=Thresholds(good)).fit(build([1], [1], [1]))
    for code in good:
        turned = good | {code: good[code][::-1]}
        with pytest.raises(InputError, match="worst to the best"):
            RFMScorer(binning=Thresholds(turned)).fit(build([1], [1], [1]))


def test_a_binning_of_ones_own(build: Build) -> None:
    """Any object with the two verbs does; it sees the columns turned the right way."""

    class Sign:
        sizes = (2, 2, 2)
        base = 0

        def fit(self, _table: object, /) -> Sign:
            return self

        def assign(self, table: object, /) -> tuple[np.ndarray, ...]:
            return tuple((c > -15).astype(np.int8) for c in table.columns)  # type: ignore[attr-defined]  # duck

    summary = build([10, 20], [1, 1], [1, 1])
    assert RFMScorer(binning=Sign()).fit(summary).score(summary).recency.tolist() == [1, 0]


def test_thresholds_kept_in_a_file(build: Build, tmp_path: Path) -> None:
    """Saved this month, loaded next month: the same scores and segments."""
    summary = build(range(40), [1 + n % 7 for n in range(40)], range(40))
    for binning in (Quantiles(5, ties=Ties.SPLIT_BY_ID), NestedQuantiles(5)):
        fitted = RFMScorer(binning=binning, segments=segments.ELEVEN).fit(summary)
        cv.save(fitted, tmp_path / "rfm.json")
        again = cv.load(tmp_path / "rfm.json")

        assert isinstance(again, FittedRFM)
        assert again.score(summary).codes.tolist() == fitted.score(summary).codes.tolist()
        assert again.score(summary).segments.tolist() == fitted.score(summary).segments.tolist()


def test_notebook_view_is_escaped(build: Build) -> None:
    """Segment names are text, not markup."""
    summary = build([1, 2], [1, 2], [3, 4])
    tricky = SegmentMap("mine", (SegmentRule("<b>", {"R": Band.LOW}),), leftover="rest")
    scores = RFMScorer(segments=tricky).fit(summary).score(summary)

    assert "&lt;b&gt;" in scores._repr_html_()
    assert "<b>" not in scores._repr_html_()
    assert scores.table["F"].tolist() == scores.frequency.tolist()
