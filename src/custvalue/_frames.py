"""The small gate for frames in memory: columns in, columns out. Logs and databases go through ``engine``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from custvalue.errors import Fault, MissingDependencyError, SchemaError

if TYPE_CHECKING:
    import pandas as pd

FrameKind: TypeAlias = Literal["pandas", "polars", "arrow"]
Column: TypeAlias = NDArray[Any] | Sequence[object]


@runtime_checkable
class Frame(Protocol):
    """Any table in memory that narwhals understands: pandas, Polars, Arrow, Modin, cuDF ..."""

    @property
    def columns(self) -> Any:
        """The column names."""


def build_pandas(columns: Mapping[str, Column]) -> pd.DataFrame:
    """Build a pandas frame from columns of equal length."""
    import pandas as pd  # noqa: PLC0415  # importing custvalue must not load pandas

    return pd.DataFrame({name: _plain(column) for name, column in columns.items()})


def build_frame(columns: Mapping[str, Column], like: FrameKind = "pandas") -> object:
    """Build a frame of the asked library from columns of equal length.

    Parameters
    ----------
    columns
        Column name to values, all of one length.
    like
        ``"pandas"``, ``"polars"`` or ``"arrow"``.

    Raises
    ------
    MissingDependencyError
        If that library is not installed.
    """
    if like == "pandas":
        return build_pandas(columns)
    plain = {name: _plain(column) for name, column in columns.items()}
    if like == "polars":
        try:
            import polars as pl  # noqa: PLC0415  # optional
        except ImportError as error:
            raise MissingDependencyError("polars", extra="polars", purpose="A Polars frame") from error
        return pl.DataFrame({name: _for_polars(column) for name, column in plain.items()})
    try:
        import pyarrow as pa  # noqa: PLC0415  # optional
    except ImportError as error:
        raise MissingDependencyError("pyarrow", extra="polars", purpose="An Arrow table") from error
    return pa.table({name: pa.array(_for_polars(column)) for name, column in plain.items()})


def read_columns(frame: object, names: Sequence[str], *, what: str = "frame") -> dict[str, NDArray[Any]]:
    """Read named columns of a frame in memory as numpy arrays.

    Parameters
    ----------
    frame
        pandas, Polars (eager or lazy), Arrow or any other frame narwhals takes.
    names
        Columns wanted.
    what
        What the frame is, for the error.

    Raises
    ------
    SchemaError
        If it is not a frame, or naming every column that is missing, with those present.
    """
    eager = _collect(frame, what)
    present = list(eager.columns)
    SchemaError.raise_for(
        what,
        (
            Fault(f"column {name!r}", "to be there", f"columns {present}", "Name the column as the frame does.")
            for name in names
            if name not in present
        ),
    )
    return {name: _numpy(eager[name]) for name in names}


def column_names(frame: object, *, what: str = "frame") -> list[str]:
    """Tell the column names of a frame in memory."""
    return list(_collect(frame, what).columns)


def _collect(frame: object, what: str) -> Any:
    import narwhals.stable.v2 as nw  # noqa: PLC0415  # importing custvalue must not load narwhals' backends

    native: Any = frame
    try:
        table = nw.from_native(native)
    except TypeError as error:
        fault = Fault("type", "a pandas, Polars, Arrow or DuckDB table", type(frame).__name__, "Pass the frame itself.")
        raise SchemaError(what, [fault]) from error
    if not isinstance(table, nw.LazyFrame):
        return table
    return table.collect("polars" if table.implementation.is_polars() else "pandas")


def _numpy(series: Any) -> NDArray[Any]:
    if str(series.dtype) in {"String", "Object", "Categorical", "Enum"}:
        values = np.empty(len(series), dtype=object)
        values[:] = series.to_list()
        return values
    return np.asarray(series.to_numpy())


def _plain(column: Column) -> Column:
    if isinstance(column, np.ndarray) and column.dtype.kind == "U":
        texts: NDArray[np.object_] = column.astype(object)
        return texts
    return column


def _for_polars(column: Column) -> Column:
    if isinstance(column, np.ndarray) and column.dtype.kind == "O":
        items: list[object] = column.tolist()
        return items
    return column
