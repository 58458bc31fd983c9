"""How many contracts were renewed and how many ended, by age: all a model of contracts needs."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np
from numpy.typing import ArrayLike

from custvalue._arrays import ArrayHolder, BoolArray, FloatArray, IntArray, as_ints, float_array
from custvalue._frames import FrameKind, build_frame
from custvalue.data import CustomerSummary, TimeUnit
from custvalue.errors import InputError

__all__ = ["ContractStates", "RenewalCounts"]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class RenewalCounts(ArrayHolder):
    """Contracts by age and fate.

    Parameters
    ----------
    lost
        (n_renewals,) contracts that were not renewed at their first, second, ... renewal.
    kept
        (n_renewals + 1,) contracts still running after 0, 1, ... renewals when last seen.
    period
        Time between renewals.

    Raises
    ------
    InputError
        If a count is negative or missing, or the lengths do not fit.

    Examples
    --------
    >>> counts = RenewalCounts.from_survivors([1000, 869, 743])
    >>> counts.lost.tolist(), counts.kept.tolist(), round(counts.retention, 4)
    ([131.0, 126.0], [0.0, 0.0, 743.0], 0.8625)
    """

    lost: FloatArray = float_array()
    kept: FloatArray = float_array()
    period: TimeUnit = TimeUnit.YEAR

    def __attrs_post_init__(self) -> None:
        if self.kept.size != self.lost.size + 1 or self.lost.size == 0:
            got = f"{self.lost.size} and {self.kept.size}"
            raise InputError("RenewalCounts", expected="n >= 1 counts lost and n + 1 kept", got=got)
        counts = np.concatenate([self.lost, self.kept])
        if not bool(np.all(np.isfinite(counts) & (counts >= 0.0))):
            raise InputError("RenewalCounts", expected="counts of 0 or more", got=f"least {np.min(counts)!r}")

    @classmethod
    def from_survivors(cls, survivors: ArrayLike, *, period: TimeUnit = TimeUnit.YEAR) -> RenewalCounts:
        """Take one cohort: how many are left after 0, 1, 2, ... renewals.

        Raises
        ------
        InputError
            If the cohort grows, or has fewer than two numbers.
        """
        return cls.from_cohorts({"cohort": survivors}, period=period)

    @classmethod
    def from_cohorts(cls, cohorts: Mapping[str, ArrayLike], *, period: TimeUnit = TimeUnit.YEAR) -> RenewalCounts:
        """Pool cohorts of any ages: name to how many are left after 0, 1, 2, ... renewals.

        Raises
        ------
        InputError
            Naming the cohorts that grow or are too short.
        """
        tables = {name: np.atleast_1d(np.asarray(left, dtype=np.float64)) for name, left in cohorts.items()}
        if not tables:
            raise InputError("RenewalCounts.from_cohorts", expected="at least one cohort", got="none")
        for name, left in tables.items():
            _check_cohort(name, left)
        n = max(left.size for left in tables.values()) - 1
        lost, kept = np.zeros(n), np.zeros(n + 1)
        for left in tables.values():
            lost[: left.size - 1] -= np.diff(left)
            kept[left.size - 1] += left[-1]
        return cls(lost=lost, kept=kept, period=period)

    @classmethod
    def from_individuals(
        cls, renewals: ArrayLike, churned: ArrayLike, *, period: TimeUnit = TimeUnit.YEAR
    ) -> RenewalCounts:
        """Take one row a contract.

        Parameters
        ----------
        renewals
            (n_contracts,) renewals each has seen, whole numbers of 0 or more.
        churned
            (n_contracts,) whether it then ended (at the next renewal), or is still running.
        period
            Time between renewals.

        Raises
        ------
        InputError
            If lengths differ or a number of renewals is not a whole number of 0 or more.
        """
        seen, gone = as_ints(renewals), np.asarray(churned, dtype=np.bool_)
        where = "RenewalCounts.from_individuals"
        if seen.shape != gone.shape or seen.size == 0:
            got = f"{seen.size} and {gone.size} rows"
            raise InputError(where, expected="renewals and churned of every contract", got=got)
        if int(seen.min()) < 0:
            raise InputError(where, expected="renewals of 0 or more", got=str(int(seen.min())))
        n = max(int(seen.max()) + 1, 1)
        lost = np.bincount(seen[gone], minlength=n)[:n].astype(np.float64)
        kept = np.bincount(seen[~gone], minlength=n + 1).astype(np.float64)
        return cls(lost=lost, kept=kept, period=period)

    @property
    def n_contracts(self) -> float:
        """Contracts in all."""
        return float(self.lost.sum() + self.kept.sum())

    @property
    def at_risk(self) -> FloatArray:
        """Contracts that came to their first, second, ... renewal and whose fate is known, (n_renewals,)."""
        later_lost = np.cumsum(self.lost[::-1])[::-1]
        later_kept = np.cumsum(self.kept[::-1])[::-1][1:]
        total: FloatArray = later_lost + later_kept
        return total

    @property
    def retention(self) -> float:
        """Renewals over renewals due, all ages thrown together: the constant retention rate."""
        return 1.0 - float(self.lost.sum() / self.at_risk.sum())

    @property
    def retention_by_age(self) -> FloatArray:
        """Observed retention at the first, second, ... renewal, (n_renewals,); NaN where none was due."""
        rates = np.full(self.lost.size, np.nan)
        np.divide(self.at_risk - self.lost, self.at_risk, out=rates, where=self.at_risk > 0.0)
        return rates

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a renewal: renewal (from 1), at_risk, lost, retention."""
        columns = {
            "renewal": np.arange(1, self.lost.size + 1),
            "at_risk": self.at_risk,
            "lost": self.lost,
            "retention": self.retention_by_age,
        }
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        return (
            f"RenewalCounts({self.n_contracts:,.0f} contracts, {self.lost.size} renewals a {self.period.value} "
            f"apart, {self.lost.sum():,.0f} lost)"
        )


