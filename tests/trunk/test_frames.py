"""Columns in and out of pandas, Polars and Arrow."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from custvalue._frames import FrameKind, build_frame, column_names, read_columns
from custvalue.errors import SchemaError

COLUMNS = {
    "customer": np.array(["a", "b"]),
    "day": np.array(["2020-01-01", "2020-02-01"], dtype="datetime64[us]"),
    "n": np.array([1, 2]),
    "share": np.array([0.5, np.nan]),
}


@pytest.mark.parametrize("like", ["pandas", "polars", "arrow"])
def test_what_goes_out_comes_back(like: FrameKind) -> None:
    frame = build_frame(COLUMNS, like)

    back = read_columns(frame, list(COLUMNS))

    assert column_names(frame) == list(COLUMNS)
    assert back["customer"].tolist() == ["a", "b"]
    assert back["n"].tolist() == [1, 2]
    np.testing.assert_array_equal(back["share"], COLUMNS["share"])
    np.testing.assert_array_equal(back["day"].astype("datetime64[us]"), COLUMNS["day"])


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"a": [1]}),
        pl.DataFrame({"a": [1]}),
        pl.LazyFrame({"a": [1]}),
        pa.table({"a": [1]}),
        duckdb.sql("SELECT 1 AS a"),
    ],
    ids=["pandas", "polars", "polars-lazy", "arrow", "duckdb"],
)
def test_missing_columns_are_all_named(frame: object) -> None:
    with pytest.raises(SchemaError) as caught:
        read_columns(frame, ["a", "b", "c"], what="drivers")

    assert "drivers: 2 faults" in str(caught.value)
    assert "'b'" in str(caught.value)
    assert "'c'" in str(caught.value)


def test_what_is_no_frame_is_refused() -> None:
    with pytest.raises(SchemaError, match="got list"):
        read_columns([1, 2], ["a"])
