"""Small tables out of files, for drivers and other facts of one row a customer."""

from __future__ import annotations

from pathlib import Path

from custvalue.engine._sources import file_source
from custvalue.errors import InputError

__all__ = ["read_table"]


def read_table(path: str | Path) -> object:
    r"""Open a CSV or Parquet file as a DuckDB relation; any ``from_frame`` takes it.

    Parameters
    ----------
    path
        File name, or a pattern for several.

    Raises
    ------
    InputError
        If the kind of file is another, or it cannot be read.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "visits.csv"
    >>> _ = path.write_text("id,visits\na,3\nb,1\n")
    >>> from custvalue.data import DriverTable
    >>> DriverTable.from_frame(read_table(path), customer="id")["visits"].tolist()
    [3.0, 1.0]
    """
    try:
        native: object = file_source(path, memory_limit=None).raw.to_native()
    except InputError as error:
        raise InputError(str(path), expected=error.expected, got=error.got, hint=error.hint) from error
    return native
