"""``grader.py start``: puts copies of the stubs into a folder of one's own, to work on with --katas."""

from __future__ import annotations

from pathlib import Path

import click

from dojo.commands import complete
from dojo.commands.group import debug
from dojo.grading.catalogue import Kata, load
from dojo.grading.files import write_new
from dojo.grading.paths import display_name
from dojo.grading.result import ExitCode
from dojo.grading.sources.stubs import make_stub
from dojo.grading.workspace import NoWorkspace, Workspace


@click.command()
@click.argument("folder", type=Path, metavar="DIR")
@click.argument("katas", nargs=-1, metavar="[KATA]...", shell_complete=complete.katas)
@debug
def start(folder: Path, katas: tuple[str, ...]) -> int:
    """Put the stubs of KATAs, by default of all, into DIR: an update of the repository never touches them.

    What is there already is left as it is. Give --katas DIR to every command, to work there: progress and
    attempts are kept in DIR/.dojo.
    """
    if click.get_current_context().obj is not None:
        raise click.UsageError("start takes the folder as its argument, without --katas: start DIR")
    catalogue = load()
    wanted = [catalogue[name] for name in dict.fromkeys(katas)] or list(catalogue)
    try:
        workspace = Workspace.at(folder)
        made = [kata for kata in wanted if _copy(kata, workspace)]
    except NoWorkspace as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        reason = error.strerror or error
        raise click.UsageError(f"{error.filename or folder} cannot be written: {reason}") from error
    for kata in wanted:
        state = "new" if kata in made else "left"
        click.echo(f"{state:<4}  {display_name(workspace.stub(kata))}")
    left = len(wanted) - len(made)
    if left:
        click.echo(f"{left} of {len(wanted)} were there already and are left as they were")
    click.echo(f"go on with: {workspace.program}")
    return ExitCode.PASSED


def _copy(kata: Kata, workspace: Workspace) -> bool:
    """Write the stub of a kata; False if something of that name is there."""
    return write_new(workspace.stub(kata), make_stub(kata.solution.read_text("utf-8")))
