"""Probabilistic concurrency testing: random priorities, lowered at d - 1 random steps.

Burckhardt, Kothari, Musuvathi, Nagarakatte 2010: a bug of depth d is found with probability at least
1 / (n * k ** (d - 1)) for n threads and k steps, in every run.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dojo.simulator.strategies.base import Strategy
from dojo.simulator.threads import NEVER, SimThread

if TYPE_CHECKING:
    from dojo.simulator.scheduler import Scheduler


class Pct(Strategy):
    """Run the ready thread of highest priority; drop the running one below all others at each change point.

    Args:
        seed: the same seed gives the same run.
        steps: how many steps of all threads together a run is expected to have (k).
        depth: ordering constraints the bug may need (d >= 1); there are d - 1 change points.
    """

    eager = True

    def __init__(self, seed: int, steps: int, depth: int = 3) -> None:
        self._seed, self._steps, self._depth = seed, max(1, steps), depth

    def begin(self, scheduler: Scheduler) -> None:
        """Draw the change points."""
        self._random = random.Random(self._seed)
        self._scheduler = scheduler
        self._changes = sorted(
            (1 + self._random.randrange(self._steps) for _ in range(self._depth - 1)), reverse=True
        )
        self._priorities: dict[int, float] = {}
        self._floor = 0.0

    def _priority(self, thread: SimThread) -> float:
        if thread.ident not in self._priorities:
            self._priorities[thread.ident] = 1.0 + self._random.random()
        return self._priorities[thread.ident]

    def next_at(self, thread: SimThread, ready: Sequence[SimThread]) -> int:
        """At once when a better thread is ready, otherwise at the next change point."""
        if ready and max(map(self._priority, ready)) > self._priority(thread):
            return thread.steps + 1
        if not self._changes:
            return NEVER
        done = self._scheduler.total_steps + thread.steps - thread.resumed_at
        return thread.steps + max(1, self._changes[-1] - done)

    def choose(self, thread: SimThread, ready: Sequence[SimThread], running: bool) -> int:
        """Apply a change point that has been reached, then take the thread of highest priority."""
        done = self._scheduler.total_steps + (thread.steps - thread.resumed_at if running else 0)
        if running:
            while self._changes and self._changes[-1] <= done:
                self._changes.pop()
                self._floor -= 1.0
                self._priorities[thread.ident] = self._floor
        queue = [thread, *ready]
        return max(range(len(queue)), key=lambda index: (self._priority(queue[index]), -index))
