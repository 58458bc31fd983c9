"""Whether more of a criterion is better, and criteria as a matrix."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence

import numpy as np

from custvalue._arrays import BoolArray, FloatArray
from custvalue.data import ValueTable
from custvalue.errors import Fault, InputError, SchemaError

__all__ = ["Direction"]


class Direction(enum.Enum):
    """Whether more of a criterion is better."""

    BENEFIT = "benefit"
    COST = "cost"


def criteria_matrix(table: ValueTable, names: Sequence[str]) -> FloatArray:
    """Give the criteria as columns, (n_alternatives, n_criteria), all finite, at least two alternatives.

    Raises
    ------
    InputError
        If there are too few alternatives or a criterion is not in the table.
    SchemaError
        Naming every criterion with missing values.
    """
    if len(table.customers) < 2 or not names:
        got = f"{len(table.customers)} and {len(names)}"
        raise InputError("criteria", expected="two alternatives or more and a criterion", got=got)
    x = np.stack([table[name] for name in names], axis=1)
    bad = {name: int(np.count_nonzero(~np.isfinite(column))) for name, column in zip(names, x.T, strict=True)}
    faults = [
        Fault(f"criterion {name!r}", "finite values", f"{n:,} missing or infinite") for name, n in bad.items() if n
    ]
    SchemaError.raise_for("criteria", faults)
    return x


def cost_flags(names: Sequence[str], directions: Mapping[str, Direction]) -> BoolArray:
    """Give which criteria are costs, (n_criteria,).

    Raises
    ------
    InputError
        If the direction of a criterion is not stated.
    """
    unstated = [name for name in names if name not in directions]
    if unstated:
        hint = "Say Direction.BENEFIT or Direction.COST for each."
        raise InputError("directions", expected=f"one for each of {list(names)}", got=f"none for {unstated}", hint=hint)
    return np.array([directions[name] is Direction.COST for name in names])
