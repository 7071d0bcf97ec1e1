"""The scorecard and the list of interviews: every figure in words, at every width, nothing read as markup."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from dojo.grading.catalogue import load
from dojo.grading.learner.interview import Interview, Task
from dojo.grading.learner.scorecard import Broken, Score
from dojo.reports import interview as tell
from dojo.reports.page import Page, plain
from dojo.reports.scorecard import markdown, scorecard

BROKEN = (Broken("a cancel | wakes [red]", "lost wake-up", "deadlock"), Broken("b", "", "broken promise"))
FAILED = Score("failed", 18, 21, 18, 20, 5, 6, BROKEN)
MINUTES = {"semaphore": 40, "channel": 50}


def sample(**changes: object) -> Interview:
    tasks = [
        Task("semaphore", ["Why?"], 0.0, 1900.0, 1865.0, attempts=1, score=FAILED, answers=["So."]),
        Task("channel", ["Who?"], 1900.0, 2700.0, None, late=True, attempts=2, score=FAILED),
        Task("gone", [], None),
    ]
    return Interview(Path("7"), "senior", 45, 0.0, tasks, ended=2700.0, **changes)


def test_card() -> None:
    """Parts and wholes, the time beside the usual one, and how each property broke."""
    text = plain(scorecard(sample(), MINUTES, 2700.0, Page()))
    for line in (
        "  correctness  18 of 21      ########",
        "  concurrency  18 of 20      #########",
        "  timing       5 of 6        ########",
        "  speed        31:05 to the solution; usual: 40 min",
        "  speed        13:20 without one; usual: 50 min",
        "  lost wake-up: a cancel | wakes [red]",
        "  plain error: b",
        "channel   not solved, handed in after the time",
        "gone   not begun",
    ):
        assert f"{line}\n" in text
    assert "level senior, 45:00 of 45:00" in text


def test_nothing_to_judge() -> None:
    """Where the whole is nothing there is no figure."""
    task = Task("semaphore", [], 0.0, 60.0, score=Score("failed", 0, 21, 0, 0, 0, 6))
    text = plain(scorecard(Interview(Path("1"), "mid", 45, 0.0, [task]), MINUTES, 60.0, Page()))
    assert "concurrency  nothing to judge" in text and "timing       0 of 6" in text


def test_markdown() -> None:
    """A table, the rules, the answers; what is open is said."""
    text = markdown(sample(), MINUTES, 2700.0)
    row = (
        "| channel | not solved, handed in after the time | 18 of 21 | 18 of 20 | 5 of 6 | 13:20 without one"
    )
    assert row in text
    assert "| gone | not begun | - | - | - | - |" in text
    assert "### Why?\n\n```text\nSo.\n```" in text
    assert "### Who?\n\n*Not answered yet.*" in text
    assert "## gone" not in text


@pytest.mark.parametrize("columns", [40, 80, 140])
def test_every_line_fits(columns: int) -> None:
    """Card, task, question and list."""
    page, interview, kata = Page(columns, "ascii"), sample(), load()["semaphore"]
    lines = [
        *scorecard(interview, MINUTES, 2700.0, page),
        *tell.task(interview, 0, kata, "x.py", 100.0, page),
        *tell.question(1, 2, kata.questions[0] * 2, "draft \x1b[31m\n", page),
        *tell.remaining(interview, interview.tasks[0], 10.0, page),
        *tell.history([interview], 0.0, page),
    ]
    text = plain(lines)
    assert "\x1b" not in text and text.isascii()
    assert max(cell_len(line) for line in text.splitlines()) <= columns


@pytest.mark.parametrize(
    ("seconds", "text"), [(-5, "0:00"), (0.4, "0:00"), (59.6, "1:00"), (2700, "45:00"), (3725, "1:02:05")]
)
def test_clock(seconds: float, text: str) -> None:
    """Minutes and seconds, hours where there are any, never below nothing."""
    assert tell.clock(seconds) == text


def test_list() -> None:
    """Each with its state in words: open with what is left, or how many were solved."""
    over, asking = sample(closed=True), sample()
    running, expired = sample(), sample()
    running.ended = expired.ended = None
    expired.started -= 10_000
    text = plain(tell.history([over, asking, running, expired], 600.0, Page()))
    for state in ("1 of 3 solved", "open: questions", "open: 35:00 left", "open: the time is up"):
        assert text.count(state) == 1
    assert "semaphore: correctness 18/21, concurrency 18/20, timing 5/6, 31:05" in text
