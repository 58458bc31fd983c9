"""Tables to files; text that a spreadsheet would run as a formula is made harmless."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from custvalue.errors import InputError, MissingDependencyError

if TYPE_CHECKING:
    import pandas as pd

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_ENDS = (".parquet", ".csv", ".xlsx")


def check_target(path: Path) -> None:
    """Check, before any work is done, that a table can be written there.

    Raises
    ------
    InputError
        If the ending is not one we write, or the folder does not exist.
    """
    if path.suffix.lower() not in _ENDS:
        raise InputError(f"--out {path}", expected=f"a file ending in {', '.join(_ENDS)}", got=repr(path.suffix))
    if not path.parent.exists():
        raise InputError(f"--out {path}", expected="a folder that exists", got=f"no folder {path.parent}")


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a pandas frame to Parquet, CSV or Excel by the ending of the file name.

    Parameters
    ----------
    frame
        The table.
    path
        Where to; an existing file is replaced.

    Raises
    ------
    MissingDependencyError
        If Excel is asked for and openpyxl is not installed.
    """
    ending = path.suffix.lower()
    if ending == ".parquet":
        import duckdb  # noqa: PLC0415  # loaded when needed

        duckdb.from_df(frame, connection=duckdb.connect()).write_parquet(str(path))
    elif ending == ".csv":
        harmless(frame).to_csv(path, index=False)
    else:
        try:
            harmless(frame).to_excel(path, index=False)
        except ImportError as error:
            raise MissingDependencyError("openpyxl", extra="excel", purpose="Writing Excel files") from error


def harmless(frame: pd.DataFrame) -> pd.DataFrame:
    """Put an apostrophe before text that starts like a formula, in cells and in column names."""
    safe = frame.copy()
    for name in frame.columns[[kind.kind in "OTU" or str(kind) in {"str", "string"} for kind in frame.dtypes]]:
        texts = frame[name].astype("object")
        risky = texts.map(lambda value: isinstance(value, str) and value.startswith(_FORMULA)).astype(bool)
        safe[name] = texts.where(~risky, "'" + texts.astype(str))
    safe.columns = [f"'{name}" if str(name).startswith(_FORMULA) else name for name in frame.columns]
    return safe
