"""The report on a kata: every state looks different, says what to do, and claims no more than was tried."""

from __future__ import annotations

import shlex
from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given
from rich.cells import cell_len

from dojo.checking.verdict import UNWRITTEN, Row, Status, Stuck
from dojo.grading.result import KataResult, State
from dojo.reports.grade import report, totals
from dojo.reports.page import Page, plain

from .samples import FILE, HARMLESS, RACE, SYNTAX, TOKEN, example, result, verdict

FAILED = result(State.FAILED, verdict(Status.FAIL), verdict(Status.FAIL, "a second promise"), verdict())


def text(of: KataResult, columns: int = 80, **options: bool) -> str:
    """The report as a pipe gets it."""
    return plain(report(of, Page(columns), **options))


FAILURE = f"""\
worker_pool   2 of 3 properties fail   explored 4,236 schedules

  FAIL  stop() loses no accepted job
        deadlock: a wait that nobody ends (lost wake-up), 1 preemption, 1 stall
        nobody can go on
        Every accepted job gives exactly one result.

        with      workers=1, jobs=2   (smallest input found)
        main             worker-1
        with self._lock:                                       worker_pool.py:33
                         item = self._queue.get()  <- waits    worker_pool.py:58
     *  if self._stopping:  <- preempted here                  worker_pool.py:35
        ---- clock: 2.5 s ----
     *                   self._stopping = True                 worker_pool.py:60
                           <- stands still here for
                           2.500000001 s
                         (ends)
        self._done.wait()  <- waits                            worker_pool.py:36
        blocked for ever:
          main      waits in Condition.wait() on self._done, and nobody is left
                    to wake it, at worker_pool.py:36
          worker-1  waits for Lock on self._lock, held by main, at
                    worker_pool.py:58

        look at   katas/concurrency/worker_pool.py:60
        replay    uv run grader.py replay worker_pool \\
                  {TOKEN[:60]} \\
                  {TOKEN[60:]}

  FAIL  a second promise                         deadlock, 1 preemption, 1 stall
        --all shows the others in full

  pass  1 of 3 properties: no fault in 1,412 schedules of 10 inputs. That is
        evidence, not proof.
"""


def test_a_failure() -> None:
    """The first failure in full, the others in a line, what holds in a sentence."""
    assert text(FAILED) == FAILURE


def test_all_shows_every_failure_in_full() -> None:
    """--all: each failure has its replay line, each pass its own basis."""
    assert text(FAILED, everything=True).count("replay  ") == 2
    assert "1,412 schedules of 10 inputs\n" in text(FAILED, everything=True)


def test_the_replay_line_can_be_pasted() -> None:
    """A shell puts the broken line together again; the pieces of the token are the token."""
    block = text(FAILED).partition("replay    ")[2].partition("\n\n")[0]
    words = shlex.split(block.replace("\\\n", " "))
    assert words[:5] == ["uv", "run", "grader.py", "replay", "worker_pool"]
    assert "".join(words[5:]) == TOKEN


def test_the_replay_line_of_another_file() -> None:
    """A file that is not the kata's own is named, quoted, and its kata too if the name does not tell."""
    elsewhere = replace(FAILED, path="/tmp/my pool.py")
    assert "replay '/tmp/my pool.py' --as worker_pool" in text(elsewhere, 120)
    assert "replay solutions/concurrency/worker_pool.py \\" in text(
        replace(FAILED, path="solutions/concurrency/worker_pool.py")
    )


def test_where_an_exception_was_raised() -> None:
    """The learner's line that raised is named with its file."""
    message = "IndexError: pop from empty list"
    raised = example(kind="unexpected exception", message=message, place=("/x/worker_pool.py", 26))
    shown = text(result(State.FAILED, verdict(Status.FAIL, counterexample=raised)))
    assert "raised at katas/concurrency/worker_pool.py:26\n" in shown
    assert message in shown


TESTS = "tests/katas/concurrency/test_worker_pool.py"
TRAIL = [
    Row("", "pool.submit(job)  # the first", TESTS, 97),
    Row("", "self._put(job)", FILE, 40),
    Row("", "return None + 1", FILE, 26),
]


def test_an_exception_names_the_call_in_progress() -> None:
    """The line of the property, the learner's call, the line that raised, each with its place."""
    raised = example(kind="unexpected exception", place=(FILE, 26), trail=TRAIL, rows=[])
    shown = text(result(State.FAILED, verdict(Status.FAIL, counterexample=raised)))
    told = shown[shown.index("        raised at") :].splitlines()[:4]
    assert [each.split() for each in told] == [
        ["raised", "at", f"{FILE}:26"],
        ["pool.submit(job)", "test_worker_pool.py:97"],
        ["self._put(job)", "worker_pool.py:40"],
        ["return", "None", "+", "1", "worker_pool.py:26"],
    ]


