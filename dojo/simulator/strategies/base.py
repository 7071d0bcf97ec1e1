"""What a strategy is, and the default order: run until blocked, first in first out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dojo.simulator.threads import NEVER, SimThread

if TYPE_CHECKING:
    from dojo.simulator.scheduler import Scheduler


class Strategy:
    """An oracle that is asked only at the steps it names; this base class never leaves the default order.

    Attributes:
        eager: whether ``next_at`` must be asked again when another thread has become ready.
        stalls: whether ``stall`` must be asked at all.
    """

    eager = False
    stalls = False

    def begin(self, scheduler: Scheduler) -> None:
        """Prepare for a run."""

    def next_at(self, thread: SimThread, ready: Sequence[SimThread]) -> int:
        """Tell at which own step of ``thread`` to be asked next, while it runs on."""
        return NEVER

    def choose(self, thread: SimThread, ready: Sequence[SimThread], running: bool) -> int:
        """Choose who runs now.

        Args:
            thread: the thread that runs by default, about to execute its step ``thread.steps``.
            ready: the others that could run, in the order they would.
            running: whether ``thread`` is in the middle of a turn (choosing another is a preemption).

        Returns:
            0 to let ``thread`` run, k to delay k threads, so that ``ready[k - 1]`` runs.
        """
        return 0

    def stall(self, thread: SimThread) -> int:
        """Nanoseconds for which ``thread`` is to stand before its step ``thread.steps``; 0 for not at all."""
        return 0


class DefaultOrder(Strategy):
    """Run until blocked, first in first out: the order that every other schedule is a deviation from."""


DEFAULT = DefaultOrder()
