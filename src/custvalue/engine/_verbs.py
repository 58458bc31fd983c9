"""What a log can be asked, computed by its engine and handed over as the library's own types."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from custvalue._arrays import DateArray, FloatArray, IntArray
from custvalue.data import (
    Collapse,
    Currency,
    CustomerIndex,
    CustomerSummary,
    DriverTable,
    Holdout,
    MoneyTable,
    PurchasePatterns,
    PurchaseTimes,
    TimeUnit,
    ValueSeries,
)
from custvalue.engine import _columns as c
from custvalue.engine._intake import Checked
from custvalue.engine._protocol import Dialect, Rows
from custvalue.engine._queries import (
    PERIOD,
    Facts,
    Purchases,
    customer_sums,
    pattern_counts,
    period_sums,
    purchase_periods,
    purchases,
    series,
)
from custvalue.engine.drivers import DriverExpression
from custvalue.engine.policies import DataPolicies, Refunds
from custvalue.engine.report import Reconciliation, SamePeriod, Tally
from custvalue.errors import Fault, InputError, SchemaError

__all__ = [
    "drivers",
    "holdout",
    "patterns",
    "purchase_times",
    "reconcile",
    "revenue",
    "same_period",
    "summarize",
    "value_series",
]

_UNITS = {Collapse.DAY: TimeUnit.DAY, Collapse.WEEK: TimeUnit.WEEK, Collapse.MONTH: TimeUnit.MONTH}
_FIXED = 61


@attrs.frozen
class Desk:
    """What every verb works with.

    Parameters
    ----------
    checked
        Rows and what is known of them.
    dialect
        Their engine.
    policies
        How refunds are treated.
    """

    checked: Checked
    dialect: Dialect
    policies: DataPolicies

    @property
    def currency(self) -> Currency:
        """Of every amount."""
        return self.checked.report.currency

    @property
    def has_amounts(self) -> bool:
        """Whether there are amounts."""
        return self.checked.report.details.has_amounts

    @property
    def separate(self) -> bool:
        """Whether refunds are kept apart from purchases."""
        return self.policies.refunds is Refunds.SEPARATE and self.checked.report.refunds.rows > 0

    @property
    def set_aside(self) -> Tally:
        """Refunds kept apart from purchases."""
        return self.checked.report.refunds if self.separate else Tally()

    def purchase_rows(self) -> Rows:
        """Rows that count towards purchases."""
        rows = self.checked.rows
        return rows.filter(nw.col(c.MINOR) >= 0) if self.separate else rows

    def facts(self, unit: TimeUnit) -> Facts:
        """What lets queries leave steps out."""
        report = self.checked.report
        first, last = (
            int(number) for number in period_numbers(np.array([report.window.start, report.window.end]), unit)
        )
        return Facts(
            has_amounts=self.has_amounts,
            has_refunds=report.refunds.rows > 0 and not self.separate,
            has_zeros=report.zeros.rows > 0,
            magnitude=report.purchases.amount - report.refunds.amount,
            first_period=first,
            last_period=last,
        )

    def with_period(self, rows: Rows, unit: TimeUnit) -> Rows:
        """Rows with the number of their calendar period."""
        if unit is TimeUnit.DAY:
            return rows.rename({c.DAY: PERIOD})
        return self.dialect.with_period(rows, unit, PERIOD)

    def require_amounts(self, verb: str) -> None:
        """Raise if the log has no amounts."""
        if not self.has_amounts:
            hint = "Give amount=, or quantity= and unit_price=, when the log is made."
            raise InputError(f"TransactionLog.{verb}", expected="a log with amounts", got="one without", hint=hint)


def period_numbers(moments: DateArray, unit: TimeUnit) -> IntArray:
    """Number the calendar periods of days, counted from that of 1970-01-01."""
    days = moments.astype("datetime64[D]")
    months = days.astype("datetime64[M]").astype(np.int64)
    if unit is TimeUnit.DAY:
        return days.astype(np.int64)
    if unit is TimeUnit.WEEK:
        return (days.astype(np.int64) + 3) // 7
    return months // _MONTHS[unit]


def period_starts(numbers: IntArray, unit: TimeUnit) -> DateArray:
    """First day of numbered periods, datetime64[us]."""
    numbers = np.asarray(numbers, dtype=np.int64)
    if unit is TimeUnit.DAY:
        days = numbers
    elif unit is TimeUnit.WEEK:
        days = numbers * 7 - 3
    else:
        days = (numbers * _MONTHS[unit]).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return days.astype("datetime64[D]").astype("datetime64[us]")


_MONTHS = {TimeUnit.MONTH: 1, TimeUnit.QUARTER: 3, TimeUnit.YEAR: 12}


def _purchases(desk: Desk, collapse: Collapse, *, count_rows: bool = False) -> Purchases:
    unit = _UNITS[collapse]
    rows = desk.with_period(desk.purchase_rows(), unit)
    return purchases(desk.dialect, rows, desk.facts(unit), count_rows=count_rows)


def _observed_until(desk: Desk, unit: TimeUnit) -> np.datetime64:
    """First day of the period the window ends in: ages count whole periods."""
    return period_starts(period_numbers(np.array([desk.checked.report.window.end]), unit), unit)[0]  # type: ignore[no-any-return]  # an element of a date array


def summarize(desk: Desk, collapse: Collapse, unit: TimeUnit) -> CustomerSummary:
    """One row a customer who bought."""
    found = _purchases(desk, collapse)
    grain = _UNITS[collapse]
    bought = found.n > 0
    if not bool(bought.any()):
        raise InputError("TransactionLog.summarize", expected="at least one customer with a purchase", got="none",
                         hint="All amounts are refunds or net to zero or less.")  # fmt: skip
    return CustomerSummary(
        customers=CustomerIndex(found.customers[bought]),
        first_at=period_starts(found.first[bought], grain),
        last_at=period_starts(found.last[bought], grain),
        n_purchases=found.n[bought],
        total_amount=found.total[bought] if desk.has_amounts else None,
        repeat_amount=found.repeat[bought] if desk.has_amounts else None,
        observed_until=_observed_until(desk, grain),
        currency=desk.currency,
        unit=unit,
        collapse=collapse,
    )


def patterns(desk: Desk, collapse: Collapse, unit: TimeUnit) -> PurchasePatterns:
    """Unique (x, t_x, T) with counts, computed where the rows are."""
    grain = _UNITS[collapse]
    rows = desk.with_period(desk.purchase_rows(), grain)
    found = pattern_counts(desk.dialect, rows, desk.facts(grain))
    first, last = (period_starts(found[name], grain) for name in ("first", "last"))
    day = np.timedelta64(1, "D")
    x = found["n"].astype(np.float64) - 1.0
    t_x = (last - first) / day / unit.days
    ages = (_observed_until(desk, grain) - first) / day / unit.days
    order = np.lexsort((x, t_x, ages))
    weights = found["weight"].astype(np.float64)
    return PurchasePatterns(x=x[order], t_x=t_x[order], T=ages[order], weights=weights[order], unit=unit)


def purchase_times(desk: Desk, collapse: Collapse) -> PurchaseTimes:
    """One row a purchase, by customer and time."""
    grain = _UNITS[collapse]
    found = purchase_periods(desk.dialect, desk.with_period(desk.purchase_rows(), grain), desk.facts(grain))
    ids, owner = np.unique(_text_or_whole(found[c.CUSTOMER]), return_inverse=True)
    numbers = found[PERIOD].astype(np.int64)
    order = np.lexsort((numbers, owner))
    return PurchaseTimes(customers=CustomerIndex(ids), owner=owner[order], at=period_starts(numbers[order], grain))


def holdout(desk: Desk, whole: Desk, later: Rows, at: np.datetime64, collapse: Collapse) -> Holdout:
    """What the calibration's customers did after the split; ``later`` are the rows of ``whole`` after it."""
    known = _purchases(desk, collapse)
    after = _purchases(attrs.evolve(whole, checked=attrs.evolve(whole.checked, rows=later)), collapse)
    customers = CustomerIndex(known.customers[known.n > 0])
    place = customers.positions(after.customers)
    here = place >= 0
    return Holdout(
        customers=customers,
        n_purchases=_placed(after.n, place, len(customers)),
        total_amount=_placed(after.total, place, len(customers)),
        starts=at + np.timedelta64(1, "D"),
        ends=whole.checked.report.window.end,
        currency=desk.currency,
        collapse=collapse,
        n_new_customers=int(np.count_nonzero(~here & (after.n > 0))),
    )


