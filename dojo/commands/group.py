"""The program ``grader.py`` as a group of commands, each loaded only when it is called: the board must be quick."""

from __future__ import annotations

import functools
import importlib
import keyword
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from dojo.grading.catalogue import IN_PACKET
from dojo.grading.workspace import REPOSITORY, NoWorkspace, Workspace

VERSION = "0.1.0"
# In the order in which a learner meets them; each is a module of this package with a function of that name.
_ALL = (
    "grade",
    "check",
    "watch",
    "hint",
    "compare",
    "bench",
    "replay",
    "play",
    "timeline",
    "reset",
    "attempts",
    "interview",
    "review",
    "start",
    "class",
    "doctor",
    "completion",
    "export",
    "new-kata",
)
COMMANDS = ("check",) if IN_PACKET else _ALL

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
  grader.py check semaphore            can it be graded? in a second
  grader.py watch semaphore            grade it after every save
  grader.py hint semaphore             a hint for the last failure, then more
  grader.py compare semaphore          your code beside the reference
  grader.py bench semaphore            how fast it is, beside libraries too
  grader.py replay semaphore           the last failure, step by step
  grader.py play semaphore             be the scheduler, break it by hand
  grader.py timeline semaphore         ... as a drawing for the browser
  grader.py reset semaphore            start over; your attempt is kept
  grader.py interview --level senior   a timed mock interview
  grader.py review                     what to repeat today
  grader.py class submissions/         grade a whole class
  grader.py start ~/my-katas           copies that no update touches
  grader.py --katas ~/my-katas         the board there
  grader.py doctor                     what is wrong with the set-up
  grader.py export ~/packet semaphore  what a candidate gets: no solutions
  grader.py completion bash            TAB completes; or zsh, fish"""

_FOR_CANDIDATES = """\b
Examples:
  grader.py                            look whether your files can be graded
  grader.py check semaphore            one of them"""

Command = Callable[..., Any]


def debug(command: Command) -> Command:
    """Add --debug, which ``grader.py`` looks at."""
    text = "Show the traceback of a fault of the grader."
    return click.option("--debug", is_flag=True, expose_value=False, help=text)(command)


def in_workspace(command: Command) -> Command:
    """Add --katas DIR, and hand over the workspace that it means as the argument ``workspace``.

    The option may stand before the command as well; of two, the one that stands last counts.
    """

    @functools.wraps(command)
    def with_workspace(*arguments: Any, **options: Any) -> Any:
        chosen = click.get_current_context().obj
        return command(*arguments, workspace=chosen or REPOSITORY, **options)

    return click.option(
        "--katas",
        type=Path,
        metavar="DIR",
        expose_value=False,
        callback=_choose,
        help="Work on the copies in DIR, which `start DIR` makes; progress is kept there too.",
    )(with_workspace)


def _choose(context: click.Context, _: click.Parameter, folder: Path | None) -> None:
    """Put the workspace where the contexts of commands inherit it from."""
    if folder is None:
        return
    is_being_typed = context.resilient_parsing  # and is not complained of yet
    if not folder.is_dir() and not is_being_typed:
        what = "is not a folder" if folder.exists() else "does not exist"
        start = Workspace(folder, folder).start()
        raise click.UsageError(f"--katas: '{folder}' {what}; `{start}` makes one")
    try:
        context.obj = Workspace.at(folder)
    except NoWorkspace as error:
        if not is_being_typed:
            raise click.UsageError(f"--katas: {error}") from error


class LazyGroup(click.Group):
    """Finds its commands by the names of modules."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command; None if there is none of that name."""
        if cmd_name not in COMMANDS:
            if cmd_name in _ALL:
                text = (
                    f"'{cmd_name}' needs what only the sender of this packet has; there is `grader.py check`"
                )
                raise click.UsageError(text)
            return None
        name = cmd_name.replace("-", "_") + "_" * keyword.iskeyword(cmd_name)
        command: click.Command = getattr(importlib.import_module(f"dojo.commands.{name}"), name)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands whose names begin so, none of them loaded, and options."""
        names = [CompletionItem(name) for name in COMMANDS if name.startswith(incomplete)]
        return names + click.Command.shell_complete(self, ctx, incomplete)


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Looks whether your files can be graded." if IN_PACKET else None,
    epilog=_FOR_CANDIDATES if IN_PACKET else f"{EXAMPLES}\n\n{EXIT_CODES}",
)
@click.version_option(VERSION, prog_name="concurrency-dojo", message="%(prog)s %(version)s")
@in_workspace
@debug
@click.pass_context
def cli(context: click.Context, workspace: Workspace) -> int:
    """Katas for correct concurrent Python.

    Without a command: grade what has been edited since it was last graded, and show the board.
    """
    if context.invoked_subcommand is not None:
        return 0  # the command's own code counts
    if IN_PACKET:
        from dojo.commands.check import check

        return int(context.invoke(check))
    from dojo.commands.board import show_board

    show_board(workspace)
    return 0
