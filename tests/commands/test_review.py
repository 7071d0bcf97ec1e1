"""The real program: what is proposed for repetition, why, and how a kata is prepared for it."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime, timedelta

import pytest

from tests.commands.program import Repository

KATA = "wait_group"


def solve(repository: Repository, note: str = "") -> str:
    """Hand in the solution and grade it."""
    repository.stub(KATA).write_text(repository.attempt(KATA) + note, "utf-8")
    return repository.grader("grade", KATA, "--budget", "60")


def fail(repository: Repository) -> None:
    """Hand in something that breaks a promise and grade it."""
    text = repository.attempt(KATA)
    repository.stub(KATA).write_text(text.replace("notify_all", "notify").replace(".set()", ""), "utf-8")
    assert repository.stub(KATA).read_text("utf-8") != text
    repository.grader("grade", KATA, "--budget", "60", code=1)


def go_back(repository: Repository, days: int) -> None:
    """Let everything have happened so many days ago."""
    file = repository.root / ".dojo" / "review.json"
    data = json.loads(file.read_text())
    for entry in [*data["katas"].values(), *data["bugs"].values()]:
        for key in ("due", "last"):
            moment = datetime.fromisoformat(entry["card"][key]) - timedelta(days=days)
            entry["card"][key] = moment.isoformat()
    file.write_text(json.dumps(data))


def test_a_round_trip(repository: Repository) -> None:
    """Failed, solved, due after some days with the bug that was met, prepared, solved again: later than before."""
    assert "Nothing to repeat yet" in repository.grader("review")
    fail(repository)
    assert "Nothing to repeat yet" in repository.grader("review")
    solve(repository)
    text = repository.grader("review")
    assert "0 katas due today, 1 later" in text
    assert "solved today, in 2 attempts, without a hint" in text
    assert "bug  " in text
    go_back(repository, 5)
    text = repository.grader("review")
    assert "1 kata due today, 0 later" in text
    assert "solved 5 days ago" in text and "bug  " in text
    assert f"review {KATA}" in text
    mine = repository.stub(KATA).read_bytes()
    prepared = repository.grader("review", KATA)
    assert f"your attempt is kept as .dojo/attempts/{KATA}/001.py" in prepared
    assert (repository.root / f".dojo/attempts/{KATA}/001.py").read_bytes() == mine
    assert b"raise NotImplementedError" in repository.stub(KATA).read_bytes()
    assert "begun again, not solved yet" in repository.grader("review")
    solve(repository, "# again\n")
    text = repository.grader("review")
    assert "0 katas due today, 1 later" in text and "at the first attempt" in text
    ratings = json.loads((repository.root / ".dojo/review.json").read_text())["katas"][KATA]["card"][
        "ratings"
    ]
    assert [each.split()[1] for each in ratings] == ["hard", "good"]


def test_reset_begins_a_repetition_too(repository: Repository) -> None:
    """Whoever starts over by hand repeats as well."""
    solve(repository)
    go_back(repository, 9)
    repository.grader("reset", KATA)
    solve(repository)
    assert "0 katas due today" in repository.grader("review")


def test_only_own_work_counts(repository: Repository) -> None:
    """Grading the references or a file elsewhere plans nothing."""
    repository.grader("grade", "--solutions", KATA, "--budget", "60")
    assert not (repository.root / ".dojo" / "review.json").exists()


def test_what_cannot_be_repeated(repository: Repository) -> None:
    """Never solved, or unknown: one line, and the work that is there stays."""
    text = repository.attempt(KATA)
    for name, complaint in ((KATA, "was not solved yet"), ("wait_grup", "did you mean 'wait_group'")):
        errors = repository.grader("review", name, code=2)
        assert complaint in errors
        assert len(errors.splitlines()) == 1
    assert repository.stub(KATA).read_text("utf-8") == text


@pytest.mark.parametrize("command", ["review", "grade"])
def test_a_damaged_file_is_said(repository: Repository, command: str) -> None:
    """Set aside with a note, whichever command finds it; nothing else goes wrong."""
    repository.attempt(KATA)
    (repository.root / ".dojo").mkdir()
    (repository.root / ".dojo" / "review.json").write_text("{}")
    arguments = [command] if command == "review" else [command, KATA, "--budget", "60"]
    done = subprocess.run(
        [sys.executable, "grader.py", *arguments], cwd=repository.root, capture_output=True, text=True
    )
    assert done.returncode == 0
    assert "note: review.json was damaged; it is kept as review.damaged-1.json" in done.stderr


def test_the_board_does_not_load_the_scheduler(repository: Repository) -> None:
    """It must come at once; also when it grades a stub."""
    program = "import sys, grader; grader.main([]); sys.exit('fsrs' in sys.modules or 'fsrs.scheduler' in sys.modules)"
    repository.python("-c", program)


def test_without_the_scheduler_grading_goes_on(repository: Repository) -> None:
    """A package that is missing costs the repetition, with a note, and not the grading."""
    repository.attempt(KATA)
    program = (
        "import sys; sys.modules['fsrs'] = None; import grader;"
        f" sys.stderr = sys.stdout; sys.exit(grader.main(['grade', '{KATA}', '--budget', '60']))"
    )
    text = repository.python("-c", program)
    assert "all 22 properties hold" in text
    assert "repetitions are not planned" in text


def test_in_a_workspace_of_its_own(repository: Repository) -> None:
    """With --katas DIR the cards are about the copies there, and every command line leads there."""
    repository.grader("start", "mine")
    copy = repository.root / "mine" / "concurrency" / f"{KATA}.py"
    copy.write_text(repository.solution(KATA).read_text("utf-8"), "utf-8")
    repository.grader("grade", KATA, "--katas", "mine", "--budget", "60")
    assert f"grader.py --katas mine review {KATA}" in repository.grader("review", "--katas", "mine")
    assert "Nothing to repeat yet" in repository.grader("review")
    assert f"mine/concurrency/{KATA}.py is the stub again" in repository.grader(
        "--katas", "mine", "review", KATA
    )
    assert "raise NotImplementedError" in copy.read_text("utf-8")
