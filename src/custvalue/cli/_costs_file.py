"""A cost file in TOML: pools, how they are allocated, and where the drivers come from."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import attrs
import numpy as np

from custvalue._frames import read_columns
from custvalue.cli._costs_checks import VERBS, document_faults, method_of
from custvalue.costing import ActivityBased, CostAllocator, EqualSplit, VolumeBased
from custvalue.data import CostLedger, CostPool, CustomerIndex, DriverTable
from custvalue.engine import DriverExpression, TransactionLog
from custvalue.engine.tables import read_table
from custvalue.errors import Fault, InputError, SchemaError

_COLUMNS = {"revenue": "amount"}
MAX_SHOWN = 20


@attrs.frozen(kw_only=True)
class DriverFile:
    """A driver read from a file of one row a customer.

    Parameters
    ----------
    path
        Where it is.
    table
        What it holds.
    column
        Its column of quantities.
    missing
        Customers of the log without a row: ``"refuse"`` or ``"zero"``.
    unknown
        Ids that are not in the log: ``"refuse"``, or ``"hold"`` their share of the cost back.
    """

    path: Path
    table: DriverTable
    column: str
    missing: str = "refuse"
    unknown: str = "refuse"

    def faults(self, name: str, customers: CustomerIndex) -> Iterable[Fault]:
        """Tell which ids only the file has, and which customers it leaves out."""
        ids = self.table.customers.ids
        strangers = ids[customers.positions(ids) < 0]
        if strangers.size and self.unknown == "refuse":
            hint = f'Correct the ids, or write unknown = "hold" at driver {name!r}: nobody is charged their share.'
            shown = strangers[:MAX_SHOWN].tolist()
            yield Fault(
                f"{self.path}: driver {name!r}", "customers of the log", "unknown ids", hint, shown, int(strangers.size)
            )
        left_out = customers.ids[self.table.customers.positions(customers.ids) < 0]
        if left_out.size and self.missing == "refuse":
            hint = f'Add them, or write missing = "zero" at driver {name!r}: they used nothing.'
            shown = left_out[:MAX_SHOWN].tolist()
            yield Fault(
                f"driver {name!r}", "every customer of the log", "some left out", hint, shown, int(left_out.size)
            )

    def on(self, name: str, customers: CustomerIndex) -> DriverTable:
        """Line it up with the customers of a log."""
        table = self.table.on(customers, keep_unknown=True)
        quantity = table[self.column]
        if self.missing == "zero":
            quantity = np.nan_to_num(quantity)
        outside = {name: table.unknown.get(self.column, 0.0)}
        return DriverTable(customers=customers, drivers={name: quantity}, unknown=outside)


@attrs.frozen(kw_only=True)
class CostFile:
    """What a cost file says.

    Parameters
    ----------
    path
        Where it is.
    ledger
        The pools.
    allocator
        How they are charged.
    expressions
        Drivers computed from the log, by name.
    tables
        Drivers read from files, by name.
    """

    path: Path
    ledger: CostLedger
    allocator: CostAllocator
    expressions: Mapping[str, DriverExpression]
    tables: Mapping[str, DriverFile]

    def drivers(self, log: TransactionLog) -> DriverTable:
        """What each customer of the log used.

        Raises
        ------
        SchemaError
            Naming the unknown and the missing customers of every driver file at once.
        """
        customers = log.revenue().customers
        faults = [fault for name, file in self.tables.items() for fault in file.faults(name, customers)]
        SchemaError.raise_for(str(self.path), faults)
        table = DriverTable(customers=customers, drivers={})
        if self.expressions:
            table = log.drivers(customers, **self.expressions)
        for name, file in self.tables.items():
            table = table.with_drivers(file.on(name, customers))
        return table


def read_cost_file(path: Path, columns: Mapping[str, bool] = MappingProxyType({})) -> CostFile:
    """Read and check a cost file and the driver files it names.

    Parameters
    ----------
    path
        A TOML file.
    columns
        Columns of the log by every name they go by, and whether they are numbers.

    Raises
    ------
    InputError
        If it is no TOML.
    SchemaError
        With every fault at once: misspelt keys (with the nearest right one), wrong types, unknown methods, amounts
        that are none, shares that do not add up, pools without a driver, columns the log does not have, driver files
        that cannot be used.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(str(path), expected="a readable cost file", got=str(error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(str(path), expected="a TOML file", got=str(error)) from error
    described = _described(document)
    found = {name: _driver_file(name, how, path.parent) for name, how in described.items() if _is_file(how)}
    faults = list(document_faults(document, described, columns))
    faults += [fault for file in found.values() if not isinstance(file, DriverFile) for fault in file]
    SchemaError.raise_for(str(path), faults)
    pools = [CostPool(name, amount) for name, amount in document["pools"].items()]
    return CostFile(
        path=path,
        ledger=CostLedger(pools=pools, currency=document["currency"], period=document.get("period", "")),
        allocator=_allocator(document),
        expressions={name: _expression(how) for name, how in described.items() if name not in found},
        tables={name: file for name, file in found.items() if isinstance(file, DriverFile)},
    )


def _is_file(how: object) -> bool:
    return isinstance(how, dict) and isinstance(how.get("file"), str) and isinstance(how.get("customer"), str)


def _driver_file(name: str, how: Mapping[str, Any], folder: Path) -> DriverFile | tuple[Fault, ...]:
    """Read what a driver file holds, or tell what is wrong with it."""
    path, column = folder / how["file"], str(how.get("column", name))
    faults: list[Fault] = []
    try:
        frame = read_table(path)
        faults += _blank(column, read_columns(frame, [column], what=str(path))[column].tolist())
        table = DriverTable.from_frame(frame, customer=how["customer"], drivers=[column])
    except SchemaError as error:
        faults += error.faults
    except InputError as error:
        return (Fault(error.where, error.expected, error.got, error.hint),)
    if faults:
        return tuple(attrs.evolve(fault, where=f"{path}: {fault.where}") for fault in faults)
    settings = {key: how[key] for key in ("missing", "unknown") if key in how}
    return DriverFile(path=path, table=table, column=column, **settings)


def _blank(column: str, items: list[object]) -> Iterable[Fault]:
    rows = [f"row {row}" for row, item in enumerate(items) if item is None or item != item]  # noqa: PLR0124  # NaN
    if rows:
        hint = "Write 0 for nothing used, or leave the row out."
        yield Fault(f"column {column!r}", "a number in every row", "none", hint, rows[:MAX_SHOWN], len(rows))


def _described(document: Mapping[str, Any]) -> dict[str, Any]:
    """Driver name to how it is made; a driver that is used but not described is a column to add up."""
    drivers = document.get("drivers", {})
    described = dict(drivers) if isinstance(drivers, dict) else {}
    return described | {name: {"sum": _COLUMNS.get(name, name)} for name in _used(document) if name not in described}


def _used(document: Mapping[str, Any]) -> list[str]:
    if method_of(document) == "volume":
        used = [document.get("base")]
    else:
        activities = document.get("activities", {}) if method_of(document) == "activity" else {}
        used = list(activities.values()) if isinstance(activities, dict) else []
    return list(dict.fromkeys(name for name in used if isinstance(name, str)))


def _allocator(document: Mapping[str, Any]) -> CostAllocator:
    method = method_of(document)
    if method == "equal":
        return EqualSplit()
    if method == "volume":
        return VolumeBased(base=document["base"])
    return ActivityBased(drivers=document["activities"], resources=document.get("resources", {}))


def _expression(how: Mapping[str, Any]) -> DriverExpression:
    if "count" in how:
        return DriverExpression("count")
    (verb,) = (verb for verb in VERBS if verb in how)
    return DriverExpression(verb, how[verb])  # type: ignore[arg-type]  # one of the verbs
