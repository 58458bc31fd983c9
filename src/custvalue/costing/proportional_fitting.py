"""Cost by customer x product when only the cost of each customer and of each product is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from custvalue._arrays import FloatArray, as_floats, locked
from custvalue.costing._kernels.fitting import rake
from custvalue.errors import ConvergenceError, InputError

__all__ = ["proportional_fit"]

ENOUGH = 1e-9


def proportional_fit(
    seed: ArrayLike, margins: Sequence[ArrayLike], *, tolerance: float = 1e-12, max_rounds: int = 10_000
) -> NDArray[np.float64]:
    """Fit a table to its margins, keeping the pattern (odds ratios) of a seed.

    Parameters
    ----------
    seed
        Table of two or more dimensions, zero or more: what is believed about who used what.
    margins
        One target a dimension, zero or more, all with the same sum.
    tolerance
        Largest miss of a margin, relative to the total.
    max_rounds
        How often to try.

    Returns
    -------
    ndarray
        Table of the seed's shape, with those margins.

    Raises
    ------
    InputError
        If shapes, signs or totals do not fit, or a line of zeros has a target above zero.
    ConvergenceError
        If the zeros of the seed make the margins impossible.

    References
    ----------
    Deming, W. E., and Stephan, F. F. (1940). On a least squares adjustment of a sampled frequency table when the
    expected marginal totals are known. Annals of Mathematical Statistics 11(4).

    Examples
    --------
    >>> proportional_fit([[4, 1, 1], [1, 3, 2]], [[60, 40], [50, 30, 20]]).round(2).tolist()
    [[42.35, 9.47, 8.18], [7.65, 20.53, 11.82]]
    """
    table = np.array(seed, dtype=np.float64)
    targets = [as_floats(margin) for margin in margins]
    _check(table, targets)
    fitted, miss, rounds = rake(table, targets, tolerance, max_rounds)
    if miss > tolerance:
        message = f"after {rounds} rounds a margin is still off by {miss:.3g} of the total; the seed has too many zeros"
        raise ConvergenceError(message, fitted)
    return locked(fitted)


def _check(seed: FloatArray, targets: Sequence[FloatArray]) -> None:
    shape = tuple(target.size for target in targets)
    if seed.ndim < 2 or shape != seed.shape:
        raise InputError("proportional_fit", expected=f"a margin a dimension of {seed.shape}", got=f"lengths {shape}")
    if not (np.isfinite(seed).all() and (seed >= 0).all() and all((target >= 0).all() for target in targets)):
        raise InputError("proportional_fit", expected="finite numbers of zero or more", got="negative, NaN or infinite")
    totals = [float(target.sum()) for target in targets]
    if max(totals) - min(totals) > ENOUGH * max(totals):
        raise InputError("proportional_fit", expected="margins with the same total", got=f"totals {totals}")
    for axis, target in enumerate(targets):
        total = seed.sum(axis=tuple(other for other in range(seed.ndim) if other != axis))
        empty = np.flatnonzero((total == 0) & (target > 0))
        if empty.size:
            where = f"proportional_fit, dimension {axis}"
            hint = "Put something there, or set the target to zero."
            raise InputError(where, expected="a seed above zero", got=f"zeros at {empty[:20].tolist()}", hint=hint)
