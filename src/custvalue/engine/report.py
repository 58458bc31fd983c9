"""What became of every row and every cent of a log."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import attrs

from custvalue._frames import FrameKind, build_frame
from custvalue.data import Collapse, Currency, ObservationWindow
from custvalue.errors import ConservationError

__all__ = ["LogReport", "Reconciliation", "Removal", "Rounding", "SamePeriod", "Tally"]


@attrs.frozen
class Tally:
    """Rows and their amount.

    Parameters
    ----------
    rows
        How many.
    amount
        Sum in minor units.
    """

    rows: int = 0
    amount: int = 0

    def __add__(self, other: Tally) -> Tally:
        """Add rows and amounts."""
        return Tally(self.rows + other.rows, self.amount + other.amount)


@attrs.frozen
class Removal:
    """Rows that a policy took out.

    Parameters
    ----------
    policy
        The policy that did it, as it is typed: ``"missing_ids=MissingIds.DROP"``.
    reason
        Why, in words.
    rows
        How many rows.
    amount
        Their amount in minor units; 0 where the amount itself was unusable.
    """

    policy: str
    reason: str
    rows: int
    amount: int


@attrs.frozen
class Rounding:
    """What rounding to the minor unit changed, half to even, row by row.

    Parameters
    ----------
    rows
        Rows whose amount had a fraction of a minor unit.
    change
        Sum before rounding less sum after, in ten-thousandths of a minor unit.
    """

    rows: int = 0
    change: int = 0


@attrs.frozen(kw_only=True)
class SamePeriod:
    """What becomes of the rows once those of one customer and calendar period are taken together.

    Parameters
    ----------
    collapse
        The period.
    n_purchases
        Periods that count as a purchase: they net to more than zero, or all their rows are zero.
    purchases
        Their rows and amount.
    n_others
        Periods that net to zero or less: no purchase, but their money counts in the customer's total.
    others
        Their rows and amount.
    set_aside
        Refunds kept apart by ``Refunds.SEPARATE``; they are in no period.
    """

    collapse: Collapse
    n_purchases: int
    purchases: Tally
    n_others: int
    others: Tally
    set_aside: Tally = Tally()

    @property
    def merged(self) -> int:
        """Rows that were taken together with an earlier one of their customer and period."""
        return self.purchases.rows + self.others.rows - self.n_purchases - self.n_others

    def lines(self) -> Iterator[tuple[str, int, int]]:
        """Give item, rows and amount in minor units."""
        grain = self.collapse.value
        yield f"rows in purchases, by customer and {grain}", *_pair(self.purchases)
        yield f"rows in {grain}s that net to zero or less", *_pair(self.others)
        if self.set_aside.rows:
            yield "refunds set aside", *_pair(self.set_aside)

    def __str__(self) -> str:
        """One sentence."""
        grain = self.collapse.value
        rows = self.purchases.rows + self.others.rows
        text = f"rows of one customer and {grain} are one: {rows:,} rows make {self.n_purchases:,} purchases"
        if self.n_others:
            text += f" and {self.n_others:,} customer-{grain}s that net to zero or less, which are none"
        return text


def _pair(tally: Tally) -> tuple[int, int]:
    return tally.rows, tally.amount


@attrs.frozen(kw_only=True)
class LogDetails:
    """What a report says besides its sums.

    Parameters
    ----------
    currency
        Of every amount.
    window
        The observation window.
    has_amounts
        Whether the log has amounts at all.
    notes
        Facts a reader must know, in words.
    same_period
        What taking the rows of one customer and day together makes of them; None before that was counted.
    """

    currency: Currency
    window: ObservationWindow
    has_amounts: bool = True
    notes: tuple[str, ...] = ()
    same_period: SamePeriod | None = None


@attrs.frozen(kw_only=True, repr=False)
class LogReport:
    """What became of every row and every cent on the way into a log.

    Parameters
    ----------
    read
        Rows as they came, and the sum of their usable amounts.
    kept
        Rows in the log, and their amount.
    removals
        What policies took out, one entry a reason.
    purchases, zeros, refunds
        Of the rows kept: those with a positive, a zero and a negative amount.
    rounding
        What rounding to the minor unit changed.
    details
        Currency, window, what same-period collapse does, and facts a reader must know: how days were cut, whether
        the window was stated, customers born before it.

    Raises
    ------
    ConservationError
        If rows or amounts read are not those kept and removed, or if those kept are not those collapsed.
    """

    read: Tally
    kept: Tally
    removals: tuple[Removal, ...] = ()
    purchases: Tally = Tally()
    zeros: Tally = Tally()
    refunds: Tally = Tally()
    rounding: Rounding = Rounding()
    details: LogDetails

    def __attrs_post_init__(self) -> None:
        removed = self.removed
        if self.kept + removed != self.read:
            raise ConservationError(
                f"log report: {self.read} read, but {self.kept} kept and {removed} removed: a defect in custvalue"
            )
        same = self.same_period
        if same is not None and same.purchases + same.others + same.set_aside != self.kept:
            raise ConservationError(f"log report: {self.kept} kept, but {same!r} taken together: a defect in custvalue")

    @property
    def removed(self) -> Tally:
        """All rows removed, and their amount."""
        total = Tally()
        for item in self.removals:
            total += Tally(item.rows, item.amount)
        return total

    @property
    def currency(self) -> Currency:
        """Currency of every amount here."""
        return self.details.currency

    @property
    def window(self) -> ObservationWindow:
        """The observation window."""
        return self.details.window

    @property
    def notes(self) -> tuple[str, ...]:
        """Facts a reader must know, in words."""
        return self.details.notes

    @property
    def same_period(self) -> SamePeriod | None:
        """What taking the rows of one customer and day together makes of them."""
        return self.details.same_period

    def removed_by(self, policy: str) -> Tally:
        """Rows and amount removed by one policy, e.g. ``"missing_ids"``."""
        total = Tally()
        for item in self.removals:
            if item.policy.split("=")[0] == policy:
                total += Tally(item.rows, item.amount)
        return total

    def lines(self) -> Iterator[tuple[str, int, int]]:
        """Give item, rows and amount in minor units, in the order a reader wants them."""
        yield "rows read", self.read.rows, self.read.amount
        for item in self.removals:
            yield f"removed: {item.reason} ({item.policy})", item.rows, item.amount
        yield "rows kept", self.kept.rows, self.kept.amount
        yield "of these purchases", self.purchases.rows, self.purchases.amount
        yield "of these refunds", self.refunds.rows, self.refunds.amount
        yield "of these zero amounts", self.zeros.rows, self.zeros.amount
        if self.same_period is not None:
            yield from self.same_period.lines()

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row an item: item, rows, amount (major units).

        Parameters
        ----------
        like
            ``"pandas"``, ``"polars"`` or ``"arrow"``.
        """
        rows = list(self.lines())
        amounts = self.currency.to_major([amount for _, _, amount in rows])
        return build_frame(
            {"item": [item for item, _, _ in rows], "rows": [n for _, n, _ in rows], "amount": amounts}, like
        )

    def __repr__(self) -> str:
        """Several lines, one an item."""
        body = list(self.lines())
        width = max(len(item) for item, _, _ in body)
        text = [f"{item:<{width}}  {n:>13,}  {self._money(amount):>24}" for item, n, amount in body]
        return "\n".join([f"Transaction log, {self.window!r}", *text, *(f"note: {remark}" for remark in self.remarks)])

    def _money(self, amount: int) -> str:
        return self.currency.format(amount) if self.details.has_amounts else "-"

    @property
    def remarks(self) -> tuple[str, ...]:
        """All a reader must know: :attr:`notes`, same-period collapse and rounding, a sentence each."""
        remarks = list(self.notes)
        if self.same_period is not None:
            remarks.append(str(self.same_period))
        if self.rounding.rows:
            change = self.rounding.change / 10_000
            remarks.append(
                f"{self.rounding.rows:,} amounts had fractions of a minor unit and were rounded, half to even; "
                f"together {change:,.4f} minor units"
            )
        return tuple(remarks)

    def _repr_html_(self) -> str:
        cells = "".join(
            f"<tr><td>{escape(item)}</td><td style='text-align:right'>{n:,}</td>"
            f"<td style='text-align:right'>{escape(self._money(amount))}</td></tr>"
            for item, n, amount in self.lines()
        )
        remarks = "".join(f"<li>{escape(remark)}</li>" for remark in self.remarks)
        head = "<thead><tr><th>item</th><th>rows</th><th>amount</th></tr></thead>"
        return f"<table>{head}<tbody>{cells}</tbody></table><ul>{remarks}</ul>"


