"""Notebooks as files: one form for all runs, stubs filled in, differences shown, work never thrown away."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from dojo.grading.catalogue import UnknownKata, load
from dojo.grading.sources.stubs import make_stub
from dojo.notebook import refresh, run, stored
from dojo.notebook.stored import BadNotebook, difference, exercises, fill, found, read, text_of, tidy

STUB = make_stub(load()["wait_group"].solution.read_text("utf-8"))


def exercise(source: str):
    return new_code_cell(source, metadata={"tags": ["exercise"]})


def test_tidy_leaves_nothing_that_differs() -> None:
    """Two runs of one notebook, stored by different programs, come to the same text."""
    output = new_output("execute_result", {"text/plain": "2"}, execution_count=17, metadata={"x": 1})
    again = new_output("execute_result", {"text/plain": "2"}, execution_count=3)
    one = new_notebook(
        cells=[new_markdown_cell("# A"), new_code_cell("1 + 1\n", outputs=[output], execution_count=17)],
        metadata={"language_info": {"name": "python", "version": "3.11.7"}, "widgets": {}},
    )
    other = new_notebook(
        cells=[
            new_markdown_cell("# A", id="abc", metadata={"collapsed": True}),
            new_code_cell("1 + 1", outputs=[again], execution_count=3),
        ]
    )
    tidy(one), tidy(other)
    assert text_of(one) == text_of(other) and not difference(one, other)
    assert one.cells[1].execution_count == one.cells[1].outputs[0].execution_count == 1


def test_ids_are_unique_and_stable() -> None:
    """Equal cells have different ids, and an id stays when a cell is put before."""
    one = new_notebook(cells=[new_code_cell("a"), new_code_cell("a"), new_code_cell("b")])
    tidy(one)
    ids = [cell.id for cell in one.cells]
    assert len(set(ids)) == 3
    one.cells.insert(0, new_code_cell("c"))
    tidy(one)
    assert [cell.id for cell in one.cells][1:] == ids


def test_exercises_hold_the_stub() -> None:
    """An empty one is filled, an old stub replaced, options stay; work is refused."""
    notebook = new_notebook(
        cells=[exercise("%%kata wait_group --budget 50"), exercise("%%kata wait_group\n" + STUB)]
    )
    fill(notebook)
    assert notebook.cells[0].source == f"%%kata wait_group --budget 50\n{STUB.rstrip()}"
    assert notebook.cells[1].source == f"%%kata wait_group\n{STUB.rstrip()}"
    for work in (STUB.replace("raise NotImplementedError", "return 1"), "def ("):
        with pytest.raises(BadNotebook, match="there is work in the exercise cell of wait_group"):
            fill(new_notebook(cells=[exercise(f"%%kata wait_group\n{work}")]))


def test_an_exercise_names_its_kata() -> None:
    """The tag without the magic is a mistake."""
    with pytest.raises(BadNotebook, match="cell 1 is tagged 'exercise'"):
        list(exercises(new_notebook(cells=[exercise("x = 1")])))
    with pytest.raises(UnknownKata):
        list(exercises(new_notebook(cells=[exercise("%%kata nonsense")])))


def test_a_difference_is_short_and_says_where() -> None:
    """By the words, with the number of the cell; by the file where the words are equal."""

    def one(text: str, html: str = "<b>x</b>"):
        output = new_output("display_data", {"text/plain": text, "text/html": html})
        notebook = new_notebook(cells=[new_code_cell("f()", outputs=[output])])
        tidy(notebook)
        return notebook

    changed = difference(one("\n".join(map(str, range(100)))), one("another"))
    assert "-[1] > 0" in changed and "more lines" in changed and len(changed.splitlines()) < 30
    assert "<i>x</i>" in difference(one("x"), one("x", "<i>x</i>"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of notebooks of its own."""
    for module in (stored, run):
        monkeypatch.setattr(module, "FOLDER", tmp_path)
    cells = [new_code_cell("import threading\nlen('ab')"), new_code_cell("print('b')")]
    (tmp_path / "01_a.ipynb").write_text(text_of(new_notebook(cells=cells)))
    (tmp_path / "02_b.ipynb").write_text(text_of(new_notebook(cells=[new_code_cell("1 / 0")])))
    return tmp_path


def test_refresh(folder: Path) -> None:
    """--check writes nothing and fails; refreshing stores; then there is nothing left to do."""
    before = (folder / "01_a.ipynb").read_text()
    checked = CliRunner().invoke(refresh.main, ["01", "--check"])
    assert checked.exit_code == 1 and "01_a.ipynb: differs" in checked.output and "+[1] > 2" in checked.output
    assert (folder / "01_a.ipynb").read_text() == before
    assert "01_a.ipynb: refreshed" in CliRunner().invoke(refresh.main, ["01"]).output
    again = CliRunner().invoke(refresh.main, ["01", "--check"])
    assert again.exit_code == 0 and "01_a.ipynb: unchanged" in again.output
    assert [cell.outputs[0].get("text", "2") for cell in read(folder / "01_a.ipynb").cells] == ["2", "b\n"]


def test_refresh_names_the_cell_that_raises(folder: Path) -> None:
    """And leaves the file alone."""
    before = (folder / "02_b.ipynb").read_text()
    result = CliRunner().invoke(refresh.main, ["02"])
    assert result.exit_code == 1
    assert "02_b.ipynb: cell 1 (1 / 0): ZeroDivisionError: division by zero" in result.output
    assert (folder / "02_b.ipynb").read_text() == before


def test_a_cell_that_takes_too_long_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits for ever."""
    monkeypatch.setattr(run, "CELL_LIMIT", 2)
    slow = new_notebook(cells=[new_code_cell("import time\ntime.sleep(60)")])
    with pytest.raises(run.Raised, match=r"cell 1 \(import time\)"):
        asyncio.run(run.execute(slow))


def test_unknown_names_are_usage_errors(folder: Path) -> None:
    """One line, exit code 2."""
    result = CliRunner().invoke(refresh.main, ["77"])
    assert result.exit_code == 2 and "there is no notebook notebooks/77*.ipynb" in result.output
    with pytest.raises(BadNotebook):
        found(["77"])
    (folder / "03_c.ipynb").write_text("{")
    with pytest.raises(BadNotebook, match="03_c"):
        read(folder / "03_c.ipynb")