def value_series(desk: Desk, period: TimeUnit) -> ValueSeries:
    """Amount of each customer in each calendar period of the window."""
    desk.require_amounts("series")
    facts = desk.facts(period)
    found = series(desk.dialect, desk.with_period(desk.purchase_rows(), period))
    ids = _text_or_whole(found[c.CUSTOMER])
    customers, row = np.unique(ids, return_inverse=True)
    numbers = np.arange(facts.first_period, facts.last_period + 1, dtype=np.int64)
    values = np.zeros((customers.size, numbers.size))
    values[row, found[PERIOD].astype(np.int64) - facts.first_period] = desk.currency.to_major(found["net"])
    cut_off = bool(period_starts(numbers[-1:] + 1, period)[0] > desk.checked.report.window.end + np.timedelta64(1, "D"))
    periods = period_starts(numbers, period)
    return ValueSeries(customers=CustomerIndex(customers), periods=periods, values=values, cut_off=cut_off)


def _text_or_whole(ids: NDArray[np.generic]) -> NDArray[np.generic]:
    return ids.astype(np.str_) if ids.dtype.kind == "O" else ids


def revenue(desk: Desk, customers: CustomerIndex | None) -> MoneyTable:
    """Gross, refunds, net and direct cost by customer."""
    desk.require_amounts("revenue")
    minor, none = nw.col(c.MINOR), nw.lit(0)
    rows = desk.checked.rows.with_columns(nw.when(minor < 0).then(minor).otherwise(none).alias("refunds"))
    columns = {"net_amount": c.MINOR, "refunds": "refunds"}
    if desk.checked.plan.cost is not None:
        columns["direct_cost"] = c.COST
    found = customer_sums(
        desk.dialect, rows, [nw.col(column).sum().cast(nw.Int64).alias(name) for name, column in columns.items()]
    )
    population = customers or CustomerIndex(found[c.CUSTOMER])
    place = population.positions(found[c.CUSTOMER])
    amounts = {name: _placed(found[name], place, len(population)) for name in columns}
    gross = {"gross_amount": amounts["net_amount"] - amounts["refunds"]}
    return MoneyTable(customers=population, amounts={**gross, **amounts}, currency=desk.currency)


