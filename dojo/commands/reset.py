"""``grader.py reset``: puts a kata back to its stub and keeps the attempt."""

from __future__ import annotations

import click

from dojo.commands.group import debug, in_workspace
from dojo.commands.options import one_kata
from dojo.grading.catalogue import load
from dojo.grading.learner.attempts import reset as put_back
from dojo.grading.paths import display_name
from dojo.grading.result import ExitCode
from dojo.grading.workspace import Workspace


@click.command()
@one_kata
@in_workspace
@debug
def reset(kata: str, workspace: Workspace) -> int:
    """Put KATA back to the stub; what you wrote is kept, and `attempts` brings it back."""
    entry = load()[kata]
    try:
        kept = put_back(entry, workspace)
    except OSError as error:
        raise click.UsageError(f"cannot reset {kata}: {error}; nothing was lost") from error
    workspace.reviews().begin(kata, sum(workspace.history().hints(kata).values()))
    click.echo(f"{display_name(workspace.stub(entry))} is the stub again")
    if kept is not None:
        click.echo(f"your attempt is kept as {display_name(kept)}")
        click.echo(f"bring it back with: {workspace.program} attempts {kata} --restore {int(kept.stem)}")
    return ExitCode.PASSED
