"""Greenlets that carry one simulated thread after the other: making one takes longer than many a thread lives."""

from __future__ import annotations

import sys
from collections.abc import Callable

from greenlet import getcurrent, greenlet

from dojo.simulator.threads import SimThread

MOST_IDLE = 64  # kept for later threads; a run seldom has more


class Carriers:
    """A pool of greenlets below one hub.

    A greenlet counts the calls on its stack from the depth of the hub that started it. Once runs begin at
    another depth, the old ones are of no use: their threads would have more room for recursion, or less.

    Args:
        live: what a thread does, from its first turn to its end.
    """

    def __init__(self, live: Callable[[SimThread], None]) -> None:
        self._live = live
        self._hub: greenlet | None = None
        self._limit = 0
        self._idle: list[greenlet] = []

    def prepare(self, hub: greenlet) -> None:
        """A run begins, with the recursion limit in force now; ``hub`` will start its threads."""
        limit = sys.getrecursionlimit()
        if hub is not self._hub or limit != self._limit:
            self._hub, self._limit = hub, limit
            self._idle.clear()

    def take(self) -> greenlet:
        """A greenlet; ``switch(thread)`` gives a new thread its first turn there, ``switch()`` all others."""
        if not self._idle:
            return greenlet(self._carry, self._hub)
        carrier = self._idle.pop()
        carrier.gr_context = None  # as a new thread has it
        return carrier

    def _carry(self, thread: SimThread | None) -> None:
        hub, idle = self._hub, self._idle
        assert hub is not None
        while thread is not None:
            self._live(thread)
            thread = None  # whatever belongs to it must be able to die
            if len(idle) >= MOST_IDLE or hub is not self._hub:
                return
            idle.append(getcurrent())
            thread = hub.switch()
