"""A replay shows every step, the preemption and the ending, and says when the run may be another one."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import given
from rich.cells import cell_len

from dojo.checking.verdict import Status, Step
from dojo.grading.judge import Replay
from dojo.reports.page import Page, plain
from dojo.reports.replay import replayed, trace

from .samples import FILE, SYNTAX, verdict

STEPS = (
    Step(1, 0, "main", "resume", "", "", 0, ""),
    Step(2, 0, "main", "load", "self.n += 1", FILE, 5, "n 0"),
    Step(3, 0, "main", "preempt", "self.n += 1", FILE, 5, ""),
    Step(4, 0, "job-1", "store", "self.n = 2  # [bold]why[/]", FILE, 7, "n"),
    Step(5, 0, "job-1", "acquire", "self.n = 2", FILE, 7, ""),
    Step(6, 1_000_000_000, "", "clock", "", "", 0, ""),
    Step(7, 1_000_000_000, "main", "store", "self.n += 1", FILE, 5, "n"),
)
TRACE = """\
step  thread  what      line
   1  main    resume
   2  main    load n 0  self.n += 1                             worker_pool.py:5
   3* main    preempt   self.n += 1
                        <- preempted here
   4  job-1   store n   self.n = 2                              worker_pool.py:7
   5  job-1   acquire
      ---- clock: 1 s ----
   7  main    store n   self.n += 1                             worker_pool.py:5
"""


def text(replay: Replay) -> str:
    """The report as a pipe gets it."""
    return plain(replayed(replay, "worker_pool", FILE, Page()))


def test_the_trace() -> None:
    """Number, thread, deed, source line once, place; the preemption and the clock stand out."""
    assert plain(trace(STEPS, Page())) == TRACE


def test_a_failing_run_ends_with_its_failure() -> None:
    """After the steps comes what the grader said."""
    shown = text(Replay(None, (), True, verdict(Status.FAIL), STEPS))
    assert shown.startswith("worker_pool   stop() loses no accepted job\n\nstep")
    assert "blocked for ever:" in shown


def test_a_run_that_passes_now() -> None:
    """On an edited file the run may pass: that is said, and why."""
    shown = text(Replay(None, ("the file has changed since",), False, verdict(), STEPS))
    assert shown.startswith("note  the file has changed since: the run may differ\n")
    assert shown.endswith("This run does not fail (any more).\n")


def test_a_file_that_cannot_be_run() -> None:
    """The fault, the place, the remedy."""
    assert text(Replay(SYNTAX)) == (
        "STOP  syntax error: '(' was never closed\n"
        f"      at      {FILE}:12\n"
        "      remedy  mend the line and grade again\n"
    )


steps = st.lists(
    st.builds(
        Step,
        st.integers(1, 10**6),
        st.integers(0, 10**11),
        st.text(max_size=30),
        st.sampled_from(["load", "preempt", "stall", "clock", "wait"]),
        st.text(max_size=120),
        st.text(max_size=40),
        st.integers(0, 10**5),
        st.text(max_size=60),
    ),
    max_size=8,
)


@given(steps, st.integers(20, 160))
def test_no_line_is_too_long(found: list[Step], columns: int) -> None:
    """Whatever the steps say, every line fits the page."""
    page = Page(columns)
    assert all(cell_len(each) <= page.width for each in plain(trace(found, page)).splitlines())
