"""One log, every kind of table: the same valuation, to the last bit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pytest
from tests.pipeline._logs import TERMS, WINDOW, dirty_orders, log_of

from custvalue.engine import DataPolicies, TransactionLog


@pytest.fixture(scope="module")
def expected() -> pd.DataFrame:
    """The valuation from pandas."""
    frame: pd.DataFrame = TERMS.run(log_of(dirty_orders())).to_frame()  # type: ignore[assignment]  # pandas
    return frame


@pytest.mark.parametrize("kind", ["polars", "polars-lazy", "arrow", "duckdb", "shuffled"])
def test_frames_of_every_kind_agree(kind: str, expected: pd.DataFrame) -> None:
    orders = dirty_orders()
    tables: dict[str, Callable[[], object]] = {
        "polars": lambda: pl.from_pandas(orders),
        "polars-lazy": lambda: pl.from_pandas(orders).lazy(),
        "arrow": lambda: pl.from_pandas(orders).to_arrow(),
        "duckdb": lambda: duckdb.from_df(orders),
        "shuffled": lambda: orders.sample(frac=1.0, random_state=3),
    }

    frame = TERMS.run(log_of(tables[kind]())).to_frame("pandas")

    pd.testing.assert_frame_equal(frame, expected, check_dtype=False, check_exact=True)  # type: ignore[arg-type]  # pandas


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_files_agree(ending: str, expected: pd.DataFrame, tmp_path: Path) -> None:
    table = duckdb.from_df(dirty_orders())
    path = tmp_path / f"orders.{ending}"
    (table.write_parquet if ending == "parquet" else table.write_csv)(str(path))

    log = TransactionLog.from_file(
        path,
        customer="customer_id",
        time="ordered_at",
        amount="net_amount",
        order="order_id",
        extra=("lines", "km"),
        currency="EUR",
        window=WINDOW,
        policies=DataPolicies(missing_ids="drop", duplicates="drop"),
    )

    frame = TERMS.run(log).to_frame("pandas")
    pd.testing.assert_frame_equal(frame, expected, check_dtype=False, check_exact=True)  # type: ignore[arg-type]  # pandas


def test_the_answer_comes_in_the_callers_frame_library() -> None:
    assert isinstance(TERMS.run(log_of(pl.from_pandas(dirty_orders()))).to_frame(), pl.DataFrame)
    assert isinstance(TERMS.run(log_of(dirty_orders())).to_frame(), pd.DataFrame)
