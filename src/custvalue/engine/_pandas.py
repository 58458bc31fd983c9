"""pandas columns that an engine would read slowly, or guess at, made plain or refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from custvalue.errors import Fault

__all__ = ["plain_pandas", "zones_of"]

_ONE_KIND = {
    "string",
    "empty",
    "decimal",
    "integer",
    "floating",
    "mixed-integer-float",
    "datetime64",
    "date",
    "boolean",
}
_AMOUNTS = {"amount", "quantity", "unit_price", "direct_cost", "extra"}


def plain_pandas(frame: pd.DataFrame, wanted: Mapping[str, str]) -> tuple[pd.DataFrame, dict[str, Fault]]:
    """Make categories and objects plain; columns that mix kinds are taken out, with what is wrong with them.

    Parameters
    ----------
    frame
        The columns that will be read.
    wanted
        Column to the argument that names it.
    """
    broken: dict[str, Fault] = {}
    for name in list(frame.columns):
        column = frame[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            frame = frame.assign(**{name: _uncategorised(column)})
        elif column.dtype == object:
            found = _plain_objects(column, name, wanted.get(name, "column"))
            if isinstance(found, Fault):
                broken[name] = found
                frame = frame.assign(**{name: _text(column)})
            else:
                frame = frame.assign(**{name: found})
    return frame, broken


def zones_of(frame: pd.DataFrame) -> dict[str, str]:
    """Zone of every column of times that names one."""
    return {str(name): str(dtype.tz) for name, dtype in frame.dtypes.items() if isinstance(dtype, pd.DatetimeTZDtype)}


def _uncategorised(column: pd.Series[Any]) -> pd.Series[Any]:
    kind = column.cat.categories.dtype
    return column.astype("Int64" if kind.kind in "iu" else kind)


def _text(column: pd.Series[Any]) -> pd.Series[Any]:
    return column.map(str, na_action="ignore").astype("str")


def _plain_objects(column: pd.Series[Any], name: str, argument: str) -> pd.Series[Any] | Fault:
    kind = pd.api.types.infer_dtype(column, skipna=True)
    where = f"{argument}={name!r}"
    if kind in _ONE_KIND:
        return column
    if kind == "datetime":
        zoned = {value.tzinfo is not None for value in column.dropna()}
        if len(zoned) == 1:
            return pd.to_datetime(column, utc=zoned == {True})
        hint = "Find out what they are, then convert the column with pandas.to_datetime(table[...], utc=True)."
        return Fault(where, "times of one kind", "times with and without a zone, mixed", hint)
    if argument in _AMOUNTS:
        return _text(column)
    hint = f"Convert it first, e.g. table[{name!r}].astype(str)."
    return Fault(where, "values of one kind", f"{kind} values", hint)
