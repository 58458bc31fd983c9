"""BG/CNBD-k and MBG/CNBD-k: customers with regular habits, such as weekly shoppers or monthly refills."""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Protocol, Self, TypeAlias, TypeVar

import attrs
import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from custvalue._arrays import ArrayHolder, FloatArray, as_dates, check_lengths, float_array
from custvalue.clv._case_weights import CaseWeights, checked_weights
from custvalue.clv._drawing import Seed
from custvalue.clv._draws import ParameterDraws
from custvalue.clv._estimate import Estimate, LogNormalPrior, Prior, checked, estimate
from custvalue.clv._kernels.cnbd_k import ErlangGeometric
from custvalue.clv._kernels.likelihood import PurchaseKernel
from custvalue.clv._optimise import Problem
from custvalue.clv._purchases import FittedTransactions, PurchaseData, as_patterns, few_data_notes, pattern_problem
from custvalue.clv.posterior import Posterior
from custvalue.clv.processes import BGCNBDkProcess, MBGCNBDkProcess, PurchaseProcess
from custvalue.clv.resampling import Resampling
from custvalue.data import CustomerSummary, PurchaseTimes, TimeUnit
from custvalue.errors import InputError

__all__ = ["BGCNBDk", "FittedCNBDk", "MBGCNBDk", "TimedSummary"]

CNBDData: TypeAlias = "PurchaseData | TimedSummary"

_UNTIMED = "the log-likelihood leaves out the times between purchases; compare only fits of the same k"


class PurchaseLog(Protocol):
    """A log that knows the time of each purchase it summarises."""

    def summarize(self, *, unit: TimeUnit = ...) -> CustomerSummary:
        """Summarise each customer who bought."""
        ...

    def purchase_times(self) -> PurchaseTimes:
        """Give the time of every purchase of the summary."""
        ...


