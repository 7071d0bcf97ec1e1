"""``grader.py class`` as a teacher uses it: usage, files, going on after a stop, and what is never overwritten."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.classroom.runs import Class
from dojo.grading.catalogue import ROOT, load
from dojo.grading.judge import stub_of

KATA = load()["semaphore"]
SOLUTION = KATA.solution.read_text("utf-8")
BROKEN = SOLUTION.replace("self._available -= weight", "self._available -= 0")


@pytest.fixture
def room(tmp_path: Path) -> Class:
    """Three persons: one has passed, one is stuck, one has not begun."""
    for person, text in {"Anna": SOLUTION, "Bert": BROKEN, "Carl": stub_of(KATA)}.items():
        (tmp_path / "class" / person).mkdir(parents=True)
        (tmp_path / "class" / person / "semaphore.py").write_text(text, "utf-8")
    return Class(tmp_path / "class", tmp_path / "class-results", ("--budget=60",))


def grader(
    *arguments: str | Path, cwd: Path = ROOT, before: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Run the command as a shell would."""
    return subprocess.run(
        [sys.executable, str(ROOT / "grader.py"), *before, "class", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )


def test_a_class_is_graded(room: Class) -> None:
    """The table, the two files, the exit code of the worst; and the second time nothing is graded."""
    done = grader(room.submissions.name, "--budget", "60", cwd=room.submissions.parent)
    assert done.returncode == 1, done.stderr
    assert done.stderr == ""
    assert "3 persons, 1 kata: 1 passed, 1 failed, 1 not started yet" in done.stdout
    assert "2 texts graded now, 0 known from before" in done.stdout
    assert "nobody has begun wait_group, channel," in " ".join(done.stdout.split())
    assert max(map(len, done.stdout.splitlines()[:12])) <= 80
    rows = list(csv.DictReader(room.sheet.decode().splitlines()))
    assert [row["state"] for row in rows] == ["passed", "failed", "not started yet"]
    assert "Bert" in (room.out / "overview.html").read_text("utf-8")
    sheet = room.sheet
    again = grader(room.submissions, "--budget", "60", "--workers", "2", "--katas", "semaphore")
    assert "0 texts graded now, 2 known from before" in again.stdout
    assert room.sheet == sheet


def test_katas_are_named_in_any_way(room: Class) -> None:
    """After one --katas, after several, or with commas; in learning order, also what nobody has begun."""
    for names in (["--katas", "semaphore", "channel"], ["--katas=semaphore,channel"]):
        done = grader(room.submissions, "--budget=60", *names)
        assert "3 persons, 2 katas" in done.stdout, done.stderr
    assert [row["kata"] for row in csv.DictReader(room.sheet.decode().splitlines())][:2] == [
        "channel",
        "semaphore",
    ]


USAGE = {
    (): "Missing argument 'SUBMISSIONS'",
    ("nowhere",): "there is no folder 'nowhere'",
    ("class", "semaphore"): "'semaphore' is too much: name katas with --katas",
    ("class", "--katas", "semaphor"): "did you mean 'semaphore'?",
    ("class", "--workers", "0"): "'--workers': 0 is not in the range",
    ("class", "--workers", "2", "--cluster", "x"): "--workers is for this machine",
    ("class", "--out", "class/results"): "is among the submissions",
    ("class", "--out", "class"): "is among the submissions",
    ("class", "--out", "no/such/folder"): "cannot be made",
    ("class/Anna",): "there is no folder of a person",
}


@pytest.mark.parametrize("arguments", USAGE, ids=" ".join)
def test_wrong_usage_is_one_clear_line(arguments: tuple[str, ...], room: Class) -> None:
    """Exit code 2 and nothing written."""
    done = grader(*arguments, cwd=room.submissions.parent)
    assert done.returncode == 2
    assert USAGE[arguments] in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(room.out.glob("*"))


def test_a_class_is_no_workspace(room: Class) -> None:
    """--katas DIR before the command is told from --katas NAME behind it."""
    done = grader("class", cwd=room.submissions.parent, before=("--katas", str(ROOT / "katas")))
    assert done.returncode == 2
    assert "class has no workspace" in done.stderr


@pytest.mark.parametrize("name", ["results.csv", "overview.html"])
def test_no_file_of_somebody_else_is_overwritten(name: str, room: Class) -> None:
    """A folder that holds a results.csv of another program is refused before anything is graded."""
    room.out.mkdir()
    (room.out / name).write_text("mine", "utf-8")
    done = grader(room.submissions)
    assert done.returncode == 2
    assert "is not of this program" in done.stderr
    assert (room.out / name).read_text("utf-8") == "mine"
    assert not (room.out / "verdicts.sqlite").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent in another way")
def test_ctrl_c_stops_a_run_and_the_next_one_goes_on(room: Class) -> None:
    """Exit code 130 and two lines; the stopped run's results are there, and the end is that of one run."""
    for number in range(6):
        folder = room.submissions / f"Dora {number}"
        folder.mkdir()
        (folder / "semaphore.py").write_text(f"{BROKEN}\n# {number}\n", "utf-8")
    run = room.start("--workers=1")
    while room.kept < 1:
        assert run.poll() is None
    run.send_signal(signal.SIGINT)
    output, _ = run.communicate(timeout=60)
    assert run.returncode == 130
    assert [line for line in output.splitlines() if line] == ["the same command goes on from here", "stopped"]
    assert not (room.out / "results.csv").exists()
    before = room.kept
    assert room.run()[0] == 8 - before
    assert room.kept == room.written == 8


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_killed_run_is_gone_on_with(room: Class) -> None:
    """Nothing is lost and nothing is done twice; no child stays behind to keep the store busy."""
    run = room.start("--workers=2")
    assert room.kill_when(run, lambda: room.kept == 1) or room.kept == 2
    before = room.kept
    assert room.run()[0] == 2 - before
    assert room.kept == room.written == 2
