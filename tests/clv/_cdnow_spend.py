"""CDNOW with what its customers spent, and what they did afterwards; facts from ``tests/data/cdnow_spend.json``."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import attrs
import numpy as np
from tests.clv._cdnow import make_summary

from custvalue.data import Currency, CustomerIndex, CustomerSummary, Holdout

_FILE = Path(__file__).parents[1] / "data" / "cdnow_spend.json"


@cache
def spend_columns() -> dict[str, np.ndarray]:
    """Columns x, t_x, T (days), cents and holdout; the 946 who came back first, then 1,411 one-time buyers."""
    raw = json.loads(_FILE.read_text(encoding="utf-8"))
    one_time = np.array(raw["one_time_T_days"])
    none = np.zeros(one_time.size, dtype=np.int64)
    return {
        "x": np.append(raw["x"], none),
        "t_x": np.append(raw["t_x_days"], none),
        "T": np.append(raw["T_days"], one_time),
        "cents": np.append(raw["repeat_cents"], none),
        "holdout": np.append(raw["holdout"], raw["one_time_holdout"]),
    }


def cdnow() -> CustomerSummary:
    """2,357 customers at the end of week 39, with repeat amounts; ages in weeks."""
    columns = spend_columns()
    bare = make_summary(columns["x"], columns["t_x"], columns["T"])
    return attrs.evolve(bare, repeat_amount=columns["cents"])


def cdnow_holdout() -> Holdout:
    """Purchases of the next 39 weeks; what was spent then is not kept."""
    counts = spend_columns()["holdout"]
    return Holdout(
        customers=CustomerIndex(np.arange(counts.size)),
        n_purchases=counts,
        total_amount=np.zeros(counts.size, dtype=np.int64),
        starts=np.datetime64("1997-10-01"),
        ends=np.datetime64("1998-06-30"),
        currency=Currency.of("USD"),
    )
