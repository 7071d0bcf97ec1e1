"""The option ``--report``: results for other programs, on standard output or in files beside the terminal's report.

``--report FORMAT=FILE`` may be given several times; without FILE, or with ``-``, the text is printed instead of
the report for people. What is between the two is ``=``, for paths of Windows contain a colon.
"""

from __future__ import annotations

import functools
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from dojo.grading.catalogue import load
from dojo.grading.files import write_whole
from dojo.grading.result import KataResult, State
from dojo.grading.sources.promises import promises
from dojo.grading.terms import Terms
from dojo.grading.workspace import Workspace
from dojo.reports.formats.every import FORMATS
from dojo.reports.formats.github import MOST as MOST_OF_GITHUB
from dojo.reports.formats.github import write as summary_for_github
from dojo.reports.formats.gradescope import VISIBILITIES
from dojo.reports.formats.run import Graded

_MARKDOWN = ("", ".md")


@dataclass(frozen=True, slots=True)
class Reports:
    """Where results go besides the terminal's report, or in its place.

    Attributes:
        printed: the format on standard output, "" for the report for people.
        files: the others, each a format and a file.
        visibility: when a learner is to see a Gradescope result.
    """

    printed: str
    files: tuple[tuple[str, Path], ...]
    visibility: str

    @property
    def are_json(self) -> bool:
        """Whether there is none of a format other than JSON."""
        return {self.printed, *(name for name, _ in self.files)} <= {"", "json"}

    def write(self, results: Sequence[KataResult], terms: Terms, workspace: Workspace) -> None:
        """Write them all.

        Raises:
            click.UsageError: when a file cannot be written.
        """
        names = [name for name, _ in self.files] + ([self.printed] if self.printed else [])
        missing = _missing(results) if any(FORMATS[name].all_properties for name in names) else {}
        graded = Graded(results, terms.seed, terms.budget, terms.strict, missing, workspace, self.visibility)
        for name, file in self.files:
            try:
                _write(name, file, graded)
            except OSError as error:
                raise click.UsageError(f"{file} cannot be written: {error.strerror or error}") from error
        if self.printed:
            click.echo(FORMATS[self.printed].write(graded), nl=False)


def reporting(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --report, --json and --visibility, and hand over what they mean as the argument ``reports``."""

    @functools.wraps(command)
    def with_reports(
        *arguments: Any, report: tuple[str, ...], as_json: bool, visibility: str | None, **options: Any
    ) -> Any:
        wanted = [*report, *(["json"] if as_json else [])]
        return command(*arguments, reports=_reports(wanted, visibility), **options)

    for option in (
        click.option(
            "--visibility",
            type=click.Choice(VISIBILITIES),
            help="When learners see a Gradescope result; by default visible.",
        ),
        click.option(
            "--report",
            multiple=True,
            metavar="FORMAT[=FILE]",
            help=f"Also write {', '.join(FORMATS)} to FILE; without FILE print it instead. May be repeated.",
        ),
        click.option("--json", "as_json", is_flag=True, help="Print JSON: the same as --report json."),
    ):
        with_reports = option(with_reports)
    return with_reports


def _reports(wanted: Sequence[str], visibility: str | None) -> Reports:
    """What the options mean, looked through before anything is graded.

    Raises:
        click.UsageError: for a format there is not, two texts for one place, or a file not to be written over.
    """
    printed: list[str] = []
    files: dict[Path, str] = {}
    names = []
    for each in wanted:
        name, equals, place = each.partition("=")
        names.append(name)
        if name not in FORMATS:
            raise click.UsageError(f"--report: there is no format '{name}', but {', '.join(FORMATS)}")
        if equals and not place:
            raise click.UsageError(f"--report: after '{name}=' there is no file; leave out '=' to print it")
        if place in ("", "-"):
            printed.append(name)
            continue
        file = Path(place)
        if file in files:
            raise click.UsageError(f"--report: {files[file]} and {name} cannot both go to {file}")
        _check(name, file)
        files[file] = name
    if len(printed) > 1:
        raise click.UsageError(
            f"only one report can be printed: write {printed[1]} to a file, {printed[1]}=FILE"
        )
    if visibility is not None and "gradescope" not in names:
        raise click.UsageError("--visibility is about --report gradescope, which is not asked for")
    pairs = tuple((name, file) for file, name in files.items())
    return Reports("".join(printed), pairs, visibility or VISIBILITIES[0])


def _check(name: str, file: Path) -> None:
    """See before the grading what would only come to light after it, and write over nothing but a report.

    Raises:
        click.UsageError: if there is something else, or no folder for the file.
    """
    if not file.parent.is_dir():
        raise click.UsageError(f"--report: {file} cannot be written: there is no folder {file.parent}")
    opening = FORMATS[name].opening.encode()
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            raise click.UsageError(f"--report: {file} is not a file; without '=FILE' the report is printed")
        with file.open("rb") as stream:
            found = stream.read(len(opening))
    except FileNotFoundError:
        return
    except OSError as error:
        raise click.UsageError(f"--report: {file} cannot be written: {error.strerror or error}") from error
    if not opening and file.suffix not in _MARKDOWN:
        raise click.UsageError(f"--report: {file} is not Markdown, so nothing is added to it")
    if found and found != opening:
        raise click.UsageError(f"--report: {file} is there, and is no {name} report: name another file")


def _write(name: str, file: Path, graded: Graded) -> None:
    if FORMATS[name].opening:
        write_whole(file.resolve(), FORMATS[name].write(graded))
        return
    # GitHub gives one file for all that a step has to say.
    before = "\n\n" if file.exists() and file.stat().st_size else ""
    room = MOST_OF_GITHUB - len(before) - (file.stat().st_size if before else 0)
    text = summary_for_github(graded, room)
    with file.open("a", encoding="utf-8", newline="\n") as stream:
        stream.write(before + text if text else "")


def _missing(results: Sequence[KataResult]) -> dict[str, dict[str, str]]:
    """The properties of the katas of which not every one was decided, and that can be read at all."""
    catalogue = load()
    return {
        result.kata: promises(catalogue[result.kata])
        for result in results
        if result.state is not State.BROKEN and len(result.verdicts) < max(1, result.properties)
    }