def test_an_exception_of_the_property_itself() -> None:
    """What the learner's code returned was of no use to the property: its line is all there is to name."""
    raised = example(kind="unexpected exception", place=None, trail=TRAIL[:1])
    shown = text(result(State.FAILED, verdict(Status.FAIL, counterexample=raised)))
    assert f"raised at {TESTS}:97\n                  pool.submit(job)" in shown


def test_what_the_story_has_told_is_not_told_again() -> None:
    """In a thread of the learner's own all calls are rows of the story already."""
    raised = example(kind="unexpected exception", place=(FILE, 26), trail=TRAIL[1:])
    shown = text(result(State.FAILED, verdict(Status.FAIL, counterexample=raised)))
    assert "raised at katas/concurrency/worker_pool.py:26\n" in shown
    assert "return None + 1" not in shown


def test_what_is_not_written_yet_is_told_in_short() -> None:
    """Which body it is and where; neither a story nor a replay, which would show nothing."""
    unwritten = example(
        kind=UNWRITTEN, message="Pool.go() raises NotImplementedError", place=(FILE, 26), stuck=[]
    )
    shown = text(result(State.FAILED, verdict(Status.FAIL, counterexample=unwritten)), rung=1)
    assert "Pool.go() raises NotImplementedError" in shown
    assert "raised at katas/concurrency/worker_pool.py:26\n" in shown
    assert "replay" not in shown and "worker-1" not in shown


def test_a_thread_alone_is_told_from_its_end() -> None:
    """Of one thread that nobody interrupts, the last lines count."""
    rows = [Row("main", f"step({n})", FILE, n) for n in range(1, 31)]
    shown = text(result(State.FAILED, verdict(Status.FAIL, counterexample=example(rows=rows, stuck=[]))))
    assert "... 22 lines of main ..." in shown
    assert "step(22)" not in shown and "step(23)" in shown and "step(30)" in shown


def test_threads_left_over_are_not_called_blocked_for_ever() -> None:
    """Only a deadlock lasts for ever; after another failure a thread is simply not at its end."""
    shown = text(result(State.FAILED, verdict(Status.FAIL, counterexample=example(kind="broken promise"))))
    assert "not ended in this run:" in shown
    assert "nobody is left" not in shown


def test_a_crowd_that_is_stuck_is_counted() -> None:
    """Of many threads that stand alike one is named; one that stands elsewhere is named, too."""
    crowd = [
        Stuck(f"agent-{number}", "blocked", "Lock on self._lock", "main", FILE, 58) for number in range(12)
    ]
    crowd[3] = replace(crowd[3], line=60)
    shown = text(result(State.FAILED, verdict(Status.FAIL, counterexample=example(stuck=crowd))))
    assert shown.count("agent-") == 2 and "agent-0 " in shown and "agent-3 " in shown
    assert (
        shown.index("agent-0 ")
        < shown.index("... the same for 10 other threads ...")
        < shown.index("agent-3 ")
    )


