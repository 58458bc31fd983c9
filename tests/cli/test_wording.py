"""Advice on the command line can be typed there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import custvalue
from custvalue.cli._wording import as_options

ROOT = Path(custvalue.__file__).parent
# What only Python understands: calls, members of enumerations, keyword arguments.
PYTHON = re.compile(r"\w+\(.*\)|\b[A-Z][A-Za-z]+\.[A-Za-z_]+|\b[a-z_]+=(?!=)|\b[A-Z][a-z]+[A-Z]\w+")
# Faults the command cannot meet: it names files, not frames; it has no identity map of its own making.
NOT_HERE = {
    "engine/identity.py", "engine/_spark.py", "engine/_polars.py", "engine/_pandas.py", "engine/log.py",
    "engine/btyd.py", "engine/_options.py",
}  # fmt: skip
FOR_FRAMES = ("Pass the frame itself;", "A path to a DuckDB file", "log.drivers(")


def _text(node: ast.expr) -> str:
    """What a string comes to, a name standing for each value filled in."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join("'km'" if isinstance(part, ast.FormattedValue) else _text(part) for part in node.values)
    return ""


def hints() -> Iterator[str]:
    """Every hint of the engine written down in one place."""
    for path in sorted((ROOT / "engine").glob("*.py")):
        if str(path.relative_to(ROOT)) in NOT_HERE:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [getattr(target, "id", "") for target in node.targets] if isinstance(node, ast.Assign) else []
            if isinstance(node, ast.Assign | ast.keyword) and "hint" in (*names, getattr(node, "arg", "")):
                yield _text(node.value)
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_type":
                first, second = (_text(argument) for argument in node.args)
                yield f"Type policies=DataPolicies({first}) to {second}."


@pytest.mark.parametrize("hint", sorted({hint for hint in hints() if hint and not hint.startswith(FOR_FRAMES)}))
def test_no_hint_speaks_python(hint: str) -> None:
    assert not PYTHON.search(as_options(hint)), as_options(hint)


@pytest.mark.parametrize(
    ("python", "typed"),
    [
        (
            "Type policies=DataPolicies(times=Times(unusable=UnusableTimes.DROP)) to drop and count them.",
            "Type --unusable-times drop to drop and count them.",
        ),
        (
            "Type policies=DataPolicies(times=Times(timezone='Europe/London')), with your own zone.",
            "Type --timezone 'Europe/London', with your own zone.",
        ),
        (
            "Text in another format: Times(format='%d/%m/%Y %H:%M').",
            "Text in another format: --time-format '%d/%m/%Y %H:%M'.",
        ),
        (
            "text in the format '%d/%m/%Y %H:%M', got x. Text in another format: Times(format='%d/%m/%Y %H:%M').",
            "text in the format '%d/%m/%Y %H:%M', got x.",
        ),
        (
            "Type policies=DataPolicies(refunds=Refunds.NET) to net them, or Refunds.SEPARATE to keep them apart.",
            "Type --refunds net to net them, or --refunds separate to keep them apart.",
        ),
        (
            "Give amount=, or quantity= and unit_price=, when the log is made.",
            "Give --amount, or --quantity and --unit-price.",
        ),
        (
            "Name further numeric columns with extra=(...) when the log is made.",
            "Name further numeric columns with --extra COLUMN.",
        ),
        ("1. customer='customer_id': expected to be there", "1. --customer 'customer_id': expected to be there"),
        ("Valuation.margin: expected a share", "--margin: expected a share"),
        ("Horizon.n: expected", "--years: expected"),
        (
            "RetentionCLV(margin=..., retention=...) takes a retention you know",
            "--retention takes a retention you know",
        ),
        (
            "DataPolicies: MissingIds: expected one of ['refuse', 'drop']",
            "--missing-ids: expected one of ['refuse', 'drop']",
        ),
        ("TransactionLog.revenue: expected a log with amounts", "log: expected a log with amounts"),
        (
            "Correct them, or choose Percentages.RENORMALISE; Percentages.HOLD keeps what is missing unallocated.",
            "Correct them.",
        ),
        (
            "or pass keep_unknown=True to hold their share",
            'or write unknown = "hold" at the driver to hold their share',
        ),
        ("Fill them in, or choose a MissingDriver policy.", 'Fill them in, or write missing = "zero" at the driver.'),
        ("Valuation(model=None) values these customers", "--no-clv values these customers"),
    ],
)
def test_python_becomes_what_is_typed(python: str, typed: str) -> None:
    assert as_options(python) == typed


@pytest.mark.parametrize("text", ["a sum of 0.9", "'=1+1' is no id", "https://example.org/?time=3"])
def test_other_words_stay(text: str) -> None:
    assert as_options(text) == text
