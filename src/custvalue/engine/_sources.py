"""Where tables come from: frames in memory, files, databases."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import duckdb
import narwhals.stable.v2 as nw

from custvalue.engine._columns import NOTHING
from custvalue.engine._duckdb import DuckDB, literal, quoted, said
from custvalue.engine._protocol import Source
from custvalue.errors import Fault, InputError, SchemaError

__all__ = ["database_source", "file_source", "frame_source"]

_TAKEN = "pandas, Polars (eager or lazy), Arrow, a DuckDB relation or Spark"
_CSV = (".csv", ".csv.gz", ".csv.zst", ".tsv", ".tsv.gz", ".txt")
_PARQUET = (".parquet", ".pq")
_SHOWN = 20


def frame_source(frame: object, wanted: Mapping[str, str], *, all_columns: bool) -> Source:
    """Take a frame of any library we know, without copying it.

    Parameters
    ----------
    frame
        The table.
    wanted
        Columns that will be read, each with the argument that names it.
    all_columns
        Whether the others matter too (looking for equal rows).

    Raises
    ------
    InputError
        If it is no such frame.
    """
    native: Any = frame
    try:
        table = nw.from_native(native)
    except TypeError as error:
        hint = "Pass the frame itself; a path goes to TransactionLog.from_file."
        raise InputError("from_frame", expected=_TAKEN, got=type(frame).__name__, hint=hint) from error
    except nw.exceptions.DuplicateError as error:
        raise SchemaError("from_frame", [Fault("columns", "each name once", str(error))]) from error
    kind = table.implementation
    if kind.is_polars():
        from custvalue.engine._polars import Polars  # noqa: PLC0415  # optional dependency

        return Source(table.lazy(), Polars(), "log from a Polars frame", "polars", _zones(table))
    if kind.is_pyspark():
        from custvalue.engine._spark import Spark  # noqa: PLC0415  # optional dependency

        return Source(cast("nw.LazyFrame[Any]", table), Spark(), "log from a Spark frame", "arrow")
    if kind.is_duckdb():
        return Source(cast("nw.LazyFrame[Any]", table), DuckDB(), "log from a DuckDB relation")
    if isinstance(table, nw.DataFrame) and (kind.is_pandas() or kind.is_pyarrow() or kind.is_modin()):
        return _in_memory(table, wanted, all_columns=all_columns)
    raise InputError("from_frame", expected=_TAKEN, got=str(kind), hint=_OTHERWISE)


_OTHERWISE = "Write it to Parquet and use TransactionLog.from_file, or convert it to one of these."


def _in_memory(table: nw.DataFrame[Any], wanted: Mapping[str, str], *, all_columns: bool) -> Source:
    """Let DuckDB read a pandas or Arrow table in place."""
    present = tuple(table.columns)
    if not present:
        raise SchemaError("from_frame", [Fault("columns", "some", "a table without columns")])
    chosen = list(present) if all_columns else [name for name in wanted if name in present]
    narrow = table.select(*(chosen or present[:1]))
    connection = duckdb.connect()
    if table.implementation.is_pyarrow():
        relation = connection.from_arrow(narrow.to_native())
        return Source(nw.from_native(relation), DuckDB(), "log from an Arrow table", "arrow", _zones(narrow), present)
    from custvalue.engine._pandas import plain_pandas, zones_of  # noqa: PLC0415  # loads pandas

    own = narrow.to_pandas()
    zones = {name: zone for name, zone in zones_of(own).items() if _known(zone)}
    frame, broken = plain_pandas(own, wanted)
    where = "log from a pandas frame"
    try:
        relation = connection.from_df(frame)
    except duckdb.Error as error:
        raise InputError(where, expected="columns of numbers, text and times", got=said(error)) from error
    return Source(nw.from_native(relation), DuckDB(), where, "pandas", zones, present, broken)


def _zones(table: nw.DataFrame[Any] | nw.LazyFrame[Any]) -> Mapping[str, str]:
    """Zones that columns name themselves, where they are known ones."""
    zones = {}
    for name, dtype in table.collect_schema().items():
        if isinstance(dtype, nw.Datetime) and dtype.time_zone is not None and _known(dtype.time_zone):
            zones[name] = dtype.time_zone
    return zones


def _known(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _connect(memory_limit: str | None) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(config={} if memory_limit is None else {"memory_limit": memory_limit})
    except duckdb.Error as error:
        raise InputError("memory_limit", expected="a size such as '2GB'", got=repr(memory_limit)) from error


def file_source(
    path: str | Path | Sequence[str | Path], *, memory_limit: str | None, id_column: str = "", time_column: str = ""
) -> Source:
    """Read CSV or Parquet files, several by a pattern or a list.

    Parameters
    ----------
    path
        A file, a pattern, or several of them.
    memory_limit
        How much memory the engine may take.
    id_column
        A column of ids: text that looks like numbers stays text if any number would lose a leading zero.
    time_column
        A column of times: stays text in CSV, so that 03/04/2024 is not guessed at.

    Raises
    ------
    InputError
        If the kind of file is not one of these, or nothing is there, or it cannot be read.
    """
    paths = [str(path)] if isinstance(path, str | Path) else [str(item) for item in path]
    where = f"log from {', '.join(paths)}"
    ends = {_reader(name) for name in paths}
    if len(ends) != 1 or None in ends:
        hint = "Convert it to one of them; Excel: pandas.read_excel and TransactionLog.from_frame."
        raise InputError(where, expected=f"files ending in {', '.join(_CSV + _PARQUET)}", got=repr(paths), hint=hint)
    connection, files = _connect(memory_limit), ", ".join(literal(name) for name in paths)
    try:
        if ends == {"parquet"}:
            relation = connection.sql(f"SELECT * FROM read_parquet([{files}])")  # noqa: S608  # every name is quoted
        else:
            relation = _csv(connection, files, where, (id_column, time_column))
    except duckdb.Error as error:
        hint = "Check path and content."
        raise InputError(where, expected="files that can be read", got=said(error), hint=hint) from error
    return Source(nw.from_native(relation), DuckDB(), where)


def _csv(
    connection: duckdb.DuckDBPyConnection, files: str, where: str, columns: tuple[str, str]
) -> duckdb.DuckDBPyRelation:
    """Let DuckDB find the types from all rows; ids such as 007 stay text, and so do times."""
    id_column, time_column = columns
    found = connection.sql(f"SELECT * FROM {_read_csv(files, ())}")  # noqa: S608  # every name is quoted
    if found.columns == _HEADLESS and not found.limit(1).fetchall():
        raise InputError(where, expected="a header and rows", got="an empty file")
    _check_lines(connection, files, where, found)
    types = dict(zip(found.columns, map(str, found.types), strict=True))
    texts = [time_column] if types.get(time_column) in _GUESSED else []
    if types.get(id_column, "").endswith("INT"):
        padded = f"regexp_matches({quoted(id_column)}, '^\\s*[+-]?0[0-9]')"
        query = f"SELECT 1 FROM {_read_csv(files, [id_column])} WHERE {padded} LIMIT 1"  # noqa: S608  # the same
        texts += [id_column] if connection.sql(query).fetchall() else []
    return connection.sql(f"SELECT * FROM {_read_csv(files, texts)}") if texts else found  # noqa: S608  # the same


_HEADLESS = ["column0"]
_GUESSED = {"DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"}


def _read_csv(files: str, texts: Sequence[str]) -> str:
    """The call that reads the files, with columns that are to stay text."""
    types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in texts)
    given = f", types = {{{types}}}" if texts else ""
    missing = ", ".join(literal(text) for text in ("", *NOTHING))
    return f"read_csv([{files}], sample_size = -1, nullstr = [{missing}]{given})"


def _check_lines(connection: duckdb.DuckDBPyConnection, files: str, where: str, found: duckdb.DuckDBPyRelation) -> None:
    """Refuse two columns of one name, which the engine would rename, and rows too ragged for it to find columns."""
    query = f"SELECT * FROM read_csv([{files}], header = false, all_varchar = true) LIMIT 1"  # noqa: S608  # the same
    names = [str(name).strip().lower() for row in connection.sql(query).fetchall() for name in row]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SchemaError(where, [Fault("columns", "each name once", f"twice: {twice}", "Rename one of them.")])
    header = found.columns[0]
    mark = next((mark for mark in ",;\t|" if mark in header), "") if len(found.columns) == 1 else ""
    if mark:  # no row was parted: some have another number of cells than the header
        line, cells = quoted(header), header.count(mark) + 1
        counted = f"len(string_split({line}, {literal(mark)}))"
        ragged = found.project(f"row_number() OVER () + 1 AS line, {counted} AS cells").filter(f"cells <> {cells}")
        got = [f"{n} in line {number}" for number, n in ragged.limit(3).fetchall()]
        expected = f"{cells} cells in every row, as in the header"
        raise InputError(where, expected=expected, got=", ".join(got) or "another number", hint="Mend these lines.")


def _reader(path: str) -> str | None:
    lower = path.lower()
    if lower.endswith(_PARQUET):
        return "parquet"
    return "csv" if lower.endswith(_CSV) else None


def database_source(database: str | Path, *, table: str | None, query: str | None, memory_limit: str | None) -> Source:
    """Read a table or a query of anything DuckDB attaches, read-only.

    Raises
    ------
    InputError
        If not exactly one of ``table`` and ``query`` is given, or the database cannot be attached or asked.
    """
    kind, secret = _parts(str(database))
    where = f"log from database {kind}"
    if (table is None) == (query is None):
        raise InputError(where, expected="either table= or query=", got="both" if table else "neither")
    connection = _connect(memory_limit)
    try:
        connection.execute(f"ATTACH {literal(str(database))} AS cv_source (READ_ONLY)")
        connection.execute("USE cv_source")
    except duckdb.Error as error:
        hint = (
            "A path to a DuckDB file, or 'sqlite:shop.db', 'postgres:dbname=shop', 'mysql:database=shop'; those three "
            "need DuckDB's extension of that name. Where there is none: pandas.read_sql, TransactionLog.from_frame."
        )
        got = _without(secret, said(error))
        # The cause is left out: it may quote the connection string, and with it a password.
        raise InputError(where, expected="a database DuckDB attaches", got=got, hint=hint) from None
    named = ".".join(quoted(part) for part in (table or "").split("."))
    try:
        relation = connection.sql(query or f"SELECT * FROM {named}")  # noqa: S608  # every name is quoted
    except duckdb.Error as error:
        got = _without(secret, said(error))
        hint = f"It has {_tables(connection)}."
        raise InputError(where, expected="a table or query it can read", got=got, hint=hint) from None
    if relation is None:
        raise InputError(where, expected="a query that gives rows", got=repr(query))
    return Source(nw.from_native(relation), DuckDB(), where)


def _tables(connection: duckdb.DuckDBPyConnection) -> str:
    """Names of the first tables of an attached database."""
    found = connection.sql(
        "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE database_name = 'cv_source' "
        "AND schema_name NOT IN ('information_schema', 'pg_catalog') ORDER BY 1"
    )
    names = [str(name) for (name,) in found.fetchall()]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"the tables {', '.join(names[:_SHOWN])}{more}" if names else "no tables"


def _parts(database: str) -> tuple[str, str]:
    """Split a connection string into what may be shown and what may hold a password; a path may be shown."""
    kind, colon, rest = database.partition(":")
    return (kind, rest) if colon and kind.isalnum() and len(kind) > 1 else (database, "")


def _without(secret: str, message: str) -> str:
    """Hide a connection string, and each of its values, in a message of the engine."""
    values = [pair.partition("=")[2].strip("'\"") for pair in secret.split()]
    for part in [secret, *values, *re.findall(r"://[^:@/]*:([^@]+)@", f":{secret}")]:
        if part:
            message = message.replace(part, "***")
    return message
