"""A sitting of an interview with a fake clock, fake typing and fake grading: nobody sleeps, every event is kept."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from dojo.checking.verdict import Status
from dojo.commands.session import Left, Room, Session
from dojo.grading.catalogue import Kata, load
from dojo.grading.learner.interview import Interview, create, load_all
from dojo.grading.learner.review import Reviews
from dojo.grading.result import KataResult, State
from dojo.reports.page import Page, plain
from tests.reports.samples import example, verdict

START = 1_000_000.0
CATALOGUE = load()
SLUG = "cancel_wakes_at_once"

Line = str | float | type[BaseException] | Callable[[], None]


class Hall:
    """The world of an interview.

    Attributes:
        script: what happens while the next line is waited for: a line, seconds that pass, an exception, or
            something that is done.
    """

    def __init__(self, folder: Path, *katas: str) -> None:
        self.folder = folder
        self.now = START
        self.script: list[Line] = []
        self.state = State.FAILED
        self.gradings = 0
        self.shown = ""
        create([CATALOGUE[name] for name in katas], level="mid", minutes=45, now=START, folder=folder)
        self.reviews = Reviews(folder / "review.json")

    @property
    def record(self) -> Interview:
        """As another process would find it."""
        ((found,), warnings) = load_all(self.folder)
        assert not warnings
        return found

    @property
    def card(self) -> str:
        return (self.folder / "1" / "scorecard.md").read_text("utf-8")

    def sit(self, *script: Line) -> str:
        """Sit down with the record of the disk; return what was shown."""
        self.script, self.shown = list(script), ""
        room = Room(lambda: self.now, self.read, self.show, Page(), self.grade)
        Session(self.record, CATALOGUE, room, self.reviews).run()
        assert not self.script, "it ended too soon"
        return self.shown

    def show(self, lines) -> None:
        self.shown += plain(lines)

    def read(self, prompt: str, seconds: float | None) -> str | None:
        self.shown += prompt
        waited = 0.0
        while True:
            event = self.script.pop(0)
            if isinstance(event, str):
                self.shown += f"{event}\n"
                return event
            if isinstance(event, float):
                left = event if seconds is None else min(event, seconds - waited)
                self.now += left
                waited += left
                if left < event:
                    self.script.insert(0, event - left)
                    self.shown += "\n"
                    return None
                if seconds is not None and waited >= seconds:
                    return None
            elif isinstance(event, type):
                raise event
            else:
                event()

    def grade(self, kata: Kata, file: Path) -> KataResult:
        self.gradings += 1
        text = file.read_text("utf-8")
        state = self.state if "raise NotImplementedError" not in text else State.NOT_STARTED
        status = Status.PASS if state is State.PASSED else Status.FAIL
        one = verdict(status, "a cancel wakes", slug=SLUG)
        if status is Status.FAIL:
            one = verdict(status, "a cancel wakes", slug=SLUG, counterexample=example(kind="broken promise"))
        verdicts = (one,) if state in (State.PASSED, State.FAILED) else ()
        digest = "" if state is State.REFUSED else hashlib.sha256(text.encode()).hexdigest()
        return KataResult(kata.name, str(file), state, verdicts, 21, digest=digest)

    def write(self, text: str, state: State, kata: str = "semaphore") -> Callable[[], None]:
        """The candidate writes something, and grading it would come to that."""

        def do() -> None:
            file = self.folder / "1" / f"{kata}.py"
            file.write_text(text, "utf-8")
            os.utime(file, (self.now, self.now))
            self.state = state

        return do


@pytest.fixture
def hall(tmp_path: Path) -> Hall:
    return Hall(tmp_path, "semaphore")


ANSWERS = ("first", "", "", "two", "lines", "")  # of three questions


def test_a_whole_interview(hall: Hall) -> None:
    """Fail, take a hint, solve, answer: counted, timed by the clock, and all of it on the card."""
    text = hall.sit(
        300.0,
        hall.write("one", State.FAILED),
        "grade",
        "hint",
        600.0,
        hall.write("two", State.PASSED),
        "grade",
        60.0,
        "finish",
        *ANSWERS,
    )
    assert "Weighted semaphore" in text and "Permits with weights" in text
    assert "difficulty" not in text.partition("Scorecard")[0] and "3/5" not in text
    assert "45:00 left > " in text and "40:00 left > " in text
    assert "`hint` shows a hint (1 of 3)" in text and "1 of 3  " in text
    record = hall.record
    (task,) = record.tasks
    assert (task.attempts, task.hints, task.late) == (2, {f"{SLUG}/promise": 1}, False)
    assert (task.begun, task.solved, record.ended) == (START, START + 900, START + 960)
    assert task.answers == ["first", "", "two\nlines"]
    assert record.closed
    assert hall.gradings == 2, "what was graded already is not graded again"
    card = text.partition("Scorecard")[2]
    assert "semaphore   solved" in card and "2 attempts, 1 hint" in card
    assert "15:00 to the solution; usual: 40 min" in card
    assert "16:00 of 45:00" in card
    for rule in ("correctness", "concurrency", "timing", "speed"):
        assert card.count(rule) == 2
        assert f"**{rule}**" in hall.card
    assert "```text\ntwo\nlines\n```" in hall.card
    assert "*No answer.*" in hall.card
    card = hall.reviews.card("semaphore")
    assert card is not None and card.ratings[-1].endswith("hard")


def test_an_untouched_stub_is_no_attempt(hall: Hall) -> None:
    """Neither is the same text again, nor a file that cannot be read."""
    text = hall.sit(
        "grade",
        hall.write("one", State.FAILED),
        "g",
        "grade",
        hall.write("def", State.REFUSED),
        "grade",
        "time",
        "finish",
        *[""] * 3,
    )
    assert "not started yet" in text
    assert "the file has not changed" in text
    assert "semaphore: 1 attempt, 0 hints" in text
    assert hall.record.tasks[0].attempts == 1


def test_the_time_is_called_and_ends_it(hall: Hall) -> None:
    """Ten, five and one minute before the end; then what was written is handed in and graded."""
    text = hall.sit(hall.write("one", State.FAILED), 3000.0, *[""] * 3)
    for mark in ("10:00 left", "5:00 left", "1:00 left"):
        assert f"\n{mark}\n" in text
    assert text.index("1:00 left\n") < text.index("The time is up.") < text.index("Question 1 of 3")
    record = hall.record
    assert (record.ended, record.tasks[0].attempts) == (record.deadline, 1)
    assert not record.tasks[0].late
    assert "45:00 without one" in text


def test_the_clock_runs_on(hall: Hall) -> None:
    """Who comes back finds less time, and the same task with what was written and counted."""
    with pytest.raises(Left):
        hall.sit(60.0, hall.write("one", State.FAILED), "grade", "hint", "quit")
    hall.now += 600
    text = hall.sit("time", "hint", "finish", *[""] * 3)
    assert "task 1 of 1" in text and "34:00 left of 45:00" in text
    assert "1 attempt, 1 hint" in text
    assert "2 of 3" in text
    assert (hall.folder / "1" / "semaphore.py").read_text() == "one"
    assert hall.record.tasks[0].begun == START


def test_too_late_is_said(hall: Hall) -> None:
    """Who comes back after the time hands in what is there; whether it was saved in time is on the card."""
    with pytest.raises(Left):
        hall.sit("quit")
    hall.now += 100_000
    hall.write("late", State.PASSED)()
    text = hall.sit(*[""] * 3)
    assert "The time is up." in text
    assert "solved, handed in after the time" in text
    assert "45:00 of 45:00" in text
    record = hall.record
    assert record.ended == record.deadline


@pytest.mark.parametrize("leave", [KeyboardInterrupt, EOFError, "quit"])
@pytest.mark.parametrize("at", range(4))
def test_nothing_is_lost_wherever_it_is_left(hall: Hall, at: int, leave: Line) -> None:
    """Ctrl-C, a closed terminal or quit between any two events: resumed, it comes to the same record."""
    events = [hall.write("one", State.FAILED), "grade", "hint", hall.write("two", State.PASSED), "grade"]
    expected = KeyboardInterrupt if leave is KeyboardInterrupt else Left
    with pytest.raises(expected):
        hall.sit(*events[: at + 1], leave)
    hall.sit(*events[at + 1 :], "finish", *ANSWERS)
    task = hall.record.tasks[0]
    assert (task.attempts, task.hints_shown, task.solved) == (2, 1, START)
    assert task.answers == ["first", "", "two\nlines"]


@pytest.mark.parametrize("leave", [KeyboardInterrupt, EOFError])
@pytest.mark.parametrize("at", range(len(ANSWERS)))
def test_no_answer_is_lost(hall: Hall, at: int, leave: type[BaseException]) -> None:
    """Left in the middle of an answer, its lines are shown again and the rest is added."""
    with pytest.raises((Left, KeyboardInterrupt)):
        hall.sit("finish", *ANSWERS[:at], leave)
    assert "Not answered yet" in hall.card
    text = hall.sit(*ANSWERS[at:])
    assert hall.record.tasks[0].answers == ["first", "", "two\nlines"]
    if at == 4:
        assert "\n  two\n" in text


def test_answers_are_kept_word_for_word(hall: Hall) -> None:
    """Words of command, Markdown and odd characters are an answer like any other."""
    answers = ("quit", "  indented `code` ```", "# é [bold]|", "", "", "")
    text = hall.sit("finish", *answers)
    assert hall.record.tasks[0].answers[0] == "quit\n  indented `code` ```\n# é [bold]|"
    assert "````text\nquit\n  indented `code` ```\n# é [bold]|\n````" in hall.card
    assert "Scorecard" in text


def test_several_tasks(tmp_path: Path) -> None:
    """One after the other; the next stub is laid when it is asked for; each has its own time and questions."""
    hall = Hall(tmp_path, "wait_group", "semaphore")

    def not_yet() -> None:
        assert not (tmp_path / "1" / "semaphore.py").exists()

    hall.sit(
        not_yet,
        300.0,
        hall.write("one", State.PASSED, "wait_group"),
        "grade",
        60.0,
        "skip",
        120.0,
        "finish",
        *[""] * 6,
    )
    first, second = hall.record.tasks
    assert (first.seconds(0), first.left, second.begun) == (300.0, START + 360, START + 360)
    assert (second.seconds(0), second.solved, second.score) == (120.0, None, None)
    assert [len(task.answers) for task in (first, second)] == [3, 3]
    assert "nothing handed in" in hall.card


def test_a_task_that_was_not_shown_counts_for_nothing(tmp_path: Path) -> None:
    """No questions about it, no bad mark in the repetition."""
    hall = Hall(tmp_path, "wait_group", "semaphore")
    hall.reviews.settle("semaphore", {}, {}, solved=True, attempts=1, hints=0)
    before = hall.reviews.card("semaphore")
    text = hall.sit("finish", *[""] * 3)
    assert "Question 3 of 3" in text and "not begun" in text
    assert hall.reviews.card("semaphore") == before


def test_breaking_a_solution_again_undoes_it(hall: Hall) -> None:
    """The last version that could be graded is what counts."""
    hall.sit(hall.write("one", State.PASSED), "grade", hall.write("two", State.FAILED), "finish", *[""] * 3)
    task = hall.record.tasks[0]
    assert task.solved is None
    assert task.score is not None and task.score.holding == 0
    assert "race: a cancel wakes" in hall.card


def test_hints_need_a_failure(hall: Hall) -> None:
    """Before the first grading and after the solution there is none, and none is counted."""
    text = hall.sit("hint", hall.write("one", State.PASSED), "grade", "hint", "nonsense", "finish", *[""] * 3)
    assert "`grade` first" in text
    assert "It is solved." in text
    assert "'nonsense' is no command" in text
    assert hall.record.tasks[0].hints == {}


def test_time_that_ran_out_before_the_task_was_shown(hall: Hall) -> None:
    """Broken off at the very start and never resumed in time: nothing is asked and nothing is rated."""
    hall.reviews.settle("semaphore", {}, {}, solved=True, attempts=1, hints=0)
    before = hall.reviews.card("semaphore")
    hall.now += 100_000
    assert "not begun" in hall.sit()
    assert hall.record.closed
    assert hall.reviews.card("semaphore") == before
