"""Purchases at given opportunities: the data of discrete models such as BG/BB."""

from __future__ import annotations

import enum

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, FloatArray, IntArray, as_ints, check_lengths, float_array, int_array
from custvalue._frames import FrameKind, build_frame
from custvalue.clv._settings import looked_up
from custvalue.data import CustomerIndex, ValueSeries
from custvalue.errors import InputError

__all__ = ["Acquisition", "Opportunities", "OpportunityPatterns"]


class Acquisition(enum.Enum):
    """When the customers of a periodic table became customers.

    FIRST_BOUGHT_PERIOD
        In the first period they bought in; opportunities start with the period after it.
    BEFORE
        All before the table starts; every period is an opportunity for everybody.
    """

    FIRST_BOUGHT_PERIOD = "first bought period"
    BEFORE = "before"


def _check(where: str, x: IntArray, t_x: IntArray, n: IntArray) -> None:
    fine = (x >= 0) & (x <= t_x) & (t_x <= n) & ((x > 0) | (t_x == 0))
    if not bool(fine.all()):
        at = int(np.flatnonzero(~fine)[0])
        raise InputError(
            where,
            expected="0 <= x <= t_x <= n, and t_x = 0 where x = 0",
            got=f"row {at}: x={x[at]}, t_x={t_x[at]}, n={n[at]}",
        )


@attrs.frozen(kw_only=True, eq=False, repr=False)
class OpportunityPatterns(ArrayHolder):
    """Distinct (x, t_x, n) with how many customers share each.

    Parameters
    ----------
    x
        (n_patterns,) opportunities bought at.
    t_x
        (n_patterns,) number of the last one bought at, 0 if none.
    n
        (n_patterns,) opportunities there were.
    weights
        (n_patterns,) customers.
    inverse
        (n_customers,) pattern of each customer, empty where the customers are not known.
    """

    x: IntArray = int_array()
    t_x: IntArray = int_array()
    n: IntArray = int_array()
    weights: FloatArray = float_array()
    inverse: IntArray = attrs.field(factory=lambda: np.zeros(0, dtype=np.int64), converter=as_ints)

    def __attrs_post_init__(self) -> None:
        check_lengths("OpportunityPatterns", len(self.x), {"t_x": self.t_x, "n": self.n, "weights": self.weights})
        _check("OpportunityPatterns", self.x, self.t_x, self.n)
        if not bool((np.isfinite(self.weights) & (self.weights >= 0)).all()):
            raise InputError("OpportunityPatterns.weights", expected="finite numbers of 0 or more", got="others")

    @property
    def n_customers(self) -> float:
        """Sum of the weights."""
        return float(self.weights.sum())

    def __repr__(self) -> str:
        """One line."""
        return f"OpportunityPatterns({len(self.x):,} patterns of {self.n_customers:,.0f} customers)"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Opportunities(ArrayHolder):
    """What each customer did with its opportunities to buy.

    Parameters
    ----------
    customers
        (n_customers,).
    x
        (n_customers,) opportunities bought at, after acquisition.
    t_x
        (n_customers,) number of the last one bought at, 0 if none.
    n
        (n_customers,) opportunities there were.

    Examples
    --------
    >>> import numpy as np
    >>> from custvalue.data import CustomerIndex, ValueSeries
    >>> years = np.array(["2001", "2002", "2003", "2004"], dtype="datetime64[Y]")
    >>> given = np.array([[20.0, 0, 20, 0], [0, 50, 50, 50]])
    >>> gifts = ValueSeries(customers=CustomerIndex(["Ada", "Ben"]), periods=years, values=given)
    >>> Opportunities.from_series(gifts).x.tolist()
    [1, 2]
    >>> Opportunities.from_series(gifts).n.tolist()
    [3, 2]
    """

    customers: CustomerIndex
    x: IntArray = int_array()
    t_x: IntArray = int_array()
    n: IntArray = int_array()

    def __attrs_post_init__(self) -> None:
        check_lengths("Opportunities", len(self.customers), {"x": self.x, "t_x": self.t_x, "n": self.n})
        _check("Opportunities", self.x, self.t_x, self.n)

    @classmethod
    def from_series(cls, series: ValueSeries, acquired: Acquisition = Acquisition.FIRST_BOUGHT_PERIOD) -> Opportunities:
        """Count from a table of values by period; a period with a value above 0 was bought in.

        Parameters
        ----------
        series
            Amounts or counts, one row a customer and one column a period.
        acquired
            When the customers became customers.

        Raises
        ------
        InputError
            If a customer has no bought period to be acquired in.
        """
        bought = series.values > 0
        n_periods = bought.shape[1]
        start = np.zeros(len(bought), dtype=np.int64)
        if acquired is Acquisition.FIRST_BOUGHT_PERIOD:
            never = ~bought.any(axis=1)
            if never.any():
                raise InputError(
                    "Opportunities.from_series",
                    expected="a bought period for each customer",
                    got=f"none for {int(never.sum()):,}, e.g. {series.customers.ids[never][:5].tolist()}",
                    hint="Leave them out, or pass acquired=Acquisition.BEFORE.",
                )
            start = bought.argmax(axis=1) + 1
        number = np.arange(1, n_periods + 1)
        counted = bought & (number > start[:, None])
        last = np.where(counted, number, 0).max(axis=1)
        return cls(
            customers=series.customers,
            x=counted.sum(axis=1),
            t_x=np.where(last > 0, last - start, 0),
            n=n_periods - start,
        )

    def of(self, customers: CustomerIndex, /) -> Opportunities:
        """Look up customers, in their order.

        Raises
        ------
        AlignmentError
            If some are not here.
        """
        if self.customers == customers:
            return self
        at = looked_up(self.customers, customers, "Opportunities")
        return attrs.evolve(self, customers=customers, x=self.x[at], t_x=self.t_x[at], n=self.n[at])

    def patterns(self) -> OpportunityPatterns:
        """Compress to distinct (x, t_x, n) with counts; lossless."""
        table = np.stack([self.x, self.t_x, self.n], axis=1)
        distinct, inverse, counts = np.unique(table, axis=0, return_inverse=True, return_counts=True)
        return OpportunityPatterns(
            x=distinct[:, 0],
            t_x=distinct[:, 1],
            n=distinct[:, 2],
            weights=counts.astype(np.float64),
            inverse=inverse.ravel(),
        )

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer: customer, x, t_x, n."""
        return build_frame({"customer": self.customers.ids, "x": self.x, "t_x": self.t_x, "n": self.n}, like)

    def __repr__(self) -> str:
        """One line."""
        return f"Opportunities({len(self.customers):,} customers, up to {int(self.n.max(initial=0))} opportunities)"
