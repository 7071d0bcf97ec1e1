"""``grader.py play``: be the scheduler of your own code, choice by choice, until a promise breaks."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import Protocol

import click

from dojo.commands import complete
from dojo.commands.grading import last_result
from dojo.commands.group import debug, in_workspace
from dojo.commands.keys import Keys, interactive
from dojo.commands.options import as_kata, one_target
from dojo.commands.properties import property_named
from dojo.grading.catalogue import load
from dojo.grading.judge import Progress
from dojo.grading.play import Play, Stopped
from dojo.grading.result import ExitCode
from dojo.grading.sources.promises import promises
from dojo.grading.targets import Target, targets
from dojo.grading.workspace import Workspace
from dojo.reports.play import choose_property, stopped
from dojo.reports.progress import Bar
from dojo.reports.terminal import Terminal


class Input(Protocol):
    """Where the player's commands come from."""

    def read(self, threads: int) -> str | None:
        """The next command, without spaces around it; None when there are no more.

        Args:
            threads: how many there are: from ten on a number does not end with its first digit.
        """


@click.command()
@one_target
@click.option(
    "--property",
    "slug",
    metavar="SLUG",
    shell_complete=complete.properties,
    help="The property to break; by default the last failed.",
)
@as_kata
@click.option("--lines", is_flag=True, help="Type and press enter, as in a pipe; never clear the screen.")
@in_workspace
@debug
def play(what: str, slug: str | None, kata: str | None, lines: bool, workspace: Workspace) -> int:
    """Be the scheduler: choose at every step which thread of KATA runs next, until a promise breaks.

    \b
    number, letter   let that thread go on to its next decision point
    enter            whoever runs goes on
    t                time passes while the thread marked > stands still
    b  u  r          on to the next wait; undo; restart
    f  s  ?  q       finish; show the shortest way; help; quit
    """
    from dojo.commands.playing import Table

    (target,) = targets([what], load(), kata=kata, workspace=workspace)
    terminal = Terminal(workspace)
    keys = interactive() and not lines
    slug, token = _property(target, slug, terminal)
    with ExitStack() as stack:
        try:
            with Bar(terminal.errors, target.kata.name) as bar:

                def explored(schedules: int) -> None:
                    bar(Progress(target.kata.name, 0, 1, slug, schedules))

                game = stack.enter_context(Play(target.kata, target.path, slug, token, explored))
            source: Input = _KeyInput(stack.enter_context(Keys())) if keys else _LineInput()
            failed = Table(game, target.kata.name, source, terminal, clear=keys).play()
        except Stopped as error:
            terminal.show(stopped(error.problem, terminal.page))
            failed = True
    return ExitCode.FAILED if failed else ExitCode.PASSED


def _property(target: Target, slug: str | None, terminal: Terminal) -> tuple[str, str]:
    """Which property to play, and the token of its failure on record or ""."""
    last = last_result(target, terminal)
    if slug is None and last is not None and last.slug:
        return last.slug, last.token
    if slug is None:
        properties = promises(target.kata)
        terminal.show(choose_property(list(properties.items()), target.kata.name, terminal.page))
        slug = _chosen(list(properties))
    else:
        slug = property_named(target.kata, slug)
    return slug, last.token if last is not None and last.slug == slug else ""


def _chosen(slugs: list[str]) -> str:
    """Ask for a number until there is one that counts."""
    while True:
        click.echo("number: ", nl=False)
        answer = sys.stdin.readline()
        if not answer:
            click.echo()
            raise click.UsageError("nobody says which property; give it with --property SLUG")
        if answer.strip().isdecimal() and 1 <= int(answer) <= len(slugs):
            return slugs[int(answer) - 1]
        if answer.strip() in slugs:
            return answer.strip()
        click.echo(f"a number from 1 to {len(slugs)}, please")


class _LineInput:
    """Commands typed in lines, or from a pipe."""

    def read(self, threads: int) -> str | None:
        """The next line."""
        click.echo("play> ", nl=False)
        sys.stdout.flush()
        text = sys.stdin.readline()
        if not text:
            click.echo()
            return None
        if not sys.stdin.isatty():
            click.echo(text.strip())  # so that what was chosen stands in what a pipe brings
        return text.strip()


class _KeyInput:
    """Commands of one key each."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def read(self, threads: int) -> str | None:
        """The next key; with ten threads or more a number is closed by enter."""
        try:
            text = self._key()
            while text.isdecimal() and threads > 9:
                more = self._key()
                if not more.isdecimal():
                    break
                text += more
        except EOFError:
            return None
        return text

    def _key(self) -> str:
        while True:
            key = self._keys.read()
            if key == "enter":
                return ""
            if key in ("esc", "ctrl-d"):
                return "q"
            if key is not None and len(key) == 1:
                return key.strip()
            if key in ("left", "backspace", "up"):
                return "u"
            if key in ("right", "down"):
                return ""
