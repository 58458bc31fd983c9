"""The equity statement against the worked tables, and against itself."""

from __future__ import annotations

from itertools import permutations

import attrs
import numpy as np
import pandas as pd
import pytest

from custvalue.data import Currency, CustomerIndex, MoneyTable, ValueTable
from custvalue.equity import EquityStatement, Verdict, decompose, mean_and_structure
from custvalue.errors import AlignmentError, InputError, SchemaError

FIRST = {
    "opening": (100_000, "282.00"),
    "lost": (15_000, "343.00"),
    "won": (20_000, "294.00"),
    "risen": (15_000, "305.00"),
    "fallen": (15_000, "182.00"),
}
SECOND = {
    "opening": (100_000, "282.00"),
    "lost": (15_000, "177.00"),
    "won": (20_000, "134.00"),
    "risen": (30_000, "341.00"),
    "fallen": (10_000, "163.00"),
}
#: line: customers, mean, amount; as the worked tables print them
FIRST_PRINTED = {
    "opening": (100_000, 282.00, 28_200_000),
    "lost": (15_000, 343.00, 5_145_000),
    "subtotal kept": (85_000, 271.24, 23_055_000),
    "won": (20_000, 294.00, 5_880_000),
    "subtotal": (105_000, 275.57, 28_935_000),
    "risen": (15_000, 305.00, 4_575_000),
    "fallen": (15_000, 182.00, 2_730_000),
    "unchanged": (75_000, 275.57, 20_667_857),
    "closing": (105_000, 266.41, 27_972_857),
}
SECOND_PRINTED = {
    "opening": (100_000, 282.00, 28_200_000),
    "lost": (15_000, 177.00, 2_655_000),
    "subtotal kept": (85_000, 300.53, 25_545_000),
    "won": (20_000, 134.00, 2_680_000),
    "subtotal": (105_000, 268.81, 28_225_000),
    "risen": (30_000, 341.00, 10_230_000),
    "fallen": (10_000, 163.00, 1_630_000),
    "unchanged": (65_000, 268.81, 17_472_619),
    "closing": (105_000, 279.36, 29_332_619),
}


@pytest.mark.parametrize(("table", "printed"), [(FIRST, FIRST_PRINTED), (SECOND, SECOND_PRINTED)], ids=["1", "2"])
def test_the_worked_tables_to_the_unit(
    table: dict[str, tuple[int, str]], printed: dict[str, tuple[int, float, int]]
) -> None:
    statement = EquityStatement.from_table(table, currency="EUR")
    for name, (customers, mean, amount) in printed.items():
        line = statement[name]

        assert line.customers == customers, name
        assert line.mean is not None
        assert round(float(line.mean) / 100, 2) == mean, name
        assert round(line.amount / 100) == amount, name


def test_the_worked_tables_judge_opposite_work() -> None:
    """First: the valuable leave, good ones come. Second: the cheap leave, cheaper ones come, many rise."""
    first = EquityStatement.from_table(FIRST, currency="EUR").judge()
    second = EquityStatement.from_table(SECOND, currency="EUR").judge()

    assert (first.acquisition.verdict, first.retention.verdict) == (Verdict.GOOD, Verdict.POOR)
    assert (second.acquisition.verdict, second.retention.verdict) == (Verdict.POOR, Verdict.GOOD)
    assert first.development.verdict is Verdict.POOR
    assert second.development.verdict is Verdict.GOOD
    assert first.retention.ratio == pytest.approx(343 / 282)
    assert second.acquisition.ratio == pytest.approx(134 / 282)


def test_a_frame_is_as_good_as_a_mapping() -> None:
    frame = pd.DataFrame(
        {
            "line": list(FIRST),
            "customers": [row[0] for row in FIRST.values()],
            "mean": [282.0, 343.0, 294.0, 305.0, 182.0],
        }
    )

    assert EquityStatement.from_table(frame, currency="EUR") == EquityStatement.from_table(FIRST, currency="EUR")


def money(ids: list[str], cents: list[int], currency: str = "EUR") -> MoneyTable:
    return MoneyTable(customers=CustomerIndex(ids), amounts={"clv": cents}, currency=currency)


def test_a_statement_by_hand_to_the_cent() -> None:
    opening = money(["a", "b", "c", "d", "e"], [1001, 250, 300, 77, 5])
    closing = money(["f", "e", "d", "c", "b", "z"], [999, 5, 70, 301, 260, 40])
    statement = EquityStatement.between(opening, closing, former=CustomerIndex(["z", "y"]))

    got = {line.name.value: (line.customers, line.amount, line.change) for line in statement.lines}
    assert got == {
        "opening": (5, 1633, 0),
        "lost": (1, 1001, 0),
        "subtotal kept": (4, 632, 0),
        "reactivated": (1, 40, 0),
        "won": (1, 999, 0),
        "subtotal": (6, 1671, 0),
        "risen": (2, 561, 11),
        "fallen": (1, 70, -7),
        "unchanged": (3, 1044, 0),
        "closing": (6, 1675, 0),
    }


