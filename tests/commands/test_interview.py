"""The real program: a mock interview in a pipe and on a terminal, interrupted, resumed and listed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from dojo.commands.interview import interview as command
from tests.commands.program import Repository
from tests.commands.screen import Screen
from tests.grading.processes import children, servers

if sys.platform != "win32":
    pass

LOCKED = "        with self._lock:\n            return self._take(weight)"
UNLOCKED = "        return self._take(weight)"
SEMAPHORE = "3"  # the seed that draws it


def start(repository: Repository, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    """The program, to be talked to."""
    return subprocess.Popen(
        [sys.executable, "grader.py", "interview", *arguments], cwd=repository.root, **options
    )


def talk(repository: Repository, lines: list[str], *arguments: str, code: int = 0) -> str:
    """Run it in a pipe; what it printed, complaints included."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with start(repository, *arguments, **pipes) as process:
        output, _ = process.communicate("".join(f"{line}\n" for line in lines).encode(), timeout=120)
    assert process.returncode == code, output.decode()
    assert b"Traceback" not in output, output.decode()
    return output.decode()


def folder(repository: Repository, number: int = 1) -> Path:
    return repository.root / ".dojo" / "interviews" / str(number)


def hand_in(repository: Repository, old: str = "", new: str = "") -> None:
    """Write the solution, with a text replaced, into the interview's folder."""
    text = repository.solution("semaphore").read_text("utf-8")
    assert old in text
    (folder(repository) / "semaphore.py").write_text(text.replace(old, new) if old else text, "utf-8")


def test_from_the_stub_to_the_card(repository: Repository) -> None:
    """Begun, failed, hinted, left, solved, answered: the card has it all, and katas/ is as it was."""
    untouched = repository.stub("semaphore").read_bytes()
    begun = talk(repository, ["grade"], "--seed", SEMAPHORE)
    assert "Weighted semaphore" in begun and ".dojo/interviews/1/semaphore.py" in begun
    assert "not started yet" in begun
    assert "Interview 1 is kept, its clock runs on" in begun
    assert (folder(repository) / "semaphore.py").read_bytes() == untouched
    hand_in(repository, LOCKED, UNLOCKED)
    failed = talk(repository, ["grade", "hint", "hint", "quit"], "--resume", "--budget", "60")
    assert "FAIL" in failed and "replay .dojo/interviews/1/semaphore.py" in failed
    assert "2 of 3" in failed
    hand_in(repository)
    text = talk(
        repository, ["grade", "finish", "The next one.", "", "", "", ""], "--resume", "--budget", "60"
    )
    assert "Solved. `finish` goes on" in text
    for figure in ("correctness  21 of 21", "concurrency  21 of 21", "2 attempts, 2 hints"):
        assert figure in text
    card = (folder(repository) / "scorecard.md").read_text("utf-8")
    assert "| semaphore | solved | 21 of 21 | 21 of 21 |" in card
    assert "```text\nThe next one.\n```" in card
    assert repository.stub("semaphore").read_bytes() == untouched
    assert not (repository.root / ".dojo" / "progress.json").exists()
    listed = repository.grader("interview", "--list")
    assert "1 of 1 solved" in listed and "semaphore: correctness 21/21" in listed
    assert "no interview is open" in talk(repository, [], "--resume", code=2)
    assert "solved today, in 2 attempts, with 2 hints" in repository.grader("review")


def test_time_that_ran_out_while_away(repository: Repository) -> None:
    """The clock runs on: an hour later there is no more to grade, only questions; then a new one may begin."""
    talk(repository, [], "--seed", SEMAPHORE)
    assert "interview 1 is open for 4" in talk(repository, [], "--seed", SEMAPHORE, code=2)
    file = folder(repository) / "interview.json"
    data = json.loads(file.read_text())
    data["started"] -= 3600
    file.write_text(json.dumps(data))
    assert "open: the time is up" in repository.grader("interview", "--list")
    text = talk(repository, ["", "", ""], "--resume")
    assert "The time is up." in text and "nothing handed in" in text
    again = talk(repository, [], "--level", "junior", "--minutes", "20", "--count", "1")
    assert "Interview 2, task 1 of 1" in again and "Wait group" in again


