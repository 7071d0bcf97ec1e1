"""``grader.py replay``: repeats a failing run, to be stepped through or printed as a whole."""

from __future__ import annotations

import click

from dojo.checking.token import BadToken
from dojo.commands.grading import last_result
from dojo.commands.group import debug, in_workspace
from dojo.commands.keys import interactive
from dojo.commands.options import as_kata, one_target, one_token
from dojo.commands.stepping import step_through
from dojo.commands.tokens import TokenCommand
from dojo.grading import judge
from dojo.grading.catalogue import load
from dojo.grading.paths import display_name
from dojo.grading.result import ExitCode, State
from dojo.grading.targets import Target, targets
from dojo.grading.workspace import Workspace
from dojo.reports.replay import replayed
from dojo.reports.screen import Screen
from dojo.reports.terminal import Terminal


@click.command(cls=TokenCommand)
@one_target
@one_token
@as_kata
@click.option("--all", "everything", is_flag=True, help="Print every step, as in a pipe; no stepping.")
@in_workspace
@debug
def replay(
    what: str, token: tuple[str, ...], kata: str | None, everything: bool, workspace: Workspace
) -> int:
    """Step through a failing run; without TOKEN the last failure of KATA.

    A token is printed with each failure. It may come in several pieces. Without a terminal, or with --all,
    every step is printed.

    \b
    right, space  n   on to the next source line       left  b   back
    p  P              next, previous preemption        s         every step, or lines
    home  end  12     beginning, end, step 12 (enter)  ?  q      help, quit
    """
    (target,) = targets([what], load(), kata=kata, workspace=workspace)
    terminal = Terminal(workspace)
    terminal.know(target.path, target.kata.tests)
    text = "".join(token) or _last_token(target, terminal)
    try:
        run = judge.replay(target.kata, target.path, text)
    except BadToken as error:
        raise click.UsageError(str(error)) from error
    name = display_name(target.path)
    if run.steps and not everything and interactive() and Screen.is_possible():
        step_through(run, target.kata.name, name, terminal.page)
    else:
        terminal.show(replayed(run, target.kata.name, name, terminal.page))
    return ExitCode.FAILED if run.reproduced or run.problem is not None else ExitCode.PASSED


def _last_token(target: Target, terminal: Terminal) -> str:
    last = last_result(target, terminal)
    if last is not None and last.token:
        return last.token
    if last is not None and last.state is State.PASSED:
        raise click.UsageError(f"{target.kata.name} passed the last time: there is no failure to replay")
    raise click.UsageError("no failure of this file is on record: grade it, or give the TOKEN from a report")