def _placed(values: NDArray[np.generic], place: IntArray, n: int) -> IntArray:
    result = np.zeros(n, dtype=np.int64)
    result[place[place >= 0]] = values[place >= 0]
    return result


def same_period(desk: Desk, collapse: Collapse) -> SamePeriod:
    """Count what taking the rows of one customer and period together makes of them."""
    unit = _UNITS[collapse]
    found = period_sums(desk.dialect, desk.with_period(desk.purchase_rows(), unit), desk.facts(unit))

    def summed(column: str, is_purchase: int) -> int:
        return int(found[column][found["is_purchase"] == is_purchase].sum())

    bought, other = (Tally(summed("rows", each), summed("net", each)) for each in (1, 0))
    return SamePeriod(
        collapse=collapse,
        n_purchases=summed("periods", 1),
        purchases=bought,
        n_others=summed("periods", 0),
        others=other,
        set_aside=desk.set_aside,
    )


def reconcile(desk: Desk, summary: CustomerSummary) -> Reconciliation:
    """Account for every row and cent between the table and a summary of it."""
    report = desk.checked.report
    found = _purchases(desk, summary.collapse, count_rows=True)
    summary.customers.require_same(CustomerIndex(found.customers[found.n > 0]), where="TransactionLog.reconcile")
    never = found.n == 0
    amount = int(summary.total_amount.sum()) if summary.total_amount is not None else 0
    return Reconciliation(
        read=report.read,
        removed=report.removed,
        set_aside=desk.set_aside,
        never_bought=Tally(int(found.rows[never].sum()), int(found.total[never].sum())),
        summarised=Tally(int(found.rows[~never].sum()), amount),
        n_purchases=int(summary.n_purchases.sum()),
        n_never_bought=int(np.count_nonzero(never)),
        currency=report.currency,
    )


def drivers(desk: Desk, customers: CustomerIndex | None, expressions: Mapping[str, DriverExpression]) -> DriverTable:
    """One row a customer, one column a driver."""
    if not expressions:
        hint = "log.drivers(orders=cv.count(), lines=cv.sum('lines'))."
        raise InputError("TransactionLog.drivers", expected="at least one driver", got="none", hint=hint)
    columns = _available(desk)
    SchemaError.raise_for("TransactionLog.drivers", _driver_faults(expressions, columns))
    made, aggregates = {}, [nw.len().alias("cv_n")]
    for name, expression in expressions.items():
        if expression.verb != "count":
            column = columns[expression.column]
            made.update(column.prepared(name, expression.verb))
            aggregates += column.aggregates(name, expression.verb)
    rows = desk.checked.rows.with_columns(**made) if made else desk.checked.rows
    found = customer_sums(desk.dialect, rows, aggregates)
    values = {
        name: found["cv_n"].astype(np.float64) if expression.verb == "count"
        else columns[expression.column].finished(found, name, expression.verb)
        for name, expression in expressions.items()
    }  # fmt: skip
    everyone = CustomerIndex(found[c.CUSTOMER])
    return _on_population(everyone, values, customers)


