"""Sticky random walk: like the uniform one, but the running thread is left seldom."""

from __future__ import annotations

from dojo.simulator.strategies.random_walk import RandomWalk


class StickyWalk(RandomWalk):
    """Long turns with rare preemptions, for bugs that need one thread to get far ahead.

    Args:
        seed: the same seed gives the same walk.
        leave: probability of leaving the running thread at a step, 0 < leave < 1.
    """

    def __init__(self, seed: int, leave: float = 0.05) -> None:
        super().__init__(seed)
        self._leave = leave

    def leave_probability(self, others: int) -> float:
        """The same chance at every step, however many are ready."""
        return self._leave
