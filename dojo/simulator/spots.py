"""Where threads stand within their source lines: what a person needs who decides which of them runs next."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import FrameType
from typing import TYPE_CHECKING

from dojo.simulator.instrument import Site
from dojo.simulator.snapshot import place_of
from dojo.simulator.threads import MAIN_IDENT, SimThread

if TYPE_CHECKING:
    from dojo.simulator.machine import Program

# Before the first access of a line; between a read and the write of the same thing; before another access;
# before a lock is acquired; in a wait that is over; before the first line; behind the last.
LINE, BETWEEN, INSIDE, ACQUIRE = "line", "between", "inside", "acquire"
WOKEN, BEGIN, END = "woken", "begin", "end"
_WRITES = {"load": "store", "getitem": "setitem", "read": "write"}  # by what they overwrite
_HOOKS = "make_hooks.<locals>."


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a thread stands that could run.

    Attributes:
        thread, step: which thread, and the step of its own that it is about to execute.
        file, line: the line that a reader knows; "" and 0 when there is none.
        within: where in the line, one of the words above.
    """

    thread: int
    step: int
    file: str
    line: int
    within: str

    @property
    def at(self) -> tuple[int, int]:
        """The position, as a delay names it."""
        return self.thread, self.step


class Spots:
    """Follows the threads of one run from point to point.

    Args:
        program: the learner's module.
        files: the files whose lines the reader knows, best first.
    """

    def __init__(self, program: Program, files: Sequence[str]) -> None:
        self._sites, self._files = program.sites, files
        self._lines = program.source.encode().splitlines()
        self._tracks: dict[int, _Track] = {}

    def arrive(self, thread: SimThread, running: bool) -> tuple[Spot, bool]:
        """Take in the point that a thread has come to.

        To be called at every point of every thread.

        Args:
            thread: about to execute its step ``thread.steps``.
            running: whether it is in the middle of a turn.

        Returns:
            Where that is, and whether it is worth a stop.
        """
        spot, site = self._look(thread, running)
        track = self._tracks.setdefault(thread.ident, _Track())
        known = self._sites[site] if site >= 0 else None
        return track.arrive(spot, known, known is not None and self._is_round(known))

    def of(self, thread: SimThread) -> Spot:
        """Where a thread stands that could run."""
        track = self._tracks.get(thread.ident)
        if track is not None and track.spot is not None and track.spot.step == thread.steps:
            return track.spot  # it has come there already
        return self._look(thread, False)[0]

    def stopped(self, thread: SimThread) -> None:
        """There was a stop where this thread stands."""
        self._tracks[thread.ident].since_stop = 0

    def _is_round(self, site: Site) -> bool:
        """Whether another round of a loop begins here; those of a comprehension are parts of one line."""
        return site.kind == "loop" and not self._lines[site.line - 1][: site.column].strip()

    def _look(self, thread: SimThread, running: bool) -> tuple[Spot, int]:
        frame = sys._getframe(1) if running else thread.greenlet.gr_frame if thread.greenlet else None
        place = place_of(frame, self._files)
        within, site = _within(frame)
        if within == WOKEN and not place.line and thread.ident != MAIN_IDENT:
            within = BEGIN
        return Spot(thread.ident, thread.steps, place.file, place.line, within), site


class _Track:
    """Where one thread is, and what it has done on its present line."""

    def __init__(self) -> None:
        self.spot: Spot | None = None
        self.since_stop = 2  # points since the last stop on this line; 2 stands for many
        self._read: set[tuple[str, str]] = set()  # what it has read on this line, as what would overwrite it

    def arrive(self, spot: Spot, site: Site | None, is_round: bool) -> tuple[Spot, bool]:
        before = self.spot
        if before is not None and before.at == spot.at:
            return before, True  # it has stood here before, and got another turn
        kind, name = (site.kind, site.name) if site is not None else ("", "")
        new = before is None or (before.file, before.line) != (spot.file, spot.line) or is_round
        if new:
            self._read.clear()
            self.since_stop = 2
        between = (kind, name) in self._read
        self._read.discard((kind, name))
        if kind in _WRITES:
            self._read.add((_WRITES[kind], name))
        if spot.within == LINE and not new:
            spot = replace(spot, within=BETWEEN if between else INSIDE)
        self.spot = spot
        self.since_stop += 1
        # To stop before `with self._lock:` and once more before the lock itself would only cost a key.
        acquires = spot.within == ACQUIRE and self.since_stop > 1
        return spot, spot.within != END and (new or between or acquires or spot.within == WOKEN)


def _within(frame: FrameType | None) -> tuple[str, int]:
    """What a thread is about to do, from the simulator's own frames on top of its stack; and its site or -1."""
    while frame is not None:
        name = frame.f_code.co_qualname
        if name.startswith(_HOOKS):
            return LINE, frame.f_locals["site"]
        if name == "Primitive._point":
            return ACQUIRE, -1
        if name == "Scheduler._live":
            return END, -1
        if not frame.f_globals.get("__name__", "").startswith("dojo.simulator."):
            break
        frame = frame.f_back
    return WOKEN, -1
