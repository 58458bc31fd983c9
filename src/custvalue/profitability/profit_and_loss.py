"""The customer's profit and loss account: from list price to residual income, exact to the cent."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from html import escape
from types import MappingProxyType

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, FloatArray, IntArray, int_array, locked
from custvalue._frames import FrameKind, build_frame
from custvalue.data import Currency, CustomerIndex, MoneyTable, ValueTable
from custvalue.errors import AlignmentError, ConservationError, Fault, InputError, SchemaError
from custvalue.profitability._kernels.rounding import scaled
from custvalue.profitability.waterfall import CapitalCharge, Tax, Waterfall

__all__ = ["Base", "ProfitAndLoss", "TieOut"]


class Base(enum.Enum):
    """What the rows of an account are shown in."""

    MONEY = "money"
    OF_LIST = "of_list"
    OF_NET = "of_net"


# step of the waterfall -> the subtotal under it; what the account holds below the waterfall follows in ROWS
_SUBTOTAL_AFTER = {
    "off_invoice": "net_sales",
    "product_cost": "gross_margin",
    "cost_to_serve": "contribution",
    "sustaining": "operating_margin",
    "corporate": "fully_loaded",
}

ROWS = (
    "list_sales", "on_invoice", "off_invoice", "net_sales", "returns", "product_cost", "gross_margin",
    "cost_to_serve", "contribution", "sustaining", "operating_margin", "corporate", "fully_loaded",
    "tax", "nopat", "capital_charge", "residual_income",
)  # fmt: skip


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ProfitAndLoss(ArrayHolder):
    """One account per customer, in whole minor units.

    Build it with :meth:`from_lines`. Every row of :data:`ROWS` is an attribute of :meth:`row`; the subtotals
    have names of their own.

    Parameters
    ----------
    lines
        The money lines of the account, one amount a customer.
    layout
        Which line stands at which step.
    tax
        (n_customers,) tax, in minor units.
    capital_employed
        (n_customers,) capital tied up, in minor units; 0 where no capital line was named.
    capital_charge
        (n_customers,) what that capital costs, in minor units.

    Examples
    --------
    >>> lines = MoneyTable(
    ...     customers=CustomerIndex(["a", "b"]),
    ...     amounts={"revenue": [10_000, 5_000], "goods": [6_000, 3_500], "orders": [1_000, 2_000]},
    ...     currency="EUR",
    ... )
    >>> layout = Waterfall(list_sales="revenue", product_cost="goods", cost_to_serve="orders")
    >>> account = ProfitAndLoss.from_lines(lines, layout=layout)
    >>> account.contribution.tolist()
    [3000, -500]
    >>> account
    ProfitAndLoss(2 customers, net sales 150.00 EUR, contribution 25.00 EUR, residual income 25.00 EUR)
    """

    lines: MoneyTable
    layout: Waterfall
    tax: IntArray = int_array()
    capital_employed: IntArray = int_array()
    capital_charge: IntArray = int_array()
    _rows: Mapping[str, IntArray] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        n = len(self.customers)
        for name in ("tax", "capital_employed", "capital_charge"):
            if getattr(self, name).size != n:
                raise InputError(f"ProfitAndLoss.{name}", expected=f"{n} amounts", got=f"{getattr(self, name).size}")
        object.__setattr__(self, "_rows", MappingProxyType(self._compute()))

    @classmethod
    def from_lines(
        cls, *tables: MoneyTable, layout: Waterfall, tax: Tax | None = None, capital: CapitalCharge | None = None
    ) -> ProfitAndLoss:
        """Build the accounts from money lines: revenue, direct cost, allocated cost pools.

        Parameters
        ----------
        *tables
            One or more tables of the same customers and currency, each line name in one of them only.
            Lines that the layout does not name are left out.
        layout
            Which line stands at which step.
        tax
            Tax on the fully loaded profit; none by default.
        capital
            Charge on the capital tied up; none by default.

        Raises
        ------
        SchemaError
            Naming every line that is missing or stands in two tables.
        AlignmentError
            If the tables speak of different customers or currencies.

        Notes
        -----
        Tax and capital charge are rounded by largest remainder, so that the customers' amounts add up to the
        firm's tax and charge, rounded once. Equal remainders go to the larger amount, then to the smaller id.
        """
        money = _merged(tables)
        wanted = (*layout.lines, *((*capital.employed, *capital.less) if capital else ()))
        SchemaError.raise_for("ProfitAndLoss", _missing_lines(money, wanted))
        ids = money.customers.ids
        before_tax = sum((_sign(step) * money[name] for step, name in _placed(layout)), start=_zeros(money))
        employed = _zeros(money)
        if capital:
            employed = sum((money[name] for name in capital.employed), start=employed)
            employed = employed - sum((money[name] for name in capital.less), start=_zeros(money))
        return cls(
            lines=attrs.evolve(money, amounts={name: money[name] for name in dict.fromkeys(wanted)}),
            layout=layout,
            tax=scaled(before_tax, tax.rate, ids) if tax else _zeros(money),
            capital_employed=employed,
            capital_charge=scaled(employed, capital.rate, ids) if capital else _zeros(money),
        )

    @property
    def customers(self) -> CustomerIndex:
        """The customers, in the order of the arrays."""
        return self.lines.customers

    @property
    def currency(self) -> Currency:
        """Currency of all amounts."""
        return self.lines.currency

    def row(self, name: str) -> IntArray:
        """One row of the account in minor units, shape (n_customers,).

        Raises
        ------
        InputError
            If there is no such row, naming those there are.
        """
        if name not in self._rows:
            raise InputError("ProfitAndLoss.row", expected=f"one of {list(ROWS)}", got=repr(name))
        return self._rows[name]

    @property
    def net_sales(self) -> IntArray:
        """List sales less discounts, minor units, shape (n_customers,)."""
        return self._rows["net_sales"]

    @property
    def gross_margin(self) -> IntArray:
        """Net sales less returns and product cost, minor units, shape (n_customers,)."""
        return self._rows["gross_margin"]

    @property
    def contribution(self) -> IntArray:
        """Gross margin less cost to serve, minor units, shape (n_customers,)."""
        return self._rows["contribution"]

    @property
    def operating_margin(self) -> IntArray:
        """Contribution less customer-sustaining cost, minor units, shape (n_customers,)."""
        return self._rows["operating_margin"]

    @property
    def residual_income(self) -> IntArray:
        """Profit after tax and capital charge, minor units, shape (n_customers,)."""
        return self._rows["residual_income"]

    @property
    def money(self) -> MoneyTable:
        """All rows as a table of money, for concentration, portfolios and reports."""
        return MoneyTable(customers=self.customers, amounts=self._rows, currency=self.currency)

    @property
    def detail(self) -> MoneyTable:
        """All rows with the single lines above the step they belong to; a line called like its step is not repeated."""
        amounts: dict[str, IntArray] = {}
        for row, column in self._rows.items():
            for name in self.layout.steps.get(row, ()):
                if name not in self._rows:
                    amounts[name] = self.lines[name]
                elif name != row or len(self.layout.steps[row]) > 1:
                    amounts[f"{name} (line)"] = self.lines[name]
            amounts[row] = column
        return MoneyTable(customers=self.customers, amounts=amounts, currency=self.currency)

    def percent(self, base: Base, *, detail: bool = False) -> ValueTable:
        """All rows as shares of list or of net sales; missing where those sales are zero or negative.

        Parameters
        ----------
        base
            :attr:`Base.OF_LIST` or :attr:`Base.OF_NET`.
        detail
            Whether to show the single lines too.
        """
        if base is Base.MONEY:
            raise InputError("ProfitAndLoss.percent", expected="Base.OF_LIST or Base.OF_NET", got=str(base))
        below = self._rows["list_sales" if base is Base.OF_LIST else "net_sales"]
        shown = self.detail.amounts if detail else self._rows
        shares = {name: _ratio(amounts, below) for name, amounts in shown.items()}
        return ValueTable(customers=self.customers, measures=shares, origins=dict.fromkeys(shares, base.value))

    def ratios(self) -> ValueTable:
        """Ratios of each account; missing (NaN) where the denominator is zero or negative.

        A customer who sent back more than was bought has negative net sales: a loss divided by them would read as a
        profit, so there is no ratio. Look at the money instead.

        Returns
        -------
        ValueTable
            ``margin`` (contribution / net sales), ``gross_margin_ratio``, ``discount_depth`` (discounts / list
            sales), ``return_rate`` (returns / net sales), ``cost_to_serve_ratio`` (cost to serve / net sales),
            ``return_on_service_cost`` (operating margin / cost to serve and sustain: what a unit spent on the customer
            brings) and ``return_on_capital`` (profit after tax / capital employed).
        """
        rows = self._rows
        net = rows["net_sales"]
        spent = rows["cost_to_serve"] + rows["sustaining"]
        measures = {
            "margin": _ratio(rows["contribution"], net),
            "gross_margin_ratio": _ratio(rows["gross_margin"], net),
            "discount_depth": _ratio(rows["on_invoice"] + rows["off_invoice"], rows["list_sales"]),
            "return_rate": _ratio(rows["returns"], net),
            "cost_to_serve_ratio": _ratio(rows["cost_to_serve"], net),
            "return_on_service_cost": _ratio(rows["operating_margin"], spent),
            "return_on_capital": _ratio(rows["nopat"], self.capital_employed),
        }
        return ValueTable(customers=self.customers, measures=measures)

    def tie_out(self, ledger: Mapping[str, int], held: Mapping[str, int] | None = None) -> TieOut:
        """Compare the customers' sums with the firm's books, line by line.

        Parameters
        ----------
        ledger
            Line name to the firm's amount, in minor units.
        held
            Line name to the amount kept above the customers (idle capacity, unallocated), in minor units.

        Raises
        ------
        SchemaError
            Naming lines that the accounts do not have, and held lines that the ledger does not have.
        """
        kept = dict(held or {})
        faults = _missing_lines(self.lines, tuple(ledger) + tuple(kept))
        hint = "Give its booked amount in the ledger, or leave it out."
        extra = [name for name in kept if name not in ledger and name in self.lines]
        faults += [Fault(f"held line {name!r}", f"one of {list(ledger)}", "not in the ledger", hint) for name in extra]
        SchemaError.raise_for("ProfitAndLoss.tie_out", faults)
        names = tuple(ledger)
        return TieOut(
            names=names,
            booked=np.array([ledger[name] for name in names], dtype=np.int64),
            on_customers=np.array([self.lines.total(name) for name in names], dtype=np.int64),
            held=np.array([kept.get(name, 0) for name in names], dtype=np.int64),
            currency=self.currency,
        )

    def statement(self, like: FrameKind = "pandas") -> object:
        """All customers together: row, amount, of_list, of_net; subtotals stand under the lines they sum up."""
        totals: dict[str, int] = {}
        for step, lines in self.layout.steps.items():
            totals |= {name: self.lines.total(name) for name in lines}
            if step in _SUBTOTAL_AFTER:
                totals[_SUBTOTAL_AFTER[step]] = self._total(_SUBTOTAL_AFTER[step])
        totals |= {row: self._total(row) for row in ROWS[-4:]}
        total = np.array(list(totals.values()), dtype=np.int64)
        shares = {
            "of_list": _ratio(total, np.full(total.size, self._total("list_sales"))),
            "of_net": _ratio(total, np.full(total.size, self._total("net_sales"))),
        }
        return build_frame({"row": list(totals), "amount": self.currency.to_major(total), **shares}, like)

    def to_frame(self, like: FrameKind = "pandas", *, base: Base = Base.MONEY, detail: bool = False) -> object:
        """One row a customer: customer and the rows of the account, top down, in major units or as shares.

        Parameters
        ----------
        like
            ``"pandas"``, ``"polars"`` or ``"arrow"``.
        base
            Money, or shares of list or of net sales.
        detail
            Whether to show the single lines too.
        """
        money = self.detail if detail else self.money
        table: ValueTable | MoneyTable = money if base is Base.MONEY else self.percent(base, detail=detail)
        return table.to_frame(like)

    def _repr_html_(self) -> str:
        net = self._total("net_sales")
        rows = "".join(
            f"<tr><td>{name.replace('_', ' ')}</td>"
            f"<td style='text-align:right'>{escape(self.currency.format(self._total(name)))}</td>"
            f"<td style='text-align:right'>{f'{self._total(name) / net:.1%}' if net > 0 else ''}</td></tr>"
            for name in ROWS
        )
        head = "<tr><th>row</th><th>amount</th><th>of net sales</th></tr>"
        return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"

    def _total(self, name: str) -> int:
        return int(self._rows[name].sum())

    def _compute(self) -> dict[str, IntArray]:
        rows: dict[str, IntArray] = {}
        running = _zeros(self.lines)
        for step, names in self.layout.steps.items():
            amount = sum((self.lines[name] for name in names), start=_zeros(self.lines))
            running = running + _sign(step) * amount
            rows[step] = locked(amount)
            if step in _SUBTOTAL_AFTER:
                rows[_SUBTOTAL_AFTER[step]] = locked(running)
        rows["tax"] = self.tax
        rows["nopat"] = locked(running - self.tax)
        rows["capital_charge"] = self.capital_charge
        rows["residual_income"] = locked(rows["nopat"] - self.capital_charge)
        return rows

    def __repr__(self) -> str:
        """One line."""
        write = self.currency.format
        return (
            f"ProfitAndLoss({len(self.customers):,} customers, net sales {write(self._total('net_sales'))}, "
            f"contribution {write(self._total('contribution'))}, "
            f"residual income {write(self._total('residual_income'))})"
        )


@attrs.frozen(kw_only=True, eq=False, repr=False)
class TieOut(ArrayHolder):
    """The customers' sums beside the firm's books.

    Parameters
    ----------
    names
        Lines compared.
    booked
        (n_lines,) the firm's amounts, minor units.
    on_customers
        (n_lines,) the customers' sums, minor units.
    held
        (n_lines,) kept above the customers, minor units.
    currency
        Of all amounts.
    """

    names: tuple[str, ...]
    booked: IntArray = int_array()
    on_customers: IntArray = int_array()
    held: IntArray = int_array()
    currency: Currency

    @property
    def difference(self) -> IntArray:
        """Booked less what customers and held amounts explain, shape (n_lines,), minor units."""
        return locked(self.booked - self.on_customers - self.held)

    @property
    def ties(self) -> bool:
        """Whether every line ties out to the minor unit."""
        return not bool(self.difference.any())

    def require(self) -> None:
        """Insist that every line ties out.

        Raises
        ------
        ConservationError
            Naming each line that does not, with its difference.
        """
        off = [(name, int(gap)) for name, gap in zip(self.names, self.difference, strict=True) if gap]
        if off:
            text = ", ".join(f"{name}: {self.currency.format(gap)} not explained" for name, gap in off)
            raise ConservationError(f"the accounts do not tie out to the ledger: {text}")

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a line: line, booked, on_customers, held, difference, in major units."""
        names = ("booked", "on_customers", "held", "difference")
        columns = {name: self.currency.to_major(getattr(self, name)) for name in names}
        return build_frame({"line": list(self.names), **columns}, like)

    def __repr__(self) -> str:
        """One line."""
        off = int(np.count_nonzero(self.difference))
        return f"TieOut({len(self.names)} lines, {'ties out' if self.ties else f'{off} do not tie out'})"


