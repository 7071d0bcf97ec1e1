"""The history survives damage, crashes and other graders, and never stands in the way of grading."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from dojo.checking.verdict import Counterexample, Status, Verdict
from dojo.grading.catalogue import ROOT
from dojo.grading.learner.progress import History, Last
from dojo.grading.result import KataResult, State
from dojo.grading.workspace import Workspace

EXAMPLE = Counterexample("race", "", {}, [], [], 1, 0, [], [], [], None, "TOKEN", "")


def verdict(status: Status) -> Verdict:
    """A verdict with that status."""
    return Verdict("p", "", "p", status, 1, 1, counterexample=EXAMPLE if status is Status.FAIL else None)


def result(kata: str, state: State = State.PASSED, *statuses: Status) -> KataResult:
    """A result of a kata with two properties."""
    return KataResult(kata, "x.py", state, tuple(map(verdict, statuses)), 2, digest="abc")


def file_of(root: Path) -> Path:
    """Where the history stands."""
    return root / ".dojo" / "progress.json"


def written(root: Path, text: str | bytes) -> Path:
    """The history's file with that content."""
    file = file_of(root)
    file.parent.mkdir()
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


ENTRY = {
    "state": "passed",
    "passed": 2,
    "properties": 2,
    "token": "",
    "digest": "abc",
    "slug": "",
    "kind": "",
    "begun": True,
}
LAST = Last(State.PASSED, 2, 2, "", "abc")


@pytest.mark.parametrize("state", State)
def test_round_trip(state: State, tmp_path: Path) -> None:
    """What was recorded is there for the next grader, for every state."""
    history = Workspace.at(tmp_path).history()
    assert history.last("a") is None
    history.record(result("a", state, Status.PASS, Status.FAIL))
    history.record(result("b", State.INCONCLUSIVE, Status.PASS, Status.INCONCLUSIVE))
    again = Workspace.at(tmp_path).history()
    for each in (history, again):
        assert each.last("a") == Last(state, 1, 2, "TOKEN", "abc", "p", "race")
        assert each.last("b") == Last(State.INCONCLUSIVE, 1, 2, "", "abc")
        assert each.warning == ""
    again.record(result("a", State.PASSED, Status.PASS, Status.PASS))
    assert Workspace.at(tmp_path).history().last("a") == LAST


def test_the_file_is_readable_and_always_the_same(tmp_path: Path) -> None:
    """Sorted JSON with its format, whatever the order of grading; nothing else is left in the folder."""
    texts = []
    for order in ("ab", "ba"):
        root = tmp_path / order
        root.mkdir()
        for kata in order:
            Workspace.at(root).history().record(result(kata, State.PASSED, Status.PASS, Status.PASS))
        texts.append(file_of(root).read_text("utf-8"))
        assert os.listdir(root / ".dojo") == ["progress.json"]
    assert texts[0] == texts[1]
    assert json.loads(texts[0]) == {"format": 1, "katas": {"a": ENTRY, "b": ENTRY}}


ODD_ENTRIES = {
    "unknown key": ENTRY | {"mood": "good", "state": "failed"},
    "unknown state": ENTRY | {"state": "praised"},
    "missing key": {"state": "passed"},
    "wrong type": ENTRY | {"passed": "many"},
    "infinite": ENTRY | {"passed": float("inf")},
    "null": None,
    "list": [1],
    "text": "passed",
}


@pytest.mark.parametrize("case", ODD_ENTRIES)
def test_an_odd_entry_damages_no_other(case: str, tmp_path: Path) -> None:
    """What this version does not know is passed over, without a warning, and kept in the file."""
    odd = ODD_ENTRIES[case]
    katas = {"good": ENTRY, "odd": odd, "no_such_kata": ENTRY}
    file = written(tmp_path, json.dumps({"format": 2, "katas": katas, "more": 1}))
    history = Workspace.at(tmp_path).history()
    assert history.warning == ""
    assert history.last("good") == history.last("no_such_kata") == LAST
    expected = Last(State.FAILED, 2, 2, "", "abc") if case == "unknown key" else None
    assert history.last("odd") == expected
    history.record(result("new", State.PASSED, Status.PASS, Status.PASS))
    assert json.loads(file.read_text("utf-8"))["katas"] == katas | {"new": ENTRY}
    history.record(result("odd", State.PASSED, Status.PASS, Status.PASS))
    assert Workspace.at(tmp_path).history().last("odd") == LAST


