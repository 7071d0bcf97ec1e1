"""Starts a process for code that is not ours, in a session of its own, and ends it with all that it has started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import IO

from dojo.grading.catalogue import ROOT

_PASSED_ON = ("PATH", "SYSTEMROOT", "TMP", "TEMP", "TMPDIR", "HOME")


def launch(module: str, errors: IO[bytes], **more: str) -> subprocess.Popen[bytes]:
    """Start ``python -m module`` with pipes for its input and output.

    Args:
        module: a module of ours; what it needs comes over its input.
        errors: takes what it writes to standard error.
        more: environment variables besides those that every Python needs here.
    """
    environment = {key: value for key, value in os.environ.items() if key in _PASSED_ON}
    environment |= {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1", **more}
    return subprocess.Popen(
        [sys.executable, "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        cwd=ROOT,
        env=environment,
        start_new_session=True,
    )


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and its session, and wait for its end."""
    if sys.platform == "win32":
        process.kill()
    else:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.wait()


def close_pipes(process: subprocess.Popen[bytes]) -> None:
    """Close both ends that are ours; what could not be written is lost with the process."""
    for stream in (process.stdin, process.stdout):
        try:
            if stream is not None:
                stream.close()
        except BrokenPipeError:
            pass
