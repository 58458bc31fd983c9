"""The script that makes the tutorial's table: what it adds up, rounds, leaves out and tells."""

from __future__ import annotations

import runpy
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = runpy.run_path(str(ROOT / "examples" / "online_retail_days.py"))

LINES = """CustomerID,InvoiceDate,Quantity,UnitPrice
17850,2010-12-01 08:26,6,2.55
17850,2010-12-01 08:26,6,3.39
17850,2010-12-01 09:02,1,0.125
17850,2010-12-01 09:41,-1,2.50
17850,2010-12-02 10:00,3,0.00
,2010-12-01 08:26,1,99.99
13047,2010-12-01 08:34,32,1.69
"""


def test_lines_become_days(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = tmp_path / "lines.csv", tmp_path / "days.csv.gz"
    source.write_text(LINES, encoding="utf-8")
    SCRIPT["main"](source, target)

    days = pd.read_csv(target)
    assert days.to_numpy().tolist() == [
        [13047, "2010-12-01", 54.08, 1, 1, 32],
        [17850, "2010-12-01", 35.76, 2, 3, 13],  # 15.30 + 20.34 + 0.12: half a penny is rounded to even
        [17850, "2010-12-01", -2.50, 1, 1, -1],
        [17850, "2010-12-02", 0.00, 1, 1, 3],
    ]
    assert capsys.readouterr().out.splitlines() == [
        "7 lines",
        "1 without a customer, left out: 99.99 GBP",
        "1 refunds, 1 of amount 0",
        "6 lines, 87.34 GBP in 4 rows",
    ]


def test_the_table_of_the_tutorial_is_what_its_readme_says() -> None:
    days = pd.read_csv(ROOT / "docs" / "data" / "online_retail_days.csv.gz")

    assert list(days.columns) == ["customer", "day", "amount", "invoices", "lines", "units"]
    assert (len(days), days["lines"].sum(), round(days["amount"].sum(), 2)) == (20_255, 406_829, 8_300_065.81)
    refunds = days[days["amount"] < 0]
    assert (refunds["lines"].sum(), round(refunds["amount"].sum(), 2)) == (8_905, -611_342.09)
    assert days.groupby(["customer", "day"]).ngroups == 19_296
