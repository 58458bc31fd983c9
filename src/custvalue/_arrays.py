"""Arrays that belong to one frozen object: copied and locked on entry, still locked after pickling."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from custvalue.errors import InputError

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]
LabelArray: TypeAlias = NDArray[np.str_]
DateArray: TypeAlias = NDArray[np.datetime64]


class ArrayHolder:
    """Mix-in of every class that holds arrays: pickling and copying rebuild it through its constructor."""

    __slots__ = ()

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        fields: dict[str, object] = {
            field.alias or field.name: _unlocked(getattr(self, field.name))
            for field in attrs.fields(type(self))  # type: ignore[arg-type]  # the mix-in sits on attrs classes only
            if field.init
        }
        return _rebuild, (type(self), fields)


def _rebuild(cls: Callable[..., object], fields: Mapping[str, object]) -> object:
    return cls(**fields)


def _unlocked(value: object) -> object:
    return dict(value) if isinstance(value, MappingProxyType) else value


def locked(array: NDArray[Any]) -> NDArray[Any]:
    """Lock an array that nobody else holds; for arrays just made, where a copy would be wasted."""
    array.flags.writeable = False
    return array


def _freeze(value: ArrayLike, dtype: str, ndim: int, kind: str) -> NDArray[Any]:
    source = np.asarray(value)
    if isinstance(value, np.ndarray) and not value.flags.writeable and value.base is None and value.dtype == dtype:
        array = value  # already locked, owned by nobody who could unlock it by accident
    else:
        try:
            array = np.array(source, dtype=dtype, order="C", copy=True)
        except (TypeError, ValueError) as error:
            raise InputError("array", expected=kind, got=f"values of type {source.dtype}") from error
    if array.ndim != ndim:
        raise InputError("array", expected=f"{ndim} dimension(s)", got=f"shape {array.shape}")
    array.flags.writeable = False
    return array


def as_floats(value: ArrayLike, ndim: int = 1) -> FloatArray:
    """Copy to locked float64."""
    return _freeze(value, "float64", ndim, "numbers")


def as_ints(value: ArrayLike, ndim: int = 1) -> IntArray:
    """Copy to locked int64; fractions are refused, not cut off."""
    source = np.asarray(value)
    if source.dtype.kind == "f":
        if not np.all(np.isfinite(source)) or np.any(source != np.floor(source)):
            raise InputError("array", expected="whole numbers", got="fractions, NaN or infinities")
        if np.any(np.abs(source) >= 2.0**63):
            raise InputError("array", expected="whole numbers below 2**63", got="larger ones")
    return _freeze(value, "int64", ndim, "whole numbers")


def as_bools(value: ArrayLike, ndim: int = 1) -> BoolArray:
    """Copy to locked bool."""
    return _freeze(value, "bool", ndim, "true or false values")


def as_labels(value: ArrayLike, ndim: int = 1) -> LabelArray:
    """Copy to locked numpy strings."""
    source = np.asarray(value, dtype=np.str_)
    return _freeze(source, source.dtype.str, ndim, "strings")


def as_dates(value: ArrayLike, ndim: int = 1) -> DateArray:
    """Copy to locked datetime64[us]."""
    return _freeze(value, "datetime64[us]", ndim, "dates")


def equal_but_for_rounding(values: FloatArray) -> bool:
    """Whether all values are one number, give or take the last digits."""
    return bool(np.ptp(values) <= 1e-12 * np.abs(values).max())


def float_array(ndim: int = 1) -> Any:
    """Make an attrs field holding locked float64."""
    return attrs.field(converter=lambda value: as_floats(value, ndim), repr=False)


def int_array(ndim: int = 1) -> Any:
    """Make an attrs field holding locked int64."""
    return attrs.field(converter=lambda value: as_ints(value, ndim), repr=False)


def bool_array(ndim: int = 1) -> Any:
    """Make an attrs field holding locked bool."""
    return attrs.field(converter=lambda value: as_bools(value, ndim), repr=False)


def label_array(ndim: int = 1) -> Any:
    """Make an attrs field holding locked numpy strings."""
    return attrs.field(converter=lambda value: as_labels(value, ndim), repr=False)


def date_array(ndim: int = 1) -> Any:
    """Make an attrs field holding locked datetime64[us]."""
    return attrs.field(converter=lambda value: as_dates(value, ndim), repr=False)


def float_arrays(value: Mapping[str, ArrayLike]) -> Mapping[str, FloatArray]:
    """Copy a mapping of columns to locked float64, read-only."""
    return MappingProxyType({str(name): as_floats(column) for name, column in value.items()})


def int_arrays(value: Mapping[str, ArrayLike]) -> Mapping[str, IntArray]:
    """Copy a mapping of columns to locked int64, read-only."""
    return MappingProxyType({str(name): as_ints(column) for name, column in value.items()})


def texts(value: Mapping[str, str]) -> Mapping[str, str]:
    """Copy a mapping of texts, read-only."""
    return MappingProxyType(dict(value))


def numbers(value: Mapping[str, float]) -> Mapping[str, float]:
    """Copy a mapping of numbers, read-only."""
    return MappingProxyType({name: float(number) for name, number in value.items()})


def strings(value: Iterable[str]) -> tuple[str, ...]:
    """Turn an iterable of names into a tuple; a bare string is refused."""
    if isinstance(value, str):
        raise InputError("names", expected="several names", got=f"one string {value!r}", hint=f"Write [{value!r}].")
    return tuple(str(item) for item in value)


def check_lengths(where: str, n: int, columns: Mapping[str, NDArray[Any]]) -> None:
    """Check that every column has ``n`` rows.

    Raises
    ------
    InputError
        Naming the columns that do not, all at once.
    """
    wrong = {name: column.shape[0] for name, column in columns.items() if column.shape[0] != n}
    if wrong:
        raise InputError(where, expected=f"{n} rows, one a customer", got=f"rows {wrong}")
