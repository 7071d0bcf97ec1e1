"""Exhaustive search: list every place where a run could branch, and walk through all interleavings.

``Census`` follows a schedule and notes each choice it could have made otherwise: the explorer builds all
one-delay and two-delay schedules from that. ``every_interleaving`` enumerates without a bound on delays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from dojo.simulator.schedule import DEFAULT_ORDER, Delay, Schedule
from dojo.simulator.strategies.base import Strategy
from dojo.simulator.strategies.replay import Replay
from dojo.simulator.threads import NEVER, SimThread

if TYPE_CHECKING:
    from dojo.simulator.scheduler import Scheduler


class Census(Replay):
    """Replay a schedule and note every step at which a thread could be delayed, in the order reached.

    Attributes:
        choices: the delays possible after the last one that the schedule itself takes.
        steps: every step of every thread in order, for stalls.
    """

    eager = True

    def __init__(self, schedule: Schedule = DEFAULT_ORDER) -> None:
        super().__init__(schedule)

    def begin(self, scheduler: Scheduler) -> None:
        """Start with empty notes."""
        super().begin(scheduler)
        self.choices: list[Delay] = []
        self.steps: list[Delay] = []

    def next_at(self, thread: SimThread, ready: Sequence[SimThread]) -> int:
        """Be asked at every step."""
        return thread.steps + 1

    def choose(self, thread: SimThread, ready: Sequence[SimThread], running: bool) -> int:
        """Follow the schedule; note the alternative where the thread goes on."""
        rotations = super().choose(thread, ready, running)
        queue = [thread, *ready]
        chosen = queue[rotations % len(queue)]
        at = Delay(chosen.ident, chosen.steps)
        if rotations:
            self.choices.clear()
        if ready:
            self.choices.append(at)
        if not self.steps or self.steps[-1] != at:
            self.steps.append(at)
        return rotations


class Branches(Strategy):
    """Take the given choice at each branching point in turn, the default at those beyond.

    Attributes:
        widths: how many choices each branching point of the run had.
    """

    eager = True

    def __init__(self, choices: Sequence[int]) -> None:
        self._choices = choices

    def begin(self, scheduler: Scheduler) -> None:
        """Start at the first branching point."""
        self.widths: list[int] = []

    def next_at(self, thread: SimThread, ready: Sequence[SimThread]) -> int:
        """Be asked at every step at which there is a choice."""
        return thread.steps + 1 if ready else NEVER

    def choose(self, thread: SimThread, ready: Sequence[SimThread], running: bool) -> int:
        """Take this point's choice."""
        if not ready:
            return 0
        point = len(self.widths)
        self.widths.append(len(ready) + 1)
        return self._choices[point] if point < len(self._choices) else 0

    def taken(self) -> list[int]:
        """The choices of the run, the defaults included."""
        return [*self._choices, *[0] * (len(self.widths) - len(self._choices))]

    def following(self) -> Branches | None:
        """The strategy for the next run of a depth-first search; None when this was the last."""
        taken = self.taken()
        for point in reversed(range(len(taken))):
            if taken[point] + 1 < self.widths[point]:
                return Branches([*taken[:point], taken[point] + 1])
        return None


def every_interleaving(run: Callable[[Branches], None]) -> Iterator[list[int]]:
    """Depth-first search over all choices, without any reduction.

    Args:
        run: executes the program once under the strategy it is given.

    Yields:
        The choices taken in each run; no two are equal, and together they are all there are.
    """
    strategy: Branches | None = Branches([])
    while strategy is not None:
        run(strategy)
        yield strategy.taken()
        strategy = strategy.following()
