"""Uniform random walk: before every step each thread that could run is equally likely to."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from dojo.simulator.strategies.base import Strategy
from dojo.simulator.threads import NEVER, SimThread


class RandomWalk(Strategy):
    """Choose uniformly at every step, asked only where the choice falls on another thread.

    The number of steps until that happens is geometric, so it is drawn once instead of step by step.

    Args:
        seed: the same seed gives the same walk.
    """

    eager = True

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed).random
        self._logs: dict[int, float] = {}

    def leave_probability(self, others: int) -> float:
        """Chance that a step goes to one of ``others`` ready threads."""
        return others / (others + 1)

    def next_at(self, thread: SimThread, ready: Sequence[SimThread]) -> int:
        """Draw the step at which the running thread is left."""
        if not ready:
            return NEVER
        others = len(ready)
        log_of_stay = self._logs.get(others)
        if log_of_stay is None:
            log_of_stay = self._logs[others] = math.log(1.0 - self.leave_probability(others))
        return thread.steps + 1 + int(math.log(1.0 - self._random()) / log_of_stay)

    def choose(self, thread: SimThread, ready: Sequence[SimThread], running: bool) -> int:
        """Pick another thread when asked in the middle of a turn, anyone otherwise."""
        if not ready:
            return 0
        if running:
            return 1 + int(self._random() * len(ready))
        return int(self._random() * (len(ready) + 1))
