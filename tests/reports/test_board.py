"""The board: states in words, one thing to do next, room on any terminal."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
from hypothesis import given
from rich.cells import cell_len

from dojo.grading.catalogue import Kata
from dojo.grading.progress import Last
from dojo.grading.result import State
from dojo.reports.board import board
from dojo.reports.page import Page, plain

SEMAPHORE = Kata(
    "semaphore", "concurrency", 1, "Weighted semaphore", 3, 40, (), (), "Permits with weights.", ()
)
POOL = replace(SEMAPHORE, name="worker_pool", order=2, title="Worker pool", prerequisites=("semaphore",))
BUCKET = replace(SEMAPHORE, name="token_bucket", group="distributed", title="Token bucket", minutes=5)
KATAS = [SEMAPHORE, POOL, BUCKET]


def text(results: dict[str, Last], columns: int = 80, edited: frozenset[str] = frozenset()) -> str:
    """The board as a pipe gets it."""
    lines = board(KATAS, lambda kata: results.get(kata.name), lambda kata: kata.name in edited, Page(columns))
    return plain(lines)


def last(state: State, passed: int = 0, token: str = "") -> Last:
    """A result out of nine properties."""
    return Last(state, passed, 9, token, "digest")


FIRST = """\
Concurrency dojo   0 of 3 katas passed

  kata          title               level  min  state
concurrency
  semaphore     Weighted semaphore    3/5   40  not graded yet
  worker_pool   Worker pool           3/5   40  not graded yet
distributed
  token_bucket  Token bucket          3/5    5  not graded yet

next      semaphore: Permits with weights.
  write   katas/concurrency/semaphore.py
  grade   uv run grader.py grade semaphore

New here? Each file in katas/ has the rules in its docstrings. Replace the TODOs
with plain `threading` code; the grader runs it under thousands of thread
schedules and shows the simplest one that breaks it.
"""


def test_the_first_run() -> None:
    """Somebody who has never been here sees what there is and how to begin."""
    assert text({}) == FIRST
    graded = {kata.name: last(State.NOT_STARTED) for kata in KATAS}
    assert text(graded) == FIRST.replace("not graded yet", "not started yet")


def test_a_failure_comes_next() -> None:
    """What is begun comes first, with the way to look at its failure."""
    shown = text({"semaphore": last(State.PASSED, 9), "token_bucket": last(State.FAILED, 7, "XFF57")})
    assert "1 of 3 katas passed" in shown
    assert "passed 9/9" in shown
    assert "failed 7/9" in shown
    assert shown.endswith(
        "next      token_bucket: Permits with weights.\n"
        "  edit    katas/distributed/token_bucket.py\n"
        "  grade   uv run grader.py grade token_bucket\n"
        "  replay  uv run grader.py replay token_bucket\n"
    )


def test_an_edited_file_is_said_to_be_edited() -> None:
    """An old result is marked, and its token is not offered: it belongs to the old text."""
    shown = text({"semaphore": last(State.FAILED, 7, "XFF57")}, edited=frozenset({"semaphore"}))
    assert "failed 7/9, edited" in shown
    assert "replay" not in shown


def test_prerequisites_come_first() -> None:
    """The next kata is one whose prerequisites are passed."""
    assert "next      semaphore" in text({"semaphore": last(State.NOT_STARTED)})
    assert "next      worker_pool" in text({"semaphore": last(State.PASSED, 9)})


def test_all_passed() -> None:
    """Nothing is left to do, and the board says what could be."""
    assert "All katas passed" in text({kata.name: last(State.PASSED, 9) for kata in KATAS})


@given(st.text(max_size=80), st.text(max_size=200), st.integers(10, 200), st.sampled_from(list(State)))
def test_no_line_is_too_long(title: str, summary: str, columns: int, state: State) -> None:
    """Long titles give way; a narrow terminal does without them."""
    page = Page(columns)
    kata = replace(SEMAPHORE, title=title, summary=summary)
    lines = board([kata], lambda kata: last(state, 7, "XFF57"), lambda kata: True, page)
    room = max(page.width, len("  semaphore    3/5   40  inconclusive 7/9, edited"))
    assert all(cell_len(each) <= room for each in plain(lines).splitlines())
