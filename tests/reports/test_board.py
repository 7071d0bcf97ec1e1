"""The board: states in words, one thing to do next, room on any terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
from hypothesis import given
from rich.cells import cell_len

from dojo.grading.catalogue import Kata
from dojo.grading.learner.progress import Last
from dojo.grading.result import State
from dojo.grading.workspace import Workspace
from dojo.reports.board import board, recommended
from dojo.reports.page import Page, plain

SEMAPHORE = Kata(
    "semaphore", "concurrency", 1, "Weighted semaphore", 3, 40, (), (), "Permits with weights.", ()
)
POOL = replace(SEMAPHORE, name="worker_pool", order=2, title="Worker pool", prerequisites=("semaphore",))
BUCKET = replace(SEMAPHORE, name="token_bucket", group="distributed", title="Token bucket", minutes=5)
KATAS = [SEMAPHORE, POOL, BUCKET]


def text(
    results: dict[str, Last],
    page: Page = Page(80),
    edited: frozenset[str] = frozenset(),
    katas: Sequence[Kata] = KATAS,
    **options: Any,
) -> str:
    """The board as a pipe gets it."""
    lines = board(
        katas, lambda kata: results.get(kata.name), lambda kata: kata.name in edited, page, **options
    )
    return plain(lines)


def last(state: State, passed: int = 0, token: str = "") -> Last:
    """A result out of nine properties."""
    return Last(state, passed, 9, token, "digest")


WELCOME = """\
what  You write `threading` code; the grader finds the schedule that breaks it.
now   Open katas/concurrency/semaphore.py, replace its TODOs, then grade it.
help  uv run grader.py --help, or doctor if something is wrong

"""
FIRST = f"""\
Concurrency dojo   0 of 3 katas passed

{WELCOME}\
  kata          title               level  min  state
concurrency
  semaphore     Weighted semaphore    3/5   40  not graded yet
  worker_pool   Worker pool           3/5   40  not graded yet
distributed
  token_bucket  Token bucket          3/5    5  not graded yet

next      semaphore: Permits with weights.
  write   katas/concurrency/semaphore.py
  grade   uv run grader.py grade semaphore
  watch   uv run grader.py watch semaphore   (grades after every save)
"""


def test_the_first_run() -> None:
    """Somebody who has never been here sees what there is and how to begin."""
    assert text({}, new=True) == FIRST
    graded = {kata.name: last(State.NOT_STARTED) for kata in KATAS}
    assert text(graded, new=True) == FIRST.replace("not graded yet", "not started yet")
    assert text(graded) == FIRST.replace("not graded yet", "not started yet").replace(WELCOME, "")


def test_copies_elsewhere() -> None:
    """The paths and command lines lead to where the learner works; what is not there can be had."""
    page = Page(80, workspace=Workspace.at(Path("my katas")))
    results = {"semaphore": last(State.FAILED, 7, "XFF57")}
    shown = text(results, page, katas=KATAS[:1], others=2)
    assert "0 of 1 kata passed" in shown
    assert "  2 more katas to be had: uv run grader.py start 'my katas'\n" in shown
    assert shown.endswith(
        "  edit    my katas/concurrency/semaphore.py\n"
        "  grade   uv run grader.py --katas 'my katas' grade semaphore\n"
        "  replay  uv run grader.py --katas 'my katas' replay semaphore\n"
        "  hint    uv run grader.py --katas 'my katas' hint semaphore\n"
    )
    welcome = text({}, page, katas=KATAS[:1], new=True)
    assert "now   Open my katas/concurrency/semaphore.py, replace" in welcome
    assert text({}, page, katas=[]) == "No kata is here yet: uv run grader.py start 'my katas' brings some.\n"


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
        "  hint    uv run grader.py hint token_bucket\n"
    )


def test_an_edited_file_is_said_to_be_edited() -> None:
    """An old result is marked, and its token is not offered: it belongs to the old text."""
    shown = text({"semaphore": last(State.FAILED, 7, "XFF57")}, edited=frozenset({"semaphore"}))
    assert "failed 7/9, edited" in shown
    assert "replay" not in shown


def test_what_is_recommended_instead() -> None:
    """Without what somebody does not want now: first what is begun, then the easiest, then their order."""
    results = {"semaphore": last(State.PASSED, 9), "token_bucket": last(State.FAILED, 7)}

    def names(without: set[str]) -> str:
        found = recommended(KATAS, lambda kata: results.get(kata.name), without)
        return found.name if found else ""

    assert names(set()) == "token_bucket"
    assert names({"token_bucket"}) == "worker_pool"
    assert names({"token_bucket", "worker_pool"}) == ""
    results.clear()
    assert names({"semaphore"}) == "token_bucket"  # worker_pool needs semaphore
    assert names(set()) == "semaphore"  # as difficult as token_bucket, and before it
    easy = [*KATAS[:2], replace(BUCKET, difficulty=2)]
    found = recommended(easy, lambda kata: None)
    assert found is not None and found.name == "token_bucket"
    assert names({"semaphore", "token_bucket"}) == "worker_pool"


def test_prerequisites_come_first() -> None:
    """The next kata is one whose prerequisites are passed."""
    assert "next      semaphore" in text({"semaphore": last(State.NOT_STARTED)})
    assert "next      worker_pool" in text({"semaphore": last(State.PASSED, 9)})


def test_all_passed() -> None:
    """Nothing is left to do, and the board says what could be."""
    assert "All katas passed" in text({kata.name: last(State.PASSED, 9) for kata in KATAS})


@given(st.text(max_size=80), st.text(max_size=200), st.integers(10, 200), st.sampled_from(list(State)))
def test_no_line_is_too_long(title: str, summary: str, columns: int, state: State) -> None:
    """Long titles give way; a narrow terminal does without them, and without the numbers."""
    page = Page(columns)
    kata = replace(SEMAPHORE, title=title, summary=summary)
    lines = board([kata], lambda kata: last(state, 7, "XFF57"), lambda kata: True, page)
    assert all(cell_len(each) <= page.width for each in plain(lines).splitlines())
