"""What several commands do: grade a target with a progress line, and pass on what the history complains about."""

from __future__ import annotations

from collections.abc import Collection

from dojo.grading.catalogue import Kata, load
from dojo.grading.judge import grade
from dojo.grading.learner.progress import History, Last
from dojo.grading.result import KataResult
from dojo.grading.targets import Target
from dojo.grading.terms import USUAL, Terms
from dojo.grading.verdict_store import VerdictStore
from dojo.grading.workspace import Workspace
from dojo.reports.board import recommended
from dojo.reports.progress import Bar
from dojo.reports.terminal import Terminal


def grade_target(
    target: Target,
    terminal: Terminal,
    history: History,
    terms: Terms = USUAL,
    *,
    store: VerdictStore | None = None,
) -> KataResult:
    """Grade one file; the result of a learner's own work goes into the history, unless it is about one property."""
    terminal.know(target.path, target.kata.tests)
    with Bar(terminal.errors, target.kata.name) as bar:
        result = grade(target.kata, target.path, terms, store=store, on_progress=bar)
    if target.is_own_work and not terms.only:
        remember(target, result, terminal, history)
    return result


def remember(
    target: Target, result: KataResult, terminal: Terminal, history: History, *, on_save: bool = False
) -> None:
    """Note a result of the learner's own work: for the board, for hints and for what is to be repeated.

    Args:
        target: what was graded.
        result: the outcome.
        terminal: for complaints.
        history: where to note it.
        on_save: whether a save was all that asked for it.
    """
    history.record(result)
    reviews = target.workspace.reviews()
    reviews.record(result, sum(history.hints(result.kata).values()), on_save=on_save)
    if reviews.warning:
        terminal.complain(f"note: {reviews.warning}")


def next_kata(workspace: Workspace, without: Collection[str]) -> Kata | None:
    """The kata to go on with, other than those named; None when all others are passed."""
    history = workspace.history()
    return recommended(workspace.katas(load()), lambda kata: history.last(kata.name), without)


def last_result(target: Target, terminal: Terminal) -> Last | None:
    """What is on record of a learner's own file; nothing is of any other."""
    history = target.workspace.history()
    warn(terminal, history)
    return history.last(target.kata.name) if target.is_own_work else None


def warn(terminal: Terminal, *remembering: History | VerdictStore | None) -> None:
    """Say what is wrong with the files of what is remembered, if anything is."""
    for each in remembering:
        if each is not None and each.warning:
            terminal.complain(f"note: {each.warning}")
