"""``grader.py attempts``: lists the attempts that were set aside, and brings one back."""

from __future__ import annotations

import click

from dojo.commands import complete
from dojo.commands.group import debug, in_workspace
from dojo.commands.options import one_kata
from dojo.grading.catalogue import load
from dojo.grading.learner.attempts import NoSuchAttempt, restore
from dojo.grading.learner.attempts import attempts as kept_attempts
from dojo.grading.paths import display_name
from dojo.grading.result import ExitCode
from dojo.grading.workspace import Workspace


@click.command()
@one_kata
@click.option(
    "--restore",
    "number",
    type=click.IntRange(min=1),
    metavar="N",
    shell_complete=complete.attempts,
    help="Bring attempt N back.",
)
@in_workspace
@debug
def attempts(kata: str, number: int | None, workspace: Workspace) -> int:
    """List the attempts at KATA that `reset` has kept, or bring one back.

    Restoring keeps the file that it replaces as one more attempt.
    """
    entry = load()[kata]
    if number is not None:
        try:
            kept = restore(entry, number, workspace)
        except NoSuchAttempt as error:
            raise click.UsageError(str(error)) from error
        except OSError as error:
            raise click.UsageError(f"cannot restore: {error}; nothing was lost") from error
        click.echo(f"{display_name(workspace.stub(entry))} is attempt {number} again")
        if kept is not None:
            click.echo(f"what was there is kept as {display_name(kept)}")
        return ExitCode.PASSED
    found = kept_attempts(entry, workspace)
    for each in found:
        click.echo(f"{each.number:>4}   {each.kept_at}   {each.lines:>4} lines   {display_name(each.path)}")
    if not found:
        click.echo(f"no attempt at {kata} was set aside: `{workspace.program} reset {kata}` does that")
    return ExitCode.PASSED
