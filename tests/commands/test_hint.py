"""Hints: one more each time for the last failure, counted, and to be seen again when the kata is solved."""

from __future__ import annotations

import json

from tests.commands.program import Repository

KATA = "semaphore"
LOCKED = "        with self._lock:\n            return self._take(weight)"
UNLOCKED = "        return self._take(weight)"


def fail(repository: Repository) -> None:
    """Hand in an attempt with a race and grade it."""
    repository.attempt(KATA, LOCKED, UNLOCKED)
    report = repository.grader("grade", KATA, "--budget", "60", code=1)
    assert f"hint      uv run grader.py hint {KATA}   (1 of 3)" in report


def told(text: str) -> list[str]:
    """The numbers of the hints in a report."""
    return [word for word in ("1 of 3", "2 of 3", "3 of 3") if word in text]


def test_one_more_each_time(repository: Repository) -> None:
    """The first three calls bring one hint more each, further ones no more; the report counts along."""
    fail(repository)
    seen = [repository.grader("hint", KATA) for _ in range(4)]
    assert [len(told(text)) for text in seen] == [1, 2, 3, 3]
    assert "2 more" in seen[0] and "1 more" in seen[1]
    assert "no more hints" in seen[2] and seen[2] == seen[3]
    assert "(3 of 3)" in repository.grader("grade", KATA, "--budget", "60", code=1)
    hints = json.loads((repository.root / ".dojo/progress.json").read_text())["katas"][KATA]["hints"]
    assert list(hints.values()) == [3]


def test_an_edited_file_is_told_apart(repository: Repository) -> None:
    """The hint is about what was graded, and says so when the file is another one by now."""
    fail(repository)
    assert "has changed" not in repository.grader("hint", KATA)
    with repository.stub(KATA).open("a", encoding="utf-8") as file:
        file.write("\n# thinking\n")
    assert "has changed since it was graded" in repository.grader("hint", KATA)


def test_a_solved_kata_shows_what_was_told(repository: Repository) -> None:
    """After the pass the hints that it took can be read again, and no others."""
    fail(repository)
    first = repository.grader("hint", KATA)
    repository.attempt(KATA)
    report = repository.grader("grade", KATA, "--budget", "60")
    assert "hint  " not in report
    assert f"compare  uv run grader.py compare {KATA}" in report and "next     wait_group, " in report
    again = repository.grader("hint", KATA)
    assert "solved" in again
    assert told(again) == ["1 of 3"]
    hint = first.split("1 of 3")[1].split("\n\n")[0].split()
    assert hint == again.split("1 of 3")[1].split()


def test_without_a_failure_there_is_no_hint(repository: Repository) -> None:
    """Not started, unknown, refused, or solved without help: each is said as it is."""
    assert "not started yet" in repository.grader("hint", KATA, code=2)
    assert "did you mean 'semaphore'" in repository.grader("hint", "semafore", code=2)
    repository.stub(KATA).write_text("def", "utf-8")
    repository.grader("grade", KATA, "--budget", "60", code=1)
    assert "no failed property" in repository.grader("hint", KATA, code=2)
    repository.attempt(KATA)
    repository.grader("grade", KATA, "--budget", "40")
    assert "no hint on the way" in repository.grader("hint", KATA)


def test_files_elsewhere_get_no_hint_line(repository: Repository) -> None:
    """Hints go by the history, and that is about the learner's own file."""
    text = repository.attempt(KATA, LOCKED, UNLOCKED)
    (repository.root / "semaphore_two.py").write_text(text, "utf-8")
    assert "hint  " not in repository.grader("grade", "./semaphore_two.py", code=1)