@pytest.mark.parametrize("seed", range(20))
def test_the_statement_reconciles_whatever_happens(seed: int) -> None:
    check_reconciles(seed)


@pytest.mark.long
def test_the_statement_reconciles_ten_thousand_times() -> None:
    for seed in range(10_000):
        check_reconciles(seed)


def check_reconciles(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = (rng.choice(300, rng.integers(0, 200), replace=False) for _ in range(2))
    old, new = (rng.integers(-(10**9), 10**9, ids.size) for ids in (first, second))
    former = CustomerIndex(np.setdiff1d(np.arange(0, 300, 3), first))
    statement = EquityStatement.between(
        MoneyTable(customers=CustomerIndex(first), amounts={"clv": old}, currency="JPY"),
        MoneyTable(customers=CustomerIndex(second), amounts={"clv": new}, currency="JPY"),
        former=former,
    )
    n = {line.name.value: line.customers for line in statement.lines}
    m = {line.name.value: line.amount for line in statement.lines}
    change = {line.name.value: line.change for line in statement.lines}

    assert n["opening"] - n["lost"] + n["reactivated"] + n["won"] == n["closing"] == second.size
    assert m["opening"] == old.sum()
    assert m["closing"] == new.sum()
    moved = change["risen"] + change["fallen"]
    assert m["opening"] - m["lost"] + m["reactivated"] + m["won"] + moved == m["closing"]
    assert change["risen"] >= 0 >= change["fallen"]


def test_the_order_of_the_customers_is_irrelevant() -> None:
    rng = np.random.default_rng(1)
    ids, cents = np.arange(50), rng.integers(0, 1000, 50)
    order = rng.permutation(50)
    later = money([str(i) for i in range(20, 70)], rng.integers(0, 1000, 50).tolist())
    one = EquityStatement.between(money([str(i) for i in ids], cents.tolist()), later)
    other = EquityStatement.between(money([str(i) for i in ids[order]], cents[order].tolist()), later)

    assert one == other


def test_sums_beyond_64_bits_stay_exact() -> None:
    big = 2**62
    statement = EquityStatement.between(money(["a", "b", "c"], [big, big, big]), money(["a"], [big]))

    assert statement["opening"].amount == 3 * big
    assert statement["lost"].amount == 2 * big


def test_customers_declared_lost_leave_at_zero() -> None:
    opening, closing = money(["a", "b"], [100, 50]), money(["a", "b"], [100, 0])
    statement = EquityStatement.between(opening, closing, lost=CustomerIndex(["b"]))

    assert (statement["lost"].customers, statement["closing"].customers) == (1, 1)
    with pytest.raises(InputError, match="a value of 0"):
        EquityStatement.between(opening, closing, lost=CustomerIndex(["a"]))


@attrs.frozen
class Dated:
    """A valuation in small."""

    table: ValueTable
    currency: Currency = Currency.of("EUR")  # noqa: RUF009  # a constant


def test_values_in_major_units_are_rounded_and_gaps_are_not_in_the_base() -> None:
    def valued(ids: list[str], values: list[float]) -> ValueTable:
        return ValueTable(customers=CustomerIndex(ids), measures={"lifetime_value": values, "orders": [1.0] * len(ids)})

    opening = valued(["a", "b", "c"], [10.004, np.nan, 3.0])
    closing = valued(["a", "b"], [10.006, 2.0])
    statement = EquityStatement.between(opening, closing, currency="EUR")

    assert (statement["opening"].customers, statement["opening"].amount) == (2, 1300)
    assert (statement["won"].amount, statement["lost"].amount, statement["risen"].change) == (200, 300, 1)
    assert EquityStatement.between(Dated(opening), Dated(closing)) == statement
    with pytest.raises(InputError, match="a currency for a ValueTable"):
        EquityStatement.between(opening, closing)
    with pytest.raises(InputError, match="64-bit"):
        EquityStatement.between(valued(["a"], [np.inf]), closing, currency="EUR")


def test_what_does_not_fit_is_refused() -> None:
    euro, dollar = money(["a"], [1]), money(["a"], [1], "USD")

    with pytest.raises(AlignmentError, match="one currency"):
        EquityStatement.between(euro, dollar)
    two = MoneyTable(customers=CustomerIndex(["a"]), amounts={"x": [1], "y": [2]}, currency="EUR")
    with pytest.raises(InputError, match="name of the value"):
        EquityStatement.between(two, two)
    with pytest.raises(InputError, match="lost before the opening"):
        EquityStatement.between(euro, euro, former=CustomerIndex(["a"]))
    with pytest.raises(SchemaError, match="2 faults"):
        EquityStatement.from_table({"opening": (1, 1), "lost": (0, 1), "won": (0, 1), "rise": (0, 1), "fallen": (0, 1)},
                                   currency="EUR")  # fmt: skip
    with pytest.raises(SchemaError, match="at most 1 customers"):
        EquityStatement.from_table(FIRST | {"opening": (1, 1)}, currency="EUR")


def test_nobody_at_all_is_a_statement_too() -> None:
    nobody = MoneyTable(customers=CustomerIndex(np.zeros(0, np.int64)), amounts={"clv": []}, currency="EUR")
    statement = EquityStatement.between(nobody, nobody)

    assert statement["closing"].customers == 0
    assert statement.judge().retention.verdict is Verdict.NONE


def test_the_frame_has_its_pinned_columns() -> None:
    frame = EquityStatement.from_table(FIRST, currency="EUR").to_frame()
    assert isinstance(frame, pd.DataFrame)

    expected = ["line", "customers", "mean", "amount", "change", "share_customers", "share_amount", "mean_to_opening"]
    assert list(frame.columns) == expected
    assert "27,972,857.14 EUR" in EquityStatement.from_table(FIRST, currency="EUR")._repr_html_()
    assert frame["share_customers"].iloc[1] == pytest.approx(0.15)
    assert frame["mean_to_opening"].iloc[1] == pytest.approx(343 / 282)


def multiple(drivers: object) -> float:
    """Gupta and Lehmann: customers x margin x r / (1 + i - r), or the variant with the first margin at once."""
    assert isinstance(drivers, dict)
    r, i = drivers["retention"], drivers["discount"]
    factor = (1 + i) if drivers["model"] == "immediate" else r
    return float(drivers["customers"] * drivers["margin"] * factor / (1 + i - r))


OLD = {"customers": 1000, "margin": 100.0, "retention": 0.8, "discount": 0.12, "model": "immediate"}
NEW = {"customers": 900, "margin": 110.0, "retention": 0.85, "discount": 0.10, "model": "end"}


def test_the_bridge_by_driver_adds_up_to_the_cent_in_any_order() -> None:
    bridge = decompose(multiple, OLD, NEW, currency="EUR")
    shuffled = decompose(multiple, dict(reversed(OLD.items())), dict(reversed(NEW.items())), currency="EUR")

    assert int(bridge.contributions.sum()) == round(100 * (multiple(NEW) - multiple(OLD)))
    for driver in OLD:
        assert abs(bridge[driver] - shuffled[driver]) <= 1  # one cent of rounding may fall elsewhere


def test_the_bridge_is_the_mean_over_all_orders_written_out() -> None:
    bridge = decompose(multiple, OLD, NEW, currency="EUR")
    expected = dict.fromkeys(OLD, 0.0)
    orders = list(permutations(OLD))
    for order in orders:
        state = dict(OLD)
        for driver in order:
            before = multiple(state)
            state[driver] = NEW[driver]
            expected[driver] += (multiple(state) - before) / len(orders)

    for driver, share in expected.items():
        assert bridge[driver] == pytest.approx(100 * share, abs=1.5)


def test_the_bridge_of_a_product_of_two_is_the_known_midpoint_formula() -> None:
    bridge = decompose(lambda d: float(str(d["n"])) * float(str(d["m"])), {"n": 10, "m": 3}, {"n": 14, "m": 5},
                       currency="JPY")  # fmt: skip

    assert bridge["n"] == (14 - 10) * (3 + 5) // 2
    assert bridge["m"] == (5 - 3) * (10 + 14) // 2


def test_level_and_structure_add_up_to_the_change_of_the_mean() -> None:
    rng = np.random.default_rng(4)
    old = money([f"a{i}" for i in range(40)], rng.integers(0, 9999, 40).tolist())
    new = money([f"b{i}" for i in range(60)], rng.integers(0, 9999, 60).tolist())
    groups = np.array(["x", "y", "z", "only late"])
    found = mean_and_structure(old, new, groups[rng.integers(0, 3, 40)], groups[rng.integers(1, 4, 60)], amount="clv")

    assert found.before == pytest.approx(old.major("clv").mean())
    assert found.after == pytest.approx(new.major("clv").mean())
    effects = found.level_effect.sum() + found.structure_effect.sum()
    assert effects == pytest.approx(found.after - found.before, abs=1e-9)
