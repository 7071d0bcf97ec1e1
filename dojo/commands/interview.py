"""``grader.py interview``: a timed mock interview; resumes one that was interrupted; lists past ones."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from dojo.commands.group import debug, in_workspace
from dojo.commands.lines import Lines, tidy_end
from dojo.commands.options import with_budget
from dojo.commands.session import Left, Room, Session
from dojo.grading import judge
from dojo.grading.catalogue import Catalogue, Kata, load
from dojo.grading.learner.interview import Interview, create, load_all, next_number
from dojo.grading.learner.review import Reviews
from dojo.grading.learner.selection import LEVELS, NothingFits, choose
from dojo.grading.result import ExitCode, KataResult, State
from dojo.grading.terms import DEFAULT_BUDGET, Terms
from dojo.grading.workspace import Workspace
from dojo.reports.interview import clock, history, note
from dojo.reports.progress import Bar
from dojo.reports.terminal import Terminal

DEFAULT_MINUTES = 45


@click.command()
@click.option("--minutes", type=click.IntRange(1, 600), metavar="N", help="How long it lasts; 45.")
@click.option("--level", type=click.Choice(list(LEVELS)), help="What is asked of you; mid.")
@click.option(
    "--count", type=click.IntRange(min=1), metavar="N", help="How many katas; as many as fit the time."
)
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="Draw other katas.")
@with_budget
@click.option("--resume", is_flag=True, help="Go on with the last one that is open; its clock has run on.")
@click.option("--list", "listing", is_flag=True, help="Show all interviews with their scores.")
@in_workspace
@debug
def interview(
    minutes: int | None,
    level: str | None,
    count: int | None,
    seed: int | None,
    budget: int | None,
    resume: bool,
    listing: bool,
    workspace: Workspace,
) -> int:
    """A timed mock interview, with questions and a scorecard at the end.

    You get fresh stubs in a folder of their own, .dojo/interviews/N; your katas/ stay as they are.
    """
    asked = [each for each in (minutes, level, count, seed) if each is not None]
    if (resume or listing) and (asked or (resume and listing)):
        raise click.UsageError("--resume and --list go with no other option")
    terminal = Terminal(workspace)
    interviews, warnings = load_all(workspace.interviews)
    for warning in warnings:
        terminal.complain(f"note: {warning}")
    if listing:
        terminal.show(history(interviews, time.time(), terminal.page))
        return ExitCode.PASSED
    catalogue = load()
    reviews = workspace.reviews()
    open_ones = [each for each in interviews if not each.closed]
    if resume:
        if not open_ones:
            raise click.UsageError(f"no interview is open; `{workspace.program} interview` begins one")
        chosen = _known(open_ones[-1], catalogue)
    else:
        running = [each for each in open_ones if each.ended is None and each.deadline > time.time()]
        if running:
            left = clock(running[-1].deadline - time.time())
            raise click.UsageError(
                f"interview {running[-1].number} is open for {left} more; --resume goes on with it"
            )
        picked = _pick(workspace, catalogue, interviews, reviews, minutes, level, count, seed)
        try:
            chosen = create(
                picked,
                level=level or "mid",
                minutes=minutes or DEFAULT_MINUTES,
                now=time.time(),
                folder=workspace.interviews,
            )
        except OSError as error:
            raise click.UsageError(f"cannot begin an interview: {error}") from error
    _sit(chosen, catalogue, terminal, reviews, budget or DEFAULT_BUDGET)
    if reviews.warning:
        terminal.complain(f"note: {reviews.warning}")
    return ExitCode.PASSED


def _known(interview: Interview, catalogue: Catalogue) -> Interview:
    for task in interview.tasks:
        catalogue[task.kata]  # UnknownKata says what is wrong
    return interview


def _pick(
    workspace: Workspace,
    catalogue: Catalogue,
    interviews: list[Interview],
    reviews: Reviews,
    minutes: int | None,
    level: str | None,
    count: int | None,
    seed: int | None,
) -> list[Kata]:
    """Those first that are new or due again, and of these the ones that were asked least."""
    results = workspace.history()
    given = [task.kata for each in interviews for task in each.tasks if task.begun is not None]

    def rank(kata: Kata) -> int:
        last = results.last(kata.name)
        solved = (last is not None and last.state is State.PASSED) or reviews.card(kata.name) is not None
        rested = solved and not reviews.is_due(kata.name)
        return given.count(kata.name) + (len(given) + 1) * rested

    try:
        return choose(
            catalogue,
            level=level or "mid",
            minutes=minutes or DEFAULT_MINUTES,
            most=count,
            rank=rank,
            # Another draw for every interview, and the same one when nothing has happened since.
            seed=next_number(workspace.interviews) if seed is None else seed,
        )
    except NothingFits as error:
        raise click.UsageError(str(error)) from error


def _sit(
    interview: Interview, catalogue: Catalogue, terminal: Terminal, reviews: Reviews, budget: int
) -> None:
    lines = Lines()
    prompted = sys.stdin is not None and sys.stdin.isatty()

    def read(prompt: str, seconds: float | None) -> str | None:
        if prompted:
            click.echo(prompt, nl=False)
        typed = lines.read(seconds)
        if prompted and typed is None:
            click.echo()
        return typed

    def grade(kata: Kata, file: Path) -> KataResult:
        with Bar(terminal.errors, kata.name) as bar:
            return judge.grade(kata, file, Terms(budget=budget), on_progress=bar)

    session = Session(
        interview, catalogue, Room(time.time, read, terminal.show, terminal.page, grade), reviews
    )
    try:
        with tidy_end():
            session.run()
    except Left:
        if interview.ended is not None:
            session.show_card()
        for text in _kept(interview, terminal.page.workspace):
            terminal.show(note(text, terminal.page))
    except KeyboardInterrupt:
        for text in ("", *_kept(interview, terminal.page.workspace)):
            terminal.complain(text)
        raise


def _kept(interview: Interview, workspace: Workspace) -> list[str]:
    what = "its clock runs on" if interview.ended is None else "some questions are open"
    return [
        f"Interview {interview.number} is kept, {what}. To go on with it:",
        f"{workspace.program} interview --resume",
    ]
