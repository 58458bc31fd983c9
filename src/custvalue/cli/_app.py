"""The ``custvalue`` command."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import attrs
import typer

from custvalue.__about__ import __version__
from custvalue.cli import _show as show
from custvalue.cli._costs_file import CostFile, read_cost_file
from custvalue.cli._export import check_target, write_table
from custvalue.clv import HistoricalMargin, RetentionCLV
from custvalue.costing import ActivityBased
from custvalue.data import DiscountRate, Horizon, ObservationWindow, TimeUnit
from custvalue.datasets import simulate_firm
from custvalue.engine import DataPolicies, IdentityMap, Times, TransactionLog
from custvalue.engine.tables import read_table
from custvalue.errors import ConvergenceError, CustvalueError
from custvalue.pipeline import CustomerValuation, Valuation

if TYPE_CHECKING:
    import pandas as pd

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

INPUT, CONVERGENCE = 2, 3
ASSUMED = "EUR"

Column = Annotated[str | None, typer.Option(metavar="COLUMN")]
Out = Annotated[Path | None, typer.Option(help="Write the table here: .parquet, .csv or .xlsx.")]
Years = Annotated[float, typer.Option(help="How many years ahead the lifetime value looks.")]
Rate = Annotated[float, typer.Option(help="Cost of capital a year; 0.10 is 10 %.")]
Margin = Annotated[float | None, typer.Option(help="Share of revenue left after product cost; 0.35 is 35 %.")]


@app.callback(invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False) -> None:
    """What each of your customers is worth: cost, profit, behaviour, lifetime value, tier.

    Exit codes: 0 done, 2 something in the input cannot be used, 3 a model could not be fitted.
    """
    if version:
        typer.echo(f"custvalue {__version__}")
        raise typer.Exit


@app.command()
def value(  # noqa: PLR0913, PLR0917  # a command line is its options
    log: Annotated[str, typer.Argument(help="CSV or Parquet file, or a pattern in quotes for several.")],
    customer: Annotated[str, typer.Option(metavar="COLUMN", help="Customer id.")] = "customer_id",
    time: Annotated[str, typer.Option(metavar="COLUMN", help="Date or time of the transaction.")] = "time",
    amount: Annotated[str | None, typer.Option(metavar="COLUMN", help="Net amount; negative for a refund.")] = None,
    quantity: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="With --unit-price instead of --amount.")
    ] = None,
    unit_price: Column = None,
    currency: Annotated[
        str | None, typer.Option(metavar="CODE", help="ISO code of the amounts, or its column; EUR if left out.")
    ] = None,
    order: Annotated[str | None, typer.Option(metavar="COLUMN", help="Order id.")] = None,
    product: Column = None,
    channel: Column = None,
    direct_cost: Annotated[str | None, typer.Option(metavar="COLUMN", help="Product cost of the row.")] = None,
    extra: Annotated[list[str] | None, typer.Option(metavar="COLUMN", help="A numeric column for drivers.")] = None,
    start: Annotated[str | None, typer.Option(help="First day observed; that of the first row if left out.")] = None,
    end: Annotated[str | None, typer.Option(help="Last day observed; that of the last row if left out.")] = None,
    time_format: Annotated[str | None, typer.Option(help="strptime codes of text times, e.g. '%d/%m/%Y'.")] = None,
    timezone: Annotated[str | None, typer.Option(help="Zone whose midnights cut the days.")] = None,
    identity: Annotated[
        Path | None, typer.Option(help="Table with columns account and customer: accounts are folded into customers.")
    ] = None,
    missing_ids: Annotated[str | None, typer.Option(metavar="refuse|drop", help="Rows without a customer.")] = None,
    refunds: Annotated[str | None, typer.Option(metavar="net|separate|refuse", help="Negative amounts.")] = None,
    zero_amounts: Annotated[str | None, typer.Option(metavar="purchase|ignore|refuse", help="Amounts of 0.")] = None,
    duplicates: Annotated[str | None, typer.Option(metavar="keep|drop|refuse", help="Rows equal in all.")] = None,
    outside_window: Annotated[str | None, typer.Option(metavar="refuse|truncate", help="Rows outside.")] = None,
    born_before: Annotated[
        str | None, typer.Option(metavar="keep|drop|refuse", help="Customers seen before --start.")
    ] = None,
    unusable_times: Annotated[
        str | None, typer.Option(metavar="refuse|drop", help="Rows without a time, or with text that is none.")
    ] = None,
    unusable_amounts: Annotated[
        str | None, typer.Option(metavar="refuse|drop", help="Rows whose amount is missing or not finite.")
    ] = None,
    costs: Annotated[Path | None, typer.Option(help="Cost file in TOML: pools, activities, drivers.")] = None,
    margin: Margin = None,
    years: Years = 3.0,
    discount: Rate = 0.10,
    retention: Annotated[
        float | None, typer.Option(help="Share of customers kept a year, if you know it; 0.8 is 80 %.")
    ] = None,
    clv: Annotated[bool, typer.Option("--clv/--no-clv", help="Leave lifetime values out.")] = True,
    memory_limit: Annotated[str | None, typer.Option(help="For logs larger than memory, e.g. 2GB.")] = None,
    out: Out = None,
) -> None:
    """Value the customers of a transaction log."""
    if out is not None:
        check_target(out)
    valuation = _looking_ahead(_valuation(margin, years, discount), retention, clv=clv)
    labels = {"order": order, "product": product, "channel": channel}
    amounts = {"amount": amount, "quantity": quantity, "unit_price": unit_price, "direct_cost": direct_cost}
    cost_file = None if costs is None else read_cost_file(costs, _columns(labels, amounts, extra or ()))
    times = Times(unusable=unusable_times or "refuse", timezone=timezone, format=time_format)
    given = {
        "missing_ids": missing_ids,
        "refunds": refunds,
        "zero_amounts": zero_amounts,
        "duplicates": duplicates,
        "outside_window": outside_window,
        "born_before": born_before,
        "unusable_amounts": unusable_amounts,
    }
    policies = DataPolicies(times=times, **{name: choice for name, choice in given.items() if choice})
    read = partial(
        TransactionLog.from_file,
        log,
        customer=customer,
        time=time,
        amount=amount,
        quantity=quantity,
        unit_price=unit_price,
        currency=currency or ASSUMED,
        order=order,
        product=product,
        channel=channel,
        direct_cost=direct_cost,
        extra=tuple(extra or ()),
        identity=None if identity is None else _identity(identity),
        policies=policies,
        memory_limit=memory_limit,
    )
    with show.working("reading the log"):
        found = _observed(read, start, end)
    show.show_report(found.report)
    if currency is None:
        show.show_note(f"no --currency was given: all amounts are taken for {ASSUMED}")
    with show.working("valuing the customers"):
        valued = _run(valuation, found, cost_file)
    _finish(valued, out)


@app.command()
def demo(
    customers: Annotated[int, typer.Option(help="How many customers the simulated firm has.")] = 2_000,
    seed: Annotated[int, typer.Option(help="Same seed, same firm.")] = 20260101,
    years: Years = 3.0,
    discount: Rate = 0.10,
    margin: Margin = 0.35,
    out: Out = None,
) -> None:
    """Do the same on a simulated firm, for those without data at hand."""
    if out is not None:
        check_target(out)
    firm = simulate_firm(n_customers=customers, seed=seed)
    log = firm.log()
    show.show_report(log.report)
    valuation = attrs.evolve(_valuation(margin, years, discount), allocation=ActivityBased(drivers=firm.cost_drivers))
    with show.working("valuing the customers"):
        valued = valuation.run(log, costs=firm.costs, drivers=firm.drivers)
    _finish(valued, out)


def _columns(
    labels: Mapping[str, str | None], amounts: Mapping[str, str | None], extra: Iterable[str]
) -> dict[str, bool]:
    """Columns of the log by every name a cost file may call them, and whether they are numbers."""
    columns = {"day": False}
    for part, name in labels.items():
        columns |= {} if name is None else {part: False, name: False}
    for part, name in amounts.items():
        if part != "unit_price":
            columns |= {} if name is None else {part: True, name: True}
    if amounts["amount"] or amounts["unit_price"]:
        columns |= {"amount": True, "revenue": True}
    return columns | dict.fromkeys(extra, True)


def _identity(path: Path) -> IdentityMap:
    return IdentityMap.from_frame(read_table(path), account="account", customer="customer")


def _observed(read: Callable[..., TransactionLog], start: str | None, end: str | None) -> TransactionLog:
    """Read the log for a window; an end that was not stated is that of the rows, which are gone through for it."""
    if start is None and end is None:
        return read()
    if start is None or end is None:
        whole = read().window
        stated = ObservationWindow(start or whole.start, end or whole.end, end_is_last_row=end is None)
        return read(window=stated)
    return read(window=ObservationWindow(start, end))


def _valuation(margin: float | None, years: float, discount: float) -> Valuation:
    return Valuation(discount=DiscountRate.annual(discount), horizon=Horizon(years, TimeUnit.YEAR), margin=margin)


def _looking_ahead(settings: Valuation, retention: float | None, *, clv: bool) -> Valuation:
    """Put another model of lifetime values in the place of the usual one, or none."""
    if not clv:
        return attrs.evolve(settings, model=None)
    if retention is None:
        return settings
    return attrs.evolve(settings, model=RetentionCLV(margin=HistoricalMargin(), retention=retention))


def _run(valuation: Valuation, log: TransactionLog, cost_file: CostFile | None) -> CustomerValuation:
    if cost_file is None:
        return valuation.run(log)
    settings = attrs.evolve(valuation, allocation=cost_file.allocator)
    return settings.run(log, costs=cost_file.ledger, drivers=cost_file.drivers(log))


def _finish(valued: CustomerValuation, out: Path | None) -> None:
    if out is not None:
        frame: pd.DataFrame = valued.to_frame("pandas")  # type: ignore[assignment]  # asked for as pandas
        with show.working(f"writing {out}"):
            write_table(frame, out)
    show.show_value(valued)
    if out is not None:
        show.out.print(f"{len(valued.customers):,} customers written to {out}", highlight=False, soft_wrap=True)


def run() -> int:
    """Run the command and turn our errors into sentences and exit codes."""
    try:
        app(standalone_mode=True)
    except ConvergenceError as error:
        show.show_error(error)
        return CONVERGENCE
    except CustvalueError as error:
        show.show_error(error)
        return INPUT
    return 0
