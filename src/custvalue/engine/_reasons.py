"""Why a row may not enter a log, in the order the reasons are looked at: each row has at most one."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import narwhals.stable.v2 as nw
import numpy as np

from custvalue.data import ObservationWindow
from custvalue.engine import _columns as c
from custvalue.engine._columns import Kind, Plan, Roles
from custvalue.engine.policies import (
    DataPolicies,
    MissingIds,
    OutsideWindow,
    Refunds,
    UnusableAmounts,
    UnusableTimes,
    ZeroAmounts,
)

__all__ = ["BEFORE", "KINDS", "Reason", "day_number", "reasons"]

BEFORE = "before the window"
KINDS = ("purchase", "refund")
_FIX = "There is no policy for this: correct the table."


@attrs.frozen(kw_only=True)
class Reason:
    """One reason to keep a row out.

    Parameters
    ----------
    words
        The reason, for the report.
    where
        The place, for an error.
    expected
        What would have been right.
    hint
        What to type next.
    policy
        The policy in force, as typed.
    refused
        Whether it is an error.
    condition
        Which rows.
    """

    words: str
    where: str
    expected: str
    hint: str
    policy: str
    refused: bool
    condition: nw.Expr


def day_number(moment: np.datetime64) -> int:
    """Days since 1970-01-01."""
    return int(moment.astype("datetime64[D]").astype(np.int64))


def reasons(
    plan: Plan, roles: Roles, policies: DataPolicies, window: ObservationWindow | None, *, folded: bool
) -> list[Reason]:
    """List the reasons that can apply to this table under these policies."""
    found = [*_ids(plan, policies.missing_ids, roles, folded=folded), *_times(plan, policies, roles)]
    found += [*_amounts(plan, policies.unusable_amounts, roles), *_numbers(plan), *_kinds(plan, roles)]
    if window is not None and plan.time is not None:
        found += _outside(policies.outside_window, window, roles)
    if plan.amounts:
        found += _signs(policies, roles)
    return found


def _typed(choice: MissingIds | UnusableAmounts | OutsideWindow | Refunds | ZeroAmounts) -> str:
    field = {
        MissingIds: "missing_ids",
        UnusableAmounts: "unusable_amounts",
        OutsideWindow: "outside_window",
        Refunds: "refunds",
        ZeroAmounts: "zero_amounts",
    }[type(choice)]
    return f"{field}={choice}"


def _type(setting: str, effect: str) -> str:
    return f"Type policies=DataPolicies({setting}) to {effect}."


def _ids(plan: Plan, policy: MissingIds, roles: Roles, *, folded: bool) -> Iterator[Reason]:
    if plan.customer is None:
        return
    refused = policy is MissingIds.REFUSE
    drop = _type("missing_ids=MissingIds.DROP", "drop and count them")
    where = f"customer={roles.customer!r}"
    whole = plan.customer.kind is Kind.FLOAT
    yield Reason(
        words="customer missing" + (" or not a whole number" if whole else ""),
        where=where,
        expected="a whole-number id in every row" if whole else "an id in every row",
        hint=drop,
        policy=_typed(policy),
        refused=refused,
        condition=nw.col(c.ACCOUNT if folded else c.CUSTOMER).is_null(),
    )
    if folded:
        yield Reason(
            words="account not on the identity map",
            where=where,
            expected="accounts the identity map knows",
            hint=f"Add them to the map, or give it unlisted='themselves'. {drop}",
            policy=_typed(policy),
            refused=refused,
            condition=nw.col(c.CUSTOMER).is_null(),
        )


def _times(plan: Plan, policies: DataPolicies, roles: Roles) -> Iterator[Reason]:
    if plan.time is None:
        return
    where = f"time={roles.time!r}"
    expected, unusable = "a time in every row", nw.col(c.DAY).is_null()
    words = "time missing"
    hint = _type("times=Times(unusable=UnusableTimes.DROP)", "drop and count them")
    if plan.time.kind is Kind.TEXT:
        words = "time missing or no date"
        way = f"in the format {plan.clock[1]!r}" if plan.clock[1] else "such as 2026-01-31 or 2026-01-31 08:26:00"
        expected = f"a time in every row, text {way}"
        hint = f"{hint} Text in another format: Times(format='%d/%m/%Y %H:%M')."
    if plan.time.kind is Kind.TEXT and not plan.clock[1]:
        unusable = unusable & ~nw.col(c.OFFSET)
        yield Reason(
            words="time as text with an offset from UTC",
            where=where,
            expected="times without an offset, or a column of times with a zone",
            hint="Convert it first, e.g. pandas.to_datetime(table[...], utc=True), and name a zone in Times(...).",
            policy="",
            refused=True,
            condition=nw.col(c.OFFSET),
        )
    yield Reason(
        words=words,
        where=where,
        expected=expected,
        hint=hint,
        policy=f"times={policies.times.unusable}",
        refused=policies.times.unusable is UnusableTimes.REFUSE,
        condition=unusable,
    )


def _amounts(plan: Plan, policy: UnusableAmounts, roles: Roles) -> Iterator[Reason]:
    names = " x ".join(repr(name) for name in roles.amounts)
    columns = [(c.MINOR, "amount", f"amount={names}")] if plan.amounts else []
    if plan.cost is not None:
        columns.append((c.COST, "direct cost", f"direct_cost={roles.direct_cost!r}"))
    for column, what, where in columns:
        yield Reason(
            words=f"{what} missing, not finite or too large",
            where=where,
            expected="a finite number in every row, below 2**53 minor units",
            hint=_type("unusable_amounts=UnusableAmounts.DROP", "drop and count them"),
            policy=_typed(policy),
            refused=policy is UnusableAmounts.REFUSE,
            condition=nw.col(column).is_null(),
        )


def _numbers(plan: Plan) -> Iterator[Reason]:
    for column in plan.numbers:
        yield Reason(
            words=f"{column.name} missing or not finite",
            where=f"extra={column.name!r}",
            expected="a finite number in every row",
            hint=f"Fill it first, e.g. table[{column.name!r}].fillna(0), if nothing there means none.",
            policy="",
            refused=True,
            condition=nw.col(c.number_column(column.name)).is_null(),
        )


def _kinds(plan: Plan, roles: Roles) -> Iterator[Reason]:
    if "kind" not in plan.labels:
        return
    where = f"kind={roles.labels['kind']!r}"
    label = nw.col(c.label_column("kind"))
    yield Reason(
        words="unknown kind",
        where=where,
        expected=f"one of {list(KINDS)} in every row",
        hint=_FIX,
        policy="",
        refused=True,
        condition=label.is_null() | ~label.is_in(KINDS),
    )
    if plan.amounts:
        minor = nw.col(c.MINOR)
        yield Reason(
            words="kind and sign of the amount disagree",
            where=where,
            expected="purchases of 0 or more and refunds below 0",
            hint=_FIX,
            policy="",
            refused=True,
            condition=((label == "purchase") & (minor < 0)) | ((label == "refund") & (minor >= 0)),
        )


def _outside(policy: OutsideWindow, window: ObservationWindow, roles: Roles) -> Iterator[Reason]:
    day = nw.col(c.DAY)
    start, end = str(window.start)[:10], str(window.end)[:10]
    sides = (
        (BEFORE, f"days on or after {start}", day < day_number(window.start)),
        ("after the window", f"days on or before {end}", day > day_number(window.end)),
    )
    for words, expected, condition in sides:
        yield Reason(
            words=words,
            where=f"time={roles.time!r}",
            expected=expected,
            hint=_type("outside_window=OutsideWindow.TRUNCATE", "cut them off and count them"),
            policy=_typed(policy),
            refused=policy is OutsideWindow.REFUSE,
            condition=condition,
        )


def _signs(policies: DataPolicies, roles: Roles) -> Iterator[Reason]:
    where = f"amount={' x '.join(repr(name) for name in roles.amounts)}"
    minor = nw.col(c.MINOR)
    if policies.refunds is Refunds.REFUSE:
        yield Reason(
            words="refund",
            where=where,
            expected="amounts of 0 or more",
            hint=_type("refunds=Refunds.NET", "net them, or Refunds.SEPARATE to keep them apart"),
            policy=_typed(policies.refunds),
            refused=True,
            condition=minor < 0,
        )
    if policies.zero_amounts is not ZeroAmounts.PURCHASE:
        yield Reason(
            words="amount of zero",
            where=where,
            expected="amounts other than 0",
            hint=_type("zero_amounts=ZeroAmounts.IGNORE", "remove and count them"),
            policy=_typed(policies.zero_amounts),
            refused=policies.zero_amounts is ZeroAmounts.REFUSE,
            condition=minor == 0,
        )