def test_hints_are_counted_by_diagnosis(tmp_path: Path) -> None:
    """How many were shown stays with the property and the kind of failure, whatever is graded in between."""
    history = Workspace.at(tmp_path).history()
    assert history.hints("a") == {} and history.next_rung("a") == 0
    history.record(result("a", State.FAILED, Status.PASS, Status.FAIL))
    diagnosis = history.last("a").diagnosis
    assert history.next_rung("a") == 1
    for shown, following in ((1, 2), (2, 3), (3, 3)):
        history.note_hint("a", diagnosis, shown)
        assert Workspace.at(tmp_path).history().next_rung("a") == following
    history.note_hint("a", "other/promise", 2)
    history.record(result("a", State.PASSED, Status.PASS, Status.PASS))
    again = Workspace.at(tmp_path).history()
    assert again.hints("a") == {diagnosis: 3, "other/promise": 2}
    assert again.next_rung("a") == 0
    assert again.last("a") == LAST


@pytest.mark.parametrize("hints", [None, [], {"a/promise": "many"}, 3])
def test_odd_hints_count_as_none(hints: object, tmp_path: Path) -> None:
    """An entry that somebody has edited damages nothing but itself."""
    written(tmp_path, json.dumps({"format": 1, "katas": {"a": ENTRY | {"hints": hints}}}))
    history = Workspace.at(tmp_path).history()
    assert history.hints("a") == {}
    assert history.last("a") == LAST


