"""The skeleton of a new kata passes the gates of a kata from its first minute, and overwrites nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.program import Repository

PARTS = (
    "katas/katas.toml",
    "solutions/concurrency/read_write_lock.py",
    "tests/katas/concurrency/test_read_write_lock.py",
    "tests/mutants/concurrency/read_write_lock.toml",
    "tests/alternatives/concurrency/read_write_lock.py",
    "katas/hints/concurrency/read_write_lock.toml",
    "notebooks/16_read_write_lock.ipynb",
    "katas/concurrency/read_write_lock.py",
)


def test_a_new_kata_passes_the_gates(repository: Repository) -> None:
    """Stub and solution agree, the solutions pass, the mutants die, the hints fit; then ruff has no complaint."""
    made = repository.grader("new-kata", "read_write_lock")
    assert tuple(made.split()[-len(PARTS) :]) == PARTS
    repository.grader("grade", "--solutions", "read_write_lock")
    gates = ("test_katas", "test_hints", "test_alternatives", "test_mutants")
    chosen = "read_write_lock and not tell_their_story"  # eight mutants are the author's to find
    files = [f"tests/repo/{gate}.py" for gate in gates]
    repository.python("-m", "pytest", "-n", "0", "-k", chosen, *files, "tests/katas/concurrency")
    repository.python("-m", "dojo.notebook.refresh", "16")
    repository.python("-m", "pytest", "-n", "0", "-k", "read_write_lock", "tests/notebooks")
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent))
    if ruff is not None:
        checked = subprocess.run(
            [ruff, "check", *(part for part in PARTS if part.endswith(".py"))],
            cwd=repository.root,
            capture_output=True,
            text=True,
        )
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
def test_nothing_is_overwritten(repository: Repository, arguments: list[str], complaint: str) -> None:
    """A bad name, or a file in the way: exit code 2, one line, and nothing has changed."""
    (repository.root / "tests/mutants/concurrency/taken.toml").write_text("mine", "utf-8")
    before = contents(repository.root)
    errors = repository.grader("new-kata", *arguments, code=2)
    assert complaint in errors
    assert len(errors.splitlines()) == 1
    assert contents(repository.root) == before


def contents(root: Path) -> dict[Path, bytes]:
    """Every file, but for what Python itself leaves behind."""
    return {p: p.read_bytes() for p in root.rglob("*") if p.is_file() and "__pycache__" not in p.parts}
