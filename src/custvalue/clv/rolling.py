"""Was it luck? One model fitted at several moments of the past, each fit judged by what followed it."""

from __future__ import annotations

from collections.abc import Iterable

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, DateArray, FloatArray, date_array
from custvalue._frames import Column, FrameKind, build_frame
from custvalue.clv._protocol import PurchaseModel, SpendModel
from custvalue.clv.evaluation import Evaluation, evaluate_purchases, evaluate_spend
from custvalue.data import CustomerSummary, Holdout
from custvalue.errors import InputError

__all__ = ["RollingEvaluation", "rolling_origin"]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class RollingEvaluation(ArrayHolder):
    """Forecasts made at several moments, each judged.

    Parameters
    ----------
    origins
        (n_origins,) last moment of each calibration, ascending.
    evaluations
        (n_origins,) how good the forecast made there was, beside those without a model.
    """

    origins: DateArray = date_array()
    evaluations: tuple[Evaluation, ...]

    @property
    def skill(self) -> FloatArray:
        """(n_origins,) share of the mean squared error of the best forecast without a model that the model saves.

        0 is no better than the baselines, negative is worse; NaN where a baseline makes no error. Squared, because
        the best guess of most customers' purchases in absolute terms is none at all.
        """
        best = np.array([min(naive.rmse for naive in one.baselines.values()) ** 2 for one in self.evaluations])
        ours = np.array([one.model.rmse**2 for one in self.evaluations])
        saved: FloatArray = 1.0 - np.divide(ours, best, out=np.full(ours.size, np.nan), where=best > 0)
        return saved

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row an origin and method: origin, n_customers, method and every measure, the model first."""
        rows = [
            (at, one.n_customers, method, accuracy)
            for at, one in zip(self.origins, self.evaluations, strict=True)
            for method, accuracy in {"model": one.model, **one.baselines}.items()
        ]
        measures = [accuracy.row() for *_, accuracy in rows]
        columns: dict[str, Column] = {
            "origin": np.array([at for at, *_ in rows]),
            "n_customers": np.array([n for _, n, *_ in rows]),
            "method": [method for _, _, method, _ in rows],
        }
        columns |= {name: np.array([row[name] for row in measures]) for name in measures[0]}
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        errors = ", ".join(
            f"{str(at)[:10]} MAE {one.model.mae:.4g}" for at, one in zip(self.origins, self.evaluations, strict=True)
        )
        return f"RollingEvaluation({self.evaluations[0].measure}: {errors})"


def rolling_origin(
    purchases: PurchaseModel,
    splits: Iterable[tuple[CustomerSummary, Holdout]],
    /,
    *,
    spend: SpendModel | None = None,
) -> RollingEvaluation:
    """Fit a model at several moments of the past and judge each fit by what followed.

    Parameters
    ----------
    purchases
        A purchase model.
    splits
        A summary and what followed it, for each moment; hold-outs of one length make measures comparable.
    spend
        A spend model to judge revenue, expected purchases times expected spend; None to judge numbers of purchases.

    Raises
    ------
    InputError
        If there is no split, two are at the same moment, or a hold-out does not start where its summary ends.
    ConvergenceError
        If a fit fails.

    Examples
    --------
    >>> from custvalue.clv import MBGNBD, MBGNBDProcess, simulate_log
    >>> from custvalue.data import ObservationWindow
    >>> year = ObservationWindow("2025-01-01", "2025-12-31")
    >>> log = simulate_log(MBGNBDProcess(0.6, 5.0, 0.8, 2.4), n_customers=500, window=year, seed=1)
    >>> quarters = [("2025-06-30", "2025-09-30"), ("2025-09-30", "2025-12-31")]
    >>> splits = [(log.summary(until=at), log.holdout(at, until=end)) for at, end in quarters]
    >>> rolling_origin(MBGNBD(), splits).skill.shape
    (2,)
    """
    judged: dict[np.datetime64, Evaluation] = {}
    for summary, holdout in splits:
        if summary.observed_until in judged:
            got = f"{summary.observed_until} twice"
            raise InputError("rolling_origin", expected="splits at different moments", got=got)
        fitted = purchases.fit(summary)
        judged[summary.observed_until] = (
            evaluate_purchases(fitted, summary, holdout)
            if spend is None
            else evaluate_spend(fitted, spend.fit(summary), summary, holdout)
        )
    if not judged:
        raise InputError("rolling_origin", expected="at least one split", got="none")
    origins = sorted(judged)
    return RollingEvaluation(origins=np.array(origins), evaluations=tuple(judged[at] for at in origins))
