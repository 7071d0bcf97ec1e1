"""A class is graded once for each text, what is known is not graded again, and no file stops the others."""

from __future__ import annotations

import gc
import sys
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dojo.checking.verdict import Status
from dojo.grading.catalogue import load
from dojo.grading.classroom import jobs, local
from dojo.grading.classroom.folders import HandedIn, collect
from dojo.grading.classroom.grading import Graded, News, grade_class
from dojo.grading.classroom.jobs import Done, Job, do
from dojo.grading.classroom.local import run_here
from dojo.grading.classroom.marks import NOTHING, Class, Mark, counted, mark_of, without_idle
from dojo.grading.judge import stub_of, without_running
from dojo.grading.result import ExitCode, KataResult, Problem, State
from dojo.grading.verdict_store import VerdictStore
from tests.reports.samples import RACE, result, verdict

KATA = load()["semaphore"]
OTHER = load()["channel"]
SOLUTION = KATA.solution.read_text("utf-8")
BROKEN = SOLUTION.replace("self._available -= weight", "self._available -= 0")


class Judge:
    """Takes every text that can be run for right but one, and remembers what it was asked."""

    def __init__(self, *fatal: int) -> None:
        self.asked: list[Job] = []
        self.fatal = fatal  # which jobs are stopped by Ctrl-C

    def __call__(self, todo: Iterable[Job]) -> Generator[Done]:
        for job in todo:
            if early := without_running(load()[job.kata], job.text, job.name):
                yield job, early
                continue
            if len(self.asked) in self.fatal:
                raise KeyboardInterrupt
            self.asked.append(job)
            state = Status.FAIL if job.text == BROKEN else Status.PASS
            outcome = State.FAILED if job.text == BROKEN else State.PASSED
            yield job, KataResult(job.kata, job.name, outcome, (verdict(state), verdict()), 2)


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """A class of five."""
    texts = {
        "anna": SOLUTION,
        "bert": SOLUTION,
        "carl": BROKEN,
        "dora": stub_of(KATA),
        "emil": "def f(:\n",
    }
    for person, text in texts.items():
        (tmp_path / "class" / person).mkdir(parents=True)
        (tmp_path / "class" / person / "semaphore.py").write_text(text, "utf-8")
    return tmp_path / "class"


def graded(room: Path, judge: jobs.Runner, *, budget: int = 40, strict: bool = False) -> Graded:
    store = VerdictStore(room.parent / "verdicts.sqlite")
    files = collect(room, [KATA, OTHER], load()).files
    return grade_class(files, room, judge, store, budget=budget, seed=0, strict=strict)


def states(outcome: Graded) -> dict[str, State | None]:
    return {mark.person: mark.state for mark in outcome.marks if mark.kata == KATA.name}


EXPECTED = {
    "anna": State.PASSED,
    "bert": State.PASSED,
    "carl": State.FAILED,
    "dora": State.NOT_STARTED,
    "emil": State.REFUSED,
}


def test_each_text_is_graded_once(room: Path) -> None:
    """Whoever has handed it in; stubs and what cannot be run are not graded at all."""
    judge = Judge()
    outcome = graded(room, judge)
    assert states(outcome) == EXPECTED
    assert [job.text for job in judge.asked] == [SOLUTION, BROKEN]
    assert (outcome.graded, outcome.known) == (2, 0)
    assert all(mark.words == NOTHING for mark in outcome.marks if mark.kata == OTHER.name)


def test_what_is_known_is_not_graded_again(room: Path) -> None:
    """The second run grades only what has changed since."""
    first = graded(room, Judge())
    judge = Judge()
    again = graded(room, judge)
    assert (again.marks, again.graded, again.known) == (first.marks, 0, 2)
    assert judge.asked == []
    (room / "bert" / "semaphore.py").write_text(SOLUTION + "\n", "utf-8")
    assert graded(room, judge).graded == 1
    assert graded(room, judge, budget=41).graded == 3


