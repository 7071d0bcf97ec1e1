"""Rounds: the ways from the stub to the solution that repetition is planned by, and what one of them is worth."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from dojo.grading.learner.memory import Rating


@dataclass(slots=True)
class Round:
    """One way from the stub to the solution.

    Attributes:
        attempts: different files that were graded.
        hints: how many had been shown when it began; at its end, how many were shown in it.
        met: the classes of bugs seen, each with its promise in words.
        before: the kata's card when the round began.
        digest: fingerprint of the file that was graded last.
    """

    attempts: int = 0
    hints: int = 0
    met: dict[str, str] = field(default_factory=dict)
    before: dict[str, Any] | None = None
    digest: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @staticmethod
    def from_json(data: Any) -> Round | None:
        """Rebuild a round; None for what is none."""
        try:
            met = {str(key): str(value) for key, value in data["met"].items()}
            return Round(
                number(data["attempts"]), number(data["hints"]), met, data["before"], str(data["digest"])
            )
        except (KeyError, TypeError, AttributeError):
            return None


def rating_of(*, solved: bool, attempts: int, hints: int, repeated: bool) -> Rating:
    """How a round went: not solved again, hard when it took hints or several attempts, easy the first time."""
    if not solved:
        return Rating.AGAIN
    if hints or attempts > 1:
        return Rating.HARD
    return Rating.GOOD if repeated else Rating.EASY


def number(value: object) -> int:
    """A count from a file; what is none counts as 0."""
    return value if isinstance(value, int) and value >= 0 else 0
