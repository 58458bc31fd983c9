"""A cost file in TOML: pools, how they are allocated, and where the drivers come from."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs

from custvalue.costing import ActivityBased, CostAllocator, EqualSplit, VolumeBased
from custvalue.data import CostLedger, CostPool, DriverTable
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
_FROM_FILE = {"file", "customer", "column"}


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
        Drivers read from files of one row a customer: name to file, id column and quantity column.
    """

    ledger: CostLedger
    allocator: CostAllocator
    expressions: Mapping[str, DriverExpression]
    tables: Mapping[str, tuple[Path, str, str]]

    def drivers(self, log: TransactionLog) -> DriverTable:
        """What each customer of the log used; ids outside the log are refused, naming them."""
        table = log.drivers(**self.expressions)
        for name, (path, customer, column) in self.tables.items():
            frame = read_table(path)
            found = DriverTable.from_frame(frame, customer=customer, drivers=[column]).on(table.customers)
            table = table.with_drivers(DriverTable(customers=table.customers, drivers={name: found[column]}))
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
            name: (path.parent / how["file"], how["customer"], how.get("column", name))
            for name, how in named.items()
            if "file" in how
        },
    )


def _described(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Driver name to how it is made; a driver that is used but not described is a column to add up."""
    described = dict(document.get("drivers", {}))
    return described | {name: {"sum": name} for name in _used(document) if name not in described}


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
            if "customer" not in how:
                yield Fault(f"driver {name!r}", "the column of customer ids", "nothing", 'Add customer = "id".')
        elif len(how) != 1 or next(iter(how)) not in ("count", *_VERBS):
            yield Fault(f"driver {name!r}", expected, repr(how))
