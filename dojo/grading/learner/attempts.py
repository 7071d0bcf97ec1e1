"""A learner's attempts: set aside before a file is overwritten, listed, and brought back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from dojo.grading.catalogue import Kata
from dojo.grading.files import write_whole
from dojo.grading.sources.stubs import make_stub
from dojo.grading.workspace import Workspace


class NoSuchAttempt(LookupError):
    """No attempt of that number is kept; the text says which there are."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One file that was set aside.

    Attributes:
        number: counts up from 1 for each kata.
        path: where it is kept.
        lines: how long it is.
        kept_at: when it was set aside, in the reader's own time.
    """

    number: int
    path: Path
    lines: int
    kept_at: str


def attempts(kata: Kata, workspace: Workspace) -> list[Attempt]:
    """All attempts at a kata that were set aside, the oldest first."""
    found = []
    for path in (workspace.attempts / kata.name).glob("*.py"):
        if path.stem.isdecimal():
            text = path.read_bytes()
            kept_at = time.strftime("%Y-%m-%d %H:%M", time.localtime(path.stat().st_mtime))
            found.append(Attempt(int(path.stem), path, text.count(b"\n"), kept_at))
    return sorted(found, key=lambda attempt: attempt.number)


def reset(kata: Kata, workspace: Workspace) -> Path | None:
    """Put a kata's file back to the stub.

    Returns:
        Where the attempt is kept; None if there was no work in the file.
    """
    kept = set_aside(kata, workspace)
    write_whole(workspace.stub(kata), make_stub(kata.solution.read_text("utf-8")))
    return kept


def restore(kata: Kata, number: int, workspace: Workspace) -> Path | None:
    """Bring an attempt back.

    Returns:
        Where the work that was in the kata's file is kept; None if there was none.

    Raises:
        NoSuchAttempt: for a number that is not kept.
    """
    there = {attempt.number: attempt.path for attempt in attempts(kata, workspace)}
    if number not in there:
        numbers = ", ".join(map(str, there)) or "none"
        raise NoSuchAttempt(f"no attempt {number} at {kata.name} is kept; there is: {numbers}")
    content = there[number].read_text("utf-8")
    kept = set_aside(kata, workspace)
    write_whole(workspace.stub(kata), content)
    return kept


def set_aside(kata: Kata, workspace: Workspace) -> Path | None:
    """Copy a kata's file to the attempts, unless it holds no work or the newest attempt is the same.

    Returns:
        Where it is kept; None if there was nothing to keep.
    """
    try:
        content = workspace.stub(kata).read_bytes()
    except FileNotFoundError:
        return None
    if content == make_stub(kata.solution.read_text("utf-8")).encode():
        return None
    there = attempts(kata, workspace)
    if there and there[-1].path.read_bytes() == content:
        return there[-1].path
    number = there[-1].number + 1 if there else 1
    folder = workspace.attempts / kata.name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{number:03}.py"
    with path.open("xb") as stream:  # never over another one, even if two graders count to the same number
        stream.write(content)
    return path