@attrs.frozen(kw_only=True, eq=False, repr=False)
class TimedSummary(ArrayHolder):
    """A summary and, for each customer, the sum of the logs of its times between purchases.

    Needed to compare regularities k by likelihood; with k given, a plain summary gives the same parameters.

    Parameters
    ----------
    summary
        The customers.
    log_gap_days
        (n_customers,) sum of ln(days between one purchase and the next), 0 without a repeat purchase.
    """

    summary: CustomerSummary
    log_gap_days: FloatArray = float_array()

    def __attrs_post_init__(self) -> None:
        check_lengths("TimedSummary", len(self.summary), {"log_gap_days": self.log_gap_days})
        if not bool(np.isfinite(self.log_gap_days).all()):
            raise InputError("TimedSummary.log_gap_days", expected="finite sums of logs", got="others")

    @classmethod
    def from_log(cls, log: PurchaseLog, /, *, unit: TimeUnit = TimeUnit.WEEK) -> TimedSummary:
        """Build from a log, purchases collapsed by day: gaps between weeks or months look regular by themselves.

        Parameters
        ----------
        log
            A :class:`~custvalue.engine.TransactionLog`, or what else has its ``summarize`` and ``purchase_times``.
        unit
            Unit of the ages.

        Raises
        ------
        InputError
            If nobody bought.
        """
        times = log.purchase_times()
        summary = log.summarize(unit=unit)
        return cls.from_purchases(summary, times.customers.ids[times.owner], times.at)

    @classmethod
    def from_purchases(cls, summary: CustomerSummary, customer: ArrayLike, day: ArrayLike) -> TimedSummary:
        """Build from the purchases themselves; several on one day are one purchase.

        Parameters
        ----------
        summary
            The customers.
        customer
            (n_purchases,) id of the customer of each purchase.
        day
            (n_purchases,) its date.

        Raises
        ------
        InputError
            If the purchases are not those the summary counted.
        """
        place = summary.customers.positions(customer)
        others = np.unique(np.asarray(customer)[place < 0])
        if others.size:
            raise InputError(
                "TimedSummary.from_purchases",
                expected="purchases of the customers of the summary",
                got=f"purchases of {others.size:,} others, e.g. {others[:5].tolist()}",
                hint="Leave out those acquired after the end of observation.",
            )
        days = as_dates(day).astype("datetime64[D]").astype(np.int64)
        table = np.unique(np.stack([place, days], axis=1), axis=0)
        same = table[1:, 0] == table[:-1, 0]
        gaps = np.diff(table[:, 1])[same].astype(np.float64)
        owner = table[1:, 0][same]
        n_gaps = np.bincount(owner, minlength=len(summary))
        wrong = np.flatnonzero(n_gaps != summary.n_purchases - 1)
        if len(wrong):
            raise InputError(
                "TimedSummary.from_purchases",
                expected="the purchases behind the summary, collapsed by day",
                got=f"another number for {len(wrong):,} customers, e.g. {summary.customers.ids[wrong[:5]].tolist()}",
            )
        logs = np.bincount(owner, weights=np.log(gaps), minlength=len(summary)).astype(np.float64)
        return cls(summary=summary, log_gap_days=logs)

    def __repr__(self) -> str:
        """One line."""
        return f"TimedSummary({self.summary!r})"

    def in_unit(self, unit: TimeUnit) -> TimedSummary:
        """Express ages in another unit; the facts stay as they are."""
        return attrs.evolve(self, summary=self.summary.in_unit(unit))


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FittedCNBDk(FittedTransactions):
    """A fitted :class:`BGCNBDk` or :class:`MBGCNBDk`.

    With k given, the times between purchases move the log-likelihood but not the parameters. A fit that counts them
    is drawn again from its :class:`TimedSummary`, or from the summary alone; the mode of such a posterior does not
    count them.

    Parameters
    ----------
    settings
        The model, with k.
    timed
        Whether the log-likelihood counts the times between purchases, so that it can be compared over k.
    """

    settings: BGCNBDk
    timed: bool

    def __repr__(self) -> str:
        return f"Fitted{type(self.settings).__name__}(k={self.k}, {self.estimate})"

    @property
    def k(self) -> int:
        """Regularity: 1 is purchases at random, larger is more regular."""
        return self.settings.chosen

    def row_log_likelihood(self, data: CNBDData, /) -> FloatArray:
        """Log-likelihood (n_rows,) of each customer, or of each pattern, as the fit counted it.

        Raises
        ------
        InputError
            If the fit counts the times between purchases and the data do not have them.
        """
        if not self.timed:
            return super().row_log_likelihood(_timeless(data, timed=False))
        if not isinstance(data, TimedSummary):
            hint = "The fit counts the times between purchases; without them its likelihood is another."
            raise InputError(f"{type(self).__name__}", expected="a TimedSummary", got=type(data).__name__, hint=hint)
        own = data.in_unit(self.unit)
        return super().row_log_likelihood(own.summary) + _of_times(self.k, own)

    def case_weights(self, data: CNBDData, /, *, weights: FloatArray | None = None) -> CaseWeights:
        """Give the likelihood of the data as a function of the weights of its rows."""
        plain = super().case_weights(_timeless(data, timed=self.timed), weights=weights)
        if not isinstance(data, TimedSummary):
            return plain
        return attrs.evolve(plain, problem=partial(self.settings.problem, data.in_unit(self.unit)))

    def redrawn(self, data: CNBDData, rng: np.random.Generator, /, *, weights: FloatArray | None = None) -> Problem:
        """Give the likelihood of customers as old as those of the data, drawn from this fit, without their times."""
        return super().redrawn(_timeless(data, timed=self.timed), rng, weights=weights)

    def posterior(
        self,
        data: CNBDData,
        /,
        prior: Prior,
        n_draws: int = 1_000,
        *,
        weights: FloatArray | None = None,
        seed: Seed,
    ) -> Posterior[Self]:
        """Draw from the posterior of the parameters; as the ``posterior`` of any fit."""
        drawn = self._posterior(self.case_weights(data, weights=weights), prior, n_draws, seed)
        if isinstance(data, TimedSummary) or not self.timed:
            return drawn
        return attrs.evolve(drawn, fitted=_untimed(drawn.fitted))

    def bootstrap(
        self,
        data: CNBDData,
        /,
        n_draws: int = 200,
        *,
        resampling: Resampling = Resampling.WEIGHTED,
        weights: FloatArray | None = None,
        seed: Seed,
    ) -> ParameterDraws:
        """Fit again and again to customers drawn again; as the ``bootstrap`` of any fit."""
        # the times between purchases move no parameter
        return super().bootstrap(
            _timeless(data, timed=self.timed), n_draws, resampling=resampling, weights=weights, seed=seed
        )


