"""Cost allocation: from the pools of a ledger to every customer, exact to the cent and traceable."""

from custvalue.costing._balance import Balance, TieOut, Unallocated
from custvalue.costing._combine import combine
from custvalue.costing._line import Held, Line, Method, Note, Noted, Reason
from custvalue.costing._percentages import by_quantity
from custvalue.costing._plugins import load_allocator
from custvalue.costing._protocol import CostAllocator
from custvalue.costing._result import Allocation
from custvalue.costing._trace import PoolTrace, RateCard, Trace, TraceRow
from custvalue.costing.accuracy import (
    Bench,
    CostErrors,
    FirmSettings,
    Pooling,
    SimulatedFirm,
    bench,
    cost_errors,
    design_system,
)
from custvalue.costing.activity_based import ActivityBased, bill_of_activities
from custvalue.costing.by_pool import ByPool
from custvalue.costing.capacity import Budget, Capacity
from custvalue.costing.comparison import Comparison, compare
from custvalue.costing.direct_tracing import DirectTracing
from custvalue.costing.dropping import DeathSpiral, Dropped, Outcome, death_spiral, drop_customers
from custvalue.costing.equal_split import EqualSplit
from custvalue.costing.fixed_shares import FixedShares
from custvalue.costing.hierarchy import ContributionTree, CostHierarchy, Spread, Treatment, contribution_tree
from custvalue.costing.measures import MeasureSet, Mismatch, allocate_measures
from custvalue.costing.multidimensional import Cut, LineCosts, MembersOnly
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
from custvalue.costing.proportional_fitting import proportional_fit
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
from custvalue.costing.uncertainty import CostIntervals, cost_intervals
from custvalue.costing.volume_based import VolumeBased

__all__ = [
    "ActivityBased",
    "AirportGame",
    "Allocation",
    "Balance",
    "Bench",
    "Budget",
    "ByPool",
    "Capacity",
    "CoalitionGame",
    "Comparison",
    "ContributionTree",
    "CostAllocator",
    "CostErrors",
    "CostGame",
    "CostHierarchy",
    "CostIntervals",
    "Cut",
    "Cycles",
    "DeathSpiral",
    "Direct",
    "DirectTracing",
    "Dropped",
    "EqualSplit",
    "Fallback",
    "FirmSettings",
    "FixedShares",
    "GameShares",
    "Held",
    "Idle",
    "Iterative",
    "Line",
    "LineCosts",
    "MeasureSet",
    "MembersOnly",
    "Method",
    "Mismatch",
    "MissingDriver",
    "NegativeDriver",
    "NegativePool",
    "Network",
    "Note",
    "Noted",
    "Nucleolus",
    "OrderSensitivity",
    "Outcome",
    "OverDriven",
    "Percentages",
    "Policies",
    "PoolTrace",
    "Pooling",
    "RateCard",
    "Reason",
    "Reciprocal",
    "Redistribution",
    "Rounding",
    "SeparableCost",
    "Shapley",
    "SimulatedFirm",
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
    "allocate_measures",
    "bench",
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
    "cost_errors",
    "cost_intervals",
    "death_spiral",
    "design_system",
    "drop_customers",
    "hours",
    "load_allocator",
    "minutes",
    "proportional_fit",
    "term",
]
