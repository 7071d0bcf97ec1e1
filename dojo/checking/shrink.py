"""Shrinks a failing schedule: knows nothing but the schedule and whether it still fails.

Order of simplicity: fewest delays and stalls first (a schedule of none is a plain test), then delays as
early as they can be, then stalls as short. Removal is delta debugging (Zeller, Hildebrandt 2002); the passes
are repeated until none of them gets any further.
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
        fails: whether a schedule fails in the same way; asked about no schedule twice.
        attempts: calls of ``fails`` at most.

    Returns:
        A schedule that fails. Unless the attempts ran out, it no longer does with one element removed, with
        one delay or stall one step earlier, or with one stall a nanosecond shorter.
    """
    search = _Shrinker(schedule, fails, attempts)
    search.remove_all()
    before = None
    while search.best != before:
        before = search.best
        search.remove_chunks()
        search.move_earlier()
        search.shorten_stalls()
    return Shrunk(search.best, search.used)


class _Shrinker:
    def __init__(self, schedule: Schedule, fails: Callable[[Schedule], bool], attempts: int) -> None:
        self.best = schedule
        self.used = 0
        self._fails = fails
        self._attempts = attempts
        self._known = {schedule}

    def _elements(self) -> list[Element]:
        return [*self.best.delays, *self.best.stalls]

    def _try(self, elements: list[Element]) -> bool:
        candidate = _schedule(elements)
        if self.used >= self._attempts or candidate in self._known:
            return False
        self.used += 1
        self._known.add(candidate)
        if self._fails(candidate):
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
        """Move each element to an earlier step of its thread while the failure stays: half way, then by one."""
        for index in range(len(self.best)):
            self._lower(index, "step")

    def shorten_stalls(self) -> None:
        """Make each stall shorter while the failure stays: by half, at last by a nanosecond."""
        for index in range(len(self.best.delays), len(self.best)):
            self._lower(index, "nanoseconds")

    def _lower(self, index: int, number: str) -> None:
        low = 0
        while (value := getattr(self._elements()[index], number)) - low > 1:
            if _schedule(self._with(index, number, value - 1)) in self._known:
                return  # already as low as it gets
            middle = (low + value) // 2
            if not self._try(self._with(index, number, middle)):
                low = middle

    def _with(self, index: int, number: str, value: int) -> list[Element]:
        elements = self._elements()
        elements[index] = elements[index]._replace(**{number: value})
        return elements


def _schedule(elements: list[Element]) -> Schedule:
    delays = tuple(each for each in elements if isinstance(each, Delay))
    stalls = tuple(each for each in elements if isinstance(each, Stall))
    return Schedule(delays, stalls)
