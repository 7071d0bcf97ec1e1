"""The trace of one run: every step, wait, wake-up and jump of the clock, in order, free of ids and addresses."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dojo.simulator.snapshot import describe_wait, place_of

if TYPE_CHECKING:
    from dojo.simulator.instrument import Site
    from dojo.simulator.scheduler import Scheduler
    from dojo.simulator.threads import SimThread

ACCESS = frozenset({"load", "store", "getitem", "setitem", "read", "write", "loop"})


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    ``kind`` is the kind of an access (a ``Site``'s) or one of: ``acquire``, ``acquired``, ``release``, ``wait``,
    ``resume``, ``preempt``, ``stall``, ``start``, ``end``, ``join``, ``clock``, ``call``.
    ``target`` is a serial number for the object concerned, in order of first appearance; 0 for none.
    """

    thread: int
    step: int
    kind: str
    file: str
    line: int
    function: str
    name: str
    target: int
    now: int
    detail: str = ""


class Recorder:
    """Collects the events of a run.

    Args:
        sites: the preemption points of the instrumented module.
        files: the source files whose lines a reader cares about, best first.
    """

    def __init__(self, sites: Sequence[Site], files: Sequence[str]) -> None:
        self._sites = sites
        self._files = files
        self.events: list[Event] = []
        self.names: dict[int, str] = {}
        self.targets: list[Any] = []  # the objects themselves, by serial - 1: also keeps them alive
        self._serials: dict[int, int] = {}
        self.scheduler: Scheduler

    def serial(self, thing: object) -> int:
        """Give an object its number, in order of first appearance."""
        key = id(thing)
        if key not in self._serials:
            self.targets.append(thing)
            self._serials[key] = len(self.targets)
        return self._serials[key]

    def _note(self, thread: SimThread, kind: str, target: object = None, name: str = "", detail: str = "") -> None:
        place = place_of(sys._getframe(2), self._files)
        self._add(thread, kind, place.file, place.line, place.function, name, target, detail)

    def _add(
        self,
        thread: SimThread,
        kind: str,
        file: str,
        line: int,
        function: str,
        name: str,
        target: object,
        detail: str,
    ) -> None:
        serial = self.serial(target) if target is not None else 0
        now = self.scheduler.clock.elapsed
        self.events.append(Event(thread.ident, thread.steps, kind, file, line, function, name, serial, now, detail))

    # --- told by the hooks -----------------------------------------------------------------------------

    def access(self, thread: SimThread, site: int, target: object) -> None:
        """A thread is about to execute the access at ``site``."""
        s = self._sites[site]
        detail = ""
        if s.kind == "load" and not isinstance(target, type):
            # Peek without running the subject's code: a descriptor or __getattr__ must not run twice.
            detail = show(getattr(target, "__dict__", {}).get(s.name))
        self._add(thread, s.kind, self._files[0], s.line, s.function, s.name, target, detail)

    def sync(self, thread: SimThread, kind: str, target: object) -> None:
        """A lock is about to be acquired, was acquired or released, or a thread was joined."""
        self._note(thread, kind, target)

    def call(self, thread: SimThread, name: str) -> None:
        """A function of the simulated ``time`` module was called."""
        self._note(thread, "call", name=name)

    # --- told by the scheduler -------------------------------------------------------------------------

    def resumed(self, thread: SimThread) -> None:
        """A thread gets the processor."""
        self._add(thread, "resume", "", 0, "", "", None, "")

    def preempted(self, thread: SimThread) -> None:
        """The running thread loses the processor although it could go on."""
        self._note(thread, "preempt")

    def stalled(self, thread: SimThread, length: int) -> None:
        """The schedule makes a thread stand still for ``length`` nanoseconds."""
        frame = thread.greenlet.gr_frame if thread.greenlet is not None else None
        place = place_of(frame if frame is not None else sys._getframe(1), self._files)
        detail = f"{length} ns"
        self._add(thread, "stall", place.file, place.line, place.function, "", None, detail)

    def blocked(self, thread: SimThread) -> None:
        """The running thread waits."""
        frame = sys._getframe(1)
        place = place_of(frame, self._files)
        until = ""
        if thread.deadline is not None:
            until = f"until {thread.deadline - self.scheduler.clock.now + self.scheduler.clock.elapsed} ns"
        name = describe_wait(thread, frame, self._files)
        self._add(thread, "wait", place.file, place.line, place.function, name, None, until)

    def started(self, thread: SimThread, child: SimThread) -> None:
        """A thread starts another."""
        self._note(thread, "start", name=str(child.ident))

    def ended(self, thread: SimThread) -> None:
        """A thread has come to its end."""
        self._add(thread, "end", "", 0, "", "", None, "")

    def clock_moved(self) -> None:
        """Virtual time has moved on."""
        self._add(self.scheduler.outside, "clock", "", 0, "", "", None, "")


def show(value: object) -> str:
    """A value as text, when that text can not depend on an address and needs no code of the subject."""
    if value is None or type(value) in (bool, int, float, str, bytes):
        text = repr(value)
        return text if len(text) <= 40 else text[:37] + "..."
    if type(value) in (list, dict, set, tuple):
        return f"{type(value).__name__} of {len(value)}"  # type: ignore[arg-type]
    return ""


def render(events: Sequence[Event], names: dict[int, str]) -> str:
    """The whole trace as text, one line an event: equal runs give equal text."""
    lines = []
    for number, e in enumerate(events):
        thread = names.get(e.thread, str(e.thread))
        place = f"{e.file.rpartition('/')[2]}:{e.line} {e.function}" if e.line else ""
        target = f"#{e.target}" if e.target else ""
        parts = (f"{number:5} {e.now:>12} {thread}.{e.step}", e.kind, e.name, target, e.detail, place)
        lines.append(" ".join(part for part in parts if part))
    return "\n".join(lines) + "\n"
