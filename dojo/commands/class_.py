"""``grader.py class``: grades the files of a whole class, and shows who is stuck where."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from dojo.commands.grading import warn
from dojo.commands.group import EXIT_CODES, debug
from dojo.commands.lines import tidy_end
from dojo.commands.options import with_budget
from dojo.grading.catalogue import Kata, load
from dojo.grading.classroom.folders import collect
from dojo.grading.classroom.grading import Graded, grade_class
from dojo.grading.classroom.jobs import Runner
from dojo.grading.classroom.local import run_here
from dojo.grading.classroom.marks import Class, without_idle
from dojo.grading.classroom.similarity import likenesses
from dojo.grading.files import write_whole
from dojo.grading.judge import processors, stub_of
from dojo.grading.terms import DEFAULT_BUDGET
from dojo.grading.verdict_store import VerdictStore
from dojo.grading.workspace import REPOSITORY
from dojo.reports.classroom.overview import MARKER, overview
from dojo.reports.classroom.sheet import HEADER, sheet
from dojo.reports.classroom.table import remarks, table, written
from dojo.reports.page import line
from dojo.reports.progress import ClassBar
from dojo.reports.terminal import Terminal

_HEAD = 400  # bytes in which a file of ours tells that it is


@click.command(name="class", epilog=EXIT_CODES)
@click.argument("submissions", type=click.Path(path_type=Path), metavar="SUBMISSIONS")
@click.argument("more", nargs=-1, metavar="")
@click.option(
    "--katas", multiple=True, metavar="NAME...", help="Only these; by default all that somebody has begun."
)
@click.option(
    "--workers", type=click.IntRange(min=1), metavar="N", help="Gradings at once; by default one a processor."
)
@click.option("--cluster", metavar="ADDRESS", help="Grade on the Dask cluster with this scheduler.")
@click.option("--strict", is_flag=True, help="Race warnings count as failures.")
@click.option("--seed", type=click.IntRange(min=0), metavar="N", default=0, help="Explore other schedules.")
@with_budget
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where to put the results; by default SUBMISSIONS-results.",
)
@debug
def class_(
    submissions: Path,
    more: tuple[str, ...],
    katas: tuple[str, ...],
    workers: int | None,
    cluster: str | None,
    strict: bool,
    seed: int,
    budget: int | None,
    out: Path | None,
) -> int:
    """Grade a whole class: SUBMISSIONS holds a folder for each person, with files named after katas.

    Checkouts of the repository and what Moodle packs will do as well. Written are results.csv, overview.html
    and verdicts.sqlite: with that, a run that was stopped goes on where it was, and nothing is graded twice.
    """
    if click.get_current_context().obj is not None:
        raise click.UsageError("class has no workspace: name katas behind it, class SUBMISSIONS --katas NAME")
    if more and not katas:
        raise click.UsageError(f"'{more[0]}' is too much: name katas with --katas")
    if workers and cluster:
        raise click.UsageError("--workers is for this machine: a cluster has its own")
    wanted = _wanted([*katas, *more])
    folder = out or submissions.resolve().with_name(f"{submissions.resolve().name}-results")
    handed_in = collect(submissions, wanted or list(load()), load())
    sheet_file, overview_file = _place(folder, submissions)
    terminal = Terminal(REPOSITORY)
    store = VerdictStore(folder / "verdicts.sqlite")
    run = _runner(workers or processors(), cluster)
    try:
        with tidy_end(), ClassBar(terminal.errors) as bar:
            graded = grade_class(
                handed_in.files,
                submissions,
                run,
                store,
                budget=budget or DEFAULT_BUDGET,
                seed=seed,
                strict=strict,
                on_news=bar,
            )
    except KeyboardInterrupt:
        terminal.complain("the same command goes on from here")
        raise
    found = Class(handed_in.persons, tuple(wanted or load()), graded.marks, (), handed_in.notes)
    found = _compared(found, graded)
    if not wanted:
        found = without_idle(found)
    try:
        write_whole(sheet_file, sheet(found))
        write_whole(overview_file, overview(found))
    except OSError as error:
        raise click.UsageError(f"{error.filename or folder} cannot be written: {error.strerror}") from error
    warn(terminal, store)
    files = [str(sheet_file), str(overview_file)]
    told = [*remarks(found, terminal.page), *written(files, graded.graded, graded.known, terminal.page)]
    terminal.show([*table(found, terminal.page), line(""), *told])
    return found.exit_code


def _wanted(names: Sequence[str]) -> list[Kata]:
    """Katas in learning order, whatever order they are named in."""
    catalogue = load()
    chosen = {catalogue[name.strip()] for each in names for name in each.split(",") if name.strip()}
    return [kata for kata in catalogue if kata in chosen]


def _place(folder: Path, submissions: Path) -> tuple[Path, Path]:
    """The files to write; before anything is graded it is seen whether that can be done.

    Raises:
        click.UsageError: it cannot, or there is something that is not ours.
    """
    if folder.resolve().is_relative_to(submissions.resolve()):
        raise click.UsageError(f"--out: {folder} is among the submissions; name a folder elsewhere")
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"{folder} cannot be made: {error.strerror or error}") from error
    files = {folder / "results.csv": HEADER[0].encode(), folder / "overview.html": MARKER.encode()}
    for file, mark in files.items():
        try:
            head = file.read_bytes()[:_HEAD] if file.exists() else mark
        except OSError as error:
            raise click.UsageError(f"{file} cannot be written: {error.strerror or error}") from error
        if mark not in head:
            raise click.UsageError(f"{file} is not of this program: name another folder with --out")
    first, second = files
    return first, second


def _runner(workers: int, cluster: str | None) -> Runner:
    if cluster is None:
        return lambda jobs: run_here(jobs, workers)
    from dojo.grading.classroom.cluster import run_there

    return lambda jobs: run_there(jobs, cluster)


def _compared(found: Class, graded: Graded) -> Class:
    """With the likenesses between those who have begun a kata."""
    likes = []
    texts = {(mark.kata, mark.person): text for mark, text in zip(found.marks, graded.texts, strict=True)}
    for kata in found.katas:
        begun = {
            mark.person: texts[kata.name, mark.person] for mark in found.of_kata(kata.name) if mark.is_begun
        }
        reference = kata.contract.read_text("utf-8")
        likes += likenesses(kata.name, begun, stub_of(kata), reference)
    return Class(found.persons, found.katas, found.marks, tuple(likes), found.notes, found.idle)
