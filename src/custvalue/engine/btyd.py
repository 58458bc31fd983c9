"""Ready frames of frequency, recency and T, as lifetimes and PyMC-Marketing make them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from custvalue._arrays import BoolArray, FloatArray
from custvalue._frames import read_columns
from custvalue.data import Collapse, Currency, CustomerIndex, CustomerSummary, ObservationWindow, TimeUnit
from custvalue.data._time import DAY_US
from custvalue.errors import Fault, SchemaError

__all__ = ["summary_from_btyd"]

_WHAT = "frequency-recency table"
_SHOWN = 20
_TOLERANCE = 1e-9
_OLDEST = 100_000  # years; dates end soon after
_LARGEST = 2.0**62  # minor units


@attrs.frozen
class _Names:
    """The caller's column names."""

    customer: str
    frequency: str
    recency: str
    T: str
    monetary_value: str | None

    @property
    def numeric(self) -> list[str]:
        first = [self.frequency, self.recency, self.T]
        return first if self.monetary_value is None else [*first, self.monetary_value]


def summary_from_btyd(  # noqa: PLR0913  # one argument for each column, under the names such frames have
    frame: object,
    *,
    customer: str = "customer_id",
    frequency: str = "frequency",
    recency: str = "recency",
    T: str = "T",
    monetary_value: str | None = "monetary_value",
    unit: TimeUnit,
    currency: str | Currency = "XXX",
    observed_until: date | datetime | str | np.datetime64 = "1970-01-01",
) -> CustomerSummary:
    """Take a frame of frequency, recency and T, one row a customer.

    Parameters
    ----------
    frame
        pandas, Polars, Arrow ...; in pandas the customer may be the index, as lifetimes leaves it.
    customer
        Column of ids.
    frequency
        Column of repeat purchases x: distinct periods with a purchase, less one.
    recency
        Column of the age at the last purchase t_x; 0 where x = 0.
    T
        Column of the age at the end of observation.
    monetary_value
        Column of the mean spend of a repeat purchase in major units (anything where x = 0); None if there is none.
    unit
        Unit the ages are in.
    currency
        Of the spend; "XXX", ISO's code for none in particular, if left out.
    observed_until
        The end of observation. Such frames do not hold it; if it is not stated, dates in the summary are relative to
        1970-01-01 and only differences between them mean anything.

    Returns
    -------
    CustomerSummary
        Without ``total_amount``: the spend of the first purchase is not in such a frame. ``repeat_amount`` is
        monetary value x frequency, to the nearest minor unit.

    Raises
    ------
    SchemaError
        With every fault of the frame at once.

    Examples
    --------
    >>> import pandas as pd
    >>> ready = pd.DataFrame({
    ...     "customer_id": [1, 2], "frequency": [2, 0], "recency": [30.43, 0.0], "T": [38.86, 38.86],
    ...     "monetary_value": [22.35, 0.0],
    ... })
    >>> summary = summary_from_btyd(ready, unit=TimeUnit.WEEK, currency="USD")
    >>> summary.frequency.tolist(), summary.monetary_value.round(2).tolist()
    ([2.0, 0.0], [22.35, nan])
    """
    names = _Names(customer, frequency, recency, T, monetary_value)
    columns = read_columns(_index_as_column(frame, customer), [customer, *names.numeric], what=_WHAT)
    ids = columns[customer]
    numbers, faults = _as_numbers(columns, names)
    faults += _repeated_ids(ids, customer)
    money = Currency.of(currency)
    if len(numbers) == len(names.numeric):
        faults += _faults(numbers, names, unit, money)
    SchemaError.raise_for(_WHAT, faults)
    end = ObservationWindow(observed_until, observed_until).end
    first = end - _microseconds(numbers[T], unit)
    x = numbers[frequency]
    repeat = None
    if monetary_value is not None:
        spend = np.where(x > 0, numbers[monetary_value], 0.0)
        repeat = np.rint(spend * x * money.scale).astype(np.int64)
    return CustomerSummary(
        customers=CustomerIndex(ids),
        first_at=first,
        last_at=np.minimum(first + _microseconds(numbers[recency], unit), end),
        n_purchases=x.astype(np.int64) + 1,
        repeat_amount=repeat,
        observed_until=end,
        currency=money,
        unit=unit,
        collapse=Collapse.DAY,
    )


