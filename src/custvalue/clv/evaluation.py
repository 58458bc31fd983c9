"""Was the forecast any good? Predictions against what customers did in a hold-out, beside what needs no model."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import attrs
import numpy as np

from custvalue._arrays import (
    ArrayHolder,
    FloatArray,
    IntArray,
    as_floats,
    check_lengths,
    float_array,
    int_array,
    strings,
)
from custvalue._frames import Column, FrameKind, build_frame
from custvalue.clv._kernels import scoring as kernel
from custvalue.clv._protocol import FittedPurchases, FittedSpend
from custvalue.clv._result import CustomerValues
from custvalue.data import CustomerSummary, Holdout, Horizon, TimeUnit
from custvalue.data._kinds import require_kind
from custvalue.data._time import DAY_US
from custvalue.errors import InputError

__all__ = [
    "Accuracy",
    "Evaluation",
    "GroupTable",
    "HoldoutEvaluation",
    "accuracy",
    "by_frequency",
    "evaluate",
    "evaluate_purchases",
    "evaluate_spend",
    "naive_purchases",
]


@attrs.frozen(kw_only=True)
class Accuracy:
    """How far forecasts were off, and how well they ranked.

    Parameters
    ----------
    mae
        Mean absolute error.
    rmse
        Root mean squared error.
    bias
        Mean of forecast less actual; positive if too high.
    total_ratio
        Sum of forecasts over sum of actuals; NaN if nothing happened.
    gini
        Normalised Gini: 1 ranks customers perfectly, 0 is no information.
    intercept, slope
        Of the line of actuals on forecasts; (0, 1) is calibrated, a slope under 1 says the forecasts spread too far.
    top
        Pairs: a share of customers, and the share of all actual value held by that many of the highest forecasts.
    """

    mae: float
    rmse: float
    bias: float
    total_ratio: float
    gini: float
    intercept: float
    slope: float
    top: tuple[tuple[float, float], ...]

    def row(self) -> dict[str, float]:
        """All measures as columns."""
        plain = {name: float(getattr(self, name)) for name in _MEASURES}
        return plain | {f"top_{share:.0%}": captured for share, captured in self.top}


_MEASURES = ("mae", "rmse", "bias", "total_ratio", "gini", "intercept", "slope")


@attrs.frozen(kw_only=True, eq=False, repr=False)
class GroupTable(ArrayHolder):
    """Forecast and actual of groups of customers.

    Parameters
    ----------
    by
        What groups are made by.
    labels
        (n_groups,) names, in order.
    n_customers
        (n_groups,) sizes.
    predicted, actual
        (n_groups,) means; NaN for an empty group.
    """

    by: str
    labels: tuple[str, ...] = attrs.field(converter=strings)
    n_customers: IntArray = int_array()
    predicted: FloatArray = float_array()
    actual: FloatArray = float_array()

    def __attrs_post_init__(self) -> None:
        columns = {"n_customers": self.n_customers, "predicted": self.predicted, "actual": self.actual}
        check_lengths("GroupTable", len(self.labels), columns)

    @property
    def lift(self) -> FloatArray:
        """(n_groups,) mean actual of a group over that of all customers; NaN if nothing happened."""
        sums = np.where(self.n_customers > 0, self.n_customers * self.actual, 0.0)
        overall = float(sums.sum()) / max(int(self.n_customers.sum()), 1)
        ratio: FloatArray = self.actual / (overall if overall != 0 else np.nan)
        return ratio

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a group: the group, n_customers, predicted, actual, lift."""
        columns: dict[str, Column] = {
            self.by: list(self.labels),
            "n_customers": self.n_customers,
            "predicted": self.predicted,
            "actual": self.actual,
            "lift": self.lift,
        }
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        return f"GroupTable({len(self.labels)} groups by {self.by}, {int(self.n_customers.sum()):,} customers)"


