"""Advice of the library in the words of the command line: what is typed in Python becomes an option or a TOML key.

Each rule is a pattern and what to put in its place; the first rules are the most special ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["as_options"]

_ENUMS = {
    "MissingIds": "missing-ids",
    "UnusableAmounts": "unusable-amounts",
    "UnusableTimes": "unusable-times",
    "OutsideWindow": "outside-window",
    "BornBefore": "born-before",
    "Refunds": "refunds",
    "ZeroAmounts": "zero-amounts",
    "Duplicates": "duplicates",
}
_ARGUMENTS = (
    "customer", "time", "amount", "quantity", "unit_price", "currency", "order", "product", "channel", "direct_cost",
    "extra", "identity",
)  # fmt: skip
_SETTINGS = {
    "Valuation.margin": "--margin",
    "DiscountRate": "--discount",
    "Horizon.n": "--years",
    "RetentionCLV.retention": "--retention",
    "Times.timezone": "--timezone",
    "Times.format": "--time-format",
}


def _option(found: re.Match[str]) -> str:
    return f"--{_ENUMS[found[1]]} {found[2].lower()}"


def _argument(found: re.Match[str]) -> str:
    return f"--{found[1].replace('_', '-')}{' ' + found[2] if found[2] else ''}"


_RULES: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    # what has no counterpart here is left out
    (r", e\.g\. pandas\.to_numeric\(.*?\]\)", ""),
    (r", e\.g\. table\[.*?\]\.(?:fillna\(0\)|astype\(str\))", ""),
    (r", e\.g\. pandas\.to_datetime\(.*?\), and name a zone in Times\(\.\.\.\)", ", and name a zone with --timezone"),
    (r": pandas\.to_datetime\(column\.astype\(str\)\) for 20240131, unit='s' for seconds since 1970", " to 2024-01-31"),
    (r", then convert the column with pandas\.to_datetime\(.*?\)", ""),
    (r"; Excel: pandas\.read_excel and TransactionLog\.from_frame", ""),
    (r", or give it unlisted='themselves'", ""),
    (r", or Currency\('points', exponent=0\) for a unit of your own", ""),
    (r", or choose a NegativeDriver policy", ""),
    (r", or choose Percentages\.RENORMALISE; Percentages\.HOLD keeps what is missing unallocated", ""),
    (r",? when the log is made", ""),
    # a format that was just tried is no advice
    (r"(in the format ('[^']*').*?) Text in another format: Times\(format=\2\)\.", r"\1"),
    # options
    (rf"(?:DataPolicies|Times): ({'|'.join(_ENUMS)}):", lambda found: f"--{_ENUMS[found[1]]}:"),
    (r"\bTransactionLog\.\w+:", "log:"),
    (r"policies=DataPolicies\((.*?)\)(?= to |,|\.|$)", r"\1"),
    (r"times=Times\(unusable=(.*?)\)", r"\1"),
    (r"(?:times=)?Times\(timezone=(.*?)\)", r"--timezone \1"),
    (r"(?:times=)?Times\(format=(.*?)\)", r"--time-format \1"),
    (rf"(?:\b[a-z_]+=)?\b({'|'.join(_ENUMS)})\.([A-Z]+)\b", _option),
    (r"extra=\(\.\.\.\)", "--extra COLUMN"),
    (rf"(?<![\w-])({'|'.join(_ARGUMENTS)})=('[^']*')?(?=[\s,.:;)]|$)", _argument),
    (r"Valuation\(model=None\) values", "--no-clv values"),
    (r"Valuation\(model=None\)", "--no-clv"),
    *((rf"\b{re.escape(name)}(?:\.\w+)?:", f"{option}:") for name, option in _SETTINGS.items()),
    (r"RetentionCLV\(margin=\.\.\., retention=\.\.\.\)", "--retention"),
    (r"prior=LogNormalPrior\(\)", "prior=LogNormalPrior() (in Python)"),
    # keys of a cost file
    (r"pass keep_unknown=True to", 'write unknown = "hold" at the driver to'),
    (r"choose a MissingDriver policy", 'write missing = "zero" at the driver'),
    (r"n_unique\('(\w+)'\)", r'{n_unique = "\1"}'),
)


def as_options(sentence: str) -> str:
    """Say a sentence of the library as someone at a command line needs it.

    Examples
    --------
    >>> as_options("Type policies=DataPolicies(missing_ids=MissingIds.DROP) to drop and count them.")
    'Type --missing-ids drop to drop and count them.'
    """
    for pattern, instead in _RULES:
        sentence = re.sub(pattern, instead, sentence)
    return sentence