def test_narrow_plain_and_without_colour(repository: Repository) -> None:
    """40 columns, an encoding that knows little, no terminal: everything can be read."""
    text = repository.python(
        "grader.py", "interview", "--seed", SEMAPHORE, COLUMNS="40", PYTHONIOENCODING="ascii", NO_COLOR="1"
    )
    assert "\x1b" not in text and text.isascii()
    assert "semaphore.py" in text


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--resume"], "no interview is open"),
        (["--resume", "--list"], "go with no other option"),
        (["--list", "--minutes", "5"], "go with no other option"),
        (["--level", "guru"], "'guru' is not one of"),
        (["--level", "staff", "--minutes", "10"], "a kata of level staff takes --minutes 45 or more"),
        (["--count", "9", "--level", "junior"], "there are only 2 katas of level junior"),
    ],
)
def test_wrong_usage(repository: Repository, arguments: list[str], complaint: str) -> None:
    """One line, exit code 2, and no interview has begun."""
    errors = repository.grader("interview", *arguments, code=2)
    assert complaint in errors
    assert len(errors.splitlines()) == 1
    assert not (repository.root / ".dojo" / "interviews").exists()


def test_a_damaged_record_is_said(repository: Repository) -> None:
    """Set aside with a note; the list goes on without it."""
    talk(repository, [], "--seed", SEMAPHORE)
    (folder(repository) / "interview.json").write_text("{")
    assert "interview 1 was damaged; its record is kept" in talk(repository, [], "--list")
    assert (folder(repository) / "interview.damaged-1.json").exists()


def test_what_was_asked_is_asked_last(repository: Repository) -> None:
    """Of two katas that fit, the one that was not given before, and the other one the next time."""
    asked = []
    for _ in range(4):
        text = talk(repository, ["finish", "", "", ""], "--level", "junior", "--minutes", "30", "--seed", "1")
        asked.append("Wait group" in text)
    assert asked in ([True, False] * 2, [False, True] * 2)


def test_the_command_is_documented() -> None:
    """Every option has a help text."""
    assert all(getattr(option, "help", "x") for option in command.params)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for children in /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP, signal.SIGTERM], ids=lambda each: each.name)
def test_a_signal_leaves_no_child(repository: Repository, number: signal.Signals) -> None:
    """Ctrl-C or a closed terminal in the middle of a grading: the interview is there, no process is."""
    talk(repository, [], "--seed", SEMAPHORE)
    hand_in(repository)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    with start(repository, "--resume", "--budget", "20000", **pipes) as process:
        assert process.stdin is not None
        process.stdin.write(b"grade\n")
        process.stdin.flush()
        deadline = time.monotonic() + 30
        while not (started := children(process.pid)) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert started
        started += servers(process.pid)
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == (130 if number == signal.SIGINT else 128 + number)
    assert b"Traceback" not in errors
    # One that was just being born sees that nobody is there any more, and ends by itself.
    deadline = time.monotonic() + 20
    while alive := [pid for pid in started if Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < deadline, alive
        time.sleep(0.05)
    assert "open: " in repository.grader("interview", "--list")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_on_a_terminal(repository: Repository) -> None:
    """The prompt counts down; Ctrl-C leaves with a word of how to come back, and exit code 130."""
    with Screen(["interview", "--seed", SEMAPHORE], repository.root) as screen:
        screen.expect("45:00 left >")
        screen.forget()
        screen.press("time\n")
        screen.expect("0 attempts, 0 hints")
        screen.until(lambda: screen.text.rstrip().endswith(" left >"))
        assert screen.interrupted() == 130
        assert "interview --resume" in screen.text


def test_in_a_workspace_of_its_own(repository: Repository) -> None:
    """The interview is kept in the folder, and the command lines lead there."""
    repository.grader("start", "mine")
    text = repository.grader("--katas", "mine", "interview", "--seed", SEMAPHORE, "--count", "1")
    assert "mine/.dojo/interviews/1/semaphore.py" in text
    assert "grader.py --katas mine interview --resume" in text
    assert "There was no interview yet" in repository.grader("interview", "--list")
    assert "open: 4" in repository.grader("--katas", "mine", "interview", "--list")
