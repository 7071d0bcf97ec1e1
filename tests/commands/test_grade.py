"""``grade`` in a workspace: what the code printed, on request, and one property alone, which counts for nothing."""

from __future__ import annotations

import json
from pathlib import Path

from tests.commands.program import Repository

OLD = "        with self._lock:\n            return self._take(weight)"
LOUD = "        print('take', weight, self)\n        return True"


def board(repository: Repository) -> str:
    """The file with all that is remembered; "" before there is any."""
    file = repository.root / ".dojo" / "progress.json"
    return file.read_text("utf-8") if file.exists() else ""


def test_prints_are_shown_on_request(repository: Repository) -> None:
    """A report says that there are some and how to see them; then they stand below it, the same every time."""
    repository.attempt("semaphore", OLD, LOUD)
    quick = ("grade", "semaphore", "--budget", "40", "--fresh")
    plain = repository.grader(*quick, code=1)
    assert "take 1" not in plain
    assert "uv run grader.py grade semaphore --prints   (" in plain
    shown = repository.grader(*quick, "--prints", code=1)
    assert shown.startswith(plain.rstrip("\n"))
    own = shown.removeprefix(plain.rstrip("\n"))
    assert "printed in the first failing run above: " in own
    assert "  take 1 <kata.Semaphore object>" in own and "0x" not in own
    assert shown == repository.grader(*quick, "--prints", code=1)
    assert "prints" in repository.grader("replay", "semaphore", code=1)


def test_prints_are_no_json(repository: Repository) -> None:
    """The two options do not go together: one error, no grading."""
    told = repository.grader("grade", "semaphore", "--prints", "--json", code=2)
    assert "what was printed is part of no --report and no --json" in told


def test_one_property_is_no_pass(repository: Repository) -> None:
    """It is told as one of so many, exits with 0, and neither board nor repetitions hear of it."""
    repository.attempt("semaphore")
    shown = repository.grader("grade", "semaphore", "--property", "over_rel")
    assert "1 of 21 properties checked (--property): it holds" in shown
    assert "uv run grader.py grade semaphore\n" in shown
    assert board(repository) == ""
    assert not (repository.root / ".dojo" / "review.json").exists()
    data = json.loads(repository.grader("grade", "semaphore", "--property", "over_rel", "--json"))
    (result,) = data["results"]
    assert (result["only"], result["properties"], len(result["verdicts"])) == ("over_release", 21, 1)


def test_one_property_that_fails(repository: Repository) -> None:
    """Its failure is shown in full, with the token that replays it, and what was on record stays."""
    repository.attempt("semaphore", OLD, LOUD)
    repository.grader("grade", "semaphore", "--budget", "40", code=1)
    before = board(repository)
    shown = repository.grader("grade", "semaphore", "--property", "try_acquire_is_one_step", code=1)
    assert "1 of 21 properties checked (--property): it fails" in shown
    assert "uv run grader.py replay semaphore" in shown
    assert "uv run grader.py hint" not in shown  # hints are about what is on record
    assert board(repository) == before


def test_usage_of_property(repository: Repository) -> None:
    """An unknown name lists those that there are; it is about one kata."""
    told = repository.grader("grade", "semaphore", "--property", "absent", code=2)
    assert "semaphore has no property 'absent'; there are never_more_held" in told
    every = repository.grader("grade", "semaphore", "--property", "over", "--report", "junit", code=2)
    assert "a --report is about all properties" in every
    assert "name it" in repository.grader("grade", "--property", "x", code=2)
    assert Path(repository.stub("semaphore")).exists()
