"""The program ``grader.py`` as a group of commands, each loaded only when it is called: the board must be quick."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import click

VERSION = "0.1.0"
# In the order in which a learner meets them; each is a module of this package with a function of that name.
COMMANDS = ("grade", "hint", "replay", "reset", "attempts", "new-kata")

EXIT_CODES = """\b
Exit codes:
  0    every property of every kata graded holds
  1    some property fails, or a kata is not started or cannot be graded
  2    wrong usage
  3    inconclusive: nothing failed, but something could not be decided
  4    a fault of the grader, not of the code it graded
  130  stopped by Ctrl-C"""

EXAMPLES = """\b
Examples:
  grader.py                            grade what is new; the board
  grader.py grade                      grade all that is in katas/
  grader.py grade semaphore            grade one kata
  grader.py grade ~/semaphore_v2.py    any file; its name says for which kata
  grader.py grade --as semaphore x.py  ... or you do
  grader.py grade --solutions          grade the reference solutions
  grader.py hint semaphore             a hint for the last failure, then a better one
  grader.py replay semaphore           the last failure, step by step
  grader.py reset semaphore            start over; your attempt is kept"""

Command = Callable[..., Any]


def debug(command: Command) -> Command:
    """Add --debug, which ``grader.py`` looks at."""
    text = "Show the traceback of a fault of the grader."
    return click.option("--debug", is_flag=True, expose_value=False, help=text)(command)


class LazyGroup(click.Group):
    """Finds its commands by the names of modules."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command; None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(importlib.import_module(f"dojo.commands.{name}"), name)
        return command


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"{EXAMPLES}\n\n{EXIT_CODES}",
)
@click.version_option(VERSION, prog_name="concurrency-dojo", message="%(prog)s %(version)s")
@debug
@click.pass_context
def cli(context: click.Context) -> None:
    """Katas for correct concurrent Python.

    Without a command: grade what has been edited since it was last graded, and show the board.
    """
    if context.invoked_subcommand is None:
        from dojo.commands.board import show_board

        show_board()
