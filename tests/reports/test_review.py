"""The agenda of repetition: days in words, why, which bugs, at every width."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from rich.cells import cell_len

from dojo.grading.catalogue import load
from dojo.grading.learner.hints import KINDS
from dojo.grading.learner.memory import Card, Rating, rated
from dojo.grading.learner.review import Bug, Item
from dojo.reports.page import Page, plain
from dojo.reports.review import BUGS, agenda

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
KATAS = list(load())


def card(due: int, last: int = -3, rating: Rating = Rating.HARD) -> Card:
    """A card that is due and was rated so many days from now."""
    made = rated(None, rating, NOON + timedelta(days=last))
    return Card(NOON + timedelta(days=due), made.last, made.stability, made.difficulty, made.ratings)


def shown(*items: Item, page: Page | None = None) -> str:
    return plain(agenda(items, KATAS, NOON, page or Page()))


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (-2, "due for 2 days"),
        (-1, "due since yesterday"),
        (0, "due today"),
        (1, "due tomorrow"),
        (9, "due in 9 days, 2026-03-11"),
    ],
)
def test_when(days: int, words: str) -> None:
    """In days as a person counts them; the date where it is far off."""
    text = shown(Item("semaphore", card(days), 1, 0, False, ()))
    assert f"semaphore   {words}" in text
    assert ("Due today" in text) is (days <= 0)
    assert "review semaphore" in text


@pytest.mark.parametrize(
    ("rating", "attempts", "hints", "begun", "words"),
    [
        (Rating.EASY, 1, 0, False, "solved 3 days ago, at the first attempt, without a hint"),
        (Rating.HARD, 3, 1, False, "solved 3 days ago, in 3 attempts, with 1 hint"),
        (Rating.AGAIN, 2, 0, False, "not solved 3 days ago, in 2 attempts, without a hint"),
        (Rating.AGAIN, 2, 0, True, "begun again, not solved yet"),
    ],
)
def test_why(rating: Rating, attempts: int, hints: int, begun: bool, words: str) -> None:
    """What solving it took last; a repetition under way is to be gone on with, not put back."""
    text = shown(Item("semaphore", card(0, rating=rating), attempts, hints, begun, ()))
    assert f"    {words}\n" in text
    assert ("grade semaphore" in text) is begun
    assert ("review semaphore" in text) is not begun


def test_bugs() -> None:
    """One that is due brings its kata along; one that is not stays silent then."""
    due = Bug("a/deadlock", "a cancel wakes", card(0))
    later = Bug("b/leak", "no thread is left", card(5))
    text = shown(Item("semaphore", card(7), 1, 0, False, (due, later)))
    assert "1 kata due today" in text
    assert "bug  deadlock or lost wake-up: a cancel wakes (due today)" in text
    assert "leaked" not in text
    text = shown(Item("semaphore", card(7), 1, 0, False, (later,)))
    assert "bug  leaked thread: no thread is left (due in 5 days, 2026-03-07)" in text


def test_every_class_has_words() -> None:
    """Whatever key hints are filed under."""
    assert set(BUGS) == set(KINDS.values())


def test_unknown_katas_are_left_out() -> None:
    """One that was renamed or taken out since."""
    assert "Nothing to repeat yet" in shown(Item("gone", card(0), 1, 0, False, ()))


@pytest.mark.parametrize("columns", [40, 80, 140])
def test_every_line_fits(columns: int) -> None:
    """But for a command, which is not broken."""
    bug = Bug("a/promise", "a long promise " * 8 + "\x1b[31m", card(0))
    text = shown(Item("channel_select", card(9), 3, 2, False, (bug,)), page=Page(columns))
    assert "\x1b" not in text
    assert max(cell_len(line) for line in text.splitlines() if "uv run" not in line) <= columns
