"""Settings, fits and results as versioned plain JSON: readable in twenty years, safe to open.

Only attrs classes, enums and functions' results defined inside custvalue are written; opening a file imports nothing
but custvalue and calls nothing but those constructors.
"""

from __future__ import annotations

import enum
import importlib
import json
import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

import attrs
import numpy as np

from custvalue.errors import InputError

Json: TypeAlias = bool | int | float | str | list[Any] | dict[str, Any] | None

FORMAT = 1
_TAG = "__custvalue__"


def save(thing: object, path: str | Path) -> None:
    """Write a setting, a fit or a result to a JSON file.

    Parameters
    ----------
    thing
        Any frozen object of custvalue.
    path
        Where to; an existing file is replaced.

    Raises
    ------
    InputError
        If the thing, or something in it, is not custvalue's and not plain data.

    Examples
    --------
    >>> import custvalue as cv, tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "horizon.json"
    >>> cv.save(cv.Horizon(3, cv.TimeUnit.YEAR), path)
    >>> cv.load(path)
    Horizon(n=3, unit=<TimeUnit.YEAR: 'year'>)
    """
    document = {"custvalue_format": FORMAT, "content": _encode(thing, "content")}
    Path(path).write_text(json.dumps(document, allow_nan=False, indent=1), encoding="utf-8")


def load(path: str | Path) -> Any:  # noqa: ANN401  # whatever was saved
    """Read what :func:`save` wrote.

    Parameters
    ----------
    path
        A file written by :func:`save`.

    Returns
    -------
    object
        An equal object; arrays equal to the bit.

    Raises
    ------
    InputError
        If the file is not one of ours, is of a newer format, or its content does not pass its class's checks.
    """
    where = str(path)
    hint = "Open a file written by custvalue.save."
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(where, expected="a custvalue JSON file", got=str(error), hint=hint) from error
    if not isinstance(document, dict) or "custvalue_format" not in document:
        raise InputError(where, expected="a custvalue JSON file", got="other JSON", hint=hint)
    if document["custvalue_format"] != FORMAT:
        got = f"format {document['custvalue_format']!r}"
        raise InputError(where, expected=f"format {FORMAT}", got=got, hint="Upgrade custvalue.")
    return _decode(document["content"])


def _encode(value: object, place: str) -> Json:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, enum.Enum):
        return {_TAG: "enum", "type": _name(type(value), place), "value": _encode(value.value, place)}
    cls: type[Any] = type(value)
    if attrs.has(cls):
        fields = {
            field.alias or field.name: _encode(getattr(value, field.name), f"{place}.{field.name}")
            for field in attrs.fields(cls)
            if field.init and field.metadata.get("saved", True)
        }
        return {_TAG: "object", "type": _name(cls, place), "fields": fields}
    return _encode_plain(value, place)


def _encode_plain(value: object, place: str) -> Json:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {_TAG: "float", "value": repr(value)}
    if isinstance(value, Decimal):
        return {_TAG: "decimal", "value": str(value)}
    if isinstance(value, np.ndarray | np.generic):
        return _encode_array(value, place)
    if isinstance(value, Mapping):
        pairs = [[_encode(key, place), _encode(item, f"{place}[{key!r}]")] for key, item in value.items()]
        return {_TAG: "mapping", "items": pairs}
    if isinstance(value, tuple | list | frozenset):
        kind = next(kind for kind in (tuple, list, frozenset) if isinstance(value, kind))
        return {_TAG: kind.__name__, "items": [_encode(item, f"{place}[{at}]") for at, item in enumerate(value)]}
    got = f"a {type(value).__module__}.{type(value).__qualname__}"
    raise InputError(f"save: {place}", expected="custvalue's own objects and plain data", got=got)


def _encode_array(value: np.ndarray | np.generic, place: str) -> Json:
    array = np.asarray(value)
    data: list[Any]
    if array.dtype.kind in "mM":
        data = array.view(np.int64).ravel().tolist()
    elif array.dtype.kind == "f":
        data = [item if math.isfinite(item) else repr(item) for item in array.astype(np.float64).ravel().tolist()]
    elif array.dtype.kind in "iubU":
        data = array.ravel().tolist()
    else:
        raise InputError(f"save: {place}", expected="numbers, texts or dates", got=f"an array of {array.dtype}")
    shape: Json = None if isinstance(value, np.generic) else list(array.shape)
    return {_TAG: "array", "dtype": array.dtype.str, "shape": shape, "data": data}


def _decode(value: Any) -> Any:  # noqa: ANN401  # JSON
    if not isinstance(value, dict):
        return value
    decoder = _DECODERS.get(value.get(_TAG, ""))
    if decoder is None:
        raise InputError("load", expected="content written by save", got=repr(value)[:80])
    return decoder(value)


def _decode_object(value: dict[str, Any]) -> object:
    cls = _find(value["type"])
    if not attrs.has(cls):
        raise InputError("load", expected="a class of custvalue", got=value["type"])
    made: object = cls(**{name: _decode(item) for name, item in value["fields"].items()})
    return made


def _decode_enum(value: dict[str, Any]) -> object:
    cls = _find(value["type"])
    if not issubclass(cls, enum.Enum):
        raise InputError("load", expected="an enum of custvalue", got=value["type"])
    return cls(_decode(value["value"]))


def _decode_array(value: dict[str, Any]) -> object:
    dtype = np.dtype(value["dtype"])
    if dtype.kind in "mM":
        array = np.array(value["data"], dtype=np.int64).view(dtype)
    else:
        array = np.array(value["data"]).astype(dtype) if value["data"] else np.zeros(0, dtype)
    return array[0] if value["shape"] is None else array.reshape(value["shape"])


_DECODERS: dict[str, Callable[[dict[str, Any]], object]] = {
    "object": _decode_object,
    "enum": _decode_enum,
    "array": _decode_array,
    "float": lambda value: float(value["value"]),
    "decimal": lambda value: Decimal(value["value"]),
    "mapping": lambda value: {_decode(key): _decode(item) for key, item in value["items"]},
    "tuple": lambda value: tuple(_decode(item) for item in value["items"]),
    "list": lambda value: [_decode(item) for item in value["items"]],
    "frozenset": lambda value: frozenset(_decode(item) for item in value["items"]),
}


def _name(cls: type, place: str) -> str:
    if not cls.__module__.startswith("custvalue.") or "<" in cls.__qualname__:
        got = f"a {cls.__module__}.{cls.__qualname__}"
        raise InputError(f"save: {place}", expected="custvalue's own objects and plain data", got=got)
    room = ".".join(cls.__module__.split(".")[:2])
    public = getattr(importlib.import_module(room), cls.__name__, None) is cls
    return f"{room if public else cls.__module__}:{cls.__qualname__}"


def _find(name: str) -> type:
    module, _, attribute = name.partition(":")
    if not module.startswith("custvalue.") or not attribute.isidentifier():
        raise InputError("load", expected="a class of custvalue", got=repr(name))
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise InputError("load", expected="a class this version knows", got=repr(name)) from error
    if not isinstance(found, type):
        raise InputError("load", expected="a class of custvalue", got=repr(name))
    return found
