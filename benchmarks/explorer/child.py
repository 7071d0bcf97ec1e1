"""A process that measures one tool: asked one question after the other, and given up when it does not answer."""

from __future__ import annotations

import json
import selectors
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.explorer.report import ROOT


class Child:
    """A running ``benchmarks.explorer.measure``; to be used in a with block.

    Args:
        tool, mode: what explores.
        subject: name of what is explored.
        which: version of the subject's program.
    """

    def __init__(self, tool: str, mode: str, subject: str, which: str) -> None:
        self.tool, self.mode = tool, mode
        command = [sys.executable, "-m", "benchmarks.explorer.measure", tool, mode, subject, which]
        if tool == "frontrun":  # its documentation asks for its own command to start everything
            beside = str(Path(sys.executable).parent)
            command = [shutil.which("frontrun", path=beside) or "frontrun", *command]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
        )
        self._answers = selectors.DefaultSelector()
        assert self._process.stdout is not None
        self._answers.register(self._process.stdout, selectors.EVENT_READ)

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
        self._answers.close()

    def ask(self, command: str, patience: float) -> dict[str, Any]:
        """Send a command; return the answer, or ``{"gave_up": why}`` if none comes.

        Args:
            command: see ``benchmarks.explorer.measure``.
            patience: seconds to wait. After this the process is of no use any more: further questions are
                answered in the same way.
        """
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(command + "\n")
            process.stdin.flush()
        except OSError:
            return {"gave_up": "the process has ended"}
        end = time.monotonic() + patience
        while (left := end - time.monotonic()) > 0:
            if not self._answers.select(left):
                break
            line = process.stdout.readline()
            if not line:
                return {"gave_up": "the process has ended"}
            if line.startswith("{"):
                found: dict[str, Any] = json.loads(line)
                return found
        process.kill()
        return {"gave_up": f"no answer within {patience:g} s"}
