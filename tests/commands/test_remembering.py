"""``grader.py grade`` answers at once what was graded before, and says so; nothing else about it differs."""

from __future__ import annotations

from tests.commands.program import Repository

KATA = "semaphore"
QUICK = ("--budget", "40")
MARK = ", unchanged since"


def test_an_unchanged_file_is_not_graded_twice(repository: Repository) -> None:
    """The same report but for one remark; JSON is the same text, from the store or not."""
    repository.attempt(KATA, "self._available -= weight", "self._available -= 0")
    first = repository.grader("grade", KATA, *QUICK, code=1)
    again = repository.grader("grade", KATA, *QUICK, code=1)
    assert MARK not in first
    assert again.count(MARK) == 1
    assert again.replace(MARK, "") == first
    document = repository.grader("grade", KATA, "--json", *QUICK, code=1)
    assert document == repository.grader("grade", KATA, "--json", "--fresh", *QUICK, code=1)
    assert MARK not in repository.grader("grade", KATA, "--seed", "1", *QUICK, code=1)
    assert MARK not in repository.grader("grade", KATA, "--fresh", *QUICK, code=1)


def test_a_damaged_store_is_a_note(repository: Repository) -> None:
    """The report stays as it is; where the damaged file went is told on standard error."""
    repository.attempt(KATA)
    first = repository.grader("grade", KATA, *QUICK)
    store = repository.root / ".dojo" / "verdicts.sqlite"
    store.write_bytes(b"not a database at all" * 100)
    assert repository.grader("grade", KATA, *QUICK) == first
    assert store.with_name("verdicts.damaged-1.sqlite").exists()
    assert MARK in repository.grader("grade", KATA, *QUICK)
