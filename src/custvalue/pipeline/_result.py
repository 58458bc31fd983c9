"""What a valuation is: one row a customer, every column knowing where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import attrs
import numpy as np

from custvalue._arrays import LabelArray
from custvalue._frames import Column, FrameKind, build_frame
from custvalue.costing import Allocation, Trace
from custvalue.data import Currency, CustomerIndex, CustomerSummary, MoneyTable, ValueTable
from custvalue.engine import LogReport
from custvalue.errors import InputError
from custvalue.pipeline._steps import COST_PREFIX, N_PURCHASES, LifetimeParts
from custvalue.portfolio import Classification
from custvalue.profitability import ConcentrationCurve, ProfitAndLoss
from custvalue.rfm import RFMScores

__all__ = ["CustomerValuation", "Facts"]

NO_PURCHASE = "no purchase"


@attrs.frozen(kw_only=True, eq=False)
class Facts:
    """What the log said.

    Parameters
    ----------
    report
        What became of every row.
    summary
        The customers with a purchase.
    like
        Frame library of the caller.
    margin_known
        Whether product cost was known, by a margin or by the log's direct cost.
    terms
        What was assumed, in words: the margin, and over which time and at which rate lifetime values look ahead.
    """

    report: LogReport
    summary: CustomerSummary
    like: FrameKind = "pandas"
    margin_known: bool = True
    terms: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class CustomerValuation:
    """Every customer of a log, valued.

    Parameters
    ----------
    facts
        The log's report and summary.
    account
        Profit and loss, all customers of the log.
    scores
        RFM scores of the customers with a purchase.
    classification
        Class of every customer.
    table
        All numbers as named measures, with their origins; NaN where a customer has none.
    lifetime
        The fitted lifetime-value model and its predictions, or None if it was left out.
    allocation
        The allocated costs, or None.
    """

    facts: Facts
    account: ProfitAndLoss
    scores: RFMScores
    classification: Classification
    table: ValueTable
    lifetime: LifetimeParts | None = None
    allocation: Allocation | None = None

    @property
    def customers(self) -> CustomerIndex:
        """All customers of the log."""
        return self.table.customers

    @property
    def currency(self) -> Currency:
        """Of all money columns."""
        return self.account.currency

    @property
    def report(self) -> LogReport:
        """What became of every row of the log."""
        return self.facts.report

    @property
    def money(self) -> MoneyTable:
        """The account's rows, exact to the minor unit."""
        return self.account.money

    @property
    def segments(self) -> LabelArray:
        """RFM segment of every customer, (n_customers,)."""
        return self._labels(self.scores.segments)

    @property
    def tiers(self) -> LabelArray:
        """Portfolio class of every customer, (n_customers,)."""
        return self.classification.labels

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know before using the numbers, a sentence each; empty if there is nothing to say."""
        found = []
        if not self.facts.margin_known:
            found.append("no margin and no direct cost are known: all revenue counts as margin")
        if self.allocation is not None and self.allocation.unallocated.total:
            held = ", ".join(f"{each.pool}: {each.reason.value}" for each in self.allocation.held if each.amount)
            amount = self.currency.format(self.allocation.unallocated.total)
            found.append(f"{amount} of the costs were charged to nobody ({held})")
        found += self.allocation.remarks if self.allocation is not None else ()
        return (*found, *(self.lifetime.notes if self.lifetime else ()))

    def origin(self, column: str) -> str:
        """Say where a column comes from.

        Raises
        ------
        InputError
            If there is no such column.
        """
        origins = self.origins
        if column not in origins:
            raise InputError("origin", expected=f"one of {list(origins)}", got=repr(column))
        return origins[column]

    @property
    def origins(self) -> Mapping[str, str]:
        """Where each column of :meth:`to_frame` comes from, in words."""
        scheme = self.classification.scheme.name
        texts = {
            "customer": "ids of the log, accounts folded into customers",
            "segment": "segment rules on the RFM scores",
            "tier": f"{scheme}, cuts learnt on these customers",
            "relationship": f"{scheme}, recommended relationship of the tier",
            "strategy": f"{scheme}, recommended strategy of the tier",
            "focus": f"{scheme}, recommended focus of the tier",
        }
        return {name: {**texts, **self.table.origins}[name] for name in self._columns()}

    def concentration(self, measure: str = "contribution") -> ConcentrationCurve:
        """The whale curve of a row of the account, or of any measure of the table."""
        source = self.money if measure in self.money else self.table
        return ConcentrationCurve.of(source, measure)

    def trace(self, customer: str | int) -> Trace:
        """Which pool, through which activity and driver, at which rate, gave which cost.

        Raises
        ------
        InputError
            If no cost was allocated, or there is no such customer.
        """
        if self.allocation is None:
            hint = "Valuation(allocation=...).run(log, costs=..., drivers=...)."
            raise InputError("trace", expected="allocated costs", got="a valuation without costs", hint=hint)
        return self.allocation.trace(customer)

    def to_frame(self, like: FrameKind | None = None) -> object:
        """One row a customer, in the caller's own frame library unless another is named.

        Columns: customer, every measure of :attr:`table`, segment, tier, relationship, strategy, focus.
        """
        return build_frame(self._columns(), like or self.facts.like)

    def highlights(self) -> dict[str, str]:
        """The handful of figures a reader wants first, as text."""
        money = self.currency.format
        profit = self.account.contribution
        curve = self.concentration()
        cost = int(self.account.row("cost_to_serve").sum())
        lines = {
            "customers": f"{len(self.customers):,}",
            "with a purchase": f"{len(self.facts.summary):,}",
            "net revenue": money(int((self.account.gross_margin + self.account.row("product_cost")).sum())),
            "product cost": money(int(self.account.row("product_cost").sum())),
            "allocated cost": money(cost),
            "profit": money(int(profit.sum())),
            "loss-making customers": f"{int(np.count_nonzero(profit < 0)):,}",
            "profit at the whale curve's peak": money(round(curve.peak * self.currency.scale)),
        }
        if self.allocation is not None:
            lines["cost left unallocated"] = money(self.allocation.costs.total - cost)
        if self.lifetime is not None:
            worth = np.nan_to_num(self.table["lifetime_value"]) * self.currency.scale
            lines["customer equity (sum of lifetime values)"] = money(int(np.rint(worth).astype(np.int64).sum()))
        return lines | dict(self.facts.terms)

    def tier_summary(self, like: FrameKind = "pandas") -> object:
        """One row a tier, and one for customers without a tier if there are any: tier, customers, sums, strategy."""
        codes, scheme = self.classification.codes, self.classification.scheme
        counts = np.bincount(codes, minlength=len(scheme.labels))
        shown = [code for code in range(len(scheme.labels)) if counts[code] or code < len(scheme.policies)]
        columns: dict[str, Column] = {"tier": [scheme.labels[code] for code in shown], "customers": counts[shown]}
        for name in ("revenue", "profit", "lifetime_value"):
            if name in self.table:
                sums = np.bincount(codes, weights=np.nan_to_num(self.table[name]), minlength=len(scheme.labels))
                columns[name] = sums[shown]
        strategies = [*(policy.strategy for policy in scheme.policies), ""]
        columns["strategy"] = [strategies[code] for code in shown]
        return build_frame(columns, like)

    def _columns(self) -> dict[str, Column]:
        columns: dict[str, Column] = {"customer": self.customers.ids, **self.table.measures}
        columns[N_PURCHASES] = self.table[N_PURCHASES].astype(np.int64)
        if self.scores.segment is not None:
            columns["segment"] = self.segments
        columns["tier"] = self.tiers
        policies = self.classification.scheme.policies
        for name in ("relationship", "strategy", "focus"):
            texts = np.array([*(getattr(policy, name) for policy in policies), ""])
            columns[name] = texts[self.classification.codes]
        return columns

    def _labels(self, known: LabelArray) -> LabelArray:
        at = self.customers.positions(self.scores.customers.ids)
        wide = np.full(len(self.customers), NO_PURCHASE, dtype=np.promote_types(known.dtype, f"<U{len(NO_PURCHASE)}"))
        wide[at] = known
        return wide

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td style='text-align:right'>{escape(text)}</td></tr>"
            for name, text in self.highlights().items()
        )
        items = "".join(f"<li>{escape(text)}</li>" for text in self.notes)
        return f"<table><tbody>{rows}</tbody></table><ul>{items}</ul>"

    def __repr__(self) -> str:
        """One line."""
        profit = self.currency.format(int(self.account.contribution.sum()))
        return (
            f"CustomerValuation({len(self.customers):,} customers, profit {profit}, {self.classification.scheme.name})"
        )


def cost_origins(allocation: Allocation) -> dict[str, str]:
    """Where each allocated-cost column comes from."""
    method = allocation.method
    return {COST_PREFIX + name: f"pool {name!r} allocated by {method.id}" for name in allocation.costs.names}
