"""What the learner's code prints: goes on to the process's own stream and, while a run is recorded, is kept by thread.

Printing is no preemption point and costs nothing where nothing is printed.
"""

from __future__ import annotations

import builtins
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dojo.simulator.outcome import Place

if TYPE_CHECKING:
    from dojo.simulator.scheduler import Scheduler

MOST_LINES = 1_000  # of one run that are kept
MOST_COLUMNS = 1_000  # of one line that are kept
_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")
_ELLIPSIS = "..."


def without_addresses(text: str) -> str:
    """A text without the addresses that the default repr() of objects puts there: they differ every time."""
    return _ADDRESS.sub("", text)


@dataclass(frozen=True, slots=True)
class Printed:
    """A line that a thread printed.

    Attributes:
        thread: its number.
        after: how many events of the run there were before it.
        place: where it was printed.
        now: virtual nanoseconds.
        text: without the line break, and without addresses.
    """

    thread: int
    after: int
    place: Place
    now: int
    text: str


class Transcript:
    """What is printed in one run, line by line; what threads print in pieces does not get mixed up.

    Attributes:
        lost: how many lines there were beyond those that are kept.
    """

    def __init__(self) -> None:
        self.lost = 0
        self._lines: list[Printed] = []
        self._unfinished: dict[int, int] = {}  # by thread, the index of the line that it has begun

    def add(self, thread: int, text: str, after: int, place: Place, now: int) -> None:
        """Take in what a thread prints."""
        for piece in text.splitlines(keepends=True):
            ends = piece[-1] in "\r\n"
            index = self._unfinished.pop(thread, None)
            if index is None:
                index = len(self._lines) if len(self._lines) < MOST_LINES else -1
                if index < 0:
                    self.lost += 1
                else:
                    self._lines.append(Printed(thread, after, place, now, ""))
            if index >= 0:
                line = self._lines[index]
                # A little more than is shown: an address that is cut off is still an address.
                kept = (line.text + piece.rstrip("\r\n"))[: 2 * MOST_COLUMNS]
                self._lines[index] = replace(line, text=kept)
            if not ends:
                self._unfinished[thread] = index

    def lines(self) -> tuple[Printed, ...]:
        """All lines that are kept, in the order in which they were begun."""
        return tuple(replace(line, text=_shown(line.text)) for line in self._lines)


def _shown(text: str) -> str:
    text = without_addresses(text).encode("utf-8", "backslashreplace").decode("utf-8")
    return text if len(text) <= MOST_COLUMNS else text[:MOST_COLUMNS] + _ELLIPSIS


class Output:
    """``sys.stdout`` and ``sys.stderr`` as the learner's code sees them.

    Args:
        scheduler: knows who prints, and whether that is to be kept.
    """

    __slots__ = ("_scheduler",)

    encoding, errors = "utf-8", "backslashreplace"

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def write(self, text: str) -> int:
        """Print a text."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if sys.stdout is not None:
            sys.stdout.write(text)
        if self._scheduler.recorder is not None and text:
            self._scheduler.recorder.printed(self._scheduler.current, text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Print some texts."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Nothing is held back."""

    def isatty(self) -> bool:
        """It is no terminal."""
        return False

    def writable(self) -> bool:
        """As a stream that can be written."""
        return True


def make_print(output: Output) -> Callable[..., None]:
    """``print`` for the learner's code: to ``output`` unless it is told otherwise."""

    def print(*values: object, file: Any = None, **how: Any) -> None:
        builtins.print(*values, file=output if file is None else file, **how)

    return print
