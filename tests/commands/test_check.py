"""check: what can be said of a file without the hidden properties."""

from __future__ import annotations

from pathlib import Path

import pytest

import grader
from dojo.grading.catalogue import load
from dojo.grading.sources.stubs import make_stub

KATA = load()["semaphore"]
SOLUTION = KATA.solution.read_text("utf-8")
CALL = "    semaphore = Semaphore(3)\n"
BODY = "        with self._lock:\n            return self._take(weight)"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A solution under the name of an attempt."""
    monkeypatch.chdir(tmp_path)
    found = tmp_path / "semaphore_v2.py"
    found.write_text(SOLUTION, "utf-8")
    return found


def check(file: Path, capsys: pytest.CaptureFixture[str], code: int) -> str:
    """Run the command on a file."""
    assert grader.main(["check", file.name]) == code
    return capsys.readouterr().out


def test_a_file_that_can_be_graded(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says what it has tried, and prints what the example prints."""
    report = check(file, capsys, 0)
    assert report.startswith("semaphore   can be graded\n")
    assert "runs to the end, in 0.4 s of virtual time" in report
    assert "| 0.40 s  done: 10 tasks" in report
    assert check(file, capsys, 0) == report


def test_it_knows_nothing_of_right_and_wrong(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A bug that only a property sees is not seen."""
    assert BODY in SOLUTION
    file.write_text(SOLUTION.replace(BODY, "        return True"), "utf-8")
    check(file, capsys, 0)


@pytest.mark.parametrize(
    ("line", "kind", "message"),
    [
        ("    raise OSError('[red]none left')\n", "unexpected exception", "OSError: [red]none left"),
        ("    assert 1 == 2, 'no'\n", "assertion failed", "no"),
        ("    threading.Lock().acquire(); a = threading.Lock(); a.acquire(); a.acquire()\n", "deadlock", ""),
        ("    while True: pass\n", "endless loop", ""),
        ("    raise SystemExit(0)\n", "exit", "asked the interpreter to exit"),
    ],
)
def test_an_example_that_does_not_end_well(
    line: str, kind: str, message: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """How it ended, and exit code 1."""
    file.write_text(SOLUTION.replace(CALL, line + CALL), "utf-8")
    report = check(file, capsys, 1)
    assert "can be graded, but its example does not run as it should" in report
    assert f"its example: {kind}" in report
    assert message in report


def test_much_output_is_cut(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Some lines are enough."""
    file.write_text(
        SOLUTION.replace(CALL, "    for _ in range(500): print('x\\x1b[31m' * 10)\n" + CALL), "utf-8"
    )
    report = check(file, capsys, 0)
    assert report.count("\n") < 80
    assert "\x1b" not in report


def test_what_is_still_to_be_written(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Functions that are as in the stub are named; the example is not run then."""
    file.write_text(make_stub(SOLUTION).replace("raise NotImplementedError", "self.x = permits", 1), "utf-8")
    report = check(file, capsys, 1)
    assert "can be graded, but 5 of 6 functions still to be written" in report
    assert "to do Semaphore.acquire, Semaphore.available" in report
    assert "| " not in report


def test_a_stub_and_a_file_that_cannot_be_graded(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two states of their own, with what to do."""
    file.write_text(make_stub(SOLUTION), "utf-8")
    assert "not started yet" in check(file, capsys, 1)
    file.write_text("import os\n" + SOLUTION, "utf-8")
    assert "semaphore_v2.py:1" in check(file, capsys, 1)
    file.write_text(SOLUTION + "\nraise ValueError(3)\n", "utf-8")
    assert "the module cannot be loaded" in check(file, capsys, 1)


def test_a_module_that_never_ends_loading(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The limits of grading hold here too."""
    file.write_text(SOLUTION + "\nwhile True:\n    pass\n", "utf-8")
    assert "cannot be graded" in check(file, capsys, 1)


@pytest.mark.parametrize("kata", list(load()), ids=lambda kata: kata.name)
def test_every_solution_can_be_graded(kata: object, capsys: pytest.CaptureFixture[str]) -> None:
    """Also those that import others, which are the reference here."""
    assert grader.main(["check", str(kata.solution)]) == 0  # type: ignore[attr-defined]
    assert "runs to the end" in capsys.readouterr().out
