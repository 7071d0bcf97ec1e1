"""compare: the reference is shown to those who have solved the kata or insist, and beside it what both cost."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.commands.program import Repository
from tests.commands.screen import Screen

KATA = "wait_group"
QUICK = "error_helpers"  # to grade
LINUX = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="lists processes the Linux way")


def rename(repository: Repository, kata: str, old: str, new: str) -> None:
    """Hand in the reference with one name changed."""
    text = repository.attempt(kata)
    assert old in text
    repository.stub(kata).write_text(text.replace(old, new), "utf-8")


def test_unsolved_in_a_pipe_is_refused(repository: Repository) -> None:
    """One line that names the way, exit code 2, nothing of the solution."""
    errors = repository.grader("compare", KATA, code=2)
    assert len(errors.splitlines()) == 1
    assert "not solved yet" in errors and "--spoil" in errors
    repository.attempt(KATA)
    assert "--spoil" in repository.grader("compare", KATA, code=2), "right, but not graded yet"
    assert "did you mean" in repository.grader("compare", "waitgroup", code=2)


def test_a_stub_and_spoil(repository: Repository) -> None:
    """Who insists gets the reference with its notes; what is not written is said, and nothing is run."""
    text = repository.grader("compare", KATA, "--spoil", "--no-measure")
    assert "WaitGroup.wait" in text and "yours: not written yet" in text
    assert "note " in text and "solutions/" not in text.splitlines()[0]
    assert "Properties" not in text and "Figures" not in text
    assert "\x1b" not in text and all(len(line) <= 80 for line in text.splitlines())


def test_solved(repository: Repository) -> None:
    """No question any more; the code, the properties, the figures; the history stays as it is."""
    rename(repository, QUICK, "_check_error", "_checked")
    repository.grader("grade", QUICK, "--budget", "60")
    progress = repository.root / ".dojo/progress.json"
    before = progress.read_text("utf-8")
    text = repository.grader("compare", QUICK, "--budget", "60")
    assert "_check_error   (yours: _checked)" in text
    assert "PermanentError" in text.split("The same in both:")[1].split("Properties")[0]
    assert text.count("  holds  holds  ") > 10 and "FAILS" not in text
    figures = text.split("Figures")[1]
    for what in ("lines of code", "schedules explored", "operations/s, 1 thread", "operations/s, 8 threads"):
        assert what in figures
    assert "did not" not in figures and "no part of any verdict" in " ".join(figures.split())
    assert progress.read_text("utf-8") == before


def test_one_section(repository: Repository) -> None:
    """By its last name or its full one, on either side; nothing else, and nothing is run."""
    rename(repository, KATA, "_check_timeout", "_checked")

    def section(name: str, code: int = 0) -> str:
        return repository.grader("compare", KATA, "--spoil", "--section", name, code=code)

    for name in ("done", "WaitGroup.done"):
        text = section(name)
        assert "def done(self)" in text and "def wait(" not in text and "Figures" not in text
    assert "_check_timeout   (yours: _checked)" in section("_checked")
    errors = section("dome", code=2)
    assert "did you mean 'WaitGroup.done'" in errors and len(errors.splitlines()) == 1


def test_a_broken_file(repository: Repository) -> None:
    """It is shown as it is, with what is wrong; the reference is measured alone."""
    repository.stub(KATA).write_text("class WaitGroup:\n    def add(\n", "utf-8")
    text = repository.grader("compare", KATA, "--spoil", "--budget", "5")
    assert "syntax error" in text and "wait_group.py:2" in text
    assert "the whole file" in text and "def add(" in text
    assert "  -      holds" in text
    assert "lines of code" in text.split("Figures")[1]


def test_a_lost_file(repository: Repository) -> None:
    """The reference is there all the same."""
    repository.stub(KATA).unlink()
    text = repository.grader("compare", KATA, "--spoil", "--no-measure")
    assert "does not exist" in text and "def wait(" in text


def hang(repository: Repository, kata: str = KATA) -> None:
    """Hand in code that waits for ever as soon as it is used."""
    text = repository.attempt(kata)
    begin = text.index("def done(")
    body = text.index("        self.add(-1)", begin)
    text = text[:body] + "        threading.Event().wait()\n" + text[body:]
    repository.stub(kata).write_text(text, "utf-8")


@pytest.mark.slow
def test_hanging_code(repository: Repository) -> None:
    """The figure says so, with the place, and all the rest is shown."""
    hang(repository)
    text = repository.grader("compare", KATA, "--spoil", "--budget", "5")
    assert "FAILS  holds" in text
    figures = " ".join(text.split("Figures")[1].split())
    assert "did not end in 10 s: stuck at katas/concurrency/wait_group.py:" in figures
    assert "lines of code" in figures and "says little" in figures


def processes(root: Path) -> list[str]:
    """The command lines of all processes that work in a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cwd").resolve() == root:
                found.append((entry / "cmdline").read_text("utf-8").replace("\0", " "))
        except OSError:
            continue  # it has ended meanwhile, or is not ours
    return found


@LINUX
def test_ctrl_c_while_code_hangs(repository: Repository) -> None:
    """It stops at once, with one word, and leaves no process behind."""
    hang(repository)
    command = [sys.executable, "grader.py", "compare", KATA, "--spoil", "--budget", "1"]
    with subprocess.Popen(
        command, cwd=repository.root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as program:
        deadline = time.monotonic() + 60
        # One at a time in virtual time, then one for each side.
        while sum("stopwatch" in each for each in processes(repository.root)) < 2:
            assert program.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(2)
        program.send_signal(signal.SIGINT)
        _, errors = program.communicate(timeout=6)  # the code itself is given up only after 10 s
    assert program.returncode == 130 and errors.strip() == "stopped"
    assert processes(repository.root) == []


def asked(repository: Repository, columns: int = 120) -> Screen:
    """Compare on a terminal, up to its question."""
    screen = Screen(["compare", KATA, "--no-measure"], repository.root, columns=columns)
    screen.expect("[y/N]:")
    return screen


@pytest.mark.parametrize("answer", ["n\n", "\n"])
def test_the_question_is_answered_no(repository: Repository, answer: str) -> None:
    """No is also the answer of who only presses Enter; nothing is shown then."""
    with asked(repository) as screen:
        screen.press(answer)
        assert screen.ended() == 0
        assert "shows the solution" in screen.text and "Nothing shown." in screen.text
        assert "def wait" not in screen.text and "note " not in screen.text


def test_the_question_is_answered_yes(repository: Repository) -> None:
    """Then all is shown: in colours, and side by side as the terminal is wide."""
    solution = repository.attempt(KATA)
    repository.stub(KATA).write_text(solution.replace("self._count", "self._number"), "utf-8")
    for columns, side_by_side in ((120, True), (100, False)):
        with asked(repository, columns) as screen:
            screen.press("y\n")
            assert screen.ended() == 0 and screen.has_colours and "def wait" in screen.text
            for folder in ("katas", "solutions"):
                assert (f"{folder}/concurrency/wait_group.py:" in screen.text) == side_by_side


def test_ctrl_c_at_the_question(repository: Repository) -> None:
    """Is no answer: the program stops."""
    with asked(repository) as screen:
        assert screen.interrupted() == 130
        assert "stopped" in screen.text and "def wait" not in screen.text
