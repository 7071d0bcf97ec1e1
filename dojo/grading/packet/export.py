"""Makes a packet for candidates.

It holds, and a test looks that it holds no more::

    README.md          what to do, for the candidate
    katas/             the stubs to fill in; katas.toml without the questions that an interviewer asks next
    stubs/             the stubs again, to compare with, and those of katas that they import
    grader.py, dojo/   what ``check`` needs
    pyproject.toml, .gitignore, LICENSE

There is no solution in it, no hidden property, no mutant, no hint and no notebook. Who sent it grades the
``katas/`` that come back: ``grader.py --katas RETURNED/katas grade``.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from string import Template

from dojo.grading.catalogue import CONTEXT, ROOT, Catalogue, Kata
from dojo.grading.files import write_new
from dojo.grading.packet.program import program_files
from dojo.grading.sources.stubs import make_stub

_HERE = Path(__file__).parent
_GITIGNORE = "__pycache__/\n*.pyc\n.venv/\nuv.lock\n.dojo/\n"


class CannotExport(ValueError):
    """The folder cannot take a packet; the text says why and what to do."""


def export(folder: Path, katas: Sequence[Kata], catalogue: Catalogue) -> list[Path]:
    """Write a packet.

    Args:
        folder: where to; it is made, or is an empty folder.
        katas: those that the candidate is to write.
        catalogue: all katas.

    Returns:
        The files that were written, relative to the folder.

    Raises:
        CannotExport: when there is something in the folder. Nothing is written then.
        OSError: when a file cannot be written. What had been written is gone again.
    """
    if folder.exists() and not folder.is_dir():
        raise CannotExport(f"'{folder}' is there and is no folder: name another one")
    if folder.is_dir() and any(folder.iterdir()):
        raise CannotExport(f"'{folder}' is not empty: name a new folder")
    texts = dict(_contents(katas, catalogue))
    was_there = folder.is_dir()
    try:
        for name, text in texts.items():
            write_new(folder / name, text)
    except BaseException:
        _remove(folder, texts, keep=was_there)
        raise
    return [Path(name) for name in texts]


def _contents(katas: Sequence[Kata], catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Every file of a packet with its text."""
    needed = _needed(katas, catalogue)
    yield "README.md", _readme(katas)
    yield "pyproject.toml", _pyproject()
    yield ".gitignore", _GITIGNORE
    yield "LICENSE", (ROOT / "LICENSE").read_text("utf-8")
    yield "katas/katas.toml", "\n".join(_entry(kata, needed) for kata in needed)
    for kata in needed:
        stub = make_stub(kata.contract.read_text("utf-8"))
        yield f"stubs/{kata.group}/{kata.name}.py.txt", stub
        if kata in katas:
            yield f"katas/{kata.group}/{kata.name}.py", stub
    for file in program_files():
        yield file.relative_to(ROOT).as_posix(), file.read_text("utf-8")


def _needed(katas: Sequence[Kata], catalogue: Catalogue) -> list[Kata]:
    """The katas, and those that they are loaded with, in learning order."""
    names = catalogue.with_imports([*(kata.name for kata in katas), CONTEXT])
    return [kata for kata in catalogue if kata.name in names]


def _entry(kata: Kata, needed: Sequence[Kata]) -> str:
    """An entry of the manifest, without what is the interviewer's."""
    names = [each.name for each in needed]
    values = {
        "name": kata.name,
        "group": kata.group,
        "title": kata.title,
        "difficulty": kata.difficulty,
        "minutes": kata.minutes,
        "prerequisites": [each for each in kata.prerequisites if each in names],
        "imports": list(kata.imports),
        "summary": kata.summary,
        "questions": [],
    }
    # Texts, numbers and lists of texts are written alike in JSON and in TOML.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    return "\n".join(["[[kata]]", *lines]) + "\n"


def _readme(katas: Sequence[Kata]) -> str:
    rows = [
        f"| `katas/{kata.group}/{kata.name}.py` | {kata.title} | {kata.summary} | {kata.minutes} min |"
        for kata in katas
    ]
    return _filled("README.md", katas="\n".join(rows), minutes=str(sum(kata.minutes for kata in katas)))


def _pyproject() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    dependencies = "\n".join(f"    {json.dumps(each)}," for each in project["dependencies"])
    return _filled("pyproject.toml", python=project["requires-python"], dependencies=dependencies)


def _filled(file: str, **words: str) -> str:
    return Template((_HERE / f"{file}.txt").read_text("utf-8")).substitute(words)


def _remove(folder: Path, names: dict[str, str], *, keep: bool) -> None:
    """Take back what was written; folders go when nothing else is in them."""
    for name in names:
        (folder / name).unlink(missing_ok=True)
    folders = {
        parent for name in names for parent in (folder / name).parents if parent.is_relative_to(folder)
    }
    for each in sorted(folders, reverse=True):
        try:
            if each != folder or not keep:
                each.rmdir()
        except OSError:
            pass  # it was never made, or somebody has put something there
