"""One sitting of a mock interview: reads commands, grades, asks, and keeps the record after every event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dojo.grading.catalogue import Catalogue, Kata
from dojo.grading.files import write_whole
from dojo.grading.learner.hints import RUNGS, key_of, load_hints
from dojo.grading.learner.interview import CARD, Interview, Task
from dojo.grading.learner.review import Reviews
from dojo.grading.learner.scorecard import score_of
from dojo.grading.paths import display_name
from dojo.grading.result import KataResult, State
from dojo.grading.sandbox.subject import load_properties
from dojo.grading.sources.promises import promises
from dojo.grading.sources.stubs import make_stub
from dojo.grading.targets import differs
from dojo.reports import interview as tell
from dojo.reports.grade import report
from dojo.reports.page import Lines, Page
from dojo.reports.scorecard import markdown, scorecard

_MARKS = (600.0, 300.0, 60.0, 0.0)  # seconds left when the time is called out
_SHORT = {"g": "grade", "h": "hint", "t": "time", "q": "quit", "?": "help", "next": "skip"}


class Left(Exception):
    """The candidate has left; the interview stays open."""


@dataclass(frozen=True, slots=True)
class Room:
    """What a sitting needs of the world, so that a test can be the world.

    Attributes:
        now: the wall clock, in seconds since the epoch.
        read: shows a prompt and waits for a line, at most so many seconds; None when none came. Raises EOFError.
        show: writes lines of a report.
        page: their shape.
        grade: grades a file; None when there is none to be graded.
    """

    now: Callable[[], float]
    read: Callable[[str, float | None], str | None]
    show: Callable[[Lines], None]
    page: Page
    grade: Callable[[Kata, Path], KataResult]


class Session:
    """Goes through an interview from wherever it stands.

    Args:
        interview: its record; saved after every event.
        catalogue: the katas.
        room: the world.
        reviews: told how each task ended.
    """

    def __init__(self, interview: Interview, catalogue: Catalogue, room: Room, reviews: Reviews) -> None:
        self._interview = interview
        self._catalogue = catalogue
        self._room = room
        self._reviews = reviews

    def run(self) -> None:
        """Code, answer, see the card.

        Raises:
            Left: when it was left before the end.
        """
        if self._interview.ended is None:
            self._code()
        try:
            self._ask()
        finally:
            self._keep_card()
        self._interview.closed = True
        self._interview.save()
        self.show_card()

    def show_card(self) -> None:
        """The scorecard as it stands now, and where it is kept."""
        self._keep_card()
        self._show(scorecard(self._interview, self._minutes, self._end, self._room.page))
        self._say(f"kept as {display_name(self._interview.folder / CARD)}")

    @property
    def _minutes(self) -> dict[str, int]:
        return {kata.name: kata.minutes for kata in self._catalogue}

    @property
    def _end(self) -> float:
        return self._interview.ended or self._room.now()

    @property
    def _time_left(self) -> float:
        return self._interview.deadline - self._room.now()

    def _show(self, lines: Lines) -> None:
        self._room.show(lines)

    def _say(self, text: str) -> None:
        self._show(tell.note(text, self._room.page))

    def _keep_card(self) -> None:
        text = markdown(self._interview, self._minutes, self._end)
        write_whole(self._interview.folder / CARD, text)

    # --- coding --------------------------------------------------------------------------------------

    def _code(self) -> None:
        while (index := self._interview.current) is not None and self._time_left > 0:
            task = self._interview.tasks[index]
            self._give(index, task)
            if not self._work(task):
                break
        if self._time_left <= 0:
            self._say("The time is up.")
        if (index := self._interview.current) is not None and self._interview.tasks[index].begun is not None:
            self._leave(self._interview.tasks[index])
        self._interview.ended = min(self._room.now(), self._interview.deadline)
        self._interview.save()

    def _give(self, index: int, task: Task) -> None:
        """Show a task; its stub is laid when it is shown for the first time."""
        kata, file = self._catalogue[task.kata], self._interview.file(task)
        if task.begun is None or not file.exists():
            write_whole(file, make_stub(kata.solution.read_text("utf-8")))
        if task.begun is None:
            task.begun = self._room.now()
            self._interview.save()
        shown = display_name(file)
        self._show(tell.task(self._interview, index, kata, shown, self._time_left, self._room.page))

    def _work(self, task: Task) -> bool:
        """Obey commands; whether there may be a next task, False when the interview is to end."""
        while (left := self._time_left) > 0:
            mark = max(mark for mark in _MARKS if mark < left)
            typed = self._read(f"{tell.clock(left)} left > ", left - mark)
            if typed is None:
                if mark:
                    self._say(f"{tell.clock(mark)} left")
                continue
            if self._time_left <= 0:
                break  # typed too late: where the input cannot be waited for
            command = " ".join(typed.lower().split())
            command = _SHORT.get(command, command)
            if command in ("grade", "grade --all"):
                self._grade(task, everything=command != "grade")
            elif command == "hint":
                self._hint(task)
            elif command == "time":
                self._show(tell.remaining(self._interview, task, self._time_left, self._room.page))
            elif command == "skip":
                self._leave(task)
                return True
            elif command == "finish":
                return False
            elif command == "quit":
                raise Left
            elif command:
                if command != "help":
                    self._say(f"'{typed.strip()}' is no command; these are:")
                self._show(tell.commands(self._room.page))
        return False

    def _read(self, prompt: str, seconds: float | None) -> str | None:
        try:
            return self._room.read(prompt, seconds)
        except EOFError:
            raise Left from None

    def _grade(self, task: Task, *, everything: bool) -> None:
        """Grade the file as it is and show the report."""
        kata, file = self._catalogue[task.kata], self._interview.file(task)
        result = self._room.grade(kata, file)
        self._show(report(result, self._room.page, everything=everything))
        if not _counts(result):
            return
        if result.digest == task.digest:
            self._say("Not counted: the file has not changed since it was graded last.")
        else:
            task.attempts += 1
        self._note(task, kata, result)
        if task.solved is not None:
            last = task is self._interview.tasks[-1]
            self._say("Solved. `finish` goes on to the questions." if last else "Solved. `skip` goes on.")
        elif task.diagnosis:
            shown = task.hints.get(task.diagnosis, 0)
            self._say(f"`hint` shows a hint ({min(RUNGS, shown + 1)} of {RUNGS})")

    def _note(self, task: Task, kata: Kata, result: KataResult) -> None:
        task.digest = result.digest
        task.score = score_of(result, load_properties(kata))
        if result.state is State.PASSED:
            task.solved = task.solved if task.solved is not None else self._room.now()
        else:
            task.solved = None
        task.diagnosis = task.promise = task.kind = ""
        first = result.failed[0] if result.failed else None
        if first is not None and first.counterexample is not None:
            task.kind = first.counterexample.kind
            task.promise = first.property
            task.diagnosis = f"{first.slug}/{key_of(task.kind)}"
            task.met[task.diagnosis] = first.property
        self._interview.save()

    def _hint(self, task: Task) -> None:
        if not task.diagnosis:
            solved = task.solved is not None
            self._say("It is solved." if solved else "A hint is about the last failure: `grade` first.")
            return
        slug, _, key = task.diagnosis.partition("/")
        rungs = load_hints(self._catalogue[task.kata]).rungs(slug, key)
        shown = min(RUNGS, task.hints.get(task.diagnosis, 0) + 1)
        task.hints[task.diagnosis] = shown
        self._interview.save()
        self._show(tell.hint(task.promise, rungs[:shown], self._room.page))

    def _leave(self, task: Task) -> None:
        """Hand in a task: what was written since the last grading is graded too."""
        kata, file = self._catalogue[task.kata], self._interview.file(task)
        try:
            task.late = file.stat().st_mtime > self._interview.deadline
        except OSError:
            pass  # the grading says what is wrong with it
        if differs(file, task.digest):
            result = self._room.grade(kata, file)
            if _counts(result):
                self._show(report(result, self._room.page))
                task.attempts += 1
                self._note(task, kata, result)
        task.left = min(self._room.now(), self._interview.deadline)
        self._interview.save()
        self._reviews.settle(
            kata.name,
            promises(kata),
            task.met,
            solved=task.solved is not None,
            attempts=task.attempts,
            hints=task.hints_shown,
        )

    # --- questions -----------------------------------------------------------------------------------

    def _ask(self) -> None:
        """Ask what is still open; an answer is kept as it was typed, and nobody judges it."""
        tasks = [task for task in self._interview.tasks if task.begun is not None]
        total = sum(len(task.questions) for task in tasks)
        asked = sum(len(task.answers) for task in tasks)
        if asked < total:
            self._say("Some questions. Answer in as many lines as you like; an empty line ends an answer.")
            self._say("Nobody judges the answers: they are kept word for word beside the scorecard.")
        for task in tasks:
            for text in task.questions[len(task.answers) :]:
                asked += 1
                self._show(tell.question(asked, total, text, self._interview.draft, self._room.page))
                self._listen()
                task.answers.append(self._interview.draft.removesuffix("\n"))
                self._interview.draft = ""
                self._interview.save()

    def _listen(self) -> None:
        """Read the lines of one answer."""
        while typed := self._read("> ", None):
            self._interview.draft += f"{typed}\n"
            self._interview.save()


def _counts(result: KataResult) -> bool:
    """Whether a grading says something about the code: no stub, no typing error, no fault of ours."""
    return bool(result.digest) and result.state not in (State.NOT_STARTED, State.BROKEN)
