"""``grader.py replay``: repeats a failing run and shows every step of it."""

from __future__ import annotations

import click

from dojo.checking.token import BadToken
from dojo.commands.grading import warn
from dojo.commands.group import debug
from dojo.grading import judge
from dojo.grading.catalogue import load
from dojo.grading.paths import display_name
from dojo.grading.progress import History
from dojo.grading.result import ExitCode, State
from dojo.grading.targets import Target, targets
from dojo.reports.replay import replayed
from dojo.reports.terminal import Terminal


# A token may begin with a dash, or a piece of it may: what is no option here is part of the token.
@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("what", metavar="KATA|FILE")
@click.argument("token", nargs=-1)
@click.option("--as", "kata", metavar="KATA", help="The kata that FILE is for, if its name does not tell.")
@debug
def replay(what: str, token: tuple[str, ...], kata: str | None) -> int:
    """Repeat a failing run and show every step of it; without TOKEN the last failure of KATA.

    A token is printed with each failure. It may come in several pieces.
    """
    (target,) = targets([what], load(), kata=kata)
    terminal = Terminal()
    text = "".join(token) or _last_token(target, terminal)
    try:
        run = judge.replay(target.kata, target.path, text)
    except BadToken as error:
        raise click.UsageError(str(error)) from error
    terminal.show(replayed(run, target.kata.name, display_name(target.path), terminal.page))
    return ExitCode.FAILED if run.reproduced or run.problem is not None else ExitCode.PASSED


def _last_token(target: Target, terminal: Terminal) -> str:
    history = History.load()
    warn(terminal, history)
    last = history.last(target.kata.name) if target.is_own_work else None
    if last is not None and last.token:
        return last.token
    if last is not None and last.state is State.PASSED:
        raise click.UsageError(f"{target.kata.name} passed the last time: there is no failure to replay")
    raise click.UsageError("no failure of this file is on record: grade it, or give the TOKEN from a report")
