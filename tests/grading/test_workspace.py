"""Where a learner's files are, and how a command line leads there."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from dojo.grading.catalogue import ROOT, load
from dojo.grading.files import write_new
from dojo.grading.learner.attempts import attempts, reset, restore
from dojo.grading.targets import BadTarget, edited_since, needs_grading, targets
from dojo.grading.workspace import REPOSITORY, NoWorkspace, Workspace

CATALOGUE = load()
KATA = CATALOGUE["semaphore"]
WORK = "def work() -> int:\n    return 1\n"


def test_the_repository_is_one() -> None:
    """Its files are those of the catalogue, by whatever path its folder is named; no option leads there."""
    assert REPOSITORY.stub(KATA) == KATA.stub
    assert REPOSITORY.program == "uv run grader.py"
    assert not REPOSITORY.is_elsewhere
    assert Workspace.at(ROOT / "dojo" / ".." / "katas") == REPOSITORY
    assert REPOSITORY.katas(CATALOGUE) == list(CATALOGUE)


def test_the_folder_of_the_repository_is_none(tmp_path: Path) -> None:
    """Its ``.dojo`` is about other files; a link that leads there is no way round."""
    (tmp_path / "link").symlink_to(ROOT)
    for folder in (ROOT, tmp_path / "link"):
        with pytest.raises(NoWorkspace, match="is the repository itself"):
            Workspace.at(folder)


def test_all_that_is_kept_lies_in_it(tmp_path: Path) -> None:
    """Nothing of a workspace is outside of its folder."""
    there = Workspace.at(tmp_path)
    assert there.stub(KATA) == tmp_path / "concurrency" / "semaphore.py"
    for folder in (there.attempts, there.timelines, there.interviews):
        assert folder.parent == there.state == tmp_path / ".dojo"


@pytest.mark.parametrize("name", ["mine", "../mine", "with space", "it's", "$HOME", "-x"])
def test_the_command_line_leads_there(name: str) -> None:
    """A shell that reads it hands over the folder as it was given."""
    there = Workspace.at(Path(name))
    assert shlex.split(there.program) == ["uv", "run", "grader.py", "--katas", name]
    assert shlex.split(there.start(KATA)) == ["uv", "run", "grader.py", "start", name, "semaphore"]


def test_whose_file_it_is() -> None:
    """The learner's own file is told by its place, not by its name alone."""
    assert REPOSITORY.owns("katas/concurrency/semaphore.py", "semaphore")
    there = Workspace.at(Path("../mine"))
    assert there.owns("../mine/concurrency/semaphore.py", "semaphore")
    for stranger in ("katas/concurrency/semaphore.py", "semaphore.py", "../mine/concurrency/retry.py"):
        assert not there.owns(stranger, "semaphore")
    assert not REPOSITORY.owns("/elsewhere/katas/concurrency/semaphore.py", "semaphore")
    assert not REPOSITORY.owns("../mine/concurrency/semaphore.py", "semaphore")


def test_targets_are_what_is_there(tmp_path: Path) -> None:
    """Names mean the copies; without names those that were made; the one that was not says how to make it."""
    there = Workspace.at(tmp_path)
    with pytest.raises(BadTarget, match=f"no kata is in .*start {tmp_path}"):
        targets([], CATALOGUE, workspace=there)
    write_new(there.stub(KATA), "x = 1\n")
    for words in ([], ["semaphore"], [str(there.stub(KATA))]):
        (target,) = targets(words, CATALOGUE, workspace=there)
        assert (target.path, target.is_own_work) == (there.stub(KATA), True)
    (foreign,) = targets([str(KATA.stub)], CATALOGUE, workspace=there)
    assert not foreign.is_own_work
    with pytest.raises(
        BadTarget, match=f"worker_pool is not in .*`uv run grader.py start {tmp_path} worker_pool`"
    ):
        targets(["worker_pool"], CATALOGUE, workspace=there)
    (solution,) = targets(["worker_pool"], CATALOGUE, solutions=True, workspace=there)
    assert solution.path == CATALOGUE["worker_pool"].solution


def test_attempts_stay_in_it(tmp_path: Path) -> None:
    """What is set aside and brought back is that of the workspace."""
    there = Workspace.at(tmp_path)
    file = there.stub(KATA)
    write_new(file, WORK)
    before = len(attempts(KATA, REPOSITORY))
    kept = reset(KATA, there)
    assert kept == tmp_path / ".dojo" / "attempts" / "semaphore" / "001.py"
    assert file.read_text("utf-8") != WORK
    assert [each.path for each in attempts(KATA, there)] == [kept]
    assert len(attempts(KATA, REPOSITORY)) == before
    restore(KATA, 1, there)
    assert file.read_text("utf-8") == WORK


def test_an_edit_there_is_noticed(tmp_path: Path) -> None:
    """Whether a file was edited is asked of the one in the workspace."""
    from dojo.grading.judge import grade

    there = Workspace.at(tmp_path)
    reset(KATA, there)
    history = there.history()
    assert needs_grading(KATA, None, there)
    history.record(grade(KATA, there.stub(KATA)))
    last = there.history().last("semaphore")
    assert not edited_since(KATA, last, there) and not needs_grading(KATA, last, there)
    with there.stub(KATA).open("a", encoding="utf-8") as stream:
        stream.write("# thinking\n")
    assert edited_since(KATA, last, there) and needs_grading(KATA, last, there)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """``write_new`` leaves what is there, even a link that leads nowhere, and nothing of what it cannot end."""
    file = tmp_path / "a" / "b" / "x.py"
    assert write_new(file, "one\n")
    assert not write_new(file, "two\n")
    assert file.read_text("utf-8") == "one\n"
    (tmp_path / "link.py").symlink_to(tmp_path / "nowhere.py")
    assert not write_new(tmp_path / "link.py", "two\n")
    assert not (tmp_path / "nowhere.py").exists()
    with pytest.raises(UnicodeEncodeError):
        write_new(tmp_path / "half.py", "x" * 100_000 + "\udc80")
    assert not (tmp_path / "half.py").exists()
