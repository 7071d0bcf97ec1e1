"""Small programs for the tests of the simulator: compiled with preemption points and run in a world of their own."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterator

from dojo.simulator.machine import Machine, Run, compile_program
from dojo.simulator.schedule import Schedule
from dojo.simulator.strategies import DEFAULT, Census, Pct, RandomWalk, Replay, StickyWalk, Strategy
from dojo.simulator.trace import render


class Program:
    """A module's source, ready to run one of its functions as the main thread, again and again."""

    def __init__(self, source: str) -> None:
        self.machine = Machine(compile_program(textwrap.dedent(source), "program.py"))

    def run(self, strategy: Strategy = DEFAULT, main: str = "main", **options) -> Run:
        """Execute the module afresh and call its function ``main``."""
        return self.machine.run(lambda: getattr(self.machine.load(), main)(), strategy, **options)

    def trace(self, strategy: Strategy = DEFAULT, main: str = "main") -> str:
        """The text of a recorded run."""
        return render(self.run(strategy, main, record=True).events, {})

    def passes(self, strategy: Strategy = DEFAULT, main: str = "main", **options) -> Run:
        """Run and insist that the run ends as it should."""
        run = self.run(strategy, main, **options)
        assert run.outcome.ok, f"{type(strategy).__name__} {run.schedule}: {run.outcome}"
        return run

    def passes_always(self, main: str = "main", seeds: int = 30) -> None:
        """Run in the default order and under every kind of random strategy."""
        for strategy in mixed(seeds):
            self.passes(strategy, main)

    def one_delay(self, main: str = "main", base: Schedule = Schedule()) -> Iterator[Schedule]:
        """Every schedule with one delay more than ``base``, after those of ``base``."""
        census = Census(base)
        self.run(census, main)
        for delay in dict.fromkeys(census.choices):
            yield Schedule((*base.delays, delay), base.stalls)

    def one_stall(self, nanoseconds: int, main: str = "main") -> Iterator[Schedule]:
        """Every schedule in which one thread stalls once."""
        census = Census()
        self.run(census, main)
        for thread, step in dict.fromkeys(census.steps):
            yield Schedule.of(stalls=[(thread, step, nanoseconds)])


def mixed(seeds: int) -> Iterator[Strategy]:
    """The default order and ``seeds`` runs of each random strategy."""
    yield DEFAULT
    for seed in range(seeds):
        yield RandomWalk(seed)
        yield StickyWalk(seed, 0.2)
        yield Pct(seed, 60)


def endings(program: Program, schedules, main: str = "main") -> set:
    """How the runs under the given schedules end."""
    return {program.run(Replay(schedule), main).outcome.ending for schedule in schedules}


def interleavings(lengths: list[int]) -> set[tuple[int, ...]]:
    """Brute force: every order of the numbered threads' pieces, thread i having ``lengths[i]`` of them."""
    return set(itertools.permutations([i for i, length in enumerate(lengths) for _ in range(length)]))
