"""Hostile and broken submissions: none passes, none hangs, none touches a file, and each gets one clear line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dojo.grading.catalogue import ROOT, load
from dojo.grading.judge import grade
from dojo.grading.result import State
from dojo.grading.sources.stubs import make_stub
from dojo.grading.terms import Terms
from tests.grading.corpus import KATA, MARK, Case, cases, files, lines, tried, with_attack
from tests.grading.processes import children

_SLOW = {  # seconds of processor time each, up to a limit of the child
    "deep_recursion_in_c",
    "endless_loop",
    "endless_loop_in_c",
    "giant_output",
    "huge_power",
    "memory_bomb_in_pieces",
    "slow_regular_expression",
    "swallows_every_exception",
}
_ALL = [pytest.param(case, id=case.name, marks=[pytest.mark.slow] * (case.name in _SLOW)) for case in cases()]


WRONG = with_attack("\ndef attack():\n    pass\n")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("case", _ALL)
def test_a_hostile_submission_does_no_harm(case: Case, tmp_path: Path) -> None:
    """It comes out as it says itself, and all other files are what they were."""
    if case.only and not sys.platform.startswith(case.only):
        pytest.skip(f"it does nothing of the kind but on {case.only}")
    neighbour, scratch = tmp_path / "neighbour", tmp_path / "scratch"
    for each in (neighbour, scratch):
        each.mkdir()
    (neighbour / "progress.json").write_text("{}", "utf-8")
    before, mode = files(neighbour), ROOT.stat().st_mode
    result = tried(case, scratch)
    assert case.complaint(result) == ""
    # Somebody may be at work in the repository; ``corpus`` looks at all of it.
    assert (files(neighbour), ROOT.stat().st_mode) == (before, mode)
    assert os.listdir(scratch) == ["semaphore.py"]
    assert not [place for place in (ROOT, Path.cwd(), Path.home(), Path("/tmp")) if (place / MARK).exists()]
    assert not children()


def test_the_corpus_is_complete() -> None:
    """It cannot shrink unnoticed, and none may pass."""
    assert len(cases()) >= 90
    assert {case.expect for case in cases()} == {State.FAILED, State.REFUSED}


def test_whoever_does_nothing_fails(tmp_path: Path) -> None:
    """The semaphore around the tricks is a wrong one."""
    case = Case("nothing", State.FAILED, "try_acquire", "", WRONG)
    assert case.complaint(tried(case, tmp_path)) == ""


def _text(content: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(content) and None


def _huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(50 * 1024**2)


FILES: dict[str, tuple[Callable[[Path], object], State, str]] = {
    "50 MB": (_huge, State.REFUSED, "larger than"),
    "NUL bytes": (_text(WRONG.encode() + b"\0"), State.REFUSED, "NUL byte"),
    "UTF-16": (_text(WRONG.encode("utf-16")), State.REFUSED, "not UTF-8"),
    "Latin-1": (
        _text(b"# -*- coding: latin-1 -*-\n# caf\xe9\n" + WRONG.encode()),
        State.REFUSED,
        "not UTF-8",
    ),
    "a coding that executes": (
        _text(b"# -*- coding: unicode_escape -*-\n" + WRONG.encode()),
        State.FAILED,
        "",
    ),
    "empty": (_text(b""), State.REFUSED, "there is no"),
    "a folder": (lambda path: path.mkdir(), State.REFUSED, "is not a file"),
    "a pipe": (lambda path: os.mkfifo(path), State.REFUSED, "is not a file"),
    "a link to itself": (lambda path: path.symlink_to(path), State.REFUSED, "cannot be read"),
    "a link to a device": (lambda path: path.symlink_to("/dev/zero"), State.REFUSED, "is not a file"),
    "a link to nothing": (lambda path: path.symlink_to("nowhere"), State.REFUSED, "does not exist"),
    "a link to the hidden properties": (lambda path: path.symlink_to(KATA.tests), State.REFUSED, "not"),
}


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such files")
@pytest.mark.parametrize("kind", FILES)
def test_a_broken_file_is_one_line(kind: str, tmp_path: Path) -> None:
    """Whatever it is in place of a Python file."""
    make, state, says = FILES[kind]
    make(tmp_path / "semaphore.py")
    result = grade(KATA, tmp_path / "semaphore.py", Terms(budget=4))
    assert result.state is state, result.problem
    assert any(says in line for line in lines(result)), lines(result)


@pytest.mark.skipif(sys.platform == "win32", reason="it allows no such names")
@pytest.mark.parametrize(
    "name", ["class.py", "1 two;three.py", "$(touch hostile-was-here).py", 'quo"te\n.py', "ünï.py"]
)
def test_a_name_that_is_no_identifier_is_only_a_name(name: str, tmp_path: Path) -> None:
    """The file is graded as any other, and its name is nowhere executed."""
    path = tmp_path / name
    path.write_text(WRONG, "utf-8")
    assert grade(KATA, path, Terms(budget=4)).state is State.FAILED
    assert os.listdir(tmp_path) == [name]


ANYTHING = '''

class Anything:
    """Equal to everything, and whatever else is asked for."""

    def __init__(self, *args, **kwargs): pass
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
    def __bool__(self): return True
    def __call__(self, *args, **kwargs): return Anything()
    def __getattr__(self, name): return Anything()
    def __enter__(self): return self
    def __exit__(self, *error): return True
    def __iter__(self): return iter(())
    def __contains__(self, thing): return True
    def __len__(self): return 1
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
'''


@pytest.mark.slow
@pytest.mark.parametrize("name", [kata.name for kata in load()])
def test_no_kata_passes_by_objects_that_equal_everything(name: str, tmp_path: Path) -> None:
    """Every function and method returns one."""
    kata = load()[name]
    stub = make_stub(kata.solution.read_text("utf-8"))
    path = tmp_path / f"{name}.py"
    path.write_text(stub.replace("raise NotImplementedError", "return Anything()") + ANYTHING, "utf-8")
    assert grade(kata, path, Terms(budget=20)).state in (State.FAILED, State.REFUSED)


def test_a_command_gives_one_line_and_an_exit_code(tmp_path: Path) -> None:
    """As a learner would see it: no traceback, and what is remembered is what it was."""
    case = next(case for case in cases() if case.name == "os_exit_by_reach")
    path = tmp_path / "semaphore.py"
    path.write_text(case.source, "utf-8")
    command = [sys.executable, str(ROOT / "grader.py"), "grade", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.count("STOP") == 1
    assert "Traceback" not in done.stdout + done.stderr
