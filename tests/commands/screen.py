"""Runs the real program on a pseudo-terminal: presses keys and reads what is shown."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.grading.processes import children

ERASED = re.compile(r"[^\n]*\x1b\[2K")
CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[=>78]|\r")


class Screen:
    """A program on a terminal of its own: a context manager that leaves nothing of it behind.

    Attributes:
        text: all that was shown since ``forget`` or the beginning, without colours and erased lines.
    """

    def __init__(self, arguments: Sequence[str], root: Path, *, columns: int = 80, lines: int = 50) -> None:
        import fcntl
        import termios

        self._typing, self._reading = os.openpty()
        fcntl.ioctl(self._reading, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self._before = termios.tcgetattr(self._reading)
        self._received = b""
        environment = {
            key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES", "CI")
        }
        self.program = subprocess.Popen(
            [sys.executable, "grader.py", *arguments],
            cwd=root,
            env={**environment, "TERM": "xterm-256color", "PYTHONUTF8": "1"},
            stdin=self._reading,
            stdout=self._reading,
            stderr=self._reading,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(self._reading, termios.TIOCSCTTY, 0),
        )

    def __enter__(self) -> Screen:
        return self

    def __exit__(self, *_: object) -> None:
        for child in self.children():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
        self.program.kill()
        self.program.wait()
        os.close(self._typing)
        os.close(self._reading)

    @property
    def text(self) -> str:
        return CONTROL.sub("", ERASED.sub("", self._received.decode("utf-8", "replace")))

    @property
    def has_colours(self) -> bool:
        return b"\x1b[" in self._received

    def forget(self) -> None:
        """Let ``text`` begin anew."""
        self._receive(0)
        self._received = b""

    def press(self, keys: str) -> None:
        """Press keys one after the other."""
        os.write(self._typing, keys.encode())

    def expect(self, words: str, seconds: float = 60) -> str:
        """Wait until some words are shown, however the lines are broken; return the text."""
        deadline = time.monotonic() + seconds
        wanted = " ".join(words.split())
        while wanted not in " ".join(self.text.split()):
            left = deadline - time.monotonic()
            assert left > 0, f"no {words!r} in:\n{self.text}"
            assert self._receive(min(left, 0.2)) or self.program.poll() is None, f"it has ended:\n{self.text}"
        return self.text

    def until(self, is_so: Callable[[], object], seconds: float = 20) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < deadline, self.text
            self._receive(0.05)

    def expect_nothing(self, seconds: float) -> None:
        """Make sure that nothing is shown for a while."""
        self.forget()
        while self._receive(seconds):
            pass
        assert not self.text.strip(), self.text

    def ended(self, seconds: float = 20) -> int:
        """Wait for the end and return the exit code; the terminal must be as it was before."""
        import termios

        deadline = time.monotonic() + seconds
        while self.program.poll() is None:
            assert time.monotonic() < deadline, f"it goes on:\n{self.text}"
            self._receive(0.1)
        self._receive(0.1)
        assert termios.tcgetattr(self._reading) == self._before, "the terminal was not given back"
        return self.program.returncode

    def interrupted(self, seconds: float = 20) -> int:
        """Press Ctrl-C until the program ends, and return the exit code.

        Once is not always enough while ``input`` is called: CPython looks for signals before it reads, and one
        that comes in between has to wait for the end of the line.
        """
        deadline = time.monotonic() + seconds
        again = 0.0
        while self.program.poll() is None and time.monotonic() < deadline:
            if time.monotonic() >= again:
                self.press("\x03")
                again = time.monotonic() + 5
            self._receive(0.1)
        return self.ended()

    def children(self) -> list[int]:
        """The processes in which the program checks a submission."""
        return children(self.program.pid)

    def _receive(self, seconds: float) -> bool:
        is_new = False
        while select.select([self._typing], [], [], 0 if is_new else seconds)[0]:
            self._received += os.read(self._typing, 1 << 16)
            is_new = True
        return is_new