@attrs.frozen(kw_only=True, repr=False)
class Reconciliation:
    """From the rows as they came to a summary, to the cent. It cannot exist unless the sums agree.

    Parameters
    ----------
    read
        Rows as they came.
    removed
        What policies took out of the log.
    set_aside
        Refunds kept apart by ``Refunds.SEPARATE``.
    never_bought
        Rows of customers without a single purchase: they are in no summary.
    summarised
        Rows and amount of the customers in the summary.
    n_purchases
        Purchases in the summary: collapse periods with a purchase.
    n_never_bought
        Customers without a single purchase.
    currency
        Of every amount.
    """

    read: Tally
    removed: Tally
    set_aside: Tally
    never_bought: Tally
    summarised: Tally
    n_purchases: int
    n_never_bought: int
    currency: Currency

    def __attrs_post_init__(self) -> None:
        parts = self.removed + self.set_aside + self.never_bought + self.summarised
        if parts != self.read:
            raise ConservationError(
                f"summary: {self.read} read, but {parts} accounted for; this is a defect in custvalue"
            )

    def __repr__(self) -> str:
        """Several lines."""
        rows = (
            ("rows read", self.read),
            ("removed by policies", self.removed),
            ("refunds set aside", self.set_aside),
            (f"{self.n_never_bought:,} customers who never bought", self.never_bought),
            (f"in the summary, {self.n_purchases:,} purchases", self.summarised),
        )
        width = max(len(name) for name, _ in rows)
        return "\n".join(
            f"{name:<{width}}  {tally.rows:>13,}  {self.currency.format(tally.amount):>24}" for name, tally in rows
        )
