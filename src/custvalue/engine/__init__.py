"""Transactions in, customers out: any table, file or database becomes a checked :class:`TransactionLog`."""

from custvalue.engine.btyd import summary_from_btyd
from custvalue.engine.drivers import DriverExpression, count, max, mean, n_unique, sum  # noqa: A004  # read as cv.sum
from custvalue.engine.identity import IdentityMap, UnlistedAccounts
from custvalue.engine.log import TransactionLog
from custvalue.engine.policies import (
    BornBefore,
    DataPolicies,
    Duplicates,
    MissingIds,
    OutsideWindow,
    Refunds,
    Times,
    UnusableAmounts,
    UnusableTimes,
    ZeroAmounts,
)
from custvalue.engine.report import LogReport, Reconciliation, Removal, Rounding, SamePeriod, Tally

__all__ = [
    "BornBefore",
    "DataPolicies",
    "DriverExpression",
    "Duplicates",
    "IdentityMap",
    "LogReport",
    "MissingIds",
    "OutsideWindow",
    "Reconciliation",
    "Refunds",
    "Removal",
    "Rounding",
    "SamePeriod",
    "Tally",
    "Times",
    "TransactionLog",
    "UnlistedAccounts",
    "UnusableAmounts",
    "UnusableTimes",
    "ZeroAmounts",
    "count",
    "max",
    "mean",
    "n_unique",
    "sum",
    "summary_from_btyd",
]
