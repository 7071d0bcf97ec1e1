"""``grader.py compare``: one's own code beside the reference, which properties hold, what each costs."""

from __future__ import annotations

import difflib
from pathlib import Path

import click

from dojo.commands.grading import warn
from dojo.commands.group import debug, in_workspace
from dojo.commands.keys import interactive
from dojo.commands.measuring import measuring
from dojo.commands.options import one_kata, with_budget
from dojo.grading.catalogue import Kata, load
from dojo.grading.judge import grade, submission_of
from dojo.grading.measuring.figures import measure
from dojo.grading.measuring.stopwatch_process import Source
from dojo.grading.paths import display_name
from dojo.grading.result import ExitCode, KataResult, Problem, State, overall
from dojo.grading.sources.alignment import Section, align
from dojo.grading.sources.pieces import headline, lines_of_code
from dojo.grading.sources.submission import MAX_BYTES, Submission
from dojo.grading.sources.surface import normalised
from dojo.grading.terms import DEFAULT_BUDGET, Terms
from dojo.grading.workspace import Workspace
from dojo.reports.compare import Files, compared, legend
from dojo.reports.figures import figures, properties, refused
from dojo.reports.page import DIM, STRONG, Lines, Page, line
from dojo.reports.progress import Bar
from dojo.reports.terminal import Terminal


@click.command()
@one_kata
@click.option("--spoil", is_flag=True, help="Show the reference although the kata is not solved yet.")
@click.option("--no-measure", is_flag=True, help="Run nothing: only the code and its notes.")
@with_budget
@click.option("--section", metavar="NAME", help="Only one function, method or class; runs nothing.")
@in_workspace
@debug
def compare(
    kata: str, spoil: bool, no_measure: bool, budget: int | None, section: str | None, workspace: Workspace
) -> int:
    """Show your code for KATA beside the reference: piece by piece, what holds, what it costs.

    Before the kata is solved it asks first, as there is no way to forget a solution.
    """
    entry = load()[kata]
    terminal = Terminal(workspace)
    history = workspace.history()
    last = history.last(kata)
    warn(terminal, history)
    solved = last is not None and last.state is State.PASSED
    if not solved and not spoil and not _confirmed(kata):
        click.echo("Nothing shown.")
        return ExitCode.PASSED
    path, page = workspace.stub(entry), terminal.page
    files = Files(display_name(path), display_name(entry.solution))
    reference = entry.solution.read_text("utf-8")
    read = submission_of(entry, path)
    own = read.source if isinstance(read, Submission) else _text(path)
    sections = align(own, reference)
    if section is not None:
        sections = _named(section, sections)
    terminal.show(_heading(kata, reference, read, page))
    terminal.show(compared(sections, files, page, everything=section is not None))
    if section is not None or no_measure:
        return ExitCode.PASSED
    schedules = budget or DEFAULT_BUDGET
    results = (
        _graded(entry, path, schedules, terminal, "yours"),
        _graded(entry, entry.solution, schedules, terminal, "reference"),
    )
    terminal.show([line(""), *properties(*results, page), line("")])
    runs = isinstance(read, Submission) and not read.untouched
    mine = Source(own, files.mine) if runs else None
    with measuring(terminal, kata) as on_news:
        measured = measure(entry, mine, Source(reference, files.reference), on_news=on_news)
    terminal.show(figures((_size(own), lines_of_code(reference)), results, measured, page))
    return ExitCode.BROKEN if overall(results) is ExitCode.BROKEN else ExitCode.PASSED


def _confirmed(kata: str) -> bool:
    """Ask whether the reference may be shown; where nobody can be asked, refuse."""
    if not interactive():
        raise click.UsageError(
            f"{kata} is not solved yet, and this shows the solution: add --spoil to see it"
        )
    question = f"{kata} is not solved yet, and this shows the solution. Show it all the same?"
    return click.confirm(question, default=False)


def _text(path: Path) -> str:
    """A file that cannot be graded, as far as it can be read: there may be something to compare in it."""
    try:
        if path.stat().st_size <= MAX_BYTES:
            return normalised(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        pass
    return ""


def _named(name: str, sections: list[Section]) -> list[Section]:
    """The sections of a name: qualified, or only its last part, on either side.

    Raises:
        click.UsageError: when there is none.
    """
    names = [
        (section, piece.name) for section in sections for piece in (section.mine, section.reference) if piece
    ]
    found = [section for section, each in names if each == name]
    found = found or [section for section, each in names if each.rpartition(".")[2] == name]
    if found:
        return [section for section in sections if any(section is each for each in found)]
    known = list(dict.fromkeys(each for _, each in names))
    short = {each.rpartition(".")[2]: each for each in known}
    close = difflib.get_close_matches(name, [*known, *short], 1)
    hint = f"did you mean '{short.get(close[0], close[0])}'?" if close else f"there are: {', '.join(known)}"
    raise click.UsageError(f"neither side has a section '{name}'; {hint}")


def _heading(kata: str, reference: str, read: Submission | Problem, page: Page) -> Lines:
    lines = [line((kata, STRONG), "   ", ("your code and the reference", DIM))]
    lines += page.paragraph(headline(reference), 2)
    if isinstance(read, Problem):
        lines += refused(read.message, page, read)
    return [*lines, *legend(page), line("")]


def _graded(kata: Kata, path: Path, budget: int, terminal: Terminal, whose: str) -> KataResult:
    """One of the two, graded just now; not for the record, as nobody has asked for a grade."""
    with Bar(terminal.errors, f"{kata.name}, {whose}") as bar:
        return grade(kata, path, Terms(budget=budget), on_progress=bar)


def _size(source: str) -> int | None:
    try:
        return lines_of_code(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
