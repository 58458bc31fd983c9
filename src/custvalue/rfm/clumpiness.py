"""Clumpiness: whether purchases come in bursts or evenly."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from custvalue._arrays import ArrayHolder, FloatArray, IntArray, float_array
from custvalue._frames import FrameKind, build_frame
from custvalue.data import CustomerIndex, ObservationWindow, ValueTable
from custvalue.errors import InputError
from custvalue.rfm._kernels import clumps

__all__ = ["Clumpiness", "clumpiness"]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Clumpiness(ArrayHolder):
    """How clumped each customer's purchases are.

    Parameters
    ----------
    customers
        (n_customers,).
    values
        (n_customers,) in [0, 1]: 0 evenly spread over the window, 1 all in one burst; NaN without a purchase in it.
    n_periods
        Days of the window.
    """

    customers: CustomerIndex
    values: FloatArray = float_array()
    n_periods: int

    @property
    def table(self) -> ValueTable:
        """The measure ``"clumpiness"``, for ``RFMScorer(dimensions=RFMC).fit(summary, measures=...)``."""
        return ValueTable(customers=self.customers, measures={"clumpiness": self.values})

    def critical_value(self, n_purchases: int, level: float = 0.05, *, draws: int = 10_000, seed: int = 0) -> float:
        """Clumpiness that random purchases exceed with probability ``level``.

        Parameters
        ----------
        n_purchases
            Purchases of the customer, 1 to the days of the window.
        level
            Level of the test, in (0, 1).
        draws
            Simulated customers, each buying on ``n_purchases`` different days taken at random.
        seed
            Seed of the simulation.

        Raises
        ------
        InputError
            If there are more purchases than days, or the level is outside (0, 1).
        """
        if not (1 <= n_purchases <= self.n_periods and 0.0 < level < 1.0 and draws >= 1):
            got = f"{n_purchases} purchases, level {level}, {draws} draws"
            expected = f"1 to {self.n_periods} purchases, a level in (0, 1), a draw or more"
            raise InputError("Clumpiness.critical_value", expected=expected, got=got)
        rng = np.random.default_rng(seed)
        days = np.stack([rng.choice(self.n_periods, n_purchases, replace=False) for _ in range(draws)]) + 1.0
        starts = np.arange(draws + 1, dtype=np.int64) * n_purchases
        simulated = clumps.clumpiness(np.sort(days, axis=1).ravel(), starts, self.n_periods)
        return float(np.quantile(simulated, 1.0 - level, method="higher"))

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a customer: customer, clumpiness."""
        return build_frame({"customer": self.customers.ids, "clumpiness": self.values}, like)

    def __repr__(self) -> str:
        """One line."""
        return f"Clumpiness({len(self.customers):,} customers over {self.n_periods:,} days)"


def clumpiness(
    customers: CustomerIndex, ids: ArrayLike, times: ArrayLike, /, *, window: ObservationWindow
) -> Clumpiness:
    """Measure how clumped purchases are, from one row a purchase.

    Parameters
    ----------
    customers
        (n_customers,) whom to measure.
    ids
        (n_purchases,) customer of each purchase, in any order; ids not among ``customers`` are left out.
    times
        (n_purchases,) when; purchases of one day count once.
    window
        The days watched, the same for all customers. A purchase outside it is refused.

    Raises
    ------
    InputError
        If the lengths differ or a purchase lies outside the window.

    References
    ----------
    Zhang, Bradlow and Small (2013), New measures of clumpiness for incidence data, J. Applied Statistics 40; the
    entropy measure recommended there.

    Examples
    --------
    >>> days = np.datetime64("2026-01-01") + np.array([19, 39, 59, 79, 0, 1, 2, 3])
    >>> window = ObservationWindow("2026-01-01", "2026-04-09")
    >>> who = ["even"] * 4 + ["burst"] * 4
    >>> clumpiness(CustomerIndex(["even", "burst"]), who, days, window=window).values.round(4).tolist()
    [0.0, 0.8612]
    """
    who: NDArray[Any] = np.asarray(ids)
    day = np.asarray(times, dtype="datetime64[D]")
    if who.shape != day.shape or who.ndim != 1:
        raise InputError("clumpiness", expected="one time a purchase", got=f"shapes {who.shape} and {day.shape}")
    place: IntArray = (day - window.start.astype("datetime64[D]")).astype(np.int64) + 1
    outside = int(np.count_nonzero((place < 1) | (place > window.n_days)))
    if outside:
        expected = f"purchases from {str(window.start)[:10]} to {str(window.end)[:10]}"
        raise InputError("clumpiness", expected=expected, got=f"{outside:,} outside")
    at = customers.positions(who)
    key = np.unique(at[at >= 0] * (window.n_days + 1) + place[at >= 0])  # sorted by customer, then day, each day once
    owner, periods = np.divmod(key, window.n_days + 1)
    starts = np.searchsorted(owner, np.arange(len(customers) + 1))
    values = clumps.clumpiness(periods.astype(np.float64), starts, window.n_days)
    return Clumpiness(customers=customers, values=values, n_periods=window.n_days)
