"""Explores the schedules of one workload: default order, every one-delay schedule, then a mix.

The budget is a number of schedules, never seconds, so that the same seed gives the same verdict anywhere.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from dojo.simulator.clock import NANOSECONDS
from dojo.simulator.garbage import no_collection
from dojo.simulator.machine import Run
from dojo.simulator.outcome import Ending
from dojo.simulator.schedule import DEFAULT_ORDER, Delay, Schedule, Stall
from dojo.simulator.strategies import Branches, Census, Pct, RandomWalk, Replay, StickyWalk, Strategy

ONE_DELAY_SHARE = 0.5  # of the budget, when one-delay schedules have to be sampled
EVERY_SHARE = 0.5
FEW_CHOICES = 10  # branching points of the default order
TWO_DELAY_SHARE = 0.75  # of what is left after the one-delay schedules, if those of two delays fit
TWO_DELAY_SAMPLE = 0.5  # of it if they do not, less what stalls are going to take
STALL_SHARE = 0.4  # of the budget, when stalls have to be sampled
LONGEST_GUESS = 3_600 * NANOSECONDS  # stalls where the run itself waits for no length of time

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Exploration:
    """What was explored, and the first failing run if there was one.

    Attributes:
        runs: schedules executed.
        failure: the failing run; None when there was none.
        one_delay: whether every schedule with at most one delay was executed.
        every: whether every interleaving there is was executed.
        undecided: runs that ended at the step limit.
        longest: steps of the longest run.
    """

    runs: int
    failure: Run | None
    one_delay: bool
    every: bool
    undecided: int
    longest: int


def explore(
    execute: Callable[[Strategy], Run],
    *,
    budget: int,
    seed: int,
    stalls: bool = False,
    first: Sequence[Schedule] = (),
    to_the_end: bool = False,
) -> Exploration:
    """Search for a failing schedule.

    Args:
        execute: runs the workload once under a strategy.
        budget: schedules to execute at most; at least the default order is.
        seed: decides every random choice.
        stalls: whether to try schedules in which time passes while a thread stands still.
        first: schedules to try before all others, such as ones that failed for a larger workload.
        to_the_end: whether to go on after a failure, for whoever counts how many schedules end how.
    """
    search = _Search(execute, max(1, budget), seed, stalls)
    failure: Run | None = None
    with no_collection():
        for strategy in search.strategies(first):
            run = execute(strategy)
            search.note(run)
            if failure is None and not run.outcome.ok and run.outcome.ending is not Ending.STEP_LIMIT:
                failure = run
            if search.runs >= search.budget or (failure is not None and not to_the_end):
                break
    return search.result(failure)


class _Search:
    def __init__(self, execute: Callable[[Strategy], Run], budget: int, seed: int, stalls: bool) -> None:
        self.execute = execute
        self.budget = budget
        self.runs = 0
        self._seed = seed
        self._stalls = stalls
        self._undecided = 0
        self._longest = 0
        self._one_delay = False
        self._every = False
        self._last: Run | None = None

    def note(self, run: Run) -> None:
        self.runs += 1
        self._last = run
        self._longest = max(self._longest, run.steps)
        self._undecided += run.outcome.ending is Ending.STEP_LIMIT

    def result(self, failure: Run | None) -> Exploration:
        return Exploration(self.runs, failure, self._one_delay, self._every, self._undecided, self._longest)

    def strategies(self, first: Sequence[Schedule]) -> Iterator[Strategy]:
        """The strategies in the order in which to try them; each is executed before the next is asked for."""
        for schedule in first:
            yield Replay(schedule)
        census = Census(DEFAULT_ORDER)
        yield census
        default = self._last
        rng = random.Random(self._seed)
        choices = census.choices
        if len(choices) <= FEW_CHOICES:
            yield from self._all_there_are()
        if not self._every:
            yield from self._delayed(choices, rng)
        if self._stalls and default is not None:
            yield from self._stalled(census, default, rng)
        if not self._every:
            yield from self._mixed(rng, default.steps if default is not None else 1)

    def _all_there_are(self) -> Iterator[Strategy]:
        """Every interleaving, without a bound on delays: so few choices seldom make many."""
        strategy = Branches([])
        for _ in range(int(self.budget * EVERY_SHARE)):
            yield strategy
            following = strategy.following()
            if following is None:
                self._every = self._one_delay = True
                return
            strategy = following

    def _delayed(self, choices: Sequence[Delay], rng: random.Random) -> Iterator[Strategy]:
        """Every one-delay schedule and, if they fit, every two-delay one; samples where they are too many."""
        share = int(self.budget * ONE_DELAY_SHARE)
        self._one_delay = len(choices) <= max(share, (self.budget - self.runs) // 2)
        if not self._one_delay:
            yield from (Replay(Schedule((delay,))) for delay in _sample(choices, share, rng))
            return
        pairs: Sequence[tuple[Delay, Delay]] = yield from one_delay(choices)
        left = self.budget - self.runs
        if len(pairs) > left * TWO_DELAY_SHARE:
            kept = self.budget * STALL_SHARE if self._stalls else 0
            # By numbers of its own: what comes later is the same with and without it.
            pairs = _sample(pairs, int((left - kept) * TWO_DELAY_SAMPLE), random.Random(self._seed))
        yield from (Replay(Schedule(pair)) for pair in pairs)

    def _stalled(self, census: Census, default: Run, rng: random.Random) -> Iterator[Strategy]:
        candidates = [Stall(*at, length) for at in census.steps for length in stall_lengths(default.waits)]
        most = max(8, int(self.budget * STALL_SHARE))
        yield from (Replay(Schedule((), (stall,))) for stall in _sample(candidates, most, rng))

    def _mixed(self, rng: random.Random, steps: int) -> Iterator[Strategy]:
        """Different tastes in turn: no single random strategy is best at every kind of bug."""
        while True:
            yield RandomWalk(rng.randrange(2**32))
            yield StickyWalk(rng.randrange(2**32), 0.05)
            yield Pct(rng.randrange(2**32), steps, depth=2)
            yield StickyWalk(rng.randrange(2**32), 0.2)
            yield Pct(rng.randrange(2**32), steps, depth=3)


def _sample(things: Sequence[T], most: int, rng: random.Random) -> Sequence[T]:
    """All of them if they are not too many, else some, in their order."""
    if len(things) <= most:
        return things
    return [things[i] for i in sorted(rng.sample(range(len(things)), max(0, most)))]


def stall_lengths(waits: Sequence[int]) -> tuple[int, ...]:
    """How long to stall: just past the shortest and past the longest time that the run waits for."""
    if not waits:
        return (LONGEST_GUESS,)
    return tuple(sorted({waits[0] + 1, 2 * waits[-1] + 1}))


def at_most_two_delays(choices: Sequence[Delay]) -> Iterator[Strategy]:
    """Every schedule of one delay, then those of two: needles that no random walk hits.

    Args:
        choices: where the default order can be left.

    Yields:
        Strategies, each to be executed before the next is asked for.
    """
    pairs = yield from one_delay(choices)
    yield from (Replay(Schedule(pair)) for pair in pairs)


def one_delay(choices: Sequence[Delay]) -> Generator[Strategy, None, list[tuple[Delay, Delay]]]:
    """Every schedule of one delay.

    Returns:
        The pairs that make those of two. How many there are is known only now: a delay may leave nobody to be
        delayed for, or open a way to new places.
    """
    pairs: list[tuple[Delay, Delay]] = []
    for delay in choices:
        census = Census(Schedule((delay,)))
        yield census
        pairs += [(delay, second) for second in census.choices]
    return pairs
