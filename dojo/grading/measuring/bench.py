"""Measures implementations of a kata and its peers side by side: throughput and the tail of single calls.

Wall-clock figures of one machine, at one moment, never part of a verdict. What is reported is ratios: all
subjects take turns, so that each round compares what the same moment did to all of them.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from dojo.grading.catalogue import Kata
from dojo.grading.measuring.pace import Figure, Pacer, take_turns
from dojo.grading.measuring.stopwatch_process import Source, stopwatch

ROUNDS = 5  # odd, so that the median is one of them
SECONDS = 0.2  # how long one measurement takes
LIMIT = 10.0  # seconds after which one is given up

OnNews = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that is measured.

    Attributes:
        name: in a table.
        source: its code, or that of its adapter.
    """

    name: str
    source: Source


@dataclass(frozen=True, slots=True)
class Cell:
    """What was measured of one subject with one number of threads.

    Attributes:
        rates: operations per second, of each round.
        tails: nanoseconds that 99 of 100 calls stayed within, of each round.
        problem: what kept it from being measured; None if nothing did.
    """

    rates: tuple[float, ...] = ()
    tails: tuple[float, ...] = ()
    problem: Figure | None = None

    @property
    def rate(self) -> float:
        """Operations per second, the median of all rounds; 0 if it could not be measured."""
        return statistics.median(self.rates) if self.rates and not self.problem else 0.0

    @property
    def tail(self) -> float:
        """Nanoseconds, the median of all rounds; 0 if it could not be measured."""
        return statistics.median(self.tails) if self.tails and not self.problem else 0.0

    def speed_against(self, other: Cell) -> float:
        """How many times the throughput of another: the median over the rounds; 0 if either has none."""
        return _ratio(self.rates, other.rates) if self.rate and other.rate else 0.0

    def tail_against(self, other: Cell) -> float:
        """How many times shorter the tail is than that of another: above 1 is better, as with throughput."""
        return _ratio(other.tails, self.tails) if self.tail and other.tail else 0.0


Bench = dict[int, tuple[Cell, ...]]  # by the number of threads; the cells in the order of the subjects


def bench(
    kata: Kata,
    subjects: Sequence[Subject],
    threads: Sequence[int],
    *,
    rounds: int = ROUNDS,
    seconds: float = SECONDS,
    limit: float = LIMIT,
    on_news: OnNews = lambda what: None,
) -> Bench:
    """Measure.

    Args:
        kata: decides what there is to do.
        subjects: who does it.
        threads: numbers of threads.
        rounds: how often each is measured.
        seconds: how long one measurement is to take.
        limit: seconds after which one is given up.
        on_news: told what is being measured.
    """
    found: Bench = {}
    given_up: dict[int, Figure] = {}  # what hangs on one thread would only hang once more on several
    for crowd in threads:

        def told(what: str, crowd: int = crowd) -> Callable[[str], None]:
            return lambda number: on_news(f"{what}, {crowd} thread{'s' * (crowd > 1)} ({number})")

        with ExitStack() as stack:
            pacers = [
                None
                if place in given_up
                else Pacer(stack.enter_context(stopwatch(kata, subject.source, limit)), crowd, seconds)
                for place, subject in enumerate(subjects)
            ]
            take_turns(pacers, rounds, Pacer.go, told("throughput"))
            take_turns(pacers, rounds, Pacer.time_calls, told("single calls"))
            cells = []
            for place, pacer in enumerate(pacers):
                if pacer is None:
                    cells.append(Cell(problem=given_up[place]))
                    continue
                cells.append(Cell(tuple(pacer.rates), tuple(pacer.tails), pacer.problem))
                if pacer.problem is not None:
                    given_up[place] = pacer.problem
            found[crowd] = tuple(cells)
    return found


def _ratio(upper: Sequence[float], lower: Sequence[float]) -> float:
    """Round by round, and then the median: a round in which the machine was busy counts like any other."""
    return statistics.median(one / other for one, other in zip(upper, lower, strict=True) if other)
