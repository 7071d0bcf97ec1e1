"""play: the real program, with the keys that break a promise written down."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import time

import pytest

from tests.commands.program import Repository

KATA = "semaphore"
LOCKED = "        with self._lock:\n            return self._take(weight)"
UNLOCKED = "        return self._take(weight)"
SLUG = "try_acquire_is_one_step"
SORTED = """    by_number = {channel.number: channel.lock for _, _, channel in live}
    locks = [by_number[number] for number in sorted(by_number)]
"""
UNSORTED = """    by_number = {case.channel.number: case.channel.lock for case in cases if case.channel is not None}
    locks = list(by_number.values())
"""

# Five lines of try_acquire-1, up to the write; then the other thread, to its end.
LOST_UPDATE = ["", "", "", "", "", "3", "f"]
# Eight lines of look-1, up to its second lock; then look-2, until both wait.
DEADLOCK = ["", "", "", "", "", "", "", "", "3", "b"]


def play(repository: Repository, keys: list[str], *arguments: str, code: int = 0) -> str:
    """Play with commands from a pipe; return what was shown."""
    done = subprocess.run(
        [sys.executable, "grader.py", "play", *arguments],
        cwd=repository.root,
        input="".join(f"{key}\n" for key in keys),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done.stderr if code == 2 else done.stdout


def token_in(shown: str) -> str:
    """The token of the replay command."""
    found = re.search(r"replay    uv run grader\.py replay \w+((?: \\\n +\S+)+)", shown)
    assert found, shown
    return found.group(1).replace("\\", "")


def test_a_lost_update_in_a_handful_of_keys(repository: Repository) -> None:
    """On the failure on record: seven keys to the violation, with the fewest departures; its token replays."""
    repository.attempt(KATA, LOCKED, UNLOCKED)
    repository.grader("grade", KATA, "--budget", "60", code=1)
    shown = play(repository, LOST_UPDATE, KATA, code=1)
    assert "The shortest way known leaves the default order once." in " ".join(shown.split())
    assert "try_acquire-2  ready, has not begun yet" in shown
    assert re.search(r">\d+      self\._available -= weight|>\d+  self\._available -= weight", shown)
    end = shown.split("---- the end")[1]
    assert "2 callers tried for 1 permits and 2 won" in end
    assert "you left the default order once, the fewest known" in end
    replayed = repository.grader("replay", KATA, *token_in(end).split(), code=1)
    assert "2 callers tried for 1 permits and 2 won" in replayed


def test_between_read_and_write(repository: Repository) -> None:
    """Enter once more, and the thread stands in the middle of ``-=``: the other one is lost there, too."""
    repository.attempt(KATA, LOCKED, UNLOCKED)
    shown = play(repository, [*LOST_UPDATE[:5], "", "3", "f"], KATA, "--property", SLUG, code=1)
    assert "> 2 try_acquire-1  runs, between read and write" in shown
    assert "2 try_acquire-1  ready, between read and write" in shown
    assert "2 callers tried for 1 permits and 2 won" in shown


def test_a_deadlock_in_a_handful_of_keys(repository: Repository) -> None:
    """Two locks in opposite orders."""
    repository.attempt("channel_select", SORTED, UNSORTED)
    shown = play(repository, DEADLOCK, "channel_select", "--property", "opposite_orders", code=1)
    assert "locks     Channel 1.lock by look-1" in shown
    end = shown.split("---- the end")[1]
    assert "deadlock: look-1 waits for look-2 waits for look-1" in end
    assert "the fewest known" in end


def test_undo_restart_and_a_good_end(repository: Repository) -> None:
    """Undo takes back one choice, restart all; a run that keeps the promise says so and can be undone."""
    repository.attempt(KATA, LOCKED, UNLOCKED)
    keys = ["", "3", "u", "3", "r", "u", "f", "3", "u", "s", "?", "x", "9", "1", "t"]
    shown = play(repository, keys, KATA, "--property", SLUG)
    points = [int(number) for number in re.findall(r"decision point (\d+) ", shown)]
    assert points == [1, 2, 3, 2, 3, 1, 1, 2]
    assert "there is nothing to undo" in shown
    assert "This run ended well" in shown
    assert "this run is over" in shown
    assert "The shortest way known: 1 choice." in shown
    assert "let try_acquire-2 go on (3)" in shown
    assert "go on in default order until the turn goes to another" in shown
    assert "no thread that could run begins with 'x'" in shown
    assert "there is no thread 9" in shown
    assert "main cannot run now" in shown


def test_time_and_names(repository: Repository) -> None:
    """A letter chooses a thread; t lets time pass while the first one stands, if the promise allows it."""
    repository.attempt(KATA)
    property_ = "never_more_held_than_there_are"
    keys = ["j", "job-1", "t", "b", "m"]
    shown = play(repository, keys, KATA, "--property", property_)
    assert "the grader tried" in shown
    said = shown.split("play> ")[1:]
    assert "2 threads that could run begin with 'j': give the number" in said[0]
    assert "> 2 job-1  runs" in said[1]
    assert "2 job-1  stands still until 2.000000001 s" in said[2]
    assert "> 3 job-2  ready" in said[2]
    assert "clock 1 s" in said[3]
    shown = play(repository, ["t"], KATA, "--property", "first_come_first_served")
    assert "this promise is about exact time" in shown


def test_which_property(repository: Repository) -> None:
    """Without a failure on record there is a list to choose from; a wrong answer is asked for again."""
    repository.attempt(KATA, LOCKED, UNLOCKED)
    shown = play(repository, ["0", "x", "2", "f"], KATA)
    assert "a number from 1 to" in shown
    assert "a try that succeeds takes a permit that was free (try_acquire_is_one_step)" in " ".join(
        shown.split()
    )
    assert "---- decision point 1 " in shown
    assert "say" in play(repository, [], KATA, code=2)
    assert "there are never_more_held" in play(repository, [], KATA, "--property", "nope", code=2)


def test_what_cannot_be_played(repository: Repository) -> None:
    """A stub, a syntax error: the reason and exit code 1; an unknown kata: exit code 2."""
    assert "no code to play with" in play(repository, [], KATA, "--property", SLUG, code=1)
    repository.stub(KATA).write_text("def", "utf-8")
    assert "STOP" in play(repository, [], KATA, "--property", SLUG, code=1)
    assert "did you mean 'semaphore'" in play(repository, [], "semafore", code=2)


def test_a_file_elsewhere(repository: Repository) -> None:
    """Any file can be played, and the history of the kata is not about it."""
    text = repository.attempt(KATA, LOCKED, UNLOCKED)
    repository.grader("grade", KATA, "--budget", "60", code=1)
    (repository.root / "mine.py").write_text(text, "utf-8")
    shown = play(repository, LOST_UPDATE, "./mine.py", "--as", KATA, "--property", SLUG, code=1)
    assert "mine.py:" in shown
    assert f"replay    uv run grader.py replay mine.py --as {KATA}" in shown.replace("./", "")


def test_keys_of_a_terminal(repository: Repository) -> None:
    """Single keys, without enter: the same game on a terminal of 40 columns, which is given back as it was."""
    pty = pytest.importorskip("pty")
    repository.attempt(KATA, LOCKED, UNLOCKED)
    typing, terminal = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "grader.py", "play", KATA, "--property", SLUG],
        cwd=repository.root,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env={**os.environ, "COLUMNS": "40", "NO_COLOR": "1", "TERM": "xterm"},
        start_new_session=True,
    )
    os.close(terminal)
    screen = Screen(typing)
    try:
        screen.until("Who goes on?")
        for number in range(2, 7):
            os.write(typing, b"\r")
            screen.until(f"decision point {number} ")
        os.write(typing, b"3")
        screen.until("default order left 1x")
        os.write(typing, b"f")
        screen.until("A violation: you left")
        os.write(typing, b"q")
        assert child.wait(20) == 1
    finally:
        child.kill()
        child.wait()
        os.close(typing)
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.text)
    assert (
        max(len(each) for each in shown.splitlines() if "explor" not in each and "schedules" not in each)
        <= 80
    )


class Screen:
    """What a terminal has shown so far."""

    def __init__(self, terminal: int) -> None:
        self.text = ""
        self._terminal = terminal
        self._seen = 0

    def until(self, wanted: str, seconds: float = 60) -> None:
        """Wait for a text that was not waited for before."""
        end = time.monotonic() + seconds
        while wanted not in self.text[self._seen :]:
            ready, _, _ = select.select([self._terminal], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"{wanted!r} did not come: {self.text[-2000:]}"
            self.text += os.read(self._terminal, 65536).decode("utf-8", "replace")
        self._seen = self.text.index(wanted, self._seen) + len(wanted)
