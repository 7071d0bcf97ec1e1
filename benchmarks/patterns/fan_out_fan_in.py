"""fan_out_fan_in: a function that takes no time is called for every item, results in order."""

from __future__ import annotations

from typing import Any

from benchmarks.patterns.crew import Perform

SCENARIO = "10 items of 1 s on 3 workers"


def run(module: Any, threads: int, operations: int) -> int:
    """One operation: an item that has gone through one of ``threads`` workers."""
    return sum(1 for _ in module.FanOutFanIn(threads).process(range(operations), abs))


def round_trips(module: Any, threads: int, operations: int, perform: Perform) -> int:
    """One operation: ``threads`` items on as many workers, from the first read to the last result."""
    fan = module.FanOutFanIn(threads)

    def call() -> None:
        for _ in fan.process(range(threads), abs):
            pass

    return perform(1, operations, call)


def scenario(sim: Any) -> None:
    """Ten items on three workers, a second each."""
    for _ in sim.kata.FanOutFanIn(3).process(range(10), lambda item: sim.sleep(1)):
        pass
