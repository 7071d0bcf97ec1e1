"""The real program: its messages, its exit codes, its behaviour in pipes and under Ctrl-C."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import pytest

import grader
from dojo.commands import grading
from dojo.grading.catalogue import ROOT, load
from dojo.grading.learner.progress import Last
from dojo.grading.result import State
from dojo.grading.workspace import REPOSITORY, Workspace
from dojo.reports.formats.as_json import SCHEMA, SCHEMA_FILE

KATA = load()["semaphore"]
SOLUTION = KATA.solution.read_text("utf-8")
QUICK = ["--fresh", "--budget", "40"]
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "COLUMNS")}


def run(*arguments: str | Path, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``grader.py`` as a shell would."""
    return subprocess.run(
        [sys.executable, str(ROOT / "grader.py"), *map(str, arguments)],
        cwd=cwd,
        env=ENVIRONMENT | environment,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A semaphore that lets everybody in."""
    file = tmp_path / "semaphore_v2.py"
    body = "        with self._lock:\n            return self._take(weight)"
    assert body in SOLUTION
    file.write_text(SOLUTION.replace(body, "        return True"), "utf-8")
    return file


USAGE = {
    ("grade", "semaphor"): "there is no kata 'semaphor'; did you mean 'semaphore'?",
    (
        "grade",
        "nowhere/semaphore.py",
    ): "there is no file 'nowhere/semaphore.py'; did you mean the kata 'semaphore'?",
    ("grade", "katas/"): "'katas/' is not a file",
    ("grade", "README.md", "--solutions"): "--solutions takes names of katas, and 'README.md' is a file",
    ("grade", "LICENSE"): "add --as KATA",
    ("grade", "--as", "semaphore"): "--as needs a FILE",
    ("grade", "semaphore", "--as", "semaphore"): "--as is for files, and 'semaphore' is a kata",
    ("grade", "--budget", "0"): "'--budget': 0 is not in the range",
    ("grade", "--strictly"): "No such option '--strictly'",
    ("semaphore",): "did you mean `grader.py grade semaphore`?",
    ("replay",): "Missing argument 'KATA|FILE'",
    ("replay", "semaphore", "abc"): "token",
    ("replay", "semaphore", "-habc"): "token",
    ("replay", "semaphore", "-abc", "--x"): "No such option '--x'",
}


@pytest.mark.parametrize("arguments", USAGE, ids=shlex.join)
def test_wrong_usage_is_one_clear_line(arguments: tuple[str, ...]) -> None:
    """Exit code 2, one line on standard error that says what to write, nothing on standard output."""
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert USAGE[arguments] in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("grader.py: ")


def test_help_shows_examples_and_exit_codes() -> None:
    """--help is all that one needs, and fits a terminal."""
    text = run("--help").stdout
    assert "grader.py grade semaphore" in text
    for code in ("0  ", "1  ", "2  ", "3  ", "4  ", "130"):
        assert f"\n    {code}  " in text
    assert max(map(len, text.splitlines())) <= 80
    assert "--solutions" in run("grade", "--help").stdout


def test_version() -> None:
    """--version agrees with the package."""
    version = run("--version").stdout.split()[1]
    assert f'version = "{version}"' in (ROOT / "pyproject.toml").read_text("utf-8")


def test_the_board_from_anywhere(tmp_path: Path) -> None:
    """Without a command: every kata, from any folder, also where only ASCII can be written."""
    done = run(cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    for kata in load():
        assert kata.name in done.stdout
    assert "\x1b" not in done.stdout


def test_the_board_starts_fast() -> None:
    """Nothing heavy is imported for the board."""
    code = "import grader, sys; grader.main([]); print([m for m in ('hypothesis', 'greenlet') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.endswith("[]\n"), done.stderr


def test_grading_a_file_that_fails(broken: Path) -> None:
    """A file anywhere: the failure with its replay line, exit code 1, and that very line replays it."""
    done = run("grade", broken.name, *QUICK, cwd=broken.parent)
    assert done.returncode == 1, done.stderr
    assert done.stderr == ""
    assert "FAIL  " in done.stdout
    assert "semaphore_v2.py:" in done.stdout
    assert run("grade", broken.name, *QUICK, cwd=broken.parent).stdout == done.stdout
    block = done.stdout.partition("  replay    ")[2].partition("\n\n")[0]
    words = shlex.split(block.replace("\\\n", " "))
    assert words[:3] == ["uv", "run", "grader.py"]
    again = run(*words[3:], cwd=broken.parent)
    assert again.returncode == 1, again.stderr
    assert "step  thread" in again.stdout
    assert "does not fail" not in again.stdout


def test_json(broken: Path) -> None:
    """--json: one document, with the exit code in it."""
    done = run("grade", broken, "--json", "--seed", "5", *QUICK)
    read = json.loads(done.stdout)
    assert (read["schema"], read["seed"], read["budget"]) == (SCHEMA, 5, 40)
    assert read["exit_code"] == done.returncode == 1
    assert read["results"][0]["state"] == "failed"
    jsonschema.Draft202012Validator(json.loads(SCHEMA_FILE.read_text("utf-8"))).validate(read)


def test_solutions_pass() -> None:
    """Exit code 0, and the report says what the pass rests on."""
    done = run("grade", "--solutions", "semaphore", *QUICK)
    assert done.returncode == 0, done.stdout
    assert "no fault in" in done.stdout


def test_a_file_that_cannot_be_graded(tmp_path: Path) -> None:
    """A syntax error: the line and the remedy, exit code 1."""
    file = tmp_path / "x.py"
    file.write_text("def f(:\n", "utf-8")
    done = run("grade", "--as", "semaphore", file)
    assert done.returncode == 1
    assert "cannot be graded" in done.stdout
    assert "x.py:1" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent in another way")
def test_ctrl_c_leaves_nothing_behind() -> None:
    """A clean message, exit code 130, and the child process is gone."""
    command = [sys.executable, str(ROOT / "grader.py"), "grade", "--solutions", "--budget", "100000"]
    done = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    children = Path(f"/proc/{done.pid}/task/{done.pid}/children")
    limit = time.monotonic() + 60
    child = ""
    while not child and time.monotonic() < limit:
        time.sleep(0.05)
        child = children.read_text().strip() if children.exists() else "unknown"
    time.sleep(0.5)
    os.killpg(done.pid, signal.SIGINT)
    _, errors = done.communicate(timeout=60)
    assert done.returncode == 130
    assert errors.strip() == "stopped"
    if child != "unknown":
        assert not Path(f"/proc/{child}").exists()


def test_a_fault_of_ours_is_told_apart(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line and exit code 4; the traceback goes to a file, or to the screen with --debug."""

    def fail(*args: object, **options: object) -> None:
        raise RuntimeError("[red]boom\ntwo")

    monkeypatch.setattr(grading, "grade", fail)
    monkeypatch.setattr(grader, "FAULT_FILE", tmp_path / "new" / "fault.txt")
    assert grader.main(["grade", "semaphore"]) == 4
    errors = capsys.readouterr().err
    assert errors.startswith(
        "grader fault, not a fault of your code: RuntimeError: [red]boom two; please report"
    )
    assert errors.count("\n") == 1
    assert "Traceback" in (tmp_path / "new" / "fault.txt").read_text("utf-8")
    assert grader.main(["grade", "semaphore", "--debug"]) == 4
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("last", "message"),
    [
        (Last(State.FAILED, 1, 2, "not a token", ""), "that is not a replay token"),
        (Last(State.PASSED, 2, 2, "", ""), "passed the last time"),
        (None, "no failure of this file is on record"),
    ],
)
def test_replay_without_a_token_takes_the_last_failure(
    last: Last | None, message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The token comes from the history; without one there the message says what to do."""
    history = SimpleNamespace(last=lambda kata: last, warning="")
    monkeypatch.setattr(Workspace, "history", lambda self: history)
    assert grader.main(["replay", "semaphore"]) == 2
    assert message in capsys.readouterr().err


def test_a_foreign_file_does_not_change_the_history(broken: Path) -> None:
    """Only the learner's own file in katas/ counts for the board."""
    before = REPOSITORY.history().last("semaphore")
    run("grade", broken, *QUICK)
    assert REPOSITORY.history().last("semaphore") == before
