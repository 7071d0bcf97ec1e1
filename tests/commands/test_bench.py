"""bench: what cannot be graded is refused in a line, the rest is measured beside reference and peers."""

from __future__ import annotations

import pytest

from tests.commands.program import Repository

KATA = "error_helpers"  # quick, and without peers


def test_what_cannot_be_graded_is_refused(repository: Repository) -> None:
    """In the words of compare, before anything is measured."""
    assert repository.grader("bench", KATA, code=1).split() == ["yours:", "not", "started", "yet"]
    repository.stub(KATA).write_text("def permanent(\n", "utf-8")
    text = repository.grader("bench", KATA, code=1)
    compared = repository.grader("compare", KATA, "--spoil", "--no-measure")
    assert "syntax error" in text and text.strip() in compared
    assert "did you mean" in repository.grader("bench", "errorhelpers", code=2)


def test_nothing_of_others_is_overwritten(repository: Repository) -> None:
    """A picture goes over an older one of ours only, and that is known before the measuring."""
    repository.attempt(KATA)
    errors = repository.grader("bench", KATA, "--png", "README.md", code=2)
    assert "README.md is no picture of a bench" in errors and len(errors.splitlines()) == 1
    assert "there is no folder" in repository.grader("bench", KATA, "--png", "nowhere/x.png", code=2)


@pytest.mark.slow
def test_code_and_picture(repository: Repository) -> None:
    """The table fits a pipe; the picture is there, and a second one may take its place; no grade is recorded."""
    repository.attempt("semaphore")
    text = repository.grader("bench", "semaphore", "--png", "x.png")
    assert all(len(line) <= 80 for line in text.splitlines()) and "\x1b" not in text
    for name in ("yours", "reference", "Semaphore"):  # the name of the peer takes two lines
        assert text.count(f"\n  {name} ") >= 2, name
    assert "has not passed" in text and "drawn: x.png" in text
    assert (repository.root / "x.png").read_bytes().startswith(b"\x89PNG")
    assert not (repository.root / ".dojo/progress.json").exists()
    repository.stub("semaphore").write_text("class Semaphore(\n", "utf-8")
    repository.grader("bench", "semaphore", "--png", "x.png", code=1)
