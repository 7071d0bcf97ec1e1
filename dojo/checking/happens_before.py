"""What happened before what in a recorded run: the order that threads, locks and containers make.

Every thread and everything that publishes has a vector clock. An access is dated by an epoch, one number of
its thread's clock, and compared with one entry of another thread's (Flanagan and Freund 2009, "FastTrack:
efficient and precise dynamic race detection").
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Mapping, Sequence
from types import MethodDescriptorType

from dojo.simulator.targets import Target, is_a
from dojo.simulator.trace import MISSING, Event

# Methods that leave a container as it is: they see what was published, and publish nothing.
_LOOKS = frozenset({"copy", "count", "get", "index", "items", "keys", "values", "__contains__", "__len__"})


class _Edge(enum.Enum):
    """What calling a method of an object puts in order."""

    NONE = 0
    EVENT = 1  # the caller sees what set() was called after
    THREAD = 2  # the caller sees what the thread has done, if that has ended
    LOOK = 3  # the caller sees what was published through the container
    CHANGE = 4  # and publishes through it


class Order:
    """What happened before what: the vector clocks of threads, and of what they publish through."""

    def __init__(self, targets: Sequence[Target]) -> None:
        self._targets = targets
        self._clocks: dict[int, dict[int, int]] = {}
        self._published: dict[int, dict[int, int]] = {}  # by serial of a lock or container
        self._ended: dict[int, dict[int, int]] = {}
        self._edges: dict[tuple[int, str], _Edge] = {}

    def epoch(self, thread: int) -> int:
        """The thread's own time: it goes on whenever the thread publishes."""
        return self._clock(thread)[thread]

    def unordered(self, earlier: int, epoch: int, thread: int) -> bool:
        """Whether ``thread`` has not yet seen what ``earlier`` did at ``epoch``."""
        return epoch > self._clock(thread).get(earlier, 0)

    def observe(self, event: Event) -> None:
        """Follow the edges that an event adds."""
        kind, thread = event.kind, event.thread
        if kind == "load":
            if event.target:
                self._call(thread, event.target, event.detail if event.name == "()" else event.name)
        elif kind == "acquired":
            self._acquire(thread, event.target)
        elif kind == "release":
            self._release(thread, event.target)
        elif kind == "start":
            _merge(self._clock(int(event.name)), self._clock(thread))
            self._tick(thread)
        elif kind == "end":
            self._ended[thread] = dict(self._clock(thread))

    def _call(self, thread: int, serial: int, method: str) -> None:
        """A method is called now, or when its operands are evaluated: an event named ``()`` says so."""
        edge = self._edges.get((serial, method))
        if edge is None:
            edge = self._edges[serial, method] = self._edge(self._targets[serial - 1].kind, method)
        if edge is _Edge.NONE:
            return
        target = self._targets[serial - 1]
        if edge is _Edge.EVENT:
            # Reads without the lock what set() wrote under it.
            self._acquire(thread, target.inner)
        elif edge is _Edge.THREAD:
            # Of a thread that has ended: up to 3.12 the first join() leaves no lock for the second.
            if target.ident is not None:
                _merge(self._clock(thread), self._ended.get(target.ident, {}))
        else:
            self._acquire(thread, serial)
            if edge is _Edge.CHANGE:
                self._release(thread, serial)

    @staticmethod
    def _edge(kind: type, method: str) -> _Edge:
        if issubclass(kind, (list, dict, set, deque, bytearray)):
            # One written in Python is not one atomic step.
            if type(member(kind, method)) is MethodDescriptorType:
                return _Edge.LOOK if method in _LOOKS else _Edge.CHANGE
        elif method in ("is_set", "isSet") and is_a(kind, "threading", "Event"):
            return _Edge.EVENT
        elif method in ("join", "is_alive") and is_a(kind, "threading", "Thread"):
            return _Edge.THREAD
        return _Edge.NONE

    def _acquire(self, thread: int, serial: int) -> None:
        _merge(self._clock(thread), self._published.get(serial, {}))

    def _release(self, thread: int, serial: int) -> None:
        _merge(self._published.setdefault(serial, {}), self._clock(thread))
        self._tick(thread)

    def _tick(self, thread: int) -> None:
        self._clocks[thread][thread] += 1

    def _clock(self, thread: int) -> dict[int, int]:
        if thread not in self._clocks:
            self._clocks[thread] = {thread: 1}
        return self._clocks[thread]


def _merge(clock: dict[int, int], other: Mapping[int, int]) -> None:
    for thread, time in other.items():
        if time > clock.get(thread, 0):
            clock[thread] = time


def member(kind: type, name: str) -> object:
    """What a class has under a name; MISSING when nothing."""
    return next((each.__dict__[name] for each in kind.__mro__ if name in each.__dict__), MISSING)
