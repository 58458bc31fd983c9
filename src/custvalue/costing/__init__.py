"""Cost allocation: from the pools of a ledger to every customer, exact to the cent and traceable."""

from custvalue.costing._balance import Balance, TieOut, Unallocated
from custvalue.costing._line import Held, Line, Method, Note, Noted, Reason
from custvalue.costing._percentages import by_quantity
from custvalue.costing._protocol import CostAllocator
from custvalue.costing._result import Allocation
from custvalue.costing._trace import PoolTrace, RateCard, Trace, TraceRow
from custvalue.costing.activity_based import ActivityBased, bill_of_activities
from custvalue.costing.capacity import Budget, Capacity
from custvalue.costing.direct_tracing import DirectTracing
from custvalue.costing.equal_split import EqualSplit
from custvalue.costing.fixed_shares import FixedShares
from custvalue.costing.policies import (
    Cycles,
    Fallback,
    Idle,
    MissingDriver,
    NegativeDriver,
    NegativePool,
    OverDriven,
    Percentages,
    Policies,
    Rounding,
    UnknownCustomer,
    ZeroDriver,
    ZeroPool,
)
from custvalue.costing.time_driven import TimeDriven
from custvalue.costing.time_equations import TimeEquation, WorkTime, hours, minutes, term
from custvalue.costing.volume_based import VolumeBased

__all__ = [
    "ActivityBased",
    "Allocation",
    "Balance",
    "Budget",
    "Capacity",
    "CostAllocator",
    "Cycles",
    "DirectTracing",
    "EqualSplit",
    "Fallback",
    "FixedShares",
    "Held",
    "Idle",
    "Line",
    "Method",
    "MissingDriver",
    "NegativeDriver",
    "NegativePool",
    "Note",
    "Noted",
    "OverDriven",
    "Percentages",
    "Policies",
    "PoolTrace",
    "RateCard",
    "Reason",
    "Rounding",
    "TieOut",
    "TimeDriven",
    "TimeEquation",
    "Trace",
    "TraceRow",
    "Unallocated",
    "UnknownCustomer",
    "VolumeBased",
    "WorkTime",
    "ZeroDriver",
    "ZeroPool",
    "bill_of_activities",
    "by_quantity",
    "hours",
    "minutes",
    "term",
]
