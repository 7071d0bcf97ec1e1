"""start makes copies of the stubs, and with --katas every command works there and nowhere else."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import pytest

from dojo.grading.sources.stubs import make_stub
from tests.commands.program import Repository

KATA, OTHER = "semaphore", "wait_group"
RACE = (
    "        with self._lock:\n            return self._take(weight)",
    "        return self._take(weight)",
)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def kept(repository: Repository) -> dict[str, bytes]:
    """What must not change when work is done elsewhere."""
    return contents(repository.root / "katas") | contents(repository.root / ".dojo")


def test_copies_of_those_asked_for(repository: Repository, tmp_path: Path) -> None:
    """DIR/<group>/<name>.py for each, the stub even where the repository holds work, and nothing besides."""
    repository.attempt(KATA)
    text = repository.grader("start", "new/mine", KATA, OTHER)
    stub = make_stub(repository.solution(KATA).read_text("utf-8")).encode()
    made = contents(repository.root / "new/mine")
    assert sorted(made) == ["concurrency/semaphore.py", "concurrency/wait_group.py"]
    assert made["concurrency/semaphore.py"] == stub
    assert text.splitlines()[0] == "new   new/mine/concurrency/semaphore.py"
    assert text.splitlines()[-1] == "go on with: uv run grader.py --katas new/mine"
    assert not (repository.root / ".dojo").exists()
    repository.grader("start", "all")
    assert len(contents(repository.root / "all")) == len(
        list((repository.root / "solutions").glob("*/[a-z]*.py"))
    )


def test_what_is_there_is_left(repository: Repository) -> None:
    """A second start overwrites nothing and lists what it has left."""
    repository.grader("start", "mine", KATA)
    file = repository.root / "mine/concurrency/semaphore.py"
    file.write_text("my work", "utf-8")
    text = repository.grader("start", "mine", KATA, OTHER)
    assert file.read_text("utf-8") == "my work"
    assert "left  mine/concurrency/semaphore.py" in text and "new   mine/concurrency/wait_group.py" in text
    assert "1 of 2 were there already" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["start"], "Missing argument 'DIR'"),
        (["start", "mine", "semafore"], "did you mean 'semaphore'"),
        (["start", "."], "is the repository itself"),
        (["start", "README.md"], "cannot be written"),
        (["--katas", ".", "start", "semaphore"], "is the repository itself"),
        (["--katas", "dojo", "start", "mine"], "without --katas"),
        (["--katas", "nowhere"], "'nowhere' does not exist; `uv run grader.py start nowhere` makes one"),
        (["grade", "--katas", "README.md", KATA], "'README.md' is not a folder"),
        (["--katas", "dojo", "grade", KATA], "`uv run grader.py start dojo semaphore` puts it there"),
        (["grade", "--katas", "dojo"], "no kata is in dojo"),
        (["replay", KATA, "--katas", "dojo"], "`uv run grader.py start dojo semaphore` puts it there"),
    ],
)
def test_wrong_usage(repository: Repository, words: list[str], message: str) -> None:
    """Exit code 2 and one line that says what to write; nothing is made."""
    before = contents(repository.root / "katas")
    errors = repository.grader(*words, code=2)
    assert message in errors
    assert len(errors.splitlines()) == 1
    assert contents(repository.root / "katas") == before
    assert not (repository.root / "mine").exists() and not (repository.root / "semaphore").exists()


def test_all_is_done_there(repository: Repository) -> None:
    """Grade, hint, replay, reset, attempts and the board: files and progress are those of DIR, before and after.

    The command lines in the report lead there too: they are run as they are printed.
    """
    repository.grader()
    before = kept(repository)
    repository.grader("start", "my katas", KATA, OTHER)
    mine = repository.root / "my katas"
    file = mine / "concurrency/semaphore.py"
    solution = repository.solution(KATA).read_text("utf-8")
    assert solution.count(RACE[0]) == 1
    file.write_text(solution.replace(*RACE), "utf-8")
    here = ("--katas", "my katas")
    assert "uv run grader.py --katas 'my katas' grade semaphore" in repository.grader(
        "hint", KATA, *here, code=2
    )
    report = repository.grader(*here, "grade", KATA, "--budget", "60", code=1)
    again = repository.grader("grade", KATA, "--fresh", "--budget", "60", *here, code=1)
    assert report == again
    for label, code, expected in (("replay", 1, "step  thread"), ("hint", 0, "1 of 3")):
        block = report.partition(f"  {label:<10}")[2].partition("\n")[0]
        if label == "replay":
            block = report.partition("  replay    ")[2].partition("\n        hint")[0].replace("\\\n", " ")
        words = shlex.split(block.partition("   (")[0])
        assert words[:6] == ["uv", "run", "grader.py", "--katas", "my katas", label]
        assert expected in repository.grader(*words[3:], code=code)
    assert "1 more" not in repository.grader("hint", KATA, *here).partition("2 of 3")[0]
    board = repository.grader(*here)
    assert "0 of 2 katas passed" in board and "failed " in board and "13 more katas" in board
    assert "what  " not in board
    message = repository.grader("reset", KATA, *here)
    assert "your attempt is kept as my katas/.dojo/attempts/semaphore/001.py" in message
    again = shlex.split(message.rpartition("bring it back with: ")[2])
    repository.grader(*again[3:])
    assert file.read_text("utf-8") == solution.replace(*RACE)
    assert "1 " in repository.grader("attempts", KATA, *here)
    assert kept(repository) == before


def test_an_update_of_the_repository_costs_no_work(repository: Repository) -> None:
    """With new stubs in the repository the copies and what is known of them stay."""
    repository.grader("start", "mine", OTHER)
    mine = repository.root / "mine"
    shutil.copy(repository.solution(OTHER), mine / "concurrency/wait_group.py")
    repository.grader("--katas", "mine", "grade", "--budget", "40")
    shutil.rmtree(repository.root / "katas/concurrency")
    board = repository.grader("--katas", "mine")
    assert "1 of 1 kata passed" in board and "passed " in board


def test_the_welcome_is_for_newcomers(repository: Repository) -> None:
    """It is shown until something was started, and never again: not even when that is put back to the stub."""
    for _ in range(2):
        assert repository.grader().count("what  ") == 1
    repository.stub(OTHER).write_text("def", "utf-8")
    repository.grader("grade", OTHER, code=1)
    assert "what  " not in repository.grader()
    repository.grader("reset", OTHER)
    for _ in range(2):
        board = repository.grader()
        assert "what  " not in board and "0 of " in board


def test_the_board_alone_loads_little(repository: Repository) -> None:
    """When nothing has to be graded, neither the simulator nor the judge nor the progress line is loaded."""
    repository.grader()
    heavy = (
        "hypothesis",
        "greenlet",
        "fsrs",
        "rich.progress",
        "tempfile",
        "dojo.grading.judge",
        "dojo.simulator",
    )
    heavy += (
        "dojo.checking.check",
        "dojo.grading.sources.stubs",
        "dojo.grading.learner.review",
        "jinja2",
        "watchfiles",
    )
    code = f"import grader, sys; grader.main([]); print([m for m in {heavy} if m in sys.modules])"
    assert repository.python("-c", code).endswith("\n[]\n")
