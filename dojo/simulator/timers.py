"""Deadlines in virtual time: what threads wait until, and what the schedule stalls them until."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush

from dojo.simulator.threads import SimThread


class Timers:
    """A queue of deadlines; one that no longer counts is dropped when its turn comes.

    A deadline counts while the serial number it was set with is still the thread's ``parked`` or ``held_up``.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, SimThread]] = []
        self._serial = 0

    def next_serial(self) -> int:
        """A number for a new wait or stall."""
        self._serial += 1
        return self._serial

    def add(self, deadline: int, serial: int, thread: SimThread) -> None:
        """Set a deadline (virtual ns) for the wait or stall of that number."""
        heappush(self._heap, (deadline, serial, thread))

    def earliest(self) -> int | None:
        """The earliest deadline that counts; None when there is none."""
        heap = self._heap
        while heap and heap[0][1] not in (heap[0][2].parked, heap[0][2].held_up):
            heappop(heap)
        return heap[0][0] if heap else None

    def due(self, now: int) -> Iterator[tuple[int, SimThread]]:
        """Take out all deadlines up to ``now``, in order of time, then of setting."""
        while self._heap and self._heap[0][0] <= now:
            _, serial, thread = heappop(self._heap)
            yield serial, thread

    def clear(self) -> None:
        """Forget every deadline."""
        self._heap.clear()
        self._serial = 0
