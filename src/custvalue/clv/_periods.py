"""Many periods of a smooth future by few predictions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from custvalue._arrays import FloatArray
from custvalue.data import DiscountRate, Horizon, Timing

__all__ = ["FEW", "period_weights", "sampled", "shares", "weighted_sum"]

_ZERO = np.zeros(1)
_NODES = 16  # of a polynomial in time that stands for many periods
_ANGLE = (2.0 * np.arange(_NODES) + 1.0) * np.pi / (2.0 * _NODES)
_PROBES = np.array([0.07, 0.41, 0.83])  # where the polynomial is checked, as shares of its stretch
FEW = _NODES + _PROBES.size  # times for which it does not pay
_TOLERANCE = 1e-11  # of the check, relative to the most purchases of the stretch
_NOTHING = 1e-12  # purchases too few for a relative error to matter


def period_weights(horizon: Horizon, discount: DiscountRate, timing: Timing) -> tuple[FloatArray, FloatArray]:
    """Ends of the periods of a horizon, and what each purchase until an end adds to the present value, (n_periods,).

    By parts: what comes until the end of a period counts with how much its factor exceeds the next one's.
    """
    starts = np.arange(0.0, horizon.n)
    ends = np.minimum(starts + 1.0, horizon.n)
    moments = starts + timing.offset * (ends - starts)
    factors = np.array([discount.factor(moment, horizon.unit) for moment in moments.tolist()])
    return ends, -np.diff(factors, append=0.0)


def weighted_sum(
    ahead: Callable[[float], FloatArray], ends: FloatArray, weights: FloatArray, *, smooth: bool
) -> FloatArray:
    """Add up ``weights`` times the purchases until ``ends``, (n_customers,).

    Expected purchases are smooth in time, so over a stretch that at most doubles the time a polynomial through a few
    Chebyshev points stands for all its periods; where a check says it does not, the stretch is halved, in the end down
    to single periods.
    """
    if not smooth or ends.size <= FEW:
        return sum((weight * ahead(end) for end, weight in zip(ends.tolist(), weights.tolist(), strict=True)), _ZERO)
    if ends[-1] <= 2.0 * ends[0]:
        found = _interpolated_sum(ahead, ends, weights)
        if found is not None:
            return found
        at = ends.size // 2
    else:
        at = int(np.searchsorted(ends, 0.5 * ends[-1]))
    early = weighted_sum(ahead, ends[:at], weights[:at], smooth=smooth)
    return early + weighted_sum(ahead, ends[at:], weights[at:], smooth=smooth)


def _interpolated_sum(ahead: Callable[[float], FloatArray], ends: FloatArray, weights: FloatArray) -> FloatArray | None:
    """Give the sum over one stretch by its polynomial, or None if the polynomial misses the purchases in between."""
    found = sampled(ahead, ends[0], ends[-1])
    if found is None:
        return None
    nodes, values = found
    result: FloatArray = (weights @ shares(nodes, ends)) @ values
    return result


def sampled(ahead: Callable[[float], FloatArray], first: float, last: float) -> tuple[FloatArray, FloatArray] | None:
    """Times (n_nodes,) and purchases until them (n_nodes, n) that stand for a stretch; None where a check says no."""
    length = last - first
    nodes = first + 0.5 * length * (1.0 + np.cos(_ANGLE))
    values = np.array([ahead(node) for node in nodes.tolist()])
    probes = first + length * _PROBES
    seen = np.array([ahead(probe) for probe in probes.tolist()])
    error = np.abs(shares(nodes, probes) @ values - seen)
    fine = error <= _TOLERANCE * (np.abs(values).max(axis=0) + _NOTHING)
    return (nodes, values) if bool(fine.all()) else None


def shares(nodes: FloatArray, at: FloatArray) -> FloatArray:
    """Share (n_at, n_nodes) of each Chebyshev node in the polynomial at some times.

    Berrut and Trefethen, "Barycentric Lagrange interpolation", *SIAM Review* 46(3), 2004, eq. (4.2) and (5.3).
    """
    gaps = at[:, np.newaxis] - nodes
    found: FloatArray = np.sin(_ANGLE) * (-1.0) ** np.arange(_NODES) / np.where(gaps == 0.0, 1e-300, gaps)
    found /= found.sum(axis=1, keepdims=True)
    return found
