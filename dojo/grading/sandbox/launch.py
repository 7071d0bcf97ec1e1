"""Starts a process for code that is not ours, in a session of its own, and ends it with all that it has started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import IO

from dojo.grading.catalogue import ROOT

_PASSED_ON = ("PATH", "SYSTEMROOT", "TMP", "TEMP", "TMPDIR", "HOME")


class Launched:
    """A new interpreter that executes ``python -m module``.

    Args:
        module: a module of ours; what it needs comes over its input.
        errors: takes what it writes to standard error.
        kept: numbers of open files that it inherits.
        arguments: for the module.
        more: environment variables besides those that every Python needs here.

    Attributes:
        stdin, stdout: our ends of its input and output.
        pid: the process, and its session.
    """

    def __init__(
        self,
        module: str,
        errors: IO[bytes] | int,
        *,
        kept: tuple[int, ...] = (),
        arguments: tuple[str, ...] = (),
        **more: str,
    ) -> None:
        environment = {key: value for key, value in os.environ.items() if key in _PASSED_ON}
        environment |= {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1", **more}
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=ROOT,
            env=environment,
            start_new_session=True,
            pass_fds=kept,
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self.stdin: IO[bytes] = self._process.stdin
        self.stdout: IO[bytes] = self._process.stdout
        self.pid = self._process.pid

    def wait(self, seconds: float | None = None) -> int | None:
        """Its exit code, or minus the signal that ended it; None if it has not ended in that time."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        """End it with all that it has started, and wait for its end."""
        if sys.platform == "win32":
            self._process.kill()
        else:
            kill_session(self.pid)
        self._process.wait()

    def close(self) -> None:
        """Kill it and close our ends of its input and output; what could not be written is lost."""
        self.kill()
        close_pipes(self.stdin, self.stdout)


def kill_session(leader: int) -> None:
    """Kill a process that leads a session, and all others in it."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        pass


def close_pipes(*pipes: IO[bytes]) -> None:
    """Close our ends of pipes whose other ends may be gone."""
    for pipe in pipes:
        try:
            pipe.close()
        except BrokenPipeError:
            pass
