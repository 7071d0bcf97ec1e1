"""``grader.py new-kata``: lays the skeleton of a kata, for authors."""

from __future__ import annotations

import click

from dojo.commands.group import debug
from dojo.grading.new_kata import CannotCreate, create
from dojo.grading.paths import display_name
from dojo.grading.result import ExitCode


@click.command("new-kata")
@click.argument("name")
@click.option("--group", default="concurrency", show_default=True, help="The folder it belongs to.")
@debug
def new_kata(name: str, group: str) -> int:
    """Lay the skeleton of a new kata, for authors.

    NAME is like the name of a module: read_write_lock. CONTRIBUTING.md tells how to go on.
    """
    try:
        files = create(name, group)
    except CannotCreate as error:
        raise click.UsageError(str(error)) from error
    click.echo("A small kata that works stands in these files; rewrite them in this order (CONTRIBUTING.md):")
    for file in files:
        click.echo(f"  {display_name(file)}")
    return ExitCode.PASSED
