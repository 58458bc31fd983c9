"""One HTML file of a valuation: figures inside, nothing loaded from anywhere, everything escaped."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from custvalue import plotting
from custvalue.errors import InputError, MissingDependencyError
from custvalue.pipeline import CustomerValuation

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_SHOWN = ("customer", "revenue", "profit", "probability_alive", "lifetime_value", "segment", "tier")


def to_html(value: CustomerValuation, path: str | Path | None = None, *, title: str = "Customer valuation") -> str:
    """Write a valuation as one HTML page.

    Parameters
    ----------
    value
        What to report.
    path
        Where to write it; an existing file is replaced. Nothing is written if left out.
    title
        Heading of the page.

    Returns
    -------
    str
        The page.

    Raises
    ------
    InputError
        If it is no valuation, or the folder of ``path`` does not exist.
    MissingDependencyError
        If jinja2 or matplotlib is not installed.

    Examples
    --------
    >>> import custvalue as cv
    >>> firm = cv.datasets.simulate_firm(n_customers=200, seed=3)
    >>> terms = cv.Valuation(discount=cv.DiscountRate.annual(0.1), horizon=cv.Horizon(3, cv.TimeUnit.YEAR), margin=0.35)
    >>> page = cv.report.to_html(terms.run(firm.log()), title="Spring <2026>")
    >>> "<h1>Spring &lt;2026&gt;</h1>" in page
    True
    """
    _check(value, path)
    try:
        import jinja2  # noqa: PLC0415  # optional
    except ImportError as error:
        raise MissingDependencyError("jinja2", extra="report", purpose="An HTML report") from error
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("custvalue.report", "templates"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    page = environment.get_template("valuation.html.j2").render(
        title=title,
        highlights=value.highlights(),
        rows=[(item, f"{n:,}", value.currency.format(amount)) for item, n, amount in value.report.lines()],
        notes=(*value.report.remarks, *value.notes),
        tiers=_table(value.tier_summary()),
        best=_table(_extreme(value, -1)),
        worst=_table(_extreme(value, 1)),
        unallocated=_unallocated(value),
        origins=value.origins,
        figures=_figures(value),
    )
    if path is not None:
        Path(path).write_text(page, encoding="utf-8")
    return page


def _check(value: object, path: str | Path | None) -> None:
    if not isinstance(value, CustomerValuation):
        hint = "Write to_html(Valuation(...).run(log)); other tables write themselves: frame.to_html()."
        raise InputError("to_html", expected="a CustomerValuation", got=type(value).__name__, hint=hint)
    if path is not None and not Path(path).parent.is_dir():
        got = f"no folder {Path(path).parent}"
        raise InputError(f"to_html: {path}", expected="a file in a folder that exists", got=got)


def _figures(value: CustomerValuation) -> list[tuple[str, str]]:
    """Caption and SVG of each figure."""
    drawings: list[tuple[str, Callable[[Axes], Axes]]] = [
        (
            "Who earns the profit, and who takes it away again.",
            lambda ax: plotting.whale_curve(value.concentration(), ax=ax),
        ),
        ("From sales to profit, all customers together.", lambda ax: plotting.waterfall(value.account, ax=ax)),
        (
            f"Profit by tier, {value.currency.code}.",
            lambda ax: plotting.tiers(value.classification, value.table, ax=ax),
        ),
    ]
    if value.scores.segment is not None:
        unscored = len(value.customers) - len(value.scores.customers)
        draw = partial(plotting.segment_sizes, value.scores, n_unscored=unscored)
        drawings.append(("Behaviour: segments.", lambda ax: draw(ax=ax)))
    if value.lifetime is not None:
        worth = value.lifetime.value
        drawings.append(("What customers will be worth.", lambda ax: plotting.distribution(worth, ax=ax)))
    return [(caption, _svg(draw)) for caption, draw in drawings]


def _svg(draw: Callable[[Axes], Axes]) -> str:
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415  # optional
    except ImportError as error:
        raise MissingDependencyError("matplotlib", extra="report", purpose="An HTML report") from error
    figure = Figure(figsize=(7.0, 4.2), layout="constrained")
    draw(figure.add_subplot())
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    return stream.getvalue()[stream.getvalue().index("<svg") :]


def _extreme(value: CustomerValuation, sign: int, n: int = 10) -> object:
    """The customers with the most (-1) or the least (1) profit."""
    frame: pd.DataFrame = value.to_frame("pandas")  # type: ignore[assignment]  # asked for as pandas
    order = np.argsort(sign * frame["profit"].to_numpy(), kind="stable")[:n]
    return frame[[name for name in _SHOWN if name in frame.columns]].iloc[order]


def _table(frame: object) -> tuple[list[str], list[list[tuple[str, bool]]]]:
    """Header, and cells as text with whether they are numbers."""
    data: pd.DataFrame = frame  # type: ignore[assignment]  # asked for as pandas
    rows = [[_cell(item) for item in row] for row in data.itertuples(index=False)]
    return [str(name).replace("_", " ") for name in data.columns], rows


def _cell(item: object) -> tuple[str, bool]:
    if isinstance(item, float):
        return ("" if np.isnan(item) else f"{item:,.2f}"), True
    return (f"{item:,}", True) if isinstance(item, int) else (str(item), False)


def _unallocated(value: CustomerValuation) -> list[tuple[str, str]]:
    """Reason and amount of each sum no customer was charged."""
    if value.allocation is None:
        return []
    return list(_held(value))


def _held(value: CustomerValuation) -> Iterable[tuple[str, str]]:
    allocation = value.allocation
    for held in allocation.held if allocation is not None else ():
        yield f"{held.pool}: {held.reason.value}", value.currency.format(held.amount)
