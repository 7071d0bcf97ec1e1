"""What each check of the doctor makes of what it finds."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dojo.grading.catalogue import ROOT, Catalogue, load
from dojo.grading.checkup import examine, installation, machine
from dojo.grading.checkup.finding import NOTE, OK, PROBLEM, Finding, summary, to_json, to_text
from dojo.grading.learner.attempts import reset
from dojo.grading.sources.stubs import make_stub
from dojo.grading.workspace import REPOSITORY, Workspace

KATA = load()["semaphore"]
ONE = Catalogue((KATA,))
STUB = make_stub(KATA.solution.read_text("utf-8"))
MORE = 'def more() -> int:\n    """One."""\n    # TODO: your code here\n    raise NotImplementedError\n'


@pytest.fixture
def mine(tmp_path: Path) -> Workspace:
    """A folder with one stub."""
    there = Workspace.at(tmp_path)
    reset(KATA, there)
    return there


def one(findings: Iterator[Finding]) -> Finding:
    """The only finding."""
    (finding,) = findings
    return finding


@pytest.mark.parametrize(
    ("content", "state", "text"),
    [
        (STUB.encode(), OK, "1 kata in "),
        (KATA.solution.read_bytes(), OK, "1 kata in "),
        (b"", PROBLEM, "semaphore.py is damaged: it is empty"),
        (b"\xff\xfe\x00", PROBLEM, "semaphore.py is damaged: it is no text"),
        (b"x = 1\0", PROBLEM, "semaphore.py is damaged: it has NUL bytes in it"),
        (b"x = 1\n<<<<<<< HEAD\n", PROBLEM, "semaphore.py has marks of a merge in it"),
        (f"{STUB}\n\n{MORE}".encode(), NOTE, "semaphore.py is the stub of another version"),
        (b"def f(:\n", NOTE, "semaphore.py:1 cannot be graded as it is: "),
        (b"import socket\n", NOTE, "semaphore.py:1 cannot be graded as it is: "),
    ],
)
def test_a_stub(content: bytes, state: str, text: str, mine: Workspace) -> None:
    """Damage is a problem; what a learner has left unfinished is a note at most; the file is left as it is."""
    mine.stub(KATA).write_bytes(content)
    finding = one(installation.check_stubs(ONE, mine))
    assert (finding.check, finding.state) == ("stubs", state)
    assert text in finding.text
    if state == PROBLEM:
        assert f"{mine.program} reset semaphore" in finding.remedy
    assert mine.stub(KATA).read_bytes() == content


def test_a_stub_that_is_lost(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In the repository all have to be there; elsewhere only those that were put there."""
    assert one(installation.check_stubs(ONE, Workspace.at(tmp_path))).state == OK
    monkeypatch.setattr(Workspace, "is_elsewhere", property(lambda self: False))
    finding = one(installation.check_stubs(ONE, Workspace(tmp_path, tmp_path / ".dojo")))
    assert finding.state == PROBLEM and finding.text.endswith("semaphore.py is missing")
    assert "reset semaphore" in finding.remedy and "git checkout -- " in finding.remedy


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everything")
def test_a_stub_that_cannot_be_written(mine: Workspace) -> None:
    """A learner could not save anything."""
    mine.stub(KATA).chmod(0o444)
    assert "cannot be written" in one(installation.check_stubs(ONE, mine)).text


def test_progress_is_told_and_not_touched(mine: Workspace) -> None:
    """Damaged files are problems, kept ones a note; a doctor changes nothing."""
    assert one(installation.check_progress(mine)).text == "nothing is remembered yet"
    mine.state.mkdir()
    good = json.dumps({"format": 1, "katas": {}, "bugs": {}})
    contents = {"progress.json": "{", "review.json": good, "progress.damaged-1.json": "{"}
    for name, text in contents.items():
        (mine.state / name).write_text(text, "utf-8")
    damaged, kept, fine = installation.check_progress(mine)
    assert damaged.state == PROBLEM and "progress.json is damaged" in damaged.text
    assert kept.state == NOTE and "progress.damaged-1.json is kept" in kept.text
    assert fine.state == OK and fine.text.endswith("review.json can be read")
    assert {path.name: path.read_text("utf-8") for path in mine.state.iterdir()} == contents


def test_the_folder_of_what_is_remembered(mine: Workspace) -> None:
    """It is tried out for real, and no trace is left."""
    assert one(installation.check_state(mine)).state == OK
    assert not mine.state.exists()
    mine.state.write_text("", "utf-8")
    assert one(installation.check_state(mine)).text.endswith(".dojo is not a folder")


@pytest.mark.parametrize(
    ("version", "implementation", "state"),
    [
        ((3, 10), "CPython", PROBLEM),
        ((3, 11), "CPython", OK),
        ((3, 15), "CPython", OK),
        ((3, 16), "CPython", PROBLEM),
        ((3, 12), "PyPy", PROBLEM),
    ],
)
def test_python(version: tuple[int, int], implementation: str, state: str) -> None:
    """The versions that are supported, and no other interpreter."""
    finding = one(machine.check_python(version, implementation))
    assert finding.state in ((OK, NOTE) if state == OK else (state,))
    assert bool(finding.remedy) == (state == PROBLEM)


