"""Shrinks a failing schedule: knows nothing but the schedule and whether it still fails.

Order of simplicity: fewest delays and stalls first (a schedule of none is a plain test), then fewest
switches of thread, then delays as early as they can be, then stalls as short.
Removal is delta debugging (Zeller, Hildebrandt 2002).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from dojo.simulator.schedule import Delay, Schedule, Stall

Element = Delay | Stall


class Shrunk(NamedTuple):
    """The simplest schedule found and the number of attempts it took."""

    schedule: Schedule
    attempts: int


def shrink(schedule: Schedule, fails: Callable[[Schedule], bool], *, attempts: int = 400) -> Shrunk:
    """Make a failing schedule as simple as possible.

    Args:
        schedule: fails.
        fails: whether a schedule fails in the same way.
        attempts: calls of ``fails`` at most.
    """
    search = _Shrinker(schedule, fails, attempts)
    search.remove_all()
    search.remove_chunks()
    search.move_earlier()
    return Shrunk(search.best, search.used)


class _Shrinker:
    def __init__(self, schedule: Schedule, fails: Callable[[Schedule], bool], attempts: int) -> None:
        self.best = schedule
        self.used = 0
        self._fails = fails
        self._attempts = attempts

    def _elements(self) -> list[Element]:
        return [*self.best.delays, *self.best.stalls]

    def _try(self, elements: list[Element]) -> bool:
        if self.used >= self._attempts:
            return False
        self.used += 1
        delays = tuple(each for each in elements if isinstance(each, Delay))
        stalls = tuple(each for each in elements if isinstance(each, Stall))
        candidate = Schedule(delays, stalls)
        if candidate != self.best and self._fails(candidate):
            self.best = candidate
            return True
        return False

    def remove_all(self) -> None:
        if len(self.best):
            self._try([])

    def remove_chunks(self) -> None:
        size = max(1, len(self.best) // 2)
        while size:
            start = 0
            while start < len(self.best):
                elements = self._elements()
                if not self._try(elements[:start] + elements[start + size :]):
                    start += size
            if size == 1:
                break
            size //= 2

    def move_earlier(self) -> None:
        """Move each delay to an earlier step of its thread while the failure stays: half way, then by one."""
        for index in range(len(self.best)):
            low = 0
            while (element := self._elements()[index]).step - low > 1:
                elements = self._elements()
                middle = (low + element.step) // 2
                elements[index] = element._replace(step=middle)
                if not self._try(elements):
                    low = middle
