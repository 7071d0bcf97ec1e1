"""``grader.py hint``: the next hint for what failed last; for a solved kata, those it took."""

from __future__ import annotations

import click

from dojo.commands.grading import warn
from dojo.commands.group import debug, in_workspace
from dojo.commands.options import one_kata
from dojo.grading.catalogue import Kata, load
from dojo.grading.learner.hints import key_of, load_hints
from dojo.grading.learner.progress import History, Last
from dojo.grading.result import ExitCode, State
from dojo.grading.sources.promises import promises
from dojo.grading.targets import edited_since
from dojo.grading.workspace import Workspace
from dojo.reports.hint import hinted, remembered
from dojo.reports.page import Lines, Page
from dojo.reports.terminal import Terminal


@click.command()
@one_kata
@in_workspace
@debug
def hint(kata: str, workspace: Workspace) -> int:
    """Show a hint for the last failure of KATA, one more each time.

    There are three: the broken rule, where to look, the technique. Never the code.
    """
    entry = load()[kata]
    terminal = Terminal(workspace)
    history = workspace.history()
    last = history.last(kata)
    grade = f"{workspace.program} grade {kata}"
    if last is None or last.state is State.NOT_STARTED:
        raise click.UsageError(f"{kata} is not started yet: write some code, then `{grade}`")
    if last.state is State.PASSED:
        terminal.show(remembered(kata, _told(entry, history), terminal.page))
    elif not last.diagnosis:
        raise click.UsageError(f"no failed property of {kata} is on record: run `{grade}`")
    else:
        terminal.show(_next(entry, history, last, terminal.page))
    warn(terminal, history)
    return ExitCode.PASSED


def _next(kata: Kata, history: History, last: Last, page: Page) -> Lines:
    rungs = load_hints(kata).rungs(last.slug, key_of(last.kind))
    seen = history.hints(kata.name).get(last.diagnosis, 0)
    shown = history.next_rung(kata.name)
    if shown > seen:
        history.note_hint(kata.name, last.diagnosis, shown)
    promise = promises(kata).get(last.slug, last.slug)
    edited = edited_since(kata, last, page.workspace)
    return hinted(kata.name, promise, last.kind, rungs[:shown], page, seen=seen, edited=edited)


def _told(kata: Kata, history: History) -> list[tuple[str, tuple[str, ...]]]:
    """Every hint that was shown for a kata, by property."""
    hints, named = load_hints(kata), promises(kata)
    told = []
    for diagnosis, shown in history.hints(kata.name).items():
        slug, _, key = diagnosis.partition("/")
        if slug in hints.own:  # it may have been renamed since
            told.append((named.get(slug, slug), hints.rungs(slug, key)[:shown]))
    return list(dict.fromkeys(told))  # two ways to break a promise may call for the same advice
