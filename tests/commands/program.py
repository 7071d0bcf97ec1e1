"""Runs the real program in a copy of the repository."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Repository:
    """A copy of the repository.

    Attributes:
        root: where it is.
    """

    root: Path

    def python(self, *command: str, code: int | None = 0, **environment: str) -> str:
        """Run Python there and return what it printed; with an exit code other than 0, what it complained of."""
        done = subprocess.run(
            [sys.executable, *command],
            cwd=self.root,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        output = f"{done.stdout}\n{done.stderr}"
        assert code is None or done.returncode == code, output
        assert "Traceback" not in output, output
        return done.stdout if done.returncode == 0 or not done.stderr else done.stderr

    def grader(self, *arguments: str, code: int | None = 0, **environment: str) -> str:
        """Run a command of the grader."""
        return self.python("grader.py", *arguments, code=code, **environment)

    def stub(self, kata: str) -> Path:
        """The learner's file of a kata."""
        (found,) = self.root.glob(f"katas/*/{kata}.py")
        return found

    def solution(self, kata: str) -> Path:
        """The reference of a kata."""
        (found,) = self.root.glob(f"solutions/*/{kata}.py")
        return found

    def attempt(self, kata: str, old: str = "", new: str = "") -> str:
        """Write the solution, with a text replaced, as the learner's file, and return it."""
        text = self.solution(kata).read_text("utf-8")
        assert text.count(old) == 1 or not old, old
        text = text.replace(old, new) if old else text
        self.stub(kata).write_text(text, "utf-8")
        return text