def test_a_run_that_was_stopped_goes_on_where_it_was(room: Path) -> None:
    """Every result is in the store before the next one comes."""
    with pytest.raises(KeyboardInterrupt):
        graded(room, Judge(1))
    judge = Judge()
    outcome = graded(room, judge)
    assert [job.text for job in judge.asked] == [BROKEN]
    assert states(outcome) == EXPECTED


def test_what_a_limit_has_ended_is_tried_again(room: Path) -> None:
    """Another run may be on a machine with more memory."""

    def judge(todo: Iterable[Job]) -> Generator[Done]:
        for job in todo:
            problem = Problem("the code used more memory than a kata may", job.name, 7)
            yield job, KataResult(job.kata, job.name, State.REFUSED, properties=2, problem=problem)

    first = graded(room, judge)
    assert states(first)["anna"] is State.REFUSED
    assert first.marks[0].problem == "line 7: the code used more memory than a kata may"
    assert graded(room, judge).graded == 4


def test_news_tell_how_far_it_has_come(room: Path) -> None:
    """First what is known, then after every text."""
    told: list[News] = []
    store = VerdictStore(room.parent / "verdicts.sqlite")
    files = collect(room, [KATA], load()).files
    grade_class(files, room, Judge(), store, budget=40, seed=0, strict=False, on_news=told.append)
    assert [(news.done, news.total) for news in told] == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]
    assert told[2].last == "semaphore of carl"


def test_a_link_to_somebody_elses_file_is_refused(room: Path) -> None:
    """With a reason, and the others are graded."""
    file = room / "carl" / "semaphore.py"
    file.unlink()
    file.symlink_to(room / "anna" / "semaphore.py")
    outcome = graded(room, Judge())
    assert states(outcome) == EXPECTED | {"carl": State.REFUSED}
    assert [mark.problem for mark in outcome.marks if mark.person == "carl"][0] == (
        "it is a link to something that was not handed in"
    )


BAD = {
    "a folder": lambda file: file.mkdir(),
    "a broken link": lambda file: file.symlink_to("nowhere.py"),
    "a link to itself": lambda file: file.symlink_to(file.name),
    "binary": lambda file: file.write_bytes(b"\xff\xfe\0"),
    "too large": lambda file: file.write_bytes(b"#" * 600_000),
    "empty": lambda file: file.write_bytes(b""),
}


@pytest.mark.parametrize("case", BAD)
def test_no_file_stops_the_others(case: str, room: Path) -> None:
    """Whatever is in place of a file: one mark says so."""
    file = room / "carl" / "semaphore.py"
    file.unlink()
    BAD[case](file)
    outcome = graded(room, Judge())
    found = states(outcome)
    assert found.pop("carl") in (State.REFUSED, None)
    assert found == {person: state for person, state in EXPECTED.items() if person != "carl"}


def test_real_gradings_here(room: Path) -> None:
    """Two at once, by the judge itself: the same marks as one at a time, and as in another run."""
    outcome = graded(room, lambda todo: run_here(todo, 2))
    assert states(outcome) == EXPECTED, [mark.problem for mark in outcome.marks]
    (room.parent / "verdicts.sqlite").unlink()
    assert graded(room, lambda todo: run_here(todo, 1)).marks == outcome.marks
    assert graded(room, Judge()).marks == outcome.marks


@pytest.fixture
def restless() -> Generator[None]:
    """Threads that take turns at the smallest occasion, of which every collection of garbage is one."""

    def turn(*_: object) -> None:
        sum(range(50))

    interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(1e-5)
    gc.set_threshold(50)
    gc.callbacks.append(turn)
    yield
    gc.callbacks.remove(turn)
    gc.set_threshold(*thresholds)
    sys.setswitchinterval(interval)


def test_texts_that_are_read_at_the_same_time(restless: None) -> None:
    """The parser of CPython 3.11 is not safe in threads: python/cpython#106905."""
    texts = [SOLUTION + "\n" * number for number in range(60)]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda text: without_running(KATA, text, "semaphore.py"), texts))
    assert found == [None] * len(texts)


