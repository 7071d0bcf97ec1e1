"""Children of the judge, forked from one process that has everything loaded: a child is there in milliseconds.

Where there is no ``fork`` (Windows) each child is a new interpreter.
"""

from __future__ import annotations

import atexit
import os
import select
import socket
import subprocess
import threading
import time
from functools import cache
from typing import IO

from dojo.grading.sandbox.fork_server import KILLED
from dojo.grading.sandbox.launch import Launched, close_pipes, kill_session

# The simulator never depends on hash order; a learner's own set of strings would.
_HASH_SEED = "0"
_STARTING = threading.Lock()  # held while the server is looked up: two threads would start two


def new_child(errors: IO[bytes]) -> Launched | Forked:
    """A process that executes ``dojo.grading.sandbox.child``.

    Args:
        errors: takes what it writes to standard error.
    """
    if hasattr(os, "fork") and hasattr(socket, "send_fds"):
        try:
            with _STARTING:
                server = _server()
            return Forked(server, errors)
        except (
            OSError,
            EOFError,
        ):  # somebody has killed the server, or it cannot start: the child will say why
            _server.cache_clear()
    return Launched("dojo.grading.sandbox.child", errors, PYTHONHASHSEED=_HASH_SEED)


class Forked:
    """A process forked by the server; to its user the same as ``Launched``.

    Raises:
        EOFError, OSError: the server is not there.
    """

    def __init__(self, server: _Server, errors: IO[bytes]) -> None:
        theirs_in, ours_in = os.pipe()
        ours_out, theirs_out = os.pipe()
        self.stdin: IO[bytes] = os.fdopen(ours_in, "wb")
        self.stdout: IO[bytes] = os.fdopen(ours_out, "rb")
        self._line, theirs = socket.socketpair()
        self._heard = b""
        self._code: int | None = None
        try:
            server.fork(theirs_in, theirs_out, errors.fileno(), theirs.fileno())
            for each in (theirs_in, theirs_out, theirs.detach()):
                os.close(each)
            self.pid = int(self._next_line(None))
        except (OSError, EOFError):
            self._hang_up()
            raise

    def wait(self, seconds: float | None = None) -> int | None:
        """Its exit code, or minus the signal that ended it; None if it has not ended in that time."""
        if self._code is None:
            try:
                self._code = int(self._next_line(seconds))
            except (TimeoutError, EOFError):
                return None
        return self._code

    def close(self) -> None:
        """Kill it with all that it has started, wait for its end, and close our ends of its pipes."""
        try:
            self._line.shutdown(socket.SHUT_WR)  # this asks the server to kill it
            while self._next_line(None) != KILLED:
                pass
        except (OSError, EOFError):
            kill_session(self.pid)  # the server is gone
        self._hang_up()

    def _hang_up(self) -> None:
        self._line.close()
        close_pipes(self.stdin, self.stdout)

    def _next_line(self, seconds: float | None) -> bytes:
        """What the server says next.

        Raises:
            TimeoutError: it says nothing in that time.
            EOFError: it never will.
        """
        end = None if seconds is None else time.monotonic() + seconds
        while b"\n" not in self._heard:
            left = None if end is None else max(0.0, end - time.monotonic())
            if not select.select([self._line], [], [], left)[0]:
                raise TimeoutError
            chunk = self._line.recv(4096)
            if not chunk:
                raise EOFError
            self._heard += chunk
        line, _, self._heard = self._heard.partition(b"\n")
        return line


class _Server:
    """Our end of the fork server, which ends when this process does, however it does."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair()
        self._process = Launched(
            "dojo.grading.sandbox.fork_server",
            subprocess.DEVNULL,
            kept=(theirs.fileno(),),
            arguments=(str(theirs.fileno()),),
            PYTHONHASHSEED=_HASH_SEED,
            # All that it loads is ours, and costs twice the time when it has to be compiled; its children write none.
            PYTHONDONTWRITEBYTECODE=os.environ.get("PYTHONDONTWRITEBYTECODE", ""),
        )
        theirs.close()
        atexit.register(self.stop)

    def fork(self, *files: int) -> None:
        """Have a child forked that has these files."""
        socket.send_fds(self._control, [b"f"], files)

    def stop(self) -> None:
        """Wait until it has ended: a program leaves no process behind, not even for a moment."""
        self._control.close()
        self._process.wait()
        self._process.close()


@cache
def _server() -> _Server:
    return _Server()
