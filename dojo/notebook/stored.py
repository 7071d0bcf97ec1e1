"""Notebooks as they are stored: read, put into the one form that does not differ from run to run, compared."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
import sys
import tokenize
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from dojo.grading.catalogue import ROOT, Kata, load
from dojo.grading.sources.stubs import has_work, make_stub

FOLDER = ROOT / "notebooks"
EXERCISE = "exercise"  # the tag of cells that hold a stub

# How many steps a run has depends on the minor version of Python, so outputs belong to one.
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"

_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "version": PYTHON},
}
_KATA = re.compile(r"%%kata[ \t]+(\w+)[^\n]*\n?")
_MOST_LINES, _LONGEST = 24, 140  # of a difference that is shown


class BadNotebook(ValueError):
    """A notebook cannot be stored as it is."""


def found(names: Sequence[str] = ()) -> list[Path]:
    """The notebooks whose names begin with one of these; all of them without any.

    Raises:
        BadNotebook: no notebook's name begins so.
    """
    files = sorted(FOLDER.glob("*.ipynb"))
    for name in names:
        if not any(file.name.startswith(name) for file in files):
            raise BadNotebook(f"there is no notebook notebooks/{name}*.ipynb")
    return [file for file in files if not names or any(file.name.startswith(name) for name in names)]


def read(file: Path) -> NotebookNode:
    """A notebook.

    Raises:
        BadNotebook: it is none.
    """
    try:
        return nbformat.read(file, as_version=4)  # type: ignore[no-any-return,no-untyped-call]
    except (OSError, ValueError) as error:
        raise BadNotebook(f"{file.name}: {error}") from error


def text_of(notebook: NotebookNode) -> str:
    """A notebook as the text of its file."""
    text: str = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
    return text.rstrip("\n") + "\n"


def python_of(notebook: NotebookNode) -> str:
    """The version of Python whose outputs are stored: ``3.11``, "" if that is not said."""
    version = str(notebook.metadata.get("language_info", {}).get("version", ""))
    return ".".join(version.split(".")[:2])


def exercises(notebook: NotebookNode) -> Iterator[tuple[Any, Kata]]:
    """The cells that hold a stub, each with its kata.

    Raises:
        BadNotebook: such a cell does not begin with ``%%kata NAME``.
        UnknownKata: there is no kata of that name.
    """
    catalogue = load()
    for number, cell in enumerate(notebook.cells, 1):
        if EXERCISE in cell.metadata.get("tags", ()):
            match = _KATA.match(cell.source)
            if match is None:
                raise BadNotebook(f"cell {number} is tagged '{EXERCISE}' but does not begin with %%kata NAME")
            yield cell, catalogue[match[1]]


def with_code(cell: Any, code: str) -> str:
    """The source of an exercise cell with other code below its magic."""
    match = _KATA.match(cell.source)
    assert match is not None
    return f"{match[0].rstrip()}\n{code.rstrip()}"


def fill(notebook: NotebookNode) -> None:
    """Put the stub of its kata into every exercise cell.

    Raises:
        BadNotebook: there is work in one: it is not thrown away.
    """
    for cell, kata in exercises(notebook):
        code = cell.source[len(_KATA.match(cell.source)[0]) :]  # type: ignore[index]
        if _is_work(code):
            raise BadNotebook(
                f"there is work in the exercise cell of {kata.name}: it is not replaced by the stub; move it "
                f"to {kata.stub.relative_to(ROOT)} and leave the cell empty below its first line"
            )
        cell.source = with_code(cell, make_stub(kata.solution.read_text("utf-8")))


def tidy(notebook: NotebookNode) -> None:
    """Take out whatever differs from run to run: counts, ids, metadata, how output was cut into messages."""
    notebook.metadata = nbformat.from_dict(_METADATA)  # type: ignore[no-untyped-call]
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    ids: dict[str, int] = {}
    count = 0
    for cell in notebook.cells:
        cell.source = cell.source.rstrip()
        tags = cell.metadata.get("tags")
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})  # type: ignore[no-untyped-call]
        base = hashlib.sha256(cell.source.encode()).hexdigest()[:8]
        ids[base] = ids.get(base, 0) + 1
        cell["id"] = base if ids[base] == 1 else f"{base}-{ids[base]}"
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
            for output in cell.outputs:
                if "metadata" in output:
                    output.metadata = nbformat.from_dict({})  # type: ignore[no-untyped-call]
                if "execution_count" in output:
                    output.execution_count = count


def difference(stored: NotebookNode, fresh: NotebookNode) -> str:
    """The first lines in which two notebooks differ, "" if they do not differ."""
    before, after = text_of(stored), text_of(fresh)
    if before == after:
        return ""
    one, other = list(_words(stored)), list(_words(fresh))
    if one == other:  # only what reads otherwise for an eye: HTML, pictures, metadata
        one, other = before.splitlines(), after.splitlines()
    lines = list(difflib.unified_diff(one, other, "stored", "refreshed", n=1, lineterm=""))
    shown = [each if len(each) <= _LONGEST else f"{each[:_LONGEST]}..." for each in lines[:_MOST_LINES]]
    more = [f"... {len(lines) - _MOST_LINES} more lines"] if len(lines) > _MOST_LINES else []
    return "\n".join([*shown, *more])


def _words(notebook: NotebookNode) -> Iterator[str]:
    """What there is to read, line by line."""
    for number, cell in enumerate(notebook.cells, 1):
        yield from (f"[{number}] {line}" for line in cell.source.splitlines())
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            text = output.get("text") or data.get("text/plain") or json.dumps(data)
            yield from (f"[{number}] > {line}" for line in text.splitlines())


def _is_work(code: str) -> bool:
    try:
        return bool(code.strip()) and has_work(code)
    except (SyntaxError, ValueError, tokenize.TokenError):
        return True  # it is no Python (yet)
