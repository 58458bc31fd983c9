"""From a table as it came to checked rows: one pass that counts everything, and one error that says everything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs
import narwhals.stable.v2 as nw
import numpy as np

from custvalue.data import Currency, ObservationWindow
from custvalue.engine import _columns as c
from custvalue.engine._columns import Kind, Mapped, Plan, Roles, Table, plan_columns
from custvalue.engine._faults import currency_faults, duplicate_faults, identity_faults, row_faults, text_faults
from custvalue.engine._protocol import Arrays, Dialect, Rows, Source
from custvalue.engine._reasons import BEFORE, Reason, day_number, reasons
from custvalue.engine.identity import IdentityMap, UnlistedAccounts
from custvalue.engine.policies import BornBefore, DataPolicies, Duplicates
from custvalue.engine.report import LogDetails, LogReport, Removal, Rounding, Tally
from custvalue.errors import Fault, SchemaError

__all__ = ["Checked", "Settings", "check", "cut"]

_REASON = "cv_reason"
_NEVER = 2**40
_WORDS = "n_words"
_MONEY = ("up", "n_up", "down", "n_down", "n_rounded", c.RESIDUAL, c.MINOR)


@attrs.frozen(kw_only=True)
class Settings:
    """What the caller said about a table.

    Parameters
    ----------
    roles
        Which column is what.
    currency
        A code, a currency, or the name of the column that holds the code.
    identity
        Accounts to customers.
    window
        Days the log speaks about; first to last row if not stated.
    policies
        What to do with rows that need a decision.
    """

    roles: Roles
    currency: Currency | str
    identity: IdentityMap | None = None
    window: ObservationWindow | None = None
    policies: DataPolicies = attrs.field(factory=DataPolicies)


@attrs.frozen(kw_only=True)
class Checked:
    """Rows that may be used, and what became of the others.

    Parameters
    ----------
    rows
        Canonical columns, lazy.
    plan
        Where they came from.
    report
        What was counted.
    largest
        Numeric driver column to its largest absolute value.
    """

    rows: Rows
    plan: Plan
    report: LogReport
    largest: dict[str, float]


def check(source: Source, settings: Settings) -> Checked:
    """Check a table and count everything, in one pass over it.

    Raises
    ------
    SchemaError
        With every fault of the table at once.
    """
    currency, faults = currency_faults(source, settings.currency)
    mapped = _plan(source, settings, currency)
    wrong = identity_faults(mapped.plan, settings.identity)
    identity = None if wrong or mapped.plan.customer is None else settings.identity
    faults += [*text_faults(source, mapped), *wrong]
    raw, twice = _distinct(source, mapped.plan, settings.policies.duplicates, faults)
    why = reasons(mapped.plan, settings.roles, settings.policies, settings.window, folded=identity is not None)
    rows = _fold(source.dialect, source.dialect.canonical(raw, mapped.plan), identity)
    rows = rows.with_columns(_code(why).alias(_REASON))
    words = identity is None and mapped.plan.customer is not None and mapped.plan.customer.kind is Kind.TEXT
    counts = _count(source.dialect, rows, mapped.plan, words=words)
    passed = _Pass(rows=rows, counts=counts, why=tuple(why), twice=twice)
    if passed.read.rows == 0:
        hint = "Check the file, filter or query it came from."
        faults.append(Fault("rows", "at least one row", "an empty table", hint))
    if faults or passed.any_refused:
        numbered = source.dialect.canonical(source.dialect.numbered(source.raw), mapped.plan, keep=True)
        faults += row_faults(source.dialect, _fold(source.dialect, numbered, identity), mapped.plan, why)
    SchemaError.raise_for(source.where, faults)
    return _finish(source, settings, mapped.plan, currency, passed)


@attrs.frozen(kw_only=True)
class _Pass:
    """What the one pass over the table counted, by the code of the reason; code 0 is kept."""

    rows: Rows
    counts: Arrays
    why: tuple[Reason, ...]
    twice: Tally

    def total(self, column: str, code: int | None = None) -> int:
        picked = slice(None) if code is None else self.counts[_REASON] == code
        return int(self.counts[column][picked].sum())

    def tally(self, code: int) -> Tally:
        return Tally(self.total("rows", code), self.total(c.MINOR, code))

    @property
    def read(self) -> Tally:
        return Tally(self.total("rows"), self.total(c.MINOR)) + self.twice

    @property
    def any_refused(self) -> bool:
        return any(code > 0 and self.why[code - 1].refused for code in self.counts[_REASON].tolist())

    @property
    def kept(self) -> Rows:
        rows = self.rows
        if bool(np.any(self.counts[_REASON] != 0)):
            rows = rows.filter(nw.col(_REASON) == 0)
        return rows.drop(_REASON)

    def removals(self) -> Iterator[Removal]:
        if self.twice.rows:
            yield Removal("duplicates=Duplicates.DROP", "equal to another row", self.twice.rows, self.twice.amount)
        for code, reason in enumerate(self.why, 1):
            tally = self.tally(code)
            if tally.rows:
                yield Removal(reason.policy, reason.words, tally.rows, tally.amount)


def _plan(source: Source, settings: Settings, currency: Currency) -> Mapped:
    times = settings.policies.times
    return plan_columns(
        Table(source.raw.collect_schema(), source.columns, source.broken),
        settings.roles,
        scale=currency.scale,
        clock=(times.timezone or source.zones.get(settings.roles.time, ""), times.format or ""),
    )


def _distinct(source: Source, plan: Plan, policy: Duplicates, faults: list[Fault]) -> tuple[Rows, Tally]:
    """Drop equal rows where that is asked, and tell how many and how much."""
    if policy is Duplicates.KEEP:
        return source.raw, Tally()
    fewer = source.dialect.distinct(source.raw)
    before, after = (_tally(source.dialect, source.dialect.canonical(rows, plan), plan) for rows in (source.raw, fewer))
    twice = Tally(before.rows - after.rows, before.amount - after.amount)
    if policy is Duplicates.REFUSE:
        faults += duplicate_faults(source, twice.rows)
    return fewer, twice


def _tally(dialect: Dialect, rows: Rows, plan: Plan) -> Tally:
    amount = nw.col(c.MINOR).sum().cast(nw.Int64) if plan.amounts else nw.lit(0)
    found = dialect.collect(rows.select(nw.len().alias("rows"), amount.alias("amount")))
    return Tally(int(found["rows"][0]), int(found["amount"][0]))


def _fold(dialect: Dialect, rows: Rows, identity: IdentityMap | None) -> Rows:
    """Put customers in the place of accounts."""
    if identity is None:
        return rows
    listed = dialect.beside(rows, {c.ACCOUNT: identity.accounts, "cv_owner": identity.owners})
    joined = rows.rename({c.CUSTOMER: c.ACCOUNT}).join(listed, on=c.ACCOUNT, how="left")
    owner = nw.col("cv_owner")
    if identity.unlisted is UnlistedAccounts.THEMSELVES:
        owner = nw.coalesce(owner, nw.col(c.ACCOUNT))
    return joined.with_columns(owner.alias(c.CUSTOMER)).drop("cv_owner")


def _code(why: Sequence[Reason]) -> nw.Expr:
    """Number of the first reason that applies to a row, 0 for none."""
    code = nw.lit(0)
    for number in range(len(why), 0, -1):
        code = nw.when(why[number - 1].condition).then(nw.lit(number)).otherwise(code)
    return code


def _count(dialect: Dialect, rows: Rows, plan: Plan, *, words: bool = False) -> Arrays:
    """Count rows and sum amounts by reason: the one pass over the log; ``words`` looks at text ids too."""
    day, one, none = nw.col(c.DAY), nw.lit(1), nw.lit(0)
    columns = [nw.when(nw.col(c.CUSTOMER).is_in(c.NOTHING)).then(one).otherwise(none).alias(_WORDS)] if words else []
    if plan.amounts:
        minor = nw.col(c.MINOR)
        columns += [
            nw.when(minor > 0).then(minor).otherwise(none).alias("up"),
            nw.when(minor > 0).then(one).otherwise(none).alias("n_up"),
            nw.when(minor < 0).then(minor).otherwise(none).alias("down"),
            nw.when(minor < 0).then(one).otherwise(none).alias("n_down"),
            nw.when(nw.col(c.RESIDUAL) != 0).then(one).otherwise(none).alias("n_rounded"),
        ]
    sums = [_WORDS] * words + [*_MONEY] * bool(plan.amounts)
    largest = [nw.col(c.number_column(column.name)).abs().max().alias(f"max_{column.name}") for column in plan.numbers]
    grouped = (
        (rows.with_columns(*columns) if columns else rows)
        .group_by(_REASON)
        .agg(
            nw.len().alias("rows"),
            day.min().alias("first"),
            day.max().alias("last"),
            *[nw.col(name).sum().alias(name) for name in sums],
            *largest,
        )
    )
    found = dialect.collect(
        grouped.with_columns(
            nw.col("first").fill_null(_NEVER),
            nw.col("last").fill_null(-_NEVER),
            *[nw.col(name).cast(nw.Int64) for name in sums],
            *[nw.col(f"max_{column.name}").cast(nw.Float64).fill_null(0.0) for column in plan.numbers],
        )
    )
    return {**dict.fromkeys((_WORDS, *_MONEY), np.zeros_like(found["rows"])), **found}


def _finish(source: Source, settings: Settings, plan: Plan, currency: Currency, passed: _Pass) -> Checked:
    """Deal with customers born before the window, and write the report."""
    removals, notes = list(passed.removals()), _notes(settings, plan)
    if passed.total(_WORDS, 0):
        what = f"{passed.total(_WORDS, 0):,} rows kept have 'nan', 'NULL' or the like as id"
        notes.append(f"{what}: if nobody is meant, put real missing values there")
    rows, counts = passed.kept, passed
    early = [code for code, reason in enumerate(passed.why, 1) if reason.words == BEFORE and passed.tally(code).rows]
    if early:
        rows, born, note = _born_before(source, settings.policies.born_before, passed, early[0])
        notes.append(note)
        if born:
            counts = attrs.evolve(passed, rows=rows, counts=_count(source.dialect, rows, plan))
            gone = Tally(passed.tally(0).rows - counts.tally(0).rows, passed.tally(0).amount - counts.tally(0).amount)
            removals.append(
                Removal("born_before=BornBefore.DROP", "customer born before the window", gone.rows, gone.amount)
            )
            rows = rows.drop(_REASON)
    if counts.tally(0).rows == 0:
        got = "none: " + "; ".join(f"{item.rows:,} removed ({item.reason})" for item in removals)
        raise SchemaError(source.where, [Fault("rows", "rows left after the policies", got)])
    window = settings.window or _derived(passed)
    if window.end_is_last_row:
        notes.append(f"the end of observation was not stated; the last row was taken for it ({str(window.end)[:10]})")
    details = LogDetails(currency=currency, window=window, has_amounts=bool(plan.amounts), notes=tuple(notes))
    report = _report(counts, plan, details, passed.read, tuple(removals))
    largest = {column.name: float(np.max(counts.counts[f"max_{column.name}"])) for column in plan.numbers}
    return Checked(rows=rows, plan=plan, report=report, largest=largest)


def _derived(passed: _Pass) -> ObservationWindow:
    """First to last day among all rows that have one."""
    first, last = int(passed.counts["first"].min()), int(passed.counts["last"].max())
    start, end = np.datetime64(first, "D"), np.datetime64(last, "D")
    return ObservationWindow(start, end, end_is_last_row=True)


def _notes(settings: Settings, plan: Plan) -> list[str]:
    notes = []
    if plan.time is not None and plan.time.kind is Kind.AWARE:
        notes.append(f"days are cut at midnight in {plan.clock[0]}")
    if settings.policies.duplicates is Duplicates.KEEP:
        notes.append("equal rows were not searched for (duplicates=Duplicates.KEEP)")
    if settings.identity is not None:
        notes.append(f"accounts were folded into customers by {settings.identity!r}")
    return notes


def _born_before(source: Source, policy: BornBefore, passed: _Pass, code: int) -> tuple[Rows, bool, str]:
    """Find customers with rows before the window; keep, drop or refuse what they did inside it."""
    early = passed.rows.filter(nw.col(_REASON) == code).select(c.CUSTOMER).unique()
    inside = passed.rows.filter(nw.col(_REASON) == 0)
    both = inside.join(early, on=c.CUSTOMER, how="semi").select(c.CUSTOMER).unique()
    ids = np.sort(source.dialect.collect(both)[c.CUSTOMER])
    if ids.size and policy is BornBefore.REFUSE:
        hint = "Type policies=DataPolicies(born_before=BornBefore.KEEP) to keep them, or BornBefore.DROP."
        fault = Fault(
            "customer", "customers first seen inside the window", f"{ids.size:,} seen before it", hint,
            ids[:20].tolist(), int(ids.size),
        )  # fmt: skip
        raise SchemaError(source.where, [fault])
    if ids.size and policy is BornBefore.DROP:
        rest = inside.join(early, on=c.CUSTOMER, how="anti")
        return rest, True, f"{ids.size:,} customers were seen before the window and were dropped"
    what = "their ages start with the first purchase inside it"
    return passed.kept, False, f"{ids.size:,} customers were seen before the window; {what}"


def cut(dialect: Dialect, checked: Checked, at: np.datetime64) -> tuple[Checked, Rows]:
    """Cut checked rows after a day: those up to it, counted anew, and those after it."""
    day = str(at)[:10]
    after = Reason(
        words=f"after {day}", where="split", expected="", hint="", policy=f"split={day}", refused=False,
        condition=nw.col(c.DAY) > day_number(at),
    )  # fmt: skip
    rows = checked.rows.with_columns(_code([after]).alias(_REASON))
    passed = _Pass(rows=rows, counts=_count(dialect, rows, checked.plan), why=(after,), twice=Tally())
    details = attrs.evolve(checked.report.details, window=ObservationWindow(checked.report.window.start, at))
    report = _report(passed, checked.plan, details, checked.report.read, (*checked.report.removals, *passed.removals()))
    later = rows.filter(nw.col(_REASON) == 1).drop(_REASON)
    return attrs.evolve(checked, rows=passed.kept, report=report), later


def _report(counted: _Pass, plan: Plan, details: LogDetails, read: Tally, removals: tuple[Removal, ...]) -> LogReport:
    kept = counted.tally(0)
    up, down = (Tally(counted.total(f"n_{way}", 0), counted.total(way, 0)) for way in ("up", "down"))
    return LogReport(
        read=read,
        kept=kept,
        removals=removals,
        purchases=up if plan.amounts else kept,
        zeros=Tally(kept.rows - up.rows - down.rows if plan.amounts else 0),
        refunds=down,
        rounding=Rounding(counted.total("n_rounded", 0), counted.total(c.RESIDUAL, 0)),
        details=details,
    )