FittedT = TypeVar("FittedT", bound=FittedCNBDk)


def _untimed(fitted: FittedT) -> FittedT:
    """Say that the log-likelihood of a fit leaves out the times between purchases."""
    report = fitted.estimate.report
    notes = report.notes + ((_UNTIMED,) if fitted.k > 1 else ())
    found = attrs.evolve(fitted.estimate, report=attrs.evolve(report, notes=notes))
    return attrs.evolve(fitted, estimate=found, timed=False)


def _timeless(data: CNBDData, *, timed: bool) -> PurchaseData:
    """Take the summary of a timed one, where a fit counts the times between purchases."""
    if not isinstance(data, TimedSummary):
        return data
    if not timed:
        hint = "The fit counts no times between purchases: pass the .summary of the TimedSummary."
        raise InputError("FittedCNBDk", expected="a summary or patterns", got="TimedSummary", hint=hint)
    return data.summary


def _of_times(k: int, data: TimedSummary) -> FloatArray:
    """What the times between purchases add to the log-likelihood of each customer, (n_customers,)."""
    x = data.summary.frequency
    log_gaps = data.log_gap_days - x * float(np.log(data.summary.unit.days))
    rows: FloatArray = (k - 1.0) * log_gaps - x * float(special.gammaln(k))
    return rows


