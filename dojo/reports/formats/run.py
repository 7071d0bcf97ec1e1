"""A grading run as the formats see it: the results, what was asked for, and every property with what came of it."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from dojo.checking.verdict import Counterexample, Status, Verdict
from dojo.grading.result import KataResult, State
from dojo.grading.workspace import REPOSITORY, Workspace
from dojo.reports import failure
from dojo.reports.advice import distinct, race
from dojo.reports.grade import problem
from dojo.reports.page import Page, plain

WIDTH = 100  # columns of the texts in a file: the same whatever the terminal is


class Outcome(enum.Enum):
    """What came of one property."""

    PASSED = "passed"
    FAILED = "failed"
    RACE = "race warning"  # counts as a failure with --strict
    UNDECIDED = "inconclusive"
    FAULT = "grader fault"
    STOPPED = "not checked"  # the learner's to mend: the file could not be graded to the end
    NOT_STARTED = "not started yet"


@dataclass(frozen=True, slots=True)
class Case:
    """One property of one graded file.

    Attributes:
        slug: its short name.
        name: the promise.
        outcome: what came of it.
        message: the outcome in a sentence, "" for a pass.
        text: all there is to tell, in lines; "" for a pass.
        line: of the learner's file, 0 where none is to blame.
    """

    slug: str
    name: str
    outcome: Outcome
    message: str = ""
    text: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Graded:
    """What ``grader.py grade`` has done.

    Attributes:
        results: of the files, in the order graded.
        seed, budget, strict: as they were asked for.
        promises: the properties by kata, each a short name and the promise, in the order of the hidden tests;
            needed for katas of which not every property was decided.
        workspace: whose files they are: command lines in the texts lead there.
        visibility: when a learner is to see a Gradescope result.
    """

    results: Sequence[KataResult]
    seed: int = 0
    budget: int = 0
    strict: bool = False
    promises: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    workspace: Workspace = REPOSITORY
    visibility: str = "visible"

    @property
    def page(self) -> Page:
        """What texts are written on: nothing on it can steer a terminal or is unfit for XML."""
        return Page(WIDTH, "utf-8", self.workspace)

    def title(self, result: KataResult) -> str:
        """A name for a result that no other one has."""
        alike = sum(each.kata == result.kata for each in self.results)
        return result.kata if alike == 1 else f"{result.kata} ({self.page.clean(result.path)})"

    def cases(self, result: KataResult) -> list[Case]:
        """Every property of a result, also those that were not decided."""
        names = {verdict.slug: verdict.property for verdict in result.verdicts}
        names = {**self.promises.get(result.kata, {}), **names}
        decided = {verdict.slug: verdict for verdict in result.verdicts}
        return [
            self._decided(result, decided[slug]) if slug in decided else self._open(result, slug, name)
            for slug, name in names.items()
        ]

    def trouble(self, result: KataResult) -> str:
        """Why a file was not graded, or not to the end, in lines; "" if it was."""
        return plain(problem(result, self.page)) if result.problem is not None else ""

    def _decided(self, result: KataResult, verdict: Verdict) -> Case:
        page, name = self.page, self.page.clean(verdict.property)
        if verdict.status is Status.FAIL:
            text = plain(failure.in_full(verdict, result, page))
            return Case(
                verdict.slug, name, Outcome.FAILED, said(verdict, page), text, blamed(verdict, result)
            )
        if verdict.status is Status.PASS:
            races = [each for each in distinct([verdict]) if not each.harmless]
            if not (self.strict and races):
                return Case(verdict.slug, name, Outcome.PASSED)
            text = plain([each for warning in races for each in race(warning, page)])
            message = f"nothing puts in order who accesses {page.clean(races[0].what)} first"
            return Case(verdict.slug, name, Outcome.RACE, message, text, races[0].first_line)
        broken = verdict.status is Status.BROKEN
        reason = page.clean(verdict.reason)
        if broken:
            reason = f"grader fault, no fault of the code: {reason}"
        text = plain(page.paragraph(verdict.reason, 0))
        return Case(verdict.slug, name, Outcome.FAULT if broken else Outcome.UNDECIDED, reason, text)

    def _open(self, result: KataResult, slug: str, name: str) -> Case:
        if result.state is State.NOT_STARTED:
            return Case(slug, name, Outcome.NOT_STARTED, "nothing is written yet")
        why = self.page.clean(result.problem.message) if result.problem else "no verdict arrived"
        ours = result.state is State.BROKEN
        return Case(slug, name, Outcome.FAULT if ours else Outcome.STOPPED, f"not checked: {why}")


def said(verdict: Verdict, page: Page) -> str:
    """How a property failed, in a sentence on one line."""
    example = verdict.counterexample
    if example is None:
        return "the property does not hold"
    return page.clean(f"{example.kind}: {' '.join(example.message.split())}")


def blamed(verdict: Verdict, result: KataResult) -> int:
    """The line of the learner's file that a failure is best shown at; 0 if it has been in none."""
    example = verdict.counterexample
    if example is None:
        return 0
    return next((line for file, line in _suspects(example) if line and is_own(file, result)), 0)


def is_own(file: str, result: KataResult) -> bool:
    """Whether a place is in the file that was graded."""
    return PurePosixPath(file).name == PurePosixPath(result.path).name


def _suspects(example: Counterexample) -> list[tuple[str, int]]:
    """Places in the order in which they explain a failure: what raised, the switch, who is stuck, the last step."""
    places = [example.place] if example.place is not None else []
    places += [(row.file, row.line) for row in example.rows if row.mark in ("preempted", "stalled")]
    places += [(each.file, each.line) for each in example.stuck]
    return places + [(row.file, row.line) for row in reversed(example.rows)]
