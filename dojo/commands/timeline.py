"""``grader.py timeline``: draws a run into one HTML file that can be stepped through."""

from __future__ import annotations

import shlex
import webbrowser
from pathlib import Path

import click

from dojo.checking.token import BadToken
from dojo.commands import complete
from dojo.commands.grading import last_result
from dojo.commands.group import debug, in_workspace
from dojo.commands.options import as_kata, one_target, one_token
from dojo.commands.output import check_output
from dojo.commands.properties import property_named
from dojo.commands.tokens import TokenCommand
from dojo.grading import judge
from dojo.grading.catalogue import load
from dojo.grading.files import write_whole
from dojo.grading.paths import display_name
from dojo.grading.result import ExitCode
from dojo.grading.sources.promises import promises
from dojo.grading.targets import Target, targets
from dojo.grading.workspace import Workspace
from dojo.reports.replay import replayed
from dojo.reports.terminal import Terminal
from dojo.reports.timeline.page import MARKER, Subject
from dojo.reports.timeline.page import timeline as drawn
from dojo.reports.timeline.say import choices, written


@click.command(cls=TokenCommand)
@one_target
@one_token
@click.option(
    "--property",
    "prefix",
    metavar="SLUG",
    shell_complete=complete.properties,
    help="Draw a run of this property, in the default order.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where to write it; if the name ends in .svg, as a picture that stands still.",
)
@click.option("--open", "show", is_flag=True, help="Open it in the browser.")
@as_kata
@in_workspace
@debug
def timeline(
    what: str,
    token: tuple[str, ...],
    prefix: str | None,
    output: Path | None,
    show: bool,
    kata: str | None,
    workspace: Workspace,
) -> int:
    """Draw a run as one HTML file: who ran when, who waited for what, who held which lock.

    Without TOKEN the last failure of KATA. With --property the first example of that property in the default
    order, to see how the code behaves; the beginning of its name will do.
    """
    (target,) = targets([what], load(), kata=kata, workspace=workspace)
    terminal = Terminal(workspace)
    if token and prefix is not None:
        raise click.UsageError("a TOKEN names its property: leave out --property")
    last = last_result(target, terminal) if not token and prefix is None else None
    text = last.token if last is not None else "".join(token)
    if prefix is None and not text:
        properties = list(promises(target.kata).items())
        terminal.show(choices(target.kata.name, shlex.quote(what), properties, terminal.page))
        return ExitCode.USAGE
    file = output or workspace.timelines / f"{target.path.stem}.html"
    if output is not None or file.exists():
        check_output(file, MARKER, "is not a timeline: name another file with --output")
    run = _run(target, text, prefix)
    if run.problem is not None or run.verdict is None:
        terminal.show(replayed(run, target.kata.name, display_name(target.path), terminal.page))
        return ExitCode.FAILED
    again = ["--property", run.verdict.slug] if prefix is not None else [text]
    words = [what, *(["--as", kata] if kata is not None else []), *again]
    command = f"{workspace.program} timeline {shlex.join(words)}"
    subject = Subject(target.kata.name, display_name(target.path), command)
    try:
        if output is None:
            workspace.state.mkdir(exist_ok=True)
        write_whole(file, _picture(run, subject) if file.suffix == ".svg" else drawn(run, subject))
    except OSError as error:
        raise click.UsageError(f"{file} cannot be written: {error.strerror or error}") from error
    uri = file.resolve().as_uri()
    terminal.show(written(run, target.kata.name, display_name(file), uri, terminal.page))
    if show and not webbrowser.open(uri):
        terminal.complain("note: no browser could be opened; the address is above")
    return ExitCode.PASSED


def _run(target: Target, token: str, prefix: str | None) -> judge.Replay:
    if prefix is not None:
        return judge.first_run(target.kata, target.path, property_named(target.kata, prefix))
    try:
        return judge.replay(target.kata, target.path, token)
    except BadToken as error:
        raise click.UsageError(str(error)) from error


def _picture(run: judge.Replay, subject: Subject) -> str:
    # Only now: it takes long to load.
    from dojo.reports.pictures.lanes import lanes_of

    return f"<!-- {MARKER} -->\n{lanes_of(run, subject.path).svg}"
