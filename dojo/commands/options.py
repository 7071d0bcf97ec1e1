"""Arguments and options that several commands take, each written once."""

from __future__ import annotations

import click

from dojo.commands import complete

one_target = click.argument("what", metavar="KATA|FILE", shell_complete=complete.katas_and_files)
one_token = click.argument("token", nargs=-1, shell_complete=complete.tokens)
one_kata = click.argument("kata", shell_complete=complete.katas)
as_kata = click.option(
    "--as",
    "kata",
    metavar="KATA",
    shell_complete=complete.katas,
    help="The kata that FILE is for, if its name does not tell.",
)
with_budget = click.option(
    "--budget", type=click.IntRange(min=1), metavar="N", help="Schedules for each property."
)