def job(number: int, text: str = "x") -> Job:
    return Job(str(number), KATA.name, "semaphore.py", text, 40, 0, False)


def test_a_fault_of_ours_is_one_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stops no other grading, and is told apart from the person's faults."""

    def fail(*args: object, **options: object) -> KataResult:
        raise RuntimeError("boom")

    monkeypatch.setattr(jobs, "grade_text", fail)
    outcomes = [outcome for _, outcome in run_here([job(1), job(2)], 1)]
    assert [outcome.state for outcome in outcomes] == [State.BROKEN] * 2
    assert outcomes[0].problem is not None
    assert outcomes[0].problem.message == "RuntimeError: boom"
    assert do(job(3)).state is State.BROKEN


def test_gradings_that_nobody_waits_for_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the caller stops listening, those under way end at their next tick, and no other begins."""
    begun: list[Job] = []

    def endless(job: Job, on_tick: object) -> KataResult:
        begun.append(job)
        while len(begun) > 1:  # the first one ends
            on_tick()  # type: ignore[operator]
        return result(State.PASSED, verdict())

    monkeypatch.setattr(local, "do", endless)
    results = run_here([job(number) for number in range(50)], 1)
    next(results)
    results.close()
    assert len(begun) <= 2


def test_a_mark_says_what_failed_and_how() -> None:
    """Each class of bugs once, in words; counts of what holds."""
    file = HandedIn("anna", KATA, Path("x"), "anna/semaphore.py", "a note")
    outcome = result(State.FAILED, verdict(), verdict(Status.FAIL), verdict(Status.FAIL, "another"))
    assert mark_of(file, outcome) == Mark(
        "anna",
        "semaphore",
        "anna/semaphore.py",
        State.FAILED,
        1,
        3,
        ("stop() loses no accepted job", "another"),
        ("deadlock",),
        "",
        "a note",
    )


def marks_of(*states: State | None) -> Class:
    marks = [Mark(str(number), KATA.name, "f", state) for number, state in enumerate(states)]
    others = [Mark(str(number), OTHER.name) for number in range(len(states))]
    return Class(tuple(map(str, range(len(states)))), (OTHER, KATA), (*others, *marks))


def test_katas_that_nobody_has_begun_are_left_out() -> None:
    """Unless nobody has begun any: an empty table tells nothing."""
    found = without_idle(marks_of(State.PASSED, None))
    assert [kata.name for kata in found.katas] == ["semaphore"]
    assert found.idle == ("channel",)
    assert {mark.kata for mark in found.marks} == {"semaphore"}
    assert without_idle(marks_of(State.NOT_STARTED)) == marks_of(State.NOT_STARTED)


def test_states_are_counted_the_best_first() -> None:
    found = marks_of(State.FAILED, None, State.PASSED, State.FAILED)
    assert list(counted(found.of_kata("semaphore")).items()) == [
        ("passed", 1),
        ("failed", 2),
        (NOTHING, 1),
    ]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ((State.PASSED, State.PASSED), ExitCode.PASSED),
        ((State.PASSED, None), ExitCode.FAILED),
        ((State.PASSED, State.INCONCLUSIVE), ExitCode.INCONCLUSIVE),
        ((State.FAILED, State.BROKEN), ExitCode.BROKEN),
    ],
)
def test_the_worst_result_decides_the_exit_code(given: tuple[State | None, ...], code: ExitCode) -> None:
    """As for ``grade``; what is not handed in is not started."""
    found = marks_of(*given)
    assert Class(found.persons, (KATA,), tuple(found.of_kata(KATA.name))).exit_code is code


def test_strictness_makes_failures_of_warnings(room: Path) -> None:
    """Also of those that are known from a run that was not strict."""

    def judge(todo: Iterable[Job]) -> Generator[Done]:
        for each in todo:
            yield each, KataResult(each.kata, each.name, State.PASSED, (verdict(warnings=[RACE]),), 1)

    assert states(graded(room, judge))["anna"] is State.PASSED
    strict = graded(room, judge, strict=True)
    assert states(strict)["anna"] is State.FAILED
    assert strict.graded == 0
