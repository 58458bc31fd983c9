"""Every error custvalue raises.

::

    CustvalueError
    ├── InputError (ValueError)          what was passed in cannot be used
    │   ├── SchemaError                  a table: missing columns, wrong types, unusable rows; all faults at once
    │   ├── AlignmentError               two things speak of different customers, periods or currencies
    │   └── UnitError                    time, money or capacity in a unit that does not fit
    ├── ConservationError                money was created or lost; a defect in an allocator, never in the data
    ├── ConvergenceError                 a fit that cannot be trusted; carries the fit
    ├── PluginError                      a plugin that cannot be loaded or does not satisfy its protocol
    └── MissingDependencyError (ImportError)  an optional package is needed; says what to install

A message says where, what was expected, what came, and what to do next; the parts are attributes too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

__all__ = [
    "AlignmentError",
    "ConservationError",
    "ConvergenceError",
    "CustvalueError",
    "Fault",
    "InputError",
    "MissingDependencyError",
    "PluginError",
    "SchemaError",
    "UnitError",
]

MAX_ROWS_SHOWN = 20


class CustvalueError(Exception):
    """The root: ``except custvalue.CustvalueError`` catches all of ours and nothing else."""


class InputError(CustvalueError, ValueError):
    """What was passed in cannot be used.

    Parameters
    ----------
    where
        The place: argument, column, file and line, customer.
    expected
        What would have been right.
    got
        What came.
    hint
        What to type or change next.

    Examples
    --------
    >>> raise InputError("DiscountRate.annual", expected="a rate above -1", got="-1.5")
    Traceback (most recent call last):
    ...
    custvalue.errors.InputError: DiscountRate.annual: expected a rate above -1, got -1.5
    """

    def __init__(self, where: str, *, expected: str, got: str, hint: str = "") -> None:
        self.where = where
        self.expected = expected
        self.got = got
        self.hint = hint
        super().__init__(_sentence(where, expected, got, hint))


@attrs.frozen
class Fault:
    """One thing wrong with a table.

    Parameters
    ----------
    where
        Column, key or row range.
    expected
        What would have been right.
    got
        What came.
    hint
        What to type or change next.
    rows
        Up to 20 offending rows, numbered from 0 after the header, or offending ids.
    n_rows
        How many rows are affected in all.
    """

    where: str
    expected: str
    got: str
    hint: str = ""
    rows: Sequence[object] = ()
    n_rows: int = 0

    def __str__(self) -> str:
        text = _sentence(self.where, self.expected, self.got, self.hint)
        shown = list(self.rows)[:MAX_ROWS_SHOWN]
        if not shown:
            return text
        more = self.n_rows - len(shown)
        tail = f", and {more:,} more" if more > 0 else ""
        return f"{text} [{', '.join(map(str, shown))}{tail}]"


class SchemaError(InputError):
    """A table cannot be used; ``faults`` lists everything wrong with it."""

    def __init__(self, what: str, faults: Iterable[Fault]) -> None:
        self.what = what
        self.faults = tuple(faults)
        first = self.faults[0]
        super().__init__(what, expected=first.expected, got=first.got, hint=first.hint)
        lines = [f"{what}: {len(self.faults)} fault{'s' if len(self.faults) != 1 else ''}"]
        lines += [f"  {number}. {fault}" for number, fault in enumerate(self.faults, 1)]
        self.args = ("\n".join(lines),)

    @classmethod
    def raise_for(cls, what: str, faults: Iterable[Fault]) -> None:
        """Raise if there is any fault; return quietly if there is none.

        Raises
        ------
        SchemaError
            If ``faults`` is not empty.
        """
        collected = tuple(faults)
        if collected:
            raise cls(what, collected)


class AlignmentError(InputError):
    """Two things that must speak of the same customers, periods or currency do not."""


class UnitError(InputError):
    """A quantity came in a unit that does not fit here."""


class ConservationError(CustvalueError, ArithmeticError):
    """Money was created or lost on the way. Nothing that fails this can be built."""


class ConvergenceError(CustvalueError, RuntimeError):
    """A fit that cannot be trusted.

    Parameters
    ----------
    message
        What happened, and what to try next.
    fit
        The fit as far as it came, with its diagnostics.
    """

    def __init__(self, message: str, fit: object = None) -> None:
        self.fit = fit
        super().__init__(message)


class PluginError(CustvalueError):
    """A plugin cannot be loaded, is ambiguous, or does not satisfy its protocol."""


class MissingDependencyError(CustvalueError, ImportError):
    """An optional package is needed.

    Parameters
    ----------
    package
        The package that is not installed.
    extra
        The extra of custvalue that brings it.
    purpose
        What it is needed for.
    """

    def __init__(self, package: str, *, extra: str, purpose: str) -> None:
        self.package = package
        self.extra = extra
        super().__init__(f"{purpose} needs {package}: pip install 'custvalue[{extra}]'")


def _sentence(where: str, expected: str, got: str, hint: str) -> str:
    text = f"{where}: expected {expected}, got {got}"
    return f"{text}. {hint}" if hint else text
