"""Where matplotlib is met: imported when a plot is drawn, never before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from custvalue.errors import MissingDependencyError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# One palette for all plots; colours stay apart for readers who see red and green alike.
GAIN, LOSS, TOTAL, QUIET = "#2a6f97", "#c8553d", "#3d405b", "#b8b8b8"


def axes_of(ax: Axes | None) -> Axes:
    """Give the axes to draw on: the caller's, or those of a new figure.

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed.
    """
    if ax is not None:
        return ax
    try:
        import matplotlib.pyplot as plt  # noqa: PLC0415  # optional
    except ImportError as error:
        raise MissingDependencyError("matplotlib", extra="plot", purpose="A plot") from error
    made: Axes = plt.subplots(figsize=(7.0, 4.2), layout="constrained")[1]
    return made


def plain(ax: Axes, *, title: str, x: str = "", y: str = "") -> Axes:
    """Give a plot its words and take its clutter away."""
    ax.set_title(title, loc="left")
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def write_over(ax: Axes, place: float, height: float, text: str, size: str = "small") -> None:
    """Write an amount over a bar."""
    ax.annotate(text, (place, height), (0, 3), textcoords="offset points", ha="center", fontsize=size)
