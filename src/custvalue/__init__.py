"""What each customer is worth: cost, profit, behaviour, lifetime value, portfolio and equity in one typed chain.

``import custvalue as cv`` is all that is needed; names are loaded when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from custvalue.__about__ import __version__ as __version__

if TYPE_CHECKING:  # the same names, as the type checker sees them
    from custvalue import data as data
    from custvalue import errors as errors
    from custvalue import portfolio as portfolio
    from custvalue import profitability as profitability
    from custvalue._persist import load as load
    from custvalue._persist import save as save
    from custvalue._registry import Plugin as Plugin
    from custvalue._registry import load_plugin as load_plugin
    from custvalue._registry import plugins as plugins
    from custvalue.data import Collapse as Collapse
    from custvalue.data import CostLedger as CostLedger
    from custvalue.data import CostPool as CostPool
    from custvalue.data import Currency as Currency
    from custvalue.data import Customer as Customer
    from custvalue.data import CustomerIndex as CustomerIndex
    from custvalue.data import CustomerMargin as CustomerMargin
    from custvalue.data import CustomerSummary as CustomerSummary
    from custvalue.data import DiscountRate as DiscountRate
    from custvalue.data import DriverTable as DriverTable
    from custvalue.data import Holdout as Holdout
    from custvalue.data import Horizon as Horizon
    from custvalue.data import MoneyTable as MoneyTable
    from custvalue.data import ObservationWindow as ObservationWindow
    from custvalue.data import PurchasePatterns as PurchasePatterns
    from custvalue.data import TimeUnit as TimeUnit
    from custvalue.data import Timing as Timing
    from custvalue.data import Transaction as Transaction
    from custvalue.data import ValueSeries as ValueSeries
    from custvalue.data import ValueTable as ValueTable
    from custvalue.data import Weights as Weights
    from custvalue.errors import AlignmentError as AlignmentError
    from custvalue.errors import ConservationError as ConservationError
    from custvalue.errors import ConvergenceError as ConvergenceError
    from custvalue.errors import CustvalueError as CustvalueError
    from custvalue.errors import Fault as Fault
    from custvalue.errors import InputError as InputError
    from custvalue.errors import MissingDependencyError as MissingDependencyError
    from custvalue.errors import PluginError as PluginError
    from custvalue.errors import SchemaError as SchemaError
    from custvalue.errors import UnitError as UnitError

_ROOMS = (
    "data",
    "errors",
    "portfolio",
    "profitability",
)

_HOMES = {
    "Collapse": "data",
    "CostLedger": "data",
    "CostPool": "data",
    "Currency": "data",
    "Customer": "data",
    "CustomerIndex": "data",
    "CustomerMargin": "data",
    "CustomerSummary": "data",
    "DiscountRate": "data",
    "DriverTable": "data",
    "Holdout": "data",
    "Horizon": "data",
    "MoneyTable": "data",
    "ObservationWindow": "data",
    "PurchasePatterns": "data",
    "TimeUnit": "data",
    "Timing": "data",
    "Transaction": "data",
    "ValueSeries": "data",
    "ValueTable": "data",
    "Weights": "data",
    "AlignmentError": "errors",
    "ConservationError": "errors",
    "ConvergenceError": "errors",
    "CustvalueError": "errors",
    "Fault": "errors",
    "InputError": "errors",
    "MissingDependencyError": "errors",
    "PluginError": "errors",
    "SchemaError": "errors",
    "UnitError": "errors",
    "Plugin": "_registry",
    "load_plugin": "_registry",
    "plugins": "_registry",
    "load": "_persist",
    "save": "_persist",
}


def __getattr__(name: str) -> object:
    """Load a room or a public name when it is first used."""
    if name in _ROOMS:
        return importlib.import_module(f"custvalue.{name}")
    if name in _HOMES:
        found: object = getattr(importlib.import_module(f"custvalue.{_HOMES[name]}"), name)
        globals()[name] = found
        return found
    message = f"module 'custvalue' has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(["__version__", *_ROOMS, *_HOMES])
