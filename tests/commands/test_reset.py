"""reset brings the stub back, attempts brings the work back, and nothing is ever lost on the way."""

from __future__ import annotations

import pytest

from tests.commands.program import Repository

KATA = "semaphore"


def test_there_and_back(repository: Repository) -> None:
    """The attempt is kept under a number that the message names, and can be restored, work against work."""
    stub = repository.stub(KATA).read_text("utf-8")
    first = repository.attempt(KATA) + "# first\n"
    repository.stub(KATA).write_text(first, "utf-8")
    message = repository.grader("reset", KATA)
    assert f"your attempt is kept as .dojo/attempts/{KATA}/001.py" in message
    assert f"attempts {KATA} --restore 1" in message
    assert repository.stub(KATA).read_text("utf-8") == stub
    second = repository.attempt(KATA) + "# second\n"
    repository.stub(KATA).write_text(second, "utf-8")
    message = repository.grader("attempts", KATA, "--restore", "1")
    assert "what was there is kept as .dojo/attempts/semaphore/002.py" in message
    assert repository.stub(KATA).read_text("utf-8") == first
    listed = repository.grader("attempts", KATA).splitlines()
    assert [line.split()[0] for line in listed] == ["1", "2"]
    assert all(f"{first.count(chr(10))} lines" in line for line in listed)
    assert (repository.root / ".dojo/attempts/semaphore/002.py").read_text("utf-8") == second


def test_a_stub_is_no_attempt(repository: Repository) -> None:
    """Resetting what is not started keeps nothing; resetting twice keeps one copy; a lost stub comes back."""
    stub = repository.stub(KATA)
    text = stub.read_text("utf-8")
    assert "kept" not in repository.grader("reset", KATA)
    assert "no attempt" in repository.grader("attempts", KATA)
    stub.unlink()
    assert "kept" not in repository.grader("reset", KATA)
    assert stub.read_text("utf-8") == text
    for _ in range(2):
        repository.attempt(KATA)
        repository.grader("reset", KATA)
    assert len(repository.grader("attempts", KATA).splitlines()) == 1


def test_broken_work_is_work(repository: Repository) -> None:
    """What is no Python, or no text at all, is kept byte for byte."""
    for number, content in enumerate((b"def (", b"\xff\xfe\x00", b"# a plan\n", b"work = 1\n"), 1):
        repository.stub(KATA).write_bytes(content)
        repository.grader("reset", KATA)
        assert (repository.root / f".dojo/attempts/{KATA}/{number:03}.py").read_bytes() == content


@pytest.mark.parametrize("number", ["0", "7", "x"])
def test_a_bad_number_changes_nothing(repository: Repository, number: str) -> None:
    """Exit code 2 and one line; the file stays as it is."""
    text = repository.attempt(KATA)
    errors = repository.grader("attempts", KATA, "--restore", number, code=2)
    assert len(errors.splitlines()) == 1
    assert repository.stub(KATA).read_text("utf-8") == text
