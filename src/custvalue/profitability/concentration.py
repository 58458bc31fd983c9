"""How concentrated value is: the whale curve, Lorenz, Gini, dependence, and named rules of thumb."""

from __future__ import annotations

from functools import cached_property

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, FloatArray, IntArray, as_ints, float_array, locked
from custvalue._frames import FrameKind, build_frame
from custvalue.data import Currency, CustomerIndex, MoneyTable, ValueTable
from custvalue.errors import InputError
from custvalue.profitability._kernels import concentration as kernel

__all__ = ["PARETO_80_20", "SHERDEN_80_20_30", "ConcentrationCurve", "RuleOfThumb", "RuleResult"]


@attrs.frozen
class RuleOfThumb:
    """A saying about concentration, to be held against the data.

    Parameters
    ----------
    name
        What it is called.
    top
        Share of customers said to earn most, in (0, 1).
    earns
        Share of the final total they are said to earn.
    bottom
        Share of customers said to lose money, in [0, 1); 0 where the saying has no such part.
    loses
        Share of the top customers' earnings the bottom ones are said to lose.
    """

    name: str
    top: float
    earns: float
    bottom: float = 0.0
    loses: float = 0.0


PARETO_80_20 = RuleOfThumb("80/20", top=0.2, earns=0.8)
SHERDEN_80_20_30 = RuleOfThumb("80/20/30", top=0.2, earns=0.8, bottom=0.3, loses=0.5)


@attrs.frozen
class RuleResult:
    """A rule of thumb beside what the data say; NaN where the total is not positive.

    Parameters
    ----------
    rule
        The saying.
    earns
        Share of the total that the top customers earn here.
    loses
        Share of the top customers' earnings that the bottom ones lose here; 0 if they earn.
    """

    rule: RuleOfThumb
    earns: float
    loses: float

    @property
    def holds(self) -> bool:
        """Whether the data are at least as concentrated as the saying."""
        return self.earns >= self.rule.earns and self.loses >= self.rule.loses