def _named(value: Mapping[str, Accuracy]) -> Mapping[str, Accuracy]:
    return MappingProxyType(dict(value))


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Evaluation(ArrayHolder):
    """A forecast judged.

    Parameters
    ----------
    measure
        What was forecast.
    n_customers
        How many customers were judged.
    model
        Accuracy of the forecast.
    baselines
        Accuracy of what needs no model, by name.
    deciles
        Groups of equal size by forecast, the highest first; ties stay together.
    """

    measure: str
    n_customers: int
    model: Accuracy
    baselines: Mapping[str, Accuracy] = attrs.field(converter=_named)
    deciles: GroupTable

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a method: method and every measure, the model first."""
        methods = {"model": self.model, **self.baselines}
        rows = [one.row() for one in methods.values()]
        columns: dict[str, Column] = {"method": list(methods)}
        columns |= {name: [row[name] for row in rows] for name in rows[0]}
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        others = "".join(f"; {name} {one.mae:.4g}" for name, one in self.baselines.items())
        return (
            f"Evaluation({self.measure}, {self.n_customers:,} customers: MAE {self.model.mae:.4g}{others}; "
            f"RMSE {self.model.rmse:.4g}, Gini {self.model.gini:.3f}, total {self.model.total_ratio:.1%} of actual)"
        )


@attrs.frozen(kw_only=True, eq=False, repr=False)
class HoldoutEvaluation:
    """Both parts of a lifetime-value model judged by one hold-out.

    Parameters
    ----------
    purchases
        Forecast and actual number of purchases.
    spend
        Forecast and actual revenue: expected purchases times expected spend, not discounted, before margin.
    """

    purchases: Evaluation
    spend: Evaluation

    def __repr__(self) -> str:
        """Both."""
        return f"HoldoutEvaluation(\n  {self.purchases!r},\n  {self.spend!r},\n)"


def accuracy(predicted: FloatArray, actual: FloatArray, *, top: tuple[float, ...] = (0.01, 0.1, 0.2)) -> Accuracy:
    """Measure a forecast.

    Parameters
    ----------
    predicted, actual
        (n_customers,) in the same order.
    top
        Shares of customers whose captured value is wanted.

    Raises
    ------
    InputError
        If there are no customers, or a number is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> good = accuracy(np.array([0.0, 1.0, 3.0, 4.0]), np.array([0.0, 1.0, 2.0, 5.0]), top=(0.25,))
    >>> good.mae, good.bias, good.gini, good.top
    (0.5, 0.0, 1.0, ((0.25, 0.625),))
    """
    forecast, truth = as_floats(predicted), as_floats(actual)
    check_lengths("accuracy", forecast.size, {"actual": truth})
    if not forecast.size or not (np.isfinite(forecast).all() and np.isfinite(truth).all()):
        n_wrong = int((~np.isfinite(forecast)).sum() + (~np.isfinite(truth)).sum())
        got = f"{n_wrong:,} numbers that are not" if forecast.size else "no customers"
        hint = "An infinite forecast comes from a mean that does not exist; see the fit's diagnostics."
        raise InputError("accuracy", expected="finite forecasts and actuals", got=got, hint=hint)
    error = forecast - truth
    intercept, slope = kernel.calibration_line(truth, forecast)
    total = float(truth.sum())
    return Accuracy(
        mae=float(np.abs(error).mean()),
        rmse=float(np.sqrt((error**2).mean())),
        bias=float(error.mean()),
        total_ratio=float(forecast.sum()) / total if total != 0 else float("nan"),
        gini=kernel.normalised_gini(truth, forecast),
        intercept=intercept,
        slope=slope,
        top=tuple((share, kernel.captured_share(truth, forecast, share)) for share in top),
    )


def evaluate(
    predicted: CustomerValues,
    actual: FloatArray,
    /,
    *,
    baselines: Mapping[str, FloatArray] | None = None,
    n_groups: int = 10,
) -> Evaluation:
    """Judge a forecast against what happened, beside others.

    Parameters
    ----------
    predicted
        The forecast.
    actual
        (n_customers,) what happened, in the order of the forecast's customers.
    baselines
        Other forecasts of the same thing, by name; (n_customers,) each.
    n_groups
        Groups of the lift table.

    Raises
    ------
    InputError
        If lengths differ or a number is not finite.
    """
    truth = as_floats(actual)
    check_lengths("evaluate", len(predicted.customers), {"actual": truth})
    group = kernel.group_of_rank(predicted.values, n_groups)
    sizes, forecast = kernel.average_by_group(group, n_groups, predicted.values)
    return Evaluation(
        measure=predicted.measure,
        n_customers=truth.size,
        model=accuracy(predicted.values, truth),
        baselines={name: accuracy(other, truth) for name, other in (baselines or {}).items()},
        deciles=GroupTable(
            by="group",
            labels=[str(number) for number in range(1, n_groups + 1)],
            n_customers=sizes,
            predicted=forecast,
            actual=kernel.average_by_group(group, n_groups, truth)[1],
        ),
    )


def naive_purchases(
    summary: CustomerSummary, horizon: Horizon, /, *, hiatus: Horizon | None = None
) -> dict[str, FloatArray]:
    """Forecast purchases without a model.

    Parameters
    ----------
    summary
        The customers.
    horizon
        How far ahead.
    hiatus
        Customers silent for longer count as gone; a quarter of the longest history by default.

    Returns
    -------
    dict
        ``"own rate"``: each goes on buying as so far; ``"mean rate"``: all go on buying at the mean rate; ``"hiatus"``:
        own rate, unless silent for too long. (n_customers,) each.

    References
    ----------
    Wuebben, M. and von Wangenheim, F. (2008), "Instant Customer Base Analysis: Managerial Heuristics Often Get It
    Right", Journal of Marketing 72(3).
    """
    ages = summary.in_unit(TimeUnit.DAY).T
    repeats = summary.frequency
    own = np.divide(repeats, ages, out=np.zeros(ages.size), where=ages > 0) * horizon.days
    mean = np.full(ages.size, repeats.sum() / max(ages.sum(), 1e-300) * horizon.days)
    limit = 0.25 * float(ages.max(initial=0.0)) if hiatus is None else hiatus.days
    return {"own rate": own, "mean rate": mean, "hiatus": np.where(summary.days_since_last > limit, 0.0, own)}


def evaluate_purchases(fitted: FittedPurchases, summary: CustomerSummary, holdout: Holdout, /) -> Evaluation:
    """Judge forecasts of the number of purchases in a hold-out.

    Parameters
    ----------
    fitted
        Fitted to the calibration period.
    summary
        The calibration period.
    holdout
        What followed.

    Raises
    ------
    AlignmentError
        If the customers differ.
    InputError
        If the hold-out does not start where the calibration ends.
    """
    require_kind("evaluate_purchases", fitted, FittedPurchases, hint="Pass what model.fit(summary) returned.")
    horizon = _length(summary, holdout)
    predicted = fitted.expected_purchases(summary, horizon)
    naive = naive_purchases(summary, horizon)
    return evaluate(predicted, holdout.n_purchases.astype(np.float64), baselines=naive)


def evaluate_spend(
    purchases: FittedPurchases, spend: FittedSpend, summary: CustomerSummary, holdout: Holdout, /
) -> Evaluation:
    """Judge forecasts of what customers spent in a hold-out: expected purchases times expected spend.

    Parameters
    ----------
    purchases, spend
        Fitted to the calibration period.
    summary, holdout
        As for :func:`evaluate_purchases`.

    Raises
    ------
    AlignmentError, InputError
        As :func:`evaluate_purchases`; also if an expected spend is infinite.
    """
    horizon = _length(summary, holdout)
    each = spend.expected_spend(summary).values
    predicted = CustomerValues(
        customers=summary.customers,
        values=purchases.expected_purchases(summary, horizon).values * each,
        measure="spend",
        unit=summary.currency.code,
    )
    known = np.nan_to_num(summary.monetary_value, nan=float(np.nanmean(summary.monetary_value)))
    naive = {name: values * known for name, values in naive_purchases(summary, horizon).items()}
    return evaluate(predicted, summary.currency.to_major(holdout.total_amount), baselines=naive)


def by_frequency(
    predicted: CustomerValues, actual: FloatArray, summary: CustomerSummary, /, *, most: int = 7
) -> GroupTable:
    """Average forecast and actual by the number of repeat purchases before: the classic picture of fit.

    Parameters
    ----------
    predicted
        The forecast.
    actual
        (n_customers,) what happened.
    summary
        The calibration period.
    most
        Customers with this many repeat purchases or more are one group.

    Raises
    ------
    AlignmentError
        If forecast and summary are of different customers.
    InputError
        If ``actual`` has another length.
    """
    predicted.customers.require_same(summary.customers, where="by_frequency")
    truth = as_floats(actual)
    check_lengths("by_frequency", len(summary), {"actual": truth})
    group = np.minimum(summary.frequency, most).astype(np.int64)
    sizes, forecast = kernel.average_by_group(group, most + 1, predicted.values)
    return GroupTable(
        by="frequency",
        labels=[*(str(x) for x in range(most)), f"{most}+"],
        n_customers=sizes,
        predicted=forecast,
        actual=kernel.average_by_group(group, most + 1, truth)[1],
    )


def _length(summary: CustomerSummary, holdout: Holdout) -> Horizon:
    summary.customers.require_same(holdout.customers, where="evaluate (summary against hold-out)")
    gap = (holdout.starts - summary.observed_until).astype(np.int64) / DAY_US
    if not 0.0 <= gap <= 1.0:
        got = f"calibration to {summary.observed_until}, hold-out from {holdout.starts}"
        hint = "Split one log: calibration, holdout = log.split(day)."
        raise InputError("evaluate", expected="a hold-out that starts the day after", got=got, hint=hint)
    return Horizon(holdout.days, TimeUnit.DAY)
