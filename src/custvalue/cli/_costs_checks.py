"""What can be wrong with a cost file, found before any data are read."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from custvalue.data import CostPool, Currency
from custvalue.errors import Fault, InputError

_KEYS = {
    "currency": str,
    "period": str,
    "method": str,
    "base": str,
    "pools": dict,
    "resources": dict,
    "activities": dict,
    "drivers": dict,
}
_METHODS = ("activity", "volume", "equal")
VERBS = ("sum", "mean", "max", "n_unique")
_FROM_FILE = ("column", "customer", "file", "missing", "unknown")
_CHOICES = {"missing": ("refuse", "zero"), "unknown": ("refuse", "hold")}
_SAMPLES = {"currency": 'currency = "EUR"', "pools": "[pools] with one line a pool: delivery = 410_000"}
_DRIVER = '{count = true}, {sum = "column"} or {file = "visits.csv", customer = "id", column = "visits"}'
_TOLERANCE = Fraction(1, 10**9)


def method_of(document: Mapping[str, Any]) -> str:
    """Tell how the pools are charged."""
    return str(document.get("method", "volume" if "base" in document else "activity"))


def document_faults(
    document: Mapping[str, Any], described: Mapping[str, Any], columns: Mapping[str, bool]
) -> Iterable[Fault]:
    """Everything wrong with a cost file.

    Parameters
    ----------
    document
        The file.
    described
        Driver name to how it is made, drivers that are columns of the log among them.
    columns
        Columns of the log by every name they go by, and whether they are numbers; nothing is said of columns if empty.
    """
    yield from _unknown_keys("key", document, _KEYS)
    for name, kind in _KEYS.items():
        if name in document and not isinstance(document[name], kind):
            expected = {"str": "text in quotes", "dict": f"a table [{name}]"}[kind.__name__]
            yield Fault(f"key {name!r}", expected, repr(document[name]))
    for name, sample in _SAMPLES.items():
        if name not in document:
            yield Fault(f"key {name!r}", "to be there", "nothing", f"Add {sample}.")
    yield from _method_faults(document)
    yield from _amount_faults(document.get("currency"), _table(document, "pools"))
    if method_of(document) == "activity":
        yield from _share_faults(_table(document, "resources"))
        yield from _activity_faults(document)
    for name, how in described.items():
        yield from _driver_faults(name, how, columns)


def _table(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = document.get(key, {})
    return found if isinstance(found, dict) else {}


def _meant(name: str, names: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(names), n=1, cutoff=0.7)
    return f"Did you mean {near[0]!r}?" if near else ""


def _unknown_keys(what: str, given: Iterable[str], known: Iterable[str]) -> Iterable[Fault]:
    names = list(known)
    for name in given:
        if name not in names:
            yield Fault(f"{what} {name!r}", f"one of {names}", "another name", _meant(name, names))


def _method_faults(document: Mapping[str, Any]) -> Iterable[Fault]:
    method = method_of(document)
    if method not in _METHODS:
        yield Fault("key 'method'", f"one of {list(_METHODS)}", repr(method), _meant(method, _METHODS))
    if method == "volume" and "base" not in document:
        yield Fault("key 'base'", "the driver all pools follow", "nothing", 'Add base = "revenue".')
    if method == "activity" and "activities" not in document:
        hint = 'Add [activities] with one line a pool or activity: delivery = "km".'
        yield Fault("key 'activities'", "to be there", "nothing", hint)


def _amount_faults(code: object, pools: Mapping[str, Any]) -> Iterable[Fault]:
    currency = Currency("any", exponent=9)
    if isinstance(code, str):
        try:
            currency = Currency.of(code)
        except InputError as error:
            yield Fault("key 'currency'", error.expected, error.got, "Write an ISO 4217 code.")
    for name, amount in pools.items():
        try:
            currency.to_minor(CostPool(name, amount).amount, where=f"pool {name!r}")
        except InputError as error:
            yield Fault(error.where, error.expected, error.got, error.hint)


def _share_faults(resources: Mapping[str, Any]) -> Iterable[Fault]:
    for pool, shares in resources.items():
        where = f"resource {pool!r}"
        if not isinstance(shares, dict) or not shares:
            yield Fault(where, f"a table [resources.{pool}] of activities and shares", repr(shares))
            continue
        wrong = {
            name: share
            for name, share in shares.items()
            if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share < float("inf")
        }
        total = sum((Fraction(repr(share)) for name, share in shares.items() if name not in wrong), Fraction(0))
        if wrong:
            yield Fault(where, "shares from 0 to 1", repr(wrong))
        elif abs(total - 1) > _TOLERANCE:
            yield Fault(where, "shares that add up to 1", f"a sum of {float(total):g}", "Correct them.")


def _activity_faults(document: Mapping[str, Any]) -> Iterable[Fault]:
    pools, resources, activities = (_table(document, key) for key in ("pools", "resources", "activities"))
    yield from _unknown_keys("resource", resources, pools)
    served = {activity for shares in resources.values() if isinstance(shares, dict) for activity in shares}
    charged = [name for name in pools if name not in resources] + sorted(served)
    for name in charged if activities else ():
        if name not in activities:
            yield Fault(f"pool {name!r}", "a driver", "none", f'Add to [activities]: "{name}" = "orders".')
    yield from _unknown_keys("activity", activities, charged)
    for name, driver in activities.items():
        if not isinstance(driver, str):
            yield Fault(f"activity {name!r}", "the name of a driver in quotes", repr(driver))


def _driver_faults(name: str, how: object, columns: Mapping[str, bool]) -> Iterable[Fault]:
    where = f"driver {name!r}"
    if not isinstance(how, dict):
        yield Fault(where, _DRIVER, repr(how))
    elif "file" in how:
        yield from _file_faults(where, how)
    elif len(how) != 1 or next(iter(how)) not in {"count", *VERBS}:
        strange = [key for key in how if key not in {"count", *VERBS}]
        hint = _meant(strange[0], ("count", "file", *VERBS)) if strange else ""
        yield Fault(where, f"{_DRIVER}; instead of sum also {', '.join(VERBS[1:])}", repr(how), hint)
    elif "count" not in how and columns:
        yield from _column_faults(where, *next(iter(how.items())), columns)


def _file_faults(where: str, how: Mapping[str, Any]) -> Iterable[Fault]:
    yield from _unknown_keys(f"{where}: key", how, _FROM_FILE)
    for key, choices in _CHOICES.items():
        if how.get(key, choices[0]) not in choices:
            yield Fault(f"{where}: key {key!r}", f"one of {list(choices)}", repr(how[key]))
    if "customer" not in how:
        yield Fault(where, "the column of customer ids", "nothing", 'Add customer = "id".')
    for key in ("file", "customer", "column"):
        if not isinstance(how.get(key, ""), str):
            yield Fault(f"{where}: key {key!r}", "text in quotes", repr(how[key]))


def _column_faults(where: str, verb: str, column: object, columns: Mapping[str, bool]) -> Iterable[Fault]:
    if not isinstance(column, str):
        yield Fault(where, "the name of a column in quotes", repr(column))
    elif column not in columns:
        near = _meant(column, columns)
        hint = f"{near} Or name" if near else "Name"
        expected = f"a column that is read: one of {sorted(columns)}"
        yield Fault(where, expected, repr(column), f"{hint} a further column of numbers with --extra {column}.")
    elif verb != "n_unique" and not columns[column]:
        yield Fault(where, "a column of numbers", f"labels in {column!r}", f'Write {{n_unique = "{column}"}}.')
