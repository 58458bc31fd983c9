"""Numbers that cannot be used are refused in words, all of a table at once."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs
import numpy as np
import pandas as pd
import polars as pl
import pytest

import custvalue as cv
from custvalue._arrays import FloatArray
from custvalue.data import (
    Currency,
    CustomerIndex,
    DiscountRate,
    Horizon,
    MoneyTable,
    ObservationWindow,
    TimeUnit,
    Timing,
    ValueTable,
)
from custvalue.equity import (
    BlattbergDeighton,
    CorporateValue,
    CustomerProjection,
    EquityStatement,
    GrowthCurve,
    GuptaLehmannStuart,
    ResponseCurve,
    decompose,
)
from custvalue.errors import AlignmentError, InputError, SchemaError

NAN, INF = float("nan"), float("inf")
GOOD: dict[str, tuple[object, object]] = {
    "opening": (100, "10.00"),
    "lost": (10, "5.00"),
    "won": (20, 4),
    "risen": (5, 12.5),
    "fallen": (5, Decimal("1.25")),
}
PLAN = BlattbergDeighton(
    margin=50,
    discount=DiscountRate.annual(0.15),
    acquisition=ResponseCurve(0.4, 0.1),
    retention=ResponseCurve(0.7, 0.1),
)
WORTH = CorporateValue(
    existing=800.0, future=300.0, fixed_costs=400.0, non_operating_assets=50.0, net_debt=150.0, shares=100.0
)


def firm(**changes: float) -> GuptaLehmannStuart:
    settings = {"customers": 100.0, "margin": 50.0, "retention": 0.8, "acquisition_cost": 20.0} | changes
    curve = GrowthCurve(alpha=1000.0, beta=-1.0, gamma=0.3)
    return GuptaLehmannStuart(
        curve=curve,
        discount=DiscountRate.annual(0.12),
        customers=settings["customers"],
        margin=settings["margin"],
        retention=settings["retention"],
        acquisition_cost=settings["acquisition_cost"],
    )


def projection(customers: float = 100.0, **changes: list[float]) -> CustomerProjection:
    def column(name: str, *usual: float) -> FloatArray:
        return np.array(changes.get(name, list(usual)))

    return CustomerProjection(
        customers=customers,
        survival=column("survival", 1.0, 0.8, 0.6),
        existing_survival=column("existing_survival", 0.9, 0.8),
        acquired=column("acquired", 10.0, 10.0),
        margin=column("margin", 5.0, 5.0),
        acquisition_cost=column("acquisition_cost", 8.0, 8.0),
        fixed_costs=column("fixed_costs", 50.0, 50.0),
    )


def frame(*more: tuple[str, object, object]) -> pd.DataFrame:
    rows = [(name, *row) for name, row in GOOD.items()] + list(more)
    return pd.DataFrame(rows, columns=["line", "customers", "mean"])


def test_whole_numbers_written_otherwise_are_the_same_table() -> None:
    """Floats, numpy numbers and plain text, in a mapping or a frame."""
    plain = EquityStatement.from_table(GOOD, currency="EUR")
    counts = {"opening": 100.0, "lost": np.int64(10), "won": "20", "risen": Decimal(5), "fallen": np.float64(5)}
    other = {name: (counts[name], mean) for name, (_, mean) in GOOD.items()}

    assert EquityStatement.from_table(other, currency="EUR") == plain
    assert EquityStatement.from_table(frame(), currency="EUR") == plain


def test_a_line_given_twice_is_refused() -> None:
    """The later one would win silently and 17 customers be lost."""
    with pytest.raises(SchemaError, match=r"line 'won': expected to be there once, got 2 times"):
        EquityStatement.from_table(frame(("won", 3, "4.00")), currency="EUR")


@pytest.mark.parametrize("count", [10.7, NAN, INF, None, "ten", "1,000", -1, True])
def test_a_count_that_is_not_whole_is_refused(count: object) -> None:
    with pytest.raises(SchemaError, match=r"line 'lost': expected a whole number of customers") as caught:
        EquityStatement.from_table(GOOD | {"lost": (count, "5.00")}, currency="EUR")

    assert len(caught.value.faults) == 1


@pytest.mark.parametrize("mean", [NAN, -INF, None, "5,00", "", "five"])
def test_a_mean_that_is_not_a_number_is_refused(mean: object) -> None:
    with pytest.raises(SchemaError, match=r"line 'lost': expected a finite mean") as caught:
        EquityStatement.from_table(GOOD | {"lost": (10, mean)}, currency="EUR")

    assert len(caught.value.faults) == 1


def test_a_frame_with_a_fraction_or_a_gap_is_refused() -> None:
    table = pl.DataFrame(
        {
            "line": ["opening", "lost", "won", "risen", "fallen"],
            "customers": [100.0, 10.7, 20.0, 5.0, None],
            "mean": [10.0, 5.0, None, 12.5, 1.25],
        }
    )
    with pytest.raises(SchemaError) as caught:
        EquityStatement.from_table(table, currency="EUR")

    assert [fault.where for fault in caught.value.faults] == ["line 'lost'", "line 'won'", "line 'fallen'"]


def test_all_faults_of_a_table_are_told_at_once() -> None:
    rows = [(name, *GOOD[name]) for name in ("opening", "won", "risen")]
    rows += [("won", 3, "4.00"), ("gone", 1, "1"), ("feln", 5, 1), ("lost", 10.5, "5,00")]
    table = pd.DataFrame(rows, columns=["line", "customers", "mean"])
    with pytest.raises(SchemaError) as caught:
        EquityStatement.from_table(table, currency="EUR")

    found = sorted(f"{fault.where} {fault.got}" for fault in caught.value.faults)
    assert found == [
        "line 'fallen' nothing",
        "line 'feln' an unknown line",
        "line 'gone' an unknown line",
        "line 'lost' 10.5",
        "line 'lost' 5,00",
        "line 'won' 2 times",
    ]


def test_a_row_that_is_no_pair_is_refused() -> None:
    with pytest.raises(SchemaError, match="2 faults"):
        EquityStatement.from_table(GOOD | {"lost": 10, "won": (1, 2, 3)}, currency="EUR")


@pytest.mark.parametrize("name", ["customers", "margin", "acquisition_cost", "retention"])
@pytest.mark.parametrize("wrong", [NAN, INF])
def test_a_firm_of_numbers_that_are_not_finite_is_refused(name: str, wrong: float) -> None:
    with pytest.raises(InputError, match="GuptaLehmannStuart"):
        firm(**{name: wrong})


@pytest.mark.parametrize("name", ["alpha", "beta", "gamma"])
@pytest.mark.parametrize("wrong", [NAN, INF])
def test_a_growth_curve_that_is_not_finite_is_refused(name: str, wrong: float) -> None:
    with pytest.raises(InputError, match="GrowthCurve"):
        attrs.evolve(GrowthCurve(alpha=1000.0, beta=-1.0, gamma=0.3), **{name: wrong})


@pytest.mark.parametrize("wrong", [NAN, INF, -1.0])
def test_a_spend_that_is_not_a_number_is_refused(wrong: float) -> None:
    with pytest.raises(InputError, match="finite spends of 0 or more"):
        PLAN.plan(acquisition_spend=wrong, retention_spend=1.0)
    with pytest.raises(InputError, match="finite spends of 0 or more"):
        PLAN.plan(acquisition_spend=1.0, retention_spend=wrong)


@pytest.mark.parametrize(
    "wrong", [{"shares": 0.0}, {"shares": -1.0}, {"shares": NAN}, {"future": NAN}, {"net_debt": INF}]
)
def test_a_corporate_value_without_shares_or_numbers_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="shares above 0"):
        attrs.evolve(WORTH, **wrong)


@pytest.mark.parametrize("name", ["acquired", "margin", "acquisition_cost", "fixed_costs", "existing_survival"])
@pytest.mark.parametrize("wrong", [NAN, INF])
def test_a_projection_with_a_gap_is_refused(name: str, wrong: float) -> None:
    with pytest.raises(InputError, match=f"CustomerProjection.{name}"):
        projection(100.0, **{name: [0.5, wrong]})


@pytest.mark.parametrize("wrong", [NAN, INF, -1.0])
def test_a_projection_needs_a_number_of_customers(wrong: float) -> None:
    with pytest.raises(InputError, match="customers of 0 or more"):
        projection(customers=wrong)


def test_a_terminal_growth_that_is_not_a_number_is_refused() -> None:
    with pytest.raises(InputError, match="growth below the rate"):
        projection().value(DiscountRate.annual(0.1), terminal_growth=NAN)
    with pytest.raises(InputError, match="finite numbers"):
        projection().value(DiscountRate.annual(0.1), net_debt=NAN)


def test_an_equity_that_is_no_number_is_refused() -> None:
    def much(drivers: Mapping[str, Any]) -> float:
        return drivers["a"]  # type: ignore[no-any-return]  # the mistake of the test

    with pytest.raises(InputError, match="a finite equity, got 'much'"):
        decompose(much, {"a": "much"}, {"a": "more"}, currency="EUR")


@pytest.mark.parametrize("place", ["closing", "former", "lost"])
def test_customers_read_as_texts_at_one_date_are_not_all_lost(place: str) -> None:
    """12346 and "12346": otherwise everybody would be lost and everybody won, without a word."""
    numbers = MoneyTable(customers=CustomerIndex([12346, 12347]), amounts={"clv": [5, 6]}, currency="EUR")
    texts = MoneyTable(customers=CustomerIndex(["12346", "12347"]), amounts={"clv": [5, 6]}, currency="EUR")
    with pytest.raises(AlignmentError, match="customer ids of one kind, got 12346 and '1234"):
        EquityStatement.between(
            numbers,
            texts if place == "closing" else numbers,
            former=CustomerIndex(["12348"]) if place == "former" else None,
            lost=CustomerIndex(["12346"]) if place == "lost" else None,
        )


@pytest.mark.parametrize("name", ["former", "lost"])
def test_former_customers_as_a_plain_list_are_refused_in_words(name: str) -> None:
    euro = MoneyTable(customers=CustomerIndex(["a"]), amounts={"clv": [5]}, currency="EUR")
    given: dict[str, Any] = {name: ["b"]}
    with pytest.raises(InputError, match=rf"{name}: expected CustomerIndex, got \['b'\]\. Write CustomerIndex"):
        EquityStatement.between(euro, euro, **given)


def test_frames_are_no_valuations() -> None:
    frame: Any = pd.DataFrame({"customer": ["a"], "clv": [5.0]})
    with pytest.raises(
        InputError,
        match=r"ValueTable or Valuated, got DataFrame\. A frame becomes a table by ValueTable\.from_frame",
    ):
        EquityStatement.between(frame, frame, currency="EUR")


@attrs.frozen
class Valuation:
    """What a valuation carries, as far as a statement looks at it."""

    end: str
    origin: str
    value: float = 5.0

    @property
    def table(self) -> ValueTable:
        """One customer."""
        return ValueTable(
            customers=CustomerIndex(["a"]),
            measures={"profit": [1.0], "lifetime_value": [self.value]},
            origins={"profit": self.end, "lifetime_value": self.origin},
        )

    @property
    def currency(self) -> Currency:
        """Of the values."""
        return Currency.of("EUR")

    @property
    def report(self) -> Report:
        """What was looked at."""
        return Report(ObservationWindow("2025-01-01", self.end))


@attrs.frozen
class Report:
    """A window."""

    window: ObservationWindow


def test_valuations_in_the_wrong_order_are_refused() -> None:
    june, september = Valuation("2026-06-30", "three years"), Valuation("2026-09-30", "three years", 7.0)
    with pytest.raises(InputError, match="the earlier valuation first, got windows to 2026-09-30 and to 2026-06-30"):
        EquityStatement.between(september, june)

    assert EquityStatement.between(june, september)["risen"].change == 200


def test_lifetime_values_on_different_terms_are_refused() -> None:
    june, september = Valuation("2026-06-30", "three years"), Valuation("2026-09-30", "five years", 7.0)
    with pytest.raises(InputError, match="on the same terms, got three years; and five years"):
        EquityStatement.between(june, september)
    with pytest.raises(InputError, match="on the same terms"):
        EquityStatement.between(june, september, amount="lifetime_value")

    assert EquityStatement.between(june, september, amount="profit").change == 0  # profit has no terms


def test_real_valuations_carry_their_terms_and_their_window() -> None:
    """Two dates with one set of terms compare; another horizon, rate or timing, or another order, is refused."""

    def valued(end: str, **changes: object) -> Any:
        days = pd.DataFrame({"customer": ["a", "a", "b", "c"], "amount": [10.0, 12.0, 30.0, 5.0]})
        days["day"] = [f"2026-0{month}-05" for month in (1, 5, 4, 2)]
        log = cv.TransactionLog.from_frame(
            days,
            customer="customer",
            time="day",
            amount="amount",
            currency="EUR",
            window=ObservationWindow("2026-01-01", end),
        )
        settings: dict[str, Any] = {
            "discount": DiscountRate.annual(0.10),
            "horizon": Horizon(3, TimeUnit.YEAR),
            "model": cv.RetentionCLV(margin=10.0, retention=0.8),
        }
        return cv.Valuation(**settings | changes).run(log)

    june, july = valued("2026-06-30"), valued("2026-07-31")
    assert EquityStatement.between(june, july).change == 0
    with pytest.raises(InputError, match="windows to 2026-07-31 and to 2026-06-30"):
        EquityStatement.between(july, june)
    for changed in (
        {"horizon": Horizon(5, TimeUnit.YEAR)},
        {"discount": DiscountRate.annual(0.12)},
        {"timing": Timing.START},
    ):
        other = valued("2026-07-31", **changed)
        for opening, closing in ((june, other), (june.table, other.table)):
            with pytest.raises(InputError, match="on the same terms"):
                EquityStatement.between(opening, closing, amount="lifetime_value", currency="EUR")


def test_a_table_taken_from_a_valuation_still_knows_its_terms() -> None:
    three = Valuation("2026-06-30", "FittedRetention, Horizon(n=3)").table
    five = Valuation("2026-09-30", "FittedRetention, Horizon(n=5)").table
    with pytest.raises(InputError, match="on the same terms"):
        EquityStatement.between(three, five, currency="EUR")

    may, june = (Valuation("2026-06-30", text).table for text in ("sheet of May", "sheet of June"))
    assert EquityStatement.between(may, june, currency="EUR").change == 0