def _on_population(
    everyone: CustomerIndex, values: Mapping[str, FloatArray], customers: CustomerIndex | None
) -> DriverTable:
    if customers is None:
        return DriverTable(customers=everyone, drivers=values)
    place = customers.positions(everyone.ids)
    here = place >= 0
    placed = {}
    for name, column in values.items():
        placed[name] = np.full(len(customers), np.nan)
        placed[name][place[here]] = column[here]
    unknown = {name: float(column[~here].sum()) for name, column in values.items() if bool((~here).any())}
    return DriverTable(customers=customers, drivers=placed, unknown=unknown)


@attrs.frozen
class _Driven:
    """A column drivers can be made from: where it is, and how its sums are made exact."""

    column: str
    numeric: bool
    scale: float = 1.0
    fixed: int | None = None

    def prepared(self, name: str, verb: str) -> dict[str, nw.Expr]:
        value = nw.col(self.column)
        if verb == "n_unique":
            return {f"{name}__none": nw.when(value.is_null()).then(nw.lit(1)).otherwise(nw.lit(0))}
        if verb in {"sum", "mean"} and self.fixed is not None:
            return {f"{name}__fixed": (value * 2.0**self.fixed + 0.5).floor().cast(nw.Int64)}
        return {}

    def aggregates(self, name: str, verb: str) -> list[nw.Expr]:
        value = nw.col(self.column)
        if verb == "n_unique":
            return [value.n_unique().alias(name), nw.col(f"{name}__none").max()]
        if verb == "max":
            return [value.max().alias(name)]
        source = value if self.fixed is None else nw.col(f"{name}__fixed")
        return [source.sum().cast(nw.Int64).alias(name)]

    def finished(self, found: Mapping[str, NDArray[np.generic]], name: str, verb: str) -> FloatArray:
        value = found[name].astype(np.float64)
        if verb == "n_unique":
            return value - found[f"{name}__none"].astype(np.float64)
        if verb == "max":
            return value / self.scale
        exact = value / self.scale if self.fixed is None else value / 2.0**self.fixed
        return exact / found["cv_n"].astype(np.float64) if verb == "mean" else exact


def _available(desk: Desk) -> dict[str, _Driven]:
    """Columns by every name a user may call them."""
    plan = desk.checked.plan
    columns = {"day": _Driven(c.DAY, numeric=False)}
    for part, column in plan.labels.items():
        columns[column.name] = columns[part] = _Driven(c.label_column(part), numeric=False)
    if plan.amounts:
        columns["amount"] = _Driven(c.MINOR, numeric=True, scale=float(desk.currency.scale))
        columns["revenue"] = columns["amount"]
        if len(plan.amounts) == 1:
            columns[plan.amounts[0].name] = columns["amount"]
    if plan.cost is not None:
        columns["direct_cost"] = columns[plan.cost.name] = _Driven(
            c.COST, numeric=True, scale=float(desk.currency.scale)
        )
    for column in plan.numbers:
        fixed = None
        if column.kind is not c.Kind.INTEGER:
            bound = desk.checked.largest[column.name] * desk.checked.report.kept.rows
            fixed = _FIXED - int(np.ceil(np.log2(bound))) if bound > 0 else 0
        columns[column.name] = _Driven(c.number_column(column.name), numeric=True, fixed=fixed)
        if column.role:
            columns[column.role] = columns[column.name]
    return columns


def _driver_faults(expressions: Mapping[str, DriverExpression], columns: Mapping[str, _Driven]) -> list[Fault]:
    faults = []
    for name, expression in expressions.items():
        where = f"{name}={expression!r}"
        if expression.verb == "count":
            continue
        if expression.column not in columns:
            hint = "Name further numeric columns with extra=(...) when the log is made."
            faults.append(Fault(where, f"one of {sorted(columns)}", repr(expression.column), hint))
        elif expression.verb != "n_unique" and not columns[expression.column].numeric:
            faults.append(Fault(where, "a numeric column", "labels", f"Use n_unique({expression.column!r})."))
    return faults
