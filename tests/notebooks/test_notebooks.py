"""Every stored notebook runs in a fresh kernel, shows what is stored, and has exercises that can be solved."""

from __future__ import annotations

import asyncio
from copy import deepcopy
from pathlib import Path

import pytest

from dojo.grading.sources.stubs import make_stub
from dojo.notebook.run import execute
from dojo.notebook.stored import PYTHON, difference, exercises, found, python_of, read, with_code

NOTEBOOKS = found()


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_notebook(file: Path) -> None:
    """No cell raises; outputs are those stored; each exercise fails as it stands and passes with the reference.

    All in one kernel, as starting one is the slowest part: the references come after the last cell.
    """
    stored = read(file)
    longer = deepcopy(stored)
    katas = []
    for cell, kata in list(exercises(longer)):
        solution = kata.solution.read_text("utf-8")
        assert cell.source == with_code(cell, make_stub(solution)), (
            "the stub has changed: refresh the notebook"
        )
        again = deepcopy(cell)
        again.source = with_code(cell, solution)
        longer.cells.append(again)
        katas.append(kata)
    fresh = asyncio.run(execute(longer))
    end = len(stored.cells)
    for kata, cell in zip(katas, fresh.cells[end:], strict=True):
        assert f"{kata.name}   all" in said(cell) and "properties hold" in said(cell), said(cell)
    for cell, kata in exercises(stored):
        assert f"{kata.name}   not started yet" in said(cell), said(cell)
    fresh.cells = fresh.cells[:end]
    if python_of(stored) == PYTHON:
        changed = difference(stored, fresh)
        assert not changed, f"python -m dojo.notebook.refresh {file.stem}\n{changed}"


def test_there_are_notebooks() -> None:
    """The test above does not pass for want of notebooks."""
    assert [file.stem for file in NOTEBOOKS][0] == "00_start_here"


def said(cell) -> str:
    """The text alternative of all that a cell shows."""
    return "\n".join(output.get("data", {}).get("text/plain", "") for output in cell.outputs)
