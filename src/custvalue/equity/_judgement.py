"""What an equity statement says about the work of the period, by stated rules."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from fractions import Fraction

import attrs

from custvalue._frames import FrameKind, build_frame
from custvalue.equity._result import Line, LineName

__all__ = ["Finding", "Judgement", "Verdict"]


class Verdict(Enum):
    """How a piece of work is judged."""

    GOOD = "good"
    EVEN = "even"
    POOR = "poor"
    NONE = "nothing to judge"


@attrs.frozen
class Finding:
    """One piece of work and its verdict.

    Parameters
    ----------
    work
        ``"acquisition"``, ``"retention"`` or ``"development"``.
    verdict
        By the rule stated in ``text``.
    text
        The rule with its figures.
    ratio
        What was compared, as a ratio; above 1 is good for acquisition and development, poor for retention.
    """

    work: str
    verdict: Verdict
    text: str
    ratio: float | None


@attrs.frozen
class Judgement:
    """The three pieces of work behind a change of equity.

    Parameters
    ----------
    acquisition
        Good if the newly won are worth more on average than the opening base.
    retention
        Good if the lost are worth less on average than the opening base.
    development
        Good if those who rose gained more than those who fell lost.
    """

    acquisition: Finding
    retention: Finding
    development: Finding

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a piece of work: work, verdict, text."""
        findings = (self.acquisition, self.retention, self.development)
        columns = {
            "work": [one.work for one in findings],
            "verdict": [one.verdict.value for one in findings],
            "text": [one.text for one in findings],
        }
        return build_frame(columns, like)


def judge(lines: Mapping[LineName, Line]) -> Judgement:
    """Judge a statement by its lines."""
    n = LineName
    base = lines[n.OPENING]
    gained, lost = lines[n.RISEN].change, -lines[n.FALLEN].change
    return Judgement(
        acquisition=_against_base("acquisition", "won", lines[n.WON], base, more_is_good=True),
        retention=_against_base("retention", "lost", lines[n.LOST], base, more_is_good=False),
        development=_development(gained, lost),
    )


def _against_base(work: str, word: str, line: Line, base: Line, *, more_is_good: bool) -> Finding:
    if line.mean is None or base.mean is None or base.mean <= 0:
        return Finding(work, Verdict.NONE, f"nobody {word}, or no base of positive value to compare with", None)
    ratio = line.mean / base.mean
    text = f"the {line.customers:,} {word} are worth {float(ratio):.3f} of a customer of the opening base on average"
    return Finding(work, _verdict(ratio, more_is_good=more_is_good), text, float(ratio))


def _development(gained: int, lost: int) -> Finding:
    if gained == 0 and lost == 0:
        return Finding("development", Verdict.NONE, "no customer rose or fell", None)
    if lost <= 0:
        return Finding("development", Verdict.GOOD, "nothing was lost by falling", None)
    ratio = Fraction(gained, lost)
    text = f"what rose is {float(ratio):.3f} of what fell"
    return Finding("development", _verdict(ratio, more_is_good=True), text, float(ratio))


def _verdict(ratio: Fraction, *, more_is_good: bool) -> Verdict:
    if ratio == 1:
        return Verdict.EVEN
    return Verdict.GOOD if (ratio > 1) == more_is_good else Verdict.POOR