SHAPES = {
    "passed": (
        result(State.PASSED, verdict(one_delay=True), verdict()),
        """\
worker_pool   all 2 properties hold   explored 2,824 schedules

  pass  2 of 2 properties: no fault in 2,824 schedules of 20 inputs; for 1 of
        them every schedule with at most one delay was tried. That is evidence,
        not proof.
""",
    ),
    "not started": (
        result(State.NOT_STARTED),
        """\
worker_pool   not started yet

  next  write your code in katas/concurrency/worker_pool.py, then grade it again
""",
    ),
    "refused": (
        result(State.REFUSED, problem=SYNTAX),
        """\
worker_pool   cannot be graded

  STOP  syntax error: '(' was never closed
        at      katas/concurrency/worker_pool.py:12
        remedy  mend the line and grade again
""",
    ),
    "inconclusive": (
        result(State.INCONCLUSIVE, verdict(Status.INCONCLUSIVE)),
        """\
worker_pool   inconclusive: 1 of 1 property undecided   explored 1,412 schedules

  OPEN  stop() loses no accepted job
        12 runs were not over after 20000 steps
        No failure was seen, but not enough to call it a pass. Look for a loop
        that goes round very often; or try more schedules:
        uv run grader.py grade worker_pool --budget 5000
""",
    ),
    "our fault": (
        result(State.BROKEN, verdict(Status.BROKEN, reason="two runs of one schedule differ")),
        """\
worker_pool   grader fault: the mistake is ours, your file is not judged
  explored 1,412 schedules

  FAULT stop() loses no accepted job
        two runs of one schedule differ
        This says nothing about your code. Please report it, with your file and
        the output of:
        uv run grader.py grade worker_pool --json
""",
    ),
    "advice": (
        result(State.PASSED, verdict(warnings=[RACE, HARMLESS]), verdict(warnings=[RACE])),
        """\
worker_pool   all 2 properties hold   explored 2,824 schedules

  pass  2 of 2 properties: no fault in 2,824 schedules of 20 inputs. That is
        evidence, not proof.

  race  1 pair of accesses that nothing puts in order: advice, not a failure
        self._stopping
          main write line 44 in WorkerPool.stop
          worker-1 read line 60 in WorkerPool._run
        --all shows 1 harmless race
""",
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes(shape: str) -> None:
    """The whole text for each state."""
    of, expected = SHAPES[shape]
    assert text(of) == expected


def test_strict_turns_advice_into_failure() -> None:
    """With --strict the report says that it is the races that failed."""
    shown = text(result(State.FAILED, verdict(warnings=[RACE])), strict=True)
    assert "race warnings, which count as failures (--strict)" in shown.splitlines()[0]
    assert "nothing puts in order: counts as a failure\n" in shown


def test_harmless_races_are_labelled() -> None:
    """With --all a harmless race says why it is harmless."""
    assert "self._flag (harmless: a stop flag)" in text(
        result(State.PASSED, verdict(warnings=[HARMLESS])), everything=True
    )


def test_a_pair_of_lines_is_told_once() -> None:
    """Whichever threads met there; and no more than three pairs unless all are asked for."""
    mirrored = replace(RACE, first=RACE.second.replace("worker-1", "x y"), second=RACE.first)
    others = [replace(RACE, second=f"worker-1 read line {number} in WorkerPool._run") for number in range(5)]
    of = result(State.PASSED, verdict(warnings=[RACE, mirrored, *others]))
    assert "6 pairs of accesses" in text(of)
    assert text(of).count("self._stopping") == 3
    assert "--all shows 3 more pairs\n" in text(of)
    assert text(of, everything=True).count("self._stopping") == 6


def test_properties_that_were_not_checked_are_counted() -> None:
    """A verdict that is missing is never passed over."""
    assert "2 of 3 properties not checked" in text(result(State.FAILED, verdict(), properties=3))
    stopped = result(State.REFUSED, verdict(), properties=3, problem=SYNTAX)
    assert "1 of 3 properties had been checked by then" in text(stopped)


def test_totals() -> None:
    """Several katas: how many are in which state."""
    results = [result(State.PASSED), result(State.FAILED), result(State.PASSED)]
    assert plain(totals(results, Page())) == "3 katas: 2 passed, 1 failed\n"


def test_reports_are_equal_byte_for_byte() -> None:
    """Wall time does not show."""
    assert text(replace(FAILED, seconds=1.5)) == text(replace(FAILED, seconds=2.5))


nasty = st.text(max_size=200) | st.sampled_from(["[red]x[/red] " * 9, "\u4f60\u597d" * 60, "\x1b[2J\n\n"])


@given(nasty, nasty, nasty, st.integers(10, 200), st.sampled_from(list(State)), st.booleans())
def test_no_line_is_too_long(
    one: str, two: str, three: str, columns: int, state: State, everything: bool
) -> None:
    """Nasty names, messages and values never widen the page."""
    failing = example(kind=one, message=two, workload={"x": three})
    warned = [replace(RACE, what=one, first=two, second=three)]
    of = result(
        state,
        verdict(Status.FAIL, two, why=three, counterexample=failing, warnings=warned),
        verdict(Status.FAIL, three, counterexample=failing),
        verdict(Status.INCONCLUSIVE, one, reason=two),
        verdict(Status.BROKEN, one, reason=three),
        verdict(name=two),
        problem=replace(SYNTAX, message=one, remedy=two),
    )
    page = Page(columns)
    shown = plain(report(of, page, everything=everything))
    # A command is not broken inside a word: below 45 columns its first words stick out.
    lines = [each for each in shown.splitlines() if page.width >= 45 or "uv run" not in each]
    assert all(cell_len(each) <= page.width for each in lines)
