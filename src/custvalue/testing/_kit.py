"""How a conformance kit runs: every check by name, failures told together, expected ones with their reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping

__all__ = ["run_checks"]


def run_checks(what: object, checks: Mapping[str, Callable[[], None]], expected_failures: Mapping[str, str]) -> None:
    """Run checks and tell all that failed at once; an exception of the object itself is a failure like any other.

    Parameters
    ----------
    what
        The object checked, for the message.
    checks
        Name to check; a check raises AssertionError.
    expected_failures
        Check name to reason; one that passes all the same is told.

    Raises
    ------
    AssertionError
        Naming every check that failed, and why.
    """
    failures = [f"{name}: there is no such check" for name in expected_failures if name not in checks]
    for name, check in checks.items():
        try:
            check()
        except Exception as error:  # noqa: BLE001  # whatever the object raises is a finding, not an end of the run
            if name not in expected_failures:
                kind = "" if isinstance(error, AssertionError) else f"{type(error).__name__}: "
                failures.append(f"{name}: {kind}{error}")
        else:
            if name in expected_failures:
                failures.append(f"{name}: passes, although expected to fail ({expected_failures[name]})")
    if failures:
        raise AssertionError("\n".join([f"{what!r} does not conform:", *failures]))
