"""Looks whether a file can be graded, without the hidden properties: it is read, loaded, and its example is run.

This says nothing about whether the code is right. It needs no solution, so candidates have it in their packet.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dojo.grading.catalogue import IN_PACKET, Kata
from dojo.grading.cells.ended import Ended
from dojo.grading.judge import submission_of
from dojo.grading.paths import display_name
from dojo.grading.result import Problem
from dojo.grading.sandbox.messages import GRADERS_FAULT, HeardOne
from dojo.grading.sandbox.process import serve
from dojo.grading.sources.stubs import make_stub, unfinished
from dojo.grading.sources.submission import Submission


@dataclass(frozen=True, slots=True)
class Readiness:
    """What can be said of a file without the hidden properties.

    Attributes:
        kata: the kata's name.
        path: the file, as shown to the reader.
        problem: why it cannot be graded.
        functions: how many public functions the stub leaves to the learner.
        unfinished: those of them that are still as in the stub, sorted.
        example: how the example ended; None if it was not run.
        elapsed: virtual nanoseconds that it took.
        needs: katas whose reference the example needs, and that are not here.
    """

    kata: str
    path: str
    problem: Problem | None = None
    functions: int = 0
    unfinished: tuple[str, ...] = ()
    example: Ended | None = None
    elapsed: int = 0
    needs: tuple[str, ...] = ()

    @property
    def untouched(self) -> bool:
        """Whether nothing is written yet."""
        return self.problem is None and 0 < self.functions == len(self.unfinished)

    @property
    def ok(self) -> bool:
        """Whether there is nothing left to do that can be seen from here."""
        ran = self.example is None or self.example.ok
        return self.problem is None and not self.unfinished and ran


def look(kata: Kata, path: Path) -> Readiness:
    """Look at one file.

    Args:
        kata: that it is for.
        path: the file.
    """
    name = display_name(path)
    read = submission_of(kata, path)
    if isinstance(read, Problem):
        return Readiness(kata.name, name, read)
    asked = unfinished(make_stub(kata.contract.read_text("utf-8")))
    left = tuple(sorted(asked & unfinished(read.source)))
    if len(left) == len(asked):
        return Readiness(kata.name, name, None, len(asked), left)
    return _loaded(kata, read, name, len(asked), left)


def _loaded(kata: Kata, read: Submission, name: str, functions: int, left: tuple[str, ...]) -> Readiness:
    heard = HeardOne(name, "example")
    request = {"kata": kata.name, "name": name, "example": "load", "token": ""}
    needs = kata.imports if IN_PACKET else ()
    if not left and not needs:
        request["example"] = "run"
    problem = serve(request, read.source, name, [heard])
    data = heard.data
    if problem is not None or data is None:
        problem = problem or Problem("the check brought no result", name, 0, GRADERS_FAULT)
        return Readiness(kata.name, name, problem, functions, left)
    ended = Ended(**data["ended"]) if data["ended"] is not None else None
    return Readiness(kata.name, name, None, functions, left, ended, data["elapsed"], needs)
