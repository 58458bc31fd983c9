"""How many times its margin a customer is worth: the multiples of Gupta and Lehmann."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, FloatArray, float_array
from custvalue._frames import FrameKind, build_frame
from custvalue.clv._kernels.retention import margin_multiple as kernel
from custvalue.clv._settings import FirstMargin, check_finite, check_retention, whole_periods
from custvalue.data import DiscountRate, Horizon, TimeUnit, Timing
from custvalue.errors import InputError

__all__ = ["MarginMultiple", "MultipleTable"]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class MultipleTable(ArrayHolder):
    """Margin multiples over retentions and discount rates.

    Parameters
    ----------
    retentions
        (n_retentions,).
    rates
        (n_rates,) discount rates a period.
    values
        (n_retentions, n_rates) multiples.
    """

    retentions: FloatArray = float_array()
    rates: FloatArray = float_array()
    values: FloatArray = float_array(2)

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a retention and rate: retention, rate, multiple."""
        columns = {
            "retention": np.repeat(self.retentions, self.rates.size),
            "rate": np.tile(self.rates, self.retentions.size),
            "multiple": self.values.ravel(),
        }
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        return f"MultipleTable({self.retentions.size} retentions x {self.rates.size} rates)"


@attrs.frozen
class MarginMultiple:
    """Present value of a margin of 1 a period from a customer kept with a constant probability.

    Parameters
    ----------
    growth
        Growth of the margin a period, above -1.
    first_margin
        Whether the first margin already depends on a renewal.
    timing
        When in a period its margin comes.
    horizon
        How far to count; None is without end.
    period
        Period of retention, growth and margin.

    References
    ----------
    Gupta and Lehmann, *Managing Customers as Investments*, 2005, ch. 2: r / (1 + i - r), with growth
    r / (1 + i - r (1 + g)), with the first margin at once (1 + i) / (1 + i - r).

    Examples
    --------
    >>> rate = DiscountRate.annual(0.12)
    >>> round(MarginMultiple().of(0.9, discount=rate), 4)
    4.0909
    >>> now = MarginMultiple(first_margin=FirstMargin.CERTAIN, timing=Timing.START)
    >>> round(now.of(0.9, discount=rate), 4)
    5.0909
    """

    growth: float = 0.0
    first_margin: FirstMargin = FirstMargin.IF_RETAINED
    timing: Timing = Timing.END
    horizon: Horizon | None = None
    period: TimeUnit = TimeUnit.YEAR

    def __attrs_post_init__(self) -> None:
        check_finite("MarginMultiple.growth", self.growth)
        if self.growth <= -1.0:
            raise InputError("MarginMultiple.growth", expected="a growth above -1", got=repr(self.growth))

    def of(self, retention: float, *, discount: DiscountRate) -> float:
        """Multiple of one retention.

        Raises
        ------
        InputError
            If the retention is not in [0, 1), or the multiple has no bound.
        """
        return float(self.table([retention], [discount]).values[0, 0])

    def table(self, retentions: Sequence[float], discounts: Sequence[DiscountRate]) -> MultipleTable:
        """Multiples of several retentions at several discount rates.

        Raises
        ------
        InputError
            If a retention is not in [0, 1), or a multiple has no bound.
        """
        keep = np.array(retentions, dtype=np.float64)
        for retention in keep:
            check_retention("MarginMultiple.retention", float(retention))
        rates = np.array([discount.per(self.period) for discount in discounts])
        n_periods = whole_periods(self.horizon, self.period, "MarginMultiple.horizon")
        renewals = self.first_margin.renewals
        values = kernel(keep[:, np.newaxis], rates, self.growth, n_periods, self.timing.offset, renewals)
        if np.isinf(values).any():
            hint = "Give a horizon, or a growth below (1 + discount) / retention - 1."
            got = f"growth {self.growth:g}"
            raise InputError(
                "MarginMultiple", expected="1 + discount above retention x (1 + growth)", got=got, hint=hint
            )
        return MultipleTable(retentions=keep, rates=rates, values=values)
