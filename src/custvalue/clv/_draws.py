"""Draws of the parameters of a fit, whatever made them."""

from __future__ import annotations

import attrs
import numpy as np

from custvalue._arrays import ArrayHolder, FloatArray, float_array, strings
from custvalue._frames import FrameKind, build_frame
from custvalue.clv._optimise import Density
from custvalue.data._kinds import is_number
from custvalue.errors import InputError

__all__ = ["ParameterDraws", "checked_level", "natural_values"]


def natural_values(theta: FloatArray, positive: tuple[bool, ...]) -> FloatArray:
    """Give parameters (..., n_params) on their natural scale; one far from the customers may be inf."""
    with np.errstate(over="ignore"):
        natural: FloatArray = np.where(positive, np.exp(np.where(positive, theta, 0.0)), theta)
    return natural


def checked_level(level: float) -> float:
    """Insist on a probability of an interval.

    Raises
    ------
    InputError
        If it is not between 0 and 1.
    """
    if not (is_number(level) and 0.0 < level < 1.0):
        raise InputError("interval(level)", expected="a probability between 0 and 1", got=repr(level))
    return level


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ParameterDraws(ArrayHolder):
    """Draws of the parameters: a posterior sample or bootstrap refits. ``fit.estimate.draws(...)`` takes your own.

    Parameters
    ----------
    density
        The model they are parameters of, and what its likelihood is a density of.
    names
        Parameters, in the order of the columns.
    theta
        (n_draws, n_params) on the estimation scale: logs, but for parameters that can be negative.
    positive
        Which parameters are logs in ``theta``.
    method
        How they were made.
    """

    density: Density
    names: tuple[str, ...] = attrs.field(converter=strings)
    theta: FloatArray = float_array(2)
    positive: tuple[bool, ...]
    method: str

    def __attrs_post_init__(self) -> None:
        if self.theta.shape[1] != len(self.names) or not self.theta.shape[0]:
            got = f"shape {self.theta.shape}"
            raise InputError("ParameterDraws.theta", expected=f"(n_draws, {len(self.names)})", got=got)

    def __len__(self) -> int:
        """Count the draws."""
        return int(self.theta.shape[0])

    @property
    def values(self) -> FloatArray:
        """(n_draws, n_params) parameters on their natural scale."""
        return natural_values(self.theta, self.positive)

    def interval(self, level: float = 0.95) -> dict[str, tuple[float, float]]:
        """Central interval of each parameter, by name."""
        tail = 0.5 * (1.0 - checked_level(level))
        low, high = natural_values(np.quantile(self.theta, [tail, 1.0 - tail], axis=0), self.positive)
        return {name: (float(a), float(b)) for name, a, b in zip(self.names, low, high, strict=True)}

    def thinned(self, n_draws: int) -> ParameterDraws:
        """At most ``n_draws`` of the draws, evenly spaced."""
        if n_draws >= len(self):
            return self
        at = np.linspace(0, len(self) - 1, n_draws).round().astype(np.int64)
        return attrs.evolve(self, theta=self.theta[at])

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a draw, one column a parameter, natural scale."""
        return build_frame(dict(zip(self.names, self.values.T, strict=True)), like)

    def __repr__(self) -> str:
        """One line."""
        return f"ParameterDraws({len(self):,} draws of {', '.join(self.names)}; {self.method})"
