"""Cost allocation: from the pools of a ledger to every customer, exact to the cent and traceable."""

from custvalue.costing._balance import Balance, TieOut, Unallocated
from custvalue.costing._combine import combine
from custvalue.costing._line import Held, Line, Method, Note, Noted, Reason
from custvalue.costing._percentages import by_quantity
from custvalue.costing._protocol import CostAllocator
from custvalue.costing._result import Allocation
from custvalue.costing._trace import PoolTrace, RateCard, Trace, TraceRow
from custvalue.costing.activity_based import ActivityBased, bill_of_activities
from custvalue.costing.by_pool import ByPool
from custvalue.costing.capacity import Budget, Capacity
from custvalue.costing.comparison import Comparison, compare
from custvalue.costing.direct_tracing import DirectTracing
from custvalue.costing.equal_split import EqualSplit
from custvalue.costing.fixed_shares import FixedShares
from custvalue.costing.hierarchy import ContributionTree, CostHierarchy, Spread, Treatment, contribution_tree
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
from custvalue.costing.shapley import (
    AirportGame,
    CoalitionGame,
    CostGame,
    GameShares,
    Nucleolus,
    SeparableCost,
    Shapley,
    core_gap,
)
from custvalue.costing.stages import by_avoidability, by_level, by_relationship, by_value_chain
from custvalue.costing.support_departments import OrderSensitivity, Redistribution, SupportDepartments
from custvalue.costing.support_methods import Direct, Iterative, Network, Reciprocal, StepDown, StepOrder, SupportMethod
from custvalue.costing.time_driven import TimeDriven
from custvalue.costing.time_equations import TimeEquation, WorkTime, hours, minutes, term
from custvalue.costing.volume_based import VolumeBased

__all__ = [
    "ActivityBased",
    "AirportGame",
    "Allocation",
    "Balance",
    "Budget",
    "ByPool",
    "Capacity",
    "CoalitionGame",
    "Comparison",
    "ContributionTree",
    "CostAllocator",
    "CostGame",
    "CostHierarchy",
    "Cycles",
    "Direct",
    "DirectTracing",
    "EqualSplit",
    "Fallback",
    "FixedShares",
    "GameShares",
    "Held",
    "Idle",
    "Iterative",
    "Line",
    "Method",
    "MissingDriver",
    "NegativeDriver",
    "NegativePool",
    "Network",
    "Note",
    "Noted",
    "Nucleolus",
    "OrderSensitivity",
    "OverDriven",
    "Percentages",
    "Policies",
    "PoolTrace",
    "RateCard",
    "Reason",
    "Reciprocal",
    "Redistribution",
    "Rounding",
    "SeparableCost",
    "Shapley",
    "Spread",
    "StepDown",
    "StepOrder",
    "SupportDepartments",
    "SupportMethod",
    "TieOut",
    "TimeDriven",
    "TimeEquation",
    "Trace",
    "TraceRow",
    "Treatment",
    "Unallocated",
    "UnknownCustomer",
    "VolumeBased",
    "WorkTime",
    "ZeroDriver",
    "ZeroPool",
    "bill_of_activities",
    "by_avoidability",
    "by_level",
    "by_quantity",
    "by_relationship",
    "by_value_chain",
    "combine",
    "compare",
    "contribution_tree",
    "core_gap",
    "hours",
    "minutes",
    "term",
]
