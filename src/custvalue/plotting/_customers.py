"""Drawings of customers: segments, the recency-frequency map, tiers, a value's distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from custvalue.clv import CustomerValues
from custvalue.data import ValueTable
from custvalue.plotting._axes import GAIN, LOSS, QUIET, TOTAL, axes_of, plain
from custvalue.portfolio import Classification
from custvalue.rfm import RFMScores

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

#: With more classes than this, names are slanted and labels shortened, so that they do not run into each other.
FEW = 4


def segment_sizes(scores: RFMScores, *, n_unscored: int = 0, ax: Axes | None = None) -> Axes:
    """Draw how many customers each segment has, in the order of the segment map.

    Parameters
    ----------
    scores
        Scored with a segment map.
    n_unscored
        Customers without a purchase, and so without scores; they get a bar of their own if there are any.
    ax
        Axes to draw on; a new figure by default.

    Raises
    ------
    InputError
        If the scorer had no segment map.
    """
    frame: pd.DataFrame = scores.segment_sizes()  # type: ignore[assignment]  # asked for as pandas
    names, counts = frame["segment"].tolist(), frame["customers"].tolist()
    if n_unscored:
        names, counts = [*names, "no purchase"], [*counts, n_unscored]
    ax = axes_of(ax)
    bars = ax.barh(names, counts, color=[*[GAIN] * len(frame), QUIET][: len(names)])
    total = max(sum(counts), 1)
    ax.bar_label(bars, [f"{count / total:.0%}" for count in counts], padding=3)
    ax.invert_yaxis()
    return plain(ax, title="Segments", x="customers")


def rfm_map(scores: RFMScores, *, ax: Axes | None = None) -> Axes:
    """Draw how many customers stand at each pair of recency and frequency scores.

    Parameters
    ----------
    scores
        With the dimensions R and F.
    ax
        Axes to draw on; a new figure by default.
    """
    ax = axes_of(ax)
    codes = [dimension.code for dimension in scores.dimensions]
    sizes = [scores.sizes[codes.index(code)] for code in "RF"]
    recency, frequency = (scores[code].astype(np.int64) - scores.base for code in "RF")
    counts = np.bincount(recency * sizes[1] + frequency, minlength=sizes[0] * sizes[1]).reshape(sizes)
    ax.imshow(counts.T, origin="lower", cmap="Blues", aspect="auto")
    dark = counts.max() / 2
    for (row, column), count in np.ndenumerate(counts):
        ax.text(row, column, f"{count:,}", ha="center", va="center", color="white" if count > dark else "black")
    ax.set_xticks(range(sizes[0]), [str(level + scores.base) for level in range(sizes[0])])
    ax.set_yticks(range(sizes[1]), [str(level + scores.base) for level in range(sizes[1])])
    return plain(ax, title="Customers by recency and frequency", x="recency score", y="frequency score")


def tiers(
    classification: Classification, values: ValueTable, measure: str = "profit", *, ax: Axes | None = None
) -> Axes:
    """Draw what each class adds up to, with the number of its customers over the bar.

    Parameters
    ----------
    classification
        Classes of the customers.
    values
        A table of the same customers.
    measure
        What is added up; missing values count as nothing.
    ax
        Axes to draw on; a new figure by default.

    Raises
    ------
    AlignmentError
        If the table speaks of other customers.
    """
    classification.customers.require_same(values.customers, where="plotting.tiers")
    labels = classification.scheme.labels
    n = np.bincount(classification.codes, minlength=len(labels))
    sums = np.bincount(classification.codes, weights=np.nan_to_num(values[measure]), minlength=len(labels))
    shown = [code for code in range(len(labels)) if n[code]]
    ax = axes_of(ax)
    bars = ax.bar(
        [labels[code] for code in shown], sums[shown], color=[GAIN if sums[code] >= 0 else LOSS for code in shown]
    )
    if len(shown) > FEW:
        ax.bar_label(bars, [f"{n[code]:,}" for code in shown], padding=3)
        ax.tick_params(axis="x", labelrotation=30)
        for text in ax.get_xticklabels():
            text.set_horizontalalignment("right")
    else:
        ax.bar_label(bars, [f"{n[code]:,} customers" for code in shown], padding=3)
    ax.margins(y=0.12)
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    return plain(ax, title=classification.scheme.name.capitalize(), y=measure)


def distribution(values: CustomerValues, *, n_bins: int = 40, ax: Axes | None = None) -> Axes:
    """Draw how a prediction is spread over the customers; the highest 1 % are gathered in the last bar, which says so.

    Parameters
    ----------
    values
        Any prediction: probability alive, expected purchases, lifetime value.
    n_bins
        Number of bars.
    ax
        Axes to draw on; a new figure by default.
    """
    finite = values.values[np.isfinite(values.values)]
    low, high = np.quantile(finite, [0.0, 0.99]) if finite.size else (0.0, 1.0)
    ax = axes_of(ax)
    bars: Any = ax.hist(np.clip(finite, low, high), bins=n_bins, color=GAIN)[2]
    above = int(np.count_nonzero(finite > high))
    if above:
        bars[-1].set_color(TOTAL)
        text = f"{above:,} above {high:,.6g} are in the last bar"
        ax.annotate(text, (1, 1), (-2, -4), "axes fraction", "offset points", color=TOTAL, ha="right", va="top")
    return plain(ax, title=values.measure.replace("_", " ").capitalize(), x=values.unit, y="customers")
