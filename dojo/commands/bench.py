"""``grader.py bench``: how fast one's own code is, beside the reference and libraries that do the same."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import click

from dojo.commands.grading import warn
from dojo.commands.group import debug, in_workspace
from dojo.commands.measuring import measuring
from dojo.commands.options import one_kata
from dojo.commands.output import check_output
from dojo.grading.catalogue import load
from dojo.grading.files import write_whole
from dojo.grading.judge import submission_of
from dojo.grading.measuring.bench import Bench, Subject
from dojo.grading.measuring.bench import bench as measure
from dojo.grading.measuring.peers import peers_of
from dojo.grading.measuring.stopwatch_process import Source
from dojo.grading.paths import display_name
from dojo.grading.result import ExitCode, Problem, State
from dojo.grading.workspace import Workspace
from dojo.reports.bench import benched
from dojo.reports.figures import refused
from dojo.reports.page import DIM, STRONG, line
from dojo.reports.pictures.throughput import MARKER, throughput
from dojo.reports.terminal import Terminal

THREADS = (1, 2, 4, 8)


@click.command()
@one_kata
@click.option(
    "--png", type=click.Path(path_type=Path), metavar="FILE", help="Draw throughput against threads as well."
)
@in_workspace
@debug
def bench(kata: str, png: Path | None, workspace: Workspace) -> int:
    """Measure your code for KATA beside the reference and libraries that do the same, on 1 to 8 threads.

    Throughput and the time of single calls, on the real threads of this machine. No part of any verdict.
    """
    entry = load()[kata]
    terminal = Terminal(workspace)
    page = terminal.page
    if png is not None:
        check_output(png, MARKER, "is no picture of a bench: name another file with --png")
        if find_spec("matplotlib") is None:
            raise click.UsageError("--png needs matplotlib: `uv sync` installs it")
    path = workspace.stub(entry)
    read = submission_of(entry, path)
    if isinstance(read, Problem):
        terminal.show(refused(read.message, page, read))
        return ExitCode.FAILED
    if read.untouched:
        terminal.show(refused(State.NOT_STARTED.value, page))
        return ExitCode.FAILED
    history = workspace.history()
    warn(terminal, history)
    last = history.last(kata)
    peers = peers_of(entry)
    subjects = [
        Subject("yours", Source(read.source, display_name(path))),
        Subject("reference", Source(entry.solution.read_text("utf-8"), display_name(entry.solution))),
        *(Subject(peer.name, peer.source) for peer in peers.peers if peer.version is not None),
    ]
    names = [subject.name for subject in subjects]
    with measuring(terminal, kata) as on_news:
        found = measure(entry, subjects, THREADS, on_news=on_news)
    solved = last is not None and last.state is State.PASSED
    terminal.show([line((kata, STRONG), "   ", ("your code, the reference and its peers", DIM)), line("")])
    terminal.show(benched(names, found, peers, solved, page))
    if png is not None:
        _draw(png, kata, names, found)
        terminal.show(page.paragraph(display_name(png), 2, label="drawn: "))
    return ExitCode.PASSED


def _draw(file: Path, kata: str, names: list[str], found: Bench) -> None:
    try:
        write_whole(file, throughput(kata, names, found))
    except OSError as error:
        raise click.UsageError(f"{file} cannot be written: {error.strerror or error}") from error
