"""The transaction log: any table of transactions, checked once, then asked for what the other rooms need."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import attrs
import numpy as np

from custvalue._frames import FrameKind, build_pandas
from custvalue.data import (
    Collapse,
    Currency,
    CustomerIndex,
    CustomerSummary,
    DriverTable,
    Holdout,
    MoneyTable,
    ObservationWindow,
    PurchasePatterns,
    PurchaseTimes,
    TimeUnit,
    Transaction,
    ValueSeries,
)
from custvalue.engine import _intake, _verbs
from custvalue.engine._columns import LABELS
from custvalue.engine._intake import Checked, Settings
from custvalue.engine._options import LogOptions, columns_read, settings_of
from custvalue.engine._protocol import Dialect, Source
from custvalue.engine.drivers import DriverExpression
from custvalue.engine.drivers import sum as sum_of
from custvalue.engine.identity import IdentityMap
from custvalue.engine.policies import DataPolicies, Duplicates
from custvalue.engine.report import LogReport, Reconciliation
from custvalue.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TransactionLog"]

_ORDINARY = DataPolicies()


def _require(verb: str, **arguments: tuple[object, type[enum.Enum]]) -> None:
    """Check that units and grains are what they should be, not their names."""
    for name, (value, kind) in arguments.items():
        if not isinstance(value, kind):
            expected = ", ".join(str(member) for member in kind)
            raise InputError(f"TransactionLog.{verb}({name}=)", expected=expected, got=repr(value))


@attrs.frozen(kw_only=True, eq=False, repr=False)
class TransactionLog:
    """A table of transactions, checked, with its currency and its observation window.

    Make it with :meth:`from_frame`, :meth:`from_file`, :meth:`from_database` or :meth:`from_records`. The table is
    never copied: it is checked in one pass where it is, and every question is computed there. Days are calendar
    days; amounts are whole minor units from the door on, so that results are equal to the last bit on every engine
    and in every order of rows.

    Parameters
    ----------
    checked
        Rows, their plan and their report.
    dialect
        The engine they live in.
    policies
        What was decided about rows that needed a decision.
    like
        Frame library of the caller.

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.to_datetime(["2026-01-05", "2026-02-02", "2026-01-20"])
    >>> orders = pd.DataFrame({"who": ["a", "a", "b"], "on": days, "eur": [10.0, 5.5, 3.0]})
    >>> log = TransactionLog.from_frame(orders, customer="who", time="on", amount="eur", currency="EUR")
    >>> log
    TransactionLog(3 rows, 18.50 EUR, 2026-01-05 to 2026-02-02)
    >>> log.summarize().n_purchases.tolist()
    [2, 1]
    """

    _checked: Checked
    _dialect: Dialect
    policies: DataPolicies
    like: FrameKind = "pandas"

    # ------------------------------------------------------------------ making one

    @classmethod
    def from_frame(  # noqa: PLR0913  # one argument for each column a log can have
        cls,
        frame: object,
        *,
        customer: str,
        time: str,
        amount: str | None = None,
        quantity: str | None = None,
        unit_price: str | None = None,
        currency: str | Currency,
        order: str | None = None,
        product: str | None = None,
        channel: str | None = None,
        direct_cost: str | None = None,
        kind: str | None = None,
        extra: Sequence[str] = (),
        identity: IdentityMap | None = None,
        window: ObservationWindow | None = None,
        policies: DataPolicies = _ORDINARY,
    ) -> TransactionLog:
        """Take a frame: pandas, Polars (eager or lazy), Arrow, a DuckDB relation, Spark.

        Parameters
        ----------
        frame
            One row a transaction, or one a line of an order.
        customer, time
            Columns of the customer (or account) and of the day or time.
        amount
            Column of net revenue in major units; negative for a refund. Or:
        quantity, unit_price
            columns whose product it is. Without either the log has no amounts and still counts purchases.
        currency
            ISO code, or the name of the column that holds it (one currency in a log).
        order, product, channel
            Columns of labels, for drivers.
        direct_cost
            Column of the cost of what was sold, in major units.
        kind
            Column that says ``"purchase"`` or ``"refund"``; it is checked against the sign of the amount.
        extra
            Further numeric columns for drivers: lines, kilometres, minutes ...
        identity
            Accounts to customers; folded before anything else.
        window
            Days the table speaks about; from the first to the last row if not stated, and the report says so.
        policies
            What to do with rows that need a decision.

        Raises
        ------
        SchemaError
            With every fault of the table at once, each with up to 20 offending rows.
        """
        options = LogOptions(
            customer=customer, time=time, amount=amount, quantity=quantity, unit_price=unit_price, currency=currency,
            order=order, product=product, channel=channel, direct_cost=direct_cost, kind=kind, extra=extra,
            identity=identity, window=window, policies=policies,
        )  # fmt: skip
        from custvalue.engine._sources import frame_source  # noqa: PLC0415  # loads DuckDB

        settings = settings_of("from_frame", options)
        every = policies.duplicates is not Duplicates.KEEP
        return cls._checked_from(frame_source(frame, columns_read(settings), all_columns=every), settings)

    @classmethod
    def from_file(
        cls,
        path: str | Path | Sequence[str | Path],
        *,
        memory_limit: str | None = None,
        **options: Unpack[LogOptions],
    ) -> TransactionLog:
        """Take CSV or Parquet files; they may be larger than memory.

        In CSV, ids that are all whole numbers become numbers, unless one has a leading zero: then all stay text.
        Empty cells are missing, and so is what pandas reads so: NULL, NA, N/A, nan, None and their like.

        Parameters
        ----------
        path
            A file, a pattern (``"orders/*.parquet"``), or several of them.
        memory_limit
            How much memory the engine may take (``"2GB"``); it spills to disk beyond that.
        **options
            Columns, currency, window, policies ...: every keyword of :meth:`from_frame`.

        Raises
        ------
        InputError
            If a file is of another kind, is not there, or cannot be read.
        SchemaError
            As :meth:`from_frame`.
        """
        from custvalue.engine._sources import file_source  # noqa: PLC0415  # loads DuckDB

        settings = settings_of("from_file", options)
        roles = settings.roles
        source = file_source(path, memory_limit=memory_limit, id_column=roles.customer, time_column=roles.time)
        return cls._checked_from(source, settings)

    @classmethod
    def from_database(
        cls,
        database: str | Path,
        *,
        table: str | None = None,
        query: str | None = None,
        memory_limit: str | None = None,
        **options: Unpack[LogOptions],
    ) -> TransactionLog:
        """Take a table or query of a database: a DuckDB file, or anything DuckDB attaches, opened read-only.

        Parameters
        ----------
        database
            Path of a DuckDB file, or what DuckDB's ATTACH takes: ``"sqlite:shop.db"``, ``"postgres:dbname=shop"``.
        table, query
            One of them: a table (``"sales.orders"``), or a SELECT of your own.
        memory_limit
            As :meth:`from_file`.
        **options
            Columns, currency, window, policies ...: every keyword of :meth:`from_frame`.

        Raises
        ------
        InputError
            If the database cannot be attached, or not exactly one of ``table`` and ``query`` is given.
        SchemaError
            As :meth:`from_frame`.
        """
        from custvalue.engine._sources import database_source  # noqa: PLC0415  # loads DuckDB

        settings = settings_of("from_database", options)
        source = database_source(database, table=table, query=query, memory_limit=memory_limit)
        return cls._checked_from(source, settings)

    @classmethod
    def from_records(
        cls,
        records: Iterable[Transaction],
        *,
        currency: str | Currency,
        identity: IdentityMap | None = None,
        window: ObservationWindow | None = None,
        policies: DataPolicies = _ORDINARY,
    ) -> TransactionLog:
        """Take records: small inputs, examples, tests.

        Parameters
        ----------
        records
            The transactions.
        currency, identity, window, policies
            As :meth:`from_frame`.

        Raises
        ------
        InputError
            If there are none, or others than transactions.
        SchemaError
            As :meth:`from_frame`.
        """
        frame, present = _frame_of(_only_transactions(records))
        return cls.from_frame(
            frame, customer="customer", time="time", amount="amount", currency=currency,
            identity=identity, window=window, policies=policies, **present,
        )  # fmt: skip

    @classmethod
    def _checked_from(cls, source: Source, settings: Settings) -> TransactionLog:
        checked = _intake.check(source, settings)
        return cls(checked=checked, dialect=source.dialect, policies=settings.policies, like=source.like)

    # ------------------------------------------------------------------ what is known of it

    @cached_property
    def report(self) -> LogReport:
        """What became of every row and every cent, on the way in and once rows of one customer and day are one.

        The latter takes a pass over the log of its own, made when the report is first asked for.
        """
        report = self._checked.report
        same = _verbs.same_period(self._desk, Collapse.DAY)
        return attrs.evolve(report, details=attrs.evolve(report.details, same_period=same))

    @property
    def window(self) -> ObservationWindow:
        """The days the log speaks about."""
        return self._checked.report.window

    @property
    def currency(self) -> Currency:
        """Currency of every amount."""
        return self._checked.report.currency

    @property
    def has_amounts(self) -> bool:
        """Whether the rows have amounts."""
        return self._checked.report.details.has_amounts

    def __len__(self) -> int:
        """Count the rows kept."""
        return self._checked.report.kept.rows

    def __repr__(self) -> str:
        """One line."""
        amount = f", {self.currency.format(self._checked.report.kept.amount)}" if self.has_amounts else ""
        days = f"{str(self.window.start)[:10]} to {str(self.window.end)[:10]}"
        return f"TransactionLog({len(self):,} rows{amount}, {days})"

    # ------------------------------------------------------------------ what it can be asked

    def summarize(self, *, collapse: Collapse = Collapse.DAY, unit: TimeUnit = TimeUnit.WEEK) -> CustomerSummary:
        """Summarise each customer who bought at least once, sorted by id.

        A collapse period counts as one purchase if its amounts net to more than zero, or if they are all zero. A
        period that nets to zero or less is no purchase, but its money counts in ``total_amount``: the totals add up
        to the log, less customers who never bought (see :meth:`reconcile`).

        Parameters
        ----------
        collapse
            Within which calendar period a customer's transactions are one purchase. Ages then count whole periods.
        unit
            Unit of the ages; a ruler only, it does not change what is counted.

        Raises
        ------
        InputError
            If nobody bought.
        """
        _require("summarize", collapse=(collapse, Collapse), unit=(unit, TimeUnit))
        return _verbs.summarize(self._desk, collapse, unit)

    def patterns(self, *, collapse: Collapse = Collapse.DAY, unit: TimeUnit = TimeUnit.WEEK) -> PurchasePatterns:
        """Count customers by (x, t_x, T) where the rows are: all a purchase model needs, and only that travels.

        Parameters
        ----------
        collapse, unit
            As :meth:`summarize`.
        """
        _require("patterns", collapse=(collapse, Collapse), unit=(unit, TimeUnit))
        return _verbs.patterns(self._desk, collapse, unit)

    def purchase_times(self, *, collapse: Collapse = Collapse.DAY) -> PurchaseTimes:
        """Give the day (the first of the period) of every purchase that :meth:`summarize` counts."""
        _require("purchase_times", collapse=(collapse, Collapse))
        return _verbs.purchase_times(self._desk, collapse)

    def split(
        self, at: date | datetime | str | np.datetime64, *, collapse: Collapse = Collapse.DAY
    ) -> tuple[TransactionLog, Holdout]:
        """Split into a calibration log, up to and with a day, and what its customers did after it.

        Parameters
        ----------
        at
            Last day of the calibration.
        collapse
            The grain purchases of the hold-out are counted in.

        Returns
        -------
        tuple
            The calibration log, and the actuals of the hold-out for its customers. Customers first seen after the
            split are in neither; ``Holdout.n_new_customers`` counts them.

        Raises
        ------
        InputError
            If the day is not inside the window, or is its last.
        """
        day = ObservationWindow(at, at).end
        if not self.window.start <= day < self.window.end:
            expected = f"a day from {str(self.window.start)[:10]} to the day before {str(self.window.end)[:10]}"
            raise InputError("TransactionLog.split", expected=expected, got=str(day)[:10])
        earlier, later = _intake.cut(self._dialect, self._checked, day)
        calibration = attrs.evolve(self, checked=earlier)
        return calibration, _verbs.holdout(calibration._desk, self._desk, later, day, collapse)  # noqa: SLF001  # our own

    def series(self, period: TimeUnit = TimeUnit.MONTH) -> ValueSeries:
        """Sum amounts by customer and calendar period, over every period of the window.

        Parameters
        ----------
        period
            Day, week (from Monday), month, quarter or year. The first and last may be cut by the window.

        Raises
        ------
        InputError
            If the log has no amounts.
        """
        _require("series", period=(period, TimeUnit))
        return _verbs.value_series(self._desk, period)

    def drivers(self, customers: CustomerIndex | None = None, /, **drivers: DriverExpression) -> DriverTable:
        """Compute what each customer used of each driver.

        Parameters
        ----------
        customers
            The population, such as ``summary.customers``; quantities of others go to ``DriverTable.unknown``. All
            customers of the log by default, sorted by id.
        **drivers
            Name to expression: ``orders=cv.n_unique("order"), lines=cv.count(), km=cv.sum("km")``. A log with amounts
            adds ``revenue``, the sum of a customer's amounts, unless that name is given.

        Raises
        ------
        SchemaError
            Naming every expression that asks for a column the log does not have.
        """
        if self.has_amounts and "revenue" not in drivers:
            drivers["revenue"] = sum_of("amount")
        return _verbs.drivers(self._desk, customers, drivers)

    def revenue(self, customers: CustomerIndex | None = None) -> MoneyTable:
        """Sum each customer's money, exact to the minor unit.

        Parameters
        ----------
        customers
            The customers wanted, in that order, 0 for those the log does not know. All customers of the log by
            default, also those who only returned.

        Returns
        -------
        MoneyTable
            Lines ``gross_amount`` (rows above zero), ``refunds`` (rows below zero, negative), ``net_amount`` (their
            sum) and, where the log has it, ``direct_cost``.

        Raises
        ------
        InputError
            If the log has no amounts.
        """
        return _verbs.revenue(self._desk, customers)

    def reconcile(self, summary: CustomerSummary) -> Reconciliation:
        """Account for every row and cent between the table as it came and a summary of this log.

        Parameters
        ----------
        summary
            From :meth:`summarize` of this log.

        Raises
        ------
        AlignmentError
            If the summary is of other customers.
        ConservationError
            If the sums do not agree: a defect in custvalue.
        """
        return _verbs.reconcile(self._desk, summary)

    @property
    def _desk(self) -> _verbs.Desk:
        return _verbs.Desk(self._checked, self._dialect, self.policies)


def _only_transactions(records: Iterable[object]) -> list[Transaction]:
    given = list(records)
    found = [each for each in given if isinstance(each, Transaction)]
    if len(found) < len(given) or not given:
        got = next((repr(each) for each in given if not isinstance(each, Transaction)), "none")
        hint = "Transaction(customer='C-1', time=date(2026, 1, 5), amount='19.90')"
        raise InputError("from_records", expected="at least one Transaction, and nothing else", got=got, hint=hint)
    return found


def _frame_of(records: Sequence[Transaction]) -> tuple[pd.DataFrame, dict[str, str]]:
    """Columns of records, and the optional ones that any of them fills."""
    parts = (*LABELS, "quantity")
    present = {part: part for part in parts if any(getattr(record, part) is not None for record in records)}
    columns: dict[str, list[object]] = {
        "customer": [record.customer for record in records],
        "time": [_moment(record.time) for record in records],
        "amount": [_number(record.amount) for record in records],
        **{part: [getattr(record, part) for record in records] for part in present},
    }
    return build_pandas(columns), present


def _moment(value: date | datetime) -> datetime:
    return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001  # a day has no zone


def _number(value: object) -> object:
    try:
        return float(Decimal(str(value)))
    except InvalidOperation:
        return value
