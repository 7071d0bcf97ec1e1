"""``grader.py export``: makes a packet for candidates, from which nobody can read a solution."""

from __future__ import annotations

from pathlib import Path

import click

from dojo.commands import complete
from dojo.commands.group import debug
from dojo.grading.catalogue import load
from dojo.grading.packet.export import CannotExport
from dojo.grading.packet.export import export as make
from dojo.grading.result import ExitCode


@click.command()
@click.argument("folder", type=Path, metavar="DIR")
@click.argument("katas", nargs=-1, metavar="[KATA]...", shell_complete=complete.katas)
@debug
def export(folder: Path, katas: tuple[str, ...]) -> int:
    """Make a packet for candidates in DIR: the stubs of KATAs, by default of all, and `grader.py check`.

    No solution, no hidden property, no hint is in it. Grade the katas/ that come back with
    `grader.py --katas DIR/katas grade`.
    """
    if click.get_current_context().obj is not None:
        raise click.UsageError("export takes the folder as its argument, without --katas: export DIR")
    catalogue = load()
    wanted = [catalogue[name] for name in dict.fromkeys(katas)] or list(catalogue)
    try:
        files = make(folder, wanted, catalogue)
    except CannotExport as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        reason = error.strerror or error
        raise click.UsageError(f"{error.filename or folder} cannot be written: {reason}") from error
    for kata in wanted:
        click.echo(f"stub  {(folder / 'katas' / kata.group / kata.name).as_posix()}.py")
    click.echo(
        f"{len(files)} files are in {folder.as_posix()}: send the folder; its README says how to go on"
    )
    click.echo(f"when it is back: uv run grader.py --katas {(folder / 'katas').as_posix()} grade")
    return ExitCode.PASSED