def _check_cohort(name: str, left: FloatArray) -> None:
    where = f"cohort {name!r}"
    if left.ndim != 1 or left.size < 2:
        raise InputError(where, expected="customers left after 0, 1, ... renewals", got=f"shape {left.shape}")
    if not bool(np.all(np.isfinite(left) & (left >= 0.0))):
        raise InputError(where, expected="counts of 0 or more", got=f"{left.tolist()}")
    grown = np.flatnonzero(np.diff(left) > 0.0)
    if grown.size:
        at = int(grown[0])
        hint = "New customers open a cohort of their own."
        got = f"{left[at]:g} growing to {left[at + 1]:g} at renewal {at + 1}"
        raise InputError(where, expected="a cohort that never grows", got=got, hint=hint)


@attrs.frozen
class ContractStates:
    """Read contracts off a purchase summary: one payment a period, and a payment overdue means the end.

    Parameters
    ----------
    period
        Time between payments.
    grace
        How much overdue, as a share of a period, a payment may be before the contract counts as ended.

    Examples
    --------
    >>> ContractStates(TimeUnit.MONTH).grace
    0.5
    """

    period: TimeUnit = TimeUnit.YEAR
    grace: float = 0.5

    def __attrs_post_init__(self) -> None:
        if not self.grace >= 0.0:
            raise InputError("ContractStates.grace", expected="a share of 0 or more", got=repr(self.grace))

    def renewals(self, summary: CustomerSummary, /) -> IntArray:
        """Renewals each customer has made, (n_customers,): periods between first and last payment, rounded."""
        between = (summary.last_at - summary.first_at) / np.timedelta64(1, "D")
        return np.rint(between / self.period.days).astype(np.int64)

    def churned(self, summary: CustomerSummary, /) -> BoolArray:
        """Tell whose payment is overdue beyond the grace, (n_customers,)."""
        return np.asarray(summary.days_since_last > (1.0 + self.grace) * self.period.days, dtype=np.bool_)

    def counts(self, summary: CustomerSummary, /) -> RenewalCounts:
        """Count the contracts of a summary by age and fate."""
        return RenewalCounts.from_individuals(self.renewals(summary), self.churned(summary), period=self.period)
