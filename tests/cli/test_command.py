"""The command: the main job on files, a summary people can read, exit codes, errors in sentences."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from tests.cli._costs import COSTS
from tests.pipeline._logs import LEDGER, TERMS, dirty_orders, log_of

from custvalue.cli._export import harmless


def command(*words: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does."""
    line = [sys.executable, "-c", "from custvalue.cli import main; main()", *map(str, words)]
    return subprocess.run(line, capture_output=True, text=True, check=False, cwd=cwd)  # noqa: S603  # our own code


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """The dirty log as a Parquet file."""
    path = tmp_path / "orders.parquet"
    duckdb.from_df(dirty_orders()).write_parquet(str(path))
    return path


def value(log: Path, *more: str | Path) -> subprocess.CompletedProcess[str]:
    """Value a log with its columns and policies said."""
    columns = ("--customer", "customer_id", "--time", "ordered_at", "--amount", "net_amount", "--extra", "lines")
    policies = ("--missing-ids", "drop", "--duplicates", "drop", "--start", "2024-01-01", "--end", "2025-12-31")
    return command("value", log, *columns, *policies, "--margin", "0.35", *more)


def test_a_log_is_valued_like_in_python(orders: Path, tmp_path: Path) -> None:
    (tmp_path / "costs.toml").write_text(COSTS)

    done = value(orders, "--costs", tmp_path / "costs.toml", "--out", tmp_path / "values.parquet")

    assert done.returncode == 0, done.stderr
    written = duckdb.read_parquet(str(tmp_path / "values.parquet")).df()
    log = log_of(dirty_orders())
    charged = pd.Series({f"cost_{name}": LEDGER.minor(name) / 100 for name in LEDGER.names})
    pd.testing.assert_series_equal(written[list(charged.index)].sum(), charged)
    plain: pd.DataFrame = TERMS.run(log).to_frame("pandas")  # type: ignore[assignment]  # asked for
    same = ["customer", "revenue", "recency_score", "segment", "probability_alive", "expected_spend"]
    pd.testing.assert_frame_equal(written[same], plain[same], check_dtype=False, check_exact=True)


def test_the_screen_says_what_was_removed_and_what_it_came_to(orders: Path) -> None:
    done = value(orders)

    assert done.returncode == 0, done.stderr
    assert "missing_ids=MissingIds.DROP" in done.stdout
    assert "duplicates=Duplicates.DROP" in done.stdout
    assert "customer equity" in done.stdout
    assert "platinum" in done.stdout