def _microseconds(ages: FloatArray, unit: TimeUnit) -> NDArray[np.timedelta64]:
    return np.rint(ages * unit.days * DAY_US).astype("timedelta64[us]")


def _index_as_column(frame: object, customer: str) -> object:
    import pandas as pd  # noqa: PLC0415  # importing custvalue must not load pandas

    if isinstance(frame, pd.DataFrame) and customer not in frame.columns and frame.index.name == customer:
        return frame.reset_index()
    return frame


def _as_numbers(columns: Mapping[str, NDArray[Any]], names: _Names) -> tuple[dict[str, FloatArray], list[Fault]]:
    numbers, faults = {}, []
    for name in names.numeric:
        column = columns[name]
        try:
            if any(isinstance(value, str) for value in column.ravel()[:_SHOWN].tolist()):
                raise TypeError  # noqa: TRY301  # numpy would read '9' as a number
            numbers[name] = np.asarray(column, dtype=np.float64)
        except (TypeError, ValueError):
            got = f"values of type {column.dtype} such as {column.ravel()[:3].tolist()}"
            faults.append(Fault(f"column {name!r}", "numbers", got, "Convert it with pandas.to_numeric first."))
    if not faults and columns[names.customer].size == 0:
        faults.append(Fault("rows", "at least one customer", "an empty table"))
    return numbers, faults


def _repeated_ids(ids: NDArray[Any], customer: str) -> list[Fault]:
    """Rows of customers that an earlier row has already."""
    rows = list(enumerate(ids.tolist()))
    first = {value: row for row, value in reversed(rows)}
    again = [row for row, value in rows if first[value] != row]
    if not again:
        return []
    got = f"{len(again):,} repeated, such as {ids[again[0]]!s}"
    return [Fault(f"column {customer!r}", "each customer once", got, "", again[:_SHOWN], len(again))]


def _faults(numbers: Mapping[str, FloatArray], names: _Names, unit: TimeUnit, money: Currency) -> Iterator[Fault]:
    x, t_x, T = (numbers[name] for name in (names.frequency, names.recency, names.T))
    swap = "Recency here is the age at the last purchase, not the time since it."
    checks: list[tuple[str, str, BoolArray, str]] = [
        (names.frequency, "whole numbers of 0 or more", (x >= 0) & (x == np.floor(x)) & np.isfinite(x),
         "Frequency counts repeat purchases: all purchase periods less one."),
        (names.T, f"ages from 0 to {_OLDEST:,} years", (T >= 0) & (T * unit.days <= _OLDEST * TimeUnit.YEAR.days),
         f"They are taken as {unit.value}s; pass the unit they are in."),
        (names.recency, "ages from 0 to T", (t_x >= 0) & (t_x <= T * (1 + _TOLERANCE)), swap),
        (names.recency, "0 where frequency is 0", (x != 0) | (t_x == 0), swap),
    ]  # fmt: skip
    if names.monetary_value is not None:
        spend = numbers[names.monetary_value]
        with np.errstate(over="ignore", invalid="ignore"):
            fine = (x == 0) | ((spend >= 0) & (spend * x * money.scale < _LARGEST))
        hint = "Pass monetary_value=None if there is no spend."
        checks.append((names.monetary_value, "0 or more, and payable, where frequency is above 0", fine, hint))
    for name, expected, fine, hint in checks:
        wrong = np.flatnonzero(~fine)
        if wrong.size:
            got = (
                f"{wrong.size:,} row{'s' if wrong.size > 1 else ''} otherwise, such as {float(numbers[name][wrong[0]])}"
            )
            yield Fault(f"column {name!r}", expected, got, hint, wrong[:_SHOWN].tolist(), int(wrong.size))
