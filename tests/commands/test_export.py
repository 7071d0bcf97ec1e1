"""export makes a packet that a candidate can work with, and that tells nothing of what is the interviewer's."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

import grader
from dojo.grading.catalogue import ROOT, load
from dojo.grading.packet import export as packet
from dojo.grading.packet.export import export
from dojo.grading.sources.stubs import make_stub
from tests.commands.program import Repository

CATALOGUE = load()
KATA, OTHER, IMPORTS = CATALOGUE["semaphore"], CATALOGUE["wait_group"], CATALOGUE["error_group"]
LOCKED = "        with self._lock:\n            return self._take(weight)"


@pytest.fixture
def sent(tmp_path: Path) -> Repository:
    """A packet for three katas, as a candidate unpacks it."""
    folder = tmp_path / "packet"
    assert grader.main(["export", str(folder), KATA.name, OTHER.name, IMPORTS.name]) == 0
    return Repository(folder)


def hand_in(sent: Repository, name: str, old: str = "", new: str = "") -> None:
    """Write a solution, with a text replaced, as the candidate's file."""
    text = CATALOGUE[name].solution.read_text("utf-8")
    assert not old or text.count(old) == 1
    sent.stub(name).write_text(text.replace(old, new) if old else text, "utf-8")


# ---- what is in it, and what is not ----


def telling(files: Iterable[Path], least: int) -> set[str]:
    """The lines of some files that are long enough to be recognised, without what they are indented by."""
    lines = (line.strip() for file in files for line in file.read_text("utf-8").splitlines())
    return {line for line in lines if len(line) >= least and not line.startswith(("from ", "import "))}


@cache
def secrets() -> dict[str, set[str]]:
    """Lines of everything that is not to be given away, by what they are from."""
    public = {
        line.strip()
        for kata in CATALOGUE
        for line in make_stub(kata.solution.read_text("utf-8")).splitlines()
    }
    found = {f"solution of {kata.name}": telling([kata.solution], 25) - public for kata in CATALOGUE}
    for folder, pattern in (
        ("tests/katas", "*/*.py"),
        ("tests/mutants", "*/*.toml"),
        ("tests/alternatives", "*/*.py"),
        ("katas/hints", "*/*.toml"),
    ):
        found[folder] = telling((ROOT / folder).glob(pattern), 40) - public
    found["questions"] = {question for kata in CATALOGUE for question in kata.questions}
    found["notebooks"] = {
        line for file in (ROOT / "notebooks").glob("*.ipynb") for line in telling([file], 60)
    } - public
    return found


def given_away(folder: Path) -> dict[str, list[str]]:
    """The secrets that stand in files of a folder."""
    engine, rest = set[str](), set[str]()
    for file in folder.rglob("*"):
        if file.is_file():
            name = file.relative_to(folder)
            lines = telling([file], 1)
            assert name.parts[0] != "dojo" or file.read_bytes() == (ROOT / name).read_bytes()
            (engine if name.parts[0] == "dojo" else rest).update(lines)
    found = {}
    for source, lines in secrets().items():
        # The engine has a line or two in the same words; of a file that was copied it would have more.
        common = lines & engine
        said = (lines & rest) | (common if len(common) > 5 else set())
        if said:
            found[source] = sorted(said)
    return found


def test_nothing_of_the_solutions_is_in_it(tmp_path: Path) -> None:
    """Nor of the hidden properties, mutants, second solutions, hints, questions and notebooks, for any kata."""
    export(tmp_path / "all", list(CATALOGUE), CATALOGUE)
    assert given_away(tmp_path / "all") == {}
    assert all(len(lines) >= 10 for lines in secrets().values())


@pytest.mark.parametrize("part", ["solution", "tests", "mutants", "alternative", "hints", "notebook"])
def test_the_search_finds_what_is_given_away(part: str, tmp_path: Path) -> None:
    """Any one file of them, wherever it lies, is noticed."""
    export(tmp_path / "all", [KATA], CATALOGUE)
    shutil.copy(getattr(CATALOGUE["retry"], part), tmp_path / "all" / "stubs" / "harmless.txt")
    assert given_away(tmp_path / "all")


def test_what_is_in_it(sent: Repository) -> None:
    """The stubs that were asked for, those they import to read, a manifest of these, and no test."""
    files = {file.relative_to(sent.root).as_posix() for file in sent.root.rglob("*") if file.is_file()}
    own = {file for file in files if not file.startswith("dojo/")}
    assert own == {
        "README.md", "LICENSE", "pyproject.toml", ".gitignore", "grader.py", "katas/katas.toml",
        "katas/concurrency/semaphore.py", "katas/concurrency/wait_group.py", "katas/concurrency/error_group.py",
        "stubs/concurrency/semaphore.py.txt", "stubs/concurrency/wait_group.py.txt",
        "stubs/concurrency/error_group.py.txt", "stubs/concurrency/context.py.txt",
    }  # fmt: skip
    assert {name for name in files if name.startswith("dojo/commands/")} == {
        "dojo/commands/__init__.py", "dojo/commands/check.py", "dojo/commands/group.py",
    }  # fmt: skip
    assert "dojo/grading/sandbox/fork_server.py" in files  # without it everything works, but slowly
    assert not [name for name in files if name.startswith(("dojo/notebook/", "dojo/grading/packet/"))]
    manifest = load(sent.root / "katas/katas.toml")
    assert [kata.name for kata in manifest] == ["wait_group", "context", "semaphore", "error_group"]
    assert not any(kata.questions for kata in manifest)
    ours, theirs = (
        tomllib.loads((place / "pyproject.toml").read_text("utf-8"))["project"] for place in (ROOT, sent.root)
    )
    assert (ours["dependencies"], ours["requires-python"]) == (
        theirs["dependencies"],
        theirs["requires-python"],
    )
    assert "$" not in (sent.root / "README.md").read_text("utf-8")


