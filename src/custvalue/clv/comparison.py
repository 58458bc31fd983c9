"""Which of several fits to the same customers: information criteria and likelihood-ratio tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs
import numpy as np
from scipy import special

from custvalue._frames import FrameKind, build_frame
from custvalue.clv._estimate import Estimate, SupportsEstimate
from custvalue.clv._protocol import SupportsParts
from custvalue.clv.cnbd_k import FittedCNBDk
from custvalue.clv.intervals import SupportsIntervals
from custvalue.data._kinds import require_kind
from custvalue.errors import InputError

__all__ = ["Comparison", "LikelihoodRatioTest", "compare", "likelihood_ratio_test"]


@attrs.frozen(kw_only=True)
class Comparison:
    """Fits side by side, best AIC first.

    Parameters
    ----------
    names
        What the fits are called.
    fits
        The fits.
    """

    names: tuple[str, ...]
    fits: tuple[SupportsEstimate, ...]

    @property
    def best(self) -> str:
        """Name of the fit with the lowest AIC."""
        return self.names[0]

    @property
    def note(self) -> str:
        """What qualifies the order; empty if nothing does."""
        return _penalised_note(dict(zip(self.names, self.fits, strict=True)))

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a fit: model, n_params, log_likelihood, aic, bic, aic_weight, converged, boundary.

        ``aic_weight`` is the relative likelihood of the model given the data, summing to 1.
        """
        estimates = [fit.estimate for fit in self.fits]
        aic = np.array([estimate.aic for estimate in estimates])
        weight = np.exp(-0.5 * (aic - aic.min()))
        columns = {
            "model": np.array(self.names),
            "n_params": np.array([len(estimate.names) for estimate in estimates]),
            "log_likelihood": np.array([estimate.log_likelihood for estimate in estimates]),
            "aic": aic,
            "bic": np.array([estimate.bic for estimate in estimates]),
            "aic_weight": weight / weight.sum(),
            "converged": np.array([estimate.report.converged for estimate in estimates]),
            "boundary": np.array([", ".join(estimate.report.boundary) for estimate in estimates]),
        }
        return build_frame(columns, like)

    def __repr__(self) -> str:
        """One line."""
        scores = ", ".join(f"{n} {f.estimate.aic:,.2f}" for n, f in zip(self.names, self.fits, strict=True))
        return f"Comparison(AIC: {scores}{'; ' if self.note else ''}{self.note})"


def compare(fits: Sequence[SupportsEstimate] | Mapping[str, SupportsEstimate], /) -> Comparison:
    """Order fits to the same customers by AIC.

    Parameters
    ----------
    fits
        Fitted models, or a mapping of names to them.

    Raises
    ------
    InputError
        If there is none, one is no fit or has parameters set by hand, they were fitted to different numbers of
        customers, to data of different kinds or in different units of time or money, or the likelihood of one leaves
        out the times between purchases (a CNBD-k with k > 1 fitted without them) and that of another does not.

    Notes
    -----
    AIC and BIC count the continuous parameters. The k of a CNBD-k is not counted, chosen by likelihood or not: it is
    a whole number, found exactly once the data are many, so that choosing it gains next to nothing by chance.

    Examples
    --------
    >>> import numpy as np
    >>> from custvalue.clv.bg_nbd import BGNBD, MBGNBD
    >>> from custvalue.data import PurchasePatterns
    >>> x, t_x = np.array([0.0, 1, 2, 3, 6]), np.array([0.0, 5, 20, 30, 38])
    >>> data = PurchasePatterns(x=x, t_x=t_x, T=np.full(5, 39.0), weights=np.array([50.0, 20, 10, 8, 6]))
    >>> compare([BGNBD().fit(data), MBGNBD().fit(data)]).best
    'MBGNBD'
    """
    require_kind("compare", fits, Mapping, Sequence, hint="Write compare([one, other]).")
    named = fits if isinstance(fits, Mapping) else _named(fits)
    if not named:
        raise InputError("compare", expected="at least one fit", got="none")
    _require_comparable("compare", named)
    order = sorted(named, key=lambda name: named[name].estimate.aic)
    return Comparison(names=tuple(order), fits=tuple(named[name] for name in order))


def _require_comparable(where: str, named: Mapping[str, SupportsEstimate]) -> None:
    """Insist on likelihoods of the same data in the same unit, with nothing left out."""
    others = {name: type(fit).__name__ for name, fit in named.items() if not _has_estimate(fit)}
    if others:
        hint = "Fitted models with a likelihood: BGNBD().fit(summary), GammaGamma().fit(summary) ..."
        raise InputError(where, expected="fits with an estimate", got=str(others), hint=hint)
    estimates = {name: fit.estimate for name, fit in named.items()}
    moved = [name for name, estimate in estimates.items() if not estimate.fitted]
    if moved:
        hint = "Compare fits; what data say of other parameters is a purchase model's row_log_likelihood(data).sum()."
        raise InputError(where, expected="fits", got=f"{', '.join(moved)} with parameters set by hand", hint=hint)
    if len({estimate.density.of for estimate in estimates.values()}) > 1:
        raise InputError(
            where,
            expected="likelihoods of the same data in one unit",
            got="; ".join(f"{name}: {estimate.density.of}" for name, estimate in estimates.items()),
            hint="Fit all to one summary, e.g. summary.in_unit(TimeUnit.WEEK); of different data none is the better.",
        )
    sizes = {name: _n_customers(fit) for name, fit in named.items()}
    fewest, most = (np.array([pick(column) for column in zip(*sizes.values(), strict=True)]) for pick in (min, max))
    if (fewest < most * (1 - 1e-9)).any():
        raise InputError(where, expected="fits to the same customers", got=f"numbers of customers {sizes}")
    _require_nothing_left_out(where, {name: _left_out(fit) for name, fit in named.items()})


