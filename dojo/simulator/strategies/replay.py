"""Replay: follow a schedule, delay by delay and stall by stall; everything else in default order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dojo.simulator.schedule import Schedule
from dojo.simulator.strategies.base import Strategy
from dojo.simulator.threads import NEVER, SimThread

if TYPE_CHECKING:
    from dojo.simulator.scheduler import Scheduler


class Replay(Strategy):
    """Repeat the run that a schedule describes; a position that is never reached is passed over."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self.stalls = bool(schedule.stalls)

    def begin(self, scheduler: Scheduler) -> None:
        """Lay out the positions of each thread in ascending order."""
        self._delays: dict[tuple[int, int], int] = {}
        for delay in self._schedule.delays:
            self._delays[delay] = self._delays.get(delay, 0) + 1
        self._stalls = {(s.thread, s.step): s.nanoseconds for s in self._schedule.stalls}
        self._steps: dict[int, list[int]] = {}
        for thread, step in sorted({*self._delays, *self._stalls}, reverse=True):
            self._steps.setdefault(thread, []).append(step)

    def next_at(self, thread: SimThread, ready: Sequence[SimThread]) -> int:
        """Name the next position of this thread."""
        steps = self._steps.get(thread.ident)
        if not steps:
            return NEVER
        while steps and steps[-1] <= thread.steps:
            steps.pop()
        return steps[-1] if steps else NEVER

    def choose(self, thread: SimThread, ready: Sequence[SimThread], running: bool) -> int:
        """Delay whoever stands at a position that the schedule lists."""
        delays = self._delays
        if not delays or not ready or (thread.ident, thread.steps) not in delays:
            return 0
        queue = [thread, *ready]
        rotations = 0
        while True:
            first = queue[rotations % len(queue)]
            at = (first.ident, first.steps)
            left = delays.get(at, 0)
            if not left:
                return rotations
            delays[at] = left - 1
            rotations += 1

    def stall(self, thread: SimThread) -> int:
        """Look up the stall at this position; each applies once."""
        return self._stalls.pop((thread.ident, thread.steps), 0)