def test_names_in_the_readme(sent: Repository) -> None:
    """Every file and command that it names is there."""
    text = (sent.root / "README.md").read_text("utf-8")
    for name in re.findall(r"`([\w/]+\.py|\w+/)`", text):
        assert (sent.root / name).exists(), name
    assert set(re.findall(r"uv run grader\.py ?(\w*)", text)) == {"", "check"}


# ---- what a candidate can do with it ----


def test_a_candidate_checks_the_work(sent: Repository) -> None:
    """From untouched stubs to files that can be graded, by the commands that the README names."""
    report = sent.grader(code=1)
    assert report.count("not started yet") == 3 and "katas/concurrency/semaphore.py" in report
    hand_in(sent, "semaphore")
    hand_in(sent, "wait_group")
    hand_in(sent, "error_group")
    report = sent.grader()
    assert report.count("can be graded\n") == 3
    assert "done: 10 tasks of 0.1 s take 4 rounds" in report
    assert "it needs context, of which only the stub is here" in report


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("import threading\n", "import threading\nimport os\n", "'os' is not among"),
        ("    def acquire(", "    def acquier(", "`acquier` looks like it"),
        ("import threading\n", "import threading\nfrom queue import Cue\n", "cannot import name 'Cue'"),
        ("class Semaphore:", "class Semaphore", "syntax error"),
    ],
)
def test_what_check_finds(old: str, new: str, message: str, sent: Repository) -> None:
    """All that would keep a file from being graded."""
    hand_in(sent, "semaphore", old, new)
    report = sent.grader("check", "semaphore", code=1)
    assert "cannot be graded" in report and message in report


def test_commands_that_need_more_say_so(sent: Repository) -> None:
    """Only check is there."""
    assert "'grade' needs what only the sender of this packet has" in sent.grader("grade", code=2)
    assert "No such command 'grate'" in sent.grader("grate", code=2)
    assert "check" in sent.grader("--help")
    assert "replay" not in sent.grader("--help")


def test_the_interviewer_grades_what_comes_back(sent: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    """--katas leads to it: a solution passes, a bug is found, a stub is not started."""
    hand_in(sent, "wait_group")
    hand_in(sent, "semaphore", LOCKED, "        return True")
    assert grader.main(["--katas", str(sent.root / "katas"), "grade", "--budget", "40"]) == 1
    report = capsys.readouterr().out
    assert re.search(r"^wait_group   all 22 properties hold", report, re.M)
    assert re.search(r"^semaphore   \d+ of 21 properties fail", report, re.M)
    assert re.search(r"^error_group   not started yet", report, re.M)


# ---- where it may go ----


def test_nothing_is_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder with anything in it is refused and left as it is; an empty one will do."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine", "utf-8")
    assert grader.main(["export", str(folder)]) == 2
    assert "is not empty: name a new folder" in capsys.readouterr().err
    assert [each.name for each in folder.iterdir()] == ["notes.txt"]
    assert grader.main(["export", str(folder / "notes.txt")]) == 2
    assert "is no folder" in capsys.readouterr().err
    (folder / "notes.txt").unlink()
    assert grader.main(["export", str(folder), "semaphore"]) == 0


@pytest.mark.parametrize("was_there", [True, False])
def test_a_failure_leaves_nothing(was_there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What had been written when the disk was full is gone, and the folder is as before."""
    folder = tmp_path / "new"
    if was_there:
        folder.mkdir()
    real, count = packet.write_new, 0

    def full(file: Path, text: str) -> bool:
        nonlocal count
        count += 1
        if count > 9:
            raise OSError(28, "No space left on device", str(file))
        return real(file, text)

    monkeypatch.setattr(packet, "write_new", full)
    assert grader.main(["export", str(folder), "semaphore"]) == 2
    assert folder.exists() == was_there
    assert not was_there or not list(folder.iterdir())


def test_katas_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The folder is an argument, as of start."""
    assert grader.main(["--katas", str(ROOT / "katas"), "export", str(tmp_path / "x")]) == 2
    assert "without --katas: export DIR" in capsys.readouterr().err
    assert grader.main(["export", str(tmp_path / "y"), "semaphor"]) == 2
    assert "did you mean 'semaphore'" in capsys.readouterr().err
