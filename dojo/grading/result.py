"""What grading one kata came to, as a value for the reports."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dojo.checking.verdict import Counterexample, Status, Verdict


class State(enum.Enum):
    """The state of one submission."""

    NOT_STARTED = "not started yet"
    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    REFUSED = "cannot be graded"  # the learner's to mend: missing file, syntax error, endless loop, ...
    BROKEN = "grader fault"  # ours to mend


class ExitCode(enum.IntEnum):
    """Exit codes of ``grader.py``; the worst of all results decides."""

    PASSED = 0
    FAILED = 1
    USAGE = 2
    INCONCLUSIVE = 3
    BROKEN = 4


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a submission could not be graded, or not to the end: the fault, the place, the remedy."""

    message: str
    file: str = ""
    line: int = 0
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class KataResult:
    """The outcome of grading one file against the properties of one kata.

    Attributes:
        kata: the kata's name.
        path: the file that was graded, as shown to the reader.
        state: the summary.
        verdicts: one for each property decided, in the order of the hidden tests.
        properties: how many properties the kata has.
        problem: set when ``state`` is REFUSED or BROKEN.
        digest: fingerprint of the file's text.
        seconds: wall time; for progress only, never part of a verdict.
        unchanged: whether the verdicts are those of an earlier grading of the same; never part of a verdict.
        only: short name of the one property that was to be checked; "" for all of them.
    """

    kata: str
    path: str
    state: State
    verdicts: tuple[Verdict, ...] = ()
    properties: int = 0
    problem: Problem | None = None
    digest: str = ""
    seconds: float = 0.0
    unchanged: bool = False
    only: str = ""

    @property
    def schedules(self) -> int:
        """Schedules explored for all properties."""
        return sum(verdict.schedules for verdict in self.verdicts)

    @property
    def failed(self) -> tuple[Verdict, ...]:
        """The verdicts that are failures."""
        return tuple(verdict for verdict in self.verdicts if verdict.status is Status.FAIL)

    @property
    def first_example(self) -> Counterexample | None:
        """The run that is shown in full: that of the first failure."""
        return self.failed[0].counterexample if self.failed else None

    @property
    def exit_code(self) -> ExitCode:
        """The exit code this result alone would give."""
        return {
            State.PASSED: ExitCode.PASSED,
            State.NOT_STARTED: ExitCode.FAILED,
            State.FAILED: ExitCode.FAILED,
            State.REFUSED: ExitCode.FAILED,
            State.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
            State.BROKEN: ExitCode.BROKEN,
        }[self.state]

    def to_json(self) -> dict[str, Any]:
        """Plain data without wall times: equal gradings give equal text."""
        return {
            "kata": self.kata,
            "path": self.path,
            "state": self.state.value,
            "properties": self.properties,
            "only": self.only,
            "schedules": self.schedules,
            "problem": asdict(self.problem) if self.problem else None,
            "verdicts": [verdict.to_json() for verdict in self.verdicts],
        }


def result_from_json(data: dict[str, Any]) -> KataResult:
    """Rebuild a result from ``to_json``; the fingerprint of the text is not in it.

    Raises:
        KeyError, TypeError, ValueError: when ``data`` is not of that form.
    """
    problem = Problem(**data["problem"]) if data["problem"] else None
    verdicts = tuple(Verdict.from_json(each) for each in data["verdicts"])
    return KataResult(data["kata"], data["path"], State(data["state"]), verdicts, data["properties"], problem)


def state_of(verdicts: Sequence[Verdict], expected: int, *, strict: bool) -> State:
    """The summary of a kata from its verdicts.

    Args:
        verdicts: what arrived.
        expected: how many properties there are; a missing verdict is a failure.
        strict: whether race warnings that are not harmless count as failures.
    """
    statuses = [verdict.status for verdict in verdicts]
    warned = any(not warning.harmless for verdict in verdicts for warning in verdict.warnings)
    if (
        Status.BROKEN in statuses or expected < 1
    ):  # a kata without properties would pass whatever is handed in
        return State.BROKEN
    if Status.FAIL in statuses or len(verdicts) < expected or (strict and warned):
        return State.FAILED
    if Status.INCONCLUSIVE in statuses:
        return State.INCONCLUSIVE
    return State.PASSED


def overall(results: Sequence[KataResult]) -> ExitCode:
    """The exit code of a whole run: our fault, then failure, then inconclusive."""
    codes = {result.exit_code for result in results}
    for code in (ExitCode.BROKEN, ExitCode.FAILED, ExitCode.INCONCLUSIVE):
        if code in codes:
            return code
    return ExitCode.PASSED
