"""Grades a class: each text once, whoever has handed it in, and none that an earlier run has done already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from dojo.grading.classroom.folders import HandedIn, leads_out
from dojo.grading.classroom.jobs import Job, Runner
from dojo.grading.classroom.marks import Mark, mark_of
from dojo.grading.fingerprint import of_grading
from dojo.grading.judge import remembered
from dojo.grading.result import KataResult, Problem, State
from dojo.grading.sources.submission import read_text
from dojo.grading.verdict_store import VerdictStore


@dataclass(frozen=True, slots=True)
class News:
    """How far a class is graded.

    Attributes:
        done: gradings that are known by now.
        total: all that there are to know.
        last: what was graded last, "" at first.
    """

    done: int
    total: int
    last: str = ""


@dataclass(frozen=True, slots=True)
class Graded:
    """The results of a class.

    Attributes:
        marks: one for each file, in that order; also where nothing was handed in.
        texts: what was read, likewise; "" where nothing could be.
        graded: how many gradings were done now; of texts that could be run, and were not just the stub.
        known: how many were known from an earlier run.
    """

    marks: tuple[Mark, ...]
    texts: tuple[str, ...]
    graded: int
    known: int


def grade_class(
    files: Sequence[HandedIn],
    root: Path,
    run: Runner,
    store: VerdictStore,
    *,
    budget: int,
    seed: int,
    strict: bool,
    on_news: Callable[[News], None] = lambda news: None,
) -> Graded:
    """Grade all files of a class.

    Args:
        files: what was handed in.
        root: the folder that they are all in.
        run: does the gradings.
        store: is given each result at once; what it knows is not graded again.
        budget: schedules for each property.
        seed: decides every random choice.
        strict: whether race warnings count as failures.
        on_news: told how far it has come.
    """
    marks: list[Mark] = []
    texts: list[str] = []
    waiting: dict[Job, list[int]] = {}  # the places of those who have handed in this text
    for number, file in enumerate(files):
        read = _read(file, root) if file.path is not None else None
        texts.append(read if isinstance(read, str) else "")
        refused = (
            KataResult(file.kata.name, _name(file), State.REFUSED, problem=read)
            if isinstance(read, Problem)
            else None
        )
        marks.append(mark_of(file, refused))
        if isinstance(read, str):
            name = _name(file)
            key = of_grading(file.kata, name, read, budget=budget, seed=seed)
            job = Job(key, file.kata.name, name, read, budget, seed, strict)
            waiting.setdefault(job, []).append(number)

    def note(job: Job, result: KataResult) -> None:
        for place in waiting[job]:
            marks[place] = mark_of(files[place], result)

    kata_of = {file.kata.name: file.kata for file in files}
    todo = []
    for job in waiting:
        found = remembered(kata_of[job.kata], job.name, job.text, store.find(job.key), strict=strict)
        if found is None:
            todo.append(job)
        else:
            note(job, found)
    graded, known, total = 0, len(waiting) - len(todo), len(waiting)
    on_news(News(known, total))
    with closing(run(todo)) as results:
        for done, (job, result) in enumerate(results, known + 1):
            store.keep(job.key, result)
            note(job, result)
            graded += result.properties > 0
            on_news(News(done, total, f"{job.kata} of {files[waiting[job][0]].person}"))
    return Graded(tuple(marks), tuple(texts), graded, known)


def _name(file: HandedIn) -> str:
    # The same for everybody: equal texts have equal results then.
    return f"{file.kata.name}.py"


def _read(file: HandedIn, root: Path) -> str | Problem:
    assert file.path is not None
    if leads_out(file, root):
        text = "it is a link to something that was not handed in"
        return Problem(text, file.shown, 0, "hand in the file itself")
    return read_text(file.path, _name(file))