def test_the_demo_needs_no_data(tmp_path: Path) -> None:
    done = command("demo", "--customers", "300", "--out", "values.csv", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert len(pd.read_csv(tmp_path / "values.csv")) == 300


def test_errors_are_sentences_with_the_option_to_type(orders: Path) -> None:
    done = command("value", orders, "--customer", "customer_id", "--time", "ordered_at", "--amount", "net_amount")

    assert done.returncode == 2
    assert "--missing-ids drop" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_model_that_cannot_be_fitted_ends_with_its_own_code(tmp_path: Path) -> None:
    path = tmp_path / "once.csv"
    days = pd.date_range("2025-01-01", periods=30).astype(str)
    pd.DataFrame({"who": range(30), "when": days, "eur": 10.0}).to_csv(path, index=False)
    words = ("value", path, "--customer", "who", "--time", "when", "--amount", "eur")

    done = command(*words)

    assert done.returncode in {2, 3}
    assert "--no-clv" in done.stderr
    assert command(*words, "--no-clv").returncode == 0


def test_a_misspelt_cost_file_is_explained(orders: Path, tmp_path: Path) -> None:
    (tmp_path / "costs.toml").write_text(COSTS.replace('currency = "EUR"', 'curency = "EUR"'))

    done = value(orders, "--costs", tmp_path / "costs.toml")

    assert done.returncode == 2
    assert "costs.toml" in done.stderr
    assert "Did you mean 'currency'?" in done.stderr


def test_drivers_come_from_files_too_and_unknown_and_missing_customers_are_named(orders: Path, tmp_path: Path) -> None:
    visits = "[drivers]\nlines = {file = 'visits.csv', customer = 'id', column = 'n'}"
    (tmp_path / "costs.toml").write_text(COSTS.replace("[drivers]", visits))
    (tmp_path / "visits.csv").write_text("id,n\nC-00001,3\nnobody,4\n")

    done = value(orders, "--costs", tmp_path / "costs.toml")

    assert done.returncode == 2
    assert "nobody" in done.stderr
    assert "visits.csv" in done.stderr
    assert 'unknown = "hold"' in done.stderr
    assert 'missing = "zero"' in done.stderr


def test_nothing_is_computed_before_the_target_is_checked(orders: Path, tmp_path: Path) -> None:
    done = value(orders, "--out", tmp_path / "values.doc")

    assert done.returncode == 2
    assert ".parquet, .csv, .xlsx" in done.stderr
    assert done.stdout == ""


def test_formulas_are_made_harmless() -> None:
    frame = pd.DataFrame({"=name": ["=1+1", "@x", "-2", "plain", None], "n": [-1.0, 2.0, 3.0, 4.0, 5.0]})

    safe = harmless(frame)

    assert safe.columns.tolist() == ["'=name", "n"]
    assert safe["'=name"].tolist()[:4] == ["'=1+1", "'@x", "'-2", "plain"]
    assert safe["n"].tolist() == frame["n"].tolist()
    assert frame["=name"][0] == "=1+1"


def test_a_formula_in_a_customer_id_reaches_no_spreadsheet(tmp_path: Path) -> None:
    frame = dirty_orders(60).assign(customer_id=lambda table: "=" + table["customer_id"].fillna("C-0"))
    duckdb.from_df(frame).write_parquet(str(tmp_path / "evil.parquet"))

    done = value(tmp_path / "evil.parquet", "--out", tmp_path / "values.xlsx")

    assert done.returncode == 0, done.stderr
    assert pd.read_excel(tmp_path / "values.xlsx")["customer"].str.startswith("'=").all()


def test_a_driver_file_may_say_what_is_missing_and_what_is_unknown(orders: Path, tmp_path: Path) -> None:
    file = "lines = {file = 'visits.csv', customer = 'id', column = 'n', missing = 'zero', unknown = 'hold'}"
    only_files = COSTS.replace("orders = {count = true}", file).replace('orders = "12345.67"\n', "")
    (tmp_path / "costs.toml").write_text(only_files.replace('orders = "orders"\n', ""))
    (tmp_path / "visits.csv").write_text("id,n\nC-00001,3\nnobody,1\n")

    done = value(orders, "--costs", tmp_path / "costs.toml", "--out", tmp_path / "values.csv")

    assert done.returncode == 0, done.stderr
    assert pd.read_csv(tmp_path / "values.csv")["cost_lines"].sum() == 6_000.0
    assert "2,000.00 EUR of the costs were charged to nobody (lines: unknown customer)" in done.stdout


def test_volume_follows_revenue_without_further_words(orders: Path, tmp_path: Path) -> None:
    pools = COSTS[: COSTS.index("[activities]")]
    (tmp_path / "costs.toml").write_text('method = "volume"\nbase = "revenue"\n' + pools)

    done = value(orders, "--costs", tmp_path / "costs.toml", "--refunds", "separate", "--out", tmp_path / "values.csv")

    assert done.returncode in {0, 2}
    assert "expected one of ['Price'" not in done.stderr


def test_the_table_is_written_even_if_nobody_reads_the_screen(tmp_path: Path) -> None:
    """As in ``custvalue demo --out values.csv | head -1``."""
    code = "from custvalue.cli import main; main()"
    words = [sys.executable, "-c", code, "demo", "--customers", "120", "--out", str(tmp_path / "values.csv")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run:  # noqa: S603  # our own code
        assert run.stdout is not None
        run.stdout.close()
        run.wait()

    assert len(pd.read_csv(tmp_path / "values.csv")) == 120


def test_accounts_are_folded_into_customers(orders: Path, tmp_path: Path) -> None:
    frame = duckdb.read_parquet(str(orders)).df()
    ids = sorted(frame["customer_id"].dropna().unique())
    owners = ["first" if account in ids[:3] else account for account in ids]
    pd.DataFrame({"account": ids, "customer": owners}).to_csv(tmp_path / "accounts.csv", index=False)

    done = value(orders, "--identity", tmp_path / "accounts.csv", "--no-clv", "--out", tmp_path / "values.csv")

    assert done.returncode == 0, done.stderr
    values = pd.read_csv(tmp_path / "values.csv").set_index("customer")["revenue"]
    alone: pd.DataFrame = TERMS.run(log_of(dirty_orders())).to_frame("pandas")  # type: ignore[assignment]  # asked for
    assert len(values) == len(ids) - 2
    assert values["first"] == pytest.approx(alone.set_index("customer")["revenue"][ids[:3]].sum())


def _days(path: Path) -> tuple[str, ...]:
    """Four rows of two customers; all columns named as the command expects them."""
    rows = "customer_id,time,amount\na,2026-01-05,10\na,2026-03-06,3.20\nb,2026-02-01,5\nb,2026-02-20,7\n"
    path.write_text(rows)
    return ("value", str(path), "--amount", "amount", "--no-clv")


@pytest.mark.parametrize(
    ("given", "window"),
    [
        (("--end", "2026-04-30"), "ObservationWindow('2026-01-05', '2026-04-30')"),
        (("--start", "2025-12-31"), "ObservationWindow('2025-12-31', '2026-03-06', end_is_last_row=True)"),
        (("--end", "2026-02-28", "--outside-window", "truncate"), "ObservationWindow('2026-01-05', '2026-02-28')"),
    ],
)
def test_one_end_of_the_window_is_enough(given: tuple[str, ...], window: str, tmp_path: Path) -> None:
    done = command(*_days(tmp_path / "log.csv"), *given)

    assert done.returncode == 0, done.stderr
    assert f"Transaction log, {window}" in done.stdout


def test_a_currency_that_was_not_stated_is_said(tmp_path: Path) -> None:
    words = _days(tmp_path / "log.csv")

    assert "no --currency was given: all amounts are taken for EUR" in command(*words).stdout
    assert "no --currency" not in command(*words, "--currency", "GBP").stdout


def test_a_credit_is_said(tmp_path: Path) -> None:
    (tmp_path / "costs.toml").write_text('currency = "EUR"\nbase = "revenue"\n[pools]\ndelivery = -10.50\n')

    done = command(*_days(tmp_path / "log.csv"), "--costs", tmp_path / "costs.toml")

    assert done.returncode == 0, done.stderr
    said = "pools below zero count as credits and raise profit (delivery: -10.50 EUR)"
    assert " ".join(done.stdout.split()).count(said) == 1


def test_errors_speak_of_options(tmp_path: Path) -> None:
    words = _days(tmp_path / "log.csv")

    no_format = command(*words, "--time-format", "%d.%m.%Y").stderr
    no_amount = command(*words[:2], "--no-clv").stderr

    assert "--unusable-times drop" in no_format
    assert "--amount" in no_amount
    assert not any(word in no_format + no_amount for word in ("policies=", "Times(", "amount=", "unit_price="))


def test_help_tells_the_choices_of_every_policy() -> None:
    text = " ".join(command("value", "--help").stdout.replace("│", " ").split())

    assert "CHOICE" not in text
    assert text.count("refuse|drop") >= 3


def test_a_retention_that_is_known_takes_the_place_of_the_purchase_model(tmp_path: Path) -> None:
    """Half of 150 a year, kept with 80 %, discounted at 10 %: three terms of a geometric series."""
    rows = "customer_id,time,amount\na,2025-01-01,100\na,2025-06-01,50\nb,2025-01-01,20\nb,2025-12-31,20\n"
    (tmp_path / "log.csv").write_text(rows)
    words = ("value", tmp_path / "log.csv", "--amount", "amount", "--margin", "0.5", "--retention", "0.8")

    done = command(*words, "--out", tmp_path / "values.csv")

    assert done.returncode == 0, done.stderr
    values = pd.read_csv(tmp_path / "values.csv").set_index("customer")["lifetime_value"]
    series = sum((0.8 / 1.1) ** k for k in (1, 2, 3))
    assert values["a"] == pytest.approx(75 * series)
    assert values["b"] == pytest.approx(20 * series)