def _placed(layout: Waterfall) -> list[tuple[str, str]]:
    return [(step, name) for step, names in layout.steps.items() for name in names]


def _sign(step: str) -> int:
    return 1 if step == "list_sales" else -1


def _zeros(money: MoneyTable) -> IntArray:
    return np.zeros(len(money.customers), dtype=np.int64)


def _ratio(above: IntArray, below: IntArray) -> FloatArray:
    result = np.full(above.size, np.nan)
    np.divide(above, below, out=result, where=below > 0)
    return locked(result)


def _merged(tables: tuple[MoneyTable, ...]) -> MoneyTable:
    if not tables:
        raise InputError("ProfitAndLoss.from_lines", expected="at least one MoneyTable", got="none")
    first = tables[0]
    amounts: dict[str, IntArray] = {}
    faults: list[Fault] = []
    for table in tables:
        first.customers.require_same(table.customers, where="ProfitAndLoss.from_lines")
        if table.currency != first.currency:
            codes = f"{first.currency.code} and {table.currency.code}"
            raise AlignmentError("ProfitAndLoss.from_lines", expected="one currency", got=codes)
        faults += [Fault(f"line {name!r}", "in one table", "in two") for name in table.names if name in amounts]
        amounts |= table.amounts
    SchemaError.raise_for("ProfitAndLoss.from_lines", faults)
    return attrs.evolve(first, amounts=amounts)


def _missing_lines(money: MoneyTable, names: tuple[str, ...]) -> list[Fault]:
    missing = [name for name in dict.fromkeys(names) if name not in money]
    return [Fault(f"line {name!r}", f"one of {list(money.names)}", "no such line") for name in missing]
