"""One grading of a class as plain data, so that it can be done by another thread or on another machine."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass

from dojo.grading.catalogue import load
from dojo.grading.judge import grade_text
from dojo.grading.result import KataResult, Problem, State
from dojo.grading.sandbox.messages import GRADERS_FAULT
from dojo.grading.terms import Terms


@dataclass(frozen=True, slots=True)
class Job:
    """A text to be graded.

    Attributes:
        key: fingerprint of the grading.
        kata: name of the kata.
        name: of the text in what is reported.
        text: the submission.
        budget: schedules for each property.
        seed: decides every random choice.
        strict: whether race warnings count as failures.
    """

    key: str
    kata: str
    name: str
    text: str
    budget: int
    seed: int
    strict: bool


Done = tuple[Job, KataResult]
# Does jobs in any order, several at once, and gives each result as soon as it is there.
Runner = Callable[[Iterable[Job]], Generator[Done]]


def do(job: Job, on_tick: Callable[[], None] | None = None) -> KataResult:
    """Grade one text with one child process; a fault of ours is a result too and stops no other job.

    Args:
        job: what to grade.
        on_tick: called many times a second; what it raises ends the grading and goes on to the caller.
    """
    try:
        return grade_text(
            load()[job.kata],
            job.text,
            job.name,
            Terms(job.budget, job.seed, job.strict, workers=1),
            on_tick=on_tick,
        )
    except Exception as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        problem = Problem(what, job.name, 0, GRADERS_FAULT)
        return KataResult(job.kata, job.name, State.BROKEN, problem=problem)