@pytest.mark.parametrize(
    ("version", "wanted", "fits"),
    [
        ("3.5.6", ">=3.5,<4", True),
        ("3.10", ">=3.5,<4", True),
        ("3.4.9", ">=3.5,<4", False),
        ("4.0", ">=3.5,<4", False),
        ("4.0.0rc1", ">=3.5,<4", False),
        ("1.0", "", True),
        ("1.0", "==2.0", True),  # not understood, so not complained of
    ],
)
def test_versions(version: str, wanted: str, fits: bool) -> None:
    """Numbers are compared as numbers."""
    assert machine.satisfies(version, wanted) == fits


def test_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version out of range is a problem for a required package, a note for any other."""
    assert one(machine.check_packages(ROOT)).state == OK
    assert one(machine.check_packages(tmp_path)).state == OK  # without pyproject.toml any version will do
    text = '[project]\ndependencies = ["rich>=99,<100", "pytest>=99"]\n'
    (tmp_path / "pyproject.toml").write_text(text, "utf-8")
    rich, pytest_, others = machine.check_packages(tmp_path)
    assert rich.state == PROBLEM and rich.text.startswith("rich ") and rich.text.endswith(" is not >=99,<100")
    assert pytest_.state == NOTE and "own tests cannot be run" in pytest_.text
    assert others.state == OK and "click " in others.text and "rich" not in others.text


def test_packages_that_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an optional one all works but what the note says."""
    for name in ("fsrs", "greenlet"):
        monkeypatch.setitem(machine.sys.modules, name, None)
    greenlet, fsrs, others = machine.check_packages(ROOT)
    assert (greenlet.state, greenlet.text) == (PROBLEM, "greenlet is missing")
    assert (fsrs.state, fsrs.text) == (NOTE, "fsrs is missing: review plans no repetitions")
    assert "hypothesis" in others.text


def test_free_memory(tmp_path: Path) -> None:
    """What the container leaves, if that is less than what the machine has; unknown where nothing tells."""
    assert machine.free_memory(tmp_path, tmp_path) is None
    (tmp_path / "meminfo").write_text("MemTotal:  9000 kB\nMemAvailable:   2000 kB\n", "ascii")
    assert machine.free_memory(tmp_path, tmp_path) == 2000 * 1024
    (tmp_path / "memory.current").write_text("100\n", "ascii")
    for limit, free in (("max", 2000 * 1024), ("1100", 1000), ("50", 0), ("99999999", 2000 * 1024)):
        (tmp_path / "memory.max").write_text(f"{limit}\n", "ascii")
        assert machine.free_memory(tmp_path, tmp_path) == free


def test_too_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A note: grading may work all the same."""
    for free, state in ((1024, NOTE), (None, OK), (1 << 40, OK)):
        monkeypatch.setattr(machine, "free_memory", lambda free=free: free)
        assert one(machine.check_memory()).state == state


def test_containers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Docker, podman and Kubernetes by what they leave in the file system, WSL by its kernel."""
    monkeypatch.setattr(machine.platform, "release", lambda: "6.1.0-generic")
    assert one(machine.check_container(tmp_path)).state == OK
    (tmp_path / "proc/1").mkdir(parents=True)
    (tmp_path / "proc/1/cgroup").write_text("0::/kubepods/besteffort/pod1\n", "ascii")
    assert "(kubepods)" in one(machine.check_container(tmp_path)).text
    (tmp_path / ".dockerenv").touch()
    assert "(docker)" in one(machine.check_container(tmp_path)).text
    monkeypatch.setattr(machine.platform, "release", lambda: "5.15.167.4-microsoft-standard-WSL2")
    assert "WSL" in one(machine.check_container(tmp_path)).text


def test_a_check_that_breaks_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """It keeps no other check from being made."""

    def broken(*_: object) -> Iterator[Finding]:
        yield Finding("limits", OK, "first")
        raise RuntimeError("two\nlines")

    monkeypatch.setattr(machine, "check_limits", broken)
    monkeypatch.setattr(examine, "_installation", lambda workspace: iter(()))
    found = list(examine.examine(REPOSITORY))
    assert [each.text for each in found if each.check == "limits"] == [
        "first",
        "cannot be looked at: RuntimeError: two lines",
    ]
    assert found[-1].check == "terminal"


def test_text_and_json() -> None:
    """Plain text that any stream can take, and the count of problems."""
    findings = [Finding("a", OK, "fine"), Finding("b", PROBLEM, "caf\u00e9", "mend it")]
    assert summary(findings) == "2 checks: 1 problem, 1 ok"
    assert summary(findings[1:] * 2) == "2 checks: 2 problems, 0 ok"
    assert to_text(findings) == (
        "ok       a           fine\n"
        "PROBLEM  b           caf\\xe9\n"
        "                     remedy: mend it\n"
        "\n2 checks: 1 problem, 1 ok\n"
    )
    assert json.loads(to_json(findings))["problems"] == 1


@pytest.mark.parametrize(
    ("network", "files", "state", "text"),
    [
        (True, True, OK, "the network is off, files are read only"),
        (False, True, NOTE, "the network is on, files are read only"),
        (True, False, NOTE, "the network is off, files are guarded by an audit hook alone"),
    ],
)
def test_isolation_is_reported_as_on_or_off(network: bool, files: bool, state: str, text: str) -> None:
    """As a process that has tried it says; where something is missing, with what to do instead."""
    (finding,) = machine.check_isolation(lambda: json.dumps({"network": network, "files": files}))
    assert finding.state == state
    assert text in finding.text
    assert bool(finding.remedy) is (state == NOTE)
