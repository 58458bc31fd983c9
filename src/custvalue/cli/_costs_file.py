"""A cost file in TOML: pools, how they are allocated, and where the drivers come from."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from custvalue.costing import ActivityBased, CostAllocator, EqualSplit, VolumeBased
from custvalue.data import CostLedger, CostPool, CustomerIndex, DriverTable
from custvalue.engine import DriverExpression, TransactionLog
from custvalue.engine.tables import read_table
from custvalue.errors import Fault, InputError, SchemaError

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
_VERBS = ("sum", "mean", "max", "n_unique")
_FROM_FILE = {"file", "customer", "column", "missing", "unknown"}
_CHOICES = {"missing": ("refuse", "zero"), "unknown": ("refuse", "hold")}
_COLUMNS = {"revenue": "amount"}


@attrs.frozen(kw_only=True)
class DriverFile:
    """A driver read from a file of one row a customer.

    Parameters
    ----------
    path
        CSV or Parquet.
    customer, column
        Columns of ids and quantities.
    missing
        Customers of the log without a row: ``"refuse"`` or ``"zero"``.
    unknown
        Ids that are not in the log: ``"refuse"``, or ``"hold"`` their share of the cost back.
    """

    path: Path
    customer: str
    column: str
    missing: str = "refuse"
    unknown: str = "refuse"

    def read(self, name: str, customers: CustomerIndex) -> DriverTable:
        """Read it for the customers of a log."""
        found = DriverTable.from_frame(read_table(self.path), customer=self.customer, drivers=[self.column])
        table = found.on(customers, keep_unknown=self.unknown == "hold")
        quantity = table[self.column]
        if self.missing == "zero":
            quantity = np.where(found.customers.positions(customers.ids) >= 0, quantity, 0.0)
        outside = {name: table.unknown.get(self.column, 0.0)}
        return DriverTable(customers=customers, drivers={name: quantity}, unknown=outside)


@attrs.frozen(kw_only=True)
class CostFile:
    """What a cost file says.

    Parameters
    ----------
    ledger
        The pools.
    allocator
        How they are charged.
    expressions
        Drivers computed from the log, by name.
    tables
        Drivers read from files, by name.
    """

    ledger: CostLedger
    allocator: CostAllocator
    expressions: Mapping[str, DriverExpression]
    tables: Mapping[str, DriverFile]

    def drivers(self, log: TransactionLog) -> DriverTable:
        """What each customer of the log used."""
        customers = log.revenue().customers
        table = DriverTable(customers=customers, drivers={})
        if self.expressions:
            table = log.drivers(customers, **self.expressions)
        for name, file in self.tables.items():
            table = table.with_drivers(file.read(name, customers))
        return table


def read_cost_file(path: Path) -> CostFile:
    """Read and check a cost file.

    Parameters
    ----------
    path
        A TOML file.

    Raises
    ------
    InputError
        If it is no TOML.
    SchemaError
        With every fault at once: misspelt keys (with the nearest right one), wrong types, unknown methods, pools
        without a driver.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(str(path), expected="a readable cost file", got=str(error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(str(path), expected="a TOML file", got=str(error)) from error
    SchemaError.raise_for(str(path), _faults(document))
    pools = [CostPool(name, amount) for name, amount in document["pools"].items()]
    ledger = CostLedger(pools=pools, currency=document["currency"], period=document.get("period", ""))
    named = _described(document)
    return CostFile(
        ledger=ledger,
        allocator=_allocator(document),
        expressions={name: _expression(how) for name, how in named.items() if "file" not in how},
        tables={
            name: DriverFile(path=path.parent / how["file"], **{"column": name, **_without(how, "file")})
            for name, how in named.items()
            if "file" in how
        },
    )


def _described(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Driver name to how it is made; a driver that is used but not described is a column to add up."""
    described = dict(document.get("drivers", {}))
    return described | {name: {"sum": _COLUMNS.get(name, name)} for name in _used(document) if name not in described}


def _without(mapping: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in mapping.items() if name != key}


def _used(document: Mapping[str, Any]) -> list[str]:
    if _method(document) == "equal":
        return []
    if _method(document) == "volume":
        return [document.get("base", "")]
    return list(dict.fromkeys(document.get("activities", {}).values()))


def _method(document: Mapping[str, Any]) -> str:
    return str(document.get("method", "volume" if "base" in document else "activity"))


def _allocator(document: Mapping[str, Any]) -> CostAllocator:
    method = _method(document)
    if method == "equal":
        return EqualSplit()
    if method == "volume":
        return VolumeBased(base=document["base"])
    return ActivityBased(drivers=document["activities"], resources=document.get("resources", {}))


def _expression(how: Mapping[str, Any]) -> DriverExpression:
    if "count" in how:
        return DriverExpression("count")
    (verb,) = (verb for verb in _VERBS if verb in how)
    return DriverExpression(verb, how[verb])  # type: ignore[arg-type]  # one of the verbs


def _faults(document: Mapping[str, Any]) -> Iterable[Fault]:
    yield from _unknown_keys("key", document, _KEYS)
    for name, kind in _KEYS.items():
        if name in document and not isinstance(document[name], kind):
            expected = {"str": "text in quotes", "dict": f"a table [{name}]"}[kind.__name__]
            yield Fault(f"key {name!r}", expected, repr(document[name]))
    for name in ("currency", "pools"):
        if name not in document:
            yield Fault(f"key {name!r}", "to be there", "nothing", f"Add {_SAMPLES[name]}.")
    yield from _method_faults(document)
    yield from _pool_faults(document)
    yield from _driver_faults(document)


_SAMPLES = {"currency": 'currency = "EUR"', "pools": "[pools] with one line a pool: delivery = 410_000"}


def _unknown_keys(what: str, given: Iterable[str], known: Iterable[str]) -> Iterable[Fault]:
    names = list(known)
    for name in given:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
            hint = f"Did you mean {near[0]!r}?" if near else ""
            yield Fault(f"{what} {name!r}", f"one of {names}", "another name", hint)


def _method_faults(document: Mapping[str, Any]) -> Iterable[Fault]:
    method = _method(document)
    if method not in _METHODS:
        yield Fault("key 'method'", f"one of {list(_METHODS)}", repr(method))
    if method == "volume" and "base" not in document:
        yield Fault("key 'base'", "the driver all pools follow", "nothing", 'Add base = "revenue".')
    if method == "activity" and "activities" not in document:
        hint = 'Add [activities] with one line a pool or activity: delivery = "km".'
        yield Fault("key 'activities'", "to be there", "nothing", hint)


def _pool_faults(document: Mapping[str, Any]) -> Iterable[Fault]:
    pools = document.get("pools", {})
    for name, amount in pools.items() if isinstance(pools, dict) else ():
        if isinstance(amount, bool) or not isinstance(amount, int | float | str):
            yield Fault(f"pool {name!r}", "an amount", repr(amount))
    resources, activities = document.get("resources", {}), document.get("activities", {})
    if _method(document) != "activity" or not all(isinstance(each, dict) for each in (pools, resources, activities)):
        return
    yield from _unknown_keys("resource", resources, pools)
    served = {activity for shares in resources.values() if isinstance(shares, dict) for activity in shares}
    charged = [name for name in pools if name not in resources] + sorted(served)
    for name in charged:
        if activities and name not in activities:
            yield Fault(f"pool {name!r}", "a driver", "none", f'Add to [activities]: "{name}" = "orders".')
    yield from _unknown_keys("activity", activities, charged)


def _driver_faults(document: Mapping[str, Any]) -> Iterable[Fault]:
    drivers = document.get("drivers", {})
    for name, how in drivers.items() if isinstance(drivers, dict) else ():
        expected = '{count = true}, {sum = "column"} or {file = "visits.csv", customer = "id", column = "visits"}'
        if not isinstance(how, dict):
            yield Fault(f"driver {name!r}", expected, repr(how))
        elif "file" in how:
            yield from _unknown_keys(f"driver {name!r}: key", how, sorted(_FROM_FILE))
            for key, choices in _CHOICES.items():
                if how.get(key, choices[0]) not in choices:
                    yield Fault(f"driver {name!r}: key {key!r}", f"one of {list(choices)}", repr(how[key]))
            if "customer" not in how:
                yield Fault(f"driver {name!r}", "the column of customer ids", "nothing", 'Add customer = "id".')
        elif len(how) != 1 or next(iter(how)) not in ("count", *_VERBS):
            yield Fault(f"driver {name!r}", expected, repr(how))