DAMAGED = {
    "empty": b"",
    "half": b'{"format": 1, "katas": {"a": {"sta',
    "not UTF-8": b'{"katas": {"\xff": {}}}',
    "NUL bytes": b"\0" * 100,
    "list": b"[]",
    "null": b"null",
    "no katas": b'{"format": 1}',
    "katas a list": b'{"katas": []}',
    "nested too deeply": b"[" * 100_000,
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_file_is_set_aside(case: str, tmp_path: Path) -> None:
    """It is kept under the name that the warning gives, each time under another, and grading goes on."""
    file = written(tmp_path, DAMAGED[case])
    for number in (1, 2, 3):
        history = Workspace.at(tmp_path).history()
        aside = file.parent / f"progress.damaged-{number}.json"
        assert history.warning == f"progress.json was damaged; it is kept as {aside.name}"
        assert history.last("a") is None
        assert not file.exists()
        history.record(result("a", State.PASSED, Status.PASS, Status.PASS))
        again = Workspace.at(tmp_path).history()
        assert (again.last("a"), again.warning) == (LAST, "")
        file.write_bytes(DAMAGED[case] + b" " * number)
    for number in (1, 2, 3):
        kept = (file.parent / f"progress.damaged-{number}.json").read_bytes()
        assert kept == DAMAGED[case] + b" " * (number - 1)


def test_damage_during_the_grading_is_not_overwritten(tmp_path: Path) -> None:
    """A file that is damaged between load and record is set aside like any other."""
    history = Workspace.at(tmp_path).history()
    file = written(tmp_path, "damaged")
    history.record(result("a", State.PASSED, Status.PASS, Status.PASS))
    assert history.warning.endswith("progress.damaged-1.json")
    assert (file.parent / "progress.damaged-1.json").read_text() == "damaged"
    assert Workspace.at(tmp_path).history().last("a") == LAST


def test_a_damaged_file_that_cannot_be_set_aside_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rather no history than one that overwrites what might be saved; the warning says so."""
    file = written(tmp_path, "damaged")

    really_open = Path.open

    def refuse(self: Path, mode: str = "r", *more: Any, **options: Any) -> Any:
        if "r" in mode:
            return really_open(self, mode, *more, **options)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "open", refuse)
    history = History(file)
    assert "cannot be set aside (No space left on device); results are not remembered" in history.warning
    history.record(result("a"))
    monkeypatch.undo()
    assert file.read_text() == "damaged"


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failure_while_writing_costs_only_the_note(
    step: str, error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old file stays whole, nothing half-written is left, and a full disk is a warning."""
    Workspace.at(tmp_path).history().record(result("a", State.PASSED, Status.PASS, Status.PASS))
    before = file_of(tmp_path).read_bytes()
    history = Workspace.at(tmp_path).history()

    def fail(*arguments: object) -> None:
        raise error

    monkeypatch.setattr(os, step, fail)
    if isinstance(error, OSError):
        history.record(result("b"))
        assert "cannot be written (No space left on device); the result is not remembered" in history.warning
    else:
        with pytest.raises(KeyboardInterrupt):
            history.record(result("b"))
    monkeypatch.undo()
    assert file_of(tmp_path).read_bytes() == before
    assert os.listdir(tmp_path / ".dojo") == ["progress.json"]


HELPERS = f"""
import os, sys
from pathlib import Path
sys.path.insert(0, {str(ROOT)!r})
from dojo.grading.learner.progress import History
from dojo.grading.result import KataResult, State
from dojo.grading.workspace import Workspace
root = Path(sys.argv[1])
"""


def test_a_crash_between_write_and_replace_loses_nothing(tmp_path: Path) -> None:
    """A process killed at the worst moment leaves the old file as it was, and the next one goes on."""
    Workspace.at(tmp_path).history().record(result("a", State.PASSED, Status.PASS, Status.PASS))
    before = file_of(tmp_path).read_bytes()
    crash = HELPERS + (
        "os.replace = lambda *_: os._exit(9)\n"
        "Workspace.at(root).history().record(KataResult('b', 'x.py', State.PASSED))\n"
    )
    assert subprocess.run([sys.executable, "-c", crash, tmp_path], check=False).returncode == 9
    assert len(os.listdir(tmp_path / ".dojo")) == 2, "the crash came after the write"
    assert file_of(tmp_path).read_bytes() == before
    history = Workspace.at(tmp_path).history()
    assert (history.last("a"), history.warning) == (LAST, "")
    history.record(result("b", State.PASSED, Status.PASS, Status.PASS))
    assert Workspace.at(tmp_path).history().last("b") == LAST


UNUSABLE = {
    "folder is a file": "Not a directory",
    "file is a folder": "Is a directory",
    "no root": "No such file or directory",
    "no permission": "Permission denied",
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_a_place_that_cannot_be_written_is_a_warning(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loading and recording raise nothing; the warning names the file and the reason."""
    root = tmp_path
    if case == "folder is a file":
        (root / ".dojo").touch()
    elif case == "file is a folder":
        file_of(root).mkdir(parents=True)
    elif case == "no root":
        root = tmp_path / "nowhere"
    else:

        def refuse(**arguments: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(tempfile, "mkstemp", refuse)
    history = Workspace.at(root).history()
    expected = case in ("folder is a file", "file is a folder")
    assert (UNUSABLE[case] in history.warning) is expected
    history.record(result("a", State.PASSED, Status.PASS, Status.PASS))
    assert history.warning.startswith(f"{file_of(root)} cannot be written (")
    assert UNUSABLE[case] in history.warning or "File exists" in history.warning
    assert history.last("a") == LAST, "this grader itself still knows it"


def test_graders_side_by_side_do_not_undo_each_other(tmp_path: Path) -> None:
    """A result recorded by another grader since this one was loaded is still there afterwards."""
    one, two = Workspace.at(tmp_path).history(), Workspace.at(tmp_path).history()
    one.record(result("a", State.PASSED, Status.PASS, Status.PASS))
    two.record(result("b", State.PASSED, Status.PASS, Status.PASS))
    one.record(result("c", State.PASSED, Status.PASS, Status.PASS))
    history = Workspace.at(tmp_path).history()
    assert [history.last(kata) for kata in "abc"] == [LAST] * 3


def test_concurrent_writers_do_not_corrupt_the_file(tmp_path: Path) -> None:
    """While two processes write, every read finds a whole file, and none is set aside."""
    program = HELPERS + (
        "for n in range(150):\n"
        "    history = Workspace.at(root).history()\n"
        "    history.record(KataResult(f'{sys.argv[2]}{n % 7}', 'x.py', State.PASSED))\n"
        "    assert not history.warning, history.warning\n"
    )
    (tmp_path / ".dojo").mkdir()
    writers = [subprocess.Popen([sys.executable, "-c", program, tmp_path, name]) for name in "ab"]
    reads = 0
    while any(writer.poll() is None for writer in writers):
        assert Workspace.at(tmp_path).history().warning == ""
        reads += 1
    assert [writer.wait() for writer in writers] == [0, 0]
    assert reads
    assert os.listdir(tmp_path / ".dojo") == ["progress.json"]
    assert Workspace.at(tmp_path).history().last("a0") or Workspace.at(tmp_path).history().last("b0")
