"""The data model: facts and tables that every room reads and none owns."""

from custvalue.data._costs import (
    Avoidability,
    CostLedger,
    CostLevel,
    CostPool,
    DriverTable,
    RelationshipStage,
    ValueChainStage,
)
from custvalue.data._currency import Amount, Currency
from custvalue.data._customers import Customer, CustomerIndex, Transaction
from custvalue.data._summary import CustomerSummary, Holdout, PurchasePatterns, PurchaseTimes, ValueSeries
from custvalue.data._tables import CustomerMargin, MoneyTable, ValueTable, Weights
from custvalue.data._time import Collapse, DiscountRate, Horizon, ObservationWindow, TimeUnit, Timing

__all__ = [
    "Amount",
    "Avoidability",
    "Collapse",
    "CostLedger",
    "CostLevel",
    "CostPool",
    "Currency",
    "Customer",
    "CustomerIndex",
    "CustomerMargin",
    "CustomerSummary",
    "DiscountRate",
    "DriverTable",
    "Holdout",
    "Horizon",
    "MoneyTable",
    "ObservationWindow",
    "PurchasePatterns",
    "PurchaseTimes",
    "RelationshipStage",
    "TimeUnit",
    "Timing",
    "Transaction",
    "ValueChainStage",
    "ValueSeries",
    "ValueTable",
    "Weights",
]
