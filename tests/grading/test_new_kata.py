"""The skeleton of a new kata passes the gates of a kata from its first minute, and overwrites nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dojo.grading.catalogue import ROOT

PARTS = (
    "katas/katas.toml",
    "solutions/concurrency/read_write_lock.py",
    "tests/katas/concurrency/test_read_write_lock.py",
    "tests/mutants/concurrency/read_write_lock.toml",
    "tests/alternatives/concurrency/read_write_lock.py",
    "katas/hints/concurrency/read_write_lock.toml",
    "katas/concurrency/read_write_lock.py",
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the repository, without what git does not know."""
    for name in ("dojo", "katas", "solutions", "tests", "grader.py", "pyproject.toml", "README.md"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", ".dojo"))
        else:
            shutil.copy(source, tmp_path / name)
    return tmp_path


def run(copy: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the copy."""
    return subprocess.run(
        [sys.executable, *command], cwd=copy, capture_output=True, text=True, timeout=300, check=False
    )


def test_a_new_kata_passes_the_gates(copy: Path) -> None:
    """Stub and solution agree, the solutions pass, the mutants die, the hints fit; then ruff has no complaint."""
    made = run(copy, "grader.py", "new-kata", "read_write_lock")
    assert made.returncode == 0, made.stderr
    assert tuple(made.stdout.split()[-len(PARTS) :]) == PARTS
    graded = run(copy, "grader.py", "grade", "--solutions", "read_write_lock")
    assert graded.returncode == 0, graded.stdout
    gates = ("test_katas", "test_hints", "test_alternatives", "test_mutants")
    chosen = "read_write_lock and not tell_their_story"  # eight mutants are the author's to find
    files = [f"tests/repo/{gate}.py" for gate in gates]
    done = run(copy, "-m", "pytest", "-n", "0", "-k", chosen, *files, "tests/katas/concurrency")
    assert done.returncode == 0, done.stdout
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent))
    if ruff is not None:
        checked = subprocess.run([ruff, "check", *PARTS[1:]], cwd=copy, capture_output=True, text=True)
        assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["semaphore"], "there is a kata 'semaphore' already"),
        (["read-write"], "'read-write' must be like the name of a module"),
        (["class"], "'class' must be like"),
        (["Lock"], "'Lock' must be like"),
        (["../lock"], "must be like"),
        (["lock", "--group", "others"], "there is no group 'others'; there are concurrency, distributed"),
        (["taken"], "tests/mutants/concurrency/taken.toml exists already"),
    ],
)
def test_nothing_is_overwritten(copy: Path, arguments: list[str], complaint: str) -> None:
    """A bad name, or a file in the way: exit code 2, one line, and nothing has changed."""
    (copy / "tests/mutants/concurrency/taken.toml").write_text("mine", "utf-8")
    before = sorted(path for path in copy.rglob("*") if "__pycache__" not in path.parts)
    manifest = (copy / "katas/katas.toml").read_text("utf-8")
    made = run(copy, "grader.py", "new-kata", *arguments)
    assert made.returncode == 2
    assert complaint in made.stderr
    assert len(made.stderr.splitlines()) == 1
    assert sorted(path for path in copy.rglob("*") if "__pycache__" not in path.parts) == before
    assert (copy / "katas/katas.toml").read_text("utf-8") == manifest
