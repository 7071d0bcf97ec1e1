"""``grader.py review``: proposes what to repeat and when, and prepares a kata for it."""

from __future__ import annotations

import click

from dojo.commands import complete
from dojo.commands.group import debug, in_workspace
from dojo.grading.catalogue import Kata, load
from dojo.grading.learner.attempts import reset as put_back
from dojo.grading.learner.memory import utc_now
from dojo.grading.learner.review import Reviews
from dojo.grading.paths import display_name
from dojo.grading.result import ExitCode
from dojo.grading.workspace import Workspace
from dojo.reports.review import agenda
from dojo.reports.terminal import Terminal


@click.command()
@click.argument("kata", required=False, shell_complete=complete.katas)
@in_workspace
@debug
def review(kata: str | None, workspace: Workspace) -> int:
    """Show what to repeat and when; with KATA, prepare it: the stub again, and your work is kept.

    Solved katas come back after days, then weeks: sooner when they took hints or several attempts, tomorrow
    when you fail them again. So does each class of bug that you have met.
    """
    catalogue = load()
    reviews = workspace.reviews()
    terminal = Terminal(workspace)
    if kata is None:
        terminal.show(agenda(reviews.items(), workspace.katas(catalogue), utc_now(), terminal.page))
    else:
        _prepare(catalogue[kata], reviews, workspace)
    if reviews.warning:
        terminal.complain(f"note: {reviews.warning}")
    return ExitCode.PASSED


def _prepare(kata: Kata, reviews: Reviews, workspace: Workspace) -> None:
    if reviews.card(kata.name) is None:
        raise click.UsageError(f"{kata.name} was not solved yet, so there is nothing to repeat")
    try:
        kept = put_back(kata, workspace)
    except OSError as error:
        raise click.UsageError(f"cannot prepare {kata.name}: {error}; nothing was lost") from error
    reviews.begin(kata.name, sum(workspace.history().hints(kata.name).values()))
    click.echo(
        f"{display_name(workspace.stub(kata))} is the stub again: solve it once more, without a look at the old one"
    )
    if kept is not None:
        click.echo(f"your attempt is kept as {display_name(kept)}")
    click.echo(f"then: {workspace.program} grade {kata.name}")
