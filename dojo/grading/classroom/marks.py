"""What a class has come to, as values for the reports: one mark for each person and kata."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dojo.checking.verdict import Status
from dojo.grading.catalogue import Kata
from dojo.grading.classroom.folders import HandedIn
from dojo.grading.classroom.similarity import Likeness
from dojo.grading.learner.hints import key_of
from dojo.grading.result import ExitCode, KataResult, State, overall

# Classes of bugs: the keys of ``hints.KINDS`` in words.
BUG_CLASSES = {
    "promise": "broken promise",
    "deadlock": "deadlock",
    "exception": "exception",
    "exit": "exit",
    "leak": "leaked thread",
    "polling": "polling",
    "livelock": "livelock",
    "endless": "endless loop",
}
NOTHING = "nothing handed in"


@dataclass(frozen=True, slots=True)
class Mark:
    """What one person's work on one kata came to.

    Attributes:
        person: whose.
        kata: its name.
        file: what was graded, as seen from the folder of all; "" if nothing was handed in.
        state: the summary; None if nothing was handed in.
        held: properties that hold.
        properties: properties there are; 0 if none was checked.
        failed: the properties that do not hold, as promises.
        bugs: the classes of bugs by which they failed, each once.
        problem: why it could not be graded, with the line, "" if it could.
        note: what is odd about the file.
    """

    person: str
    kata: str
    file: str = ""
    state: State | None = None
    held: int = 0
    properties: int = 0
    failed: tuple[str, ...] = ()
    bugs: tuple[str, ...] = ()
    problem: str = ""
    note: str = ""

    @property
    def is_begun(self) -> bool:
        """Whether there is any work in it."""
        return self.state not in (None, State.NOT_STARTED)

    @property
    def is_stuck(self) -> bool:
        """Whether it is begun and not passed."""
        return self.is_begun and self.state is not State.PASSED

    @property
    def words(self) -> str:
        """The state in words."""
        return self.state.value if self.state is not None else NOTHING


@dataclass(frozen=True, slots=True)
class Class:
    """All marks.

    Attributes:
        persons: in alphabetical order.
        katas: those that the marks are about, in learning order.
        marks: one for each person and kata, person by person.
        likenesses: files that are like each other.
        notes: what was left out, and why.
        idle: names of katas that are not shown because nobody has begun them.
    """

    persons: tuple[str, ...]
    katas: tuple[Kata, ...]
    marks: tuple[Mark, ...]
    likenesses: tuple[Likeness, ...] = ()
    notes: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()

    def of_person(self, person: str) -> list[Mark]:
        """The marks of one person, in the order of the katas."""
        return [mark for mark in self.marks if mark.person == person]

    def of_kata(self, kata: str) -> list[Mark]:
        """The marks on one kata, in the order of the persons."""
        return [mark for mark in self.marks if mark.kata == kata]

    @property
    def exit_code(self) -> ExitCode:
        """As for ``grade``: what is not handed in is not started."""
        return overall(
            [KataResult(mark.kata, mark.file, mark.state or State.NOT_STARTED) for mark in self.marks]
        )


def mark_of(file: HandedIn, result: KataResult | None) -> Mark:
    """The mark for a result; without one for nothing handed in."""
    if result is None:
        return Mark(file.person, file.kata.name, note=file.note)
    kinds = [verdict.counterexample.kind for verdict in result.failed if verdict.counterexample]
    problem = result.problem
    return Mark(
        file.person,
        file.kata.name,
        file.shown,
        result.state,
        sum(verdict.status is Status.PASS for verdict in result.verdicts),
        result.properties,
        tuple(verdict.property for verdict in result.failed),
        tuple(dict.fromkeys(BUG_CLASSES[key_of(kind)] for kind in kinds)),
        (f"line {problem.line}: " if problem.line else "") + problem.message if problem else "",
        file.note,
    )


def without_idle(found: Class) -> Class:
    """Without the katas that nobody has begun, unless nobody has begun any."""
    begun = {mark.kata for mark in found.marks if mark.is_begun}
    katas = tuple(kata for kata in found.katas if kata.name in begun)
    if not katas:
        return found
    return Class(
        found.persons,
        katas,
        tuple(mark for mark in found.marks if mark.kata in begun),
        found.likenesses,
        found.notes,
        tuple(kata.name for kata in found.katas if kata.name not in begun),
    )


def counted(marks: Sequence[Mark]) -> dict[str, int]:
    """How many marks are in which state, in words, the best first; states without a mark are left out."""
    order = [State.PASSED, State.FAILED, State.INCONCLUSIVE, State.REFUSED, State.BROKEN, State.NOT_STARTED]
    words = [*(state.value for state in order), NOTHING]
    found = {each: sum(mark.words == each for mark in marks) for each in words}
    return {each: count for each, count in found.items() if count}
