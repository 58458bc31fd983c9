"""Drawings of customer equity: from opening to closing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from custvalue.equity import EquityStatement
from custvalue.plotting._axes import GAIN, LOSS, QUIET, TOTAL, axes_of, plain, write_over

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def equity_bridge(statement: EquityStatement, *, ax: Axes | None = None) -> Axes:
    """Draw what led from the opening to the closing customer equity: lost, reactivated, won, risen, fallen.

    Parameters
    ----------
    statement
        Between two dates.
    ax
        Axes to draw on; a new figure by default.
    """
    major = statement.currency.to_major
    steps = {
        "lost": -statement["lost"].amount,
        "reactivated": statement["reactivated"].amount,
        "won": statement["won"].amount,
        "risen": statement["risen"].change,
        "fallen": statement["fallen"].change,
        "unchanged": statement["unchanged"].change,
    }
    shown = {name: float(major(amount)) for name, amount in steps.items() if amount}
    ax = axes_of(ax)
    running = float(major(statement["opening"].amount))
    ax.bar(0, running, color=TOTAL)
    for place, (_, step) in enumerate(shown.items(), 1):
        ax.bar(place, step, bottom=running, color=GAIN if step >= 0 else LOSS)
        top = max(running, running + step)
        write_over(ax, place, top, f"{step:+,.0f}")
        running += step
    ax.bar(len(shown) + 1, float(major(statement["closing"].amount)), color=TOTAL)
    ax.use_sticky_edges = False
    ax.margins(y=0.08)
    ax.axhline(0.0, color=QUIET, linewidth=1)
    ax.set_xticks(range(len(shown) + 2), ["opening", *shown, "closing"])
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    return plain(ax, title="Customer equity", y=statement.currency.code)