@attrs.frozen(kw_only=True)
class BGCNBDk:
    """The BG/CNBD-k model: :class:`BGNBD` with Erlang-k times between purchases.

    Parameters r, alpha (rate of events, of which every k-th is a purchase) and a, b (chance to leave).

    Parameters
    ----------
    k
        Regularity, 1 or more; None to choose by likelihood (times the prior), which needs a :class:`TimedSummary`. AIC
        and BIC do not count k, see :func:`~custvalue.clv.compare`.
    k_max
        Largest k tried; the report says if it is the one chosen.
    prior
        A prior for a posterior-mode fit; None for maximum likelihood.

    References
    ----------
    Platzer, M. & Reutterer, T. (2016), Ticking away the moments: timing regularity helps to better predict customer
    activity, Marketing Science 35(5). Expectations here are exact for every k.

    Examples
    --------
    >>> from custvalue.testing import example_summary
    >>> BGCNBDk(k=2).fit(example_summary()).k
    2
    """

    k: int | None = None
    k_max: int = 6
    prior: LogNormalPrior | None = None
    modified: ClassVar[bool] = False

    def __attrs_post_init__(self) -> None:
        if self.k is not None:
            _require_whole(f"{type(self).__name__}.k", self.k)
        _require_whole(f"{type(self).__name__}.k_max", self.k_max)

    @property
    def chosen(self) -> int:
        """The regularity.

        Raises
        ------
        InputError
            If it is still to be chosen.
        """
        if self.k is None:
            raise InputError(f"{type(self).__name__}.k", expected="k given", got="k=None")
        return self.k

    @property
    def kernel(self) -> PurchaseKernel:
        """Functions of arrays that make the model."""
        return ErlangGeometric(self.chosen, modified=self.modified)

    def process_at(self, theta: FloatArray, unit: TimeUnit, /) -> PurchaseProcess:
        """Give the model at log-parameters (n_params,), to draw customers from."""
        process = MBGCNBDkProcess if self.modified else BGCNBDkProcess
        return process(*np.exp(theta).tolist(), k=self.chosen, unit=unit)

    def problem(self, data: CNBDData, /, weights: FloatArray | None = None) -> Problem:
        """Give the likelihood problem behind the fit, its rows counted ``weights`` times; k must be given."""
        plain = data.summary if isinstance(data, TimedSummary) else data
        patterns = as_patterns(plain, f"{type(self).__name__}.fit", weights)
        problem = pattern_problem(self.kernel, patterns, f"{type(self).__name__}(k={self.chosen})")
        # the Jacobian of the time scale counts every one of the k events a purchase is made of
        problem = attrs.evolve(problem, offset=problem.offset * self.chosen)
        if not isinstance(data, TimedSummary):
            return problem
        constant = checked_weights(weights, len(data.summary)) @ _of_times(self.chosen, data)
        return attrs.evolve(problem, offset=problem.offset + float(constant))

    def fit(self, data: CNBDData, /, *, weights: FloatArray | None = None) -> FittedCNBDk:
        """Fit to a summary, to weighted patterns, or to a :class:`TimedSummary`, each row counted ``weights`` times.

        Raises
        ------
        InputError
            If k is to be chosen and the times between purchases are not there, or nobody came back.
        ConvergenceError
            If the search fails; the fit travels with the error.
        """
        where = f"{type(self).__name__}.fit"
        if self.k is not None:
            return checked(self._fit_one(self.k, data, weights))
        if not isinstance(data, TimedSummary):
            raise InputError(
                where,
                expected="times between purchases, to choose k",
                got=type(data).__name__,
                hint="Give k, or pass TimedSummary.from_log(log) to fit and use the k it chose.",
            )
        fits = [self._fit_one(k, data, weights) for k in range(1, self.k_max + 1)]
        best = checked(max(fits, key=lambda fit: fit.log_likelihood + fit.estimate.log_prior))
        return _largest_tried(best) if best.k == self.k_max > 1 else best

    def _fit_one(self, k: int, data: CNBDData, weights: FloatArray | None) -> FittedCNBDk:
        settings = attrs.evolve(self, k=k)
        timed = isinstance(data, TimedSummary)
        summary = data.summary if isinstance(data, TimedSummary) else data
        notes = few_data_notes(as_patterns(summary, type(self).__name__, weights))
        if not timed and k > 1:
            notes += (_UNTIMED,)
        found: Estimate = estimate(settings.problem(data, weights), self.prior, notes=notes)
        return FittedCNBDk(estimate=found, settings=settings, unit=summary.unit, timed=timed)


def _require_whole(where: str, value: object) -> None:
    if not (isinstance(value, int | np.integer) and value >= 1):
        raise InputError(where, expected="a whole number of 1 or more", got=repr(value))


def _largest_tried(fit: FittedCNBDk) -> FittedCNBDk:
    """Say in the report that k is as large as was allowed."""
    report = fit.diagnostics
    more = f"k = {fit.k} is the largest tried and customers may be more regular still: raise k_max"
    report = attrs.evolve(report, advice=(*report.advice, more))
    return attrs.evolve(fit, estimate=attrs.evolve(fit.estimate, report=report))


@attrs.frozen(kw_only=True)
class MBGCNBDk(BGCNBDk):
    """The MBG/CNBD-k model: as :class:`BGCNBDk`, but customers may also leave right after their first purchase.

    Parameters
    ----------
    k
        Regularity, 1 or more; None to choose by likelihood, which needs a :class:`TimedSummary`.
    k_max
        Largest k tried.
    prior
        A prior for a posterior-mode fit; None for maximum likelihood.
    """

    modified: ClassVar[bool] = True
