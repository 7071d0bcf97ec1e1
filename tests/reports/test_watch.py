"""What watch says: one line for what cannot be graded, the news first, keys that stay with their meaning."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len

from dojo.checking.verdict import Status
from dojo.grading.catalogue import Kata
from dojo.grading.result import State
from dojo.reports.grade import report
from dojo.reports.page import Page, plain
from dojo.reports.watch import KEYS, early, onward, outcome, waiting
from tests.reports.samples import SYNTAX, result, verdict

POOL = Kata("worker_pool", "concurrency", 2, "Worker pool", 3, 40, (), (), "Jobs for threads.", ())
PAGE = Page(80)


def test_a_problem_takes_one_line() -> None:
    """With the place first, so that a terminal makes a link of it."""
    refused = result(State.REFUSED, problem=SYNTAX)
    assert plain(outcome(refused, Page(140))) == (
        "worker_pool   katas/concurrency/worker_pool.py:12: syntax error: '(' was never closed\n"
    )
    nowhere = replace(refused, problem=replace(SYNTAX, line=0, message="the file does not exist"))
    assert plain(outcome(nowhere, PAGE)) == (
        "worker_pool   katas/concurrency/worker_pool.py: the file does not exist\n"
    )


def test_what_was_checked_before_a_problem_is_told() -> None:
    """A file that brings the grader to a stop half-way gets the usual report, and so do all other results."""
    half = result(State.REFUSED, verdict(), problem=SYNTAX)
    for each in (half, result(State.PASSED, verdict()), result(State.FAILED, verdict(Status.FAIL))):
        assert plain(outcome(each, PAGE)) == plain(report(each, PAGE))


def test_the_way_to_the_other_failures_is_a_key() -> None:
    """--all is for the command line."""
    both = result(State.FAILED, verdict(Status.FAIL), verdict(Status.FAIL, "no job runs twice"))
    shown = plain(outcome(both, PAGE, rung=2))
    assert "r shows the others in full" in shown and "--all" not in shown
    assert "(2 of 3)" in shown
    assert "shows the others" not in plain(outcome(both, PAGE, everything=True))


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.FAIL, "still fails"),
        (Status.PASS, "what failed holds now"),
        (Status.INCONCLUSIVE, "what failed is undecided now"),
        (Status.BROKEN, "what failed cannot be checked now"),
    ],
)
def test_the_news_come_first(status: Status, words: str) -> None:
    """The promise and how it stands, in words; a failure in full, but for hints, which follow with the rest."""
    lines = plain(early(verdict(status), result(State.FAILED), PAGE)).splitlines()
    assert lines[0] == f"worker_pool   {words}   checking the others"
    assert "stop() loses no accepted job" in lines[2]
    assert any("replay worker_pool" in each for each in lines) is (status is Status.FAIL)
    assert not any("hint" in each for each in lines)


def test_after_a_pass() -> None:
    """The key and where it leads; or that there is nowhere to go."""
    assert plain(onward(POOL, PAGE)) == "  n     worker_pool, Jobs for threads.\n"
    assert "all katas passed" in plain(onward(None, PAGE))


@pytest.mark.parametrize("columns", [40, 60, 80, 140])
def test_keys_stay_with_their_meaning(columns: int) -> None:
    """On any terminal, in lines that fit."""
    lines = plain(waiting(POOL, Page(columns), seconds=0.94)).splitlines()
    assert all(cell_len(each) <= columns for each in lines)
    assert "(graded in 0.9 s)" in " ".join(lines)
    for key, what in KEYS:
        assert any(f"{key} {what}" in each for each in lines)