@attrs.frozen(kw_only=True, eq=False, repr=False, slots=False)
class ConcentrationCurve(ArrayHolder):
    """Customers from the most to the least valuable, and what they add up to (the whale curve).

    Build it with :meth:`of`. Money is added up in whole minor units and turned into major units once, so that the last
    point is the total of the books and profits and losses that cancel leave zero. Shares of customers between two
    customers are read off the straight line between them, so that "the top 20 %" needs no rounding rule.

    Parameters
    ----------
    customers
        (n_customers,) from the largest value to the smallest; equal values stand in the order of their ids.
    values
        (n_customers,) finite, never rising.
    measure
        What the values are.
    minor
        (n_customers,) the values in whole minor units; None if they are not money.
    currency
        Of the minor units; None if they are not money.

    Raises
    ------
    InputError
        If there is no customer, a value is not finite, the values rise, or they are not the minor units given.

    Examples
    --------
    >>> customers = CustomerIndex(["a", "b", "c", "d"])
    >>> table = ValueTable(customers=customers, measures={"profit": [10.0, -20.0, 100.0, 30.0]})
    >>> curve = ConcentrationCurve.of(table, "profit")
    >>> curve.cumulative.tolist()
    [100.0, 130.0, 140.0, 120.0]
    >>> curve.peak, round(curve.peak_ratio, 4), curve.peak_share, curve.eroded
    (140.0, 1.1667, 0.75, 20.0)
    """

    customers: CustomerIndex
    values: FloatArray = float_array()
    measure: str = "profit"
    minor: IntArray | None = attrs.field(default=None, converter=attrs.converters.optional(as_ints), repr=False)
    currency: Currency | None = None

    def __attrs_post_init__(self) -> None:
        if self.values.size == 0 or self.values.size != len(self.customers):
            got = f"{self.values.size} values for {len(self.customers)} customers"
            raise InputError("ConcentrationCurve", expected="one value for each of 1 or more customers", got=got)
        if not np.isfinite(self.values).all() or (np.diff(self.values) > 0).any():
            hint = "Build it with ConcentrationCurve.of(table, measure); drop or fill missing values first."
            raise InputError("ConcentrationCurve", expected="finite values, never rising", got="others", hint=hint)
        if self.minor is not None or self.currency is not None:
            self._require_same_money()

    def _require_same_money(self) -> None:
        whole = self.minor is not None and self.currency is not None
        if not whole or not np.array_equal(self._in_major(self.minor), self.values):
            expected = "minor units with their currency, the same money as the values"
            raise InputError("ConcentrationCurve.minor", expected=expected, got="others")

    @classmethod
    def of(cls, table: ValueTable | MoneyTable, measure: str) -> ConcentrationCurve:
        """Sort the customers of a table by one measure.

        Parameters
        ----------
        table
            Values or money per customer; the order of its rows does not matter.
        measure
            The column; money is taken in major units.

        Raises
        ------
        InputError
            If a value is missing or infinite, saying how many are.
        """
        order, values = descending(table, measure)
        customers = table.customers.take(order)
        if not isinstance(table, MoneyTable):
            return cls(customers=customers, values=values, measure=measure)
        minor = table[measure][order]
        return cls(customers=customers, values=values, measure=measure, minor=minor, currency=table.currency)

    @cached_property
    def _curve(self) -> FloatArray:
        return locked(self._added_up(self.values, self.minor))

    def _added_up(self, values: FloatArray, minor: IntArray | None) -> FloatArray:
        """Heights of a curve, (n + 1,), from 0: money in whole minor units, turned into major units at the end."""
        return kernel.cumulative(values) if minor is None else self._in_major(kernel.cumulative_whole(minor))

    def _in_major(self, minor: IntArray | None) -> FloatArray:
        if minor is None or self.currency is None:
            return np.empty(0)
        return self.currency.to_major(minor)

    @property
    def cumulative(self) -> FloatArray:
        """Height of the curve after each customer, shape (n_customers,); the last is the total."""
        return locked(self._curve[1:].copy())

    @property
    def customer_share(self) -> FloatArray:
        """Share of customers counted so far, shape (n_customers,), in (0, 1]."""
        n = self.values.size
        return locked(np.arange(1, n + 1) / n)

    @property
    def total(self) -> float:
        """Sum of all values."""
        return float(self._curve[-1])

    @property
    def earned(self) -> float:
        """Sum of the positive values."""
        return float(self._curve[self._peak_at])

    @property
    def peak(self) -> float:
        """Highest point of the curve: the sum of the positive values; 0 if there is none."""
        return self.earned

    @property
    def peak_share(self) -> float:
        """Share of customers at the peak, in [0, 1]."""
        return self._peak_at / self.values.size

    @property
    def peak_ratio(self) -> float:
        """Peak / total, 1 or more; NaN where the total is not positive."""
        return self.peak / self.total if self.total > 0 else float("nan")

    @property
    def eroded(self) -> float:
        """What is lost after the peak, as a positive amount."""
        lost = self.values < 0
        if self.minor is None:
            return float(-self.values[lost].sum()) + 0.0
        return float(self._in_major(-self.minor[lost].sum(keepdims=True))[0])

    @property
    def n_profitable(self) -> int:
        """How many customers have a positive value."""
        return int(np.count_nonzero(self.values > 0))

    @property
    def _peak_at(self) -> int:
        return self.n_profitable

    def break_even_share(self, within: float = 0.0) -> float:
        """Share of customers whose value is within ``within`` of zero."""
        return float(np.count_nonzero(np.abs(self.values) <= within) / self.values.size)

    def top_share(self, share: float) -> float:
        """Share of the total earned by the top ``share`` of customers; NaN where the total is not positive.

        Raises
        ------
        InputError
            If ``share`` is outside [0, 1].
        """
        return self.top_amount(share) / self.total if self.total > 0 else float("nan")

    def top_amount(self, share: float) -> float:
        """Amount earned by the top ``share`` of customers."""
        if not 0.0 <= share <= 1.0:
            raise InputError("share", expected="a share from 0 to 1", got=repr(share))
        return kernel.height_at(self._curve, share)

    def bottom_amount(self, share: float) -> float:
        """Amount earned by the bottom ``share`` of customers; negative if they lose money."""
        return self.total - self.top_amount(1.0 - share)

    def top_k(self, k: int) -> float:
        """Share of the total that hangs on the ``k`` best customers (all of them, if there are fewer)."""
        if k < 1:
            raise InputError("ConcentrationCurve.top_k", expected="1 customer or more", got=repr(k))
        return float(self._curve[min(k, self.values.size)]) / self.total if self.total > 0 else float("nan")

    def share_reaching(self, share: float = 0.8) -> float:
        """Smallest share of customers that earns ``share`` of the total; NaN where the total is not positive."""
        return kernel.first_share_reaching(self._curve, share * self.total) if self.total > 0 else float("nan")

    def compare(self, rule: RuleOfThumb) -> RuleResult:
        """Hold a rule of thumb such as :data:`PARETO_80_20` against the data."""
        top = self.top_amount(rule.top)
        lost = max(0.0, -self.bottom_amount(rule.bottom)) if rule.bottom else 0.0
        return RuleResult(rule, self.top_share(rule.top), lost / top if top > 0 else float("nan"))

    @property
    def gini(self) -> float:
        """Gini coefficient, the textbook one, in [0, 1 - 1/n]; NaN if a value is negative or the total is zero."""
        return kernel.gini(self.values)

    @property
    def gini_normalised(self) -> float:
        """Gini coefficient defined with losses too, in [0, 1]; NaN for one customer or all zero.

        0: all equal. 1: one customer earns everything there is to earn and one bears every loss. Without losses it is
        :attr:`gini` x n / (n - 1).

        References
        ----------
        Raffinetti, Siletti and Vernizzi (2015), On the Gini coefficient normalization when attributes with
        negative values are considered, Statistical Methods & Applications 24(3).
        """
        return kernel.gini_normalised(self.values)

    @property
    def herfindahl(self) -> float:
        """Sum of squared shares of what is earned, in [1/n, 1]; losses are left out. NaN if nothing is earned."""
        return kernel.herfindahl(self.values)

    @property
    def stobachoff(self) -> float:
        """Stobachoff index, in [0, 1): how far the curve bulges above equal customers.

        Our definition: the area between the curve and the straight line to its end, divided by the box over all
        customers up to the peak. 0: all customers equal. NaN if the total is not positive.

        References
        ----------
        The curve: Storbacka (1994); van Raaij, Vernooij and van Triest (2003), Industrial Marketing Management 32.
        """
        return kernel.area_above_diagonal(self._curve) / self.peak if self.total > 0 else float("nan")

    @property
    def dependence(self) -> float:
        """How far earnings hang on few: :attr:`gini_normalised` of the profitable customers alone, in [0, 1]."""
        return kernel.gini_normalised(self.values[: self.n_profitable])

    @property
    def subsidy(self) -> float:
        """Share of earnings that pays for loss-making customers: :attr:`eroded` / :attr:`earned`, 0 or more."""
        return self.eroded / self.earned if self.earned > 0 else float("nan")

    def lorenz(self) -> tuple[FloatArray, FloatArray]:
        """Lorenz curve: cumulative share of customers, from the smallest value up, and of the total; (n + 1,) each.

        Raises
        ------
        InputError
            If the total is not positive: shares of it mean nothing.
        """
        if self.total <= 0:
            hint = "Read the curve in money: ConcentrationCurve.cumulative."
            raise InputError("ConcentrationCurve.lorenz", expected="a positive total", got=f"{self.total!r}", hint=hint)
        rising = self._added_up(self.values[::-1], None if self.minor is None else self.minor[::-1])
        return locked(np.arange(rising.size) / self.values.size), locked(rising / self.total)

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer, best first: customer, value, cumulative, customer_share, value_share (of the total)."""
        share = self.cumulative / self.total if self.total > 0 else np.full(self.values.size, np.nan)
        columns = {
            "customer": self.customers.ids,
            "value": self.values,
            "cumulative": self.cumulative,
            "customer_share": self.customer_share,
            "value_share": share,
        }
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        return (
            f"ConcentrationCurve({self.measure}: {self.values.size:,} customers, total {self.total:,.2f}, "
            f"peak {f'{self.peak_ratio:.2%}' if self.total > 0 else f'{self.peak:,.2f}'} "
            f"at {self.peak_share:.1%} of customers)"
        )


def descending(table: ValueTable | MoneyTable, measure: str) -> tuple[IntArray, FloatArray]:
    """Order customers from the largest value to the smallest, ties by id; return positions and sorted values.

    Raises
    ------
    InputError
        If a value is missing or infinite.
    """
    values = table.major(measure) if isinstance(table, MoneyTable) else table[measure]
    strange = int(np.count_nonzero(~np.isfinite(values)))
    if strange:
        hint = "Decide what a missing value is worth, or select the customers who have one."
        where = f"measure {measure!r}"
        raise InputError(where, expected="finite values", got=f"{strange:,} missing or infinite", hint=hint)
    order = np.lexsort((table.customers.ids, -values))
    return order, values[order]
