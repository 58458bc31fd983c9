"""Drawings of profit: the whale curve, the Lorenz curve, the waterfall."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from custvalue.plotting._axes import GAIN, LOSS, QUIET, TOTAL, axes_of, plain, write_over
from custvalue.profitability import ConcentrationCurve, ProfitAndLoss

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

#: With more bars than this, their amounts are written smaller, so that they do not run into each other.
MANY = 7
_SUBTOTALS = {
    "net_sales", "gross_margin", "contribution", "operating_margin", "fully_loaded", "nopat", "residual_income",
}  # fmt: skip


def whale_curve(curve: ConcentrationCurve, *, ax: Axes | None = None) -> Axes:
    """Draw cumulative profit over customers, from the most to the least profitable, with its peak.

    Parameters
    ----------
    curve
        From ``value.concentration()`` or ``ConcentrationCurve.of``.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on; the curve is its first line.

    Examples
    --------
    .. plot::

        import custvalue as cv

        profit = [90, 60, 40, 25, 10, 5, 0, -10, -25, -45]
        table = cv.ValueTable(customers=cv.CustomerIndex(range(10)), measures={"profit": profit})
        cv.plotting.whale_curve(cv.ConcentrationCurve.of(table, "profit"))
    """
    ax = axes_of(ax)
    share = np.concatenate([[0.0], curve.customer_share])
    height = np.concatenate([[0.0], curve.cumulative])
    ax.plot(share, height, color=TOTAL)
    ax.fill_between(share, height, curve.total, where=height > curve.total, color=LOSS, alpha=0.18, linewidth=0)
    ax.axhline(curve.total, color=QUIET, linewidth=1, linestyle="--")
    ax.plot([curve.peak_share], [curve.peak], "o", color=LOSS)
    unit = "" if curve.currency is None else curve.currency.code
    percent = "" if np.isnan(curve.peak_ratio) else f" = {curve.peak_ratio:.0%} of the total"
    ax.annotate(
        f"{curve.peak_share:.0%} of customers earn {f'{curve.peak:,.0f} {unit}'.strip()}{percent}",
        (curve.peak_share, curve.peak),
        xytext=(0, 9),
        textcoords="offset points",
        ha="center" if 0.3 < curve.peak_share < 0.7 else ("left" if curve.peak_share <= 0.3 else "right"),
    )
    ax.margins(y=0.15)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    height_is = f"cumulative {curve.measure}{', ' if unit else ''}{unit}"
    return plain(ax, title="Whale curve", x="customers, most profitable first", y=height_is)


def lorenz_curve(curve: ConcentrationCurve, *, ax: Axes | None = None) -> Axes:
    """Draw the Lorenz curve: which share of the total the smallest customers hold, against equality.

    Parameters
    ----------
    curve
        With a positive total.
    ax
        Axes to draw on; a new figure by default.

    Raises
    ------
    InputError
        If the total is not positive.
    """
    customers, held = curve.lorenz()
    ax = axes_of(ax)
    ax.plot(customers, held, color=TOTAL)
    ax.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle="--")
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    return plain(ax, title="Lorenz curve", x="customers, smallest first", y=f"share of {curve.measure}")


def waterfall(account: ProfitAndLoss, *, ax: Axes | None = None) -> Axes:
    """Draw the firm's waterfall from list sales to the last profit line, all customers together, with its amounts.

    Parameters
    ----------
    account
        The customers' accounts; lines of zero are left out.
    ax
        Axes to draw on; a new figure by default.
    """
    ax = axes_of(ax)
    frame: pd.DataFrame = account.statement()  # type: ignore[assignment]  # asked for as pandas
    sales = set(account.layout.list_sales)
    rows = _told(frame, sales)
    running, size = 0.0, "small" if len(rows) <= MANY else "x-small"
    for place, (name, amount) in enumerate(rows):
        if name in _SUBTOTALS:
            ax.bar(place, amount, color=TOTAL)
            write_over(ax, place, max(amount, 0.0), f"{amount:,.0f}", size)
            running = amount
            continue
        step = amount if name in sales else -amount
        ax.bar(place, step, bottom=running, color=GAIN if step >= 0 else LOSS)
        write_over(ax, place, max(running, running + step), f"{step:,.0f}" if name in sales else f"{step:+,.0f}", size)
        running += step
    ax.use_sticky_edges = False
    ax.margins(y=0.1)
    ax.axhline(0.0, color=QUIET, linewidth=1)
    ax.set_xticks(range(len(rows)), [name.replace("_", " ") for name, _ in rows], rotation=40, ha="right")
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    return plain(ax, title="From sales to profit", y=account.currency.code)


def _told(frame: pd.DataFrame, sales: set[str]) -> list[tuple[str, float]]:
    """Rows worth a bar: no zeros, and no subtotal before anything has changed since the sales or the last subtotal."""
    rows: list[tuple[str, float]] = []
    changed = False
    for name, amount in zip(frame["row"], frame["amount"], strict=True):
        if name in _SUBTOTALS:
            if changed:
                rows.append((str(name), float(amount)))
            changed = False
        elif name in sales or amount != 0.0:
            rows.append((str(name), float(amount)))
            changed = name not in sales
    return rows