def _n_customers(fit: SupportsEstimate) -> tuple[float, ...]:
    """Count the customers of a fit, or those of each part: a spend model may leave some out."""
    if not isinstance(fit, SupportsParts):
        return (fit.estimate.n_observations,)
    return tuple(
        part.estimate.n_observations for part in (fit.purchases, fit.spend) if isinstance(part, SupportsIntervals)
    )


def _has_estimate(fit: object) -> bool:
    return isinstance(getattr(fit, "estimate", None), Estimate)


def _left_out(fit: object) -> int:
    """Give the regularity k whose times between purchases the likelihood leaves out; 1 if it leaves out nothing."""
    if isinstance(fit, SupportsParts):
        return _left_out(fit.purchases)
    return fit.k if isinstance(fit, FittedCNBDk) and not fit.timed else 1


def _penalised_note(named: Mapping[str, SupportsEstimate]) -> str:
    """Name the fits whose likelihood is not the highest they can have."""
    penalised = [name for name, fit in named.items() if fit.estimate.log_prior != 0.0]
    return f"fitted with a penalty, so below its highest likelihood: {', '.join(penalised)}" if penalised else ""


def _require_nothing_left_out(where: str, left_out: Mapping[str, int]) -> None:
    if len(set(left_out.values())) == 1:
        return
    untimed = [f"{name} (k = {k})" for name, k in left_out.items() if k > 1]
    raise InputError(
        where,
        expected="likelihoods of the same data",
        got=f"{', '.join(untimed)} fitted without the times between purchases, beside fits that need none or others",
        hint="Fit it to TimedSummary.from_log(log); then likelihoods compare over every k.",
    )


def _named(fits: Sequence[SupportsEstimate]) -> dict[str, SupportsEstimate]:
    """Names after the classes, numbered where one occurs twice."""
    named: dict[str, SupportsEstimate] = {}
    for fit in fits:
        base = type(fit).__name__.removeprefix("Fitted")
        name, number = base, 1
        while name in named:
            number += 1
            name = f"{base} {number}"
        named[name] = fit
    return named


@attrs.frozen(kw_only=True)
class LikelihoodRatioTest:
    """Outcome of a likelihood-ratio test.

    Parameters
    ----------
    statistic
        Twice the gain in log-likelihood.
    degrees_of_freedom
        Parameters the larger model adds.
    p_value
        Chance of so large a gain if the smaller model is true (chi-square).
    note
        What qualifies the p-value.
    """

    statistic: float
    degrees_of_freedom: int
    p_value: float
    note: str = ""


def likelihood_ratio_test(restricted: SupportsEstimate, full: SupportsEstimate, /) -> LikelihoodRatioTest:
    """Test a model against a larger one that contains it, both fitted to the same customers.

    Raises
    ------
    InputError
        If the larger model has no more parameters or fits worse, or where :func:`compare` would refuse the two.

    Notes
    -----
    Whether one model contains the other is the caller's knowledge: NBD in BG/NBD or Pareto/NBD, a model without
    covariates in the same with them. Where the smaller model lies on the boundary of the larger (no dropout), the
    p-value is conservative: the true one is about half. The k of a CNBD-k is no parameter of the test: a model with k
    chosen against one with k = 1 has no chi-square statistic.
    """
    both = {"restricted": restricted, "full": full}
    _require_comparable("likelihood_ratio_test", both)
    small, large = restricted.estimate, full.estimate
    penalised = _penalised_note(both)
    degrees = len(large.names) - len(small.names)
    statistic = 2.0 * (large.log_likelihood - small.log_likelihood)
    if degrees < 1 or statistic < -1e-6 * abs(large.log_likelihood):
        raise InputError(
            "likelihood_ratio_test",
            expected="a restricted model and a larger one that contains it",
            got=f"{len(small.names)} and {len(large.names)} parameters, statistic {statistic:.4g}",
            hint=f"{penalised}." if penalised else "",
        )
    statistic = max(statistic, 0.0)
    edge = "the larger fit lies on a boundary; the p-value is conservative" if large.report.boundary else ""
    notes = (edge, f"{penalised}; the p-value does not hold" if penalised else "")
    return LikelihoodRatioTest(
        statistic=statistic,
        degrees_of_freedom=degrees,
        p_value=float(special.chdtrc(degrees, statistic)),
        note="; ".join(filter(None, notes)),
    )
