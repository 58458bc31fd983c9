"""Repurchase rate: the share of customers who buy again within a window."""

from __future__ import annotations

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, DateArray, FloatArray, IntArray, date_array, int_array, locked
from custvalue._frames import FrameKind, build_frame
from custvalue.data import ValueSeries
from custvalue.errors import InputError
from custvalue.profitability._kernels import intervals

__all__ = ["RepurchaseRate"]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class RepurchaseRate(ArrayHolder):
    """For each period, how many of its buyers bought again within the periods after it.

    Build it with :meth:`of`.

    Parameters
    ----------
    periods
        (n_periods,) first day of each period whose buyers can be followed to the end of the window.
    buyers
        (n_periods,) customers who bought in the period.
    again
        (n_periods,) those of them who bought again within the window.
    window
        How many periods they are followed.

    Examples
    --------
    >>> from custvalue.data import CustomerIndex
    >>> spend = ValueSeries(
    ...     customers=CustomerIndex(["a", "b", "c"]),
    ...     periods=np.array(["2026-01", "2026-02", "2026-03"], dtype="datetime64[M]").astype("datetime64[D]"),
    ...     values=[[5.0, 0.0, 5.0], [5.0, 5.0, 0.0], [5.0, 0.0, 0.0]],
    ... )
    >>> RepurchaseRate.of(spend, window=2).rate.round(3).tolist()
    [0.667]
    """

    periods: DateArray = date_array()
    buyers: IntArray = int_array()
    again: IntArray = int_array()
    window: int

    @classmethod
    def of(cls, series: ValueSeries, /, *, window: int = 1) -> RepurchaseRate:
        """Follow the buyers of each period.

        Parameters
        ----------
        series
            Spend or purchases per customer and period; above 0 is a purchase.
        window
            Within how many periods after it another purchase counts.

        Raises
        ------
        InputError
            If the window is below 1 or leaves no period whose buyers can be followed.
        """
        bought = series.values > 0
        followed = bought.shape[1] - window
        if window < 1 or followed < 1:
            expected = f"a window from 1 to {bought.shape[1] - 1} periods"
            raise InputError("RepurchaseRate.of", expected=expected, got=repr(window))
        again = np.zeros_like(bought[:, :followed])
        for ahead in range(1, window + 1):
            again |= bought[:, ahead : ahead + followed]
        base = bought[:, :followed]
        return cls(
            periods=series.periods[:followed],
            buyers=base.sum(axis=0),
            again=(base & again).sum(axis=0),
            window=window,
        )

    @property
    def rate(self) -> FloatArray:
        """Share who bought again, (n_periods,); missing for a period without buyers."""
        result = np.full(self.buyers.size, np.nan)
        np.divide(self.again, self.buyers, out=result, where=self.buyers > 0)
        return locked(result)

    @property
    def overall(self) -> float:
        """Share over all periods together; NaN without buyers."""
        buyers = int(self.buyers.sum())
        return int(self.again.sum()) / buyers if buyers else float("nan")

    def interval(self, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """Wilson's interval of each rate, (n_periods,) each."""
        low, high = intervals.wilson(self.again.astype(np.float64), self.buyers.astype(np.float64), level)
        return locked(low), locked(high)

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a period: period, buyers, again, rate."""
        columns = {"period": self.periods, "buyers": self.buyers, "again": self.again, "rate": self.rate}
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        return f"RepurchaseRate({self.periods.size} periods, window {self.window}: {self.overall:.1%} bought again)"
